/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_NUMBER_H
#define PEN_NDR_NUMBER_H
/*
 * Scalars as text: with all their digits, whatever the locale.
 */
#include <penstock/ndr.h>

enum { PEN_NUMBER_TEXT_SIZE = 40 };

/*
 * Writes a scalar or an enum as a JSON value: a number; a float that is none
 * as the string of its bits, "0x7fc00000".
 */
void pen_number_print(const struct pen_type *type, const void *value,
		      char text[PEN_NUMBER_TEXT_SIZE]);

/* Reads an integer. False: it is none, or does not fit the type. */
bool pen_number_parse(const struct pen_type *type, const char *text, size_t n, void *value);

/* Reads a JSON number as a float or a double. False: it is none, or too large for the type. */
bool pen_number_parse_float(const struct pen_type *type, const char *text, size_t n, void *value);

/* Reads a float's or a double's bits, "0x7fc00000". */
bool pen_number_parse_bits(const struct pen_type *type, const char *text, size_t n, void *value);

/* The digit's value, or -1. */
int pen_hex_digit(char c);

/* The enumerator that the number has, or NULL. */
const struct pen_enumerator *pen_enumerator_of(const struct pen_type *type, int64_t number);

#endif
