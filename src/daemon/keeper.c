/* SPDX-License-Identifier: MIT */
#include "daemon/keeper.h"
#include "base/list.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct keeper {
	struct keeper_config config;
	struct child *child; /* NULL: it is to be started again */
	uint64_t run;
	bool is_ready;		 /* the one that runs, or some before it */
	struct pen_list waiting; /* sockets, until it runs */
	uv_timer_t again;
	uint32_t n_failures; /* in a row */
	uint64_t failed_at;
};

/* The other end of a worker's socket. */
struct waiting {
	struct pen_list link;
	int socket;
	char name[64];
	bool has_accounts;
};

static void say(const struct keeper *keeper, enum pen_log_level level, const char *message)
{
	log_line(keeper->config.log, level, "authd", "message", message, NULL);
}

/* ---- sockets ---- */

static int introduce(struct keeper *keeper, const struct keeper_client *client, int socket)
{
	const struct worker_order order = {
		.verb = worker_CLIENT,
		.body.client = { .name = client->name, .has_accounts = client->has_accounts }
	};

	return child_tell(keeper->child, &order, socket);
}

static int keep(struct keeper *keeper, const struct keeper_client *client, int socket)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return -ENOMEM;
	waiting->socket = socket;
	snprintf(waiting->name, sizeof(waiting->name), "%s", client->name);
	waiting->has_accounts = client->has_accounts;
	pen_list_append(&keeper->waiting, &waiting->link);
	return 0;
}

static void introduce_waiting(struct keeper *keeper)
{
	pen_list_each (link, after, &keeper->waiting) {
		struct waiting *waiting = pen_list_entry(link, struct waiting, link);
		const struct keeper_client client = { waiting->name, waiting->has_accounts };

		pen_list_remove(link);
		if (introduce(keeper, &client, waiting->socket))
			close(waiting->socket);
		free(waiting);
	}
}

int keeper_connect(struct keeper *keeper, const struct keeper_client *client, int *socketp,
		   uint64_t *runp)
{
	uint64_t run = keeper_run(keeper);
	int ends[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	r = keeper->child ? introduce(keeper, client, ends[1]) : -EPIPE;
	if (r == -EPIPE) { /* it is the next one's */
		run = keeper->run + 1;
		r = keep(keeper, client, ends[1]);
	}
	if (r) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	*socketp = ends[0];
	*runp = run;
	return 0;
}

uint64_t keeper_run(const struct keeper *keeper)
{
	return keeper->child ? keeper->run : keeper->run + 1;
}

pid_t keeper_pid(const struct keeper *keeper)
{
	return keeper->child ? child_pid(keeper->child) : 0;
}

/* ---- its process ---- */

static void on_again(uv_timer_t *timer);

static void start_later(struct keeper *keeper)
{
	uint64_t now = uv_now(keeper->config.loop);
	uint64_t ms = KEEPER_BACKOFF_MIN_MS;

	if (now - keeper->failed_at > KEEPER_CALM_MS)
		keeper->n_failures = 0;
	keeper->failed_at = now;
	for (uint32_t i = 0; i < keeper->n_failures && ms < KEEPER_BACKOFF_MAX_MS; i++)
		ms *= 2;
	keeper->n_failures++;
	uv_timer_start(&keeper->again, on_again,
		       ms < KEEPER_BACKOFF_MAX_MS ? ms : KEEPER_BACKOFF_MAX_MS, 0);
}

static void on_ended(void *data, int status)
{
	struct keeper *keeper = data;
	char text[96];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "it was ended by signal %d, and is started again",
			 WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "it ended with %d, and is started again",
			 WEXITSTATUS(status));
	say(keeper, PEN_LOG_ERROR, text);
	keeper->child = child_free(keeper->child);
	start_later(keeper);
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct keeper *keeper = data;

	if (report->verb == worker_READY)
		keeper->is_ready = true;
	if (fd >= 0)
		close(fd);
}

static void on_free(void *data)
{
}

static int start(struct keeper *keeper)
{
	const struct keeper_config *config = &keeper->config;
	/* Root's secrets are read by root, before anybody asks: it takes the user by itself. */
	bool is_taking = config->is_confined && config->user && !geteuid();
	const char *const argv[] = { config->program,
				     !config->is_confined ? "--unconfined"
				     : is_taking	  ? "--user"
							  : NULL,
				     is_taking ? config->user : NULL, NULL };
	const struct confinement confinement = {
		.program = config->program,
		.needs = config->needs,
		.is_local = true,
	};
	const struct child_config child = {
		.kind = CHILD_AUTHD,
		.argv = argv,
		.confinement = config->is_confined && !is_taking ? &confinement : NULL,
		.loop = config->loop,
		.listener = { .said = on_said, .free = on_free, .ended = on_ended, .data = keeper },
	};
	int r = child_start(&keeper->child, &child);

	if (r)
		return r;
	keeper->run++;
	introduce_waiting(keeper);
	return 0;
}

static void on_again(uv_timer_t *timer)
{
	struct keeper *keeper = timer->data;
	int r = start(keeper);

	if (!r) {
		keeper->config.changed(keeper->config.data);
		return;
	}
	say(keeper, PEN_LOG_ERROR, strerror(-r));
	start_later(keeper);
}

/* ---- its life ---- */

static void on_closed(uv_handle_t *handle)
{
	struct keeper *keeper = handle->data;

	free((void *)(uintptr_t)keeper->config.program);
	free((void *)(uintptr_t)keeper->config.user);
	free(keeper);
}

int keeper_new(struct keeper **keeperp, const struct keeper_config *config)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->config = *config;
	keeper->config.program = strdup(config->program);
	keeper->config.user = config->user ? strdup(config->user) : NULL;
	pen_list_init(&keeper->waiting);
	uv_timer_init(config->loop, &keeper->again);
	keeper->again.data = keeper;
	r = !keeper->config.program || (config->user && !keeper->config.user) ? -ENOMEM
									      : start(keeper);
	if (r) {
		keeper_free(keeper);
		return r;
	}
	*keeperp = keeper;
	return 0;
}

static void on_late(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

int keeper_await(struct keeper *keeper, uint32_t ms)
{
	uv_timer_t *timer = calloc(1, sizeof(*timer));
	uint64_t run = keeper->run;
	bool is_late = false;

	if (!timer)
		return -ENOMEM;
	uv_timer_init(keeper->config.loop, timer);
	timer->data = &is_late;
	uv_timer_start(timer, on_late, ms, 0);
	while (!keeper->is_ready && keeper->child && keeper->run == run && !is_late)
		uv_run(keeper->config.loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)timer, on_timer_closed);
	return keeper->is_ready ? 0 : is_late ? PEN_E_TIMEOUT : PEN_E_CLOSED;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	child_free(keeper->child);
	pen_list_each (link, after, &keeper->waiting) {
		struct waiting *waiting = pen_list_entry(link, struct waiting, link);

		close(waiting->socket);
		free(waiting);
	}
	uv_close((uv_handle_t *)&keeper->again, on_closed);
}

int keeper_bequeath(const struct keeper *keeper, struct bequest *bequest)
{
	struct heritage_child letter;

	return keeper->child ? child_bequeath(keeper->child, &letter, bequest) : 0;
}
