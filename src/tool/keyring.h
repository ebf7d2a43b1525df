/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_KEYRING_H
#define PEN_TOOL_KEYRING_H
/*
 * The keys of a key log (docs/security.md), to be looked up by what a capture shows of a
 * security context: its connection, its association group, its id.
 */
#include "sec/mech.h"
#include "tool/tool.h"

struct keyring_key {
	const char *ends[2]; /* as the log has them; "-": no address */
	uint32_t group;
	uint32_t context;
	uint8_t auth_type;
	struct pen_session_keys keys;
};

struct keyring {
	struct keyring_key *keys; /* in the log's order */
	size_t n;
	size_t n_passed; /* lines of another format, or without a key */
	char *text;	 /* what they point to; a secret */
};

/* Reads a file. Complains: TOOL_USAGE where it cannot be read. */
int keyring_read(struct keyring *keyring, struct tool *tool, const char *path);
void keyring_done(struct keyring *keyring);

/* The text of a log, which is changed; all borrow from it. -ENOMEM. */
int keyring_parse(struct keyring *keyring, char *text);

/* A security context as a capture shows it. */
struct keyring_question {
	const char *ends[2]; /* of the TCP connection */
	uint32_t group;	     /* 0: not known */
	uint32_t context;
	uint8_t auth_type;
};

/*
 * The next key from *n on that may be the one, later ones first; the messages decide. NULL: no
 * more. Who asks begins with *n of 0.
 */
const struct keyring_key *keyring_find(const struct keyring *keyring,
				       const struct keyring_question *question, size_t *n);

#endif
