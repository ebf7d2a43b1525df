/* SPDX-License-Identifier: MIT */
/*
 * Declarations: attributes, and the declarators that make arrays, pointers and
 * operations of a type.
 */
#include "compiler/parse.h"
#include <string.h>

const struct pen_tree_attribute *pen_tree_find(const struct pen_tree_attribute *list,
					       const char *name)
{
	while (list && strcmp(list->name, name))
		list = list->next;
	return list;
}

/* Those whose argument is a type. */
static bool wants_type(const struct pen_tree_attribute *attribute)
{
	static const char *const names[] = { "switch_type", "transmit_as", "wire_marshal",
					     "user_marshal", "implicit_handle" };

	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		if (!strcmp(attribute->name, names[i]))
			return true;
	}
	return false;
}

static struct pen_tree_expr *parse_argument(struct pen_parser *parser,
					    const struct pen_tree_attribute *attribute)
{
	const char *next = pen_parser_peek(parser)->text;
	struct pen_tree_expr *expr;
	bool is_star = pen_parser_at(parser, "*") && (!strcmp(next, ",") || !strcmp(next, ")"));

	if (!pen_parser_at(parser, ",") && !pen_parser_at(parser, ")") && !is_star &&
	    parser->token->kind != PEN_TOKEN_RAW && !wants_type(attribute))
		return pen_parse_expr(parser);
	expr = pen_idl_zalloc(parser->idl, sizeof(*expr));
	expr->kind = PEN_TREE_EMPTY;
	expr->pos = parser->token->pos;
	if (is_star) {
		pen_parser_step(parser);
	} else if (parser->token->kind == PEN_TOKEN_RAW) {
		expr->kind = PEN_TREE_TEXT;
		expr->name = parser->token->text;
		pen_parser_step(parser);
	} else if (!strcmp(attribute->name, "implicit_handle")) {
		expr->kind = PEN_TREE_TYPE;
		expr->type = pen_parse_parameter(parser);
		expr->name = expr->type->declarators ? expr->type->declarators->name : NULL;
	} else if (wants_type(attribute)) {
		expr->kind = PEN_TREE_TYPE;
		expr->type = pen_parse_type(parser);
		expr->name = expr->type->spec->name;
	}
	return expr;
}

static void parse_arguments(struct pen_parser *parser, struct pen_tree_attribute *attribute)
{
	struct pen_tree_expr **tail = &attribute->args;

	do {
		*tail = parse_argument(parser, attribute);
		tail = &(*tail)->next;
	} while (!parser->is_lost && pen_parser_take(parser, ","));
	pen_parser_expect(parser, ")");
}

void pen_parse_attributes(struct pen_parser *parser, struct pen_tree_attribute **tail)
{
	while (*tail)
		tail = &(*tail)->next;
	while (!parser->is_lost && pen_parser_take(parser, "[")) {
		do {
			struct pen_tree_attribute *attribute;

			if (pen_parser_at(parser, "]"))
				break;
			if (pen_parser_at(parser, ","))
				continue;
			attribute = pen_idl_zalloc(parser->idl, sizeof(*attribute));
			attribute->pos = parser->token->pos;
			attribute->name = pen_parser_name(parser, "an attribute");
			if (!parser->is_lost && pen_parser_take(parser, "("))
				parse_arguments(parser, attribute);
			*tail = attribute;
			tail = &attribute->next;
		} while (!parser->is_lost && pen_parser_take(parser, ","));
		pen_parser_expect(parser, "]");
	}
}

/* "case 1: case 2:" and "default:", which become attributes of the arm. */
void pen_parse_cases(struct pen_parser *parser, struct pen_tree_attribute **tail)
{
	while (!parser->is_lost &&
	       (pen_parser_at(parser, "case") || (pen_parser_at(parser, "default") &&
						  !strcmp(pen_parser_peek(parser)->text, ":")))) {
		struct pen_tree_attribute *attribute =
			pen_idl_zalloc(parser->idl, sizeof(*attribute));

		attribute->pos = parser->token->pos;
		attribute->name = parser->token->text;
		pen_parser_step(parser);
		if (attribute->name[0] == 'c')
			attribute->args = pen_parse_expr(parser);
		pen_parser_expect(parser, ":");
		*tail = attribute;
		tail = &attribute->next;
	}
}

struct pen_tree_decl *pen_parse_parameter(struct pen_parser *parser)
{
	bool before = parser->is_parameter;
	struct pen_tree_decl *decl;

	parser->is_parameter = true;
	decl = pen_parse_decl(parser);
	parser->is_parameter = before;
	return decl;
}

static struct pen_tree_derivation *parse_array(struct pen_parser *parser)
{
	struct pen_tree_derivation *array = pen_idl_zalloc(parser->idl, sizeof(*array));

	array->kind = PEN_TREE_ARRAY;
	array->pos = parser->token->pos;
	pen_parser_expect(parser, "[");
	if (!pen_parser_take(parser, "*") && !pen_parser_at(parser, "]")) {
		array->count = pen_parse_expr(parser);
		if (!parser->is_lost && pen_parser_take(parser, ".."))
			array->upper = pen_parse_expr(parser);
	}
	pen_parser_expect(parser, "]");
	return array;
}

static struct pen_tree_decl *parse_parameters(struct pen_parser *parser)
{
	struct pen_tree_decl *list = NULL;
	struct pen_tree_decl **tail = &list;

	if (pen_parser_at(parser, "void") && parser->token->next &&
	    !strcmp(parser->token->next->text, ")"))
		pen_parser_step(parser);
	while (!parser->is_lost && !pen_parser_at(parser, ")") && !pen_parser_take(parser, "...")) {
		*tail = pen_parse_parameter(parser);
		tail = &(*tail)->next;
		if (!pen_parser_take(parser, ","))
			break;
	}
	pen_parser_expect(parser, ")");
	return list;
}

/* "(*name" or "(name)", and no list of parameters. */
static bool at_inner(const struct pen_parser *parser)
{
	struct pen_parser ahead = *parser;

	if (!pen_parser_take(&ahead, "("))
		return false;
	pen_parser_skip_convention(&ahead);
	return pen_parser_at(&ahead, "*") || pen_parser_at(&ahead, "(") ||
	       (ahead.token->kind == PEN_TOKEN_NAME &&
		(!strcmp(pen_parser_peek(&ahead)->text, ")") ||
		 !strcmp(pen_parser_peek(&ahead)->text, "[")) &&
		!pen_parser_at_type(&ahead));
}

/* What follows the name: [n] or (parameters). */
static struct pen_tree_derivation **parse_suffixes(struct pen_parser *parser,
						   struct pen_tree_derivation **tail)
{
	while (!parser->is_lost && (pen_parser_at(parser, "[") || pen_parser_at(parser, "("))) {
		struct pen_tree_derivation *function;

		if (pen_parser_at(parser, "[")) {
			*tail = parse_array(parser);
		} else {
			function = pen_idl_zalloc(parser->idl, sizeof(*function));
			function->kind = PEN_TREE_FUNCTION;
			function->pos = parser->token->pos;
			pen_parser_step(parser);
			function->parameters = parse_parameters(parser);
			*tail = function;
			pen_parser_skip_qualifiers(parser);
		}
		tail = &(*tail)->next;
	}
	return tail;
}

/*
 * The derivations of "* (*name[3])[]" in the order in which they apply to the
 * name: what follows it before what precedes it, inner parentheses first.
 */
static struct pen_tree_derivation **parse_derivations(struct pen_parser *parser,
						      struct pen_tree_declarator *declarator,
						      struct pen_tree_derivation **tail)
{
	struct pen_tree_derivation *pointers = NULL;

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return tail;
	}
	pen_parser_skip_qualifiers(parser);
	pen_parser_skip_convention(parser);
	while (pen_parser_at(parser, "*")) {
		struct pen_tree_derivation *one = pen_idl_zalloc(parser->idl, sizeof(*one));

		one->pos = parser->token->pos;
		one->next = pointers;
		pointers = one;
		pen_parser_step(parser);
		pen_parser_skip_qualifiers(parser);
		pen_parser_skip_convention(parser);
	}
	if (at_inner(parser)) {
		pen_parser_step(parser);
		tail = parse_derivations(parser, declarator, tail);
		pen_parser_expect(parser, ")");
	} else if (parser->token->kind == PEN_TOKEN_NAME) {
		declarator->pos = parser->token->pos;
		declarator->name = pen_parser_name(parser, "a name");
	}
	tail = parse_suffixes(parser, tail);
	*tail = pointers;
	while (*tail)
		tail = &(*tail)->next;
	pen_idl_leave(parser->idl);
	return tail;
}

struct pen_tree_declarator *pen_parse_declarator(struct pen_parser *parser)
{
	struct pen_tree_declarator *declarator = pen_idl_zalloc(parser->idl, sizeof(*declarator));

	declarator->pos = parser->token->pos;
	parse_derivations(parser, declarator, &declarator->derivations);
	if (!parser->is_lost && pen_parser_take(parser, ":"))
		declarator->bits = pen_parse_expr(parser);
	if (!parser->is_lost && pen_parser_take(parser, "="))
		declarator->value = pen_parse_expr(parser);
	return declarator;
}

static bool ends_decl(const struct pen_parser *parser)
{
	return pen_parser_at(parser, ";") || pen_parser_at(parser, ",") ||
	       pen_parser_at(parser, ")");
}

/*
 * [attributes] type declarator, declarator ... In a list of parameters a comma
 * ends the declaration, because no parameter has two declarators.
 */
struct pen_tree_decl *pen_parse_decl(struct pen_parser *parser)
{
	struct pen_tree_decl *decl = pen_idl_zalloc(parser->idl, sizeof(*decl));
	struct pen_tree_declarator **tail = &decl->declarators;
	bool is_parameter = parser->is_parameter;

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return decl;
	}
	pen_parse_cases(parser, &decl->attributes);
	pen_parse_attributes(parser, &decl->attributes);
	decl->is_extern = pen_parser_skip_storage(parser);
	decl->pos = parser->token->pos;
	if (!parser->is_lost && !ends_decl(parser)) {
		parser->is_parameter = false;
		decl->spec = pen_parse_spec(parser);
		while (!parser->is_lost && !ends_decl(parser)) {
			*tail = pen_parse_declarator(parser);
			tail = &(*tail)->next;
			if (is_parameter || !pen_parser_take(parser, ","))
				break;
		}
	}
	parser->is_parameter = is_parameter;
	pen_idl_leave(parser->idl);
	return decl;
}
