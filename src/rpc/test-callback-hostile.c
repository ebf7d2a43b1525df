/* SPDX-License-Identifier: MIT */
/* Callbacks, and peers that break the rules of them. */
#include "base/writer.h"
#include "rpc/pdu.h"
#include "rpc/test-callback.h"
#include "support/fail.h"
#include <errno.h>

/* The side finds that the other breaks the rules. */
static void expect_the_end(struct talk *t, int side)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), PEN_E_PROTOCOL);
	assert_true(*pen_conn_reason(t->conns[side]));
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
