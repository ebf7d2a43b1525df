/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_LINK_H
#define PEN_NP_LINK_H
/*
 * A link: this process's hold on one end of a channel (pipe/channel.h), whose memory the
 * processes of both ends map. Between enter and leave the channel is this process's alone;
 * leave rings the bell, an eventfd, of an end that has something to fetch and has said that it
 * sleeps.
 *
 * A peer may be stopped, or die, with the lock in his hands. So nobody waits for the lock longer
 * than he says, and who finds its holder dead finishes or undoes what that one had begun.
 *
 * An end has a life: a pipe(2), whose write ends its processes have, and nobody else. When the last
 * is closed, the other end sees the end of file.
 *
 * One thread at a time uses a link, but for ref and free.
 */
#include "pipe/channel.h"

struct pen_link;

/* Descriptors: what a client needs, and all of it is passed on. -1: there is none. */
struct pen_link_parts {
	int memory;    /* io/shared.h */
	int bells[2];  /* by end */
	int life;      /* write end, of this link's end */
	int peer_life; /* read end, of the other's */
};

#define PEN_LINK_NO_PARTS ((struct pen_link_parts){ -1, { -1, -1 }, -1, -1 })

/* Closes those there are. */
void pen_link_parts_close(struct pen_link_parts *parts);

/*
 * A server's: a new channel, which listens. lifep gets the write end of its client's life, to be
 * offered with the rest and closed as soon as that is sent. A negative errno.
 */
int pen_link_make(struct pen_link **linkp, const struct pen_channel_config *config,
		  bool is_message_mode, bool is_nonblocking, int *lifep);

/* An end of a channel that this process has alone; the other is a stream's. A negative errno. */
int pen_link_make_alone(struct pen_link **linkp, unsigned end,
			const struct pen_channel_config *config);

/*
 * A hold on the end of a channel that another process made; the parts are taken, also on failure.
 * PEN_E_DENIED: the memory is none.
 */
int pen_link_take(struct pen_link **linkp, unsigned end, const struct pen_channel_config *config,
		  struct pen_link_parts *parts);

struct pen_link *pen_link_ref(struct pen_link *link);
struct pen_link *pen_link_free(struct pen_link *link);

/* The server's client can have no life any more: another, for the same channel. */
int pen_link_renew(struct pen_link *link, int *lifep);

/* The link's own. */
const struct pen_link_parts *pen_link_parts(const struct pen_link *link);

/* Duplicates of all, for another process of the same end. A negative errno. */
int pen_link_copy_parts(const struct pen_link *link, struct pen_link_parts *parts);

/* After fork: a holder of its own. */
void pen_link_adopt(struct pen_link *link);

/*
 * Takes the lock, waiting for wait_ms at most (0: a moment, -1: as long as it takes). PEN_E_AGAIN:
 * somebody has it, and lives.
 */
int pen_link_enter(struct pen_link *link, int wait_ms);

/* Within. */
struct pen_channel *pen_link_channel(struct pen_link *link);

/* Who is within; its identity is the caller's to fill in. */
struct pen_channel_caller pen_link_caller(const struct pen_link *link);

/* The bell is rung when there is something new. */
void pen_link_want_bell(struct pen_link *link);

/* Whether an end has several processes: then nobody is told when one of them dies. */
bool pen_link_is_crowded(const struct pen_link *link);

/* Forgets what processes waited for that have died. */
void pen_link_sweep(struct pen_link *link);

/* Gives the lock back. */
void pen_link_leave(struct pen_link *link);

/* ---- not within ---- */

/* Counts what there was to fetch for this end, up to the last leave of this process. */
uint32_t pen_link_news(const struct pen_link *link);

bool pen_link_has_news(const struct pen_link *link, uint32_t seen);

/* Wakes the other end without the lock: the channel was cut. */
void pen_link_wake(struct pen_link *link);

/* Rings the own bell. */
void pen_link_poke(struct pen_link *link);

/* Descriptors to sleep with: the end's own bell, and the other end's life. */
int pen_link_bell(const struct pen_link *link);
int pen_link_peer_life(const struct pen_link *link);
bool pen_link_is_peer_gone(const struct pen_link *link);

/*
 * Closes the own life; life is another one's than the link's, or -1. Whether no other process has
 * it.
 */
bool pen_link_end_life(struct pen_link *link, int life);

/* Others may have the end too, from now on. */
void pen_link_share(struct pen_link *link);

#endif
