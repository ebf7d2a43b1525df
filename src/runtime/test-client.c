/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct probe probe;

static int start(void **state)
{
	probe_start(&probe, NULL);
	return 0;
}

static int stop(void **state)
{
	probe_stop(&probe);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Hosts a client in a loop of poll(2), until the condition holds. */
static void host(struct pen_client *client)
{
	struct pollfd wait = { .fd = pen_client_fd(client), .events = pen_client_events(client) };
	int ms = pen_client_timeout(client);

	/* What a test waits for may also happen in the server's thread. */
	poll(&wait, 1, ms < 0 || ms > 10 ? 10 : ms);
	pen_client_dispatch(client);
}

#define HOST(client, condition)                                                                    \
	do                                                                                         \
		host(client);                                                                      \
	while (!(condition))

static void test_every_transport_answers(void **state)
{
	const char *bindings[] = { probe.tcp, probe.tcp6, probe.local };
	enum { N = 1 << 20 };
	uint8_t *data = malloc(N);

	for (size_t i = 0; i < N; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < PEN_COUNT(bindings); i++) {
		struct probe_bytes_in in = { .n = N, .data = data };
		struct probe_bytes_out out;
		struct pen_client *client;
		struct pen_call *call;

		if (!bindings[i])
			continue;
		client = probe_client(&probe, bindings[i]);
		assert_int_equal(pen_call_new(&call, client), 0);
		for (uint32_t k = 0; k < 100; k++)
			assert_int_equal(probe_add(call, k, 3), 0);
		assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out), 0);
		assert_memory_equal(out.data, data, N);
		pen_call_free(call);
		pen_client_free(client);
	}
	free(data);
}

static void test_bind_says_whether_it_is_there(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.local);
	struct pen_call *call;
	struct probe_nothing in = { 0 };
	struct probe_number out;

	assert_int_equal(pen_client_bind(client, &probe_interface), 0);
	assert_int_equal(pen_client_bind(client, &probe_stranger), PEN_E_REJECTED);
	assert_int_not_equal(pen_client_error(client)[0], 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(pen_call_invoke(call, &probe_stranger, PROBE_RELEASE, &in, &out),
			 PEN_E_REJECTED);
	assert_int_equal(probe_add(call, 1, 2), 0);
	pen_client_free(client);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_CLOSED);
	pen_call_free(call);
}

static void test_faults_say_what_went_wrong(void **state)
{
	static const struct {
		int result;
		uint32_t fault;
	} rows[] = {
		{ PEN_E_FAULT, 0xC0000022 },
		{ PEN_E_UNSUPPORTED, PEN_FAULT_OP_RNG_ERROR },
		{ PEN_E_BAD_DATA, PEN_WERR_RPC_X_BAD_STUB_DATA },
		{ -ENOMEM, PEN_FAULT_REMOTE_NO_MEMORY },
		{ PEN_E_DENIED, PEN_WERR_ACCESS_DENIED },
		{ -EIO, PEN_FAULT_UNSPEC },
	};
	struct pen_client *client = probe_client(&probe, probe.tcp);
	struct pen_call *call;
	struct probe_number out;

	assert_int_equal(pen_call_new(&call, client), 0);
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct probe_number in = { (uint32_t)rows[i].result };

		assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_FAIL, &in, &out),
				 PEN_E_FAULT);
		assert_int_equal(pen_call_fault(call), rows[i].fault);
		assert_int_not_equal(pen_call_error(call)[0], 0);
		assert_int_equal(probe_add(call, 4, 5), 0);
		assert_int_equal(pen_call_fault(call), 0);
		assert_string_equal(pen_call_error(call), "");
	}
	pen_call_free(call);
	pen_client_free(client);
}

static void test_object_without_a_manager(void **state)
{
	const struct pen_uuid object = { .time_low = 5 };
	const struct pen_uuid type = { .time_low = 6 };
	struct pen_client *client;
	struct pen_call *call;
	struct probe own;

	probe_make(&own, NULL);
	assert_int_equal(pen_server_add_object(own.server, &object, &type), 0);
	probe_run(&own);
	client = probe_client(&own, own.local);
	assert_int_equal(pen_call_new(&call, client), 0);
	pen_call_set_object(call, &type);
	assert_int_equal(probe_add(call, 1, 2), 0); /* an object of no known type */
	pen_call_set_object(call, &object);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_FAULT_UNSUPPORTED_TYPE);
	pen_call_free(call);
	pen_client_free(client);
	probe_stop(&own);
}

/* ---- started calls ---- */

struct started {
	struct pen_call *call;
	struct probe_add_in in;
	struct probe_number out;
	int result;
	int n_done;
	int *n_allp;
};

static void on_done(struct pen_call *call, int result, void *data)
{
	struct started *started = data;

	started->result = result;
	started->n_done++;
	++*started->n_allp;
}

static void test_many_in_flight_each_end_once(void **state)
{
	enum { N = 64 };
	static struct started started[N];
	struct pen_client *client = probe_client(&probe, probe.tcp);
	int n_all = 0;

	for (uint32_t i = 0; i < N; i++) {
		started[i] = (struct started){ .in = { i, 1000 }, .n_allp = &n_all };
		assert_int_equal(pen_call_new(&started[i].call, client), 0);
		assert_int_equal(pen_call_start(started[i].call, &probe_interface, PROBE_ADD,
						&started[i].in, &started[i].out, on_done,
						&started[i]),
				 0);
		assert_int_equal(probe_add(started[i].call, 1, 2), -EBUSY);
		memset(&started[i].in, 0xee, sizeof(started[i].in)); /* not needed any more */
	}
	HOST(client, n_all == N);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(started[i].result, 0);
		assert_int_equal(started[i].n_done, 1);
		assert_int_equal(started[i].out.value, i + 1000);
		pen_call_free(started[i].call);
	}
	pen_client_free(client);
}

/* A call that waits does not disturb those that were started, nor they it. */
static void test_waiting_among_started(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.local);
	struct started later = { .n_allp = &later.n_done };
	struct probe_number in = { 77 };
	struct pen_call *call;
	int n_all = 0;

	later.n_allp = &n_all;
	assert_int_equal(pen_call_new(&later.call, client), 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(pen_call_start(later.call, &probe_interface, PROBE_LATER, &in, &later.out,
					on_done, &later),
			 0);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(probe_add(call, i, i), 0);
	assert_int_equal(later.n_done, 0);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_RELEASE, &in, &later.in), 0);
	HOST(client, n_all);
	assert_int_equal(later.result, 0);
	assert_int_equal(later.out.value, 77);
	pen_call_free(later.call);
	pen_call_free(call);
	pen_client_free(client);
}

static void test_cancel_reaches_the_operation(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.tcp);
	struct started later = { 0 };
	struct probe_number in = { 1 };
	int n_before = probe.n_cancelled;
	int n_all = 0;

	later.n_allp = &n_all;
	assert_int_equal(pen_call_new(&later.call, client), 0);
	assert_int_equal(pen_call_start(later.call, &probe_interface, PROBE_LATER, &in, &later.out,
					on_done, &later),
			 0);
	HOST(client, probe.n_later == 1);
	assert_int_equal(pen_call_cancel(later.call), 0);
	HOST(client, n_all);
	assert_int_equal(later.result, PEN_E_CANCELLED);
	assert_int_equal(later.n_done, 1);
	assert_int_equal(probe.n_cancelled, n_before + 1);
	pen_call_free(later.call);
	pen_client_free(client);
}

static void test_deadline_ends_a_call_and_not_the_association(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.local);
	struct probe_number in = { 1 };
	struct probe_number out;
	struct started later = { 0 };
	struct pen_call *call;
	uint64_t began;
	int n_all = 0;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	pen_call_set_timeout(call, 100);
	began = now_ms();
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_LATER, &in, &out),
			 PEN_E_TIMEOUT);
	assert_in_range(now_ms() - began, 99, 5000);
	assert_true(probe_await(&probe.n_later, 0)); /* it was cancelled */
	assert_int_equal(probe_add(call, 1, 2), 0);

	later.n_allp = &n_all;
	assert_int_equal(pen_call_start(call, &probe_interface, PROBE_LATER, &in, &later.out,
					on_done, &later),
			 0);
	HOST(client, n_all);
	assert_int_equal(later.result, PEN_E_TIMEOUT);
	assert_true(probe_await(&probe.n_later, 0));
	assert_int_equal(probe_add(call, 1, 2), 0);
	pen_call_free(call);
	pen_client_free(client);
}

static void test_freed_client_ends_its_calls(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.tcp);
	struct started started[3] = { 0 };
	struct probe_number in = { 1 };
	int n_all = 0;

	for (int i = 0; i < 3; i++) {
		started[i].n_allp = &n_all;
		assert_int_equal(pen_call_new(&started[i].call, client), 0);
		assert_int_equal(pen_call_start(started[i].call, &probe_interface, PROBE_LATER, &in,
						&started[i].out, on_done, &started[i]),
				 0);
	}
	HOST(client, probe.n_later == 3);
	started[1].call = pen_call_free(started[1].call);
	pen_client_free(client);
	assert_int_equal(n_all, 2);
	assert_int_equal(started[0].result, PEN_E_CLOSED);
	assert_int_equal(started[1].n_done, 0);
	assert_int_equal(started[2].n_done, 1);
	pen_call_free(started[0].call);
	pen_call_free(started[2].call);
	assert_true(probe_await(&probe.n_later, 0));
}

static void free_client(struct pen_call *call, int result, void *data)
{
	pen_client_free(data);
}

static void test_client_may_be_freed_by_what_it_calls(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.tcp);
	struct probe_add_in in = { 1, 2 };
	struct probe_number out = { 0 };
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(
		pen_call_start(call, &probe_interface, PROBE_ADD, &in, &out, free_client, client),
		0);
	HOST(client, out.value);
	assert_int_equal(out.value, 3);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_CLOSED);
	pen_call_free(call);
}

/* ---- when the server is not there, or leaves ---- */

static void test_nobody_there(void **state)
{
	static const struct {
		const char *binding;
		int result;
	} rows[] = {
		{ "ncacn_ip_tcp:127.0.0.1[1]", -ECONNREFUSED },
		{ "ncalrpc:[nobody]", -ENOENT },
		{ "ncacn_ip_tcp:no such host[1]", PEN_E_NOT_FOUND },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_client *client = probe_client(&probe, rows[i].binding);
		struct started started = { 0 };
		struct pen_call *call;
		int n_all = 0;

		assert_int_equal(pen_call_new(&call, client), 0);
		assert_int_equal(probe_add(call, 1, 2), rows[i].result);
		assert_non_null(strstr(pen_call_error(call), rows[i].binding));

		started.n_allp = &n_all;
		assert_int_equal(pen_call_start(call, &probe_interface, PROBE_ADD, &started.in,
						&started.out, on_done, &started),
				 0);
		HOST(client, n_all);
		assert_int_equal(started.result, rows[i].result);
		pen_call_free(call);
		pen_client_free(client);
	}
}

static void test_server_that_leaves_is_found_again(void **state)
{
	struct started started = { 0 };
	struct probe_number in = { 1 };
	struct pen_client *client;
	struct pen_call *call;
	struct probe first;
	struct probe second;
	int n_all = 0;

	probe_start(&first, NULL);
	client = probe_client(&first, first.local);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	started.n_allp = &n_all;
	assert_int_equal(pen_call_start(call, &probe_interface, PROBE_LATER, &in, &started.out,
					on_done, &started),
			 0);
	HOST(client, first.n_later == 1);
	probe_halt(&first);
	pen_server_free(first.server);
	HOST(client, n_all);
	assert_int_equal(started.result, PEN_E_CLOSED);
	assert_int_equal(started.n_done, 1);
	assert_int_equal(probe_add(call, 1, 2), -ENOENT);

	/* Another server under the same name. */
	probe_start_in(&second, first.directory, NULL);
	assert_int_equal(probe_add(call, 1, 2), 0);
	pen_call_free(call);
	pen_client_free(client);
	probe_stop(&second);
}

static void test_what_there_is_no_client_for(void **state)
{
	struct pen_ndr_error error = { "" };
	struct pen_client *client;

	assert_int_equal(pen_client_new(&client, "ncacn_np:server[\\pipe\\x]", NULL, &error),
			 PEN_E_UNSUPPORTED);
	assert_int_not_equal(error.text[0], 0);
	assert_int_equal(pen_client_new(&client, "nonsense", NULL, &error), PEN_E_SYNTAX);
}

static void test_both_byte_orders_and_a_maybe_call(void **state)
{
	const struct pen_client_config config = { .ncalrpc_dir = probe.directory,
						  .is_big_endian = true,
						  .refuse_ndr64 = true };
	struct probe_number in = { 3 };
	struct probe_nothing out;
	struct pen_client *client;
	struct pen_call *call;
	int n_before = probe.n_shouts;

	assert_int_equal(pen_client_new(&client, probe.local, &config, NULL), 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 0x01020304, 5), 0);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_SHOUT, &in, &out), 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	assert_true(probe_await(&probe.n_shouts, n_before + 1));
	pen_call_free(call);
	pen_client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_transport_answers),
		cmocka_unit_test(test_bind_says_whether_it_is_there),
		cmocka_unit_test(test_faults_say_what_went_wrong),
		cmocka_unit_test(test_object_without_a_manager),
		cmocka_unit_test(test_many_in_flight_each_end_once),
		cmocka_unit_test(test_waiting_among_started),
		cmocka_unit_test(test_cancel_reaches_the_operation),
		cmocka_unit_test(test_deadline_ends_a_call_and_not_the_association),
		cmocka_unit_test(test_freed_client_ends_its_calls),
		cmocka_unit_test(test_client_may_be_freed_by_what_it_calls),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_server_that_leaves_is_found_again),
		cmocka_unit_test(test_what_there_is_no_client_for),
		cmocka_unit_test(test_both_byte_orders_and_a_maybe_call),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
