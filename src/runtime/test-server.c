/* SPDX-License-Identifier: MIT */
/* Servers: context handles, loops that are not ours, memory. */
#include "runtime/test-server.h"
#include "runtime/server.h"
#include "support/fail.h"
#include <penstock/status.h>
#include <signal.h>

/* ---- context handles ---- */

static int use_handle(struct pen_call *call, enum probe_opnum how, struct pen_context_handle handle)
{
	struct probe_handle in = { handle };
	struct probe_handle out;

	return pen_call_invoke(call, &probe_interface, how, &in, &out);
}

static void test_handles_end_with_their_client_and_once(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.tcp);
	struct pen_client *other = probe_client(&probe, probe.tcp);
	int n_before = probe.n_rundowns;
	struct pen_context_handle handle;
	struct pen_call *theirs;
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(pen_call_new(&theirs, other), 0);
	for (int i = 0; i < 5; i++)
		handle = open_handle(call);
	assert_int_equal(use_handle(call, PROBE_USE, handle), 0);
	assert_int_equal(use_handle(theirs, PROBE_USE, handle), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(theirs), PEN_FAULT_CONTEXT_MISMATCH);
	assert_int_equal(use_handle(theirs, PROBE_CLOSE, handle), PEN_E_FAULT);
	assert_int_equal(use_handle(call, PROBE_CLOSE, handle), 0);
	assert_int_equal(use_handle(call, PROBE_CLOSE, handle), PEN_E_FAULT);
	assert_int_equal(probe.n_rundowns, n_before + 1);
	assert_int_equal(probe.n_objects, 4);

	pen_call_free(call);
	pen_client_free(client);
	assert_true(probe_await(&probe.n_objects, 0));
	assert_int_equal(probe.n_rundowns, n_before + 5);
	pen_call_free(theirs);
	pen_client_free(other);
}

static void ignore_end(struct pen_call *call, int result, void *data)
{
}

/* A handle is not taken from under a call that uses it. */
static void test_rundown_waits_for_the_last_call(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.local);
	struct probe_number in = { 1 };
	struct probe_number out;
	int n_cancelled = probe.n_cancelled;
	struct pen_call *call;

	probe.ignores_cancel = true;
	assert_int_equal(pen_call_new(&call, client), 0);
	open_handle(call);
	assert_int_equal(
		pen_call_start(call, &probe_interface, PROBE_LATER, &in, &out, ignore_end, NULL),
		0);
	while (probe.n_later != 1) {
		struct pollfd wait = { .fd = pen_client_fd(client),
				       .events = pen_client_events(client) };

		poll(&wait, 1, 10);
		pen_client_dispatch(client);
	}
	pen_client_free(client);
	pen_call_free(call);
	assert_true(probe_await(&probe.n_cancelled, n_cancelled + 1));
	usleep(50000);
	assert_int_equal(probe.n_objects, 1);

	client = probe_client(&probe, probe.local);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_RELEASE, &in, &out), 0);
	assert_int_equal(out.value, 1);
	assert_true(probe_await(&probe.n_objects, 0));
	probe.ignores_cancel = false;
	pen_call_free(call);
	pen_client_free(client);
}

/* ---- being hosted ---- */

static void on_done(struct pen_call *call, int result, void *data)
{
	*(int *)data = result;
}

/* One loop of poll(2) hosts both ends; the server's end was opened by us. */
static void test_one_foreign_loop_hosts_client_and_server(void **state)
{
	struct probe_add_in in = { 40, 2 };
	struct pen_client *client;
	struct probe_number out;
	struct pen_call *call;
	struct probe hosted;
	int result = -1;

	probe_make(&hosted, NULL);
	client = probe_client(&hosted, hosted.local);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(
		pen_call_start(call, &probe_interface, PROBE_ADD, &in, &out, on_done, &result), 0);
	for (int i = 0; i < 1000 && result; i++) {
		int server_ms = pen_server_timeout(hosted.server);
		int client_ms = pen_client_timeout(client);
		struct pollfd wait[] = {
			{ .fd = pen_server_fd(hosted.server),
			  .events = pen_server_events(hosted.server) },
			{ .fd = pen_client_fd(client), .events = pen_client_events(client) },
		};

		poll(wait, 2, server_ms == 0 || client_ms == 0 ? 0 : 1000);
		assert_int_equal(pen_server_dispatch(hosted.server), 0);
		assert_int_equal(pen_client_dispatch(client), 0);
	}
	assert_int_equal(result, 0);
	assert_int_equal(out.value, 42);
	pen_call_free(call);
	pen_client_free(client);
	probe_done(&hosted);
}

static void test_adopted_socket_is_served(void **state)
{
	struct probe own;
	struct peer peer;
	int pair[2];

	probe_make(&own, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pen_server_adopt(own.server, pair[0], PEN_NCALRPC, NULL), 0);
	probe_run(&own);
	peer = peer_new(&own, PEN_NCALRPC);
	close(peer.fd);
	peer.fd = pair[1];
	peer_bind(&peer);
	peer_done(&peer);
	probe_stop(&own);
}

static struct pen_server *to_stop;

static void on_alarm(int signal_number)
{
	pen_server_stop(to_stop);
}

static void test_a_signal_stops_it(void **state)
{
	struct probe own;

	probe_make(&own, NULL);
	to_stop = own.server;
	signal(SIGALRM, on_alarm);
	alarm(1);
	assert_int_equal(pen_server_run(own.server), 0);
	signal(SIGALRM, SIG_DFL);
	probe_done(&own);
}

static void test_says_what_it_serves_where(void **state)
{
	const char *const names[] = { "probe", NULL };
	const char *const unknown[] = { "nothing", NULL };
	const struct pen_service again = { .interface = &probe_interface };
	struct pen_server_endpoint endpoint;
	struct probe own;
	size_t n = 0;

	probe_make(&own, NULL);
	assert_int_equal(pen_server_add(own.server, &again, NULL), PEN_E_EXISTS);
	assert_int_equal(pen_server_listen(own.server, "ncalrpc:[second]", names, NULL), 0);
	assert_int_equal(pen_server_listen(own.server, "ncalrpc:[third]", unknown, NULL),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_server_listen(own.server, "ncalrpc:[probe]", NULL, NULL), -EADDRINUSE);
	assert_int_not_equal(pen_server_error(own.server)[0], 0);
	assert_int_equal(pen_server_listen(own.server, "ncalrpc:", NULL, NULL), PEN_E_SYNTAX);
	assert_int_equal(pen_server_listen(own.server, "ncacn_ip_tcp:127.0.0.1[x]", NULL, NULL),
			 PEN_E_SYNTAX);
	while (!pen_server_endpoint(own.server, n, &endpoint)) {
		assert_ptr_equal(endpoint.interface, &probe_interface);
		n++;
	}
	assert_int_equal(n, own.tcp6 ? 5 : 4);
	assert_string_equal(endpoint.binding, "ncalrpc:[second]");
	probe_done(&own);
}

/* ---- memory ---- */

static void test_steady_call_allocates_nothing(void **state)
{
	struct pen_client *client = probe_client(&probe, probe.local);
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(probe_add(call, i, i), 0);
	pen_fail_at(0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(probe_add(call, i, i), 0);
	assert_int_equal(pen_fail_count(), 0);
	pen_call_free(call);
	pen_client_free(client);
}

static void test_failed_allocation_leaks_nothing(void **state)
{
	const struct pen_server_config config = { .ncalrpc_dir = "/tmp" };

	for (size_t n = 1; n; n++) {
		struct pen_server *server = NULL;
		struct pen_client *client = NULL;
		int r;

		pen_fail_at(n);
		r = pen_server_new(&server, &config);
		if (!r)
			r = pen_client_new(&client, "ncacn_ip_tcp:127.0.0.1[1]", NULL, NULL);
		pen_client_free(client);
		pen_server_free(server);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handles_end_with_their_client_and_once),
		cmocka_unit_test(test_rundown_waits_for_the_last_call),
		cmocka_unit_test(test_one_foreign_loop_hosts_client_and_server),
		cmocka_unit_test(test_adopted_socket_is_served),
		cmocka_unit_test(test_a_signal_stops_it),
		cmocka_unit_test(test_says_what_it_serves_where),
		cmocka_unit_test(test_steady_call_allocates_nothing),
		cmocka_unit_test(test_failed_allocation_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
