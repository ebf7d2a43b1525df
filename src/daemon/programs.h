/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PROGRAMS_H
#define PEN_DAEMON_PROGRAMS_H
/* Which service programs there are: all that can be executed in some directories. */
#include "daemon/log.h"
#include <penstock/arena.h>

enum { PROGRAMS_MAX = 256 };

struct programs {
	struct pen_arena arena;
	const char
		*paths[PROGRAMS_MAX + 1]; /* by their directory, and by name there; ended by NULL */
	size_t n;
};

/*
 * directories: absolute ones, with blanks between; NULL: penstock's own, and, of those that an
 * administrator fills, what there is. The log is told of a named one that cannot be read, and of
 * programs too many. -ENOMEM.
 */
int programs_find(struct programs *programs, const char *directories, const struct log *log);
/*
 * Whether it is the program of that name among penstock's own: a file in the directory that is
 * beside penstockd, or where it is installed, where only who may replace penstockd itself can put
 * one.
 */
bool programs_is_own(const char *path, const char *name);

void programs_done(struct programs *programs);

#endif
