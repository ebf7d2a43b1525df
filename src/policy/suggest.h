/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_SUGGEST_H
#define PEN_POLICY_SUGGEST_H
/*
 * From what was seen to a policy that allows that and denies the rest.
 */
#include "policy/policy.h"

/* Calls that were seen. Texts are borrowed. */
struct pen_policy_record {
	struct pen_uuid interface;
	const char *interface_name; /* its own alone; NULL: none */
	uint16_t opnum;
	const char *operation; /* its own alone in the interface; NULL: none */
	const char *identity;  /* as pen_identity_print writes it */
	enum pen_protseq protseq;
	uint8_t auth_level;
	uint64_t n_calls;
};

/*
 * Appends the policy: as few rules as calls of the same kind make, each with the number of
 * its calls. A call that was seen may come at a higher level too. What no rule can name is
 * left out, and a comment says how much that is. PEN_E_LIMIT: it is more than a policy
 * can be; -ENOMEM.
 */
int pen_policy_suggest(const struct pen_policy_record *records, size_t n,
		       struct pen_buffer *buffer);

#endif
