/* SPDX-License-Identifier: MIT */
#include "runtime/server-callback.h"
#include <errno.h>

int pen_call_back(struct pen_call *base, uint16_t opnum, const void *in, void *out,
		  pen_call_done_fn *done, void *data)
{
	struct pen_server_call *call = (struct pen_server_call *)base;
	const struct pen_interface *interface = base->interface;
	struct pen_call_back back = { .in = in, .out = out, .done = done, .data = data };
	struct pen_layout layout;
	int r;

	if (base->role != PEN_CALL_SERVER || !call->connection)
		return pen_call_explain(base, PEN_E_UNSUPPORTED,
					"There is no client that could be called back.");
	if (opnum >= interface->n_callbacks || !interface->callbacks[opnum].name)
		return pen_call_explain(base, -EINVAL, "%s has no callback %u.", interface->name,
					opnum);
	if (base->back.operation)
		return pen_call_explain(base, -EBUSY, "The call calls its client back already.");
	if (call->is_given_up || call->connection->state != PEN_CONNECTION_OPEN)
		return pen_call_explain(base, PEN_E_CANCELLED, "The client is gone.");
	back.operation = &interface->callbacks[opnum];
	layout = (struct pen_layout){ .transfer = call->layout.transfer };
	r = pen_call_begin_back(base, &back, opnum, call->connection->conn,
				call->connection->passage, call->call_id, layout,
				&call->server->stub);
	if (r)
		return r;
	call->called_at = uv_now(&call->server->loop.uv);
	call->connection->n_called++;
	pen_connection_turn_soon(call->connection);
	return 0;
}

/* What has called back goes on, or is answered if it has ended meanwhile. */
static void end(struct pen_server_call *call, int result)
{
	const struct pen_interface *interface = call->call.interface;
	struct pen_server *server = call->server;
	struct pen_call_back back = call->call.back;

	call->call.back = (struct pen_call_back){ 0 };
	call->connection->n_called--;
	if (call->state == PEN_SERVER_CALL_FINISHED) {
		pen_server_call_complete(call, call->result);
		return;
	}
	if (call->held)
		pen_server_call_hold(call);
	back.done(&call->call, result, back.data);
	pen_server_check_itself(server, interface, "what hears of a callback");
}

void pen_server_callback_answer(struct pen_connection *connection, const struct pen_event *event)
{
	struct pen_server_call *call = pen_server_call_find(connection, event->call_id);

	if (call && call->call.back.operation)
		end(call, pen_call_take_back(&call->call, connection->passage, event));
}

void pen_server_callback_settle(struct pen_connection *connection, uint32_t call_id)
{
	struct pen_server_call *call = pen_server_call_find(connection, call_id);

	if (!call || !call->is_given_up || !call->call.back.operation)
		return;
	pen_call_explain(&call->call, 0, "The client is gone, or has given the call up.");
	end(call, PEN_E_CANCELLED);
}

bool pen_server_callback_is_late(const struct pen_connection *connection, uint64_t now)
{
	uint32_t ms = connection->server->config.callback_timeout_ms;

	if (connection->n_called)
		for (const struct pen_server_call *c = connection->calls; c; c = c->next)
			if (c->call.back.operation && now - c->called_at >= ms)
				return true;
	return false;
}
