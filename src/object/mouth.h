/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_MOUTH_H
#define PEN_OBJECT_MOUTH_H
/*
 * What the object manager says to smbd: one connection, for one pipe, until it belongs to the
 * pipe's server (pipe/npa.h). Bytes in, bytes out; never a byte more than the request.
 *
 *	while ((n = pen_mouth_wants(mouth)))
 *		read n bytes at most; pen_mouth_feed
 *	pen_mouth_turn, and again when a reply comes for what is pending, or the time is over
 */
#include "object/objects.h"
#include "pipe/npa.h"

enum { PEN_MOUTH_MS = 5000 }; /* for all of it */

struct pen_mouth;

/* What is to be done now. */
enum pen_mouth_end {
	PEN_MOUTH_AWAIT, /* nothing: it waits for an instance, with a ticket */
	PEN_MOUTH_CLOSE, /* not a word; smbd looks at nothing else */
	PEN_MOUTH_REPLY, /* the reply, then close: it only asked whether there is a pipe */
	PEN_MOUTH_GIVEN, /* the reply; the socket is the engine's now */
};

/* For a pipe by its name without a directory, which is copied. -ENOMEM. */
int pen_mouth_new(struct pen_mouth **mouthp, const char *pipe, uint64_t now);
struct pen_mouth *pen_mouth_free(struct pen_mouth *mouth);

/* How many bytes it takes, at most; 0: the request is whole. */
size_t pen_mouth_wants(const struct pen_mouth *mouth);

/* Takes no more than it wants. An error: nothing comes of it, close. */
int pen_mouth_feed(struct pen_mouth *mouth, const void *data, size_t n);

/* When it is too late. */
uint64_t pen_mouth_deadline(const struct pen_mouth *mouth);

/*
 * The request is whole, or what it waited for has come. socket is the resource that becomes the
 * engine's with PEN_MOUTH_GIVEN; owner is for whom a reply comes; *ticketp is of what is pending.
 */
enum pen_mouth_end pen_mouth_turn(struct pen_mouth *mouth, struct pen_objects *objects,
				  void *socket, void *owner, uint64_t now,
				  uint8_t reply[PEN_NPA_REPLY_SIZE], void **ticketp);

#endif
