/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_ENGINE_H
#define PEN_WIN32_ENGINE_H
/*
 * The engine of waiting. Pipes with operations in flight are in one epoll set; of the threads that
 * wait one, the leader, waits there and tells pipes of what has come, the others sleep. Whoever
 * stops waiting leaves the lead to a follower, so that somebody looks at the pipes as long as
 * anybody waits for anything. There is no thread of the engine's own: while no thread of the
 * program waits, nobody needs to know what has come.
 */
#include "win32/thread.h"

/* What the engine looks at: a descriptor, and a time. */
struct win_source {
	int fd;	       /* once it is added */
	bool is_added; /* to the set */
	bool is_armed; /* there: it tells once, and is then to be armed again */
	int64_t deadline;
	struct pen_list timed; /* those with a deadline */
	/* Called by the leader: under the lock, before, whether it is still to be told; then
	 * without the lock. */
	bool (*enter)(struct win_source *source);
	void (*dispatch)(struct win_source *source);
};

/* Before there is any handle: forks are then watched for. */
void win_engine_prepare(void);

/*
 * After there is a pipe or a section: from then on handles are closed in children when those
 * know that they are children, for which they watch since they were made.
 */
void win_engine_have_pipes(void);

/* Under the lock. What the set has no room for is looked at every few milliseconds. */
void win_engine_arm(struct win_source *source, int fd, short events, int64_t deadline);
void win_engine_remove(struct win_source *source);

/*
 * One turn of a thread that waits, under the lock, which it gives up meanwhile: until the thread
 * is woken, or the engine did something, or the time is over, which is false. A time that has
 * passed already: a look at what there is.
 */
bool win_engine_turn(struct win_thread *self, int64_t deadline);

/* The thread waits no more: under the lock, after its turns. */
void win_engine_leave(struct win_thread *self);

/* Under the lock: the thread is the leader, and sleeps there. */
bool win_engine_kick(struct win_thread *thread);

#endif
