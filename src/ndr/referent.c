/* SPDX-License-Identifier: MIT */
#include "ndr/referent.h"
#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

void pen_referents_done(struct pen_referents *table)
{
	free(table->rows);
	*table = (struct pen_referents){ 0 };
}

/* Spreads neighbouring keys. The factor is odd, so no two keys have the same hash. */
static uint64_t hash_of(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15);
}

static struct pen_referent *row_of(const struct pen_referents *table, uint32_t id)
{
	return id ? &table->rows[id - 1] : NULL;
}

static uint32_t *child_of(struct pen_referent *row, uint64_t digits)
{
	return &row->children[digits >> 62];
}

/* The first row from there on that the rule takes. */
static struct pen_referent *find(struct pen_referents *table, uint64_t key,
				 const struct pen_type *type,
				 bool (*is_it)(const struct pen_type *a, const struct pen_type *b))
{
	uint64_t digits = hash_of(key);
	struct pen_referent *row = row_of(table, table->n ? 1 : 0);

	while (row && (row->key != key || (type && !is_it(row->type, type)))) {
		row = row_of(table, *child_of(row, digits));
		digits <<= 2;
	}
	return row;
}

static bool is_same(const struct pen_type *a, const struct pen_type *b)
{
	return a == b;
}

struct pen_referent *pen_referents_find(struct pen_referents *table, uint64_t key,
					const struct pen_type *type)
{
	return find(table, key, type, is_same);
}

struct pen_referent *pen_referents_find_like(struct pen_referents *table, uint64_t key,
					     const struct pen_type *type)
{
	return find(table, key, type, pen_type_is_like);
}

static bool has_like_dimensions(const struct pen_type *a, const struct pen_type *b)
{
	if (a->n_dimensions != b->n_dimensions)
		return false;
	for (uint32_t i = 0; i < a->n_dimensions; i++) {
		if (a->dimensions[i].is_conformant != b->dimensions[i].is_conformant ||
		    a->dimensions[i].is_varying != b->dimensions[i].is_varying ||
		    a->dimensions[i].count != b->dimensions[i].count)
			return false;
	}
	return true;
}

static bool has_like_range(const struct pen_type *a, const struct pen_type *b)
{
	if (!a->range || !b->range)
		return a->range == b->range;
	return a->range->min == b->range->min && a->range->max == b->range->max;
}

bool pen_type_is_like(const struct pen_type *a, const struct pen_type *b)
{
	/* Structs have tables of their own, so this comes to an end. */
	while (a != b) {
		if (a->kind != b->kind || a->size != b->size || a->fields != b->fields ||
		    a->enumerators != b->enumerators || a->enum_bits != b->enum_bits ||
		    a->tag != b->tag || a->pointer_kind != b->pointer_kind ||
		    !has_like_range(a, b) || !has_like_dimensions(a, b))
			return false;
		if (!a->element || !b->element)
			return a->element == b->element;
		a = a->element;
		b = b->element;
	}
	return true;
}

static bool grow(struct pen_referents *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : CAPACITY_MIN;
	struct pen_referent *rows;
	size_t size;

	if (capacity > INT32_MAX || __builtin_mul_overflow(capacity, sizeof(rows[0]), &size))
		return false;
	rows = realloc(table->rows, size);
	if (!rows)
		return false;
	table->rows = rows;
	table->capacity = capacity;
	return true;
}

/* Hangs the table's last row, which is not its first, below the end of its path. */
static void hang(struct pen_referents *table, uint32_t id)
{
	uint64_t digits = hash_of(row_of(table, id)->key);
	uint32_t *place = child_of(&table->rows[0], digits);

	while (*place) {
		digits <<= 2;
		place = child_of(row_of(table, *place), digits);
	}
	*place = id;
}

struct pen_referent *pen_referents_add(struct pen_referents *table, uint64_t key,
				       const struct pen_type *type)
{
	struct pen_referent *row;

	if (table->n == table->capacity && !grow(table))
		return NULL;
	row = &table->rows[table->n++];
	*row = (struct pen_referent){ .key = key, .type = type, .id = (uint32_t)table->n };
	if (table->n > 1)
		hang(table, row->id);
	return row;
}
