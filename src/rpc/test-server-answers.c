/* SPDX-License-Identifier: MIT */
/* What a server answers, to the byte. */
#include "rpc/test-server-parts.h"

static void fill(struct peer *peer, size_t n)
{
	peer->stub.size = 0;
	assert_int_equal(pen_buffer_reserve(&peer->stub, n + 1), 0);
	memset(peer->stub.data, 0x55, n);
	peer->stub.size = n;
}

/* Whatever the byte order asked in, ours is little-endian; and so says the label. */
static void test_response_to_the_byte(void **state)
{
	struct peer peer;

	bind_plainly(&peer);
	for (size_t n = 0; n <= 3; n += 3) {
		say_word(&peer, "8Wb");
		fill(&peer, n);
		assert_int_equal(pen_conn_respond(peer.conn, 8, &peer.stub), 0);
		peer_take(&peer);
		peer_expect_hex(&peer, "a response",
				n ? "05 00 02 03 10000000 1b00 0000 08000000 " /* response */
				    "03000000 0000 0000 " /* alloc_hint, context */
				    "555555"
				  : "05 00 02 03 10000000 1800 0000 08000000 " /* an empty one */
				    "00000000 0000 0000");
	}
	/* The call is over: a second answer is none. */
	assert_int_equal(pen_conn_respond(peer.conn, 8, &peer.stub), 0);
	assert_int_equal(pen_conn_fault(peer.conn, 8, 5, false), 0);
	peer_take(&peer);
	peer_expect(&peer, "a second answer", NULL, 0);
	peer_close(&peer);
}

/* The context in a response is cut to a byte, as Windows does; in a fault it is whole. */
static void test_answers_name_their_context(void **state)
{
	struct peer peer;

	bind_plainly(&peer);
	say_contexts(&peer, PEN_PDU_ALTER_CONTEXT, "0x1234 echo ndr");
	peer.out.size = 0;
	say_word(&peer, "8Wc4660");
	fill(&peer, 0);
	assert_int_equal(pen_conn_respond(peer.conn, 8, &peer.stub), 0);
	peer_take(&peer);
	peer_expect_hex(&peer, "a response",
			"05 00 02 03 10000000 1800 0000 08000000 "
			"00000000 3400 0000"); /* alloc_hint, context, cancel_count */
	say_word(&peer, "8Wc4660");
	assert_int_equal(pen_conn_fault(peer.conn, 8, 0, false), 0);
	peer_take(&peer);
	peer_expect_hex(&peer, "a fault that says no fault",
			"05 00 03 03 10000000 2000 0000 08000000 "
			"20000000 3412 0000 " /* alloc_hint, context, cancel_count */
			"1200001c 00000000"); /* nca_s_fault_unspec, reserved */
	peer_close(&peer);
}

static void test_fault_to_the_byte(void **state)
{
	struct peer peer;

	bind_plainly(&peer);
	for (int i = 0; i < 2; i++) {
		say_word(&peer, "8W");
		assert_int_equal(pen_conn_fault(peer.conn, 8, 0xc0000022, i), 0);
		peer_take(&peer);
		expect_fault(&peer, "a fault", 8, 0, 0xc0000022, i ? PEN_PFC_DID_NOT_EXECUTE : 0);
	}
	peer_close(&peer);
}

/* Each fragment but the last is full, to a multiple of 8; alloc_hint is what still comes. */
static void test_response_in_fragments(void **state)
{
	static const struct {
		size_t n; /* of the stub */
		size_t n_fragments;
	} rows[] = { { 2024, 1 }, { 2025, 2 }, { 4048, 2 }, { 4049, 3 }, { 20000, 10 } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bind[sizeof(plain_bind)];
		size_t left = rows[i].n;
		const uint8_t *p;
		struct peer peer;

		memcpy(bind, plain_bind, sizeof(bind));
		memset(bind + 16, 0, 4); /* so that 2048 are agreed */
		peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
		peer_say(&peer, bind, sizeof(bind));
		peer.out.size = 0;
		say_word(&peer, "8W");
		fill(&peer, rows[i].n);
		assert_int_equal(pen_conn_respond(peer.conn, 8, &peer.stub), 0);
		peer_take(&peer);
		p = peer.out.data;
		for (size_t k = 0; k < rows[i].n_fragments; k++) {
			const size_t part = left < 2024 ? left : 2024;
			size_t n = part + 24;
			uint8_t flags = (uint8_t)((k == 0 ? PEN_PFC_FIRST_FRAG : 0) |
						  (left == part ? PEN_PFC_LAST_FRAG : 0));
			const uint8_t header[] = {
				5,
				0,
				2,
				flags,
				0x10,
				0,
				0,
				0, /* version, response */
				(uint8_t)n,
				(uint8_t)(n >> 8),
				0,
				0, /* frag_length, auth_length */
				8,
				0,
				0,
				0, /* call_id */
				(uint8_t)left,
				(uint8_t)(left >> 8),
				0,
				0, /* alloc_hint */
				0,
				0,
				0,
				0, /* context, cancel_count */
			};

			assert_memory_equal(p, header, sizeof(header));
			p += n;
			left -= part;
		}
		assert_int_equal(left, 0);
		assert_ptr_equal(p, peer.out.data + peer.out.size);
		peer_close(&peer);
	}
}

/* Shutdown is for who is bound: before that, and after the end, closing says it. */
static void test_shutdown_to_the_byte(void **state)
{
	for (int stage = 0; stage < N_STAGES; stage++) {
		bool is_bound = stage != FRESH && stage != OVER;
		struct peer peer;

		reach(&peer, (enum stage)stage);
		assert_int_equal(pen_conn_shutdown(peer.conn), 0);
		peer_take(&peer);
		peer_expect_hex(&peer, stage_names[stage],
				is_bound ? "05 00 11 03 10000000 1000 0000 00000000" : "");
		peer_close(&peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response_to_the_byte),
		cmocka_unit_test(test_answers_name_their_context),
		cmocka_unit_test(test_fault_to_the_byte),
		cmocka_unit_test(test_response_in_fragments),
		cmocka_unit_test(test_shutdown_to_the_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
