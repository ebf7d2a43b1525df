/* SPDX-License-Identifier: MIT */
#include "win32/path.h"

#include "base/utf16.h"
#include "win32/text.h"

#include <errno.h>
#include <penstock/status.h>
#include <penstock/win32.h>

enum { PATH_LIMIT = 256, NAME_LIMIT = 32000 };

static bool is_separator(WCHAR unit)
{
	return unit == '\\' || unit == '/';
}

/* The length of a prefix, in which separators may be either; 0: it does not begin so. */
static size_t prefix_length(LPCWSTR name, const char *prefix)
{
	size_t n = 0;

	for (; prefix[n]; n++)
		if (prefix[n] == '\\' ? !is_separator(name[n])
				      : pen_upcase(name[n]) != pen_upcase(prefix[n]))
			return 0;
	return n;
}

/* One path in front, and the rest of another, with separators as NT has them unless it is verbatim.
 */
static uint32_t path_make(UNICODE_STRING *path, const char *front, LPCWSTR rest, bool is_verbatim)
{
	size_t n_front = strlen(front);
	size_t n = n_front + win_units_length(rest);
	WCHAR *units;

	if (n > NAME_LIMIT)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	units = malloc((n + 1) * sizeof(*units));
	if (!units)
		return PEN_STATUS_NO_MEMORY;
	for (size_t i = 0; i < n_front; i++)
		units[i] = front[i];
	for (size_t i = n_front; i <= n; i++) {
		units[i] = rest[i - n_front];
		if (units[i] == '/' && !is_verbatim)
			units[i] = '\\';
	}
	RtlInitUnicodeString(path, units);
	return 0;
}

/* What comes after the "\\.\" of a path; NULL: it is none of this machine's devices. */
static LPCWSTR device_part(LPCWSTR name, bool *is_verbatimp)
{
	*is_verbatimp = name[0] == '\\' && name[1] == '\\' && name[2] == '?' && name[3] == '\\';
	if (*is_verbatimp)
		return name + 4;
	return prefix_length(name, "\\\\.\\") ? name + 4 : NULL;
}

/* "pipe", its root, or something under it. */
static bool is_pipes(LPCWSTR part)
{
	return part && prefix_length(part, "pipe") && (!part[4] || is_separator(part[4]));
}

uint32_t win_path_local(LPCWSTR name, UNICODE_STRING *path)
{
	bool is_verbatim;
	LPCWSTR part;

	if (!name)
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	part = device_part(name, &is_verbatim);
	if (!is_pipes(part) || win_units_length(name) > PATH_LIMIT)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	return path_make(path, "\\??\\", part, is_verbatim);
}

uint32_t win_path_any(LPCWSTR name, UNICODE_STRING *path)
{
	bool is_verbatim;
	LPCWSTR part;

	if (!name)
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	part = device_part(name, &is_verbatim);
	if (is_pipes(part))
		return path_make(path, "\\??\\", part, is_verbatim);
	if (part || !prefix_length(name, "\\\\"))
		return PEN_STATUS_NOT_SUPPORTED;
	return path_make(path, "\\??\\UNC\\", name + 2, false);
}

void win_path_done(UNICODE_STRING *path)
{
	free(path->Buffer);
}

uint32_t win_path_units(LPCSTR name, WCHAR **unitsp)
{
	*unitsp = NULL;
	if (!name)
		return 0;
	errno = 0;
	*unitsp = win_units(name, NULL);
	if (*unitsp)
		return 0;
	return errno == ENOMEM ? PEN_STATUS_NO_MEMORY : PEN_STATUS_OBJECT_NAME_INVALID;
}
