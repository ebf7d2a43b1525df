/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_RULE_H
#define PEN_POLICY_RULE_H
/*
 * One rule of a policy: what it does, and the conditions under which it does it. All conditions
 * must hold, and of one condition's values any.
 */
#include "policy/identity.h"
#include "policy/network.h"
#include "policy/policy.h"

struct pen_reading;

enum pen_rule_verb { PEN_RULE_ALLOW, PEN_RULE_DENY, PEN_RULE_AUDIT, PEN_RULE_FLOOR };

/* In the order in which they are looked at and printed. */
enum pen_rule_condition {
	PEN_RULE_INTERFACE,
	PEN_RULE_OPERATION,
	PEN_RULE_IDENTITY,
	PEN_RULE_FROM,
	PEN_RULE_TRANSPORT,
	PEN_RULE_LEVEL,
	PEN_RULE_N_CONDITIONS,
};

/* An interface or an operation: by name, or else by UUID or number. */
struct pen_rule_word {
	const char *text;
	bool is_name;
	uint32_t key; /* of a name; see pen_rule_key */
	uint32_t opnum;
	struct pen_uuid uuid;
};

struct pen_rule_source {
	const char *text;
	struct pen_network network;
};

struct pen_rule {
	enum pen_rule_verb verb;
	uint32_t number;     /* of its line */
	const char *text;    /* the line, without comment */
	uint32_t conditions; /* PEN_BIT of each that it has */

	const struct pen_rule_word *interfaces; /* none, where there is a condition: any */
	size_t n_interfaces;
	const struct pen_rule_word *operations;
	size_t n_operations;
	struct pen_identity *identities;
	size_t n_identities;
	const struct pen_rule_source *sources;
	size_t n_sources;
	uint32_t transports; /* PEN_BIT(enum pen_protseq) */
	uint8_t level_min;   /* level>=; 0: none */
	uint8_t level_below; /* level<, and of a floor the level; 0: none */
};

/* A question, with all that rules would else look for anew. */
struct pen_asked {
	const struct pen_policy_question *question;
	struct pen_source source;
	uint32_t interface_key, operation_key;
	uint8_t level;
	const struct pen_sid *sids; /* the policy's, in order */
	size_t n_sids;
	bool has_held;				 /* held is made at the first rule that wants it */
	uint64_t held[PEN_POLICY_SIDS_MAX / 64]; /* bit n: the token has sids[n] */
};

void pen_asked_init(struct pen_asked *asked, const struct pen_policy_question *question,
		    const struct pen_sid *sids, size_t n_sids);

/* How a condition stands. */
enum pen_rule_match {
	PEN_RULE_HOLDS = 0,
	PEN_RULE_FAILS = 1 << 0,
	PEN_RULE_UNTOLD = 1 << 1, /* the question does not tell */
	PEN_RULE_LATER = 1 << 2,  /* it is about the operation, and this is a bind */
};

enum pen_rule_match pen_rule_test(const struct pen_rule *rule, enum pen_rule_condition condition,
				  struct pen_asked *asked);

/* Of all conditions: FAILS and *failedp, the first that does, or bits of UNTOLD and LATER. */
uint32_t pen_rule_match(const struct pen_rule *rule, struct pen_asked *asked,
			enum pen_rule_condition *failedp);

/* Whether an interface or an operation can have the name; NULL cannot. */
bool pen_rule_is_name(const char *text);

/* Names are the same where case does not count; then their keys are too. */
uint32_t pen_rule_key(const char *name);

/*
 * Reads what comes after the verb. What is wrong is diagnosed, and then the rule is not
 * to be used.
 */
void pen_rule_read(struct pen_reading *reading, size_t column, struct pen_rule *rule);

/* The same of identities, for whatever else has them. NULL: diagnosed. */
struct pen_clause;
struct pen_identity *pen_rule_read_identities(struct pen_reading *reading,
					      const struct pen_clause *clause);
const struct pen_rule_source *pen_rule_read_sources(struct pen_reading *reading,
						    const struct pen_clause *clause);

int pen_rule_print(const struct pen_rule *rule, struct pen_buffer *buffer);

const char *pen_rule_verb_name(enum pen_rule_verb verb);
const char *pen_rule_condition_name(enum pen_rule_condition condition);

/* NULL: it has no name here. */
const char *pen_rule_transport_name(enum pen_protseq protseq);
const char *pen_rule_level_name(uint8_t level);
enum { PEN_RULE_N_TRANSPORTS = PEN_NCALRPC + 1, PEN_RULE_N_LEVELS = PEN_AUTH_LEVEL_PRIVACY + 1 };

#endif
