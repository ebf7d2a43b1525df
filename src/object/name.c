/* SPDX-License-Identifier: MIT */
#include "object/name.h"
#include "base/utf16.h"
#include <penstock/status-codes.h>
#include <string.h>

bool pen_name_is_text(const char *text, size_t n, size_t units_max)
{
	size_t count = pen_utf16_count(text, n);

	return count != PEN_UTF16_BAD && count <= units_max;
}

/* Steps over a word, in any case; where is_win32, each backslash may be a slash. */
static bool skip_word(const char **textp, const char *word, bool is_win32)
{
	const char *p = *textp;

	for (; *word; word++, p++)
		if (pen_upcase((uint8_t)*p) != pen_upcase((uint8_t)*word) &&
		    !(is_win32 && *word == '\\' && *p == '/'))
			return false;
	*textp = p;
	return true;
}

static bool is_separator(char c, bool is_win32)
{
	return c == '\\' || (is_win32 && c == '/');
}

/* What comes after the device: nothing, or a backslash and the name. */
static uint32_t parse_rest(const char *rest, bool is_win32, struct pen_arena *arena,
			   struct pen_name *name)
{
	size_t n;

	name->kind = PEN_NAME_DEVICE;
	name->path = "\\Device\\NamedPipe";
	if (!*rest)
		return PEN_STATUS_SUCCESS;
	if (!is_separator(*rest, is_win32))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	n = strlen(++rest);
	if (!pen_name_is_text(rest, n, PEN_NAME_MAX))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	name->kind = n ? PEN_NAME_PIPE : PEN_NAME_DIRECTORY;
	name->path = pen_arena_printf(arena, PEN_NAME_PIPES "%s", rest);
	return name->path ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;
}

/* SERVER\pipe\NAME */
static uint32_t parse_server(const char *text, bool is_win32, struct pen_arena *arena,
			     struct pen_name *name)
{
	size_t n = strcspn(text, is_win32 ? "\\/" : "\\");
	const char *rest = text + n;
	uint32_t status;

	if (!n || !pen_name_is_text(text, n, PEN_NAME_MAX))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	if (!skip_word(&rest, "\\pipe", is_win32))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	status = parse_rest(rest, is_win32, arena, name);
	if (status)
		return status;
	name->server = pen_arena_text(arena, text, n);
	return name->server ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;
}

/* All there are; the first that fits. */
static const struct {
	const char *prefix;
	bool is_win32;
	bool is_server; /* else the device comes before, and the name after */
} forms[] = {
	{ "\\\\.\\UNC\\", true, true },		 { "\\\\?\\UNC\\", false, true },
	{ "\\??\\UNC\\", false, true },		 { "\\DosDevices\\UNC\\", false, true },
	{ "\\\\.\\pipe", true, false },		 { "\\\\?\\pipe", false, false },
	{ "\\??\\pipe", false, false },		 { "\\DosDevices\\pipe", false, false },
	{ "\\Device\\NamedPipe", false, false },
};

uint32_t pen_name_parse_pipe(const char *text, struct pen_arena *arena, struct pen_name *name)
{
	struct pen_name parsed = { 0 };
	uint32_t status = PEN_STATUS_OBJECT_NAME_INVALID;
	const char *rest = text;
	size_t i = 0;

	while (i < PEN_COUNT(forms) && !skip_word(&rest, forms[i].prefix, forms[i].is_win32))
		i++;
	if (i < PEN_COUNT(forms)) {
		if (forms[i].is_win32 && !pen_name_is_text(text, strlen(text), PEN_NAME_WIN32_MAX))
			return PEN_STATUS_OBJECT_NAME_INVALID;
		status = (forms[i].is_server ? parse_server : parse_rest)(rest, forms[i].is_win32,
									  arena, &parsed);
	} else if (skip_word(&rest, "\\\\", true) && !strchr(".?", *rest)) {
		status = parse_server(rest, true, arena, &parsed);
	}
	if (!status)
		*name = parsed;
	return status;
}

/* ---- files ---- */

/* A unit whose upper case it is. In most scripts they are one of these apart. */
static uint16_t downcase(uint16_t unit)
{
	static const uint16_t distances[] = { 32, 1, 80, 48, 8 };

	for (size_t i = 0; i < PEN_COUNT(distances); i++) {
		uint16_t lower = (uint16_t)(unit + distances[i]);

		if (lower != unit && pen_upcase(lower) == unit)
			return lower;
	}
	return unit;
}

bool pen_name_to_file(const char *name, char file[PEN_NAME_FILE_SIZE])
{
	uint16_t units[PEN_NAME_MAX];
	size_t count = pen_utf16_put(name, strlen(name), PEN_UTF16_HOST, units, PEN_NAME_MAX);
	size_t n;

	if (!*name || count == PEN_UTF16_BAD)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (units[i] < ' ' || units[i] == '/' || units[i] == 0x7f)
			return false;
		units[i] = downcase(units[i]);
	}
	n = pen_utf16_get(units, count, PEN_UTF16_HOST, file, PEN_NAME_FILE_SIZE - 1);
	if (n == PEN_UTF16_BAD)
		return false;
	file[n] = '\0';
	return strcmp(file, ".") != 0 && strcmp(file, "..") != 0;
}

/* ---- sections ---- */

/* The digits of a session's number, as NT writes it, and a backslash. */
static bool skip_number(const char **textp, uint32_t *numberp)
{
	const char *p = *textp;
	uint64_t number = 0;

	if (*p == '0' && p[1] != '\\')
		return false;
	for (; *p >= '0' && *p <= '9' && number <= UINT32_MAX; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	if (p == *textp || *p != '\\' || number > UINT32_MAX)
		return false;
	*textp = p + 1;
	*numberp = (uint32_t)number;
	return true;
}

/* The name within a session's directory, of which session 0's is the machine's. */
static const char *session_path(struct pen_arena *arena, uint32_t session, const char *name)
{
	if (!session)
		return pen_arena_printf(arena, "\\BaseNamedObjects\\%s", name);
	return pen_arena_printf(arena, "\\Sessions\\%u\\BaseNamedObjects\\%s", session, name);
}

/* No part of a path is empty. */
static bool has_empty_part(const char *path)
{
	return !*path || strstr(path, "\\\\") || path[strlen(path) - 1] == '\\';
}

static bool is_section_name(const char *text)
{
	const char *last = strrchr(text, '\\');

	last = last ? last + 1 : text;
	return pen_name_is_text(text, strlen(text), PEN_NAME_PATH_MAX) &&
	       pen_name_is_text(last, strlen(last), PEN_NAME_MAX) && !has_empty_part(text);
}

uint32_t pen_name_parse_section(const char *text, uint32_t session, struct pen_arena *arena,
				const char **pathp)
{
	const char *rest = text;
	const char *path;

	if (!is_section_name(text))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	if (*text == '\\' || session == PEN_NAME_OWN_SESSION) {
		path = pen_arena_strdup(arena, text);
	} else if (skip_word(&rest, "Global\\", false)) {
		path = session_path(arena, 0, rest);
	} else if (skip_word(&rest, "Session\\", false)) {
		if (!skip_number(&rest, &session))
			return PEN_STATUS_OBJECT_NAME_INVALID;
		path = session_path(arena, session, rest);
	} else {
		skip_word(&rest, "Local\\", false);
		path = session_path(arena, session, rest);
	}
	if (!path)
		return PEN_STATUS_NO_MEMORY;
	*pathp = path;
	return PEN_STATUS_SUCCESS;
}
