/* SPDX-License-Identifier: MIT */
#include "policy/suggest.h"
#include "policy/identity.h"
#include "policy/reading.h"
#include "policy/rule.h"
#include <errno.h>
#include <penstock/arena.h>
#include <stdlib.h>
#include <string.h>

/*
 * Records become facts: one for each operation that somebody called. Those that differ in the
 * operation alone become a part, parts that differ in the identity alone a set, and sets that
 * differ in the transport alone a line. Each level is sorted so that its groups are runs.
 */
struct fact {
	const char *interface, *operation, *identity; /* as the policy has them */
	uint32_t opnum;
	uint32_t transport;
	uint8_t level;
	uint64_t n_calls;
};

struct part {
	const struct fact *facts;
	size_t n;
};

struct set {
	const struct part *parts;
	size_t n;
};

struct suggestion {
	struct pen_arena arena;
	struct fact *facts;
	size_t n_facts;
	struct part *parts;
	size_t n_parts;
	struct set *sets;
	size_t n_sets;
	size_t n_left_out;
};

/* ---- order ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* All that is in one part, without the level. */
static int compare_places(const struct fact *a, const struct fact *b)
{
	int r = strcmp(a->interface, b->interface);

	if (!r)
		r = strcmp(a->identity, b->identity);
	return r ? r : compare_numbers(a->transport, b->transport);
}

static int compare_operations(const struct fact *a, const struct fact *b)
{
	int r = compare_numbers(a->opnum, b->opnum);

	return r ? r : strcmp(a->operation, b->operation);
}

static int compare_facts(const void *a, const void *b)
{
	const struct fact *left = a, *right = b;
	int r = compare_places(left, right);

	if (!r)
		r = compare_operations(left, right);
	return r ? r : compare_numbers(left->level, right->level);
}

static int compare_facts_by_level(const void *a, const void *b)
{
	const struct fact *left = a, *right = b;
	int r = compare_places(left, right);

	if (!r)
		r = compare_numbers(left->level, right->level);
	return r ? r : compare_operations(left, right);
}

/* What parts of one line have in common. */
static int compare_rights(const struct part *a, const struct part *b)
{
	int r = strcmp(a->facts->interface, b->facts->interface);

	if (!r)
		r = compare_numbers(a->facts->level, b->facts->level);
	if (!r)
		r = compare_numbers(a->n, b->n);
	for (size_t i = 0; !r && i < a->n; i++)
		r = compare_operations(&a->facts[i], &b->facts[i]);
	return r;
}

static int compare_kinds(const struct part *a, const struct part *b)
{
	int r = compare_rights(a, b);

	return r ? r : compare_numbers(a->facts->transport, b->facts->transport);
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *left = a, *right = b;
	int r = compare_kinds(left, right);

	return r ? r : strcmp(left->facts->identity, right->facts->identity);
}

static int compare_users(const struct set *a, const struct set *b)
{
	int r = compare_rights(a->parts, b->parts);

	if (!r)
		r = compare_numbers(a->n, b->n);
	for (size_t i = 0; !r && i < a->n; i++)
		r = strcmp(a->parts[i].facts->identity, b->parts[i].facts->identity);
	return r;
}

static int compare_sets(const void *a, const void *b)
{
	const struct set *left = a, *right = b;
	int r = compare_users(left, right);

	return r ? r
		 : compare_numbers(left->parts->facts->transport, right->parts->facts->transport);
}

/* ---- from records to sets ---- */

/* The level that a rule names: the record's, or the one below that has a name. */
static uint8_t named_level(uint8_t level)
{
	if (!level || level >= PEN_RULE_N_LEVELS)
		return PEN_AUTH_LEVEL_NONE;
	while (!pen_rule_level_name(level))
		level--;
	return level;
}

static bool can_be_named(const struct pen_policy_record *record)
{
	struct pen_identity identity;

	return record->identity && pen_value_is_text(record->identity, strlen(record->identity)) &&
	       !pen_identity_parse(&identity, record->identity) &&
	       pen_rule_transport_name(record->protseq);
}

static int add_fact(struct suggestion *s, const struct pen_policy_record *record)
{
	struct fact *fact = &s->facts[s->n_facts];
	char uuid[PEN_UUID_TEXT_SIZE];

	if (!can_be_named(record)) {
		s->n_left_out++;
		return 0;
	}
	pen_uuid_print(&record->interface, uuid);
	*fact = (struct fact){
		.interface = pen_rule_is_name(record->interface_name)
				     ? record->interface_name
				     : pen_arena_strdup(&s->arena, uuid),
		.operation = pen_rule_is_name(record->operation)
				     ? record->operation
				     : pen_arena_printf(&s->arena, "%u", record->opnum),
		.identity = record->identity,
		.opnum = record->opnum,
		.transport = (uint32_t)record->protseq,
		.level = named_level(record->auth_level),
		.n_calls = record->n_calls,
	};
	s->n_facts++;
	return fact->interface && fact->operation ? 0 : -ENOMEM;
}

/* Each operation once, at the lowest level that it was called at. */
static void make_facts_differ(struct suggestion *s)
{
	size_t n = 0;

	qsort(s->facts, s->n_facts, sizeof(*s->facts), compare_facts);
	for (size_t i = 0; i < s->n_facts; i++) {
		struct fact *last = n ? &s->facts[n - 1] : NULL;

		if (last && !compare_places(last, &s->facts[i]) &&
		    !compare_operations(last, &s->facts[i]))
			last->n_calls += s->facts[i].n_calls;
		else
			s->facts[n++] = s->facts[i];
	}
	s->n_facts = n;
}

static void make_parts(struct suggestion *s)
{
	qsort(s->facts, s->n_facts, sizeof(*s->facts), compare_facts_by_level);
	for (size_t i = 0; i < s->n_facts; i++) {
		struct part *last = s->n_parts ? &s->parts[s->n_parts - 1] : NULL;

		if (last && !compare_places(last->facts, &s->facts[i]) &&
		    last->facts->level == s->facts[i].level)
			last->n++;
		else
			s->parts[s->n_parts++] = (struct part){ &s->facts[i], 1 };
	}
}

static void make_sets(struct suggestion *s)
{
	qsort(s->parts, s->n_parts, sizeof(*s->parts), compare_parts);
	for (size_t i = 0; i < s->n_parts; i++) {
		struct set *last = s->n_sets ? &s->sets[s->n_sets - 1] : NULL;

		if (last && !compare_kinds(last->parts, &s->parts[i]))
			last->n++;
		else
			s->sets[s->n_sets++] = (struct set){ &s->parts[i], 1 };
	}
	qsort(s->sets, s->n_sets, sizeof(*s->sets), compare_sets);
}

static int make(struct suggestion *s, const struct pen_policy_record *records, size_t n)
{
	int r = 0;

	s->facts = pen_arena_array(&s->arena, n, sizeof(*s->facts));
	s->parts = pen_arena_array(&s->arena, n, sizeof(*s->parts));
	s->sets = pen_arena_array(&s->arena, n, sizeof(*s->sets));
	if (!s->facts || !s->parts || !s->sets)
		return -ENOMEM;
	for (size_t i = 0; !r && i < n; i++)
		r = add_fact(s, &records[i]);
	if (r)
		return r;
	make_facts_differ(s);
	make_parts(s);
	make_sets(s);
	return 0;
}

/* ---- from sets to text ---- */

static uint64_t count_calls(const struct set *sets, size_t n)
{
	uint64_t n_calls = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sets[i].n; k++)
			for (size_t j = 0; j < sets[i].parts[k].n; j++)
				n_calls += sets[i].parts[k].facts[j].n_calls;
	return n_calls;
}

static int put_value(const char *before, const char *text, struct pen_buffer *buffer)
{
	int r = pen_buffer_printf(buffer, "%s", before);

	return r ? r : pen_value_print(text, buffer);
}

/* One rule out of sets that differ in the transport alone. */
static int put_line(const struct set *sets, size_t n, struct pen_buffer *buffer)
{
	const struct part *part = sets->parts;
	uint64_t n_calls = count_calls(sets, n);
	int r = put_value("allow interface=", part->facts->interface, buffer);

	for (size_t i = 0; !r && i < part->n; i++)
		r = put_value(i ? "," : " operation=", part->facts[i].operation, buffer);
	for (size_t i = 0; !r && i < sets->n; i++)
		r = put_value(i ? "," : " identity=", sets->parts[i].facts->identity, buffer);
	for (size_t i = 0; !r && i < n; i++)
		r = put_value(
			i ? "," : " transport=",
			pen_rule_transport_name((enum pen_protseq)sets[i].parts->facts->transport),
			buffer);
	if (!r && part->facts->level > PEN_AUTH_LEVEL_NONE)
		r = put_value(" level>=", pen_rule_level_name(part->facts->level), buffer);
	return r ? r
		 : pen_buffer_printf(buffer, " # %llu call%s\n", (unsigned long long)n_calls,
				     n_calls == 1 ? "" : "s");
}

static int put(const struct suggestion *s, struct pen_buffer *buffer)
{
	int r = pen_buffer_printf(buffer, "# What was seen is allowed, and nothing else.\n");

	if (!r && s->n_left_out)
		r = pen_buffer_printf(buffer, "# Left out, as no rule can name who called: %zu.\n",
				      s->n_left_out);
	for (size_t i = 0, n; !r && i < s->n_sets; i += n) {
		for (n = 1; i + n < s->n_sets && !compare_users(&s->sets[i], &s->sets[i + n]); n++)
			;
		r = put_line(&s->sets[i], n, buffer);
	}
	return r ? r : pen_buffer_printf(buffer, "default deny\n");
}

/* What is suggested is a policy. It may be too large for one. */
static int check(const struct pen_buffer *text)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = pen_policy_new(&policy, "suggestion", (const char *)text->data, text->size, NULL,
			   &diagnoses);
	pen_policy_free(policy);
	pen_buffer_done(&diagnoses);
	return r > 0 ? PEN_E_LIMIT : r;
}

int pen_policy_suggest(const struct pen_policy_record *records, size_t n, struct pen_buffer *buffer)
{
	struct suggestion s = { .n_facts = 0 };
	struct pen_buffer text;
	int r;

	pen_arena_init(&s.arena, 0);
	pen_buffer_init(&text, PEN_POLICY_TEXT_MAX);
	r = make(&s, records, n);
	if (!r)
		r = put(&s, &text);
	if (!r)
		r = check(&text);
	if (!r)
		r = pen_buffer_add(buffer, text.data, text.size);
	pen_buffer_done(&text);
	pen_arena_done(&s.arena);
	return r;
}
