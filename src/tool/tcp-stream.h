/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TCP_STREAM_H
#define PEN_TOOL_TCP_STREAM_H
/*
 * The bytes of one direction of a TCP connection, out of what was captured of it: segments
 * come late, twice, overlapping, or not at all. Add what is seen, pull what is known.
 */
#include "tool/frame.h"
#include <sys/queue.h>

enum {
	TCP_PIECES_MAX = 1024,
	TCP_BYTES_MAX = 4 << 20,
	/* Frames that may pass before what the other side has, and we have not, counts as lost. */
	TCP_PATIENCE = 4,
};

struct tcp_piece;

struct tcp_stream {
	bool has_begun; /* next is known */
	bool is_ended;	/* nothing more comes: what is missing is lost */
	uint32_t next;	/* the number of the next byte */
	uint32_t acknowledged;
	unsigned n_waited; /* frames since it was beyond next */
	TAILQ_HEAD(tcp_pieces, tcp_piece) pieces;
	struct tcp_piece *pulled;
	size_t n_pieces;
	size_t n_bytes;
};

void tcp_stream_init(struct tcp_stream *stream);
void tcp_stream_done(struct tcp_stream *stream);

/* A frame of this direction. -ENOMEM. */
int tcp_stream_add(struct tcp_stream *stream, const struct frame *frame);

/* A frame of the other direction says what has arrived there. */
void tcp_stream_acknowledge(struct tcp_stream *stream, const struct frame *frame);

/* No more frames come. */
void tcp_stream_end(struct tcp_stream *stream);

struct tcp_event {
	size_t n_lost;	       /* bytes that were not captured; 0: none, and here are some */
	struct pen_slice data; /* until the next pull */
};

/* PEN_E_AGAIN: nothing more is known yet. */
int tcp_stream_next(struct tcp_stream *stream, struct tcp_event *event);

#endif
