/* SPDX-License-Identifier: MIT */
#include "policy/reading.h"
#include "base/utf16.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLANKS	  " \t"
#define RELATIONS "=<>!"

/* ---- what is wrong ---- */

bool pen_reading_is_over(const struct pen_reading *reading)
{
	return reading->r || reading->n_wrong > PEN_READING_DIAGNOSES_MAX;
}

/* The line again, and a caret under its column: a blank a character, a tab a tab. */
static int put_caret(struct pen_reading *reading, size_t column)
{
	int r = pen_buffer_printf(reading->diagnoses, "\t%s\n\t", reading->line);

	for (size_t i = 0; !r && i < column && reading->line[i]; i++)
		if (((uint8_t)reading->line[i] & 0xc0) != 0x80)
			r = pen_buffer_add(reading->diagnoses,
					   reading->line[i] == '\t' ? "\t" : " ", 1);
	return r ? r : pen_buffer_add(reading->diagnoses, "^\n", 2);
}

void pen_reading_diagnose(struct pen_reading *reading, size_t column, const char *format, ...)
{
	char reason[512];
	va_list args;
	int r;

	if (pen_reading_is_over(reading))
		return;
	if (++reading->n_wrong > PEN_READING_DIAGNOSES_MAX) {
		reading->r = pen_buffer_printf(reading->diagnoses, "%s: and more\n", reading->name);
		return;
	}
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	r = pen_buffer_printf(reading->diagnoses, "%s:%zu:%zu: %s\n", reading->name,
			      reading->number, column + 1, reason);
	if (!r)
		r = put_caret(reading, column);
	reading->r = r;
}

void pen_reading_diagnose_name(struct pen_reading *reading, size_t column, const char *what,
			       const struct pen_spelling *spelling)
{
	pen_reading_diagnose(reading, column, "there is no %s %s%s%s%s", what, spelling->word,
			     spelling->nearest ? "; did you mean " : "",
			     spelling->nearest ? spelling->nearest : "",
			     spelling->nearest ? "?" : "");
}

/* ---- characters ---- */

static bool is_control(int32_t c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0);
}

/* Where there is a control character, or no UTF-8; the end: nowhere. */
static const char *text_end(const char *text, const char *end)
{
	while (text < end) {
		const char *next = text;

		if (is_control(pen_utf16_next(&next, end)))
			return text;
		text = next;
	}
	return end;
}

bool pen_value_is_text(const char *text, size_t n)
{
	return text_end(text, text + n) == text + n && !memchr(text, '\t', n);
}

bool pen_reading_line(struct pen_reading *reading, const char *line, size_t n)
{
	const char *wrong, *next;

	n -= n && line[n - 1] == '\r';
	wrong = text_end(line, line + n);
	reading->number++;
	reading->line = reading->at = pen_arena_text(reading->arena, line, (size_t)(wrong - line));
	if (!reading->line) {
		reading->r = -ENOMEM;
		return false;
	}
	if (wrong == line + n)
		return true;
	next = wrong;
	pen_reading_diagnose(reading, (size_t)(wrong - line),
			     pen_utf16_next(&next, line + n) < 0 ? "this is not UTF-8"
								 : "a control character");
	return false;
}

/* ---- words, clauses, values ---- */

static void skip_blanks(struct pen_reading *reading)
{
	reading->at += strspn(reading->at, BLANKS);
	if (*reading->at == '#')
		reading->at += strlen(reading->at);
}

static size_t column_of(const struct pen_reading *reading)
{
	return (size_t)(reading->at - reading->line);
}

/* Up to one of the stops; "" is a word too. */
static const char *take_word(struct pen_reading *reading, const char *stops)
{
	size_t n = strcspn(reading->at, stops);
	const char *word = pen_arena_text(reading->arena, reading->at, n);

	if (!word)
		reading->r = -ENOMEM;
	reading->at += n;
	reading->end = reading->at;
	return word;
}

/* The quote that ends what begins after the text's first one; two of them are one in it. */
static const char *closing_quote(const char *text)
{
	for (text++; (text = strchr(text, '"')); text += 2)
		if (text[1] != '"')
			return text;
	return NULL;
}

static const char *take_quoted(struct pen_reading *reading)
{
	const char *end = closing_quote(reading->at), *from = reading->at + 1;
	char *text, *to;

	if (!end) {
		pen_reading_diagnose(reading, column_of(reading), "a quote that does not end");
		return NULL;
	}
	text = to = pen_arena_text(reading->arena, from, (size_t)(end - from));
	if (!text) {
		reading->r = -ENOMEM;
		return NULL;
	}
	for (; from < end; from += *from == '"' ? 2 : 1)
		*to++ = *from;
	*to = '\0';
	reading->at = reading->end = end + 1;
	return text;
}

/* False: diagnosed, or no memory. */
static bool take_value(struct pen_reading *reading)
{
	struct pen_value value = { .column = column_of(reading) };
	bool is_quoted = *reading->at == '"';

	value.text = is_quoted ? take_quoted(reading) : take_word(reading, BLANKS ",\"");
	if (!value.text)
		return false;
	if (!*value.text && !is_quoted) {
		pen_reading_diagnose(reading, value.column, "a value is missing");
		return false;
	}
	if (*reading->at && !strchr(BLANKS ",", *reading->at)) {
		pen_reading_diagnose(reading, column_of(reading),
				     "quotes are around all of a value");
		return false;
	}
	reading->r = pen_buffer_add(&reading->values, &value, sizeof(value));
	return !reading->r;
}

static bool take_values(struct pen_reading *reading, struct pen_clause *clause)
{
	reading->values.size = 0;
	do {
		skip_blanks(reading);
		if (!take_value(reading))
			return false;
		skip_blanks(reading);
	} while (*reading->at == ',' && reading->at++);
	clause->values = (const struct pen_value *)reading->values.data;
	clause->n_values = reading->values.size / sizeof(*clause->values);
	return true;
}

static bool take_relation(struct pen_reading *reading, struct pen_clause *clause)
{
	static const char *const relations[] = {
		[PEN_RELATION_NONE] = "",
		[PEN_RELATION_IS] = "=",
		[PEN_RELATION_BELOW] = "<",
		[PEN_RELATION_FROM] = ">=",
	};
	size_t n = strspn(reading->at, RELATIONS);

	for (size_t i = 0; i < PEN_COUNT(relations); i++)
		if (strlen(relations[i]) == n && !strncmp(reading->at, relations[i], n)) {
			clause->relation = (enum pen_relation)i;
			reading->at += n;
			return true;
		}
	pen_reading_diagnose(reading, column_of(reading),
			     "a condition is NAME=VALUE, or of levels < or >=");
	return false;
}

const char *pen_reading_word(struct pen_reading *reading, size_t *columnp)
{
	skip_blanks(reading);
	*columnp = column_of(reading);
	return *reading->at ? take_word(reading, BLANKS) : NULL;
}

static bool take_clause(struct pen_reading *reading, struct pen_clause *clause)
{
	*clause = (struct pen_clause){ .column = column_of(reading) };
	clause->name = take_word(reading, BLANKS RELATIONS ",\"");
	if (!clause->name)
		return false;
	if (!*clause->name) {
		pen_reading_diagnose(reading, clause->column, "a condition begins with its name");
		return false;
	}
	skip_blanks(reading);
	if (!take_relation(reading, clause))
		return false;
	return clause->relation == PEN_RELATION_NONE || take_values(reading, clause);
}

bool pen_reading_clause(struct pen_reading *reading, struct pen_clause *clause)
{
	skip_blanks(reading);
	if (!*reading->at || pen_reading_is_over(reading))
		return false;
	if (take_clause(reading, clause))
		return true;
	reading->at += strlen(reading->at);
	return false;
}

const char *pen_reading_text(struct pen_reading *reading, size_t column)
{
	const char *text = reading->line + column;
	const char *copy = pen_arena_text(reading->arena, text, (size_t)(reading->end - text));

	if (!copy)
		reading->r = -ENOMEM;
	return copy;
}

void *pen_reading_array(struct pen_reading *reading, size_t n, size_t size)
{
	void *array = pen_arena_array(reading->arena, n, size);

	if (!array)
		reading->r = -ENOMEM;
	return array;
}

int pen_value_print(const char *text, struct pen_buffer *buffer)
{
	int r;

	if (*text && !strchr("#" RELATIONS, *text) && !strpbrk(text, BLANKS ",\""))
		return pen_buffer_add(buffer, text, strlen(text));
	r = pen_buffer_add(buffer, "\"", 1);
	for (; !r && *text; text++)
		r = pen_buffer_add(buffer, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	return r ? r : pen_buffer_add(buffer, "\"", 1);
}
