/* SPDX-License-Identifier: MIT */
/*
 * From text to tokens.
 */
#include "compiler/token.h"
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 255, LINE_MAX_NUMBER = 100000000 };

struct lexer {
	struct pen_idl *idl;
	struct pen_source *source;
	const char *p;
	const char *end;
	struct pen_token **tail;
	const struct pen_token *last[3]; /* the latest first */
};

/* The longer ones first. */
static const char *const marks[] = {
	"...", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "..", "{",
	"}",   "[",  "]",  "(",	 ")",  ";",  ",",  ":",	 "=",  "*",  "+",  "-",
	"/",   "%",  "&",  "|",	 "^",  "~",  "!",  "<",	 ">",  "?",  ".",
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
	token->text = kind == PEN_TOKEN_MARK || kind == PEN_TOKEN_END
			      ? text
			      : pen_idl_intern(lexer->idl, text, n);
	*lexer->tail = token;
	lexer->tail = &token->next;
	lexer->last[2] = lexer->last[1];
	lexer->last[1] = lexer->last[0];
	lexer->last[0] = token;
	return token;
}

static const struct pen_number *new_number(struct lexer *lexer, struct pen_number number)
{
	struct pen_number *copy = pen_idl_zalloc(lexer->idl, sizeof(*copy));

	*copy = number;
	return copy;
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

/* "# 12 \"file\"" of a preprocessor: which line of which file comes next. */
static bool take_marker(struct lexer *lexer)
{
	const char *p = lexer->p + 1;
	size_t line = 0;
	const char *name;

	if (lexer->end - p > 4 && !memcmp(p, "line", 4))
		p += 4;
	while (p < lexer->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == lexer->end || !is_digit(*p))
		return false;
	for (; p < lexer->end && is_digit(*p) && line < LINE_MAX_NUMBER; p++)
		line = line * 10 + (size_t)(*p - '0');
	while (p < lexer->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == lexer->end || *p++ != '"')
		return false;
	for (name = p; p < lexer->end && *p != '"' && *p != '\n';)
		p++;
	pen_source_mark(lexer->idl, lexer->source, (size_t)(name - lexer->source->text), line, name,
			(size_t)(p - name));
	return true;
}

static bool is_line_start(const struct lexer *lexer)
{
	const char *p = lexer->p;

	while (p > lexer->source->text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == lexer->source->text || p[-1] == '\n';
}

const char *pen_lex_directive_end(const char *p, const char *end)
{
	bool is_comment = false;

	for (; p < end; p++) {
		bool is_pair = end - p > 1;

		if (is_comment && is_pair && !memcmp(p, "*/", 2)) {
			is_comment = false;
		} else if (!is_comment && is_pair && !memcmp(p, "/*", 2)) {
			is_comment = true;
			p++;
		} else if (!is_comment && is_pair && !memcmp(p, "//", 2)) {
			p = memchr(p, '\n', (size_t)(end - p));
			return p ? p : end;
		} else if (is_pair && *p == '\\' && p[1] == '\n') {
			p++;
		} else if (end - p > 2 && *p == '\\' && p[1] == '\r' && p[2] == '\n') {
			p += 2;
		} else if (*p == '\n' && !is_comment) {
			break;
		}
	}
	return p < end ? p : end;
}

/* A directive, of which only #pragma and the marks of a preprocessor mean something here. */
static void skip_directive(struct lexer *lexer)
{
	const char *p = lexer->p + 1;

	if (lexer->idl->keeps_directives) {
		lexer->p = pen_lex_directive_end(p, lexer->end);
		return;
	}
	while (p < lexer->end && (*p == ' ' || *p == '\t'))
		p++;
	if (!take_marker(lexer) && !(lexer->end - p > 6 && !memcmp(p, "pragma", 6)) &&
	    !(p < lexer->end && (*p == '\n' || *p == '\r')))
		pen_idl_complain(lexer->idl, pos_of(lexer, lexer->p),
				 "a directive: run the file through the preprocessor first");
	skip_line(lexer);
}

/* White space, comments, and what a preprocessor left behind. */
static bool skip_blank(struct lexer *lexer)
{
	const char *start = lexer->p;

	if (is_space(*lexer->p) || starts_with(lexer, "\\\n"))
		lexer->p++;
	else if (starts_with(lexer, "\\\r\n"))
		lexer->p += 2;
	else if (starts_with(lexer, "//"))
		skip_line(lexer);
	else if (*lexer->p == '#' && is_line_start(lexer))
		skip_directive(lexer);
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

/* The smallest of C's types that holds the value, in which a suffix has its say. */
static enum pen_number_kind kind_of(uint64_t value, bool is_decimal, bool is_unsigned,
				    bool is_hyper)
{
	if (value <= INT32_MAX && !is_unsigned && !is_hyper)
		return PEN_NUMBER_I32;
	if (value <= UINT32_MAX && (is_unsigned || !is_decimal) && !is_hyper)
		return PEN_NUMBER_U32;
	return value <= INT64_MAX && !is_unsigned ? PEN_NUMBER_I64 : PEN_NUMBER_U64;
}

/* u, l, ll, i64 and the like. */
static void lex_suffix(struct lexer *lexer, bool *is_unsignedp, bool *is_hyperp)
{
	*is_unsignedp = *is_hyperp = false;
	for (; lexer->p < lexer->end; lexer->p++) {
		if (*lexer->p == 'u' || *lexer->p == 'U') {
			*is_unsignedp = true;
		} else if (starts_with(lexer, "ll") || starts_with(lexer, "LL")) {
			*is_hyperp = true;
			lexer->p++;
		} else if (starts_with(lexer, "i64") || starts_with(lexer, "I64")) {
			*is_hyperp = true;
			lexer->p += 2;
		} else if (*lexer->p != 'l' && *lexer->p != 'L') {
			return;
		}
	}
}

/* Whether the number goes on as a real one. */
static bool is_real(const struct lexer *lexer, const char *start)
{
	const char *p = start;

	while (p < lexer->end && is_digit(*p))
		p++;
	return p < lexer->end &&
	       ((*p == '.' && !(p + 1 < lexer->end && p[1] == '.')) || *p == 'e' || *p == 'E');
}

static void lex_real(struct lexer *lexer)
{
	enum { REAL_MAX_SIZE = 64 };
	const char *start = lexer->p;
	struct pen_token *token;
	char text[REAL_MAX_SIZE] = "";
	char *end = text;
	size_t n = 0;

	while (lexer->p < lexer->end &&
	       (is_digit(*lexer->p) || *lexer->p == '.' || *lexer->p == 'e' || *lexer->p == 'E' ||
		((*lexer->p == '-' || *lexer->p == '+') &&
		 (lexer->p[-1] == 'e' || lexer->p[-1] == 'E')))) {
		if (n < sizeof(text) - 1)
			text[n++] = *lexer->p;
		lexer->p++;
	}
	if (lexer->p < lexer->end && *lexer->p && strchr("fFlL", *lexer->p))
		lexer->p++;
	token = add_token(lexer, PEN_TOKEN_NUMBER, start, start, (size_t)(lexer->p - start));
	token->number = new_number(
		lexer, (struct pen_number){ .kind = PEN_NUMBER_REAL, .real = strtod(text, &end) });
	if (*end || end == text || (lexer->p < lexer->end && is_name(*lexer->p)))
		pen_idl_complain(lexer->idl, token->pos, "this is not a number");
	while (lexer->p < lexer->end && is_name(*lexer->p))
		lexer->p++;
}

static void lex_number(struct lexer *lexer)
{
	const char *start = lexer->p;
	uint64_t value = 0;
	uint64_t radix = 10;
	bool is_good = true;
	bool is_unsigned;
	bool is_hyper;
	struct pen_token *token;

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
	lex_suffix(lexer, &is_unsigned, &is_hyper);
	while (lexer->p < lexer->end && is_name(*lexer->p)) {
		is_good = false;
		lexer->p++;
	}
	if (!is_good)
		pen_idl_complain(lexer->idl, pos_of(lexer, start),
				 "this is not a number of 64 bits");
	token = add_token(lexer, PEN_TOKEN_NUMBER, start, start, (size_t)(lexer->p - start));
	token->number = new_number(
		lexer,
		(struct pen_number){ .kind = kind_of(value, radix == 10, is_unsigned, is_hyper),
				     .value = (int64_t)value });
}

/* The character that the n bytes of text are, escaped or not. false: they are none, or several. */
static bool read_character(const char *text, size_t n, int64_t *valuep)
{
	static const char from[] = "abfnrtv";
	static const char to[] = "\a\b\f\n\r\t\v";
	const char *at;
	int64_t value = 0;
	size_t i = 1;

	if (n == 1 || (n && text[0] != '\\')) {
		*valuep = n ? (unsigned char)text[0] : 0;
		return n == 1 && text[0] != '\\';
	}
	if (n < 2)
		return false;
	at = text[1] ? strchr(from, text[1]) : NULL;
	if (n == 2 && (at || digit_of(text[1]) > 7)) {
		*valuep = at ? to[at - from] : (unsigned char)text[1];
		return text[1] != 'x';
	}
	if (text[1] == 'x')
		i = 2;
	for (; i < n && value <= UINT16_MAX && digit_of(text[i]) < (text[1] == 'x' ? 16 : 8); i++)
		value = value * (text[1] == 'x' ? 16 : 8) + digit_of(text[i]);
	*valuep = value;
	return i == n && value <= UINT16_MAX;
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
			  (size_t)(lexer->p - text));
	token->is_wide = *start == 'L';
	if (quote == '\'') {
		struct pen_number number = { 0 };

		if (!read_character(text, (size_t)(lexer->p - text), &number.value))
			pen_idl_complain(lexer->idl, token->pos, "this is not one character");
		token->number = new_number(lexer, number);
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
	const struct pen_token *before = lexer->last[2];

	return before && before->kind == PEN_TOKEN_MARK && strchr("[,", *before->text) &&
	       name->kind == PEN_TOKEN_NAME && mark->kind == PEN_TOKEN_MARK &&
	       !strcmp(mark->text, "(") && *lexer->p != '"' && *lexer->p != ')' &&
	       (!strcmp(name->text, "uuid") || !strcmp(name->text, "version") ||
		!strcmp(name->text, "async_uuid") || !strcmp(name->text, "custom"));
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
	pen_idl_complain(lexer->idl, pos_of(lexer, lexer->p), "no token begins so");
	lexer->p++;
}

static void lex_one(struct lexer *lexer)
{
	const char *start = lexer->p;

	if (is_raw(lexer)) {
		lex_raw(lexer);
	} else if ((is_digit(*start) && !starts_with(lexer, "0x") && !starts_with(lexer, "0X") &&
		    is_real(lexer, start)) ||
		   (*start == '.' && lexer->end - start > 1 && is_digit(start[1]))) {
		lex_real(lexer);
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

struct pen_token *pen_idl_lex(struct pen_idl *idl, struct pen_source *source)
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
