/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_LOOP_H
#define PEN_IO_LOOP_H
/*
 * A libuv loop that runs by itself or is hosted by another one, and that any
 * thread or signal handler can stop.
 */
#include <stdbool.h>
#include <uv.h>

struct pen_loop {
	uv_loop_t uv;
	uv_async_t wake;
	_Atomic bool is_stopped;
};

/* A negative errno. */
int pen_loop_init(struct pen_loop *loop);

/* Runs the loop until every closing handle has closed, and ends it. */
void pen_loop_done(struct pen_loop *loop);

/* Runs until stopped. A stop before it counts too, once. */
int pen_loop_run(struct pen_loop *loop);
void pen_loop_stop(struct pen_loop *loop);

/* For a host: wait for POLLIN on the descriptor, or the milliseconds (-1: no limit); dispatch. */
int pen_loop_fd(const struct pen_loop *loop);
int pen_loop_timeout(const struct pen_loop *loop);
int pen_loop_dispatch(struct pen_loop *loop);

#endif
