/* SPDX-License-Identifier: MIT */
#include "policy/quota-rule.h"
#include "policy/reading.h"
#include <ctype.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t max;
	const char *unit; /* after the number */
	const char *range;
} resources[PEN_QUOTA_N_RESOURCES] = {
	[PEN_QUOTA_CONNECTIONS] = { "connections", 1000000, "", "1 to 1000000" },
	[PEN_QUOTA_CONTEXTS] = { "contexts", 1000000, "", "1 to 1000000" },
	[PEN_QUOTA_CALLS] = { "calls", 1000000, "", "1 to 1000000" },
	[PEN_QUOTA_MEMORY] = { "memory", UINT64_C(1) << 40, "", "1 to 1024G" },
	[PEN_QUOTA_RATE] = { "rate", 1000000, "/s", "1/s to 1000000/s" },
};

const char *pen_quota_resource_name(enum pen_quota_resource resource)
{
	return (size_t)resource < PEN_COUNT(resources) ? resources[resource].name : NULL;
}

/* ---- reading ---- */

/* Steps over digits, and K, M or G after them. False: 0, or more than max. */
static bool parse_number(const char **textp, uint64_t max, bool has_scale, uint64_t *numberp)
{
	static const char scales[] = "KMG";
	const char *scale, *text = *textp;
	uint64_t number = 0;

	for (; isdigit((unsigned char)*text) && number <= max; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	scale = has_scale && *text ? strchr(scales, *text) : NULL;
	for (ptrdiff_t i = 0; scale && number <= max && i <= scale - scales; i++)
		number *= 1024;
	*textp = scale ? text + 1 : text;
	*numberp = number;
	return number > 0 && number <= max;
}

static void read_limit(struct pen_reading *reading, const struct pen_value *value,
		       enum pen_quota_resource resource, struct pen_quota_rule *rule)
{
	const char *text = value->text;
	bool has_scale = resource == PEN_QUOTA_MEMORY;

	rule->texts[resource] = text;
	if (!parse_number(&text, resources[resource].max, has_scale, &rule->limits[resource]) ||
	    strcmp(text, resources[resource].unit) != 0)
		pen_reading_diagnose(reading, value->column, "%s is a number from %s",
				     resources[resource].name, resources[resource].range);
}

/* -1: diagnosed. */
static int find_resource(struct pen_reading *reading, const struct pen_clause *clause)
{
	struct pen_spelling spelling = { .word = clause->name };

	for (int i = 0; i < PEN_QUOTA_N_RESOURCES; i++) {
		pen_spelling_try(&spelling, resources[i].name);
		if (!strcmp(resources[i].name, clause->name))
			return i;
	}
	pen_spelling_try(&spelling, "peer");
	pen_spelling_try(&spelling, "identity");
	pen_reading_diagnose_name(reading, clause->column, "limit", &spelling);
	return -1;
}

static void read_resource(struct pen_reading *reading, const struct pen_clause *clause,
			  struct pen_quota_rule *rule)
{
	int resource = find_resource(reading, clause);

	if (resource < 0)
		return;
	if (clause->relation != PEN_RELATION_IS || clause->n_values != 1)
		pen_reading_diagnose(reading, clause->column, "a limit is %s=NUMBER", clause->name);
	else if (rule->texts[resource])
		pen_reading_diagnose(reading, clause->column, "%s is there already", clause->name);
	else
		read_limit(reading, &clause->values[0], (enum pen_quota_resource)resource, rule);
}

/* "peer", "peer=*" and "peer=ADDRESS...", and so with identity. */
static void read_whose(struct pen_reading *reading, const struct pen_clause *clause,
		       struct pen_quota_rule *rule)
{
	rule->is_identity = !strcmp(clause->name, "identity");
	if (clause->relation == PEN_RELATION_NONE)
		return;
	if (clause->relation != PEN_RELATION_IS)
		pen_reading_diagnose(reading, clause->column, "%s is compared by = alone",
				     clause->name);
	else if (clause->n_values == 1 && !strcmp(clause->values[0].text, "*"))
		return;
	else if (rule->is_identity &&
		 (rule->identities = pen_rule_read_identities(reading, clause)))
		rule->n_identities = clause->n_values;
	else if (!rule->is_identity && (rule->sources = pen_rule_read_sources(reading, clause)))
		rule->n_sources = clause->n_values;
}

void pen_quota_rule_read(struct pen_reading *reading, size_t column, struct pen_quota_rule *rule)
{
	size_t n_wrong = reading->n_wrong, n_whose = 0, n_limits = 0;
	struct pen_clause clause;

	for (size_t i = 0; i < PEN_QUOTA_N_RESOURCES; i++)
		rule->limits[i] = PEN_QUOTA_UNLIMITED;
	while (pen_reading_clause(reading, &clause)) {
		bool is_whose = !strcmp(clause.name, "peer") || !strcmp(clause.name, "identity");

		if (is_whose && n_whose++)
			pen_reading_diagnose(reading, clause.column,
					     "a quota is of peer or identity, one of them");
		else if (is_whose)
			read_whose(reading, &clause, rule);
		else
			read_resource(reading, &clause, rule);
		n_limits += !is_whose;
	}
	rule->line.number = (uint32_t)reading->number;
	rule->line.text = pen_reading_text(reading, column);
	if (reading->n_wrong == n_wrong && !n_whose)
		pen_reading_diagnose(reading, column, "a quota is of peer= or identity=");
	else if (reading->n_wrong == n_wrong && !n_limits)
		pen_reading_diagnose(reading, column, "a quota without a limit");
}

/* ---- use ---- */

bool pen_quota_rule_has_peer(const struct pen_quota_rule *rule, const struct pen_source *source)
{
	if (rule->is_identity)
		return false;
	for (size_t i = 0; i < rule->n_sources; i++)
		if (pen_network_has(&rule->sources[i].network, source))
			return true;
	return !rule->n_sources;
}

bool pen_quota_rule_has_identity(const struct pen_quota_rule *rule, const struct pen_token *token)
{
	if (!rule->is_identity)
		return false;
	for (size_t i = 0; i < rule->n_identities; i++)
		if (pen_identity_is(&rule->identities[i], token))
			return true;
	return !rule->n_identities;
}

int pen_quota_rule_print(const struct pen_quota_rule *rule, struct pen_buffer *buffer)
{
	size_t n = rule->is_identity ? rule->n_identities : rule->n_sources;
	int r = pen_buffer_printf(buffer, "quota %s=%s", rule->is_identity ? "identity" : "peer",
				  n ? "" : "*");

	for (size_t i = 0; !r && i < n; i++) {
		r = pen_buffer_add(buffer, ",", i ? 1 : 0);
		if (!r)
			r = pen_value_print(rule->is_identity ? rule->identities[i].text
							      : rule->sources[i].text,
					    buffer);
	}
	for (size_t i = 0; !r && i < PEN_QUOTA_N_RESOURCES; i++)
		if (rule->texts[i])
			r = pen_buffer_printf(buffer, " %s=%s", resources[i].name, rule->texts[i]);
	return r ? r : pen_buffer_add(buffer, "\n", 1);
}
