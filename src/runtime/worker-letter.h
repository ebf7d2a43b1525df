/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_WORKER_LETTER_H
#define PEN_RUNTIME_WORKER_LETTER_H
/*
 * What penstockd and its children write to each other over a seqpacket socket: the NDR of
 * <penstock/idl/worker.h>, little-endian, one message a value, and one descriptor at most.
 */
#include "io/fds.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/idl/worker.h>

/* Of an arena that messages are read into. */
enum { PEN_WORKER_ARENA_MAX = 16 * worker_LETTER_MAX };

/*
 * Sends it, with the descriptor, which stays the caller's; -1: none. scratch is an empty buffer,
 * and is one again. -EAGAIN: the socket takes none for now; another negative errno: the other side
 * is gone; PEN_E_LIMIT: longer than a message may be; PEN_E_BAD_DATA: what no message can say.
 */
int pen_worker_send_order(int socket, const struct worker_order *order, int fd,
			  struct pen_buffer *scratch);
int pen_worker_send_report(int socket, const struct worker_report *report, int fd,
			   struct pen_buffer *scratch);

/* The two steps of that, for an order that may have to wait. put: the buffer is empty. */
int pen_worker_put_order(const struct worker_order *order, struct pen_buffer *buffer);
int pen_worker_send(int socket, struct pen_slice message, int fd);

/*
 * Receives one; what it points to is in the arena, and the descriptor (-1: none) is the caller's.
 * room has worker_LETTER_MAX bytes. -EAGAIN: there is none; -ECONNRESET: the other side is gone;
 * PEN_E_BAD_DATA: it is none, or has descriptors that it may not have; PEN_E_LIMIT; -ENOMEM,
 * -EMFILE.
 */
int pen_worker_receive_order(int socket, struct worker_order *order, int *fdp, uint8_t *room,
			     struct pen_arena *arena);
int pen_worker_receive_report(int socket, struct worker_report *report, int *fdp, uint8_t *room,
			      struct pen_arena *arena);

#endif
