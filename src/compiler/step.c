/* SPDX-License-Identifier: MIT */
/*
 * The steps of an expression, taken apart again.
 */
#include "compiler/model.h"

unsigned pen_step_operands(enum pen_expr_op op)
{
	switch (op) {
	case PEN_EXPR_CONST:
	case PEN_EXPR_MEMBER:
		return 0;
	case PEN_EXPR_NEG:
	case PEN_EXPR_NOT:
	case PEN_EXPR_LNOT:
		return 1;
	case PEN_EXPR_COND:
		return 3;
	default:
		return 2;
	}
}

size_t pen_step_first(const struct pen_model_step *steps, size_t last)
{
	unsigned n = pen_step_operands(steps[last].op);

	while (n--)
		last = pen_step_first(steps, last - 1);
	return last;
}
