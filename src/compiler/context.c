/* SPDX-License-Identifier: MIT */
/*
 * Memory and sources for the passes.
 */
#include "compiler/context.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

struct pen_word *pen_idl_word(struct pen_idl *idl, const char *text, size_t n)
{
	struct pen_word **bucket;
	struct pen_word *word;
	size_t hash = 5381;

	for (size_t i = 0; i < n; i++)
		hash = hash * 33 + (unsigned char)text[i];
	bucket = &idl->words[hash % PEN_IDL_WORDS];
	for (word = *bucket; word; word = word->next) {
		if (!strncmp(word->text, text, n) && !word->text[n])
			return word;
	}
	word = pen_idl_zalloc(idl, sizeof(*word));
	word->text = pen_idl_text(idl, text, n);
	word->next = *bucket;
	*bucket = word;
	return word;
}

const char *pen_idl_intern(struct pen_idl *idl, const char *text, size_t n)
{
	return pen_idl_word(idl, text, n)->text;
}

char *pen_idl_vformat(struct pen_idl *idl, const char *format, va_list args)
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
	text = pen_idl_vformat(idl, format, args);
	va_end(args);
	return text;
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

int pen_idl_stem(const char *path, const char **stemp)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	*stemp = base;
	return (int)(dot ? (size_t)(dot - base) : strlen(base));
}

/* "include/ms-dtyp.idl" gives "dtyp". */
static const char *prefix_of(struct pen_idl *idl, const char *name)
{
	const char *base;
	int n = pen_idl_stem(name, &base);
	char *prefix = pen_idl_text(idl, base, (size_t)n);

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

void pen_source_mark(struct pen_idl *idl, struct pen_source *source, size_t offset, size_t line,
		     const char *name, size_t n_name)
{
	const struct pen_marker *known = source->markers;
	struct pen_marker *marker = pen_idl_zalloc(idl, sizeof(*marker));

	while (offset < source->n && source->text[offset++] != '\n')
		;
	marker->next = source->markers;
	marker->offset = offset;
	marker->line = line;
	marker->name = known && strlen(known->name) == n_name && !memcmp(known->name, name, n_name)
			       ? known->name
			       : pen_idl_text(idl, name, n_name);
	source->markers = marker;
}

struct pen_source *pen_idl_open(struct pen_idl *idl, const char *name, bool *is_newp)
{
	struct pen_slice text;
	int r;

	*is_newp = false;
	for (struct pen_source *source = idl->sources; source; source = source->next) {
		const char *slash = source == idl->sources ? strrchr(source->name, '/') : NULL;

		/* The file itself was named with its folder. */
		if (!strcmp(slash ? slash + 1 : source->name, name))
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
