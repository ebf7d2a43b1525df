/* SPDX-License-Identifier: MIT */
/*
 * Callbacks by penidl's tables, over real sockets, with NTLM and without: clients that wait, that
 * are hosted by a loop, that serve nothing.
 */
#include "idl/test-callback.h"

static void test_sixteen_deep(void **state)
{
	static const uint8_t levels[] = { 0, PEN_AUTH_LEVEL_INTEGRITY, PEN_AUTH_LEVEL_PRIVACY };
	struct fixture *f = start(NULL);

	for (size_t i = 0; i < PEN_COUNT(levels); i++) {
		open_client(f, levels[i]);
		for (uint32_t depth = 0; depth <= DEPTH; depth++)
			go_down(f, depth);
		n_answered = 0;
		go_down(f, DEPTH);
		assert_int_equal(n_answered, DEPTH / 2);
		if (i + 1 < PEN_COUNT(levels))
			close_client(f);
	}
	stop(f);
}

/* Down to where neither side takes any more. */
static void test_too_deep(void **state)
{
	struct nested_Descend_in in = { .depth = 40, .n = 0, .bytes = (uint8_t *)"" };
	struct nested_Descend_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	assert_int_equal(nested_Descend(f->call, &in, &out), PEN_E_FAULT);
	go_down(f, DEPTH);
	stop(f);
}

static void test_hosted_by_a_loop(void **state)
{
	enum { N = 10 };
	struct nested_Descend_out out[N];
	struct pen_call *calls[N];
	struct done done = { 0 };
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	for (uint32_t i = 0; i < N; i++) {
		struct nested_Descend_in in = { .depth = DEPTH - i,
						.n = N_BYTES,
						.bytes = f->bytes };

		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		nested_set_callbacks(calls[i], i % 2 ? &later : &callbacks, NULL);
		assert_int_equal(nested_Descend_start(calls[i], &in, &out[i], on_done, &done), 0);
	}
	host(f, &done.n, N);
	assert_int_equal(done.result, 0);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(out[i].sum, sum_down_from(f, DEPTH - i));
		pen_call_free(calls[i]);
	}
	stop(f);
}

static void test_one_after_the_other(void **state)
{
	struct nested_Repeat_in in = { .times = TIMES };
	struct nested_Repeat_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_INTEGRITY);
	assert_int_equal(nested_Repeat(f->call, &in, &out), 0);
	assert_int_equal(out.answered, TIMES);
	assert_int_equal(n_answered, TIMES);
	stop(f);
}

/* Calls the server, waits for something else meanwhile, and returns when that has been answered. */
static int deeper_and_back(struct pen_call *call, const struct nested_Deeper_in *in,
			   struct nested_Deeper_out *out)
{
	struct nested_Descend_in below = { .n = in->n, .bytes = in->bytes };
	struct descent *descent = pen_arena_zalloc(pen_call_arena(call), sizeof(*descent));
	struct nested_Descend_out found;
	struct fixture *f = pen_call_data(call);
	struct pen_call *other;

	assert_non_null(descent);
	nested_set_callbacks(call, &later, NULL); /* of a call of the client's own only */
	assert_int_equal(nested_Descend_start(call, &below,
					      (struct nested_Descend_out *)&descent->below,
					      not_told, NULL),
			 0);
	assert_int_equal(pen_call_new(&other, f->client), 0);
	assert_int_equal(nested_Descend(other, &below, &found), 0);
	pen_call_free(other);
	out->sum = found.sum;
	return 0;
}

static void test_a_callback_that_does_not_wait(void **state)
{
	static const struct nested_callbacks functions = { .Deeper = deeper_and_back };
	struct nested_Descend_out out;
	struct fixture *f = start(NULL);
	struct nested_Descend_in in = { .depth = 1, .n = N_BYTES, .bytes = f->bytes };

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	nested_set_callbacks(f->call, &functions, f);
	assert_int_equal(nested_Descend(f->call, &in, &out), 0);
	assert_int_equal(out.sum, sum_down_from(f, 1));
	stop(f);
}

static void expect_fault(struct fixture *f, uint32_t fault)
{
	struct nested_Repeat_in in = { .times = 1 };
	struct nested_Repeat_out out;

	assert_int_equal(nested_Repeat(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->call), fault);
}

static void test_clients_that_serve_nothing(void **state)
{
	static const struct nested_callbacks none;
	struct fixture *f = start(NULL);

	open_client(f, 0);
	nested_set_callbacks(f->call, NULL, NULL);
	expect_fault(f, PEN_FAULT_OP_RNG_ERROR);
	nested_set_callbacks(f->call, &none, NULL);
	expect_fault(f, PEN_FAULT_OP_RNG_ERROR);
	nested_set_callbacks(f->call, &later, NULL);
	expect_fault(f, 0x4711);
	nested_set_callbacks(f->call, &callbacks, NULL);
	go_down(f, 3);
	stop(f);
}

static void test_an_operation_that_does_not_wait(void **state)
{
	static const struct nested_Leave_in in;
	struct nested_Leave_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	assert_int_equal(nested_Leave(f->call, &in, &out), 0);
	assert_int_equal(n_answered, 1);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sixteen_deep),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_hosted_by_a_loop),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_a_callback_that_does_not_wait),
		cmocka_unit_test(test_clients_that_serve_nothing),
		cmocka_unit_test(test_an_operation_that_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
