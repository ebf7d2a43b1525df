/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_QUOTA_RULE_H
#define PEN_POLICY_QUOTA_RULE_H
/*
 * A line of quotas: whose account it is about, and limits.
 */
#include "policy/quota.h"
#include "policy/rule.h"

#define PEN_QUOTA_UNLIMITED UINT64_MAX

struct pen_quota_rule {
	bool is_identity; /* else of peers */
	struct pen_policy_line line;
	const struct pen_rule_source *sources; /* neither these nor identities: anybody's */
	size_t n_sources;
	const struct pen_identity *identities;
	size_t n_identities;
	uint64_t limits[PEN_QUOTA_N_RESOURCES]; /* PEN_QUOTA_UNLIMITED: not in the line */
	const char *texts[PEN_QUOTA_N_RESOURCES];
};

/* As pen_rule_read. */
void pen_quota_rule_read(struct pen_reading *reading, size_t column, struct pen_quota_rule *rule);

int pen_quota_rule_print(const struct pen_quota_rule *rule, struct pen_buffer *buffer);

bool pen_quota_rule_has_peer(const struct pen_quota_rule *rule, const struct pen_source *source);
bool pen_quota_rule_has_identity(const struct pen_quota_rule *rule, const struct pen_token *token);

#endif
