/* SPDX-License-Identifier: MIT */
/*
 * From tokens to a tree: recursive descent, a function for each thing the
 * language has. Here are the definitions of a file. After an error it goes on at the next
 * ; or }, to find more.
 */
#include "compiler/parse.h"
#include <string.h>

struct pen_tree_definition *pen_parse_new_definition(struct pen_parser *parser,
						     enum pen_tree_kind kind)
{
	struct pen_tree_definition *definition = pen_idl_zalloc(parser->idl, sizeof(*definition));

	definition->kind = kind;
	definition->pos = parser->token->pos;
	return definition;
}

static void import_file(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	struct pen_source *source;
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
		struct pen_tree_definition *definition =
			pen_parse_new_definition(parser, PEN_TREE_IMPORT);

		definition->name = pen_parser_string(parser);
		if (!parser->is_lost)
			import_file(parser, definition);
		*tail = definition;
		tail = &definition->next;
	} while (!parser->is_lost && pen_parser_take(parser, ","));
	pen_parser_end_statement(parser);
	return tail;
}

/* cpp_quote("..."), importlib("..."), midl_pragma warning(...) */
static struct pen_tree_definition *parse_quoted(struct pen_parser *parser, enum pen_tree_kind kind)
{
	struct pen_tree_definition *definition = pen_parse_new_definition(parser, kind);

	pen_parser_expect(parser, "(");
	definition->name = parser->is_lost ? "" : pen_parser_string(parser);
	pen_parser_expect(parser, ")");
	if (parser->is_lost)
		pen_parser_recover(parser);
	pen_parser_take(parser, ";");
	return definition;
}

/* What it says is for MIDL, so it need not be understood. */
static struct pen_tree_definition *parse_pragma(struct pen_parser *parser)
{
	struct pen_tree_definition *definition = pen_parse_new_definition(parser, PEN_TREE_PRAGMA);
	unsigned depth = 0;

	definition->name = pen_parser_name(parser, "the pragma's name");
	do {
		if (pen_parser_at(parser, "("))
			depth++;
		else if (!depth || parser->token->kind == PEN_TOKEN_END)
			break;
		else if (pen_parser_at(parser, ")"))
			depth--;
		pen_parser_step(parser);
	} while (depth);
	pen_parser_take(parser, ";");
	return definition;
}

bool pen_parse_open(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	if (!parser->is_lost && pen_parser_take(parser, ";")) {
		definition->is_forward = true;
		return false;
	}
	if (pen_parser_expect(parser, "{"))
		return true;
	pen_parser_recover(parser);
	return false;
}

void pen_parse_close(struct pen_parser *parser)
{
	if (!pen_parser_expect(parser, "}"))
		pen_parser_recover(parser);
	pen_parser_take(parser, ";");
}

void pen_parse_body(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	if (!pen_parse_open(parser, definition))
		return;
	if (pen_idl_enter(parser->idl, definition->pos)) {
		pen_parse_definitions(parser, &definition->definitions);
		pen_idl_leave(parser->idl);
	}
	pen_parse_close(parser);
}

/* What expressions have to know: "(DWORD)-1" is a cast. */
static void note_types(struct pen_parser *parser, const struct pen_tree_decl *decl)
{
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next) {
		if (d->name)
			pen_idl_word(parser->idl, d->name, strlen(d->name))->is_type = true;
	}
}

/* What may begin with attributes: an interface, a class, an operation, a type. */
static struct pen_tree_definition *parse_attributed(struct pen_parser *parser)
{
	struct pen_tree_attribute *attributes = NULL;
	struct pen_tree_definition *definition;

	pen_parse_attributes(parser, &attributes);
	if (!parser->is_lost) {
		definition = pen_parse_class(parser, attributes);
		if (definition)
			return definition;
	}
	definition = pen_parse_new_definition(
		parser, pen_parser_take(parser, "typedef") ? PEN_TREE_TYPEDEF : PEN_TREE_DECL);
	definition->decl = pen_parse_decl(parser);
	if (attributes) {
		struct pen_tree_attribute *last = attributes;

		while (last->next)
			last = last->next;
		last->next = definition->decl->attributes;
		definition->decl->attributes = attributes;
	}
	if (definition->kind == PEN_TREE_TYPEDEF)
		note_types(parser, definition->decl);
	pen_parser_end_statement(parser);
	return definition;
}

struct pen_tree_definition **pen_parse_definitions(struct pen_parser *parser,
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
			*tail = parse_quoted(parser, PEN_TREE_CPP_QUOTE);
		else if (pen_parser_take(parser, "importlib"))
			*tail = parse_quoted(parser, PEN_TREE_IMPORTLIB);
		else if (pen_parser_take(parser, "midl_pragma"))
			*tail = parse_pragma(parser);
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
		tail = pen_parse_definitions(&parser, tail);
		if (pen_parser_at(&parser, "}")) {
			pen_parser_fail(&parser, "a definition");
			parser.is_lost = false;
			pen_parser_step(&parser);
		}
	}
	return tree;
}
