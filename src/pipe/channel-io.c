/* SPDX-License-Identifier: MIT */
#include "pipe/channel-block.h"
#include <penstock/status-codes.h>

/* ---- reading ---- */

static uint32_t read_now(struct pen_channel_view *view, void *bytes, uint32_t n,
			 struct pen_channel_result *result)
{
	struct pen_channel_taken taken;

	pen_channel_take(view, n, pen_channel_is_message_mode(view->channel, view->reader), &taken);
	pen_channel_queue_copy(view, &taken, bytes);
	pen_channel_release(view);
	if (view->channel->is_spoilt)
		return PEN_STATUS_PIPE_BROKEN;
	pen_channel_queue_put(view);
	pen_channel_settle(view);
	*result = (struct pen_channel_result){ .information = taken.information };
	return taken.status;
}

uint32_t pen_channel_read(struct pen_channel *channel, const struct pen_channel_caller *caller,
			  void *bytes, uint32_t n, struct pen_channel_result *result)
{
	uint32_t state = pen_channel_state(channel);
	struct pen_channel_view view;

	if (!pen_channel_is_in_use(channel, caller->end))
		return PEN_STATUS_INVALID_PARAMETER;
	if (state == PEN_CHANNEL_LISTENING)
		return PEN_STATUS_PIPE_LISTENING;
	if (state == PEN_CHANNEL_DISCONNECTED)
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (!pen_channel_queue_get(&view, channel, caller->end))
		return PEN_STATUS_PIPE_BROKEN;
	if (view.q.n_entries)
		return read_now(&view, bytes, n, result);
	if (state == PEN_CHANNEL_CLOSING)
		return PEN_STATUS_PIPE_BROKEN;
	if (pen_channel_is_nonblocking(channel, caller->end))
		return PEN_STATUS_PIPE_EMPTY;
	return pen_channel_wait(channel, caller, PEN_CHANNEL_READ,
				&(struct pen_channel_op){ .size = n }, result);
}

uint32_t pen_channel_peek(struct pen_channel *channel, unsigned end, void *bytes, uint32_t n,
			  struct pen_channel_peek *peek)
{
	uint32_t state = pen_channel_state(channel);
	struct pen_channel_taken taken = { .status = PEN_STATUS_SUCCESS };
	struct pen_channel_view view;

	if (!pen_channel_is_in_use(channel, end))
		return PEN_STATUS_INVALID_PARAMETER;
	if (state == PEN_CHANNEL_DISCONNECTED && end == PEN_CHANNEL_CLIENT)
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (state == PEN_CHANNEL_LISTENING || state == PEN_CHANNEL_DISCONNECTED)
		return PEN_STATUS_INVALID_PIPE_STATE;
	if (!pen_channel_queue_get(&view, channel, end) ||
	    (state == PEN_CHANNEL_CLOSING && !view.q.n_entries))
		return PEN_STATUS_PIPE_BROKEN;
	*peek = (struct pen_channel_peek){ .state = state, .available = (uint32_t)view.q.n_bytes };
	if (channel->config.is_message)
		peek->n_messages = view.q.n_entries;
	if (channel->config.is_message && view.q.n_entries)
		peek->message_size = pen_channel_queue_first(&view);
	/* The view is thrown away: nothing is taken. */
	if (view.q.n_entries)
		pen_channel_queue_take(&view, n, channel->config.is_message, &taken);
	pen_channel_queue_copy(&view, &taken, bytes);
	peek->n = taken.information;
	return channel->is_spoilt ? PEN_STATUS_PIPE_BROKEN : taken.status;
}

/* ---- writing ---- */

/* What the reads that wait would take of n bytes. */
static uint32_t awaited(struct pen_channel *channel, unsigned reader, uint32_t n)
{
	uint64_t sum = 0;

	for (uint64_t set = pen_channel_pending(channel, reader, PEN_CHANNEL_READ); set;
	     set &= set - 1)
		sum += LOAD(pen_channel_op(channel, reader, pen_channel_any(set))->size);
	return sum < n ? (uint32_t)sum : n;
}

/*
 * How many bytes a write that may not wait writes: all if what is left of them fits, else
 * what bytes the other end waits for, but no part of a message.
 */
static uint32_t fitting(struct pen_channel_view *view, uint32_t n)
{
	uint32_t direct = awaited(view->channel, view->reader, n);
	uint32_t quota = view->channel->config.quotas[view->reader];

	if (view->q.n_bytes + (n - direct) <= quota)
		return n;
	return view->channel->config.is_message ? 0 : direct;
}

/* What was appended is there now, for reads that wait. */
static void commit(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;

	pen_channel_queue_put(view);
	if (!pen_channel_pending(channel, view->reader, PEN_CHANNEL_READ))
		return;
	pen_channel_serve_reads(view);
	if (channel->is_spoilt)
		return;
	pen_channel_release(view);
	pen_channel_queue_put(view);
}

/* A write that has to wait is known as one before its bytes are there. */
static uint32_t write_some(struct pen_channel_view *view, const struct pen_channel_caller *caller,
			   const void *bytes, uint32_t n, struct pen_channel_result *result)
{
	struct pen_channel *channel = view->channel;
	struct pen_channel_op op = { .size = n, .unread = view->q.n_bytes + n };
	bool waits = view->q.n_bytes + n - awaited(channel, view->reader, n) >
		     channel->config.quotas[view->reader];
	uint32_t status;

	*result = (struct pen_channel_result){ .information = n };
	status = pen_channel_queue_append(view, bytes, n, caller->identity, &op.at);
	if (!status && n && waits)
		status = pen_channel_wait(channel, caller, PEN_CHANNEL_WRITE, &op, result);
	if (!status || status == PEN_STATUS_PENDING)
		commit(view);
	return channel->is_spoilt ? PEN_STATUS_PIPE_CLOSING : status;
}

static uint32_t write_fitting(struct pen_channel_view *view,
			      const struct pen_channel_caller *caller, const void *bytes,
			      uint32_t n, struct pen_channel_result *result)
{
	const struct pen_channel *channel = view->channel;

	if (pen_channel_is_nonblocking(channel, caller->end) && n) {
		n = fitting(view, n);
		if (!n) {
			*result = (struct pen_channel_result){ 0 };
			return PEN_STATUS_SUCCESS;
		}
	}
	return write_some(view, caller, bytes, n, result);
}

uint32_t pen_channel_write(struct pen_channel *channel, const struct pen_channel_caller *caller,
			   const void *bytes, uint32_t n, struct pen_channel_result *result)
{
	unsigned reader = pen_channel_other(caller->end);
	struct pen_channel_view view;

	if (!pen_channel_is_in_use(channel, reader))
		return PEN_STATUS_INVALID_PARAMETER;
	switch (pen_channel_state(channel)) {
	case PEN_CHANNEL_LISTENING:
		return PEN_STATUS_PIPE_LISTENING;
	case PEN_CHANNEL_DISCONNECTED:
		return PEN_STATUS_PIPE_DISCONNECTED;
	case PEN_CHANNEL_CLOSING:
		return PEN_STATUS_PIPE_CLOSING;
	default:
		break;
	}
	if (!n && !channel->config.is_message) {
		*result = (struct pen_channel_result){ 0 };
		return PEN_STATUS_SUCCESS;
	}
	if (!pen_channel_queue_get(&view, channel, reader))
		return PEN_STATUS_PIPE_CLOSING;
	if (n && !pen_channel_can_wait(channel, caller->end))
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	return write_fitting(&view, caller, bytes, n, result);
}

static uint32_t check_transaction(struct pen_channel *channel, unsigned end)
{
	uint32_t state = pen_channel_state(channel);
	struct pen_channel_view view;

	if (state == PEN_CHANNEL_DISCONNECTED && end == PEN_CHANNEL_CLIENT)
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (state != PEN_CHANNEL_CONNECTED || !pen_channel_is_message_mode(channel, end) ||
	    channel->config.configuration != PEN_CHANNEL_DUPLEX)
		return PEN_STATUS_INVALID_PIPE_STATE;
	if (!pen_channel_queue_get(&view, channel, end))
		return PEN_STATUS_INVALID_PIPE_STATE;
	return view.q.n_entries ? PEN_STATUS_PIPE_BUSY : PEN_STATUS_SUCCESS;
}

uint32_t pen_channel_transact(struct pen_channel *channel, const struct pen_channel_caller *caller,
			      const void *in, uint32_t n_in, uint32_t n_out,
			      struct pen_channel_result *result)
{
	const struct pen_channel_op reply = { .size = n_out, .flags = PEN_CHANNEL_OP_MESSAGE };
	uint32_t status = check_transaction(channel, caller->end);
	struct pen_channel_view view;
	uint64_t at;

	if (status)
		return status;
	if (!pen_channel_can_wait(channel, caller->end))
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	if (!pen_channel_queue_get(&view, channel, pen_channel_other(caller->end)))
		return PEN_STATUS_INVALID_PIPE_STATE;
	status = pen_channel_queue_append(&view, in, n_in, caller->identity, &at);
	if (status)
		return status;
	/* The reply is awaited before the request is there. */
	status = pen_channel_wait(channel, caller, PEN_CHANNEL_READ, &reply, result);
	commit(&view);
	return channel->is_spoilt ? PEN_STATUS_INVALID_PIPE_STATE : status;
}

uint32_t pen_channel_flush(struct pen_channel *channel, const struct pen_channel_caller *caller,
			   struct pen_channel_result *result)
{
	uint32_t state = pen_channel_state(channel);
	struct pen_channel_view view;

	if (state == PEN_CHANNEL_DISCONNECTED && caller->end == PEN_CHANNEL_CLIENT)
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (state != PEN_CHANNEL_CONNECTED ||
	    !pen_channel_queue_get(&view, channel, pen_channel_other(caller->end)) ||
	    !view.q.n_entries)
		return PEN_STATUS_SUCCESS;
	return pen_channel_wait(channel, caller, PEN_CHANNEL_FLUSH,
				&(struct pen_channel_op){ .at = view.q.tail }, result);
}
