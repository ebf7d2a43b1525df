/* SPDX-License-Identifier: MIT */
/* Callbacks whose clients, or calls, end before they do. */
#include "idl/test-callback.h"

static void wait_until(_Atomic int *n, int wanted)
{
	while (*n < wanted)
		poll(NULL, 0, 1);
}

static void test_clients_that_do_not_wait(void **state)
{
	static const struct nested_Stay_in in;
	struct nested_Stay_out out;
	struct fixture *f = start(NULL);

	f->calls_back = true;
	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	nested_set_callbacks(f->call, &later, NULL);
	pen_call_set_timeout(f->call, 200);
	assert_int_equal(nested_Stay(f->call, &in, &out), PEN_E_TIMEOUT);
	wait_until(&n_cancelled, 1);
	wait_until(&last_result, PEN_E_CANCELLED);
	if (n_answered) { /* it may not have come that far within its time */
		pen_client_dispatch(f->client);
		assert_int_equal(n_given_up, 1);
	}
	pen_call_set_timeout(f->call, 0);
	nested_set_callbacks(f->call, &callbacks, NULL);
	go_down(f, 4);
	stop(f);
}

/* In the middle of a callback that it has not finished. */
static void test_clients_that_go(void **state)
{
	static const struct nested_Stay_in in;
	struct done done = { 0 };
	struct nested_Stay_out out;
	struct fixture *f = start(NULL);

	f->calls_back = true;
	for (int i = 0; i < 3; i++) {
		open_client(f, i ? PEN_AUTH_LEVEL_PRIVACY : 0);
		nested_set_callbacks(f->call, &later, NULL);
		n_answered = 0;
		assert_int_equal(nested_Stay_start(f->call, &in, &out, on_done, &done), 0);
		host(f, (unsigned *)&n_answered, 1);
		if (i < 2)
			f->client = pen_client_free(f->client);
		close_client(f);
		assert_int_equal(done.n, i < 2 ? i + 1 : 2);
		wait_until(&n_cancelled, i + 1);
		assert_int_equal(n_given_up, i + 1);
	}
	stop(f);
}

/* The server waits no longer than it is told to. */
static void test_a_client_that_does_not_answer(void **state)
{
	static const struct pen_server_config config = { .callback_timeout_ms = 200 };
	static const struct nested_Stay_in in;
	struct nested_Stay_out out;
	struct fixture *f = start(&config);

	f->calls_back = true;
	open_client(f, 0);
	nested_set_callbacks(f->call, &later, NULL);
	assert_int_equal(nested_Stay(f->call, &in, &out), PEN_E_CLOSED);
	wait_until(&n_cancelled, 1);
	stop(f);
}

/* One of many in flight: the others do not notice. */
static void test_cancel_one_of_many(void **state)
{
	static const struct nested_Stay_in nothing;
	struct nested_Descend_out out[N_CALLS];
	struct done done[N_CALLS] = { 0 }, cancelled = { 0 };
	struct pen_call *calls[N_CALLS];
	struct nested_Stay_out none;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		struct nested_Descend_in in = { .depth = i % DEPTH,
						.n = N_BYTES,
						.bytes = f->bytes };

		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		nested_set_callbacks(calls[i], i % 2 ? &later : &callbacks, NULL);
		assert_int_equal(
			i == N_CALLS / 2
				? nested_Stay_start(calls[i], &nothing, &none, on_done, &cancelled)
				: nested_Descend_start(calls[i], &in, &out[i], on_done, &done[i]),
			0);
	}
	assert_int_equal(pen_call_cancel(calls[N_CALLS / 2]), 0);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		if (i == N_CALLS / 2)
			continue;
		host(f, &done[i].n, 1);
		assert_int_equal(done[i].result, 0);
		assert_int_equal(out[i].sum, sum_down_from(f, i % DEPTH));
	}
	host(f, &cancelled.n, 1);
	assert_int_equal(cancelled.result, PEN_E_CANCELLED);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		assert_int_equal(done[i].n, i != N_CALLS / 2);
		pen_call_free(calls[i]);
	}
	stop(f);
}

static void test_a_direct_call_has_no_client(void **state)
{
	static const struct nested_Repeat_in in = { .times = 1 };
	struct nested_Repeat_out out = { 0 };
	struct fixture *f = start(NULL);
	struct pen_call *call;

	open_client(f, 0);
	assert_int_equal(pen_call_new_direct(&call, f->server, NULL, NULL), 0);
	assert_int_equal(repeat(call, &in, &out), PEN_E_UNSUPPORTED);
	pen_call_free(call);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients_that_do_not_wait),
		cmocka_unit_test(test_clients_that_go),
		cmocka_unit_test(test_a_client_that_does_not_answer),
		cmocka_unit_test(test_cancel_one_of_many),
		cmocka_unit_test(test_a_direct_call_has_no_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
