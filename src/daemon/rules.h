/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RULES_H
#define PEN_DAEMON_RULES_H
/*
 * Who may call what, as the administrator says it: the policy's text and the file that gets what
 * is called, read here once, and told to each process of a program.
 */
#include "daemon/child.h"
#include "policy/policy.h"

struct rules;

/*
 * Reads the policy's file and opens the record's; NULL: there is none. Fails where one cannot be
 * had, or what the policy says is wrong whatever its names mean: as pen_policy_new, and
 * PEN_E_DENIED or a negative errno, with sentences in diagnoses.
 */
int rules_new(struct rules **rulesp, const char *policy, const char *record,
	      struct pen_buffer *diagnoses);
struct rules *rules_free(struct rules *rules);

/* Whether it names what is known, and nothing else. As pen_policy_new. NULL rules nobody. */
int rules_check(const struct rules *rules, const struct pen_policy_known *known,
		struct pen_buffer *diagnoses);

/* Whether there is a policy or a record. */
bool rules_say_something(const struct rules *rules);

/* Tells a process, also that there are none. As child_tell; -EMFILE. */
int rules_tell(const struct rules *rules, struct child *child);

#endif
