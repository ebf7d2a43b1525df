/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_POLICY_H
#define PEN_TOOL_POLICY_H
/*
 * What the verbs of penstock policy that are about calls share.
 */
#include "policy/policy.h"
#include "tool/account.h"

enum policy_option {
	POLICY_INTERFACE = ACCOUNT_N_OPTIONS,
	POLICY_OPERATION,
	POLICY_IDENTITY,
	POLICY_FROM,
	POLICY_TRANSPORT,
	POLICY_LEVEL,
	POLICY_N_OPTIONS,
};

_Static_assert((int)POLICY_N_OPTIONS <= (int)TOOL_VALUES_MAX, "room for all in struct tool");

#define POLICY_VAL(option) (TOOL_OPTION_OWN + (int)POLICY_##option)

/* Reads the policy of a file, or - for standard input, and what it may name. Complains. */
int policy_load(struct tool *tool, const char *path, struct pen_policy **policyp);

/* ---- policy-why.c ---- */

int policy_why(struct tool *tool, int argc, char **argv);

/* ---- policy-suggest.c ---- */

int policy_suggest(struct tool *tool, int argc, char **argv);

/* ---- account-policy.c ---- */

int account_policy_show(struct tool *tool, int argc, char **argv);
int account_policy_set(struct tool *tool, int argc, char **argv);

#endif
