/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_KNOWN_H
#define PEN_DAEMON_KNOWN_H
/*
 * The interfaces that a policy may name: penstock's own, whether they are served or not, and those
 * that programs list.
 */
#include "daemon/listing.h"
#include "policy/policy.h"

struct known {
	struct pen_arena arena;
	const struct pen_interface **interfaces;
	size_t n, n_room;
	bool is_all; /* each program has said what it serves */
	int error;   /* -ENOMEM, PEN_E_LIMIT: some are missing */
};

/* Those of penstock. done afterwards. */
void known_init(struct known *known);
void known_done(struct known *known);

/*
 * Adds a program's, whose listing need not stay. One that does not say what its operations are is
 * taken to have any.
 */
void known_add(struct known *known, const struct listing *listing);

struct rules;
struct log;

/*
 * Whether the rules name what is known. Where a program does not say what it serves, names that
 * are not known may be its own: the log is told of them, if there is one. As rules_check.
 */
int known_check(const struct known *known, const struct rules *rules, const struct log *log,
		struct pen_buffer *diagnoses);

#endif
