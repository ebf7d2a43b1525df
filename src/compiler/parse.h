/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PARSE_H
#define PEN_COMPILER_PARSE_H
/*
 * The parser's hands: where it is among the tokens, and the steps that the
 * grammar of definitions (parse.c) and of expressions (parse-expr.c) share.
 */
#include "compiler/tree.h"

struct pen_parser {
	struct pen_idl *idl;
	const struct pen_token *token;
	bool is_lost;	   /* an error was diagnosed, and no statement has ended since */
	bool is_parameter; /* a comma ends the declaration */
};

bool pen_parser_at(const struct pen_parser *parser, const char *text);
void pen_parser_step(struct pen_parser *parser);
bool pen_parser_take(struct pen_parser *parser, const char *text);
bool pen_parser_expect(struct pen_parser *parser, const char *text);
void pen_parser_fail(struct pen_parser *parser, const char *expected);
const char *pen_parser_name(struct pen_parser *parser, const char *what);

/* Neither is ever NULL. */
struct pen_tree_expr *pen_parse_expr(struct pen_parser *parser);
struct pen_tree_spec *pen_parse_spec(struct pen_parser *parser);

#endif
