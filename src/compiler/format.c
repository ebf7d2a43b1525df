/* SPDX-License-Identifier: MIT */
/*
 * The house style: which pieces begin a line, and how far in. It follows from the tokens and
 * from where comments and empty lines stand, and so is the same for its own output.
 */
#include "compiler/format.h"
#include <errno.h>
#include <string.h>

enum level_kind {
	LEVEL_DEFINITIONS, /* the file, { } of an interface, a library ... */
	LEVEL_MEMBERS,	   /* { } of a struct, a union */
	LEVEL_ENUMERATORS,
	LEVEL_BLOCK, /* [ ] of an interface, an attribute a line */
	LEVEL_ATTRIBUTES,
	LEVEL_INDEX,
	LEVEL_PARAMETERS, /* ( ) of an operation, a parameter a line */
	LEVEL_LIST,	  /* ( ) of other declarations */
	LEVEL_EXPRESSION,
};

/* A brace, bracket or parenthesis that is open, and what is going on in it. */
struct level {
	enum level_kind kind;
	const struct pen_piece *open;
	const struct pen_piece *word; /* of the statement, the first that is in no attribute */
	const struct pen_piece *tag;  /* struct, union or enum, the last of them */
	bool has_value;		      /* an = came, or the : of bits: numbers follow */
	bool has_lines;		      /* the statement is printed in several */
	unsigned n_questions;	      /* that wait for their : */
};

enum { CONDITIONS_MAX = 64, TABLE_MAX = PEN_IDL_DEPTH_MAX + 1 };

struct layout {
	struct pen_idl *idl;
	struct pen_format_line *line;
	struct level levels[TABLE_MAX];
	size_t depth;		      /* of the innermost level */
	const struct pen_piece *left; /* the latest token */
	bool ends_line;		      /* what comes next begins one */
	bool is_inside;		      /* something of the statement, parameter ... is there */
	bool is_item;		      /* [ would begin attributes */
	bool left_is_unary;
	bool left_is_attribute;
	bool was_long; /* the statement that ended had several lines */
	const struct pen_piece *last;
	struct layout *outer; /* before the #if; NULL: there is none */
	size_t n_conditions;
};

static struct level *innermost(struct layout *layout)
{
	return &layout->levels[layout->depth];
}

static bool is_brace(enum level_kind kind)
{
	return kind <= LEVEL_ENUMERATORS;
}

/* The brace that the statement is in. */
static struct level *statement(struct layout *layout)
{
	struct level *level = innermost(layout);

	while (!is_brace(level->kind))
		level--;
	return level;
}

static bool is_expression(struct layout *layout)
{
	const struct level *level = innermost(layout);

	if (is_brace(level->kind))
		return level->has_value || pen_piece_is(level->word, "case");
	return level->kind != LEVEL_PARAMETERS && level->kind != LEVEL_LIST;
}

/* ---- the levels ---- */

static int open_level(struct layout *layout, enum level_kind kind, const struct pen_piece *piece)
{
	if (layout->depth + 1 == TABLE_MAX) {
		pen_idl_complain(layout->idl, piece->pos, "this is nested more than %d deep",
				 PEN_IDL_DEPTH_MAX);
		return PEN_E_SYNTAX;
	}
	layout->levels[++layout->depth] = (struct level){ .kind = kind, .open = piece };
	return 0;
}

static void end_statement(struct layout *layout)
{
	struct level *level = statement(layout);

	layout->was_long = level->has_lines && level->kind == LEVEL_DEFINITIONS;
	layout->ends_line = true;
	layout->is_inside = false;
	layout->is_item = true;
	level->word = level->tag = NULL;
	level->has_value = level->has_lines = false;
	level->n_questions = 0;
}

/* A new line for what comes, which is something of its own. */
static void begin_item(struct layout *layout)
{
	layout->ends_line = true;
	layout->is_inside = false;
	layout->is_item = true;
}

static enum level_kind kind_of_brace(struct layout *layout)
{
	const struct level *level = statement(layout);

	if (pen_format_is_definition(level->word))
		return LEVEL_DEFINITIONS;
	return pen_piece_is(level->tag, "enum") ? LEVEL_ENUMERATORS : LEVEL_MEMBERS;
}

static enum level_kind kind_of_bracket(struct layout *layout, const struct pen_piece *piece)
{
	const struct level *level = innermost(layout);

	if (!layout->is_item)
		return LEVEL_INDEX;
	if (level->kind == LEVEL_DEFINITIONS && !level->word &&
	    pen_format_begins_definition(piece) && pen_format_has_several(piece))
		return LEVEL_BLOCK;
	return LEVEL_ATTRIBUTES;
}

static enum level_kind kind_of_parenthesis(struct layout *layout, const struct pen_piece *piece)
{
	static const char *const others[] = { "switch", "__declspec", "_declspec", "SAFEARRAY" };
	const struct level *level = innermost(layout);

	if (is_expression(layout))
		return LEVEL_EXPRESSION;
	if (level->kind != LEVEL_DEFINITIONS || pen_piece_is(level->word, "typedef") ||
	    pen_format_is_quoting(level->word) || layout->left == level->word ||
	    !pen_piece_is_name(layout->left) || pen_format_opens_declarator(piece) ||
	    pen_piece_is_one_of(layout->left, others, PEN_COUNT(others)))
		return LEVEL_LIST;
	piece = pen_piece_next_token(piece);
	if (pen_piece_is(piece, "void") && pen_piece_is(pen_piece_next_token(piece), ")"))
		return LEVEL_LIST;
	return pen_piece_is(piece, ")") ? LEVEL_LIST : LEVEL_PARAMETERS;
}

/* ---- after a token ---- */

static int after_opening(struct layout *layout, const struct pen_piece *piece)
{
	enum level_kind kind = *piece->text == '{'   ? kind_of_brace(layout)
			       : *piece->text == '[' ? kind_of_bracket(layout, piece)
						     : kind_of_parenthesis(layout, piece);

	layout->is_item = kind == LEVEL_LIST;
	if (is_brace(kind) || kind == LEVEL_BLOCK || kind == LEVEL_PARAMETERS)
		begin_item(layout);
	return open_level(layout, kind, piece);
}

static void after_brace(struct layout *layout, const struct pen_piece *piece,
			enum level_kind closed)
{
	if (closed == LEVEL_DEFINITIONS && !pen_piece_is(pen_piece_next_token(piece), ";"))
		end_statement(layout);
}

static void after_closing(struct layout *layout, const struct pen_piece *piece,
			  enum level_kind closed)
{
	const struct pen_piece *next = pen_piece_next_token(piece);

	layout->is_item = closed == LEVEL_BLOCK || closed == LEVEL_ATTRIBUTES;
	layout->left_is_attribute = layout->is_item;
	if (is_brace(closed)) {
		after_brace(layout, piece, closed);
	} else if (layout->is_item && innermost(layout)->kind == LEVEL_DEFINITIONS &&
		   !innermost(layout)->word && pen_format_begins_definition(next)) {
		begin_item(layout);
	} else if (*piece->text == ')' && is_brace(innermost(layout)->kind) &&
		   pen_format_is_quoting(innermost(layout)->word) && !pen_piece_is(next, ";")) {
		end_statement(layout);
	}
}

static void after_comma(struct layout *layout)
{
	struct level *level = innermost(layout);

	switch (level->kind) {
	case LEVEL_ENUMERATORS:
		end_statement(layout);
		break;
	case LEVEL_BLOCK:
		begin_item(layout);
		layout->is_item = false;
		break;
	case LEVEL_PARAMETERS:
		begin_item(layout);
		break;
	default:
		layout->is_item = level->kind == LEVEL_LIST;
		break;
	}
}

static bool is_label_end(struct layout *layout)
{
	const struct level *level = innermost(layout);

	return is_brace(level->kind) && !level->n_questions && level->word &&
	       (pen_piece_is(level->word, "case") || pen_format_is_label(level->word));
}

static void after_colon(struct layout *layout)
{
	struct level *level = innermost(layout);

	if (is_label_end(layout))
		end_statement(layout);
	else if (level->n_questions)
		level->n_questions--;
	else if (level->kind == LEVEL_MEMBERS)
		level->has_value = true;
}

static void after_word(struct layout *layout, const struct pen_piece *piece)
{
	static const char *const tags[] = { "struct", "union", "enum" };
	struct level *level = innermost(layout);

	layout->is_item = pen_piece_is(piece, "typedef");
	if (!is_brace(level->kind))
		return;
	if (!level->word)
		level->word = piece;
	if (pen_piece_is_one_of(piece, tags, PEN_COUNT(tags)))
		level->tag = piece;
}

static int after_token(struct layout *layout, const struct pen_piece *piece)
{
	static const char *const opening[] = { "{", "[", "(" };
	struct level *level = innermost(layout);

	if (piece->token != PEN_TOKEN_MARK) {
		after_word(layout, piece);
		return 0;
	}
	if (pen_piece_is_one_of(piece, opening, PEN_COUNT(opening)))
		return after_opening(layout, piece);
	if (pen_piece_is(piece, ","))
		after_comma(layout);
	else if (pen_piece_is(piece, ":"))
		after_colon(layout);
	else
		layout->is_item = false;
	if (pen_piece_is(piece, ";") && is_brace(level->kind))
		end_statement(layout);
	else if (pen_piece_is(piece, "=") && is_brace(level->kind))
		level->has_value = true;
	else if (pen_piece_is(piece, "?"))
		level->n_questions++;
	return 0;
}

/* ---- before a piece ---- */

/* The level that the } ends is left first, since the } stands where its statement does. */
static int close_level(struct layout *layout, const struct pen_piece *piece,
		       enum level_kind *closedp)
{
	static const char pairs[] = "{}[]()";
	const struct level *level = innermost(layout);
	const char *pair = level->open ? strchr(pairs, *level->open->text) : NULL;

	if (!pair || pair[1] != *piece->text) {
		pen_idl_complain(layout->idl, piece->pos, "this closes nothing");
		if (level->open)
			pen_idl_note(layout->idl, level->open->pos, "open since here");
		return PEN_E_SYNTAX;
	}
	*closedp = level->kind;
	layout->depth--;
	if (is_brace(*closedp) || *closedp == LEVEL_BLOCK) {
		layout->ends_line = true;
		layout->is_inside = false;
		layout->was_long = false;
	}
	return 0;
}

static unsigned indent_of(struct layout *layout, const struct pen_piece *piece)
{
	unsigned indent = layout->is_inside;

	for (size_t i = 1; i <= layout->depth; i++) {
		enum level_kind kind = layout->levels[i].kind;

		indent += is_brace(kind) || kind == LEVEL_BLOCK || kind == LEVEL_PARAMETERS;
	}
	return indent - (pen_format_is_label(piece) && !layout->is_inside && indent);
}

/* Whether an empty line stands before the line that begins with the piece. */
static bool wants_empty_line(struct layout *layout, const struct pen_piece *piece)
{
	const struct pen_piece *last = layout->last;
	bool is_closing = pen_piece_is(piece, "}") || pen_piece_is(piece, "]");
	const struct level *level = innermost(layout);

	if (!last || is_closing || layout->is_inside || last == level->open ||
	    (last->kind == PEN_PIECE_TOKEN && layout->left_is_attribute))
		return false;
	if (piece->n_newlines > 1)
		return !pen_piece_is(piece, "{");
	if (level->kind != LEVEL_DEFINITIONS || piece->kind == PEN_PIECE_DIRECTIVE ||
	    last->kind == PEN_PIECE_DIRECTIVE || pen_piece_is(piece, "{"))
		return false;
	return layout->was_long ||
	       (last->kind == PEN_PIECE_TOKEN && pen_format_begins_definition(piece));
}

static void mark_lines(struct layout *layout)
{
	for (size_t i = 0; i <= layout->depth; i++) {
		struct level *level = &layout->levels[i];

		level->has_lines = level->has_lines || level->word;
	}
}

static void begin_line(struct layout *layout, const struct pen_piece *piece)
{
	bool is_empty = wants_empty_line(layout, piece);

	pen_format_end_line(layout->line);
	if (is_empty && !layout->line->error)
		layout->line->error = pen_buffer_add(layout->line->out, "\n", 1);
	layout->line->indent = piece->kind == PEN_PIECE_DIRECTIVE ? 0 : indent_of(layout, piece);
	mark_lines(layout);
	layout->was_long = false;
	layout->ends_line = false;
}

static unsigned parenthesis_depth(struct layout *layout)
{
	unsigned n = 0;

	for (size_t i = 1; i <= layout->depth; i++) {
		enum level_kind kind = layout->levels[i].kind;

		n += !is_brace(kind) && kind != LEVEL_BLOCK && kind != LEVEL_PARAMETERS;
	}
	return n;
}

/* ---- pieces ---- */

static int put_token(struct layout *layout, const struct pen_piece *piece)
{
	static const char *const closing[] = { "}", "]", ")" };
	enum level_kind closed = LEVEL_DEFINITIONS;
	bool is_closing = pen_piece_is_one_of(piece, closing, PEN_COUNT(closing));
	struct pen_format_word word = { .piece = piece };
	struct pen_joint joint = { .left = layout->left, .right = piece };
	bool is_unary;
	int r;

	r = is_closing ? close_level(layout, piece, &closed) : 0;
	if (r)
		return r;
	if (pen_piece_is(piece, "{") && kind_of_brace(layout) == LEVEL_DEFINITIONS) {
		layout->ends_line = true;
		layout->is_inside = false;
	}
	joint.is_expression = is_expression(layout);
	joint.left_is_unary = layout->left_is_unary;
	joint.left_is_attribute = layout->left_is_attribute;
	joint.right_is_attribute = pen_piece_is(piece, "[") && layout->is_item;
	joint.is_label = is_label_end(layout) || (pen_format_is_quoting(statement(layout)->word));
	is_unary = pen_format_is_unary(&joint);
	word.depth = parenthesis_depth(layout);
	word.after_attribute = layout->left_is_attribute && !word.depth;
	if (layout->ends_line)
		begin_line(layout, piece);
	else if (layout->last && layout->last->kind != PEN_PIECE_TOKEN)
		word.has_space =
			!is_closing && !pen_piece_is(piece, ",") && !pen_piece_is(piece, ";");
	else
		word.has_space = layout->left && pen_format_has_space(&joint);
	pen_format_add(layout->line, &word);
	layout->left_is_unary = is_unary;
	layout->left_is_attribute = false;
	layout->is_inside = true;
	if (is_closing)
		after_closing(layout, piece, closed);
	else
		r = after_token(layout, piece);
	layout->left = piece;
	return r;
}

/* The column of a comment behind others that is set apart from them. 0: a space is before it. */
static size_t column_of(const struct pen_piece *piece)
{
	const char *text = piece->pos.source->text;
	size_t start = piece->pos.offset;
	size_t column = 0;

	if (start > 1 && text[start - 1] == ' ' && !strchr(" \t", text[start - 2]))
		return 0;
	while (start && text[start - 1] != '\n')
		start--;
	for (; start < piece->pos.offset; start++)
		column += text[start] == '\t' ? PEN_FORMAT_TAB - column % PEN_FORMAT_TAB : 1;
	return column <= PEN_FORMAT_COLUMNS ? column : 0;
}

static void put_comment(struct layout *layout, const struct pen_piece *piece)
{
	bool is_behind = layout->last && !piece->n_newlines &&
			 (piece[1].n_newlines || piece[1].kind == PEN_PIECE_END);
	struct pen_format_word word = { .piece = piece };

	if (!layout->last || piece->n_newlines || (layout->ends_line && !is_behind))
		begin_line(layout, piece);
	else
		word.has_space =
			!pen_piece_is(layout->last, "(") && !pen_piece_is(layout->last, "[");
	if (is_behind)
		word.column = column_of(piece);
	word.depth = parenthesis_depth(layout);
	pen_format_add(layout->line, &word);
	if (piece[1].n_newlines && !layout->ends_line)
		layout->ends_line = true;
	if (piece->n > 1 && (piece->text[1] == '/' || memchr(piece->text, '\n', piece->n)))
		layout->ends_line = true;
}

/* Each branch of a condition begins as the first one does; the last one's end counts. */
static void put_directive(struct layout *layout, const struct pen_piece *piece)
{
	const char *word = piece->text + 1;
	const char *end = piece->text + piece->n;
	struct pen_format_word printed = { .piece = piece };

	begin_line(layout, piece);
	pen_format_add(layout->line, &printed);
	layout->ends_line = true;
	layout->last = piece;
	while (word < end && (*word == ' ' || *word == '\t'))
		word++;
	if (end - word > 1 && !memcmp(word, "if", 2) && layout->n_conditions < CONDITIONS_MAX) {
		struct layout *copy = pen_idl_zalloc(layout->idl, sizeof(*copy));

		*copy = *layout;
		layout->outer = copy;
		layout->n_conditions++;
	} else if (end - word > 1 && !memcmp(word, "el", 2) && layout->outer) {
		struct layout *outer = layout->outer;
		size_t n_conditions = layout->n_conditions;

		*layout = *outer;
		layout->outer = outer;
		layout->n_conditions = n_conditions;
		layout->last = piece;
	} else if (end - word > 4 && !memcmp(word, "endif", 5) && layout->outer) {
		layout->outer = layout->outer->outer;
		layout->n_conditions--;
	}
}

static int put_pieces(struct layout *layout, const struct pen_piece *piece)
{
	for (; piece->kind != PEN_PIECE_END && !layout->line->error; piece++) {
		int r = 0;

		if (piece->kind == PEN_PIECE_TOKEN)
			r = put_token(layout, piece);
		else if (piece->kind == PEN_PIECE_COMMENT)
			put_comment(layout, piece);
		else
			put_directive(layout, piece);
		if (r)
			return r;
		layout->last = piece;
	}
	if (layout->depth) {
		pen_idl_complain(layout->idl, innermost(layout)->open->pos, "this is never closed");
		return PEN_E_SYNTAX;
	}
	if (layout->last)
		pen_format_end_line(layout->line);
	return layout->line->error;
}

static int format(struct pen_idl *idl, const char *name, const char *text, size_t n,
		  struct pen_buffer *out)
{
	struct pen_source *source = pen_idl_add_source(idl, name, pen_idl_text(idl, text, n), n);
	struct layout *layout = pen_idl_zalloc(idl, sizeof(*layout));
	const struct pen_token *tokens;
	const char *zero = memchr(source->text, 0, n);

	if (zero) {
		pen_idl_complain(idl, (struct pen_pos){ source, (size_t)(zero - source->text) },
				 "a zero byte, which no text has");
		return PEN_E_SYNTAX;
	}
	idl->keeps_directives = true;
	tokens = pen_idl_lex(idl, source);
	if (idl->n_errors)
		return PEN_E_SYNTAX;
	layout->idl = idl;
	layout->line = pen_idl_zalloc(idl, sizeof(*layout->line));
	layout->line->out = out;
	layout->is_item = true;
	return put_pieces(layout, pen_format_pieces(idl, source, tokens));
}

int pen_idl_print_formatted(struct pen_idl *idl, const char *name, const char *text, size_t n,
			    struct pen_buffer *out)
{
	if (setjmp(idl->out_of_memory))
		return idl->arena.max - idl->arena.total < 1 << 20 ? PEN_E_LIMIT : -ENOMEM;
	return format(idl, name, text, n, out);
}
