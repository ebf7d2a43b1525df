/* SPDX-License-Identifier: MIT */
/*
 * However a stream is cut, the events and the answers are the same; a part of one is
 * never more than a part; and no changed byte does harm.
 */
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/idl/rpcecho.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_offer offer = { .interface = &rpcecho_interface };

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	return pen_syntax_id_equal(abstract, &rpcecho_interface.id) ? &offer : NULL;
}

static uint32_t random_id(void *data)
{
	uint32_t *next = data;

	return ++*next;
}

struct server {
	uint32_t next_id;
	struct pen_assoc_groups *groups;
	struct pen_conn *conn;
	struct pen_buffer out; /* all that it sent */
	size_t n_events;
	bool is_early; /* keeps what was lent after one event */
};

static void server_open(struct server *server)
{
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.find_offer = find_offer,
		.secondary_address = "135",
	};

	*server = (struct server){ 0 };
	pen_buffer_init(&server->out, 0);
	assert_int_equal(pen_assoc_groups_new(&server->groups, 10, random_id, &server->next_id), 0);
	config.groups = server->groups;
	assert_int_equal(pen_conn_new_server(&server->conn, &config), 0);
}

static void server_close(struct server *server)
{
	pen_conn_free(server->conn);
	pen_assoc_groups_free(server->groups);
	pen_buffer_done(&server->out);
}

/* Echoes a request. False: nothing more to handle. */
static bool server_turn(struct server *server)
{
	struct pen_event event;
	struct pen_buffer stub;

	if (pen_conn_next(server->conn, &event))
		return false;
	server->n_events++;
	if (event.kind != PEN_EVENT_REQUEST)
		return true;
	pen_buffer_init(&stub, 0);
	assert_int_equal(pen_buffer_add(&stub, event.stub.data, event.stub.size), 0);
	assert_int_equal(pen_conn_respond(server->conn, event.call_id, &stub), 0);
	pen_buffer_done(&stub);
	return true;
}

/* Echoes every request, and keeps what is sent. The bytes are lent, and then gone. */
static void server_feed(struct server *server, const uint8_t *data, size_t n)
{
	uint8_t *loan = malloc(n);
	struct pen_slice slices[4];
	size_t n_slices;
	bool is_more = true;

	memcpy(loan, data, n);
	assert_int_equal(pen_conn_lend(server->conn, loan, n), 0);
	while (is_more && !server->is_early)
		is_more = server_turn(server);
	if (server->is_early) {
		is_more = server_turn(server);
		assert_int_equal(pen_conn_keep(server->conn), 0);
	}
	free(loan);
	while (is_more)
		is_more = server_turn(server);
	while ((n_slices = pen_conn_output(server->conn, slices, PEN_COUNT(slices))) > 0) {
		assert_int_equal(pen_buffer_add(&server->out, slices[0].data, slices[0].size), 0);
		pen_conn_sent(server->conn, slices[0].size);
	}
}

/* What a client sends: bind, a small request, one in fragments, alter_context, cancel. */
static void record(struct pen_buffer *stream)
{
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.limits.frag_max = 2048,
	};
	struct pen_slice slices[8];
	struct pen_conn *client;
	struct pen_event event;
	struct pen_buffer stub;
	struct server server;
	uint32_t id;
	size_t n;

	server_open(&server);
	pen_buffer_init(&stub, 0);
	assert_int_equal(pen_conn_new_client(&client, &config), 0);
	assert_int_equal(pen_conn_bind(client, &rpcecho_interface.id, true, 0, NULL), 0);
	for (int step = 0; step < 4; step++) {
		while ((n = pen_conn_output(client, slices, PEN_COUNT(slices))) > 0) {
			assert_int_equal(pen_buffer_add(stream, slices[0].data, slices[0].size), 0);
			server_feed(&server, slices[0].data, slices[0].size);
			pen_conn_sent(client, slices[0].size);
		}
		assert_int_equal(pen_conn_feed(client, server.out.data, server.out.size), 0);
		server.out.size = 0;
		while (pen_conn_next(client, &event) == 0)
			;
		if (step < 2) {
			n = step == 0 ? 20 : 3000;
			assert_int_equal(pen_buffer_reserve(&stub, n), 0);
			memset(stub.data, 0x55, n);
			stub.size = n;
			assert_int_equal(
				pen_conn_request(client,
						 pen_conn_context(client, &rpcecho_interface.id),
						 NULL, 1, NULL, 0, &stub, &id),
				0);
			assert_int_equal(pen_conn_cancel(client, id), 0);
		} else if (step == 2) {
			assert_int_equal(
				pen_conn_bind(client, &rpcecho_interface.id, false, 0, NULL), 0);
		}
	}
	pen_conn_free(client);
	pen_buffer_done(&stub);
	server_close(&server);
}

static void try_any_cut(bool is_early)
{
	struct pen_buffer stream;
	struct server whole;

	pen_buffer_init(&stream, 0);
	record(&stream);
	server_open(&whole);
	server_feed(&whole, stream.data, stream.size);
	assert_int_equal(whole.n_events, 4);
	for (size_t cut = 0; cut <= stream.size; cut++) {
		struct server server;

		server_open(&server);
		server.is_early = is_early;
		server_feed(&server, stream.data, cut);
		assert_true(server.out.size <= whole.out.size);
		server_feed(&server, stream.data + cut, stream.size - cut);
		assert_int_equal(server.n_events, whole.n_events);
		assert_int_equal(server.out.size, whole.out.size);
		assert_memory_equal(server.out.data, whole.out.data, whole.out.size);
		server_close(&server);
	}
	server_close(&whole);
	pen_buffer_done(&stream);
}

static void test_any_cut(void **state)
{
	try_any_cut(false);
}

/* What is lent is taken back after the first event. */
static void test_any_cut_of_what_is_kept(void **state)
{
	try_any_cut(true);
}

static void test_byte_by_byte(void **state)
{
	struct pen_buffer stream;
	struct server whole, server;

	pen_buffer_init(&stream, 0);
	record(&stream);
	server_open(&whole);
	server_feed(&whole, stream.data, stream.size);
	server_open(&server);
	for (size_t i = 0; i < stream.size; i++)
		server_feed(&server, stream.data + i, 1);
	assert_int_equal(server.out.size, whole.out.size);
	assert_memory_equal(server.out.data, whole.out.data, whole.out.size);
	server_close(&server);
	server_close(&whole);
	pen_buffer_done(&stream);
}

static void test_every_prefix_says_less(void **state)
{
	struct pen_buffer stream;

	pen_buffer_init(&stream, 0);
	record(&stream);
	for (size_t n = 0; n < stream.size; n++) {
		struct server server;

		server_open(&server);
		server_feed(&server, stream.data, n);
		assert_in_range(server.n_events, 0, 4);
		assert_false(pen_conn_is_closed(server.conn));
		server_close(&server);
	}
	pen_buffer_done(&stream);
}

static void test_changed_bytes_do_no_harm(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff, 0x10 };
	struct pen_buffer stream;

	pen_buffer_init(&stream, 0);
	record(&stream);
	for (size_t at = 0; at < stream.size; at++) {
		for (size_t i = 0; i < PEN_COUNT(changes); i++) {
			struct server server;

			server_open(&server);
			stream.data[at] ^= changes[i];
			server_feed(&server, stream.data, stream.size);
			stream.data[at] ^= changes[i];
			assert_in_range(server.n_events, 0, 5);
			server_close(&server);
		}
	}
	pen_buffer_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_cut),
		cmocka_unit_test(test_any_cut_of_what_is_kept),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_every_prefix_says_less),
		cmocka_unit_test(test_changed_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
