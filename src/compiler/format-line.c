/* SPDX-License-Identifier: MIT */
/*
 * Prints a line, or the several lines that one becomes which is too long.
 */
#include "compiler/format.h"
#include <ctype.h>
#include <string.h>

void pen_format_add(struct pen_format_line *line, const struct pen_format_word *word)
{
	if (line->n == PEN_COUNT(line->words))
		line->error = line->error ? line->error : PEN_E_LIMIT;
	else
		line->words[line->n++] = *word;
}

static void print(struct pen_format_line *line, const char *text, size_t n)
{
	if (!line->error && n)
		line->error = pen_buffer_add(line->out, text, n);
}

static void print_indent(struct pen_format_line *line, unsigned indent)
{
	while (indent--)
		print(line, "\t", 1);
}

static size_t trim(const char *text, size_t n)
{
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	return n;
}

/* Of a comment of several lines those that begin with a star are moved with it. */
static void print_lines(struct pen_format_line *line, const struct pen_piece *piece)
{
	const char *p = piece->text;
	const char *end = p + piece->n;

	for (;;) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		const char *first = p;

		line_end = line_end ? line_end : end;
		while (first < line_end && isspace((unsigned char)*first))
			first++;
		if (p > piece->text && first < line_end && *first == '*' &&
		    piece->kind == PEN_PIECE_COMMENT) {
			print_indent(line, line->indent);
			print(line, " ", 1);
			p = first;
		}
		print(line, p, trim(p, (size_t)(line_end - p)));
		if (line_end == end)
			return;
		print(line, "\n", 1);
		p = line_end + 1;
	}
}

static size_t width_of(const struct pen_format_word *word)
{
	return word->piece->n + word->has_space;
}

/* From one column to another that is further on. */
static void pad(struct pen_format_line *line, size_t column, size_t until)
{
	bool has_tabs = until % PEN_FORMAT_TAB == 0;

	while (column < until) {
		print(line, has_tabs ? "\t" : " ", 1);
		column += has_tabs ? PEN_FORMAT_TAB - column % PEN_FORMAT_TAB : 1;
	}
}

static void print_words(struct pen_format_line *line, unsigned indent, size_t first, size_t end)
{
	size_t column = indent * PEN_FORMAT_TAB;

	print_indent(line, indent);
	for (size_t i = first; i < end; i++) {
		const struct pen_format_word *word = &line->words[i];

		if (word->column > column)
			pad(line, column, word->column);
		else if (i > first && word->has_space)
			print(line, " ", 1);
		column += width_of(word);
		if (word->piece->kind == PEN_PIECE_TOKEN)
			print(line, word->piece->text, word->piece->n);
		else
			print_lines(line, word->piece);
	}
	print(line, "\n", 1);
}

/* Comments stay with what is beside them, which is what tells where they belong. */
static bool may_break(const struct pen_format_word *word)
{
	return word->has_space && word->piece->kind == PEN_PIECE_TOKEN &&
	       word[-1].piece->kind == PEN_PIECE_TOKEN;
}

/*
 * The word that the next line begins with: the one after the attributes if they fit, else the
 * last one in the fewest parentheses. end: all of them fit, or nothing can be done.
 */
static size_t find_break(const struct pen_format_line *line, size_t first, size_t end,
			 unsigned indent)
{
	size_t width = indent * PEN_FORMAT_TAB;
	size_t best_width = 0; /* of the line, if it is broken there */
	size_t best = end;

	for (size_t i = first; i < end; i++) {
		const struct pen_format_word *word = &line->words[i];

		if (i > first && may_break(word) && width <= PEN_FORMAT_COLUMNS) {
			const struct pen_format_word *other = &line->words[best];

			if (best == end || word->after_attribute ||
			    (!other->after_attribute && (word->depth <= other->depth ||
							 best_width < PEN_FORMAT_COLUMNS / 2))) {
				best = i;
				best_width = width;
			}
		}
		width += width_of(word);
		if (width > PEN_FORMAT_COLUMNS && best < end)
			return best;
	}
	return end;
}

void pen_format_end_line(struct pen_format_line *line)
{
	unsigned indent = line->indent;
	size_t end = line->n;
	size_t first = 0;

	/* A comment behind it may be as long as it is, and a body begins where it begins. */
	while (end && line->words[end - 1].piece->kind == PEN_PIECE_COMMENT)
		end--;
	if (end && pen_piece_is(line->words[end - 1].piece, "{"))
		end = 0;
	while (first < line->n) {
		size_t next = first < end ? find_break(line, first, end, indent) : line->n;

		next = next >= end ? line->n : next;
		print_words(line, indent, first, next);
		indent = line->indent + 1;
		first = next;
	}
	line->n = 0;
}
