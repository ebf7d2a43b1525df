/* SPDX-License-Identifier: MIT */
/*
 * Where a space stands between two tokens of a line.
 */
#include "compiler/format.h"

static bool is_mark(const struct pen_piece *piece)
{
	return piece->kind == PEN_PIECE_TOKEN && piece->token == PEN_TOKEN_MARK;
}

static bool is_operator(const struct pen_piece *piece)
{
	static const char *const operators[] = { "*",  "+",  "-",  "/",	 "%",  "&",  "|",
						 "^",  "~",  "!",  "<",	 ">",  "<<", ">>",
						 "<=", ">=", "==", "!=", "&&", "||", "?" };

	return is_mark(piece) && pen_piece_is_one_of(piece, operators, PEN_COUNT(operators));
}

static bool is_operand(const struct pen_piece *piece)
{
	return piece && (!is_mark(piece) || pen_piece_is(piece, ")") || pen_piece_is(piece, "]"));
}

bool pen_format_is_unary(const struct pen_joint *joint)
{
	const struct pen_piece *after = pen_piece_next_token(joint->right);

	if (!is_operator(joint->right))
		return false;
	if (!joint->is_expression || !is_operand(joint->left))
		return true;
	/* "sizeof(void *)" */
	return pen_piece_is(joint->right, "*") &&
	       (pen_piece_is(after, ")") || pen_piece_is(after, ",") || pen_piece_is(after, "*"));
}

bool pen_format_opens_declarator(const struct pen_piece *piece)
{
	static const char *const words[] = {
		"*",	  "(",	      "__stdcall", "_stdcall",	 "__cdecl",	      "_cdecl",
		"WINAPI", "CALLBACK", "APIENTRY",  "__fastcall", "STDMETHODCALLTYPE",
	};

	return pen_piece_is(piece, "(") &&
	       pen_piece_is_one_of(pen_piece_next_token(piece), words, PEN_COUNT(words));
}

/* Before a ( that follows something. */
static bool before_parenthesis(const struct pen_joint *joint)
{
	const struct pen_piece *left = joint->left;

	if (joint->is_expression)
		return is_mark(left) && !joint->left_is_unary && !pen_piece_is(left, ")");
	if (pen_piece_is(left, "switch"))
		return true;
	return pen_piece_is_name(left) && pen_format_opens_declarator(joint->right);
}

/* The < and > of "IMap<K, V> *". */
static bool around_types(const struct pen_joint *joint)
{
	return (pen_piece_is(joint->left, ">") || pen_piece_is(joint->left, ">>")) &&
	       (!is_mark(joint->right) || pen_piece_is(joint->right, "*"));
}

static bool is_angle(const struct pen_piece *piece)
{
	return pen_piece_is(piece, "<") || pen_piece_is(piece, ">") || pen_piece_is(piece, ">>");
}

/* Whether the two would become another token, or a comment, without a space. */
static bool would_merge(const struct pen_piece *left, const struct pen_piece *right)
{
	static const char *const pairs[] = { "/*", "//", "<<", ">>", "<=", ">=",
					     "==", "!=", "&&", "||", "..", "->" };
	char last = left->n ? left->text[left->n - 1] : '\0';

	if (last == '.' || *right->text == '.')
		return left->token == PEN_TOKEN_NUMBER || right->token == PEN_TOKEN_NUMBER ||
		       (is_mark(left) && is_mark(right));
	for (size_t i = 0; i < PEN_COUNT(pairs) && is_mark(left) && is_mark(right); i++) {
		if (pairs[i][0] == last && pairs[i][1] == *right->text)
			return true;
	}
	return false;
}

bool pen_format_has_space(const struct pen_joint *joint)
{
	static const char *const closing[] = { ";", ",", ")", "]", ".", "..", "->" };
	static const char *const opening[] = { "(", "[", ".", "..", "->" };
	const struct pen_piece *left = joint->left;
	const struct pen_piece *right = joint->right;

	if (would_merge(left, right))
		return true;
	if (pen_piece_is_one_of(left, opening, PEN_COUNT(opening)) ||
	    pen_piece_is_one_of(right, closing, PEN_COUNT(closing)))
		return false;
	if (pen_piece_is(right, "{") || pen_piece_is(left, "}") || pen_piece_is(left, ",") ||
	    pen_piece_is(left, ":") || joint->left_is_attribute)
		return true;
	if (pen_piece_is(right, "["))
		return joint->right_is_attribute;
	if (pen_piece_is(right, ":"))
		return !joint->is_label;
	if (pen_piece_is(left, "=") || pen_piece_is(right, "="))
		return true;
	if (!joint->is_expression && (is_angle(left) || is_angle(right)))
		return around_types(joint);
	if (pen_piece_is(right, "("))
		return before_parenthesis(joint);
	if (joint->left_is_unary)
		return false;
	if (is_operator(left) || is_operator(right))
		return true;
	return !joint->is_expression || !pen_piece_is(left, ")");
}
