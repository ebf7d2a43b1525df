/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of constant expressions.
 */
#include "compiler/number.h"

static bool is_unsigned(enum pen_number_kind kind)
{
	return kind == PEN_NUMBER_U32 || kind == PEN_NUMBER_U64;
}

static unsigned bits_of(enum pen_number_kind kind)
{
	return kind == PEN_NUMBER_I32 || kind == PEN_NUMBER_U32 ? 32 : 64;
}

static double real_of(struct pen_number number)
{
	if (number.kind == PEN_NUMBER_REAL)
		return number.real;
	return number.kind == PEN_NUMBER_U64 ? (double)(uint64_t)number.value
					     : (double)number.value;
}

static int64_t integer_of(struct pen_number number)
{
	if (number.kind != PEN_NUMBER_REAL)
		return number.value;
	if (number.real >= -0x1p63 && number.real < 0x1p63)
		return (int64_t)number.real;
	return number.real >= 0 && number.real < 0x1p64 ? (int64_t)(uint64_t)number.real : 0;
}

struct pen_number pen_number_cast(struct pen_number number, unsigned bits, bool to_unsigned)
{
	uint64_t value = (uint64_t)integer_of(number);
	struct pen_number result = {
		.kind = bits > 32 ? (to_unsigned ? PEN_NUMBER_U64 : PEN_NUMBER_I64)
			: bits == 32 && to_unsigned ? PEN_NUMBER_U32
						    : PEN_NUMBER_I32,
	};

	if (bits < 64) {
		uint64_t sign = (uint64_t)1 << (bits - 1);

		value &= (sign << 1) - 1;
		if (!to_unsigned)
			value = (value ^ sign) - sign;
	}
	result.value = (int64_t)value;
	return result;
}

bool pen_number_is_true(struct pen_number number)
{
	return number.kind == PEN_NUMBER_REAL ? number.real < 0 || number.real > 0
					      : number.value != 0;
}

/* The type of what two operands give. */
static enum pen_number_kind common(enum pen_number_kind a, enum pen_number_kind b)
{
	return a > b ? a : b;
}

static struct pen_number convert(struct pen_number number, enum pen_number_kind kind)
{
	if (kind == PEN_NUMBER_REAL)
		return (struct pen_number){ .kind = kind, .real = real_of(number) };
	return pen_number_cast(number, bits_of(kind), is_unsigned(kind));
}

static struct pen_number truth(bool is_true)
{
	return (struct pen_number){ .kind = PEN_NUMBER_I32, .value = is_true };
}

static const char *compute_real(enum pen_expr_op op, double a, double b, struct pen_number *result)
{
	*result = (struct pen_number){ .kind = PEN_NUMBER_REAL };
	switch (op) {
	case PEN_EXPR_MUL:
		result->real = a * b;
		return NULL;
	case PEN_EXPR_DIV:
		if (!(b < 0 || b > 0))
			return "this divides by zero";
		result->real = a / b;
		return NULL;
	case PEN_EXPR_ADD:
		result->real = a + b;
		return NULL;
	case PEN_EXPR_SUB:
		result->real = a - b;
		return NULL;
	case PEN_EXPR_LT:
		*result = truth(a < b);
		return NULL;
	case PEN_EXPR_LE:
		*result = truth(a <= b);
		return NULL;
	case PEN_EXPR_GT:
		*result = truth(a > b);
		return NULL;
	case PEN_EXPR_GE:
		*result = truth(a >= b);
		return NULL;
	case PEN_EXPR_EQ:
		*result = truth(a >= b && a <= b);
		return NULL;
	case PEN_EXPR_NE:
		*result = truth(!(a >= b && a <= b));
		return NULL;
	default:
		return "this wants integers";
	}
}

static const char *compute_order(enum pen_expr_op op, int order, struct pen_number *result)
{
	switch (op) {
	case PEN_EXPR_LT:
		*result = truth(order < 0);
		return NULL;
	case PEN_EXPR_LE:
		*result = truth(order <= 0);
		return NULL;
	case PEN_EXPR_GT:
		*result = truth(order > 0);
		return NULL;
	case PEN_EXPR_GE:
		*result = truth(order >= 0);
		return NULL;
	case PEN_EXPR_EQ:
		*result = truth(!order);
		return NULL;
	default:
		*result = truth(order != 0);
		return NULL;
	}
}

/* Of 64 bits, which then have to be the type's value too. */
static bool overflows(enum pen_expr_op op, int64_t a, int64_t b, int64_t *resultp)
{
	switch (op) {
	case PEN_EXPR_MUL:
		return __builtin_mul_overflow(a, b, resultp);
	case PEN_EXPR_ADD:
		return __builtin_add_overflow(a, b, resultp);
	default:
		return __builtin_sub_overflow(a, b, resultp);
	}
}

static const char *divide(enum pen_expr_op op, struct pen_number a, struct pen_number b,
			  int64_t *resultp)
{
	if (!b.value)
		return "this divides by zero";
	if (is_unsigned(a.kind)) {
		uint64_t left = (uint64_t)a.value;
		uint64_t right = (uint64_t)b.value;

		*resultp = (int64_t)(op == PEN_EXPR_DIV ? left / right : left % right);
		return NULL;
	}
	if (b.value == -1 && a.value == (a.kind == PEN_NUMBER_I32 ? INT32_MIN : INT64_MIN))
		return "this is more than its type can hold";
	*resultp = op == PEN_EXPR_DIV ? a.value / b.value : a.value % b.value;
	return NULL;
}

static const char *compute_integer(enum pen_expr_op op, struct pen_number a, struct pen_number b,
				   struct pen_number *result)
{
	int64_t value = 0;
	const char *why = NULL;
	bool is_over = false;

	switch (op) {
	case PEN_EXPR_MUL:
	case PEN_EXPR_ADD:
	case PEN_EXPR_SUB:
		is_over = overflows(op, a.value, b.value, &value);
		break;
	case PEN_EXPR_DIV:
	case PEN_EXPR_MOD:
		why = divide(op, a, b, &value);
		break;
	case PEN_EXPR_AND:
		value = a.value & b.value;
		break;
	case PEN_EXPR_OR:
		value = a.value | b.value;
		break;
	case PEN_EXPR_XOR:
		value = a.value ^ b.value;
		break;
	default:
		if (is_unsigned(a.kind))
			return compute_order(op,
					     (uint64_t)a.value < (uint64_t)b.value   ? -1
					     : (uint64_t)a.value > (uint64_t)b.value ? 1
										     : 0,
					     result);
		return compute_order(op,
				     a.value < b.value	 ? -1
				     : a.value > b.value ? 1
							 : 0,
				     result);
	}
	*result = pen_number_cast((struct pen_number){ .kind = PEN_NUMBER_I64, .value = value },
				  bits_of(a.kind), is_unsigned(a.kind));
	if (!why && !is_unsigned(a.kind) && (is_over || result->value != value))
		why = "this is more than its type can hold";
	return why;
}

static const char *shift(enum pen_expr_op op, struct pen_number a, struct pen_number b,
			 struct pen_number *result)
{
	unsigned bits = bits_of(a.kind);

	if (a.kind == PEN_NUMBER_REAL || b.kind == PEN_NUMBER_REAL)
		return "this wants integers";
	if (b.value < 0 || b.value >= bits)
		return "this shifts by more bits than there are";
	if (op == PEN_EXPR_SHL)
		a.value = (int64_t)((uint64_t)a.value << b.value);
	else if (is_unsigned(a.kind))
		a.value = (int64_t)((uint64_t)a.value >> b.value);
	else
		a.value >>= b.value;
	*result = pen_number_cast(a, bits, is_unsigned(a.kind));
	return NULL;
}

static const char *negate(struct pen_number a, struct pen_number *result)
{
	if (a.kind == PEN_NUMBER_REAL) {
		*result = (struct pen_number){ .kind = PEN_NUMBER_REAL, .real = -a.real };
		return NULL;
	}
	return compute_integer(PEN_EXPR_SUB, (struct pen_number){ .kind = a.kind }, a, result);
}

const char *pen_number_compute(enum pen_expr_op op, const struct pen_number args[3],
			       struct pen_number *result)
{
	enum pen_number_kind kind = common(args[0].kind, args[1].kind);

	switch (op) {
	case PEN_EXPR_NEG:
		return negate(args[0], result);
	case PEN_EXPR_NOT:
		if (args[0].kind == PEN_NUMBER_REAL)
			return "this wants an integer";
		*result = args[0];
		result->value = ~result->value;
		*result = convert(*result, args[0].kind);
		return NULL;
	case PEN_EXPR_LNOT:
		*result = truth(!pen_number_is_true(args[0]));
		return NULL;
	case PEN_EXPR_LAND:
		*result = truth(pen_number_is_true(args[0]) && pen_number_is_true(args[1]));
		return NULL;
	case PEN_EXPR_LOR:
		*result = truth(pen_number_is_true(args[0]) || pen_number_is_true(args[1]));
		return NULL;
	case PEN_EXPR_COND:
		*result = convert(args[pen_number_is_true(args[0]) ? 1 : 2],
				  common(args[1].kind, args[2].kind));
		return NULL;
	case PEN_EXPR_SHL:
	case PEN_EXPR_SHR:
		return shift(op, args[0], args[1], result);
	default:
		if (kind == PEN_NUMBER_REAL)
			return compute_real(op, real_of(args[0]), real_of(args[1]), result);
		return compute_integer(op, convert(args[0], kind), convert(args[1], kind), result);
	}
}
