/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include "support/unit.h"
#include <penstock/buffer.h>
#include <stdlib.h>

enum { KIB = 1024 };

static void give(struct pen_pool *pool, size_t size)
{
	uint8_t *data = malloc(size);

	assert_non_null(data);
	pen_pool_give(pool, data, size);
}

static void takes_the_smallest_that_is_large_enough(void **state)
{
	struct pen_pool pool = { 0 };
	size_t size;
	uint8_t *data;

	give(&pool, 256 * KIB);
	give(&pool, 64 * KIB);
	give(&pool, 128 * KIB);
	data = pen_pool_take(&pool, 100 * KIB, &size);
	assert_non_null(data);
	assert_int_equal(size, 128 * KIB);
	free(data);
	data = pen_pool_take(&pool, 100 * KIB, &size);
	assert_int_equal(size, 256 * KIB);
	free(data);
	assert_null(pen_pool_take(&pool, 100 * KIB, &size));
	pen_pool_done(&pool);
}

static void keeps_only_what_is_large_and_only_so_many(void **state)
{
	struct pen_pool pool = { 0 };
	size_t size;
	uint8_t *data;

	give(&pool, PEN_POOL_MIN - 1);
	give(&pool, PEN_POOL_MAX + 1);
	pen_pool_give(&pool, NULL, 0);
	give(NULL, PEN_POOL_MIN);
	assert_null(pen_pool_take(&pool, 1, &size));

	/* The largest stay. */
	for (size_t i = 0; i < 2 * PEN_POOL_BLOCKS; i++)
		give(&pool, PEN_POOL_MIN + i);
	data = pen_pool_take(&pool, 1, &size);
	assert_int_equal(size, PEN_POOL_MIN + PEN_POOL_BLOCKS);
	free(data);
	give(&pool, PEN_POOL_MIN);
	give(&pool, PEN_POOL_MIN);
	for (size_t i = 0; i < PEN_POOL_BLOCKS; i++) {
		data = pen_pool_take(&pool, 1, &size);
		assert_non_null(data);
		free(data);
	}
	assert_null(pen_pool_take(&pool, 1, &size));
}

static void a_buffer_grows_into_a_kept_block_and_gives_it_back(void **state)
{
	struct pen_pool pool = { 0 };
	struct pen_buffer buffer;
	uint8_t *data;
	size_t size;

	give(&pool, 256 * KIB);
	pen_buffer_init(&buffer, 0);
	buffer.pool = &pool;
	assert_int_equal(pen_buffer_add(&buffer, "begin", 5), 0);
	assert_int_equal(pen_buffer_reserve(&buffer, 100 * KIB), 0);
	assert_int_equal(buffer.capacity, 256 * KIB);
	assert_memory_equal(buffer.data, "begin", 5);
	data = buffer.data;
	pen_buffer_done(&buffer);
	assert_null(buffer.data);
	assert_ptr_equal(buffer.pool, &pool);
	assert_ptr_equal(pen_pool_take(&pool, 1, &size), data);
	free(data);
	pen_pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_smallest_that_is_large_enough),
		cmocka_unit_test(keeps_only_what_is_large_and_only_so_many),
		cmocka_unit_test(a_buffer_grows_into_a_kept_block_and_gives_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
