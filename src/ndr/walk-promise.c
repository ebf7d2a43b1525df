/* SPDX-License-Identifier: MIT */
/*
 * Promises: what attributes said of a value, kept until all of the value is there.
 */
#include "ndr/walk.h"
#include <errno.h>

void pen_walk_promise(struct pen_walk *w, const struct pen_expr *expr, int64_t value)
{
	if (!expr)
		return;
	if (w->n_promises == w->max_promises) {
		void *rows = pen_walk_grow(w, w->promises, w->inline_promises, &w->max_promises,
					   sizeof(w->promises[0]));

		if (!rows)
			return;
		w->promises = rows;
	}
	w->promises[w->n_promises++] = (struct pen_promise){
		.expr = expr, .members = w->members, .name = w->name, .value = value
	};
}

/* What a name stands for, if the expression is that name with at most one constant to undo. */
static bool solve(const struct pen_expr *e, int64_t *value)
{
	if (e[0].op < PEN_EXPR_MEMBER || e[0].op > PEN_EXPR_OUT)
		return false;
	if (e[1].op == PEN_EXPR_END)
		return true;
	if (e[1].op != PEN_EXPR_CONST || e[2].op == PEN_EXPR_END || e[3].op != PEN_EXPR_END)
		return false;
	switch (e[2].op) {
	case PEN_EXPR_ADD:
		return !__builtin_sub_overflow(*value, e[1].value, value);
	case PEN_EXPR_SUB:
		return !__builtin_add_overflow(*value, e[1].value, value);
	case PEN_EXPR_DIV:
		return !__builtin_mul_overflow(*value, e[1].value, value);
	case PEN_EXPR_MUL:
		if (e[1].value <= 0 || *value % e[1].value)
			return false;
		*value /= e[1].value;
		return true;
	default:
		return false;
	}
}

/* Gives a member that a person left out the value that an array or an arm implies. */
static void fill_in(struct pen_walk *w, const struct pen_promise *promise, const void *own)
{
	const struct pen_expr *e = promise->expr;
	const uint8_t *base = e->op == PEN_EXPR_MEMBER ? promise->members
			      : e->op == PEN_EXPR_IN   ? w->scope.in
						       : w->scope.out;
	const struct pen_type *type = e->type;
	int64_t value = promise->value;
	void *slot;

	if (!solve(e, &value) || !base || (e->op != PEN_EXPR_MEMBER && base != own))
		return;
	slot = (uint8_t *)(uintptr_t)base + e->offset;
	while (type->kind == PEN_POINTER) {
		void **pointer = slot;

		if (!*pointer)
			*pointer = pen_arena_zalloc(w->arena, type->element->size);
		slot = *pointer;
		type = type->element;
		if (!slot) {
			pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
			return;
		}
	}
	if (pen_scalar_load(type, slot) == 0 && !pen_scalar_store(type, slot, value))
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s cannot hold %lld", e->name, (long long)value);
}

void pen_walk_keep_promises(struct pen_walk *w, const void *own)
{
	for (size_t i = 0; i < w->n_promises && pen_walk_ok(w); i++) {
		const struct pen_promise *promise = &w->promises[i];
		int64_t value = 0;
		int r;

		w->name = promise->name;
		if (w->format->is_reading && !w->format->is_wire)
			fill_in(w, promise, own);
		r = pen_expr_eval(promise->expr, &w->scope, promise->members, &value);
		if (r == PEN_E_NOT_FOUND && w->format->is_reading)
			continue;
		if (r)
			pen_walk_fail(w, PEN_E_BAD_DATA, "an attribute cannot be computed");
		else if (value != promise->value)
			pen_walk_fail(w, PEN_E_BAD_DATA, "is %lld where its attribute says %lld",
				      (long long)promise->value, (long long)value);
	}
}
