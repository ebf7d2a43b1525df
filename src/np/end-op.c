/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "np/end-parts.h"
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHECK_MS = 10, /* between looks whether who is written to still lives */
	DEFERRED_MAX = 1024,
};

/* ---- fifos ---- */

void pen_end_fifo_add(struct pen_end_fifo *fifo, struct pen_pipe_op *op)
{
	op->own.next = NULL;
	if (fifo->last)
		fifo->last->own.next = op;
	else
		fifo->first = op;
	fifo->last = op;
	fifo->n++;
}

struct pen_pipe_op *pen_end_fifo_pop(struct pen_end_fifo *fifo)
{
	struct pen_pipe_op *op = fifo->first;

	if (!op)
		return NULL;
	fifo->first = op->own.next;
	if (!fifo->first)
		fifo->last = NULL;
	fifo->n--;
	return op;
}

static void fifo_remove(struct pen_end_fifo *fifo, struct pen_pipe_op *op)
{
	struct pen_end_fifo rest = { 0 };
	struct pen_pipe_op *each;

	while ((each = pen_end_fifo_pop(fifo)))
		if (each != op)
			pen_end_fifo_add(&rest, each);
	*fifo = rest;
}

/* ---- starting ---- */

static uint32_t put_off(struct pen_end *end, struct pen_pipe_op *op, const void *in)
{
	if (end->deferred.n == DEFERRED_MAX)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	if (op->own.n_written) {
		op->own.copy = malloc(op->own.n_written);
		if (!op->own.copy)
			return PEN_STATUS_NO_MEMORY;
		memcpy(op->own.copy, in, op->own.n_written);
	}
	op->own.state = PEN_OP_DEFERRED;
	pen_end_fifo_add(&end->deferred, op);
	return PEN_STATUS_PENDING;
}

static uint32_t call_channel(struct pen_end *end, struct pen_pipe_op *op, const void *in,
			     struct pen_channel_result *result)
{
	struct pen_channel *channel = pen_link_channel(end->link);
	struct pen_channel_caller caller = pen_link_caller(end->link);

	caller.identity = op->own.identity;
	switch (op->own.kind) {
	case PEN_END_LISTEN:
		return pen_channel_listen(channel, &caller, result);
	case PEN_END_READ:
		return pen_channel_read(channel, &caller, op->own.bytes, op->own.size, result);
	case PEN_END_WRITE:
		if (end->stream && channel->config.is_message &&
		    op->own.n_written > PEN_STREAM_MESSAGE_MAX)
			return PEN_STATUS_PORT_MESSAGE_TOO_LONG;
		return pen_channel_write(channel, &caller, in, op->own.n_written, result);
	case PEN_END_FLUSH:
		return pen_channel_flush(channel, &caller, result);
	default:
		return pen_channel_transact(channel, &caller, in, op->own.n_written, op->own.size,
					    result);
	}
}

/* With the channel. */
static uint32_t submit(struct pen_end *end, struct pen_pipe_op *op, const void *in)
{
	struct pen_channel_result result = { 0 };
	uint32_t status = call_channel(end, op, in, &result);

	op->information = result.information;
	if (status == PEN_STATUS_PENDING) {
		op->own.state = PEN_OP_WAITING;
		end->waiting[result.op] = op;
		end->n_waiting++;
		if (end->is_hosted)
			pen_link_want_bell(end->link);
	}
	return status;
}

static bool needs_another_channel(const struct pen_end *end, const struct pen_pipe_op *op,
				  uint32_t status)
{
	return status == PEN_STATUS_PIPE_DISCONNECTED && op->own.kind == PEN_END_LISTEN &&
	       end->side == PEN_CHANNEL_SERVER;
}

/* With the channel: what others have left undone, or brought. */
void pen_end_prepare(struct pen_end *end)
{
	if (pen_link_is_crowded(end->link))
		pen_link_sweep(end->link);
	if (end->stream)
		pen_stream_pump(end->stream, end->link);
}

/* Starts it, once the channel is there. PEN_E_AGAIN: it is not. */
static int try_start(struct pen_end *end, struct pen_pipe_op *op, const void *in, int wait_ms,
		     uint32_t *statusp)
{
	bool is_only = !end->n_waiting;
	uint32_t status;

	if (pen_link_enter(end->link, wait_ms))
		return PEN_E_AGAIN;
	pen_end_prepare(end);
	status = submit(end, op, in);
	if (end->stream)
		pen_stream_pump(end->stream, end->link);
	pen_link_leave(end->link);
	if (is_only && !end->stream)
		end->seen = pen_link_news(end->link);
	if (needs_another_channel(end, op, status)) {
		status = end->server.renew(end->server.data, end);
		if (!status)
			return try_start(end, op, in, wait_ms, statusp);
	}
	*statusp = status;
	return 0;
}

void pen_end_retry(struct pen_end *end, int wait_ms)
{
	struct pen_pipe_op *op;
	uint32_t status;

	while ((op = end->deferred.first)) {
		if (try_start(end, op, op->own.copy, wait_ms, &status))
			return;
		pen_end_fifo_pop(&end->deferred);
		free(op->own.copy);
		op->own.copy = NULL;
		if (status != PEN_STATUS_PENDING)
			pen_end_finish(end, op, status);
	}
}

uint32_t pen_end_start(struct pen_end *end, struct pen_pipe_op *op, enum pen_end_kind kind,
		       const void *in, uint32_t n_in, void *out, uint32_t size)
{
	uint32_t status;

	pen_end_lock(end);
	op->status = PEN_STATUS_PENDING;
	op->information = 0;
	op->own.bytes = out;
	op->own.size = size;
	op->own.n_written = n_in;
	op->own.kind = kind;
	op->own.state = PEN_OP_IDLE;
	op->own.copy = NULL;
	op->own.serial = end->serial++;
	if (kind == PEN_END_WRITE && pen_clock_coarse_ms() - end->checked_ms >= CHECK_MS) {
		end->checked_ms = pen_clock_coarse_ms();
		pen_end_check_peer(end);
	}
	if (end->deferred.first)
		pen_end_retry(end, 0);
	if (end->deferred.first || try_start(end, op, in, PEN_END_PATIENCE_MS, &status))
		status = put_off(end, op, in);
	/* One whom smbd carries is there when the object manager says so. */
	if (status == PEN_STATUS_PIPE_LISTENING && pen_link_is_peer_gone(end->link)) {
		pen_end_check_peer(end);
		if (try_start(end, op, in, PEN_END_PATIENCE_MS, &status))
			status = put_off(end, op, in);
	}
	op->status = status;
	pen_end_remind(end);
	pen_end_unlock(end);
	return status;
}

/* ---- what is done ---- */

void pen_end_finish(struct pen_end *end, struct pen_pipe_op *op, uint32_t status)
{
	free(op->own.copy);
	op->own.copy = NULL;
	op->own.state = PEN_OP_IDLE;
	op->status = status;
	if (op->done)
		pen_end_fifo_add(&end->finished, op);
	pthread_cond_broadcast(&end->turn);
}

/* Those of n that are done, the first that was started first. */
static void finish_in_order(struct pen_end *end, struct pen_pipe_op **ops, uint32_t *statuses,
			    unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned first = i;

		for (unsigned k = i + 1; k < n; k++)
			if ((int32_t)(ops[k]->own.serial - ops[first]->own.serial) < 0)
				first = k;
		pen_end_finish(end, ops[first], statuses[first]);
		ops[first] = ops[i];
		statuses[first] = statuses[i];
	}
}

/* With the channel. What nobody waited for any longer; what it read is lost. */
static void forget_abandoned(struct pen_end *end)
{
	struct pen_channel_result result;

	for (; end->abandoned; end->abandoned &= end->abandoned - 1) {
		unsigned i = (unsigned)__builtin_ctzll(end->abandoned);

		pen_channel_cancel(pen_link_channel(end->link), end->side, i);
		pen_channel_fetch(pen_link_channel(end->link), end->side, i, NULL, 0, &result);
	}
}

/* With the channel. */
void pen_end_collect(struct pen_end *end)
{
	struct pen_channel *channel = pen_link_channel(end->link);
	struct pen_pipe_op *ops[PEN_CHANNEL_OPS_MAX];
	uint32_t statuses[PEN_CHANNEL_OPS_MAX];
	unsigned n = 0;

	forget_abandoned(end);
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX && end->n_waiting; i++) {
		struct pen_pipe_op *op = end->waiting[i];
		struct pen_channel_result result = { 0 };
		uint32_t status;

		if (!op)
			continue;
		status = pen_channel_fetch(channel, end->side, i, op->own.bytes, op->own.size,
					   &result);
		if (channel->is_spoilt)
			status = PEN_STATUS_PIPE_BROKEN;
		if (status == PEN_STATUS_PENDING)
			continue;
		op->information = channel->is_spoilt ? 0 : result.information;
		end->n_unwanted -= op->own.state == PEN_OP_UNWANTED;
		end->waiting[i] = NULL;
		end->n_waiting--;
		ops[n] = op;
		statuses[n++] = status;
	}
	finish_in_order(end, ops, statuses, n);
}

/* Tells those who want to be told, without the mutex. */
void pen_end_report(struct pen_end *end)
{
	struct pen_pipe_op *op;

	do {
		pen_end_lock(end);
		op = pen_end_fifo_pop(&end->finished);
		pen_end_unlock(end);
		if (op)
			op->done(op);
	} while (op);
}

/* ---- ending it ---- */

/* With the channel. What was to be cancelled when it was not to be had. */
void pen_end_cancel_unwanted(struct pen_end *end)
{
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX && end->n_unwanted; i++) {
		if (!end->waiting[i] || end->waiting[i]->own.state != PEN_OP_UNWANTED)
			continue;
		pen_channel_cancel(pen_link_channel(end->link), end->side, i);
		end->waiting[i]->own.state = PEN_OP_WAITING;
		end->n_unwanted--;
	}
}

/* With the mutex; op waits in the channel. */
static uint32_t cancel_waiting(struct pen_end *end, struct pen_pipe_op *op)
{
	uint32_t status = PEN_STATUS_NOT_FOUND;

	if (pen_link_enter(end->link, PEN_END_PATIENCE_MS)) {
		end->n_unwanted += op->own.state != PEN_OP_UNWANTED;
		op->own.state = PEN_OP_UNWANTED;
		return PEN_STATUS_SUCCESS;
	}
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (end->waiting[i] == op)
			status = pen_channel_cancel(pen_link_channel(end->link), end->side, i);
	pen_link_leave(end->link);
	return status;
}

uint32_t pen_end_cancel(struct pen_end *end, struct pen_pipe_op *op)
{
	uint32_t status = PEN_STATUS_NOT_FOUND;

	pen_end_lock(end);
	if (op->status == PEN_STATUS_PENDING && op->own.state == PEN_OP_DEFERRED) {
		fifo_remove(&end->deferred, op);
		pen_end_finish(end, op, PEN_STATUS_CANCELLED);
		if (end->is_hosted)
			pen_link_poke(end->link);
		status = PEN_STATUS_SUCCESS;
	} else if (op->status == PEN_STATUS_PENDING) {
		status = cancel_waiting(end, op);
		pen_end_remind(end);
	}
	pen_end_unlock(end);
	return status;
}

void pen_end_abandon(struct pen_end *end, struct pen_pipe_op *op)
{
	pen_end_lock(end);
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		if (end->waiting[i] != op)
			continue;
		end->n_unwanted -= op->own.state == PEN_OP_UNWANTED;
		end->waiting[i] = NULL;
		end->n_waiting--;
		end->abandoned |= UINT64_C(1) << i;
		pen_end_finish(end, op, PEN_STATUS_CANCELLED);
	}
	pen_end_unlock(end);
}

/* The peer has the channel, and does not give it back. */
static void cut(struct pen_end *end)
{
	pen_channel_cut(pen_link_channel(end->link));
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		struct pen_pipe_op *op = end->waiting[i];

		end->waiting[i] = NULL;
		if (op)
			pen_end_finish(end, op, PEN_STATUS_PIPE_DISCONNECTED);
	}
	end->n_waiting = end->n_unwanted = 0;
	pen_link_wake(end->link);
	if (end->is_hosted)
		pen_link_poke(end->link);
}

uint32_t pen_end_disconnect(struct pen_end *end, int wait_ms)
{
	uint32_t status = PEN_STATUS_SUCCESS;

	pen_end_lock(end);
	if (pen_link_enter(end->link, wait_ms)) {
		cut(end);
	} else {
		status = pen_channel_disconnect(pen_link_channel(end->link));
		pen_link_leave(end->link);
	}
	end->stream = pen_stream_free(end->stream);
	pen_end_unlock(end);
	return status;
}
