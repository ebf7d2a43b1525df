/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_PIPES_H
#define PEN_WORKER_PIPES_H
/*
 * Clients of a worker's pipes that carry no RPC: each is served in a thread of its own. All
 * functions are the loop's thread's.
 */
#include "base/list.h"
#include "runtime/peer.h"
#include <penstock/worker.h>
#include <pthread.h>
#include <uv.h>

struct pen_worker_pipes {
	const struct pen_worker *worker;
	struct pen_server *server;
	void *data;		 /* of serve */
	struct pen_peers *peers; /* of each pipe: who has how many */
	uint32_t *counts;	 /* of each pipe: clients */
	uint32_t n_clients;
	bool is_begun;
	pthread_mutex_t lock; /* of the lists */
	struct pen_list clients;
	struct pen_list ended; /* whose thread is at its end */
	uv_async_t wake;
};

/* data is what serve gets. -ENOMEM; a negative errno. After it done in any case, and end before. */
int pen_worker_pipes_begin(struct pen_worker_pipes *pipes, const struct pen_worker *worker,
			   struct pen_server *server, void *data);

/*
 * Takes the envelope of a pipe's handle, also on failure. PEN_E_NOT_FOUND: there is no such pipe;
 * PEN_E_LIMIT: there are as many clients as there may be; PEN_E_BAD_DATA: nothing is in it;
 * -ENOMEM, -EAGAIN: there can be no thread. All of that is logged.
 */
int pen_worker_pipes_arrive(struct pen_worker_pipes *pipes, const char *name, const char *peer,
			    const struct pen_token *client, int envelope);

/* Disconnects all clients, and waits for their threads; leaves the loop. */
void pen_worker_pipes_end(struct pen_worker_pipes *pipes);

/* When the loop has ended. */
void pen_worker_pipes_done(struct pen_worker_pipes *pipes);

#endif
