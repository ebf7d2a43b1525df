/* SPDX-License-Identifier: MIT */
#include "io/passage.h"
#include "runtime/arrival.h"
#include "runtime/connection-parts.h"
#include "runtime/eerr.h"
#include "runtime/pipe-wire.h"
#include "runtime/server-handle.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	struct pen_connection *connection = data;
	const struct pen_served *served = connection->server->served;

	for (; served; served = served->next) {
		const struct pen_syntax_id *id = &served->offer.interface->id;

		if (pen_uuid_equal(&id->uuid, &abstract->uuid) && id->major == abstract->major &&
		    id->minor >= abstract->minor && pen_served_is_at(served, connection->listener))
			return pen_server_stake_context(connection) ? &served->offer : NULL;
	}
	return NULL;
}

static void describe(void *data, uint16_t location, uint32_t status, const char *sentence,
		     size_t max, struct pen_buffer *eerr)
{
	const struct pen_connection *connection = data;
	const struct pen_server_failure failure = {
		.location = (enum pen_eerr_location)location,
		.status = status,
		.sentence = sentence,
	};

	pen_server_tell(connection->server, connection->protseq, &failure, max, eerr);
}

static void note_refusal(void *data, const char *sentence)
{
	const struct pen_connection *connection = data;

	pen_server_log(connection->server, PEN_LOG_INFO, "%s: %s", connection->peer->name,
		       sentence);
}

int pen_connection_start_engine(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;
	const struct pen_listener *listener = connection->listener;
	struct pen_conn_config config = {
		.protseq = connection->protseq,
		.limits = { .stub_max = pen_served_stub_max(server, listener),
			    .auths_max = server->config.auths_max },
		.find_offer = find_offer,
		.find_data = connection,
		.note = note_refusal,
		.describe = describe,
		.secondary_address = listener ? listener->secondary_address : "",
		.groups = server->groups,
		.pool = &server->pool,
		.world = &server->world.mech,
		.peer = connection->peer ? connection->peer->name : NULL,
	};

	if (server->config.mechs)
		config.mechs = pen_mechs_rows(server->config.mechs, &config.n_mechs);
	return pen_conn_new_server(&connection->conn, &config);
}

void pen_connection_watch(struct pen_connection *connection, int events)
{
	if (events == connection->polled || connection->state == PEN_CONNECTION_GONE)
		return;
	connection->polled = events;
	if (events)
		uv_poll_start(&connection->poll, events, pen_connection_on_poll);
	else
		uv_poll_stop(&connection->poll);
}

void pen_server_bury(struct pen_server *server)
{
	pen_list_each (link, after, &server->gone) {
		pen_list_remove(link);
		free(pen_list_entry(link, struct pen_connection, due));
	}
}

static void on_soon(uv_idle_t *idle)
{
	struct pen_server *server = idle->data;
	struct pen_list now;

	pen_server_bury(server);
	pen_server_handles_run(server);
	/* Those that are due again by their turn wait for the next round. */
	pen_list_init(&now);
	pen_list_move(&now, &server->due);
	while (!pen_list_is_empty(&now))
		pen_connection_turn(pen_list_entry(now.next, struct pen_connection, due));
	if (pen_list_is_empty(&server->due) && pen_list_is_empty(&server->ready) &&
	    pen_list_is_empty(&server->gone))
		uv_idle_stop(idle);
}

void pen_server_soon(struct pen_server *server)
{
	uv_idle_start(&server->soon, on_soon);
}

void pen_connection_turn_soon(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;

	if (!pen_list_is_empty(&connection->due) || connection->state != PEN_CONNECTION_OPEN)
		return;
	pen_list_append(&server->due, &connection->due);
	pen_server_soon(server);
}

/* Whoever is about to end it may still look at it, and so may the loop at its poll. */
static void bury_later(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;

	if (!connection->is_closed || !connection->is_over)
		return;
	pen_list_append(&server->gone, &connection->due);
	if (!uv_is_closing((uv_handle_t *)&server->soon))
		pen_server_soon(server);
}

static void on_closed(uv_handle_t *handle)
{
	struct pen_connection *connection = handle->data;

	connection->is_closed = true;
	bury_later(connection);
}

static void connection_unlink(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;

	if (connection->previous)
		connection->previous->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	server->stats.connections--;
	server->memory -= connection->memory;
}

/* The engine's end ends the group, if it was the last one, and with it the handles. */
static void connection_free(struct pen_connection *connection)
{
	pen_server_stake_leave(connection);
	connection_unlink(connection);
	pen_list_remove(&connection->due);
	pen_conn_free(connection->conn);
	pen_pipe_carrier_free(connection->carrier);
	pen_buffer_done(&connection->early);
	pen_token_free(connection->token);
	connection->is_over = true;
	bury_later(connection);
}

void pen_connection_settle(struct pen_connection *connection)
{
	if (connection->state == PEN_CONNECTION_GONE && !connection->n_calls &&
	    !connection->is_turning && !connection->is_working)
		connection_free(connection);
}

static void resume_listeners(struct pen_server *server)
{
	for (struct pen_listener *l = server->listeners; l; l = l->next)
		pen_listener_resume(l);
}

static void close_descriptor(struct pen_connection *connection)
{
	if (connection->wire)
		connection->wire = pen_pipe_wire_free(connection->wire);
	else if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	connection->passage = pen_passage_free(connection->passage);
}

/*
 * No descriptor any more. Calls are told, and may finish at once or later. The poll ends before the
 * descriptor, whose number may be another connection's by the time that the last call has finished.
 */
void pen_connection_leave(struct pen_connection *connection)
{
	struct pen_server_call *call;

	uv_close((uv_handle_t *)&connection->poll, on_closed);
	close_descriptor(connection);
	connection->state = PEN_CONNECTION_GONE;
	pen_peer_leave(&connection->server->peers, connection->peer);
	connection->peer = NULL;
	resume_listeners(connection->server);

	connection->is_turning = true;
	do {
		call = connection->calls;
		while (call && call->is_given_up)
			call = call->next;
		if (call)
			pen_server_call_give_up(call);
	} while (call);
	connection->is_turning = false;
	pen_connection_settle(connection);
}

void pen_connection_close(struct pen_connection *connection, enum pen_log_level level,
			  const char *why)
{
	if (connection->state == PEN_CONNECTION_GONE || connection->is_doomed)
		return;
	pen_server_log(connection->server, level, "%s: closed: %s",
		       connection->peer ? connection->peer->name : "smbd", why);
	if (connection->is_turning)
		connection->is_doomed = true;
	else
		pen_connection_leave(connection);
}

void pen_connection_abandon(struct pen_connection *connection)
{
	while (connection->calls)
		pen_server_call_release(connection->calls);
	if (connection->is_working) {
		uv_run(&connection->server->loop.uv, UV_RUN_ONCE);
		return;
	}
	pen_connection_settle(connection);
}

static void connection_link(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;

	connection->next = server->connections;
	if (connection->next)
		connection->next->previous = connection;
	server->connections = connection;
	server->stats.connections++;
	pen_server_watch(server);
}

/* Of a program of this machine. */
static uint32_t uid_of(const struct pen_token *token)
{
	const struct pen_token_info *info = pen_token_info(token);

	return info->has_unix ? info->uid : UINT32_MAX;
}

/* The parts that can fail; freed by the caller if they do. */
static int connection_init(struct pen_connection *connection, const char *peer_name)
{
	struct pen_server *server = connection->server;
	int r;

	if (peer_name) {
		r = pen_peer_enter(&server->peers, peer_name,
				   server->config.connections_per_peer_max, &connection->peer);
		if (r == PEN_E_LIMIT)
			pen_server_log(server, PEN_LOG_WARNING,
				       "%s: refused: it has %u connections", peer_name,
				       server->config.connections_per_peer_max);
		if (!r)
			r = pen_server_stake_enter(connection);
		if (r)
			return r;
	}
	r = connection->state == PEN_CONNECTION_AWAIT_NPA
		    ? pen_pipe_carrier_new(&connection->carrier)
		    : pen_connection_start_engine(connection);
	if (!r && connection->protseq == PEN_NCALRPC && pen_served_has_system_handles(server))
		r = pen_passage_new(&connection->passage, uid_of(connection->token));
	if (r)
		return r;
	return uv_poll_init(&server->loop.uv, &connection->poll, connection->fd);
}

/* What is in it already is freed with it. */
static int start(struct pen_connection *connection, struct pen_server *server,
		 const struct pen_listener *listener, enum pen_protseq protseq,
		 const char *peer_name, struct pen_token *token)
{
	int r;

	pen_list_init(&connection->due);
	connection->server = server;
	connection->listener = listener;
	connection->protseq = protseq;
	connection->token = token;
	connection->state = token ? PEN_CONNECTION_OPEN : PEN_CONNECTION_AWAIT_NPA;
	r = connection_init(connection, peer_name);
	if (r) {
		pen_server_stake_leave(connection);
		pen_peer_leave(&server->peers, connection->peer);
		pen_conn_free(connection->conn);
		pen_pipe_carrier_free(connection->carrier);
		pen_buffer_done(&connection->early);
		pen_token_free(token);
		close_descriptor(connection);
		free(connection);
		return r;
	}
	connection->opened_at = pen_connection_now(connection);
	connection->active_at = connection->opened_at;
	connection->poll.data = connection;
	connection_link(connection);
	if (connection->early.size)
		pen_connection_turn_soon(connection);
	else
		pen_connection_watch(connection, UV_READABLE);
	return 0;
}

int pen_connection_new(struct pen_server *server, const struct pen_listener *listener, int fd,
		       enum pen_protseq protseq, const char *peer_name, struct pen_token *token)
{
	struct pen_connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		close(fd);
		pen_token_free(token);
		return -ENOMEM;
	}
	connection->fd = fd;
	return start(connection, server, listener, protseq, peer_name, token);
}

/* What was read before, and how it is carried. */
static int take_over(struct pen_connection *connection, const struct pen_arrival *arrival)
{
	pen_buffer_init(&connection->early, 0);
	if (arrival->is_framed && pen_pipe_carrier_new(&connection->carrier))
		return -ENOMEM;
	if (pen_buffer_add(&connection->early, arrival->bytes.data, arrival->bytes.size)) {
		pen_pipe_carrier_free(connection->carrier);
		return -ENOMEM;
	}
	return 0;
}

int pen_connection_new_arrival(struct pen_server *server, const struct pen_listener *listener,
			       const struct pen_arrival *arrival)
{
	struct pen_connection *connection = calloc(1, sizeof(*connection));

	if (!connection || take_over(connection, arrival)) {
		free(connection);
		close(arrival->fd);
		return -ENOMEM;
	}
	connection->fd = arrival->fd;
	return start(connection, server, listener, listener->protseq, arrival->peer,
		     pen_token_ref(arrival->token));
}

int pen_connection_new_wire(struct pen_server *server, const struct pen_listener *listener,
			    struct pen_pipe_wire *wire, const char *peer_name,
			    struct pen_token *token)
{
	struct pen_connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		pen_pipe_wire_free(wire);
		pen_token_free(token);
		return -ENOMEM;
	}
	connection->wire = wire;
	connection->fd = pen_pipe_wire_fd(wire);
	return start(connection, server, listener, PEN_NCACN_NP, peer_name, token);
}
