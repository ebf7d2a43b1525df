/* SPDX-License-Identifier: MIT */
/*
 * The C library's side: printing, texts of WCHAR, <strsafe.h>.
 */
#include "base/utf16.h"
#include "win32/format.h"
#include "win32/text.h"

#include <penstock/win32.h>

/* ---- printing ---- */

/* A wide format becomes a narrow one first; its directives are the same. */
static int format_units(struct pen_buffer *buffer, const WCHAR *format, va_list arguments)
{
	char *text = win_text(format);
	int r = text ? win_format(buffer, text, true, arguments) : -1;

	free(text);
	return r;
}

/* Writes what was made, and says how much that was, or -1. */
static int print_buffer(FILE *file, struct pen_buffer *buffer, int error)
{
	int n = -1;

	if (!error && fwrite(buffer->data, 1, buffer->size, file) == buffer->size)
		n = buffer->size;
	pen_buffer_done(buffer);
	return n;
}

int __cdecl pen_win32_vfprintf(FILE *file, const char *format, va_list arguments)
{
	struct pen_buffer buffer = { 0 };

	return print_buffer(file, &buffer, win_format(&buffer, format, false, arguments));
}

int __cdecl pen_win32_vfwprintf(FILE *file, const WCHAR *format, va_list arguments)
{
	struct pen_buffer buffer = { 0 };

	return print_buffer(file, &buffer, format_units(&buffer, format, arguments));
}

int __cdecl pen_win32_vprintf(const char *format, va_list arguments)
{
	return pen_win32_vfprintf(stdout, format, arguments);
}

int __cdecl pen_win32_vwprintf(const WCHAR *format, va_list arguments)
{
	return pen_win32_vfwprintf(stdout, format, arguments);
}

int __cdecl pen_win32_vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
	struct pen_buffer buffer = { 0 };
	int n = -1;

	if (!win_format(&buffer, format, false, arguments)) {
		n = buffer.size;
		if (size) {
			size_t fits = buffer.size < size ? buffer.size : size - 1;

			if (fits)
				memcpy(text, buffer.data, fits);
			text[fits] = 0;
		}
	}
	pen_buffer_done(&buffer);
	return n;
}

/* -1: it is cut. */
int __cdecl pen_win32_vswprintf(WCHAR *text, size_t size, const WCHAR *format, va_list arguments)
{
	struct pen_buffer buffer = { 0 };
	WCHAR *units = NULL;
	size_t n = 0;
	int r = -1;

	if (size && !format_units(&buffer, format, arguments) && !pen_buffer_add(&buffer, "", 1))
		units = win_units((char *)buffer.data, &n);
	if (units) {
		r = n < size ? (int)n : -1;
		lstrcpynW(text, units, size < INT32_MAX ? (int)size : INT32_MAX);
	}
	free(units);
	pen_buffer_done(&buffer);
	return r;
}

/* The six that take their arguments themselves. */
#define WITH_ARGUMENTS(call)                                                                       \
	va_list arguments;                                                                         \
	int n;                                                                                     \
	va_start(arguments, format);                                                               \
	n = (call);                                                                                \
	va_end(arguments);                                                                         \
	return n

int __cdecl pen_win32_printf(const char *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vfprintf(stdout, format, arguments));
}

int __cdecl pen_win32_fprintf(FILE *file, const char *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vfprintf(file, format, arguments));
}

int __cdecl pen_win32_sprintf(char *text, const char *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vsnprintf(text, SIZE_MAX, format, arguments));
}

int __cdecl pen_win32_snprintf(char *text, size_t size, const char *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vsnprintf(text, size, format, arguments));
}

int __cdecl pen_win32_wprintf(const WCHAR *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vfwprintf(stdout, format, arguments));
}

int __cdecl pen_win32_fwprintf(FILE *file, const WCHAR *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vfwprintf(file, format, arguments));
}

int __cdecl pen_win32_swprintf(WCHAR *text, size_t size, const WCHAR *format, ...)
{
	WITH_ARGUMENTS(pen_win32_vswprintf(text, size, format, arguments));
}

int __cdecl pen_win32_putws(const WCHAR *text)
{
	char *narrow = win_text(text);
	int r = narrow ? puts(narrow) : EOF;

	free(narrow);
	return r;
}

/* A line, cut where the room ends. */
WCHAR *__cdecl pen_win32_fgetws(WCHAR *text, int size, FILE *file)
{
	WCHAR *units, *result = NULL;
	char *line;

	if (size < 1)
		return NULL;
	line = malloc(size);
	if (line && fgets(line, size, file)) {
		units = win_units(line, NULL);
		if (units)
			result = lstrcpynW(text, units, size);
		free(units);
	}
	free(line);
	return result;
}

/* ---- texts of WCHAR ---- */

size_t __cdecl pen_win32_wcslen(const WCHAR *text)
{
	return win_units_length(text);
}

WCHAR *__cdecl pen_win32_wcscpy(WCHAR *to, const WCHAR *from)
{
	return memcpy(to, from, (win_units_length(from) + 1) * sizeof(*to));
}

WCHAR *__cdecl pen_win32_wcscat(WCHAR *to, const WCHAR *from)
{
	pen_win32_wcscpy(to + win_units_length(to), from);
	return to;
}

int __cdecl pen_win32_wcscmp(const WCHAR *a, const WCHAR *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (*a > *b) - (*a < *b);
}

int __cdecl pen_win32_wcsicmp(const WCHAR *a, const WCHAR *b)
{
	while (*a && pen_upcase(*a) == pen_upcase(*b)) {
		a++;
		b++;
	}
	return (pen_upcase(*a) > pen_upcase(*b)) - (pen_upcase(*a) < pen_upcase(*b));
}

WCHAR *__cdecl pen_win32_wcschr(const WCHAR *text, WCHAR character)
{
	while (*text && *text != character)
		text++;
	return *text == character ? (WCHAR *)text : NULL;
}

int __cdecl pen_win32_wtoi(const WCHAR *text)
{
	char *narrow = win_text(text);
	int value = narrow ? atoi(narrow) : 0;

	free(narrow);
	return value;
}

/* ---- <strsafe.h> ---- */

static HRESULT check_size(size_t size)
{
	return size && size <= STRSAFE_MAX_CCH ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPI StringCchCopyA(LPSTR to, size_t size, LPCSTR from)
{
	size_t n = strlen(from);

	if (check_size(size))
		return check_size(size);
	memmove(to, from, n < size ? n : size - 1);
	to[n < size ? n : size - 1] = 0;
	return n < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT WINAPI StringCchCopyW(LPWSTR to, size_t size, LPCWSTR from)
{
	if (check_size(size))
		return check_size(size);
	lstrcpynW(to, from, size);
	return win_units_length(from) < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT WINAPI StringCchCatA(LPSTR to, size_t size, LPCSTR from)
{
	size_t n = strnlen(to, size);

	return n < size ? StringCchCopyA(to + n, size - n, from) : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPI StringCchCatW(LPWSTR to, size_t size, LPCWSTR from)
{
	size_t n = 0;

	while (n < size && to[n])
		n++;
	return n < size ? StringCchCopyW(to + n, size - n, from) : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPI StringCchLengthA(LPCSTR text, size_t max, size_t *np)
{
	size_t n = text ? strnlen(text, max) : max;

	if (np)
		*np = n < max ? n : 0;
	return n < max ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPI StringCchLengthW(LPCWSTR text, size_t max, size_t *np)
{
	size_t n = 0;

	while (text && n < max && text[n])
		n++;
	if (!text)
		n = max;
	if (np)
		*np = n < max ? n : 0;
	return n < max ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPIV StringCchPrintfA(LPSTR to, size_t size, LPCSTR format, ...)
{
	va_list arguments;
	int n;

	if (check_size(size))
		return check_size(size);
	va_start(arguments, format);
	n = pen_win32_vsnprintf(to, size, format, arguments);
	va_end(arguments);
	return n < 0		  ? STRSAFE_E_INVALID_PARAMETER
	       : (size_t)n < size ? S_OK
				  : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT WINAPIV StringCchPrintfW(LPWSTR to, size_t size, LPCWSTR format, ...)
{
	va_list arguments;
	int n;

	if (check_size(size))
		return check_size(size);
	va_start(arguments, format);
	n = pen_win32_vswprintf(to, size, format, arguments);
	va_end(arguments);
	return n < 0 ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
