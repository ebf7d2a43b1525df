/* SPDX-License-Identifier: MIT */
#include "runtime/connection-parts.h"
#include "runtime/server-callback.h"

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
		return is_over(connection->closing_at, PEN_CONNECTION_LINGER_MS, now)
			       ? "its time to leave is over"
			       : NULL;
	if (!connection->is_bound)
		return is_over(connection->opened_at, config->bind_timeout_ms, now)
			       ? "it did not bind in time"
			       : NULL;
	if (connection->expecting_at && !pen_connection_is_congested(connection) &&
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
