/* SPDX-License-Identifier: MIT */
/*
 * Calls that are about the same things, from within others, from two connections of a group, and as
 * the dice fall.
 */
#include "idl/test-handles.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- from inside a call ---- */

static void test_out_of_a_callback(void **state)
{
	static const struct holder_callbacks callbacks = { .Answer = answer };
	struct fixture *f = start();
	struct within within = { .f = f, .result = -1 };
	const struct holder_Ask_in in = { .thing = f->handles[0] };
	struct request *r = request_of(f, 0);

	holder_set_callbacks(r->call, &callbacks, &within);
	assert_int_equal(holder_Ask_start(r->call, &in, &r->ask, on_done, r), 0);
	start_alone(f, 1, 0, 0);
	pump(f, &r->is_done);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->ask.result, 4711);
	assert_int_equal(within.result, 0);
	pump(f, NULL);
	finish_and_hear(f, 1);
	stop(f);
}

/* ---- from another connection of the group ---- */

struct peer {
	int fd;
	struct pen_conn *conn;
};

/* Feeds and sends until an event of that kind; false: the server has closed. */
static bool peer_await(struct fixture *f, struct peer *peer, enum pen_event_kind kind,
		       struct pen_event *event)
{
	for (;;) {
		struct pen_slice slice;
		uint8_t in[4096];
		ssize_t n;
		int r;

		while (pen_conn_output(peer->conn, &slice, 1)) {
			n = send(peer->fd, slice.data, slice.size, MSG_NOSIGNAL);
			assert_true(n > 0);
			pen_conn_sent(peer->conn, (size_t)n);
		}
		while ((r = pen_conn_next(peer->conn, event)) == 0)
			if (event->kind == kind)
				return true;
		if (kind == PEN_EVENT_SHUTDOWN)
			return false; /* all is sent, nothing is awaited */
		pen_server_dispatch(f->server);
		n = recv(peer->fd, in, sizeof(in), MSG_DONTWAIT);
		if (n == 0)
			return false;
		if (n > 0)
			assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
}

/* A second connection, of whatever group is asked for. */
static struct peer peer_new(struct fixture *f, uint32_t group)
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct pen_event event;
	struct peer peer;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_server_adopt(f->server, ends[0], PEN_NCALRPC, NULL), 0);
	peer.fd = ends[1];
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &holder_interface.id, true, group, NULL), 0);
	assert_true(peer_await(f, &peer, PEN_EVENT_BOUND, &event));
	return peer;
}

static void peer_done(struct peer *peer)
{
	pen_conn_free(peer->conn);
	close(peer->fd);
}

static void peer_call(struct peer *peer, const char *name, const void *in)
{
	const struct pen_layout layout = { .transfer = PEN_NDR };
	const struct pen_scope scope = { .in = in };
	struct pen_buffer stub = { 0 };
	uint32_t call_id;
	uint16_t opnum;
	const struct pen_operation *operation = pen_interface_find(&holder_interface, name, &opnum);

	assert_int_equal(pen_ndr_put(operation->in, layout, &scope, in, &stub, NULL), 0);
	assert_int_equal(pen_conn_request(peer->conn,
					  pen_conn_context(peer->conn, &holder_interface.id), NULL,
					  opnum, NULL, 0, &stub, &call_id),
			 0);
	pen_buffer_done(&stub);
}

static void test_from_another_connection(void **state)
{
	struct fixture *f = start();
	struct pen_event event;
	struct peer first = peer_new(f, 0);
	struct peer second = peer_new(f, pen_conn_assoc_group_id(first.conn));
	struct peer stranger = peer_new(f, 0);
	struct holder_Open_in open_in = { .number = 0 };
	struct holder_Alone_in in = { .id = 0 };

	/* The first one's thing is the second one's too, and nobody else's. */
	peer_call(&first, "Open", &open_in);
	assert_true(peer_await(f, &first, PEN_EVENT_RESPONSE, &event));
	memcpy(&in.one.uuid, event.stub.data + 4, 16);
	in.two = in.one;
	in.one.uuid.time_low = in.two.uuid.time_low =
		(uint32_t)event.stub.data[4] | (uint32_t)event.stub.data[5] << 8 |
		(uint32_t)event.stub.data[6] << 16 | (uint32_t)event.stub.data[7] << 24;
	peer_call(&stranger, "Alone", &in);
	assert_true(peer_await(f, &stranger, PEN_EVENT_FAULT, &event));
	assert_int_equal(event.status, PEN_FAULT_CONTEXT_MISMATCH);
	peer_call(&first, "Alone", &in);
	peer_await(f, &first, PEN_EVENT_SHUTDOWN, &event);
	pump(f, NULL);
	assert_true(jobs[0].is_running);

	/* It waits for the first, and goes; then it waits again, and the first goes. */
	for (in.id = 1; in.id < 3; in.id++) {
		peer_call(&second, "Alone", &in);
		peer_await(f, &second, PEN_EVENT_SHUTDOWN, &event);
		pump(f, NULL);
		assert_false(jobs[in.id].is_running);
		if (in.id > 1)
			break;
		peer_done(&second);
		pump(f, NULL);
		second = peer_new(f, pen_conn_assoc_group_id(first.conn));
	}
	peer_done(&first);
	pump(f, NULL);
	assert_true(jobs[0].is_stopped);
	assert_false(jobs[2].is_running);
	finish(0);
	pump(f, NULL);
	assert_true(jobs[2].is_running);
	assert_false(jobs[1].is_running);
	finish(2);
	assert_true(peer_await(f, &second, PEN_EVENT_RESPONSE, &event));
	assert_int_equal(things[0].n_rundowns, 0);
	peer_done(&second);
	pump(f, NULL);
	assert_int_equal(things[0].n_rundowns, 1);
	things[0].n_rundowns = 0;
	peer_done(&stranger);
	stop(f);
}

/* ---- by dice ---- */

/* Whatever comes and goes, all that is not cancelled comes to an end, and things are run
 * down once. */
static void test_random_calls(void **state)
{
	const char *given = getenv("PEN_TEST_SEED");
	uint64_t dice = given ? strtoull(given, NULL, 0) : 1;
	int n_rounds = getenv("PEN_TEST_ALL") ? 20 * N_ROUNDS : N_ROUNDS;
	struct fixture *f = start();

	for (int round = 0; round < n_rounds; round++) {
		unsigned id, a, b, what;

		dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
		id = (unsigned)(dice >> 33) % N_JOBS;
		a = (unsigned)(dice >> 40) % N_THINGS;
		b = (unsigned)(dice >> 45) % N_THINGS;
		what = (unsigned)(dice >> 50) % 4;
		if (jobs[id].is_running && what) {
			finish(id);
		} else if (jobs[id].is_running) {
			int r = pen_call_handle_lock_exclusive(jobs[id].call, &jobs[id].one, NULL,
							       NULL);

			assert_true(r == 0 || r == -EBUSY);
			if (!r && !jobs[id].is_alone)
				assert_int_equal(
					pen_call_handle_lock_shared(jobs[id].call, &jobs[id].one),
					0);
		} else if (f->requests[id].call && !f->requests[id].is_done) {
			if (!what)
				assert_int_equal(pen_call_cancel(f->requests[id].call), 0);
		} else if (what & 1) {
			start_alone(f, id, a, b);
		} else {
			start_together(f, id, a);
		}
		if (dice >> 61 == 0)
			pump(f, NULL);
		else
			pen_client_dispatch(f->client), pen_server_dispatch(f->server);
	}
	for (bool has_finished = true; has_finished;) {
		has_finished = false;
		pump(f, NULL);
		for (unsigned i = 0; i < N_JOBS; i++) {
			if (!jobs[i].is_running)
				continue;
			finish(i);
			has_finished = true;
		}
	}
	for (unsigned i = 0; i < N_JOBS; i++)
		assert_true(!f->requests[i].call || f->requests[i].is_done);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_a_callback),
		cmocka_unit_test(test_from_another_connection),
		cmocka_unit_test(test_random_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
