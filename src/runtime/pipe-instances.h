/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PIPE_INSTANCES_H
#define PEN_RUNTIME_PIPE_INSTANCES_H
/*
 * A few instances of a pipe by the object manager that wait for clients in a loop. Each that a
 * client has opened is handed over, and another is to be made for it.
 */
#include <penstock/pipe.h>
#include <uv.h>

enum { PEN_PIPE_INSTANCES = 4 };

struct pen_pipe_instances;

struct pen_pipe_instances_config {
	uv_loop_t *loop;
	const char *name;	     /* "\\.\pipe\NAME"; borrowed */
	struct pen_pipe_config pipe; /* what it points to is borrowed */
	bool sends_on; /* who came is sent to another process (pen_pipe_send), and served there */
	/* A client has opened it, or had before it listened: the callee's. */
	void (*came)(void *data, struct pen_pipe *pipe);
	/* One of them is missing, until fill makes it. */
	void (*missing)(void *data);
	void *data;
};

/* config is copied. There are none yet: fill makes them. -ENOMEM. */
int pen_pipe_instances_new(struct pen_pipe_instances **instancesp,
			   const struct pen_pipe_instances_config *config);

/*
 * Makes those that are missing; with the first pen_pipe_config.disposition counts, later ones add
 * to a pipe that is there. 0; or of the first that could not be made: as pen_pipe_create, or
 * PEN_STATUS_NO_MEMORY.
 */
uint32_t pen_pipe_instances_fill(struct pen_pipe_instances *instances);

/* Closes those that nobody has opened; its memory goes when the loop has turned. NULL is none. */
struct pen_pipe_instances *pen_pipe_instances_free(struct pen_pipe_instances *instances);

#endif
