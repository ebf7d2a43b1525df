/* SPDX-License-Identifier: MIT */
#include "support/values.h"
#include "support/unit.h"

#include "ndr/walk.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 6,
	COUNT_MAX = 4,
	TRIES = 16,
};

/* ---- random numbers ---- */

static uint64_t seed;

uint64_t made_number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

uint32_t made_pick(uint32_t n)
{
	if (!seed)
		seed = made_number("PEN_TEST_SEED", 0x9e3779b97f4a7c15u) | 1;
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

/* ---- values, as JSON ---- */

/*
 * What goes with one struct or one operation: all its arrays have the same count and all its
 * unions the same choice, so that those that share a count or a discriminant agree.
 */
struct maker {
	struct pen_buffer json;
	unsigned depth;
	uint32_t count;
	uint32_t choice;
	unsigned n_referents;
	bool is_answer; /* what is made is an _out */
};

static void make(struct maker *m, const struct pen_type *type);

/* Can the codec tell the name's value from what the expression comes to? */
static bool is_solvable(const struct pen_expr *e)
{
	if (e[1].op == PEN_EXPR_END)
		return true;
	return e[1].op == PEN_EXPR_CONST && e[2].op >= PEN_EXPR_MUL && e[2].op <= PEN_EXPR_SUB &&
	       e[3].op == PEN_EXPR_END;
}

static const struct pen_field *arm_of(const struct pen_type *type, uint32_t choice)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < type->n_fields; i++)
		n += pen_type_has_value(type->fields[i].type) && type->fields[i].n_cases;
	choice = n ? choice % n : 0;
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (pen_type_has_value(type->fields[i].type) && type->fields[i].n_cases &&
		    !choice--)
			return &type->fields[i];
	}
	return NULL;
}

/* Where a struct's or an operation's own expressions name a member, and what it then is. */
struct naming {
	const struct pen_field *field;
	enum pen_expr_op op;
	uint32_t count;
	uint32_t choice;
	bool is_named;
	bool is_told; /* it cannot be found out */
	int64_t value;
};

static void look_at(struct naming *naming, const struct pen_expr *expr, int64_t value,
		    bool can_tell)
{
	for (const struct pen_expr *e = expr; e && e->op; e++) {
		if (e->op != naming->op || e->offset != naming->field->offset)
			continue;
		naming->is_named = true;
		if (can_tell && is_solvable(expr))
			continue;
		naming->is_told = true;
		naming->value = value;
	}
}

static void look_for(struct naming *naming, const struct pen_type *type, unsigned depth)
{
	const struct pen_field *arm = type->kind == PEN_UNION ? arm_of(type, naming->choice) : NULL;

	if (depth == DEPTH_MAX)
		return;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		/* A text does not tell how much room there is for it. */
		look_at(naming, type->dimensions[i].size_is, naming->count,
			type->kind != PEN_STRING);
		look_at(naming, type->dimensions[i].length_is, naming->count, true);
	}
	if (type->kind == PEN_UNION && type->switch_is)
		look_at(naming, type->switch_is, arm ? arm->cases[0] : 0, true);
	if (type->element && type->kind != PEN_STRING && type->element->kind != PEN_STRUCT)
		look_for(naming, type->element, depth + 1);
	for (uint32_t i = 0; type->kind == PEN_UNION && type->switch_is && i < type->n_fields;
	     i++) {
		if (type->fields[i].type->kind != PEN_STRUCT)
			look_for(naming, type->fields[i].type, depth + 1);
	}
}

static struct naming name_field(const struct maker *m, const struct pen_type *type,
				const struct pen_field *field)
{
	struct naming naming = {
		.field = field,
		.op = type->kind != PEN_PARAMETERS ? PEN_EXPR_MEMBER
		      : m->is_answer		   ? PEN_EXPR_OUT
						   : PEN_EXPR_IN,
		.count = m->count,
		.choice = m->choice,
	};

	for (uint32_t i = 0; i < type->n_fields; i++)
		look_for(&naming, type->fields[i].type, 0);
	return naming;
}

static void make_number(struct maker *m, const struct pen_type *type)
{
	int64_t number = made_pick(4) ? made_pick(256) : (int64_t)made_pick(UINT32_MAX);

	if (type->n_enumerators) {
		pen_buffer_printf(&m->json, "\"%s\"",
				  type->enumerators[made_pick(type->n_enumerators)].name);
		return;
	}
	switch (type->kind) {
	case PEN_I8:
		number = (int8_t)number;
		break;
	case PEN_U8:
	case PEN_BYTE:
	case PEN_CHAR:
		number = (uint8_t)number;
		break;
	case PEN_BOOLEAN:
	case PEN_PRESENCE:
		number &= 1;
		break;
	case PEN_I16:
	case PEN_ENUM:
		number = (int16_t)number;
		break;
	case PEN_U16:
	case PEN_WCHAR:
		number = (uint16_t)number;
		break;
	case PEN_I32:
	case PEN_I3264:
		number = (int32_t)number;
		break;
	case PEN_I64:
	case PEN_U64:
		number = number << made_pick(32);
		break;
	default:
		break;
	}
	if (type->range && (number < type->range->min || number > type->range->max))
		number = type->range->min +
			 made_pick((uint32_t)(type->range->max - type->range->min) + 1);
	pen_buffer_printf(&m->json, "%" PRId64, number);
}

/* Ordinary letters, and in UTF-16 some of two and of four bytes. */
static void make_text(struct maker *m, const struct pen_type *type)
{
	static const char *const letters[] = { "a", "Z", "\\\\", "\\u00e9", "\\ud83d\\ude00" };
	const struct pen_dimension *dimension = &type->dimensions[0];
	bool is_counted = dimension->size_is || !dimension->is_conformant;
	uint32_t n = is_counted ? m->count : made_pick(COUNT_MAX + 1) + 1;

	if (dimension->count && n > dimension->count)
		n = dimension->count;
	pen_buffer_printf(&m->json, "\"");
	while (n-- > 1)
		pen_buffer_printf(&m->json, "%s",
				  letters[made_pick(type->element->kind == PEN_WCHAR && !is_counted
							    ? PEN_COUNT(letters)
							    : 3)]);
	pen_buffer_printf(&m->json, "\"");
}

static void make_array(struct maker *m, const struct pen_type *type, uint32_t d)
{
	const struct pen_dimension *dimension = &type->dimensions[d];
	uint32_t n =
		dimension->is_conformant || dimension->is_varying ? m->count : dimension->count;
	bool is_last = d + 1 == type->n_dimensions;

	if (dimension->count && n > dimension->count)
		n = dimension->count;
	if (is_last && pen_type_is_byte(type->element)) {
		pen_buffer_printf(&m->json, "\"");
		while (n--)
			pen_buffer_printf(&m->json, "%02x", made_pick(256));
		pen_buffer_printf(&m->json, "\"");
		return;
	}
	pen_buffer_printf(&m->json, "[");
	for (uint32_t i = 0; i < n; i++) {
		pen_buffer_printf(&m->json, i ? "," : "");
		if (is_last)
			make(m, type->element);
		else
			make_array(m, type, d + 1);
	}
	pen_buffer_printf(&m->json, "]");
}

static void make_fields(struct maker *m, const struct pen_type *type)
{
	uint32_t count = m->count;
	uint32_t choice = m->choice;
	bool is_first = true;

	if (type->kind == PEN_STRUCT) {
		m->count = m->depth > DEPTH_MAX ? 0 : made_pick(COUNT_MAX);
		m->choice = made_pick(64);
	}
	pen_buffer_printf(&m->json, "{");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *field = &type->fields[i];
		struct naming naming = name_field(m, type, field);

		if (!pen_type_has_value(field->type) || (naming.is_named && !naming.is_told))
			continue;
		pen_buffer_printf(&m->json, "%s\"%s\":", is_first ? "" : ",", field->name);
		is_first = false;
		if (naming.is_told)
			pen_buffer_printf(&m->json, "%" PRId64, naming.value);
		else
			make(m, field->type);
	}
	pen_buffer_printf(&m->json, "}");
	m->count = count;
	m->choice = choice;
}

static void make_union(struct maker *m, const struct pen_type *type)
{
	const struct pen_field *arm = arm_of(type, m->choice);

	if (!arm) {
		pen_buffer_printf(&m->json, "{}");
		return;
	}
	pen_buffer_printf(&m->json, "{\"%s\":", arm->name);
	make(m, arm->type);
	pen_buffer_printf(&m->json, "}");
}

static void make_pointer(struct maker *m, const struct pen_type *type)
{
	bool may_be_null = type->pointer_kind != PEN_REF && type->element->kind != PEN_ARRAY;

	if (may_be_null && (m->depth > DEPTH_MAX || !made_pick(4))) {
		pen_buffer_printf(&m->json, "null");
		return;
	}
	if (type->pointer_kind == PEN_FULL)
		pen_buffer_printf(&m->json, "{\"$id\":%u,\"value\":", ++m->n_referents);
	make(m, type->element);
	if (type->pointer_kind == PEN_FULL)
		pen_buffer_printf(&m->json, "}");
}

static void make(struct maker *m, const struct pen_type *type)
{
	m->depth++;
	switch (type->kind) {
	case PEN_STRUCT:
	case PEN_PARAMETERS:
		make_fields(m, type);
		break;
	case PEN_UNION:
		make_union(m, type);
		break;
	case PEN_ARRAY:
		make_array(m, type, 0);
		break;
	case PEN_STRING:
		make_text(m, type);
		break;
	case PEN_POINTER:
		make_pointer(m, type);
		break;
	case PEN_HANDLE:
		pen_buffer_printf(&m->json, "\"0:%08x-1234-5678-9abc-%012x\"",
				  made_pick(UINT32_MAX), made_pick(UINT32_MAX));
		break;
	case PEN_SYSTEM_HANDLE: /* without a call no other goes */
		pen_buffer_printf(&m->json, "null");
		break;
	case PEN_FLOAT:
	case PEN_DOUBLE:
		pen_buffer_printf(&m->json, "%d.%u", (int)made_pick(2000) - 1000,
				  made_pick(4) * 25);
		break;
	default:
		make_number(m, type);
		break;
	}
	m->depth--;
}

/* ---- there and back ---- */

static struct pen_scope scope_of(const struct made *v, const void *value)
{
	return (struct pen_scope){ .in = v->in ? v->in : value, .out = v->in ? value : NULL };
}

int made_from_json(const struct made *v, const struct pen_buffer *json, struct pen_arena *arena,
		   void **valuep, struct pen_ndr_error *error)
{
	void *value = pen_arena_zalloc(arena, v->type->size);
	struct pen_scope scope = scope_of(v, value);

	assert_non_null(value);
	*valuep = value;
	return pen_ndr_from_json(v->type, &scope, (const char *)json->data, json->size, value,
				 arena, error);
}

void made_to_json(const struct made *v, const void *value, struct pen_buffer *json)
{
	struct pen_scope scope = scope_of(v, value);
	struct pen_ndr_error error = { "" };

	json->size = 0;
	if (pen_ndr_to_json(v->type, &scope, value, json, &error))
		fail_msg("%s to JSON: %s", v->name, error.text);
}

void made_to_wire(const struct made *v, enum pen_transfer transfer, const void *value,
		  struct pen_buffer *wire)
{
	struct pen_scope scope = scope_of(v, value);
	struct pen_ndr_error error = { "" };

	wire->size = 0;
	if (pen_ndr_put(v->type, (struct pen_layout){ .transfer = transfer }, &scope, value, wire,
			&error))
		fail_msg("%s to NDR%s: %s", v->name, transfer ? "64" : "", error.text);
}

int made_from_wire(const struct made *v, enum pen_transfer transfer, const void *data, size_t n,
		   struct pen_arena *arena, void **valuep, struct pen_ndr_error *error)
{
	void *value = pen_arena_zalloc(arena, v->type->size);
	struct pen_scope scope = scope_of(v, value);

	assert_non_null(value);
	*valuep = value;
	return pen_ndr_get(v->type, (struct pen_layout){ .transfer = transfer }, &scope, data, n,
			   value, arena, NULL, error);
}

/* ---- operations ---- */

/* The request's counts are what the answer's arrays will have. */
static void ask_for(void *in, const struct pen_expr *e, int64_t value)
{
	if (!e || e->op != PEN_EXPR_IN || !is_solvable(e))
		return;
	if (e[1].op == PEN_EXPR_CONST && e[2].op == PEN_EXPR_DIV)
		value *= e[1].value;
	else if (e[1].op == PEN_EXPR_CONST && e[2].op == PEN_EXPR_ADD)
		value -= e[1].value;
	else if (e[1].op != PEN_EXPR_END)
		return;
	if (e->type->kind == PEN_POINTER) {
		void *pointed = *(void **)((uint8_t *)in + e->offset);

		if (pointed)
			pen_scalar_store(e->type->element, pointed, value);
		return;
	}
	pen_scalar_store(e->type, (uint8_t *)in + e->offset, value);
}

static void ask_for_all(const struct maker *m, void *in, const struct pen_type *type,
			unsigned depth)
{
	const struct pen_field *arm = type->kind == PEN_UNION ? arm_of(type, m->choice) : NULL;

	if (depth == DEPTH_MAX)
		return;
	for (uint32_t i = 0; i < type->n_dimensions; i++)
		ask_for(in, type->dimensions[i].size_is, m->count);
	if (arm)
		ask_for(in, type->switch_is, arm->cases[0]);
	if (type->element && type->kind != PEN_STRING)
		ask_for_all(m, in, type->element, depth + 1);
	for (uint32_t i = 0; type->kind == PEN_PARAMETERS && i < type->n_fields; i++)
		ask_for_all(m, in, type->fields[i].type, depth + 1);
}

/* Whether a value came to be; what is made up may break a rule that the tables do not tell. */
static bool try_value(const struct made *v, struct maker *m, struct pen_arena *arena, void **valuep,
		      struct pen_ndr_error *error)
{
	m->json.size = 0;
	m->n_referents = 0;
	m->depth = 0;
	m->is_answer = v->in;
	make(m, v->type);
	return !made_from_json(v, &m->json, arena, valuep, error);
}

/* Some operations' answers have another form as long as their request has nothing for them. */
static bool try_operation(const struct pen_operation *operation, struct maker *m,
			  made_visit_fn *visit, void *data, struct pen_ndr_error *error)
{
	struct made request = { .type = operation->in, .name = operation->name };
	struct made answer = { .type = operation->out, .name = operation->name };
	struct pen_buffer wire;
	struct pen_arena arena;
	bool is_done;
	void *in, *out;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&wire, 0);
	m->count = made_pick(COUNT_MAX) + 1;
	m->choice = made_pick(64);
	is_done = try_value(&request, m, &arena, &in, error);
	if (is_done) {
		struct pen_scope scope = { .in = in };

		ask_for_all(m, in, operation->out, 0);
		is_done = !pen_ndr_put(operation->in, (struct pen_layout){ 0 }, &scope, in, &wire,
				       error);
	}
	if (is_done) {
		visit(&request, in, &arena, data);
		answer.in = in;
		is_done = try_value(&answer, m, &arena, &out, error);
	}
	if (is_done) {
		struct pen_scope scope = { .in = in, .out = out };

		wire.size = 0;
		is_done = !pen_ndr_put(operation->out, (struct pen_layout){ 0 }, &scope, out, &wire,
				       error);
	}
	if (is_done)
		visit(&answer, out, &arena, data);
	pen_buffer_done(&wire);
	pen_arena_done(&arena);
	return is_done;
}

bool made_of_operation(const struct pen_operation *operation, made_visit_fn *visit, void *data,
		       struct pen_ndr_error *error)
{
	struct maker m = { .count = 0 };
	bool is_done = false;

	pen_buffer_init(&m.json, 0);
	for (unsigned n = 0; n < TRIES && !is_done; n++)
		is_done = try_operation(operation, &m, visit, data, error);
	pen_buffer_done(&m.json);
	return is_done;
}

void made_of_type(const struct pen_type *type, made_visit_fn *visit, void *data)
{
	struct made v = { .type = type, .name = type->name };
	struct pen_ndr_error error = { "" };
	struct maker m = { .count = 0 };
	struct pen_arena arena;
	void *value;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&m.json, 0);
	if (!try_value(&v, &m, &arena, &value, &error))
		fail_msg("%s\n%.*s", error.text, (int)m.json.size, (const char *)m.json.data);
	visit(&v, value, &arena, data);
	pen_buffer_done(&m.json);
	pen_arena_done(&arena);
}
