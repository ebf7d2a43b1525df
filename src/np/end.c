/* SPDX-License-Identifier: MIT */
#include "np/end-parts.h"
#include "np/fork.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	CLOSE_MS = 100,	 /* for the channel, before the end goes without a word */
	DRAIN_MS = 1000, /* for a stream to take what is unread, before it ends */
};

/* ---- the mutex, and being another process ---- */

static void init_threads(struct pen_end *end)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&end->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&end->turn, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* What the parent has started is the parent's; and a stream has one who carries, or none. */
static void adopt(struct pen_end *end)
{
	pen_fork_lock();
	if (__atomic_load_n(&end->generation, __ATOMIC_RELAXED) != pen_fork_generation()) {
		init_threads(end);
		end->is_led = end->is_hosted = false;
		end->n_waiting = end->n_unwanted = 0;
		end->abandoned = 0;
		memset(end->waiting, 0, sizeof(end->waiting));
		end->deferred = end->finished = (struct pen_end_fifo){ 0 };
		if (end->epoll >= 0)
			close(end->epoll);
		if (end->timer >= 0)
			close(end->timer);
		end->epoll = end->timer = -1;
		end->stream = pen_stream_free(end->stream);
		if (end->link)
			pen_link_adopt(end->link);
		__atomic_store_n(&end->generation, pen_fork_generation(), __ATOMIC_RELEASE);
	}
	pen_fork_unlock();
}

void pen_end_lock(struct pen_end *end)
{
	if (__atomic_load_n(&end->generation, __ATOMIC_ACQUIRE) != pen_fork_generation())
		adopt(end);
	pthread_mutex_lock(&end->mutex);
}

void pen_end_unlock(struct pen_end *end)
{
	pthread_mutex_unlock(&end->mutex);
}

int pen_end_enter(struct pen_end *end, int wait_ms)
{
	int r;

	pen_end_lock(end);
	pen_end_check_peer(end);
	r = pen_link_enter(end->link, wait_ms);
	if (r)
		pen_end_unlock(end);
	else
		pen_end_prepare(end);
	return r;
}

struct pen_channel *pen_end_channel(struct pen_end *end)
{
	return pen_link_channel(end->link);
}

void pen_end_leave(struct pen_end *end)
{
	pen_link_leave(end->link);
	pen_end_unlock(end);
}

/* ---- for a loop ---- */

int pen_end_fd(struct pen_end *end)
{
	int r;

	pen_end_lock(end);
	r = pen_end_make_epoll(end);
	if (!r) {
		end->is_hosted = true;
		pen_link_want_bell(end->link);
		r = end->epoll;
	}
	pen_end_unlock(end);
	return r;
}

void pen_end_stir(struct pen_end *end)
{
	pen_end_lock(end);
	pen_link_poke(end->link);
	pen_end_unlock(end);
}

int pen_end_timeout(struct pen_end *end)
{
	int wait_ms;

	pen_end_lock(end);
	wait_ms = end->finished.first ? 0 : end->timer < 0 ? pen_end_look_ms(end) : -1;
	pen_end_unlock(end);
	return wait_ms;
}

void pen_end_dispatch(struct pen_end *end)
{
	pen_end_lock(end);
	if (end->epoll < 0)
		pen_end_check_peer(end);
	else if (pen_end_sleep(end->epoll, 0))
		end->is_orphan = true;
	pen_end_look(end, 0);
	pen_end_remind(end);
	pen_end_unlock(end);
	pen_end_report(end);
}

/* ---- beginning and end ---- */

void pen_end_init(struct pen_end *end, unsigned side, struct pen_link *link)
{
	*end = (struct pen_end){ .side = side, .link = link, .epoll = -1, .timer = -1 };
	end->generation = pen_fork_generation();
	init_threads(end);
}

void pen_end_attach(struct pen_end *end, struct pen_stream *stream)
{
	end->stream = stream;
	pen_stream_begin(stream, end->link);
	if (end->epoll >= 0)
		pen_end_watch(end, pen_stream_fd(stream), PEN_END_EVENT_STREAM);
}

void pen_end_replace(struct pen_end *end, struct pen_link *link)
{
	if (!pen_link_enter(end->link, PEN_END_PATIENCE_MS)) {
		pen_end_collect(end);
		pen_link_leave(end->link);
	}
	if (end->epoll >= 0) {
		epoll_ctl(end->epoll, EPOLL_CTL_DEL, pen_link_bell(end->link), NULL);
		epoll_ctl(end->epoll, EPOLL_CTL_DEL, pen_link_peer_life(end->link), NULL);
	}
	end->stream = pen_stream_free(end->stream);
	pen_link_free(end->link);
	end->link = link;
	end->seen = pen_link_news(link);
	end->is_orphan = end->is_buried = false;
	end->abandoned = 0;
	if (end->epoll < 0)
		return;
	pen_end_watch(end, pen_link_bell(link), PEN_END_EVENT_BELL);
	pen_end_watch(end, pen_link_peer_life(link), PEN_END_EVENT_LIFE);
	if (end->is_hosted)
		pen_link_want_bell(link);
	if (end->is_hosted && end->finished.first)
		pen_link_poke(link);
}

/* With the channel. The last first: what vanishes makes room for what came later. */
static void cancel_all(struct pen_end *end)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (end->waiting[i])
			left |= UINT64_C(1) << i;
	while (left) {
		unsigned last = (unsigned)__builtin_ctzll(left);

		for (unsigned i = last + 1; i < PEN_CHANNEL_OPS_MAX; i++)
			if (left >> i & 1 && (int32_t)(end->waiting[i]->own.serial -
						       end->waiting[last]->own.serial) > 0)
				last = i;
		pen_channel_cancel(pen_link_channel(end->link), end->side, last);
		left &= ~(UINT64_C(1) << last);
	}
}

/* With the channel. */
static void leave_channel(struct pen_end *end, bool is_last)
{
	struct pen_channel *channel = pen_link_channel(end->link);

	if (end->stream)
		pen_stream_drain(end->stream, end->link, DRAIN_MS);
	if (is_last)
		pen_channel_close(channel, end->side);
	cancel_all(end);
	pen_end_collect(end);
}

/* Nobody will ever say what became of them. */
static void give_up(struct pen_end *end)
{
	struct pen_pipe_op *op;

	while ((op = pen_end_fifo_pop(&end->deferred)))
		pen_end_finish(end, op, PEN_STATUS_CANCELLED);
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		op = end->waiting[i];
		end->waiting[i] = NULL;
		if (op)
			pen_end_finish(end, op, PEN_STATUS_CANCELLED);
	}
}

bool pen_end_close(struct pen_end *end, int life)
{
	bool is_last;

	pen_end_lock(end);
	is_last = pen_link_end_life(end->link, life);
	if (!pen_link_enter(end->link, CLOSE_MS)) {
		leave_channel(end, is_last);
		pen_link_leave(end->link);
	}
	give_up(end);
	pen_end_unlock(end);
	pen_end_report(end);
	if (end->epoll >= 0)
		close(end->epoll);
	if (end->timer >= 0)
		close(end->timer);
	pen_stream_free(end->stream);
	pen_link_free(end->link);
	pthread_cond_destroy(&end->turn);
	pthread_mutex_destroy(&end->mutex);
	return is_last;
}
