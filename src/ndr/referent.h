/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_REFERENT_H
#define PEN_NDR_REFERENT_H
/*
 * What full pointers point to: by referent when reading, by address when
 * writing. A table with open addressing; it allocates nothing while it is empty.
 */
#include <penstock/ndr.h>

struct pen_referent {
	uint64_t key; /* 0: the place is free */
	const struct pen_type *type;
	void **slot;   /* where the first pointer to it is */
	void *members; /* the struct that pointer is in */
	uint32_t id;
	bool is_done;
};

struct pen_referents {
	struct pen_referent *rows;
	size_t n;
	size_t capacity;
};

void pen_referents_done(struct pen_referents *table);

/* The type counts only where it is given. NULL: not there. */
struct pen_referent *pen_referents_find(struct pen_referents *table, uint64_t key,
					const struct pen_type *type);

/* A new row; the pointer lasts until the next. NULL: no memory. */
struct pen_referent *pen_referents_add(struct pen_referents *table, uint64_t key,
				       const struct pen_type *type);

#endif
