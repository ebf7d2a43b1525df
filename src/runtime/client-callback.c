/* SPDX-License-Identifier: MIT */
#include "runtime/client-callback.h"
#include "runtime/enclosure.h"
#include "runtime/flow.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdlib.h>

static struct pen_client_callback *of(struct pen_call *call)
{
	return (struct pen_client_callback *)call;
}

/* ---- its life ---- */

static void callback_free(struct pen_client_callback *callback)
{
	struct pen_client *client = callback->client;

	TAILQ_REMOVE(&client->callbacks, callback, all);
	if (callback->is_due) {
		TAILQ_REMOVE(&client->due, callback, queue);
		client->n_due--;
	}
	pen_call_done(&callback->call);
	free(callback);
}

void pen_client_callbacks_free(struct pen_client *client)
{
	while (!TAILQ_EMPTY(&client->callbacks))
		callback_free(TAILQ_FIRST(&client->callbacks));
}

static void callback_due(struct pen_client_callback *callback)
{
	struct pen_client *client = callback->client;

	if (callback->is_due || callback->is_waiting)
		return;
	callback->is_due = true;
	TAILQ_INSERT_TAIL(&client->due, callback, queue);
	client->n_due++;
}

static bool has_returned(const struct pen_client_callback *callback)
{
	return callback->state == PEN_CLIENT_CALLBACK_PENDING ||
	       callback->state == PEN_CLIENT_CALLBACK_FINISHED;
}

void pen_client_callbacks_end(struct pen_client_call *call)
{
	struct pen_client_callback *callback;

	TAILQ_FOREACH(callback, &call->client->callbacks, all)
	{
		if (callback->outermost != call)
			continue;
		callback->outermost = NULL;
		callback->call.is_stopped = true;
		if (callback->call.back.operation && !callback->is_answered) {
			callback->is_answered = true;
			callback->answer = pen_call_explain(&callback->call, PEN_E_CANCELLED,
							    "The call around it is over.");
		}
		callback_due(callback);
	}
}

/* ---- the answer ---- */

static int respond(struct pen_client_callback *callback)
{
	const struct pen_enclosed answer = {
		.type = callback->call.operation->out,
		.layout = callback->layout,
		.scope = { .in = callback->in,
			   .out = callback->out,
			   .identities = &callback->call.identities },
		.value = callback->out,
	};
	struct pen_client *client = callback->client;
	struct pen_buffer stub = { .pool = &client->pool };
	int r = pen_enclosed_respond(&answer, &callback->call, client->passage, client->conn,
				     callback->call_id, &stub);

	pen_buffer_done(&stub);
	return r;
}

/* Answers with what the function returned; what it has called the server for comes first. */
static void callback_complete(struct pen_client_callback *callback, int result)
{
	struct pen_client *client = callback->client;

	if (callback->call.back.operation) {
		callback->state = PEN_CLIENT_CALLBACK_FINISHED;
		callback->result = result;
		if (callback->is_answered)
			callback_due(callback);
		return;
	}
	if (callback->outermost) {
		if (!result)
			result = respond(callback);
		if (result)
			pen_conn_fault(client->conn, callback->call_id,
				       pen_call_fault_of(&callback->call, result), false);
	}
	callback_free(callback);
	if (client->state == PEN_CLIENT_OPEN && pen_conn_is_closed(client->conn))
		pen_client_lose(client, -ENOMEM, "%s", pen_conn_reason(client->conn));
	else
		pen_client_flush(client);
}

void pen_client_callback_finish(struct pen_call *base, int result)
{
	struct pen_client_callback *callback = of(base);

	if (callback->state == PEN_CLIENT_CALLBACK_RUNNING) {
		callback->state = PEN_CLIENT_CALLBACK_FINISHED;
		callback->result = result;
	} else {
		callback_complete(callback, result);
	}
}

/* ---- the request ---- */

static int decode(struct pen_client_callback *callback, const struct pen_event *event)
{
	const struct pen_operation *operation = callback->call.operation;
	struct pen_client *client = callback->client;
	const struct pen_scope scope = { .in = callback->in,
					 .out = callback->out,
					 .identities = &callback->call.identities,
					 .cargo = pen_call_shelf(client->passage) };
	struct pen_ndr_error error = { "" };
	struct pen_slice rest = event->stub;
	size_t n_used;
	int r;

	r = pen_ndr_get(operation->in, event->layout, &scope, rest.data, rest.size, callback->in,
			&callback->call.arena, &n_used, &error);
	r = pen_call_collect(&callback->call, client->passage, r, &error);
	if (r || n_used == rest.size)
		return r;
	rest.data += n_used;
	rest.size -= n_used;
	return pen_conn_verify(client->conn, event->call_id, rest);
}

/* It is served later, when nobody is in the middle of what came. */
static int callback_new(struct pen_client *client, struct pen_client_call *call,
			const struct pen_event *event)
{
	const struct pen_operation *operation = &call->call.interface->callbacks[event->opnum];
	struct pen_client_callback *callback = calloc(1, sizeof(*callback));
	int r;

	if (!callback)
		return -ENOMEM;
	pen_call_init(&callback->call, PEN_CALL_CALLBACK, 0);
	callback->call.interface = call->call.interface;
	callback->call.operation = operation;
	callback->call.opnum = event->opnum;
	callback->call.protseq = client->binding.protseq;
	callback->call.auth = event->auth;
	callback->call.service_data = call->callback_data;
	callback->functions = call->callbacks;
	callback->client = client;
	callback->outermost = call;
	callback->call_id = event->call_id;
	callback->layout = (struct pen_layout){ .transfer = event->layout.transfer };
	TAILQ_INSERT_HEAD(&client->callbacks, callback, all);
	callback->in = pen_arena_zalloc(&callback->call.arena, operation->in->size);
	callback->out = pen_arena_zalloc(&callback->call.arena, operation->out->size);
	r = callback->in && callback->out ? decode(callback, event) : -ENOMEM;
	if (r)
		callback_free(callback);
	else
		callback_due(callback);
	return r;
}

static bool is_served(const struct pen_client_call *call, uint16_t opnum)
{
	const struct pen_interface *interface = call->call.interface;

	return call->callbacks && call->callback_interface == interface &&
	       opnum < interface->n_callbacks && interface->callbacks[opnum].dispatch;
}

static void on_request(struct pen_client *client, struct pen_client_call *call,
		       const struct pen_event *event)
{
	int r = is_served(call, event->opnum) ? callback_new(client, call, event)
					      : PEN_E_UNSUPPORTED;

	if (r)
		pen_conn_fault(client->conn, event->call_id, pen_call_fault_of(&call->call, r),
			       true);
}

/* The innermost is the one that came last. */
static void on_answer(struct pen_client *client, const struct pen_event *event)
{
	struct pen_client_callback *callback;

	TAILQ_FOREACH(callback, &client->callbacks, all)
	if (callback->outermost && callback->call_id == event->call_id)
		break;
	if (!callback || !callback->call.back.operation)
		return;
	callback->answer = pen_call_take_back(&callback->call, client->passage, event);
	callback->is_answered = true;
	callback_due(callback);
}

void pen_client_callback_event(struct pen_client *client, struct pen_client_call *call,
			       const struct pen_event *event)
{
	if (event->kind != PEN_EVENT_REQUEST)
		on_answer(client, event);
	else if (call)
		on_request(client, call, event);
	else
		pen_conn_fault(client->conn, event->call_id, PEN_FAULT_CANCEL, true);
}

/* ---- who serves it ---- */

static void serve(struct pen_client_callback *callback)
{
	int r;

	if (!callback->outermost) {
		callback_free(callback);
		return;
	}
	callback->state = PEN_CLIENT_CALLBACK_RUNNING;
	r = callback->call.operation->dispatch(callback->functions, &callback->call, callback->in,
					       callback->out);
	if (r != PEN_PENDING) {
		callback_complete(callback, r);
	} else if (callback->state == PEN_CLIENT_CALLBACK_FINISHED) {
		callback_complete(callback, callback->result);
	} else {
		callback->state = PEN_CLIENT_CALLBACK_PENDING;
		if (callback->is_answered || callback->call.is_stopped)
			callback_due(callback);
	}
}

/* What the function has called the server for has come to its end. */
static void tell_answer(struct pen_client_callback *callback)
{
	struct pen_call_back back = callback->call.back;

	callback->call.back = (struct pen_call_back){ 0 };
	callback->is_answered = false;
	if (callback->state == PEN_CLIENT_CALLBACK_FINISHED)
		callback_complete(callback, callback->result);
	else
		back.done(&callback->call, callback->answer, back.data);
}

static void go_on(struct pen_client_callback *callback)
{
	bool is_answered = callback->is_answered;

	/* While it waits for the server it stays, whoever finishes it. */
	if (callback->call.is_stopped && callback->call.stopped)
		pen_call_tell_stopped(&callback->call);
	if (is_answered)
		tell_answer(callback);
}

void pen_client_callbacks_run(struct pen_client *client)
{
	struct pen_client_callback *callback;
	uint32_t n = client->n_due;

	while (n-- && (callback = TAILQ_FIRST(&client->due))) {
		TAILQ_REMOVE(&client->due, callback, queue);
		client->n_due--;
		callback->is_due = false;
		if (callback->state == PEN_CLIENT_CALLBACK_NEW)
			serve(callback);
		else if (has_returned(callback))
			go_on(callback);
	}
}

/* ---- what it calls the server for ---- */

int pen_client_callback_start(struct pen_call *base, const struct pen_interface *interface,
			      uint16_t opnum, const void *in, void *out, pen_call_done_fn *done,
			      void *data)
{
	struct pen_call_back back = { .in = in, .out = out, .done = done, .data = data };
	struct pen_client_callback *callback = of(base);
	struct pen_client *client = callback->client;
	struct pen_buffer stub = { .pool = &client->pool };
	struct pen_layout layout = callback->layout;
	int r;

	if (interface != base->interface || opnum >= interface->n_operations ||
	    !interface->operations[opnum].name)
		return pen_call_explain(base, -EINVAL,
					"Out of a callback of %s, %s has no operation %u.",
					base->interface->name, interface->name, opnum);
	back.operation = &interface->operations[opnum];
	if (pen_operation_has_pipes(back.operation) ||
	    back.operation->flags & (PEN_OPERATION_MAYBE | PEN_OPERATION_BROADCAST))
		return pen_call_explain(base, PEN_E_UNSUPPORTED,
					"Out of a callback nothing is called that has pipes, "
					"no answer or many.");
	if (base->back.operation)
		return pen_call_explain(base, -EBUSY, "The callback calls the server already.");
	if (!callback->outermost)
		return pen_call_explain(base, PEN_E_CANCELLED, "The call around it is over.");
	layout.is_big_endian = client->config.is_big_endian;
	base->fault = 0;
	base->error[0] = '\0';
	r = pen_call_begin_back(base, &back, opnum, client->conn, client->passage,
				callback->call_id, layout, &stub);
	pen_buffer_done(&stub);
	if (!r)
		pen_client_flush(client);
	return r;
}

int pen_client_callback_invoke(struct pen_call *base, const struct pen_interface *interface,
			       uint16_t opnum, const void *in, void *out)
{
	struct pen_client_callback *callback = of(base);
	struct pen_client *client = callback->client;
	int r;

	callback->is_waiting = true;
	r = pen_client_callback_start(base, interface, opnum, in, out, NULL, NULL);
	pen_client_hold(client);
	while (!r && !callback->is_answered) {
		pen_client_callbacks_run(client);
		if (!callback->is_answered)
			pen_client_wait(client);
	}
	pen_client_release(client);
	callback->is_waiting = false;
	if (r)
		return r;
	callback->is_answered = false;
	base->back = (struct pen_call_back){ 0 };
	return callback->answer;
}

int pen_client_callback_cancel(struct pen_call *base)
{
	struct pen_client_callback *callback = of(base);

	if (!callback->outermost)
		return 0;
	return pen_conn_cancel(callback->client->conn, callback->call_id);
}
