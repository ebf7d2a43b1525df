/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_SERVER_PARTS_H
#define PEN_RPC_TEST_SERVER_PARTS_H
/*
 * What the tests of the server's side share beside test-server.h.
 */
#include "rpc/test-server.h"

/* One fragment of a request: of 16 bytes of stub, in context 0 unless it is said. */
struct fragment {
	uint32_t call_id;
	uint8_t flags;
	uint16_t context_id;
	uint16_t opnum;
	uint32_t alloc_hint;
	bool is_big_endian;
};

static inline void say_fragment(struct peer *peer, const struct fragment *fragment)
{
	struct pen_buffer pdu = { 0 };
	struct pen_writer w;

	pen_writer_init(&w, &pdu);
	w.is_big_endian = fragment->is_big_endian;
	pen_pdu_begin(&w, PEN_PDU_REQUEST, fragment->flags, fragment->call_id);
	pen_writer_u32(&w, fragment->alloc_hint);
	pen_writer_u16(&w, fragment->context_id);
	pen_writer_u16(&w, fragment->opnum);
	pen_writer_zeros(&w, 16);
	pen_pdu_end(&w, 0);
	peer_say(peer, pdu.data, pdu.size);
	pen_buffer_done(&pdu);
}

enum stage {
	FRESH,	 /* before bind */
	BOUND,	 /* with context 0 */
	BARE,	 /* with no context, because the server has no such interface */
	HALF,	 /* the first fragment of call 7 has come */
	RUNNING, /* all of call 7 has come */
	LEAVING, /* shutdown is sent */
	OVER,	 /* closed by an error */
	N_STAGES,
};

static const char *const stage_names[N_STAGES] = { "fresh",   "bound",	 "bare", "half",
						   "running", "leaving", "over" };

static inline void reach(struct peer *peer, enum stage stage)
{
	static const struct fragment first = { 7, PEN_PFC_FIRST_FRAG };
	static const struct fragment whole = { 7, WHOLE };
	uint8_t bind[sizeof(plain_bind)];

	peer_open_server(peer, PEN_NCACN_IP_TCP, NULL);
	if (stage == FRESH)
		return;
	memcpy(bind, plain_bind, sizeof(bind));
	bind[32] ^= stage == BARE; /* the interface */
	peer_say(peer, bind, sizeof(bind));
	if (stage == HALF)
		say_fragment(peer, &first);
	else if (stage == RUNNING)
		say_fragment(peer, &whole);
	else if (stage == LEAVING)
		assert_int_equal(pen_conn_shutdown(peer->conn), 0);
	else if (stage == OVER)
		peer_say(peer, bind, sizeof(bind));
	peer_take(peer);
	peer->out.size = 0;
}

/* ---- requests ---- */

/*
 * Fragments as words: the call, and F first, M middle, L last, W whole; then what
 * is not as usual: c and another context, o and another operation, b big-endian,
 * h and an alloc_hint. Returns what follows the word.
 */
static inline const char *say_word(struct peer *peer, const char *word)
{
	struct fragment fragment = { 0 };
	char *end;

	fragment.call_id = (uint32_t)strtoul(word, &end, 10);
	for (; *end && *end != ' ';) {
		char letter = *end++;
		unsigned long number = *end == ' ' ? 0 : strtoul(end, &end, 10);

		if (letter == 'F' || letter == 'W')
			fragment.flags |= PEN_PFC_FIRST_FRAG;
		if (letter == 'L' || letter == 'W')
			fragment.flags |= PEN_PFC_LAST_FRAG;
		if (letter == 'c')
			fragment.context_id = (uint16_t)number;
		if (letter == 'o')
			fragment.opnum = (uint16_t)number;
		if (letter == 'h')
			fragment.alloc_hint = (uint32_t)number;
		if (letter == 'b')
			fragment.is_big_endian = true;
	}
	say_fragment(peer, &fragment);
	return *end ? end + 1 : end;
}

#endif
