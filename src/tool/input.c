/* SPDX-License-Identifier: MIT */
/* What the command line names: bytes in a file, or as hex digits; JSON. */
#include "tool/capture.h"
#include "tool/tool.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 64 << 20, BEGINNING = 65536 };

static int digit(uint8_t c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Hex digits, with blanks, colons, commas and 0x between bytes. */
static bool is_hex(const uint8_t *text, size_t n)
{
	bool has_digit = false;

	for (size_t i = 0; i < n; i++) {
		if (digit(text[i]) >= 0)
			has_digit = true;
		else if (!isspace(text[i]) && !strchr(":,-xX", text[i]))
			return false;
	}
	return has_digit;
}

/* In place; false: half a byte is left. */
static bool from_hex(struct pen_buffer *text)
{
	size_t n = 0;
	int high = -1;

	for (size_t i = 0; i < text->size; i++) {
		int d = digit(text->data[i]);

		if (i + 1 < text->size && text->data[i] == '0' &&
		    (text->data[i + 1] | 0x20) == 'x' && high < 0) {
			i++;
			continue;
		}
		if (d < 0)
			continue;
		if (high < 0) {
			high = d;
		} else {
			text->data[n++] = (uint8_t)(high << 4 | d);
			high = -1;
		}
	}
	text->size = n;
	return high < 0;
}

static int cannot_read(struct tool *tool, const char *text, int r)
{
	return tool_fail(tool, TOOL_USAGE, NULL, "cannot read %s: %s", text,
			 r < 0 ? strerror(-r) : "it is larger than 64 MiB");
}

/* Up to max bytes more, until there are as many as enough. Of a pipe, what has come. */
static int read_some(FILE *file, size_t max, size_t enough, struct pen_buffer *bytes)
{
	uint8_t piece[16384];
	ssize_t n = 1;
	int r = 0;

	while (!r && n && max && bytes->size < enough) {
		n = read(fileno(file), piece, max < sizeof(piece) ? max : sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : pen_buffer_add(bytes, piece, (size_t)n);
		max -= n > 0 ? (size_t)n : 0;
	}
	return r;
}

int tool_open_bytes(struct tool *tool, const char *text, FILE **filep, struct pen_buffer *bytes)
{
	bool is_stdin = !strcmp(text, "-");
	FILE *file;
	int r;

	*filep = NULL;
	if (!is_stdin && access(text, F_OK) && is_hex((const uint8_t *)text, strlen(text))) {
		r = pen_buffer_add(bytes, text, strlen(text));
		return r ? cannot_read(tool, text, r) : TOOL_OK;
	}
	file = is_stdin ? stdin : fopen(text, "rb");
	r = file ? read_some(file, BEGINNING, CAPTURE_MAGIC_SIZE, bytes) : -errno;
	if (!r) {
		*filep = file;
		return TOOL_OK;
	}
	if (file && !is_stdin)
		fclose(file);
	return cannot_read(tool, text, r);
}

int tool_rest_of_bytes(struct tool *tool, const char *text, FILE *file, struct pen_buffer *bytes)
{
	int r = 0;

	if (file) {
		r = read_some(file, INPUT_MAX + 1 - bytes->size, SIZE_MAX, bytes);
		if (!r && bytes->size > INPUT_MAX)
			r = PEN_E_LIMIT;
		if (file != stdin)
			fclose(file);
	}
	if (r)
		return cannot_read(tool, text, r);
	if (is_hex(bytes->data, bytes->size) && !from_hex(bytes))
		return tool_fail(tool, TOOL_USAGE, NULL, "an odd number of hex digits");
	return TOOL_OK;
}

int tool_read_bytes(struct tool *tool, const char *text, struct pen_buffer *bytes)
{
	FILE *file;
	int r = tool_open_bytes(tool, text, &file, bytes);

	return r ? r : tool_rest_of_bytes(tool, text, file, bytes);
}

int tool_read_json(struct tool *tool, const char *text, struct pen_buffer *json)
{
	const char *path = NULL;
	int r;

	if (!strcmp(text, "-"))
		path = "-";
	else if (*text == '@')
		path = text + 1;
	r = path ? tool_read(path, INPUT_MAX, json) : pen_buffer_add(json, text, strlen(text));
	return r ? tool_fail(tool, TOOL_USAGE, NULL, "cannot read the parameters: %s",
			     r < 0 ? strerror(-r) : "more than 64 MiB")
		 : TOOL_OK;
}

size_t tool_json_size(const char *text, size_t n)
{
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '"') {
			for (i++; i < n && text[i] != '"'; i++)
				i += text[i] == '\\';
		} else if (c == '{' || c == '[') {
			depth++;
			continue;
		} else if (c == '}' || c == ']') {
			depth -= depth != 0;
		} else if (depth || !strchr(" \t\r\n", c)) {
			continue;
		}
		if (!depth)
			return i < n ? i + 1 : n;
	}
	return n;
}
