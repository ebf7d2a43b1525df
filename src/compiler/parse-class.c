/* SPDX-License-Identifier: MIT */
/*
 * What holds other definitions: interfaces, libraries, coclasses, modules, namespaces.
 */
#include "compiler/parse.h"
#include <string.h>

static const struct {
	const char *word;
	enum pen_tree_kind kind;
} words[] = {
	{ "interface", PEN_TREE_INTERFACE },  { "dispinterface", PEN_TREE_DISPINTERFACE },
	{ "library", PEN_TREE_LIBRARY },      { "module", PEN_TREE_MODULE },
	{ "coclass", PEN_TREE_COCLASS },      { "runtimeclass", PEN_TREE_COCLASS },
	{ "apicontract", PEN_TREE_CONTRACT }, { "delegate", PEN_TREE_DELEGATE },
	{ "namespace", PEN_TREE_NAMESPACE },  { "declare", PEN_TREE_DECLARE },
};

/* The word begins a definition, and not a declaration of a type of that name. */
static bool at_word(const struct pen_parser *parser, size_t i)
{
	const struct pen_token *next = pen_parser_peek(parser);
	const char *after = next->next ? next->next->text : "";

	if (!pen_parser_at(parser, words[i].word))
		return false;
	switch (words[i].kind) {
	case PEN_TREE_DECLARE:
		return !strcmp(next->text, "{");
	case PEN_TREE_INTERFACE: /* "interface A *F(void);" is an operation */
		return next->kind != PEN_TOKEN_NAME || !strcmp(after, ";") || !strcmp(after, "{") ||
		       !strcmp(after, ":") || !strcmp(after, "<") || !strcmp(after, ".") ||
		       !strcmp(after, "requires") ||
		       (next->next && next->next->kind == PEN_TOKEN_END);
	default:
		return next->kind == PEN_TOKEN_NAME;
	}
}

/* "interface A.B<C>;" in a class: a use of it, not a definition. */
static struct pen_tree_definition *parse_reference(struct pen_parser *parser,
						   struct pen_tree_attribute *attributes)
{
	struct pen_tree_definition *definition =
		pen_parse_new_definition(parser, PEN_TREE_REFERENCE);

	definition->attributes = attributes;
	definition->decl = pen_idl_zalloc(parser->idl, sizeof(*definition->decl));
	definition->decl->pos = parser->token->pos;
	definition->decl->spec = pen_parse_spec(parser);
	definition->name = definition->decl->spec->name;
	pen_parser_end_statement(parser);
	return definition;
}

/* The members of a coclass, or of "declare". */
static void parse_references(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	struct pen_tree_definition **tail = &definition->definitions;

	if (!pen_parse_open(parser, definition))
		return;
	while (!pen_parser_at_end(parser) && parser->idl->n_errors < PEN_IDL_ERRORS_MAX) {
		struct pen_tree_attribute *attributes = NULL;

		if (pen_parser_take(parser, ";"))
			continue;
		pen_parse_attributes(parser, &attributes);
		*tail = parse_reference(parser, attributes);
		tail = &(*tail)->next;
	}
	pen_parse_close(parser);
}

/* One "properties:" or "methods:" section after the other, or "interface A;". */
static void parse_dispinterface(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	struct pen_tree_definition **tail = &definition->definitions;

	if (!pen_parse_open(parser, definition))
		return;
	while (!pen_parser_at_end(parser) && parser->idl->n_errors < PEN_IDL_ERRORS_MAX) {
		if (pen_parser_take(parser, ";"))
			continue;
		if ((pen_parser_at(parser, "properties") || pen_parser_at(parser, "methods")) &&
		    !strcmp(pen_parser_peek(parser)->text, ":")) {
			pen_parser_step(parser);
			pen_parser_step(parser);
			continue;
		}
		if (pen_parser_at(parser, "interface")) {
			*tail = parse_reference(parser, NULL);
		} else {
			*tail = pen_parse_new_definition(parser, PEN_TREE_DECL);
			(*tail)->decl = pen_parse_decl(parser);
			pen_parser_end_statement(parser);
		}
		tail = &(*tail)->next;
	}
	pen_parse_close(parser);
}

/* The T of "interface IVector<T>". */
static struct pen_tree_parameter *parse_type_parameters(struct pen_parser *parser)
{
	struct pen_tree_parameter *list = NULL;
	struct pen_tree_parameter **tail = &list;

	if (parser->is_lost || !pen_parser_take(parser, "<"))
		return NULL;
	do {
		struct pen_tree_parameter *one = pen_idl_zalloc(parser->idl, sizeof(*one));

		one->pos = parser->token->pos;
		one->name = pen_parser_name(parser, "a parameter's name");
		*tail = one;
		tail = &one->next;
	} while (!parser->is_lost && pen_parser_take(parser, ","));
	pen_parser_expect(parser, ">");
	return list;
}

/* ": IUnknown", "requires IClosable, IAsyncInfo" */
static void parse_bases(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	struct pen_tree_decl **tail = &definition->base;

	if (parser->is_lost ||
	    (!pen_parser_take(parser, ":") && !pen_parser_at(parser, "requires")))
		return;
	while (!parser->is_lost) {
		if (pen_parser_take(parser, "requires") || pen_parser_take(parser, ","))
			continue;
		if (parser->token->kind != PEN_TOKEN_NAME)
			break;
		*tail = pen_idl_zalloc(parser->idl, sizeof(**tail));
		(*tail)->pos = parser->token->pos;
		(*tail)->spec = pen_parse_spec(parser);
		tail = &(*tail)->next;
	}
	if (!definition->base)
		pen_parser_fail(parser, "the base interface's name");
}

/* "delegate HRESULT F<T>([in] T value);" */
static void parse_delegate(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	struct pen_tree_declarator *declarator;

	definition->decl = pen_idl_zalloc(parser->idl, sizeof(*definition->decl));
	definition->decl->pos = parser->token->pos;
	definition->decl->spec = pen_parse_spec(parser);
	definition->pos = parser->token->pos;
	definition->name = pen_parser_name(parser, "the delegate's name");
	definition->parameters = parse_type_parameters(parser);
	if (!parser->is_lost) {
		declarator = pen_parse_declarator(parser);
		declarator->name = "Invoke";
		declarator->pos = definition->pos;
		definition->decl->declarators = declarator;
	}
	pen_parser_end_statement(parser);
}

static void parse_rest(struct pen_parser *parser, struct pen_tree_definition *definition)
{
	switch (definition->kind) {
	case PEN_TREE_DELEGATE:
		parse_delegate(parser, definition);
		return;
	case PEN_TREE_DECLARE:
		parse_references(parser, definition);
		return;
	default:
		break;
	}
	definition->pos = parser->token->pos;
	definition->name = pen_parser_dotted_name(
		parser, definition->kind == PEN_TREE_INTERFACE ? "the interface's name" : "a name");
	definition->parameters = parse_type_parameters(parser);
	parse_bases(parser, definition);
	if (definition->kind == PEN_TREE_COCLASS)
		parse_references(parser, definition);
	else if (definition->kind == PEN_TREE_DISPINTERFACE)
		parse_dispinterface(parser, definition);
	else
		pen_parse_body(parser, definition);
}

struct pen_tree_definition *pen_parse_class(struct pen_parser *parser,
					    struct pen_tree_attribute *attributes)
{
	struct pen_tree_definition *definition = NULL;

	for (size_t i = 0; i < PEN_COUNT(words) && !definition; i++) {
		if (!at_word(parser, i))
			continue;
		definition = pen_parse_new_definition(parser, words[i].kind);
		definition->attributes = attributes;
		pen_parser_step(parser);
		parse_rest(parser, definition);
	}
	return definition;
}
