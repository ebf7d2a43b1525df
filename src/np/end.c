/* SPDX-License-Identifier: MIT */
#include "np/end.h"
#include "io/clock.h"
#include "np/fork.h"
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { OP_IDLE, OP_DEFERRED, OP_WAITING, OP_UNWANTED };

enum {
	PATIENCE_MS = 2, /* for the channel, before an operation is put off */
	RETRY_MS = 5,	 /* of what is put off */
	CROWD_MS = 20,	 /* until the death of one of several processes is noticed */
	CLOSE_MS = 100,	 /* for the channel, before the end goes without a word */
	DRAIN_MS = 1000, /* for a stream to take what is unread, before it ends */
	CHECK_MS = 10,	 /* between looks whether who is written to still lives */
	DEFERRED_MAX = 1024,
};

enum { EVENT_BELL, EVENT_LIFE, EVENT_STREAM, EVENT_TIMER };

/* ---- fifos ---- */

static void fifo_add(struct pen_end_fifo *fifo, struct pen_pipe_op *op)
{
	op->own.next = NULL;
	if (fifo->last)
		fifo->last->own.next = op;
	else
		fifo->first = op;
	fifo->last = op;
	fifo->n++;
}

static struct pen_pipe_op *fifo_pop(struct pen_end_fifo *fifo)
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

	while ((each = fifo_pop(fifo)))
		if (each != op)
			fifo_add(&rest, each);
	*fifo = rest;
}

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

struct pen_channel *pen_end_channel(struct pen_end *end)
{
	return pen_link_channel(end->link);
}

void pen_end_leave(struct pen_end *end)
{
	pen_link_leave(end->link);
	pen_end_unlock(end);
}

/* ---- sleeping ---- */

static void watch(const struct pen_end *end, int fd, uint32_t which)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = which };

	if (which == EVENT_STREAM)
		event.events |= EPOLLOUT | EPOLLRDHUP;

	if (fd >= 0)
		epoll_ctl(end->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int make_epoll(struct pen_end *end)
{
	if (end->epoll >= 0)
		return 0;
	end->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (end->epoll < 0)
		return -errno;
	watch(end, pen_link_bell(end->link), EVENT_BELL);
	watch(end, pen_link_peer_life(end->link), EVENT_LIFE);
	if (end->stream)
		watch(end, pen_stream_fd(end->stream), EVENT_STREAM);
	return 0;
}

void pen_end_attach(struct pen_end *end, struct pen_stream *stream)
{
	end->stream = stream;
	pen_stream_begin(stream, end->link);
	if (end->epoll >= 0)
		watch(end, pen_stream_fd(stream), EVENT_STREAM);
}

void pen_end_watch_life(struct pen_end *end)
{
	if (end->epoll >= 0)
		watch(end, pen_link_peer_life(end->link), EVENT_LIFE);
}

/* The peer has gone without a word. */
static void bury(struct pen_end *end, int wait_ms)
{
	struct pen_channel *channel = pen_link_channel(end->link);
	struct pen_channel_info info = { 0 };

	if (pen_link_enter(end->link, wait_ms))
		return;
	end->is_orphan = false;
	end->is_buried = true;
	if (end->stream) {
		pen_link_leave(end->link);
		return;
	}
	pen_channel_get_info(channel, end->side, &info);
	if (end->side == PEN_CHANNEL_SERVER && info.state == PEN_CHANNEL_LISTENING) {
		pen_link_leave(end->link);
		end->is_buried = false;
		end->server.lost(end->server.data, end);
		return;
	}
	pen_channel_close(channel, end->side ^ 1);
	channel->wakes |= 1U << end->side;
	pen_link_leave(end->link);
}

/* Whether the peer's life is over. Nobody's mutex. */
static bool sleep_long(int epoll, int wait_ms)
{
	struct epoll_event events[4];
	bool is_gone = false;
	int n = epoll_wait(epoll, events, (int)PEN_COUNT(events), wait_ms);

	for (int i = 0; i < n; i++)
		if (events[i].data.u32 == EVENT_LIFE && events[i].events & (EPOLLHUP | EPOLLERR))
			is_gone = true;
	return is_gone;
}

/* How long a wait may last before there is to be looked again; -1: until something happens. */
static int look_ms(const struct pen_end *end)
{
	if (end->deferred.first || end->is_orphan || end->n_unwanted)
		return RETRY_MS;
	/* The bell was heard, and the channel not to be had. */
	if (end->is_hosted && end->n_waiting && pen_link_has_news(end->link, end->seen))
		return RETRY_MS;
	return pen_link_is_crowded(end->link) && end->n_waiting ? CROWD_MS : -1;
}

/* A loop waits for the descriptor alone: where time has to pass, that is among its events. */
static void remind(struct pen_end *end)
{
	struct itimerspec when = { 0 };
	int wait_ms = end->is_hosted ? look_ms(end) : -1;

	if (wait_ms < 0)
		return;
	if (end->timer < 0) {
		end->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		watch(end, end->timer, EVENT_TIMER);
	}
	when.it_value.tv_nsec = wait_ms * 1000000L;
	timerfd_settime(end->timer, 0, &when, NULL);
}

/* ---- operations ---- */

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
	op->own.state = OP_DEFERRED;
	fifo_add(&end->deferred, op);
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
		op->own.state = OP_WAITING;
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

static void finish(struct pen_end *end, struct pen_pipe_op *op, uint32_t status)
{
	free(op->own.copy);
	op->own.copy = NULL;
	op->own.state = OP_IDLE;
	op->status = status;
	if (op->done)
		fifo_add(&end->finished, op);
	pthread_cond_broadcast(&end->turn);
}

/* With the channel: what others have left undone, or brought. */
static void prepare(struct pen_end *end)
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
	prepare(end);
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

static void retry_starts(struct pen_end *end, int wait_ms)
{
	struct pen_pipe_op *op;
	uint32_t status;

	while ((op = end->deferred.first)) {
		if (try_start(end, op, op->own.copy, wait_ms, &status))
			return;
		fifo_pop(&end->deferred);
		free(op->own.copy);
		op->own.copy = NULL;
		if (status != PEN_STATUS_PENDING)
			finish(end, op, status);
	}
}

/* For who does not wait, and so sees no descriptor's events: looks for itself now and then. */
static void check_peer(struct pen_end *end)
{
	if (!end->is_orphan && !end->is_buried && pen_link_is_peer_gone(end->link))
		end->is_orphan = true;
	if (end->is_orphan)
		bury(end, PATIENCE_MS);
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
	op->own.state = OP_IDLE;
	op->own.copy = NULL;
	op->own.serial = end->serial++;
	if (kind == PEN_END_WRITE && pen_clock_coarse_ms() - end->checked_ms >= CHECK_MS) {
		end->checked_ms = pen_clock_coarse_ms();
		check_peer(end);
	}
	if (end->deferred.first)
		retry_starts(end, 0);
	if (end->deferred.first || try_start(end, op, in, PATIENCE_MS, &status))
		status = put_off(end, op, in);
	op->status = status;
	remind(end);
	pen_end_unlock(end);
	return status;
}

/* ---- what is done ---- */

/* Those of n that are done, the first that was started first. */
static void finish_in_order(struct pen_end *end, struct pen_pipe_op **ops, uint32_t *statuses,
			    unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned first = i;

		for (unsigned k = i + 1; k < n; k++)
			if ((int32_t)(ops[k]->own.serial - ops[first]->own.serial) < 0)
				first = k;
		finish(end, ops[first], statuses[first]);
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
static void collect(struct pen_end *end)
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
		end->n_unwanted -= op->own.state == OP_UNWANTED;
		end->waiting[i] = NULL;
		end->n_waiting--;
		ops[n] = op;
		statuses[n++] = status;
	}
	finish_in_order(end, ops, statuses, n);
}

/* Tells those who want to be told, without the mutex. */
static void report(struct pen_end *end)
{
	struct pen_pipe_op *op;

	while (end->finished.first) {
		pen_end_lock(end);
		op = fifo_pop(&end->finished);
		pen_end_unlock(end);
		if (op)
			op->done(op);
	}
}

/* With the channel. What was to be cancelled when it was not to be had. */
static void cancel_unwanted(struct pen_end *end)
{
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX && end->n_unwanted; i++) {
		if (!end->waiting[i] || end->waiting[i]->own.state != OP_UNWANTED)
			continue;
		pen_channel_cancel(pen_link_channel(end->link), end->side, i);
		end->waiting[i]->own.state = OP_WAITING;
		end->n_unwanted--;
	}
}

/* Looks what there is. */
static void look(struct pen_end *end, int wait_ms)
{
	if (end->is_orphan)
		bury(end, wait_ms);
	if (end->deferred.first)
		retry_starts(end, wait_ms);
	if (pen_link_enter(end->link, wait_ms))
		return;
	prepare(end);
	cancel_unwanted(end);
	collect(end);
	if (end->n_waiting && pen_channel_was_cut(pen_link_channel(end->link))) {
		pen_channel_recover(pen_link_channel(end->link));
		collect(end);
	}
	if (end->is_hosted && end->n_waiting)
		pen_link_want_bell(end->link);
	pen_link_leave(end->link);
	end->seen = pen_link_news(end->link);
}

int pen_end_enter(struct pen_end *end, int wait_ms)
{
	int r;

	pen_end_lock(end);
	check_peer(end);
	r = pen_link_enter(end->link, wait_ms);
	if (r)
		pen_end_unlock(end);
	else
		prepare(end);
	return r;
}

/* ---- waiting ---- */

/* Sleeps for wait_ms (-1: as long as it takes), and looks. The mutex is given back meanwhile. */
static void lead(struct pen_end *end, int wait_ms)
{
	struct pen_link *link = pen_link_ref(end->link);
	int r = make_epoll(end), epoll = end->epoll;
	int look_again_ms = r ? RETRY_MS : look_ms(end);
	uint32_t seen = end->seen;
	bool is_gone = false;

	if (look_again_ms >= 0 && (wait_ms < 0 || wait_ms > look_again_ms))
		wait_ms = look_again_ms;
	pen_link_want_bell(link);
	pen_end_unlock(end);
	if (r)
		poll(NULL, 0, wait_ms);
	else if (!pen_link_has_news(link, seen))
		is_gone = sleep_long(epoll, wait_ms);
	pen_end_lock(end);
	if (is_gone && end->link == link)
		end->is_orphan = true;
	look(end, PATIENCE_MS);
	pen_link_free(link);
}

static bool wait_turn(struct pen_end *end, int wait_ms)
{
	struct timespec until;

	if (wait_ms < 0)
		return !pthread_cond_wait(&end->turn, &end->mutex);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return !pthread_cond_timedwait(&end->turn, &end->mutex, &until);
}

uint32_t pen_end_wait(struct pen_end *end, struct pen_pipe_op *op, int wait_ms)
{
	uint64_t until = wait_ms < 0 ? UINT64_MAX : pen_clock_ms() + (uint64_t)wait_ms;
	uint32_t status;

	pen_end_lock(end);
	while (op->status == PEN_STATUS_PENDING) {
		uint64_t now = wait_ms < 0 ? 0 : pen_clock_ms();
		int left = wait_ms < 0 ? -1 : until > now ? (int)(until - now) : 0;

		if (!left) {
			look(end, 0);
			break;
		}
		if (end->is_led) {
			wait_turn(end, left);
			continue;
		}
		end->is_led = true;
		lead(end, left);
		end->is_led = false;
		pthread_cond_broadcast(&end->turn);
	}
	status = op->status;
	pen_end_unlock(end);
	report(end);
	return status == PEN_STATUS_PENDING ? PEN_STATUS_IO_TIMEOUT : status;
}

/* With the mutex; op waits in the channel. */
static uint32_t cancel_waiting(struct pen_end *end, struct pen_pipe_op *op)
{
	uint32_t status = PEN_STATUS_NOT_FOUND;

	if (pen_link_enter(end->link, PATIENCE_MS)) {
		end->n_unwanted += op->own.state != OP_UNWANTED;
		op->own.state = OP_UNWANTED;
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
	if (op->status == PEN_STATUS_PENDING && op->own.state == OP_DEFERRED) {
		fifo_remove(&end->deferred, op);
		finish(end, op, PEN_STATUS_CANCELLED);
		if (end->is_hosted)
			pen_link_poke(end->link);
		status = PEN_STATUS_SUCCESS;
	} else if (op->status == PEN_STATUS_PENDING) {
		status = cancel_waiting(end, op);
		remind(end);
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
		end->n_unwanted -= op->own.state == OP_UNWANTED;
		end->waiting[i] = NULL;
		end->n_waiting--;
		end->abandoned |= UINT64_C(1) << i;
		finish(end, op, PEN_STATUS_CANCELLED);
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
			finish(end, op, PEN_STATUS_PIPE_DISCONNECTED);
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

/* ---- for a loop ---- */

int pen_end_fd(struct pen_end *end)
{
	int r;

	pen_end_lock(end);
	r = make_epoll(end);
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
	wait_ms = end->finished.first ? 0 : end->timer < 0 ? look_ms(end) : -1;
	pen_end_unlock(end);
	return wait_ms;
}

void pen_end_dispatch(struct pen_end *end)
{
	pen_end_lock(end);
	if (end->epoll >= 0 && sleep_long(end->epoll, 0))
		end->is_orphan = true;
	look(end, 0);
	remind(end);
	pen_end_unlock(end);
	report(end);
}

/* ---- beginning and end ---- */

int pen_end_init(struct pen_end *end, unsigned side, struct pen_link *link)
{
	*end = (struct pen_end){ .side = side, .link = link, .epoll = -1, .timer = -1 };
	end->generation = pen_fork_generation();
	init_threads(end);
	return 0;
}

void pen_end_replace(struct pen_end *end, struct pen_link *link)
{
	if (!pen_link_enter(end->link, PATIENCE_MS)) {
		collect(end);
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
	watch(end, pen_link_bell(link), EVENT_BELL);
	watch(end, pen_link_peer_life(link), EVENT_LIFE);
	if (end->is_hosted)
		pen_link_want_bell(link);
	if (end->is_hosted && end->finished.first)
		pen_link_poke(link);
}

/* With the channel. */
static void leave_channel(struct pen_end *end, bool is_last)
{
	struct pen_channel *channel = pen_link_channel(end->link);

	if (end->stream)
		pen_stream_drain(end->stream, end->link, DRAIN_MS);
	if (is_last)
		pen_channel_close(channel, end->side);
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (end->waiting[i])
			pen_channel_cancel(channel, end->side, i);
	collect(end);
}

/* Nobody will ever say what became of them. */
static void give_up(struct pen_end *end)
{
	struct pen_pipe_op *op;

	while ((op = fifo_pop(&end->deferred)))
		finish(end, op, PEN_STATUS_CANCELLED);
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		op = end->waiting[i];
		end->waiting[i] = NULL;
		if (op)
			finish(end, op, PEN_STATUS_CANCELLED);
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
	report(end);
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
