/* SPDX-License-Identifier: MIT */
/*
 * What a client sends, to the byte, and what a hostile server can make of it: an
 * event, or an association that is over with a sentence that says why.
 */
#include "rpc/test-peer.h"

enum { N_RESULT = 24 };

static const struct pen_syntax_id *const echo = &rpcecho_interface.id;

/* The answer to the bind of call 1 that offers NDR and features. */
// clang-format off
static const uint8_t plain_ack[] = {
	5, 0, 12, WHOLE | PEN_PFC_CONC_MPX, 0x10, 0, 0, 0, /* bind_ack, multiplexed */
	84, 0, 0, 0, 1, 0, 0, 0, /* frag_length, auth_length, call_id */
	0xd0, 0x16, 0xd0, 0x16, 0x77, 0, 0, 0, /* 5840 both ways, group 0x77 */
	4, 0, '1', '3', '5', 0, 0, 0, /* secondary address */
	2, 0, 0, 0, /* results */
	0, 0, 0, 0, 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, /* acceptance of NDR */
	0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0,
	3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* negotiate_ack: the association outlives orphaned */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
// clang-format on

static void expect_lost(const struct peer *peer, const char *what)
{
	if (peer->n_events)
		fail_msg("%s: an event of kind %d", what, (int)peer->kind);
	if (peer->result != PEN_E_PROTOCOL || !pen_conn_is_closed(peer->conn))
		fail_msg("%s: the association is not over", what);
	assert_true(strlen(pen_conn_reason(peer->conn)) > 0);
	assert_int_equal(peer->out.size, 0);
}

static void expect_event(const struct peer *peer, const char *what, enum pen_event_kind kind)
{
	if (peer->n_events != 1)
		fail_msg("%s: %u events: %s", what, peer->n_events, pen_conn_reason(peer->conn));
	if (peer->kind != kind)
		fail_msg("%s: an event of kind %d", what, (int)peer->kind);
	assert_int_equal(peer->out.size, 0);
}

static void begin_bind(struct peer *peer, const struct pen_conn_limits *limits)
{
	peer_open_client(peer, limits);
	assert_int_equal(pen_conn_bind(peer->conn, echo, true, 0, NULL), 0);
	peer_take(peer);
	peer->out.size = 0;
}

static void bind_plainly(struct peer *peer, const struct pen_conn_limits *limits)
{
	begin_bind(peer, limits);
	peer_say(peer, plain_ack, sizeof(plain_ack));
	expect_event(peer, "bind_ack", PEN_EVENT_BOUND);
}

static uint32_t request(struct peer *peer, size_t n)
{
	uint32_t call_id = 0;

	peer->stub.size = 0;
	assert_int_equal(pen_buffer_reserve(&peer->stub, n + 1), 0);
	memset(peer->stub.data, 0x55, n);
	peer->stub.size = n;
	assert_int_equal(pen_conn_request(peer->conn, pen_conn_context(peer->conn, echo), NULL, 1,
					  NULL, 0, &peer->stub, &call_id),
			 0);
	return call_id;
}

/* ---- states ---- */

enum stage {
	IDLE,	  /* nothing is sent */
	BINDING,  /* bind is sent: call 1 */
	OPEN,	  /* bound, no call */
	CALLING,  /* call 2 is sent */
	HALF,	  /* and the first fragment of its answer is here */
	ALTERING, /* call 2 is sent, and then alter_context: call 3 */
	OVER,	  /* closed by an error */
	N_STAGES,
};

static const char *const stage_names[N_STAGES] = { "idle", "binding",  "open", "calling",
						   "half", "altering", "over" };

static const uint8_t answer[24]; /* alloc_hint, context 0, cancel_count, 16 bytes of stub */

static void reach(struct peer *peer, enum stage stage)
{
	if (stage == IDLE)
		peer_open_client(peer, NULL);
	else if (stage == BINDING)
		begin_bind(peer, NULL);
	else
		bind_plainly(peer, NULL);
	if (stage == CALLING || stage == HALF || stage == ALTERING)
		assert_int_equal(request(peer, 4), 2);
	if (stage == HALF)
		peer_say_pdu(peer, PEN_PDU_RESPONSE, PEN_PFC_FIRST_FRAG, 2, answer, sizeof(answer));
	else if (stage == ALTERING)
		assert_int_equal(pen_conn_bind(peer->conn, &srvsvc_interface.id, true, 0, NULL), 0);
	else if (stage == OVER)
		peer_say_pdu(peer, PEN_PDU_REQUEST, WHOLE, 2, answer, sizeof(answer));
	peer_take(peer);
	peer->out.size = 0;
}

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

enum outcome {
	LOST,  /* it is over, and the reason says why */
	DEAD,  /* nothing is heard any more */
	BOUND, /* an event, and it goes on */
	ALTERED,
	REQUEST,
	RESPONSE,
	FAULT,
	SHUTDOWN,
	NAKED, /* the event is a rejection, and it is over */
};

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

/* ---- answers ---- */

/*
 * A fragment as a word: the call, and F first, M middle, L last, W whole, or X a
 * fault; then what is not as usual: c and another context, b big-endian, h and an
 * alloc_hint, s and a status, a authenticated. 16 bytes of stub each. Returns
 * what follows the word.
 */
static const char *say_word(struct peer *peer, const char *word)
{
	struct pen_buffer pdu = { 0 };
	uint16_t context_id = 0;
	bool is_fault = false, is_authenticated = false;
	uint32_t hint = 16, status = 5, call_id;
	struct pen_writer w;
	uint8_t flags = 0;
	char *end;

	pen_writer_init(&w, &pdu);
	call_id = (uint32_t)strtoul(word, &end, 10);
	while (*end && *end != ' ') {
		char letter = *end++;
		unsigned long number = *end == ' ' ? 0 : strtoul(end, &end, 10);

		is_fault |= letter == 'X';
		is_authenticated |= letter == 'a';
		w.is_big_endian |= letter == 'b';
		flags |= strchr("FWX", letter) ? PEN_PFC_FIRST_FRAG : 0;
		flags |= strchr("LWX", letter) ? PEN_PFC_LAST_FRAG : 0;
		hint = letter == 'h' ? (uint32_t)number : hint;
		status = letter == 's' ? (uint32_t)number : status;
		context_id = letter == 'c' ? (uint16_t)number : context_id;
	}
	pen_pdu_begin(&w, is_fault ? PEN_PDU_FAULT : PEN_PDU_RESPONSE, flags, call_id);
	pen_writer_u32(&w, hint);
	pen_writer_u16(&w, context_id);
	pen_writer_u16(&w, 0);
	pen_writer_u32(&w, is_fault ? status : 0);
	pen_writer_zeros(&w, 12);
	pen_pdu_end(&w, 0);
	pdu.data[10 + w.is_big_endian] = is_authenticated;
	peer_say(peer, pdu.data, pdu.size);
	pen_buffer_done(&pdu);
	return *end ? end + 1 : end;
}

/* Calls 2 and 3 are in progress, bind was call 1; of a response there may be 64 bytes. */
static void test_answers_are_in_order_or_an_error(void **state)
{
	static const struct pen_conn_limits limits = { .stub_max = 64 };
	static const struct {
		const char *said; /* each but the last makes no event, or one before a | */
		int outcome;
		uint32_t call_id;
		size_t n_stub; /* or status */
	} rows[] = {
		{ "2W", RESPONSE, 2, 16 },
		{ "3W", RESPONSE, 3, 16 },
		{ "2F 2M 2L", RESPONSE, 2, 48 },
		{ "2F 2M 2M 2L", RESPONSE, 2, 64 },
		/* Too much. */
		{ "2F 2M 2M 2M 2L", LOST },
		{ "2F 2M 2M 2M 2M", LOST },
		/* alloc_hint is not believed. */
		{ "2Fh4294967295 2L", RESPONSE, 2, 32 },
		{ "2Wh0", RESPONSE, 2, 16 },
		/* Out of order. */
		{ "2M", LOST },
		{ "2L", LOST },
		{ "2F 2F", LOST },
		{ "2F 2W", LOST },
		{ "2F 3L", LOST },
		{ "2F 3W", RESPONSE, 3, 16 },
		{ "2F 3F 3L|2L", RESPONSE, 2, 32 },
		/* Of no call. */
		{ "1W", LOST },
		{ "0W", LOST },
		{ "4W", LOST },
		{ "4F", LOST },
		{ "2W|2W", LOST },
		/* Of the one call that there is, by a server that numbers no answer. */
		{ "2W|1W", RESPONSE, 3, 16 },
		{ "2W|1F 1L", RESPONSE, 3, 32 },
		{ "2W|1X", FAULT, 3, 5 },
		{ "2F 2L|1W", RESPONSE, 3, 16 },
		{ "2W|1W|1W", LOST },
		{ "2W|1Wa", LOST },
		/* Not as it was asked. */
		{ "2Wc1", LOST },
		{ "2Wc256", RESPONSE, 2, 16 }, /* of which a byte counts */
		{ "2F 2Lc1", LOST },
		{ "2Wb", RESPONSE, 2, 16 },
		{ "2Fb 2Lb", RESPONSE, 2, 32 },
		{ "2F 2Lb", LOST },
		{ "2Wa", LOST },
		/* Faults. */
		{ "2X", FAULT, 2, 5 },
		{ "2Xb", FAULT, 2, 5 },
		{ "2Xc7", FAULT, 2, 5 },
		{ "2Xs0", FAULT, 2, PEN_FAULT_PROTO_ERROR }, /* one that says there is none */
		{ "2F 2X", FAULT, 2, 5 },
		{ "2F 2M 3X", FAULT, 3, 5 },
		{ "2F 2X|2L", LOST },
		{ "2X|2X", LOST },
		{ "1X", LOST },
		{ "4X", LOST },
		{ "2Xa", LOST },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct peer peer;

		bind_plainly(&peer, &limits);
		assert_int_equal(request(&peer, 4), 2);
		assert_int_equal(request(&peer, 4), 3);
		peer_take(&peer);
		peer.out.size = 0;
		for (const char *word = rows[i].said; *word;) {
			char one[40];
			size_t n = strcspn(word, " |");
			bool is_told = word[n] == '|';

			snprintf(one, sizeof(one), "%.*s", (int)n, word);
			say_word(&peer, one);
			word += word[n] ? n + 1 : n;
			if (!*word)
				break;
			assert_int_equal(peer.n_events, is_told);
			assert_int_equal(peer.result, PEN_E_AGAIN);
		}
		if (rows[i].outcome == LOST) {
			expect_lost(&peer, rows[i].said);
		} else {
			expect_event(&peer, rows[i].said,
				     rows[i].outcome == FAULT ? PEN_EVENT_FAULT
							      : PEN_EVENT_RESPONSE);
			assert_int_equal(peer.call_id, rows[i].call_id);
			assert_int_equal(rows[i].outcome == FAULT ? peer.status : peer.n_stub,
					 rows[i].n_stub);
		}
		peer_close(&peer);
	}
}

/* Bodies that are less than what each type begins with. */
static void test_answers_cut_short(void **state)
{
	static const struct {
		uint8_t ptype;
		size_t n; /* of the body that is enough */
	} rows[] = { { PEN_PDU_RESPONSE, 8 }, { PEN_PDU_FAULT, 12 } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		for (size_t n = 0; n <= rows[i].n; n++) {
			struct peer peer;

			reach(&peer, CALLING);
			peer_say_pdu(&peer, rows[i].ptype, WHOLE, 2, answer, n);
			if (n < rows[i].n)
				expect_lost(&peer, "cut short");
			else
				assert_int_equal(peer.n_events, 1);
			peer_close(&peer);
		}
	}
}

static void test_a_fragment_of_more_than_ours_ends_it(void **state)
{
	uint8_t body[5841 - 16] = { 0 };

	for (size_t extra = 0; extra <= 1; extra++) {
		struct peer peer;

		reach(&peer, CALLING);
		peer_say_pdu(&peer, PEN_PDU_RESPONSE, WHOLE, 2, body, sizeof(body) - 1 + extra);
		if (extra)
			expect_lost(&peer, "5841 bytes");
		else
			expect_event(&peer, "5840 bytes", PEN_EVENT_RESPONSE);
		peer_close(&peer);
	}
}

/* ---- requests ---- */

static void test_requests_to_the_byte(void **state)
{
	const struct pen_uuid object = { .time_low = 0x01020304, .node = { [5] = 9 } };
	const struct pen_context *context;
	struct peer peer;
	uint32_t id;

	bind_plainly(&peer, NULL);
	assert_int_equal(request(&peer, 3), 2);
	peer_take(&peer);
	peer_expect_hex(&peer, "a request",
			"05 00 00 03 10000000 1b00 0000 02000000 " /* request, call 2 */
			"03000000 0000 0100 "			   /* alloc_hint, context, opnum */
			"555555");
	context = pen_conn_context(peer.conn, echo);
	assert_int_equal(pen_conn_request(peer.conn, context, NULL, 0x102, &object,
					  PEN_REQUEST_MAYBE | PEN_REQUEST_BIG_ENDIAN, &peer.stub,
					  &id),
			 0);
	peer_take(&peer);
	peer_expect_hex(&peer, "a maybe request of an object, big-endian, of no stub",
			"05 00 00 c3 00000000 0028 0000 00000003 " /* request, call 3 */
			"00000000 0000 0102 "			   /* alloc_hint, context, opnum */
			"01020304 0000 0000 0000 000000000009");   /* object */
	say_word(&peer, "3W");
	expect_lost(&peer, "an answer to a maybe call");
	peer_close(&peer);
}

/* A fragment is no more than the server receives, and its stub a multiple of 8. */
static void test_requests_in_fragments(void **state)
{
	uint8_t ack[sizeof(plain_ack)];
	size_t at = 0, left = 5000;
	struct peer peer;

	memcpy(ack, plain_ack, sizeof(ack));
	ack[18] = 0x9d; /* 1437 bytes: 1413 of stub, and so 1408 */
	ack[19] = 0x05;
	begin_bind(&peer, NULL);
	peer_say(&peer, ack, sizeof(ack));
	request(&peer, left);
	peer_take(&peer);
	while (left) {
		size_t n = left < 1408 ? left : 1408;
		const uint8_t *p = peer.out.data + at;

		assert_int_equal(p[3], (at == 0 ? PEN_PFC_FIRST_FRAG : 0) |
					       (n == left ? PEN_PFC_LAST_FRAG : 0));
		assert_int_equal(p[8] | p[9] << 8, n + 24);
		assert_int_equal(p[16] | p[17] << 8, left);
		at += n + 24;
		left -= n;
	}
	assert_int_equal(at, peer.out.size);
	peer_close(&peer);
}

/* A server that does not multiplex is asked one thing at a time. */
static void test_one_call_at_a_time_where_nothing_else_is_offered(void **state)
{
	uint8_t ack[sizeof(plain_ack)];
	struct peer peer;
	uint32_t id = 0;

	memcpy(ack, plain_ack, sizeof(ack));
	ack[3] = WHOLE;
	begin_bind(&peer, NULL);
	assert_int_equal(pen_conn_request(peer.conn, NULL, NULL, 1, NULL, 0, &peer.stub, &id),
			 PEN_E_CLOSED);
	peer_say(&peer, ack, sizeof(ack));
	assert_int_equal(request(&peer, 4), 2);
	assert_int_equal(pen_conn_request(peer.conn, pen_conn_context(peer.conn, echo), NULL, 1,
					  NULL, 0, &peer.stub, &id),
			 PEN_E_LIMIT);
	say_word(&peer, "2W");
	assert_int_equal(request(&peer, 4), 3);
	peer_close(&peer);
}

static void test_cancel_and_orphan_to_the_byte(void **state)
{
	static const char *const answers[] = { "2W", "2X", "2F" };
	struct peer peer;

	for (size_t i = 0; i < PEN_COUNT(answers); i++) {
		reach(&peer, CALLING);
		assert_int_equal(pen_conn_cancel(peer.conn, 2), 0);
		assert_int_equal(pen_conn_cancel(peer.conn, 9), 0);
		peer_take(&peer);
		peer_expect_hex(&peer, "co_cancel", "05 00 12 03 10000000 1000 0000 02000000");
		assert_int_equal(pen_conn_orphan(peer.conn, 2), 0);
		assert_int_equal(pen_conn_orphan(peer.conn, 2), 0);
		assert_int_equal(pen_conn_orphan(peer.conn, 9), 0);
		peer_take(&peer);
		peer_expect_hex(&peer, "orphaned", "05 00 13 03 10000000 1000 0000 02000000");
		say_word(&peer, answers[i]);
		assert_int_equal(peer.n_events, 0);
		assert_int_equal(peer.result, PEN_E_AGAIN);
		peer_close(&peer);
	}
}

/* Who has not said that it goes on after orphaned is not sent one [MS-RPCE 3.3.1.5.10]. */
static void test_orphaned_is_for_servers_that_go_on(void **state)
{
	static const uint8_t results[][3] = { { 2, 0, 0 }, { 3, 0, 0 }, { 3, 0, 1 } };

	for (size_t i = 0; i < PEN_COUNT(results); i++) {
		uint8_t ack[sizeof(plain_ack)];
		struct peer peer;

		memcpy(ack, plain_ack, sizeof(ack));
		memcpy(ack + sizeof(ack) - N_RESULT, results[i], sizeof(results[i]));
		begin_bind(&peer, NULL);
		peer_say(&peer, ack, sizeof(ack));
		request(&peer, 4);
		peer_take(&peer);
		peer.out.size = 0;
		assert_int_equal(pen_conn_orphan(peer.conn, 2), 0);
		peer_take(&peer);
		peer_expect(&peer, "orphaned", NULL, 0);
		say_word(&peer, "2W");
		assert_int_equal(peer.n_events, 0);
		assert_int_equal(peer.result, PEN_E_AGAIN);
		peer_close(&peer);
	}
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
		cmocka_unit_test(test_answers_are_in_order_or_an_error),
		cmocka_unit_test(test_answers_cut_short),
		cmocka_unit_test(test_a_fragment_of_more_than_ours_ends_it),
		cmocka_unit_test(test_requests_to_the_byte),
		cmocka_unit_test(test_requests_in_fragments),
		cmocka_unit_test(test_one_call_at_a_time_where_nothing_else_is_offered),
		cmocka_unit_test(test_cancel_and_orphan_to_the_byte),
		cmocka_unit_test(test_orphaned_is_for_servers_that_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
