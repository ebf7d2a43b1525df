/* SPDX-License-Identifier: MIT */
#include "win32/format.h"

#include "base/utf16.h"
#include "win32/text.h"

#include <errno.h>
#include <penstock/arena.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the arguments are is passed on by the address of a struct, as a va_list cannot be. */
struct arguments {
	va_list list;
};

enum size {
	SIZE_NONE,
	SIZE_CHAR,
	SIZE_SHORT,
	SIZE_LONG, /* 32 bits; of texts the wide kind */
	SIZE_64,
	SIZE_POINTER,
};

/* One directive. */
struct directive {
	char flags[8];
	int width;
	int precision; /* -1: none */
	enum size size;
	char type;
};

static int read_number(const char **formatp, struct arguments *arguments)
{
	int n = 0;

	if (**formatp == '*') {
		(*formatp)++;
		return va_arg(arguments->list, int);
	}
	while (**formatp >= '0' && **formatp <= '9' && n < 100000)
		n = n * 10 + *(*formatp)++ - '0';
	return n;
}

static enum size read_size(const char **formatp)
{
	static const struct {
		const char *text;
		enum size size;
	} sizes[] = {
		{ "hh", SIZE_CHAR },   { "h", SIZE_SHORT }, { "ll", SIZE_64 },
		{ "l", SIZE_LONG },    { "I64", SIZE_64 },  { "I32", SIZE_LONG },
		{ "I", SIZE_POINTER }, { "j", SIZE_64 },    { "z", SIZE_POINTER },
		{ "t", SIZE_POINTER }, { "w", SIZE_LONG },
	};

	for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
		if (!strncmp(*formatp, sizes[i].text, strlen(sizes[i].text))) {
			*formatp += strlen(sizes[i].text);
			return sizes[i].size;
		}
	}
	return SIZE_NONE;
}

static void read_directive(const char **formatp, struct arguments *arguments,
			   struct directive *directive)
{
	size_t n = 0;

	*directive = (struct directive){ .precision = -1 };
	while (**formatp && strchr("-+ #0", **formatp)) {
		if (n < sizeof(directive->flags) - 2)
			directive->flags[n++] = **formatp;
		(*formatp)++;
	}
	directive->width = read_number(formatp, arguments);
	if (directive->width < 0) {
		directive->flags[n] = '-';
		directive->width = -directive->width;
	}
	if (**formatp == '.') {
		(*formatp)++;
		directive->precision = read_number(formatp, arguments);
	}
	directive->size = read_size(formatp);
	directive->type = **formatp;
	if (**formatp)
		(*formatp)++;
}

/* The directive for this C library, with another size and type. */
static void directive_print(const struct directive *directive, const char *rest, char *text,
			    size_t size)
{
	if (directive->precision >= 0)
		snprintf(text, size, "%%%s%d.%d%s", directive->flags, directive->width,
			 directive->precision, rest);
	else if (directive->width)
		snprintf(text, size, "%%%s%d%s", directive->flags, directive->width, rest);
	else
		snprintf(text, size, "%%%s%s", directive->flags, rest);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int format_signed(struct pen_buffer *buffer, const struct directive *directive,
			 struct arguments *arguments)
{
	bool is_wide = directive->size == SIZE_64 || directive->size == SIZE_POINTER;
	long long value =
		is_wide ? va_arg(arguments->list, long long) : va_arg(arguments->list, int);
	char text[48];

	if (directive->size == SIZE_SHORT)
		value = (short)value;
	if (directive->size == SIZE_CHAR)
		value = (signed char)value;
	directive_print(directive, "lld", text, sizeof(text));
	return pen_buffer_printf(buffer, text, value);
}

static int format_unsigned(struct pen_buffer *buffer, const struct directive *directive,
			   struct arguments *arguments)
{
	bool is_wide = directive->size == SIZE_64 || directive->size == SIZE_POINTER;
	unsigned long long value = is_wide ? va_arg(arguments->list, unsigned long long)
					   : va_arg(arguments->list, unsigned);
	char rest[] = { 'l', 'l', directive->type, 0 };
	char text[48];

	if (directive->size == SIZE_SHORT)
		value = (unsigned short)value;
	if (directive->size == SIZE_CHAR)
		value = (unsigned char)value;
	directive_print(directive, rest, text, sizeof(text));
	return pen_buffer_printf(buffer, text, value);
}

static int format_double(struct pen_buffer *buffer, const struct directive *directive,
			 struct arguments *arguments)
{
	char rest[] = { directive->type, 0 };
	char text[48];

	directive_print(directive, rest, text, sizeof(text));
	return pen_buffer_printf(buffer, text, va_arg(arguments->list, double));
}

static int format_padded(struct pen_buffer *buffer, const struct directive *directive,
			 const char *from)
{
	struct directive whole = *directive;
	char text[48];

	whole.precision = -1;
	directive_print(&whole, "s", text, sizeof(text));
	return pen_buffer_printf(buffer, text, from);
}

#pragma GCC diagnostic pop

/* As Windows prints them: all digits, in capitals. */
static int format_pointer(struct pen_buffer *buffer, struct arguments *arguments)
{
	return pen_buffer_printf(buffer, "%016llX",
				 (unsigned long long)(uintptr_t)va_arg(arguments->list, void *));
}

/* Whether a text or a character is of wide ones. */
static bool is_wide_text(const struct directive *directive, bool is_wide_format)
{
	if (directive->size == SIZE_SHORT)
		return false;
	if (directive->size == SIZE_LONG)
		return true;
	return is_wide_format != (directive->type == 'S' || directive->type == 'C');
}

static size_t bounded(size_t n, int precision)
{
	return precision >= 0 && (size_t)precision < n ? (size_t)precision : n;
}

/* The precision counts characters of the text's own kind. */
static char *text_of(const void *from, bool is_wide, int precision)
{
	size_t n = 0;

	if (!from)
		return strdup("(null)");
	if (!is_wide)
		return precision < 0 ? strdup(from) : strndup(from, precision);
	while (bounded(n + 1, precision) == n + 1 && ((const WCHAR *)from)[n])
		n++;
	return win_text_of(from, n);
}

static int format_text(struct pen_buffer *buffer, const struct directive *directive, bool is_wide,
		       struct arguments *arguments)
{
	char *text = text_of(va_arg(arguments->list, const void *),
			     is_wide_text(directive, is_wide), directive->precision);
	int r;

	if (!text)
		return -ENOMEM;
	r = format_padded(buffer, directive, text);
	free(text);
	return r;
}

static int format_character(struct pen_buffer *buffer, const struct directive *directive,
			    bool is_wide, struct arguments *arguments)
{
	int value = va_arg(arguments->list, int);
	char narrow[] = { (char)value, 0 };
	WCHAR unit = value;
	char *text;
	int r;

	text = is_wide_text(directive, is_wide) ? win_text_of(&unit, 1) : strdup(narrow);
	if (!text)
		return -ENOMEM;
	r = *text ? format_padded(buffer, directive, text) : pen_buffer_add(buffer, "", 1);
	free(text);
	return r;
}

static int format_directive(struct pen_buffer *buffer, const struct directive *directive,
			    bool is_wide, struct arguments *arguments)
{
	switch (directive->type) {
	case 'd':
	case 'i':
		return format_signed(buffer, directive, arguments);
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		return format_unsigned(buffer, directive, arguments);
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		return format_double(buffer, directive, arguments);
	case 'p':
		return format_pointer(buffer, arguments);
	case 's':
	case 'S':
		return format_text(buffer, directive, is_wide, arguments);
	case 'c':
	case 'C':
		return format_character(buffer, directive, is_wide, arguments);
	case '%':
		return pen_buffer_add(buffer, "%", 1);
	default:
		return PEN_E_SYNTAX;
	}
}

int win_format(struct pen_buffer *buffer, const char *format, bool is_wide, va_list list)
{
	struct arguments arguments;
	int r = 0;

	va_copy(arguments.list, list);
	while (*format && !r) {
		size_t n = strcspn(format, "%");
		struct directive directive;

		r = pen_buffer_add(buffer, format, n);
		format += n;
		if (r || !*format)
			break;
		format++;
		read_directive(&format, &arguments, &directive);
		r = format_directive(buffer, &directive, is_wide, &arguments);
	}
	va_end(arguments.list);
	return r;
}
