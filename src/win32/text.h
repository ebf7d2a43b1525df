/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_TEXT_H
#define PEN_WIN32_TEXT_H
/*
 * UTF-8, which the library's names are in, and UTF-16.
 */
#include <penstock/base.h>
#include <penstock/win32-types.h>

/* n units as a text of its own, to be freed. NULL: no memory. */
char *win_text_of(const WCHAR *units, size_t n);

/* The same of one that ends with a NUL; NULL of NULL. */
char *win_text(const WCHAR *units);

/* The same, and which of the two NULL is. NO_MEMORY. */
uint32_t win_text_get(const WCHAR *units, char **textp);

/* A text's units, with a NUL after them, to be freed. NULL: no memory, or it is not UTF-8. */
WCHAR *win_units(const char *text, size_t *np);

size_t win_units_length(const WCHAR *units);

#endif
