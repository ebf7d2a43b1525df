/* SPDX-License-Identifier: MIT */
#include "policy/rule.h"
#include "policy/reading.h"
#include <string.h>
#include <strings.h>

/* ---- names ---- */

const char *pen_rule_verb_name(enum pen_rule_verb verb)
{
	static const char *const names[] = {
		[PEN_RULE_ALLOW] = "allow",
		[PEN_RULE_DENY] = "deny",
		[PEN_RULE_AUDIT] = "audit",
		[PEN_RULE_FLOOR] = "floor",
	};

	return (size_t)verb < PEN_COUNT(names) ? names[verb] : NULL;
}

const char *pen_rule_condition_name(enum pen_rule_condition condition)
{
	static const char *const names[PEN_RULE_N_CONDITIONS] = {
		[PEN_RULE_INTERFACE] = "interface", [PEN_RULE_OPERATION] = "operation",
		[PEN_RULE_IDENTITY] = "identity",   [PEN_RULE_FROM] = "from",
		[PEN_RULE_TRANSPORT] = "transport", [PEN_RULE_LEVEL] = "level",
	};

	return (size_t)condition < PEN_COUNT(names) ? names[condition] : NULL;
}

const char *pen_rule_transport_name(enum pen_protseq protseq)
{
	static const char *const names[PEN_RULE_N_TRANSPORTS] = {
		[PEN_NCACN_IP_TCP] = "ncacn_ip_tcp",
		[PEN_NCACN_NP] = "ncacn_np",
		[PEN_NCALRPC] = "ncalrpc",
	};

	return (size_t)protseq < PEN_COUNT(names) ? names[protseq] : NULL;
}

/* Level call is of datagrams; it lies between connect and packet. */
const char *pen_rule_level_name(uint8_t level)
{
	static const char *const names[PEN_RULE_N_LEVELS] = {
		[PEN_AUTH_LEVEL_NONE] = "none",		  [PEN_AUTH_LEVEL_CONNECT] = "connect",
		[PEN_AUTH_LEVEL_PACKET] = "packet",	  [PEN_AUTH_LEVEL_PRIVACY] = "privacy",
		[PEN_AUTH_LEVEL_INTEGRITY] = "integrity",
	};

	return level < PEN_COUNT(names) ? names[level] : NULL;
}

bool pen_rule_is_name(const char *text)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
					 "0123456789";

	return text && *text && !(*text >= '0' && *text <= '9') && !text[strspn(text, characters)];
}

uint32_t pen_rule_key(const char *name)
{
	uint32_t key = 2166136261;

	for (; name && *name; name++)
		key = (key ^
		       (*name >= 'A' && *name <= 'Z' ? (uint8_t)*name | 0x20u : (uint8_t)*name)) *
		      16777619;
	return key;
}

/* ---- a question ---- */

void pen_asked_init(struct pen_asked *asked, const struct pen_policy_question *question,
		    const struct pen_sid *sids, size_t n_sids)
{
	bool is_level = question->auth_level > 0 && question->auth_level < PEN_RULE_N_LEVELS;

	*asked = (struct pen_asked){
		.question = question,
		.source = pen_source_of(question->source),
		.interface_key = pen_rule_key(question->interface_name),
		.operation_key = pen_rule_key(question->operation),
		.level = is_level ? question->auth_level : PEN_AUTH_LEVEL_NONE,
		.sids = sids,
		.n_sids = n_sids,
	};
}

static void hold(struct pen_asked *asked, const struct pen_sid *sid)
{
	size_t low = 0, high = asked->n_sids;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = pen_sid_compare(sid, &asked->sids[middle]);

		if (!order) {
			asked->held[middle / 64] |= UINT64_C(1) << middle % 64;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
}

/* One search for each SID of the token, and none for each of a rule. */
static bool holds_sid(struct pen_asked *asked, size_t index)
{
	const struct pen_token *token = asked->question->token;

	if (!asked->has_held && token)
		for (size_t i = 0; i < pen_token_info(token)->n_sids; i++)
			hold(asked, &pen_token_info(token)->sids[i]);
	asked->has_held = true;
	return asked->held[index / 64] >> index % 64 & 1;
}

/* ---- conditions ---- */

static enum pen_rule_match test_name(const struct pen_rule_word *word, const char *name,
				     uint32_t key)
{
	if (!name)
		return PEN_RULE_UNTOLD;
	return word->key == key && !strcasecmp(word->text, name) ? PEN_RULE_HOLDS : PEN_RULE_FAILS;
}

static enum pen_rule_match test_interfaces(const struct pen_rule *rule,
					   const struct pen_asked *asked)
{
	const struct pen_policy_question *question = asked->question;
	enum pen_rule_match match = rule->n_interfaces ? PEN_RULE_FAILS : PEN_RULE_HOLDS;

	for (size_t i = 0; match != PEN_RULE_HOLDS && i < rule->n_interfaces; i++) {
		const struct pen_rule_word *word = &rule->interfaces[i];
		enum pen_rule_match one = PEN_RULE_FAILS;

		if (word->is_name)
			one = test_name(word, question->interface_name, asked->interface_key);
		else if (pen_uuid_equal(&word->uuid, &question->interface.uuid))
			one = PEN_RULE_HOLDS;
		if (one != PEN_RULE_FAILS)
			match = one;
	}
	return match;
}

static enum pen_rule_match test_operations(const struct pen_rule *rule,
					   const struct pen_asked *asked)
{
	const struct pen_policy_question *question = asked->question;
	enum pen_rule_match match = PEN_RULE_FAILS;

	if (question->opnum == PEN_POLICY_BIND)
		return PEN_RULE_LATER;
	for (size_t i = 0; match != PEN_RULE_HOLDS && i < rule->n_operations; i++) {
		const struct pen_rule_word *word = &rule->operations[i];
		enum pen_rule_match one = PEN_RULE_FAILS;

		if (word->is_name)
			one = test_name(word, question->operation, asked->operation_key);
		else if (word->opnum == question->opnum)
			one = PEN_RULE_HOLDS;
		if (one != PEN_RULE_FAILS)
			match = one;
	}
	return match;
}

static enum pen_rule_match test_identities(const struct pen_rule *rule, struct pen_asked *asked)
{
	for (size_t i = 0; i < rule->n_identities; i++) {
		const struct pen_identity *identity = &rule->identities[i];

		if (identity->kind == PEN_IDENTITY_SID
			    ? holds_sid(asked, identity->sid_index)
			    : pen_identity_is(identity, asked->question->token))
			return PEN_RULE_HOLDS;
	}
	return PEN_RULE_FAILS;
}

static enum pen_rule_match test_sources(const struct pen_rule *rule, const struct pen_asked *asked)
{
	if (!asked->source.is_known)
		return PEN_RULE_UNTOLD;
	for (size_t i = 0; i < rule->n_sources; i++)
		if (pen_network_has(&rule->sources[i].network, &asked->source))
			return PEN_RULE_HOLDS;
	return PEN_RULE_FAILS;
}

static enum pen_rule_match test_level(const struct pen_rule *rule, uint8_t level)
{
	return level >= rule->level_min && (!rule->level_below || level < rule->level_below)
		       ? PEN_RULE_HOLDS
		       : PEN_RULE_FAILS;
}

enum pen_rule_match pen_rule_test(const struct pen_rule *rule, enum pen_rule_condition condition,
				  struct pen_asked *asked)
{
	if (!(rule->conditions & PEN_BIT(condition)))
		return PEN_RULE_HOLDS;
	switch (condition) {
	case PEN_RULE_INTERFACE:
		return test_interfaces(rule, asked);
	case PEN_RULE_OPERATION:
		return test_operations(rule, asked);
	case PEN_RULE_IDENTITY:
		return test_identities(rule, asked);
	case PEN_RULE_FROM:
		return test_sources(rule, asked);
	case PEN_RULE_TRANSPORT:
		return rule->transports >> asked->question->protseq & 1 ? PEN_RULE_HOLDS
									: PEN_RULE_FAILS;
	case PEN_RULE_LEVEL:
		return test_level(rule, asked->level);
	case PEN_RULE_N_CONDITIONS:
		break;
	}
	return PEN_RULE_FAILS;
}

uint32_t pen_rule_match(const struct pen_rule *rule, struct pen_asked *asked,
			enum pen_rule_condition *failedp)
{
	uint32_t matches = 0;

	for (int i = 0; i < PEN_RULE_N_CONDITIONS; i++) {
		enum pen_rule_match match = pen_rule_test(rule, (enum pen_rule_condition)i, asked);

		if (match == PEN_RULE_FAILS) {
			*failedp = (enum pen_rule_condition)i;
			return PEN_RULE_FAILS;
		}
		matches |= match;
	}
	return matches;
}

/* ---- printing ---- */

/* " NAME=" before the first value, a comma before the others. */
static int print_value(enum pen_rule_condition condition, size_t i, const char *text,
		       struct pen_buffer *buffer)
{
	int r = i ? pen_buffer_add(buffer, ",", 1)
		  : pen_buffer_printf(buffer, " %s=", pen_rule_condition_name(condition));

	return r ? r : pen_value_print(text, buffer);
}

static int print_transports(uint32_t transports, struct pen_buffer *buffer)
{
	size_t n = 0;
	int r = 0;

	for (uint32_t i = 0; !r && i < PEN_RULE_N_TRANSPORTS; i++)
		if (transports & PEN_BIT(i))
			r = print_value(PEN_RULE_TRANSPORT, n++,
					pen_rule_transport_name((enum pen_protseq)i), buffer);
	return r;
}

static int print_level(const struct pen_rule *rule, struct pen_buffer *buffer)
{
	const char *below = rule->verb == PEN_RULE_FLOOR ? "=" : "<";
	int r = 0;

	if (rule->level_min)
		r = pen_buffer_printf(buffer, " level>=%s", pen_rule_level_name(rule->level_min));
	if (!r && rule->level_below)
		r = pen_buffer_printf(buffer, " level%s%s", below,
				      pen_rule_level_name(rule->level_below));
	return r;
}

int pen_rule_print(const struct pen_rule *rule, struct pen_buffer *buffer)
{
	int r = pen_buffer_printf(buffer, "%s", pen_rule_verb_name(rule->verb));

	if (!r && rule->conditions & PEN_BIT(PEN_RULE_INTERFACE) && !rule->n_interfaces)
		r = print_value(PEN_RULE_INTERFACE, 0, "*", buffer);
	for (size_t i = 0; !r && i < rule->n_interfaces; i++)
		r = print_value(PEN_RULE_INTERFACE, i, rule->interfaces[i].text, buffer);
	for (size_t i = 0; !r && i < rule->n_operations; i++)
		r = print_value(PEN_RULE_OPERATION, i, rule->operations[i].text, buffer);
	for (size_t i = 0; !r && i < rule->n_identities; i++)
		r = print_value(PEN_RULE_IDENTITY, i, rule->identities[i].text, buffer);
	for (size_t i = 0; !r && i < rule->n_sources; i++)
		r = print_value(PEN_RULE_FROM, i, rule->sources[i].text, buffer);
	if (!r)
		r = print_transports(rule->transports, buffer);
	if (!r)
		r = print_level(rule, buffer);
	return r ? r : pen_buffer_add(buffer, "\n", 1);
}
