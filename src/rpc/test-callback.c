/* SPDX-License-Identifier: MIT */
/*
 * Callbacks: requests against the stream, inside each other, under the call_id and the contexts of
 * the outermost.
 */
#include "rpc/test-callback.h"

static void expect_silence(struct talk *t, int side)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), PEN_E_AGAIN);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
