/* SPDX-License-Identifier: MIT */
/*
 * How a server negotiates: bind and alter_context, and the answers to them, to the byte.
 */
#include "rpc/test-server.h"

static void test_bind_ack_to_the_byte(void **state)
{
	struct peer peer;

	peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
	peer_say_hex(&peer,
		     "05 00 0b 13 10000000 a000 0000 01000000 " /* bind, multiplexed, call 1 */
		     "b810 b810 00000000 "			/* 4280 both ways, group 0 */
		     "03 000000 "				/* contexts */
		     "0000 01 00 " ECHO_SYNTAX NDR_SYNTAX	/* 0: NDR */
		     "0100 01 00 " ECHO_SYNTAX NDR64_SYNTAX	/* 1: NDR64 */
		     "0200 01 00 " ECHO_SYNTAX			/* 2: features, one unknown */
		     "2c1cb76c 1298 4045 07 00000000000000 01000000");
	expect_event(&peer, "bind", PEN_EVENT_BOUND, 0);
	peer_expect_hex(&peer, "bind_ack",
			"05 00 0c 13 10000000 6c00 0000 01000000 " /* bind_ack, multiplexed */
			"b810 b810 35120000 "			   /* sizes, the new group */
			"0400 31333500 0000 "			   /* secondary address, rounded */
			"03 000000 "				   /* results */
			"0000 0000 " NDR_SYNTAX			   /* acceptance */
			"0000 0000 " NDR64_SYNTAX		   /* acceptance */
			"0300 0300 " NO_SYNTAX);		   /* negotiate_ack: the known */
	assert_int_equal(pen_conn_assoc_group_id(peer.conn), 0x1235);
	peer_close(&peer);
}

/* Asked in the other byte order. Sizes and group are passed over; there is no address. */
static void test_alter_context_resp_to_the_byte(void **state)
{
	struct peer peer;

	bind_plainly(&peer);
	peer_say_hex(&peer, "05 00 0e 03 00000000 0074 0000 00000002 " /* alter_context, call 2 */
			    "0800 0800 00000009 " /* 2048 both ways, another group */
			    "02 000000 "	  /* contexts */
			    "1234 01 00 "	  /* echo in NDR64 */
			    "60a15ec5 4de8 11d7 a637 005056a20182 00000001 "
			    "71710533 beba 4937 8319 b5dbef9ccc36 00000001 "
			    "0003 01 00 " /* what is not here in NDR64 */
			    "60a15ec6 4de8 11d7 a637 005056a20182 00000001 "
			    "71710533 beba 4937 8319 b5dbef9ccc36 00000001 ");
	expect_event(&peer, "alter_context", PEN_EVENT_ALTERED, 0);
	peer_expect_hex(&peer, "alter_context_resp",
			"05 00 0f 03 10000000 5000 0000 02000000 " /* alter_context_resp */
			"d016 d016 35120000 "			   /* as bind had them */
			"0000 0000 "				   /* no address, rounded */
			"02 000000 "				   /* results */
			"0000 0000 " NDR64_SYNTAX		   /* acceptance */
			"0200 0100 " NO_SYNTAX); /* abstract_syntax_not_supported */
	peer_close(&peer);
}

/* One byte of a bind, changed. */
static void test_each_wrong_bind_has_its_reason(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		int reason; /* -1: bind_ack; -2: nothing is said, and it is over */
	} rows[] = {
		{ "nothing changed", 0, 5, -1 },
		{ "version 4.0", 0, 4, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED },
		{ "version 5.1", 1, 1, -1 },
		{ "version 5.2", 1, 2, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED },
		{ "no flags, as Windows does not look", 3, 0, -1 },
		{ "a header cut short", 8, 15, -2 },
		{ "no body", 8, 16, PEN_NAK_NOT_SPECIFIED },
		{ "no contexts in the body", 8, 24, PEN_NAK_NOT_SPECIFIED },
		{ "a context cut short", 8, 71, PEN_NAK_NOT_SPECIFIED },
		{ "a group that is not there", 20, 9, PEN_NAK_NOT_SPECIFIED },
		{ "no context", 24, 0, PEN_NAK_NOT_SPECIFIED },
		{ "two contexts where one is", 24, 2, PEN_NAK_NOT_SPECIFIED },
		{ "no transfer syntax", 30, 0, PEN_NAK_NOT_SPECIFIED },
		{ "two transfer syntaxes where one is", 30, 2, PEN_NAK_NOT_SPECIFIED },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bind[sizeof(plain_bind)];
		struct peer peer;

		memcpy(bind, plain_bind, sizeof(bind));
		bind[rows[i].at] = rows[i].value;
		peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
		peer_say(&peer, bind, sizeof(bind));
		expect_over(&peer, rows[i].what, rows[i].reason != -1);
		if (rows[i].reason >= 0)
			expect_nak(&peer, rows[i].what, 1, (uint8_t)rows[i].reason);
		else if (rows[i].reason == -1)
			expect_event(&peer, rows[i].what, PEN_EVENT_BOUND, 0);
		else
			assert_int_equal(peer.out.size, 0);
		peer_close(&peer);
	}
}

/* A server without mechanisms says so to each, and to nonsense that it is none. */
static void test_each_authenticated_bind_has_its_reason(void **state)
{
	static const struct {
		const char *what;
		uint8_t type, level, pad, auth_length;
		uint8_t reason;
	} rows[] = {
		{ "SPNEGO, connect", 9, 2, 0, 8, 8 },
		{ "NTLM, call", 10, 3, 0, 8, 8 },
		{ "Kerberos, packet", 16, 4, 0, 8, 8 },
		{ "schannel, privacy", 68, 6, 0, 8, 8 },
		{ "no mechanism", 255, 5, 0, 8, 8 },
		{ "level 0", 10, 0, 0, 8, 0 },
		{ "level none", 10, 1, 0, 8, 0 },
		{ "level 7", 10, 7, 0, 8, 0 },
		{ "padding of all there is", 10, 6, 48, 8, 8 },
		{ "padding of more", 10, 6, 49, 8, 4 },
		{ "a token of more", 10, 6, 0, 65, 4 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bind[sizeof(plain_bind) + 16] = { 0 };
		struct peer peer;

		memcpy(bind, plain_bind, sizeof(plain_bind));
		bind[8] = sizeof(bind);
		bind[10] = rows[i].auth_length;
		bind[72] = rows[i].type;
		bind[73] = rows[i].level;
		bind[74] = rows[i].pad;
		peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
		peer_say(&peer, bind, sizeof(bind));
		expect_over(&peer, rows[i].what, true);
		expect_nak(&peer, rows[i].what, 1, rows[i].reason);
		peer_close(&peer);
	}
}

/* Two associations of one server that may have one group. */
static void test_group_limit_is_a_reason(void **state)
{
	struct pen_conn_config config = { .find_offer = peer_find_offer };
	struct peer first;
	struct peer second = { 0 };

	bind_plainly(&first);
	config.groups = first.groups;
	assert_int_equal(pen_conn_new_server(&second.conn, &config), 0);
	peer_say(&second, plain_bind, sizeof(plain_bind));
	expect_over(&second, "a second group", true);
	expect_nak(&second, "a second group", 1, PEN_NAK_LOCAL_LIMIT_EXCEEDED);
	peer_close(&second);
	peer_close(&first);
}

/* The smaller of both, no more than ours, no less than 2048, a multiple of 8. */
static void test_fragment_sizes_are_negotiated(void **state)
{
	static const struct {
		enum pen_protseq protseq;
		uint16_t max_xmit, max_recv, agreed;
	} rows[] = {
		{ PEN_NCACN_IP_TCP, 5840, 5840, 5840 }, { PEN_NCACN_IP_TCP, 4280, 5840, 4280 },
		{ PEN_NCACN_IP_TCP, 5840, 4280, 4280 }, { PEN_NCACN_IP_TCP, 65535, 65535, 5840 },
		{ PEN_NCACN_IP_TCP, 0, 0, 2048 },	{ PEN_NCACN_IP_TCP, 5840, 1432, 2048 },
		{ PEN_NCACN_IP_TCP, 4287, 4288, 4280 }, { PEN_NCACN_IP_TCP, 2055, 2055, 2048 },
		{ PEN_NCACN_NP, 5840, 5840, 4280 },	{ PEN_NCACN_NP, 2056, 2056, 2056 },
		{ PEN_NCALRPC, 65535, 65535, 65528 },	{ PEN_NCALRPC, 5840, 5840, 5840 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bind[sizeof(plain_bind)];
		uint8_t sizes[4] = { (uint8_t)rows[i].agreed, (uint8_t)(rows[i].agreed >> 8),
				     (uint8_t)rows[i].agreed, (uint8_t)(rows[i].agreed >> 8) };
		struct peer peer;

		memcpy(bind, plain_bind, sizeof(bind));
		bind[16] = (uint8_t)rows[i].max_xmit;
		bind[17] = (uint8_t)(rows[i].max_xmit >> 8);
		bind[18] = (uint8_t)rows[i].max_recv;
		bind[19] = (uint8_t)(rows[i].max_recv >> 8);
		peer_open_server(&peer, rows[i].protseq, NULL);
		peer_say(&peer, bind, sizeof(bind));
		expect_event(&peer, "bind", PEN_EVENT_BOUND, 0);
		assert_memory_equal(peer.out.data + 16, sizes, sizeof(sizes));
		peer_close(&peer);
	}
}

/* ---- presentation contexts ---- */

/* The i-th of the results that end what was sent; a transfer syntax only where it is accepted. */
static void expect_result(const struct peer *peer, const char *what, size_t n, size_t i,
			  uint16_t result, uint16_t reason, const char *transfer)
{
	struct pen_syntax_id expected = { 0 };
	struct pen_syntax_id id;
	struct pen_reader r;

	assert_true(peer->out.size > n * 24);
	pen_reader_init(&r, peer->out.data + peer->out.size - (n - i) * 24, 24);
	if (pen_reader_u16(&r) != result)
		fail_msg("%s: not the result", what);
	if (pen_reader_u16(&r) != reason)
		fail_msg("%s: not the reason", what);
	id = pen_syntax_id_get(&r);
	if (transfer)
		expected = syntax_named(transfer);
	if (!pen_syntax_id_equal(&id, &expected))
		fail_msg("%s: not the transfer syntax", what);
}

static void test_each_context_has_its_result(void **state)
{
	enum { BIND = PEN_PDU_BIND, ALTER = PEN_PDU_ALTER_CONTEXT };
	static const struct {
		int ptype;
		const char *context;
		uint16_t result, reason;
		const char *transfer;
	} rows[] = {
		{ BIND, "1 echo ndr", 0, 0, "ndr" },
		{ BIND, "1 echo ndr64", 0, 0, "ndr64" },
		{ BIND, "1 echo ndr64 ndr", 0, 0, "ndr" }, /* as servers choose */
		{ BIND, "1 echo ndr-3 ndr64", 0, 0, "ndr64" },
		{ BIND, "1 echo ndr-3", 2, 2 },
		{ BIND, "1 echo ndr64-2 ndr-3", 2, 2 },
		{ BIND, "1 other ndr", 2, 1 },
		{ BIND, "1 echo-2 ndr", 2, 1 },
		{ BIND, "1 other ndr-3", 2, 1 },
		{ BIND, "1 srvsvc ndr64", 2, 2 }, /* which refuses it */
		{ BIND, "1 srvsvc ndr64 ndr", 0, 0, "ndr" },
		{ BIND, "1 echo features", 3, 3 },
		{ BIND, "1 other features", 3, 3 },
		{ BIND, "1 echo features ndr", 3, 3 },
		{ BIND, "1 echo ndr features", 0, 0, "ndr" },
		{ BIND, "1 echo features-1.1", 2, 2 },
		{ ALTER, "1 echo features", 2, 2 },
		{ ALTER, "1 echo ndr", 0, 0, "ndr" },
		/* Context 0 is echo in NDR already. */
		{ ALTER, "0 echo ndr", 0, 0, "ndr" },
		{ ALTER, "0 echo ndr-3", 2, 2 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct peer peer;

		if (rows[i].ptype == ALTER)
			bind_plainly(&peer);
		else
			peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
		say_contexts(&peer, (enum pen_pdu_type)rows[i].ptype, rows[i].context);
		expect_over(&peer, rows[i].context, false);
		expect_result(&peer, rows[i].context, 1, 0, rows[i].result, rows[i].reason,
			      rows[i].transfer);
		peer_close(&peer);
	}
}

static void test_contexts_that_break_the_rules_end_it(void **state)
{
	static const struct {
		const char *contexts;
		bool is_wrong_in_bind;
		bool is_wrong_in_alter; /* where context 0 is echo in NDR */
	} rows[] = {
		{ "", true, true },
		{ "1 echo", true, true },
		{ "1 echo features; 2 echo features", true, false },
		{ "1 echo ndr; 1 srvsvc ndr", true, true },
		{ "1 echo ndr; 1 echo ndr64", true, true },
		{ "0 srvsvc ndr", false, true },
		{ "0 other ndr", false, true },
		{ "0 echo ndr64", false, true },
		{ "0 echo ndr64 ndr", false, true }, /* as ndr alone it is offered already */
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct peer peer;

		peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
		say_contexts(&peer, PEN_PDU_BIND, rows[i].contexts);
		expect_over(&peer, rows[i].contexts, rows[i].is_wrong_in_bind);
		if (rows[i].is_wrong_in_bind)
			expect_nak(&peer, rows[i].contexts, 8, PEN_NAK_NOT_SPECIFIED);
		peer_close(&peer);

		bind_plainly(&peer);
		say_contexts(&peer, PEN_PDU_ALTER_CONTEXT, rows[i].contexts);
		expect_over(&peer, rows[i].contexts, rows[i].is_wrong_in_alter);
		if (rows[i].is_wrong_in_alter)
			expect_fault(&peer, rows[i].contexts, 8, 0, PEN_FAULT_PROTO_ERROR,
				     PEN_PFC_DID_NOT_EXECUTE);
		peer_close(&peer);
	}
}

static void test_contexts_are_as_many_as_there_may_be(void **state)
{
	const struct pen_conn_limits limits = { .contexts_max = 1 };
	struct peer peer;

	peer_open_server(&peer, PEN_NCACN_IP_TCP, &limits);
	say_contexts(&peer, PEN_PDU_BIND, "1 echo ndr; 2 srvsvc ndr");
	expect_over(&peer, "the second", false);
	expect_result(&peer, "the first", 2, 0, PEN_ACK_ACCEPTANCE, 0, "ndr");
	expect_result(&peer, "the second", 2, 1, PEN_ACK_PROVIDER_REJECTION,
		      PEN_ACK_LOCAL_LIMIT_EXCEEDED, NULL);
	peer_close(&peer);
}

/* One PDU gets each pair of syntaxes once; another PDU may have it again. */
static void test_a_pair_of_syntaxes_is_accepted_once(void **state)
{
	struct peer peer;

	peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
	say_contexts(&peer, PEN_PDU_BIND, "1 echo ndr; 2 echo ndr");
	expect_result(&peer, "the second", 2, 1, PEN_ACK_PROVIDER_REJECTION,
		      PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED, NULL);
	say_contexts(&peer, PEN_PDU_ALTER_CONTEXT, "2 echo ndr");
	expect_result(&peer, "by itself", 1, 0, PEN_ACK_ACCEPTANCE, 0, "ndr");
	peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_ack_to_the_byte),
		cmocka_unit_test(test_alter_context_resp_to_the_byte),
		cmocka_unit_test(test_each_wrong_bind_has_its_reason),
		cmocka_unit_test(test_each_authenticated_bind_has_its_reason),
		cmocka_unit_test(test_group_limit_is_a_reason),
		cmocka_unit_test(test_fragment_sizes_are_negotiated),
		cmocka_unit_test(test_each_context_has_its_result),
		cmocka_unit_test(test_contexts_that_break_the_rules_end_it),
		cmocka_unit_test(test_contexts_are_as_many_as_there_may_be),
		cmocka_unit_test(test_a_pair_of_syntaxes_is_accepted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
