/* SPDX-License-Identifier: MIT */
#include "win32/engine.h"

#include "win32/handle.h"
#include "win32/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TURN_MAX = 32, BLIND_MS = 5 };

/* What the process has of it: the set is the kernel's, and there is one for all threads. */
static struct {
	pthread_mutex_t lock;
	int set;
	int bell; /* wakes the leader */
	struct win_thread *leader;
	bool is_asleep; /* the leader, in the set */
	bool has_pipes;
	unsigned n_armed;
	struct win_source **by_fd;
	size_t n_by_fd;
	struct pen_list timed;
	struct pen_list followers;
} engine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.set = -1,
	.bell = -1,
	.timed = { &engine.timed, &engine.timed },
	.followers = { &engine.followers, &engine.followers },
};

void win_lock(void)
{
	pthread_mutex_lock(&engine.lock);
}

void win_unlock(void)
{
	pthread_mutex_unlock(&engine.lock);
}

void win_sleep(pthread_cond_t *cond)
{
	pthread_cond_wait(cond, &engine.lock);
}

/* Who has been forked off has handles of its own and nothing in flight; the set is its parent's. */
static void engine_forked(void)
{
	close(engine.set);
	close(engine.bell);
	engine.set = engine.bell = -1;
	engine.leader = NULL;
	engine.is_asleep = false;
	engine.n_armed = 0;
	pen_list_each (link, after, &engine.timed)
		pen_list_init(link);
	pen_list_init(&engine.timed);
	pen_list_init(&engine.followers);
	for (size_t fd = 0; fd < engine.n_by_fd; fd++) {
		if (engine.by_fd[fd])
			engine.by_fd[fd]->is_added = engine.by_fd[fd]->is_armed = false;
		engine.by_fd[fd] = NULL;
	}
	win_unlock();
	if (!engine.has_pipes)
		win_handle_forked();
}

static void engine_watch_forks(void)
{
	pthread_atfork(win_lock, win_unlock, engine_forked);
}

static void engine_watch_pipes(void)
{
	pthread_atfork(NULL, NULL, win_handle_forked);
	engine.has_pipes = true;
}

void win_engine_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, engine_watch_forks);
}

void win_engine_have_pipes(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	win_engine_prepare(); /* whose handler gives up the lock that the other takes */
	pthread_once(&once, engine_watch_pipes);
}

static bool engine_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (engine.set >= 0)
		return true;
	engine.set = epoll_create1(EPOLL_CLOEXEC);
	engine.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.fd = engine.bell;
	if (engine.set >= 0 && engine.bell >= 0 &&
	    !epoll_ctl(engine.set, EPOLL_CTL_ADD, engine.bell, &event))
		return true;
	close(engine.set);
	close(engine.bell);
	engine.set = engine.bell = -1;
	return false;
}

/* ---- sources ---- */

static bool engine_index(struct win_source *source)
{
	size_t n = source->fd < 0 ? 0 : (size_t)source->fd + 1;

	if (n > engine.n_by_fd) {
		size_t n_new = n * 2;
		struct win_source **table = realloc(engine.by_fd, n_new * sizeof(*table));

		if (!table)
			return false;
		for (size_t fd = engine.n_by_fd; fd < n_new; fd++)
			table[fd] = NULL;
		engine.by_fd = table;
		engine.n_by_fd = n_new;
	}
	engine.by_fd[source->fd] = source;
	return true;
}

static bool engine_add(struct win_source *source, short events)
{
	struct epoll_event event = { .events = EPOLLONESHOT, .data.fd = source->fd };

	if (source->fd < 0 || !engine_begin() || !engine_index(source))
		return false;
	if (events & POLLIN)
		event.events |= EPOLLIN;
	if (events & POLLOUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(engine.set, source->is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, source->fd,
		      &event))
		return false;
	source->is_added = true;
	return true;
}

static void engine_time(struct win_source *source, int64_t deadline)
{
	source->deadline = deadline;
	pen_list_remove(&source->timed);
	if (deadline != WIN_FOREVER)
		pen_list_append(&engine.timed, &source->timed);
}

static bool engine_is_needed(void)
{
	return engine.n_armed > 0 || !pen_list_is_empty(&engine.timed);
}

/* Somebody is to look at the pipes, if anybody waits at all. */
static void engine_appoint(void)
{
	if (!engine.leader && engine_is_needed() && !pen_list_is_empty(&engine.followers))
		win_thread_wake(pen_list_entry(engine.followers.next, struct win_thread, follower));
}

void win_engine_arm(struct win_source *source, int fd, short events, int64_t deadline)
{
	if (!source->is_added)
		source->fd = fd;
	if (!source->is_armed && engine_add(source, events)) {
		source->is_armed = true;
		engine.n_armed++;
	}
	if (!source->is_armed) {
		int64_t soon = win_now() + BLIND_MS * INT64_C(1000000);

		deadline = deadline < soon ? deadline : soon;
	}
	engine_time(source, deadline);
	if (deadline != WIN_FOREVER && engine.leader)
		win_thread_wake(engine.leader);
	engine_appoint();
}

static void engine_disarm(struct win_source *source)
{
	if (source->is_armed)
		engine.n_armed--;
	source->is_armed = false;
	engine_time(source, WIN_FOREVER);
}

void win_engine_remove(struct win_source *source)
{
	engine_disarm(source);
	if (!source->is_added)
		return;
	epoll_ctl(engine.set, EPOLL_CTL_DEL, source->fd, NULL);
	source->is_added = false;
	if (engine.by_fd[source->fd] == source)
		engine.by_fd[source->fd] = NULL;
}

/* ---- turns ---- */

bool win_engine_kick(struct win_thread *thread)
{
	uint64_t one = 1;

	if (engine.leader != thread || !engine.is_asleep)
		return false;
	return write(engine.bell, &one, sizeof(one)) == sizeof(one);
}

static int64_t engine_next_deadline(int64_t deadline)
{
	pen_list_each (link, after, &engine.timed) {
		struct win_source *source = pen_list_entry(link, struct win_source, timed);

		if (source->deadline < deadline)
			deadline = source->deadline;
	}
	return deadline;
}

static int engine_ms(int64_t deadline)
{
	int64_t left;

	if (deadline == WIN_FOREVER)
		return -1;
	left = deadline - win_now();
	if (left <= 0)
		return 0;
	left = (left + 999999) / 1000000;
	return left > 86400000 ? 86400000 : (int)left;
}

/* Takes a source out, if it is still one, to be told. */
static void engine_take(struct win_source *source, struct win_source **told, unsigned *np)
{
	engine_disarm(source);
	if (source->enter(source))
		told[(*np)++] = source;
}

static void engine_collect(const struct epoll_event *events, int n, struct win_source **told,
			   unsigned *np)
{
	int64_t now = win_now();
	uint64_t count;

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		if (fd == engine.bell)
			(void)!read(fd, &count, sizeof(count));
		else if ((size_t)fd < engine.n_by_fd && engine.by_fd[fd] &&
			 engine.by_fd[fd]->is_armed)
			engine_take(engine.by_fd[fd], told, np);
	}
	pen_list_each (link, after, &engine.timed) {
		struct win_source *source = pen_list_entry(link, struct win_source, timed);

		if (source->deadline <= now && *np < 2 * TURN_MAX)
			engine_take(source, told, np);
	}
}

/* Looks into the set, or sleeps there as its leader, and tells pipes of what has come. */
static void engine_lead(struct win_thread *self, int64_t deadline)
{
	struct epoll_event events[TURN_MAX];
	struct win_source *told[2 * TURN_MAX];
	unsigned n_told = 0;
	bool leads = engine.leader == self;
	int ms = engine_ms(engine_next_deadline(deadline));
	int n = 0;

	if (!engine_begin())
		ms = ms < 0 || ms > BLIND_MS ? BLIND_MS : ms;
	if (leads)
		engine.is_asleep = true;
	win_unlock();
	if (engine.set >= 0)
		n = epoll_wait(engine.set, events, TURN_MAX, ms);
	else
		poll(NULL, 0, ms);
	win_lock();
	if (leads)
		engine.is_asleep = false;
	engine_collect(events, n, told, &n_told);
	if (!n_told)
		return;
	win_unlock();
	for (unsigned i = 0; i < n_told; i++)
		told[i]->dispatch(told[i]);
	win_lock();
}

static void engine_follow(struct win_thread *self, int64_t deadline)
{
	struct timespec time = { deadline / 1000000000, deadline % 1000000000 };

	pen_list_append(&engine.followers, &self->follower);
	if (deadline == WIN_FOREVER)
		pthread_cond_wait(&self->cond, &engine.lock);
	else
		pthread_cond_timedwait(&self->cond, &engine.lock, &time);
	pen_list_remove(&self->follower);
}

bool win_engine_turn(struct win_thread *self, int64_t deadline)
{
	if (self->is_woken) {
		self->is_woken = false;
		return true;
	}
	if (deadline <= win_now()) {
		if (engine_is_needed())
			engine_lead(self, 0);
		return false;
	}
	if (engine_is_needed() && (!engine.leader || engine.leader == self)) {
		engine.leader = self;
		engine_lead(self, deadline);
	} else {
		win_engine_leave(self);
		engine_follow(self, deadline);
	}
	self->is_woken = false;
	return deadline == WIN_FOREVER || win_now() < deadline;
}

void win_engine_leave(struct win_thread *self)
{
	if (engine.leader != self)
		return;
	engine.leader = NULL;
	engine_appoint();
}
