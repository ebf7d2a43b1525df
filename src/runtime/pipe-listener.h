/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PIPE_LISTENER_H
#define PEN_RUNTIME_PIPE_LISTENER_H
/*
 * A pipe by the object manager at which a server listens: a few instances that wait for clients,
 * each of which becomes a connection when one comes, and is replaced.
 */
#include "runtime/server.h"

struct pen_pipe_listener;

/* name is the pipe's. PEN_E_EXISTS: somebody else has that pipe; a negative errno. */
int pen_pipe_listener_new(struct pen_pipe_listener **plistenerp, struct pen_listener *listener,
			  const char *name);

/* Closes; freed when the loop has turned. NULL is none. */
void pen_pipe_listener_close(struct pen_pipe_listener *plistener);

/* Makes the instances that could not be made. */
void pen_pipe_listener_resume(struct pen_pipe_listener *plistener);

#endif
