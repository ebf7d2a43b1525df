/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include "rpc/output.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is queued, held against what should be: the n-th byte that is ever queued is n. */
struct queue {
	struct pen_output output;
	size_t n_put;
	size_t n_sent;
	uint32_t random;
};

static uint32_t below(struct queue *queue, uint32_t limit)
{
	queue->random = queue->random * 1664525 + 1013904223;
	return (queue->random >> 8) % limit;
}

static void write_small(struct queue *queue, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(queue->n_put + i);

		assert_int_equal(pen_buffer_add(&queue->output.small, &byte, 1), 0);
	}
}

static void put_small(struct queue *queue, size_t n)
{
	size_t mark = queue->output.small.size;

	write_small(queue, n);
	assert_int_equal(pen_output_commit(&queue->output, mark), 0);
	queue->n_put += n;
}

/* A stub in fragments, each with a head of n_head bytes. */
static void put_stub(struct queue *queue, size_t n_head, size_t n_fragment, size_t n_fragments)
{
	size_t n = n_fragment * n_fragments;
	uint8_t *data = malloc(n);

	assert_non_null(data);
	assert_int_equal(pen_output_reserve(&queue->output, n_fragments, n_fragments * n_head), 0);
	for (size_t i = 0; i < n_fragments; i++) {
		size_t mark = queue->output.small.size;
		uint8_t *part = data + i * n_fragment;

		write_small(queue, n_head);
		queue->n_put += n_head;
		for (size_t k = 0; k < n_fragment; k++)
			part[k] = (uint8_t)(queue->n_put + k);
		pen_output_add(&queue->output, mark, part, n_fragment,
			       i + 1 == n_fragments ? data : NULL, n);
		queue->n_put += n_fragment;
	}
}

/* Looks at what is queued, in so many slices, and sends so much of it. */
static void send_some(struct queue *queue, size_t max_slices, size_t max)
{
	struct pen_slice slices[16];
	size_t n = pen_output_slices(&queue->output, slices, max_slices);
	size_t at = queue->n_sent;

	assert_int_equal(queue->output.n_queued, queue->n_put - queue->n_sent);
	assert_true(n <= max_slices);
	assert_int_equal(n == 0, queue->output.n_queued == 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(slices[i].size > 0);
		for (size_t k = 0; k < slices[i].size; k++, at++)
			if (slices[i].data[k] != (uint8_t)at)
				fail_msg("byte %zu is not what was queued", at);
	}
	at -= queue->n_sent;
	if (max > at)
		max = at;
	pen_output_sent(&queue->output, max);
	queue->n_sent += max;
}

static void send_all(struct queue *queue)
{
	while (queue->output.n_queued)
		send_some(queue, 16, SIZE_MAX);
	send_some(queue, 16, SIZE_MAX);
}

/* Whatever is queued, and however little of it is taken at a time, it comes in order. */
static void test_what_is_queued_comes_in_order(void **state)
{
	struct queue queue = { .random = 1 };

	for (int i = 0; i < 20000; i++) {
		switch (below(&queue, 4)) {
		case 0:
			put_small(&queue, 1 + below(&queue, 100));
			break;
		case 1:
			put_stub(&queue, 1 + below(&queue, 24), 1 + below(&queue, 200),
				 1 + below(&queue, 5));
			break;
		default:
			send_some(&queue, 1 + below(&queue, 16), below(&queue, 500));
			break;
		}
	}
	send_all(&queue);
	assert_int_equal(queue.n_sent, queue.n_put);
	pen_output_done(&queue.output);
}

/* However what is sent is cut in two, the rest is what is left. */
static void test_any_cut(void **state)
{
	for (size_t cut = 0;; cut++) {
		struct queue queue = { 0 };
		bool is_whole;

		put_small(&queue, 7);
		put_stub(&queue, 3, 10, 2);
		put_small(&queue, 5);
		put_small(&queue, 5);
		put_stub(&queue, 4, 9, 1);
		is_whole = cut >= queue.n_put;
		send_some(&queue, 16, cut);
		assert_int_equal(queue.n_sent, is_whole ? queue.n_put : cut);
		put_small(&queue, 6);
		send_all(&queue);
		pen_output_done(&queue.output);
		if (is_whole)
			break;
	}
}

static void test_small_ones_are_one_slice(void **state)
{
	struct pen_slice slices[4];
	struct queue queue = { 0 };

	for (int i = 0; i < 100; i++)
		put_small(&queue, 30);
	assert_int_equal(pen_output_slices(&queue.output, slices, 4), 1);
	assert_int_equal(slices[0].size, 3000);
	send_some(&queue, 4, 1000);
	put_small(&queue, 30);
	assert_int_equal(pen_output_slices(&queue.output, slices, 4), 1);
	assert_int_equal(slices[0].size, 2030);
	assert_int_equal(pen_output_slices(&queue.output, slices, 0), 0);
	pen_output_done(&queue.output);
}

static size_t n_kept(const struct pen_pool *pool)
{
	size_t n = 0;

	for (size_t i = 0; i < PEN_POOL_BLOCKS; i++)
		n += pool->blocks[i].data != NULL;
	return n;
}

/* A stub's storage goes with its last byte, not before; and what is not sent goes at the end. */
static void test_storage_goes_with_the_last_byte(void **state)
{
	struct pen_pool pool = { 0 };
	struct queue queue = { .output.pool = &pool };

	put_stub(&queue, 8, PEN_POOL_MIN, 1);
	send_some(&queue, 16, 8 + PEN_POOL_MIN - 1);
	assert_int_equal(n_kept(&pool), 0);
	send_some(&queue, 16, 1);
	assert_int_equal(n_kept(&pool), 1);
	put_stub(&queue, 8, PEN_POOL_MIN, 2);
	send_some(&queue, 16, 8 + PEN_POOL_MIN);
	assert_int_equal(n_kept(&pool), 1);
	pen_output_done(&queue.output);
	assert_int_equal(n_kept(&pool), 2);
	pen_pool_done(&pool);
}

/* Who reads as slowly as we write costs what is queued, however long that goes on. */
static void test_memory_is_of_what_is_queued(void **state)
{
	struct queue queue = { 0 };

	put_small(&queue, 50);
	for (int i = 0; i < 50000; i++) {
		put_small(&queue, 100);
		send_some(&queue, 1, 100);
		assert_int_equal(queue.output.n_queued, 50);
	}
	assert_true(queue.output.small.capacity <= 4096);
	for (int i = 0; i < 5000; i++) {
		put_stub(&queue, 10, 100, 1);
		send_some(&queue, 2, 110);
	}
	assert_true(queue.output.small.capacity <= 4096);
	assert_true(queue.output.capacity <= 64);
	pen_output_done(&queue.output);
}

static void test_what_a_burst_took_is_given_back(void **state)
{
	struct queue queue = { 0 };

	for (int i = 0; i < 3000; i++)
		put_stub(&queue, 100, 10, 1);
	assert_true(queue.output.small.capacity > PEN_OUTPUT_KEPT);
	send_all(&queue);
	assert_int_equal(queue.output.small.capacity, 0);
	assert_int_equal(queue.output.capacity, 0);
	/* And an ordinary load keeps what it needs. */
	put_stub(&queue, 100, 10, 10);
	send_all(&queue);
	assert_true(queue.output.small.capacity > 0);
	pen_fail_at(0);
	put_small(&queue, 1000);
	send_all(&queue);
	assert_int_equal(pen_fail_count(), 0);
	pen_output_done(&queue.output);
}

/* Without memory nothing is queued, and what was queued stays. */
static void test_no_memory(void **state)
{
	struct queue queue = { 0 };
	size_t mark;
	int n = 0;

	put_small(&queue, 10);
	/* As many pieces as there is room for: small and stub do not join. */
	while (queue.output.n_pieces + 2 <= queue.output.capacity)
		put_stub(&queue, 1, 1, 1);
	mark = queue.output.small.size;
	write_small(&queue, 10);
	pen_fail_at(1);
	assert_int_equal(pen_output_commit(&queue.output, mark), -ENOMEM);
	assert_true(pen_fail_hit());
	assert_int_equal(queue.output.small.size, mark);
	for (;; n++) {
		int r;

		pen_fail_at(n + 1);
		r = pen_output_reserve(&queue.output, 1000, 100000);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(queue.output.small.size, mark);
	}
	assert_int_equal(n, 2);
	pen_fail_at(0);
	for (int i = 0; i < 1000; i++) {
		static const uint8_t stub[1];

		mark = queue.output.small.size;
		queue.output.small.size += 100;
		pen_output_add(&queue.output, mark, stub, 1, NULL, 0);
	}
	assert_int_equal(pen_fail_count(), 0);
	pen_output_done(&queue.output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_queued_comes_in_order),
		cmocka_unit_test(test_any_cut),
		cmocka_unit_test(test_small_ones_are_one_slice),
		cmocka_unit_test(test_storage_goes_with_the_last_byte),
		cmocka_unit_test(test_memory_is_of_what_is_queued),
		cmocka_unit_test(test_what_a_burst_took_is_given_back),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
