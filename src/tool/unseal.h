/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_UNSEAL_H
#define PEN_TOOL_UNSEAL_H
/*
 * The security contexts of a captured association, and the keys of a key log that fit them:
 * which fits, the first message tells.
 */
#include "tool/decode.h"
#include "tool/keyring.h"

struct unseal_context;

struct unseal {
	const struct keyring *keyring; /* NULL: no keys */
	const struct pen_mech_world *world;
	const char *ends[2]; /* of the connection, as a key log writes them */
	uint32_t group;	     /* 0: not known */
	int is_signed;	     /* heads are: 1, they are not: 0; -1: nobody heard */
	struct unseal_context *contexts;
	size_t n_contexts;
};

void unseal_init(struct unseal *unseal, const struct keyring *keyring,
		 const struct pen_mech_world *world);
void unseal_done(struct unseal *unseal);

/*
 * Takes the protection off a PDU with a trailer, in place. false: it has none. Else
 * protection says what came of it; result gets -ENOMEM where there is no memory.
 */
bool unseal_pdu(struct unseal *unseal, bool is_from_server, const struct pen_pdu_header *header,
		uint8_t *pdu, struct decode_protection *protection, int *result);

/* Messages of one side are missing. */
void unseal_miss(struct unseal *unseal, bool is_from_server);

#endif
