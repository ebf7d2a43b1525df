/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_UTF16_H
#define PEN_BASE_UTF16_H
/*
 * Text is UTF-8 in C and UTF-16 on the wire, and going there and back changes
 * nothing. So that this holds for what Windows really sends, a surrogate
 * without its partner has a UTF-8 form too: the three bytes that its number
 * gives (WTF-8). All else that is not well-formed UTF-8 is refused: overlong
 * forms, numbers above U+10FFFF, stray bytes, and a surrogate pair in two
 * three-byte forms, which would come back as one of four bytes.
 *
 * Lengths are explicit, in bytes of UTF-8 and in code units of UTF-16; U+0000
 * is a character like others. Wire forms may have any alignment.
 */
#include <penstock/base.h>

/* Not well-formed, or not enough room. */
#define PEN_UTF16_BAD SIZE_MAX

/* The is_big_endian of an array of uint16_t here. */
#define PEN_UTF16_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* How many code units the text takes. PEN_UTF16_BAD: it is not well-formed. */
size_t pen_utf16_count(const char *text, size_t n);

/*
 * Writes the text's code units, at most max of them, and returns how many.
 * PEN_UTF16_BAD: not well-formed, or more than max; units is then undefined.
 */
size_t pen_utf16_put(const char *text, size_t n, bool is_big_endian, void *units, size_t max);

/* How many bytes of UTF-8 the code units take. Each sequence of units has a form. */
size_t pen_utf16_text_size(const void *units, size_t n_units, bool is_big_endian);

/*
 * Writes the code units as UTF-8, at most max bytes, without a NUL after them,
 * and returns how many. PEN_UTF16_BAD: more than max; text is then undefined.
 */
size_t pen_utf16_get(const void *units, size_t n_units, bool is_big_endian, char *text, size_t max);

/*
 * The next character before end, and steps over it. -1: not well-formed there,
 * and no step is made. A lone surrogate is its own number.
 */
int32_t pen_utf16_next(const char **textp, const char *end);

/* NT's upper case of a code unit: one unit for one, and none for a surrogate. */
uint16_t pen_upcase(uint16_t unit);

/*
 * Orders two texts as NT orders names where case does not count: by upper-cased
 * code units. A byte that is not UTF-8 comes after all characters.
 */
int pen_upcase_compare(const char *a, size_t n_a, const char *b, size_t n_b);
bool pen_upcase_equal(const char *a, const char *b);

#endif
