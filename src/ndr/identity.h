/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_IDENTITY_H
#define PEN_NDR_IDENTITY_H
/*
 * What the full pointers of a call point to, from its request to its answer [C706 14.3.12]: an
 * object of the request has its referent in the answer too, and no other object has it.
 *
 * The request's walk leaves its table here. It is looked at both ways, and the second
 * way is made when an answer asks for it. Nothing is allocated without full pointers.
 */
#include "ndr/referent.h"

struct pen_walk;

struct pen_identities {
	struct pen_referents request; /* as written, by address; as read, by referent */
	struct pen_referents inverse; /* the other way round */
	struct pen_referents answer;  /* as read: its objects that the request had, by address */
	bool is_read;		      /* the request was */
	bool has_inverse;
};

void pen_identities_done(struct pen_identities *identities);

/* Bytes that it takes. */
size_t pen_identities_size(const struct pen_identities *identities);

/* A walk of parameters that was right: its full pointers become the call's. -ENOMEM. */
int pen_identities_take(struct pen_identities *identities, struct pen_walk *w);

/* Whether the request has given the referent to an object. */
bool pen_identities_has(struct pen_identities *identities, uint64_t referent);

/*
 * The request's object of that referent, or of that address and such a type. *rowp NULL: it had
 * none; the row's partner is the other of the two. -ENOMEM.
 */
int pen_identities_by_referent(struct pen_identities *identities, uint64_t referent,
			       const struct pen_referent **rowp);
int pen_identities_by_address(struct pen_identities *identities, const void *address,
			      const struct pen_type *type, const struct pen_referent **rowp);

/* Where the request that was written had the object that the answer has there; NULL: it is new. */
const void *pen_identities_given(struct pen_identities *identities, const void *object);

#endif
