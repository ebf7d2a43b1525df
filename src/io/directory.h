/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_DIRECTORY_H
#define PEN_IO_DIRECTORY_H
/*
 * Where sockets are that programs of this machine find each other by.
 */
#include <stdbool.h>

/*
 * The user's own directory: $XDG_RUNTIME_DIR/penstock; /tmp/penstock-UID where that variable is not
 * set, empty, or no absolute path. A copy, to be freed. -EPERM: that in /tmp is somebody else's, or
 * open to others; -ENOENT: it is missing, and may not be; -ENOMEM.
 */
int pen_directory_users(char **directoryp, bool may_be_missing);

/* A place for sockets. */
struct pen_directory {
	const char *given;    /* if not NULL, that is it */
	const char *variable; /* of the environment, which says it otherwise */
	const char *system;   /* for root */
	const char *below;    /* for others: in pen_directory_users; "" */
	bool may_be_missing;  /* what is in /tmp, as it is about to be made */
};

/*
 * A copy of its path, to be freed. Fails as pen_directory_users does.
 */
int pen_directory_find(char **directoryp, const struct pen_directory *directory);

/*
 * The directory of the object manager's socket, "objects": the one given, or $PENSTOCK_OBJECTS_DIR,
 * or /run/penstock for root, for others their own; which may be missing. Fails as
 * pen_directory_find does.
 */
int pen_objects_directory(char **directoryp, const char *given);

#endif
