/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_TOKEN_H
#define PEN_COMPILER_TOKEN_H
/*
 * The first form of a file: its words. Keywords are names, for in IDL only
 * their place tells them apart.
 */
#include "compiler/number.h"

enum pen_token_kind {
	PEN_TOKEN_END,
	PEN_TOKEN_NAME,
	PEN_TOKEN_NUMBER,
	PEN_TOKEN_CHARACTER,
	PEN_TOKEN_STRING, /* text is what stands between the quotes, escapes and all */
	PEN_TOKEN_RAW,	  /* what stands between the parentheses of uuid() and version() */
	PEN_TOKEN_MARK,
};

struct pen_token {
	struct pen_token *next; /* NULL after the end */
	enum pen_token_kind kind;
	struct pen_pos pos;
	const char *text;
	const struct pen_number *number; /* of a number, a character */
	bool is_wide;			 /* L"" or L'' */
};

/* The file's tokens, the last of them PEN_TOKEN_END. */
struct pen_token *pen_idl_lex(struct pen_idl *idl, struct pen_source *source);

/* Where the directive at p ends: at a newline that is neither continued nor in a comment. */
const char *pen_lex_directive_end(const char *p, const char *end);

void pen_idl_dump_tokens(const struct pen_token *tokens, struct pen_buffer *out);

#endif
