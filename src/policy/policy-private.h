/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_PRIVATE_H
#define PEN_POLICY_PRIVATE_H
/*
 * A policy's insides.
 */
#include "policy/quota-rule.h"
#include "policy/rule.h"
#include <penstock/arena.h>

struct pen_policy {
	struct pen_arena arena; /* all that follows */
	const struct pen_rule *rules;
	size_t n_rules;
	const struct pen_quota_rule *quotas;
	size_t n_quotas;
	const struct pen_sid *sids; /* of the rules' identities: in order, each once */
	size_t n_sids;
	bool denies_rest;		     /* what no rule decides */
	struct pen_policy_line default_line; /* that says so */
};

#endif
