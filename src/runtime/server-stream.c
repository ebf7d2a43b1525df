/* SPDX-License-Identifier: MIT */
#include "runtime/server-stream.h"
#include <errno.h>
#include <stdlib.h>

static struct pen_server_call *of(const struct pen_call *call)
{
	return (struct pen_server_call *)call;
}

/* NULL: the call has no pipes. */
static struct pen_server_stream *stream_of(const struct pen_call *call)
{
	return call->role == PEN_CALL_SERVER ? of(call)->stream : NULL;
}

int pen_server_stream_new(struct pen_server_call *call, const void *operations,
			  const struct pen_event *event)
{
	const struct pen_operation *operation = call->call.operation;
	const struct pen_scope scope = { .in = call->in,
					 .out = call->out,
					 .identities = &call->call.identities };
	struct pen_pool *pool = &call->server->pool;
	struct pen_server_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	call->stream = stream;
	stream->operations = operations;
	if (operation->flags & PEN_OPERATION_IN_PIPES)
		pen_flow_init(&stream->come, operation->in, call->in, event->layout, scope, pool);
	if (operation->flags & PEN_OPERATION_OUT_PIPES)
		pen_flow_init(&stream->go, operation->out, call->out, call->layout, scope, pool);
	call->connection->n_streams++;
	return 0;
}

/* While one call's bytes wait to be pulled, the connection takes no more for any. */
static void set_full(struct pen_server_call *call, bool is_full)
{
	struct pen_connection *connection = call->connection;

	if (call->stream->is_full == is_full)
		return;
	call->stream->is_full = is_full;
	if (is_full)
		connection->n_full++;
	else if (--connection->n_full == 0)
		pen_connection_turn_soon(connection);
}

void pen_server_stream_free(struct pen_server_call *call)
{
	if (!call->stream)
		return;
	set_full(call, false);
	call->connection->n_streams--;
	pen_flow_done(&call->stream->come);
	pen_flow_done(&call->stream->go);
	free(call->stream);
	call->stream = NULL;
}

/* What it holds counts for its connection. */
static void account(struct pen_server_call *call)
{
	const struct pen_server_stream *stream = call->stream;
	size_t held =
		call->call.arena.total + stream->come.bytes.capacity + stream->go.bytes.capacity;

	call->connection->held += held - call->held;
	call->held = held;
}

/* ---- what comes ---- */

int pen_server_stream_take(struct pen_server_call *call, struct pen_slice part, bool is_last)
{
	struct pen_server_stream *stream = call->stream;
	struct pen_ndr_error error = { "" };
	int r;

	stream->come.is_whole = is_last;
	if (stream->is_finishing)
		return PEN_E_EXISTS;
	r = pen_flow_add(&stream->come, part);
	account(call);
	if (stream->has_begun) {
		stream->failure = r;
		set_full(call, pen_flow_is_full(&stream->come));
		return PEN_E_EXISTS;
	}
	if (r)
		return r;
	r = pen_flow_get_parameters(&stream->come, &call->call.arena, &error);
	stream->has_begun = !r;
	if (r && r != PEN_E_AGAIN)
		return pen_call_explain(&call->call, r, "The request does not decode: %s",
					error.text);
	return r;
}

void pen_server_stream_tell(struct pen_server_call *call)
{
	if (call->stream->flowed && !call->stream->is_finishing)
		call->stream->flowed(&call->call, call->stream->data);
}

int pen_call_pull(struct pen_call *base, const struct pen_call_pipe *pipe, void *elements,
		  size_t max, size_t *np)
{
	struct pen_server_call *call = of(base);
	struct pen_server_stream *stream = stream_of(base);
	struct pen_ndr_error error = { "" };
	int r;

	*np = 0;
	if (!stream || !stream->come.parameters || pipe != pen_flow_pipe(&stream->come) || !max)
		return -EINVAL;
	if (call->connection->state != PEN_CONNECTION_OPEN)
		return PEN_E_CLOSED;
	if (stream->failure)
		return stream->failure;
	r = pen_flow_get(&stream->come, elements, max, np, &error);
	account(call);
	set_full(call, pen_flow_is_full(&stream->come));
	if (r == PEN_E_BAD_DATA)
		pen_call_explain(base, r, "A pipe does not decode: %s", error.text);
	return r;
}

/* ---- what goes ---- */

static int send_part(void *data, struct pen_buffer *part, bool is_last)
{
	const struct pen_server_call *call = data;
	struct pen_conn *conn = call->connection->conn;

	return is_last ? pen_conn_respond(conn, call->call_id, part)
		       : pen_conn_respond_part(conn, call->call_id, part);
}

int pen_call_push(struct pen_call *base, const struct pen_call_pipe *pipe, const void *elements,
		  size_t n)
{
	struct pen_server_call *call = of(base);
	struct pen_server_stream *stream = stream_of(base);
	struct pen_ndr_error error = { "" };
	int r;

	if (!stream || !stream->go.parameters || pipe != pen_flow_pipe(&stream->go) ||
	    n > PEN_CHUNK_ELEMENTS_MAX)
		return -EINVAL;
	if (call->connection->state != PEN_CONNECTION_OPEN)
		return PEN_E_CLOSED;
	if (pen_conn_is_congested(call->connection->conn)) {
		stream->wants_room = true;
		return PEN_E_AGAIN;
	}
	r = pen_flow_put(&stream->go, elements, n, &error);
	if (r == PEN_E_BAD_DATA)
		return pen_call_explain(base, r, "An element does not encode: %s", error.text);
	if (!r && stream->go.bytes.size >= PEN_FLOW_PART)
		r = pen_flow_send(&stream->go, false, send_part, call);
	account(call);
	stream->is_unsent = true;
	pen_connection_turn_soon(call->connection);
	return r;
}

void pen_call_on_flow(struct pen_call *call, void (*flowed)(struct pen_call *call, void *data),
		      void *data)
{
	struct pen_server_stream *stream = stream_of(call);

	if (!stream)
		return;
	stream->flowed = flowed;
	stream->data = data;
}

void pen_server_streams_send(struct pen_connection *connection)
{
	struct pen_server_call *call = connection->n_streams ? connection->calls : NULL;

	for (; call; call = call->next) {
		if (!call->stream || !call->stream->is_unsent)
			continue;
		call->stream->is_unsent = false;
		pen_flow_send(&call->stream->go, false, send_part, call);
	}
}

void pen_server_streams_offer(struct pen_connection *connection)
{
	struct pen_server_call *call = connection->n_streams ? connection->calls : NULL;

	while (call && !pen_conn_is_congested(connection->conn)) {
		if (!call->stream || !call->stream->wants_room) {
			call = call->next;
			continue;
		}
		call->stream->wants_room = false;
		pen_server_stream_tell(call);
		call = connection->calls; /* any of them may have ended by that */
	}
}

/* ---- the end ---- */

bool pen_server_stream_finishes(struct pen_server_call *call)
{
	struct pen_server_stream *stream = call->stream;

	if (!stream->come.parameters || stream->come.is_whole)
		return false;
	stream->is_finishing = true;
	set_full(call, false);
	pen_buffer_done(&stream->come.bytes);
	return true;
}

int pen_server_stream_respond(struct pen_server_call *call)
{
	struct pen_ndr_error error = { "" };
	int r = pen_flow_close(&call->stream->go);

	if (!r)
		r = pen_flow_put_parameters(&call->stream->go, &error);
	if (r)
		return pen_call_explain(&call->call, r, "The answer does not encode: %s",
					error.text);
	return pen_flow_send(&call->stream->go, true, send_part, call);
}
