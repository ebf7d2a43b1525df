/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_DIRECTORY_H
#define PEN_IO_DIRECTORY_H
/*
 * Where sockets are that programs of this machine find each other by.
 */
#include <stdbool.h>

/* A place for sockets. */
struct pen_directory {
	const char *given;    /* if not NULL, that is it */
	const char *variable; /* of the environment, which says it otherwise */
	const char *system;   /* for root */
	const char *below;   /* for others: in $XDG_RUNTIME_DIR/penstock or /tmp/penstock-UID; "" */
	bool may_be_missing; /* what is in /tmp, as it is about to be made */
};

/*
 * A copy of its path, to be freed. -ENOENT: none is known; -EPERM: that in /tmp is somebody
 * else's, or open to others; -ENOMEM.
 */
int pen_directory_find(char **directoryp, const struct pen_directory *directory);

/*
 * The directory of the object manager's socket, "objects": the one given, or $PENSTOCK_OBJECTS_DIR,
 * or /run/penstock for root, $XDG_RUNTIME_DIR/penstock or /tmp/penstock-UID for others; which may
 * be missing. Fails as pen_directory_find does.
 */
int pen_objects_directory(char **directoryp, const char *given);

#endif
