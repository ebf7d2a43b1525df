/* SPDX-License-Identifier: MIT */
/* The proof of who the peer is, whose steps may wait: those are in a thread of their own. */
#include "runtime/connection.h"
#include "runtime/keylog.h"
#include <penstock/auth.h>
#include <penstock/token.h>
#include <string.h>

static void work(uv_work_t *request)
{
	const struct pen_connection *connection = request->data;

	pen_conn_work(connection->conn);
}

static void on_worked(uv_work_t *request, int status)
{
	struct pen_connection *connection = request->data;

	connection->is_working = false;
	pen_conn_worked(connection->conn);
	if (connection->state == PEN_CONNECTION_GONE)
		pen_connection_settle(connection);
	else
		pen_connection_turn(connection);
}

void pen_connection_prove(struct pen_connection *connection)
{
	connection->is_working = true;
	connection->work.data = connection;
	uv_queue_work(&connection->server->loop.uv, &connection->work, work, on_worked);
}

static void log_key(struct pen_connection *connection, const struct pen_auth_info *auth)
{
	struct pen_server *server = connection->server;
	const struct pen_keylog_place place = {
		.is_server = true,
		.protseq = connection->protseq,
		.fd = connection->fd,
		.remote = connection->carrier ? pen_token_info(connection->token)->remote_address
					      : NULL,
		.assoc_group_id = pen_conn_assoc_group_id(connection->conn),
	};
	const struct pen_session_keys keys = pen_keylog_keys(auth);
	int r = pen_keylog_add(server->keylog, &place, auth, &keys);

	if (r)
		pen_server_log(server, PEN_LOG_ERROR, "%s: its key cannot be logged: %s",
			       connection->peer->name, strerror(-r));
}

void pen_connection_proved(struct pen_connection *connection, const struct pen_auth_info *auth)
{
	const struct pen_token_info *who = pen_token_info(auth->token);

	pen_server_log(connection->server, PEN_LOG_INFO, "%s: is %s%s%s by %s, level %u",
		       connection->peer->name, who->domain, *who->domain ? "\\" : "",
		       *who->account ? who->account : "nobody", auth->mech, auth->auth_level);
	if (connection->server->keylog)
		log_key(connection, auth);
}
