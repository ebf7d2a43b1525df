/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "policy/policy-private.h"
#include "policy/reading.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 16 << 20 };

/* A policy while it is made: rules have room for as many as the text can have. */
struct making {
	struct pen_policy *policy;
	struct pen_rule *rules;
	struct pen_quota_rule *quotas;
	bool has_default;
};

/* ---- lines ---- */

static void read_default(struct pen_reading *reading, size_t column, struct making *making)
{
	struct pen_policy *policy = making->policy;
	size_t word_column, more;
	const char *word = pen_reading_word(reading, &word_column);

	policy->default_line.number = (uint32_t)reading->number;
	policy->default_line.text = pen_reading_text(reading, column);
	if (!word || (strcmp(word, "allow") != 0 && strcmp(word, "deny") != 0))
		pen_reading_diagnose(reading, word ? word_column : column,
				     "default is allow or deny");
	else if (making->has_default)
		pen_reading_diagnose(reading, column, "there is a default already");
	else if (pen_reading_word(reading, &more))
		pen_reading_diagnose(reading, more, "default has no condition");
	else
		policy->denies_rest = !strcmp(word, "deny");
	making->has_default = true;
}

/* Of a line that begins with the word: its verb, or diagnosed and -1. */
static int find_verb(struct pen_reading *reading, const char *word, size_t column)
{
	struct pen_spelling spelling = { .word = word };

	for (int i = PEN_RULE_ALLOW; i <= PEN_RULE_FLOOR; i++) {
		const char *name = pen_rule_verb_name((enum pen_rule_verb)i);

		if (!strcmp(word, name))
			return i;
		pen_spelling_try(&spelling, name);
	}
	pen_spelling_try(&spelling, "default");
	pen_spelling_try(&spelling, "quota");
	if (spelling.nearest)
		pen_reading_diagnose_name(reading, column, "rule", &spelling);
	else
		pen_reading_diagnose(reading, column,
				     "a line is allow, deny, audit, floor or quota and conditions, "
				     "default, or a comment after #");
	return -1;
}

static void read_line(struct pen_reading *reading, struct making *making)
{
	struct pen_policy *policy = making->policy;
	size_t column;
	const char *word = pen_reading_word(reading, &column);
	bool is_quota = word && !strcmp(word, "quota");
	int verb;

	if (!word)
		return;
	if (!strcmp(word, "default")) {
		read_default(reading, column, making);
		return;
	}
	verb = is_quota ? 0 : find_verb(reading, word, column);
	if (verb < 0)
		return;
	if (policy->n_rules + policy->n_quotas == PEN_POLICY_RULES_MAX) {
		pen_reading_diagnose(reading, column, "more than %d rules", PEN_POLICY_RULES_MAX);
		return;
	}
	if (is_quota) {
		pen_quota_rule_read(reading, column, &making->quotas[policy->n_quotas++]);
	} else {
		making->rules[policy->n_rules].verb = (enum pen_rule_verb)verb;
		pen_rule_read(reading, column, &making->rules[policy->n_rules++]);
	}
}

static void read_lines(struct pen_reading *reading, struct making *making, const char *text,
		       size_t n)
{
	while (n && !pen_reading_is_over(reading)) {
		const char *end = memchr(text, '\n', n);
		size_t n_line = end ? (size_t)(end - text) : n;

		if (pen_reading_line(reading, text, n_line))
			read_line(reading, making);
		text += end ? n_line + 1 : n_line;
		n -= end ? n_line + 1 : n_line;
	}
}

/* ---- the SIDs of all rules, in order ---- */

static int compare_sids(const void *a, const void *b)
{
	return pen_sid_compare(a, b);
}

static size_t count_sids(const struct making *making)
{
	size_t n = 0;

	for (size_t i = 0; i < making->policy->n_rules; i++)
		for (size_t k = 0; k < making->rules[i].n_identities; k++)
			n += making->rules[i].identities[k].kind == PEN_IDENTITY_SID;
	return n;
}

/* Each rule's SIDs become places in the list. */
static void place_sids(struct making *making)
{
	const struct pen_policy *policy = making->policy;

	for (size_t i = 0; i < policy->n_rules; i++)
		for (size_t k = 0; k < making->rules[i].n_identities; k++) {
			struct pen_identity *identity = &making->rules[i].identities[k];
			const struct pen_sid *place;

			if (identity->kind != PEN_IDENTITY_SID)
				continue;
			place = bsearch(&identity->sid, policy->sids, policy->n_sids,
					sizeof(*place), compare_sids);
			identity->sid_index = (uint32_t)(place - policy->sids);
		}
}

static void list_sids(struct pen_reading *reading, struct making *making)
{
	struct pen_policy *policy = making->policy;
	size_t n_all = count_sids(making), n = 0;
	struct pen_sid *sids;

	if (!n_all)
		return;
	sids = pen_reading_array(reading, n_all, sizeof(*sids));
	if (!sids)
		return;
	for (size_t i = 0; i < policy->n_rules; i++)
		for (size_t k = 0; k < making->rules[i].n_identities; k++)
			if (making->rules[i].identities[k].kind == PEN_IDENTITY_SID)
				sids[n++] = making->rules[i].identities[k].sid;
	qsort(sids, n, sizeof(*sids), compare_sids);
	n = 1;
	for (size_t i = 1; i < n_all; i++)
		if (!pen_sid_equal(&sids[i], &sids[n - 1]))
			sids[n++] = sids[i];
	policy->sids = sids;
	policy->n_sids = n;
	if (n > PEN_POLICY_SIDS_MAX)
		pen_reading_diagnose(reading, 0, "more than %d different SIDs in rules",
				     PEN_POLICY_SIDS_MAX);
	else
		place_sids(making);
}

/* ---- all of it ---- */

/* As many as there are lines, up to the limit, so that they are made once. */
static size_t count_lines(const char *text, size_t n)
{
	size_t n_lines = 1;

	for (size_t i = 0; i < n && n_lines < PEN_POLICY_RULES_MAX; i++)
		n_lines += text[i] == '\n';
	return n_lines;
}

static void read_text(struct pen_reading *reading, struct pen_policy *policy, const char *text,
		      size_t n)
{
	size_t n_max = count_lines(text, n);
	struct making making = {
		.policy = policy,
		.rules = pen_reading_array(reading, n_max, sizeof(*making.rules)),
		.quotas = pen_reading_array(reading, n_max, sizeof(*making.quotas)),
	};

	policy->default_line.text = "default allow";
	policy->rules = making.rules;
	policy->quotas = making.quotas;
	read_lines(reading, &making, text, n);
	if (!reading->n_wrong && !reading->r)
		list_sids(reading, &making);
}

static inline void policy_freep(struct pen_policy **policyp)
{
	pen_policy_free(*policyp);
}

int pen_policy_new(struct pen_policy **policyp, const char *name, const char *text, size_t n,
		   const struct pen_policy_known *known, struct pen_buffer *diagnoses)
{
	pen_cleanup(policy_freep) struct pen_policy *policy = NULL;
	struct pen_reading reading = { .name = name, .diagnoses = diagnoses };

	if (n > PEN_POLICY_TEXT_MAX) {
		int r = pen_buffer_printf(diagnoses, "%s: more than %d bytes\n", name,
					  PEN_POLICY_TEXT_MAX);

		return r ? r : PEN_E_LIMIT;
	}
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return -ENOMEM;
	pen_arena_init(&policy->arena, ARENA_MAX);
	reading.arena = &policy->arena;
	reading.interfaces = known ? known->interfaces : NULL;
	reading.n_interfaces = known ? known->n_interfaces : 0;
	read_text(&reading, policy, text, n);
	pen_buffer_done(&reading.values);
	if (reading.r || reading.n_wrong)
		return reading.r ? reading.r : PEN_E_SYNTAX;

	*policyp = pen_take(&policy);
	return 0;
}

struct pen_policy *pen_policy_free(struct pen_policy *policy)
{
	if (policy)
		pen_arena_done(&policy->arena);
	free(policy);
	return NULL;
}
