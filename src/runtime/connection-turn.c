/* SPDX-License-Identifier: MIT */
#include "runtime/connection-parts.h"
#include "runtime/pipe-wire.h"
#include "runtime/server-callback.h"
#include "runtime/server-stream.h"
#include <errno.h>
#include <penstock/token.h>

enum { EVENTS_MAX = 256 /* handled before what they made is sent */ };

/* ---- what it means ---- */

/*
 * Who wrote the request, which may be another than who opened the pipe [row W19]; who is not to be
 * found out is nobody.
 */
static void note_writer(struct pen_connection *connection)
{
	struct pen_token *token;

	if (pen_pipe_client_token(pen_pipe_wire_pipe(connection->wire), &token) &&
	    pen_token_new_anonymous(&token, false))
		return;
	pen_token_free(connection->token);
	connection->token = token;
}

/* Those inside each other have the same call_id; each may end some. */
static void each_of_call(struct pen_connection *connection, uint32_t call_id,
			 void (*tell)(struct pen_server_call *call))
{
	for (uint32_t depth = UINT32_MAX; depth;) {
		struct pen_server_call *call = pen_server_call_find(connection, call_id);

		while (call && (call->call_id != call_id || call->depth >= depth))
			call = call->next;
		if (!call)
			return;
		depth = call->depth;
		tell(call);
	}
}

static void on_event(struct pen_connection *connection, const struct pen_event *event)
{
	connection->expecting_at = 0;
	switch (event->kind) {
	case PEN_EVENT_BOUND:
		connection->is_bound = true;
		break;
	case PEN_EVENT_WORK:
		pen_connection_prove(connection);
		break;
	case PEN_EVENT_AUTHENTICATED:
		pen_connection_proved(connection, event->auth);
		break;
	case PEN_EVENT_REQUEST:
		if (connection->wire)
			note_writer(connection);
		pen_server_call_run(connection, event);
		break;
	case PEN_EVENT_PART:
		pen_server_call_part(connection, event);
		break;
	case PEN_EVENT_RESPONSE:
	case PEN_EVENT_FAULT:
		pen_server_callback_answer(connection, event);
		break;
	case PEN_EVENT_CANCEL:
		each_of_call(connection, event->call_id, pen_server_call_cancel);
		break;
	case PEN_EVENT_ORPHANED:
		each_of_call(connection, event->call_id, pen_server_call_give_up);
		break;
	default:
		break;
	}
}

/* The peer does not read, or an operation does not pull: nothing more is taken. */
bool pen_connection_is_congested(const struct pen_connection *connection)
{
	return connection->conn && (connection->n_full || pen_conn_is_congested(connection->conn));
}

/*
 * Handles what has been fed, but nothing that would queue more for a peer that
 * does not read. PEN_E_AGAIN: all is handled; 0: there is more.
 */
static int connection_pull(struct pen_connection *connection)
{
	struct pen_event event;
	int n = 0;
	int r = 0;

	if (connection->state != PEN_CONNECTION_OPEN)
		return PEN_E_AGAIN;
	while (!r && n++ < EVENTS_MAX && !pen_connection_is_congested(connection)) {
		r = pen_conn_next(connection->conn, &event);
		if (!r)
			on_event(connection, &event);
	}
	if (r == PEN_E_PROTOCOL) {
		pen_server_log(connection->server, PEN_LOG_WARNING, "%s: %s",
			       connection->peer->name, pen_conn_reason(connection->conn));
		connection->state = PEN_CONNECTION_DRAINING;
		return PEN_E_AGAIN;
	}
	return r;
}

/* ---- a turn ---- */

static void count_fragments(struct pen_connection *connection)
{
	struct pen_server_stats *stats = &connection->server->stats;
	uint64_t n_in;
	uint64_t n_out;

	if (!connection->conn)
		return;
	pen_conn_count(connection->conn, &n_in, &n_out);
	stats->pkts_in += n_in - connection->n_in;
	stats->pkts_out += n_out - connection->n_out;
	connection->n_in = n_in;
	connection->n_out = n_out;
}

static size_t memory_of(const struct pen_connection *connection)
{
	size_t memory = connection->held;

	if (connection->conn)
		memory += pen_conn_memory(connection->conn);
	if (connection->wire)
		memory += pen_pipe_wire_memory(connection->wire);
	if (connection->carrier)
		memory += connection->carrier->out.capacity + connection->carrier->request.capacity;
	return memory;
}

/* Counts what the connection holds; if all together hold too much, the one with most goes. */
static void connection_count(struct pen_connection *connection)
{
	struct pen_server *server = connection->server;
	struct pen_connection *most = connection;
	size_t memory = memory_of(connection);

	server->memory += memory - connection->memory;
	connection->memory = memory;
	if (server->memory <= server->config.memory_max)
		return;
	for (struct pen_connection *c = server->connections; c; c = c->next)
		if (c->memory > most->memory && c->state != PEN_CONNECTION_GONE)
			most = c;
	pen_connection_close(most, PEN_LOG_WARNING,
			     "the server's memory is used up, and it holds most of it");
}

/* What to wait for, now that all that could be done is done. */
static void connection_wait(struct pen_connection *connection, bool is_blocked)
{
	bool is_expecting = connection->conn && pen_conn_is_expecting(connection->conn);
	int events = is_blocked ? UV_WRITABLE : 0;

	/* A wire's descriptor is readable for both. */
	if (is_blocked && connection->wire)
		events = UV_READABLE;
	if (!pen_connection_is_congested(connection) && !connection->is_working)
		events |= UV_READABLE;
	pen_connection_watch(connection, events);
	if (!is_expecting)
		connection->expecting_at = 0;
	else if (!connection->expecting_at)
		connection->expecting_at = pen_connection_now(connection);
}

/* All is said: tells the peer, and lets it read that before the descriptor goes. */
static void connection_linger(struct pen_connection *connection)
{
	/* What is in a pipe can be read after it is closed. */
	if (connection->wire) {
		pen_connection_leave(connection);
		return;
	}
	shutdown(connection->fd, SHUT_WR);
	connection->state = PEN_CONNECTION_LINGERING;
	pen_connection_watch(connection, UV_READABLE);
}

static int connection_advance(struct pen_connection *connection, bool *is_blockedp)
{
	int pulled;
	int r;

	do {
		pulled = connection_pull(connection);
		if (pulled && pulled != PEN_E_AGAIN)
			return pulled;
		pen_server_streams_send(connection);
		r = pen_connection_flush(connection);
	} while (!r && !pulled && !connection->is_doomed);
	*is_blockedp = r == PEN_E_AGAIN;
	if (!r)
		pen_server_streams_offer(connection);
	return *is_blockedp ? 0 : r;
}

void pen_connection_turn(struct pen_connection *connection)
{
	bool is_blocked = false;
	int r;

	pen_list_remove(&connection->due);
	if (connection->state >= PEN_CONNECTION_LINGERING)
		return;
	connection->is_turning = true;
	r = pen_connection_feed_early(connection);
	if (!r)
		r = connection_advance(connection, &is_blocked);
	/* What was read is the server's, and the next to read is another. */
	if (!r && connection->conn)
		r = pen_conn_keep(connection->conn);
	if (r) {
		pen_connection_close(connection, PEN_LOG_INFO, pen_error_name(r));
	} else {
		pen_buffer_done(&connection->early);
		connection_count(connection);
	}
	count_fragments(connection);
	connection->is_turning = false;

	if (connection->is_doomed) {
		pen_connection_leave(connection);
		return;
	}
	if (connection->conn && pen_conn_is_closed(connection->conn))
		connection->state = PEN_CONNECTION_DRAINING;
	if (connection->state == PEN_CONNECTION_DRAINING && !connection->closing_at)
		connection->closing_at = pen_connection_now(connection);
	if (connection->state == PEN_CONNECTION_DRAINING && !is_blocked)
		connection_linger(connection);
	else
		connection_wait(connection, is_blocked);
}

/* Reads and forgets, until the peer closes. */
static void connection_discard(struct pen_connection *connection)
{
	ssize_t n = recv(connection->fd, connection->server->in, PEN_SERVER_READ_SIZE, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		pen_connection_leave(connection);
}

/* What the socket says is true; libuv's word for it is EBADF, whatever it was. */
static int poll_error(const struct pen_connection *connection)
{
	int r = pen_socket_error(connection->fd);

	return r ? r : PEN_E_CLOSED;
}

void pen_connection_on_poll(uv_poll_t *poll, int status, int events)
{
	struct pen_connection *connection = poll->data;
	int r = status ? poll_error(connection) : 0;

	if (connection->state == PEN_CONNECTION_LINGERING) {
		connection_discard(connection);
		return;
	}
	if (!r && events & UV_READABLE)
		r = pen_connection_read(connection);
	if (r) {
		pen_connection_close(connection, r == PEN_E_CLOSED ? PEN_LOG_DEBUG : PEN_LOG_INFO,
				     pen_error_name(r));
		return;
	}
	pen_connection_turn(connection);
}
