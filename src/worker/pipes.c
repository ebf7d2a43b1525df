/* SPDX-License-Identifier: MIT */
#include "worker/pipes.h"
#include "runtime/arrival.h"
#include "runtime/server.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 64, STACK_SIZE = 1 << 20 };

struct client {
	struct pen_list link; /* of all, or of those that have ended */
	struct pen_worker_pipes *pipes;
	size_t kind; /* which of the worker's pipes */
	struct pen_peer *peer;
	struct pen_pipe *pipe;
	struct pen_token *token;
	pthread_t thread;
};

/* ---- its thread ---- */

static void *serve(void *data)
{
	struct client *client = data;
	struct pen_worker_pipes *pipes = client->pipes;

	pipes->worker->pipes[client->kind].serve(pipes->data, client->pipe, client->token);
	pthread_mutex_lock(&pipes->lock);
	pen_list_remove(&client->link);
	pen_list_append(&pipes->ended, &client->link);
	pthread_mutex_unlock(&pipes->lock);
	uv_async_send(&pipes->wake);
	return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct client *client)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&client->thread, &attr, serve, client);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -error;
}

/* ---- clients ---- */

static void client_free(struct client *client)
{
	struct pen_worker_pipes *pipes = client->pipes;

	pen_peer_leave(&pipes->peers[client->kind], client->peer);
	pen_pipe_free(client->pipe);
	pen_token_free(client->token);
	free(client);
}

static int refuse(const struct pen_worker_pipes *pipes, int result, const char *name,
		  const char *why)
{
	pen_server_log(pipes->server, PEN_LOG_WARNING, "\\pipe\\%s: a client is refused: %s", name,
		       why);
	return result;
}

/* One user has half of the room at most. */
static int enter(struct pen_worker_pipes *pipes, struct client *client, const char *peer)
{
	const struct pen_worker_pipe *kind = &pipes->worker->pipes[client->kind];
	uint32_t max = kind->clients_max ? kind->clients_max : CLIENTS_MAX;
	int r = PEN_E_LIMIT;

	if (pipes->counts[client->kind] < max)
		r = pen_peer_enter(&pipes->peers[client->kind], peer, (max + 1) / 2, &client->peer);
	return r ? refuse(pipes, r, kind->name,
			  r == PEN_E_LIMIT ? "there are as many as there may be" : strerror(-r))
		 : 0;
}

static int start(struct client *client)
{
	struct pen_worker_pipes *pipes = client->pipes;
	int r;

	pthread_mutex_lock(&pipes->lock);
	pen_list_append(&pipes->clients, &client->link);
	r = start_thread(client);
	if (r)
		pen_list_remove(&client->link);
	pthread_mutex_unlock(&pipes->lock);
	if (r)
		return refuse(pipes, r, pipes->worker->pipes[client->kind].name, strerror(-r));
	pipes->counts[client->kind]++;
	pipes->n_clients++;
	return 0;
}

/* Takes the pipe. */
static int admit(struct pen_worker_pipes *pipes, size_t kind, const char *peer,
		 const struct pen_token *token, struct pen_pipe *pipe)
{
	struct client *client = calloc(1, sizeof(*client));
	int r;

	if (!client) {
		pen_pipe_free(pipe);
		return refuse(pipes, -ENOMEM, pipes->worker->pipes[kind].name, strerror(ENOMEM));
	}
	client->pipes = pipes;
	client->kind = kind;
	client->pipe = pipe;
	client->token = pen_token_ref(token);
	r = enter(pipes, client, peer);
	if (!r)
		r = start(client);
	if (r)
		client_free(client);
	return r;
}

int pen_worker_pipes_arrive(struct pen_worker_pipes *pipes, const char *name, const char *peer,
			    const struct pen_token *client, int envelope)
{
	const struct pen_worker *worker = pipes->worker;
	struct pen_pipe *pipe;
	const char *why;
	size_t kind = 0;
	int r = pen_envelope_open(envelope, &pipe, &why);

	if (r)
		return refuse(pipes, r, name, why);
	while (kind < worker->n_pipes && strcmp(worker->pipes[kind].name, name) != 0)
		kind++;
	if (kind < worker->n_pipes)
		return admit(pipes, kind, peer, client, pipe);
	pen_pipe_free(pipe);
	return refuse(pipes, PEN_E_NOT_FOUND, name, "it is not served here");
}

/* ---- their end ---- */

/* Whose thread is at its end, or about to be. NULL: nobody's. */
static struct client *find(struct pen_worker_pipes *pipes, const struct pen_list *clients)
{
	struct client *client = NULL;

	pthread_mutex_lock(&pipes->lock);
	if (!pen_list_is_empty(clients))
		client = pen_list_entry(clients->next, struct client, link);
	pthread_mutex_unlock(&pipes->lock);
	return client;
}

/* Waits for it. */
static void bury(struct client *client)
{
	struct pen_worker_pipes *pipes = client->pipes;

	pthread_join(client->thread, NULL);
	pthread_mutex_lock(&pipes->lock);
	pen_list_remove(&client->link);
	pthread_mutex_unlock(&pipes->lock);
	pipes->counts[client->kind]--;
	pipes->n_clients--;
	client_free(client);
}

static void on_wake(uv_async_t *wake)
{
	struct pen_worker_pipes *pipes = wake->data;
	struct client *client;

	while ((client = find(pipes, &pipes->ended)))
		bury(client);
}

void pen_worker_pipes_end(struct pen_worker_pipes *pipes)
{
	struct client *client;

	if (!pipes->is_begun)
		return;
	pthread_mutex_lock(&pipes->lock);
	pen_list_each (link, after, &pipes->clients)
		pen_pipe_disconnect(pen_list_entry(link, struct client, link)->pipe);
	pthread_mutex_unlock(&pipes->lock);
	while ((client = find(pipes, &pipes->clients)))
		bury(client);
	on_wake(&pipes->wake);
	uv_close((uv_handle_t *)&pipes->wake, NULL);
}

/* ---- all of them ---- */

int pen_worker_pipes_begin(struct pen_worker_pipes *pipes, const struct pen_worker *worker,
			   struct pen_server *server, void *data)
{
	int r;

	*pipes = (struct pen_worker_pipes){ .worker = worker, .server = server, .data = data };
	pen_list_init(&pipes->clients);
	pen_list_init(&pipes->ended);
	pipes->peers = calloc(worker->n_pipes + 1, sizeof(*pipes->peers));
	pipes->counts = calloc(worker->n_pipes + 1, sizeof(*pipes->counts));
	if (!pipes->peers || !pipes->counts)
		return -ENOMEM;
	r = uv_async_init(&server->loop.uv, &pipes->wake, on_wake);
	if (r)
		return r;
	pthread_mutex_init(&pipes->lock, NULL);
	pipes->wake.data = pipes;
	pipes->is_begun = true;
	return 0;
}

void pen_worker_pipes_done(struct pen_worker_pipes *pipes)
{
	if (pipes->is_begun)
		pthread_mutex_destroy(&pipes->lock);
	free(pipes->peers);
	free(pipes->counts);
}
