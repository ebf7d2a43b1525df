/* SPDX-License-Identifier: MIT */
#include "pipe/channel-block.h"
#include <penstock/status-codes.h>

/* ---- making ---- */

size_t pen_channel_block_size(void)
{
	return sizeof(struct pen_channel_block);
}

void pen_channel_init(struct pen_channel *channel, void *block,
		      const struct pen_channel_config *config,
		      const struct pen_channel_memory *memory)
{
	*channel = (struct pen_channel){ .block = block, .config = *config, .memory = *memory };
}

static void store_modes(struct pen_channel *channel, unsigned end, bool is_message,
			bool is_nonblocking)
{
	STORE(channel->block->ends[end].modes,
	      (uint32_t)(is_message ? PEN_CHANNEL_MESSAGES : 0) |
		      (uint32_t)(is_nonblocking ? PEN_CHANNEL_NONBLOCKING : 0));
}

void pen_channel_begin(struct pen_channel *channel, bool is_message_mode, bool is_nonblocking)
{
	store_modes(channel, PEN_CHANNEL_SERVER, is_message_mode, is_nonblocking);
	STORE(channel->block->state, PEN_CHANNEL_LISTENING);
}

uint32_t pen_channel_state(const struct pen_channel *channel)
{
	uint32_t state = LOAD(channel->block->state);

	if (channel->is_spoilt || state < PEN_CHANNEL_DISCONNECTED || state > PEN_CHANNEL_CLOSING)
		return PEN_CHANNEL_CLOSING;
	return state;
}

bool pen_channel_is_in_use(const struct pen_channel *channel, unsigned queue)
{
	return channel->config.configuration == PEN_CHANNEL_DUPLEX ||
	       channel->config.configuration ==
		       (queue == PEN_CHANNEL_SERVER ? PEN_CHANNEL_INBOUND : PEN_CHANNEL_OUTBOUND);
}

bool pen_channel_is_nonblocking(const struct pen_channel *channel, unsigned end)
{
	return LOAD(channel->block->ends[end].modes) & PEN_CHANNEL_NONBLOCKING;
}

bool pen_channel_is_message_mode(const struct pen_channel *channel, unsigned end)
{
	return channel->config.is_message &&
	       LOAD(channel->block->ends[end].modes) & PEN_CHANNEL_MESSAGES;
}

/* ---- the life of it ---- */

uint32_t pen_channel_listen(struct pen_channel *channel, const struct pen_channel_caller *caller,
			    struct pen_channel_result *result)
{
	if (caller->end != PEN_CHANNEL_SERVER)
		return PEN_STATUS_ILLEGAL_FUNCTION;
	switch (pen_channel_state(channel)) {
	case PEN_CHANNEL_LISTENING:
		if (pen_channel_is_nonblocking(channel, caller->end))
			return PEN_STATUS_PIPE_LISTENING;
		return pen_channel_wait(channel, caller, PEN_CHANNEL_LISTEN,
					&(struct pen_channel_op){ 0 }, result);
	case PEN_CHANNEL_CONNECTED:
		return PEN_STATUS_PIPE_CONNECTED;
	case PEN_CHANNEL_CLOSING:
		return PEN_STATUS_PIPE_CLOSING;
	default:
		return PEN_STATUS_PIPE_DISCONNECTED;
	}
}

uint32_t pen_channel_connect(struct pen_channel *channel)
{
	if (pen_channel_state(channel) != PEN_CHANNEL_LISTENING)
		return PEN_STATUS_PIPE_NOT_AVAILABLE;
	store_modes(channel, PEN_CHANNEL_CLIENT, false, false);
	STORE(channel->block->state, PEN_CHANNEL_CONNECTED);
	pen_channel_complete_all(channel, PEN_CHANNEL_SERVER, PEN_CHANNEL_LISTEN,
				 PEN_STATUS_SUCCESS);
	return PEN_STATUS_SUCCESS;
}

static void clear(struct pen_channel *channel, unsigned reader)
{
	struct pen_channel_view view;

	/* Where nothing is, no memory is to be mapped for looking at it. */
	if (!pen_channel_queue_count(&view, channel, reader) || view.q.freed == view.q.tail ||
	    !pen_channel_queue_get(&view, channel, reader))
		return;
	pen_channel_queue_clear(&view);
	pen_channel_release(&view);
	pen_channel_queue_put(&view);
}

/* What waits ends before what is unread vanishes, or writes would seem to be read. */
static void end_all(struct pen_channel *channel)
{
	for (unsigned end = 0; end < 2; end++)
		for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++)
			pen_channel_complete_all(channel, end, kind, PEN_STATUS_PIPE_DISCONNECTED);
	for (unsigned end = 0; end < 2; end++)
		clear(channel, end);
}

uint32_t pen_channel_disconnect(struct pen_channel *channel)
{
	if (pen_channel_state(channel) == PEN_CHANNEL_DISCONNECTED)
		return PEN_STATUS_PIPE_DISCONNECTED;
	STORE(channel->block->state, PEN_CHANNEL_DISCONNECTED);
	end_all(channel);
	return PEN_STATUS_SUCCESS;
}

void pen_channel_cut(struct pen_channel *channel)
{
	STORE(channel->block->state, PEN_CHANNEL_DISCONNECTED);
}

bool pen_channel_was_cut(const struct pen_channel *channel)
{
	return pen_channel_state(channel) == PEN_CHANNEL_DISCONNECTED &&
	       (pen_channel_all_pending(channel, PEN_CHANNEL_SERVER) ||
		pen_channel_all_pending(channel, PEN_CHANNEL_CLIENT));
}

/* What an end itself waited for, when it goes; the last write first, or later ones would fit. */
static void cancel_own(struct pen_channel *channel, unsigned end)
{
	uint64_t set;

	while ((set = pen_channel_pending(channel, end, PEN_CHANNEL_WRITE))) {
		unsigned op = pen_channel_newest(channel, end, set);

		pen_channel_take_back(channel, end, op, false);
		if (pen_channel_pending(channel, end, PEN_CHANNEL_WRITE) & UINT64_C(1) << op)
			return;
	}
	pen_channel_complete_all(channel, end, PEN_CHANNEL_READ, PEN_STATUS_CANCELLED);
	pen_channel_complete_all(channel, end, PEN_CHANNEL_FLUSH, PEN_STATUS_CANCELLED);
	pen_channel_complete_all(channel, end, PEN_CHANNEL_LISTEN, PEN_STATUS_PIPE_BROKEN);
}

/* What its going means for what the other end waits for. */
static void end_others(struct pen_channel *channel, unsigned end)
{
	unsigned peer = pen_channel_other(end);

	pen_channel_complete_all(channel, peer, PEN_CHANNEL_READ, PEN_STATUS_PIPE_BROKEN);
	pen_channel_complete_all(channel, peer, PEN_CHANNEL_WRITE, PEN_STATUS_PIPE_BROKEN);
	pen_channel_complete_all(channel, peer, PEN_CHANNEL_FLUSH, PEN_STATUS_PIPE_BROKEN);
	clear(channel, end);
}

void pen_channel_close(struct pen_channel *channel, unsigned end)
{
	cancel_own(channel, end);
	STORE(channel->block->ends[end].is_closed, 1);
	if (pen_channel_state(channel) == PEN_CHANNEL_DISCONNECTED)
		return;
	STORE(channel->block->state, PEN_CHANNEL_CLOSING);
	end_others(channel, end);
}

void pen_channel_recover(struct pen_channel *channel)
{
	uint32_t state = pen_channel_state(channel);

	pen_channel_recover_ops(channel);
	if (state == PEN_CHANNEL_DISCONNECTED)
		end_all(channel);
	if (state == PEN_CHANNEL_CONNECTED)
		pen_channel_complete_all(channel, PEN_CHANNEL_SERVER, PEN_CHANNEL_LISTEN,
					 PEN_STATUS_SUCCESS);
	for (unsigned end = 0; end < 2; end++)
		if (LOAD(channel->block->ends[end].is_closed) && state != PEN_CHANNEL_DISCONNECTED)
			pen_channel_close(channel, end);
	for (unsigned end = 0; end < 2; end++)
		channel->wakes |= 1U << end;
}

/* ---- what is asked and set ---- */

static bool is_gone(const struct pen_channel *channel, unsigned end)
{
	return end == PEN_CHANNEL_CLIENT && pen_channel_state(channel) == PEN_CHANNEL_DISCONNECTED;
}

uint32_t pen_channel_get_modes(struct pen_channel *channel, unsigned end,
			       struct pen_channel_modes *modes)
{
	if (is_gone(channel, end))
		return PEN_STATUS_PIPE_DISCONNECTED;
	modes->read_mode = pen_channel_is_message_mode(channel, end);
	modes->completion_mode = pen_channel_is_nonblocking(channel, end);
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_channel_set_modes(struct pen_channel *channel, unsigned end,
			       const struct pen_channel_modes *modes)
{
	if (is_gone(channel, end))
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (modes->read_mode > 1 || modes->completion_mode > 1 ||
	    (modes->read_mode && !channel->config.is_message))
		return PEN_STATUS_INVALID_PARAMETER;
	if (modes->completion_mode && pen_channel_all_pending(channel, end))
		return PEN_STATUS_PIPE_BUSY;
	store_modes(channel, end, modes->read_mode, modes->completion_mode);
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_channel_get_info(struct pen_channel *channel, unsigned end,
			      struct pen_channel_info *info)
{
	uint32_t state = pen_channel_state(channel);
	bool has_data = state == PEN_CHANNEL_CONNECTED || state == PEN_CHANNEL_CLOSING;
	unsigned peer = pen_channel_other(end);
	struct pen_channel_view in, out;
	uint32_t quota = channel->config.quotas[peer];
	uint32_t has_read;

	if (is_gone(channel, end))
		return PEN_STATUS_PIPE_DISCONNECTED;
	*info = (struct pen_channel_info){ .state = state, .write_quota_available = quota };
	has_read = LOAD(channel->block->ends[end].has_read);
	info->has_read = has_read;
	info->identity = (uint8_t)((has_read - 1) % PEN_CHANNEL_IDENTITIES);
	if (has_data && pen_channel_queue_count(&in, channel, end))
		info->read_data_available = (uint32_t)in.q.n_bytes;
	if (has_data && pen_channel_queue_count(&out, channel, peer))
		info->write_quota_available =
			out.q.n_bytes < quota ? quota - (uint32_t)out.q.n_bytes : 0;
	return PEN_STATUS_SUCCESS;
}
