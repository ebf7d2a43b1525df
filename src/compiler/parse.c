/* SPDX-License-Identifier: MIT */
/*
 * From tokens to a tree: recursive descent, a function for each thing the
 * language has. Here are the definitions of a file. After an error it goes on at the next
 * ; or }, to find more.
 */
#include "compiler/parse.h"
#include <string.h>

static struct pen_tree_definition *new_definition(struct pen_parser *parser,
						  enum pen_tree_kind kind)
{
	struct pen_tree_definition *definition = pen_idl_zalloc(parser->idl, sizeof(*definition));

	definition->kind = kind;
	definition->pos = parser->token->pos;
	return definition;
}

static const char *parse_string(struct pen_parser *parser)
{
	const char *text = parser->token->text;

	if (parser->token->kind != PEN_TOKEN_STRING) {
		pen_parser_fail(parser, "a text in quotes");
		return "";
	}
	pen_parser_step(parser);
	return text;
}

static void import_file(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	const struct pen_source *source;
	bool is_new;

	if (!pen_idl_enter(parser->idl, definition->pos))
		return;
	source = pen_idl_open(parser->idl, definition->name, &is_new);
	if (!source)
		pen_idl_complain(parser->idl, definition->pos, "there is no file \"%s\" to import",
				 definition->name);
	else if (is_new)
		definition->import =
			pen_idl_parse(parser->idl, source, pen_idl_lex(parser->idl, source));
	pen_idl_leave(parser->idl);
}

/* import "a.idl", "b.idl"; each becomes a definition. */
static struct pen_tree_definition **parse_import(struct pen_parser *parser,
						 struct pen_tree_definition **tail)
{
	do {
		struct pen_tree_definition *definition = new_definition(parser, PEN_TREE_IMPORT);

		definition->name = parse_string(parser);
		if (!parser->is_lost)
			import_file(parser, definition);
		*tail = definition;
		tail = &definition->next;
	} while (!parser->is_lost && pen_parser_take(parser, ","));
	pen_parser_end_statement(parser);
	return tail;
}

static struct pen_tree_definition *parse_cpp_quote(struct pen_parser *parser)
{
	struct pen_tree_definition *definition = new_definition(parser, PEN_TREE_CPP_QUOTE);

	pen_parser_expect(parser, "(");
	definition->value = pen_idl_zalloc(parser->idl, sizeof(*definition->value));
	definition->value->kind = PEN_TREE_TEXT;
	definition->value->pos = parser->token->pos;
	definition->value->name = parse_string(parser);
	while (!parser->is_lost && parser->token->kind == PEN_TOKEN_STRING)
		pen_parser_step(parser);
	pen_parser_expect(parser, ")");
	if (parser->is_lost)
		pen_parser_recover(parser);
	pen_parser_take(parser, ";");
	return definition;
}

static struct pen_tree_definition *parse_constant(struct pen_parser *parser)
{
	struct pen_tree_definition *definition = new_definition(parser, PEN_TREE_CONSTANT);
	struct pen_tree_declarator *declarator;

	definition->decl = pen_idl_zalloc(parser->idl, sizeof(*definition->decl));
	definition->decl->pos = parser->token->pos;
	definition->decl->spec = pen_parse_spec(parser);
	declarator = pen_parse_declarator(parser);
	definition->decl->declarators = declarator;
	definition->pos = declarator->pos;
	definition->name = declarator->name;
	if (!declarator->name)
		pen_parser_fail(parser, "the constant's name");
	if (pen_parser_expect(parser, "="))
		definition->value = pen_parse_expr(parser);
	pen_parser_end_statement(parser);
	return definition;
}

static struct pen_tree_definition **parse_definitions(struct pen_parser *parser,
						      struct pen_tree_definition **tail);

static struct pen_tree_definition *parse_interface(struct pen_parser *parser,
						   struct pen_tree_attribute *attributes)
{
	struct pen_tree_definition *definition = new_definition(parser, PEN_TREE_INTERFACE);

	definition->attributes = attributes;
	definition->name = pen_parser_name(parser, "the interface's name");
	if (!parser->is_lost && pen_parser_take(parser, ":"))
		definition->base = pen_parser_name(parser, "the base interface's name");
	if (!parser->is_lost && pen_parser_take(parser, ";")) {
		definition->is_forward = true;
		return definition;
	}
	if (!pen_parser_expect(parser, "{")) {
		pen_parser_recover(parser);
		return definition;
	}
	if (pen_idl_enter(parser->idl, definition->pos)) {
		parse_definitions(parser, &definition->definitions);
		pen_idl_leave(parser->idl);
	}
	if (!pen_parser_expect(parser, "}"))
		pen_parser_recover(parser);
	pen_parser_take(parser, ";");
	return definition;
}

/* What may begin with attributes: an interface, an operation, a type. */
static struct pen_tree_definition *parse_attributed(struct pen_parser *parser)
{
	struct pen_tree_attribute *attributes = NULL;
	struct pen_tree_definition *definition;

	pen_parse_attributes(parser, &attributes);
	if (!parser->is_lost && pen_parser_take(parser, "interface"))
		return parse_interface(parser, attributes);
	definition = new_definition(parser, pen_parser_take(parser, "typedef") ? PEN_TREE_TYPEDEF
									       : PEN_TREE_DECL);
	definition->decl = pen_parse_decl(parser);
	if (attributes) {
		struct pen_tree_attribute *last = attributes;

		while (last->next)
			last = last->next;
		last->next = definition->decl->attributes;
		definition->decl->attributes = attributes;
	}
	pen_parser_end_statement(parser);
	return definition;
}

static struct pen_tree_definition **parse_definitions(struct pen_parser *parser,
						      struct pen_tree_definition **tail)
{
	while (!pen_parser_at_end(parser) && parser->idl->n_errors < PEN_IDL_ERRORS_MAX) {
		if (pen_parser_take(parser, ";"))
			continue;
		if (pen_parser_take(parser, "import")) {
			tail = parse_import(parser, tail);
			continue;
		}
		if (pen_parser_take(parser, "cpp_quote"))
			*tail = parse_cpp_quote(parser);
		else if (pen_parser_take(parser, "const"))
			*tail = parse_constant(parser);
		else
			*tail = parse_attributed(parser);
		tail = &(*tail)->next;
	}
	return tail;
}

struct pen_tree *pen_idl_parse(struct pen_idl *idl, const struct pen_source *source,
			       const struct pen_token *tokens)
{
	struct pen_tree *tree = pen_idl_zalloc(idl, sizeof(*tree));
	struct pen_parser parser = { .idl = idl, .token = tokens };
	struct pen_tree_definition **tail = &tree->definitions;

	tree->source = source;
	while (parser.token->kind != PEN_TOKEN_END && idl->n_errors < PEN_IDL_ERRORS_MAX) {
		tail = parse_definitions(&parser, tail);
		if (pen_parser_at(&parser, "}")) {
			pen_parser_fail(&parser, "a definition");
			parser.is_lost = false;
			pen_parser_step(&parser);
		}
	}
	return tree;
}
