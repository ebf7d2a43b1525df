/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RELAY_PAIR_H
#define PEN_DAEMON_RELAY_PAIR_H
/*
 * A connection that is carried, and the one that it is carried by; and what pairs share.
 *
 * Each way is open until its sender has no more to say and all of that has been sent on, which the
 * receiver is then told, or until the receiver hears no more, which the sender is told.
 */
#include "base/list.h"
#include "daemon/relay.h"
#include "io/loop.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/idl/worker.h>

enum { RELAY_READ_MAX = 32768 /* at a time, and what is kept of a way at most */ };

struct relay_end {
	uv_poll_t poll;
	struct relay_pair *pair;
	int fd;	       /* -1: none yet */
	int events;    /* that are waited for */
	uint8_t *kept; /* what it has not taken yet; NULL: nothing */
	uint32_t at, n_kept;
	bool is_through; /* it says no more */
	bool is_deaf;	 /* it takes no more */
	bool is_told;	 /* that nothing more comes */
	bool is_watched; /* the loop has its poll */
};

/* There may be thousands of them: it is small. */
struct relay_pair {
	struct pen_list link; /* of all, or of those that wait for a queue with room */
	struct relay *relay;
	struct relay_end ends[2]; /* which came; which we opened */
	uint64_t due;		  /* until when it waits */
	unsigned n_watched;
	char name[]; /* until it is connected */
};

struct relay {
	struct relay_config config;
	struct pen_loop loop;
	uv_poll_t orders;
	uv_timer_t again;   /* for those that wait */
	uv_signal_t signal; /* SIGTERM */
	struct pen_list pairs;
	struct pen_list waiting;
	uint32_t n_pairs;
	bool is_leaving; /* when the last pair has gone */
	bool is_over;
	int error;
	struct pen_arena arena; /* of the message at hand */
	uint8_t in[RELAY_READ_MAX];
	uint8_t room[worker_LETTER_MAX];
};

/* Takes the descriptor, and closes it if nothing comes of it. */
void relay_pair_new(struct relay *relay, const char *name, int fd);

/* Closes both ends. */
void relay_pair_free(struct relay_pair *pair);

/* Tries once more to connect, unless its time is over: then it is closed. */
void relay_pair_try(struct relay_pair *pair);

/* ---- relay.c ---- */

/* One more waits. */
void relay_wait(struct relay *relay);

/* One has gone. */
void relay_lost(struct relay *relay);

#endif
