/* SPDX-License-Identifier: MIT */
#include "ndr/walk.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kept out of pen_walk_value, which most often meets a scalar or a pointer and needs no frame. */
#define APART __attribute__((noinline))

void pen_walk_init(struct pen_walk *w, const struct pen_format *format,
		   const struct pen_scope *scope, struct pen_ndr_error *error)
{
	/* The inline places are left as they are: each is written before it is read. */
	memset(w, 0, offsetof(struct pen_walk, inline_pending));
	w->format = format;
	w->error = error;
	w->pending = w->inline_pending;
	w->max_pending = PEN_WALK_INLINE;
	w->promises = w->inline_promises;
	w->max_promises = PEN_WALK_INLINE;
	if (scope)
		w->scope = *scope;
}

void pen_walk_fail(struct pen_walk *w, int result, const char *format, ...)
{
	va_list args;
	int n = 0;

	if (w->result)
		return;
	w->result = result;
	if (!w->error)
		return;
	if (w->name)
		n = snprintf(w->error->text, sizeof(w->error->text), "%.80s: ", w->name);
	va_start(args, format);
	vsnprintf(w->error->text + n, sizeof(w->error->text) - (size_t)n, format, args);
	va_end(args);
}

/* Makes room for one more row in a list that may still be the one inside the walk. */
static void *grow(struct pen_walk *w, void *rows, const void *inline_rows, size_t *max, size_t size)
{
	void *larger = realloc(rows == inline_rows ? NULL : rows, *max * 2 * size);

	if (!larger) {
		pen_walk_fail(w, -ENOMEM, "no memory");
		return NULL;
	}
	if (rows == inline_rows)
		memcpy(larger, inline_rows, *max * size);
	*max *= 2;
	return larger;
}

void pen_walk_promise(struct pen_walk *w, const struct pen_expr *expr, int64_t value)
{
	if (!expr)
		return;
	if (w->n_promises == w->max_promises) {
		void *rows = grow(w, w->promises, w->inline_promises, &w->max_promises,
				  sizeof(w->promises[0]));

		if (!rows)
			return;
		w->promises = rows;
	}
	w->promises[w->n_promises++] = (struct pen_promise){
		.expr = expr, .members = w->members, .name = w->name, .value = value
	};
}

static void push(struct pen_walk *w, const struct pen_pending *pending)
{
	if (w->n_pending == w->max_pending) {
		void *rows = grow(w, w->pending, w->inline_pending, &w->max_pending,
				  sizeof(w->pending[0]));

		if (!rows)
			return;
		w->pending = rows;
	}
	w->pending[w->n_pending++] = *pending;
}

/* What a name stands for, if the expression is that name with at most one constant to undo. */
static bool solve(const struct pen_expr *e, int64_t *value)
{
	if (e[0].op < PEN_EXPR_MEMBER || e[0].op > PEN_EXPR_OUT)
		return false;
	if (e[1].op == PEN_EXPR_END)
		return true;
	if (e[1].op != PEN_EXPR_CONST || e[2].op == PEN_EXPR_END || e[3].op != PEN_EXPR_END)
		return false;
	switch (e[2].op) {
	case PEN_EXPR_ADD:
		return !__builtin_sub_overflow(*value, e[1].value, value);
	case PEN_EXPR_SUB:
		return !__builtin_add_overflow(*value, e[1].value, value);
	case PEN_EXPR_DIV:
		return !__builtin_mul_overflow(*value, e[1].value, value);
	case PEN_EXPR_MUL:
		if (e[1].value <= 0 || *value % e[1].value)
			return false;
		*value /= e[1].value;
		return true;
	default:
		return false;
	}
}

/* Gives a member that a person left out the value that an array or an arm implies. */
static void fill_in(struct pen_walk *w, const struct pen_promise *promise, const void *own)
{
	const struct pen_expr *e = promise->expr;
	const uint8_t *base = e->op == PEN_EXPR_MEMBER ? promise->members
			      : e->op == PEN_EXPR_IN   ? w->scope.in
						       : w->scope.out;
	const struct pen_type *type = e->type;
	int64_t value = promise->value;
	void *slot;

	if (!solve(e, &value) || !base || (e->op != PEN_EXPR_MEMBER && base != own))
		return;
	slot = (uint8_t *)(uintptr_t)base + e->offset;
	while (type->kind == PEN_POINTER) {
		void **pointer = slot;

		if (!*pointer)
			*pointer = pen_arena_zalloc(w->arena, type->element->size);
		slot = *pointer;
		type = type->element;
		if (!slot) {
			pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
			return;
		}
	}
	if (pen_scalar_load(type, slot) == 0 && !pen_scalar_store(type, slot, value))
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s cannot hold %lld", e->name, (long long)value);
}

static void keep_promises(struct pen_walk *w, const void *own)
{
	for (size_t i = 0; i < w->n_promises && pen_walk_ok(w); i++) {
		const struct pen_promise *promise = &w->promises[i];
		int64_t value = 0;
		int r;

		w->name = promise->name;
		if (w->format->is_reading && !w->format->is_wire)
			fill_in(w, promise, own);
		r = pen_expr_eval(promise->expr, &w->scope, promise->members, &value);
		if (r == PEN_E_NOT_FOUND && w->format->is_reading)
			continue;
		if (r)
			pen_walk_fail(w, PEN_E_BAD_DATA, "an attribute cannot be computed");
		else if (value != promise->value)
			pen_walk_fail(w, PEN_E_BAD_DATA, "is %lld where its attribute says %lld",
				      (long long)promise->value, (long long)value);
	}
}

bool pen_type_is_apart(const struct pen_type *type)
{
	if (type->kind == PEN_STRING)
		return true;
	if (type->kind != PEN_ARRAY)
		return false;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			return true;
	}
	return false;
}

bool pen_type_is_byte(const struct pen_type *type)
{
	return type->kind == PEN_BYTE || type->kind == PEN_U8 || type->kind == PEN_CHAR;
}

const struct pen_field *pen_type_arm(const struct pen_type *type, int64_t discriminant)
{
	const struct pen_field *other = NULL;

	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *arm = &type->fields[i];

		for (uint32_t k = 0; k < arm->n_cases; k++) {
			if (arm->cases[k] == discriminant)
				return arm;
		}
		if (arm->is_default)
			other = arm;
	}
	return other;
}

static int64_t evaluate(struct pen_walk *w, const struct pen_expr *expr, const char *what)
{
	int64_t value = 0;
	int r = pen_expr_eval(expr, &w->scope, w->members, &value);

	if (r == PEN_E_NOT_FOUND)
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s names parameters that are not here", what);
	else if (r)
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s cannot be computed", what);
	return value;
}

static uint64_t evaluate_count(struct pen_walk *w, const struct pen_expr *expr, const char *what)
{
	int64_t value = evaluate(w, expr, what);

	if (value >= 0 && value <= INT32_MAX)
		return (uint64_t)value;
	pen_walk_fail(w, PEN_E_BAD_DATA, "%s is %lld", what, (long long)value);
	return 0;
}

void pen_walk_conformance(struct pen_walk *w, const struct pen_type *type, void *value,
			  struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];

		extents[i].size = dimension->count;
		if (!dimension->is_conformant)
			continue;
		if (dimension->size_is)
			extents[i].size = evaluate_count(w, dimension->size_is, "size_is");
		else
			pen_walk_fail(w, PEN_E_BAD_DATA, "an array without a size_is");
	}
}

void pen_walk_variance(struct pen_walk *w, const struct pen_type *type, struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];
		struct pen_extent *e = &extents[i];

		e->first = 0;
		if (dimension->first_is)
			e->first = evaluate_count(w, dimension->first_is, "first_is");
		e->length = e->first > e->size ? 0 : e->size - e->first;
		if (dimension->length_is)
			e->length = evaluate_count(w, dimension->length_is, "length_is");
		if (e->first > e->size || e->length > e->size - e->first)
			pen_walk_fail(w, PEN_E_BAD_DATA, "%llu elements from %llu on, of %llu",
				      (unsigned long long)e->length, (unsigned long long)e->first,
				      (unsigned long long)e->size);
	}
}

int64_t pen_walk_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag)
{
	if (tag)
		return pen_scalar_load(type->tag, tag);
	return evaluate(w, type->switch_is, "switch_is");
}

/* Whether the type's attributes name nothing outside it. */
static bool is_closed(const struct pen_type *type)
{
	return type->kind < PEN_UNION || type->kind == PEN_STRING || type->kind == PEN_HANDLE ||
	       (type->kind == PEN_UNION && !type->switch_is);
}

bool pen_walk_claim(struct pen_walk *w, const struct pen_pending *pointer, uint64_t key)
{
	const struct pen_type *type = pointer->type->element;
	struct pen_referent *row = pen_referents_find(&w->referents, key, NULL);

	if (row && row->type == type && (is_closed(type) || row->members == pointer->members)) {
		*(void **)pointer->slot = *row->slot;
		return false;
	}
	if (row) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "another name for a value of another type");
		return false;
	}
	row = pen_referents_add(&w->referents, key, type);
	if (!row) {
		pen_walk_fail(w, -ENOMEM, "no memory");
		return false;
	}
	row->slot = pointer->slot;
	row->members = pointer->members;
	return true;
}

/*
 * The pointee of one pointer, and what that points to in turn: the pending
 * pointers it leaves are a stack's top, done before the walk goes on.
 */
static void walk_pending(struct pen_walk *w, size_t from);

static void walk_pointee(struct pen_walk *w, const struct pen_pending *pointer)
{
	const struct pen_type *type = pointer->type->element;
	size_t from = w->n_pending;
	void *members = w->members;
	void *target = pointer->slot;

	w->members = pointer->members;
	w->name = pointer->name;
	if (w->depth == PEN_NDR_DEPTH_MAX) {
		pen_walk_fail(w, PEN_E_LIMIT, "pointers more than %d deep", PEN_NDR_DEPTH_MAX);
		return;
	}
	if (pointer->type->pointer_kind == PEN_FULL && !w->format->claim(w, pointer)) {
		w->members = members;
		return;
	}

	if (!pen_type_is_apart(type)) {
		void **slot = pointer->slot;

		if (w->format->is_reading)
			*slot = pen_arena_zalloc(w->arena, type->size);
		if (!*slot)
			pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
		target = *slot;
	}
	w->depth++;
	if (pen_walk_ok(w))
		pen_walk_value(w, type, target);
	walk_pending(w, from);
	w->depth--;
	if (pointer->type->pointer_kind == PEN_FULL && !w->format->is_wire && pen_walk_ok(w))
		w->format->release(w);
	w->members = members;
}

static void walk_pending(struct pen_walk *w, size_t from)
{
	size_t end = w->n_pending;

	for (size_t i = from; i < end && pen_walk_ok(w); i++) {
		struct pen_pending pointer = w->pending[i];

		walk_pointee(w, &pointer);
	}
	w->n_pending = from;
}

static void walk_pointer(struct pen_walk *w, const struct pen_type *type, void *slot)
{
	struct pen_pending pointer = {
		.type = type, .slot = slot, .members = w->members, .name = w->name
	};

	if (!w->format->pointer(w, type, slot, &pointer.referent) || !pen_walk_ok(w))
		return;
	if (w->format->is_wire)
		push(w, &pointer);
	else
		walk_pointee(w, &pointer);
}

/*
 * The conformance of a struct's last array stands before the outermost struct
 * [C706 14.3.7.1]. It is read or written there, in the array's own struct.
 */
static void hoist(struct pen_walk *w, const struct pen_type *type, void *value)
{
	void *members = w->members;

	while (type->kind == PEN_STRUCT) {
		const struct pen_field *last = &type->fields[type->n_fields - 1];

		w->members = value;
		value = (uint8_t *)value + last->offset;
		type = last->type;
	}
	w->format->conformance(w, type, value, w->hoisted);
	w->is_hoisted = true;
	w->members = members;
}

static bool is_plain(const struct pen_type *type)
{
	while (type->kind == PEN_POINTER)
		type = type->element;
	return type->kind < PEN_STRUCT;
}

/* Members of a tree. One that is read needs its plain members first: others name them. */
static void walk_members(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_format *format = w->format;
	void *position = w->position;

	format->open(w, type);
	for (int pass = 0; pass < (format->is_reading ? 2 : 1); pass++) {
		for (uint32_t i = 0; i < type->n_fields && pen_walk_ok(w); i++) {
			const struct pen_field *field = &type->fields[i];

			if (format->is_reading && is_plain(field->type) != (pass == 0))
				continue;
			w->name = field->name ? field->name : "return";
			if (format->member(w, w->name, field->type))
				pen_walk_value(w, field->type, (uint8_t *)value + field->offset);
			w->position = position;
		}
	}
	if (pen_walk_ok(w))
		format->close(w, type);
}

static void walk_fields(struct pen_walk *w, const struct pen_type *type, void *value)
{
	uint8_t *base = value;

	for (uint32_t i = 0; i < type->n_fields && pen_walk_ok(w); i++) {
		const struct pen_field *field = &type->fields[i];
		uint32_t n_run = w->is_native ? field->n_run[w->transfer] : 0;

		w->name = field->name;
		if (n_run > 1) {
			const struct pen_field *last = field + n_run - 1;

			w->format->block(w, field->type->wire[w->transfer].align,
					 base + field->offset,
					 last->offset + last->type->size - field->offset);
			i += n_run - 1;
			continue;
		}
		pen_walk_value(w, field->type, base + field->offset);
		if (type->kind == PEN_PARAMETERS)
			walk_pending(w, 0);
	}
}

static APART void walk_struct(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_wire *wire = &type->wire[w->transfer];
	void *members = w->members;

	if (!w->format->is_wire) {
		w->members = value;
		walk_members(w, type, value);
		w->members = members;
		return;
	}
	if (wire->is_block && w->is_native) {
		w->format->block(w, wire->align, value, type->size);
		return;
	}
	if (type->is_conformant && !w->is_hoisted)
		hoist(w, type, value);
	if (type->kind == PEN_STRUCT)
		w->format->align(w, wire->align);
	w->members = value;
	walk_fields(w, type, value);
	w->members = members;
	/* The trailing gap of [MS-RPCE 2.2.5.3.4.1]. */
	if (w->transfer == PEN_NDR64 && type->kind == PEN_STRUCT && !type->is_conformant)
		w->format->align(w, wire->align);
}

/*
 * An arm of a tree, by its name. The union's own discriminant stands beside it
 * where the name does not tell it.
 */
static void walk_arm(struct pen_walk *w, const struct pen_type *type, const struct pen_field *arm,
		     void *value)
{
	bool is_named = arm->type->kind != PEN_VOID;
	bool is_told = type->switch_is || (is_named && arm->n_cases == 1);
	void *position = w->position;

	w->format->open(w, type);
	if (!is_told && !w->format->is_reading && w->format->member(w, "$tag", type->tag))
		w->format->scalar(w, type->tag, value);
	if (is_named && w->format->member(w, arm->name, arm->type))
		pen_walk_value(w, arm->type, (uint8_t *)value + type->arms_offset);
	w->position = position;
	if (pen_walk_ok(w))
		w->format->close(w, type);
}

/*
 * NDR64 aligns the discriminant and the arm to the union's greatest alignment
 * [MS-RPCE 2.2.5.3.4.4]; NDR leaves each to its own.
 */
static APART void walk_union(struct pen_walk *w, const struct pen_type *type, void *value)
{
	bool is_encapsulated = !type->switch_is;
	const struct pen_format *format = w->format;
	size_t align = type->wire[w->transfer].align;
	bool is_aligned = format->is_wire && w->transfer == PEN_NDR64;
	const struct pen_field *arm;
	void *members = w->members;
	int64_t discriminant;

	if (is_encapsulated)
		w->members = value;
	if (is_aligned)
		format->align(w, align);
	discriminant = format->discriminant(w, type, is_encapsulated ? value : NULL);
	arm = pen_type_arm(type, discriminant);
	if (!arm)
		pen_walk_fail(w, PEN_E_BAD_DATA, "no arm of the union is chosen by %lld",
			      (long long)discriminant);
	if (is_aligned)
		format->align(w, align);
	if (pen_walk_ok(w) && format->is_wire)
		pen_walk_value(w, arm->type, (uint8_t *)value + type->arms_offset);
	else if (pen_walk_ok(w))
		walk_arm(w, type, arm, value);
	w->members = members;
}

/* Elements that follow each other in memory. */
static void walk_elements(struct pen_walk *w, const struct pen_type *type, uint8_t *base,
			  uint64_t n)
{
	const struct pen_format *format = w->format;
	const struct pen_wire *wire = &type->wire[w->transfer];
	const char *name = w->name;
	void *position = w->position;

	if (format->is_wire && wire->is_block && w->is_native) {
		format->block(w, wire->align, base, (size_t)n * type->size);
		return;
	}
	for (uint64_t i = 0; i < n && pen_walk_ok(w); i++) {
		w->name = name;
		if (!format->is_wire)
			format->item(w, i);
		pen_walk_value(w, type, base + (size_t)i * type->size);
		w->position = position;
	}
}

/* All elements of one dimension, whose parts are stride bytes. */
static void walk_dimension(struct pen_walk *w, const struct pen_type *type,
			   const struct pen_extent *extents, uint32_t d, uint8_t *base)
{
	const struct pen_format *format = w->format;
	const struct pen_extent *e = &extents[d];
	size_t stride = type->element->size;
	bool is_last = d + 1 == type->n_dimensions;
	void *position = w->position;

	for (uint32_t i = d + 1; i < type->n_dimensions; i++)
		stride *= (size_t)extents[i].size;
	base += (size_t)e->first * stride;

	if (!format->is_wire && is_last && pen_type_is_byte(type->element)) {
		format->bytes(w, base, (size_t)e->length);
		return;
	}
	if (!format->is_wire)
		format->open(w, type);
	if (is_last)
		walk_elements(w, type->element, base, e->length);
	for (uint64_t i = 0; !is_last && i < e->length && pen_walk_ok(w); i++) {
		if (!format->is_wire)
			format->item(w, i);
		walk_dimension(w, type, extents, d + 1, base + (size_t)i * stride);
		w->position = position;
	}
	if (!format->is_wire && pen_walk_ok(w))
		format->close(w, type);
}

static bool multiply(uint64_t *product, uint64_t factor)
{
	return !__builtin_mul_overflow(*product, factor, product);
}

/*
 * Counts are held against what is there, and only then memory is taken: for
 * what is sent because it is sent, for the rest of the array up to a limit.
 */
static void *make_elements(struct pen_walk *w, const struct pen_type *type,
			   const struct pen_extent *extents)
{
	uint64_t sent = 1;
	uint64_t size = 1;
	bool is_sane = true;
	void *elements;

	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		is_sane = is_sane && multiply(&size, extents[i].size) &&
			  multiply(&sent, extents[i].length);
	}
	if (!is_sane || !w->format->admit(w, type->element, sent)) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "more elements than there can be");
		return NULL;
	}
	if (!multiply(&size, type->element->size) || !multiply(&sent, type->element->size) ||
	    size - sent > PEN_WALK_SPARE_MAX - w->spare) {
		pen_walk_fail(w, PEN_E_LIMIT, "an array of too many elements that are not sent");
		return NULL;
	}
	w->spare += size - sent;
	elements = pen_arena_zalloc(w->arena, (size_t)size);
	if (!elements)
		pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
	return elements;
}

/* The elements where they are, if the format has them there as they are in memory. */
static void *lend_elements(struct pen_walk *w, const struct pen_type *type,
			   const struct pen_extent *extents)
{
	const struct pen_wire *wire = &type->element->wire[w->transfer];
	uint64_t size = extents[0].size;

	if (!w->format->lend || !wire->is_block || !w->is_native || type->n_dimensions > 1 ||
	    extents[0].length != size || !multiply(&size, type->element->size))
		return NULL;
	return w->format->lend(w, wire->align, size);
}

static bool is_empty(const struct pen_type *type, const struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (!extents[i].length)
			return true;
	}
	return false;
}

static void promise_extents(struct pen_walk *w, const struct pen_type *type,
			    const struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];

		pen_walk_promise(w, dimension->size_is, (int64_t)extents[i].size);
		if (!dimension->is_varying)
			continue;
		pen_walk_promise(w, dimension->length_is, (int64_t)extents[i].length);
		pen_walk_promise(w, dimension->first_is, (int64_t)extents[i].first);
	}
}

static APART void walk_array(struct pen_walk *w, const struct pen_type *type, void *value)
{
	struct pen_extent extents[PEN_DIMENSIONS_MAX];
	bool is_apart = pen_type_is_apart(type);
	void **slot = value;
	uint8_t *elements = value;

	if (type->n_dimensions > PEN_DIMENSIONS_MAX) {
		pen_walk_fail(w, PEN_E_LIMIT, "more than %d dimensions", PEN_DIMENSIONS_MAX);
		return;
	}
	if (w->is_hoisted && is_apart)
		memcpy(extents, w->hoisted, sizeof(extents));
	else
		w->format->conformance(w, type, value, extents);
	w->is_hoisted = w->is_hoisted && !is_apart;
	w->format->variance(w, type, extents);
	if (!pen_walk_ok(w))
		return;

	if (is_apart && w->format->is_reading) {
		*slot = lend_elements(w, type, extents);
		if (*slot) {
			promise_extents(w, type, extents);
			return;
		}
		*slot = make_elements(w, type, extents);
	}
	if (is_apart) {
		elements = *slot;
		if (!elements && !is_empty(type, extents))
			pen_walk_fail(w, PEN_E_BAD_DATA, "NULL in place of an array");
	}
	if (w->format->is_reading)
		promise_extents(w, type, extents);
	/* An array that is not there is an empty one: no element is looked at. */
	if (!elements)
		elements = (uint8_t *)w;
	if (pen_walk_ok(w))
		walk_dimension(w, type, extents, 0, elements);
}

void pen_walk_value(struct pen_walk *w, const struct pen_type *type, void *value)
{
	switch (type->kind) {
	case PEN_VOID:
		if (!w->format->is_wire)
			w->format->empty(w);
		break;
	case PEN_STRUCT:
	case PEN_PARAMETERS:
		walk_struct(w, type, value);
		break;
	case PEN_UNION:
		walk_union(w, type, value);
		break;
	case PEN_ARRAY:
		walk_array(w, type, value);
		break;
	case PEN_STRING:
		w->format->string(w, type, value);
		break;
	case PEN_POINTER:
		walk_pointer(w, type, value);
		break;
	case PEN_HANDLE:
		w->format->handle(w, value);
		break;
	default:
		w->format->scalar(w, type, value);
		break;
	}
}

int pen_walk_run(struct pen_walk *w, const struct pen_type *type, void *value)
{
	if (type->kind == PEN_PARAMETERS) {
		if (w->scope.in && w->scope.in != value)
			w->scope.out = value;
		else if (w->scope.out != value)
			w->scope.in = value;
	}
	pen_walk_value(w, type, value);
	walk_pending(w, 0);
	keep_promises(w, value);

	if (w->pending != w->inline_pending)
		free(w->pending);
	if (w->promises != w->inline_promises)
		free(w->promises);
	pen_referents_done(&w->referents);
	return w->result;
}
