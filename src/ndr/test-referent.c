/* SPDX-License-Identifier: MIT */
#include "support/unit.h"

#include "ndr/referent.h"
#include "support/fail.h"

enum { N_KEYS = 20000 };

/* The longest path in the tree, which is how many rows the slowest search looks at. */
static unsigned depth_of(const struct pen_referents *table, uint32_t id)
{
	unsigned deepest = 0;

	if (!id)
		return 0;
	for (size_t i = 0; i < PEN_COUNT(table->rows[0].children); i++) {
		unsigned depth = depth_of(table, table->rows[id - 1].children[i]);

		if (depth > deepest)
			deepest = depth;
	}
	return deepest + 1;
}

/* Adds keys, finds each, and returns the depth of the table they make. */
static unsigned depth_of_keys(uint64_t (*key_of)(uint64_t i))
{
	struct pen_referents table = { 0 };
	unsigned depth;

	for (uint64_t i = 0; i < N_KEYS; i++) {
		assert_null(pen_referents_find(&table, key_of(i), NULL));
		assert_non_null(pen_referents_add(&table, key_of(i), &pen_type_u32));
	}
	for (uint64_t i = 0; i < N_KEYS; i++) {
		struct pen_referent *row = pen_referents_find(&table, key_of(i), &pen_type_u32);

		assert_non_null(row);
		assert_int_equal(row->id, i + 1);
		assert_null(pen_referents_find(&table, key_of(i), &pen_type_u8));
	}
	depth = depth_of(&table, 1);
	pen_referents_done(&table);
	return depth;
}

/* x with key * factor == x: what a peer who knows the hash would choose. */
static uint64_t key_of_hash(uint64_t hash)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t inverse = factor;

	for (int i = 0; i < 6; i++)
		inverse *= 2 - factor * inverse;
	assert_int_equal(factor * inverse, 1);
	return hash * inverse;
}

static uint64_t usual(uint64_t i)
{
	return 0x20000 + 4 * i;
}

static uint64_t low_hashes(uint64_t i)
{
	return key_of_hash(i + 1);
}

static uint64_t high_hashes(uint64_t i)
{
	return key_of_hash((i + 1) << 40);
}

/* Paths that fork at their ends only: one hash, its neighbours at each digit, and so on. */
static uint64_t near_hashes(uint64_t i)
{
	return key_of_hash(i < 64 ? UINT64_C(1) << (63 - i) : (i << 2) | 1);
}

static uint64_t high_bits(uint64_t i)
{
	return (i + 1) << 44;
}

static void test_depth(void **state)
{
	static uint64_t (*const hostile[])(uint64_t i) = { low_hashes, high_hashes, near_hashes,
							   high_bits };

	assert_in_range(depth_of_keys(usual), 1, 16);
	for (size_t i = 0; i < PEN_COUNT(hostile); i++)
		assert_in_range(depth_of_keys(hostile[i]), 1, PEN_REFERENT_DIGITS + 1);
}

/* An address is a struct's and its first member's: one key, two types, two rows. */
static void test_types(void **state)
{
	struct pen_referents table = { 0 };

	assert_null(pen_referents_find(&table, 7, NULL));
	assert_non_null(pen_referents_add(&table, 7, &pen_type_u32));
	assert_null(pen_referents_find(&table, 7, &pen_type_u8));
	assert_non_null(pen_referents_add(&table, 7, &pen_type_u8));
	assert_int_equal(pen_referents_find(&table, 7, &pen_type_u32)->id, 1);
	assert_int_equal(pen_referents_find(&table, 7, &pen_type_u8)->id, 2);
	assert_int_equal(pen_referents_find(&table, 7, NULL)->id, 1);
	assert_null(pen_referents_find(&table, 8, NULL));
	pen_referents_done(&table);
}

/* Without memory a row is not added, and those before it are still there. */
static void test_no_memory(void **state)
{
	for (unsigned n = 1; n <= 3; n++) {
		struct pen_referents table = { 0 };
		uint64_t added = 0;

		pen_fail_at(n);
		while (added < 100 && pen_referents_add(&table, added + 1, &pen_type_u32))
			added++;
		assert_true(pen_fail_hit());
		pen_fail_at(0);
		for (uint64_t i = 0; i < added; i++)
			assert_non_null(pen_referents_find(&table, i + 1, NULL));
		assert_null(pen_referents_find(&table, added + 1, NULL));
		pen_referents_done(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
