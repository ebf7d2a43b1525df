/* SPDX-License-Identifier: MIT */
#include "runtime/connection.h"
#include "io/passage.h"
#include "runtime/arrival.h"
#include "runtime/eerr.h"
#include "runtime/pipe-wire.h"
#include "runtime/server-callback.h"
#include "runtime/server-handle.h"
#include "runtime/server-stream.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINGER_MS = 2000, /* for a peer to read our last words */
	EVENTS_MAX = 256, /* handled before what they made is sent */
};

static uint64_t now_of(const struct pen_connection *connection)
{
	return uv_now(&connection->server->loop.uv);
}

/* ---- beginning and end ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

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

static int start_engine(struct pen_connection *connection)
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

static void watch(struct pen_connection *connection, int events)
{
	if (events == connection->polled || connection->state == PEN_CONNECTION_GONE)
		return;
	connection->polled = events;
	if (events)
		uv_poll_start(&connection->poll, events, on_poll);
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
static void connection_leave(struct pen_connection *connection)
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
		connection_leave(connection);
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
		    : start_engine(connection);
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
	connection->opened_at = now_of(connection);
	connection->active_at = connection->opened_at;
	connection->poll.data = connection;
	connection_link(connection);
	if (connection->early.size)
		pen_connection_turn_soon(connection);
	else
		watch(connection, UV_READABLE);
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

/* ---- what comes in ---- */

/* smbd has said who its client is: from here on it is that client's connection. */
static int enter_pipe(struct pen_connection *connection, struct pen_pipe_greeting *greeting)
{
	struct pen_server *server = connection->server;
	char name[PEN_PEER_NAME_SIZE];
	int r;

	connection->token = greeting->token;
	snprintf(name, sizeof(name), "pipe client %s", greeting->client);
	r = pen_peer_enter(&server->peers, name, server->config.connections_per_peer_max,
			   &connection->peer);
	if (!r)
		r = pen_server_stake_enter(connection);
	if (r)
		return r;
	if (greeting->is_probe) {
		connection->state = PEN_CONNECTION_DRAINING;
		return 0;
	}
	r = start_engine(connection);
	if (!r)
		connection->state = PEN_CONNECTION_OPEN;
	return r;
}

static int connection_feed(struct pen_connection *connection, uint8_t *data, size_t n)
{
	struct pen_pipe_greeting greeting;
	size_t used;
	int r;

	if (connection->state == PEN_CONNECTION_AWAIT_NPA) {
		r = pen_pipe_carrier_greet(connection->carrier, data, n, &used, &greeting);
		if (r)
			return r == PEN_E_AGAIN ? 0 : r;
		r = enter_pipe(connection, &greeting);
		if (r)
			return r;
		data += used;
		n -= used;
	}
	if (connection->state != PEN_CONNECTION_OPEN || !n)
		return 0;
	if (connection->carrier)
		return pen_pipe_carrier_feed(connection->carrier, connection->conn, data, n);
	return pen_conn_lend(connection->conn, data, n);
}

/* What was read before it came to us. The engine borrows it until the turn ends well. */
static int feed_early(struct pen_connection *connection)
{
	struct pen_buffer *early = &connection->early;

	return early->size ? connection_feed(connection, early->data, early->size) : 0;
}

static ssize_t receive(struct pen_connection *connection, uint8_t *in)
{
	ssize_t n;

	if (connection->wire)
		return pen_pipe_wire_receive(connection->wire, in, PEN_SERVER_READ_SIZE);
	if (connection->passage)
		return pen_passage_receive(connection->passage, connection->fd, in,
					   PEN_SERVER_READ_SIZE, 0);
	n = recv(connection->fd, in, PEN_SERVER_READ_SIZE, 0);
	return n < 0 ? -errno : n;
}

/* Reads once. PEN_E_CLOSED: the peer has. */
static int connection_read(struct pen_connection *connection)
{
	uint8_t *in = connection->server->in;
	ssize_t n = receive(connection, in);

	if (n < 0)
		return n == -EAGAIN || n == -EINTR ? 0 : (int)n;
	if (n == 0)
		return PEN_E_CLOSED;
	connection->active_at = now_of(connection);
	return connection_feed(connection, in, (size_t)n);
}

/* ---- what it means ---- */

/* Who wrote the request, which may be another than who opened the pipe [row W19]. */
static void note_writer(struct pen_connection *connection)
{
	struct pen_token *token;

	if (pen_pipe_client_token(pen_pipe_wire_pipe(connection->wire), &token))
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
static bool is_congested(const struct pen_connection *connection)
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
	while (!r && n++ < EVENTS_MAX && !is_congested(connection)) {
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

/* ---- what goes out ---- */

/* Up to PEN_SOCKET_SLICES_MAX slices of what is to be sent. */
static int next_output(struct pen_connection *connection, struct pen_slice *slices, size_t *np)
{
	struct pen_pipe_carrier *carrier = connection->carrier;
	int r;

	*np = 0;
	if (!carrier) {
		*np = pen_conn_output(connection->conn, slices, PEN_SOCKET_SLICES_MAX);
		return 0;
	}
	r = connection->conn ? pen_pipe_carrier_pull(carrier, connection->conn) : 0;
	if (!r && carrier->out.size)
		slices[(*np)++] = (struct pen_slice){ carrier->out.data, carrier->out.size };
	return r;
}

static void note_sent(struct pen_connection *connection, size_t n)
{
	if (connection->carrier)
		pen_buffer_consume(&connection->carrier->out, n);
	else
		pen_conn_sent(connection->conn, n);
	connection->active_at = now_of(connection);
}

/* Sends all there is. PEN_E_AGAIN: the peer takes no more for now. */
static int connection_flush(struct pen_connection *connection)
{
	struct pen_slice slices[PEN_SOCKET_SLICES_MAX];
	ssize_t sent;
	size_t n;
	int r;

	if (connection->wire) {
		connection->active_at = now_of(connection);
		return pen_pipe_wire_flush(connection->wire, connection->conn);
	}
	for (;;) {
		r = next_output(connection, slices, &n);
		if (r || !n)
			return r;
		sent = connection->passage
			       ? pen_passage_send(connection->passage, connection->fd, slices, n)
			       : pen_socket_send(connection->fd, slices, n);
		if (sent < 0)
			return sent == -EAGAIN ? PEN_E_AGAIN : (int)sent;
		note_sent(connection, (size_t)sent);
	}
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
	if (!is_congested(connection) && !connection->is_working)
		events |= UV_READABLE;
	watch(connection, events);
	if (!is_expecting)
		connection->expecting_at = 0;
	else if (!connection->expecting_at)
		connection->expecting_at = now_of(connection);
}

/* All is said: tells the peer, and lets it read that before the descriptor goes. */
static void connection_linger(struct pen_connection *connection)
{
	/* What is in a pipe can be read after it is closed. */
	if (connection->wire) {
		connection_leave(connection);
		return;
	}
	shutdown(connection->fd, SHUT_WR);
	connection->state = PEN_CONNECTION_LINGERING;
	watch(connection, UV_READABLE);
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
		r = connection_flush(connection);
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
	r = feed_early(connection);
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
		connection_leave(connection);
		return;
	}
	if (connection->conn && pen_conn_is_closed(connection->conn))
		connection->state = PEN_CONNECTION_DRAINING;
	if (connection->state == PEN_CONNECTION_DRAINING && !connection->closing_at)
		connection->closing_at = now_of(connection);
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
		connection_leave(connection);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pen_connection *connection = poll->data;
	int r = status;

	if (connection->state == PEN_CONNECTION_LINGERING) {
		connection_discard(connection);
		return;
	}
	if (!r && events & UV_READABLE)
		r = connection_read(connection);
	if (r) {
		pen_connection_close(connection, r == PEN_E_CLOSED ? PEN_LOG_DEBUG : PEN_LOG_INFO,
				     pen_error_name(r));
		return;
	}
	pen_connection_turn(connection);
}

/* ---- deadlines ---- */

static bool is_over(uint64_t since, uint32_t ms, uint64_t now)
{
	return now - since >= ms;
}

static bool is_idle(const struct pen_connection *connection)
{
	const struct pen_server *server = connection->server;

	return !connection->n_calls &&
	       !pen_handles_count_group(server->handles, pen_conn_assoc_group_id(connection->conn));
}

/* Why the connection must go now, or NULL. */
static const char *reason_to_close(const struct pen_connection *connection, uint64_t now)
{
	const struct pen_server_config *config = &connection->server->config;

	if (connection->state == PEN_CONNECTION_AWAIT_NPA)
		return is_over(connection->opened_at, config->npa_timeout_ms, now)
			       ? "smbd did not say who its client is"
			       : NULL;
	if (connection->closing_at)
		return is_over(connection->closing_at, LINGER_MS, now) ? "its time to leave is over"
								       : NULL;
	if (!connection->is_bound)
		return is_over(connection->opened_at, config->bind_timeout_ms, now)
			       ? "it did not bind in time"
			       : NULL;
	if (connection->expecting_at && !is_congested(connection) &&
	    is_over(connection->expecting_at, config->fragment_timeout_ms, now))
		return "it stopped in the middle of a fragment or a call";
	if (pen_server_callback_is_late(connection, now))
		return "it did not answer a callback in time";
	if (!is_over(connection->active_at, config->idle_timeout_ms, now))
		return NULL;
	if (pen_conn_queued(connection->conn))
		return "it does not read";
	return is_idle(connection) ? "it was idle" : NULL;
}

void pen_connection_check(struct pen_connection *connection, uint64_t now)
{
	const char *why;

	if (connection->state == PEN_CONNECTION_GONE)
		return;
	why = reason_to_close(connection, now);
	if (why)
		pen_connection_close(connection, PEN_LOG_INFO, why);
}
