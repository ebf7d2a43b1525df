/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "np/end-parts.h"
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

enum {
	RETRY_MS = 5,  /* of what is put off */
	CROWD_MS = 20, /* until the death of one of several processes is noticed */
};

/* ---- descriptors ---- */

void pen_end_watch(const struct pen_end *end, int fd, enum pen_end_event which)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = which };

	if (which == PEN_END_EVENT_STREAM)
		event.events |= EPOLLOUT | EPOLLRDHUP;

	if (fd >= 0)
		epoll_ctl(end->epoll, EPOLL_CTL_ADD, fd, &event);
}

int pen_end_make_epoll(struct pen_end *end)
{
	if (end->epoll >= 0)
		return 0;
	end->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (end->epoll < 0)
		return -errno;
	pen_end_watch(end, pen_link_bell(end->link), PEN_END_EVENT_BELL);
	pen_end_watch(end, pen_link_peer_life(end->link), PEN_END_EVENT_LIFE);
	if (end->stream)
		pen_end_watch(end, pen_stream_fd(end->stream), PEN_END_EVENT_STREAM);
	return 0;
}

void pen_end_watch_life(struct pen_end *end)
{
	if (end->epoll >= 0)
		pen_end_watch(end, pen_link_peer_life(end->link), PEN_END_EVENT_LIFE);
}

/* Whether the peer's life is over. Nobody's mutex. */
bool pen_end_sleep(int epoll, int wait_ms)
{
	struct epoll_event events[4];
	bool is_gone = false;
	int n = epoll_wait(epoll, events, (int)PEN_COUNT(events), wait_ms);

	for (int i = 0; i < n; i++)
		if (events[i].data.u32 == PEN_END_EVENT_LIFE &&
		    events[i].events & (EPOLLHUP | EPOLLERR))
			is_gone = true;
	return is_gone;
}

/* ---- the peer ---- */

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

/* For who does not wait, and so sees no descriptor's events: looks for itself now and then. */
void pen_end_check_peer(struct pen_end *end)
{
	if (!end->is_orphan && !end->is_buried && pen_link_is_peer_gone(end->link))
		end->is_orphan = true;
	if (end->is_orphan)
		bury(end, PEN_END_PATIENCE_MS);
}

/* ---- looking ---- */

/* Looks what there is. */
void pen_end_look(struct pen_end *end, int wait_ms)
{
	if (end->is_orphan)
		bury(end, wait_ms);
	if (end->deferred.first)
		pen_end_retry(end, wait_ms);
	if (pen_link_enter(end->link, wait_ms))
		return;
	pen_end_prepare(end);
	pen_end_cancel_unwanted(end);
	pen_end_collect(end);
	if (end->n_waiting && pen_channel_was_cut(pen_link_channel(end->link))) {
		pen_channel_recover(pen_link_channel(end->link));
		pen_end_collect(end);
	}
	if (end->is_hosted && end->n_waiting)
		pen_link_want_bell(end->link);
	pen_link_leave(end->link);
	end->seen = pen_link_news(end->link);
}

/* How long a wait may last before there is to be looked again; -1: until something happens. */
int pen_end_look_ms(const struct pen_end *end)
{
	if (end->deferred.first || end->is_orphan || end->n_unwanted)
		return RETRY_MS;
	/* The bell was heard, and the channel not to be had. */
	if (end->is_hosted && end->n_waiting && pen_link_has_news(end->link, end->seen))
		return RETRY_MS;
	return pen_link_is_crowded(end->link) && end->n_waiting ? CROWD_MS : -1;
}

/* A loop waits for the descriptor alone: where time has to pass, that is among its events. */
void pen_end_remind(struct pen_end *end)
{
	struct itimerspec when = { 0 };
	int wait_ms = end->is_hosted ? pen_end_look_ms(end) : -1;

	if (wait_ms < 0)
		return;
	if (end->timer < 0) {
		end->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		pen_end_watch(end, end->timer, PEN_END_EVENT_TIMER);
	}
	when.it_value.tv_nsec = wait_ms * 1000000L;
	timerfd_settime(end->timer, 0, &when, NULL);
}

/* ---- waiting ---- */

/* Sleeps for wait_ms (-1: as long as it takes), and looks. The mutex is given back meanwhile. */
static void lead(struct pen_end *end, int wait_ms)
{
	struct pen_link *link = pen_link_ref(end->link);
	int r = pen_end_make_epoll(end), epoll = end->epoll;
	int look_again_ms = r ? RETRY_MS : pen_end_look_ms(end);
	uint32_t seen = end->seen;
	bool is_gone = false;

	if (look_again_ms >= 0 && (wait_ms < 0 || wait_ms > look_again_ms))
		wait_ms = look_again_ms;
	pen_link_want_bell(link);
	pen_end_unlock(end);
	if (r)
		poll(NULL, 0, wait_ms);
	else if (!pen_link_has_news(link, seen))
		is_gone = pen_end_sleep(epoll, wait_ms);
	pen_end_lock(end);
	if (is_gone && end->link == link)
		end->is_orphan = true;
	pen_end_look(end, PEN_END_PATIENCE_MS);
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
			pen_end_look(end, 0);
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
	pen_end_report(end);
	return status == PEN_STATUS_PENDING ? PEN_STATUS_IO_TIMEOUT : status;
}
