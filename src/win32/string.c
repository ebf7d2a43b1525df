/* SPDX-License-Identifier: MIT */
/*
 * Texts by Win32's and NT's names: lstrlen and its like, conversions, FormatMessage.
 */
#include "base/utf16.h"
#include "win32/error.h"
#include "win32/text.h"

#include <penstock/status.h>
#include <penstock/win32.h>

int WINAPI lstrlenA(LPCSTR text)
{
	return text ? (int)strlen(text) : 0;
}

int WINAPI lstrlenW(LPCWSTR text)
{
	return text ? (int)win_units_length(text) : 0;
}

LPSTR WINAPI lstrcpyA(LPSTR to, LPCSTR from)
{
	return strcpy(to, from);
}

LPWSTR WINAPI lstrcpyW(LPWSTR to, LPCWSTR from)
{
	return memcpy(to, from, (win_units_length(from) + 1) * sizeof(*to));
}

LPSTR WINAPI lstrcpynA(LPSTR to, LPCSTR from, int size)
{
	size_t n;

	if (size < 1)
		return NULL;
	n = strnlen(from, size - 1);
	memmove(to, from, n);
	to[n] = 0;
	return to;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size)
{
	int n = 0;

	if (size < 1)
		return NULL;
	while (n < size - 1 && from[n])
		n++;
	memmove(to, from, n * sizeof(*to));
	to[n] = 0;
	return to;
}

LPSTR WINAPI lstrcatA(LPSTR to, LPCSTR from)
{
	return strcat(to, from);
}

LPWSTR WINAPI lstrcatW(LPWSTR to, LPCWSTR from)
{
	lstrcpyW(to + win_units_length(to), from);
	return to;
}

int WINAPI lstrcmpA(LPCSTR a, LPCSTR b)
{
	return strcmp(a, b);
}

int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b)
{
	return pen_win32_wcscmp(a, b);
}

int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b)
{
	return pen_upcase_compare(a, strlen(a), b, strlen(b));
}

int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b)
{
	return pen_win32_wcsicmp(a, b);
}

/* ---- conversions ---- */

/* What both answer: how many of what they count, or 0 and the reason. */
static int conversion_result(size_t n, int size)
{
	if (n == PEN_UTF16_BAD || n > INT32_MAX) {
		SetLastError(ERROR_NO_UNICODE_TRANSLATION);
		return 0;
	}
	if (size && n > (size_t)size) {
		SetLastError(ERROR_INSUFFICIENT_BUFFER);
		return 0;
	}
	return n;
}

/* A NUL at the end counts where the length is -1. */
int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCSTR text, int n, LPWSTR to, int size)
{
	size_t n_text = n < 0 ? strlen(text) + 1 : (size_t)n;
	int n_units = conversion_result(pen_utf16_count(text, n_text), size);

	if (size && n_units)
		pen_utf16_put(text, n_text, PEN_UTF16_HOST, to, n_units);
	return n_units;
}

int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWSTR text, int n, LPSTR to, int size,
			       LPCSTR unknown, LPBOOL has_unknownp)
{
	size_t n_units = n < 0 ? win_units_length(text) + 1 : (size_t)n;
	int n_text = conversion_result(pen_utf16_text_size(text, n_units, PEN_UTF16_HOST), size);

	if (has_unknownp)
		*has_unknownp = FALSE;
	if (size && n_text)
		pen_utf16_get(text, n_units, PEN_UTF16_HOST, to, n_text);
	return n_text;
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text)
{
	size_t n = text ? win_units_length(text) * sizeof(*text) : 0;

	if (n > UINT16_MAX - 3)
		n = UINT16_MAX - 3;
	*string = (UNICODE_STRING){ n, text ? n + sizeof(*text) : 0, (PWSTR)text };
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING string, PCSZ text)
{
	size_t n = text ? strnlen(text, UINT16_MAX - 1) : 0;

	*string = (ANSI_STRING){ n, text ? n + 1 : 0, (PCHAR)text };
}

/* ---- FormatMessage: the sentences of the system's errors ---- */

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR text,
			    DWORD size, va_list *arguments)
{
	const char *end = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) ? " " : "\r\n";
	const char *sentence = pen_werror_text(id);
	size_t n = strlen(sentence) + strlen(end);
	char *to = text;

	if (!(flags & FORMAT_MESSAGE_FROM_SYSTEM) || flags & FORMAT_MESSAGE_FROM_STRING) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return 0;
	}
	if (!pen_werror_name(id)) {
		SetLastError(ERROR_MR_MID_NOT_FOUND);
		return 0;
	}
	if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
		to = *(char **)text = LocalAlloc(LMEM_FIXED, n + 1 > size ? n + 1 : size);
		if (!to)
			return 0;
	} else if (n >= size) {
		SetLastError(ERROR_INSUFFICIENT_BUFFER);
		return 0;
	}
	strcpy(to, sentence);
	strcat(to, end);
	return n;
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR text,
			    DWORD size, va_list *arguments)
{
	WCHAR *units, *to = text;
	char *narrow = NULL;
	size_t n = 0;

	if (!FormatMessageA(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, source, id, language,
			    (LPSTR)&narrow, 0, arguments))
		return 0;
	units = win_units(narrow, &n);
	LocalFree(narrow);
	if (!units) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return 0;
	}
	if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
		to = *(WCHAR **)text = LocalAlloc(LMEM_FIXED, (n + 1) * sizeof(*to));
		n = to ? n : 0;
	} else if (n >= size) {
		SetLastError(ERROR_INSUFFICIENT_BUFFER);
		n = 0;
	}
	if (n)
		lstrcpyW(to, units);
	free(units);
	return n;
}
