/* SPDX-License-Identifier: MIT */
/*
 * What a server refuses, it refuses with a sentence: which PDU, which rule, what would help.
 * docs/diagnosis.md has them all.
 */
#include "rpc/test-peer.h"
#include "support/mech.h"

enum { RED = 201, FIRST = PEN_PFC_FIRST_FRAG, LAST = PEN_PFC_LAST_FRAG };

/* One PDU; frag_length and auth_length are counted unless they are given. */
struct say {
	uint8_t ptype;
	uint8_t flags;
	uint32_t call_id;
	const char *body;
	const char *auth; /* the sec_trailer and what follows; NULL: none */
	uint8_t rpc_vers_minor;
	uint8_t frag_length;
	uint8_t auth_length;
	bool is_big_endian;
};

/* How the server is made. */
struct made {
	struct fake_config red;
	bool has_no_mechs;
	struct pen_conn_limits limits;
};

struct row {
	const char *sentence; /* a part of it */
	struct say say[5];
	struct made made;
};

struct server {
	struct peer peer;
	struct fake_config red;
	struct pen_mech_row mechs[1];
	char notes[2048];
};

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	static const struct pen_offer echo = { .interface = &rpcecho_interface };
	static const struct pen_offer srvsvc = { .interface = &srvsvc_interface,
						 .refuses_ndr64 = true,
						 .auth_level_min = PEN_AUTH_LEVEL_PRIVACY };

	if (pen_syntax_id_equal(abstract, &rpcecho_interface.id))
		return &echo;
	return pen_syntax_id_equal(abstract, &srvsvc_interface.id) ? &srvsvc : NULL;
}

static void note(void *data, const char *sentence)
{
	struct server *server = data;

	strncat(server->notes, sentence, sizeof(server->notes) - strlen(server->notes) - 1);
}

static void server_open(struct server *server, const struct made *made)
{
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.limits = made->limits,
		.find_offer = find_offer,
		.find_data = server,
		.note = note,
		.secondary_address = "135",
	};

	memset(server, 0, sizeof(*server));
	server->red = made->red;
	if (!server->red.key)
		server->red.key = "k";
	if (!server->red.n_legs)
		server->red.n_legs = 1;
	server->mechs[0] = (struct pen_mech_row){ &fake_red, &server->red };
	if (!made->has_no_mechs) {
		config.mechs = server->mechs;
		config.n_mechs = 1;
	}
	assert_int_equal(pen_assoc_groups_new(&server->peer.groups, 1, peer_next_id, &server->peer),
			 0);
	config.groups = server->peer.groups;
	assert_int_equal(pen_conn_new_server(&server->peer.conn, &config), 0);
}

static void server_hear(struct server *server, const struct say *say)
{
	uint8_t pdu[512] = { 5, say->rpc_vers_minor, say->ptype, say->flags };
	size_t n = 16 + peer_from_hex(say->body, pdu + 16, 256);
	size_t n_auth = 0;

	if (say->auth) {
		n_auth = peer_from_hex(say->auth, pdu + n, 128);
		n += n_auth;
		n_auth -= 8;
	}
	pdu[4] = say->is_big_endian ? 0 : 0x10;
	pdu[say->is_big_endian ? 9 : 8] = say->frag_length ? say->frag_length : (uint8_t)n;
	if (!say->frag_length && !say->is_big_endian)
		pdu[9] = (uint8_t)(n >> 8);
	pdu[10] = say->auth_length ? say->auth_length : (uint8_t)n_auth;
	pdu[say->is_big_endian ? 15 : 12] = (uint8_t)say->call_id;
	peer_say(&server->peer, pdu, n);
}

#define SIZES	 "d016 d016 00000000 "
#define ECHO	 ECHO_SYNTAX NDR_SYNTAX
#define SRVSVC	 "c84f324b 7016 d301 1278 5a47bf6ee188 03000000 " NDR_SYNTAX
#define FEATURES "2c1cb76c 1298 4045 03 00000000000000 01000000 "

#define BIND(contexts)                                                                             \
	{                                                                                          \
		PEN_PDU_BIND, WHOLE, 1, SIZES contexts                                             \
	}
#define BIND_ECHO BIND("01000000 0000 0100 " ECHO)
#define BIND_RED(auth)                                                                             \
	{                                                                                          \
		PEN_PDU_BIND, WHOLE, 1, SIZES "01000000 0000 0100 " ECHO, auth                     \
	}
/* With concurrent multiplexing. */
#define BIND_MPX(auth)                                                                             \
	{                                                                                          \
		PEN_PDU_BIND, WHOLE | 0x10, 1, SIZES "01000000 0000 0100 " ECHO, auth              \
	}
#define ALTER(auth)                                                                                \
	{                                                                                          \
		PEN_PDU_ALTER_CONTEXT, WHOLE, 2, SIZES "01000000 0000 0100 " ECHO, auth            \
	}
#define AUTH3(auth)                                                                                \
	{                                                                                          \
		PEN_PDU_AUTH3, WHOLE, 2, "00000000 ", auth                                         \
	}
#define STUB "04000000 0000 0100 61626364 "
#define REQUEST(flags)                                                                             \
	{                                                                                          \
		PEN_PDU_REQUEST, flags, 8, STUB                                                    \
	}

#define LEG(level, id, token) "c9 " level " 00 00 " id "000000 " token
#define LEG_1		      LEG("05", "01", "016b")

static const struct row binds[] = {
	{ "bind: refused: RPC version 5.2, and only 5.0 and 5.1 are spoken",
	  { { PEN_PDU_BIND, WHOLE, 1, SIZES, .rpc_vers_minor = 2 } } },
	{ "bind: frag_length is 15, less than the header has",
	  { { PEN_PDU_BIND, WHOLE, 1, SIZES, .frag_length = 15 } } },
	{ "request (type 0): a server takes no such PDU before a bind", { REQUEST(WHOLE) } },
	{ "response (type 2): a server takes no such PDU once it is bound",
	  { BIND_ECHO, { PEN_PDU_RESPONSE, WHOLE, 2, STUB } } },
	{ "PDU (type 99): a server takes no such PDU once it is bound",
	  { BIND_ECHO, { 99, WHOLE, 2, STUB } } },
	{ "bind: refused: the association is bound already", { BIND_ECHO, BIND_ECHO } },
	{ "bind: refused: it is cut short", { { PEN_PDU_BIND, WHOLE, 1, "d016 " } } },
	{ "bind: refused: its list of presentation contexts is cut short",
	  { { PEN_PDU_BIND, WHOLE, 1, SIZES "01 " } } },
	{ "bind: refused: it offers no presentation context", { BIND("00000000 ") } },
	{ "bind: refused: presentation context 3 is cut short",
	  { BIND("01000000 0300 0200 " ECHO) } },
	{ "bind: refused: presentation context 3 has no transfer syntax",
	  { BIND("01000000 0300 0000 " ECHO_SYNTAX) } },
	{ "bind: refused: presentation context 0 is another interface's already",
	  { BIND("02000000 0000 0100 " ECHO " 0000 0100 " SRVSVC) } },
	{ "alter_context: presentation context 0 had other transfer syntaxes before",
	  { BIND_ECHO,
	    { PEN_PDU_ALTER_CONTEXT, WHOLE, 2,
	      SIZES "01000000 0000 0100 " ECHO_SYNTAX NDR64_SYNTAX } } },
	{ "bind: refused: bind-time features are offered a second time",
	  { BIND("02000000 0100 0100 " ECHO_SYNTAX FEATURES " 0200 0100 " ECHO_SYNTAX FEATURES) } },
	{ "bind: refused: there is no association group 0x9 of this transport: 0 begins a new one",
	  { { PEN_PDU_BIND, WHOLE, 1, "d016 d016 09000000 01000000 0000 0100 " ECHO } } },
	{ "presentation context 7: no interface 60a15ec5-4de8-11d7-a637-005056a20182 v9.0 is "
	  "served",
	  { BIND("01000000 0700 0100 c55ea160 e84d d711 a637 005056a20182 "
		 "09000000 " NDR_SYNTAX) } },
	{ "presentation context 7: srvsvc is served in NDR alone, and the client offers neither",
	  { BIND("01000000 0700 0100 c84f324b 7016 d301 1278 5a47bf6ee188 "
		 "03000000 " NDR64_SYNTAX) } },
	{ "presentation context 1: the association has 1, as many as it may",
	  { BIND("02000000 0000 0100 " ECHO " 0100 0100 " SRVSVC) },
	  { .limits = { .contexts_max = 1 } } },
};

static const struct row proofs[] = {
	{ "bind: refused: its sec_trailer is cut short",
	  { { PEN_PDU_BIND, WHOLE, 1, SIZES "01000000 0000 0100 " ECHO, LEG_1,
	      .auth_length = 200 } } },
	{ "bind: refused: auth_level 9 is none of 2 (connect) to 6 (privacy)",
	  { BIND_RED(LEG("09", "01", "016b")) } },
	{ "bind: refused: auth_type 10 is no security mechanism of this server",
	  { BIND_RED("0a 05 00 00 01000000 016b") } },
	{ "of this server: it has none, and takes binds without",
	  { BIND_RED(LEG_1) },
	  { .has_no_mechs = true } },
	{ "bind: refused: auth_type 201 cannot work here: something that it needs is not",
	  { BIND_RED(LEG_1) },
	  { .red = { .cannot_begin = PEN_E_UNSUPPORTED } } },
	{ "bind: refused: auth_level 3 (call) is for datagrams: 4 (packet) is its like here",
	  { BIND_RED(LEG("03", "01", "016b")) } },
	{ "bind: refused: red: another key", { BIND_RED(LEG("05", "01", "0178")) } },
	{ "bind: refused: red: what was negotiated cannot seal, and the level is privacy",
	  { BIND_RED(LEG("06", "01", "016b")) },
	  { .red = { .cannot_sign = true } } },
	{ "alter_context: its sec_trailer is cut short",
	  { BIND_ECHO,
	    { PEN_PDU_ALTER_CONTEXT, WHOLE, 2, SIZES "01000000 0000 0100 " ECHO, LEG_1,
	      .auth_length = 200 } } },
	{ "alter_context: auth_type is 0, which is no security mechanism",
	  { BIND_ECHO, ALTER("00 05 00 00 01000000 016b") } },
	{ "alter_context: auth_type 10 is no security mechanism of this server",
	  { BIND_ECHO, ALTER("0a 05 00 00 01000000 016b") } },
	{ "alter_context: auth_level 3 is none of 2 (connect), 4 (packet), 5 (integrity) and 6",
	  { BIND_ECHO, ALTER(LEG("03", "01", "016b")) } },
	{ "alter_context: the association has 1 security contexts, as many as it may",
	  { BIND_RED(LEG_1), ALTER(LEG("05", "02", "016b")) },
	  { .limits = { .auths_max = 1 } } },
	{ "alter_context: security context 1 is established already, or has failed: another proof",
	  { BIND_RED(LEG_1), ALTER(LEG_1) } },
	{ "alter_context: security context 1 is of auth_type 201, and this leg of 10",
	  { BIND_RED(LEG_1), ALTER("0a 05 00 00 01000000 036b") },
	  { .red = { .n_legs = 3 } } },
	{ "auth3: security context 1 is of auth_level 5, and this leg of 6",
	  { BIND_RED(LEG_1), AUTH3(LEG("06", "01", "036b")) },
	  { .red = { .n_legs = 3 } } },
	{ "auth3: auth_length is 0, and a token is all that it is for",
	  { BIND_ECHO, { PEN_PDU_AUTH3, WHOLE, 2, "00000000 " } } },
	{ "auth3: its sec_trailer is cut short",
	  { BIND_RED(LEG_1),
	    { PEN_PDU_AUTH3, WHOLE, 2, "00000000 ", LEG_1, .auth_length = 200 } } },
	{ "auth3: security context 2 was not begun by bind or alter_context",
	  { BIND_RED(LEG_1), AUTH3(LEG("05", "02", "036b")) } },
	{ "auth3: security context 1 is not established: red: another key",
	  { BIND_RED(LEG_1), AUTH3(LEG("05", "01", "0378")) },
	  { .red = { .n_legs = 3 } } },
	{ "auth3: security context 1 is not established: the mechanism has more to say",
	  { BIND_RED(LEG_1), AUTH3(LEG("05", "01", "036b")) },
	  { .red = { .n_legs = 5 } } },
};

#define SIGNED(flags, auth)                                                                        \
	{                                                                                          \
		PEN_PDU_REQUEST, flags, 8, STUB, auth                                              \
	}
#define SIGNATURE "00000000 00000000 00000000"

static const struct row requests[] = {
	{ "call 8: security context 1 has failed: the client did not prove who it is",
	  { BIND_RED(LEG_1), AUTH3(LEG("05", "01", "0378")),
	    SIGNED(WHOLE, LEG("05", "01", SIGNATURE)) },
	  { .red = { .n_legs = 3 } } },
	{ "call 8: security context 1 is not established yet",
	  { BIND_RED(LEG_1), SIGNED(WHOLE, LEG("05", "01", SIGNATURE)) },
	  { .red = { .n_legs = 3 } } },
	{ "call 8: there is no security context 2 of auth_type 201 and auth_level 5",
	  { BIND_RED(LEG_1), SIGNED(WHOLE, LEG("05", "02", SIGNATURE)) } },
	{ "call 8: there is no security context 1 of auth_type 201 and auth_level 6",
	  { BIND_RED(LEG_1), SIGNED(WHOLE, LEG("06", "01", SIGNATURE)) } },
	{ "call 8: not signed, and the client's security context has failed: it did not prove who "
	  "it is",
	  { BIND_RED(LEG_1), AUTH3(LEG("05", "01", "0378")), REQUEST(WHOLE) },
	  { .red = { .n_legs = 3 } } },
	{ "call 8: its request is not what the peer protected under security context 1: red: the "
	  "message was changed",
	  { BIND_RED(LEG_1), SIGNED(WHOLE, LEG("05", "01", SIGNATURE)) } },
	{ "call 8: a fragment with a signature, in a call that began without",
	  { BIND_ECHO, REQUEST(FIRST), SIGNED(LAST, LEG("05", "01", SIGNATURE)) } },
	{ "co_cancel: call 8: its sec_trailer is cut short",
	  { BIND_ECHO,
	    REQUEST(FIRST),
	    { PEN_PDU_CO_CANCEL, WHOLE, 8, "00000000 00000000 ", .auth_length = 200 } } },
	{ "orphaned: call 8: it is of another security context than the call",
	  { BIND_ECHO,
	    REQUEST(FIRST),
	    { PEN_PDU_ORPHANED, WHOLE, 8, "", LEG("05", "01", SIGNATURE) } } },
	{ "call 8: more than 2 bytes of stub data, the most that is taken",
	  { BIND_ECHO, REQUEST(WHOLE) },
	  { .limits = { .stub_max = 2 } } },
	{ "call 8: a fragment of 20 bytes is cut short within, or longer than the 5840",
	  { BIND_ECHO, { PEN_PDU_REQUEST, WHOLE, 8, "04000000 " } } },
	{ "call 8 begins twice", { BIND_ECHO, REQUEST(FIRST), REQUEST(FIRST) } },
	{ "call 8 begins cancelled", { BIND_ECHO, REQUEST(WHOLE | PEN_PFC_PENDING_CANCEL) } },
	{ "call 8: later fragment without a first", { BIND_ECHO, REQUEST(LAST) } },
	{ "call 9 begins inside call 8",
	  { BIND_ECHO, REQUEST(FIRST), { PEN_PDU_REQUEST, WHOLE, 9, STUB } } },
	{ "call 9: no presentation context 5, or a signed call is begun",
	  { BIND_MPX(NULL),
	    REQUEST(FIRST),
	    { PEN_PDU_REQUEST, WHOLE, 9, "04000000 0500 0100 61626364 " } } },
	{ "call 8: its fragments are of two byte orders",
	  { BIND_ECHO,
	    REQUEST(FIRST),
	    { PEN_PDU_REQUEST, LAST, 8, "00000004 0000 0001 61626364 ", .is_big_endian = true } } },
	{ "call 8: presentation context 5 was not accepted, or not offered",
	  { BIND_ECHO, { PEN_PDU_REQUEST, WHOLE, 8, "04000000 0500 0100 61626364 " } } },
	{ "call 8: srvsvc wants authentication level privacy over TCP, and the client has none",
	  { BIND("01000000 0000 0100 " SRVSVC), REQUEST(WHOLE) } },
	{ "call 8: rpcecho has no operation 77",
	  { BIND_ECHO, { PEN_PDU_REQUEST, WHOLE, 8, "04000000 0000 4d00 61626364 " } } },
	{ "call 9: the association has 1 calls in progress, as many as it may",
	  { BIND_MPX(NULL), REQUEST(WHOLE), { PEN_PDU_REQUEST, WHOLE, 9, STUB } },
	  { .limits = { .calls_max = 1 } } },
};

static void expect_sentences(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct server server;

		server_open(&server, &rows[i].made);
		for (size_t k = 0; k < PEN_COUNT(rows[i].say) && rows[i].say[k].body; k++)
			server_hear(&server, &rows[i].say[k]);
		if (!strstr(pen_conn_reason(server.peer.conn), rows[i].sentence) &&
		    !strstr(server.notes, rows[i].sentence))
			fail_msg("%s:\nreason: %s\nnotes: %s", rows[i].sentence,
				 pen_conn_reason(server.peer.conn), server.notes);
		peer_close(&server.peer);
	}
	assert_int_equal(fake_n_contexts, 0);
}

static void test_binds(void **state)
{
	expect_sentences(binds, PEN_COUNT(binds));
}

static void test_proofs(void **state)
{
	expect_sentences(proofs, PEN_COUNT(proofs));
}

static void test_requests(void **state)
{
	expect_sentences(requests, PEN_COUNT(requests));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binds),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
