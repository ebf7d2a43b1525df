/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_CALLBACK_H
#define PEN_RPC_TEST_CALLBACK_H
/*
 * A client and a server, and all that goes between them.
 */
#include "rpc/test-auth.h"

enum { N_OPERATIONS = 4, PIPES = 3 };

/* Bound as rpcecho, whose syntax it has. */
static const struct pen_operation operations[N_OPERATIONS] = {
	{ .name = "zero" },
	{ .name = "one" },
	{ .name = "two" },
	[PIPES] = { .name = "pipes", .flags = PEN_OPERATION_IN_PIPES },
};
static const struct pen_interface interface = { .name = "callbacks",
						.operations = operations,
						.n_operations = N_OPERATIONS };
static const struct pen_offer offer = { .interface = &interface };

struct talk {
	struct auth_pair pair;
	const struct pen_auth_info *auth;
	struct pen_conn *conns[2]; /* the client's, the server's */
	struct pen_event event;	   /* the last one pulled */
	uint32_t id;
};

enum { CLIENT, SERVER };

static inline struct pen_buffer *bytes(struct talk *t, size_t n, unsigned seed)
{
	return auth_bytes(&t->pair, n, seed);
}

/* The first signed request has a verification trailer behind what it carries. */
static inline void expect_bytes(struct pen_slice stub, size_t n, unsigned seed)
{
	assert_true(stub.size >= n);
	for (size_t i = 0; i < n; i++)
		if (stub.data[i] != (uint8_t)(seed + i * 31))
			fail_msg("byte %zu of %zu", i, n);
}

/* What the side has to say reaches the other. Returns how many bytes it is. */
static inline size_t carry(struct talk *t, int from)
{
	struct pen_buffer taken = { 0 };
	size_t n;

	assert_int_equal(auth_take(t->conns[from], &taken), 0);
	assert_int_equal(pen_conn_feed(t->conns[!from], taken.data, taken.size), 0);
	n = taken.size;
	pen_buffer_done(&taken);
	return n;
}

/* What is said to the side makes one event, of that kind, and of a call at that depth. */
static inline void expect(struct talk *t, int side, enum pen_event_kind kind, uint32_t depth)
{
	carry(t, !side);
	assert_int_equal(pen_conn_next(t->conns[side], &t->event), 0);
	assert_int_equal(t->event.kind, kind);
	assert_int_equal(t->event.call_id, t->id);
	assert_int_equal(t->event.depth, depth);
}

static inline void begin(struct talk *t, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_request(t->conns[CLIENT], auth_pair_context(&t->pair), t->auth, 1,
					  NULL, 0, bytes(t, n, seed), &t->id),
			 0);
	expect(t, SERVER, PEN_EVENT_REQUEST, 0);
	expect_bytes(t->event.stub, n, seed);
}

static inline void call_back(struct talk *t, int side, uint16_t opnum, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_call_back(t->conns[side], t->id, opnum, 0, bytes(t, n, seed)), 0);
}

static inline void respond(struct talk *t, int side, size_t n, unsigned seed)
{
	assert_int_equal(pen_conn_respond(t->conns[side], t->id, bytes(t, n, seed)), 0);
}

static inline void open_talk_limited(struct talk *t, int scheme, uint8_t level,
				     uint32_t nesting_max)
{
	auth_pair_init(&t->pair);
	t->pair.offer = &offer;
	t->pair.limits.nesting_max = nesting_max;
	t->auth = NULL;
	assert_int_equal(auth_pair_open(&t->pair), 0);
	if (scheme >= 0)
		assert_int_equal(auth_pair_add(&t->pair, (unsigned)scheme, level, &t->auth), 0);
	assert_int_equal(auth_pair_bind(&t->pair, false, t->auth), 0);
	t->conns[CLIENT] = t->pair.conns[TO_CLIENT];
	t->conns[SERVER] = t->pair.conns[TO_SERVER];
}

static inline void open_talk(struct talk *t, int scheme, uint8_t level)
{
	open_talk_limited(t, scheme, level, 0);
}

static inline void close_talk(struct talk *t)
{
	auth_pair_close(&t->pair);
}

/* ---- what is given up ---- */

/* Down to depth, where whoever runs the innermost has it, and nothing is on its way. */
static inline void go_down(struct talk *t, uint32_t depth)
{
	begin(t, 10, 0);
	for (uint32_t i = 1; i <= depth; i++) {
		call_back(t, i % 2 ? SERVER : CLIENT, 0, 9, i);
		expect(t, i % 2 ? CLIENT : SERVER, PEN_EVENT_REQUEST, i);
	}
}

#endif
