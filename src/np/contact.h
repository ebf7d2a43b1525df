/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_CONTACT_H
#define PEN_NP_CONTACT_H
/*
 * A connection to the object manager, which knows by it who asks. It is kept by this process for
 * the next question of the same user, and one question at a time is asked on it.
 */
#include "np/starter.h"
#include <stdint.h>
#include <sys/types.h>

struct pen_contact {
	struct pen_contact *next; /* of those that are kept */
	int fd;			  /* does not wait */
	uid_t uid;		  /* who connected */
	gid_t gid;
	uint32_t generation; /* pen_fork_generation of the process that did */
	uint8_t *room;	     /* for a message that comes: object_MESSAGE_MAX bytes */
	char directory[PEN_PLACE_SIZE];
};

/* One that was kept; its object manager may be gone. NULL: there is none. */
struct pen_contact *pen_contact_take(const char *directory);

/*
 * A new one; where nobody listens, and one may be started, that is done. until: pen_clock_ms. A
 * negative errno; -EACCES: somebody else's; -ENOENT, -ECONNREFUSED: nobody is there.
 */
int pen_contact_connect(struct pen_contact **contactp, const struct pen_place *place,
			uint64_t until);

/* Keeps it, or frees it if there are enough. */
void pen_contact_keep(struct pen_contact *contact);

/* Closes it; what it was asked is cancelled. */
struct pen_contact *pen_contact_free(struct pen_contact *contact);

#endif
