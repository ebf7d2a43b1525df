/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_TALK_H
#define PEN_WORKER_TALK_H
/*
 * What a worker and penstockd write to each other while it serves, in the loop of its server:
 * connections come in, how it is goes out, once a turn at most; until it is to leave.
 */
#include "io/loop.h"
#include "runtime/worker-letter.h"
#include "worker/pipes.h"
#include <penstock/server.h>

/* Who is told what does not concern the server, from its loop. */
struct pen_worker_listener {
	void (*reload)(void *data);
	void (*replace)(void *data, int authority); /* a socket to another, which is taken */
	/* The table lasts until this returns. PEN_E_PROTOCOL: it should not have come; -ENOMEM. */
	int (*learn)(void *data, const struct worker_table *table);
	void *data;
};

struct pen_worker_talk {
	int socket;
	struct pen_server *server;
	struct pen_worker_pipes *pipes;
	struct pen_worker_listener listener;
	struct pen_arena arena;
	uint8_t *room;
	struct pen_buffer scratch;
	uv_poll_t poll;
	uv_prepare_t turn;
	uv_timer_t pause;	   /* until what counts only for statistics is told */
	uv_signal_t signal;	   /* SIGTERM */
	int64_t n_arrivals;	   /* also of those that failed */
	struct worker_state state; /* as it was told last */
	bool is_begun;
	bool is_ready;	 /* and that was told */
	bool is_due;	 /* the pause is over */
	bool is_blocked; /* the socket takes nothing for now */
	bool is_leaving; /* when the last connection has gone */
	bool is_deaf;	 /* it has left but for connections that had come before */
	bool is_over;
	bool is_failed; /* what it heard made no sense */
};

/* -ENOMEM. done after it in any case, and after the server is freed. */
int pen_worker_talk_init(struct pen_worker_talk *talk, int socket);
void pen_worker_talk_done(struct pen_worker_talk *talk);

/*
 * Waits for the first message, which is in the talk until begin; *authorityp is a socket to
 * penstock-authd, and the caller's, or -1. PEN_E_CLOSED: the worker is not
 * wanted any more; PEN_E_PROTOCOL: it is none that comes first; as pen_worker_receive_order.
 */
int pen_worker_talk_hello(struct pen_worker_talk *talk, const struct worker_hello **hellop,
			  int *authorityp);

/* From here on in the server's loop, until it stops the server. A negative errno. */
int pen_worker_talk_begin(struct pen_worker_talk *talk, struct pen_server *server,
			  struct pen_worker_pipes *pipes,
			  const struct pen_worker_listener *listener);

/* What is in the loop leaves it: before the server is freed. */
void pen_worker_talk_end(struct pen_worker_talk *talk);

#endif
