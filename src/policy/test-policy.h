/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_TEST_POLICY_H
#define PEN_POLICY_TEST_POLICY_H
/*
 * Policies for tests that are not about reading them.
 */
#include "policy/policy.h"
#include "support/unit.h"
#include <string.h>

/* The policy of the text, which is right. */
static inline struct pen_policy *policy_of(const char *text)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer diagnoses;

	pen_buffer_init(&diagnoses, 0);
	if (pen_policy_new(&policy, "f", text, strlen(text), NULL, &diagnoses))
		fail_msg("%.*s", (int)diagnoses.size, (const char *)diagnoses.data);
	pen_buffer_done(&diagnoses);
	return policy;
}

#endif
