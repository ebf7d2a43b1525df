/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "io/clock.h"
#include "runtime/client-callback.h"
#include "runtime/client-stream.h"
#include "runtime/enclosure.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <limits.h>
#include <penstock/status.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>

enum { STALE_MS = 1000 /* of silence, after which the server may have closed */ };

static struct pen_client_call *of(struct pen_call *call)
{
	return (struct pen_client_call *)call;
}

/* ---- its life ---- */

int pen_call_new(struct pen_call **callp, struct pen_client *client)
{
	struct pen_client_call *call = calloc(1, sizeof(*call));

	if (!call)
		return -ENOMEM;
	pen_call_init(&call->call, PEN_CALL_CLIENT, 0);
	for (int i = 0; i < PEN_N_TRANSFERS; i++)
		call->stub[i].pool = &client->pool;
	call->client = client;
	TAILQ_INSERT_TAIL(&client->all, call, all);
	if (!pen_uuid_is_nil(&client->binding.object))
		pen_call_set_object(&call->call, &client->binding.object);
	*callp = &call->call;
	return 0;
}

void pen_client_call_detach(struct pen_client_call *call)
{
	call->client = NULL;
	call->answer.pool = NULL;
	for (int i = 0; i < PEN_N_TRANSFERS; i++)
		call->stub[i].pool = NULL;
}

bool pen_client_call_is_maybe(const struct pen_client_call *call)
{
	return call->call.operation && call->call.operation->flags & PEN_OPERATION_MAYBE;
}

static void close_enclosures(struct pen_client_call *call)
{
	for (int i = 0; i < PEN_N_TRANSFERS; i++) {
		if (call->enclosures[i])
			pen_enclosure_done(call->enclosures[i]);
		call->enclosures[i] = NULL;
	}
}

/* No more among the active ones. */
static void leave(struct pen_client_call *call)
{
	struct pen_client *client = call->client;

	close_enclosures(call);
	TAILQ_REMOVE(&client->active, call, queue);
	client->n_active--;
	if (call->state == PEN_CLIENT_CALL_SENT) {
		client->n_sent--;
		client->n_maybe -= pen_client_call_is_maybe(call);
	}
	if (call->deadline)
		client->n_timed--;
}

void pen_client_call_end(struct pen_client_call *call, int result)
{
	struct pen_client *client = call->client;

	leave(call);
	pen_client_stream_free(call);
	pen_client_callbacks_end(call);
	call->state = PEN_CLIENT_CALL_ENDED;
	call->result = result;
	if (call->done) {
		TAILQ_INSERT_TAIL(&client->ended, call, queue);
		client->n_ended++;
	}
}

/* The server need not go on with it. */
static void give_up(struct pen_client_call *call)
{
	struct pen_client *client = call->client;

	if (call->state != PEN_CLIENT_CALL_SENT || !client->conn || pen_client_call_is_maybe(call))
		return;
	pen_conn_cancel(client->conn, call->call_id);
	pen_conn_orphan(client->conn, call->call_id);
}

void pen_client_call_break(struct pen_client_call *call, int result)
{
	give_up(call);
	pen_client_call_end(call, result);
}

void pen_client_call_free(struct pen_call *base)
{
	struct pen_client_call *call = of(base);
	struct pen_client *client = call->client;

	if (client &&
	    (call->state == PEN_CLIENT_CALL_WAITING || call->state == PEN_CLIENT_CALL_SENT)) {
		give_up(call);
		leave(call);
		pen_client_stream_free(call);
		pen_client_callbacks_end(call);
	} else if (client && call->state == PEN_CLIENT_CALL_ENDED && call->done) {
		TAILQ_REMOVE(&client->ended, call, queue);
		client->n_ended--;
	}
	if (client)
		TAILQ_REMOVE(&client->all, call, all);
	for (int i = 0; i < PEN_N_TRANSFERS; i++)
		pen_buffer_done(&call->stub[i]);
	pen_buffer_done(&call->answer);
	pen_call_done(base);
	free(call);
}

void pen_call_set_timeout(struct pen_call *call, uint32_t ms)
{
	if (call->role == PEN_CALL_CLIENT)
		of(call)->timeout_ms = ms;
}

void pen_call_set_callbacks(struct pen_call *base, const struct pen_interface *interface,
			    const void *functions, void *data)
{
	struct pen_client_call *call = of(base);

	if (base->role != PEN_CALL_CLIENT)
		return;
	call->callbacks = functions;
	call->callback_interface = interface;
	call->callback_data = data;
}

int pen_call_cancel(struct pen_call *base)
{
	struct pen_client_call *call = of(base);

	if (base->role == PEN_CALL_CALLBACK)
		return pen_client_callback_cancel(base);
	if (call->state == PEN_CLIENT_CALL_WAITING) {
		pen_call_explain(base, 0, "The call was cancelled before it was sent.");
		pen_client_call_end(call, PEN_E_CANCELLED);
	} else if (call->state == PEN_CLIENT_CALL_SENT && !pen_client_call_is_maybe(call)) {
		call->is_cancelled = true;
		return pen_conn_cancel(call->client->conn, call->call_id);
	}
	return 0;
}

/* ---- deadlines ---- */

void pen_client_check_deadlines(struct pen_client *client)
{
	struct pen_client_call *call;
	struct pen_client_call *next;
	uint64_t now;

	if (!client->n_timed)
		return;
	now = pen_clock_ms();
	for (call = TAILQ_FIRST(&client->active); call; call = next) {
		next = TAILQ_NEXT(call, queue);
		if (!call->deadline || now < call->deadline)
			continue;
		pen_call_explain(&call->call, 0, "There was no answer within %u ms.",
				 call->timeout_ms);
		pen_client_call_break(call, PEN_E_TIMEOUT);
	}
}

int pen_client_wait_ms(const struct pen_client *client)
{
	const struct pen_client_call *call;
	uint64_t until = UINT64_MAX;
	uint64_t now;

	if (client->n_due)
		return 0;
	if (client->state != PEN_CLIENT_OPEN && client->state != PEN_CLIENT_CLOSED)
		until = pen_client_connect_until(client);
	if (client->n_timed)
		TAILQ_FOREACH(call, &client->active, queue)
	if (call->deadline && call->deadline < until)
		until = call->deadline;
	if (until == UINT64_MAX)
		return -1;
	now = pen_clock_ms();
	if (until <= now)
		return 0;
	return until - now < INT_MAX ? (int)(until - now) : INT_MAX;
}

/* ---- the start ---- */

static int encode(struct pen_client_call *call, enum pen_transfer transfer, const void *in)
{
	const struct pen_enclosed request = {
		.type = call->call.operation->in,
		.layout = { .transfer = transfer,
			    .is_big_endian = call->client->config.is_big_endian },
		.scope = { .in = in, .identities = &call->call.identities },
		.value = in,
	};
	bool is_carried = call->client->binding.protseq == PEN_NCALRPC &&
			  !pen_operation_has_pipes(call->call.operation);
	struct pen_enclosure enclosure;
	int r;

	r = pen_enclosure_put(&enclosure, &call->call, is_carried, &request, &call->stub[transfer]);
	if (r)
		return r;
	call->has_stub[transfer] = true;
	if (!enclosure.n)
		return 0;
	call->enclosures[transfer] =
		pen_arena_copy(&call->call.arena, &enclosure, sizeof(enclosure));
	if (call->enclosures[transfer])
		return 0;
	pen_enclosure_done(&enclosure);
	return -ENOMEM;
}

/* In the negotiated syntax, or, before it is known, in each that it may become. */
static int encode_all(struct pen_client_call *call, const void *in)
{
	struct pen_client *client = call->client;
	const struct pen_context *context = NULL;
	int r;

	memset(call->has_stub, 0, sizeof(call->has_stub));
	if (!call->call.operation)
		return 0;
	if (client->state == PEN_CLIENT_OPEN && !client->is_leaving)
		context = pen_conn_context(client->conn, &call->call.interface->id);
	if (context)
		return encode(call, context->transfer, in);
	r = encode(call, PEN_NDR, in);
	if (r || client->config.refuse_ndr64)
		return r;
	return encode(call, PEN_NDR64, in);
}

/* A connection that was silent for a while may have been closed by the server. */
static void check_stale(struct pen_client *client)
{
	char byte;
	ssize_t n;

	if (client->state != PEN_CLIENT_OPEN || client->n_active ||
	    pen_clock_coarse_ms() - client->active_at < STALE_MS)
		return;
	if (client->wire) {
		if (pen_pipe_wire_is_stale(client->wire))
			pen_client_disconnect(client);
		return;
	}
	n = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		pen_client_disconnect(client);
}

/*
 * What no transport here carries. A [broadcast] goes to all servers of a network: connections have
 * one server each, and without them there is no protocol here [MS-RPCE 3.2].
 */
static int check_kind(struct pen_call *call, const struct pen_operation *operation)
{
	if (operation->flags & PEN_OPERATION_MESSAGE)
		return pen_call_fail(call, PEN_WERR_RPC_S_CANNOT_SUPPORT,
				     "%s is a [message], which is for message queues (ncadg_mq): "
				     "there is no such transport here.",
				     operation->name);
	if (operation->flags & PEN_OPERATION_BROADCAST)
		return pen_call_fail(call, PEN_WERR_RPC_S_CANNOT_SUPPORT,
				     "A [broadcast] needs a protocol without connections.");
	if (operation->flags & PEN_OPERATION_MAYBE && pen_operation_has_pipes(operation))
		return pen_call_fail(call, PEN_WERR_RPC_S_CANNOT_SUPPORT,
				     "A [maybe] operation has no pipes.");
	return 0;
}

static int begin(struct pen_client_call *call, const struct pen_interface *interface,
		 const struct pen_operation *operation, uint16_t opnum, const void *in, void *out)
{
	struct pen_client *client = call->client;
	int r;

	if (call->state != PEN_CLIENT_CALL_IDLE)
		return -EBUSY;
	pen_call_reset(&call->call);
	pen_buffer_done(&call->answer);
	if (!client || client->is_freed)
		return pen_call_explain(&call->call, PEN_E_CLOSED, "The client is closed.");
	if (interface->is_object)
		return pen_call_explain(&call->call, PEN_E_UNSUPPORTED,
					"%s is an object interface: calling objects (ORPC) is not "
					"offered.",
					interface->name);
	r = operation ? check_kind(&call->call, operation) : 0;
	if (r)
		return r;
	check_stale(client);
	call->call.interface = interface;
	call->call.operation = operation;
	call->call.opnum = opnum;
	call->in = call->done ? pen_call_keep(&call->call, operation->in, in) : in;
	if (call->done && !call->in)
		return -ENOMEM;
	call->out = out;
	call->is_cancelled = false;
	r = encode_all(call, in);
	if (r) {
		close_enclosures(call);
		return r;
	}

	call->deadline = call->timeout_ms ? pen_clock_ms() + call->timeout_ms : 0;
	call->state = PEN_CLIENT_CALL_WAITING;
	TAILQ_INSERT_TAIL(&client->active, call, queue);
	client->n_active++;
	if (call->deadline)
		client->n_timed++;
	if (client->state == PEN_CLIENT_CLOSED)
		pen_client_connect(client, interface);
	else
		pen_client_advance(client);
	return 0;
}

static const struct pen_operation *find_operation(const struct pen_interface *interface,
						  uint16_t opnum)
{
	if (opnum >= interface->n_operations || !interface->operations[opnum].name)
		return NULL;
	return &interface->operations[opnum];
}

static int no_operation(struct pen_call *call, const struct pen_interface *interface,
			uint16_t opnum)
{
	return pen_call_explain(call, -EINVAL, "%s has no operation %u.", interface->name, opnum);
}

int pen_call_start(struct pen_call *base, const struct pen_interface *interface, uint16_t opnum,
		   const void *in, void *out, pen_call_done_fn *done, void *data)
{
	const struct pen_operation *operation = find_operation(interface, opnum);
	struct pen_client_call *call = of(base);

	if (base->role == PEN_CALL_CALLBACK)
		return pen_client_callback_start(base, interface, opnum, in, out, done, data);
	if (!operation)
		return no_operation(base, interface, opnum);
	if (call->state != PEN_CLIENT_CALL_IDLE)
		return -EBUSY;
	call->done = done;
	call->data = data;
	return begin(call, interface, operation, opnum, in, out);
}

/* ---- a call that waits ---- */

/* How long one receive may last, if it is not for ever. */
static void set_receive_timeout(struct pen_client *client, uint32_t ms)
{
	const struct timeval timeout = { .tv_sec = ms / 1000,
					 .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	if (client->receive_timeout_ms == ms)
		return;
	if (!setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		client->receive_timeout_ms = ms;
}

/* The usual case: all is sent, nobody else waits, and one receive brings the answer. */
static void wait_by_receive(struct pen_client *client, const struct pen_client_call *call)
{
	ssize_t n;

	set_receive_timeout(client, call->timeout_ms);
	n = pen_client_receive(client, 0);
	if (n != -EAGAIN && n != -EINTR)
		pen_client_arrived(client, n);
}

static void wait_by_poll(struct pen_client *client)
{
	struct pollfd wait = { .fd = pen_client_fd(client), .events = pen_client_events(client) };

	poll(&wait, 1, pen_client_wait_ms(client));
	if (client->state == PEN_CLIENT_OPEN)
		pen_client_read(client);
	else
		pen_client_connect_step(client);
}

void pen_client_wait(struct pen_client *client)
{
	pen_client_flush(client);
	wait_by_poll(client);
	pen_client_check_deadlines(client);
}

static int finish_waiting(struct pen_client_call *call)
{
	struct pen_client *client = call->client;
	bool is_first = true;

	pen_client_hold(client);
	for (;;) {
		bool is_sent;

		while (client->n_due)
			pen_client_callbacks_run(client);
		is_sent = pen_client_flush(client);
		if (call->state == PEN_CLIENT_CALL_ENDED)
			break;
		if (is_sent && pen_client_send_more(client))
			continue;
		if (is_sent && pen_client_is_pumping(client)) {
			pen_client_read(client);
			pen_client_advance(client);
			pen_client_check_deadlines(client);
			continue;
		}
		/* A second receive would have all the time again that the first had. */
		if (is_sent && client->state == PEN_CLIENT_OPEN && !client->errand &&
		    !client->wire && client->n_active == 1 && (is_first || !call->deadline))
			wait_by_receive(client, call);
		else
			wait_by_poll(client);
		is_first = false;
		pen_client_check_deadlines(client);
	}
	call->state = PEN_CLIENT_CALL_IDLE;
	pen_client_release(client);
	return call->result;
}

int pen_call_invoke(struct pen_call *base, const struct pen_interface *interface, uint16_t opnum,
		    const void *in, void *out)
{
	const struct pen_operation *operation = find_operation(interface, opnum);
	struct pen_client_call *call = of(base);
	int r;

	if (base->role == PEN_CALL_CALLBACK)
		return pen_client_callback_invoke(base, interface, opnum, in, out);
	if (!operation)
		return no_operation(base, interface, opnum);
	if (call->state != PEN_CLIENT_CALL_IDLE)
		return -EBUSY;
	call->done = NULL;
	r = begin(call, interface, operation, opnum, in, out);
	return r ? r : finish_waiting(call);
}

static inline void callp_free(struct pen_call **callp)
{
	pen_call_free(*callp);
}

int pen_call_bind(struct pen_call *base, const struct pen_interface *interface)
{
	struct pen_client_call *call = of(base);
	int r;

	if (base->role != PEN_CALL_CLIENT)
		return -EINVAL;
	if (call->state != PEN_CLIENT_CALL_IDLE)
		return -EBUSY;
	call->done = NULL;
	r = begin(call, interface, NULL, 0, NULL, NULL);
	return r ? r : finish_waiting(call);
}

int pen_client_bind(struct pen_client *client, const struct pen_interface *interface)
{
	pen_cleanup(callp_free) struct pen_call *call = NULL;
	int r;

	r = pen_call_new(&call, client);
	if (r)
		return r;
	r = pen_call_bind(call, interface);
	if (r)
		pen_client_explain(client, r, "%s", call->error);
	return r;
}
