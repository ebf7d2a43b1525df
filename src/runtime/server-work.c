/* SPDX-License-Identifier: MIT */
#include "runtime/server-work.h"
#include "runtime/server-call.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <stdlib.h>

struct server_work {
	uv_work_t request;
	struct pen_server *server;
	struct pen_peer
		*client; /* in server->workers, which outlives its connections; NULL: brief */
	struct pen_call *call;
	const struct pen_call_work *work;
	void *data;
};

static void run(uv_work_t *request)
{
	struct server_work *w = request->data;

	w->work->run(w->data);
}

static void leave(struct server_work *w)
{
	if (!w->client) {
		w->server->n_brief_works--;
		return;
	}
	pen_peer_leave(&w->server->workers, w->client);
	w->server->n_works--;
}

static void on_run(uv_work_t *request, int status)
{
	struct server_work *w = request->data;
	int r = w->work->finish(w->call, w->data);

	w->work->free(w->data);
	leave(w);
	pen_call_finish(w->call, r);
	free(w);
}

/* Whom to count it for. */
static const char *client_of(const struct pen_connection *connection)
{
	const char *address = pen_token_info(connection->token)->remote_address;

	return connection->peer ? connection->peer->name : address ? address : "";
}

static int enter(struct pen_server *server, const char *client, struct server_work *w)
{
	int r;

	if (w->work->is_brief) {
		if (server->n_brief_works == PEN_CALL_BRIEF_WORKS_MAX)
			return PEN_E_LIMIT;
		server->n_brief_works++;
		return 0;
	}
	if (server->n_works == PEN_CALL_WORKS_MAX)
		return PEN_E_LIMIT;
	r = pen_peer_enter(&server->workers, client, PEN_CALL_WORKS_PER_CLIENT_MAX, &w->client);
	if (!r)
		server->n_works++;
	return r;
}

static int start(struct pen_server *server, const char *client, struct server_work *w)
{
	int r = enter(server, client, w);

	if (r)
		return r;
	w->server = server;
	w->request.data = w;
	uv_queue_work(&server->loop.uv, &w->request, run, on_run);
	return PEN_PENDING;
}

int pen_call_work(struct pen_call *call, const struct pen_call_work *work, void *data)
{
	struct pen_connection *connection = ((struct pen_server_call *)call)->connection;
	struct server_work *w;
	int r;

	if (!connection) {
		work->run(data);
		r = work->finish(call, data);
		work->free(data);
		return r;
	}
	w = calloc(1, sizeof(*w));
	r = -ENOMEM;
	if (w) {
		w->call = call;
		w->work = work;
		w->data = data;
		r = start(connection->server, client_of(connection), w);
	}
	if (r == PEN_PENDING)
		return r;
	work->free(data);
	free(w);
	if (r != PEN_E_LIMIT)
		return r;
	return pen_call_fail(call, PEN_FAULT_SERVER_TOO_BUSY,
			     "As many of its long calls are at work as may be at a time.");
}

void pen_server_await_works(struct pen_server *server)
{
	while (server->n_works || server->n_brief_works)
		uv_run(&server->loop.uv, UV_RUN_ONCE);
}
