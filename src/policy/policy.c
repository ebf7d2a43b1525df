/* SPDX-License-Identifier: MIT */
#include "policy/policy-private.h"
#include "policy/reading.h"
#include <string.h>

/* ---- asking ---- */

/* What a rule does to the question. */
enum effect { PASSES, NOTES, ALLOWS, DENIES, MAY_ALLOW, MAY_DENY };

/*
 * What is not told counts against the caller. A rule about an operation, at a bind, can
 * allow some call to come, but never deny them all.
 */
static enum effect effect_of(enum pen_rule_verb verb, uint32_t matches)
{
	bool is_later = matches & PEN_RULE_LATER, is_untold = matches & PEN_RULE_UNTOLD;

	if (matches & PEN_RULE_FAILS)
		return PASSES;
	switch (verb) {
	case PEN_RULE_AUDIT:
		return is_later ? PASSES : NOTES;
	case PEN_RULE_ALLOW:
		if (is_untold)
			return PASSES;
		return is_later ? MAY_ALLOW : ALLOWS;
	case PEN_RULE_DENY:
	case PEN_RULE_FLOOR:
		return is_later ? MAY_DENY : DENIES;
	}
	return PASSES;
}

static const char *floor_reason(uint8_t level)
{
	static const char *const reasons[PEN_RULE_N_LEVELS] = {
		[PEN_AUTH_LEVEL_CONNECT] = "the interface wants connect",
		[PEN_AUTH_LEVEL_PACKET] = "the interface wants packet",
		[PEN_AUTH_LEVEL_INTEGRITY] = "the interface wants integrity",
		[PEN_AUTH_LEVEL_PRIVACY] = "the interface wants privacy",
	};

	return reasons[level];
}

static void answer_by_rule(struct pen_policy_answer *answer, const struct pen_rule *rule,
			   enum effect effect)
{
	answer->is_allowed = effect != DENIES;
	answer->is_maybe |= effect == MAY_ALLOW;
	answer->by = (struct pen_policy_line){ rule->number, rule->text };
	if (effect == MAY_ALLOW)
		answer->reason = "a rule allows some operation of the interface";
	else if (effect == ALLOWS)
		answer->reason = "a rule allows it";
	else if (rule->verb == PEN_RULE_FLOOR)
		answer->reason = floor_reason(rule->level_below);
	else
		answer->reason = "a rule denies it";
}

static void answer_by_default(struct pen_policy_answer *answer, const struct pen_policy *policy)
{
	answer->is_allowed = !policy->denies_rest;
	answer->by = policy->default_line;
	answer->reason = policy->denies_rest ? "no rule allows it" : "no rule denies it";
}

static void note(struct pen_policy_answer *answer, const struct pen_rule *rule)
{
	if (answer->n_audits < PEN_POLICY_AUDITS_MAX)
		answer->audits[answer->n_audits] =
			(struct pen_policy_line){ rule->number, rule->text };
	answer->n_audits++;
}

void pen_policy_ask(const struct pen_policy *policy, const struct pen_policy_question *question,
		    struct pen_policy_answer *answer)
{
	enum pen_rule_condition failed;
	struct pen_asked asked;

	*answer = (struct pen_policy_answer){ .is_allowed = false };
	pen_asked_init(&asked, question, policy->sids, policy->n_sids);
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct pen_rule *rule = &policy->rules[i];
		enum effect effect = effect_of(rule->verb, pen_rule_match(rule, &asked, &failed));

		if (effect == NOTES) {
			note(answer, rule);
		} else if (effect == MAY_DENY) {
			answer->is_maybe = true;
		} else if (effect != PASSES) {
			answer_by_rule(answer, rule, effect);
			break;
		}
	}
	if (!answer->reason)
		answer_by_default(answer, policy);
	answer->is_maybe &= answer->is_allowed;
}

/* ---- why ---- */

/* A text that somebody else chose: what a terminal would obey is a question mark. */
static int put_plain(const char *text, struct pen_buffer *buffer)
{
	int r = 0;

	if (pen_value_is_text(text, strlen(text)))
		return pen_buffer_add(buffer, text, strlen(text));
	for (; !r && *text; text++)
		r = pen_buffer_add(buffer, *text >= ' ' && *text < 0x7f ? text : "?", 1);
	return r;
}

static int put_interface(const struct pen_policy_question *question, struct pen_buffer *buffer)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	if (question->interface_name)
		return put_plain(question->interface_name, buffer);
	pen_uuid_print(&question->interface.uuid, uuid);
	return pen_buffer_printf(buffer, "%s", uuid);
}

static int put_operation(const struct pen_policy_question *question, struct pen_buffer *buffer)
{
	if (question->operation)
		return put_plain(question->operation, buffer);
	return pen_buffer_printf(buffer, "%u", question->opnum);
}

/* What the question has in place of a condition's values. */
static int put_fact(enum pen_rule_condition condition, const struct pen_asked *asked,
		    struct pen_buffer *buffer)
{
	const struct pen_policy_question *question = asked->question;
	const char *level = pen_rule_level_name(asked->level);
	const char *transport = pen_rule_transport_name(question->protseq);

	switch (condition) {
	case PEN_RULE_INTERFACE:
		return put_interface(question, buffer);
	case PEN_RULE_OPERATION:
		return put_operation(question, buffer);
	case PEN_RULE_IDENTITY:
		return pen_identity_print(question->token, buffer);
	case PEN_RULE_FROM:
		return put_plain(asked->source.is_local ? "local" : question->source, buffer);
	case PEN_RULE_TRANSPORT:
		return pen_buffer_printf(buffer, "%s", transport ? transport : "unknown");
	case PEN_RULE_LEVEL:
		return pen_buffer_printf(buffer, "%s", level ? level : "call");
	case PEN_RULE_N_CONDITIONS:
		break;
	}
	return 0;
}

/* "does not match: interface is samr" */
static int put_failed(enum pen_rule_condition condition, const struct pen_asked *asked,
		      struct pen_buffer *buffer)
{
	int r = pen_buffer_printf(buffer, "does not match: %s is ",
				  pen_rule_condition_name(condition));

	return r ? r : put_fact(condition, asked, buffer);
}

static const char *effect_text(enum effect effect, bool is_untold)
{
	switch (effect) {
	case PASSES:
		return is_untold ? "may match, but not all is known, so it passes"
				 : "is about operations, of which a bind has none";
	case NOTES:
		return is_untold ? "may match, as not all is known, and is noted"
				 : "matches, and is noted";
	case ALLOWS:
		return "matches, and allows";
	case DENIES:
		return is_untold ? "may match, as not all is known, and denies"
				 : "matches, and denies";
	case MAY_ALLOW:
		return "may match an operation, so the bind is allowed";
	case MAY_DENY:
		return "may match an operation, which does not deny the bind";
	}
	return "";
}

/* "line 3: deny interface=samr: ", and what becomes of it. */
static int put_rule(const struct pen_rule *rule, struct pen_asked *asked, bool is_decided,
		    enum effect *effectp, struct pen_buffer *buffer)
{
	enum pen_rule_condition failed = PEN_RULE_N_CONDITIONS;
	uint32_t matches = pen_rule_match(rule, asked, &failed);
	int r = pen_buffer_printf(buffer, "line %u: %s: ", rule->number, rule->text);

	*effectp = is_decided ? PASSES : effect_of(rule->verb, matches);
	if (!r && matches & PEN_RULE_FAILS)
		r = put_failed(failed, asked, buffer);
	else if (!r)
		r = pen_buffer_printf(buffer, "%s",
				      is_decided
					      ? "comes too late"
					      : effect_text(*effectp, matches & PEN_RULE_UNTOLD));
	return r ? r : pen_buffer_add(buffer, "\n", 1);
}

int pen_policy_why(const struct pen_policy *policy, const struct pen_policy_question *question,
		   struct pen_buffer *buffer)
{
	struct pen_policy_answer answer;
	struct pen_asked asked;
	bool is_decided = false;
	int r = 0;

	pen_policy_ask(policy, question, &answer);
	pen_asked_init(&asked, question, policy->sids, policy->n_sids);
	for (size_t i = 0; !r && i < policy->n_rules; i++) {
		enum effect effect;

		r = put_rule(&policy->rules[i], &asked, is_decided, &effect, buffer);
		is_decided |= effect == ALLOWS || effect == DENIES || effect == MAY_ALLOW;
	}
	if (!r && !is_decided && policy->default_line.number)
		r = pen_buffer_printf(buffer, "line %u: %s: decides\n", policy->default_line.number,
				      policy->default_line.text);
	if (!r)
		r = pen_buffer_printf(buffer, "%s%s: %s\n",
				      answer.is_allowed ? "allowed" : "denied",
				      answer.is_maybe ? " so far" : "", answer.reason);
	return r;
}

/* ---- printing ---- */

int pen_policy_print(const struct pen_policy *policy, struct pen_buffer *buffer)
{
	int r = 0;

	for (size_t i = 0; !r && i < policy->n_rules; i++)
		r = pen_rule_print(&policy->rules[i], buffer);
	for (size_t i = 0; !r && i < policy->n_quotas; i++)
		r = pen_quota_rule_print(&policy->quotas[i], buffer);
	return r ? r
		 : pen_buffer_printf(buffer, "default %s\n",
				     policy->denies_rest ? "deny" : "allow");
}
