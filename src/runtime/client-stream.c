/* SPDX-License-Identifier: MIT */
#include "runtime/client-stream.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_SIZE = 32 << 10 };

static struct pen_client_call *of(struct pen_call *call)
{
	return (struct pen_client_call *)call;
}

/* ---- its life ---- */

/* How many elements there is room for. */
static size_t room_of(const struct pen_type *element)
{
	size_t n = ELEMENTS_SIZE / (element->size ? element->size : 1);

	return n ? n : 1;
}

static size_t size_of(const struct pen_type *parameters)
{
	size_t size = ELEMENTS_SIZE;

	for (uint32_t i = 0; i < parameters->n_fields; i++) {
		const struct pen_type *type = parameters->fields[i].type;

		if (type->kind == PEN_PIPE && type->element->size > size)
			size = type->element->size;
	}
	return size;
}

static int stream_new(struct pen_client_call *call, const struct pen_context *context)
{
	const struct pen_operation *operation = call->call.operation;
	const struct pen_scope scope = { .in = call->in,
					 .out = call->out,
					 .identities = &call->call.identities };
	const struct pen_layout layout = { .transfer = context->transfer,
					   .is_big_endian = call->client->config.is_big_endian };
	struct pen_client_stream *stream = calloc(1, sizeof(*stream));
	size_t in = size_of(operation->in), out = size_of(operation->out);

	if (!stream)
		return -ENOMEM;
	call->stream = stream;
	call->client->n_streams++;
	stream->elements = malloc(in > out ? in : out);
	if (!stream->elements)
		return -ENOMEM;
	if (operation->flags & PEN_OPERATION_IN_PIPES) {
		/* What is kept of the parameters of a started call has its pipes too. */
		pen_flow_init(&stream->go, operation->in, (void *)(uintptr_t)call->in, layout,
			      scope, &call->client->pool);
		stream->go.bytes = call->stub[context->transfer];
		call->stub[context->transfer] = (struct pen_buffer){ .pool = &call->client->pool };
	}
	if (operation->flags & PEN_OPERATION_OUT_PIPES)
		pen_flow_init(&stream->come, operation->out, call->out, layout, scope,
			      &call->client->pool);
	return 0;
}

static void set_full(struct pen_client_call *call, bool is_full)
{
	if (call->stream->is_full == is_full)
		return;
	call->stream->is_full = is_full;
	call->client->n_full += is_full ? 1 : -1;
}

void pen_client_stream_free(struct pen_client_call *call)
{
	if (!call->stream)
		return;
	if (call->client) {
		set_full(call, false);
		call->client->n_streams--;
	}
	pen_flow_done(&call->stream->go);
	pen_flow_done(&call->stream->come);
	free(call->stream->elements);
	free(call->stream);
	call->stream = NULL;
}

/* ---- what goes ---- */

static int pull_some(struct pen_client_call *call)
{
	struct pen_client_stream *stream = call->stream;
	const struct pen_call_pipe *pipe = pen_flow_pipe(&stream->go);
	struct pen_ndr_error error = { "" };
	size_t n = 0;
	int r = pipe->pull ? pipe->pull(pipe->data, stream->elements,
					room_of(pen_flow_element(&stream->go)), &n)
			   : 0;

	if (r == PEN_E_AGAIN)
		stream->has_nothing = true;
	if (r)
		return r;
	r = pen_flow_put(&stream->go, stream->elements, n, &error);
	if (r == PEN_E_BAD_DATA)
		pen_call_explain(&call->call, r, "An element does not encode: %s", error.text);
	return r;
}

/* Up to a part, the end, or a pull that has nothing. */
static int fill(struct pen_client_call *call)
{
	struct pen_flow *go = &call->stream->go;
	int r = 0;

	while (!r && pen_flow_pipe(go) && go->bytes.size < PEN_FLOW_PART)
		r = pull_some(call);
	return r == PEN_E_AGAIN ? 0 : r;
}

struct beginning {
	struct pen_client_call *call;
	const struct pen_context *context;
	unsigned flags;
};

static int begin_request(void *data, struct pen_buffer *part, bool is_last)
{
	const struct beginning *b = data;
	struct pen_client *client = b->call->client;

	return pen_conn_request(client->conn, b->context, client->auth, b->call->call.opnum,
				pen_call_object(&b->call->call),
				b->flags | (is_last ? 0 : PEN_REQUEST_IN_PARTS), part,
				&b->call->call_id);
}

/* The first part, which has to be of some size. */
static int request_in_parts(struct pen_client_call *call, struct beginning *beginning)
{
	struct pen_client_stream *stream = call->stream;
	int r = fill(call);

	if (r)
		return r;
	stream->is_sent = !pen_flow_pipe(&stream->go);
	if (!stream->is_sent && stream->go.bytes.size < PEN_PART_ALIGN)
		return PEN_E_AGAIN; /* nothing to begin with */
	r = pen_flow_send(&stream->go, stream->is_sent, begin_request, beginning);
	if (r)
		stream->is_sent = false;
	return r;
}

int pen_client_stream_request(struct pen_client_call *call, const struct pen_context *context,
			      unsigned flags)
{
	struct beginning beginning = { call, context, flags };
	int r = call->stream ? 0 : stream_new(call, context);

	if (r)
		return r;
	if (call->stream->come.parameters)
		beginning.flags |= PEN_REQUEST_OUT_PARTS;
	if (call->stream->go.parameters)
		return request_in_parts(call, &beginning);
	call->stream->is_sent = true;
	return begin_request(&beginning, &call->stub[context->transfer], true);
}

static int send_part(void *data, struct pen_buffer *part, bool is_last)
{
	const struct pen_client_call *call = data;

	return pen_conn_request_part(call->client->conn, call->call_id, part, is_last);
}

bool pen_client_stream_is_pumping(const struct pen_client_call *call)
{
	return call->stream && call->state == PEN_CLIENT_CALL_SENT && !call->stream->is_sent &&
	       !call->stream->has_nothing;
}

void pen_client_stream_pump(struct pen_client_call *call)
{
	struct pen_client_stream *stream = call->stream;
	int r = 0;

	while (!r && pen_client_stream_is_pumping(call) &&
	       !pen_conn_is_congested(call->client->conn)) {
		r = fill(call);
		stream->is_sent = !pen_flow_pipe(&stream->go);
		if (!r)
			r = pen_flow_send(&stream->go, stream->is_sent, send_part, call);
	}
	if (r)
		pen_client_call_break(call, r);
}

/* ---- what comes ---- */

static int push_some(struct pen_client_call *call)
{
	struct pen_client_stream *stream = call->stream;
	const struct pen_call_pipe *pipe = pen_flow_pipe(&stream->come);
	struct pen_ndr_error error = { "" };
	int r = 0;

	if (!stream->pipe)
		r = pen_flow_get(&stream->come, stream->elements,
				 room_of(pen_flow_element(&stream->come)), &stream->n_elements,
				 &error);
	if (r == PEN_E_BAD_DATA)
		pen_call_explain(&call->call, r, "A pipe does not decode: %s", error.text);
	if (r)
		return r;
	if (!stream->pipe)
		stream->pipe = pipe;
	pipe = stream->pipe;
	r = pipe->push ? pipe->push(pipe->data, stream->elements, stream->n_elements) : 0;
	stream->is_held = r == PEN_E_AGAIN;
	if (!r)
		stream->pipe = NULL;
	return r;
}

/* All but the pipes, whose owner has filled them in. */
static void clear_parameters(const struct pen_flow *flow)
{
	for (uint32_t i = 0; i < flow->parameters->n_fields; i++) {
		const struct pen_field *field = &flow->parameters->fields[i];

		if (field->type->kind != PEN_PIPE)
			memset(flow->values + field->offset, 0, field->type->size);
	}
}

static int get_parameters(struct pen_client_call *call)
{
	struct pen_ndr_error error = { "" };
	int r;

	clear_parameters(&call->stream->come);
	r = pen_flow_get_parameters(&call->stream->come, &call->call.arena, &error);
	if (r)
		pen_call_explain(&call->call, r, "The answer does not decode: %s", error.text);
	return r;
}

/* Gives the pipes what has come; at the end of all of it the call ends. */
static void deliver(struct pen_client_call *call)
{
	struct pen_client_stream *stream = call->stream;
	struct pen_flow *come = &stream->come;
	int r = 0;

	while (!r && !stream->is_held && (stream->pipe || pen_flow_pipe(come)))
		r = push_some(call);
	if (r == PEN_E_AGAIN)
		r = 0;
	set_full(call, stream->is_held && pen_flow_is_full(come));
	if (!r && !pen_flow_pipe(come) && come->bytes.size - come->pos > PEN_FLOW_PARAMETERS)
		r = pen_call_explain(&call->call, PEN_E_LIMIT,
				     "The answer has more than %d bytes beside its pipes.",
				     PEN_FLOW_PARAMETERS);
	if (r)
		pen_client_call_break(call, r);
	else if (come->is_whole && !stream->pipe && !pen_flow_pipe(come))
		pen_client_call_end(call, get_parameters(call));
}

void pen_client_stream_take(struct pen_client_call *call, const struct pen_event *event)
{
	struct pen_flow *come = &call->stream->come;

	/* As the server has it, which may be another byte order than ours. */
	if (!come->bytes.size && !come->pos) {
		come->layout = event->layout;
		come->chunks.layout = event->layout;
	}
	come->is_whole = event->kind == PEN_EVENT_RESPONSE;
	if (pen_flow_add(come, event->stub))
		pen_client_call_break(call, -ENOMEM);
	else
		deliver(call);
}

void pen_call_resume(struct pen_call *base)
{
	struct pen_client_call *call = of(base);

	if (base->role != PEN_CALL_CLIENT || !call->stream ||
	    call->client->state != PEN_CLIENT_OPEN)
		return;
	call->stream->has_nothing = false;
	if (call->stream->is_held) {
		call->stream->is_held = false;
		deliver(call);
	}
	pen_client_resume(call->client);
}
