/* SPDX-License-Identifier: MIT */
#include "policy/reading.h"
#include "policy/rule.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- interfaces and operations ---- */

static bool is_meant(const struct pen_rule_word *word, const struct pen_interface *interface)
{
	return word->is_name ? !strcasecmp(interface->name, word->text)
			     : pen_uuid_equal(&interface->id.uuid, &word->uuid);
}

static bool is_known(const struct pen_reading *reading, const struct pen_rule_word *word)
{
	for (size_t i = 0; i < reading->n_interfaces; i++)
		if (is_meant(word, reading->interfaces[i]))
			return true;
	return false;
}

static void read_interface(struct pen_reading *reading, const struct pen_value *value,
			   struct pen_rule_word *word)
{
	struct pen_spelling spelling = { .word = value->text };

	word->text = value->text;
	if (!pen_uuid_parse(&word->uuid, value->text))
		return;
	word->is_name = true;
	word->key = pen_rule_key(value->text);
	if (!pen_rule_is_name(value->text)) {
		pen_reading_diagnose(reading, value->column,
				     "interface is a name, a UUID, or * for any");
		return;
	}
	if (!reading->interfaces || is_known(reading, word))
		return;
	for (size_t i = 0; i < reading->n_interfaces; i++)
		pen_spelling_try(&spelling, reading->interfaces[i]->name);
	pen_reading_diagnose_name(reading, value->column, "interface", &spelling);
}

static bool is_same(const struct pen_rule_word *a, const struct pen_rule_word *b)
{
	if (a->is_name != b->is_name)
		return false;
	return a->is_name ? a->key == b->key && !strcasecmp(a->text, b->text)
			  : pen_uuid_equal(&a->uuid, &b->uuid);
}

/* So there are no more of them than there are interfaces, however long the line. */
static void check_repetition(struct pen_reading *reading, const struct pen_clause *clause,
			     const struct pen_rule_word *words)
{
	for (size_t i = 1; i < clause->n_values; i++)
		for (size_t k = 0; k < i; k++)
			if (is_same(&words[i], &words[k])) {
				pen_reading_diagnose(reading, clause->values[i].column,
						     "%s is there already", words[i].text);
				return;
			}
}

static void read_interfaces(struct pen_reading *reading, const struct pen_clause *clause,
			    struct pen_rule *rule)
{
	struct pen_rule_word *words;

	for (size_t i = 0; i < clause->n_values; i++)
		if (!strcmp(clause->values[i].text, "*")) {
			if (clause->n_values > 1)
				pen_reading_diagnose(reading, clause->values[i].column,
						     "* is every interface, and stands alone");
			return;
		}
	words = pen_reading_array(reading, clause->n_values, sizeof(*words));
	for (size_t i = 0; words && i < clause->n_values; i++)
		read_interface(reading, &clause->values[i], &words[i]);
	if (words)
		check_repetition(reading, clause, words);
	rule->interfaces = words;
	rule->n_interfaces = words ? clause->n_values : 0;
}

static void read_operation(struct pen_reading *reading, const struct pen_value *value,
			   struct pen_rule_word *word)
{
	const char *text = value->text;

	word->text = text;
	word->is_name = pen_rule_is_name(text);
	word->key = pen_rule_key(text);
	if (word->is_name)
		return;
	for (; isdigit((unsigned char)*text) && word->opnum <= UINT16_MAX; text++)
		word->opnum = word->opnum * 10 + (uint32_t)(*text - '0');
	if (*text || text == value->text || word->opnum > UINT16_MAX)
		pen_reading_diagnose(reading, value->column,
				     "operation is a name, or a number from 0 to 65535");
}

static void read_operations(struct pen_reading *reading, const struct pen_clause *clause,
			    struct pen_rule *rule)
{
	struct pen_rule_word *words = pen_reading_array(reading, clause->n_values, sizeof(*words));

	for (size_t i = 0; words && i < clause->n_values; i++)
		read_operation(reading, &clause->values[i], &words[i]);
	rule->operations = words;
	rule->n_operations = words ? clause->n_values : 0;
}

static bool may_have(const struct pen_interface *interface, const char *name,
		     struct pen_spelling *spelling)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const char *there = interface->operations[i].name;

		if (there && !strcasecmp(there, name))
			return true;
		if (there)
			pen_spelling_try(spelling, there);
	}
	return !interface->n_operations;
}

/* Whether one of the rule's interfaces has it, or may have it. */
static bool has_operation(const struct pen_reading *reading, const struct pen_rule *rule,
			  const char *name, struct pen_spelling *spelling)
{
	for (size_t i = 0; i < rule->n_interfaces; i++) {
		const struct pen_rule_word *word = &rule->interfaces[i];

		for (size_t k = 0; k < reading->n_interfaces; k++)
			if (is_meant(word, reading->interfaces[k]) &&
			    may_have(reading->interfaces[k], name, spelling))
				return true;
		if (!is_known(reading, word))
			return true;
	}
	return !rule->n_interfaces;
}

/* Where interfaces are known, so are their operations. The columns are those of the line. */
static void check_operations(struct pen_reading *reading, const struct pen_rule *rule,
			     const size_t columns[PEN_RULE_N_CONDITIONS])
{
	for (size_t i = 0; reading->interfaces && i < rule->n_operations; i++) {
		const struct pen_rule_word *word = &rule->operations[i];
		struct pen_spelling spelling = { .word = word->text };

		if (word->is_name && !has_operation(reading, rule, word->text, &spelling))
			pen_reading_diagnose_name(reading, columns[PEN_RULE_OPERATION], "operation",
						  &spelling);
	}
}

/* ---- who, from where, how ---- */

static void diagnose_identity(struct pen_reading *reading, const struct pen_value *value)
{
	struct pen_spelling spelling = { .word = value->text };

	pen_spelling_try(&spelling, "anonymous");
	pen_spelling_try(&spelling, "authenticated");
	if (spelling.nearest)
		pen_reading_diagnose_name(reading, value->column, "identity", &spelling);
	else
		pen_reading_diagnose(reading, value->column,
				     "identity is DOMAIN\\user, *\\user, a SID, uid:NUMBER, "
				     "anonymous or authenticated");
}

struct pen_identity *pen_rule_read_identities(struct pen_reading *reading,
					      const struct pen_clause *clause)
{
	struct pen_identity *identities =
		pen_reading_array(reading, clause->n_values, sizeof(*identities));

	for (size_t i = 0; identities && i < clause->n_values; i++)
		if (pen_identity_parse(&identities[i], clause->values[i].text))
			diagnose_identity(reading, &clause->values[i]);
	return identities;
}

static void read_identities(struct pen_reading *reading, const struct pen_clause *clause,
			    struct pen_rule *rule)
{
	rule->identities = pen_rule_read_identities(reading, clause);
	rule->n_identities = rule->identities ? clause->n_values : 0;
}

const struct pen_rule_source *pen_rule_read_sources(struct pen_reading *reading,
						    const struct pen_clause *clause)
{
	struct pen_rule_source *sources =
		pen_reading_array(reading, clause->n_values, sizeof(*sources));

	for (size_t i = 0; sources && i < clause->n_values; i++) {
		const char *wrong;

		sources[i].text = clause->values[i].text;
		wrong = pen_network_parse(&sources[i].network, sources[i].text);
		if (wrong)
			pen_reading_diagnose(reading, clause->values[i].column, "%s", wrong);
	}
	return sources;
}

static void read_sources(struct pen_reading *reading, const struct pen_clause *clause,
			 struct pen_rule *rule)
{
	rule->sources = pen_rule_read_sources(reading, clause);
	rule->n_sources = rule->sources ? clause->n_values : 0;
}

static void read_transport(struct pen_reading *reading, const struct pen_value *value,
			   struct pen_rule *rule)
{
	struct pen_spelling spelling = { .word = value->text };

	for (uint32_t i = 0; i < PEN_RULE_N_TRANSPORTS; i++) {
		const char *name = pen_rule_transport_name((enum pen_protseq)i);

		pen_spelling_try(&spelling, name);
		if (!strcmp(name, value->text)) {
			rule->transports |= PEN_BIT(i);
			return;
		}
	}
	pen_reading_diagnose_name(reading, value->column, "transport", &spelling);
}

static void read_transports(struct pen_reading *reading, const struct pen_clause *clause,
			    struct pen_rule *rule)
{
	for (size_t i = 0; i < clause->n_values; i++)
		read_transport(reading, &clause->values[i], rule);
}

/* 0: diagnosed. */
static uint8_t read_level_name(struct pen_reading *reading, const struct pen_value *value)
{
	struct pen_spelling spelling = { .word = value->text };

	for (uint8_t level = 0; level < PEN_RULE_N_LEVELS; level++) {
		const char *name = pen_rule_level_name(level);

		if (name && !strcmp(name, value->text))
			return level;
		if (name)
			pen_spelling_try(&spelling, name);
	}
	if (spelling.nearest)
		pen_reading_diagnose_name(reading, value->column, "level", &spelling);
	else
		pen_reading_diagnose(reading, value->column,
				     "level is none, connect, packet, integrity or privacy");
	return 0;
}

static void read_level(struct pen_reading *reading, const struct pen_clause *clause,
		       struct pen_rule *rule)
{
	bool is_floor = rule->verb == PEN_RULE_FLOOR;
	bool is_min = clause->relation == PEN_RELATION_FROM;
	uint8_t *levelp = is_min ? &rule->level_min : &rule->level_below;
	uint8_t level = read_level_name(reading, &clause->values[0]);

	if (!level)
		return;
	if (clause->n_values > 1)
		pen_reading_diagnose(reading, clause->values[1].column, "one level is enough");
	else if (is_floor != (clause->relation == PEN_RELATION_IS))
		pen_reading_diagnose(reading, clause->column,
				     is_floor ? "a floor is level=LEVEL"
					      : "level is compared by < or >=");
	else if (level == PEN_AUTH_LEVEL_NONE)
		pen_reading_diagnose(reading, clause->values[0].column,
				     "every level is at least none");
	else if (*levelp)
		pen_reading_diagnose(reading, clause->column, "level has such a limit already");
	else
		*levelp = level;
	if (rule->level_below && rule->level_below <= rule->level_min)
		pen_reading_diagnose(reading, clause->column, "no level is between these two");
}

/* ---- rules ---- */

static void (*const readers[PEN_RULE_N_CONDITIONS])(struct pen_reading *, const struct pen_clause *,
						    struct pen_rule *) = {
	[PEN_RULE_INTERFACE] = read_interfaces, [PEN_RULE_OPERATION] = read_operations,
	[PEN_RULE_IDENTITY] = read_identities,	[PEN_RULE_FROM] = read_sources,
	[PEN_RULE_TRANSPORT] = read_transports, [PEN_RULE_LEVEL] = read_level,
};

/* What a floor may have, and what it must have. */
#define OF_FLOOR                                                                                   \
	(PEN_BIT(PEN_RULE_INTERFACE) | PEN_BIT(PEN_RULE_TRANSPORT) | PEN_BIT(PEN_RULE_LEVEL))
#define FLOOR_WANTS (PEN_BIT(PEN_RULE_INTERFACE) | PEN_BIT(PEN_RULE_LEVEL))

/* N_CONDITIONS: diagnosed. */
static enum pen_rule_condition find_condition(struct pen_reading *reading,
					      const struct pen_clause *clause)
{
	struct pen_spelling spelling = { .word = clause->name };

	for (int i = 0; i < PEN_RULE_N_CONDITIONS; i++) {
		const char *name = pen_rule_condition_name((enum pen_rule_condition)i);

		if (!strcmp(name, clause->name))
			return (enum pen_rule_condition)i;
		pen_spelling_try(&spelling, name);
	}
	pen_reading_diagnose_name(reading, clause->column, "condition", &spelling);
	return PEN_RULE_N_CONDITIONS;
}

static void read_condition(struct pen_reading *reading, const struct pen_clause *clause,
			   struct pen_rule *rule, size_t columns[PEN_RULE_N_CONDITIONS])
{
	enum pen_rule_condition condition = find_condition(reading, clause);
	bool is_again = rule->conditions & PEN_BIT(condition);

	if (condition == PEN_RULE_N_CONDITIONS)
		return;
	if (rule->verb == PEN_RULE_FLOOR && !(OF_FLOOR & PEN_BIT(condition)))
		pen_reading_diagnose(reading, clause->column,
				     "a floor has interface, transport and level");
	else if (clause->relation == PEN_RELATION_NONE)
		pen_reading_diagnose(reading, clause->column, "%s wants a value", clause->name);
	else if (condition != PEN_RULE_LEVEL && clause->relation != PEN_RELATION_IS)
		pen_reading_diagnose(reading, clause->column, "%s is compared by = alone",
				     clause->name);
	else if (condition != PEN_RULE_LEVEL && is_again)
		pen_reading_diagnose(reading, clause->column,
				     "%s is there already; commas are between values that will do",
				     clause->name);
	else
		readers[condition](reading, clause, rule);
	rule->conditions |= PEN_BIT(condition);
	columns[condition] = clause->column;
}

void pen_rule_read(struct pen_reading *reading, size_t column, struct pen_rule *rule)
{
	size_t columns[PEN_RULE_N_CONDITIONS] = { 0 };
	size_t n_wrong = reading->n_wrong;
	struct pen_clause clause;

	while (pen_reading_clause(reading, &clause))
		read_condition(reading, &clause, rule, columns);
	rule->number = (uint32_t)reading->number;
	rule->text = pen_reading_text(reading, column);
	if (reading->n_wrong != n_wrong)
		return;
	if (!rule->conditions)
		pen_reading_diagnose(reading, column,
				     "a rule without a condition; for all it is interface=*");
	else if (rule->verb == PEN_RULE_FLOOR && (rule->conditions & FLOOR_WANTS) != FLOOR_WANTS)
		pen_reading_diagnose(reading, column, "a floor wants interface= and level=");
	check_operations(reading, rule, columns);
}
