/* SPDX-License-Identifier: MIT */
/* Extended errors in faults and bind_naks, as an engine sends and takes them. */
#include "rpc/test-server.h"
#include <penstock/eerr.h>

static const char blob[] = "sixteen bytes...";
enum { N_BLOB = sizeof(blob) - 1 };

/* ---- a server ---- */

static struct {
	uint16_t location;
	uint32_t status;
	size_t max;
	size_t n; /* what it says: so many bytes */
	bool has_sentence;
	char sentence[200];
} said;

static void describe(void *data, uint16_t location, uint32_t status, const char *sentence,
		     size_t max, struct pen_buffer *eerr)
{
	said.location = location;
	said.status = status;
	said.max = max;
	said.has_sentence = sentence;
	snprintf(said.sentence, sizeof(said.sentence), "%s", sentence ? sentence : "");
	for (size_t i = 0; i < said.n; i++)
		if (pen_buffer_add(eerr, &blob[i % N_BLOB], 1))
			return;
}

static void open_server(struct peer *peer, size_t n)
{
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.secondary_address = "135",
		.find_offer = peer_find_offer,
		.describe = describe,
	};

	memset(&said, 0, sizeof(said));
	said.n = n;
	*peer = (struct peer){ .next_id = 0x1234 };
	assert_int_equal(pen_assoc_groups_new(&peer->groups, 1, peer_next_id, peer), 0);
	config.groups = peer->groups;
	assert_int_equal(pen_conn_new_server(&peer->conn, &config), 0);
}

static void open_bound_server(struct peer *peer, size_t n)
{
	open_server(peer, n);
	peer_say(peer, plain_bind, sizeof(plain_bind));
	peer->out.size = 0;
}

/* The server refuses the bind, and says why; but not why a proof was none. */
static void test_nak(void **state)
{
	uint8_t bind[sizeof(plain_bind)];
	struct peer peer;

	open_server(&peer, N_BLOB);
	memcpy(bind, plain_bind, sizeof(bind));
	bind[0] = 4;
	peer_say(&peer, bind, sizeof(bind));
	peer_expect_hex(&peer, "bind_nak",
			"05 00 0d 03 10000000 3800 0000 01000000 "
			"0400 01 0500 000000 " /* version not supported; 5.0; rounded */
			"20037490 d0fa d311 82d7 009027b130ab "
			"7369787465656e2062797465732e2e2e");
	assert_int_equal(said.location, PEN_EERR_AT_BIND);
	assert_int_equal(said.status, PEN_WERR_RPC_S_PROTOCOL_ERROR);
	assert_true(PEN_NAK_EERR_AT + said.max <= PEN_FRAG_MUST_RECEIVE);
	assert_non_null(strstr(said.sentence, "RPC version 4"));
	peer_close(&peer);
}

/* A broken rule: the fault has the reason, and alloc_hint counts what it has. */
static void test_proto_error(void **state)
{
	struct peer peer;

	open_bound_server(&peer, N_BLOB);
	peer_say_pdu(&peer, PEN_PDU_REQUEST, WHOLE, 7, NULL, 0);
	peer_expect_hex(&peer, "fault",
			"05 00 03 03 10000000 3000 0000 07000000 "
			"30000000 0000 00 01 0b00011c 00000000 "
			"7369787465656e2062797465732e2e2e");
	assert_int_equal(said.location, PEN_EERR_AT_ASSOCIATION);
	assert_int_equal(said.status, PEN_FAULT_PROTO_ERROR);
	assert_non_null(strstr(said.sentence, "cut short"));
	peer_close(&peer);
}

/* Whatever else was refused: no more than the status. */
static void test_denial_has_no_sentence(void **state)
{
	struct peer peer;

	open_bound_server(&peer, N_BLOB);
	peer_say_pdu(&peer, PEN_PDU_REQUEST, WHOLE | PEN_PFC_PENDING_CANCEL, 7, plain_request + 16,
		     12);
	assert_int_equal(said.status, PEN_WERR_RPC_S_NO_CALL_ACTIVE);
	assert_false(said.has_sentence);
	peer_close(&peer);
}

/* A fault is one fragment: what does not fit is not sent. */
static void test_fragment(void **state)
{
	uint8_t much[6000] = { 0 };
	struct peer peer;
	size_t max;

	for (int i = 0; i < 2; i++) {
		open_bound_server(&peer, 0);
		max = pen_conn_eerr_max(peer.conn);
		assert_int_equal(max, 5840 - PEN_FAULT_SIZE);
		peer_say(&peer, plain_request, sizeof(plain_request));
		assert_int_equal(pen_conn_fault_eerr(peer.conn, 8, 5, false,
						     (struct pen_slice){ much, max + i }),
				 0);
		peer_take(&peer);
		assert_int_equal(peer.out.size, i ? PEN_FAULT_SIZE : 5840);
		assert_int_equal(peer.out.data[23], i ? 0 : PEN_FAULT_HAS_EERR);
		peer_close(&peer);
	}
	open_server(&peer, 0);
	assert_int_equal(pen_conn_eerr_max(peer.conn), PEN_FRAG_MUST_RECEIVE - PEN_FAULT_SIZE);
	peer_close(&peer);
}

/* ---- a client ---- */

static void open_client(struct peer *peer, bool is_bound)
{
	peer_open_client(peer, NULL);
	assert_int_equal(pen_conn_bind(peer->conn, &rpcecho_interface.id, true, 0, NULL), 0);
	peer_take(peer);
	if (is_bound)
		peer_say_hex(peer, "05 00 0c 13 10000000 5400 0000 01000000 "
				   "d016 d016 77000000 0400 31333500 0000 02000000 "
				   "0000 0000 " NDR_SYNTAX "0300 0200 " NO_SYNTAX);
	peer->out.size = 0;
}

static void request(struct peer *peer)
{
	const struct pen_context *context = pen_conn_context(peer->conn, &rpcecho_interface.id);
	uint32_t call_id;

	assert_non_null(context);
	assert_int_equal(
		pen_conn_request(peer->conn, context, NULL, 1, NULL, 0, &peer->stub, &call_id), 0);
	assert_int_equal(call_id, 2);
}

/* What a client finds in a fault, however its length and flag lie: the fault is always one. */
static void test_faults(void **state)
{
	static const struct {
		const char *what;
		const char *body;
		bool has_eerr;
		size_t n;
	} rows[] = {
		{ "none", "20000000 0000 00 00 05000000 00000000", false, 0 },
		{ "four bytes", "24000000 0000 00 01 05000000 00000000 01020304", true, 4 },
		{ "of more", "24000000 0000 00 01 05000000 00000000 0102030405060708", true, 4 },
		{ "not flagged", "24000000 0000 00 00 05000000 00000000 01020304", false, 0 },
		{ "other flags", "24000000 0000 00 fe 05000000 00000000 01020304", false, 0 },
		{ "too short", "28000000 0000 00 01 05000000 00000000 01020304", true, 4 },
		{ "less than none", "1f000000 0000 00 01 05000000 00000000 01020304", true, 4 },
		{ "no length", "00000000 0000 00 01 05000000 00000000 01020304", true, 4 },
		{ "all", "ffffffff 0000 00 01 05000000 00000000 01020304", true, 4 },
		{ "empty", "20000000 0000 00 01 05000000 00000000", true, 0 },
		{ "no reserved word", "20000000 0000 00 01 05000000", false, 0 },
		{ "half of it", "20000000 0000 00 01 05000000 0000", false, 0 },
	};
	struct peer peer;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t body[64];
		size_t n = peer_from_hex(rows[i].body, body, sizeof(body));

		open_client(&peer, true);
		request(&peer);
		peer_say_pdu(&peer, PEN_PDU_FAULT, WHOLE, 2, body, n);
		expect_event(&peer, rows[i].what, PEN_EVENT_FAULT, 2);
		assert_int_equal(peer.status, 5);
		if (peer.has_eerr != rows[i].has_eerr || peer.eerr.size != rows[i].n)
			fail_msg("%s: %zu bytes", rows[i].what, peer.eerr.size);
		if (rows[i].n)
			assert_memory_equal(peer.eerr.data, "\x01\x02\x03\x04", rows[i].n);
		peer_close(&peer);
	}
}

#define SIGNATURE "20037490 d0fa d311 82d7 009027b130ab "

static void test_naks(void **state)
{
	static const struct {
		const char *what;
		const char *body;
		bool has_eerr;
		size_t n;
	} rows[] = {
		{ "reason alone", "0200", false, 0 },
		{ "as C706 has it", "0200 01 0500", false, 0 },
		{ "rounded", "0200 01 0500 000000", false, 0 },
		{ "aligned", "0200 01 0500 000000 " SIGNATURE "01020304", true, 4 },
		{ "not aligned", "0200 01 0500 " SIGNATURE "01020304", true, 4 },
		{ "no version", "0200 00 00 " SIGNATURE "01020304", true, 4 },
		{ "two versions", "0200 02 0500 0501 00 " SIGNATURE "01020304", true, 4 },
		{ "empty", "0200 01 0500 000000 " SIGNATURE, true, 0 },
		{ "another signature", "0200 01 0500 000000 " NDR_SYNTAX "01020304", false, 0 },
		{ "half a signature", "0200 01 0500 000000 20037490 d0fa d311", false, 0 },
		{ "more versions than there are", "0200 ff 0500 000000 " SIGNATURE, false, 0 },
	};
	struct peer peer;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t body[64];
		size_t n = peer_from_hex(rows[i].body, body, sizeof(body));

		open_client(&peer, false);
		peer_say_pdu(&peer, PEN_PDU_BIND_NAK, WHOLE, 1, body, n);
		assert_int_equal(peer.n_events, 1);
		assert_int_equal(peer.kind, PEN_EVENT_REJECTED);
		assert_int_equal(peer.status, 2);
		if (peer.has_eerr != rows[i].has_eerr || peer.eerr.size != rows[i].n)
			fail_msg("%s: %zu bytes", rows[i].what, peer.eerr.size);
		peer_close(&peer);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nak),
		cmocka_unit_test(test_proto_error),
		cmocka_unit_test(test_denial_has_no_sentence),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_naks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
