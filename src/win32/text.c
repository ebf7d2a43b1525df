/* SPDX-License-Identifier: MIT */
#include "win32/text.h"

#include "base/utf16.h"

#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

char *win_text_of(const WCHAR *units, size_t n)
{
	size_t size = pen_utf16_text_size(units, n, PEN_UTF16_HOST);
	char *text = malloc(size + 1);

	if (!text)
		return NULL;
	pen_utf16_get(units, n, PEN_UTF16_HOST, text, size);
	text[size] = 0;
	return text;
}

char *win_text(const WCHAR *units)
{
	return units ? win_text_of(units, win_units_length(units)) : NULL;
}

uint32_t win_text_get(const WCHAR *units, char **textp)
{
	*textp = win_text(units);
	return units && !*textp ? PEN_STATUS_NO_MEMORY : 0;
}

WCHAR *win_units(const char *text, size_t *np)
{
	size_t n = pen_utf16_count(text, strlen(text));
	WCHAR *units;

	if (n == PEN_UTF16_BAD)
		return NULL;
	units = malloc((n + 1) * sizeof(*units));
	if (!units)
		return NULL;
	pen_utf16_put(text, strlen(text), PEN_UTF16_HOST, units, n);
	units[n] = 0;
	if (np)
		*np = n;
	return units;
}

size_t win_units_length(const WCHAR *units)
{
	size_t n = 0;

	while (units[n])
		n++;
	return n;
}
