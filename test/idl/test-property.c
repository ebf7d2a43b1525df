/* SPDX-License-Identifier: MIT */
/*
 * For every operation of every interface in idl/: a random value becomes NDR, a value, NDR64, a
 * value, JSON and a value, and is the same at the end. A prefix or a mutation of its bytes is
 * refused or read, and harms nothing.
 *
 * The values begin as JSON that is made up along the tables, because JSON leaves counts and
 * discriminants to be found out. PEN_TEST_VALUES says how many are made of each type, and
 * PEN_TEST_SEED from where on.
 */
#include "support/unit.h"

#include "ndr/walk.h"
#include <inttypes.h>
#include <penstock/buffer.h>
#include <penstock/idl/conv.h>
#include <penstock/idl/dssetup.h>
#include <penstock/idl/eerr.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/even6.h>
#include <penstock/idl/frstrans.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/netdfs.h>
#include <penstock/idl/netlogon.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/idl/svcctl.h>
#include <penstock/idl/tsch.h>
#include <penstock/idl/winreg.h>
#include <penstock/idl/winspool.h>
#include <penstock/idl/witness.h>
#include <penstock/idl/wkssvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	VALUES_DEFAULT = 4,
	MUTATIONS = 8,
	DEPTH_MAX = 6,
	COUNT_MAX = 4,
	NAMES_MAX = 64,
	ARENA_MAX = 80 << 20,
};

static const struct pen_interface *const interfaces[] = {
	&atsvc_interface,	  &conv_interface,
	&convc_interface,	  &dssetup_interface,
	&epm_interface,		  &FrsTransport_interface,
	&IEventService_interface, &ITaskSchedulerService_interface,
	&lsarpc_interface,	  &mgmt_interface,
	&netdfs_interface,	  &netlogon_interface,
	&rpcecho_interface,	  &samr_interface,
	&sasec_interface,	  &srvsvc_interface,
	&svcctl_interface,	  &winreg_interface,
	&winspool_interface,	  &Witness_interface,
	&wkssvc_interface,
};

/* ---- random numbers ---- */

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
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
		n += type->fields[i].type->kind != PEN_VOID && type->fields[i].n_cases;
	choice = n ? choice % n : 0;
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (type->fields[i].type->kind != PEN_VOID && type->fields[i].n_cases && !choice--)
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
	int64_t number = pick(4) ? pick(256) : (int64_t)pick(UINT32_MAX);

	if (type->n_enumerators) {
		pen_buffer_printf(&m->json, "\"%s\"",
				  type->enumerators[pick(type->n_enumerators)].name);
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
		number = number << pick(32);
		break;
	default:
		break;
	}
	if (type->range && (number < type->range->min || number > type->range->max))
		number = type->range->min +
			 pick((uint32_t)(type->range->max - type->range->min) + 1);
	pen_buffer_printf(&m->json, "%" PRId64, number);
}

/* Ordinary letters, and in UTF-16 some of two and of four bytes. */
static void make_text(struct maker *m, const struct pen_type *type)
{
	static const char *const letters[] = { "a", "Z", "\\\\", "\\u00e9", "\\ud83d\\ude00" };
	const struct pen_dimension *dimension = &type->dimensions[0];
	bool is_counted = dimension->size_is || !dimension->is_conformant;
	uint32_t n = is_counted ? m->count : pick(COUNT_MAX + 1) + 1;

	if (dimension->count && n > dimension->count)
		n = dimension->count;
	pen_buffer_printf(&m->json, "\"");
	while (n-- > 1)
		pen_buffer_printf(&m->json, "%s",
				  letters[pick(type->element->kind == PEN_WCHAR && !is_counted
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
			pen_buffer_printf(&m->json, "%02x", pick(256));
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
		m->count = m->depth > DEPTH_MAX ? 0 : pick(COUNT_MAX);
		m->choice = pick(64);
	}
	pen_buffer_printf(&m->json, "{");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *field = &type->fields[i];
		struct naming naming = name_field(m, type, field);

		if (field->type->kind == PEN_VOID || field->type->kind == PEN_PIPE ||
		    (naming.is_named && !naming.is_told))
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

	if (may_be_null && (m->depth > DEPTH_MAX || !pick(4))) {
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
		pen_buffer_printf(&m->json, "\"0:%08x-1234-5678-9abc-%012x\"", pick(UINT32_MAX),
				  pick(UINT32_MAX));
		break;
	case PEN_FLOAT:
	case PEN_DOUBLE:
		pen_buffer_printf(&m->json, "%d.%u", (int)pick(2000) - 1000, pick(4) * 25);
		break;
	default:
		make_number(m, type);
		break;
	}
	m->depth--;
}

/* ---- there and back ---- */

struct value {
	const struct pen_type *type;
	const void *in; /* the request, of an answer */
	const char *name;
};

static struct pen_scope scope_of(const struct value *v, const void *value)
{
	return (struct pen_scope){ .in = v->in ? v->in : value, .out = v->in ? value : NULL };
}

static int read_json(const struct value *v, const struct pen_buffer *json, struct pen_arena *arena,
		     void **valuep, struct pen_ndr_error *error)
{
	void *value = pen_arena_zalloc(arena, v->type->size);
	struct pen_scope scope = scope_of(v, value);

	assert_non_null(value);
	*valuep = value;
	return pen_ndr_from_json(v->type, &scope, (const char *)json->data, json->size, value,
				 arena, error);
}

static void write_json(const struct value *v, const void *value, struct pen_buffer *json)
{
	struct pen_scope scope = scope_of(v, value);
	struct pen_ndr_error error = { "" };

	json->size = 0;
	if (pen_ndr_to_json(v->type, &scope, value, json, &error))
		fail_msg("%s to JSON: %s", v->name, error.text);
}

static void write_wire(const struct value *v, enum pen_transfer transfer, const void *value,
		       struct pen_buffer *wire)
{
	struct pen_scope scope = scope_of(v, value);
	struct pen_ndr_error error = { "" };

	wire->size = 0;
	if (pen_ndr_put(v->type, (struct pen_layout){ .transfer = transfer }, &scope, value, wire,
			&error))
		fail_msg("%s to NDR%s: %s", v->name, transfer ? "64" : "", error.text);
}

static int read_wire(const struct value *v, enum pen_transfer transfer, const void *data, size_t n,
		     struct pen_arena *arena, void **valuep, struct pen_ndr_error *error)
{
	void *value = pen_arena_zalloc(arena, v->type->size);
	struct pen_scope scope = scope_of(v, value);

	assert_non_null(value);
	*valuep = value;
	return pen_ndr_get(v->type, (struct pen_layout){ .transfer = transfer }, &scope, data, n,
			   value, arena, NULL, error);
}

static void expect_same(const struct value *v, const char *where, const struct pen_buffer *a,
			const struct pen_buffer *b)
{
	if (a->size != b->size || (a->size && memcmp(a->data, b->data, a->size) != 0))
		fail_msg("%s is another value after %s", v->name, where);
}

/* No part of the bytes does harm, nor do some that were changed. */
static void hurt(const struct value *v, enum pen_transfer transfer, struct pen_buffer *wire)
{
	struct pen_arena arena;
	void *value;

	pen_arena_init(&arena, ARENA_MAX);
	for (size_t cut = 0; cut < wire->size; cut += 1 + wire->size / 64) {
		read_wire(v, transfer, wire->data, cut, &arena, &value, NULL);
		pen_arena_reset(&arena);
	}
	for (unsigned i = 0; i < MUTATIONS && wire->size; i++) {
		for (unsigned n = pick(3) + 1; n; n--)
			wire->data[pick((uint32_t)wire->size)] ^= (uint8_t)(1 + pick(255));
		read_wire(v, transfer, wire->data, wire->size, &arena, &value, NULL);
		pen_arena_reset(&arena);
	}
	pen_arena_done(&arena);
}

static void go_round(const struct value *v, void *value, struct pen_arena *arena)
{
	struct pen_buffer json, again, wire[PEN_N_TRANSFERS];
	struct pen_ndr_error error = { "" };

	pen_buffer_init(&json, 0);
	pen_buffer_init(&again, 0);
	write_json(v, value, &json);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		pen_buffer_init(&wire[t], 0);
		write_wire(v, t, value, &wire[t]);
		if (read_wire(v, t, wire[t].data, wire[t].size, arena, &value, &error))
			fail_msg("%s from NDR%s: %s", v->name, t ? "64" : "", error.text);
		write_wire(v, t, value, &again);
		expect_same(v, t ? "NDR64" : "NDR", &wire[t], &again);
	}
	write_json(v, value, &again);
	expect_same(v, "NDR and NDR64", &json, &again);
	if (read_json(v, &again, arena, &value, &error))
		fail_msg("%s from its JSON: %s\n%.*s", v->name, error.text, (int)again.size,
			 (const char *)again.data);
	write_wire(v, PEN_NDR, value, &again);
	expect_same(v, "JSON", &wire[PEN_NDR], &again);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		hurt(v, t, &wire[t]);
		pen_buffer_done(&wire[t]);
	}
	pen_buffer_done(&json);
	pen_buffer_done(&again);
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
static bool try_value(const struct value *v, struct maker *m, struct pen_arena *arena,
		      void **valuep, struct pen_ndr_error *error)
{
	m->json.size = 0;
	m->n_referents = 0;
	m->depth = 0;
	m->is_answer = v->in;
	make(m, v->type);
	return !read_json(v, &m->json, arena, valuep, error);
}

/* Some operations' answers have another form as long as their request has nothing for them. */
static bool try_operation(const struct pen_operation *operation, struct maker *m,
			  struct pen_ndr_error *error)
{
	struct value request = { .type = operation->in, .name = operation->name };
	struct value answer = { .type = operation->out, .name = operation->name };
	struct pen_buffer wire;
	struct pen_arena arena;
	bool is_done;
	void *in, *out;

	pen_arena_init(&arena, ARENA_MAX);
	pen_buffer_init(&wire, 0);
	m->count = pick(COUNT_MAX) + 1;
	m->choice = pick(64);
	is_done = try_value(&request, m, &arena, &in, error);
	if (is_done) {
		struct pen_scope scope = { .in = in };

		ask_for_all(m, in, operation->out, 0);
		is_done = !pen_ndr_put(operation->in, (struct pen_layout){ 0 }, &scope, in, &wire,
				       error);
	}
	if (is_done) {
		go_round(&request, in, &arena);
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
		go_round(&answer, out, &arena);
	pen_buffer_done(&wire);
	pen_arena_done(&arena);
	return is_done;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_operations(void **state)
{
	uint64_t n_values = number_from("PEN_TEST_VALUES", VALUES_DEFAULT);
	unsigned n_never = 0;
	struct maker m = { .count = 0 };

	(void)state;
	pen_buffer_init(&m.json, 0);
	for (size_t i = 0; i < PEN_COUNT(interfaces); i++) {
		for (uint32_t k = 0; k < interfaces[i]->n_operations; k++) {
			const struct pen_operation *operation = &interfaces[i]->operations[k];
			struct pen_ndr_error error = { "" };
			uint64_t n_done = 0;

			for (uint64_t n = 0; n < n_values * 16 && n_done < n_values; n++)
				n_done += try_operation(operation, &m, &error);
			if (n_done)
				continue;
			n_never++;
			fprintf(stderr, "%s.%s: no value, because %s\n", interfaces[i]->name,
				operation->name, error.text);
		}
	}
	pen_buffer_done(&m.json);
	assert_int_equal(n_never, 0);
}

/* What is no operation's: the chain of causes in a fault. */
static void test_extended_error(void **state)
{
	uint64_t n_values = number_from("PEN_TEST_VALUES", VALUES_DEFAULT) * 16;
	struct value v = { .type = &ExtendedError_ExtendedErrorInfo_type, .name = "an error" };
	struct maker m = { .count = 0 };
	uint64_t n_done = 0;

	(void)state;
	pen_buffer_init(&m.json, 0);
	for (uint64_t n = 0; n < n_values; n++) {
		struct pen_ndr_error error = { "" };
		struct pen_arena arena;
		void *value;

		pen_arena_init(&arena, ARENA_MAX);
		if (!try_value(&v, &m, &arena, &value, &error))
			fail_msg("%s\n%.*s", error.text, (int)m.json.size,
				 (const char *)m.json.data);
		go_round(&v, value, &arena);
		n_done++;
		pen_arena_done(&arena);
	}
	pen_buffer_done(&m.json);
	assert_int_equal(n_done, n_values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_extended_error),
	};

	seed = number_from("PEN_TEST_SEED", 0x9e3779b97f4a7c15u) | 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
