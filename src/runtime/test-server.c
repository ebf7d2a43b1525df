/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include "pipe/npa.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <penstock/security.h>
#include <penstock/status.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* ---- a peer made of a socket and an engine, which need not behave ---- */

struct peer {
	int fd;
	struct pen_conn *conn;
};

static int connect_tcp(const struct probe *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t)atoi(strchr(to->tcp, '[') + 1));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_unix(const struct probe *to, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", to->directory, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static struct peer peer_new(const struct probe *to, enum pen_protseq protseq)
{
	const struct pen_conn_config config = { .protseq = protseq };
	struct peer peer = { .fd = protseq == PEN_NCACN_IP_TCP ? connect_tcp(to)
							       : connect_unix(to, "probe") };

	assert_true(peer.fd >= 0);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	return peer;
}

static void peer_done(struct peer *peer)
{
	pen_conn_free(peer->conn);
	close(peer->fd);
}

/* Sends what the engine has, as far as the server takes it; whether that was all. */
static bool peer_send(struct peer *peer)
{
	struct pen_slice slice;

	while (pen_conn_output(peer->conn, &slice, 1)) {
		struct pollfd wait = { .fd = peer->fd, .events = POLLOUT };
		ssize_t n = send(peer->fd, slice.data, slice.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			pen_conn_sent(peer->conn, (size_t)n);
		else if (errno != EAGAIN || poll(&wait, 1, 200) == 0)
			return false;
	}
	return true;
}

/* Reads until an event of the kind comes. */
static void peer_expect(struct peer *peer, enum pen_event_kind kind, struct pen_event *event)
{
	uint8_t in[4096];
	int r;

	while ((r = pen_conn_next(peer->conn, event)) == PEN_E_AGAIN) {
		ssize_t n = recv(peer->fd, in, sizeof(in), 0);

		assert_true(n > 0);
		assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
	assert_int_equal(r, 0);
	assert_int_equal(event->kind, kind);
}

static void peer_bind(struct peer *peer)
{
	struct pen_event event;

	assert_int_equal(pen_conn_bind(peer->conn, &probe_interface.id, true, 0, NULL), 0);
	assert_true(peer_send(peer));
	peer_expect(peer, PEN_EVENT_BOUND, &event);
}

/* A request to echo n zeros. */
static int peer_request(struct peer *peer, uint32_t n)
{
	static uint8_t zeros[1 << 20];
	struct probe_bytes_in in = { .n = n, .data = zeros };
	const struct pen_scope scope = { .in = &in };
	struct pen_buffer stub;
	uint32_t call_id;
	int r;

	pen_buffer_init(&stub, 0);
	assert_int_equal(pen_ndr_put(probe_interface.operations[PROBE_ECHO].in,
				     (struct pen_layout){ 0 }, &scope, &in, &stub, NULL),
			 0);
	r = pen_conn_request(peer->conn, pen_conn_context(peer->conn, &probe_interface.id), NULL,
			     PROBE_ECHO, NULL, 0, &stub, &call_id);
	pen_buffer_done(&stub);
	return r;
}

/* Whether the server closes within the time, whatever it says before that. */
static bool is_closed_within(int fd, int ms)
{
	uint64_t until = now_ms() + (uint64_t)ms;
	char in[4096];

	while (now_ms() < until) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, (int)(until - now_ms())) > 0 && recv(fd, in, sizeof(in), 0) <= 0)
			return true;
	}
	return false;
}

/* Whether the server still answers somebody who behaves. */
static void assert_serves(const struct probe *server)
{
	struct pen_client *client = probe_client(server, server->local);
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	pen_call_set_timeout(call, 10000);
	assert_int_equal(probe_add(call, 20, 22), 0);
	pen_call_free(call);
	pen_client_free(client);
}

static size_t memory_of(const struct probe *server)
{
	return *(volatile size_t *)&server->server->memory;
}

static uint32_t connections_of(const struct probe *server)
{
	return *(volatile uint32_t *)&server->server->stats.connections;
}

/* Until there are so many: who closes is noticed a moment later. */
static void await_connections(const struct probe *server, uint32_t n)
{
	for (int i = 0; i < 10000 && connections_of(server) > n; i++)
		usleep(1000);
	assert_int_equal(connections_of(server), n);
}

/* ---- context handles ---- */

static struct pen_context_handle open_handle(struct pen_call *call)
{
	struct probe_nothing in = { 0 };
	struct probe_handle out;

	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_OPEN, &in, &out), 0);
	return out.handle;
}

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

/* ---- smbd's side of a pipe ---- */

/* The sids are the user, Everyone, and what more is given. */
static int carry(const struct probe *to, const struct pen_sid *more, uint8_t reply[36])
{
	const struct pen_sid sids[] = { pen_sid_anonymous, pen_sid_everyone,
					more ? *more : pen_sid_network };
	const struct pen_npa_request request = {
		.level = 7,
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
		.n_sids = PEN_COUNT(sids),
	};
	int fd = connect_unix(to, "np/probe");
	struct pen_buffer bytes;

	pen_buffer_init(&bytes, 0);
	assert_int_equal(pen_npa_request_put(&request, &bytes), 0);
	/* In two pieces, as a stream may have it. */
	assert_int_equal(send(fd, bytes.data, 10, 0), 10);
	usleep(1000);
	assert_int_equal(send(fd, bytes.data + 10, bytes.size - 10, 0), bytes.size - 10);
	pen_buffer_done(&bytes);
	assert_int_equal(recv(fd, reply, 36, MSG_WAITALL), 36);
	return fd;
}

/* One message each way, cut at will; returns the event that came of it. */
static void carry_messages(int fd, struct pen_conn *conn, struct pen_event *event)
{
	struct pen_slice slice;
	uint8_t length[2];
	uint8_t in[65536];
	uint16_t n;

	while (pen_conn_output(conn, &slice, 1)) {
		for (size_t at = 0, part; at < slice.size; at += part) {
			part = slice.size - at < 7 ? slice.size - at : 7;
			length[0] = (uint8_t)part;
			length[1] = 0;
			assert_int_equal(send(fd, length, 2, 0), 2);
			assert_int_equal(send(fd, slice.data + at, part, 0), part);
		}
		pen_conn_sent(conn, slice.size);
	}
	while (pen_conn_next(conn, event) == PEN_E_AGAIN) {
		assert_int_equal(recv(fd, length, 2, MSG_WAITALL), 2);
		n = (uint16_t)(length[0] | length[1] << 8);
		assert_int_equal(recv(fd, in, n, MSG_WAITALL), n);
		/* One fragment a message. */
		assert_int_equal(in[8] | in[9] << 8, n);
		assert_int_equal(pen_conn_feed(conn, in, n), 0);
	}
}

static void test_pipe_carried_by_smbd(void **state)
{
	const struct pen_conn_config config = { .protseq = PEN_NCACN_NP };
	struct pen_npa_reply reply;
	struct pen_event event;
	struct peer peer;
	uint8_t bytes[36];

	peer.fd = carry(&probe, NULL, bytes);
	assert_int_equal(pen_npa_reply_get(&reply, 7, bytes), 0);
	assert_int_equal(reply.file_type, PEN_NPA_MESSAGE_MODE);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &probe_interface.id, true, 0, NULL), 0);
	carry_messages(peer.fd, peer.conn, &event);
	assert_int_equal(event.kind, PEN_EVENT_BOUND);
	assert_int_equal(peer_request(&peer, 10000), 0); /* three fragments */
	carry_messages(peer.fd, peer.conn, &event);
	assert_int_equal(event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(event.stub.size, 10004);
	peer_done(&peer);
}

static void test_probe_of_a_pipe_gets_a_reply_and_no_more(void **state)
{
	struct pen_sid flag;
	uint8_t reply[36];
	int fd;

	assert_int_equal(pen_sid_parse(&flag, "S-1-22-2041152804-4"), 0);
	fd = carry(&probe, &flag, reply);
	assert_true(is_closed_within(fd, 1000));
	close(fd);
}

static void test_nonsense_from_smbd_is_refused(void **state)
{
	static const uint8_t nonsense[] = { 0, 0, 0, 8, 'N', 'P', 'A', 'X', 7, 0, 0, 0 };
	static const uint8_t too_long[] = { 0x7f, 0, 0, 0 };
	int fd = connect_unix(&probe, "np/probe");

	assert_int_equal(send(fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
	assert_true(is_closed_within(fd, 1000));
	close(fd);
	fd = connect_unix(&probe, "np/probe");
	assert_int_equal(send(fd, too_long, sizeof(too_long), 0), sizeof(too_long));
	assert_true(is_closed_within(fd, 1000));
	close(fd);
	assert_serves(&probe);
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
		cmocka_unit_test(test_garbage_is_refused),
		cmocka_unit_test(test_stalled_peers_are_closed),
		cmocka_unit_test(test_idle_is_closed_unless_it_holds_something),
		cmocka_unit_test(test_who_never_reads_waits_alone),
		cmocka_unit_test(test_memory_of_all_is_limited),
		cmocka_unit_test(test_claim_of_four_gigabytes_is_refused),
		cmocka_unit_test(test_many_claims_cost_what_has_come),
		cmocka_unit_test(test_two_thousand_connections),
		cmocka_unit_test(test_a_peer_has_so_many_and_no_more),
		cmocka_unit_test(test_pipe_carried_by_smbd),
		cmocka_unit_test(test_probe_of_a_pipe_gets_a_reply_and_no_more),
		cmocka_unit_test(test_nonsense_from_smbd_is_refused),
		cmocka_unit_test(test_one_foreign_loop_hosts_client_and_server),
		cmocka_unit_test(test_adopted_socket_is_served),
		cmocka_unit_test(test_a_signal_stops_it),
		cmocka_unit_test(test_says_what_it_serves_where),
		cmocka_unit_test(test_steady_call_allocates_nothing),
		cmocka_unit_test(test_failed_allocation_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
