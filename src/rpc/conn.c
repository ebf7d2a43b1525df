/* SPDX-License-Identifier: MIT */
#include "rpc/auth.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STUB_KEPT = 65536, /* more storage of a stub is given back when its call ends */
	IN_KEPT = 4096,	   /* and of what was fed, when all of it is handled */
	CALLS_KEPT = 16,
};

struct pen_conn_limits pen_conn_limits_default(enum pen_protseq protseq, bool is_server)
{
	static const uint16_t frag_max[] = {
		[PEN_NCACN_IP_TCP] = 5840,
		[PEN_NCACN_NP] = 4280,
		[PEN_NCALRPC] = 65528, /* of 65535, the multiple of 8 */
	};

	return (struct pen_conn_limits){
		.frag_max = frag_max[protseq],
		.stub_max = is_server ? 4u << 20 : 240u << 20,
		.contexts_max = 1024,
		.auths_max = 2049,
		.calls_max = 1024,
		.nesting_max = 32,
		.output_max = 1u << 20,
	};
}

static void fill_limits(struct pen_conn_limits *limits, const struct pen_conn_limits *defaults)
{
	if (!limits->frag_max)
		limits->frag_max = defaults->frag_max;
	if (limits->frag_max < PEN_FRAG_MIN)
		limits->frag_max = PEN_FRAG_MIN;
	limits->frag_max &= (uint16_t)~7;
	if (!limits->stub_max)
		limits->stub_max = defaults->stub_max;
	if (!limits->contexts_max)
		limits->contexts_max = defaults->contexts_max;
	if (!limits->auths_max)
		limits->auths_max = defaults->auths_max;
	if (!limits->calls_max)
		limits->calls_max = defaults->calls_max;
	if (!limits->nesting_max)
		limits->nesting_max = defaults->nesting_max;
	if (!limits->output_max)
		limits->output_max = defaults->output_max;
}

int pen_conn_new(struct pen_conn **connp, const struct pen_conn_config *config, bool is_server,
		 const struct pen_conn_role *role, enum pen_conn_state state)
{
	struct pen_conn_limits defaults = pen_conn_limits_default(config->protseq, is_server);
	struct pen_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return -ENOMEM;
	conn->role = role;
	conn->is_server = is_server;
	conn->config = *config;
	fill_limits(&conn->config.limits, &defaults);
	conn->state = state;
	conn->frag_max = conn->config.limits.frag_max;
	conn->stub.pool = conn->config.pool;
	conn->output.pool = conn->config.pool;
	conn->next_call_id = PEN_CALL_ID_FIRST;
	conn->next_auth_context_id = 1;
	pen_list_init(&conn->contexts);
	pen_list_init(&conn->auths);
	pen_list_init(&conn->calls);
	pen_list_init(&conn->free_calls);
	*connp = conn;
	return 0;
}

static void free_calls(struct pen_list *calls)
{
	pen_list_each (link, after, calls) {
		struct pen_conn_call *call = pen_list_entry(link, struct pen_conn_call, link);

		pen_buffer_done(&call->stub);
		free(call);
	}
}

struct pen_conn *pen_conn_free(struct pen_conn *conn)
{
	if (!conn)
		return NULL;
	free_calls(&conn->calls);
	free_calls(&conn->free_calls);
	pen_list_each (link, after, &conn->contexts)
		free(pen_list_entry(link, struct pen_conn_context, link));
	pen_conn_auths_free(conn);
	pen_assoc_group_leave(conn->group);
	pen_output_done(&conn->output);
	pen_buffer_done(&conn->in);
	pen_buffer_done(&conn->stub);
	free(conn);
	return NULL;
}

int pen_conn_fail(struct pen_conn *conn, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(conn->reason, sizeof(conn->reason), format, args);
	va_end(args);
	conn->state = PEN_CONN_CLOSED;
	return PEN_E_PROTOCOL;
}

int pen_conn_explain(struct pen_conn *conn, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(conn->reason, sizeof(conn->reason), format, args);
	va_end(args);
	return PEN_E_PROTOCOL;
}

void pen_conn_note(struct pen_conn *conn, const char *format, ...)
{
	char sentence[sizeof(conn->reason)];
	va_list args;

	if (!conn->config.note)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	conn->config.note(conn->config.find_data, sentence);
}

const char *pen_conn_reason(const struct pen_conn *conn)
{
	return conn->reason;
}

/* ---- what was fed: what is kept of it, and after that what is lent ---- */

static size_t kept_left(const struct pen_conn *conn)
{
	return conn->in.size - conn->in_pos;
}

static int keep(struct pen_conn *conn, size_t n)
{
	int r = n ? pen_buffer_add(&conn->in, conn->lent, n) : 0;

	if (r || !n) /* nothing was lent, perhaps */
		return r;
	conn->lent += n;
	conn->n_lent -= n;
	return 0;
}

int pen_conn_keep(struct pen_conn *conn)
{
	if (conn->in_pos == conn->in.size || conn->in_pos > conn->in.capacity / 2) {
		pen_buffer_consume(&conn->in, conn->in_pos);
		conn->in_pos = 0;
	}
	return conn->n_lent ? keep(conn, conn->n_lent) : 0;
}

int pen_conn_lend(struct pen_conn *conn, void *data, size_t n)
{
	int r;

	if (conn->state == PEN_CONN_CLOSED)
		return 0;
	r = pen_conn_keep(conn);
	if (r)
		return r;
	conn->lent = data;
	conn->n_lent = n;
	return 0;
}

int pen_conn_feed(struct pen_conn *conn, const void *data, size_t n)
{
	int r;

	if (conn->state == PEN_CONN_CLOSED)
		return 0;
	r = pen_conn_keep(conn);
	return r ? r : pen_buffer_add(&conn->in, data, n);
}

/*
 * The next n bytes, in one piece. A PDU whose beginning is kept gets what it lacks of
 * what is lent, and no more. PEN_E_AGAIN: not all of them are there.
 */
static int peek(struct pen_conn *conn, size_t n, uint8_t **datap)
{
	size_t kept = kept_left(conn);

	if (!kept) {
		*datap = conn->lent;
		return conn->n_lent < n ? PEN_E_AGAIN : 0;
	}
	if (kept < n) {
		size_t lacks = n - kept;
		int r = keep(conn, lacks < conn->n_lent ? lacks : conn->n_lent);

		if (r)
			return r;
	}
	*datap = conn->in.data + conn->in_pos;
	return kept_left(conn) < n ? PEN_E_AGAIN : 0;
}

static void advance(struct pen_conn *conn, size_t n)
{
	if (kept_left(conn)) {
		conn->in_pos += n;
	} else {
		conn->lent += n;
		conn->n_lent -= n;
	}
}

/* The events that pointed into it have been handled. */
static void forget_handled(struct pen_conn *conn)
{
	if (kept_left(conn))
		return;
	conn->in.size = conn->in_pos = 0;
	if (conn->in.capacity > IN_KEPT)
		pen_buffer_done(&conn->in);
}

static int next_pdu(struct pen_conn *conn, struct pen_event *event)
{
	struct pen_pdu_header header;
	uint8_t *data;
	int r;

	forget_handled(conn);
	r = peek(conn, PEN_PDU_HEADER_SIZE, &data);
	if (r)
		return r;
	pen_pdu_header_get(&header, data);
	if (header.rpc_vers != 5 || header.rpc_vers_minor > 1 ||
	    header.frag_length < PEN_PDU_HEADER_SIZE)
		return conn->role->refuse(conn, &header);
	r = peek(conn, header.frag_length, &data);
	if (r)
		return r;

	if (header.ptype >= PEN_N_PDUS ||
	    !(conn->role->admitted[conn->state] & PEN_BIT(header.ptype)))
		r = conn->role->refuse(conn, &header);
	else
		r = conn->role->receive(conn, &header, data, event);
	if (r == PEN_PENDING && conn->is_server)
		return r; /* the same PDU is to be handled again */
	advance(conn, header.frag_length);
	conn->n_in++;
	return r;
}

/* What a PDU has opened is told of before the next one. */
static int tell_authenticated(struct pen_conn *conn, struct pen_event *event)
{
	event->kind = PEN_EVENT_AUTHENTICATED;
	event->auth = &conn->authenticated->info;
	conn->authenticated = NULL;
	return 0;
}

static int next_event(struct pen_conn *conn, struct pen_event *event)
{
	int r;

	*event = (struct pen_event){ 0 };
	if (conn->working)
		return PEN_E_AGAIN;
	if (conn->authenticated)
		return tell_authenticated(conn, event);
	r = conn->is_leg_due ? conn->role->resume(conn, event) : next_pdu(conn, event);
	if (r == PEN_PENDING) {
		event->kind = PEN_EVENT_WORK;
		r = 0;
	}
	return r;
}

int pen_conn_next(struct pen_conn *conn, struct pen_event *event)
{
	uint64_t n_done;
	int r;

	if (conn->stub.capacity > STUB_KEPT)
		pen_buffer_done(&conn->stub);
	conn->stub.size = 0;
	do {
		if (conn->state == PEN_CONN_CLOSED) {
			r = PEN_E_PROTOCOL;
			break;
		}
		n_done = conn->n_in + conn->n_out;
		r = next_event(conn, event);
	} while (r == PEN_E_AGAIN && (n_done != conn->n_in + conn->n_out || conn->authenticated));
	if (r == PEN_E_AGAIN && pen_conn_keep(conn))
		r = -ENOMEM;
	if (r == PEN_E_PROTOCOL)
		conn->n_lent = 0;
	return r;
}

void pen_conn_work(struct pen_conn *conn)
{
	conn->working->mech->work(conn->working->context);
}

void pen_conn_worked(struct pen_conn *conn)
{
	conn->working = NULL;
}

bool pen_conn_take_stub(struct pen_conn *conn, struct pen_buffer *storage)
{
	if (!conn->stub.size)
		return false;
	*storage = conn->stub;
	conn->stub = (struct pen_buffer){ .pool = conn->config.pool };
	return true;
}

size_t pen_conn_output(struct pen_conn *conn, struct pen_slice *slices, size_t max)
{
	return pen_output_slices(&conn->output, slices, max);
}

void pen_conn_sent(struct pen_conn *conn, size_t n)
{
	pen_output_sent(&conn->output, n);
}

size_t pen_conn_queued(const struct pen_conn *conn)
{
	return conn->output.n_queued;
}

bool pen_conn_is_congested(const struct pen_conn *conn)
{
	return conn->output.n_queued > conn->config.limits.output_max;
}

/* What is streamed may take its time between one part and the next. */
static bool is_assembling(const struct pen_conn *conn)
{
	pen_list_each (link, after, &conn->calls) {
		const struct pen_conn_call *call = pen_list_entry(link, struct pen_conn_call, link);

		if (call->is_assembling && !call->is_streamed)
			return true;
	}
	return false;
}

bool pen_conn_is_expecting(const struct pen_conn *conn)
{
	if (conn->working)
		return false;
	return conn->state == PEN_CONN_AWAIT_BIND || conn->state == PEN_CONN_AWAIT_BIND_ACK ||
	       conn->state == PEN_CONN_AWAIT_ALTER_RESP || kept_left(conn) || conn->n_lent ||
	       is_assembling(conn);
}

bool pen_conn_is_closed(const struct pen_conn *conn)
{
	return conn->state == PEN_CONN_CLOSED;
}

void pen_conn_count(const struct pen_conn *conn, uint64_t *n_inp, uint64_t *n_outp)
{
	*n_inp = conn->n_in;
	*n_outp = conn->n_out;
}

size_t pen_conn_memory(const struct pen_conn *conn)
{
	return conn->in.capacity + conn->stub.capacity + conn->n_assembled + conn->output.n_queued;
}

uint32_t pen_conn_assoc_group_id(const struct pen_conn *conn)
{
	return conn->assoc_group_id;
}

size_t pen_conn_begin(struct pen_conn *conn, struct pen_writer *w, enum pen_pdu_type ptype,
		      uint8_t flags, uint32_t call_id)
{
	pen_writer_init(w, &conn->output.small);
	return pen_pdu_begin(w, ptype, flags, call_id);
}

int pen_conn_end(struct pen_conn *conn, struct pen_writer *w, size_t at)
{
	if (w->error) {
		conn->output.small.size = at;
		return w->error;
	}
	pen_pdu_end(w, at);
	conn->n_out++;
	return pen_output_commit(&conn->output, at);
}

struct pen_conn_call *pen_conn_find_call(struct pen_conn *conn, uint32_t call_id)
{
	pen_list_each (link, after, &conn->calls) {
		struct pen_conn_call *call = pen_list_entry(link, struct pen_conn_call, link);

		if (call->call_id == call_id)
			return call;
	}
	return NULL;
}

int pen_conn_add_call(struct pen_conn *conn, uint32_t call_id, struct pen_conn_call **callp)
{
	struct pen_conn_call *call;

	if (conn->n_calls >= conn->config.limits.calls_max)
		return PEN_E_LIMIT;
	if (pen_list_is_empty(&conn->free_calls)) {
		call = calloc(1, sizeof(*call));
		if (!call)
			return -ENOMEM;
		pen_list_init(&call->link);
		call->stub.pool = conn->config.pool;
	} else {
		struct pen_buffer stub;

		call = pen_list_entry(conn->free_calls.next, struct pen_conn_call, link);
		pen_list_remove(&call->link);
		stub = call->stub;
		*call = (struct pen_conn_call){ .stub = stub };
	}
	call->call_id = call_id;
	pen_list_append(&conn->calls, &call->link);
	conn->n_calls++;
	*callp = call;
	return 0;
}

void pen_conn_end_call(struct pen_conn *conn, struct pen_conn_call *call)
{
	conn->n_assembled -= call->stub.size;
	call->stub.size = 0;
	if (call->stub.capacity > STUB_KEPT)
		pen_buffer_done(&call->stub);
	pen_list_remove(&call->link);
	conn->n_calls--;
	if (conn->n_calls < CALLS_KEPT) {
		pen_list_append(&conn->free_calls, &call->link);
		return;
	}
	pen_buffer_done(&call->stub);
	free(call);
}

int pen_conn_assemble(struct pen_conn *conn, struct pen_conn_call *call, struct pen_slice part)
{
	int r;

	if (part.size > conn->config.limits.stub_max - call->stub.size)
		return PEN_E_LIMIT;
	r = pen_buffer_add(&call->stub, part.data, part.size);
	if (!r)
		conn->n_assembled += part.size;
	return r;
}

int pen_conn_whole_stub(struct pen_conn *conn, struct pen_conn_call *call, struct pen_slice last,
			struct pen_slice *stub)
{
	struct pen_buffer empty = conn->stub;
	int r;

	if (last.size > conn->config.limits.stub_max)
		return PEN_E_LIMIT;
	*stub = last;
	if (call->stub.size == 0)
		return 0;
	r = pen_conn_assemble(conn, call, last);
	if (r)
		return r;
	conn->n_assembled -= call->stub.size;
	conn->stub = call->stub;
	call->stub = empty;
	stub->data = conn->stub.data;
	stub->size = conn->stub.size;
	return 0;
}

struct pen_conn_context *pen_conn_find_context(const struct pen_conn *conn, uint16_t context_id)
{
	pen_list_each (link, after, &conn->contexts) {
		struct pen_conn_context *context =
			pen_list_entry(link, struct pen_conn_context, link);

		if (context->context.context_id == context_id)
			return context;
	}
	return NULL;
}

int pen_conn_add_context(struct pen_conn *conn, const struct pen_context *value,
			 struct pen_conn_context **addedp)
{
	struct pen_conn_context *context;

	if (conn->n_contexts >= conn->config.limits.contexts_max)
		return PEN_E_LIMIT;
	context = calloc(1, sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->context = *value;
	pen_list_append(&conn->contexts, &context->link);
	conn->n_contexts++;
	if (addedp)
		*addedp = context;
	return 0;
}
