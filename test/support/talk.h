/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_TALK_H
#define PEN_TEST_TALK_H
/*
 * A client and a server of SPNEGO in memory, over fake mechanisms, and what they say to
 * each other. Its asserts are cmocka's.
 */
#include "sec/spnego.h"
#include "support/mech.h"

/* red goes by the names of Kerberos, blue by NTLM's. */
enum { TALK_RED, TALK_BLUE, TALK_N_COLOURS };

enum { TALK_TOKENS_MAX = 12 };

/* One side: what it is told, and what it has. */
struct talk_side {
	struct fake_config fake[TALK_N_COLOURS];
	struct pen_spnego_mech mechs[TALK_N_COLOURS];
	struct pen_spnego_config config;
	struct pen_mech_context *context;
	int r; /* what its last step returned */
};

struct talk {
	struct talk_side client;
	struct talk_side server;
	struct pen_buffer tokens[TALK_TOKENS_MAX]; /* the client's, the server's, and so on */
	size_t n;
	size_t n_mics;
	bool has_hints;				       /* the server begins */
	void (*meddle)(struct talk *talk, size_t nth); /* with the token just sent */
	size_t at;				       /* what meddle makes of it */
	bool is_altered;
};

/*
 * A talk of mechanisms of n_legs legs. Both sides have both, red first; or with is_other
 * the server has only blue, which is not the client's first choice.
 */
void talk_init(struct talk *talk, unsigned n_legs, bool is_other);
int talk_new(struct talk *talk);
void talk_done(struct talk *talk);

/* A step, with all that it pends. */
int talk_step(struct talk_side *side, struct pen_slice in, struct pen_buffer *out);

/* Until somebody fails, or has nothing more to say. */
void talk_run(struct talk *talk);

bool talk_is_agreed(const struct talk *talk);

#endif
