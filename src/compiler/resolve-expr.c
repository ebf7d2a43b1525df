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

/* A constant, or one of the words that are always there. */
static bool find_constant(const struct pen_resolver *resolver, const char *name,
			  struct pen_number *number)
{
	const struct pen_symbol *symbol = pen_symbol_find(resolver, PEN_SYMBOL_CONSTANT, name);

	*number = (struct pen_number){ .kind = PEN_NUMBER_I32 };
	if (symbol && !symbol->constant->text) {
		*number = symbol->constant->number;
		return true;
	}
	number->value = !strcmp(name, "TRUE") || !strcmp(name, "true");
	return number->value || !strcmp(name, "FALSE") || !strcmp(name, "false") ||
	       !strcmp(name, "NULL");
}

static void complain_of_name(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	struct pen_spelling spelling = { .word = expr->name };

	pen_symbol_spell(resolver, PEN_SYMBOL_CONSTANT, &spelling);
	for (size_t i = 0; i < resolver->n_scope; i++) {
		if (resolver->scope[i].name)
			pen_spelling_try(&spelling, resolver->scope[i].name);
	}
	pen_idl_complain(resolver->idl, expr->pos, "\"%s\" is no %s here%s", expr->name,
			 resolver->n_scope ? "member, parameter or constant" : "constant",
			 pen_idl_meant(resolver->idl, &spelling));
}

/* Of the C value. */
static int64_t size_of(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	const struct pen_tree_decl *decl = expr->type;
	struct pen_shape shape;
	int64_t size;

	if (!decl || !decl->spec)
		return 0;
	pen_resolve_shape(resolver, decl, decl->declarators, "size", &shape);
	size = pen_kind_is_integer(shape.base->kind) ? pen_kind_bits(shape.base->kind) / 8
	       : shape.base->kind == PEN_FLOAT	     ? 4
	       : shape.base->kind == PEN_DOUBLE	     ? 8
						     : 0;
	for (size_t i = shape.n_levels; i--;) {
		if (!shape.levels[i].is_array)
			size = sizeof(void *);
		else if (__builtin_mul_overflow(size, (int64_t)shape.levels[i].count, &size))
			size = 0;
	}
	if (!size)
		pen_idl_complain(resolver->idl, expr->pos,
				 "the size of this type is not known here");
	return size;
}

static void add_name(struct pen_resolver *resolver, struct steps *steps,
		     const struct pen_tree_expr *expr)
{
	const struct pen_model_field *field = find_member(resolver, expr->name);
	struct pen_number number;

	if (field) {
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_MEMBER, .field = field });
		return;
	}
	if (find_constant(resolver, expr->name, &number)) {
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = number.value });
		return;
	}
	if (resolver->is_local)
		pen_refuse(resolver, expr->pos, "\"%s\" is no member, parameter or constant here",
			   expr->name);
	else
		complain_of_name(resolver, expr);
	steps->is_bad = true;
}

static int64_t integer_of(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	if (expr->number.kind == PEN_NUMBER_REAL)
		pen_idl_complain(resolver->idl, expr->pos, "an integer is wanted here");
	return expr->number.value;
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
			 (struct pen_model_step){ .op = PEN_EXPR_CONST,
						  .value = integer_of(resolver, expr) });
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
	case PEN_TREE_CAST: /* Computed in 64 bits, in which all types are that a size may have. */
		add_expr(resolver, steps, expr->args[0]);
		break;
	case PEN_TREE_SIZEOF:
		add_step(resolver, steps, expr->pos,
			 (struct pen_model_step){ .op = PEN_EXPR_CONST,
						  .value = size_of(resolver, expr) });
		break;
	case PEN_TREE_TYPE:
	case PEN_TREE_TEXT:
	case PEN_TREE_EMPTY:
		pen_idl_complain(resolver->idl, expr->pos, "a number is wanted here");
		steps->is_bad = true;
		break;
	}
	pen_idl_leave(resolver->idl);
}

/* Whether no name of a member is in it, so that it has a value now. */
static bool is_constant(const struct pen_resolver *resolver, const struct pen_tree_expr *expr,
			unsigned depth)
{
	if (depth > PEN_IDL_DEPTH_MAX * 2)
		return false;
	if (expr->kind == PEN_TREE_NAME)
		return !find_member(resolver, expr->name) &&
		       find_constant(resolver, expr->name, &(struct pen_number){ 0 });
	for (size_t i = 0; i < PEN_COUNT(expr->args) && expr->args[i]; i++) {
		if (!is_constant(resolver, expr->args[i], depth + 1))
			return false;
	}
	return expr->kind != PEN_TREE_DEREF;
}

/* Whole expressions that are constant have C's types and its limits. */
static void add_whole(struct pen_resolver *resolver, struct steps *steps,
		      const struct pen_tree_expr *expr)
{
	if (!is_constant(resolver, expr, 0)) {
		add_expr(resolver, steps, expr);
		return;
	}
	add_step(resolver, steps, expr->pos,
		 (struct pen_model_step){ .op = PEN_EXPR_CONST,
					  .value = pen_resolve_constant(resolver, expr) });
}

static int64_t wrap(int64_t a, uint64_t b)
{
	return (int64_t)((uint64_t)a + b);
}

static const struct pen_model_step *finish_steps(struct pen_resolver *resolver, struct steps *steps)
{
	struct pen_model_step *list;
	bool is_all_constant = true;

	if (steps->is_bad)
		return NULL;
	for (size_t i = 0; i < steps->n; i++)
		is_all_constant = is_all_constant && steps->list[i].op != PEN_EXPR_MEMBER;
	if (is_all_constant) {
		struct pen_model_step *last = &steps->list[steps->n - 1];
		int64_t value = steps->list[0].value;

		/* One number; two of them added; or last - first + 1. */
		if (steps->n == 3)
			value = wrap(value, (uint64_t)steps->list[1].value);
		else if (steps->n == 5)
			value = wrap(value, 1 - (uint64_t)steps->list[1].value);
		*last = (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = value };
		steps->list[0] = *last;
		steps->n = 1;
	}
	list = pen_idl_array(resolver->idl, steps->n + 1, sizeof(*list));
	memcpy(list, steps->list, steps->n * sizeof(*list));
	return list;
}

static bool evaluate(struct pen_resolver *resolver, const struct pen_tree_expr *expr,
		     struct pen_number *result);

static bool evaluate_cast(struct pen_resolver *resolver, const struct pen_tree_expr *expr,
			  struct pen_number *result)
{
	const struct pen_tree_decl *decl = expr->type;
	struct pen_shape shape;

	if (!decl || !decl->spec || !evaluate(resolver, expr->args[0], result))
		return false;
	pen_resolve_shape(resolver, decl, decl->declarators, "cast", &shape);
	if (shape.n_levels)
		*result = pen_number_cast(*result, 64, true);
	else if (pen_kind_is_integer(shape.base->kind))
		*result = pen_number_cast(*result, pen_kind_bits(shape.base->kind),
					  pen_kind_is_unsigned(shape.base->kind));
	else if (shape.base->kind != PEN_FLOAT && shape.base->kind != PEN_DOUBLE)
		return false;
	else if (result->kind != PEN_NUMBER_REAL)
		*result = (struct pen_number){ .kind = PEN_NUMBER_REAL,
					       .real = (double)result->value };
	return true;
}

static bool evaluate_operator(struct pen_resolver *resolver, const struct pen_tree_expr *expr,
			      struct pen_number *result)
{
	struct pen_number args[3] = { 0 };
	const char *why;

	for (size_t i = 0; i < PEN_COUNT(args) && expr->args[i]; i++) {
		/* What C does not compute need not have a value. */
		if ((expr->op == PEN_EXPR_LAND && i && !pen_number_is_true(args[0])) ||
		    (expr->op == PEN_EXPR_LOR && i && pen_number_is_true(args[0])) ||
		    (expr->op == PEN_EXPR_COND && i && pen_number_is_true(args[0]) != (i == 1)))
			continue;
		if (!evaluate(resolver, expr->args[i], &args[i]))
			return false;
	}
	why = pen_number_compute(expr->op, args, result);
	if (why)
		pen_idl_complain(resolver->idl, expr->pos, "%s", why);
	return !why;
}

/* false: it has no value, which was complained of. */
static bool evaluate(struct pen_resolver *resolver, const struct pen_tree_expr *expr,
		     struct pen_number *result)
{
	bool is_good = true;

	if (!pen_idl_enter(resolver->idl, expr->pos))
		return false;
	*result = (struct pen_number){ 0 };
	switch (expr->kind) {
	case PEN_TREE_CONST:
		*result = expr->number;
		break;
	case PEN_TREE_NAME:
		is_good = find_constant(resolver, expr->name, result);
		if (!is_good)
			complain_of_name(resolver, expr);
		break;
	case PEN_TREE_OPERATOR:
		is_good = evaluate_operator(resolver, expr, result);
		break;
	case PEN_TREE_CAST:
		is_good = evaluate_cast(resolver, expr, result);
		break;
	case PEN_TREE_SIZEOF:
		*result = (struct pen_number){ .kind = PEN_NUMBER_U32,
					       .value = size_of(resolver, expr) };
		break;
	default:
		pen_idl_complain(resolver->idl, expr->pos, "a number is wanted here");
		is_good = false;
	}
	pen_idl_leave(resolver->idl);
	return is_good;
}

struct pen_number pen_resolve_number(struct pen_resolver *resolver,
				     const struct pen_tree_expr *expr)
{
	const size_t n_scope = resolver->n_scope;
	struct pen_number number;

	resolver->n_scope = 0;
	if (!evaluate(resolver, expr, &number))
		number = (struct pen_number){ 0 };
	resolver->n_scope = n_scope;
	return number;
}

int64_t pen_resolve_constant(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	struct pen_number number = pen_resolve_number(resolver, expr);

	if (number.kind != PEN_NUMBER_REAL)
		return number.value;
	pen_idl_complain(resolver->idl, expr->pos, "an integer is wanted here");
	return 0;
}

const struct pen_model_step *pen_resolve_expr(struct pen_resolver *resolver,
					      const struct pen_tree_expr *expr, int64_t add)
{
	struct steps steps = { 0 };

	add_whole(resolver, &steps, expr);
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

	add_whole(resolver, &steps, last);
	add_whole(resolver, &steps, first);
	add_step(resolver, &steps, last->pos, (struct pen_model_step){ .op = PEN_EXPR_SUB });
	add_step(resolver, &steps, last->pos,
		 (struct pen_model_step){ .op = PEN_EXPR_CONST, .value = 1 });
	add_step(resolver, &steps, last->pos, (struct pen_model_step){ .op = PEN_EXPR_ADD });
	return finish_steps(resolver, &steps);
}
