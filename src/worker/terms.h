/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_TERMS_H
#define PEN_WORKER_TERMS_H
/*
 * How a worker's clients may prove who they are, as penstock-authd says it: asked again when it may
 * be another, while the worker serves.
 */
#include "io/loop.h"
#include "runtime/authority.h"
#include <penstock/server.h>

struct pen_worker_terms {
	struct pen_authority *authority; /* NULL: nobody is asked */
	struct pen_server *server;
	uv_poll_t *answer; /* NULL: none is awaited */
};

/* Connections that come after the answer are offered what it says. From the server's loop. */
void pen_worker_terms_ask(struct pen_worker_terms *terms);

/* Before the server is freed. */
void pen_worker_terms_end(struct pen_worker_terms *terms);

#endif
