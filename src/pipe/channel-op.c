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
	/* In this order: what waits and has no place is nothing. */
	STORE(end->pending[kind], LOAD(end->pending[kind]) | UINT64_C(1) << i);
	STORE(end->used, used | UINT64_C(1) << i);
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

unsigned pen_channel_newest(struct pen_channel *channel, unsigned end, uint64_t set)
{
	unsigned newest = pen_channel_any(set);

	while (set &= set - 1) {
		unsigned op = pen_channel_any(set);

		if (LOAD(pen_channel_op(channel, end, op)->number) >
		    LOAD(pen_channel_op(channel, end, newest)->number))
			newest = op;
	}
	return newest;
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
	STORE(view->channel->block->ends[view->reader].has_read, 1U + taken->identity);
	lessen(view, 0, taken->information);
}

/* A read has its bytes, or its end without them. */
static void finish_read(struct pen_channel *channel, unsigned end, unsigned i)
{
	struct pen_channel_op *op = pen_channel_op(channel, end, i);
	uint64_t *holding = &channel->block->ends[end].holding;

	if (LOAD(op->information))
		STORE(*holding, LOAD(*holding) | UINT64_C(1) << i);
	pen_channel_complete(channel, end, PEN_CHANNEL_READ, i, LOAD(op->status),
			     LOAD(op->information));
}

/* First what it gets, then that the queue has lost it, then that it is done. */
static void serve_read(struct pen_channel_view *view, unsigned i)
{
	struct pen_channel *channel = view->channel;
	struct pen_channel_op *op = pen_channel_op(channel, view->reader, i);
	bool is_message = LOAD(op->flags) & PEN_CHANNEL_OP_MESSAGE ||
			  pen_channel_is_message_mode(channel, view->reader);
	struct pen_channel_taken taken;

	pen_channel_take(view, LOAD(op->size), is_message, &taken);
	STORE(op->at, taken.at);
	STORE(op->skip, taken.skip);
	STORE(op->status, taken.status);
	STORE(op->information, taken.information);
	STORE(op->upto, view->q.head);
	STORE(op->upto_skip, view->q.skip);
	STORE(op->flags, LOAD(op->flags) | PEN_CHANNEL_OP_TAKING);
	pen_channel_queue_put(view);
	finish_read(channel, view->reader, i);
}

void pen_channel_serve_reads(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;
	uint64_t set = pen_channel_pending(channel, view->reader, PEN_CHANNEL_READ);

	while (set && view->q.n_entries && !channel->is_spoilt) {
		unsigned i = oldest_of(channel, view->reader, set);

		serve_read(view, i);
		set &= ~(UINT64_C(1) << i);
	}
}

static void forget_op(struct pen_channel *channel, unsigned end, unsigned i)
{
	struct pen_channel_end *shared = &channel->block->ends[end];
	uint64_t bit = UINT64_C(1) << i;

	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++)
		STORE(shared->pending[kind], LOAD(shared->pending[kind]) & ~bit);
	STORE(shared->holding, LOAD(shared->holding) & ~bit);
	STORE(shared->used, LOAD(shared->used) & ~bit);
}

void pen_channel_take_back(struct pen_channel *channel, unsigned writer, unsigned i,
			   bool is_forgotten)
{
	struct pen_channel_op *op = pen_channel_op(channel, writer, i);
	uint64_t number = LOAD(op->number);
	struct pen_channel_view view;
	uint32_t rest = 0;
	bool is_sound = pen_channel_queue_get(&view, channel, pen_channel_other(writer));

	if (is_sound)
		rest = pen_channel_queue_drop(&view, LOAD(op->at));
	if (is_forgotten)
		forget_op(channel, writer, i);
	else
		pen_channel_complete(channel, writer, PEN_CHANNEL_WRITE, i, PEN_STATUS_CANCELLED,
				     0);
	if (!is_sound || channel->is_spoilt)
		return;
	lessen(&view, number, rest);
	pen_channel_release(&view);
	pen_channel_queue_put(&view);
	pen_channel_settle(&view);
}

/* ---- what waited ---- */

static uint32_t fetch_bytes(struct pen_channel *channel, unsigned end,
			    const struct pen_channel_op *op, void *bytes, uint32_t n,
			    struct pen_channel_result *result)
{
	uint32_t status = LOAD(op->status);
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
	return status;
}

uint32_t pen_channel_fetch(struct pen_channel *channel, unsigned end, unsigned i, void *bytes,
			   uint32_t n, struct pen_channel_result *result)
{
	struct pen_channel_end *shared = &channel->block->ends[end];
	struct pen_channel_op *op = pen_channel_op(channel, end, i);
	uint64_t bit = UINT64_C(1) << i;
	uint64_t holding = LOAD(shared->holding);
	uint32_t status;

	if (pen_channel_all_pending(channel, end) & bit)
		return PEN_STATUS_PENDING;
	*result = (struct pen_channel_result){ .information = LOAD(op->information), .op = i };
	STORE(shared->used, LOAD(shared->used) & ~bit);
	status = LOAD(op->status);
	if (holding & bit) {
		STORE(shared->holding, holding & ~bit);
		status = fetch_bytes(channel, end, op, bytes, n, result);
	}
	return status == PEN_STATUS_PENDING ? PEN_STATUS_PIPE_BROKEN : status;
}

uint32_t pen_channel_cancel(struct pen_channel *channel, unsigned end, unsigned op)
{
	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++) {
		if (!(pen_channel_pending(channel, end, kind) & UINT64_C(1) << op))
			continue;
		if (kind == PEN_CHANNEL_WRITE)
			pen_channel_take_back(channel, end, op, false);
		else
			pen_channel_complete(channel, end, kind, op, PEN_STATUS_CANCELLED, 0);
		return PEN_STATUS_SUCCESS;
	}
	return PEN_STATUS_NOT_FOUND;
}

/* ---- what nobody waits for any more ---- */

/* Nobody will fetch it. */
static void abandon(struct pen_channel *channel, unsigned end, unsigned op)
{
	uint64_t bit = UINT64_C(1) << op;
	bool was_holding = LOAD(channel->block->ends[end].holding) & bit;
	struct pen_channel_view view;

	if (pen_channel_pending(channel, end, PEN_CHANNEL_WRITE) & bit) {
		pen_channel_take_back(channel, end, op, true);
		return;
	}
	forget_op(channel, end, op);
	if (was_holding && pen_channel_queue_get(&view, channel, end)) {
		pen_channel_release(&view);
		pen_channel_queue_put(&view);
	}
}

/* The last first: what vanishes makes room for what came later. */
void pen_channel_forget(struct pen_channel *channel, const struct pen_channel_caller *caller)
{
	uint64_t set = 0;

	for (uint64_t used = LOAD(channel->block->ends[caller->end].used); used; used &= used - 1)
		if (LOAD(pen_channel_op(channel, caller->end, pen_channel_any(used))->holder) ==
		    caller->holder)
			set |= used & -used;
	while (set) {
		unsigned op = pen_channel_newest(channel, caller->end, set);

		abandon(channel, caller->end, op);
		set &= ~(UINT64_C(1) << op);
	}
}

/* ---- what somebody has left half done ---- */

/* Reads that the queue has served already, and others that were to be. */
static void recover_reads(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;

	for (uint64_t set = pen_channel_pending(channel, view->reader, PEN_CHANNEL_READ); set;
	     set &= set - 1) {
		struct pen_channel_op *op =
			pen_channel_op(channel, view->reader, pen_channel_any(set));
		uint64_t upto = LOAD(op->upto);
		uint32_t flags = LOAD(op->flags);

		if (!(flags & PEN_CHANNEL_OP_TAKING))
			continue;
		if (view->q.head > upto ||
		    (view->q.head == upto && view->q.skip >= LOAD(op->upto_skip)))
			finish_read(channel, view->reader, pen_channel_any(set));
		else
			STORE(op->flags, flags & ~(uint32_t)PEN_CHANNEL_OP_TAKING);
	}
}

/* Writes that never came to be, those that were taken back, and how much is before the rest. */
static void recover_writes(struct pen_channel_view *view)
{
	struct pen_channel *channel = view->channel;
	unsigned writer = pen_channel_other(view->reader);

	for (uint64_t set = pen_channel_pending(channel, writer, PEN_CHANNEL_WRITE); set;
	     set &= set - 1) {
		unsigned i = pen_channel_any(set);
		struct pen_channel_op *op = pen_channel_op(channel, writer, i);
		uint64_t at = LOAD(op->at), unread;

		if (at >= view->q.tail)
			forget_op(channel, writer, i);
		else if (pen_channel_queue_upto(view, at, &unread))
			STORE(op->unread, unread);
		else
			pen_channel_complete(channel, writer, PEN_CHANNEL_WRITE, i,
					     PEN_STATUS_CANCELLED, 0);
	}
}

/* Places that were taken for an operation that never began. */
static void recover_places(struct pen_channel *channel, unsigned end)
{
	struct pen_channel_end *shared = &channel->block->ends[end];
	uint64_t used = LOAD(shared->used);

	STORE(shared->holding, LOAD(shared->holding) & used);
	for (unsigned kind = 0; kind < PEN_CHANNEL_N_KINDS; kind++)
		STORE(shared->pending[kind], LOAD(shared->pending[kind]) & used);
}

void pen_channel_recover_ops(struct pen_channel *channel)
{
	struct pen_channel_view view;

	for (unsigned end = 0; end < 2; end++)
		recover_places(channel, end);
	for (unsigned reader = 0; reader < 2; reader++) {
		if (!pen_channel_queue_get(&view, channel, reader))
			return;
		recover_reads(&view);
		pen_channel_queue_recount(&view);
		recover_writes(&view);
		pen_channel_queue_put(&view);
		pen_channel_serve_reads(&view);
		pen_channel_release(&view);
		pen_channel_queue_put(&view);
		pen_channel_settle(&view);
	}
}
