/* SPDX-License-Identifier: MIT */
#include "pipe/channel-block.h"
#include <penstock/status-codes.h>

/* ---- operations that wait ---- */

uint64_t pen_channel_pending(const struct pen_channel *channel, unsigned end,
			     enum pen_channel_kind kind)
{
	return LOAD(channel->block->ends[end].pending[kind]);
}

struct pen_channel_op *pen_channel_op(struct pen_channel *channel, unsigned end, unsigned op)
{
	return &channel->block->ops[end][op];
}

/* The first that came, of a set that is not empty. */
static unsigned oldest_of(struct pen_channel *channel, unsigned end, uint64_t set)
{
	unsigned oldest = pen_channel_any(set);

	while (set &= set - 1) {
		unsigned op = pen_channel_any(set);

		if (LOAD(pen_channel_op(channel, end, op)->number) <
		    LOAD(pen_channel_op(channel, end, oldest)->number))
			oldest = op;
	}
	return oldest;
}

uint32_t pen_channel_wait(struct pen_channel *channel, const struct pen_channel_caller *caller,
			  enum pen_channel_kind kind, const struct pen_channel_op *op,
			  struct pen_channel_result *result)
{
	struct pen_channel_block *block = channel->block;
	struct pen_channel_end *end = &block->ends[caller->end];
	uint64_t used = LOAD(end->used);
	uint64_t number = LOAD(block->n_ops) + 1;
	struct pen_channel_op *slot;
	unsigned i;

	if (!~used)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	i = pen_channel_any(~used);
	slot = pen_channel_op(channel, caller->end, i);
	*slot = *op;
	slot->number = number;
	slot->holder = caller->holder;
	STORE(block->n_ops, number);
	STORE(end->used, used | UINT64_C(1) << i);
	STORE(end->pending[kind], LOAD(end->pending[kind]) | UINT64_C(1) << i);
	*result = (struct pen_channel_result){ .op = i };
	return PEN_STATUS_PENDING;
}

bool pen_channel_can_wait(const struct pen_channel *channel, unsigned end)
{
	return ~LOAD(channel->block->ends[end].used);
}

void pen_channel_complete(struct pen_channel *channel, unsigned end, enum pen_channel_kind kind,
			  unsigned op, uint32_t status, uint32_t information)
{
	uint64_t *set = &channel->block->ends[end].pending[kind];

	STORE(pen_channel_op(channel, end, op)->status, status);
	STORE(pen_channel_op(channel, end, op)->information, information);
	STORE(*set, LOAD(*set) & ~(UINT64_C(1) << op));
	channel->wakes |= 1U << end;
}

void pen_channel_complete_all(struct pen_channel *channel, unsigned end, enum pen_channel_kind kind,
			      uint32_t status)
{
	for (uint64_t set = pen_channel_pending(channel, end, kind); set; set &= set - 1)
		pen_channel_complete(channel, end, kind, pen_channel_any(set), status, 0);
}

uint64_t pen_channel_all_pending(const struct pen_channel *channel, unsigned end)
{
	uint64_t set = 0;

	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++)
		set |= pen_channel_pending(channel, end, kind);
	return set;
}

/* ---- what reading and vanishing make possible ---- */

/* Writes that fit now are done, and flushes of what is read. */
void pen_channel_settle(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;
	unsigned writer = pen_channel_other(view->reader);

	for (uint64_t set = pen_channel_pending(channel, writer, PEN_CHANNEL_WRITE); set;
	     set &= set - 1) {
		struct pen_channel_op *op = pen_channel_op(channel, writer, pen_channel_any(set));

		if (LOAD(op->unread) <= channel->config.quotas[view->reader])
			pen_channel_complete(channel, writer, PEN_CHANNEL_WRITE,
					     pen_channel_any(set), PEN_STATUS_SUCCESS,
					     LOAD(op->size));
	}
	for (uint64_t set = pen_channel_pending(channel, writer, PEN_CHANNEL_FLUSH); set;
	     set &= set - 1)
		if (LOAD(pen_channel_op(channel, writer, pen_channel_any(set))->at) <= view->q.head)
			pen_channel_complete(channel, writer, PEN_CHANNEL_FLUSH,
					     pen_channel_any(set), PEN_STATUS_SUCCESS, 0);
}

/* There are n bytes less before the end of each write that came after number. */
static void lessen(struct pen_channel_view *view, uint64_t number, uint64_t n)
{
	struct pen_channel *channel = view->channel;
	unsigned writer = pen_channel_other(view->reader);

	for (uint64_t set = pen_channel_pending(channel, writer, PEN_CHANNEL_WRITE); set;
	     set &= set - 1) {
		struct pen_channel_op *op = pen_channel_op(channel, writer, pen_channel_any(set));
		uint64_t unread = LOAD(op->unread);

		if (LOAD(op->number) > number)
			STORE(op->unread, unread > n ? unread - n : 0);
	}
}

/* Frees what nobody needs: neither unread, nor held by a read that is not fetched. */
void pen_channel_release(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;
	uint64_t needed = view->q.head;

	for (uint64_t set = LOAD(channel->block->ends[view->reader].holding); set; set &= set - 1) {
		uint64_t at = LOAD(pen_channel_op(channel, view->reader, pen_channel_any(set))->at);

		if (at >= view->q.freed && at < needed)
			needed = at;
	}
	pen_channel_queue_free(view, needed);
}

void pen_channel_take(struct pen_channel_view *view, uint32_t n, bool is_message,
		      struct pen_channel_taken *taken)
{
	pen_channel_queue_take(view, n, is_message, taken);
	STORE(view->channel->block->ends[view->reader].has_read, 1);
	lessen(view, 0, taken->information);
}

/* Gives waiting reads what there is, each in its turn. */
void pen_channel_serve_reads(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;
	struct pen_channel_end *end = &channel->block->ends[view->reader];
	uint64_t set = pen_channel_pending(channel, view->reader, PEN_CHANNEL_READ);

	while (set && view->q.n_entries && !channel->is_spoilt) {
		unsigned i = oldest_of(channel, view->reader, set);
		struct pen_channel_op *op = pen_channel_op(channel, view->reader, i);
		struct pen_channel_taken taken;

		pen_channel_take(view, LOAD(op->size),
				 LOAD(op->flags) & PEN_CHANNEL_OP_MESSAGE ||
					 pen_channel_is_message_mode(channel, view->reader),
				 &taken);
		STORE(op->at, taken.at);
		STORE(op->skip, taken.skip);
		if (taken.information)
			STORE(end->holding, LOAD(end->holding) | UINT64_C(1) << i);
		pen_channel_complete(channel, view->reader, PEN_CHANNEL_READ, i, taken.status,
				     taken.information);
		set &= ~(UINT64_C(1) << i);
	}
}

/* A write that still waits is taken back, as far as it is not read. */
void pen_channel_drop_write(struct pen_channel *channel, unsigned writer, unsigned i)
{
	struct pen_channel_op *op = pen_channel_op(channel, writer, i);
	struct pen_channel_view view;

	if (!pen_channel_queue_get(&view, channel, pen_channel_other(writer)))
		return;
	lessen(&view, LOAD(op->number), pen_channel_queue_drop(&view, LOAD(op->at)));
	pen_channel_release(&view);
	pen_channel_settle(&view);
	pen_channel_queue_put(&view);
}

/* ---- what waited ---- */

static uint32_t fetch_bytes(struct pen_channel *channel, unsigned end,
			    const struct pen_channel_op *op, void *bytes, uint32_t n,
			    struct pen_channel_result *result)
{
	const struct pen_channel_taken taken = {
		.at = LOAD(op->at),
		.skip = LOAD(op->skip),
		.information = result->information < n ? result->information : n,
	};
	struct pen_channel_view view;

	result->information = taken.information;
	if (!pen_channel_queue_get(&view, channel, end))
		return PEN_STATUS_PIPE_BROKEN;
	pen_channel_queue_copy(&view, &taken, bytes);
	if (channel->is_spoilt)
		return PEN_STATUS_PIPE_BROKEN;
	pen_channel_release(&view);
	pen_channel_queue_put(&view);
	return LOAD(op->status);
}

uint32_t pen_channel_fetch(struct pen_channel *channel, unsigned end, unsigned i, void *bytes,
			   uint32_t n, struct pen_channel_result *result)
{
	struct pen_channel_end *shared = &channel->block->ends[end];
	struct pen_channel_op *op = pen_channel_op(channel, end, i);
	uint64_t bit = UINT64_C(1) << i;
	uint64_t holding = LOAD(shared->holding);

	if (pen_channel_all_pending(channel, end) & bit)
		return PEN_STATUS_PENDING;
	*result = (struct pen_channel_result){ .information = LOAD(op->information), .op = i };
	STORE(shared->used, LOAD(shared->used) & ~bit);
	if (!(holding & bit))
		return LOAD(op->status);
	STORE(shared->holding, holding & ~bit);
	return fetch_bytes(channel, end, op, bytes, n, result);
}

uint32_t pen_channel_cancel(struct pen_channel *channel, unsigned end, unsigned op)
{
	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++) {
		if (!(pen_channel_pending(channel, end, kind) & UINT64_C(1) << op))
			continue;
		pen_channel_complete(channel, end, kind, op, PEN_STATUS_CANCELLED, 0);
		if (kind == PEN_CHANNEL_WRITE)
			pen_channel_drop_write(channel, end, op);
		return PEN_STATUS_SUCCESS;
	}
	return PEN_STATUS_NOT_FOUND;
}

/* ---- what nobody waits for any more ---- */

/* Nobody will fetch it. */
static void abandon(struct pen_channel *channel, unsigned end, unsigned op)
{
	struct pen_channel_end *shared = &channel->block->ends[end];
	uint64_t bit = UINT64_C(1) << op;
	bool is_write = LOAD(shared->pending[PEN_CHANNEL_WRITE]) & bit;
	struct pen_channel_view view;

	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++)
		STORE(shared->pending[kind], LOAD(shared->pending[kind]) & ~bit);
	STORE(shared->used, LOAD(shared->used) & ~bit);
	if (is_write)
		pen_channel_drop_write(channel, end, op);
	if (!(LOAD(shared->holding) & bit))
		return;
	STORE(shared->holding, LOAD(shared->holding) & ~bit);
	if (pen_channel_queue_get(&view, channel, end)) {
		pen_channel_release(&view);
		pen_channel_queue_put(&view);
	}
}

void pen_channel_forget(struct pen_channel *channel, const struct pen_channel_caller *caller)
{
	for (uint64_t set = LOAD(channel->block->ends[caller->end].used); set; set &= set - 1)
		if (LOAD(pen_channel_op(channel, caller->end, pen_channel_any(set))->holder) ==
		    caller->holder)
			abandon(channel, caller->end, pen_channel_any(set));
}
