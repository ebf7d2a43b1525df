/* SPDX-License-Identifier: MIT */
#include "np/stream.h"
#include "io/clock.h"
#include "io/socket.h"
#include <errno.h>
#include <penstock/status-codes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_SIZE = 2, CHUNK = HEAD_SIZE + PEN_STREAM_MESSAGE_MAX };

struct pen_stream {
	unsigned end;
	int fd;
	bool is_message;
	bool is_held;
	bool is_over;	 /* nothing more comes */
	bool is_closed;	 /* and the channel knows */
	bool is_waiting; /* for what was written to be read */
	unsigned op;	 /* of that */
	size_t n_in;
	size_t n_out; /* still to be sent, from out_at on */
	size_t out_at;
	uint8_t in[CHUNK];
	uint8_t out[CHUNK];
};

int pen_stream_new(struct pen_stream **streamp, unsigned end, int fd, bool is_message)
{
	struct pen_stream *stream = malloc(sizeof(*stream));

	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	memset(stream, 0, offsetof(struct pen_stream, in));
	stream->end = end;
	stream->fd = fd;
	stream->is_message = is_message;
	*streamp = stream;
	return 0;
}

struct pen_stream *pen_stream_free(struct pen_stream *stream)
{
	if (!stream)
		return NULL;
	close(stream->fd);
	free(stream);
	return NULL;
}

int pen_stream_fd(const struct pen_stream *stream)
{
	return stream->fd;
}

void pen_stream_begin(struct pen_stream *stream, struct pen_link *link)
{
	const struct pen_channel_modes modes = { .read_mode = stream->is_message };

	pen_channel_set_modes(pen_link_channel(link), stream->end, &modes);
}

void pen_stream_hold(struct pen_stream *stream)
{
	stream->is_held = true;
}

bool pen_stream_is_held(const struct pen_stream *stream)
{
	return stream->is_held;
}

static struct pen_channel_caller caller_of(const struct pen_stream *stream, struct pen_link *link)
{
	struct pen_channel_caller caller = pen_link_caller(link);

	caller.end = stream->end;
	return caller;
}

/* ---- in ---- */

/* The first that can be written: its place in what came. False: it is not all there. */
static bool find_message(const struct pen_stream *stream, size_t *atp, size_t *np)
{
	if (!stream->is_message) {
		*atp = 0;
		*np = stream->n_in;
		return stream->n_in;
	}
	if (stream->n_in < HEAD_SIZE)
		return false;
	*atp = HEAD_SIZE;
	*np = (size_t)(stream->in[0] | stream->in[1] << 8);
	return stream->n_in - HEAD_SIZE >= *np;
}

static bool is_done_waiting(struct pen_stream *stream, struct pen_link *link)
{
	struct pen_channel_result result;

	if (stream->is_waiting)
		stream->is_waiting =
			pen_channel_fetch(pen_link_channel(link), stream->end, stream->op, NULL, 0,
					  &result) == PEN_STATUS_PENDING;
	return !stream->is_waiting;
}

/* Writes what has come. Whether it found anything. */
static bool write_in(struct pen_stream *stream, struct pen_link *link)
{
	const struct pen_channel_caller caller = caller_of(stream, link);
	struct pen_channel_result result;
	uint32_t status;
	size_t at, n;

	if (!is_done_waiting(stream, link) || !find_message(stream, &at, &n))
		return false;
	status = pen_channel_write(pen_link_channel(link), &caller, stream->in + at, (uint32_t)n,
				   &result);
	if (status == PEN_STATUS_PENDING) {
		stream->is_waiting = true;
		stream->op = result.op;
	} else if (status) {
		stream->is_over = true;
		stream->n_in = 0;
		return false;
	}
	stream->n_in -= at + n;
	memmove(stream->in, stream->in + at + n, stream->n_in);
	return true;
}

/* Whether anything came. */
static bool receive(struct pen_stream *stream)
{
	ssize_t n;

	if (stream->is_over || stream->is_waiting || stream->n_in == CHUNK)
		return false;
	n = recv(stream->fd, stream->in + stream->n_in, CHUNK - stream->n_in, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		stream->is_over = true;
	else
		stream->n_in += (size_t)n;
	return true;
}

/* ---- out ---- */

static bool send_out(struct pen_stream *stream)
{
	ssize_t n;

	while (stream->n_out) {
		n = send(stream->fd, stream->out + stream->out_at, stream->n_out,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			stream->is_over = true;
			stream->n_out = 0;
			return false;
		}
		stream->out_at += (size_t)n;
		stream->n_out -= (size_t)n;
	}
	return true;
}

/* Reads what is to be sent next, as far as there is room. Whether there was anything. */
static bool read_out(struct pen_stream *stream, struct pen_link *link)
{
	const struct pen_channel_caller caller = caller_of(stream, link);
	struct pen_channel *channel = pen_link_channel(link);
	struct pen_channel_result result;
	struct pen_channel_peek peek;
	size_t head = stream->is_message ? HEAD_SIZE : 0;
	uint32_t status = pen_channel_peek(channel, stream->end, NULL, 0, &peek);

	if ((status && status != PEN_STATUS_BUFFER_OVERFLOW) ||
	    (!peek.available && !peek.n_messages))
		return false;
	status = pen_channel_read(channel, &caller, stream->out + head, PEN_STREAM_MESSAGE_MAX,
				  &result);
	if (status && status != PEN_STATUS_BUFFER_OVERFLOW)
		return false;
	stream->out_at = 0;
	stream->n_out = result.information ? head + result.information : 0;
	if (stream->is_message) {
		stream->out[0] = (uint8_t)result.information;
		stream->out[1] = (uint8_t)(result.information >> 8);
	}
	return true;
}

/* ---- both ---- */

void pen_stream_pump(struct pen_stream *stream, struct pen_link *link)
{
	bool goes_on = !stream->is_held;

	while (goes_on) {
		goes_on = receive(stream);
		goes_on |= write_in(stream, link);
		if (send_out(stream))
			goes_on |= read_out(stream, link);
	}
	if (!stream->is_over || stream->is_closed || stream->is_waiting)
		return;
	pen_channel_close(pen_link_channel(link), stream->end);
	stream->is_closed = true;
}

void pen_stream_drain(struct pen_stream *stream, struct pen_link *link, int wait_ms)
{
	uint64_t until = pen_clock_ms() + (uint64_t)wait_ms, now;
	struct pollfd poller = { .fd = stream->fd, .events = POLLOUT };

	while (!stream->is_held && !stream->is_over && (now = pen_clock_ms()) < until) {
		if (!send_out(stream))
			poll(&poller, 1, (int)(until - now));
		else if (!read_out(stream, link))
			return;
	}
}
