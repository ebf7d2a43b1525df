/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_REFERENT_H
#define PEN_NDR_REFERENT_H
/*
 * What full pointers point to: by referent when reading, by address when
 * writing. It allocates nothing while it is empty.
 *
 * A tree whose path to a key are the digits of its hash, two bits each. The hash is
 * a bijection, so two keys part within PEN_REFERENT_DIGITS steps: whatever keys
 * a peer chooses, a search is no longer. Nothing about it is secret.
 */
#include <penstock/ndr.h>

enum { PEN_REFERENT_DIGITS = 32 };

struct pen_referent {
	uint64_t key;
	const struct pen_type *type;
	void **slot;	      /* where the first pointer to it is */
	void *members;	      /* the struct that pointer is in */
	uint64_t partner;     /* what the key stands for: referent and address, or the other way */
	uint32_t id;	      /* from 1, in the order they were added */
	uint32_t children[4]; /* ids; 0: none */
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

/* The same, of a type that has the same values, as pen_type_is_like. */
struct pen_referent *pen_referents_find_like(struct pen_referents *table, uint64_t key,
					     const struct pen_type *type);

/*
 * Whether the types have the same values, but for how many elements an array has and which arm a
 * union: each parameter has tables of its own for those.
 */
bool pen_type_is_like(const struct pen_type *a, const struct pen_type *b);

/*
 * A new row, of a key and type that are not there; the pointer lasts until the
 * next. Rows of one key lie on one path, for as many types as an address can
 * have in one table. NULL: no memory.
 */
struct pen_referent *pen_referents_add(struct pen_referents *table, uint64_t key,
				       const struct pen_type *type);

#endif
