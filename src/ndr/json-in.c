/* SPDX-License-Identifier: MIT */
#include "ndr/json.h"
#include "ndr/number.h"
#include "ndr/walk.h"
#include <stdlib.h>
#include <string.h>

static struct pen_json *node_of(struct pen_walk *w)
{
	return w->position;
}

static void fail_kind(struct pen_walk *w, const char *wanted)
{
	pen_walk_fail(w, PEN_E_BAD_DATA, "is not %s", wanted);
}

static bool in_enum(const struct pen_type *type, const struct pen_json *node, void *value)
{
	for (uint32_t i = 0; i < type->n_enumerators; i++) {
		const struct pen_enumerator *enumerator = &type->enumerators[i];

		if (strlen(enumerator->name) == node->n_text &&
		    memcmp(enumerator->name, node->text, node->n_text) == 0)
			return pen_scalar_store(type, value, enumerator->value);
	}
	return false;
}

static void in_scalar(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_json *node = node_of(w);
	bool is_float = type->kind == PEN_FLOAT || type->kind == PEN_DOUBLE;
	bool is_number = node->kind == PEN_JSON_NUMBER;
	bool is_good = false;

	if (is_float && is_number)
		is_good = pen_number_parse_float(type, node->text, node->n_text, value);
	else if (is_float && node->kind == PEN_JSON_STRING)
		is_good = pen_number_parse_bits(type, node->text, node->n_text, value);
	else if (is_number)
		is_good = pen_number_parse(type, node->text, node->n_text, value);
	else if (type->kind == PEN_ENUM && node->kind == PEN_JSON_STRING)
		is_good = in_enum(type, node, value);
	else if (type->kind == PEN_BOOLEAN &&
		 (node->kind == PEN_JSON_TRUE || node->kind == PEN_JSON_FALSE))
		is_good = pen_scalar_store(type, value, node->kind == PEN_JSON_TRUE);
	if (!is_good)
		fail_kind(w, type->name ? type->name : "of its type");
	else if (type->range && !pen_scalar_in_range(type, value))
		fail_kind(w, "in its range");
}

static void in_string(struct pen_walk *w, const struct pen_type *type, char **slot)
{
	const struct pen_json *node = node_of(w);
	bool is_bytes = type->element->kind != PEN_WCHAR;
	bool is_bad = false;
	char *text;

	if (node->kind == PEN_JSON_NULL)
		return;
	if (node->kind != PEN_JSON_STRING) {
		fail_kind(w, "a string");
		return;
	}
	text = pen_json_string(node, is_bytes, w->arena, &is_bad);
	if (!text)
		pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
	else if (is_bad)
		fail_kind(w, "a string without a NUL inside");
	else
		*slot = text;
}

/* "attributes:uuid" */
static void in_handle(struct pen_walk *w, struct pen_context_handle *handle)
{
	const struct pen_json *node = node_of(w);
	const char *colon =
		node->kind == PEN_JSON_STRING ? memchr(node->text, ':', node->n_text) : NULL;
	size_t n = colon ? (size_t)(colon - node->text) : 0;
	char uuid[PEN_UUID_TEXT_SIZE];

	if (!colon || node->n_text - n != PEN_UUID_TEXT_SIZE ||
	    !pen_number_parse(&pen_type_u32, node->text, n, &handle->attributes)) {
		fail_kind(w, "a context handle");
		return;
	}
	memcpy(uuid, colon + 1, sizeof(uuid) - 1);
	uuid[sizeof(uuid) - 1] = '\0';
	if (pen_uuid_parse(&handle->uuid, uuid))
		fail_kind(w, "a context handle");
}

/* A descriptor's number, which is the program's that has it. */
static void in_system_handle(struct pen_walk *w, const struct pen_type *type,
			     struct pen_system_handle *handle)
{
	const struct pen_json *node = node_of(w);
	int32_t fd;

	if (node->kind == PEN_JSON_NULL)
		return;
	if (node->kind == PEN_JSON_NUMBER &&
	    pen_number_parse(&pen_type_i32, node->text, node->n_text, &fd) && fd >= 0)
		*handle = (struct pen_system_handle){ .fd = fd, .is_there = true };
	else
		fail_kind(w, "a descriptor's number");
}

static bool in_pointer(struct pen_walk *w, const struct pen_type *type, void **slot,
		       uint64_t *referent)
{
	return node_of(w)->kind != PEN_JSON_NULL;
}

static bool in_claim(struct pen_walk *w, const struct pen_pending *pointer)
{
	struct pen_json *node = node_of(w);
	struct pen_json *id = node->kind == PEN_JSON_OBJECT ? pen_json_find(node, "$id") : NULL;
	struct pen_json *ref = node->kind == PEN_JSON_OBJECT ? pen_json_find(node, "$ref") : NULL;
	struct pen_json *value = id ? pen_json_find(node, "value") : NULL;
	struct pen_json *key = id ? id : ref;
	uint32_t number = 0;
	bool is_new;

	if (!key)
		return true;
	if (node->n != (id ? 2 : 1) || (id && !value) || key->kind != PEN_JSON_NUMBER ||
	    !pen_number_parse(&pen_type_u32, key->text, key->n_text, &number) || !number) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "is not $id and value, nor $ref, from 1 on");
		return false;
	}
	if (ref && !pen_referents_find(&w->referents, number, NULL)) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "$ref %u is not known here", number);
		return false;
	}
	is_new = pen_walk_claim(w, pointer, number);
	if (id && !is_new)
		pen_walk_fail(w, PEN_E_BAD_DATA, "$id %u is there twice", number);
	if (id)
		w->position = value;
	return is_new;
}

static void in_release(struct pen_walk *w)
{
}

/* The node must have the array's shape: rows of the same length. */
static bool measure(struct pen_walk *w, const struct pen_type *type, const struct pen_json *node,
		    uint32_t d, bool is_bytes, struct pen_extent *extents)
{
	bool is_text = is_bytes && d + 1 == type->n_dimensions;
	uint64_t length = is_text ? node->n_text / 2 : node->n;

	if (node->kind != (is_text ? PEN_JSON_STRING : PEN_JSON_ARRAY) ||
	    (is_text && node->n_text % 2)) {
		fail_kind(w, is_text ? "a string of hex digits" : "an array");
		return false;
	}
	if (extents[d].length != UINT64_MAX && extents[d].length != length) {
		fail_kind(w, "an array of rows of the same length");
		return false;
	}
	extents[d].length = length;
	if (d + 1 == type->n_dimensions)
		return true;
	for (const struct pen_json *item = node->items; item; item = item->next) {
		if (!measure(w, type, item, d + 1, is_bytes, extents))
			return false;
	}
	return true;
}

static uint64_t known_count(struct pen_walk *w, const struct pen_expr *expr)
{
	int64_t value = 0;

	if (!expr || pen_expr_eval(expr, &w->scope, w->members, &value) || value < 0 ||
	    value > INT32_MAX)
		return 0;
	return (uint64_t)value;
}

static void in_conformance(struct pen_walk *w, const struct pen_type *type, void *value,
			   struct pen_extent *extents)
{
	bool is_bytes = pen_type_is_byte(type->element);

	for (uint32_t i = 0; i < type->n_dimensions; i++)
		extents[i] = (struct pen_extent){ .length = UINT64_MAX };
	if (!measure(w, type, node_of(w), 0, is_bytes, extents))
		return;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];
		struct pen_extent *e = &extents[i];
		uint64_t size = dimension->count;

		if (e->length == UINT64_MAX)
			e->length = 0;
		if (dimension->is_varying)
			e->first = known_count(w, dimension->first_is);
		if (dimension->is_conformant)
			size = dimension->is_varying ? known_count(w, dimension->size_is) : 0;
		e->size = e->first + e->length;
		if (size > e->size)
			e->size = size;
		if (!dimension->is_conformant && e->size > size)
			pen_walk_fail(w, PEN_E_BAD_DATA, "has more than %llu elements",
				      (unsigned long long)size);
	}
}

static void in_variance(struct pen_walk *w, const struct pen_type *type, struct pen_extent *extents)
{
}

static bool in_admit(struct pen_walk *w, const struct pen_type *element, uint64_t count)
{
	return true;
}

static const struct pen_field *arm_named(const struct pen_type *type, const struct pen_json *node)
{
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *arm = &type->fields[i];

		if (pen_type_has_value(arm->type) && pen_json_find(node, arm->name))
			return arm;
	}
	return NULL;
}

/* What the arm's name tells, where the discriminant does not choose that arm already. */
static int64_t implied(struct pen_walk *w, const struct pen_type *type, const struct pen_field *arm,
		       int64_t discriminant)
{
	if (!arm || pen_type_arm(type, discriminant) == arm)
		return discriminant;
	if (arm->n_cases)
		return arm->cases[0];
	pen_walk_fail(w, PEN_E_BAD_DATA, "arm %s does not tell the discriminant", arm->name);
	return 0;
}

static int64_t in_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag)
{
	struct pen_json *node = node_of(w);
	struct pen_json *own = NULL;
	int64_t discriminant = 0;

	if (node->kind != PEN_JSON_OBJECT) {
		fail_kind(w, "an object of one arm");
		return 0;
	}
	if (tag)
		own = pen_json_find(node, "$tag");
	if (own) {
		own->is_used = true;
		w->position = own;
		in_scalar(w, type->tag, tag);
		w->position = node;
		discriminant = pen_scalar_load(type->tag, tag);
	} else if (!tag) {
		pen_expr_eval(type->switch_is, &w->scope, w->members, &discriminant);
	}
	discriminant = implied(w, type, arm_named(type, node), discriminant);
	if (tag && !pen_scalar_store(type->tag, tag, discriminant))
		fail_kind(w, "a discriminant");
	if (!tag)
		pen_walk_promise(w, type->switch_is, discriminant);
	return discriminant;
}

static void in_open(struct pen_walk *w, const struct pen_type *type)
{
	if (type->kind != PEN_ARRAY && node_of(w)->kind != PEN_JSON_OBJECT)
		fail_kind(w, "an object");
}

/* What stands for a member that is left out and is more than zeros; or NULL. Nothing writes to it.
 */
static struct pen_json *left_out(const struct pen_type *type)
{
	static const struct pen_json object = { .kind = PEN_JSON_OBJECT };
	static const struct pen_json array = { .kind = PEN_JSON_ARRAY };
	static const struct pen_json bytes = { .kind = PEN_JSON_STRING };
	const struct pen_json *node = NULL;

	if (type->kind == PEN_STRUCT || type->kind == PEN_UNION)
		node = &object;
	else if (type->kind == PEN_ARRAY && pen_type_is_apart(type))
		node = type->n_dimensions == 1 && pen_type_is_byte(type->element) ? &bytes : &array;
	return (struct pen_json *)(uintptr_t)node;
}

/* A count or a discriminant that is there is held against what is left out, too. */
static bool in_member(struct pen_walk *w, const char *name, const struct pen_type *type)
{
	struct pen_json *member = pen_json_find(node_of(w), name);

	if (!pen_walk_ok(w))
		return false;
	if (member)
		member->is_used = true;
	else
		member = left_out(type);
	w->position = member;
	return member;
}

static void in_item(struct pen_walk *w, uint64_t index)
{
	struct pen_json *array = node_of(w);

	array->cursor = index ? array->cursor->next : array->items;
	w->position = array->cursor;
}

static void in_close(struct pen_walk *w, const struct pen_type *type)
{
	if (type->kind == PEN_ARRAY)
		return;
	for (const struct pen_json *item = node_of(w)->items; item; item = item->next) {
		if (!item->is_used) {
			w->name = type->name;
			pen_walk_fail(w, PEN_E_BAD_DATA, "no member is called %.*s, or it is twice",
				      (int)(item->n_name < 60 ? item->n_name : 60), item->name);
		}
	}
}

static void in_empty(struct pen_walk *w)
{
	const struct pen_json *node = node_of(w);

	if (node->kind != PEN_JSON_NULL && (node->kind != PEN_JSON_OBJECT || node->n))
		fail_kind(w, "an empty object");
}

static void in_bytes(struct pen_walk *w, uint8_t *bytes, size_t n)
{
	const char *text = node_of(w)->text;

	for (size_t i = 0; i < n; i++) {
		int high = pen_hex_digit(text[2 * i]);
		int low = pen_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			fail_kind(w, "a string of hex digits");
			return;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
}

static const struct pen_format json_in_format = {
	.is_reading = true,
	.scalar = in_scalar,
	.string = in_string,
	.handle = in_handle,
	.system_handle = in_system_handle,
	.pointer = in_pointer,
	.claim = in_claim,
	.release = in_release,
	.conformance = in_conformance,
	.variance = in_variance,
	.admit = in_admit,
	.discriminant = in_discriminant,
	.empty = in_empty,
	.open = in_open,
	.member = in_member,
	.item = in_item,
	.close = in_close,
	.bytes = in_bytes,
};

int pen_ndr_from_json(const struct pen_type *type, const struct pen_scope *scope, const char *text,
		      size_t n, void *value, struct pen_arena *arena, struct pen_ndr_error *error)
{
	struct pen_json *json = NULL;
	struct pen_arena nodes;
	struct pen_walk walk;
	size_t at = 0;
	int r;

	pen_walk_init(&walk, &json_in_format, scope, error);
	walk.arena = arena;
	pen_arena_init(&nodes, 0);
	r = pen_json_parse(&json, text, n, &nodes, &at);
	if (r == PEN_E_SYNTAX)
		pen_walk_fail(&walk, r, "not JSON, at byte %zu", at);
	else if (r)
		pen_walk_fail(&walk, r, "JSON too deep or too large");
	walk.position = json;
	if (!r)
		r = pen_walk_run(&walk, type, value);
	pen_arena_done(&nodes);
	return r;
}
