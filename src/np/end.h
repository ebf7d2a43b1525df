/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_END_H
#define PEN_NP_END_H
/*
 * An end of a pipe in this process: what all of its handles here share. It starts operations
 * on the link's channel, waits for them, and reports those that are done.
 *
 * Any thread may use it. One of those that wait leads: it sleeps with the link, and looks for
 * the others too. Of the threads that look, whoever comes first reports.
 *
 * Where the lock of a channel is not to be had, because a peer has it and is stopped, operations
 * are put off, in their order, and tried again by who waits or dispatches.
 */
#include "np/link.h"
#include "np/stream.h"
#include <penstock/pipe.h>
#include <pthread.h>

enum pen_end_kind {
	PEN_END_LISTEN,
	PEN_END_READ,
	PEN_END_WRITE,
	PEN_END_FLUSH,
	PEN_END_TRANSACT,
};

struct pen_end_fifo {
	struct pen_pipe_op *first;
	struct pen_pipe_op *last;
	uint32_t n;
};

struct pen_end;

/* What is a server's. Called with the end's mutex held. */
struct pen_end_server {
	void *data;
	/* The client's life is over while the channel listens: it never came, or another way. */
	void (*lost)(void *data, struct pen_end *end);
	/* The channel is disconnected: another, listening. A status. */
	uint32_t (*renew)(void *data, struct pen_end *end);
};

struct pen_end {
	pthread_mutex_t mutex;
	pthread_cond_t turn; /* something was done, or nobody leads */
	uint32_t generation; /* pen_fork_generation */
	unsigned side;	     /* PEN_CHANNEL_SERVER, PEN_CHANNEL_CLIENT */
	struct pen_end_server server;
	struct pen_link *link;
	struct pen_stream *stream; /* what is at the other end, if that has no link; or NULL */
	int epoll;		   /* -1: nobody has needed it */
	int timer;		   /* of a loop's; -1: it has not been needed */
	bool is_hosted;		   /* by a loop */
	bool is_led;
	bool is_orphan;	     /* the peer has gone, and the channel does not know */
	bool is_buried;	     /* and now it does */
	uint64_t checked_ms; /* when was looked whether it has gone */
	uint32_t seen;	     /* news, when last looked at */
	uint32_t serial;
	unsigned n_waiting;
	unsigned n_unwanted; /* of those, to be cancelled */
	uint64_t abandoned;  /* the channel's numbers of those that nobody waits for */
	struct pen_pipe_op *waiting[PEN_CHANNEL_OPS_MAX]; /* by the channel's numbers */
	struct pen_end_fifo deferred;
	struct pen_end_fifo finished; /* to be reported */
};

/* link is taken. */
void pen_end_init(struct pen_end *end, unsigned side, struct pen_link *link);

/*
 * Cancels what this process has started, and reports it. life: see pen_link_end_life. Whether no
 * other process has the end.
 */
bool pen_end_close(struct pen_end *end, int life);

/* Another link in the place of the one there was, whose operations are all done. Taken. Mutex held.
 */
void pen_end_replace(struct pen_end *end, struct pen_link *link);

/* The other end, which is connected, is behind a stream, which is taken. With the channel. */
void pen_end_attach(struct pen_end *end, struct pen_stream *stream);

/* The client's life is another one. Mutex held. */
void pen_end_watch_life(struct pen_end *end);

/*
 * Takes mutex and channel, and gives them back. PEN_E_AGAIN: the channel is not to be had in time,
 * and nothing is held.
 */
int pen_end_enter(struct pen_end *end, int wait_ms);
struct pen_channel *pen_end_channel(struct pen_end *end);
void pen_end_leave(struct pen_end *end);

/* The same without the channel. */
void pen_end_lock(struct pen_end *end);
void pen_end_unlock(struct pen_end *end);

/* in: what is written, of n_in bytes; out: room for what is read. */
uint32_t pen_end_start(struct pen_end *end, struct pen_pipe_op *op, enum pen_end_kind kind,
		       const void *in, uint32_t n_in, void *out, uint32_t size);
uint32_t pen_end_cancel(struct pen_end *end, struct pen_pipe_op *op);
uint32_t pen_end_wait(struct pen_end *end, struct pen_pipe_op *op, int wait_ms);

/*
 * The server's: pen_channel_disconnect, also where the channel is not to be had in time; then
 * the client learns of it when it next looks.
 */
uint32_t pen_end_disconnect(struct pen_end *end, int wait_ms);

/* Waits no longer for one that was cancelled, though the channel is not to be had. */
void pen_end_abandon(struct pen_end *end, struct pen_pipe_op *op);

int pen_end_fd(struct pen_end *end);

/* Makes the descriptor readable, so that its owner looks. */
void pen_end_stir(struct pen_end *end);
int pen_end_timeout(struct pen_end *end);
void pen_end_dispatch(struct pen_end *end);

#endif
