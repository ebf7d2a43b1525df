/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include <penstock/arena.h>
#include <string.h>

static void test_memory_is_zeroed_and_aligned(void **state)
{
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	for (size_t n = 0; n < 3000; n += 7) {
		uint8_t *p = pen_arena_zalloc(&arena, n);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, n);
	}
	pen_arena_done(&arena);
}

static void test_limit_holds(void **state)
{
	struct pen_arena arena;
	size_t got = 0;

	pen_arena_init(&arena, 100000);
	while (pen_arena_alloc(&arena, 1000))
		got += 1000;
	assert_in_range(got, 90000, 100000);
	assert_null(pen_arena_alloc(&arena, SIZE_MAX));
	assert_null(pen_arena_array(&arena, SIZE_MAX / 2, 4));
	pen_arena_done(&arena);
	assert_non_null(pen_arena_alloc(&arena, 1000));
	pen_arena_done(&arena);
}

static void test_steady_use_allocates_nothing(void **state)
{
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	for (int i = 0; i < 10; i++) {
		pen_arena_reset(&arena);
		for (int k = 0; k < 100; k++)
			assert_non_null(pen_arena_alloc(&arena, 100));
	}
	pen_fail_at(0);
	pen_arena_reset(&arena);
	for (int k = 0; k < 70; k++)
		assert_non_null(pen_arena_alloc(&arena, 100));
	assert_int_equal(pen_fail_count(), 0);
	pen_arena_done(&arena);
}

static void test_failed_allocation_is_told(void **state)
{
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	pen_fail_at(1);
	assert_null(pen_arena_strdup(&arena, "text"));
	assert_true(pen_fail_hit());
	assert_string_equal(pen_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	pen_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_limit_holds),
		cmocka_unit_test(test_steady_use_allocates_nothing),
		cmocka_unit_test(test_failed_allocation_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
