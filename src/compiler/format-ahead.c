/* SPDX-License-Identifier: MIT */
/*
 * What a piece begins, as far as the pieces after it tell.
 */
#include "compiler/format.h"

bool pen_format_is_definition(const struct pen_piece *piece)
{
	static const char *const words[] = { "interface",    "library", "coclass",
					     "runtimeclass", "module",	"dispinterface",
					     "namespace",    "declare", "apicontract" };

	return pen_piece_is_one_of(piece, words, PEN_COUNT(words));
}

/* The token after the bracket's partner. */
static const struct pen_piece *skip_brackets(const struct pen_piece *piece)
{
	unsigned depth = 0;

	for (; piece->kind != PEN_PIECE_END; piece = pen_piece_next_token(piece)) {
		if (pen_piece_is(piece, "["))
			depth++;
		else if (pen_piece_is(piece, "]") && !--depth)
			return pen_piece_next_token(piece);
	}
	return piece;
}

bool pen_format_begins_definition(const struct pen_piece *piece)
{
	while (pen_piece_is(piece, "["))
		piece = skip_brackets(piece);
	if (!pen_format_is_definition(piece))
		return false;
	while (piece->kind != PEN_PIECE_END && !pen_piece_is(piece, ";") &&
	       !pen_piece_is(piece, "(") && !pen_piece_is(piece, "{"))
		piece = pen_piece_next_token(piece);
	return pen_piece_is(piece, "{");
}

bool pen_format_has_several(const struct pen_piece *piece)
{
	unsigned depth = 0;

	for (; piece->kind != PEN_PIECE_END; piece = pen_piece_next_token(piece)) {
		if (pen_piece_is(piece, "[") || pen_piece_is(piece, "("))
			depth++;
		else if (pen_piece_is(piece, "]") || pen_piece_is(piece, ")"))
			depth--;
		else if (pen_piece_is(piece, ",") && depth == 1)
			return true;
		if (!depth)
			return false;
	}
	return false;
}

bool pen_format_is_label(const struct pen_piece *piece)
{
	static const char *const words[] = { "default", "properties", "methods" };

	return pen_piece_is(piece, "case") ||
	       (pen_piece_is_one_of(piece, words, PEN_COUNT(words)) &&
		pen_piece_is(pen_piece_next_token(piece), ":"));
}

bool pen_format_is_quoting(const struct pen_piece *word)
{
	static const char *const words[] = { "cpp_quote", "importlib", "midl_pragma" };

	return pen_piece_is_one_of(word, words, PEN_COUNT(words));
}
