/* SPDX-License-Identifier: MIT */
/*
 * Types as they are written: the words of the language's own, and the bodies of
 * structs, unions and enums.
 */
#include "compiler/parse.h"
#include <string.h>

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

void pen_tree_spell_base(struct pen_spelling *spelling)
{
	for (size_t i = 0; i < PEN_COUNT(bases); i++)
		pen_spelling_try(spelling, bases[i].word);
}

bool pen_parser_at_type(const struct pen_parser *parser)
{
	static const char *const words[] = { "unsigned", "signed",   "struct",	 "union",    "enum",
					     "const",	 "volatile", "handle_t", "interface" };

	for (size_t i = 0; i < PEN_COUNT(words); i++) {
		if (pen_parser_at(parser, words[i]))
			return true;
	}
	for (size_t i = 0; i < PEN_COUNT(bases); i++) {
		if (pen_parser_at(parser, bases[i].word))
			return true;
	}
	return false;
}

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

		pen_parse_attributes(parser, &one->attributes);
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
		pen_parser_recover(parser);
	pen_parser_expect(parser, "}");
}

static void parse_members(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	struct pen_tree_decl **tail = &spec->members;

	while (!pen_parser_at_end(parser)) {
		*tail = pen_parse_decl(parser);
		tail = &(*tail)->next;
		pen_parser_end_statement(parser);
	}
	pen_parser_expect(parser, "}");
}

/* "switch (unsigned long level) u", before an encapsulated union's body. */
static void parse_switch(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	pen_parser_expect(parser, "(");
	spec->tag = pen_parse_parameter(parser);
	pen_parser_expect(parser, ")");
	if (!parser->is_lost && parser->token->kind == PEN_TOKEN_NAME)
		spec->union_name = pen_parser_name(parser, "the union's name");
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

/* "struct tag { ... }", "union tag switch (...) name { ... }", "enum tag" */
static void parse_tagged(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	spec->kind = pen_parser_at(parser, "struct")  ? PEN_TREE_STRUCT
		     : pen_parser_at(parser, "union") ? PEN_TREE_UNION
						      : PEN_TREE_ENUM;
	pen_parser_step(parser);
	if (parser->token->kind == PEN_TOKEN_NAME && !pen_parser_at(parser, "switch"))
		spec->name = pen_parser_dotted_name(parser, "a tag");
	if (spec->kind == PEN_TREE_UNION && pen_parser_take(parser, "switch"))
		parse_switch(parser, spec);
	if (pen_parser_at(parser, "{") && !parser->is_lost)
		parse_body(parser, spec);
	else if (!spec->name)
		pen_parser_fail(parser, "{");
}

/* "pipe T", "SAFEARRAY(T)" */
static bool parse_container(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	const struct pen_token *next = pen_parser_peek(parser);

	/* "pipe pipe;" is a member of a type that somebody called so. */
	if (pen_parser_at(parser, "pipe") && next->kind == PEN_TOKEN_NAME && next->next &&
	    (next->next->kind == PEN_TOKEN_NAME || !strcmp(next->next->text, "*"))) {
		spec->kind = PEN_TREE_PIPE;
		spec->name = "pipe";
		pen_parser_step(parser);
		spec->element = pen_idl_zalloc(parser->idl, sizeof(*spec->element));
		spec->element->pos = parser->token->pos;
		spec->element->spec = pen_parse_spec(parser);
		return true;
	}
	if (pen_parser_at(parser, "SAFEARRAY") && !strcmp(next->text, "(")) {
		spec->kind = PEN_TREE_SAFEARRAY;
		spec->name = "SAFEARRAY";
		pen_parser_step(parser);
		pen_parser_step(parser);
		spec->element = pen_parse_type(parser);
		pen_parser_expect(parser, ")");
		return true;
	}
	return false;
}

static void parse_type_name(struct pen_parser *parser, struct pen_tree_spec *spec)
{
	static const char *const words[] = { "interface", "coclass", "dispinterface" };

	spec->kind = PEN_TREE_TYPE_NAME;
	for (size_t i = 0; i < PEN_COUNT(words); i++) {
		if (pen_parser_at(parser, words[i]) &&
		    pen_parser_peek(parser)->kind == PEN_TOKEN_NAME) {
			spec->kind = PEN_TREE_INTERFACE_NAME;
			pen_parser_step(parser);
		}
	}
	spec->name = pen_parser_dotted_name(parser, "a type");
	if (!parser->is_lost && pen_parser_at(parser, "<"))
		spec->arguments = pen_parse_type_arguments(parser);
}

struct pen_tree_spec *pen_parse_spec(struct pen_parser *parser)
{
	struct pen_tree_spec *spec = pen_idl_zalloc(parser->idl, sizeof(*spec));

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return spec;
	}
	pen_parser_skip_qualifiers(parser);
	spec->pos = parser->token->pos;
	if (pen_parser_take(parser, "handle_t")) {
		spec->kind = PEN_TREE_HANDLE_T;
		spec->name = "handle_t";
	} else if (pen_parser_at(parser, "struct") || pen_parser_at(parser, "union") ||
		   pen_parser_at(parser, "enum")) {
		parse_tagged(parser, spec);
	} else if (!parse_container(parser, spec) && !parse_base(parser, spec)) {
		parse_type_name(parser, spec);
	}
	pen_parser_skip_qualifiers(parser);
	pen_idl_leave(parser->idl);
	return spec;
}

struct pen_tree_decl *pen_parse_type(struct pen_parser *parser)
{
	struct pen_tree_decl *decl = pen_idl_zalloc(parser->idl, sizeof(*decl));

	decl->pos = parser->token->pos;
	decl->spec = pen_parse_spec(parser);
	if (!parser->is_lost && (pen_parser_at(parser, "*") || pen_parser_at(parser, "(") ||
				 pen_parser_at(parser, "[")))
		decl->declarators = pen_parse_declarator(parser);
	return decl;
}

/* The >> of "A<B<C>>" is two tokens here. */
static void split_shift(struct pen_parser *parser)
{
	struct pen_token *halves;

	if (!pen_parser_at(parser, ">>"))
		return;
	halves = pen_idl_array(parser->idl, 2, sizeof(*halves));
	halves[0] = halves[1] = *parser->token;
	halves[0].text = halves[1].text = ">";
	halves[0].next = &halves[1];
	halves[1].pos.offset++;
	parser->token = halves;
}

struct pen_tree_decl *pen_parse_type_arguments(struct pen_parser *parser)
{
	struct pen_tree_decl *list = NULL;
	struct pen_tree_decl **tail = &list;

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return NULL;
	}
	pen_parser_expect(parser, "<");
	while (!parser->is_lost) {
		*tail = pen_parse_type(parser);
		tail = &(*tail)->next;
		if (!pen_parser_take(parser, ","))
			break;
	}
	split_shift(parser);
	pen_parser_expect(parser, ">");
	pen_idl_leave(parser->idl);
	return list;
}
