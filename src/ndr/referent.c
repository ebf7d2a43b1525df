/* SPDX-License-Identifier: MIT */
#include "ndr/referent.h"
#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

void pen_referents_done(struct pen_referents *table)
{
	free(table->rows);
	*table = (struct pen_referents){ 0 };
}

static size_t place_of(const struct pen_referents *table, uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (table->capacity - 1);
}

struct pen_referent *pen_referents_find(struct pen_referents *table, uint64_t key,
					const struct pen_type *type)
{
	if (!table->n)
		return NULL;
	for (size_t i = place_of(table, key); table->rows[i].key;
	     i = (i + 1) & (table->capacity - 1)) {
		if (table->rows[i].key == key && (!type || table->rows[i].type == type))
			return &table->rows[i];
	}
	return NULL;
}

static struct pen_referent *free_place(struct pen_referents *table, uint64_t key)
{
	size_t i = place_of(table, key);

	while (table->rows[i].key)
		i = (i + 1) & (table->capacity - 1);
	return &table->rows[i];
}

/* Half full at most, so that a search stays short. */
static bool grow(struct pen_referents *table)
{
	struct pen_referents larger = {
		.n = table->n,
		.capacity = table->capacity ? table->capacity * 2 : CAPACITY_MIN,
	};

	larger.rows = calloc(larger.capacity, sizeof(larger.rows[0]));
	if (!larger.rows)
		return false;
	for (size_t i = 0; i < table->capacity; i++) {
		if (table->rows[i].key)
			*free_place(&larger, table->rows[i].key) = table->rows[i];
	}
	free(table->rows);
	*table = larger;
	return true;
}

struct pen_referent *pen_referents_add(struct pen_referents *table, uint64_t key,
				       const struct pen_type *type)
{
	struct pen_referent *row;

	if (2 * (table->n + 1) > table->capacity && !grow(table))
		return NULL;
	row = free_place(table, key);
	*row = (struct pen_referent){ .key = key, .type = type, .id = (uint32_t)++table->n };
	return row;
}
