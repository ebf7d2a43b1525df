/* SPDX-License-Identifier: MIT */
/*
 * Expressions: names find their constant or their member, constants their
 * value, and what is left becomes steps in postfix order.
 */
#include "compiler/resolve.h"
#include <string.h>

enum { STEPS_MAX = 256 };

struct steps {
	struct pen_model_step list[STEPS_MAX];
	size_t n;
	bool is_bad;
};

static void add_step(struct pen_resolver *resolver, struct steps *steps, struct pen_pos pos,
		     struct pen_model_step step)
{
	if (steps->is_bad)
		return;
	if (steps->n == STEPS_MAX - 1) {
		pen_idl_complain(resolver->idl, pos, "this expression is too long");
		steps->is_bad = true;
		return;
	}
	steps->list[steps->n++] = step;
}

static const struct pen_model_field *find_member(const struct pen_resolver *resolver,
						 const char *name)
{
	for (size_t i = 0; i < resolver->n_scope; i++) {
		if (resolver->scope[i].name && !strcmp(resolver->scope[i].name, name))
			return &resolver->scope[i];
	}
	return NULL;
}

static void add_name(struct pen_resolver *resolver, struct steps *steps,
		     const struct pen_tree_expr *expr)
{
	const struct pen_model_field *field = find_member(resolver, expr->name);
	struct pen_spelling spelling = { .word = expr->name };
	const struct pen_symbol *symbol;

	if (field) {
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_MEMBER, .field = field });
		return;
	}
	symbol = pen_symbol_find(resolver, PEN_SYMBOL_CONSTANT, expr->name);
	if (symbol && !symbol->constant->text) {
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST,
						  .value = symbol->constant->value });
		return;
	}
	if (!strcmp(expr->name, "TRUE") || !strcmp(expr->name, "FALSE")) {
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST,
						  .value = expr->name[0] == 'T' });
		return;
	}
	pen_symbol_spell(resolver, PEN_SYMBOL_CONSTANT, &spelling);
	for (size_t i = 0; i < resolver->n_scope; i++) {
		if (resolver->scope[i].name)
			pen_spelling_try(&spelling, resolver->scope[i].name);
	}
	pen_idl_complain(resolver->idl, expr->pos, "\"%s\" is no %s here%s", expr->name,
			 resolver->n_scope ? "member, parameter or constant" : "constant",
			 pen_idl_meant(resolver->idl, &spelling));
	steps->is_bad = true;
}

static void add_expr(struct pen_resolver *resolver, struct steps *steps,
		     const struct pen_tree_expr *expr)
{
	if (steps->is_bad || !pen_idl_enter(resolver->idl, expr->pos)) {
		steps->is_bad = true;
		return;
	}
	switch (expr->kind) {
	case PEN_TREE_CONST:
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = expr->value });
		break;
	case PEN_TREE_NAME:
		add_name(resolver, steps, expr);
		break;
	case PEN_TREE_DEREF: /* A member that is a pointer is followed anyway. */
		if (expr->args[0]->kind == PEN_TREE_NAME || expr->args[0]->kind == PEN_TREE_DEREF) {
			add_expr(resolver, steps, expr->args[0]);
			break;
		}
		pen_idl_complain(resolver->idl, expr->pos, "* wants the name of a pointer");
		steps->is_bad = true;
		break;
	case PEN_TREE_OPERATOR:
		/* Popped as no, yes, condition. */
		for (size_t i = 0; i < PEN_COUNT(expr->args) && expr->args[i]; i++)
			add_expr(resolver, steps, expr->args[i]);
		add_step(resolver, steps, expr->pos, (struct pen_model_step){ .op = expr->op });
		break;
	case PEN_TREE_TEXT:
	case PEN_TREE_EMPTY:
		pen_idl_complain(resolver->idl, expr->pos, "a number is wanted here");
		steps->is_bad = true;
		break;
	}
	pen_idl_leave(resolver->idl);
}

/* C's result, in 64 bits that wrap. false: there is none. */
static bool compute(enum pen_expr_op op, int64_t a, int64_t b, int64_t *resultp)
{
	switch (op) {
	case PEN_EXPR_MUL:
		*resultp = (int64_t)((uint64_t)a * (uint64_t)b);
		return true;
	case PEN_EXPR_ADD:
		*resultp = (int64_t)((uint64_t)a + (uint64_t)b);
		return true;
	case PEN_EXPR_SUB:
		*resultp = (int64_t)((uint64_t)a - (uint64_t)b);
		return true;
	case PEN_EXPR_DIV:
	case PEN_EXPR_MOD:
		if (!b || (a == INT64_MIN && b == -1))
			return false;
		*resultp = op == PEN_EXPR_DIV ? a / b : a % b;
		return true;
	case PEN_EXPR_SHL:
	case PEN_EXPR_SHR:
		if (b < 0 || b > 63)
			return false;
		*resultp = op == PEN_EXPR_SHL ? (int64_t)((uint64_t)a << b) : a >> b;
		return true;
	case PEN_EXPR_LT:
		*resultp = a < b;
		return true;
	case PEN_EXPR_LE:
		*resultp = a <= b;
		return true;
	case PEN_EXPR_GT:
		*resultp = a > b;
		return true;
	case PEN_EXPR_GE:
		*resultp = a >= b;
		return true;
	case PEN_EXPR_EQ:
		*resultp = a == b;
		return true;
	case PEN_EXPR_NE:
		*resultp = a != b;
		return true;
	case PEN_EXPR_AND:
		*resultp = a & b;
		return true;
	case PEN_EXPR_XOR:
		*resultp = a ^ b;
		return true;
	case PEN_EXPR_OR:
		*resultp = a | b;
		return true;
	case PEN_EXPR_LAND:
		*resultp = a && b;
		return true;
	case PEN_EXPR_LOR:
		*resultp = a || b;
		return true;
	default:
		return false;
	}
}

/* Runs steps without names. false: it divides by zero, or the like. */
static bool run_steps(const struct steps *steps, int64_t *resultp)
{
	int64_t stack[STEPS_MAX] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < steps->n; i++) {
		enum pen_expr_op op = steps->list[i].op;

		if (op == PEN_EXPR_CONST) {
			stack[n++] = steps->list[i].value;
		} else if (op == PEN_EXPR_NEG) {
			stack[n - 1] = (int64_t)(0 - (uint64_t)stack[n - 1]);
		} else if (op == PEN_EXPR_NOT) {
			stack[n - 1] = ~stack[n - 1];
		} else if (op == PEN_EXPR_LNOT) {
			stack[n - 1] = !stack[n - 1];
		} else if (op == PEN_EXPR_COND) {
			n -= 2;
			stack[n - 1] = stack[n - 1] ? stack[n] : stack[n + 1];
		} else {
			n--;
			if (!compute(op, stack[n - 1], stack[n], &stack[n - 1]))
				return false;
		}
	}
	*resultp = stack[0];
	return true;
}

int64_t pen_resolve_constant(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	size_t n_scope = resolver->n_scope;
	struct steps steps = { 0 };
	int64_t value = 0;

	resolver->n_scope = 0;
	add_expr(resolver, &steps, expr);
	resolver->n_scope = n_scope;
	if (!steps.is_bad && !run_steps(&steps, &value))
		pen_idl_complain(resolver->idl, expr->pos, "this has no value");
	return value;
}

static const struct pen_model_step *finish_steps(struct pen_resolver *resolver, struct steps *steps)
{
	struct pen_model_step *list;
	bool is_constant = true;

	if (steps->is_bad)
		return NULL;
	for (size_t i = 0; i < steps->n; i++)
		is_constant = is_constant && steps->list[i].op != PEN_EXPR_MEMBER;
	if (is_constant) {
		int64_t value = 0;

		run_steps(steps, &value);
		steps->list[0] = (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = value };
		steps->n = 1;
	}
	list = pen_idl_array(resolver->idl, steps->n + 1, sizeof(*list));
	memcpy(list, steps->list, steps->n * sizeof(*list));
	return list;
}

const struct pen_model_step *pen_resolve_expr(struct pen_resolver *resolver,
					      const struct pen_tree_expr *expr, int64_t add)
{
	struct steps steps = { 0 };

	add_expr(resolver, &steps, expr);
	if (add) {
		add_step(resolver, &steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = add });
		add_step(resolver, &steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_ADD });
	}
	return finish_steps(resolver, &steps);
}

const struct pen_model_step *pen_resolve_length(struct pen_resolver *resolver,
						const struct pen_tree_expr *last,
						const struct pen_tree_expr *first)
{
	struct steps steps = { 0 };

	add_expr(resolver, &steps, last);
	add_expr(resolver, &steps, first);
	add_step(resolver, &steps, last->pos, (struct pen_model_step){ .op = PEN_EXPR_SUB });
	add_step(resolver, &steps, last->pos,
		 (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = 1 });
	add_step(resolver, &steps, last->pos, (struct pen_model_step){ .op = PEN_EXPR_ADD });
	return finish_steps(resolver, &steps);
}
