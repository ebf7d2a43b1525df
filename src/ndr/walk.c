/* SPDX-License-Identifier: MIT */
/*
 * The walk itself: one value of any kind, structs and unions. Arrays, pointers
 * and promises have their own files.
 */
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

void *pen_walk_grow(struct pen_walk *w, void *rows, const void *inline_rows, size_t *max,
		    size_t size)
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

bool pen_type_has_value(const struct pen_type *type)
{
	return type->kind != PEN_VOID && type->kind != PEN_PIPE && type->kind != PEN_IGNORED;
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

int64_t pen_walk_evaluate(struct pen_walk *w, const struct pen_expr *expr, const char *what)
{
	int64_t value = 0;
	int r = pen_expr_eval(expr, &w->scope, w->members, &value);

	if (r == PEN_E_NOT_FOUND)
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s names parameters that are not here", what);
	else if (r)
		pen_walk_fail(w, PEN_E_BAD_DATA, "%s cannot be computed", what);
	return value;
}

int64_t pen_walk_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag)
{
	if (tag)
		return pen_scalar_load(type->tag, tag);
	return pen_walk_evaluate(w, type->switch_is, "switch_is");
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
/* Of a tree: the member's name, and its value unless that is not to be seen. */
static void walk_member(struct pen_walk *w, const struct pen_field *field, const char *name,
			void *value)
{
	const struct pen_format *format = w->format;

	if (!format->member(w, name, field->type))
		return;
	if (field->is_secret && w->scope.redacts && format->redact)
		format->redact(w);
	else
		pen_walk_value(w, field->type, value);
}

static void walk_members(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_format *format = w->format;
	void *position = w->position;

	format->open(w, type);
	for (int pass = 0; pass < (format->is_reading ? 2 : 1); pass++) {
		for (uint32_t i = 0; i < type->n_fields && pen_walk_ok(w); i++) {
			const struct pen_field *field = &type->fields[i];

			if (!pen_type_has_value(field->type) ||
			    (format->is_reading && is_plain(field->type) != (pass == 0)))
				continue;
			w->name = field->name ? field->name : "return";
			walk_member(w, field, w->name, (uint8_t *)value + field->offset);
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
			pen_walk_pending(w, 0);
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
	if (w->transfer == PEN_NDR64 && type->kind == PEN_STRUCT)
		w->format->trail(w, wire->align, type->is_conformant);
}

/*
 * An arm of a tree, by its name. The union's own discriminant stands beside it
 * where the name does not tell it.
 */
static void walk_arm(struct pen_walk *w, const struct pen_type *type, const struct pen_field *arm,
		     void *value)
{
	bool is_named = pen_type_has_value(arm->type);
	bool is_told = type->switch_is || (is_named && arm->n_cases == 1);
	void *position = w->position;

	w->format->open(w, type);
	if (!is_told && !w->format->is_reading && w->format->member(w, "$tag", type->tag))
		w->format->scalar(w, type->tag, value);
	if (is_named)
		walk_member(w, arm, arm->name, (uint8_t *)value + type->arms_offset);
	w->position = position;
	if (pen_walk_ok(w))
		w->format->close(w, type);
}

/*
 * NDR64 aligns the discriminant and the arm to the union's greatest alignment
 * [MS-RPCE 2.2.5.3.4.4]; NDR leaves each to its own, but for the arms of [ms_union].
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
	if (is_aligned || (format->is_wire && type->is_ms_union))
		format->align(w, align);
	if (pen_walk_ok(w) && format->is_wire)
		pen_walk_value(w, arm->type, (uint8_t *)value + type->arms_offset);
	else if (pen_walk_ok(w))
		walk_arm(w, type, arm, value);
	w->members = members;
}

/* A pointer's place on the wire, and what stood there. */
static uint64_t walk_word(struct pen_walk *w, uint64_t word)
{
	w->format->scalar(w, &pen_type_u3264, &word);
	return word;
}

/* [in, out, unique, partial_ignore]: of what comes in only whether it is NULL [MIDL reference]. */
static APART void walk_presence(struct pen_walk *w, uint8_t *value)
{
	enum { REFERENT = 0x00020000 };
	uint64_t word = *value;

	if (w->format->is_wire)
		word = walk_word(w, word ? REFERENT : 0);
	else
		w->format->scalar(w, &pen_type_boolean, value);
	if (w->format->is_reading)
		*value = w->format->is_wire ? word != 0 : *value != 0;
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
		pen_walk_array(w, type, value);
		break;
	case PEN_STRING:
		w->format->string(w, type, value);
		break;
	case PEN_POINTER:
		pen_walk_pointer(w, type, value);
		break;
	case PEN_HANDLE:
		w->format->handle(w, value);
		break;
	case PEN_SYSTEM_HANDLE:
		w->format->system_handle(w, type, value);
		break;
	case PEN_PIPE:
		break;
	case PEN_IGNORED:
		if (w->format->is_wire)
			walk_word(w, 0);
		break;
	case PEN_PRESENCE:
		walk_presence(w, value);
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
		w->is_answer = w->scope.out == value;
	}
	pen_walk_value(w, type, value);
	pen_walk_pending(w, 0);
	pen_walk_keep_promises(w, value);
	if (w->scope.identities && pen_walk_ok(w) && pen_identities_take(w->scope.identities, w))
		pen_walk_fail(w, -ENOMEM, "no memory");

	if (w->pending != w->inline_pending)
		free(w->pending);
	if (w->promises != w->inline_promises)
		free(w->promises);
	pen_referents_done(&w->referents);
	return w->result;
}
