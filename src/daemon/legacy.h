/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_LEGACY_H
#define PEN_DAEMON_LEGACY_H
/*
 * What this process was left by the one that it was before it executed this program: bequest.h is
 * the other side. What it says is believed no more than it must be: each descriptor is one of
 * those that were left, and is taken once.
 */
#include "io/socket.h"
#include <penstock/arena.h>
#include <penstock/idl/heritage.h>
#include <sys/types.h>

struct legacy {
	struct pen_arena arena;
	struct heritage_heritage heritage;
	const struct heritage_estate *estate; /* NULL: of another version, or makes no sense */
	bool *is_taken;			      /* of its descriptors */
	bool *is_adopted;		      /* of its processes */
};

/*
 * Finds it, and takes the word for it out of the environment. PEN_E_NOT_FOUND: there is none, or
 * not for this process. PEN_E_BAD_DATA: it makes no sense: whatever else was left is closed.
 * -ENOMEM; a negative errno.
 */
int legacy_find(struct legacy **legacyp);

/* The same of bytes; PEN_E_NOT_FOUND: they are another process'. */
int legacy_read(struct legacy **legacyp, const void *data, size_t n, pid_t pid);

/* Takes a descriptor, which is closed at the next exec. -1: it is none that may be taken. */
int legacy_take(struct legacy *legacy, int32_t fd);

/*
 * Takes a socket that listens, for a binding that was wanted, and with its name, if it has one, in
 * the directory. NULL: there is none.
 */
const struct heritage_door *legacy_take_door(struct legacy *legacy, const char *listed,
					     const char *wanted, const char *directory,
					     struct pen_unix_socket *socket);

/* A process that runs, or has just ended, and is to be somebody's. False: it is not ours. */
bool legacy_adopt(struct legacy *legacy, int32_t pid);

/* Closes what nobody has taken. NULL is none. */
struct legacy *legacy_free(struct legacy *legacy);

#endif
