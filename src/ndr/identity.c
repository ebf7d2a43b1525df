/* SPDX-License-Identifier: MIT */
#include "ndr/identity.h"
#include "ndr/walk.h"
#include <errno.h>

void pen_identities_done(struct pen_identities *identities)
{
	pen_referents_done(&identities->request);
	pen_referents_done(&identities->inverse);
	pen_referents_done(&identities->answer);
	identities->has_inverse = false;
}

size_t pen_identities_size(const struct pen_identities *identities)
{
	return (identities->request.capacity + identities->inverse.capacity +
		identities->answer.capacity) *
	       sizeof(struct pen_referent);
}

/* ---- what walks leave ---- */

/* As rows that are read have it, the slot may change later, but not where it points to now. */
static uint64_t address_of(const struct pen_referent *row)
{
	return (uintptr_t)*row->slot;
}

static void take_request(struct pen_identities *identities, struct pen_walk *w)
{
	pen_identities_done(identities);
	identities->request = w->referents;
	identities->is_read = w->format->is_reading;
	w->referents = (struct pen_referents){ 0 };
	for (size_t i = 0; identities->is_read && i < identities->request.n; i++) {
		struct pen_referent *row = &identities->request.rows[i];

		row->partner = address_of(row);
	}
}

static int take_answer(struct pen_identities *identities, const struct pen_walk *w)
{
	for (size_t i = 0; i < w->referents.n; i++) {
		const struct pen_referent *read = &w->referents.rows[i];
		const struct pen_referent *known;
		struct pen_referent *row;
		int r = pen_identities_by_referent(identities, read->key, &known);

		if (r)
			return r;
		if (!known)
			continue;
		row = pen_referents_add(&identities->answer, address_of(read), read->type);
		if (!row)
			return -ENOMEM;
		row->partner = known->partner;
	}
	return 0;
}

int pen_identities_take(struct pen_identities *identities, struct pen_walk *w)
{
	if (!w->is_answer)
		take_request(identities, w);
	else if (w->format->is_reading && identities->request.n)
		return take_answer(identities, w);
	return 0;
}

/* ---- what is asked ---- */

static int invert(struct pen_identities *identities)
{
	if (identities->has_inverse)
		return 0;
	for (size_t i = 0; i < identities->request.n; i++) {
		const struct pen_referent *from = &identities->request.rows[i];
		struct pen_referent *to;

		if (pen_referents_find(&identities->inverse, from->partner, from->type))
			continue;
		to = pen_referents_add(&identities->inverse, from->partner, from->type);
		if (!to) {
			pen_referents_done(&identities->inverse);
			return -ENOMEM;
		}
		to->partner = from->key;
	}
	identities->has_inverse = true;
	return 0;
}

bool pen_identities_has(struct pen_identities *identities, uint64_t referent)
{
	return identities->request.n && identities->is_read &&
	       pen_referents_find(&identities->request, referent, NULL);
}

/* In the request's own table, or in its inverse. */
static int look_up(struct pen_identities *identities, bool in_inverse, uint64_t key,
		   const struct pen_type *type, const struct pen_referent **rowp)
{
	struct pen_referents *table = &identities->request;

	*rowp = NULL;
	if (!identities->request.n)
		return 0;
	if (in_inverse) {
		int r = invert(identities);

		if (r)
			return r;
		table = &identities->inverse;
	}
	*rowp = pen_referents_find_like(table, key, type);
	return 0;
}

int pen_identities_by_referent(struct pen_identities *identities, uint64_t referent,
			       const struct pen_referent **rowp)
{
	return look_up(identities, !identities->is_read, referent, NULL, rowp);
}

int pen_identities_by_address(struct pen_identities *identities, const void *address,
			      const struct pen_type *type, const struct pen_referent **rowp)
{
	return look_up(identities, identities->is_read, (uintptr_t)address, type, rowp);
}

const void *pen_identities_given(struct pen_identities *identities, const void *object)
{
	const struct pen_referent *row =
		pen_referents_find(&identities->answer, (uintptr_t)object, NULL);

	return row ? (const void *)(uintptr_t)row->partner : NULL;
}
