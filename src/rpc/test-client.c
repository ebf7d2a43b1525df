/* SPDX-License-Identifier: MIT */
/*
 * What a client sends to bind, to the byte, and what a hostile server can make of it: an event, or
 * an association that is over with a sentence that says why.
 */
#include "rpc/test-client.h"

/* ---- states ---- */

static const char *const stage_names[N_STAGES] = { "idle", "binding",  "open", "calling",
						   "half", "altering", "over" };

/* A PDU of any type, well made as far as a client hears such. */
static void say_of_type(struct peer *peer, unsigned ptype)
{
	static const uint8_t fault[16] = { 32, [8] = 5 };
	static const uint8_t nak[8] = { 2 };
	uint8_t ack[sizeof(plain_ack)];

	memcpy(ack, plain_ack, sizeof(ack));
	switch (ptype) {
	case PEN_PDU_BIND_ACK:
		peer_say(peer, ack, sizeof(ack));
		break;
	case PEN_PDU_ALTER_CONTEXT_RESP:
		ack[2] = PEN_PDU_ALTER_CONTEXT_RESP;
		ack[8] = sizeof(ack) - N_RESULT;
		ack[12] = 3;
		ack[32] = 1;
		peer_say(peer, ack, sizeof(ack) - N_RESULT);
		break;
	case PEN_PDU_BIND_NAK:
		peer_say_pdu(peer, PEN_PDU_BIND_NAK, WHOLE, 1, nak, sizeof(nak));
		break;
	case PEN_PDU_FAULT:
		peer_say_pdu(peer, PEN_PDU_FAULT, WHOLE, 2, fault, sizeof(fault));
		break;
	case PEN_PDU_SHUTDOWN:
		peer_say_pdu(peer, PEN_PDU_SHUTDOWN, WHOLE, 0, NULL, 0);
		break;
	default:
		peer_say_pdu(peer, (uint8_t)ptype, WHOLE, 2, answer, sizeof(answer));
		break;
	}
}

static void expect_outcome(const struct peer *peer, enum outcome outcome, const char *what)
{
	static const enum pen_event_kind kinds[] = {
		[BOUND] = PEN_EVENT_BOUND,     [ALTERED] = PEN_EVENT_ALTERED,
		[REQUEST] = PEN_EVENT_REQUEST, [RESPONSE] = PEN_EVENT_RESPONSE,
		[FAULT] = PEN_EVENT_FAULT,     [SHUTDOWN] = PEN_EVENT_SHUTDOWN,
		[NAKED] = PEN_EVENT_REJECTED,
	};

	if (outcome == LOST || outcome == DEAD) {
		expect_lost(peer, what);
		return;
	}
	expect_event(peer, what, kinds[outcome]);
	assert_int_equal(pen_conn_is_closed(peer->conn), outcome == NAKED);
	if (outcome == RESPONSE || outcome == FAULT)
		assert_int_equal(peer->call_id, 2);
}

/* All types in all states [C706 12.6.4, MS-RPCE 3.3.2]. */
static void test_what_may_arrive_when(void **state)
{
	// clang-format off
	static const struct {
		uint8_t first, last; /* PDU types */
		enum outcome outcomes[N_STAGES];
	} rows[] = {
		/*             IDLE  BINDING OPEN      CALLING   HALF      ALTERING  OVER */
		/* request: a callback */
		{ 0, 0,      { LOST, LOST,   LOST,     REQUEST,  LOST,     REQUEST,  DEAD } },
		/* ping */
		{ 1, 1,      { LOST, LOST,   LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* response */
		{ 2, 2,      { LOST, LOST,   LOST,     RESPONSE, LOST,     RESPONSE, DEAD } },
		/* fault */
		{ 3, 3,      { LOST, LOST,   LOST,     FAULT,    FAULT,    FAULT,    DEAD } },
		/* working, nocall, reject, ack, cl_cancel, fack, cancel_ack; bind */
		{ 4, 11,     { LOST, LOST,   LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* bind_ack */
		{ 12, 12,    { LOST, BOUND,  LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* bind_nak */
		{ 13, 13,    { LOST, NAKED,  LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* alter_context */
		{ 14, 14,    { LOST, LOST,   LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* alter_context_resp */
		{ 15, 15,    { LOST, LOST,   LOST,     LOST,     LOST,     ALTERED,  DEAD } },
		/* auth3 */
		{ 16, 16,    { LOST, LOST,   LOST,     LOST,     LOST,     LOST,     DEAD } },
		/* shutdown */
		{ 17, 17,    { LOST, LOST,   SHUTDOWN, SHUTDOWN, SHUTDOWN, SHUTDOWN, DEAD } },
		/* co_cancel, orphaned, and no type at all */
		{ 18, 255,   { LOST, LOST,   LOST,     LOST,     LOST,     LOST,     DEAD } },
	};
	// clang-format on
	unsigned n_types = 0;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		for (unsigned ptype = rows[i].first; ptype <= rows[i].last; ptype++, n_types++) {
			assert_int_equal(ptype, n_types);
			for (int stage = 0; stage < N_STAGES; stage++) {
				struct peer peer;
				char what[60];

				snprintf(what, sizeof(what), "PDU type %u, %s", ptype,
					 stage_names[stage]);
				reach(&peer, (enum stage)stage);
				say_of_type(&peer, ptype);
				expect_outcome(&peer, rows[i].outcomes[stage], what);
				peer_close(&peer);
			}
		}
	}
	assert_int_equal(n_types, 256);
}

/* No version but 5.0 and 5.1, and no fragment that is less than its header. */
static void test_headers_that_are_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = { { 0, 4 }, { 0, 6 }, { 1, 2 }, { 8, 15 }, { 8, 0 } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t ack[sizeof(plain_ack)];
		struct peer peer;

		memcpy(ack, plain_ack, sizeof(ack));
		ack[rows[i].at] = rows[i].value;
		begin_bind(&peer, NULL);
		peer_say(&peer, ack, PEN_PDU_HEADER_SIZE);
		expect_lost(&peer, "a header");
		peer_close(&peer);
	}
}

/* ---- bind ---- */

static void test_bind_and_alter_context_to_the_byte(void **state)
{
	struct peer peer;

	peer_open_client(&peer, NULL);
	assert_int_equal(pen_conn_bind(peer.conn, echo, false, 0x77, NULL), 0);
	peer_take(&peer);
	peer_expect_hex(&peer, "bind",
			"05 00 0b 13 10000000 a000 0000 01000000 " /* bind, multiplexed, call 1 */
			"d016 d016 77000000 "			   /* sizes, the group to join */
			"03 000000 "				   /* contexts */
			"0000 01 00 " ECHO_SYNTAX NDR_SYNTAX	   /* 0: NDR */
			"0100 01 00 " ECHO_SYNTAX NDR64_SYNTAX	   /* 1: NDR64 */
			"0200 01 00 " ECHO_SYNTAX		   /* 2: the features, both */
			"2c1cb76c 1298 4045 03 00000000000000 01000000");
	peer_close(&peer);

	bind_plainly(&peer, NULL);
	assert_int_equal(pen_conn_bind(peer.conn, echo, false, 0, NULL), 0);
	assert_int_equal(pen_conn_bind(peer.conn, echo, false, 0, NULL), PEN_E_AGAIN);
	peer_take(&peer);
	peer_expect_hex(&peer, "alter_context",
			"05 00 0e 03 10000000 7400 0000 02000000 " /* alter_context, call 2 */
			"d016 d016 77000000 "			   /* the group it is in */
			"02 000000 "				   /* contexts */
			"0200 01 00 " ECHO_SYNTAX NDR_SYNTAX	   /* ids go on */
			"0300 01 00 " ECHO_SYNTAX NDR64_SYNTAX);
	peer_close(&peer);
}

/* One byte of a bind_ack, changed. */
static void test_each_wrong_bind_ack_is_refused(void **state)
{
	enum { REJECTED = SHUTDOWN + 10 };
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		int outcome;
	} rows[] = {
		{ "nothing changed", 0, 5, BOUND },
		{ "another call", 12, 2, LOST },
		{ "authenticated", 10, 1, LOST },
		{ "no body", 8, 16, LOST },
		{ "a body cut short", 8, 83, LOST },
		{ "fragments of 1488 bytes", 19, 0x05, BOUND },
		{ "fragments of 1232 bytes", 19, 0x04, LOST },
		{ "an address of nothing", 24, 0, LOST }, /* the digits are no count of results */
		{ "an address to the end", 24, 58, LOST },
		{ "an address of more than there is", 25, 0xff, LOST },
		{ "no result", 32, 0, LOST },
		{ "a result too few", 32, 1, LOST },
		{ "a result too many", 32, 3, LOST },
		{ "a result of 255", 32, 255, LOST },
		{ "user_rejection", 36, 1, REJECTED },
		{ "provider_rejection", 36, 2, REJECTED },
		{ "negotiate_ack of an interface", 36, 3, REJECTED },
		{ "no result at all", 37, 9, REJECTED },
		{ "NDR64 accepted for NDR", 40, 0x33, LOST },
		{ "another version of NDR accepted", 56, 1, LOST },
		{ "features as an interface", 60, 0, LOST },
		{ "features rejected", 60, 2, BOUND },
		{ "no group", 20, 0, BOUND },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t ack[sizeof(plain_ack)];
		struct peer peer;

		memcpy(ack, plain_ack, sizeof(ack));
		ack[rows[i].at] = rows[i].value;
		begin_bind(&peer, NULL);
		peer_say(&peer, ack, rows[i].at == 8 ? rows[i].value : sizeof(ack));
		if (rows[i].outcome == LOST) {
			expect_lost(&peer, rows[i].what);
		} else if (rows[i].outcome == BOUND) {
			expect_event(&peer, rows[i].what, PEN_EVENT_BOUND);
			assert_non_null(pen_conn_context(peer.conn, echo));
		} else {
			expect_event(&peer, rows[i].what, PEN_EVENT_REJECTED);
			assert_null(pen_conn_context(peer.conn, echo));
			assert_false(pen_conn_is_closed(peer.conn));
		}
		peer_close(&peer);
	}
}

/* Of NDR and NDR64 the server may accept either, or both. */
static void test_either_transfer_syntax_is_enough(void **state)
{
	static const struct {
		const char *results;
		int transfer; /* -1: rejected */
	} rows[] = {
		{ "0000 0000 " NDR_SYNTAX "0000 0000 " NDR64_SYNTAX, PEN_NDR64 },
		{ "0000 0000 " NDR_SYNTAX "0200 0200 " NO_SYNTAX, PEN_NDR },
		{ "0200 0200 " NO_SYNTAX "0000 0000 " NDR64_SYNTAX, PEN_NDR64 },
		{ "0200 0100 " NO_SYNTAX "0200 0100 " NO_SYNTAX, -1 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct peer peer;
		char ack[400];

		snprintf(ack, sizeof(ack),
			 "05 00 0c 03 10000000 6800 0000 01000000 d016 d016 77000000 "
			 "0000 0000 03 000000 %s 0200 0000 " NO_SYNTAX,
			 rows[i].results);
		peer_open_client(&peer, NULL);
		assert_int_equal(pen_conn_bind(peer.conn, echo, false, 0, NULL), 0);
		peer_take(&peer);
		peer.out.size = 0;
		peer_say_hex(&peer, ack);
		if (rows[i].transfer < 0) {
			expect_event(&peer, "neither", PEN_EVENT_REJECTED);
			assert_int_equal(peer.status, PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED);
		} else {
			expect_event(&peer, "one", PEN_EVENT_BOUND);
			assert_int_equal(pen_conn_context(peer.conn, echo)->transfer,
					 rows[i].transfer);
		}
		peer_close(&peer);
	}
}

static void test_each_bind_nak_has_its_sentence(void **state)
{
	static const struct {
		uint16_t reason;
		const char *says;
	} rows[] = {
		{ 0, "no reason" },
		{ 1, "congested" },
		{ 2, "as many" },
		{ 3, "no reason" },
		{ 4, "version of the protocol" },
		{ 8, "security mechanism" },
		{ 9, "not valid" },
		{ 0xffff, "no reason" },
	};
	struct peer peer;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t nak[] = { (uint8_t)rows[i].reason, (uint8_t)(rows[i].reason >> 8) };

		begin_bind(&peer, NULL);
		peer_say_pdu(&peer, PEN_PDU_BIND_NAK, WHOLE, 1, nak, sizeof(nak));
		expect_event(&peer, rows[i].says, PEN_EVENT_REJECTED);
		assert_int_equal(peer.status, rows[i].reason);
		assert_non_null(strstr(pen_conn_reason(peer.conn), rows[i].says));
		assert_true(pen_conn_is_closed(peer.conn));
		assert_int_equal(pen_conn_bind(peer.conn, echo, true, 0, NULL), PEN_E_CLOSED);
		peer_close(&peer);
	}
	begin_bind(&peer, NULL);
	peer_say_pdu(&peer, PEN_PDU_BIND_NAK, WHOLE, 1, answer, 1);
	expect_lost(&peer, "half a reason");
	peer_close(&peer);
	begin_bind(&peer, NULL);
	peer_say_pdu(&peer, PEN_PDU_BIND_NAK, WHOLE, 2, answer, 8);
	expect_lost(&peer, "of another call");
	peer_close(&peer);
}

/* A fault in place of the answer to bind ends it; to alter_context, only that. */
static void test_fault_in_place_of_an_answer_to_bind(void **state)
{
	static const uint8_t fault[16] = { 32, [8] = 5 };
	struct peer peer;

	reach(&peer, BINDING);
	peer_say_pdu(&peer, PEN_PDU_FAULT, WHOLE, 1, fault, sizeof(fault));
	expect_event(&peer, "bind", PEN_EVENT_REJECTED);
	assert_true(pen_conn_is_closed(peer.conn));
	peer_close(&peer);

	reach(&peer, ALTERING);
	peer_say_pdu(&peer, PEN_PDU_FAULT, WHOLE, 3, fault, sizeof(fault));
	expect_event(&peer, "alter_context", PEN_EVENT_REJECTED);
	assert_int_equal(peer.status, 5);
	assert_false(pen_conn_is_closed(peer.conn));
	say_of_type(&peer, PEN_PDU_RESPONSE);
	expect_event(&peer, "the call goes on", PEN_EVENT_RESPONSE);
	peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_arrive_when),
		cmocka_unit_test(test_headers_that_are_none),
		cmocka_unit_test(test_bind_and_alter_context_to_the_byte),
		cmocka_unit_test(test_each_wrong_bind_ack_is_refused),
		cmocka_unit_test(test_either_transfer_syntax_is_enough),
		cmocka_unit_test(test_each_bind_nak_has_its_sentence),
		cmocka_unit_test(test_fault_in_place_of_an_answer_to_bind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
