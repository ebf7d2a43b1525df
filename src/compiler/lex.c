/* SPDX-License-Identifier: MIT */
/*
 * From text to tokens.
 */
#include "compiler/token.h"
#include <string.h>

enum { NAME_MAX_SIZE = 128 };

struct lexer {
	struct pen_idl *idl;
	const struct pen_source *source;
	const char *p;
	const char *end;
	struct pen_token **tail;
	const struct pen_token *last[2]; /* the latest first */
};

/* The longer ones first. */
static const char *const marks[] = {
	"...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "..", "{", "}",
	"[",   "]",  "(",  ")",	 ";",  ",",  ":",  "=",	 "*",  "+",  "-", "/",
	"%",   "&",  "|",  "^",	 "~",  "!",  "<",  ">",	 "?",  ".",
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool starts_with(const struct lexer *lexer, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(lexer->end - lexer->p) >= n && !memcmp(lexer->p, text, n);
}

static struct pen_pos pos_of(const struct lexer *lexer, const char *p)
{
	return (struct pen_pos){ .source = lexer->source, .offset = p - lexer->source->text };
}

static struct pen_token *add_token(struct lexer *lexer, enum pen_token_kind kind, const char *start,
				   const char *text, size_t n)
{
	struct pen_token *token = pen_idl_zalloc(lexer->idl, sizeof(*token));

	token->kind = kind;
	token->pos = pos_of(lexer, start);
	token->text = pen_idl_text(lexer->idl, text, n);
	*lexer->tail = token;
	lexer->tail = &token->next;
	lexer->last[1] = lexer->last[0];
	lexer->last[0] = token;
	return token;
}

static void skip_line(struct lexer *lexer)
{
	while (lexer->p < lexer->end && *lexer->p != '\n')
		lexer->p++;
}

static void skip_comment(struct lexer *lexer)
{
	const char *start = lexer->p;

	for (lexer->p += 2; lexer->p < lexer->end; lexer->p++) {
		if (starts_with(lexer, "*/")) {
			lexer->p += 2;
			return;
		}
	}
	pen_idl_complain(lexer->idl, pos_of(lexer, start), "this comment has no end");
}

/* White space, comments, and what a preprocessor left behind. */
static bool skip_blank(struct lexer *lexer)
{
	const char *start = lexer->p;

	if (is_space(*lexer->p))
		lexer->p++;
	else if (starts_with(lexer, "//") || starts_with(lexer, "#pragma") ||
		 starts_with(lexer, "# "))
		skip_line(lexer);
	else if (starts_with(lexer, "/*"))
		skip_comment(lexer);
	return lexer->p != start;
}

static int digit_of(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static void lex_number(struct lexer *lexer)
{
	const char *start = lexer->p;
	uint64_t value = 0;
	uint64_t radix = 10;
	bool is_good = true;

	if (starts_with(lexer, "0x") || starts_with(lexer, "0X")) {
		radix = 16;
		lexer->p += 2;
		is_good = lexer->p < lexer->end && digit_of(*lexer->p) < 16;
	} else if (*lexer->p == '0') {
		radix = 8;
	}
	for (; lexer->p < lexer->end && (uint64_t)digit_of(*lexer->p) < radix; lexer->p++) {
		is_good = is_good && !__builtin_mul_overflow(value, radix, &value);
		is_good = is_good &&
			  !__builtin_add_overflow(value, (uint64_t)digit_of(*lexer->p), &value);
	}
	while (lexer->p < lexer->end && *lexer->p && strchr("uUlL", *lexer->p))
		lexer->p++;
	while (lexer->p < lexer->end && is_name(*lexer->p)) {
		is_good = false;
		lexer->p++;
	}
	if (!is_good)
		pen_idl_complain(lexer->idl, pos_of(lexer, start),
				 "this is not a number of 64 bits");
	add_token(lexer, PEN_TOKEN_NUMBER, start, start, lexer->p - start)->value = (int64_t)value;
}

/* What an escaped character stands for. */
static int64_t unescape(char c)
{
	static const char from[] = "abfnrtv0";
	static const char to[] = "\a\b\f\n\r\t\v";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : (unsigned char)c;
}

/* From p, which is at the opening quote. */
static void lex_quoted(struct lexer *lexer, const char *start)
{
	char quote = *lexer->p++;
	const char *text = lexer->p;
	struct pen_token *token;

	while (lexer->p < lexer->end && *lexer->p != quote && *lexer->p != '\n')
		lexer->p += *lexer->p == '\\' && lexer->end - lexer->p > 1 ? 2 : 1;
	token = add_token(lexer, quote == '"' ? PEN_TOKEN_STRING : PEN_TOKEN_CHARACTER, start, text,
			  lexer->p - text);
	token->is_wide = *start == 'L';
	if (quote == '\'') {
		size_t n = lexer->p - text;

		if (n == 2 && text[0] == '\\')
			token->value = unescape(text[1]);
		else if (n == 1)
			token->value = (unsigned char)text[0];
		else
			pen_idl_complain(lexer->idl, token->pos, "this is not one character");
	}
	if (lexer->p == lexer->end || *lexer->p != quote)
		pen_idl_complain(lexer->idl, token->pos, "this text has no end");
	else
		lexer->p++;
}

/* uuid(4b324fc8-...) and version(3.0) are no expressions: taken as they are. */
static bool is_raw(const struct lexer *lexer)
{
	const struct pen_token *mark = lexer->last[0];
	const struct pen_token *name = lexer->last[1];

	return name && name->kind == PEN_TOKEN_NAME && mark->kind == PEN_TOKEN_MARK &&
	       !strcmp(mark->text, "(") && *lexer->p != '"' && *lexer->p != ')' &&
	       (!strcmp(name->text, "uuid") || !strcmp(name->text, "version"));
}

static void lex_raw(struct lexer *lexer)
{
	const char *start = lexer->p;

	while (lexer->p < lexer->end && (is_name(*lexer->p) || strchr("-.{}", *lexer->p)) &&
	       *lexer->p)
		lexer->p++;
	if (lexer->p == start)
		lexer->p++;
	add_token(lexer, PEN_TOKEN_RAW, start, start, lexer->p - start);
}

static void lex_mark(struct lexer *lexer)
{
	for (size_t i = 0; i < PEN_COUNT(marks); i++) {
		if (!starts_with(lexer, marks[i]))
			continue;
		add_token(lexer, PEN_TOKEN_MARK, lexer->p, marks[i], strlen(marks[i]));
		lexer->p += strlen(marks[i]);
		return;
	}
	if (*lexer->p == '#') {
		pen_idl_complain(lexer->idl, pos_of(lexer, lexer->p),
				 "a directive: run the file through the preprocessor first");
		skip_line(lexer);
		return;
	}
	pen_idl_complain(lexer->idl, pos_of(lexer, lexer->p), "no token begins so");
	lexer->p++;
}

static void lex_one(struct lexer *lexer)
{
	const char *start = lexer->p;

	if (is_raw(lexer)) {
		lex_raw(lexer);
	} else if (is_digit(*start)) {
		lex_number(lexer);
	} else if (starts_with(lexer, "L\"") || starts_with(lexer, "L'")) {
		lexer->p++;
		lex_quoted(lexer, start);
	} else if (*start == '"' || *start == '\'') {
		lex_quoted(lexer, start);
	} else if (is_name_start(*start)) {
		while (lexer->p < lexer->end && is_name(*lexer->p))
			lexer->p++;
		if (lexer->p - start > NAME_MAX_SIZE)
			pen_idl_complain(lexer->idl, pos_of(lexer, start),
					 "a name longer than %d characters", NAME_MAX_SIZE);
		add_token(lexer, PEN_TOKEN_NAME, start, start, lexer->p - start);
	} else {
		lex_mark(lexer);
	}
}

struct pen_token *pen_idl_lex(struct pen_idl *idl, const struct pen_source *source)
{
	struct pen_token *tokens = NULL;
	struct lexer lexer = {
		.idl = idl,
		.source = source,
		.p = source->text,
		.end = source->text + source->n,
		.tail = &tokens,
	};

	while (lexer.p < lexer.end && idl->n_errors < PEN_IDL_ERRORS_MAX) {
		if (!skip_blank(&lexer))
			lex_one(&lexer);
	}
	add_token(&lexer, PEN_TOKEN_END, lexer.end, "end of file", strlen("end of file"));
	return tokens;
}

void pen_idl_dump_tokens(const struct pen_token *tokens, struct pen_buffer *out)
{
	static const char *const kinds[] = {
		[PEN_TOKEN_END] = "end",       [PEN_TOKEN_NAME] = "name",
		[PEN_TOKEN_NUMBER] = "number", [PEN_TOKEN_CHARACTER] = "character",
		[PEN_TOKEN_STRING] = "string", [PEN_TOKEN_RAW] = "raw",
		[PEN_TOKEN_MARK] = "mark",
	};

	for (const struct pen_token *token = tokens; token; token = token->next)
		pen_buffer_printf(out, "%6zu %-9s %s\n", token->pos.offset, kinds[token->kind],
				  token->text);
}
