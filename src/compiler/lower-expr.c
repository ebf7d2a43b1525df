/* SPDX-License-Identifier: MIT */
/*
 * Expressions, whose names become places in a struct once its layout is known.
 */
#include "compiler/lower.h"
#include <string.h>

const struct pen_expr *pen_lower_expr(struct pen_lowerer *lowerer,
				      const struct pen_model_step *steps)
{
	struct pen_lower_pending *pending;
	size_t n = 0;

	if (!steps)
		return NULL;
	while (steps[n].op)
		n++;
	pending = pen_idl_zalloc(lowerer->idl, sizeof(*pending));
	pending->expr = pen_idl_array(lowerer->idl, n + 1, sizeof(*pending->expr));
	pending->steps = steps;
	pending->next = lowerer->pending;
	lowerer->pending = pending;
	for (size_t i = 0; i < n; i++) {
		pending->expr[i].op = steps[i].op;
		pending->expr[i].value = steps[i].value;
	}
	return pending->expr;
}

/* An expression speaks of integers, and of pointers to them. */
static void check_member(struct pen_lowerer *lowerer, const struct pen_model_field *field)
{
	const struct pen_model_type *type = field->type;

	while (type && type->kind == PEN_POINTER)
		type = type->element;
	if (!type || !pen_kind_is_integer(type->kind) || (field->flags & PEN_FIELD_IGNORE))
		pen_idl_complain(lowerer->idl, field->pos,
				 "\"%s\" is used as a number, and is none", field->name);
}

static void set_member(struct pen_expr *expr, enum pen_expr_op op, const struct pen_field *field)
{
	expr->op = op;
	expr->offset = field->offset;
	expr->type = field->type;
	expr->name = field->name;
}

void pen_lower_finish_struct(struct pen_lowerer *lowerer, const struct pen_model_field *models,
			     const struct pen_field *fields)
{
	for (; lowerer->pending; lowerer->pending = lowerer->pending->next) {
		for (size_t i = 0; lowerer->pending->steps[i].op; i++) {
			const struct pen_model_field *field = lowerer->pending->steps[i].field;

			if (!field)
				continue;
			check_member(lowerer, field);
			set_member(&lowerer->pending->expr[i], PEN_EXPR_MEMBER,
				   &fields[field - models]);
		}
	}
}

const struct pen_field *pen_lower_find_field(const struct pen_plan_type *plan, const char *name)
{
	for (uint32_t i = 0; plan && i < plan->type.n_fields; i++) {
		if (!strcmp(plan->fields[i].name, name))
			return &plan->fields[i];
	}
	return NULL;
}

void pen_lower_finish_parameters(struct pen_lowerer *lowerer, const struct pen_plan_type *in,
				 const struct pen_plan_type *out)
{
	for (; lowerer->pending; lowerer->pending = lowerer->pending->next) {
		for (size_t i = 0; lowerer->pending->steps[i].op; i++) {
			const struct pen_model_field *field = lowerer->pending->steps[i].field;
			struct pen_expr *expr = &lowerer->pending->expr[i];

			if (!field)
				continue;
			check_member(lowerer, field);
			if (pen_lower_find_field(out, field->name))
				set_member(expr, PEN_EXPR_OUT,
					   pen_lower_find_field(out, field->name));
			else if (pen_lower_find_field(in, field->name) &&
				 !(field->flags & PEN_FIELD_PARTIAL_IGNORE))
				set_member(expr, PEN_EXPR_IN,
					   pen_lower_find_field(in, field->name));
			else
				pen_idl_complain(
					lowerer->idl, field->pos,
					"what comes in cannot depend on \"%s\", which only "
					"comes out",
					field->name);
		}
	}
}
