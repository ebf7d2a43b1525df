/* SPDX-License-Identifier: MIT */
/* Servers, and peers that do not behave, or are many. */
#include "runtime/test-server.h"
#include <penstock/status.h>
#include <sys/resource.h>

/* ---- peers that do not behave ---- */

static void test_garbage_is_refused(void **state)
{
	static const char garbage[] = "GET / HTTP/1.1\r\nHost: not what this is for\r\n\r\n";
	int fd = connect_tcp(&probe);

	assert_true(send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL) > 0);
	assert_true(is_closed_within(fd, 5000));
	close(fd);
	assert_serves(&probe);
}

static void keep_line(void *data, enum pen_log_level level, const char *line)
{
	if (strstr(line, "closed: "))
		snprintf(data, 100, "%s", strstr(line, "closed: "));
}

/* Who closes before it has read all is said to have done just that. */
static void test_why_it_is_closed(void **state)
{
	char said[100] = "";
	const struct pen_server_config config = { .log = keep_line, .log_data = said };
	struct pollfd wait = { .events = POLLIN };
	struct probe server;
	struct peer peer;

	probe_start(&server, &config);
	peer = peer_new(&server, PEN_NCALRPC);
	peer_bind(&peer);
	assert_int_equal(peer_request(&peer, 100), 0);
	assert_true(peer_send(&peer));
	wait.fd = peer.fd;
	assert_int_equal(poll(&wait, 1, 10000), 1);
	peer_done(&peer);
	await_connections(&server, 0);
	probe_stop(&server);
	assert_string_equal(said, "closed: ECONNRESET");
}

static void test_stalled_peers_are_closed(void **state)
{
	const struct pen_server_config config = { .bind_timeout_ms = 300,
						  .fragment_timeout_ms = 200,
						  .npa_timeout_ms = 200 };
	struct pen_slice slice;
	struct probe impatient;
	struct peer peer;
	uint64_t began;
	int silent;
	int begun;
	int smbd;

	probe_start(&impatient, &config);
	began = now_ms();
	silent = connect_tcp(&impatient);
	begun = connect_unix(&impatient, "probe");
	smbd = connect_unix(&impatient, "np/probe");
	assert_int_equal(send(begun, "\x05\x00\x0b", 3, 0), 3);
	assert_int_equal(send(smbd, "\0\0\1", 3, 0), 3);
	assert_true(is_closed_within(begun, 5000));
	assert_true(is_closed_within(smbd, 5000));
	assert_in_range(now_ms() - began, 190, 4000);
	assert_true(is_closed_within(silent, 5000));
	assert_in_range(now_ms() - began, 290, 5000);
	close(silent);
	close(begun);
	close(smbd);

	/* Bound, and then half a request. */
	peer = peer_new(&impatient, PEN_NCACN_IP_TCP);
	peer_bind(&peer);
	assert_false(is_closed_within(peer.fd, 600));
	assert_int_equal(peer_request(&peer, 100), 0);
	assert_int_equal(pen_conn_output(peer.conn, &slice, 1), 1);
	began = now_ms();
	assert_true(send(peer.fd, slice.data, slice.size < 20 ? slice.size : 20, 0) > 0);
	assert_true(is_closed_within(peer.fd, 5000));
	assert_in_range(now_ms() - began, 190, 4000);
	peer_done(&peer);
	assert_serves(&impatient);
	probe_stop(&impatient);
}

static void test_idle_is_closed_unless_it_holds_something(void **state)
{
	const struct pen_server_config config = { .idle_timeout_ms = 200 };
	struct pen_client *client;
	struct pen_call *call;
	struct probe impatient;
	struct peer peer;

	probe_start(&impatient, &config);
	peer = peer_new(&impatient, PEN_NCALRPC);
	peer_bind(&peer);
	client = probe_client(&impatient, impatient.local);
	assert_int_equal(pen_call_new(&call, client), 0);
	open_handle(call);
	assert_true(is_closed_within(peer.fd, 5000));
	usleep(500000);
	assert_int_equal(impatient.n_objects, 1);
	peer_done(&peer);
	pen_call_free(call);
	pen_client_free(client);
	probe_stop(&impatient);
}

static void test_who_never_reads_waits_alone(void **state)
{
	struct peer peer = peer_new(&probe, PEN_NCACN_IP_TCP);
	size_t n_sent = 0;

	peer_bind(&peer);
	/* Until the server takes no more: its own buffer, and the kernel's. */
	while (!peer_request(&peer, 256 << 10) && peer_send(&peer) && n_sent < 64 << 20)
		n_sent += 256 << 10;
	assert_in_range(n_sent, 1, (64 << 20) - 1);
	assert_in_range(memory_of(&probe), 1, 16 << 20);
	assert_serves(&probe);
	peer_done(&peer);
}

/* Each begins a request of half a megabyte, and lets it lie. */
static void test_memory_of_all_is_limited(void **state)
{
	enum { N = 40, PART = 500 << 10, MAX = 4 << 20 };
	const struct pen_server_config config = { .memory_max = MAX };
	static struct peer peers[N];
	struct probe small;
	int n_closed = 0;

	probe_start(&small, &config);
	for (int i = 0; i < N; i++) {
		struct pen_slice slice;
		size_t left = PART;

		peers[i] = peer_new(&small, PEN_NCALRPC);
		peer_bind(&peers[i]);
		assert_int_equal(peer_request(&peers[i], PART + 20000), 0);
		while (left && pen_conn_output(peers[i].conn, &slice, 1)) {
			size_t part = slice.size < left ? slice.size : left;
			ssize_t n = send(peers[i].fd, slice.data, part, MSG_NOSIGNAL);

			if (n < 0)
				break; /* it has been closed meanwhile */
			pen_conn_sent(peers[i].conn, (size_t)n);
			left -= (size_t)n;
		}
		assert_in_range(memory_of(&small), 0, MAX + (2 << 20));
	}
	assert_serves(&small);
	for (int i = 0; i < N; i++) {
		n_closed += is_closed_within(peers[i].fd, 10);
		peer_done(&peers[i]);
	}
	assert_in_range(n_closed, N / 2, N - 1);
	probe_stop(&small);
}

/* Bytes of address space: what was allocated shows here, touched or not. */
static size_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t n_pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &n_pages), 1);
	fclose(file);
	return n_pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Sends a small request that claims to be of alloc_hint bytes, with the flags of a fragment. */
static void peer_claim(struct peer *peer, uint32_t alloc_hint, uint8_t flags)
{
	struct pen_slice slice;
	uint8_t pdu[256];

	assert_int_equal(peer_request(peer, 100), 0);
	assert_int_equal(pen_conn_output(peer->conn, &slice, 1), 1);
	assert_in_range(slice.size, 24, sizeof(pdu));
	memcpy(pdu, slice.data, slice.size);
	pdu[3] = flags;
	for (int i = 0; i < 4; i++)
		pdu[16 + i] = (uint8_t)(alloc_hint >> 8 * i);
	assert_int_equal(send(peer->fd, pdu, slice.size, MSG_NOSIGNAL), slice.size);
	pen_conn_sent(peer->conn, slice.size);
}

/* Who claims that 4 GiB will come costs what has come: a fault, and the door. */
static void test_claim_of_four_gigabytes_is_refused(void **state)
{
	static const enum pen_protseq protseqs[] = { PEN_NCACN_IP_TCP, PEN_NCALRPC };
	size_t space = address_space();

	for (size_t i = 0; i < PEN_COUNT(protseqs); i++) {
		struct peer peer = peer_new(&probe, protseqs[i]);
		struct peer other = peer_new(&probe, protseqs[i]);
		struct pen_event event;

		peer_bind(&peer);
		peer_bind(&other);
		peer_claim(&peer, UINT32_MAX, 0x01); /* the first fragment */
		peer_expect(&peer, PEN_EVENT_FAULT, &event);
		assert_int_equal(event.status, PEN_WERR_ACCESS_DENIED);
		assert_true(is_closed_within(peer.fd, 5000));
		/* Who stays is served, even where it claims so of a request that is all here. */
		peer_claim(&other, UINT32_MAX, 0x03);
		peer_expect(&other, PEN_EVENT_RESPONSE, &event);
		assert_int_equal(event.stub.size, 4 + 100);
		assert_in_range(memory_of(&probe), 0, 1 << 20);
		assert_true(address_space() < space + (64 << 20));
		peer_done(&peer);
		peer_done(&other);
	}
	assert_serves(&probe);
}

/* Nor does it cost more to claim just what a request may have, and to send little of it. */
static void test_many_claims_cost_what_has_come(void **state)
{
	enum { N = 200, STUB_MAX = 4 << 20 };
	const struct pen_server_config config = { .connections_per_peer_max = N + 10 };
	static struct peer peers[N];
	struct probe claimed;
	size_t space;

	probe_start(&claimed, &config);
	space = address_space();
	for (int i = 0; i < N; i++) {
		peers[i] = peer_new(&claimed, PEN_NCACN_IP_TCP);
		peer_bind(&peers[i]);
		peer_claim(&peers[i], STUB_MAX, 0x01);
	}
	/* Half of them also claim a fragment, of which no more than its header comes. */
	for (int i = 0; i < N; i += 2)
		assert_int_equal(
			send(peers[i].fd, "\x05\0\0\0\x10\0\0\0\xd0\x16\0\0\1\0\0\0", 16, 0), 16);
	assert_serves(&claimed);
	assert_in_range(memory_of(&claimed), 0, N * 8192);
	assert_true(address_space() < space + (size_t)N * STUB_MAX / 4);
	/* And none of them was put out for it. */
	await_connections(&claimed, N);
	for (int i = 0; i < N; i++)
		peer_done(&peers[i]);
	await_connections(&claimed, 0);
	assert_int_equal(memory_of(&claimed), 0);
	probe_stop(&claimed);
}

/* ---- many ---- */

static void test_two_thousand_connections(void **state)
{
	enum { N = 2000 };
	const struct pen_server_config config = { .connections_per_peer_max = N + 10 };
	struct rlimit files;
	struct probe big;
	static int fd[N];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < 2 * N + 100)
		skip();
	probe_start(&big, &config);
	for (int i = 0; i < N; i++) {
		fd[i] = connect_tcp(&big);
		assert_true(fd[i] >= 0);
	}
	assert_serves(&big);
	/* 8 KiB each, and the engine's own beside it. */
	assert_in_range(memory_of(&big), 0, N * 8192);
	for (int i = 0; i < N; i++)
		close(fd[i]);
	await_connections(&big, 0);
	probe_stop(&big);
}

static void test_a_peer_has_so_many_and_no_more(void **state)
{
	enum { MAX = 10 };
	const struct pen_server_config config = { .connections_per_peer_max = MAX };
	struct probe strict;
	int fd[MAX + 1];

	probe_start(&strict, &config);
	for (int i = 0; i <= MAX; i++)
		fd[i] = connect_tcp(&strict);
	assert_true(is_closed_within(fd[MAX], 5000));
	assert_false(is_closed_within(fd[0], 50));
	assert_serves(&strict); /* another peer: a user of this machine */
	close(fd[0]);
	usleep(50000);
	fd[0] = connect_tcp(&strict);
	assert_false(is_closed_within(fd[0], 50));
	for (int i = 0; i <= MAX; i++)
		close(fd[i]);
	probe_stop(&strict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_garbage_is_refused),
		cmocka_unit_test(test_why_it_is_closed),
		cmocka_unit_test(test_stalled_peers_are_closed),
		cmocka_unit_test(test_idle_is_closed_unless_it_holds_something),
		cmocka_unit_test(test_who_never_reads_waits_alone),
		cmocka_unit_test(test_memory_of_all_is_limited),
		cmocka_unit_test(test_claim_of_four_gigabytes_is_refused),
		cmocka_unit_test(test_many_claims_cost_what_has_come),
		cmocka_unit_test(test_two_thousand_connections),
		cmocka_unit_test(test_a_peer_has_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
