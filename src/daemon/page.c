/* SPDX-License-Identifier: MIT */
#include "daemon/page.h"
#include "daemon/child.h"
#include "daemon/control.h"
#include "io/socket.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ACCEPTS_MAX = 16, /* in one turn */
	FULL_MS = 100,
	BACKOFF_MIN_MS = 500,
	BACKOFF_MAX_MS = 2000, /* whoever can make it end is not to keep others from it for long */
	CALM_MS = 60 * 1000,   /* of a process, after which its end is forgotten */
	FILES_MAX = 256,
};

struct page {
	struct page_config config;
	char *program, *user;
	char place[160];
	struct pen_unix_socket socket;
	bool is_tcp, is_open;
	uv_poll_t door;
	uv_timer_t again; /* the process, or the door */
	struct child *child;
	uint32_t number; /* of the last connection */
	uint64_t started_at, backoff_ms;
	unsigned n_handles; /* of those that the loop has */
};

static void say(const struct page *page, enum pen_log_level level, const char *message)
{
	log_line(page->config.log, level, "status page", "message", message, NULL);
}

/* ---- who comes ---- */

static void on_come(uv_poll_t *poll, int status, int events);

/* Whoever comes while nobody takes them waits in the kernel. */
static void set_door(struct page *page, bool is_open)
{
	if (page->is_open == is_open)
		return;
	page->is_open = is_open;
	if (is_open)
		uv_poll_start(&page->door, UV_READABLE, on_come);
	else
		uv_poll_stop(&page->door);
}

/* Takes the descriptor. */
static int hand_over(struct page *page, uint32_t number, int fd)
{
	const struct worker_order order = { .verb = worker_GREET, .body.greet = { number, false } };
	int r = child_tell(page->child, &order, fd);

	if (r)
		close(fd);
	return r;
}

static void start(struct page *page);

static void on_again(uv_timer_t *timer)
{
	struct page *page = timer->data;

	if (!page->child)
		start(page);
	set_door(page, page->child && !child_is_full(page->child));
}

static void on_come(uv_poll_t *poll, int status, int events)
{
	struct page *page = poll->data;

	for (int i = 0; i < ACCEPTS_MAX && page->is_open; i++) {
		int fd = pen_socket_accept(page->socket.fd, NULL);

		if (fd == -EAGAIN)
			return;
		if (fd < 0) { /* of something there is none left */
			say(page, PEN_LOG_ERROR, strerror(-fd));
			set_door(page, false);
			uv_timer_start(&page->again, on_again, FULL_MS, 0);
			return;
		}
		if (!++page->number)
			page->number++;
		hand_over(page, page->number, fd);
		set_door(page, !child_is_full(page->child));
	}
}

/* ---- the process ---- */

/* It has nothing to say. */
static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct page *page = data;

	if (fd >= 0)
		close(fd);
	child_kill(page->child, SIGKILL);
}

static void on_free(void *data)
{
	set_door(data, true);
}

/* Later each time, unless it had run for a while. */
static void start_later(struct page *page)
{
	set_door(page, false);
	if (uv_now(page->config.loop) - page->started_at > CALM_MS)
		page->backoff_ms = 0;
	page->backoff_ms = page->backoff_ms ? 2 * page->backoff_ms : BACKOFF_MIN_MS;
	if (page->backoff_ms > BACKOFF_MAX_MS)
		page->backoff_ms = BACKOFF_MAX_MS;
	uv_timer_start(&page->again, on_again, page->backoff_ms, 0);
}

static void on_ended(void *data, int status)
{
	struct page *page = data;

	say(page, PEN_LOG_WARNING, "its process has ended, and is started again");
	page->child = child_free(page->child);
	start_later(page);
}

/* The first connection that it gets is the one to ask by. */
static int introduce(struct page *page)
{
	int fd = control_open(page->config.control);

	return fd < 0 ? fd : hand_over(page, 0, fd);
}

static int start_child(struct page *page)
{
	const char *const argv[] = { page->program, NULL };
	const struct confinement confinement = {
		.program = page->program,
		.user = page->user,
		.files_max = FILES_MAX,
		.is_parser = true,
	};
	const struct child_config config = {
		.kind = CHILD_PAGE,
		.argv = argv,
		.confinement = page->config.is_confined ? &confinement : NULL,
		.loop = page->config.loop,
		.listener = { .said = on_said, .free = on_free, .ended = on_ended, .data = page },
	};
	int r = child_start(&page->child, &config);

	if (r)
		return r;
	r = introduce(page);
	if (r)
		page->child = child_free(page->child);
	return r;
}

static void start(struct page *page)
{
	int r = start_child(page);

	page->started_at = uv_now(page->config.loop);
	if (r) {
		say(page, PEN_LOG_ERROR, r < 0 ? strerror(-r) : pen_error_name(r));
		start_later(page);
	}
}

/* ---- where it listens ---- */

static int listen_local(struct page *page, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char directory[sizeof(page->socket.directory)];

	if ((size_t)(name - path) >= sizeof(directory))
		return -ENAMETOOLONG;
	snprintf(directory, sizeof(directory), "%.*s", name - path > 1 ? (int)(name - path - 1) : 1,
		 path);
	snprintf(page->place, sizeof(page->place), "%s", path);
	return pen_unix_listen(&page->socket, directory, name, 0666, SOCK_STREAM);
}

/* "ADDRESS:PORT", an address of v6 in brackets. */
static int listen_tcp(struct page *page, const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[64];
	unsigned long port;
	uint16_t real;
	size_t n;
	char *end;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return PEN_E_SYNTAX;
	port = strtoul(colon + 1, &end, 10);
	n = (size_t)(colon - text);
	if (*end || port > UINT16_MAX || !n || n >= sizeof(address))
		return PEN_E_SYNTAX;
	if (*text == '[' && colon[-1] == ']')
		snprintf(address, sizeof(address), "%.*s", (int)n - 2, text + 1);
	else
		snprintf(address, sizeof(address), "%.*s", (int)n, text);
	if (!*address || (*text != '[' && strchr(address, ':')))
		return PEN_E_SYNTAX;
	page->is_tcp = true;
	page->socket.fd = pen_tcp_listen(address, (uint16_t)port, &real);
	if (page->socket.fd < 0)
		return page->socket.fd == -EINVAL ? PEN_E_SYNTAX : page->socket.fd;
	snprintf(page->place, sizeof(page->place), "%.*s:%u", (int)n, text, real);
	return 0;
}

static int listen_at(struct page *page, const struct page_config *config)
{
	if (!config->socket || config->socket->fd < 0)
		return *config->listen == '/' ? listen_local(page, config->listen)
					      : listen_tcp(page, config->listen);
	page->socket = *config->socket;
	config->socket->fd = -1;
	page->is_tcp = !*page->socket.directory;
	snprintf(page->place, sizeof(page->place), "%s", config->place);
	return 0;
}

/* ---- its life ---- */

static void close_socket(struct page *page)
{
	if (page->socket.fd < 0)
		return;
	if (page->is_tcp)
		close(page->socket.fd);
	else
		pen_unix_close(&page->socket);
	page->socket.fd = -1;
}

static void done(struct page *page)
{
	child_free(page->child);
	close_socket(page);
	free(page->program);
	free(page->user);
	free(page);
}

static void on_closed(uv_handle_t *handle)
{
	struct page *page = handle->data;

	if (!--page->n_handles)
		done(page);
}

static int prepare(struct page *page, const struct page_config *config)
{
	int r;

	page->config = *config;
	page->socket.fd = -1;
	page->program = strdup(config->program);
	page->user = config->user ? strdup(config->user) : NULL;
	if (!page->program || (config->user && !page->user))
		return -ENOMEM;
	r = listen_at(page, config);
	if (!r)
		r = uv_poll_init(config->loop, &page->door, page->socket.fd);
	if (r)
		return r;
	uv_timer_init(config->loop, &page->again);
	page->n_handles = 2;
	page->door.data = page->again.data = page;
	return 0;
}

int page_new(struct page **pagep, const struct page_config *config)
{
	struct page *page = calloc(1, sizeof(*page));
	int r;

	if (!page)
		return -ENOMEM;
	r = prepare(page, config);
	if (r) {
		done(page);
		return r;
	}
	start(page);
	set_door(page, page->child != NULL);
	*pagep = page;
	return 0;
}

struct page *page_free(struct page *page)
{
	if (!page)
		return NULL;
	page->child = child_free(page->child);
	uv_close((uv_handle_t *)&page->door, on_closed);
	uv_close((uv_handle_t *)&page->again, on_closed);
	close_socket(page);
	return NULL;
}

const char *page_place(const struct page *page)
{
	return page->place;
}

const struct pen_unix_socket *page_socket(const struct page *page)
{
	return &page->socket;
}
