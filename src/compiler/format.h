/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_FORMAT_H
#define PEN_COMPILER_FORMAT_H
/*
 * An IDL file in the house style. What is printed are the tokens that were there, in their
 * order, with the comments and directives between them, so it means what it meant; only
 * the space between them is new.
 */
#include "compiler/token.h"

enum { PEN_FORMAT_COLUMNS = 100, PEN_FORMAT_TAB = 8 };

enum pen_piece_kind {
	PEN_PIECE_TOKEN,
	PEN_PIECE_COMMENT,
	PEN_PIECE_DIRECTIVE,
	PEN_PIECE_END,
};

/* What is printed as it is. */
struct pen_piece {
	enum pen_piece_kind kind;
	enum pen_token_kind token;
	struct pen_pos pos;
	const char *text;
	size_t n;
	unsigned n_newlines; /* before it */
};

/* The pieces of a source in their order, the last of them PEN_PIECE_END. */
struct pen_piece *pen_format_pieces(struct pen_idl *idl, const struct pen_source *source,
				    const struct pen_token *tokens);

bool pen_piece_is(const struct pen_piece *piece, const char *text);
bool pen_piece_is_one_of(const struct pen_piece *piece, const char *const *texts, size_t n);
bool pen_piece_is_name(const struct pen_piece *piece);

/* The next one that is a token, or the end. */
const struct pen_piece *pen_piece_next_token(const struct pen_piece *piece);

/* Whether the word begins an interface, a library and the like. */
bool pen_format_is_definition(const struct pen_piece *piece);
/* Whether one of these begins here, attributes first, and has a body. */
bool pen_format_begins_definition(const struct pen_piece *piece);
/* Whether there are several attributes in the brackets that begin here. */
bool pen_format_has_several(const struct pen_piece *piece);
/* The word of a label: "case", "default:". */
bool pen_format_is_label(const struct pen_piece *piece);
/* The word of cpp_quote("...") and its kind, which need no ; after them. */
bool pen_format_is_quoting(const struct pen_piece *word);

/* Where two tokens meet in a line. */
struct pen_joint {
	const struct pen_piece *left;
	const struct pen_piece *right;
	bool is_expression;	/* numbers are computed here */
	bool left_is_unary;	/* the left is a sign, or a * of a pointer */
	bool left_is_attribute; /* the left is the ] of an attribute list */
	bool right_is_attribute;
	bool is_label; /* the right is the : after a case, or in a pragma */
};

bool pen_format_has_space(const struct pen_joint *joint);
/* Whether the operator at the right of the joint has one operand. */
bool pen_format_is_unary(const struct pen_joint *joint);
/* Whether the ( begins "(*name)", and no list. */
bool pen_format_opens_declarator(const struct pen_piece *piece);

enum { PEN_FORMAT_LINE_MAX = 4096 };

/* A piece in the line that is being gathered. */
struct pen_format_word {
	const struct pen_piece *piece;
	bool has_space;	      /* before it */
	bool after_attribute; /* a list of attributes ends before it */
	unsigned depth;	      /* of the parentheses and brackets around it */
	size_t column;	      /* of a comment behind others: where it would stand. 0: nowhere */
};

struct pen_format_line {
	struct pen_buffer *out;
	int error; /* the first */
	unsigned indent;
	size_t n;
	struct pen_format_word words[PEN_FORMAT_LINE_MAX];
};

void pen_format_add(struct pen_format_line *line, const struct pen_format_word *word);
/* Prints what was gathered, in several lines where it is too long for one. */
void pen_format_end_line(struct pen_format_line *line);

/*
 * Appends the text in the house style; name is for diagnoses. PEN_E_SYNTAX: it has no tokens,
 * or brackets without a partner, see the diagnoses; -ENOMEM, PEN_E_LIMIT.
 */
int pen_idl_print_formatted(struct pen_idl *idl, const char *name, const char *text, size_t n,
			    struct pen_buffer *out);

#endif
