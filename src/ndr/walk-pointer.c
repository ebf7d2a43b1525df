/* SPDX-License-Identifier: MIT */
/*
 * Pointers: the pointees that wait for the construct around them to end, and the
 * full pointers that share one.
 */
#include "ndr/walk.h"
#include <errno.h>

static void push(struct pen_walk *w, const struct pen_pending *pending)
{
	if (w->n_pending == w->max_pending) {
		void *rows = pen_walk_grow(w, w->pending, w->inline_pending, &w->max_pending,
					   sizeof(w->pending[0]));

		if (!rows)
			return;
		w->pending = rows;
	}
	w->pending[w->n_pending++] = *pending;
}

/* Whether the type's attributes name nothing outside it. */
static bool is_closed(const struct pen_type *type)
{
	return type->kind < PEN_UNION || type->kind == PEN_STRING || type->kind == PEN_HANDLE ||
	       type->kind == PEN_SYSTEM_HANDLE || (type->kind == PEN_UNION && !type->switch_is);
}

struct pen_referent *pen_walk_known(struct pen_walk *w, uint64_t key, const struct pen_type *type)
{
	if (is_closed(type))
		return pen_referents_find_like(&w->referents, key, type);
	return pen_referents_find(&w->referents, key, type);
}

/* Whether an answer may have such a value by a referent that the request had. */
static bool is_as_given(struct pen_walk *w, const struct pen_type *type, uint64_t referent)
{
	const struct pen_referent *given;

	if (!w->scope.identities || !w->is_answer)
		return true;
	if (pen_identities_by_referent(w->scope.identities, referent, &given)) {
		pen_walk_fail(w, -ENOMEM, "no memory");
		return false;
	}
	if (!given || pen_type_is_like(given->type, type))
		return true;
	pen_walk_fail(w, PEN_E_BAD_DATA, "a name that the request had for a value of another type");
	return false;
}

bool pen_walk_claim(struct pen_walk *w, const struct pen_pending *pointer, uint64_t key)
{
	const struct pen_type *type = pointer->type->element;
	struct pen_referent *row = pen_walk_known(w, key, type);

	if (row && (is_closed(type) || row->members == pointer->members)) {
		*(void **)pointer->slot = *row->slot;
		return false;
	}
	if (pen_referents_find(&w->referents, key, NULL)) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "another name for a value of another type");
		return false;
	}
	if (!is_as_given(w, type, key))
		return false;
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
	pen_walk_pending(w, from);
	w->depth--;
	if (pointer->type->pointer_kind == PEN_FULL && !w->format->is_wire && pen_walk_ok(w))
		w->format->release(w);
	w->members = members;
}

void pen_walk_pending(struct pen_walk *w, size_t from)
{
	size_t end = w->n_pending;

	for (size_t i = from; i < end && pen_walk_ok(w); i++) {
		struct pen_pending pointer = w->pending[i];

		walk_pointee(w, &pointer);
	}
	w->n_pending = from;
}

void pen_walk_pointer(struct pen_walk *w, const struct pen_type *type, void *slot)
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
