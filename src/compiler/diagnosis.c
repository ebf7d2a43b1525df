/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a file: told once, with its place, for people or for an editor.
 */
#include "compiler/context.h"
#include <ctype.h>
#include <string.h>

enum { LINE_SHOWN_MAX = 200 };

static struct pen_diagnosis *new_diagnosis(struct pen_idl *idl, enum pen_severity severity,
					   struct pen_pos pos, const char *text)
{
	struct pen_diagnosis *diagnosis = pen_idl_zalloc(idl, sizeof(*diagnosis));

	diagnosis->severity = severity;
	diagnosis->pos = pos;
	diagnosis->text = text;
	return diagnosis;
}

static void add_diagnosis(struct pen_idl *idl, enum pen_severity severity, struct pen_pos pos,
			  const char *text)
{
	const struct pen_diagnosis *last = idl->last;

	if (last && last->pos.source == pos.source && last->pos.offset == pos.offset &&
	    !strcmp(last->text, text)) {
		idl->latest = NULL;
		return;
	}
	idl->latest = new_diagnosis(idl, severity, pos, text);
	if (idl->last)
		idl->last->next = idl->latest;
	else
		idl->first = idl->latest;
	idl->last = idl->latest;
	if (severity == PEN_SEVERITY_ERROR)
		idl->n_errors++;
	else
		idl->n_warnings++;
}

void pen_idl_complain(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
{
	va_list args;
	char *text;

	idl->latest = NULL;
	if (idl->n_errors >= PEN_IDL_ERRORS_MAX)
		return;
	va_start(args, format);
	text = pen_idl_vformat(idl, format, args);
	va_end(args);
	add_diagnosis(idl, PEN_SEVERITY_ERROR, pos, text);
}

void pen_idl_warn(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
{
	va_list args;
	char *text;

	idl->latest = NULL;
	if (idl->n_warnings >= PEN_IDL_ERRORS_MAX)
		return;
	va_start(args, format);
	text = pen_idl_vformat(idl, format, args);
	va_end(args);
	add_diagnosis(idl, PEN_SEVERITY_WARNING, pos, text);
}

void pen_idl_advise(struct pen_idl *idl, struct pen_pos pos, const char *lint, const char *format,
		    ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = pen_idl_vformat(idl, format, args);
	va_end(args);
	add_diagnosis(idl, PEN_SEVERITY_WARNING, pos, text);
	if (!idl->latest)
		return;
	idl->latest->lint = lint;
	idl->n_lints++;
}

void pen_idl_note(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
{
	struct pen_diagnosis **tail;
	va_list args;
	char *text;

	if (!idl->latest || !pos.source)
		return;
	va_start(args, format);
	text = pen_idl_vformat(idl, format, args);
	va_end(args);
	for (tail = &idl->latest->notes; *tail; tail = &(*tail)->next)
		;
	*tail = new_diagnosis(idl, PEN_SEVERITY_NOTE, pos, text);
}

/* ---- places ---- */

struct place {
	const char *name;
	size_t line;
	size_t column; /* from 0 */
	const char *text;
	size_t n_text;
};

static struct place place_of(struct pen_pos pos)
{
	const struct pen_source *source = pos.source;
	const struct pen_marker *marker = source->markers;
	struct place place = { .name = source->name, .line = 1 };
	size_t start = 0;
	size_t end;

	while (marker && marker->offset > pos.offset)
		marker = marker->next;
	if (marker) {
		start = marker->offset;
		place.name = marker->name;
		place.line = marker->line;
	}
	for (size_t i = start; i < pos.offset; i++) {
		if (source->text[i] == '\n') {
			place.line++;
			start = i + 1;
		}
	}
	for (end = start; end < source->n && source->text[end] != '\n'; end++)
		;
	place.column = pos.offset - start;
	place.text = source->text + start;
	place.n_text = end - start;
	return place;
}

/* ---- for people ---- */

/* The line of the place and a caret below it, with the line's own tabs. */
static int show_line(const struct place *place, struct pen_buffer *out)
{
	size_t n = place->n_text < LINE_SHOWN_MAX ? place->n_text : LINE_SHOWN_MAX;
	const char *line = place->text;
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = pen_buffer_printf(out, "%c",
				      isprint((unsigned char)line[i]) || line[i] == '\t' ? line[i]
											 : '?');
	if (!r)
		r = pen_buffer_printf(out, "\n");
	for (size_t i = 0; i < place->column && i < n && !r; i++)
		r = pen_buffer_printf(out, "%c", line[i] == '\t' ? '\t' : ' ');
	return r ? r : pen_buffer_printf(out, "^\n");
}

static int show(const struct pen_diagnosis *diagnosis, struct pen_buffer *out)
{
	static const char *const kinds[] = {
		[PEN_SEVERITY_ERROR] = "",
		[PEN_SEVERITY_WARNING] = "warning: ",
		[PEN_SEVERITY_NOTE] = "note: ",
	};
	const struct place place = place_of(diagnosis->pos);
	int r = pen_buffer_printf(out, "%s:%zu:%zu: %s%s", place.name, place.line, place.column + 1,
				  kinds[diagnosis->severity], diagnosis->text);

	if (!r && diagnosis->lint)
		r = pen_buffer_printf(out, " [%s]", diagnosis->lint);
	if (!r)
		r = pen_buffer_printf(out, "\n");

	return r ? r : show_line(&place, out);
}

int pen_idl_print_diagnoses(const struct pen_idl *idl, struct pen_buffer *out)
{
	int r = 0;

	for (const struct pen_diagnosis *d = idl->first; d && !r; d = d->next) {
		r = show(d, out);
		for (const struct pen_diagnosis *n = d->notes; n && !r; n = n->next)
			r = show(n, out);
	}
	if (!r && idl->n_errors >= PEN_IDL_ERRORS_MAX)
		r = pen_buffer_printf(out, "%s: too much is wrong to go on\n",
				      place_of(idl->last->pos).name);
	return r;
}

/* ---- for editors ---- */

/* How many bytes the character of UTF-8 has that begins the text; 0: it is none. */
static size_t utf8_size(const char *text)
{
	unsigned char c = (unsigned char)*text;
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 0;

	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static int json_text(const char *text, struct pen_buffer *out)
{
	int r = pen_buffer_printf(out, "\"");

	while (*text && !r) {
		unsigned char c = (unsigned char)*text;
		size_t n = utf8_size(text);

		if (c == '"' || c == '\\')
			r = pen_buffer_printf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			r = pen_buffer_printf(out, "\\u%04x", c);
		else if (!n)
			r = pen_buffer_printf(out, "?");
		else
			r = pen_buffer_add(out, text, n);
		text += n ? n : 1;
	}
	return r ? r : pen_buffer_printf(out, "\"");
}

/* The members that a diagnosis and a note have. */
static int json_place(const struct pen_diagnosis *diagnosis, struct pen_buffer *out)
{
	const struct place place = place_of(diagnosis->pos);
	int r = pen_buffer_printf(out, "{\"file\":");

	if (!r)
		r = json_text(place.name, out);
	if (!r)
		r = pen_buffer_printf(out, ",\"line\":%zu,\"column\":%zu,", place.line,
				      place.column + 1);
	if (!r && diagnosis->severity != PEN_SEVERITY_NOTE)
		r = pen_buffer_printf(out, "\"severity\":\"%s\",",
				      diagnosis->severity == PEN_SEVERITY_ERROR ? "error"
										: "warning");
	if (!r && diagnosis->lint)
		r = pen_buffer_printf(out, "\"lint\":\"%s\",", diagnosis->lint);
	if (!r)
		r = pen_buffer_printf(out, "\"message\":");
	return r ? r : json_text(diagnosis->text, out);
}

int pen_idl_print_diagnoses_json(const struct pen_idl *idl, struct pen_buffer *out)
{
	int r = 0;

	for (const struct pen_diagnosis *d = idl->first; d && !r; d = d->next) {
		r = json_place(d, out);
		if (!r)
			r = pen_buffer_printf(out, ",\"notes\":[");
		for (const struct pen_diagnosis *n = d->notes; n && !r; n = n->next) {
			r = json_place(n, out);
			if (!r)
				r = pen_buffer_printf(out, "}%s", n->next ? "," : "");
		}
		if (!r)
			r = pen_buffer_printf(out, "]}\n");
	}
	return r;
}
