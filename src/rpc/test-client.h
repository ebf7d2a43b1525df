/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_CLIENT_H
#define PEN_RPC_TEST_CLIENT_H
/*
 * A client that a test brings as far as it likes.
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

static inline void expect_lost(const struct peer *peer, const char *what)
{
	if (peer->n_events)
		fail_msg("%s: an event of kind %d", what, (int)peer->kind);
	if (peer->result != PEN_E_PROTOCOL || !pen_conn_is_closed(peer->conn))
		fail_msg("%s: the association is not over", what);
	assert_true(strlen(pen_conn_reason(peer->conn)) > 0);
	assert_int_equal(peer->out.size, 0);
}

static inline void expect_event(const struct peer *peer, const char *what, enum pen_event_kind kind)
{
	if (peer->n_events != 1)
		fail_msg("%s: %u events: %s", what, peer->n_events, pen_conn_reason(peer->conn));
	if (peer->kind != kind)
		fail_msg("%s: an event of kind %d", what, (int)peer->kind);
	assert_int_equal(peer->out.size, 0);
}

static inline void begin_bind(struct peer *peer, const struct pen_conn_limits *limits)
{
	peer_open_client(peer, limits);
	assert_int_equal(pen_conn_bind(peer->conn, echo, true, 0, NULL), 0);
	peer_take(peer);
	peer->out.size = 0;
}

static inline void bind_plainly(struct peer *peer, const struct pen_conn_limits *limits)
{
	begin_bind(peer, limits);
	peer_say(peer, plain_ack, sizeof(plain_ack));
	expect_event(peer, "bind_ack", PEN_EVENT_BOUND);
}

static inline uint32_t request(struct peer *peer, size_t n)
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

static const uint8_t answer[24]; /* alloc_hint, context 0, cancel_count, 16 bytes of stub */

static inline void reach(struct peer *peer, enum stage stage)
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

#endif
