/* SPDX-License-Identifier: MIT */
#include "ndr/walk.h"
#include <string.h>

enum { STACK_MAX = 32 };

#define LOAD(c_type)                                                                               \
	__extension__({                                                                            \
		c_type loaded_;                                                                    \
		memcpy(&loaded_, value, sizeof(loaded_));                                          \
		(int64_t) loaded_;                                                                 \
	})

int64_t pen_scalar_load(const struct pen_type *type, const void *value)
{
	switch (type->kind) {
	case PEN_I8:
		return LOAD(int8_t);
	case PEN_U8:
	case PEN_BYTE:
	case PEN_CHAR:
	case PEN_BOOLEAN:
		return LOAD(uint8_t);
	case PEN_I16:
		return LOAD(int16_t);
	case PEN_U16:
	case PEN_WCHAR:
		return LOAD(uint16_t);
	case PEN_I32:
	case PEN_ENUM:
		return LOAD(int32_t);
	case PEN_U32:
	case PEN_ERROR_STATUS:
		return LOAD(uint32_t);
	case PEN_I64:
	case PEN_U64:
	case PEN_I3264:
	case PEN_U3264:
		return LOAD(int64_t);
	default:
		return 0;
	}
}

#define STORE(c_type)                                                                              \
	__extension__({                                                                            \
		c_type stored_ = (c_type)number;                                                   \
		memcpy(value, &stored_, sizeof(stored_));                                          \
		(int64_t) stored_ == number;                                                       \
	})

bool pen_scalar_store(const struct pen_type *type, void *value, int64_t number)
{
	switch (type->kind) {
	case PEN_I8:
		return STORE(int8_t);
	case PEN_U8:
	case PEN_BYTE:
	case PEN_CHAR:
	case PEN_BOOLEAN:
		return STORE(uint8_t);
	case PEN_I16:
		return STORE(int16_t);
	case PEN_U16:
	case PEN_WCHAR:
		return STORE(uint16_t);
	case PEN_I32:
	case PEN_ENUM:
		return STORE(int32_t);
	case PEN_U32:
	case PEN_ERROR_STATUS:
		return STORE(uint32_t);
	case PEN_I64:
	case PEN_U64:
	case PEN_I3264:
	case PEN_U3264:
		return STORE(int64_t);
	default:
		return false;
	}
}

bool pen_kind_is_unsigned_hyper(enum pen_kind kind)
{
	return kind == PEN_U64 || kind == PEN_U3264;
}

bool pen_scalar_in_range(const struct pen_type *type, const void *value)
{
	int64_t number = pen_scalar_load(type, value);

	if (pen_kind_is_unsigned_hyper(type->kind) && number < 0)
		return false;
	return number >= type->range->min && number <= type->range->max;
}

static int load_name(const struct pen_expr *e, const void *base, int64_t *valuep)
{
	const struct pen_type *type = e->type;
	const void *value;

	if (!base)
		return PEN_E_NOT_FOUND;
	value = (const uint8_t *)base + e->offset;
	while (type->kind == PEN_POINTER && value) {
		value = *(const void *const *)value;
		type = type->element;
	}
	*valuep = value ? pen_scalar_load(type, value) : 0;
	return 0;
}

/* Operators of two operands. False: no such value. */
static bool apply(enum pen_expr_op op, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case PEN_EXPR_MUL:
		return !__builtin_mul_overflow(a, b, out);
	case PEN_EXPR_ADD:
		return !__builtin_add_overflow(a, b, out);
	case PEN_EXPR_SUB:
		return !__builtin_sub_overflow(a, b, out);
	case PEN_EXPR_DIV:
	case PEN_EXPR_MOD:
		if (b == 0 || (a == INT64_MIN && b == -1))
			return false;
		*out = op == PEN_EXPR_DIV ? a / b : a % b;
		return true;
	case PEN_EXPR_SHL:
	case PEN_EXPR_SHR:
		if (b < 0 || b > 63)
			return false;
		*out = op == PEN_EXPR_SHL ? (int64_t)((uint64_t)a << b) : a >> b;
		return true;
	case PEN_EXPR_LT:
		*out = a < b;
		return true;
	case PEN_EXPR_LE:
		*out = a <= b;
		return true;
	case PEN_EXPR_GT:
		*out = a > b;
		return true;
	case PEN_EXPR_GE:
		*out = a >= b;
		return true;
	case PEN_EXPR_EQ:
		*out = a == b;
		return true;
	case PEN_EXPR_NE:
		*out = a != b;
		return true;
	case PEN_EXPR_AND:
		*out = a & b;
		return true;
	case PEN_EXPR_XOR:
		*out = a ^ b;
		return true;
	case PEN_EXPR_OR:
		*out = a | b;
		return true;
	case PEN_EXPR_LAND:
		*out = a && b;
		return true;
	case PEN_EXPR_LOR:
		*out = a || b;
		return true;
	default:
		return false;
	}
}

static bool apply_unary(enum pen_expr_op op, int64_t *a)
{
	switch (op) {
	case PEN_EXPR_NEG:
		return !__builtin_sub_overflow(INT64_C(0), *a, a);
	case PEN_EXPR_NOT:
		*a = ~*a;
		return true;
	default:
		*a = !*a;
		return true;
	}
}

int pen_expr_eval(const struct pen_expr *expr, const struct pen_scope *scope, const void *members,
		  int64_t *valuep)
{
	int64_t stack[STACK_MAX];
	size_t n = 0;
	int r = 0;

	for (const struct pen_expr *e = expr; e->op != PEN_EXPR_END; e++) {
		bool is_known = true;

		if (e->op <= PEN_EXPR_OUT && n == STACK_MAX)
			return PEN_E_BAD_DATA;
		switch (e->op) {
		case PEN_EXPR_CONST:
			stack[n++] = e->value;
			break;
		case PEN_EXPR_MEMBER:
			r = load_name(e, members, &stack[n++]);
			break;
		case PEN_EXPR_IN:
			r = load_name(e, scope->in, &stack[n++]);
			break;
		case PEN_EXPR_OUT:
			r = load_name(e, scope->out, &stack[n++]);
			break;
		case PEN_EXPR_NEG:
		case PEN_EXPR_NOT:
		case PEN_EXPR_LNOT:
			is_known = n >= 1 && apply_unary(e->op, &stack[n - 1]);
			break;
		case PEN_EXPR_COND:
			if (n < 3)
				return PEN_E_BAD_DATA;
			n -= 2;
			stack[n - 1] = stack[n - 1] ? stack[n] : stack[n + 1];
			break;
		default:
			if (n < 2)
				return PEN_E_BAD_DATA;
			n--;
			is_known = apply(e->op, stack[n - 1], stack[n], &stack[n - 1]);
			break;
		}
		if (r)
			return r;
		if (!is_known)
			return PEN_E_BAD_DATA;
	}
	if (n != 1)
		return PEN_E_BAD_DATA;
	*valuep = stack[0];
	return 0;
}
