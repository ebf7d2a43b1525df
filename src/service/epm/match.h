/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_EPM_MATCH_H
#define PEN_SERVICE_EPM_MATCH_H
/*
 * Which entries answer a question: the inquiry types and version options of
 * ept_lookup, and the tower of ept_map [C706 O.2.3, O.2.4].
 */
#include "service/epm/table.h"

struct pen_epm_question {
	bool by_interface;
	bool by_object;
	struct pen_syntax_id interface;
	uint32_t vers_option; /* epm_RPC_C_VERS_... */
	struct pen_uuid object;
};

bool pen_epm_matches(const struct pen_epm_entry *entry, const struct pen_epm_question *question);

/*
 * Whether the entry says where the interface of the tower is, for the object (NULL or
 * nil: any), over the tower's protocol sequence. The server's own entries answer in
 * either transfer syntax, others in the one they were made with.
 */
bool pen_epm_maps(const struct pen_epm_entry *entry, const struct pen_tower *asked,
		  const struct pen_uuid *object);

#endif
