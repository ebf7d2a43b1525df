/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_LETTER_H
#define PEN_TEST_LETTER_H
/*
 * A protected message with all its parts in one place, so that any bit of it can be flipped.
 */
#include "sec/mech.h"

enum { LETTER_DATA = 8, LETTER_TAIL = 32, LETTER_SIGNATURE = 40, LETTER_SIGNATURE_MAX = 88 };

struct letter {
	uint8_t bytes[LETTER_SIGNATURE + LETTER_SIGNATURE_MAX]; /* head, data, tail, signature */
	struct pen_protected message;
};

/* The byte at i is i, in all but the signature. */
void letter_init(struct letter *letter, size_t n_signature, bool is_sealed);
void letter_expect(const struct letter *letter);

/* Two sessions that a test makes anew for each bit. */
struct letter_pair {
	void *data;
	size_t n_signature;
	void (*open)(void *data);
	int (*protect)(void *data, struct pen_protected *message);   /* by one */
	int (*unprotect)(void *data, struct pen_protected *message); /* by the other */
	void (*close)(void *data);
};

/*
 * Flips each bit of a letter in turn, but of bytes from to up to to: it is refused, and so
 * is what comes after it.
 */
void letter_flip_all(const struct letter_pair *pair, bool is_sealed, size_t from, size_t to);

#endif
