/* SPDX-License-Identifier: MIT */
#include "support/objectd.h"
#include "support/probe.h"
#include "support/unit.h"
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 20000 };

static struct objectd objectd;
static struct probe probe;

static int start(void **state)
{
	const struct pen_server_config config = { .np_by_objects = true };

	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	probe_start(&probe, &config);
	return 0;
}

static int stop(void **state)
{
	probe_stop(&probe);
	objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}

static void test_calls_go_by_a_pipe(void **state)
{
	enum { N = 1 << 20 };
	uint8_t *data = malloc(N);
	struct probe_bytes_in in = { .n = N, .data = data };
	struct probe_bytes_out out;
	struct pen_client *client;
	struct pen_call *call;

	for (size_t i = 0; i < N; i++)
		data[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < 20; i++) {
		client = probe_client(&probe, probe.pipe);
		assert_int_equal(pen_call_new(&call, client), 0);
		for (uint32_t k = 0; k < 50; k++)
			assert_int_equal(probe_add(call, k, 3), 0);
		if (!(i % 5)) {
			assert_int_equal(
				pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out), 0);
			assert_memory_equal(out.data, data, N);
		}
		pen_call_free(call);
		pen_client_free(client);
	}
	free(data);
}

static void host(struct pen_client *client)
{
	struct pollfd wait = { .fd = pen_client_fd(client), .events = pen_client_events(client) };
	int ms = pen_client_timeout(client);

	poll(&wait, 1, ms < 0 || ms > 10 ? 10 : ms);
	pen_client_dispatch(client);
}

static void count(struct pen_call *call, int result, void *data)
{
	assert_int_equal(result, 0);
	++*(unsigned *)data;
}

static void test_many_at_once(void **state)
{
	enum { N = 50 };
	struct probe_add_in in[N];
	struct probe_number out[N];
	struct pen_call *calls[N];
	struct pen_client *client = probe_client(&probe, probe.pipe);
	unsigned n_done = 0;

	for (uint32_t i = 0; i < N; i++) {
		in[i] = (struct probe_add_in){ i, 1000 };
		assert_int_equal(pen_call_new(&calls[i], client), 0);
		assert_int_equal(pen_call_start(calls[i], &probe_interface, PROBE_ADD, &in[i],
						&out[i], count, &n_done),
				 0);
	}
	while (n_done < N)
		host(client);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(out[i].value, 1000 + i);
		pen_call_free(calls[i]);
	}
	pen_client_free(client);
}

/* A host that waits for what it is told to wait for, and no shorter. */
static void test_a_patient_host(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.pipe);
	struct probe_add_in in = { 40, 2 };
	struct probe_number out = { 0 };
	struct pen_call *call;
	unsigned n_done = 0;

	assert_int_equal(pen_call_new(&call, client), 0);
	pen_call_set_timeout(call, LONG_MS);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(pen_call_start(call, &probe_interface, PROBE_ADD, &in, &out, count,
						&n_done),
				 0);
		while (n_done < i) {
			struct pollfd wait = { .fd = pen_client_fd(client),
					       .events = pen_client_events(client) };

			poll(&wait, 1, pen_client_timeout(client));
			pen_client_dispatch(client);
		}
		assert_int_equal(out.value, 42);
	}
	pen_call_free(call);
	pen_client_free(client);
}

/* More clients than instances listen: each is served in its turn. */
static void test_many_clients(void **state)
{
	enum { N = 12 };
	struct pen_client *clients[N];
	struct pen_call *calls[N];

	for (uint32_t i = 0; i < N; i++) {
		clients[i] = probe_client(&probe, probe.pipe);
		assert_int_equal(pen_call_new(&calls[i], clients[i]), 0);
		assert_int_equal(probe_add(calls[i], i, 1), 0);
	}
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(probe_add(calls[i], i, 2), 0);
		pen_call_free(calls[i]);
		pen_client_free(clients[i]);
	}
}

static int is_ours(void *data, const struct pen_server_connection *connection)
{
	unsigned *n = data;

	if (connection->protseq != PEN_NCACN_NP)
		return 0;
	assert_int_equal(pen_token_info(connection->token)->uid, geteuid());
	assert_true(pen_token_info(connection->token)->is_local);
	++*n;
	return 0;
}

static void test_the_caller_is_known(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.pipe);
	struct pen_call *call;
	unsigned n = 0;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	probe_halt(&probe);
	assert_int_equal(pen_server_each_connection(probe.server, is_ours, &n), 0);
	probe_run(&probe);
	assert_int_equal(n, 1);
	pen_call_free(call);
	pen_client_free(client);
}

/* Connections outlive the object manager, and its successor knows the pipe again. */
static void test_the_object_manager_dies(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.pipe), *another;
	struct pen_call *call, *second;
	int r = PEN_E_NOT_FOUND;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	objectd_end(&objectd, SIGKILL);
	assert_int_equal(probe_add(call, 1, 2), 0);
	objectd_start(&objectd, NULL);
	assert_int_equal(probe_add(call, 1, 2), 0);
	for (int i = 0; i < LONG_MS / 50 && r; i++) {
		another = probe_client(&probe, probe.pipe);
		assert_int_equal(pen_call_new(&second, another), 0);
		r = probe_add(second, 3, 4);
		pen_call_free(second);
		pen_client_free(another);
		if (r)
			usleep(50000);
	}
	assert_int_equal(r, 0);
	assert_int_equal(probe_add(call, 1, 2), 0);
	pen_call_free(call);
	pen_client_free(client);
}

static void test_who_is_not_there(void **state)
{
	struct pen_client *client = probe_client(&probe, "ncacn_np:[\\pipe\\nobody]");
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_NOT_FOUND);
	pen_call_free(call);
	pen_client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_calls_go_by_a_pipe, start, stop),
		cmocka_unit_test_setup_teardown(test_many_at_once, start, stop),
		cmocka_unit_test_setup_teardown(test_a_patient_host, start, stop),
		cmocka_unit_test_setup_teardown(test_many_clients, start, stop),
		cmocka_unit_test_setup_teardown(test_the_caller_is_known, start, stop),
		cmocka_unit_test_setup_teardown(test_the_object_manager_dies, start, stop),
		cmocka_unit_test_setup_teardown(test_who_is_not_there, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
