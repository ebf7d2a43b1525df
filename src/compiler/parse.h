/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PARSE_H
#define PEN_COMPILER_PARSE_H
/*
 * What the parts of the parser share: its hands (parser.c), and the grammars of
 * definitions (parse.c), declarations, types and expressions (parse-*.c).
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

/* Goes on after the next ; of this level, or before the } that closes it. */
void pen_parser_recover(struct pen_parser *parser);

/* Ends a member or a definition. */
void pen_parser_end_statement(struct pen_parser *parser);
bool pen_parser_at_end(const struct pen_parser *parser);

/* None is ever NULL. */
struct pen_tree_expr *pen_parse_expr(struct pen_parser *parser);
struct pen_tree_spec *pen_parse_spec(struct pen_parser *parser);
struct pen_tree_declarator *pen_parse_declarator(struct pen_parser *parser);
struct pen_tree_decl *pen_parse_decl(struct pen_parser *parser);
struct pen_tree_decl *pen_parse_parameter(struct pen_parser *parser);

/* Attributes in any number of brackets; adds to the list at tail. */
void pen_parse_attributes(struct pen_parser *parser, struct pen_tree_attribute **tail);

#endif
