/* SPDX-License-Identifier: MIT */
/*
 * Memory and diagnoses for the passes.
 */
#include "compiler/context.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SHOWN_MAX = 200 };

static void *check(struct pen_idl *idl, void *p)
{
	if (!p)
		longjmp(idl->out_of_memory, 1);
	return p;
}

void *pen_idl_zalloc(struct pen_idl *idl, size_t n)
{
	return check(idl, pen_arena_zalloc(&idl->arena, n));
}

void *pen_idl_array(struct pen_idl *idl, size_t count, size_t size)
{
	return check(idl, pen_arena_array(&idl->arena, count, size));
}

char *pen_idl_text(struct pen_idl *idl, const char *text, size_t n)
{
	return check(idl, pen_arena_text(&idl->arena, text, n));
}

static char *format_args(struct pen_idl *idl, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = check(idl, n < 0 ? NULL : pen_arena_alloc(&idl->arena, (size_t)n + 1));
	vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

char *pen_idl_format(struct pen_idl *idl, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_args(idl, format, args);
	va_end(args);
	return text;
}

/* The line of the place and a caret below it, with the line's own tabs. */
static int show_line(struct pen_buffer *out, const char *line, size_t n, size_t column)
{
	int r = 0;

	if (n > LINE_SHOWN_MAX)
		n = LINE_SHOWN_MAX;
	for (size_t i = 0; i < n && !r; i++)
		r = pen_buffer_printf(out, "%c",
				      isprint((unsigned char)line[i]) || line[i] == '\t' ? line[i]
											 : '?');
	if (!r)
		r = pen_buffer_printf(out, "\n");
	for (size_t i = 0; i < column && i < n && !r; i++)
		r = pen_buffer_printf(out, "%c", line[i] == '\t' ? '\t' : ' ');
	return r ? r : pen_buffer_printf(out, "^\n");
}

/* file:line:column: what, the line, and the caret. */
static int show_place(struct pen_buffer *out, struct pen_pos pos, const char *kind,
		      const char *text)
{
	const struct pen_source *source = pos.source;
	size_t line = 1;
	size_t start = 0;
	size_t end;
	int r;

	for (size_t i = 0; i < pos.offset; i++) {
		if (source->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	for (end = start; end < source->n && source->text[end] != '\n'; end++)
		;
	r = pen_buffer_printf(out, "%s:%zu:%zu: %s%s\n", source->name, line, pos.offset - start + 1,
			      kind, text);
	return r ? r : show_line(out, source->text + start, end - start, pos.offset - start);
}

void pen_idl_complain(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
{
	va_list args;
	char *text;
	int r;

	if (idl->n_errors >= PEN_IDL_ERRORS_MAX)
		return;
	va_start(args, format);
	text = format_args(idl, format, args);
	va_end(args);
	idl->is_repeated = idl->latest_text && pos.source == idl->latest_pos.source &&
			   pos.offset == idl->latest_pos.offset && !strcmp(text, idl->latest_text);
	if (idl->is_repeated)
		return;
	idl->latest_pos = pos;
	idl->latest_text = text;
	idl->n_errors++;
	r = show_place(&idl->diagnoses, pos, "", text);
	if (!r && idl->n_errors == PEN_IDL_ERRORS_MAX)
		r = pen_buffer_printf(&idl->diagnoses, "%s: too much is wrong to go on\n",
				      pos.source->name);
	if (r)
		longjmp(idl->out_of_memory, 1);
}

void pen_idl_note(struct pen_idl *idl, struct pen_pos pos, const char *text)
{
	if (!idl->is_repeated && idl->n_errors < PEN_IDL_ERRORS_MAX &&
	    show_place(&idl->diagnoses, pos, "note: ", text))
		longjmp(idl->out_of_memory, 1);
}

bool pen_idl_enter(struct pen_idl *idl, struct pen_pos pos)
{
	if (idl->depth == PEN_IDL_DEPTH_MAX) {
		pen_idl_complain(idl, pos, "this is nested more than %d deep", PEN_IDL_DEPTH_MAX);
		return false;
	}
	idl->depth++;
	return true;
}

void pen_idl_leave(struct pen_idl *idl)
{
	idl->depth--;
}

/* "include/ms-dtyp.idl" gives "dtyp". */
static const char *prefix_of(struct pen_idl *idl, const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	size_t n = strcspn(base, ".");
	char *prefix = pen_idl_text(idl, base, n);

	for (char *p = prefix; *p; p++) {
		if (!isalnum((unsigned char)*p))
			*p = '_';
	}
	return strncmp(prefix, "ms_", 3) || !prefix[3] ? prefix : prefix + 3;
}

struct pen_source *pen_idl_add_source(struct pen_idl *idl, const char *name, const char *text,
				      size_t n)
{
	struct pen_source *source = pen_idl_zalloc(idl, sizeof(*source));
	struct pen_source **tail = &idl->sources;

	while (*tail)
		tail = &(*tail)->next;
	source->name = pen_idl_text(idl, name, strlen(name));
	source->prefix = prefix_of(idl, name);
	source->text = text;
	source->n = n;
	*tail = source;
	return source;
}

struct pen_source *pen_idl_open(struct pen_idl *idl, const char *name, bool *is_newp)
{
	struct pen_slice text;
	int r;

	*is_newp = false;
	for (struct pen_source *source = idl->sources; source; source = source->next) {
		if (!strcmp(source->name, name))
			return source;
	}
	r = idl->import ? idl->import(idl->import_data, name, &idl->arena, &text) : PEN_E_NOT_FOUND;
	if (r == -ENOMEM || r == PEN_E_LIMIT)
		longjmp(idl->out_of_memory, 1);
	if (r)
		return NULL;
	*is_newp = true;
	return pen_idl_add_source(idl, name, (const char *)text.data, text.size);
}
