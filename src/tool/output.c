/* SPDX-License-Identifier: MIT */
#include "ndr/json.h"
#include "tool/tool.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void new_line(size_t depth, FILE *out)
{
	fprintf(out, "\n%*s", (int)depth * 2, "");
}

/* Copies a string with its quotes; returns where it ends. */
static size_t print_string(const char *text, size_t n, size_t at, FILE *out)
{
	size_t end = at + 1;

	while (end < n && text[end] != '"')
		end += text[end] == '\\' ? 2 : 1;
	end = end < n ? end : n - 1;
	fwrite(text + at, 1, end - at + 1, out);
	return end;
}

/* Well-formed JSON, a member a line; what is empty stays on its line. */
static void print_indented(const char *text, size_t n, FILE *out)
{
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '"') {
			i = print_string(text, n, i, out);
		} else if (c == '{' || c == '[') {
			fputc(c, out);
			if (i + 1 < n && (text[i + 1] == '}' || text[i + 1] == ']'))
				fputc(text[++i], out);
			else
				new_line(++depth, out);
		} else if (c == '}' || c == ']') {
			new_line(depth ? --depth : 0, out);
			fputc(c, out);
		} else if (c == ',') {
			fputc(c, out);
			new_line(depth, out);
		} else if (c == ':') {
			fputs(": ", out);
			if (i + 1 < n && text[i + 1] == ' ')
				i++;
		} else if (c != '\n' && c != ' ') {
			fputc(c, out);
		}
	}
}

int tool_print_json(struct tool *tool, const struct pen_buffer *json)
{
	FILE *out = tool->is_stdout_taken ? stderr : stdout;

	if (tool->is_json)
		fwrite(json->data, 1, json->size, out);
	else
		print_indented((const char *)json->data, json->size, out);
	fputc('\n', out);
	if (fflush(out))
		return tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(errno));
	return TOOL_OK;
}

/* A name and a colon, after a comma unless an object has just begun. */
static int begin_member(struct pen_buffer *json, const char *name)
{
	bool is_first = !json->size || json->data[json->size - 1] == '{';

	return pen_buffer_printf(json, "%s\"%s\":", is_first ? "" : ",", name);
}

int tool_json_text(struct pen_buffer *json, const char *name, const char *text)
{
	int r = begin_member(json, name);

	if (r)
		return r;
	return text ? pen_json_put_string(json, text, false) : pen_buffer_add(json, "null", 4);
}

int tool_json_number(struct pen_buffer *json, const char *name, uint64_t number)
{
	int r = begin_member(json, name);

	return r ? r : pen_buffer_printf(json, "%" PRIu64, number);
}

int tool_json_bool(struct pen_buffer *json, const char *name, bool is)
{
	int r = begin_member(json, name);

	return r ? r : pen_buffer_printf(json, "%s", is ? "true" : "false");
}

int tool_json_string(struct pen_buffer *json, const char *text)
{
	return pen_json_put_string(json, text, false);
}

int tool_read(const char *path, size_t max, struct pen_buffer *text)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "rb");
	uint8_t piece[16384];
	size_t n;
	int r = 0;

	if (!file)
		return -errno;
	while (!r && (n = fread(piece, 1, sizeof(piece), file)))
		r = text->size + n > max ? PEN_E_LIMIT : pen_buffer_add(text, piece, n);
	if (!r && ferror(file))
		r = errno ? -errno : -EIO;
	if (!is_stdin)
		fclose(file);
	return r;
}
