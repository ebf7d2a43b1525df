/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CONNECTION_PARTS_H
#define PEN_RUNTIME_CONNECTION_PARTS_H
/*
 * What the parts of a connection have of each other: its life (connection.c), bytes in and out
 * (connection-io.c), what becomes of them in a turn (connection-turn.c), and its deadlines
 * (connection-time.c).
 */
#include "runtime/connection.h"

enum { PEN_CONNECTION_LINGER_MS = 2000 /* for a peer to read our last words */ };

static inline uint64_t pen_connection_now(const struct pen_connection *connection)
{
	return uv_now(&connection->server->loop.uv);
}

/* ---- its life ---- */

int pen_connection_start_engine(struct pen_connection *connection);

/* For which events of its descriptor there is a turn. */
void pen_connection_watch(struct pen_connection *connection, int events);

/* No descriptor any more. Calls are told, and may finish at once or later. */
void pen_connection_leave(struct pen_connection *connection);

/* ---- bytes ---- */

/* Reads once. PEN_E_CLOSED: the peer has. */
int pen_connection_read(struct pen_connection *connection);

/* Feeds what another process has read of it before. */
int pen_connection_feed_early(struct pen_connection *connection);

/* Sends all there is. PEN_E_AGAIN: the peer takes no more for now. */
int pen_connection_flush(struct pen_connection *connection);

/* ---- turns ---- */

void pen_connection_on_poll(uv_poll_t *poll, int status, int events);

/* The peer does not read, or an operation does not pull: nothing more is taken. */
bool pen_connection_is_congested(const struct pen_connection *connection);

#endif
