/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "io/clock.h"
#include "np/agent.h"
#include "object/name.h"
#include <errno.h>
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ASK_MS = 10000 };

struct pen_pipe_waiter {
	struct object_request request;
	char *name; /* that the request has */
	char *directory;
	struct pen_question question;
	unsigned n_tries;
	uint64_t until; /* UINT64_MAX: as long as it takes */
	int epoll;	/* with the question's descriptor; -1: nobody has needed it */
	uint32_t status;
	uint32_t seen;
};

PEN_DEFINE_FREEP(struct pen_pipe_waiter, pen_pipe_waiter)

/* ---- asking, and asking another one ---- */

static int watch(const struct pen_pipe_waiter *waiter)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = pen_question_fd(&waiter->question);

	return epoll_ctl(waiter->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int ask(struct pen_pipe_waiter *waiter)
{
	int r = pen_question_ask(&waiter->question, waiter->directory, &waiter->request, NULL,
				 pen_clock_ms() + ASK_MS);

	waiter->n_tries++;
	return !r && waiter->epoll >= 0 ? watch(waiter) : r;
}

/*
 * The object manager has gone. Its successor is to wait for the rest of the time; and who watches
 * is told at once, since names have gone with it.
 */
static int ask_again(struct pen_pipe_waiter *waiter)
{
	uint64_t now = pen_clock_ms();

	if (waiter->request.verb == object_WATCH)
		waiter->request.body.watch.seen = UINT32_MAX;
	else if (waiter->until <= now)
		return PEN_E_TIMEOUT;
	else if (waiter->until != UINT64_MAX)
		waiter->request.body.wait_pipe.timeout = -(int64_t)(waiter->until - now) * 10000;
	return ask(waiter);
}

/* The descriptor may be another question's from now on. */
static void forget_question(struct pen_pipe_waiter *waiter, int fd)
{
	if (waiter->epoll >= 0)
		epoll_ctl(waiter->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static int take_answer(struct pen_pipe_waiter *waiter)
{
	int fd = pen_question_fd(&waiter->question), r;
	struct pen_answer answer;

	pen_answer_init(&answer);
	r = pen_question_answer(&waiter->question, &answer);
	if (r != PEN_E_AGAIN)
		forget_question(waiter, fd);
	if (!r) {
		waiter->status = answer.reply.status;
		if (!waiter->status && waiter->request.verb == object_WATCH)
			waiter->seen = answer.reply.body.changes;
	}
	pen_answer_done(&answer);
	return r;
}

/* ---- from beginning to end ---- */

/* A copy of the directory. NULL: no memory. */
static struct pen_pipe_waiter *waiter_new(const char *directory)
{
	struct pen_pipe_waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		return NULL;
	waiter->epoll = -1;
	waiter->until = UINT64_MAX;
	waiter->status = PEN_STATUS_PENDING;
	if (directory && !(waiter->directory = strdup(directory)))
		return pen_pipe_waiter_free(waiter);
	return waiter;
}

struct pen_pipe_waiter *pen_pipe_waiter_free(struct pen_pipe_waiter *waiter)
{
	if (!waiter)
		return NULL;
	pen_question_done(&waiter->question);
	if (waiter->epoll >= 0)
		close(waiter->epoll);
	free(waiter->name);
	free(waiter->directory);
	free(waiter);
	return NULL;
}

static uint32_t find_path(const char *text, char **pathp)
{
	struct pen_arena arena;
	struct pen_name name;
	uint32_t status;

	pen_arena_init(&arena, 1 << 16);
	status = pen_name_parse_pipe(text, &arena, &name);
	if (!status && name.kind != PEN_NAME_PIPE)
		status = PEN_STATUS_OBJECT_NAME_INVALID;
	if (!status && name.server)
		status = PEN_STATUS_NOT_SUPPORTED;
	if (!status && !(*pathp = strdup(name.path)))
		status = PEN_STATUS_NO_MEMORY;
	pen_arena_done(&arena);
	return status;
}

uint32_t pen_pipe_start_wait_name(struct pen_pipe_waiter **waiterp, const char *name, int wait_ms,
				  const char *objects_dir)
{
	pen_cleanup(pen_pipe_waiter_freep) struct pen_pipe_waiter *waiter = waiter_new(objects_dir);
	uint32_t status;
	int r;

	if (!waiter)
		return PEN_STATUS_NO_MEMORY;
	status = find_path(name, &waiter->name);
	if (status)
		return status;
	/* Without a time, the pipe's own counts, which is the object manager's to know. */
	if (wait_ms > 0)
		waiter->until = pen_clock_ms() + (uint64_t)wait_ms;
	waiter->request.verb = object_WAIT_PIPE;
	waiter->request.body.wait_pipe = (struct object_wait_pipe){
		.name = waiter->name,
		.timeout = wait_ms < 0 ? -INT64_MAX : -(int64_t)wait_ms * 10000,
	};
	r = ask(waiter);
	if (r)
		return pen_agent_status(r);
	*waiterp = pen_take(&waiter);
	return PEN_STATUS_PENDING;
}

uint32_t pen_pipe_start_watch(struct pen_pipe_waiter **waiterp, const char *objects_dir,
			      uint32_t seen)
{
	pen_cleanup(pen_pipe_waiter_freep) struct pen_pipe_waiter *waiter = waiter_new(objects_dir);
	int r;

	if (!waiter)
		return PEN_STATUS_NO_MEMORY;
	waiter->request.verb = object_WATCH;
	waiter->request.body.watch.seen = seen;
	r = ask(waiter);
	if (r)
		return pen_agent_status(r);
	*waiterp = pen_take(&waiter);
	return PEN_STATUS_PENDING;
}

int pen_pipe_waiter_fd(struct pen_pipe_waiter *waiter)
{
	int r = 0;

	if (waiter->epoll >= 0)
		return waiter->epoll;
	waiter->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (waiter->epoll < 0)
		return -errno;
	if (waiter->status == PEN_STATUS_PENDING)
		r = watch(waiter);
	if (r) {
		close(waiter->epoll);
		waiter->epoll = -1;
		return r;
	}
	return waiter->epoll;
}

uint32_t pen_pipe_waiter_finish(struct pen_pipe_waiter *waiter, uint32_t *seenp)
{
	int r;

	while (waiter->status == PEN_STATUS_PENDING) {
		r = take_answer(waiter);
		if (r == PEN_E_AGAIN)
			return PEN_STATUS_PENDING;
		if (pen_agent_may_retry(r, waiter->n_tries))
			r = ask_again(waiter);
		if (r)
			waiter->status = pen_agent_status(r);
	}
	if (!waiter->status && seenp && waiter->request.verb == object_WATCH)
		*seenp = waiter->seen;
	return waiter->status;
}

/* ---- blocking ---- */

static uint32_t finish_until(struct pen_pipe_waiter *waiter, uint32_t *seenp, uint64_t until)
{
	uint32_t status;
	int r;

	while ((status = pen_pipe_waiter_finish(waiter, seenp)) == PEN_STATUS_PENDING) {
		r = pen_question_wait(&waiter->question, until);
		if (r)
			return pen_agent_status(r);
	}
	return status;
}

uint32_t pen_pipe_wait_name(const char *name, int wait_ms, const char *objects_dir)
{
	struct pen_pipe_waiter *waiter;
	uint32_t status = pen_pipe_start_wait_name(&waiter, name, wait_ms, objects_dir);

	if (status != PEN_STATUS_PENDING)
		return status;
	status = finish_until(waiter, NULL, UINT64_MAX);
	pen_pipe_waiter_free(waiter);
	return status;
}

uint32_t pen_pipe_watch(const char *objects_dir, uint32_t *seenp, int wait_ms)
{
	uint64_t until = wait_ms < 0 ? UINT64_MAX : pen_clock_ms() + (uint64_t)wait_ms;
	struct pen_pipe_waiter *waiter;
	uint32_t status = pen_pipe_start_watch(&waiter, objects_dir, *seenp);

	if (status != PEN_STATUS_PENDING)
		return status;
	status = finish_until(waiter, seenp, until);
	pen_pipe_waiter_free(waiter);
	return status;
}
