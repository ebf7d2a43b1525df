/* SPDX-License-Identifier: MIT */
#include "tool/flow.h"
#include <errno.h>
#include <limits.h>
#include <penstock/status.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX = 4 * FLOW_PIECE };

void flow_init(struct flow *flow, struct pen_pipe *pipe, int in, int out)
{
	memset(flow, 0, offsetof(struct flow, piece));
	flow->framing = FRAMING_RAW;
	flow->can_read = flow->can_write = true;
	flow->pipe = pipe;
	flow->in = in;
	flow->out = out;
	pen_buffer_init(&flow->from, 0);
	pen_buffer_init(&flow->to, 0);
	pen_buffer_init(&flow->message, 0);
}

void flow_settle(struct flow *flow)
{
	enum { MOMENT_MS = 1000 };

	if (flow->is_reading)
		pen_pipe_wait(flow->pipe, &flow->read, MOMENT_MS);
	if (flow->is_writing)
		pen_pipe_wait(flow->pipe, &flow->write, MOMENT_MS);
	if (flow->is_flushing)
		pen_pipe_wait(flow->pipe, &flow->flush, MOMENT_MS);
}

void flow_done(struct flow *flow)
{
	pen_buffer_done(&flow->from);
	pen_buffer_done(&flow->to);
	pen_buffer_done(&flow->message);
}

static size_t left(const struct pen_buffer *buffer, size_t at)
{
	return buffer->size - at;
}

static void compact(struct pen_buffer *buffer, size_t *atp)
{
	pen_buffer_consume(buffer, *atp);
	*atp = 0;
}

static bool is_end_of_peer(uint32_t status)
{
	return status == PEN_STATUS_PIPE_BROKEN || status == PEN_STATUS_PIPE_CLOSING ||
	       status == PEN_STATUS_PIPE_DISCONNECTED;
}

/* ---- from the pipe ---- */

static void keep(struct flow *flow, int r)
{
	if (r)
		flow->status = PEN_STATUS_NO_MEMORY;
}

static void take_message(struct flow *flow, const void *bytes, size_t n)
{
	if (!flow->is_deaf)
		keep(flow, framing_put(flow->framing, bytes, n, &flow->to));
}

static void take_read(struct flow *flow)
{
	const struct pen_pipe_op *op = &flow->read;

	if (op->status && op->status != PEN_STATUS_BUFFER_OVERFLOW) {
		flow->is_peer_gone = true;
		if (!is_end_of_peer(op->status))
			flow->status = op->status;
	} else if (!flow->is_message) {
		if (!flow->is_deaf)
			keep(flow, pen_buffer_add(&flow->to, flow->piece, op->information));
	} else if (!op->status && !flow->message.size) {
		take_message(flow, flow->piece, op->information);
	} else {
		keep(flow, pen_buffer_add(&flow->message, flow->piece, op->information));
		if (op->status)
			return;
		take_message(flow, flow->message.data, flow->message.size);
		flow->message.size = 0;
	}
}

static void read_on(struct flow *flow)
{
	while (!flow->status) {
		if (!flow->is_reading) {
			if (!flow->can_read || flow->is_peer_gone ||
			    left(&flow->to, flow->to_at) >= OUT_MAX)
				return;
			pen_pipe_start_read(flow->pipe, &flow->read, flow->piece,
					    sizeof(flow->piece));
			flow->is_reading = true;
		}
		if (flow->read.status == PEN_STATUS_PENDING)
			return;
		flow->is_reading = false;
		take_read(flow);
	}
}

/* ---- to the pipe ---- */

/* What is still to be read of it shows whether it has really gone. */
static void lose_peer(struct flow *flow, uint32_t status)
{
	flow->can_write = false;
	if (!flow->can_read)
		flow->is_peer_gone = true;
	if (!is_end_of_peer(status))
		flow->status = status;
}

/* An empty buffer has no place. */
static const uint8_t *rest(const struct pen_buffer *buffer, size_t at)
{
	return buffer->data ? buffer->data + at : (const uint8_t *)"";
}

static void write_message(struct flow *flow)
{
	struct pen_slice message;
	size_t frame_size;
	int r = framing_get(flow->is_message ? flow->framing : FRAMING_RAW,
			    rest(&flow->from, flow->from_at), left(&flow->from, flow->from_at),
			    flow->is_in_ended, &message, &frame_size);

	if (r) {
		flow->result = r == PEN_E_AGAIN ? flow->result : r;
		compact(&flow->from, &flow->from_at);
		return;
	}
	pen_pipe_start_write(flow->pipe, &flow->write, message.data, (uint32_t)message.size);
	flow->from_at += frame_size;
	flow->is_writing = true;
}

static void write_on(struct flow *flow)
{
	while (flow->can_write && !flow->result && !flow->status) {
		if (!flow->is_writing)
			write_message(flow);
		if (!flow->is_writing || flow->write.status == PEN_STATUS_PENDING)
			return;
		flow->is_writing = false;
		if (flow->write.status)
			lose_peer(flow, flow->write.status);
	}
}

static void flush_on(struct flow *flow)
{
	if (!flow->finishes || !flow->can_write || !flow->is_in_ended || flow->is_writing ||
	    left(&flow->from, flow->from_at) || flow->is_flushed)
		return;
	if (!flow->is_flushing) {
		pen_pipe_start_flush(flow->pipe, &flow->flush);
		flow->is_flushing = true;
	}
	if (flow->flush.status == PEN_STATUS_PENDING)
		return;
	flow->is_flushing = false;
	if (flow->flush.status)
		lose_peer(flow, flow->flush.status);
	else
		flow->is_flushed = true;
}

/* ---- the descriptors ---- */

/* Of what is to be told apart by when it comes, one at a time. */
static bool wants_in(const struct flow *flow)
{
	size_t n = left(&flow->from, flow->from_at);

	if (flow->is_in_ended || !flow->can_write || flow->is_peer_gone)
		return false;
	if (flow->is_message && flow->framing != FRAMING_RAW)
		return !flow->is_writing || n < FLOW_PIECE;
	return !flow->is_writing && !n;
}

static void take_in(struct flow *flow)
{
	ssize_t n;

	if (pen_buffer_reserve(&flow->from, FLOW_PIECE)) {
		flow->status = PEN_STATUS_NO_MEMORY;
		return;
	}
	n = read(flow->in, flow->from.data + flow->from.size, FLOW_PIECE);
	if (n > 0)
		flow->from.size += (size_t)n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		flow->is_in_ended = true;
}

static void give_out(struct flow *flow)
{
	size_t n = left(&flow->to, flow->to_at);
	ssize_t done;

	if (flow->is_in_pieces && n > PIPE_BUF)
		n = PIPE_BUF;
	done = write(flow->out, rest(&flow->to, flow->to_at), n);
	if (done >= 0)
		flow->to_at += (size_t)done;
	else if (errno == EPIPE)
		flow->is_deaf = true;
	else if (errno != EAGAIN && errno != EINTR)
		flow->result = -errno;
	if (!left(&flow->to, flow->to_at) || flow->to_at > OUT_MAX)
		compact(&flow->to, &flow->to_at);
}

/* ---- turns ---- */

int flow_prepare(struct flow *flow, struct pollfd fds[FLOW_FDS])
{
	bool has_out = left(&flow->to, flow->to_at) != 0;

	fds[0] = (struct pollfd){ pen_pipe_fd(flow->pipe), pen_pipe_events(flow->pipe), 0 };
	fds[1] = (struct pollfd){ wants_in(flow) ? flow->in : -1, POLLIN, 0 };
	/* Without events it still tells that its reader has gone. */
	fds[2] = (struct pollfd){ flow->is_deaf ? -1 : flow->out, has_out ? POLLOUT : 0, 0 };
	return pen_pipe_timeout(flow->pipe);
}

static enum flow_state state_of(const struct flow *flow)
{
	if (flow->status || flow->result)
		return FLOW_FAILED;
	if (flow->is_deaf && !flow->may_be_deaf)
		return FLOW_DEAF;
	if (left(&flow->to, flow->to_at))
		return FLOW_GOES_ON;
	if (flow->is_peer_gone)
		return FLOW_CLOSED;
	return flow->is_flushed ? FLOW_FINISHED : FLOW_GOES_ON;
}

enum flow_state flow_turn(struct flow *flow, const struct pollfd fds[FLOW_FDS])
{
	pen_pipe_dispatch(flow->pipe);
	if (fds[1].revents)
		take_in(flow);
	if (fds[2].revents & POLLOUT)
		give_out(flow);
	else if (fds[2].revents)
		flow->is_deaf = true;
	if (flow->is_deaf)
		flow->to.size = flow->to_at = 0;
	read_on(flow);
	write_on(flow);
	flush_on(flow);
	return state_of(flow);
}
