/* SPDX-License-Identifier: MIT */
#include "daemon/onlookers.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct onlooker {
	struct pen_list link;
	struct onlookers *of;
	int fd;
	struct worker_trace filter; /* its texts are our own */
	struct dtyp_GUID uuid;
	uv_poll_t poll;
};

static void onlooker_free(struct onlooker *onlooker)
{
	free((char *)(uintptr_t)onlooker->filter.user);
	free((char *)(uintptr_t)onlooker->filter.address);
	free(onlooker);
}

static void on_closed(uv_handle_t *handle)
{
	struct onlooker *onlooker = handle->data;

	close(onlooker->fd);
	onlooker_free(onlooker);
}

static void leave(struct onlooker *onlooker)
{
	pen_list_remove(&onlooker->link);
	onlooker->of->n--;
	uv_close((uv_handle_t *)&onlooker->poll, on_closed);
}

/* It says nothing: whatever there is to read is its end. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	leave(poll->data);
}

void onlookers_init(struct onlookers *onlookers, uv_loop_t *loop)
{
	*onlookers = (struct onlookers){ .loop = loop };
	pen_list_init(&onlookers->list);
}

void onlookers_done(struct onlookers *onlookers)
{
	pen_list_each (link, after, &onlookers->list)
		leave(pen_list_entry(link, struct onlooker, link));
}

static int copy_filter(struct onlooker *onlooker, const struct worker_trace *filter)
{
	onlooker->filter = *filter;
	onlooker->filter.user = filter->user ? strdup(filter->user) : NULL;
	onlooker->filter.address = filter->address ? strdup(filter->address) : NULL;
	if (filter->uuid) {
		onlooker->uuid = *filter->uuid;
		onlooker->filter.uuid = &onlooker->uuid;
	}
	return (filter->user && !onlooker->filter.user) ||
			       (filter->address && !onlooker->filter.address)
		       ? -ENOMEM
		       : 0;
}

int onlookers_add(struct onlookers *onlookers, int fd, const struct worker_trace *filter,
		  const struct onlooker **onlookerp)
{
	struct onlooker *onlooker;
	int r;

	if (onlookers->n == ONLOOKERS_MAX)
		return PEN_E_LIMIT;
	onlooker = calloc(1, sizeof(*onlooker));
	if (!onlooker)
		return -ENOMEM;
	r = copy_filter(onlooker, filter);
	if (!r)
		r = uv_poll_init(onlookers->loop, &onlooker->poll, fd);
	if (r) {
		onlooker_free(onlooker);
		return r;
	}
	onlooker->of = onlookers;
	onlooker->fd = fd;
	onlooker->poll.data = onlooker;
	pen_list_append(&onlookers->list, &onlooker->link);
	onlookers->n++;
	uv_poll_start(&onlooker->poll, UV_READABLE | UV_DISCONNECT, on_poll);
	*onlookerp = onlooker;
	return 0;
}

int onlooker_tell(const struct onlooker *onlooker, struct child *child)
{
	const struct worker_order order = { .verb = worker_TRACE, .body.trace = onlooker->filter };
	int fd = fcntl(onlooker->fd, F_DUPFD_CLOEXEC, 0);
	int r = fd < 0 ? -errno : child_tell(child, &order, fd);

	if (r && fd >= 0)
		close(fd);
	return r;
}

int onlookers_tell(const struct onlookers *onlookers, struct child *child)
{
	int r = 0;

	pen_list_each (link, after, &onlookers->list) {
		if (!r)
			r = onlooker_tell(pen_list_entry(link, struct onlooker, link), child);
	}
	return r;
}
