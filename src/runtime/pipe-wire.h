/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PIPE_WIRE_H
#define PEN_RUNTIME_PIPE_WIRE_H
/*
 * A named pipe of this machine (penstock/pipe.h) that carries an association: each fragment is a
 * message. Beside it everything else is a stream socket.
 */
#include <penstock/conn.h>
#include <penstock/pipe.h>
#include <sys/types.h>

struct pen_pipe_wire;

/* pipe is taken, also on failure. A negative errno. */
int pen_pipe_wire_new(struct pen_pipe_wire **wirep, struct pen_pipe *pipe);
struct pen_pipe_wire *pen_pipe_wire_free(struct pen_pipe_wire *wire);

struct pen_pipe *pen_pipe_wire_pipe(struct pen_pipe_wire *wire);

/* To wait for POLLIN with, for both directions; what is called next may find nothing. */
int pen_pipe_wire_fd(const struct pen_pipe_wire *wire);

/* What has come, up to n bytes; 0: the other end is gone; -EAGAIN, or another negative errno. */
ssize_t pen_pipe_wire_receive(struct pen_pipe_wire *wire, void *bytes, size_t n);

/* Sends all that there is to be sent. PEN_E_AGAIN: the peer takes no more for now; a negative
 * errno. */
int pen_pipe_wire_flush(struct pen_pipe_wire *wire, struct pen_conn *conn);

/* Whether something is being sent: what follows is to wait until the descriptor is readable. */
bool pen_pipe_wire_is_sending(const struct pen_pipe_wire *wire);

/* Bytes it holds. */
size_t pen_pipe_wire_memory(const struct pen_pipe_wire *wire);

/* Whether the other end is gone, or has said something that nobody waited for. */
bool pen_pipe_wire_is_stale(struct pen_pipe_wire *wire);

#endif
