/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_FLIP_H
#define PEN_RPC_TEST_FLIP_H
/*
 * Somebody on the way changes a bit. Whichever it is of a signed or sealed conversation,
 * neither side is told of anything but what the other has said: what is changed is
 * refused before it is delivered, or it means nothing.
 *
 * A case says what is talked: each bit of it is flipped in a talk of its own.
 */
#include "rpc/test-auth.h"

enum { FLIP_STUB_SIZE = 37, FLIP_CALLS = 2, FLIP_SLACK = 16 };

struct flip_case {
	unsigned scheme; /* of enum auth_scheme, or AUTH_KRB5 */
	uint8_t level;
	const char *keytab; /* as struct auth_pair has them */
	const char *ccache;
	const char *target;
};

struct flip {
	int way;
	size_t bit;  /* of all that goes this way */
	size_t seen; /* bytes so far */
	bool is_done;
	uint8_t ptype; /* of the PDU in which it was */
};

/* The PDU that the byte at at is in. */
static inline uint8_t flip_ptype_at(const struct pen_buffer *bytes, size_t at)
{
	size_t begin = 0;

	for (;;) {
		size_t n = bytes->data[begin + 8] | (size_t)bytes->data[begin + 9] << 8;

		if (at < begin + n)
			return bytes->data[begin + 2];
		begin += n;
	}
}

static inline void flip_meddle(struct auth_pair *pair, int way, struct pen_buffer *bytes)
{
	struct flip *flip = pair->meddle_data;
	size_t at = flip->bit / 8;

	if (way != flip->way)
		return;
	if (!flip->is_done && at >= flip->seen && at < flip->seen + bytes->size) {
		flip->ptype = flip_ptype_at(bytes, at - flip->seen);
		bytes->data[at - flip->seen] ^= (uint8_t)(1u << flip->bit % 8);
		flip->is_done = true;
	}
	flip->seen += bytes->size;
}

/*
 * Whether the server took a request for one without a signature, as it is where auth_length
 * became 0. As with Windows it is then delivered as nobody's, for a service's floor to
 * refuse, and the answer to it is not signed.
 */
static inline bool flip_is_bare(const struct auth_pair *pair)
{
	return pair->heard[TO_SERVER].n_requests && !pair->heard[TO_SERVER].auth_level;
}

/* One bind and some calls; whatever is delivered must be what was sent. */
static inline void flip_talk(const struct flip_case *what, struct flip *flip,
			     struct auth_heard heard[2])
{
	const struct pen_auth_info *auth;
	struct auth_pair pair;

	auth_pair_init(&pair);
	pair.keytab = what->keytab;
	pair.ccache = what->ccache;
	pair.target = what->target;
	pair.meddle = flip_meddle;
	pair.meddle_data = flip;
	pair.tolerates_denial = true;
	assert_int_equal(auth_pair_open(&pair), 0);
	assert_int_equal(auth_pair_add(&pair, what->scheme, what->level, &auth), 0);
	assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
	for (unsigned i = 0; i < FLIP_CALLS && auth_pair_context(&pair); i++) {
		for (int way = 0; way < N_WAYS; way++)
			pair.heard[way].stub.size = 0;
		if (auth_pair_request(&pair, auth, 1, 0, FLIP_STUB_SIZE, i))
			break;
		assert_int_equal(auth_pair_run(&pair), 0);
		for (int way = 0; way < N_WAYS; way++) {
			const struct pen_buffer *stub = &pair.heard[way].stub;

			for (size_t k = 0;
			     k < stub->size && k < FLIP_STUB_SIZE && !flip_is_bare(&pair); k++)
				assert_int_equal(stub->data[k], (uint8_t)(k * 31 + i));
			assert_true(!stub->size || stub->size >= FLIP_STUB_SIZE);
		}
	}
	for (int way = 0; way < N_WAYS; way++) {
		if (pair.heard[way].n_authenticated && !flip_is_bare(&pair))
			assert_int_equal(pair.heard[way].auth_level, what->level);
		heard[way] = pair.heard[way];
	}
	auth_pair_close(&pair);
}

/*
 * A run of the suite flips every 23rd bit, each time another one of a byte; with
 * PEN_TEST_ALL in the environment, all.
 */
static inline void flip_all(const struct flip_case *what)
{
	unsigned step = getenv("PEN_TEST_ALL") ? 1 : 23;
	struct flip flip = { .bit = SIZE_MAX };
	struct auth_heard heard[2];
	size_t n[N_WAYS];

	for (int way = 0; way < N_WAYS; way++) {
		flip = (struct flip){ .way = way, .bit = SIZE_MAX };
		flip_talk(what, &flip, heard);
		assert_int_equal(heard[TO_CLIENT].n_responses, FLIP_CALLS);
		n[way] = flip.seen;
	}
	for (int way = 0; way < N_WAYS; way++) {
		for (size_t bit = 0; bit < n[way] * 8; bit += step) {
			flip = (struct flip){ .way = way, .bit = bit };
			flip_talk(what, &flip, heard);
			/* Tokens of Kerberos are now some bytes longer, now shorter. */
			if (!flip.is_done) {
				assert_true(bit / 8 + FLIP_SLACK > n[way]);
				continue;
			}
			/* In what is signed as a whole, the other side hears no more of it. */
			if (flip.ptype == 0 && heard[TO_SERVER].n_requests == FLIP_CALLS &&
			    heard[TO_SERVER].auth_level)
				fail_msg("scheme %u level %u: bit %zu of a request is not missed",
					 what->scheme, what->level, bit);
			if ((flip.ptype == 0 || flip.ptype == 2) &&
			    heard[TO_CLIENT].n_responses == FLIP_CALLS)
				fail_msg("scheme %u level %u: bit %zu of ptype %u has an answer",
					 what->scheme, what->level, bit, flip.ptype);
		}
		printf("scheme %u level %u: %zu bits %s, one in %u flipped\n", what->scheme,
		       what->level, n[way] * 8,
		       way == TO_SERVER ? "to the server" : "to the client", step);
	}
}

#endif
