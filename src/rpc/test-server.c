/* SPDX-License-Identifier: MIT */
/* What a server hears in which state, and what it refuses. */
#include "rpc/test-server-parts.h"

/* ---- states ---- */

/* A PDU of any type, well made as far as a server hears such: call 7 or, if it is new, 8. */
static void say_of_type(struct peer *peer, unsigned ptype)
{
	static const uint8_t nothing[16];
	uint8_t alter[sizeof(plain_bind)];

	switch (ptype) {
	case PEN_PDU_REQUEST:
		peer_say(peer, plain_request, sizeof(plain_request));
		break;
	case PEN_PDU_BIND:
	case PEN_PDU_ALTER_CONTEXT:
		memcpy(alter, plain_bind, sizeof(alter));
		alter[2] = (uint8_t)ptype;
		alter[12] = 8;
		peer_say(peer, alter, sizeof(alter));
		break;
	case PEN_PDU_CO_CANCEL:
	case PEN_PDU_ORPHANED:
		peer_say_pdu(peer, (uint8_t)ptype, WHOLE, 7, NULL, 0);
		break;
	default:
		peer_say_pdu(peer, (uint8_t)ptype, WHOLE, 8, nothing, sizeof(nothing));
		break;
	}
}

enum outcome {
	DEAD,	 /* nothing is heard any more */
	QUIET,	 /* passed over: it goes on, and nothing is said */
	FAULT,	 /* nca_s_proto_error for that call, and over */
	FAULT_7, /* nca_s_proto_error for call 7, and over */
	UNKNOWN, /* nca_s_unk_if, did not execute: it goes on */
	NAK,	 /* bind_nak without a reason, and over */
	ACK,	 /* bind_ack */
	RESP,	 /* alter_context_resp */
	REQUEST, /* an event, and nothing is said yet */
	CANCEL,
	ORPHAN,
};

static void expect_outcome(struct peer *peer, unsigned ptype, enum outcome outcome,
			   const char *what)
{
	uint32_t call_id = ptype == PEN_PDU_CO_CANCEL || ptype == PEN_PDU_ORPHANED ? 7 : 8;
	bool is_over = true;

	switch (outcome) {
	case FAULT:
	case FAULT_7:
		assert_int_equal(peer->n_events, 0);
		expect_fault(peer, what, outcome == FAULT ? call_id : 7, 0, PEN_FAULT_PROTO_ERROR,
			     0);
		break;
	case NAK:
		assert_int_equal(peer->n_events, 0);
		expect_nak(peer, what, 8, PEN_NAK_NOT_SPECIFIED);
		break;
	case DEAD:
		assert_int_equal(peer->n_events, 0);
		break;
	default:
		is_over = false;
		break;
	}
	expect_over(peer, what, is_over);
	if (outcome == QUIET)
		assert_int_equal(peer->n_events, 0);
	else if (outcome == UNKNOWN)
		expect_fault(peer, what, 8, 0, PEN_FAULT_UNK_IF, PEN_PFC_DID_NOT_EXECUTE);
	else if (outcome == ACK || outcome == RESP)
		expect_event(peer, what, outcome == ACK ? PEN_EVENT_BOUND : PEN_EVENT_ALTERED, 0);
	else if (outcome == REQUEST)
		expect_event(peer, what, PEN_EVENT_REQUEST, 8);
	else if (outcome == CANCEL || outcome == ORPHAN)
		expect_event(peer, what, outcome == CANCEL ? PEN_EVENT_CANCEL : PEN_EVENT_ORPHANED,
			     7);
	if (outcome == ACK || outcome == RESP) {
		assert_int_equal(peer->out.data[2],
				 outcome == ACK ? PEN_PDU_BIND_ACK : PEN_PDU_ALTER_CONTEXT_RESP);
		peer->out.size = 0;
	}
	assert_int_equal(peer->out.size, 0);
}

/* What may arrive in which state [C706 12.6.4, MS-RPCE 3.3.3]: all types in all states. */
static void test_what_may_arrive_when(void **state)
{
	// clang-format off
	static const struct {
		uint8_t first, last; /* PDU types */
		enum outcome outcomes[N_STAGES];
	} rows[] = {
		/*             FRESH  BOUND    BARE     HALF     RUNNING  LEAVING  OVER */
		/* request */
		{ 0, 0,      { FAULT, REQUEST, UNKNOWN, FAULT_7, REQUEST, REQUEST, DEAD } },
		/* ping */
		{ 1, 1,      { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* response */
		{ 2, 2,      { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* fault */
		{ 3, 3,      { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* working, nocall, reject, ack, cl_cancel, fack, cancel_ack */
		{ 4, 10,     { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* bind */
		{ 11, 11,    { ACK,   NAK,     NAK,     NAK,     NAK,     NAK,     DEAD } },
		/* bind_ack, bind_nak */
		{ 12, 13,    { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* alter_context */
		{ 14, 14,    { FAULT, RESP,    RESP,    RESP,    RESP,    RESP,    DEAD } },
		/* alter_context_resp */
		{ 15, 15,    { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* auth3: no bind has begun an authentication */
		{ 16, 16,    { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* shutdown */
		{ 17, 17,    { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
		/* co_cancel */
		{ 18, 18,    { FAULT, QUIET,   QUIET,   QUIET,   CANCEL,  QUIET,   DEAD } },
		/* orphaned */
		{ 19, 19,    { FAULT, QUIET,   QUIET,   QUIET,   ORPHAN,  QUIET,   DEAD } },
		/* no type at all */
		{ 20, 255,   { FAULT, FAULT,   FAULT,   FAULT,   FAULT,   FAULT,   DEAD } },
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
				expect_outcome(&peer, ptype, rows[i].outcomes[stage], what);
				peer_close(&peer);
			}
		}
	}
	assert_int_equal(n_types, 256);
}

/* Once it is over nothing is kept of what still comes. */
static void test_what_comes_after_the_end_is_dropped(void **state)
{
	struct peer peer;
	size_t memory;

	reach(&peer, OVER);
	memory = pen_conn_memory(peer.conn);
	for (int i = 0; i < 1000; i++)
		peer_say(&peer, plain_request, sizeof(plain_request));
	assert_int_equal(pen_conn_memory(peer.conn), memory);
	assert_int_equal(peer.out.size, 0);
	peer_close(&peer);
}

/* ---- requests ---- */

/* One byte of a request, changed. */
static void test_each_wrong_request_has_its_fault(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		uint32_t status; /* 0: none */
		uint8_t flags;
		bool is_over;
		bool is_heard;
	} rows[] = {
		{ "nothing changed", 0, 5, 0, 0, false, true },
		{ "an alloc_hint of 4 GiB", 19, 0xff, 0, 0, false, true },
		{ "an alloc_hint of nothing", 16, 0, 0, 0, false, true },
		{ "no such context", 20, 1, PEN_FAULT_UNK_IF, PEN_PFC_DID_NOT_EXECUTE, false,
		  false },
		{ "no such context, high byte", 21, 1, PEN_FAULT_UNK_IF, PEN_PFC_DID_NOT_EXECUTE,
		  false, false },
		{ "no such operation", 22, 99, PEN_FAULT_OP_RNG_ERROR, PEN_PFC_DID_NOT_EXECUTE,
		  false, false },
		{ "a later fragment", 3, PEN_PFC_LAST_FRAG, PEN_FAULT_PROTO_ERROR, 0, true, false },
		{ "no flags", 3, 0, PEN_FAULT_PROTO_ERROR, 0, true, false },
		{ "an object cut short", 3, WHOLE | PEN_PFC_OBJECT_UUID, PEN_FAULT_PROTO_ERROR, 0,
		  true, false },
		{ "a body cut short", 8, 23, PEN_FAULT_PROTO_ERROR, 0, true, false },
		{ "no stub", 8, 24, 0, 0, false, true },
		{ "authenticated", 10, 1, PEN_FAULT_PROTO_ERROR, 0, true, false },
		{ "authenticated by more than there is", 11, 255, PEN_FAULT_PROTO_ERROR, 0, true,
		  false },
		{ "maybe", 3, WHOLE | PEN_PFC_MAYBE, 0, 0, false, true },
		{ "cancelled already", 3, WHOLE | PEN_PFC_PENDING_CANCEL,
		  PEN_WERR_RPC_S_NO_CALL_ACTIVE, PEN_PFC_DID_NOT_EXECUTE, true, false },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t request[sizeof(plain_request)];
		struct peer peer;

		memcpy(request, plain_request, sizeof(request));
		request[rows[i].at] = rows[i].value;
		bind_plainly(&peer);
		/* Of a PDU that says it is shorter, the rest would be another one. */
		peer_say(&peer, request, rows[i].at == 8 ? rows[i].value : sizeof(request));
		expect_over(&peer, rows[i].what, rows[i].is_over);
		if (rows[i].is_heard)
			expect_event(&peer, rows[i].what, PEN_EVENT_REQUEST, 8);
		else
			assert_int_equal(peer.n_events, 0);
		if (rows[i].status)
			expect_fault(&peer, rows[i].what, 8, 0, rows[i].status, rows[i].flags);
		else
			peer_expect(&peer, rows[i].what, NULL, 0);
		peer_close(&peer);
	}
}

/* A call that wants no answer gets none, not even that it cannot be made. */
static void test_maybe_calls_are_not_faulted(void **state)
{
	static const size_t wrong[] = { 20, 22 }; /* context, operation */

	for (size_t i = 0; i < PEN_COUNT(wrong); i++) {
		uint8_t request[sizeof(plain_request)];
		struct peer peer;

		memcpy(request, plain_request, sizeof(request));
		request[3] |= PEN_PFC_MAYBE;
		request[wrong[i]] = 99;
		bind_plainly(&peer);
		peer_say(&peer, request, sizeof(request));
		assert_int_equal(peer.n_events, 0);
		expect_over(&peer, "maybe", false);
		peer_expect(&peer, "maybe", NULL, 0);
		peer_close(&peer);
	}
}

/* Of at most 64 bytes in all, where each fragment has 16, and two calls at a time. */
static void test_fragments_are_one_request_or_an_error(void **state)
{
	enum { NO_PERMISSION = PEN_WERR_ACCESS_DENIED };
	static const struct pen_conn_limits limits = { .stub_max = 64, .calls_max = 2 };
	static const struct {
		const char *said;
		bool is_multiplexed;
		uint32_t call_id; /* of what the last of them is answered by */
		size_t n_stub;	  /* of the request that is heard; or */
		uint32_t status;  /* of the fault, */
		uint8_t flags;	  /* and its flags: it is over where they are none */
	} rows[] = {
		{ "7F 7M 7L", false, 7, 48 },
		{ "7F 7M 7M 7L", false, 7, 64 },
		/* Too much. */
		{ "7F 7M 7M 7M 7L", false, 7, 0, NO_PERMISSION },
		{ "7F 7M 7M 7M 7M", false, 7, 0, NO_PERMISSION },
		{ "7Fh64 7L", false, 7, 32 },
		{ "7Fh65", false, 7, 0, NO_PERMISSION },
		{ "7Fh4294967295", false, 7, 0, NO_PERMISSION },
		/* Out of order. */
		{ "7M", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7L", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7F 8M", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7F 7F", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7F 7F", true, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7W 7F", true, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7W 7L", true, 7, 0, PEN_FAULT_PROTO_ERROR },
		/* Not of one mind: the first has said which operation in which context. */
		{ "7F 7Lo1", false, 7, 32 },
		{ "7F 7Lc1", false, 7, 32 },
		{ "7F 7Lb", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		/* One inside another: the fault is for the first. */
		{ "7F 8F", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7F 8W", false, 7, 0, PEN_FAULT_PROTO_ERROR },
		{ "7F 8F 7M 8L", true, 8, 32 },
		{ "7F 8W", true, 8, 16 },
		{ "7F 8Wc1", true, 8, 0, PEN_FAULT_PROTO_ERROR },
		/* Refused, and it goes on. */
		{ "7Fo99 7Lo99", false, 7, 0, PEN_FAULT_OP_RNG_ERROR, PEN_PFC_DID_NOT_EXECUTE },
		{ "7Fc1", false, 7, 0, PEN_FAULT_UNK_IF, PEN_PFC_DID_NOT_EXECUTE },
		{ "7F 8F 9W", true, 9, 0, PEN_FAULT_SERVER_TOO_BUSY, PEN_PFC_DID_NOT_EXECUTE },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bind[sizeof(plain_bind)];
		struct peer peer;

		memcpy(bind, plain_bind, sizeof(bind));
		bind[3] |= rows[i].is_multiplexed ? PEN_PFC_CONC_MPX : 0;
		peer_open_server(&peer, PEN_NCACN_IP_TCP, &limits);
		peer_say(&peer, bind, sizeof(bind));
		peer.out.size = 0;
		for (const char *word = rows[i].said; *word;) {
			expect_over(&peer, rows[i].said, false);
			peer_expect(&peer, rows[i].said, NULL, 0);
			word = say_word(&peer, word);
		}
		expect_over(&peer, rows[i].said, rows[i].status && !rows[i].flags);
		if (rows[i].status) {
			assert_int_equal(peer.n_events, 0);
			expect_fault(&peer, rows[i].said, rows[i].call_id, 0, rows[i].status,
				     rows[i].flags);
		} else {
			expect_event(&peer, rows[i].said, PEN_EVENT_REQUEST, rows[i].call_id);
			assert_int_equal(peer.n_stub, rows[i].n_stub);
			peer_expect(&peer, rows[i].said, NULL, 0);
		}
		peer_close(&peer);
	}
}

/* A request that is refused at its first fragment does no harm with its others. */
static void test_the_rest_of_a_refused_request_is_passed_over(void **state)
{
	const struct pen_conn_limits limits = { .calls_max = 1 };
	struct peer peer;

	peer_open_server(&peer, PEN_NCACN_IP_TCP, &limits);
	peer_say(&peer, plain_bind, sizeof(plain_bind));
	peer.out.size = 0;
	say_word(&peer, "7Fc1");
	expect_fault(&peer, "no context", 7, 0, PEN_FAULT_UNK_IF, PEN_PFC_DID_NOT_EXECUTE);
	say_word(&peer, "7Mc1");
	say_word(&peer, "7Lc1");
	peer_expect(&peer, "the rest", NULL, 0);

	say_word(&peer, "8W");
	expect_event(&peer, "the next", PEN_EVENT_REQUEST, 8);
	say_word(&peer, "9F");
	expect_fault(&peer, "too busy", 9, 0, PEN_FAULT_SERVER_TOO_BUSY, PEN_PFC_DID_NOT_EXECUTE);
	say_word(&peer, "9M");
	say_word(&peer, "9L");
	peer_expect(&peer, "the rest", NULL, 0);
	expect_over(&peer, "the rest", false);
	/* And no more than the rest. */
	say_word(&peer, "9L");
	expect_fault(&peer, "more than the rest", 9, 0, PEN_FAULT_PROTO_ERROR, 0);
	expect_over(&peer, "more than the rest", true);
	peer_close(&peer);
}

/* What is sent must fit what was agreed; who sends more is not heard any further. */
static void test_a_fragment_of_more_than_ours_ends_it(void **state)
{
	uint8_t body[5841 - 16] = { 0 };
	struct peer peer;

	for (size_t extra = 0; extra <= 1; extra++) {
		bind_plainly(&peer);
		peer_say_pdu(&peer, PEN_PDU_REQUEST, WHOLE, 8, body, sizeof(body) - 1 + extra);
		expect_over(&peer, "5840 and 5841 bytes", extra);
		if (extra)
			expect_fault(&peer, "5841 bytes", 8, 0, PEN_FAULT_PROTO_ERROR, 0);
		else
			expect_event(&peer, "5840 bytes", PEN_EVENT_REQUEST, 8);
		peer_close(&peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_arrive_when),
		cmocka_unit_test(test_what_comes_after_the_end_is_dropped),
		cmocka_unit_test(test_each_wrong_request_has_its_fault),
		cmocka_unit_test(test_maybe_calls_are_not_faulted),
		cmocka_unit_test(test_fragments_are_one_request_or_an_error),
		cmocka_unit_test(test_the_rest_of_a_refused_request_is_passed_over),
		cmocka_unit_test(test_a_fragment_of_more_than_ours_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
