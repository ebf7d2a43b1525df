/* SPDX-License-Identifier: MIT */
/*
 * Expressions: C's operators with C's precedence, over numbers and names.
 */
#include "compiler/parse.h"
#include <string.h>

enum { PRECEDENCE_MAX = 10 };

/* Binary operators, by how tightly they bind. */
static const struct {
	const char *text;
	enum pen_expr_op op;
	int precedence;
} operators[] = {
	{ "||", PEN_EXPR_LOR, 1 }, { "&&", PEN_EXPR_LAND, 2 }, { "|", PEN_EXPR_OR, 3 },
	{ "^", PEN_EXPR_XOR, 4 },  { "&", PEN_EXPR_AND, 5 },   { "==", PEN_EXPR_EQ, 6 },
	{ "!=", PEN_EXPR_NE, 6 },  { "<", PEN_EXPR_LT, 7 },    { "<=", PEN_EXPR_LE, 7 },
	{ ">", PEN_EXPR_GT, 7 },   { ">=", PEN_EXPR_GE, 7 },   { "<<", PEN_EXPR_SHL, 8 },
	{ ">>", PEN_EXPR_SHR, 8 }, { "+", PEN_EXPR_ADD, 9 },   { "-", PEN_EXPR_SUB, 9 },
	{ "*", PEN_EXPR_MUL, 10 }, { "/", PEN_EXPR_DIV, 10 },  { "%", PEN_EXPR_MOD, 10 },
};

const char *pen_tree_operator(enum pen_expr_op op)
{
	for (size_t i = 0; i < PEN_COUNT(operators); i++) {
		if (operators[i].op == op)
			return operators[i].text;
	}
	switch (op) {
	case PEN_EXPR_NEG:
		return "-";
	case PEN_EXPR_NOT:
		return "~";
	case PEN_EXPR_LNOT:
		return "!";
	default:
		return "?:";
	}
}

static struct pen_tree_expr *new_expr(struct pen_parser *parser, enum pen_tree_expr_kind kind)
{
	struct pen_tree_expr *expr = pen_idl_zalloc(parser->idl, sizeof(*expr));

	expr->kind = kind;
	expr->pos = parser->token->pos;
	return expr;
}

/*
 * "(DWORD)1": a name in parentheses is a type where an operand follows, and before a sign
 * where a typedef made it one.
 */
static bool is_cast(struct pen_parser *parser)
{
	struct pen_parser ahead = *parser;
	const struct pen_token *token;
	const char *name;
	bool is_pointer = false;
	bool is_type;

	if (!pen_parser_take(&ahead, "("))
		return false;
	if (pen_parser_at_type(&ahead))
		return true;
	if (ahead.token->kind != PEN_TOKEN_NAME)
		return false;
	name = pen_parser_dotted_name(&ahead, "a type");
	is_type = pen_idl_word(parser->idl, name, strlen(name))->is_type;
	while (pen_parser_take(&ahead, "*"))
		is_pointer = true;
	if (!pen_parser_take(&ahead, ")"))
		return false;
	if (is_pointer || (is_type && (pen_parser_at(&ahead, "-") || pen_parser_at(&ahead, "+") ||
				       pen_parser_at(&ahead, "*"))))
		return true;
	token = ahead.token;
	return (token->kind != PEN_TOKEN_MARK && token->kind != PEN_TOKEN_END) ||
	       !strcmp(token->text, "(") || !strcmp(token->text, "~") || !strcmp(token->text, "!");
}

static struct pen_tree_expr *parse_unary(struct pen_parser *parser);

static struct pen_tree_expr *parse_sizeof(struct pen_parser *parser)
{
	struct pen_tree_expr *expr = new_expr(parser, PEN_TREE_SIZEOF);

	pen_parser_expect(parser, "sizeof");
	if (pen_parser_expect(parser, "("))
		expr->type = pen_parse_type(parser);
	pen_parser_expect(parser, ")");
	return expr;
}

static struct pen_tree_expr *parse_primary(struct pen_parser *parser)
{
	const struct pen_token *token = parser->token;
	struct pen_tree_expr *expr = new_expr(parser, PEN_TREE_CONST);

	if (pen_parser_take(parser, "(")) {
		expr = pen_parse_expr(parser);
		pen_parser_expect(parser, ")");
		return expr;
	}
	switch (token->kind) {
	case PEN_TOKEN_NUMBER:
	case PEN_TOKEN_CHARACTER:
		expr->number = token->number ? *token->number : (struct pen_number){ 0 };
		pen_parser_step(parser);
		break;
	case PEN_TOKEN_STRING:
		expr->kind = PEN_TREE_TEXT;
		expr->is_wide = token->is_wide;
		expr->name = pen_parser_string(parser);
		break;
	case PEN_TOKEN_NAME:
		expr->kind = PEN_TREE_NAME;
		expr->name = pen_parser_dotted_name(parser, "a name");
		break;
	default:
		pen_parser_fail(parser, "an expression");
	}
	return expr;
}

static struct pen_tree_expr *parse_operand(struct pen_parser *parser)
{
	static const struct {
		const char *text;
		enum pen_expr_op op;
	} unary[] = {
		{ "-", PEN_EXPR_NEG },
		{ "~", PEN_EXPR_NOT },
		{ "!", PEN_EXPR_LNOT },
	};
	struct pen_tree_expr *expr = new_expr(parser, PEN_TREE_OPERATOR);

	if (pen_parser_take(parser, "*")) {
		expr->kind = PEN_TREE_DEREF;
		expr->args[0] = parse_unary(parser);
		return expr;
	}
	if (pen_parser_take(parser, "+"))
		return parse_unary(parser);
	if (pen_parser_at(parser, "sizeof"))
		return parse_sizeof(parser);
	if (is_cast(parser)) {
		expr->kind = PEN_TREE_CAST;
		pen_parser_step(parser);
		expr->type = pen_parse_type(parser);
		pen_parser_expect(parser, ")");
		expr->args[0] = parse_unary(parser);
		return expr;
	}
	for (size_t i = 0; i < PEN_COUNT(unary); i++) {
		if (pen_parser_take(parser, unary[i].text)) {
			expr->op = unary[i].op;
			expr->args[0] = parse_unary(parser);
			return expr;
		}
	}
	return parse_primary(parser);
}

static struct pen_tree_expr *parse_unary(struct pen_parser *parser)
{
	struct pen_tree_expr *expr;

	if (parser->is_lost || !pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return new_expr(parser, PEN_TREE_CONST);
	}
	expr = parse_operand(parser);
	pen_idl_leave(parser->idl);
	return expr;
}

static bool take_operator(struct pen_parser *parser, int precedence, enum pen_expr_op *op)
{
	for (size_t i = 0; i < PEN_COUNT(operators); i++) {
		if (operators[i].precedence == precedence &&
		    pen_parser_take(parser, operators[i].text)) {
			*op = operators[i].op;
			return true;
		}
	}
	return false;
}

static struct pen_tree_expr *parse_binary(struct pen_parser *parser, int precedence)
{
	struct pen_tree_expr *left;
	enum pen_expr_op op;
	unsigned n = 0;

	if (precedence > PRECEDENCE_MAX)
		return parse_unary(parser);
	left = parse_binary(parser, precedence + 1);
	while (!parser->is_lost && take_operator(parser, precedence, &op)) {
		struct pen_tree_expr *expr = new_expr(parser, PEN_TREE_OPERATOR);

		if (++n > PEN_IDL_DEPTH_MAX) {
			pen_parser_fail(parser, "a shorter expression");
			break;
		}
		expr->pos = left->pos;
		expr->op = op;
		expr->args[0] = left;
		expr->args[1] = parse_binary(parser, precedence + 1);
		left = expr;
	}
	return left;
}

struct pen_tree_expr *pen_parse_expr(struct pen_parser *parser)
{
	struct pen_tree_expr *condition;
	struct pen_tree_expr *expr;

	if (!pen_idl_enter(parser->idl, parser->token->pos)) {
		parser->is_lost = true;
		return new_expr(parser, PEN_TREE_CONST);
	}
	expr = parse_binary(parser, 1);
	if (!parser->is_lost && pen_parser_take(parser, "?")) {
		condition = expr;
		expr = new_expr(parser, PEN_TREE_OPERATOR);
		expr->pos = condition->pos;
		expr->op = PEN_EXPR_COND;
		expr->args[0] = condition;
		expr->args[1] = pen_parse_expr(parser);
		pen_parser_expect(parser, ":");
		expr->args[2] = pen_parse_expr(parser);
	}
	pen_idl_leave(parser->idl);
	return expr;
}
