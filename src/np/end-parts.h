/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_END_PARTS_H
#define PEN_NP_END_PARTS_H
/*
 * What the files of struct pen_end have in common. The mutex is held, unless it says otherwise.
 */
#include "np/end.h"

enum { PEN_END_PATIENCE_MS = 2 }; /* for the channel, where nobody is to wait */

/* What an operation's own.state says. */
enum { PEN_OP_IDLE, PEN_OP_DEFERRED, PEN_OP_WAITING, PEN_OP_UNWANTED };

enum pen_end_event {
	PEN_END_EVENT_BELL,
	PEN_END_EVENT_LIFE,
	PEN_END_EVENT_STREAM,
	PEN_END_EVENT_TIMER,
};

/* ---- operations (end-op.c) ---- */

void pen_end_fifo_add(struct pen_end_fifo *fifo, struct pen_pipe_op *op);
struct pen_pipe_op *pen_end_fifo_pop(struct pen_end_fifo *fifo);

/* It is done, and to be reported if it wants to be. */
void pen_end_finish(struct pen_end *end, struct pen_pipe_op *op, uint32_t status);

/* Tells those who want to be told. Without the mutex. */
void pen_end_report(struct pen_end *end);

/* Starts what was put off, as far as the channel is to be had. */
void pen_end_retry(struct pen_end *end, int wait_ms);

/* With the channel: what others have left undone, or brought. */
void pen_end_prepare(struct pen_end *end);

/* With the channel: finishes what is done. */
void pen_end_collect(struct pen_end *end);

/* With the channel: cancels what was to be cancelled when it was not to be had. */
void pen_end_cancel_unwanted(struct pen_end *end);

/* ---- sleeping and looking (end-wait.c) ---- */

/* Makes the descriptor to sleep with, once. A negative errno. */
int pen_end_make_epoll(struct pen_end *end);

/* Adds to it; -1 is none. */
void pen_end_watch(const struct pen_end *end, int fd, enum pen_end_event which);

/* Sleeps with it. Whether the peer's life is over. Without the mutex. */
bool pen_end_sleep(int epoll, int wait_ms);

/* Looks what there is: what is done, what was put off, whether the peer has gone. */
void pen_end_look(struct pen_end *end, int wait_ms);

/* How long a wait may last before there is to be looked again; -1: until something happens. */
int pen_end_look_ms(const struct pen_end *end);

/* A loop waits for the descriptor alone: where time has to pass, that is among its events. */
void pen_end_remind(struct pen_end *end);

/* For who does not wait, and so sees no descriptor's events: looks whether the peer has gone. */
void pen_end_check_peer(struct pen_end *end);

#endif
