/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "io/impersonate.h"
#include "runtime/eerr.h"
#include "runtime/enclosure.h"
#include "runtime/server-callback.h"
#include "runtime/server-handle.h"
#include "runtime/server-policy.h"
#include "runtime/server-stream.h"
#include "runtime/server-trace.h"
#include "sec/mech.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <string.h>

enum {
	SPARE_MAX = 64,		 /* calls kept for reuse */
	SPARE_ARENA = 64 * 1024, /* and the memory kept with each */
	LASTING_MIN = 16 * 1024, /* a stub that is kept for the arrays in it */
};

/* ---- its life ---- */

static struct pen_server_call *of(const struct pen_call *call)
{
	return (struct pen_server_call *)call;
}

static struct pen_server_call *call_new(struct pen_server *server)
{
	struct pen_server_call *call = server->spare_calls;

	if (call) {
		server->spare_calls = call->next;
		server->n_spare_calls--;
		return call;
	}
	call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	pen_call_init(&call->call, PEN_CALL_SERVER, server->config.call_memory_max);
	call->server = server;
	return call;
}

static void call_free(struct pen_server_call *call)
{
	pen_call_done(&call->call);
	free(call);
}

static void call_enter(struct pen_server_call *call, struct pen_connection *connection)
{
	call->connection = connection;
	call->previous = NULL;
	call->next = connection->calls;
	if (call->next)
		call->next->previous = call;
	connection->calls = call;
	connection->n_calls++;
	connection->server->stats.calls_in_progress++;
}

void pen_server_call_release(struct pen_server_call *call)
{
	struct pen_connection *connection = call->connection;
	struct pen_server *server = call->server;

	if (call->traced)
		pen_traced_end(call);
	pen_server_handles_leave(call);
	pen_server_fare_give(call);
	if (call->previous)
		call->previous->next = call->next;
	else
		connection->calls = call->next;
	if (call->next)
		call->next->previous = call->previous;
	connection->n_calls--;
	connection->held -= call->held;
	server->stats.calls_in_progress--;

	pen_server_stream_free(call);
	call->writer = pen_token_free(call->writer);
	pen_call_reset(&call->call);
	pen_buffer_done(&call->stub);
	if (call->call.arena.total > SPARE_ARENA)
		pen_arena_done(&call->call.arena);
	if (server->n_spare_calls >= SPARE_MAX) {
		call_free(call);
		return;
	}
	call->next = server->spare_calls;
	server->spare_calls = call;
	server->n_spare_calls++;
}

void pen_server_calls_free(struct pen_server *server)
{
	while (server->spare_calls) {
		struct pen_server_call *call = server->spare_calls;

		server->spare_calls = call->next;
		call_free(call);
	}
}

struct pen_server_call *pen_server_call_find(struct pen_connection *connection, uint32_t call_id)
{
	struct pen_server_call *call = connection->calls;

	while (call && call->call_id != call_id)
		call = call->next;
	return call;
}

static const char *operation_name(const struct pen_server_call *call)
{
	const struct pen_operation *operation = call->call.operation;

	return operation && operation->name ? operation->name : "?";
}

void pen_server_check_itself(struct pen_server *server, const struct pen_interface *interface,
			     const char *what)
{
	if (pen_impersonation_end())
		pen_server_log(server, PEN_LOG_ERROR,
			       "%s: %s left the server's thread impersonating a caller; it has "
			       "been reverted",
			       interface->name, what);
}

/* ---- the answer ---- */

static void send_fault(struct pen_server_call *call, int result, enum pen_eerr_location where)
{
	struct pen_conn *conn = call->connection->conn;
	uint32_t status = pen_call_fault_of(&call->call, result);
	const struct pen_server_failure failure = {
		.location = where,
		.status = status,
		.sentence = call->is_withheld ? NULL : call->call.error,
		.chain = call->call.told,
	};
	struct pen_server *server = call->server;
	struct pen_buffer eerr = { 0 };

	server->stats.faults++;
	if (call->traced)
		pen_traced_fault(call->traced, status);
	pen_server_log(server, PEN_LOG_INFO, "%s.%s: fault %#x, %s%s%s", call->call.interface->name,
		       operation_name(call), status, pen_fault_text(status),
		       call->call.error[0] ? " " : "", call->call.error);
	pen_server_tell(server, call->call.protseq, &failure, pen_conn_eerr_max(conn), &eerr);
	pen_conn_fault_eerr(conn, call->call_id, status, where == PEN_EERR_AT_REQUEST,
			    (struct pen_slice){ eerr.data, eerr.size });
	pen_buffer_done(&eerr);
}

static int send_result(struct pen_server_call *call)
{
	const struct pen_enclosed answer = {
		.type = call->call.operation->out,
		.layout = call->layout,
		.scope = { .in = call->in, .out = call->out, .identities = &call->call.identities },
		.value = call->out,
		.seen = call->traced ? pen_traced_answer : NULL,
		.seen_data = call->traced,
	};

	if (call->stream && call->stream->go.parameters)
		return pen_server_stream_respond(call);
	return pen_enclosed_respond(&answer, &call->call, call->connection->passage,
				    call->connection->conn, call->call_id, &call->server->stub);
}

/* The call is over, and what it was inside of may go on. */
static void call_leave(struct pen_server_call *call)
{
	struct pen_connection *connection = call->connection;
	uint32_t call_id = call->call_id;
	bool is_inner = call->depth;

	pen_server_call_release(call);
	if (is_inner)
		pen_server_callback_settle(connection, call_id);
}

void pen_server_call_complete(struct pen_server_call *call, int result)
{
	enum pen_eerr_location where = result ? PEN_EERR_AT_OPERATION : PEN_EERR_AT_ANSWER;
	struct pen_connection *connection = call->connection;

	if (call->state == PEN_SERVER_CALL_QUEUED)
		where = PEN_EERR_AT_REQUEST;
	if (call->call.back.operation) {
		call->state = PEN_SERVER_CALL_FINISHED;
		call->result = result;
		return;
	}
	if (connection->state == PEN_CONNECTION_OPEN) {
		if (!result && call->stream && pen_server_stream_finishes(call)) {
			call->state = PEN_SERVER_CALL_PENDING;
			return;
		}
		if (!result)
			result = send_result(call);
		if (result)
			send_fault(call, result, where);
		else if (call->traced)
			pen_traced_done(call->traced);
		call->server->stats.calls_out++;
	}
	call_leave(call);
}

/* Answers, and goes on with what the connection has waiting. */
static void finish_pending(struct pen_server_call *call, int result)
{
	struct pen_connection *connection = call->connection;

	pen_server_call_complete(call, result);
	if (connection->state == PEN_CONNECTION_GONE)
		pen_connection_settle(connection);
	else if (!connection->is_turning)
		pen_connection_turn(connection);
}

void pen_server_call_finish(struct pen_call *base, int result)
{
	struct pen_server_call *call = of(base);
	struct pen_impersonation *suspended;

	call->result = result;
	if (call->state == PEN_SERVER_CALL_RUNNING || !call->connection || base->back.operation) {
		call->state = PEN_SERVER_CALL_FINISHED;
		return;
	}
	suspended = pen_impersonation_suspend();
	finish_pending(call, result);
	pen_impersonation_resume(suspended);
}

/* ---- the request ---- */

/* Calls the operation, when its handles are free for it. */
static int dispatch(struct pen_server_call *call, const void *operations, bool *was_runp)
{
	int r = pen_server_handles_want(call);

	*was_runp = !r || r == PEN_PENDING;
	if (r == PEN_PENDING) {
		call->state = PEN_SERVER_CALL_QUEUED;
		call->operations = operations;
	}
	return r ? r : call->call.operation->dispatch(operations, &call->call, call->in, call->out);
}

/* A part of a stream; what the operation returns, if it begins by that. */
static int take_part(struct pen_server_call *call, const struct pen_event *event, bool *was_runp)
{
	int r = pen_server_stream_take(call, event->stub, event->is_last);

	if (r == PEN_E_AGAIN || r == PEN_E_EXISTS) {
		*was_runp = true;
		return PEN_PENDING;
	}
	return r ? r : dispatch(call, call->stream->operations, was_runp);
}

/* Reads the parameters and calls the operation; what it returns. */
static int call_dispatch(struct pen_server_call *call, const struct pen_manager *manager,
			 const struct pen_event *event, bool *was_runp)
{
	const struct pen_operation *operation = call->call.operation;
	struct pen_arena *arena = &call->call.arena;
	struct pen_ndr_error error = { "" };
	struct pen_layout layout = event->layout;
	struct pen_scope scope;
	struct pen_slice rest;
	size_t n_used;
	int r;

	call->in = pen_arena_zalloc(arena, operation->in->size);
	call->out = pen_arena_zalloc(arena, operation->out->size);
	if (!call->in || !call->out)
		return -ENOMEM;
	if (pen_operation_has_pipes(operation)) {
		r = pen_server_stream_new(call, manager->service.operations, event);
		if (r)
			return r;
	}
	if (operation->flags & PEN_OPERATION_IN_PIPES)
		return take_part(call, event, was_runp);
	scope = (struct pen_scope){ .in = call->in,
				    .out = call->out,
				    .identities = &call->call.identities,
				    .cargo = pen_call_shelf(call->connection->passage) };
	layout.is_lasting = event->stub.size >= LASTING_MIN &&
			    pen_conn_take_stub(call->connection->conn, &call->stub);
	/* Bytes after the parameters are no error: clients pad, and Windows reads past it. */
	r = pen_ndr_get(operation->in, layout, &scope, event->stub.data, event->stub.size, call->in,
			arena, &n_used, &error);
	r = pen_call_collect(&call->call, call->connection->passage, r, &error);
	if (r)
		return pen_call_explain(&call->call, r, "The request does not decode: %s",
					error.text);
	r = pen_server_fare_weigh(call);
	if (r)
		return r;
	rest = (struct pen_slice){ .data = event->stub.data + n_used,
				   .size = event->stub.size - n_used };
	if (rest.size && pen_conn_verify(call->connection->conn, event->call_id, rest))
		return pen_call_explain(&call->call, PEN_E_DENIED,
					"What the client meant to call is not what was called: "
					"its verification trailer says otherwise.");
	return dispatch(call, manager->service.operations, was_runp);
}

/* Whether the policy lets it come, if there is one. */
static int call_admit(struct pen_server_call *call, const struct pen_event *event)
{
	const struct pen_interface *interface = call->call.interface;
	int r;

	if (!call->server->policy)
		return 0;
	r = pen_server_fare_take(call, event->stub.size);
	if (!r)
		r = pen_server_policy_ask(call, event);
	if (r && event->opnum < interface->n_operations)
		call->call.operation = &interface->operations[event->opnum];
	return r;
}

/* Finds the operation among the managers of the object's type, and runs it. */
static int call_find_and_dispatch(struct pen_server_call *call, const struct pen_event *event,
				  bool *was_runp)
{
	const struct pen_served *served = event->context->offer->data;
	const struct pen_interface *interface = served->offer.interface;
	const struct pen_manager *manager;
	uint32_t max;

	manager = pen_served_manager(call->server, served, event->object);
	if (!manager)
		return pen_call_fail(&call->call, PEN_FAULT_UNSUPPORTED_TYPE,
				     "No manager for the object's type.");
	call->call.service_data = manager->data;
	if (event->opnum >= interface->n_operations)
		return pen_call_explain(&call->call, PEN_E_UNSUPPORTED, "There is no operation %u.",
					event->opnum);
	call->call.operation = &interface->operations[event->opnum];
	if (!call->call.operation->dispatch)
		return pen_call_explain(&call->call, PEN_E_UNSUPPORTED,
					"Operation %u is not used on the wire.", event->opnum);
	if (call->call.operation->flags & PEN_OPERATION_MESSAGE)
		return pen_call_fail(
			&call->call, PEN_WERR_RPC_S_CANNOT_SUPPORT,
			"Operation %u is a [message], and comes by message queues alone.",
			event->opnum);
	max = manager->service.stub_max;
	if (max && event->stub.size > max)
		return pen_call_explain(&call->call, PEN_E_LIMIT,
					"The request has %zu bytes of stub data, and may have %u.",
					event->stub.size, max);
	return call_dispatch(call, manager, event, was_runp);
}

static void call_fill(struct pen_server_call *call, struct pen_connection *connection,
		      const struct pen_event *event)
{
	call->connection = connection;
	call->state = PEN_SERVER_CALL_RUNNING;
	call->call_id = event->call_id;
	call->depth = event->depth;
	call->call.auth = event->auth;
	call->call.protseq = connection->protseq;
	call->token = event->auth ? event->auth->token : connection->token;
	call->writer = connection->wire ? pen_token_ref(connection->token) : NULL;
	call->layout = (struct pen_layout){ .transfer = event->context->transfer };
	call->in = NULL;
	call->out = NULL;
	call->stream = NULL;
	call->traced = NULL;
	call->held = 0;
	call->is_given_up = false;
	call->is_withheld = false;
	call->fare = (struct pen_server_fare){ .is_taken = false };
	call->call.service_data = NULL;
	call->call.is_stopped = false;
	call->call.stopped = NULL;
	call->call.interface = event->context->offer->interface;
	call->call.operation = NULL;
	call->call.opnum = event->opnum;
	pen_call_set_object(&call->call, event->object);
	pen_server_handles_init(call);
}

void pen_server_call_hold(struct pen_server_call *call)
{
	size_t held = call->call.arena.total + call->stub.capacity +
		      pen_identities_size(&call->call.identities) +
		      pen_identities_size(&call->call.back_identities);

	call->connection->held += held - call->held;
	call->held = held;
}

/* What an operation has returned, or what kept it from being called. */
static void call_ran(struct pen_server_call *call, int result, bool was_run)
{
	pen_server_check_itself(call->server, call->call.interface, operation_name(call));
	if (!was_run) {
		send_fault(call, result, PEN_EERR_AT_REQUEST);
		call->server->stats.calls_out++;
		call_leave(call);
		return;
	}
	if (result == PEN_PENDING && call->state != PEN_SERVER_CALL_FINISHED) {
		if (call->state == PEN_SERVER_CALL_RUNNING)
			call->state = PEN_SERVER_CALL_PENDING;
		if (!call->stream)
			pen_server_call_hold(call);
		return;
	}
	pen_server_call_complete(call, result == PEN_PENDING ? call->result : result);
}

void pen_server_call_run(struct pen_connection *connection, const struct pen_event *event)
{
	struct pen_server *server = connection->server;
	struct pen_server_call *call = call_new(server);
	bool was_run = false;
	int r;

	server->stats.calls_in++;
	if (!call) {
		server->stats.faults++;
		pen_conn_fault(connection->conn, event->call_id, PEN_FAULT_REMOTE_NO_MEMORY, true);
		return;
	}
	call_fill(call, connection, event);
	call_enter(call, connection);
	if (server->trace)
		pen_traced_begin(call, event);
	pen_server_check_itself(server, call->call.interface, "what ran before an operation");
	r = call_admit(call, event);
	if (!r)
		r = call_find_and_dispatch(call, event, &was_run);
	call_ran(call, r, was_run);
}

void pen_server_call_part(struct pen_connection *connection, const struct pen_event *event)
{
	struct pen_server_call *call = pen_server_call_find(connection, event->call_id);
	bool was_running, was_run = false;
	int r;

	if (!call || !call->stream)
		return;
	was_running = call->stream->has_begun;
	pen_server_check_itself(connection->server, call->call.interface,
				"what ran before an operation");
	if (!was_running)
		call->state = PEN_SERVER_CALL_RUNNING;
	r = take_part(call, event, &was_run);
	if (!was_running) {
		call_ran(call, r, was_run);
	} else if (call->stream->is_finishing) {
		if (event->is_last)
			pen_server_call_complete(call, 0);
	} else {
		const struct pen_interface *interface = call->call.interface;

		pen_server_stream_tell(call);
		pen_server_check_itself(connection->server, interface, "what hears of a pipe");
	}
}

void pen_server_call_begin(struct pen_server_call *call)
{
	const struct pen_operation *operation = call->call.operation;
	struct pen_connection *connection = call->connection;
	bool was_turning = connection->is_turning;

	connection->is_turning = true;
	call->state = PEN_SERVER_CALL_RUNNING;
	call_ran(call, operation->dispatch(call->operations, &call->call, call->in, call->out),
		 true);
	connection->is_turning = was_turning;
	if (connection->state == PEN_CONNECTION_GONE)
		pen_connection_settle(connection);
	else if (!was_turning)
		pen_connection_turn(connection);
}

/* Nobody knows of it yet, who could finish it. */
static bool is_waiting(const struct pen_server_stream *stream)
{
	return stream->come.parameters && !stream->has_begun;
}

void pen_server_call_cancel(struct pen_server_call *call)
{
	struct pen_server *server = call->server;
	const struct pen_interface *interface = call->call.interface;

	if (call->state == PEN_SERVER_CALL_QUEUED ||
	    (call->stream && (call->stream->is_finishing || is_waiting(call->stream)))) {
		pen_server_call_complete(call, PEN_E_CANCELLED);
		return;
	}
	pen_call_tell_stopped(&call->call);
	pen_server_check_itself(server, interface, "what hears of a cancellation");
}

void pen_server_call_give_up(struct pen_server_call *call)
{
	struct pen_connection *connection = call->connection;
	uint32_t call_id = call->call_id;

	call->is_given_up = true;
	if (!call->call.is_stopped)
		pen_server_call_cancel(call);
	pen_server_callback_settle(connection, call_id);
}

/* ---- what an operation may ask ---- */

const struct pen_token *pen_call_token(const struct pen_call *call)
{
	return call->role == PEN_CALL_SERVER ? of(call)->token : NULL;
}

struct pen_server *pen_call_server(const struct pen_call *call)
{
	return call->role == PEN_CALL_SERVER ? of(call)->server : NULL;
}

/* ---- a call without a wire ---- */

enum { DIRECT_HANDLES_MAX = 2048 };

void pen_server_call_free(struct pen_call *base)
{
	struct pen_server_call *call = of(base);

	pen_handles_free(call->handles);
	free(call->random);
	call_free(call);
}

static inline void server_call_freep(struct pen_server_call **callp)
{
	if (*callp)
		pen_server_call_free(&(*callp)->call);
}

int pen_call_new_direct(struct pen_call **callp, struct pen_server *server, void *service_data,
			const struct pen_token *token)
{
	pen_cleanup(server_call_freep) struct pen_server_call *call = NULL;
	int r;

	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	pen_call_init(&call->call, PEN_CALL_SERVER, 0);
	call->random = calloc(1, sizeof(*call->random));
	if (!call->random)
		return -ENOMEM;
	r = pen_handles_new(&call->handles, DIRECT_HANDLES_MAX, call->random);
	if (r)
		return r;
	call->server = server;
	call->call.service_data = service_data;
	call->call.protseq = PEN_NCALRPC;
	call->token = token;
	*callp = &pen_take(&call)->call;
	return 0;
}
