/* SPDX-License-Identifier: MIT */
/*
 * The parser's hands: looking at a token, taking it, and going on after an error.
 */
#include "compiler/parse.h"
#include <string.h>

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

const struct pen_token *pen_parser_peek(const struct pen_parser *parser)
{
	return parser->token->next ? parser->token->next : parser->token;
}

const char *pen_parser_dotted_name(struct pen_parser *parser, const char *what)
{
	const char *name = pen_parser_name(parser, what);

	while (!parser->is_lost && pen_parser_at(parser, ".") &&
	       pen_parser_peek(parser)->kind == PEN_TOKEN_NAME &&
	       strlen(name) < PEN_PARSER_NAME_MAX) {
		pen_parser_step(parser);
		name = pen_idl_format(parser->idl, "%s.%s", name, pen_parser_name(parser, what));
	}
	return name;
}

const char *pen_parser_string(struct pen_parser *parser)
{
	const char *text = parser->token->text;

	if (parser->token->kind != PEN_TOKEN_STRING) {
		pen_parser_fail(parser, "a text in quotes");
		return "";
	}
	pen_parser_step(parser);
	if (parser->token->kind == PEN_TOKEN_STRING) {
		struct pen_buffer all;
		int r;

		pen_buffer_init(&all, 0);
		r = pen_buffer_add(&all, text, strlen(text));
		for (; !r && parser->token->kind == PEN_TOKEN_STRING; pen_parser_step(parser))
			r = pen_buffer_add(&all, parser->token->text, strlen(parser->token->text));
		text = r ? NULL : pen_arena_text(&parser->idl->arena, (char *)all.data, all.size);
		pen_buffer_done(&all);
		if (!text)
			longjmp(parser->idl->out_of_memory, 1);
	}
	return text;
}

/* __declspec(...), whatever is in it. */
static void skip_declspec(struct pen_parser *parser)
{
	unsigned depth = 0;

	pen_parser_step(parser);
	do {
		if (pen_parser_at(parser, "("))
			depth++;
		else if (pen_parser_at(parser, ")") && depth)
			depth--;
		else if (!depth || parser->token->kind == PEN_TOKEN_END)
			return;
		pen_parser_step(parser);
	} while (depth);
}

static bool take_one_of(struct pen_parser *parser, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (pen_parser_take(parser, words[i]))
			return true;
	}
	return false;
}

void pen_parser_skip_qualifiers(struct pen_parser *parser)
{
	static const char *const words[] = { "const",	    "volatile", "__far",     "__near",
					     "__unaligned", "__w64",	"__restrict" };

	while (take_one_of(parser, words, PEN_COUNT(words)))
		;
}

bool pen_parser_skip_storage(struct pen_parser *parser)
{
	static const char *const words[] = { "extern", "static", "register", "inline", "__inline" };
	bool is_extern = false;

	for (;;) {
		is_extern = is_extern || pen_parser_at(parser, "extern");
		if (pen_parser_at(parser, "__declspec") || pen_parser_at(parser, "_declspec"))
			skip_declspec(parser);
		else if (!take_one_of(parser, words, PEN_COUNT(words)))
			return is_extern;
	}
}

void pen_parser_skip_convention(struct pen_parser *parser)
{
	static const char *const words[] = { "__stdcall",      "_stdcall",	   "__cdecl",
					     "_cdecl",	       "__fastcall",	   "__pascal",
					     "WINAPI",	       "APIENTRY",	   "CALLBACK",
					     "STDAPICALLTYPE", "STDMETHODCALLTYPE" };

	for (;;) {
		const struct pen_token *next = pen_parser_peek(parser);

		/* A name at the end is what is declared. */
		if (pen_parser_at(parser, "__declspec"))
			skip_declspec(parser);
		else if ((next->kind != PEN_TOKEN_NAME && strcmp(next->text, "*")) ||
			 !take_one_of(parser, words, PEN_COUNT(words)))
			return;
	}
}

void pen_parser_recover(struct pen_parser *parser)
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

void pen_parser_end_statement(struct pen_parser *parser)
{
	if (!pen_parser_expect(parser, ";"))
		pen_parser_recover(parser);
}

bool pen_parser_at_end(const struct pen_parser *parser)
{
	return parser->token->kind == PEN_TOKEN_END || pen_parser_at(parser, "}");
}
