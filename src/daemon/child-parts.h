/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CHILD_PARTS_H
#define PEN_DAEMON_CHILD_PARTS_H
/*
 * A child, for its own files.
 */
#include "base/list.h"
#include "daemon/child.h"

/* A message that waits for room in the socket. */
struct message {
	struct pen_list link;
	struct pen_buffer bytes;
	int fd;
};

struct child {
	struct pen_list link; /* of all */
	enum child_kind kind;
	uint64_t started_at;
	uv_poll_t poll;
	struct child_listener listener;
	pid_t pid; /* 0: it has ended */
	int fd;
	int events;
	struct pen_list waiting;
	size_t n_waiting;
	bool was_full;
	bool is_inside;	  /* a listener is told of something */
	bool is_freed;	  /* by who had it */
	bool is_closed;	  /* the loop has let go of its poll */
	bool is_released; /* only its memory is left */
	struct pen_buffer scratch;
	struct pen_arena arena;
	uint8_t room[worker_LETTER_MAX];
};

/* A process whose child nobody has any more: it was killed, or is of another time. */
struct forgotten {
	struct pen_list link;
	pid_t pid;
	int fd; /* -1: it has none */
};

extern struct pen_list child_all;	/* each struct child */
extern struct pen_list child_forgotten; /* each struct forgotten */

/* What was counted of each kind but how many run. */
extern struct child_count child_counts[CHILD_KINDS];

/* Without process or socket. NULL: no memory. */
struct child *child_new(const struct child_listener *listener);

/* From here on the loop has it. A negative errno. */
int child_enter_loop(struct child *child, uv_loop_t *loop);

/* What is in its scratch waits, with the descriptor, which is taken if it goes. -ENOMEM. */
int child_keep(struct child *child, int fd);

/* Without memory to remember it by, it stays a zombie as long as this process lives. */
void child_forget(pid_t pid, int fd);

#endif
