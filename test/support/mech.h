/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_MECH_H
#define PEN_TEST_MECH_H
/*
 * A mechanism that proves nothing and does as it is told, for tests of what lies above
 * mechanisms. It proves a peer that has the same key, after as many tokens as it is told.
 * Its signatures hold a sum over the key, the message, its number, and the place in a
 * stream that rewind takes back.
 */
#include "sec/mech.h"

enum { FAKE_SIGNATURE_SIZE = 12 };

struct fake_config {
	const char *key;
	unsigned n_legs; /* tokens in all; of an odd number the client's is the last */
	unsigned pends;	 /* bit n: the n-th step of this side waits for work first */
	bool cannot_sign;
	int cannot_begin;	 /* what new_server and new_client return */
	int fails_with;		 /* what the step number fails_at returns; 0: none fails */
	unsigned fails_at;	 /* from 0 */
	struct pen_slice prefix; /* of the client's first token */
};

/* red rewinds and has header signing; blue has neither. */
extern const struct pen_mech fake_red;
extern const struct pen_mech fake_blue;

/* Contexts that were made and are not freed, and how often one was rewound. */
extern int fake_n_contexts;
extern int fake_n_rewinds;

#endif
