/* SPDX-License-Identifier: MIT */
#include "daemon/authd.h"
#include "base/list.h"
#include "daemon/authd-talk.h"
#include "daemon/hands.h"
#include "io/loop.h"
#include "runtime/authority-letter.h"
#include "runtime/worker-letter.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TURN_MAX = 64, /* messages heard before others have their turn */
};

static const struct authd_config defaults = {
	.clients_max = 4096,
	.conversations_max = 256,
	.conversations_client_max = 32,
	.conversation_ms = 60000,
};

struct authd {
	struct authd_config config;
	struct pen_loop loop;
	uv_poll_t orders;
	uv_signal_t signal; /* SIGTERM */
	uv_timer_t late;    /* for who is leaving */
	int error;
	uint8_t *room;
	struct pen_arena arena;
	struct pen_list clients;
	struct hands *hands;

	pthread_mutex_t mutex; /* of what follows, and of what clients say that it is of */
	uint32_t n_clients;
	bool is_leaving;
	struct pen_list conversations;
	struct authd_stats stats;
};

/* A worker. */
struct client {
	struct pen_list link;
	struct authd *authd;
	uv_poll_t poll;
	int socket;
	char *name;
	bool has_accounts;
	struct challenges challenges;
	uint32_t n_conversations; /* of the mutex, as the next two */
	bool is_closed;
	bool is_complained_of;
};

struct conversation {
	struct pen_list link; /* of all */
	struct pen_list job;
	struct client *client;
	int socket;
};

static void say(struct authd *authd, enum pen_log_level level, const char *name, const char *text)
{
	char line[400];

	if (!authd->config.log)
		return;
	snprintf(line, sizeof(line), "%.200s: %s", name, text);
	authd->config.log(authd->config.log_data, level, line);
}

/* Once of each worker: who is hostile is not to fill the log. */
static void complain(struct client *client, const char *text)
{
	struct authd *authd = client->authd;
	bool is_told;

	pthread_mutex_lock(&authd->mutex);
	is_told = client->is_complained_of;
	client->is_complained_of = true;
	pthread_mutex_unlock(&authd->mutex);
	if (!is_told)
		say(authd, PEN_LOG_WARNING, client->name, text);
}

/* With the mutex: whether who is leaving has left. */
static void settle(struct authd *authd)
{
	if (authd->is_leaving && !authd->n_clients && !authd->stats.conversations)
		pen_loop_stop(&authd->loop);
}

/* ---- conversations ---- */

static void client_bury(struct client *client)
{
	pthread_mutex_destroy(&client->challenges.mutex);
	free(client->name);
	free(client);
}

static void conversation_end(struct conversation *conversation)
{
	struct client *client = conversation->client;
	struct authd *authd = client->authd;

	pthread_mutex_lock(&authd->mutex);
	pen_list_remove(&conversation->link);
	close(conversation->socket);
	if (!--client->n_conversations && client->is_closed)
		client_bury(client);
	free(conversation);
	authd->stats.conversations--;
	settle(authd);
	pthread_mutex_unlock(&authd->mutex);
}

/* In a thread of its own. */
static void converse(struct pen_list *job)
{
	struct conversation *conversation = pen_list_entry(job, struct conversation, job);
	struct client *client = conversation->client;
	int r = talk_serve(conversation->socket, &client->authd->config, &client->challenges,
			   client->has_accounts);

	if (r == PEN_E_BAD_DATA || r == PEN_E_PROTOCOL || r == PEN_E_LIMIT)
		complain(client, "the worker asks what is no question, or not one of its own");
	conversation_end(conversation);
}

/* Counted first, so that it may end at once. */
static bool enter(struct conversation *conversation)
{
	struct client *client = conversation->client;
	struct authd *authd = client->authd;
	bool is_room;

	pthread_mutex_lock(&authd->mutex);
	is_room = authd->stats.conversations < authd->config.conversations_max &&
		  client->n_conversations < authd->config.conversations_client_max;
	if (is_room) {
		authd->stats.conversations++;
		authd->stats.begun++;
		client->n_conversations++;
		pen_list_append(&authd->conversations, &conversation->link);
	} else {
		authd->stats.refused++;
	}
	pthread_mutex_unlock(&authd->mutex);
	return is_room;
}

/* What cannot be begun is closed: then the worker denies its client. */
static void begin(struct client *client, int socket)
{
	struct conversation *conversation = calloc(1, sizeof(*conversation));

	if (!conversation) {
		close(socket);
		return;
	}
	conversation->client = client;
	conversation->socket = socket;
	if (!enter(conversation)) {
		close(socket);
		free(conversation);
		complain(client, "more is asked at a time than may be");
		return;
	}
	pen_list_init(&conversation->job);
	if (hands_do(client->authd->hands, &conversation->job))
		conversation_end(conversation);
}

/* ---- clients ---- */

static void on_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct authd *authd = client->authd;
	bool is_last;

	pthread_mutex_lock(&authd->mutex);
	client->is_closed = true;
	is_last = !client->n_conversations;
	pthread_mutex_unlock(&authd->mutex);
	if (is_last)
		client_bury(client);
}

/* What it is asking goes on until it has its answer. */
static void client_free(struct client *client)
{
	struct authd *authd = client->authd;

	pen_list_remove(&client->link);
	pthread_mutex_lock(&authd->mutex);
	authd->n_clients--;
	settle(authd);
	pthread_mutex_unlock(&authd->mutex);
	uv_close((uv_handle_t *)&client->poll, on_closed);
	close(client->socket);
}

static void on_calls(uv_poll_t *poll, int status, int events)
{
	struct client *client = poll->data;
	int r = status ? PEN_E_CLOSED : 0;

	for (int i = 0; i < TURN_MAX && !r; i++) {
		int socket = -1;

		r = pen_authority_receive_call(client->socket, &socket);
		if (!r)
			begin(client, socket);
		else if (r < 0) /* for want of something; that call is lost */
			r = 0;
	}
	if (!r || r == PEN_E_AGAIN)
		return;
	if (r != PEN_E_CLOSED)
		complain(client, "the worker calls in a way that is none");
	client_free(client);
}

static int client_new(struct authd *authd, const struct worker_introduction *letter, int socket)
{
	struct client *client = calloc(1, sizeof(*client));
	int r = -ENOMEM;

	if (client)
		client->name = strdup(letter->name);
	if (client && client->name)
		r = uv_poll_init(&authd->loop.uv, &client->poll, socket);
	if (r) {
		if (client)
			free(client->name);
		free(client);
		close(socket);
		return r;
	}
	client->authd = authd;
	client->socket = socket;
	client->has_accounts = letter->has_accounts;
	client->poll.data = client;
	pthread_mutex_init(&client->challenges.mutex, NULL);
	pen_list_append(&authd->clients, &client->link);
	pthread_mutex_lock(&authd->mutex);
	authd->n_clients++;
	pthread_mutex_unlock(&authd->mutex);
	return uv_poll_start(&client->poll, UV_READABLE, on_calls);
}

/* ---- orders ---- */

static void take_client(struct authd *authd, const struct worker_introduction *letter, int socket)
{
	int r;

	if (authd->n_clients >= authd->config.clients_max) {
		close(socket);
		say(authd, PEN_LOG_ERROR, letter->name, "there are more workers than may be");
		return;
	}
	r = client_new(authd, letter, socket);
	if (r)
		say(authd, PEN_LOG_ERROR, letter->name, strerror(-r));
}

static void authd_end(struct authd *authd, int error)
{
	authd->error = error;
	uv_poll_stop(&authd->orders);
	pen_loop_stop(&authd->loop);
}

static void on_late(uv_timer_t *timer)
{
	struct authd *authd = timer->data;

	pen_loop_stop(&authd->loop);
}

/* Once more: at once. */
static void leave(struct authd *authd, bool is_now)
{
	pthread_mutex_lock(&authd->mutex);
	is_now |= authd->is_leaving;
	authd->is_leaving = true;
	settle(authd);
	pthread_mutex_unlock(&authd->mutex);
	if (is_now)
		authd_end(authd, 0);
	else
		uv_timer_start(&authd->late, on_late, authd->config.conversation_ms, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
	leave(handle->data, false);
}

/* False: there is no more. */
static bool obey(struct authd *authd)
{
	struct worker_order order;
	int fd = -1;
	int r;

	pen_arena_reset(&authd->arena);
	r = pen_worker_receive_order(authd->config.fd, &order, &fd, authd->room, &authd->arena);
	if (r == -EAGAIN || r == -EINTR)
		return false;
	if (!r && order.verb == worker_CLIENT) {
		take_client(authd, &order.body.client, fd);
		return true;
	}
	if (!r && order.verb == worker_LEAVE) {
		leave(authd, order.body.is_now);
		return !order.body.is_now;
	}
	if (fd >= 0)
		close(fd);
	if (r == -ENOMEM || r == -EMFILE) {
		say(authd, PEN_LOG_ERROR, "penstockd", strerror(-r));
		return true;
	}
	authd_end(authd, r == -ECONNRESET ? 0 : r ? r : PEN_E_BAD_DATA);
	return false;
}

static void on_orders(uv_poll_t *poll, int status, int events)
{
	struct authd *authd = poll->data;

	if (status) {
		authd_end(authd, 0);
		return;
	}
	for (int i = 0; i < TURN_MAX && obey(authd); i++)
		;
}

/* ---- its life ---- */

static struct authd_config fill(const struct authd_config *config)
{
	struct authd_config full = *config;

	if (!full.clients_max)
		full.clients_max = defaults.clients_max;
	if (!full.conversations_max)
		full.conversations_max = defaults.conversations_max;
	if (!full.conversations_client_max)
		full.conversations_client_max = defaults.conversations_client_max;
	if (!full.conversation_ms)
		full.conversation_ms = defaults.conversation_ms;
	return full;
}

static int start(struct authd *authd)
{
	int r;

	authd->room = malloc(worker_LETTER_MAX);
	r = authd->room ? hands_new(&authd->hands, converse) : -ENOMEM;
	if (!r)
		r = pen_loop_init(&authd->loop);
	if (r)
		return r;
	r = uv_poll_init(&authd->loop.uv, &authd->orders, authd->config.fd);
	if (r) {
		pen_loop_done(&authd->loop);
		return r;
	}
	uv_signal_init(&authd->loop.uv, &authd->signal);
	uv_timer_init(&authd->loop.uv, &authd->late);
	authd->orders.data = authd->signal.data = authd->late.data = authd;
	uv_signal_start(&authd->signal, on_signal, SIGTERM);
	uv_poll_start(&authd->orders, UV_READABLE, on_orders);
	return 0;
}

int authd_new(struct authd **authdp, const struct authd_config *config)
{
	struct authd *authd = calloc(1, sizeof(*authd));
	int r;

	if (!authd)
		return -ENOMEM;
	authd->config = fill(config);
	pen_list_init(&authd->clients);
	pen_list_init(&authd->conversations);
	pen_arena_init(&authd->arena, PEN_WORKER_ARENA_MAX);
	r = start(authd);
	if (r) {
		hands_free(authd->hands);
		free(authd->room);
		free(authd);
		return r;
	}
	pthread_mutex_init(&authd->mutex, NULL);
	*authdp = authd;
	return 0;
}

static void end_conversations(struct authd *authd)
{
	pthread_mutex_lock(&authd->mutex);
	pen_list_each (link, after, &authd->conversations)
		shutdown(pen_list_entry(link, struct conversation, link)->socket, SHUT_RDWR);
	pthread_mutex_unlock(&authd->mutex);
	authd->hands = hands_free(authd->hands);
}

struct authd *authd_free(struct authd *authd)
{
	if (!authd)
		return NULL;
	pen_list_each (link, after, &authd->clients)
		client_free(pen_list_entry(link, struct client, link));
	end_conversations(authd);
	uv_close((uv_handle_t *)&authd->orders, NULL);
	uv_close((uv_handle_t *)&authd->signal, NULL);
	uv_close((uv_handle_t *)&authd->late, NULL);
	pen_loop_done(&authd->loop);
	pthread_mutex_destroy(&authd->mutex);
	pen_arena_done(&authd->arena);
	free(authd->room);
	free(authd);
	return NULL;
}

int authd_run(struct authd *authd)
{
	const struct worker_report ready = { .verb = worker_READY };
	struct pen_buffer scratch = { .size = 0 };
	int r = pen_worker_send_report(authd->config.fd, &ready, -1, &scratch);

	pen_buffer_done(&scratch);
	if (r == -EPIPE || r == -ECONNRESET)
		return 0;
	if (r)
		return r;
	pen_loop_run(&authd->loop);
	return authd->error;
}

void authd_stats(struct authd *authd, struct authd_stats *stats)
{
	pthread_mutex_lock(&authd->mutex);
	*stats = authd->stats;
	stats->clients = authd->n_clients;
	pthread_mutex_unlock(&authd->mutex);
}
