/* SPDX-License-Identifier: MIT */
/*
 * Peers that send descriptors that nobody asked for, more than may be, or none where they say so.
 */
#include "idl/cargo-server.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX = CARGO_MAX };

struct peer {
	int fd;
	struct pen_conn *conn;
};

static void send_with(int fd, const uint8_t *data, size_t size, const int *fds, size_t n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control = { .head = { .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(n * sizeof(int)) } };
	struct iovec part = { (void *)(uintptr_t)data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (n) {
		memcpy(CMSG_DATA(&control.head), fds, n * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* Sends what the engine has, with the descriptors. */
static void flush_with(struct peer *peer, const int *fds, size_t n)
{
	struct pen_slice slice;

	while (pen_conn_output(peer->conn, &slice, 1)) {
		send_with(peer->fd, slice.data, slice.size, fds, n);
		pen_conn_sent(peer->conn, slice.size);
		n = 0;
	}
}

/* False: the server has closed. */
static bool await(struct peer *peer, struct pen_event *event)
{
	for (;;) {
		uint8_t in[4096];
		ssize_t n;

		if (!pen_conn_next(peer->conn, event))
			return true;
		n = recv(peer->fd, in, sizeof(in), 0);
		if (n <= 0)
			return false;
		assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
}

static struct peer peer_new(struct cargo_fixture *f)
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct peer peer = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	struct pen_event event;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/cargo", f->directory);
	assert_int_equal(connect(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &cargo_interface.id, true, 0, NULL), 0);
	flush_with(&peer, NULL, 0);
	assert_true(await(&peer, &event));
	assert_int_equal(event.kind, PEN_EVENT_BOUND);
	return peer;
}

static void peer_done(struct peer *peer)
{
	pen_conn_free(peer->conn);
	close(peer->fd);
}

/* Kinds, whose stub is seven numbers. 0: it was answered; or the fault. */
static uint32_t ask(struct peer *peer, const uint32_t numbers[CARGO_KINDS], const int *fds,
		    size_t n)
{
	struct pen_buffer stub = { 0 };
	struct pen_event event;
	uint32_t call_id;
	uint16_t opnum;

	assert_non_null(pen_interface_find(&cargo_interface, "Kinds", &opnum));
	assert_int_equal(pen_buffer_add(&stub, numbers, CARGO_KINDS * sizeof(*numbers)), 0);
	assert_int_equal(pen_conn_request(peer->conn,
					  pen_conn_context(peer->conn, &cargo_interface.id), NULL,
					  opnum, NULL, 0, &stub, &call_id),
			 0);
	pen_buffer_done(&stub);
	flush_with(peer, fds, n);
	if (!await(peer, &event))
		return UINT32_MAX;
	return event.kind == PEN_EVENT_RESPONSE ? 0 : event.status;
}

static void test_numbers(void **state)
{
	enum { BAD = PEN_WERR_RPC_X_BAD_STUB_DATA };
	struct cargo_fixture *f = cargo_start();
	struct peer peer = peer_new(f);
	int files[3] = { cargo_open_kind(0), cargo_open_kind(0), cargo_open_kind(2) };

	/* What did not come, before its time and after; and what came is taken once. */
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 1 }, NULL, 0), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 1 }, files, 3), 0);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 1 }, NULL, 0), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 0, 0, 3 }, NULL, 0), 0);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 0, 0, 2 }, NULL, 0),
			 BAD); /* no socket */
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 2 }, NULL, 0), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 4, 0, 0, 4 }, files, 1), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 5 }, NULL, 0), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ UINT32_MAX }, NULL, 0), BAD);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 0 }, NULL, 0), 0);
	for (unsigned i = 0; i < PEN_COUNT(files); i++)
		close(files[i]);
	peer_done(&peer);
	cargo_stop(f);
}

/* A peer that sends and sends, and names none: no more than so many are open for it. */
static void test_a_full_shelf(void **state)
{
	struct cargo_fixture *f = cargo_start();
	struct peer peer = peer_new(f);
	int files[MAX];
	unsigned n_open;

	for (unsigned i = 0; i < MAX; i++)
		files[i] = cargo_open_kind(0);
	n_open = pen_count_fds();
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 0 }, files, MAX), 0);
	assert_int_equal(pen_count_fds(), n_open + 64);
	/* Those that came last are there. */
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 20 * MAX - 64 }, NULL, 0),
			 PEN_WERR_RPC_X_BAD_STUB_DATA);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 20 * MAX - 63 }, NULL, 0), 0);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 20 * MAX }, NULL, 0), 0);
	for (unsigned i = 0; i < MAX; i++)
		close(files[i]);
	peer_done(&peer);
	cargo_stop(f);
}

/* More at a time than a message may have: that is no peer to talk to. */
static void test_too_many_at_a_time(void **state)
{
	struct cargo_fixture *f = cargo_start();
	struct peer peer = peer_new(f);
	int files[MAX + 1];

	for (unsigned i = 0; i < PEN_COUNT(files); i++)
		files[i] = STDERR_FILENO;
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 0 }, files, PEN_COUNT(files)),
			 UINT32_MAX);
	peer_done(&peer);
	cargo_stop(f);
}

/* Without room for another descriptor here. */
static void fill_up(struct rlimit *limit)
{
	struct rlimit none;
	int fd = dup(STDERR_FILENO);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, limit), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)fd, .rlim_max = limit->rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void test_no_room(void **state)
{
	struct cargo_fixture *f = cargo_start();
	struct cargo_Kinds_in in = { .file = cargo_handle(cargo_open_kind(0)) };
	struct cargo_Kinds_out out = { 0 };
	struct peer peer = peer_new(f);
	struct rlimit limit;

	assert_int_equal(cargo_Kinds(f->call, &in, &out), 0);
	fill_up(&limit);
	assert_int_equal(cargo_Kinds(f->call, &in, &out), -EMFILE);
	assert_int_equal(ask(&peer, (uint32_t[CARGO_KINDS]){ 1 }, &in.file.fd, 1), UINT32_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(cargo_Kinds(f->call, &in, &out), 0);
	close(in.file.fd);
	peer_done(&peer);
	cargo_stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_a_full_shelf),
		cmocka_unit_test(test_too_many_at_a_time),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, cargo_open_once, NULL);
}
