/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "runtime/client-callback.h"
#include "runtime/client-security.h"
#include "runtime/client-stream.h"
#include "runtime/eerr.h"
#include "runtime/enclosure.h"
#include "runtime/keylog.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>
#include <unistd.h>

enum { LASTING_MIN = 16 * 1024 /* a stub that is kept for the arrays in it */ };

int pen_client_open(struct pen_client *client)
{
	const struct pen_conn_config config = {
		.protseq = client->binding.protseq,
		.limits = client->config.limits,
		.pool = &client->pool,
	};

	int r;

	client->is_leaving = false;
	client->binding_to = NULL;
	client->receive_timeout_ms = 0;
	r = pen_conn_new_client(&client->conn, &config);
	if (r || !client->proof)
		return r;
	return pen_conn_add_auth(client->conn, &client->proof->row, &client->proof->client,
				 &client->auth);
}

static bool pull(struct pen_client *client);

/* ---- what goes out ---- */

/* Descriptors can come from now on, and go. */
static int open_passage(struct pen_client *client, const struct pen_interface *interface)
{
	if (client->passage || !interface->has_system_handles ||
	    client->binding.protseq != PEN_NCALRPC)
		return 0;
	return pen_passage_new(&client->passage, geteuid());
}

static int send_request(struct pen_client_call *call, const struct pen_context *context,
			unsigned flags)
{
	struct pen_enclosure *enclosure = call->enclosures[context->transfer];
	struct pen_buffer *stub = &call->stub[context->transfer];
	const struct pen_layout layout = { .is_big_endian = call->client->config.is_big_endian };
	struct pen_client *client = call->client;
	size_t n_queued = pen_conn_queued(client->conn);
	int r = open_passage(client, call->call.interface);

	if (r)
		return r;
	if (enclosure && !pen_enclosure_address(enclosure, client->passage, stub, layout))
		return PEN_E_LIMIT;
	r = pen_conn_request(client->conn, context, client->auth, call->call.opnum,
			     pen_call_object(&call->call), flags, stub, &call->call_id);
	if (!r && enclosure)
		pen_enclosure_send(enclosure, client->passage, client->conn, n_queued);
	return r;
}

/* Without an operation the call was for the bind alone. False: no more can be sent for now. */
static bool send_call(struct pen_client_call *call, const struct pen_context *context)
{
	struct pen_client *client = call->client;
	const struct pen_operation *operation = call->call.operation;
	bool is_maybe = pen_client_call_is_maybe(call);
	unsigned flags = (is_maybe ? PEN_REQUEST_MAYBE : 0) |
			 (client->config.is_big_endian ? PEN_REQUEST_BIG_ENDIAN : 0);
	int r;

	if (!operation) {
		pen_client_call_end(call, 0);
		return true;
	}
	if (!call->has_stub[context->transfer]) {
		pen_call_explain(&call->call, 0, "The server changed its transfer syntax.");
		pen_client_call_end(call, PEN_E_CLOSED);
		return true;
	}
	if (pen_operation_has_pipes(operation))
		r = pen_client_stream_request(call, context, flags);
	else
		r = send_request(call, context, flags);
	if (r == PEN_E_LIMIT)
		return false;
	if (r == PEN_E_AGAIN)
		return true;
	if (r > 0)
		pen_call_explain(&call->call, 0, "%s", pen_conn_reason(client->conn));
	if (r) {
		pen_client_call_end(call, r);
		return true;
	}
	call->state = PEN_CLIENT_CALL_SENT;
	client->n_sent++;
	client->n_maybe += is_maybe;
	return true;
}

/* Whether the association has to be asked what it makes of it. */
static bool bind_for(struct pen_client_call *call)
{
	struct pen_client *client = call->client;
	int r;

	if (client->binding_to)
		return false;
	r = pen_conn_bind(client->conn, &call->call.interface->id, client->config.refuse_ndr64,
			  client->config.assoc_group_id, client->auth);
	if (!r) {
		client->binding_to = call->call.interface;
		return client->auth && !client->is_proved;
	}
	if (r != PEN_E_AGAIN) {
		if (r > 0)
			pen_call_explain(&call->call, 0, "%s", pen_conn_reason(client->conn));
		pen_client_call_end(call, r);
	}
	return false;
}

/* A server that wants to close gets no new calls; when it has answered, another try. */
static bool is_leaving(struct pen_client *client)
{
	const struct pen_interface *interface;

	if (!client->is_leaving)
		return false;
	if (client->n_sent)
		return true;
	pen_client_disconnect(client);
	if (TAILQ_EMPTY(&client->active))
		return true;
	interface = TAILQ_FIRST(&client->active)->call.interface;
	pen_client_connect(client, interface);
	return true;
}

/* Sends what waits. Whether it began a proof, so that there may be events. */
static bool send_waiting(struct pen_client *client)
{
	const struct pen_context *context;
	struct pen_client_call *call;
	struct pen_client_call *next;
	bool has_begun = false;

	for (call = TAILQ_FIRST(&client->active); call; call = next) {
		next = TAILQ_NEXT(call, queue);
		if (call->state != PEN_CLIENT_CALL_WAITING)
			continue;
		if (pen_conn_is_congested(client->conn))
			break;
		context = pen_conn_context(client->conn, &call->call.interface->id);
		if (!context || (client->auth && !client->is_proved))
			has_begun |= bind_for(call);
		else if (!send_call(call, context))
			break;
	}
	return has_begun;
}

bool pen_client_is_pumping(const struct pen_client *client)
{
	const struct pen_client_call *call;

	if (client->n_streams)
		TAILQ_FOREACH(call, &client->active, queue)
	if (pen_client_stream_is_pumping(call))
		return true;
	return false;
}

static void pump(struct pen_client *client)
{
	struct pen_client_call *call;
	struct pen_client_call *next;

	for (call = TAILQ_FIRST(&client->active); call; call = next) {
		next = TAILQ_NEXT(call, queue);
		if (pen_client_stream_is_pumping(call))
			pen_client_stream_pump(call);
	}
}

void pen_client_advance(struct pen_client *client)
{
	if (client->n_streams && client->state == PEN_CLIENT_OPEN)
		pump(client);
	do {
		if (client->state != PEN_CLIENT_OPEN || is_leaving(client) ||
		    client->n_sent == client->n_active)
			return;
	} while (send_waiting(client) && pull(client));
}

/* All is sent, and so are those that nobody answers. */
static void end_maybes(struct pen_client *client)
{
	struct pen_client_call *call;
	struct pen_client_call *next;

	for (call = TAILQ_FIRST(&client->active); call && client->n_maybe; call = next) {
		next = TAILQ_NEXT(call, queue);
		if (call->state == PEN_CLIENT_CALL_SENT && pen_client_call_is_maybe(call))
			pen_client_call_end(call, 0);
	}
}

static ssize_t send_slices(struct pen_client *client, const struct pen_slice *slices, size_t n)
{
	return client->passage ? pen_passage_send(client->passage, client->fd, slices, n)
			       : pen_socket_send(client->fd, slices, n);
}

bool pen_client_flush(struct pen_client *client)
{
	struct pen_slice slices[PEN_SOCKET_SLICES_MAX];

	if (client->wire && client->state == PEN_CLIENT_OPEN) {
		int r = pen_pipe_wire_flush(client->wire, client->conn);

		if (!r)
			end_maybes(client);
		return r != PEN_E_AGAIN;
	}
	while (client->state == PEN_CLIENT_OPEN) {
		size_t n = pen_conn_output(client->conn, slices, PEN_SOCKET_SLICES_MAX);
		ssize_t sent = n ? send_slices(client, slices, n) : 0;

		if (sent == -EAGAIN)
			return false;
		if (!n)
			end_maybes(client);
		/* What the server said before it closed is still to be read. */
		if (!n || sent < 0)
			return true;
		pen_conn_sent(client->conn, (size_t)sent);
	}
	return true;
}

bool pen_client_send_more(struct pen_client *client)
{
	/* What is still queued cannot be sent any more. */
	if (client->state != PEN_CLIENT_OPEN || pen_conn_queued(client->conn))
		return false;
	pen_client_advance(client);
	return client->state == PEN_CLIENT_OPEN && pen_conn_queued(client->conn);
}

/* ---- what comes in ---- */

static struct pen_client_call *find_sent(struct pen_client *client, uint32_t call_id)
{
	struct pen_client_call *call;

	TAILQ_FOREACH(call, &client->active, queue)
	if (call->state == PEN_CLIENT_CALL_SENT && call->call_id == call_id)
		return call;
	return NULL;
}

static int decode(struct pen_client_call *call, const struct pen_event *event)
{
	const struct pen_type *type = call->call.operation->out;
	const struct pen_scope scope = { .in = call->in,
					 .out = call->out,
					 .identities = &call->call.identities,
					 .cargo = pen_call_shelf(call->client->passage) };
	struct pen_layout layout = event->layout;
	struct pen_ndr_error error = { "" };
	int r;

	layout.is_lasting = event->stub.size >= LASTING_MIN &&
			    pen_conn_take_stub(call->client->conn, &call->answer);
	memset(call->out, 0, type->size);
	r = pen_ndr_get(type, layout, &scope, event->stub.data, event->stub.size, call->out,
			&call->call.arena, NULL, &error);
	r = pen_call_collect(&call->call, call->client->passage, r, &error);
	if (r)
		pen_call_explain(&call->call, r, "The answer does not decode: %s", error.text);
	return r;
}

static int note_fault(struct pen_client_call *call, const struct pen_event *event)
{
	int r = pen_call_note_fault(&call->call, event);

	return call->is_cancelled && event->status == PEN_FAULT_CANCEL ? PEN_E_CANCELLED : r;
}

static void on_rejected(struct pen_client *client, const struct pen_event *event)
{
	const struct pen_interface *interface = client->binding_to;
	struct pen_client_call *call;
	struct pen_client_call *next;

	client->binding_to = NULL;
	for (call = TAILQ_FIRST(&client->active); call; call = next) {
		next = TAILQ_NEXT(call, queue);
		if (call->state != PEN_CLIENT_CALL_WAITING || call->call.interface != interface)
			continue;
		pen_call_explain(&call->call, 0, "%s", pen_conn_reason(client->conn));
		pen_call_take_eerr(&call->call, event->eerr);
		pen_client_call_end(call, PEN_E_REJECTED);
	}
	/* A proof that has failed may do better from the beginning. */
	if (client->auth && !client->is_proved)
		client->is_leaving = true;
}

static void log_key(struct pen_client *client, const struct pen_auth_info *auth)
{
	const struct pen_keylog_place place = {
		.protseq = client->binding.protseq,
		.fd = client->fd,
		.assoc_group_id = pen_conn_assoc_group_id(client->conn),
	};
	const struct pen_session_keys keys = pen_keylog_keys(auth);
	int r = pen_keylog_add(client->keylog, &place, auth, &keys);

	if (r)
		pen_client_explain(client, r, "the key cannot be logged: %s", strerror(-r));
}

static void on_event(struct pen_client *client, const struct pen_event *event)
{
	struct pen_client_call *call = NULL;

	if (event->kind == PEN_EVENT_RESPONSE || event->kind == PEN_EVENT_FAULT ||
	    event->kind == PEN_EVENT_PART || event->kind == PEN_EVENT_REQUEST)
		call = find_sent(client, event->call_id);
	if (event->depth) {
		pen_client_callback_event(client, call, event);
		return;
	}
	switch (event->kind) {
	case PEN_EVENT_BOUND:
	case PEN_EVENT_ALTERED:
		client->binding_to = NULL;
		break;
	case PEN_EVENT_REJECTED:
		on_rejected(client, event);
		break;
	case PEN_EVENT_WORK:
		pen_client_work(client);
		break;
	case PEN_EVENT_AUTHENTICATED:
		client->is_proved = event->auth == client->auth;
		if (client->keylog)
			log_key(client, event->auth);
		break;
	case PEN_EVENT_PART:
		if (call)
			pen_client_stream_take(call, event);
		break;
	case PEN_EVENT_RESPONSE:
		if (call && call->stream && call->stream->come.parameters)
			pen_client_stream_take(call, event);
		else if (call)
			pen_client_call_end(call, decode(call, event));
		break;
	case PEN_EVENT_FAULT:
		if (call)
			pen_client_call_end(call, note_fault(call, event));
		break;
	case PEN_EVENT_SHUTDOWN:
		client->is_leaving = true;
		break;
	default:
		break;
	}
}

/* Handles what the association has to tell. False: it is no more. */
static bool pull(struct pen_client *client)
{
	struct pen_event event;
	int r = 0;

	while (!client->n_full && (r = pen_conn_next(client->conn, &event)) == 0)
		on_event(client, &event);
	if (client->n_full) { /* the rest stays where it is until somebody takes it */
		r = pen_conn_keep(client->conn);
		if (!r)
			return true;
	}
	if (r == PEN_E_AGAIN && !pen_conn_is_closed(client->conn))
		return true;
	pen_client_lose(client, r == PEN_E_AGAIN ? PEN_E_CLOSED : r, "%s",
			pen_conn_reason(client->conn));
	return false;
}

void pen_client_arrived(struct pen_client *client, ssize_t n)
{
	int r;

	if (n == 0) {
		pen_client_lose(client, PEN_E_CLOSED, "the server closed the connection");
		return;
	}
	if (n < 0) {
		pen_client_lose(client, n == -ECONNRESET || n == -EPIPE ? PEN_E_CLOSED : (int)n,
				"the connection broke: %s", strerror((int)-n));
		return;
	}
	client->active_at = pen_clock_coarse_ms();
	r = pen_conn_lend(client->conn, client->in, (size_t)n);
	if (r)
		pen_client_lose(client, r, "%s", pen_error_name(r));
	else if (pull(client))
		pen_client_advance(client);
}

void pen_client_resume(struct pen_client *client)
{
	if (client->state == PEN_CLIENT_OPEN && !client->errand && pull(client))
		pen_client_advance(client);
}

/* The association's work may be done. */
static void look_after_work(struct pen_client *client)
{
	if (pen_client_has_worked(client) && pull(client))
		pen_client_advance(client);
}

ssize_t pen_client_receive(struct pen_client *client, int flags)
{
	ssize_t n;

	if (client->passage)
		return pen_passage_receive(client->passage, client->fd, client->in,
					   PEN_CLIENT_READ_SIZE, flags);
	n = recv(client->fd, client->in, PEN_CLIENT_READ_SIZE, flags);
	return n < 0 ? -errno : n;
}

void pen_client_read(struct pen_client *client)
{
	ssize_t n;

	if (client->errand) {
		look_after_work(client);
		return;
	}
	if (client->n_full)
		return;
	if (client->wire)
		n = pen_pipe_wire_receive(client->wire, client->in, PEN_CLIENT_READ_SIZE);
	else
		n = pen_client_receive(client, MSG_DONTWAIT);
	if (n != -EAGAIN && n != -EINTR)
		pen_client_arrived(client, n);
}
