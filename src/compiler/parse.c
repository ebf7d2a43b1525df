/* SPDX-License-Identifier: MIT */
/*
 * From tokens to a tree: recursive descent, a function for each thing the
 * language has. After an error it goes on at the next ; or }, to find more.
 */
#include "compiler/parse.h"
#include <string.h>

/* ---- tokens ---- */

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

/* Goes on after the next ; of this level, or before the } that closes it. */
static void recover(struct pen_parser *parser)
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

/* Ends a member or a definition. */
static void end_statement(struct pen_parser *parser)
{
	if (!pen_parser_expect(parser, ";"))
		recover(parser);
}

static bool at_end(const struct pen_parser *parser)
{
	return parser->token->kind == PEN_TOKEN_END || pen_parser_at(parser, "}");
}

/* ---- attributes ---- */

const struct pen_tree_attribute *pen_tree_find(const struct pen_tree_attribute *list,
					       const char *name)
{
	while (list && strcmp(list->name, name))
		list = list->next;
	return list;
}

static struct pen_tree_expr *parse_argument(struct pen_parser *parser)
{
	struct pen_tree_expr *expr;

	if (!pen_parser_at(parser, ",") && !pen_parser_at(parser, ")") &&
	    parser->token->kind != PEN_TOKEN_RAW)
		return pen_parse_expr(parser);
	expr = pen_idl_zalloc(parser->idl, sizeof(*expr));
	expr->kind = PEN_TREE_EMPTY;
	expr->pos = parser->token->pos;
	if (parser->token->kind == PEN_TOKEN_RAW) {
		expr->kind = PEN_TREE_TEXT;
		expr->name = parser->token->text;
		pen_parser_step(parser);
	}
	return expr;
}

static void parse_arguments(struct pen_parser *parser, struct pen_tree_attribute *attribute)
{
	struct pen_tree_expr **tail = &attribute->args;

	if (!strcmp(attribute->name, "switch_type")) {
		attribute->spec = pen_parse_spec(parser);
	} else {
		do {
			*tail = parse_argument(parser);
			tail = &(*tail)->next;
		} while (!parser->is_lost && pen_parser_take(parser, ","));
	}
	pen_parser_expect(parser, ")");
}

/* Attributes in any number of brackets; adds to the list at tail. */
static void parse_attributes(struct pen_parser *parser, struct pen_tree_attribute **tail)
{
	while (*tail)
		tail = &(*tail)->next;
	while (!parser->is_lost && pen_parser_take(parser, "[")) {
		do {
			struct pen_tree_attribute *attribute;

			if (pen_parser_at(parser, "]"))
				break;
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

/* ---- types ---- */

/* The words a type of the language can be made of. */
static const struct {
	const char *word;
	enum pen_kind is_signed;
	enum pen_kind is_unsigned;
} bases[] = {
	{ "void", PEN_VOID, PEN_VOID },
	{ "small", PEN_I8, PEN_U8 },
	{ "char", PEN_I8, PEN_U8 },
	{ "__int8", PEN_I8, PEN_U8 },
	{ "byte", PEN_BYTE, PEN_BYTE },
	{ "boolean", PEN_BOOLEAN, PEN_BOOLEAN },
	{ "wchar_t", PEN_WCHAR, PEN_WCHAR },
	{ "short", PEN_I16, PEN_U16 },
	{ "__int16", PEN_I16, PEN_U16 },
	{ "long", PEN_I32, PEN_U32 },
	{ "int", PEN_I32, PEN_U32 },
	{ "__int32", PEN_I32, PEN_U32 },
	{ "error_status_t", PEN_ERROR_STATUS, PEN_ERROR_STATUS },
	{ "hyper", PEN_I64, PEN_U64 },
	{ "__int64", PEN_I64, PEN_U64 },
	{ "__int3264", PEN_I3264, PEN_U3264 },
	{ "float", PEN_FLOAT, PEN_FLOAT },
	{ "double", PEN_DOUBLE, PEN_DOUBLE },
};

static bool take_base(struct pen_parser *parser, size_t *ip)
{
	for (size_t i = 0; i < PEN_COUNT(bases); i++) {
		if (pen_parser_take(parser, bases[i].word)) {
			*ip = i;
			return true;
		}
	}
	return false;
}

/* "unsigned long int", "long unsigned", "char": false if no such type is here. */
static bool parse_base(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	const char *sign = NULL;
	const char *word = NULL;
	size_t base = 0;
	size_t more;

	for (;;) {
		if (!sign && pen_parser_take(parser, "unsigned"))
			sign = "unsigned";
		else if (!sign && pen_parser_take(parser, "signed"))
			sign = "signed";
		else if (!word && take_base(parser, &base))
			word = bases[base].word;
		else if (word && !strcmp(word, "long") && pen_parser_take(parser, "long"))
			word = "hyper";
		else if (word && pen_parser_take(parser, "int"))
			continue;
		else if (word && !strcmp(word, "int") && take_base(parser, &more))
			word = bases[base = more].word;
		else if (!pen_parser_take(parser, "const") && !pen_parser_take(parser, "volatile"))
			break;
	}
	if (!sign && !word)
		return false;
	if (!word)
		word = "int";
	for (size_t i = 0; i < PEN_COUNT(bases); i++) {
		if (!strcmp(bases[i].word, word))
			base = i;
	}
	spec->kind = PEN_TREE_BASE;
	spec->base = sign && sign[0] == 'u' ? bases[base].is_unsigned : bases[base].is_signed;
	if (!sign && !strcmp(word, "char"))
		spec->base = PEN_CHAR;
	spec->name = pen_idl_format(parser->idl, "%s%s%s", sign ? sign : "", sign ? " " : "", word);
	return true;
}

static void parse_enumerators(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	struct pen_tree_enumerator **tail = &spec->enumerators;

	while (!parser->is_lost && !pen_parser_at(parser, "}")) {
		struct pen_tree_enumerator *one = pen_idl_zalloc(parser->idl, sizeof(*one));

		one->pos = parser->token->pos;
		one->name = pen_parser_name(parser, "an enumerator");
		if (!parser->is_lost && pen_parser_take(parser, "="))
			one->value = pen_parse_expr(parser);
		*tail = one;
		tail = &one->next;
		if (!pen_parser_take(parser, ","))
			break;
	}
	if (parser->is_lost)
		recover(parser);
	pen_parser_expect(parser, "}");
}

/* "case 1: case 2:" and "default:", which become attributes of the arm. */
static void parse_cases(struct pen_parser *parser, struct pen_tree_attribute **tail)
{
	while (!parser->is_lost &&
	       (pen_parser_at(parser, "case") || pen_parser_at(parser, "default"))) {
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

static struct pen_tree_decl *parse_decl(struct pen_parser *parser);

static struct pen_tree_decl *parse_parameter(struct pen_parser *parser)
{
	bool before = parser->is_parameter;
	struct pen_tree_decl *decl;

	parser->is_parameter = true;
	decl = parse_decl(parser);
	parser->is_parameter = before;
	return decl;
}

static void parse_members(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	struct pen_tree_decl **tail = &spec->members;

	while (!at_end(parser)) {
		*tail = parse_decl(parser);
		tail = &(*tail)->next;
		end_statement(parser);
	}
	pen_parser_expect(parser, "}");
}

/* "switch (unsigned long level) u", before an encapsulated union's body. */
static void parse_switch(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	pen_parser_expect(parser, "(");
	spec->tag = parse_parameter(parser);
	pen_parser_expect(parser, ")");
	if (!parser->is_lost && parser->token->kind == PEN_TOKEN_NAME)
		pen_parser_step(parser);
}

static void parse_body(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return;
	}
	spec->has_body = true;
	pen_parser_step(parser);
	if (spec->kind == PEN_TREE_ENUM)
		parse_enumerators(parser, spec);
	else
		parse_members(parser, spec);
	pen_idl_leave(parser->idl);
}

struct pen_tree_spec *pen_parse_spec(struct pen_parser *parser)
{
	struct pen_tree_spec *spec = pen_idl_zalloc(parser->idl, sizeof(*spec));

	while (pen_parser_take(parser, "const") || pen_parser_take(parser, "volatile"))
		;
	spec->pos = parser->token->pos;
	if (pen_parser_take(parser, "handle_t")) {
		spec->kind = PEN_TREE_HANDLE_T;
		spec->name = "handle_t";
	} else if (pen_parser_at(parser, "struct") || pen_parser_at(parser, "union") ||
		   pen_parser_at(parser, "enum")) {
		spec->kind = pen_parser_at(parser, "struct")  ? PEN_TREE_STRUCT
			     : pen_parser_at(parser, "union") ? PEN_TREE_UNION
							      : PEN_TREE_ENUM;
		pen_parser_step(parser);
		if (parser->token->kind == PEN_TOKEN_NAME && !pen_parser_at(parser, "switch"))
			spec->name = pen_parser_name(parser, "a tag");
		if (spec->kind == PEN_TREE_UNION && pen_parser_take(parser, "switch"))
			parse_switch(parser, spec);
		if (pen_parser_at(parser, "{") && !parser->is_lost)
			parse_body(parser, spec);
		else if (!spec->name)
			pen_parser_fail(parser, "{");
	} else if (!parse_base(parser, spec)) {
		spec->kind = PEN_TREE_TYPE_NAME;
		spec->name = pen_parser_name(parser, "a type");
	}
	while (pen_parser_take(parser, "const") || pen_parser_take(parser, "volatile"))
		;
	return spec;
}

/* ---- declarators ---- */

static struct pen_tree_derivation *parse_array(struct pen_parser *parser)
{
	struct pen_tree_derivation *array = pen_idl_zalloc(parser->idl, sizeof(*array));

	array->is_array = true;
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
	while (!parser->is_lost && !pen_parser_at(parser, ")")) {
		*tail = parse_parameter(parser);
		tail = &(*tail)->next;
		if (!pen_parser_take(parser, ","))
			break;
	}
	pen_parser_expect(parser, ")");
	return list;
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
	while (pen_parser_at(parser, "*") || pen_parser_at(parser, "const") ||
	       pen_parser_at(parser, "volatile")) {
		if (pen_parser_at(parser, "*")) {
			struct pen_tree_derivation *one = pen_idl_zalloc(parser->idl, sizeof(*one));

			one->pos = parser->token->pos;
			one->next = pointers;
			pointers = one;
		}
		pen_parser_step(parser);
	}
	if (pen_parser_take(parser, "(")) {
		tail = parse_derivations(parser, declarator, tail);
		pen_parser_expect(parser, ")");
	} else if (parser->token->kind == PEN_TOKEN_NAME) {
		declarator->pos = parser->token->pos;
		declarator->name = pen_parser_name(parser, "a name");
	}
	while (!parser->is_lost && pen_parser_at(parser, "[")) {
		*tail = parse_array(parser);
		tail = &(*tail)->next;
	}
	if (!parser->is_lost && pen_parser_take(parser, "(")) {
		declarator->is_operation = true;
		declarator->parameters = parse_parameters(parser);
	}
	*tail = pointers;
	while (*tail)
		tail = &(*tail)->next;
	pen_idl_leave(parser->idl);
	return tail;
}

static struct pen_tree_declarator *parse_declarator(struct pen_parser *parser)
{
	struct pen_tree_declarator *declarator = pen_idl_zalloc(parser->idl, sizeof(*declarator));

	declarator->pos = parser->token->pos;
	parse_derivations(parser, declarator, &declarator->derivations);
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
static struct pen_tree_decl *parse_decl(struct pen_parser *parser)
{
	struct pen_tree_decl *decl = pen_idl_zalloc(parser->idl, sizeof(*decl));
	struct pen_tree_declarator **tail = &decl->declarators;
	bool is_parameter = parser->is_parameter;

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return decl;
	}
	parse_cases(parser, &decl->attributes);
	parse_attributes(parser, &decl->attributes);
	decl->pos = parser->token->pos;
	if (!parser->is_lost && !ends_decl(parser)) {
		parser->is_parameter = false;
		decl->spec = pen_parse_spec(parser);
		while (!parser->is_lost && !ends_decl(parser)) {
			*tail = parse_declarator(parser);
			tail = &(*tail)->next;
			if (is_parameter || !pen_parser_take(parser, ","))
				break;
		}
	}
	parser->is_parameter = is_parameter;
	pen_idl_leave(parser->idl);
	return decl;
}

/* ---- definitions ---- */

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
	end_statement(parser);
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
		recover(parser);
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
	declarator = parse_declarator(parser);
	definition->decl->declarators = declarator;
	definition->pos = declarator->pos;
	definition->name = declarator->name;
	if (!declarator->name)
		pen_parser_fail(parser, "the constant's name");
	if (pen_parser_expect(parser, "="))
		definition->value = pen_parse_expr(parser);
	end_statement(parser);
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
		recover(parser);
		return definition;
	}
	if (pen_idl_enter(parser->idl, definition->pos)) {
		parse_definitions(parser, &definition->definitions);
		pen_idl_leave(parser->idl);
	}
	if (!pen_parser_expect(parser, "}"))
		recover(parser);
	pen_parser_take(parser, ";");
	return definition;
}

/* What may begin with attributes: an interface, an operation, a type. */
static struct pen_tree_definition *parse_attributed(struct pen_parser *parser)
{
	struct pen_tree_attribute *attributes = NULL;
	struct pen_tree_definition *definition;

	parse_attributes(parser, &attributes);
	if (!parser->is_lost && pen_parser_take(parser, "interface"))
		return parse_interface(parser, attributes);
	definition = new_definition(parser, pen_parser_take(parser, "typedef") ? PEN_TREE_TYPEDEF
									       : PEN_TREE_DECL);
	definition->decl = parse_decl(parser);
	if (attributes) {
		struct pen_tree_attribute *last = attributes;

		while (last->next)
			last = last->next;
		last->next = definition->decl->attributes;
		definition->decl->attributes = attributes;
	}
	end_statement(parser);
	return definition;
}

static struct pen_tree_definition **parse_definitions(struct pen_parser *parser,
						      struct pen_tree_definition **tail)
{
	while (!at_end(parser) && parser->idl->n_errors < PEN_IDL_ERRORS_MAX) {
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
