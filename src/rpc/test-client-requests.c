/* SPDX-License-Identifier: MIT */
/* What a client asks, to the byte, and what comes of each answer. */
#include "rpc/test-client.h"

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

struct answer_row {
	const char *said; /* each but the last makes no event, or one before a | */
	int outcome;
	uint32_t call_id;
	size_t n_stub; /* or status */
};

/* Calls 2 and 3 are in progress, bind was call 1; of a response there may be 64 bytes. */
static const struct answer_row answer_rows[] = {
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

static void say_words(struct peer *peer, const char *words)
{
	while (*words) {
		char one[40];
		size_t n = strcspn(words, " |");
		bool is_told = words[n] == '|';

		snprintf(one, sizeof(one), "%.*s", (int)n, words);
		say_word(peer, one);
		words += words[n] ? n + 1 : n;
		if (!*words)
			break;
		assert_int_equal(peer->n_events, is_told);
		assert_int_equal(peer->result, PEN_E_AGAIN);
	}
}

static void expect_end_of(const struct peer *peer, const struct answer_row *row)
{
	bool is_fault = row->outcome == FAULT;

	if (row->outcome == LOST) {
		expect_lost(peer, row->said);
		return;
	}
	expect_event(peer, row->said, is_fault ? PEN_EVENT_FAULT : PEN_EVENT_RESPONSE);
	assert_int_equal(peer->call_id, row->call_id);
	assert_int_equal(is_fault ? peer->status : peer->n_stub, row->n_stub);
}

static void test_answers_are_in_order_or_an_error(void **state)
{
	static const struct pen_conn_limits limits = { .stub_max = 64 };

	for (size_t i = 0; i < PEN_COUNT(answer_rows); i++) {
		struct peer peer;

		bind_plainly(&peer, &limits);
		assert_int_equal(request(&peer, 4), 2);
		assert_int_equal(request(&peer, 4), 3);
		peer_take(&peer);
		peer.out.size = 0;
		say_words(&peer, answer_rows[i].said);
		expect_end_of(&peer, &answer_rows[i]);
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
