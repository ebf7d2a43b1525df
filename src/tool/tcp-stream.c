/* SPDX-License-Identifier: MIT */
#include "tool/tcp-stream.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tcp_piece {
	TAILQ_ENTRY(tcp_piece) queue;
	uint32_t number;
	size_t n;
	uint8_t data[];
};

/* Farther away than this a number is of another connection, or of none. */
#define WINDOW_MAX (1 << 30)

/* How far one number is after another, which wraps. */
static int32_t after(uint32_t number, uint32_t other)
{
	return (int32_t)(number - other);
}

void tcp_stream_init(struct tcp_stream *stream)
{
	*stream = (struct tcp_stream){ 0 };
	TAILQ_INIT(&stream->pieces);
}

static void drop_pulled(struct tcp_stream *stream)
{
	if (!stream->pulled)
		return;
	stream->n_bytes -= stream->pulled->n;
	stream->n_pieces--;
	free(stream->pulled);
	stream->pulled = NULL;
}

static void pull_first(struct tcp_stream *stream)
{
	drop_pulled(stream);
	stream->pulled = TAILQ_FIRST(&stream->pieces);
	TAILQ_REMOVE(&stream->pieces, stream->pulled, queue);
}

void tcp_stream_done(struct tcp_stream *stream)
{
	while (!TAILQ_EMPTY(&stream->pieces))
		pull_first(stream);
	drop_pulled(stream);
}

/* In the order of numbers; most come last. */
static void insert(struct tcp_stream *stream, struct tcp_piece *piece)
{
	struct tcp_piece *before;

	TAILQ_FOREACH_REVERSE(before, &stream->pieces, tcp_pieces, queue)
	if (after(piece->number, before->number) >= 0) {
		TAILQ_INSERT_AFTER(&stream->pieces, before, piece, queue);
		return;
	}
	TAILQ_INSERT_HEAD(&stream->pieces, piece, queue);
}

int tcp_stream_add(struct tcp_stream *stream, const struct frame *frame)
{
	uint32_t number = frame->number + !!(frame->flags & FRAME_SYN);
	size_t n = frame->data.size;
	struct tcp_piece *piece;
	int32_t ahead;

	if (!stream->has_begun && (n || frame->flags & FRAME_SYN)) {
		stream->has_begun = true;
		stream->next = number;
	}
	ahead = after(number, stream->next);
	if (!n || ahead > WINDOW_MAX || ahead < -WINDOW_MAX || ahead + (int64_t)n <= 0)
		return 0;
	piece = malloc(sizeof(*piece) + n);
	if (!piece)
		return -ENOMEM;
	piece->number = number;
	piece->n = n;
	memcpy(piece->data, frame->data.data, n);
	insert(stream, piece);
	stream->n_pieces++;
	stream->n_bytes += n;
	return 0;
}

void tcp_stream_acknowledge(struct tcp_stream *stream, const struct frame *frame)
{
	int32_t ahead = after(frame->acknowledged, stream->next);

	if (!stream->has_begun || !(frame->flags & FRAME_ACK) || ahead <= 0 || ahead > WINDOW_MAX)
		return;
	if (!stream->n_waited || after(frame->acknowledged, stream->acknowledged) > 0)
		stream->acknowledged = frame->acknowledged;
	stream->n_waited++;
}

void tcp_stream_end(struct tcp_stream *stream)
{
	stream->is_ended = true;
}

/*
 * How much is given up as lost: up to what is there, if there is something, or up to what the other
 * side has. A side's FIN has a number too, which no byte is missing for.
 */
static size_t lost(const struct tcp_stream *stream, const struct tcp_piece *first)
{
	bool is_full = stream->n_pieces > TCP_PIECES_MAX || stream->n_bytes > TCP_BYTES_MAX;
	bool is_known = stream->n_waited >= TCP_PATIENCE;
	int32_t to_first = first ? after(first->number, stream->next) : 0;
	int32_t to_known = is_known ? after(stream->acknowledged, stream->next) : 0;

	if (first && (is_full || stream->is_ended || to_known >= to_first))
		return (size_t)to_first;
	return !first && to_known > 1 ? (size_t)to_known : 0;
}

int tcp_stream_next(struct tcp_stream *stream, struct tcp_event *event)
{
	struct tcp_piece *first;
	size_t n;
	int32_t ahead;

	drop_pulled(stream);
	/* What came twice. */
	while ((first = TAILQ_FIRST(&stream->pieces)) &&
	       after(first->number, stream->next) + (int64_t)first->n <= 0)
		pull_first(stream);
	ahead = first ? after(first->number, stream->next) : 0;
	if (first && ahead <= 0) {
		pull_first(stream);
		n = first->n - (size_t)-ahead;
		*event = (struct tcp_event){ .data = { first->data + (size_t)-ahead, n } };
		stream->next += (uint32_t)n;
		if (after(stream->acknowledged, stream->next) <= 0)
			stream->n_waited = 0;
		return 0;
	}
	n = lost(stream, first);
	if (!n)
		return PEN_E_AGAIN;
	*event = (struct tcp_event){ .n_lost = n };
	stream->next += (uint32_t)n;
	stream->n_waited = 0;
	return 0;
}
