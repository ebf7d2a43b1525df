/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_ONLOOKERS_H
#define PEN_DAEMON_ONLOOKERS_H
/*
 * Who looks on at the calls of all services: sockets that each process of a program gets, those
 * there are and those to come, until their other ends are closed. This process neither reads nor
 * writes them.
 */
#include "base/list.h"
#include "daemon/child.h"

/* As many as a process has room for (runtime/server-trace.h). */
enum { ONLOOKERS_MAX = 8 };

struct onlookers {
	uv_loop_t *loop;
	struct pen_list list;
	size_t n;
};

struct onlooker;

void onlookers_init(struct onlookers *onlookers, uv_loop_t *loop);

/* Lets go of all; the loop has to run once more. */
void onlookers_done(struct onlookers *onlookers);

/*
 * One more, whose socket is taken if that goes. PEN_E_LIMIT: there are as many as may be; -ENOMEM,
 * a negative errno.
 */
int onlookers_add(struct onlookers *onlookers, int fd, const struct worker_trace *filter,
		  const struct onlooker **onlookerp);

/* Tells a process of one, or of all. As child_tell. */
int onlooker_tell(const struct onlooker *onlooker, struct child *child);
int onlookers_tell(const struct onlookers *onlookers, struct child *child);

#endif
