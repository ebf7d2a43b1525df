/* SPDX-License-Identifier: MIT */
#include "io/passage.h"
#include "runtime/connection-parts.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	r = pen_connection_start_engine(connection);
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
int pen_connection_feed_early(struct pen_connection *connection)
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
int pen_connection_read(struct pen_connection *connection)
{
	uint8_t *in = connection->server->in;
	ssize_t n = receive(connection, in);

	if (n < 0)
		return n == -EAGAIN || n == -EINTR ? 0 : (int)n;
	if (n == 0)
		return PEN_E_CLOSED;
	connection->active_at = pen_connection_now(connection);
	return connection_feed(connection, in, (size_t)n);
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
	connection->active_at = pen_connection_now(connection);
}

/* Sends all there is. PEN_E_AGAIN: the peer takes no more for now. */
int pen_connection_flush(struct pen_connection *connection)
{
	struct pen_slice slices[PEN_SOCKET_SLICES_MAX];
	ssize_t sent;
	size_t n;
	int r;

	if (connection->wire) {
		connection->active_at = pen_connection_now(connection);
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
