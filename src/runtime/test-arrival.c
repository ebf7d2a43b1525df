/* SPDX-License-Identifier: MIT */
#include "io/fds.h"
#include "rpc/engine.h"
#include "runtime/arrival.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/guest.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const char tcp[] = "ncacn_ip_tcp:192.0.2.7[4711]";
static const char pipe_[] = "ncacn_np:[\\pipe\\elsewhere]";
static const char local[] = "ncalrpc:[elsewhere]";

enum { INDEX = 0xabc };

static struct probe probe;
static struct pen_token *token;

static void turn(void *data)
{
	struct pen_server *server = data;
	struct pollfd wait = { .fd = pen_server_fd(server), .events = POLLIN };
	int ms = pen_server_timeout(server);

	poll(&wait, 1, ms < 0 || ms > 10 ? 10 : ms);
	assert_int_equal(pen_server_dispatch(server), 0);
}

static void make(const struct pen_server_config *config)
{
	static const char *const names[] = { "probe", NULL };

	probe_make(&probe, config);
	pen_server_set_group_index(probe.server, INDEX);
	assert_int_equal(pen_server_expect(probe.server, tcp, names), 0);
	assert_int_equal(pen_server_expect(probe.server, pipe_, NULL), 0);
	assert_int_equal(pen_server_expect(probe.server, local, names), 0);
	assert_int_equal(pen_token_new_unix(&token, 1000, 1000, NULL, 0, 0, false), 0);
}

static int start(void **state)
{
	make(NULL);
	return 0;
}

static int stop(void **state)
{
	pen_token_free(token);
	probe_done(&probe);
	return 0;
}

static int arrive(const char *binding, int fd, bool is_framed, const void *bytes, size_t n)
{
	const struct pen_arrival arrival = {
		.fd = fd,
		.binding = binding,
		.peer = "somebody",
		.token = token,
		.is_framed = is_framed,
		.bytes = { bytes, n },
	};

	return pen_server_arrive(probe.server, &arrival);
}

/* A guest whose first bytes, and only they, came with it. */
static void come(struct guest *guest, const char *binding, bool is_framed, uint32_t group_id)
{
	struct pen_buffer bytes = { 0 };
	int fd;

	pen_guest_open(guest, is_framed ? PEN_NCACN_NP : PEN_NCACN_IP_TCP, is_framed, &fd);
	guest->turn = turn;
	guest->turn_data = probe.server;
	pen_guest_bind(guest, group_id);
	pen_guest_take(guest, &bytes);
	assert_int_equal(arrive(binding, fd, is_framed, bytes.data, bytes.size), 0);
	pen_buffer_done(&bytes);
}

static void leave(struct guest *guest)
{
	pen_guest_close(guest);
	for (int i = 0; i < 1000 && probe.server->stats.connections; i++)
		turn(probe.server);
	assert_int_equal(probe.server->stats.connections, 0);
}

static void expect_sum(struct guest *guest)
{
	struct probe_number sum;
	struct pen_event event;

	pen_guest_expect(guest, PEN_EVENT_RESPONSE, &event);
	pen_guest_value(&event, PROBE_ADD, &sum);
	assert_int_equal(sum.value, 42);
}

/* ---- it is served as one that was accepted here ---- */

static void test_a_connection_that_arrives_is_served(void **state)
{
	static const struct {
		const char *binding;
		bool is_framed;
	} rows[] = { { tcp }, { local }, { pipe_ }, { pipe_, true } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_event event;
		struct guest guest;

		come(&guest, rows[i].binding, rows[i].is_framed, 0);
		pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
		for (int k = 0; k < 3; k++) {
			pen_guest_add(&guest, 20, 22);
			pen_guest_send(&guest);
			expect_sum(&guest);
		}
		leave(&guest);
	}
}

static void test_nothing_runs_inside_the_caller(void **state)
{
	struct pen_event event;
	struct guest guest;
	uint8_t byte;

	come(&guest, tcp, false, 0);
	assert_int_equal(recv(guest.fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
	leave(&guest);
}

static void test_without_bytes_it_is_read(void **state)
{
	struct pen_event event;
	struct guest guest;
	int fd;

	pen_guest_open(&guest, PEN_NCACN_IP_TCP, false, &fd);
	guest.turn = turn;
	guest.turn_data = probe.server;
	assert_int_equal(arrive(tcp, fd, false, NULL, 0), 0);
	pen_guest_bind(&guest, 0);
	pen_guest_send(&guest);
	pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
	leave(&guest);
}

/* All that a client says in a session of one call. */
static void record(struct pen_buffer *session, bool is_framed)
{
	struct pen_event event;
	struct guest guest;
	int fd;

	pen_guest_open(&guest, is_framed ? PEN_NCACN_NP : PEN_NCACN_IP_TCP, is_framed, &fd);
	guest.turn = turn;
	guest.turn_data = probe.server;
	pen_guest_bind(&guest, 0);
	pen_guest_take(&guest, session);
	assert_int_equal(
		arrive(is_framed ? pipe_ : tcp, fd, is_framed, session->data, session->size), 0);
	pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
	pen_guest_add(&guest, 20, 22);
	pen_guest_take(&guest, session);
	leave(&guest);
}

/* However its bytes are cut in two, they mean the same. */
static void test_any_cut(void **state)
{
	for (int is_framed = 0; is_framed < 2; is_framed++) {
		struct pen_buffer session = { 0 };

		record(&session, is_framed);
		for (size_t cut = 0; cut <= session.size; cut++) {
			struct pen_buffer own = { 0 };
			struct pen_event event;
			struct guest guest;
			int fd;

			pen_guest_open(&guest, is_framed ? PEN_NCACN_NP : PEN_NCACN_IP_TCP,
				       is_framed, &fd);
			guest.turn = turn;
			guest.turn_data = probe.server;
			pen_guest_bind(&guest, 0);
			pen_guest_take(&guest, &own);
			assert_int_equal(
				arrive(is_framed ? pipe_ : tcp, fd, is_framed, session.data, cut),
				0);
			assert_int_equal(send(guest.fd, session.data + cut, session.size - cut, 0),
					 session.size - cut);
			pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
			/* The engine has to know what is answered; that was sent already. */
			pen_guest_add(&guest, 20, 22);
			pen_guest_take(&guest, &own);
			assert_int_equal(own.size, session.size);
			assert_memory_equal(own.data, session.data, own.size);
			expect_sum(&guest);
			leave(&guest);
			pen_buffer_done(&own);
		}
		pen_buffer_done(&session);
	}
}

static void test_foul_first_bytes_are_its_own_concern(void **state)
{
	for (int is_framed = 0; is_framed < 2; is_framed++) {
		static const char words[] = "\x10\0GET / HTTP/1.1\r\n\r\n";
		struct guest guest;
		int fd;

		pen_guest_open(&guest, PEN_NCACN_NP, is_framed, &fd);
		guest.turn = turn;
		guest.turn_data = probe.server;
		assert_int_equal(arrive(pipe_, fd, is_framed, words, sizeof(words)), 0);
		assert_true(pen_guest_is_closed(&guest));
		leave(&guest);
	}
}

static void test_the_server_ends_before_the_first_turn(void **state)
{
	struct guest guest;

	come(&guest, tcp, false, 0);
	stop(NULL);
	make(NULL);
	pen_guest_close(&guest);
}

/* ---- where ---- */

static void test_endpoints_without_a_socket_are_told_of(void **state)
{
	static const char *const bindings[] = { tcp, pipe_, local };
	struct pen_server_endpoint endpoint;
	size_t n_found = 0;

	for (size_t n = 0; !pen_server_endpoint(probe.server, n, &endpoint); n++)
		for (size_t i = 0; i < PEN_COUNT(bindings); i++)
			n_found += !strcmp(endpoint.binding, bindings[i]);
	assert_int_equal(n_found, PEN_COUNT(bindings));
}

static void expect_refused(const char *binding, int result)
{
	struct guest guest;
	int fd;

	pen_guest_open(&guest, PEN_NCACN_IP_TCP, false, &fd);
	assert_int_equal(arrive(binding, fd, false, "x", 1), result);
	assert_true(pen_guest_is_closed(&guest));
	pen_guest_close(&guest);
}

/* Neither one that nobody named, nor one that the server listens at itself. */
static void test_unknown_endpoint(void **state)
{
	expect_refused("ncacn_ip_tcp:192.0.2.7[4712]", PEN_E_NOT_FOUND);
	expect_refused(probe.tcp, PEN_E_NOT_FOUND);
}

static void test_what_cannot_be_expected(void **state)
{
	static const char *const nobody[] = { "nobody", NULL };

	assert_int_equal(pen_server_expect(probe.server, "ncacn_ip_tcp:", NULL), PEN_E_SYNTAX);
	assert_int_equal(pen_server_expect(probe.server, "tcp:[1]", NULL), PEN_E_SYNTAX);
	assert_int_equal(pen_server_expect(probe.server, "ncalrpc:[a]", nobody), PEN_E_NOT_FOUND);
}

static void test_one_that_only_expects_needs_no_directory(void **state)
{
	const struct pen_server_config config = { .ncalrpc_dir = "/nowhere/at/all" };
	struct pen_server *server;

	assert_int_equal(pen_server_new(&server, &config), 0);
	assert_int_equal(pen_server_expect(server, local, NULL), 0);
	assert_int_equal(pen_server_expect(server, pipe_, NULL), 0);
	pen_server_free(server);
}

static void test_limits(void **state)
{
	const struct pen_server_config few = { .connections_max = 3,
					       .connections_per_peer_max = 2 };
	struct guest guests[2], other;
	struct pen_arrival arrival = { .binding = tcp, .peer = "else", .token = token };

	stop(NULL);
	make(&few);
	arrival.token = token;
	come(&guests[0], tcp, false, 0);
	come(&guests[1], tcp, false, 0);
	expect_refused(tcp, PEN_E_LIMIT);
	pen_guest_open(&other, PEN_NCACN_IP_TCP, false, &arrival.fd);
	assert_int_equal(pen_server_arrive(probe.server, &arrival), 0);
	expect_refused(tcp, PEN_E_LIMIT);
	pen_guest_close(&guests[0]);
	pen_guest_close(&guests[1]);
	leave(&other);
	come(&other, tcp, false, 0);
	leave(&other);
}

/* ---- association groups ---- */

static struct pen_context_handle open_handle(struct guest *guest)
{
	const struct probe_nothing in = { 0 };
	struct probe_handle out;
	struct pen_event event;

	pen_guest_ask(guest, PROBE_OPEN, &in);
	pen_guest_send(guest);
	pen_guest_expect(guest, PEN_EVENT_RESPONSE, &event);
	pen_guest_value(&event, PROBE_OPEN, &out);
	return out.handle;
}

static void use_handle(struct guest *guest, struct pen_context_handle handle,
		       enum pen_event_kind end)
{
	const struct probe_handle in = { handle };
	struct pen_event event;

	pen_guest_ask(guest, PROBE_USE, &in);
	pen_guest_send(guest);
	pen_guest_expect(guest, end, &event);
}

static void test_a_group_says_whose_it_is_and_is_joined(void **state)
{
	struct guest first, second, third;
	struct pen_context_handle handle;
	struct pen_event event;
	uint32_t id;

	come(&first, tcp, false, 0);
	pen_guest_expect(&first, PEN_EVENT_BOUND, &event);
	id = pen_conn_assoc_group_id(first.conn);
	assert_int_equal(id >> 16, INDEX);
	assert_int_not_equal(id & 0xffff, 0);
	handle = open_handle(&first);

	come(&second, tcp, false, id);
	pen_guest_expect(&second, PEN_EVENT_BOUND, &event);
	assert_int_equal(pen_conn_assoc_group_id(second.conn), id);
	use_handle(&second, handle, PEN_EVENT_RESPONSE);

	come(&third, tcp, false, 0);
	pen_guest_expect(&third, PEN_EVENT_BOUND, &event);
	assert_int_not_equal(pen_conn_assoc_group_id(third.conn), id);
	use_handle(&third, handle, PEN_EVENT_FAULT);

	pen_guest_close(&first);
	pen_guest_close(&third);
	use_handle(&second, handle, PEN_EVENT_RESPONSE);
	leave(&second);
	assert_int_equal(probe.n_objects, 0);
}

static void test_a_group_that_is_not_there(void **state)
{
	struct pen_event event;
	struct guest guest;

	come(&guest, tcp, false, (uint32_t)INDEX << 16 | 5);
	pen_guest_expect(&guest, PEN_EVENT_REJECTED, &event);
	leave(&guest);
}

static uint32_t count_up(void *data)
{
	return ++*(uint32_t *)data;
}

/* Each id of the index is given, and then no more, whatever the limit says. */
static void test_as_many_groups_as_an_index_has(void **state)
{
	enum { ALL = 0xffff };
	static struct pen_assoc_group *all[ALL];
	struct pen_assoc_groups *groups;
	struct pen_assoc_group *more;
	uint32_t counter = 0x70000;

	assert_int_equal(pen_assoc_groups_new(&groups, 1 << 20, count_up, &counter), 0);
	pen_assoc_groups_set_index(groups, INDEX);
	for (size_t i = 0; i < ALL; i++) {
		assert_int_equal(pen_assoc_group_join(groups, 0, PEN_NCALRPC, &all[i]), 0);
		assert_int_equal(pen_assoc_group_id(all[i]) >> 16, INDEX);
	}
	assert_int_equal(pen_assoc_group_join(groups, 0, PEN_NCALRPC, &more), PEN_E_LIMIT);
	pen_assoc_group_leave(all[77]);
	assert_int_equal(pen_assoc_group_join(groups, 0, PEN_NCALRPC, &all[77]), 0);
	assert_int_equal(pen_assoc_group_join(groups, 0, PEN_NCALRPC, &more), PEN_E_LIMIT);
	for (size_t i = 0; i < ALL; i++)
		pen_assoc_group_leave(all[i]);
	pen_assoc_groups_free(groups);
}

/* ---- envelopes ---- */

static int arrive_in(int envelope)
{
	const struct pen_arrival arrival = { .fd = envelope,
					     .binding = pipe_,
					     .peer = "a peer",
					     .token = token,
					     .is_envelope = true };

	return pen_server_arrive(probe.server, &arrival);
}

/* Nobody waits for what is not there. */
static void test_envelopes_without_a_pipe(void **state)
{
	unsigned n_fds = pen_count_fds();
	struct pen_fds fds = { .n = 5 };
	struct iovec part = { (char[4000]){ 0 }, 4000 };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(arrive_in(ends[0]), PEN_E_BAD_DATA);
	close(ends[1]);

	for (int is_closed = 0; is_closed < 2; is_closed++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
		if (is_closed)
			close(ends[1]);
		assert_int_equal(arrive_in(ends[0]), PEN_E_BAD_DATA);
		if (!is_closed)
			close(ends[1]);
	}
	for (unsigned n = 0; n <= 5; n++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
		for (unsigned i = 0; i < n; i++)
			fds.fds[i] = ends[i & 1];
		fds.n = n;
		assert_int_equal(pen_fds_send(ends[1], &part, 1, &fds, 0), 0);
		close(ends[1]);
		assert_int_equal(arrive_in(ends[0]), PEN_E_BAD_DATA);
	}
	assert_int_equal(pen_count_fds(), n_fds);
}

/* ---- no memory ---- */

static void test_failed_allocations(void **state)
{
	static const char *const names[] = { "probe", NULL };
	unsigned n_fds = pen_count_fds();
	int r;

	for (int is_framed = 0; is_framed < 2; is_framed++) {
		bool is_hit = true;

		for (size_t n = 1; is_hit; n++) {
			struct guest guest;
			int fd;

			pen_guest_open(&guest, PEN_NCACN_NP, is_framed, &fd);
			pen_fail_at(n);
			r = arrive(pipe_, fd, is_framed, "some bytes", 10);
			is_hit = pen_fail_hit();
			assert_int_equal(r, is_hit ? -ENOMEM : 0);
			leave(&guest);
			assert_int_equal(pen_count_fds(), n_fds);
		}
	}
	for (size_t n = 1;
	     pen_fail_at(n), r = pen_server_expect(probe.server, tcp, names), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(test_a_connection_that_arrives_is_served),
		TEST(test_nothing_runs_inside_the_caller),
		TEST(test_without_bytes_it_is_read),
		TEST(test_any_cut),
		TEST(test_foul_first_bytes_are_its_own_concern),
		TEST(test_the_server_ends_before_the_first_turn),
		TEST(test_endpoints_without_a_socket_are_told_of),
		TEST(test_unknown_endpoint),
		TEST(test_what_cannot_be_expected),
		TEST(test_one_that_only_expects_needs_no_directory),
		TEST(test_limits),
		TEST(test_a_group_says_whose_it_is_and_is_joined),
		TEST(test_a_group_that_is_not_there),
		cmocka_unit_test(test_as_many_groups_as_an_index_has),
		TEST(test_envelopes_without_a_pipe),
		TEST(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
