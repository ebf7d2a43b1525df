/* SPDX-License-Identifier: MIT */
#include "runtime/server.h"
#include "base/cleanup.h"
#include "runtime/connection.h"
#include "runtime/directory.h"
#include "runtime/eerr.h"
#include "runtime/keylog.h"
#include "runtime/server-call.h"
#include "runtime/server-policy.h"
#include "runtime/server-trace.h"
#include <errno.h>
#include <penstock/token.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SWEEP_MIN_MS = 10, SWEEP_MAX_MS = 1000 };

/* ---- what happened ---- */

int pen_server_explain(struct pen_server *server, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(server->error, sizeof(server->error), format, args);
	va_end(args);
	return result;
}

void pen_server_set_mechs(struct pen_server *server, const struct pen_mechs *mechs)
{
	server->config.mechs = mechs;
}

void pen_server_log(struct pen_server *server, enum pen_log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!server->config.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	server->config.log(server->config.log_data, level, line);
}

const char *pen_server_error(const struct pen_server *server)
{
	return server->error;
}

void pen_server_stats(const struct pen_server *server, struct pen_server_stats *stats)
{
	*stats = server->stats;
	stats->groups = (uint32_t)pen_assoc_groups_count(server->groups);
	stats->handles = (uint32_t)pen_handles_count(server->handles);
}

/* ---- deadlines ---- */

/* Often enough for the shortest of them, and no more. */
static uint64_t sweep_period(const struct pen_server_config *config)
{
	uint32_t shortest = config->npa_timeout_ms;

	if (config->bind_timeout_ms < shortest)
		shortest = config->bind_timeout_ms;
	if (config->fragment_timeout_ms < shortest)
		shortest = config->fragment_timeout_ms;
	if (config->idle_timeout_ms < shortest)
		shortest = config->idle_timeout_ms;
	if (config->callback_timeout_ms < shortest)
		shortest = config->callback_timeout_ms;
	shortest /= 4;
	return shortest < SWEEP_MIN_MS	 ? SWEEP_MIN_MS
	       : shortest > SWEEP_MAX_MS ? SWEEP_MAX_MS
					 : shortest;
}

static void on_sweep(uv_timer_t *timer)
{
	struct pen_server *server = timer->data;
	struct pen_connection *connection = server->connections;
	uint64_t now = uv_now(&server->loop.uv);

	for (struct pen_listener *l = server->listeners; l; l = l->next)
		pen_listener_resume(l);
	while (connection) {
		struct pen_connection *next = connection->next;

		pen_connection_check(connection, now);
		connection = next;
	}
	pen_server_policy_turn(server);
	if (!server->connections)
		uv_timer_stop(&server->sweep);
}

void pen_server_watch(struct pen_server *server)
{
	uint64_t period = sweep_period(&server->config);

	if (!uv_is_active((uv_handle_t *)&server->sweep))
		uv_timer_start(&server->sweep, on_sweep, period, period);
}

/* ---- its life ---- */

static void set_default(uint32_t *value, uint32_t standard)
{
	if (!*value)
		*value = standard;
}

void pen_server_set_defaults(struct pen_server_config *config)
{
	set_default(&config->connections_max, 10000);
	set_default(&config->connections_per_peer_max, 1000);
	set_default(&config->groups_max, 10000);
	set_default(&config->handles_per_group_max, 2048);
	set_default(&config->calls_per_handle_max, 256);
	set_default(&config->call_memory_max, 64 << 20);
	set_default(&config->memory_max, 256 << 20);
	set_default(&config->bind_timeout_ms, 30 * 1000);
	set_default(&config->fragment_timeout_ms, 30 * 1000);
	set_default(&config->idle_timeout_ms, 15 * 60 * 1000);
	set_default(&config->npa_timeout_ms, 5 * 1000);
	set_default(&config->callback_timeout_ms, 5 * 60 * 1000);
}

/* Without any directory known, only TCP can be listened at. */
static int choose_directories(struct pen_server *server)
{
	struct pen_server_config *config = &server->config;
	int r;

	if (!config->ncalrpc_dir && !config->np_dir)
		config->np_by_objects = true;
	if (config->objects_dir && !(server->objects_dir = strdup(config->objects_dir)))
		return -ENOMEM;
	config->objects_dir = server->objects_dir;
	r = pen_ncalrpc_directory(&server->ncalrpc_dir, config->ncalrpc_dir);
	if (r == -ENOENT)
		return 0;
	if (r)
		return r;
	if (config->np_dir)
		server->np_dir = strdup(config->np_dir);
	else if (asprintf(&server->np_dir, "%s/np", server->ncalrpc_dir) < 0)
		server->np_dir = NULL;
	config->ncalrpc_dir = server->ncalrpc_dir;
	config->np_dir = server->np_dir;
	return server->np_dir ? 0 : -ENOMEM;
}

static uint32_t random_u32(void *data)
{
	struct pen_server *server = data;
	uint32_t value;

	if (pen_random_fill(&server->random, &value, sizeof(value)))
		return 0;
	return value;
}

static void on_group_end(void *data, uint32_t assoc_group_id)
{
	struct pen_server *server = data;

	pen_handles_end_group(server->handles, assoc_group_id);
}

/* Never without a word: whoever has the file reads what is sealed. */
static int open_keylog(struct pen_server *server)
{
	const char *path = server->config.keylog;
	struct pen_ndr_error error = { "" };
	int r;

	if (!path)
		return 0;
	r = pen_keylog_new(&server->keylog, path, &error);
	if (r)
		pen_server_log(server, PEN_LOG_ERROR, "%s", error.text);
	else
		pen_server_log(server, PEN_LOG_WARNING,
			       "the keys of all security contexts are written to %s: who reads "
			       "it can read their traffic",
			       path);
	return r;
}

static int server_init(struct pen_server *server)
{
	int r;

	pen_computer_name(server->computer, sizeof(server->computer));
	r = choose_directories(server);
	if (!r)
		r = open_keylog(server);
	if (!r)
		r = pen_server_policy_new(server);
	if (r)
		return r;
	server->in = malloc(PEN_SERVER_READ_SIZE);
	if (!server->in)
		return -ENOMEM;
	if (server->config.mechs) {
		r = pen_world_init(&server->world);
		if (r)
			return r;
	}
	r = pen_token_new_anonymous(&server->anonymous, true);
	if (r)
		return r;
	r = pen_handles_new(&server->handles, server->config.handles_per_group_max,
			    &server->random);
	if (r)
		return r;
	r = pen_assoc_groups_new(&server->groups, server->config.groups_max, random_u32, server);
	if (r)
		return r;
	pen_assoc_groups_on_end(server->groups, on_group_end, server);
	return 0;
}

static void server_done(struct pen_server *server)
{
	pen_assoc_groups_free(server->groups);
	pen_handles_free(server->handles);
	pen_token_free(server->anonymous);
	pen_world_done(&server->world);
	pen_keylog_free(server->keylog);
	pen_server_policy_free(server);
	pen_server_calls_free(server);
	pen_served_free(server);
	pen_buffer_done(&server->stub);
	pen_pool_done(&server->pool);
	free(server->in);
	free(server->ncalrpc_dir);
	free(server->np_dir);
	free(server->objects_dir);
	free(server);
}

int pen_server_new(struct pen_server **serverp, const struct pen_server_config *config)
{
	struct pen_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	if (config)
		server->config = *config;
	pen_server_set_defaults(&server->config);
	pen_buffer_init(&server->stub, 0);
	server->stub.pool = &server->pool;
	pen_list_init(&server->due);
	pen_list_init(&server->ready);
	pen_list_init(&server->gone);
	r = server_init(server);
	if (!r)
		r = pen_loop_init(&server->loop);
	if (r) {
		server_done(server);
		return r;
	}
	uv_timer_init(&server->loop.uv, &server->sweep);
	server->sweep.data = server;
	uv_idle_init(&server->loop.uv, &server->soon);
	server->soon.data = server;
	*serverp = server;
	return 0;
}

static void close_connections(struct pen_server *server)
{
	struct pen_connection *connection;
	struct pen_connection *next;

	for (connection = server->connections; connection; connection = next) {
		next = connection->next;
		pen_connection_close(connection, PEN_LOG_DEBUG, "the server ends");
	}
	pen_server_await_works(server);
	while (server->connections)
		pen_connection_abandon(server->connections);
}

struct pen_server *pen_server_free(struct pen_server *server)
{
	if (!server)
		return NULL;
	while (server->listeners) {
		struct pen_listener *listener = server->listeners;

		server->listeners = listener->next;
		pen_listener_close(listener);
	}
	close_connections(server);
	pen_server_traces_end(server);
	uv_close((uv_handle_t *)&server->sweep, NULL);
	uv_close((uv_handle_t *)&server->soon, NULL);
	pen_loop_done(&server->loop);
	pen_server_bury(server);
	server_done(server);
	return NULL;
}

static uint32_t ms_since(uint64_t now, uint64_t then)
{
	return now - then < UINT32_MAX ? (uint32_t)(now - then) : UINT32_MAX;
}

int pen_server_each_connection(const struct pen_server *server,
			       int (*each)(void *data,
					   const struct pen_server_connection *connection),
			       void *data)
{
	const struct pen_connection *c;
	uint64_t now = uv_now(&server->loop.uv);
	int r = 0;

	for (c = server->connections; c && !r; c = c->next) {
		struct pen_server_connection connection = {
			.token = c->token,
			.protseq = c->protseq,
			.age_ms = ms_since(now, c->opened_at),
			.idle_ms = ms_since(now, c->active_at),
		};

		if (c->token && c->state == PEN_CONNECTION_OPEN)
			r = each(data, &connection);
	}
	return r;
}

/* ---- its loop ---- */

int pen_server_run(struct pen_server *server)
{
	return pen_loop_run(&server->loop);
}

void pen_server_stop(struct pen_server *server)
{
	pen_loop_stop(&server->loop);
}

int pen_server_fd(const struct pen_server *server)
{
	return pen_loop_fd(&server->loop);
}

short pen_server_events(const struct pen_server *server)
{
	return POLLIN;
}

int pen_server_timeout(const struct pen_server *server)
{
	return pen_loop_timeout(&server->loop);
}

int pen_server_dispatch(struct pen_server *server)
{
	return pen_loop_dispatch(&server->loop);
}
