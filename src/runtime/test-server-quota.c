/* SPDX-License-Identifier: MIT */
#include "pipe/npa.h"
#include "runtime/server-policy.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/ruled.h"
#include "support/unit.h"
#include <penstock/idl/rpcecho.h>
#include <penstock/sid.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- how much ---- */

/* Of the quota's two kinds, where the caller is known by both. */
static const char *const whose[] = { "peer=local", "identity=*" };

static void start_quota(size_t i, const char *limit)
{
	char text[100];

	snprintf(text, sizeof(text), "\nquota %s %s\n", whose[i], limit);
	ruled_start(text);
}

static void test_connections(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *clients[3];
		struct pen_call *calls[3];
		int r;

		start_quota(i, "connections=2");
		for (size_t k = 0; k < PEN_COUNT(calls); k++)
			calls[k] = ruled_begin(ruled_probe.local, &clients[k]);
		assert_int_equal(probe_add(calls[0], 1, 2), 0);
		assert_int_equal(probe_add(calls[1], 1, 2), 0);
		r = probe_add(calls[2], 1, 2);
		assert_true(r && r != PEN_E_FAULT);
		assert_true(ruled_has_logged("refused: line 2 of the policy: connections=2 of "));
		assert_int_equal(ruled_add_at(ruled_probe.tcp), 0);
		ruled_end(calls[0], clients[0]);
		while (ruled_probe.server->stats.connections > 1)
			usleep(1000);
		assert_int_equal(ruled_add_at(ruled_probe.local), 0);
		ruled_end(calls[1], clients[1]);
		ruled_end(calls[2], clients[2]);
		ruled_stop();
	}
}

/* Who is nobody by the transport is counted with the first call. */
static void test_connections_of_nobody(void **state)
{
	struct pen_client *clients[2];
	struct pen_call *calls[2];
	int r;

	ruled_start("quota identity=anonymous connections=1\n");
	for (size_t k = 0; k < PEN_COUNT(calls); k++)
		calls[k] = ruled_begin(ruled_probe.tcp, &clients[k]);
	assert_int_equal(probe_add(calls[0], 1, 2), 0);
	r = probe_add(calls[1], 1, 2);
	assert_int_equal(r, PEN_E_FAULT);
	assert_int_equal(pen_call_fault(calls[1]), PEN_FAULT_SERVER_TOO_BUSY);
	assert_true(ruled_has_logged("closed: line 1 of the policy: connections=1 of an identity"));
	assert_int_equal(probe_add(calls[0], 1, 2), 0);
	for (size_t k = 0; k < PEN_COUNT(calls); k++)
		ruled_end(calls[k], clients[k]);
	ruled_stop();
}

static int connect_pipe(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/np/probe", ruled_probe.directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A pipe's client is the address that smbd says, whose connections by TCP count too. */
static void test_connections_of_a_pipe_client(void **state)
{
	struct pen_sid sids[] = { pen_sid_anonymous, pen_sid_everyone };
	struct pen_npa_request request = { .level = 7,
					   .layout = PEN_NPA_4_17_9,
					   .transport = 1,
					   .remote_client_name = "client",
					   .remote_client_addr = "192.0.2.7",
					   .local_server_name = "server",
					   .local_server_addr = "192.0.2.1",
					   .has_session_transport = true,
					   .has_session = true,
					   .has_security_token = true,
					   .sids = sids,
					   .n_sids = PEN_COUNT(sids) };
	struct pen_buffer bytes;
	uint8_t reply[36];
	int fds[3];

	ruled_start("quota peer=192.0.2.7 connections=1\n");
	for (size_t i = 0; i < PEN_COUNT(fds); i++) {
		fds[i] = connect_pipe();
		if (i == 2)
			request.remote_client_addr = "192.0.2.8";
		pen_buffer_init(&bytes, 0);
		assert_int_equal(pen_npa_request_put(&request, &bytes), 0);
		assert_int_equal(send(fds[i], bytes.data, bytes.size, 0), bytes.size);
		pen_buffer_done(&bytes);
		assert_int_equal(recv(fds[i], reply, sizeof(reply), MSG_WAITALL), i == 1 ? 0 : 36);
	}
	assert_true(ruled_has_logged("pipe client 192.0.2.7: refused: line 1 of the policy"));
	for (size_t i = 0; i < PEN_COUNT(fds); i++)
		close(fds[i]);
	ruled_stop();
}

static void test_contexts(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		const struct rpcecho_echo_AddOne_in in = { .in_data = 1 };
		struct rpcecho_echo_AddOne_out out;
		struct pen_client *client;
		struct pen_call *call;

		start_quota(i, "contexts=1");
		call = ruled_begin(ruled_probe.local, &client);
		assert_int_equal(probe_add(call, 1, 2), 0);
		assert_int_equal(rpcecho_echo_AddOne(call, &in, &out), PEN_E_REJECTED);
		assert_true(ruled_has_logged(
			"context is refused: line 2 of the policy: contexts=1 of "));
		assert_int_equal(probe_add(call, 1, 2), 0);
		ruled_end(call, client);
		ruled_stop();
	}
}

static void ignore_end(struct pen_call *call, int result, void *data)
{
}

/* A call that is not finished until its client goes. */
static void start_later(struct pen_call *call, struct pen_client *client, int n)
{
	static const struct probe_number in = { 1 };
	static struct probe_number out;

	assert_int_equal(
		pen_call_start(call, &probe_interface, PROBE_LATER, &in, &out, ignore_end, NULL),
		0);
	while (ruled_probe.n_later != n) {
		struct pollfd wait = { .fd = pen_client_fd(client),
				       .events = pen_client_events(client) };

		poll(&wait, 1, 10);
		pen_client_dispatch(client);
	}
}

static void test_calls(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *clients[2];
		struct pen_call *calls[2];

		start_quota(i, "calls=2");
		for (size_t k = 0; k < PEN_COUNT(calls); k++) {
			assert_int_equal(ruled_add_at(ruled_probe.local), 0);
			calls[k] = ruled_begin(ruled_probe.local, &clients[k]);
			start_later(calls[k], clients[k], (int)k + 1);
		}
		assert_int_equal(ruled_add_at(ruled_probe.local), PEN_FAULT_SERVER_TOO_BUSY);
		assert_true(ruled_has_logged("Refused: line 2 of the policy: calls=2 of "));
		assert_int_equal(ruled_add_at(ruled_probe.tcp), 0);
		ruled_end(calls[0], clients[0]);
		assert_true(probe_await(&ruled_probe.n_later, 1));
		assert_int_equal(ruled_add_at(ruled_probe.local), 0);
		ruled_end(calls[1], clients[1]);
		ruled_stop();
	}
}

static void test_memory(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		start_quota(i, "memory=16K");
		for (int k = 0; k < 10; k++) {
			assert_int_equal(ruled_echo_at(ruled_probe.local, 1000), 0);
			assert_int_equal(ruled_echo_at(ruled_probe.local, 16385),
					 PEN_FAULT_SERVER_TOO_BUSY);
		}
		assert_true(ruled_has_logged("Refused: line 2 of the policy: memory=16384 of "));
		ruled_stop();
	}
}

static uint32_t echo_by(struct pen_call *call, uint32_t n)
{
	static uint8_t zeros[20000];
	const struct probe_bytes_in in = { .n = n, .data = zeros };
	struct probe_bytes_out out = { 0 };
	int r = pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out);

	assert_true(!r || r == PEN_E_FAULT);
	return r ? pen_call_fault(call) : 0;
}

/* While somebody is in the accounts, so that they are not forgotten. */
static void test_calls_give_back_all_they_took(void **state)
{
	static const char *const policies[] = {
		"quota identity=* calls=1 memory=16K\nquota peer=* calls=1 memory=40K\n",
		"quota identity=* calls=1 memory=40K\nquota peer=* calls=1 memory=16K\n",
	};

	for (size_t i = 0; i < PEN_COUNT(policies); i++) {
		struct pen_client *client;
		struct pen_call *call;

		ruled_start(policies[i]);
		call = ruled_begin(ruled_probe.local, &client);
		for (int k = 0; k < 100; k++) {
			assert_int_equal(echo_by(call, 1000), 0);
			assert_int_equal(echo_by(call, 20000), PEN_FAULT_SERVER_TOO_BUSY);
		}
		ruled_end(call, client);
		ruled_stop();
	}
}

static void test_connections_give_back_their_contexts(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *client;
		struct pen_call *call;

		/* Of each two: a client binds in NDR and in NDR64. */
		start_quota(i, "contexts=4");
		call = ruled_begin(ruled_probe.local, &client);
		assert_int_equal(probe_add(call, 1, 2), 0);
		for (int k = 0; k < 5; k++) {
			assert_int_equal(ruled_add_at(ruled_probe.local), 0);
			while (*(volatile uint32_t *)&ruled_probe.server->stats.connections > 1)
				usleep(1000);
		}
		ruled_end(call, client);
		ruled_stop();
	}
}

/* What a request becomes by being decoded counts too, until it is over. */
static void test_memory_of_what_is_decoded(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *client;
		struct pen_call *call;

		start_quota(i, "memory=15000");
		assert_int_equal(ruled_echo_at(ruled_probe.local, 10000),
				 PEN_FAULT_SERVER_TOO_BUSY);
		ruled_stop();
		start_quota(i, "memory=40000");
		call = ruled_begin(ruled_probe.local, &client);
		assert_int_equal(echo_by(call, 10000), 0);
		assert_int_equal(echo_by(call, 15000), 0);
		ruled_end(call, client);
		ruled_stop();
	}
}

static void test_rate(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		uint32_t fault = 0;

		start_quota(i, "rate=2/s");
		assert_int_equal(ruled_add_at(ruled_probe.local), 0);
		for (int k = 0; k < 10000 && !fault; k++)
			fault = ruled_add_at(ruled_probe.local);
		assert_int_equal(fault, PEN_FAULT_SERVER_TOO_BUSY);
		assert_true(ruled_has_logged("Refused: line 2 of the policy: rate=2/s of "));
		ruled_stop();
	}
}

/* What is denied costs its caller all the same, or nothing would. */
static void test_denied_calls_have_a_rate(void **state)
{
	uint32_t fault = PEN_WERR_ACCESS_DENIED;

	ruled_start("deny interface=probe\nquota peer=* rate=2/s\n");
	for (int k = 0; k < 10000 && fault == PEN_WERR_ACCESS_DENIED; k++)
		fault = ruled_add_at(ruled_probe.local);
	assert_int_equal(fault, PEN_FAULT_SERVER_TOO_BUSY);
	ruled_stop();
}

/* ---- what goes wrong ---- */

#define ALL_OF "connections=9 contexts=9 calls=9 memory=1M rate=1000000/s\n"

/* Whatever memory there is not, all that was taken is given back. */
static void test_failed_allocations_give_back(void **state)
{
	ruled_start("audit interface=probe\nquota peer=* " ALL_OF "quota identity=* " ALL_OF);
	for (size_t n = 1; n < 2000; n++) {
		struct pen_client *client = NULL;
		struct pen_call *call = NULL;
		const struct pen_client_config own = { .ncalrpc_dir = ruled_probe.directory };

		pen_fail_at(n);
		if (!pen_client_new(&client, n % 2 ? ruled_probe.local : ruled_probe.tcp, &own,
				    NULL) &&
		    !pen_call_new(&call, client)) {
			pen_call_set_timeout(call, 10000);
			probe_add(call, 1, 2);
		}
		ruled_end(call, client);
		if (!pen_fail_hit() && n > 100)
			break;
	}
	while (*(volatile uint32_t *)&ruled_probe.server->stats.connections)
		usleep(1000);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	ruled_stop();
}

/* A server that ends in the middle of calls. */
static void test_an_end_gives_back(void **state)
{
	struct pen_client *client;
	struct pen_call *call;

	ruled_start("quota peer=* " ALL_OF "quota identity=* " ALL_OF);
	ruled_probe.ignores_cancel = true;
	call = ruled_begin(ruled_probe.local, &client);
	start_later(call, client, 1);
	probe_halt(&ruled_probe);
	assert_int_equal(pen_quotas_n_entered(ruled_probe.server->policy->quotas), 2);
	probe_done(&ruled_probe);
	ruled_end(call, client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_connections_of_nobody),
		cmocka_unit_test(test_connections_of_a_pipe_client),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_calls_give_back_all_they_took),
		cmocka_unit_test(test_connections_give_back_their_contexts),
		cmocka_unit_test(test_memory_of_what_is_decoded),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_denied_calls_have_a_rate),
		cmocka_unit_test(test_failed_allocations_give_back),
		cmocka_unit_test(test_an_end_gives_back),
	};

	return cmocka_run_group_tests(tests, ruled_set_up, ruled_tear_down);
}
