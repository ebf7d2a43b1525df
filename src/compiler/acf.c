/* SPDX-License-Identifier: MIT */
/*
 * Reads an ACF and adds what it says to the tree of its IDL.
 *
 *	[explicit_handle] interface name
 *	{
 *		include "header.h";
 *		typedef [represent_as(local)] TYPE;
 *		[async] Operation([comm_status] status);
 *	}
 */
#include "compiler/acf.h"
#include "compiler/parse.h"
#include <string.h>

struct reader {
	struct pen_parser parser;
	struct pen_tree *tree;
	struct pen_tree_definition *interface; /* NULL: the IDL has none of that name */
};

static void append(struct pen_tree_attribute **list, struct pen_tree_attribute *more)
{
	while (*list)
		list = &(*list)->next;
	*list = more;
}

/* ---- what an ACF speaks of ---- */

/* An interface of that name, here or in a library. */
static struct pen_tree_definition *find_interface(struct pen_tree_definition *list,
						  const char *name, struct pen_spelling *spelling,
						  unsigned depth)
{
	for (; list; list = list->next) {
		struct pen_tree_definition *inner = NULL;

		if (list->kind == PEN_TREE_INTERFACE && !list->is_forward) {
			if (!strcmp(list->name, name))
				return list;
			pen_spelling_try(spelling, list->name);
		} else if (list->kind == PEN_TREE_LIBRARY && depth < PEN_IDL_DEPTH_MAX) {
			inner = find_interface(list->definitions, name, spelling, depth + 1);
		}
		if (inner)
			return inner;
	}
	return NULL;
}

static struct pen_tree_declarator *find_declarator(struct pen_tree_definition *list,
						   enum pen_tree_kind kind, const char *name,
						   struct pen_spelling *spelling,
						   struct pen_tree_decl **declp)
{
	for (; list; list = list->next) {
		struct pen_tree_declarator *d =
			list->kind == kind && list->decl ? list->decl->declarators : NULL;

		for (; d; d = d->next) {
			if (!d->name || (kind == PEN_TREE_DECL && !pen_tree_function(d)))
				continue;
			if (!strcmp(d->name, name)) {
				*declp = list->decl;
				return d;
			}
			pen_spelling_try(spelling, d->name);
		}
	}
	return NULL;
}

static void complain(struct reader *reader, struct pen_pos pos, const char *what, const char *name,
		     const struct pen_spelling *spelling)
{
	pen_idl_complain(reader->parser.idl, pos, "the IDL has no %s \"%s\"%s%s%s", what, name,
			 spelling->nearest ? "; did you mean \"" : "",
			 spelling->nearest ? spelling->nearest : "",
			 spelling->nearest ? "\"?" : "");
}

/* ---- what it says ---- */

/* include "a.h", "b.h"; which is for the C that MIDL writes. */
static void read_include(struct reader *reader)
{
	struct pen_parser *parser = &reader->parser;

	do
		pen_parser_string(parser);
	while (!parser->is_lost && pen_parser_take(parser, ","));
	pen_parser_end_statement(parser);
}

static void apply_to_type(struct reader *reader, const char *name, struct pen_pos pos,
			  const struct pen_tree_attribute *attributes)
{
	struct pen_idl *idl = reader->parser.idl;
	struct pen_spelling spelling = { .word = name };
	struct pen_tree_decl *decl = NULL;
	struct pen_tree_declarator *declarator = find_declarator(
		reader->interface->definitions, PEN_TREE_TYPEDEF, name, &spelling, &decl);

	if (!declarator)
		declarator = find_declarator(reader->tree->definitions, PEN_TREE_TYPEDEF, name,
					     &spelling, &decl);
	if (!declarator) {
		complain(reader, pos, "type", name, &spelling);
		return;
	}
	/* Each type named with these attributes has a list of its own. */
	for (const struct pen_tree_attribute *a = attributes; a; a = a->next) {
		struct pen_tree_attribute *copy = pen_idl_zalloc(idl, sizeof(*copy));

		*copy = *a;
		copy->next = NULL;
		append(&declarator->attributes, copy);
	}
}

/* typedef [attributes] name, name; */
static void read_typedef(struct reader *reader)
{
	struct pen_parser *parser = &reader->parser;
	struct pen_tree_attribute *attributes = NULL;

	pen_parse_attributes(parser, &attributes);
	while (!parser->is_lost) {
		struct pen_pos pos = parser->token->pos;
		const char *name = pen_parser_name(parser, "a type");

		if (!parser->is_lost && reader->interface)
			apply_to_type(reader, name, pos, attributes);
		if (!pen_parser_take(parser, ","))
			break;
	}
	pen_parser_end_statement(parser);
}

static bool has_status(const struct pen_tree_attribute *attributes)
{
	return pen_tree_find(attributes, "comm_status") ||
	       pen_tree_find(attributes, "fault_status");
}

/* [attributes] name, of an operation's parameters. function NULL: there is no such operation. */
static void read_parameter(struct reader *reader, const struct pen_tree_derivation *function)
{
	struct pen_parser *parser = &reader->parser;
	struct pen_tree_attribute *attributes = NULL;
	struct pen_spelling spelling = { .word = "" };
	struct pen_pos pos;
	const char *name;

	pen_parse_attributes(parser, &attributes);
	pos = parser->token->pos;
	name = pen_parser_name(parser, "a parameter");
	if (parser->is_lost || !function)
		return;
	spelling.word = name;
	for (struct pen_tree_decl *p = function->parameters; p; p = p->next) {
		const char *known = p->declarators ? p->declarators->name : NULL;

		if (known && !strcmp(known, name)) {
			append(&p->attributes, attributes);
			return;
		}
		if (known)
			pen_spelling_try(&spelling, known);
	}
	/* A status that is not on the wire is what our functions return. */
	if (!has_status(attributes))
		complain(reader, pos, "parameter", name, &spelling);
}

/* [attributes] operation(parameters); */
static void read_operation(struct reader *reader)
{
	struct pen_parser *parser = &reader->parser;
	struct pen_tree_attribute *attributes = NULL;
	struct pen_tree_declarator *declarator = NULL;
	struct pen_tree_decl *decl = NULL;
	struct pen_spelling spelling = { .word = "" };
	struct pen_pos pos;
	const char *name;

	pen_parse_attributes(parser, &attributes);
	pos = parser->token->pos;
	name = pen_parser_name(parser, "an operation");
	spelling.word = name;
	if (!parser->is_lost && reader->interface) {
		declarator = find_declarator(reader->interface->definitions, PEN_TREE_DECL, name,
					     &spelling, &decl);
		if (declarator)
			append(&decl->attributes, attributes);
		else
			complain(reader, pos, "operation", name, &spelling);
	}
	if (!parser->is_lost && pen_parser_take(parser, "(")) {
		while (!parser->is_lost && !pen_parser_at(parser, ")")) {
			read_parameter(reader, pen_tree_function(declarator));
			if (!pen_parser_take(parser, ","))
				break;
		}
		pen_parser_expect(parser, ")");
	}
	pen_parser_end_statement(parser);
}

static void read_body(struct reader *reader)
{
	struct pen_parser *parser = &reader->parser;

	while (!pen_parser_at_end(parser) && parser->idl->n_errors < PEN_IDL_ERRORS_MAX) {
		if (pen_parser_take(parser, ";"))
			continue;
		if (pen_parser_take(parser, "include"))
			read_include(reader);
		else if (pen_parser_take(parser, "typedef"))
			read_typedef(reader);
		else
			read_operation(reader);
	}
}

static void read_interface(struct reader *reader)
{
	struct pen_parser *parser = &reader->parser;
	struct pen_tree_attribute *attributes = NULL;
	struct pen_spelling spelling = { .word = "" };
	struct pen_pos pos;
	const char *name;

	pen_parse_attributes(parser, &attributes);
	pen_parser_expect(parser, "interface");
	pos = parser->token->pos;
	name = parser->is_lost ? "" : pen_parser_name(parser, "the interface's name");
	if (!pen_parser_expect(parser, "{")) {
		pen_parser_recover(parser);
		return;
	}
	spelling.word = name;
	reader->interface = find_interface(reader->tree->definitions, name, &spelling, 0);
	if (reader->interface)
		append(&reader->interface->attributes, attributes);
	else
		complain(reader, pos, "interface", name, &spelling);
	read_body(reader);
	if (!pen_parser_expect(parser, "}"))
		pen_parser_recover(parser);
	pen_parser_take(parser, ";");
}

void pen_acf_apply(struct pen_idl *idl, struct pen_tree *tree, struct pen_source *acf)
{
	struct reader reader = {
		.parser = { .idl = idl, .token = pen_idl_lex(idl, acf) },
		.tree = tree,
	};
	struct pen_parser *parser = &reader.parser;

	while (parser->token->kind != PEN_TOKEN_END && idl->n_errors < PEN_IDL_ERRORS_MAX) {
		read_interface(&reader);
		if (pen_parser_take(parser, "}"))
			continue;
	}
}
