/* SPDX-License-Identifier: MIT */
/*
 * The parser's hands: looking at a token, taking it, and going on after an error.
 */
#include "compiler/parse.h"
#include <string.h>

bool pen_parser_at(const struct pen_parser *parser, const char *text)
{
	return (parser->token->kind == PEN_TOKEN_MARK || parser->token->kind == PEN_TOKEN_NAME) &&
	       !strcmp(parser->token->text, text);
}

void pen_parser_step(struct pen_parser *parser)
{
	if (parser->token->next)
		parser->token = parser->token->next;
}

bool pen_parser_take(struct pen_parser *parser, const char *text)
{
	if (!pen_parser_at(parser, text))
		return false;
	pen_parser_step(parser);
	return true;
}

/* One complaint until the parser has found its feet again. */
void pen_parser_fail(struct pen_parser *parser, const char *expected)
{
	if (!parser->is_lost)
		pen_idl_complain(parser->idl, parser->token->pos, "expected %s, not \"%.40s\"",
				 expected, parser->token->text);
	parser->is_lost = true;
}

bool pen_parser_expect(struct pen_parser *parser, const char *text)
{
	if (parser->is_lost)
		return false;
	if (pen_parser_take(parser, text))
		return true;
	pen_parser_fail(parser, text);
	return false;
}

const char *pen_parser_name(struct pen_parser *parser, const char *what)
{
	const char *name = parser->token->text;

	if (parser->token->kind != PEN_TOKEN_NAME) {
		pen_parser_fail(parser, what);
		return "";
	}
	pen_parser_step(parser);
	return name;
}

void pen_parser_recover(struct pen_parser *parser)
{
	unsigned depth = 0;

	parser->is_lost = false;
	while (parser->token->kind != PEN_TOKEN_END) {
		if (pen_parser_at(parser, "{")) {
			depth++;
		} else if (pen_parser_at(parser, "}")) {
			if (!depth)
				return;
			depth--;
		} else if (pen_parser_at(parser, ";") && !depth) {
			pen_parser_step(parser);
			return;
		}
		pen_parser_step(parser);
	}
}

void pen_parser_end_statement(struct pen_parser *parser)
{
	if (!pen_parser_expect(parser, ";"))
		pen_parser_recover(parser);
}

bool pen_parser_at_end(const struct pen_parser *parser)
{
	return parser->token->kind == PEN_TOKEN_END || pen_parser_at(parser, "}");
}
