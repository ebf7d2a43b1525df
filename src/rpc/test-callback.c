/* SPDX-License-Identifier: MIT */
/*
 * Callbacks: requests against the stream, inside each other, under the call_id and the contexts of
 * the outermost.
 */
#include "base/writer.h"
#include "rpc/pdu.h"
#include "rpc/test-auth.h"
#include "support/fail.h"
#include <errno.h>

enum { N_OPERATIONS = 4, PIPES = 3 };

/* Bound as rpcecho, whose syntax it has. */
static const struct pen_operation operations[N_OPERATIONS] = {
	{ .name = "zero" },
	{ .name = "one" },
	{ .name = "two" },
	[PIPES] = { .name = "pipes", .flags = PEN_OPERATION_IN_PIPES },
};
static const struct pen_interface interface = { .name = "callbacks",
						.operations = operations,
						.n_operations = N_OPERATIONS };
static const struct pen_offer offer = { .interface = &interface };

struct talk {
	struct auth_pair pair;
	const struct pen_auth_info *auth;
	struct pen_conn *conns[2]; /* the client's, the server's */
	struct pen_event event;	   /* the last one pulled */
	uint32_t id;
};

enum { CLIENT, SERVER };

static struct pen_buffer *bytes(struct talk *t, size_t n, unsigned seed)
{
	return auth_bytes(&t->pair, n, seed);
}

/* The first signed request has a verification trailer behind what it carries. */
static void expect_bytes(struct pen_slice stub, size_t n, unsigned seed)
{
	assert_true(stub.size >= n);
	for (size_t i = 0; i < n; i++)
		if (stub.data[i] != (uint8_t)(seed + i * 31))
			fail_msg("byte %zu of %zu", i, n);
}

/* What the side has to say reaches the other. Returns how many bytes it is. */
static size_t carry(struct talk *t, int from)
{
	struct pen_buffer taken = { 0 };
	size_t n;

	assert_int_equal(auth_take(t->conns[from], &taken), 0);
	assert_int_equal(pen_conn_feed(t->conns[!from], taken.data, taken.size), 0);
	n = taken.size;
	pen_buffer_done(&taken);
	return n;
}

/* What is said to the side makes one event, of that kind, and of a call at that depth. */
static void expect(struct talk *t, int side, enum pen_event_kind kind, uint32_t depth)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), 0);
	assert_int_equal(t->event.kind, kind);
	assert_int_equal(t->event.call_id, t->id);
	assert_int_equal(t->event.depth, depth);
}

static void expect_silence(struct talk *t, int side)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), PEN_E_AGAIN);
}

/* The side finds that the other breaks the rules. */
static void expect_the_end(struct talk *t, int side)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), PEN_E_PROTOCOL);
	assert_true(*pen_conn_reason(t->conns[side]));
}

static void begin(struct talk *t, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_request(t->conns[CLIENT], auth_pair_context(&t->pair), t->auth, 1,
					  NULL, 0, bytes(t, n, seed), &t->id),
			 0);
	expect(t, SERVER, PEN_EVENT_REQUEST, 0);
	expect_bytes(t->event.stub, n, seed);
}

static void call_back(struct talk *t, int side, uint16_t opnum, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_call_back(t->conns[side], t->id, opnum, 0, bytes(t, n, seed)), 0);
}

static void respond(struct talk *t, int side, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_respond(t->conns[side], t->id, bytes(t, n, seed)), 0);
}

static void open_talk_limited(struct talk *t, int scheme, uint8_t level, uint32_t nesting_max)
{
	auth_pair_init(&t->pair);
	t->pair.offer = &offer;
	t->pair.limits.nesting_max = nesting_max;
	t->auth = NULL;
	assert_int_equal(auth_pair_open(&t->pair), 0);
	if (scheme >= 0)
		assert_int_equal(auth_pair_add(&t->pair, (unsigned)scheme, level, &t->auth), 0);
	assert_int_equal(auth_pair_bind(&t->pair, false, t->auth), 0);
	t->conns[CLIENT] = t->pair.conns[TO_CLIENT];
	t->conns[SERVER] = t->pair.conns[TO_SERVER];
}

static void open_talk(struct talk *t, int scheme, uint8_t level)
{
	open_talk_limited(t, scheme, level, 0);
}

static void close_talk(struct talk *t)
{
	auth_pair_close(&t->pair);
}

/* One after the other still works. */
static void expect_health(struct talk *t)
{
	begin(t, 40, 77);
	respond(t, SERVER, 30, 78);
	expect(t, CLIENT, PEN_EVENT_RESPONSE, 0);
	expect_bytes(t->event.stub, 30, 78);
	expect_silence(t, CLIENT);
	expect_silence(t, SERVER);
}

/* Down to depth, every call by the other side than the one around it, and up again. */
static void nest(struct talk *t, uint32_t depth, size_t n)
{
	begin(t, n, 0);
	for (uint32_t i = 1; i <= depth; i++) {
		call_back(t, i % 2 ? SERVER : CLIENT, i % 2 ? 600 : 2, n, i);
		expect(t, i % 2 ? CLIENT : SERVER, PEN_EVENT_REQUEST, i);
		assert_int_equal(t->event.opnum, i % 2 ? 600 : 2);
		assert_true(t->event.is_last);
		expect_bytes(t->event.stub, n, i);
		assert_ptr_equal(t->event.auth != NULL, t->auth != NULL);
	}
	for (uint32_t i = depth; i > 0; i--) {
		respond(t, i % 2 ? CLIENT : SERVER, n + 1, 100 + i);
		expect(t, i % 2 ? SERVER : CLIENT, PEN_EVENT_RESPONSE, i);
		expect_bytes(t->event.stub, n + 1, 100 + i);
	}
	respond(t, SERVER, n, 5);
	expect(t, CLIENT, PEN_EVENT_RESPONSE, 0);
	expect_bytes(t->event.stub, n, 5);
	expect_silence(t, SERVER);
}

static void test_nests(void **state)
{
	struct talk t;

	open_talk(&t, -1, 0);
	for (uint32_t depth = 0; depth <= 32; depth++)
		nest(&t, depth, depth * 10);
	nest(&t, 3, 30000);
	close_talk(&t);
}

static void test_nests_signed_and_sealed(void **state)
{
	struct talk t;

	for (int scheme = 0; scheme < N_AUTH_SCHEMES; scheme++)
		for (size_t i = 0; i < PEN_COUNT(auth_levels); i++) {
			open_talk(&t, scheme, auth_levels[i]);
			nest(&t, 4, 100);
			nest(&t, 2, 20000);
			close_talk(&t);
		}
}

/* One call in two goes deeper, one returns; several callbacks one after the other. */
static void test_one_after_the_other(void **state)
{
	struct talk t;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	begin(&t, 10, 0);
	for (unsigned i = 0; i < 5; i++) {
		call_back(&t, SERVER, 0, i, i);
		expect(&t, CLIENT, PEN_EVENT_REQUEST, 1);
		call_back(&t, CLIENT, 0, i, i);
		expect(&t, SERVER, PEN_EVENT_REQUEST, 2);
		respond(&t, SERVER, 1, i);
		expect(&t, CLIENT, PEN_EVENT_RESPONSE, 2);
		assert_int_equal(pen_conn_fault(t.conns[CLIENT], t.id, 0x1c010014, true), 0);
		expect(&t, SERVER, PEN_EVENT_FAULT, 1);
		assert_int_equal(t.event.status, 0x1c010014);
		assert_true(t.event.did_not_execute);
	}
	respond(&t, SERVER, 10, 0);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	expect_health(&t);
	close_talk(&t);
}

static void test_others_go_on_meanwhile(void **state)
{
	struct talk t;
	uint32_t id;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_INTEGRITY);
	begin(&t, 10, 0);
	call_back(&t, SERVER, 0, 9, 1);
	expect(&t, CLIENT, PEN_EVENT_REQUEST, 1);
	id = t.id;
	expect_health(&t);
	nest(&t, 2, 10);
	t.id = id;
	respond(&t, CLIENT, 8, 2);
	expect(&t, SERVER, PEN_EVENT_RESPONSE, 1);
	respond(&t, SERVER, 7, 3);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	expect_bytes(t.event.stub, 7, 3);
	close_talk(&t);
}

/* Each of these says nothing: the other side has the word. */
static void test_only_the_innermost_is_answered(void **state)
{
	struct talk t;

	open_talk(&t, -1, 0);
	begin(&t, 10, 0);
	call_back(&t, SERVER, 0, 9, 1);
	carry(&t, SERVER);
	respond(&t, SERVER, 7, 3);
	assert_int_equal(pen_conn_fault(t.conns[SERVER], t.id, 5, false), 0);
	assert_int_equal(pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_conn_queued(t.conns[SERVER]), 0);
	assert_int_equal(pen_conn_call_back(t.conns[CLIENT], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_conn_respond(t.conns[CLIENT], t.id, bytes(&t, 1, 1)), 0);
	assert_int_equal(pen_conn_queued(t.conns[CLIENT]), 0);
	expect(&t, CLIENT, PEN_EVENT_REQUEST, 1);
	respond(&t, CLIENT, 1, 1);
	expect(&t, SERVER, PEN_EVENT_RESPONSE, 1);
	respond(&t, SERVER, 1, 1);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	assert_int_equal(pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_NOT_FOUND);
	close_talk(&t);
}

static void test_limit(void **state)
{
	struct talk t;

	open_talk_limited(&t, -1, 0, 2);
	begin(&t, 10, 0);
	call_back(&t, SERVER, 0, 9, 1);
	expect(&t, CLIENT, PEN_EVENT_REQUEST, 1);
	call_back(&t, CLIENT, 0, 9, 1);
	expect(&t, SERVER, PEN_EVENT_REQUEST, 2);
	assert_int_equal(pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_LIMIT);
	for (int i = 2; i > 0; i--) {
		respond(&t, i == 2 ? SERVER : CLIENT, 1, 1);
		expect(&t, i == 2 ? CLIENT : SERVER, PEN_EVENT_RESPONSE, (uint32_t)i);
	}
	respond(&t, SERVER, 1, 1);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	close_talk(&t);
}

static void test_no_callback_without_an_answer(void **state)
{
	struct talk t;

	open_talk(&t, -1, 0);
	assert_int_equal(pen_conn_request(t.conns[CLIENT], auth_pair_context(&t.pair), t.auth, 1,
					  NULL, PEN_REQUEST_MAYBE, bytes(&t, 1, 1), &t.id),
			 0);
	expect(&t, SERVER, PEN_EVENT_REQUEST, 0);
	assert_int_equal(pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_UNSUPPORTED);
	respond(&t, SERVER, 1, 1);
	expect_silence(&t, CLIENT);
	close_talk(&t);
}

/* Nor out of one that is not all there. */
static void test_no_callback_out_of_a_stream(void **state)
{
	struct talk t;

	open_talk(&t, -1, 0);
	assert_int_equal(pen_conn_request(t.conns[CLIENT], auth_pair_context(&t.pair), t.auth,
					  PIPES, NULL, PEN_REQUEST_IN_PARTS, bytes(&t, 16, 1),
					  &t.id),
			 0);
	expect(&t, SERVER, PEN_EVENT_REQUEST, 0);
	assert_int_equal(pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, bytes(&t, 1, 1)),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_conn_request_part(t.conns[CLIENT], t.id, bytes(&t, 1, 1), true), 0);
	expect(&t, SERVER, PEN_EVENT_PART, 0);
	call_back(&t, SERVER, 0, 1, 1);
	expect(&t, CLIENT, PEN_EVENT_REQUEST, 1);
	respond(&t, CLIENT, 1, 1);
	expect(&t, SERVER, PEN_EVENT_RESPONSE, 1);
	respond(&t, SERVER, 1, 1);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	close_talk(&t);
}

/* ---- what is given up ---- */

/* Down to depth, where whoever runs the innermost has it, and nothing is on its way. */
static void go_down(struct talk *t, uint32_t depth)
{
	begin(t, 10, 0);
	for (uint32_t i = 1; i <= depth; i++) {
		call_back(t, i % 2 ? SERVER : CLIENT, 0, 9, i);
		expect(t, i % 2 ? CLIENT : SERVER, PEN_EVENT_REQUEST, i);
	}
}

/* The client gives up; each side then answers what it still runs, in either order. */
static void give_up(uint32_t depth, int first)
{
	struct talk t;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	go_down(&t, depth);
	assert_int_equal(pen_conn_orphan(t.conns[CLIENT], t.id), 0);
	expect(&t, SERVER, PEN_EVENT_ORPHANED, 0);
	for (int i = 0; i < 2; i++) {
		int side = i ? !first : first;
		uint32_t n = side == CLIENT ? (depth + 1) / 2 : depth / 2 + 1;

		/* One more than it runs: that says nothing either. */
		for (uint32_t j = 0; j < n; j++) {
			assert_int_equal(
				pen_conn_call_back(t.conns[side], t.id, 0, 0, bytes(&t, 1, 1)),
				side == SERVER && j + 1 == n ? 0 : PEN_E_CLOSED);
			if (side == SERVER && j + 1 == n)
				break;
			respond(&t, side, 5, 5);
		}
	}
	/* The client drops the callback out of what it gave up, and the server forgets it. */
	expect_silence(&t, CLIENT);
	close_talk(&t);
}

static void test_given_up(void **state)
{
	for (uint32_t depth = 0; depth < 5; depth++)
		for (int first = CLIENT; first <= SERVER; first++)
			give_up(depth, first);
}

/* The callback and the client's last word cross each other. */
static void test_given_up_while_called_back(void **state)
{
	struct talk t;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	begin(&t, 10, 0);
	call_back(&t, SERVER, 0, 20000, 1);
	assert_int_equal(pen_conn_orphan(t.conns[CLIENT], t.id), 0);
	expect_silence(&t, CLIENT);
	expect(&t, SERVER, PEN_EVENT_ORPHANED, 0);
	respond(&t, SERVER, 5, 5);
	expect_silence(&t, CLIENT);
	expect_health(&t);
	close_talk(&t);
}

/* The server ends while the client still runs a callback out of it. */
static void test_given_up_and_answered_from_outside(void **state)
{
	struct talk t;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	go_down(&t, 1);
	assert_int_equal(pen_conn_orphan(t.conns[CLIENT], t.id), 0);
	expect(&t, SERVER, PEN_EVENT_ORPHANED, 0);
	respond(&t, SERVER, 5, 5);
	expect_silence(&t, CLIENT);
	respond(&t, CLIENT, 5, 5);
	assert_int_equal(pen_conn_queued(t.conns[CLIENT]), 0);
	expect_health(&t);
	close_talk(&t);
}

static void test_cancel_is_of_the_outermost(void **state)
{
	struct talk t;

	open_talk(&t, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	go_down(&t, 3);
	assert_int_equal(pen_conn_cancel(t.conns[CLIENT], t.id), 0);
	expect(&t, SERVER, PEN_EVENT_CANCEL, 0);
	for (uint32_t i = 3; i > 0; i--) {
		respond(&t, i % 2 ? CLIENT : SERVER, 1, 1);
		expect(&t, i % 2 ? SERVER : CLIENT, PEN_EVENT_RESPONSE, i);
	}
	respond(&t, SERVER, 1, 1);
	expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
	close_talk(&t);
}

/* ---- peers that break the rules ---- */

struct crime {
	uint8_t ptype, flags;
	uint32_t other_id;	/* added to the call's */
	uint16_t other_context; /* added to the call's */
};

/* A PDU with a stub of eight bytes, said to the side. */
static void say(struct talk *t, int side, const struct crime *crime)
{
	struct pen_buffer pdu = { 0 };
	struct pen_writer w;
	size_t at;

	pen_writer_init(&w, &pdu);
	at = pen_pdu_begin(&w, crime->ptype, crime->flags, t->id + crime->other_id);
	pen_writer_u32(&w, 8);
	pen_writer_u16(&w, auth_pair_context(&t->pair)->context_id + crime->other_context);
	pen_writer_u16(&w, 0);
	pen_writer_zeros(&w, 8);
	pen_pdu_end(&w, at);
	assert_int_equal(pen_conn_feed(t->conns[side], pdu.data, pdu.size), 0);
	pen_buffer_done(&pdu);
}

enum { WHOLE = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG };

static void test_crimes_against_a_client(void **state)
{
	static const struct crime crimes[] = {
		{ PEN_PDU_REQUEST, WHOLE, 1, 0 },
		{ PEN_PDU_REQUEST, WHOLE, 0, 1 },
		{ PEN_PDU_REQUEST, PEN_PFC_LAST_FRAG, 0, 0 },
		{ PEN_PDU_REQUEST, WHOLE | PEN_PFC_MAYBE, 0, 0 },
		{ PEN_PDU_REQUEST, WHOLE | PEN_PFC_PENDING_CANCEL, 0, 0 },
		{ PEN_PDU_RESPONSE, WHOLE, 1, 0 },
		{ PEN_PDU_CO_CANCEL, WHOLE, 0, 0 },
	};
	struct talk t;

	for (size_t i = 0; i < PEN_COUNT(crimes); i++) {
		open_talk(&t, -1, 0);
		begin(&t, 10, 0);
		say(&t, CLIENT, &crimes[i]);
		expect_the_end(&t, CLIENT);
		close_talk(&t);
	}
}

/* While it runs a callback, a client hears nothing of that call. */
static void test_crimes_against_a_client_that_is_called_back(void **state)
{
	static const struct crime crimes[] = {
		{ PEN_PDU_REQUEST, WHOLE, 0, 0 },
		{ PEN_PDU_RESPONSE, WHOLE, 0, 0 },
		{ PEN_PDU_FAULT, WHOLE, 0, 0 },
	};
	struct talk t;

	for (size_t i = 0; i < PEN_COUNT(crimes); i++) {
		open_talk(&t, -1, 0);
		go_down(&t, 1);
		say(&t, CLIENT, &crimes[i]);
		expect_the_end(&t, CLIENT);
		close_talk(&t);
	}
}

static void test_crimes_against_a_server(void **state)
{
	static const struct crime crimes[] = {
		{ PEN_PDU_RESPONSE, WHOLE, 1, 0 },
		{ PEN_PDU_RESPONSE, WHOLE, 0, 1 },
		{ PEN_PDU_RESPONSE, PEN_PFC_LAST_FRAG, 0, 0 },
		{ PEN_PDU_REQUEST, WHOLE, 0, 1 },
		{ PEN_PDU_REQUEST, PEN_PFC_LAST_FRAG, 0, 0 },
	};
	struct talk t;

	for (size_t i = 0; i < PEN_COUNT(crimes); i++) {
		open_talk(&t, -1, 0);
		begin(&t, 10, 0);
		call_back(&t, SERVER, 0, 9, 1);
		say(&t, SERVER, &crimes[i]);
		expect_the_end(&t, SERVER);
		close_talk(&t);
	}
}

/* A server that has made no callback takes no answer. */
static void test_answers_to_nothing(void **state)
{
	static const struct crime crimes[] = {
		{ PEN_PDU_RESPONSE, WHOLE, 0, 0 },
		{ PEN_PDU_FAULT, WHOLE, 0, 0 },
		{ PEN_PDU_RESPONSE, WHOLE, 1, 0 },
	};
	struct talk t;

	for (size_t i = 0; i < PEN_COUNT(crimes); i++) {
		open_talk(&t, -1, 0);
		begin(&t, 10, 0);
		say(&t, SERVER, &crimes[i]);
		expect_the_end(&t, SERVER);
		close_talk(&t);
	}
}

/* Whoever is on the way cannot call a client back. */
static void test_unsigned_callbacks(void **state)
{
	static const struct crime crime = { PEN_PDU_REQUEST, WHOLE, 0, 0 };
	struct talk t;

	for (uint8_t level = PEN_AUTH_LEVEL_INTEGRITY; level <= PEN_AUTH_LEVEL_PRIVACY; level++) {
		open_talk(&t, AUTH_NTLM, level);
		begin(&t, 10, 0);
		say(&t, CLIENT, &crime);
		expect_the_end(&t, CLIENT);
		close_talk(&t);
	}
}

/* A side that takes more calls inside each other than the other does. */
static void test_too_deep_for_the_peer(void **state)
{
	static const struct crime crime = { PEN_PDU_REQUEST, WHOLE, 0, 0 };
	static const struct crime answer = { PEN_PDU_RESPONSE, WHOLE, 0, 0 };
	struct talk t;

	open_talk_limited(&t, -1, 0, 1);
	begin(&t, 10, 0);
	call_back(&t, SERVER, 0, 9, 1);
	say(&t, SERVER, &crime);
	assert_int_equal(pen_conn_next(t.conns[SERVER], &t.event), PEN_E_AGAIN);
	assert_true(pen_conn_queued(t.conns[SERVER]) > 0);
	say(&t, SERVER, &answer);
	assert_int_equal(pen_conn_next(t.conns[SERVER], &t.event), 0);
	assert_int_equal(t.event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(t.event.depth, 1);
	close_talk(&t);
}

static void test_no_memory(void **state)
{
	struct talk t;

	for (unsigned n = 1;; n++) {
		int r;

		open_talk(&t, -1, 0);
		begin(&t, 10, 0);
		bytes(&t, 10, 0);
		pen_fail_at(n);
		r = pen_conn_call_back(t.conns[SERVER], t.id, 0, 0, &t.pair.stub);
		if (!pen_fail_hit()) {
			close_talk(&t);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		respond(&t, SERVER, 10, 0);
		expect(&t, CLIENT, PEN_EVENT_RESPONSE, 0);
		close_talk(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nests),
		cmocka_unit_test(test_nests_signed_and_sealed),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_others_go_on_meanwhile),
		cmocka_unit_test(test_only_the_innermost_is_answered),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_callback_without_an_answer),
		cmocka_unit_test(test_no_callback_out_of_a_stream),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_given_up_while_called_back),
		cmocka_unit_test(test_given_up_and_answered_from_outside),
		cmocka_unit_test(test_cancel_is_of_the_outermost),
		cmocka_unit_test(test_crimes_against_a_client),
		cmocka_unit_test(test_crimes_against_a_client_that_is_called_back),
		cmocka_unit_test(test_crimes_against_a_server),
		cmocka_unit_test(test_answers_to_nothing),
		cmocka_unit_test(test_unsigned_callbacks),
		cmocka_unit_test(test_too_deep_for_the_peer),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
