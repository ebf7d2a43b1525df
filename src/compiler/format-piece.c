/* SPDX-License-Identifier: MIT */
/*
 * The pieces that a formatted file is put together from: tokens, and what the lexer passes over
 * between them.
 */
#include "compiler/format.h"
#include <ctype.h>
#include <string.h>

struct cutter {
	struct pen_idl *idl;
	const struct pen_source *source;
	struct pen_piece *pieces;
	size_t n;
	size_t max;
	unsigned n_newlines;
};

static struct pen_piece *add_piece(struct cutter *cutter, enum pen_piece_kind kind, size_t offset,
				   size_t n)
{
	struct pen_piece *piece;

	if (cutter->n == cutter->max) {
		struct pen_piece *larger =
			pen_idl_array(cutter->idl, cutter->max * 2, sizeof(*larger));

		memcpy(larger, cutter->pieces, cutter->n * sizeof(*larger));
		cutter->pieces = larger;
		cutter->max *= 2;
	}
	piece = &cutter->pieces[cutter->n++];
	*piece = (struct pen_piece){
		.kind = kind,
		.pos = { .source = cutter->source, .offset = offset },
		.text = cutter->source->text + offset,
		.n = n,
		.n_newlines = cutter->n_newlines,
	};
	cutter->n_newlines = 0;
	return piece;
}

static size_t find_end(const char *p, const char *end, const char *mark, size_t n_mark)
{
	const char *found = memmem(p, (size_t)(end - p), mark, n_mark);

	return found ? (size_t)(found - p) + n_mark : (size_t)(end - p);
}

/* How much of the directive continues it with nothing: the file ends there. */
static size_t continued(const char *p, size_t n, const char *end)
{
	size_t left = n;

	while (p + n == end && left && (p[left - 1] == '\\' || isspace((unsigned char)p[left - 1])))
		left--;
	return n - left;
}

/* Comments and directives between two tokens. */
static void cut_gap(struct cutter *cutter, size_t offset, size_t until)
{
	const char *text = cutter->source->text;
	const char *end = text + until;

	while (offset < until) {
		const char *p = text + offset;
		size_t n = 1;

		if (*p == '#') {
			n = (size_t)(pen_lex_directive_end(p, end) - p);
			add_piece(cutter, PEN_PIECE_DIRECTIVE, offset, n - continued(p, n, end));
		} else if (end - p > 1 && !memcmp(p, "//", 2)) {
			const char *line_end = memchr(p, '\n', (size_t)(end - p));

			n = line_end ? (size_t)(line_end - p) : (size_t)(end - p);
			add_piece(cutter, PEN_PIECE_COMMENT, offset, n);
		} else if (end - p > 1 && !memcmp(p, "/*", 2)) {
			n = 2 + find_end(p + 2, end, "*/", 2);
			add_piece(cutter, PEN_PIECE_COMMENT, offset, n);
		} else if (*p == '\n') {
			cutter->n_newlines++;
		}
		offset += n;
	}
}

/* How many bytes of the source the token is. */
static size_t size_of(const struct pen_token *token)
{
	size_t n = strlen(token->text);

	if (token->kind == PEN_TOKEN_STRING || token->kind == PEN_TOKEN_CHARACTER)
		n += 2 + token->is_wide;
	return n;
}

struct pen_piece *pen_format_pieces(struct pen_idl *idl, const struct pen_source *source,
				    const struct pen_token *tokens)
{
	struct cutter cutter = { .idl = idl, .source = source, .max = 1024 };
	size_t offset = 0;

	cutter.pieces = pen_idl_array(idl, cutter.max, sizeof(*cutter.pieces));
	for (; tokens->kind != PEN_TOKEN_END; tokens = tokens->next) {
		cut_gap(&cutter, offset, tokens->pos.offset);
		add_piece(&cutter, PEN_PIECE_TOKEN, tokens->pos.offset, size_of(tokens))->token =
			tokens->kind;
		offset = tokens->pos.offset + size_of(tokens);
	}
	cut_gap(&cutter, offset, source->n);
	cutter.n_newlines++;
	add_piece(&cutter, PEN_PIECE_END, source->n, 0);
	return cutter.pieces;
}

bool pen_piece_is(const struct pen_piece *piece, const char *text)
{
	return piece && piece->kind == PEN_PIECE_TOKEN && piece->n == strlen(text) &&
	       !memcmp(piece->text, text, piece->n);
}

bool pen_piece_is_one_of(const struct pen_piece *piece, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (pen_piece_is(piece, texts[i]))
			return true;
	}
	return false;
}

bool pen_piece_is_name(const struct pen_piece *piece)
{
	return piece && piece->kind == PEN_PIECE_TOKEN && piece->token == PEN_TOKEN_NAME;
}

const struct pen_piece *pen_piece_next_token(const struct pen_piece *piece)
{
	do
		piece++;
	while (piece->kind == PEN_PIECE_COMMENT || piece->kind == PEN_PIECE_DIRECTIVE);
	return piece;
}
