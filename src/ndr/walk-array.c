/* SPDX-License-Identifier: MIT */
/*
 * Arrays: how large they are and which part is sent, memory for them, and their
 * elements in order, dimension by dimension.
 */
#include "ndr/walk.h"
#include <string.h>

/* What a part without elements counts for: it takes a step of the walk, and no byte. */
enum { EMPTY_PART_COST = 4096 };

static uint64_t evaluate_count(struct pen_walk *w, const struct pen_expr *expr, const char *what)
{
	int64_t value = pen_walk_evaluate(w, expr, what);

	if (value >= 0 && value <= INT32_MAX)
		return (uint64_t)value;
	pen_walk_fail(w, PEN_E_BAD_DATA, "%s is %lld", what, (long long)value);
	return 0;
}

void pen_walk_check_count(struct pen_walk *w, const struct pen_type *type, uint64_t count)
{
	const struct pen_range *range = type->range;

	if (range && count <= INT64_MAX && (int64_t)count >= range->min &&
	    (int64_t)count <= range->max)
		return;
	if (range)
		pen_walk_fail(w, PEN_E_BAD_DATA, "a count of %llu is out of range",
			      (unsigned long long)count);
}

/* Each size that is sent. */
static void check_counts(struct pen_walk *w, const struct pen_type *type,
			 const struct pen_extent *extents)
{
	for (uint32_t i = 0; type->range && i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			pen_walk_check_count(w, type, extents[i].size);
	}
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

/* What a value costs beyond the bytes it is read from has a limit for all of it. */
static bool spend(struct pen_walk *w, uint64_t cost)
{
	if (cost > PEN_WALK_SPARE_MAX - w->spare)
		return false;
	w->spare += cost;
	return true;
}

static bool spend_parts(struct pen_walk *w, uint64_t parts)
{
	return parts <= PEN_WALK_SPARE_MAX && spend(w, parts * EMPTY_PART_COST);
}

/* How many parts have no elements in them. */
static uint64_t count_empty_parts(const struct pen_type *type, const struct pen_extent *extents)
{
	uint64_t parts = 1;

	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (!extents[i].length)
			return i ? parts : 0;
		if (!multiply(&parts, extents[i].length))
			parts = UINT64_MAX;
	}
	return 0;
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
	    !spend(w, size - sent) || !spend_parts(w, count_empty_parts(type, extents))) {
		pen_walk_fail(w, PEN_E_LIMIT, "an array of too many elements that are not sent");
		return NULL;
	}
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

void pen_walk_array(struct pen_walk *w, const struct pen_type *type, void *value)
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
	if (w->format->is_wire)
		check_counts(w, type, extents);
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
	/* Without elements too: so Windows does it. */
	if (w->format->is_wire)
		w->format->align(w, type->element->wire[w->transfer].align);
	if (pen_walk_ok(w))
		walk_dimension(w, type, extents, 0, elements);
}
