/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_FORMAT_H
#define PEN_WIN32_FORMAT_H
/*
 * printf as Windows' programs expect it: "l" is 32 bits, "I64" is 64, %s is of the format's own
 * kind of characters and %S of the other, %hs is narrow and %ls wide.
 */
#include <penstock/buffer.h>
#include <penstock/win32-types.h>

/* Appends UTF-8. A format that is wide is given in UTF-8 too. -ENOMEM; PEN_E_SYNTAX: %n. */
int win_format(struct pen_buffer *buffer, const char *format, bool is_wide, va_list arguments);

#endif
