/* SPDX-License-Identifier: MIT */
/*
 * Requests and responses of operations with pipes: sent part by part, and told of so.
 */
#include "rpc/test-auth.h"
#include <errno.h>

enum { IN = 0, OUT = 1, BOTH = 2, PLAIN = 3, N_OPERATIONS };
enum { PART = 4096, MORE = PEN_REQUEST_IN_PARTS };

/* Bound as rpcecho, whose syntax it has. */
static const struct pen_operation operations[N_OPERATIONS] = {
	[IN] = { .name = "in", .flags = PEN_OPERATION_IN_PIPES },
	[OUT] = { .name = "out", .flags = PEN_OPERATION_OUT_PIPES },
	[BOTH] = { .name = "both", .flags = PEN_OPERATION_IN_PIPES | PEN_OPERATION_OUT_PIPES },
	[PLAIN] = { .name = "plain" },
};
static const struct pen_interface interface = { .name = "streams",
						.operations = operations,
						.n_operations = N_OPERATIONS };
static const struct pen_offer offer = { .interface = &interface };

struct streams {
	struct auth_pair pair;
	const struct pen_auth_info *auth;
	struct pen_conn *client, *server;
	struct pen_event event; /* the last one pulled */
	uint32_t id;
};

static void open_streams(struct streams *s, int scheme, uint8_t level)
{
	auth_pair_init(&s->pair);
	s->pair.offer = &offer;
	s->auth = NULL;
	assert_int_equal(auth_pair_open(&s->pair), 0);
	if (scheme >= 0)
		assert_int_equal(auth_pair_add(&s->pair, (unsigned)scheme, level, &s->auth), 0);
	assert_int_equal(auth_pair_bind(&s->pair, false, s->auth), 0);
	s->client = s->pair.conns[TO_CLIENT];
	s->server = s->pair.conns[TO_SERVER];
}

static void close_streams(struct streams *s)
{
	auth_pair_close(&s->pair);
}

static struct pen_buffer *bytes(struct streams *s, size_t n, unsigned seed)
{
	return auth_bytes(&s->pair, n, seed);
}

static void expect_bytes(struct pen_slice stub, size_t n, unsigned seed)
{
	assert_int_equal(stub.size, n);
	for (size_t i = 0; i < n; i++)
		if (stub.data[i] != (uint8_t)(seed + i * 31))
			fail_msg("byte %zu of %zu", i, n);
}

static void carry(struct pen_conn *from, struct pen_conn *to)
{
	struct pen_buffer taken = { 0 };

	assert_int_equal(auth_take(from, &taken), 0);
	assert_int_equal(pen_conn_feed(to, taken.data, taken.size), 0);
	pen_buffer_done(&taken);
}

/* The next event, which is of that kind. */
static void expect(struct streams *s, struct pen_conn *conn, enum pen_event_kind kind)
{
	assert_int_equal(pen_conn_next(conn, &s->event), 0);
	assert_int_equal(s->event.kind, kind);
}

static void expect_silence(struct streams *s, struct pen_conn *conn)
{
	assert_int_equal(pen_conn_next(conn, &s->event), PEN_E_AGAIN);
}

static void begin(struct streams *s, uint16_t opnum, unsigned flags, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_request(s->client, auth_pair_context(&s->pair), s->auth, opnum,
					  NULL, flags, bytes(s, n, seed), &s->id),
			 0);
}

static void more(struct streams *s, size_t n, unsigned seed, bool is_last)
{
	assert_int_equal(pen_conn_request_part(s->client, s->id, bytes(s, n, seed), is_last), 0);
}

static void run_both_ways(struct streams *s)
{
	begin(s, BOTH, MORE | PEN_REQUEST_OUT_PARTS, PART, 0);
	carry(s->client, s->server);
	expect(s, s->server, PEN_EVENT_REQUEST);
	assert_false(s->event.is_last);
	assert_int_equal(s->event.opnum, BOTH);
	expect_bytes(s->event.stub, PART, 0);
	expect_silence(s, s->server);
	for (unsigned i = 1; i < 5; i++) {
		more(s, i < 4 ? 16 * i : 5, i, i == 4);
		carry(s->client, s->server);
		expect(s, s->server, PEN_EVENT_PART);
		assert_int_equal(s->event.call_id, s->id);
		assert_int_equal(s->event.is_last, i == 4);
		expect_bytes(s->event.stub, i < 4 ? 16 * i : 5, i);
	}
	assert_int_equal(pen_conn_request_part(s->client, s->id, bytes(s, 16, 0), true),
			 PEN_E_NOT_FOUND);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pen_conn_respond_part(s->server, s->id, bytes(s, 32, i)), 0);
		carry(s->server, s->client);
		expect(s, s->client, PEN_EVENT_PART);
		assert_false(s->event.is_last);
		expect_bytes(s->event.stub, 32, i);
	}
	assert_int_equal(pen_conn_respond(s->server, s->id, bytes(s, 3, 9)), 0);
	carry(s->server, s->client);
	expect(s, s->client, PEN_EVENT_RESPONSE);
	assert_int_equal(s->event.call_id, s->id);
	expect_bytes(s->event.stub, 3, 9);
	expect_silence(s, s->client);
}

static void test_both_ways(void **state)
{
	struct streams s;

	open_streams(&s, -1, 0);
	run_both_ways(&s);
	run_both_ways(&s);
	close_streams(&s);
}

static void test_both_ways_signed_and_sealed(void **state)
{
	struct streams s;

	for (int scheme = AUTH_RED; scheme < N_AUTH_SCHEMES; scheme++)
		for (uint8_t level = PEN_AUTH_LEVEL_INTEGRITY; level <= PEN_AUTH_LEVEL_PRIVACY;
		     level++) {
			open_streams(&s, scheme, level);
			run_both_ways(&s);
			close_streams(&s);
		}
}

/* A part of many fragments is told of fragment by fragment, and what came with it waits. */
static void test_a_part_of_many_fragments(void **state)
{
	size_t n = 0;
	struct streams s;

	open_streams(&s, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	begin(&s, IN, MORE, 100000 & ~15, 7);
	more(&s, 0, 0, true);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	while (!s.event.is_last) {
		for (size_t i = 0; i < s.event.stub.size; i++, n++)
			assert_int_equal(s.event.stub.data[i], (uint8_t)(7 + n * 31));
		expect(&s, s.server, PEN_EVENT_PART);
	}
	assert_int_equal(n, 100000 & ~15);
	assert_int_equal(s.event.stub.size, 0);
	close_streams(&s);
}

static void test_others_go_on_meanwhile(void **state)
{
	struct streams s;
	uint32_t stream;

	open_streams(&s, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	begin(&s, IN, MORE, PART, 0);
	stream = s.id;
	begin(&s, PLAIN, 0, 20000, 1);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	assert_int_equal(s.event.opnum, PLAIN);
	assert_true(s.event.is_last);
	assert_int_equal(pen_conn_respond(s.server, s.id, bytes(&s, 20000, 2)), 0);
	carry(s.server, s.client);
	expect(&s, s.client, PEN_EVENT_RESPONSE);
	expect_bytes(s.event.stub, 20000, 2);
	s.id = stream;
	more(&s, 10, 3, true);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_PART);
	assert_true(s.event.is_last);
	close_streams(&s);
}

/* The client hears of it in the middle, and says that no more comes. */
static void test_a_fault_in_the_middle(void **state)
{
	struct streams s;

	open_streams(&s, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	for (unsigned i = 0; i < 3000; i++) { /* more than there may be at a time */
		begin(&s, IN, MORE, 32, 0);
		carry(s.client, s.server);
		expect(&s, s.server, PEN_EVENT_REQUEST);
		assert_int_equal(pen_conn_fault(s.server, s.id, 5, false), 0);
		assert_int_equal(pen_conn_fault(s.server, s.id, 6, false), 0);
		if (i % 2) /* parts are on their way already */
			more(&s, 32, 1, i % 4 == 1);
		carry(s.client, s.server);
		expect_silence(&s, s.server);
		carry(s.server, s.client);
		expect(&s, s.client, PEN_EVENT_FAULT);
		assert_int_equal(s.event.status, 5);
		assert_int_equal(pen_conn_request_part(s.client, s.id, bytes(&s, 32, 0), false),
				 PEN_E_NOT_FOUND);
		carry(s.client, s.server);
		expect_silence(&s, s.server);
	}
	close_streams(&s);
}

static void test_given_up_in_the_middle(void **state)
{
	struct streams s;

	open_streams(&s, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	for (unsigned i = 0; i < 1500; i++) {
		begin(&s, IN, MORE, 32, 0);
		assert_int_equal(pen_conn_cancel(s.client, s.id), 0);
		assert_int_equal(pen_conn_orphan(s.client, s.id), 0);
		assert_int_equal(pen_conn_request_part(s.client, s.id, bytes(&s, 32, 0), false),
				 PEN_E_NOT_FOUND);
		carry(s.client, s.server);
		expect(&s, s.server, PEN_EVENT_REQUEST);
		expect(&s, s.server, PEN_EVENT_CANCEL);
		expect(&s, s.server, PEN_EVENT_ORPHANED);
		assert_int_equal(pen_conn_fault(s.server, s.id, 5, false), 0);
		carry(s.server, s.client);
		expect_silence(&s, s.client);
	}
	close_streams(&s);
}

static void test_an_answer_before_the_question_ends(void **state)
{
	struct streams s;

	open_streams(&s, -1, 0);
	begin(&s, IN, MORE, 32, 0);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	assert_int_equal(pen_conn_respond(s.server, s.id, bytes(&s, 4, 0)), 0);
	more(&s, 32, 0, true);
	carry(s.client, s.server);
	expect_silence(&s, s.server);
	close_streams(&s);

	open_streams(&s, -1, 0);
	begin(&s, IN, MORE, 32, 0);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	assert_int_equal(pen_conn_respond(s.server, s.id, bytes(&s, 4, 0)), 0);
	carry(s.server, s.client);
	assert_int_equal(pen_conn_next(s.client, &s.event), PEN_E_PROTOCOL);
	assert_non_null(strstr(pen_conn_reason(s.client), "answered before it was asked"));
	close_streams(&s);
}

static void test_sizes_of_parts(void **state)
{
	struct streams s;

	open_streams(&s, -1, 0);
	assert_int_equal(pen_conn_request(s.client, auth_pair_context(&s.pair), NULL, IN, NULL,
					  MORE, bytes(&s, 17, 0), &s.id),
			 -EINVAL);
	begin(&s, IN, MORE, 32, 0);
	assert_int_equal(pen_conn_request_part(s.client, s.id, bytes(&s, 8, 0), false), -EINVAL);
	assert_int_equal(pen_conn_request_part(s.client, s.id, bytes(&s, 0, 0), false), -EINVAL);
	more(&s, 0, 0, true);
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_REQUEST);
	expect(&s, s.server, PEN_EVENT_PART);
	assert_int_equal(pen_conn_respond_part(s.server, s.id, bytes(&s, 20, 0)), -EINVAL);
	assert_int_equal(pen_conn_respond(s.server, s.id, bytes(&s, 20, 0)), 0);
	carry(s.server, s.client);
	expect(&s, s.client, PEN_EVENT_RESPONSE);
	close_streams(&s);
}

/* However much it is, neither end keeps it; and neither hurries the other. */
static void test_more_than_a_stub_may_have(void **state)
{
	enum { PARTS = 800, SIZE = 64 << 10 };
	struct streams s;

	open_streams(&s, -1, 0);
	begin(&s, BOTH, MORE | PEN_REQUEST_OUT_PARTS, SIZE, 0);
	for (unsigned i = 0; i < PARTS; i++) {
		size_t n = 0;

		carry(s.client, s.server);
		while (pen_conn_next(s.server, &s.event) == 0)
			n += s.event.stub.size;
		assert_int_equal(n, SIZE);
		assert_true(pen_conn_memory(s.server) < 4 * SIZE);
		assert_false(pen_conn_is_expecting(s.server));
		more(&s, i < PARTS - 1 ? SIZE : 0, i, i == PARTS - 1);
	}
	carry(s.client, s.server);
	expect(&s, s.server, PEN_EVENT_PART);
	assert_true(s.event.is_last);
	for (unsigned i = 0; i < PARTS; i++) {
		size_t n = 0;

		assert_int_equal(pen_conn_respond_part(s.server, s.id, bytes(&s, SIZE, i)), 0);
		carry(s.server, s.client);
		while (pen_conn_next(s.client, &s.event) == 0)
			n += s.event.stub.size;
		assert_int_equal(n, SIZE);
	}
	close_streams(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_both_ways_signed_and_sealed),
		cmocka_unit_test(test_a_part_of_many_fragments),
		cmocka_unit_test(test_others_go_on_meanwhile),
		cmocka_unit_test(test_a_fault_in_the_middle),
		cmocka_unit_test(test_given_up_in_the_middle),
		cmocka_unit_test(test_an_answer_before_the_question_ends),
		cmocka_unit_test(test_sizes_of_parts),
		cmocka_unit_test(test_more_than_a_stub_may_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
