/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_NUMBER_H
#define PEN_COMPILER_NUMBER_H
/*
 * Numbers of constant expressions, with C's types as MIDL has them: int and long have
 * 32 bits, hyper has 64.
 */
#include "compiler/context.h"

enum pen_number_kind {
	PEN_NUMBER_I32,
	PEN_NUMBER_U32,
	PEN_NUMBER_I64,
	PEN_NUMBER_U64,
	PEN_NUMBER_REAL,
};

struct pen_number {
	enum pen_number_kind kind;
	int64_t value; /* of an integer; of U64 its bits */
	double real;
};

/* The number of a type with that many bits; what does not fit is cut off, as C casts do. */
struct pen_number pen_number_cast(struct pen_number number, unsigned bits, bool is_unsigned);

/*
 * C's result of the operator over its one to three operands, after the usual conversions. A text
 * says why there is none: a division by zero, an overflow, a shift that is too wide.
 */
const char *pen_number_compute(enum pen_expr_op op, const struct pen_number args[3],
			       struct pen_number *result);

/* Whether it is not zero. */
bool pen_number_is_true(struct pen_number number);

#endif
