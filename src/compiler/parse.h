/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PARSE_H
#define PEN_COMPILER_PARSE_H
/*
 * What the parts of the parser share: its hands (parser.c), and the grammars of
 * definitions (parse.c, parse-class.c), attributes, declarations, types and expressions
 * (parse-*.c).
 */
#include "compiler/tree.h"

enum { PEN_PARSER_NAME_MAX = 400 };

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

/* A name with dots in it: "Windows.Foundation.Point". */
const char *pen_parser_dotted_name(struct pen_parser *parser, const char *what);

/* A text in quotes, or several that become one. */
const char *pen_parser_string(struct pen_parser *parser);

/* The token after this one, or this one if it is the last. */
const struct pen_token *pen_parser_peek(const struct pen_parser *parser);

/* What changes nothing on the wire: const and volatile; extern; __stdcall before a name. */
void pen_parser_skip_qualifiers(struct pen_parser *parser);
bool pen_parser_skip_storage(struct pen_parser *parser); /* whether it was extern */
void pen_parser_skip_convention(struct pen_parser *parser);

/* Goes on after the next ; of this level, or before the } that closes it. */
void pen_parser_recover(struct pen_parser *parser);

/* Ends a member or a definition. */
void pen_parser_end_statement(struct pen_parser *parser);
bool pen_parser_at_end(const struct pen_parser *parser);

/* Whether a type of the language itself is here, or the word that begins one. */
bool pen_parser_at_type(const struct pen_parser *parser);

/* None is ever NULL. */
struct pen_tree_expr *pen_parse_expr(struct pen_parser *parser);
struct pen_tree_spec *pen_parse_spec(struct pen_parser *parser);
struct pen_tree_declarator *pen_parse_declarator(struct pen_parser *parser);
struct pen_tree_decl *pen_parse_decl(struct pen_parser *parser);
struct pen_tree_decl *pen_parse_parameter(struct pen_parser *parser);

/* Attributes in any number of brackets; adds to the list at tail. */
void pen_parse_attributes(struct pen_parser *parser, struct pen_tree_attribute **tail);

/* Cases before an arm, which become its attributes. */
void pen_parse_cases(struct pen_parser *parser, struct pen_tree_attribute **tail);

/* A type without a name, as in a cast. */
struct pen_tree_decl *pen_parse_type(struct pen_parser *parser);

/* Types between < and >, which the parser is at. */
struct pen_tree_decl *pen_parse_type_arguments(struct pen_parser *parser);

struct pen_tree_definition *pen_parse_new_definition(struct pen_parser *parser,
						     enum pen_tree_kind kind);
struct pen_tree_definition **pen_parse_definitions(struct pen_parser *parser,
						   struct pen_tree_definition **tail);

/*
 * The "{" of a definition's body, and its "}" with what may follow. False: there is no body, by a
 * ";" in its place, which makes it a forward declaration, or after a complaint.
 */
bool pen_parse_open(struct pen_parser *parser, struct pen_tree_definition *definition);
void pen_parse_close(struct pen_parser *parser);

/* { definitions }, or a ; for a declaration of the name alone. */
void pen_parse_body(struct pen_parser *parser, struct pen_tree_definition *definition);

/* A coclass, library, dispinterface, module and the like. NULL: none is here. */
struct pen_tree_definition *pen_parse_class(struct pen_parser *parser,
					    struct pen_tree_attribute *attributes);

#endif
