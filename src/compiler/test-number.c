/* SPDX-License-Identifier: MIT */
#include "compiler/number.h"
#include "support/unit.h"

static struct pen_number i32(int64_t value)
{
	return (struct pen_number){ .kind = PEN_NUMBER_I32, .value = value };
}

static struct pen_number u32(int64_t value)
{
	return (struct pen_number){ .kind = PEN_NUMBER_U32, .value = value };
}

static struct pen_number i64(int64_t value)
{
	return (struct pen_number){ .kind = PEN_NUMBER_I64, .value = value };
}

static struct pen_number u64(uint64_t value)
{
	return (struct pen_number){ .kind = PEN_NUMBER_U64, .value = (int64_t)value };
}

static struct pen_number real(double value)
{
	return (struct pen_number){ .kind = PEN_NUMBER_REAL, .real = value };
}

static void expect(enum pen_expr_op op, struct pen_number a, struct pen_number b,
		   struct pen_number expected)
{
	const struct pen_number args[3] = { a, b };
	struct pen_number result;

	assert_null(pen_number_compute(op, args, &result));
	assert_int_equal(result.kind, expected.kind);
	assert_int_equal(result.value, expected.value);
	assert_true(result.real >= expected.real && result.real <= expected.real);
}

static void expect_none(enum pen_expr_op op, struct pen_number a, struct pen_number b,
			const char *why)
{
	const struct pen_number args[3] = { a, b };
	struct pen_number result;
	const char *said = pen_number_compute(op, args, &result);

	assert_non_null(said);
	assert_string_equal(said, why);
}

/* The operands become of one type first, and the result is of that type. */
static void test_conversions(void **state)
{
	expect(PEN_EXPR_ADD, i32(-1), i32(3), i32(2));
	expect(PEN_EXPR_ADD, i32(-1), u32(0), u32(UINT32_MAX));
	expect(PEN_EXPR_ADD, u32(UINT32_MAX), i64(1), i64(0x100000000));
	expect(PEN_EXPR_ADD, i64(-1), u64(0), u64(UINT64_MAX));
	expect(PEN_EXPR_MUL, real(0.5), u64(UINT64_MAX), real(0x1p63));
	expect(PEN_EXPR_LT, i32(-1), u32(1), i32(0));
	expect(PEN_EXPR_LT, i32(-1), i64(1), i32(1));
	expect(PEN_EXPR_DIV, u64(UINT64_MAX), u32(2), u64(INT64_MAX));
	expect(PEN_EXPR_DIV, i32(-7), i32(2), i32(-3));
	expect(PEN_EXPR_MOD, i32(-7), i32(2), i32(-1));
	expect(PEN_EXPR_NOT, i32(0), i32(0), i32(-1));
	expect(PEN_EXPR_NOT, u32(0), i32(0), u32(UINT32_MAX));
	expect(PEN_EXPR_NEG, u32(1), i32(0), u32(UINT32_MAX));
	expect(PEN_EXPR_SHR, i32(-8), i32(1), i32(-4));
	expect(PEN_EXPR_SHR, u32(0x80000000), i32(31), u32(1));
	expect(PEN_EXPR_SHL, i32(1), i32(31), i32(INT32_MIN));
	expect(PEN_EXPR_SHL, i64(1), i32(63), i64(INT64_MIN));
	expect(PEN_EXPR_LAND, real(0.5), i32(2), i32(1));
	expect(PEN_EXPR_LNOT, real(0), i32(0), i32(1));
}

/* Unsigned numbers wrap; signed ones that do not fit have no value. */
static void test_overflow(void **state)
{
	static const char over[] = "this is more than its type can hold";
	static const char wide[] = "this shifts by more bits than there are";

	expect(PEN_EXPR_ADD, u32(UINT32_MAX), u32(1), u32(0));
	expect(PEN_EXPR_MUL, u64(UINT64_MAX), u64(2), u64(UINT64_MAX - 1));
	expect_none(PEN_EXPR_ADD, i32(INT32_MAX), i32(1), over);
	expect_none(PEN_EXPR_SUB, i32(INT32_MIN), i32(1), over);
	expect_none(PEN_EXPR_MUL, i64(INT64_MAX), i64(2), over);
	expect_none(PEN_EXPR_NEG, i32(INT32_MIN), i32(0), over);
	expect_none(PEN_EXPR_NEG, i64(INT64_MIN), i64(0), over);
	expect_none(PEN_EXPR_DIV, i32(INT32_MIN), i32(-1), over);
	expect_none(PEN_EXPR_MOD, i64(INT64_MIN), i64(-1), over);
	expect_none(PEN_EXPR_DIV, i32(1), i32(0), "this divides by zero");
	expect_none(PEN_EXPR_DIV, real(1), i32(0), "this divides by zero");
	expect_none(PEN_EXPR_SHL, i32(1), i32(32), wide);
	expect_none(PEN_EXPR_SHR, i64(1), i32(-1), wide);
	expect_none(PEN_EXPR_AND, real(1), i32(1), "this wants integers");
	expect_none(PEN_EXPR_SHL, real(1), i32(1), "this wants integers");
	expect_none(PEN_EXPR_NOT, real(1), i32(1), "this wants an integer");
}

static void test_casts(void **state)
{
	assert_int_equal(pen_number_cast(i32(0x18000), 16, false).value, -0x8000);
	assert_int_equal(pen_number_cast(i32(-1), 16, true).value, 0xffff);
	assert_int_equal(pen_number_cast(i32(-1), 16, true).kind, PEN_NUMBER_I32);
	assert_int_equal(pen_number_cast(i32(-1), 32, true).kind, PEN_NUMBER_U32);
	assert_int_equal(pen_number_cast(i32(-1), 32, true).value, UINT32_MAX);
	assert_int_equal(pen_number_cast(i64(0x1ffffffff), 32, false).value, -1);
	assert_int_equal(pen_number_cast(real(-2.9), 32, false).value, -2);
	assert_int_equal(pen_number_cast(real(0x1p63), 64, true).value, INT64_MIN);
	assert_int_equal(pen_number_cast(real(1e300), 64, true).value, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_casts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
