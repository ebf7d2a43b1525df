/* SPDX-License-Identifier: MIT */
#include "runtime/server-trace.h"
#include "policy/identity.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const struct pen_layout layout = { .transfer = PEN_NDR };

/* A reader. */
struct pen_server_trace {
	struct pen_server_trace *next;
	struct pen_server *server;
	int fd;
	uv_poll_t poll;
	uint64_t n_lost;

	/* Of its filter. */
	bool has_uuid;
	struct pen_uuid uuid;
	int32_t opnum; /* -1: any */
	char *user;    /* NULL: any */
	char *address;
	bool is_faults_only;
	uint32_t stub_max;
};

/* Bytes of a stub, as many as somebody wants. */
struct kept {
	uint32_t size; /* of all */
	uint32_t n;
	uint8_t *bytes;
};

struct pen_traced {
	uint64_t time;	     /* ns since 1970 */
	uint64_t started_at; /* ns of a clock that nobody sets */
	uint32_t stub_max;   /* that any reader wants */
	bool is_big_endian;
	bool is_stream;
	enum trace_outcome outcome;
	uint32_t status;
	struct kept request;
	struct kept answer;
};

/* ---- readers ---- */

static void on_closed(uv_handle_t *handle)
{
	struct pen_server_trace *trace = handle->data;

	close(trace->fd);
	free(trace->user);
	free(trace->address);
	free(trace);
}

static void trace_end(struct pen_server_trace *trace)
{
	struct pen_server_trace **at = &trace->server->trace;

	while (*at != trace)
		at = &(*at)->next;
	*at = trace->next;
	uv_close((uv_handle_t *)&trace->poll, on_closed);
}

void pen_server_traces_end(struct pen_server *server)
{
	while (server->trace)
		trace_end(server->trace);
}

/* A reader says nothing: whatever there is to read is its end. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	trace_end(poll->data);
}

static int copy_text(char **copyp, const char *text)
{
	*copyp = text ? strdup(text) : NULL;
	return text && !*copyp ? -ENOMEM : 0;
}

static int set_filter(struct pen_server_trace *trace, const struct worker_trace *filter)
{
	int r = copy_text(&trace->user, filter->user);

	if (!r)
		r = copy_text(&trace->address, filter->address);
	trace->has_uuid = filter->uuid;
	if (filter->uuid)
		memcpy(&trace->uuid, filter->uuid, sizeof(trace->uuid));
	trace->opnum = filter->opnum;
	trace->is_faults_only = filter->is_faults_only;
	trace->stub_max = filter->stub_max;
	return r;
}

static size_t count(const struct pen_server *server)
{
	size_t n = 0;

	for (const struct pen_server_trace *t = server->trace; t; t = t->next)
		n++;
	return n;
}

int pen_server_trace_add(struct pen_server *server, int fd, const struct worker_trace *filter)
{
	struct pen_server_trace *trace = NULL;
	int r = PEN_E_LIMIT;

	if (count(server) < PEN_SERVER_TRACES_MAX) {
		trace = calloc(1, sizeof(*trace));
		r = trace ? set_filter(trace, filter) : -ENOMEM;
	}
	if (!r)
		r = uv_poll_init(&server->loop.uv, &trace->poll, fd);
	if (r) {
		close(fd);
		if (trace) {
			free(trace->user);
			free(trace->address);
		}
		free(trace);
		return r;
	}
	trace->server = server;
	trace->fd = fd;
	trace->poll.data = trace;
	trace->next = server->trace;
	server->trace = trace;
	uv_poll_start(&trace->poll, UV_READABLE | UV_DISCONNECT, on_poll);
	return 0;
}

/* ---- what fits ---- */

/* Bytes as the readers print them; "local" where there is no address. */
static const char *address_of(const struct pen_server_call *call)
{
	const char *address = pen_token_info(call->connection->token)->remote_address;

	return address && *address ? address : "local";
}

static bool fits_request(const struct pen_server_trace *trace, const struct pen_server_call *call)
{
	return (!trace->has_uuid || pen_uuid_equal(&trace->uuid, &call->call.interface->id.uuid)) &&
	       (trace->opnum < 0 || trace->opnum == call->call.opnum) &&
	       (!trace->address || !strcmp(trace->address, address_of(call)));
}

static bool fits(const struct pen_server_trace *trace, const struct pen_server_call *call,
		 const char *user)
{
	return fits_request(trace, call) && (!trace->user || !strcasecmp(trace->user, user)) &&
	       (!trace->is_faults_only || call->traced->outcome == trace_FAULTED);
}

/* ---- a call ---- */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* As much as there is memory for. */
static void keep(struct kept *kept, struct pen_slice stub, uint32_t max)
{
	size_t n = stub.size < max ? stub.size : max;

	free(kept->bytes);
	kept->bytes = n ? malloc(n) : NULL;
	kept->n = kept->bytes ? (uint32_t)n : 0;
	kept->size = (uint32_t)stub.size;
	if (kept->bytes)
		memcpy(kept->bytes, stub.data, n);
}

static void lose(const struct pen_server_call *call)
{
	for (struct pen_server_trace *t = call->server->trace; t; t = t->next)
		t->n_lost += fits_request(t, call);
}

void pen_traced_begin(struct pen_server_call *call, const struct pen_event *event)
{
	struct pen_traced *traced;
	bool is_wanted = false;
	uint32_t stub_max = 0;

	for (const struct pen_server_trace *t = call->server->trace; t; t = t->next) {
		if (!fits_request(t, call))
			continue;
		is_wanted = true;
		stub_max = stub_max > t->stub_max ? stub_max : t->stub_max;
	}
	if (!is_wanted)
		return;
	traced = calloc(1, sizeof(*traced));
	if (!traced) {
		lose(call);
		return;
	}
	traced->time = now_ns(CLOCK_REALTIME);
	traced->started_at = now_ns(CLOCK_MONOTONIC);
	traced->stub_max = stub_max;
	traced->is_big_endian = event->layout.is_big_endian;
	traced->is_stream = !event->is_last;
	traced->outcome = trace_ABANDONED;
	keep(&traced->request, event->stub, stub_max);
	call->traced = traced;
}

void pen_traced_answer(void *data, struct pen_slice stub)
{
	struct pen_traced *traced = data;

	keep(&traced->answer, stub, traced->stub_max);
}

void pen_traced_done(struct pen_traced *traced)
{
	traced->outcome = trace_ANSWERED;
}

void pen_traced_fault(struct pen_traced *traced, uint32_t status)
{
	traced->outcome = trace_FAULTED;
	traced->status = status;
	keep(&traced->answer, (struct pen_slice){ 0 }, 0);
}

/* ---- telling ---- */

static struct trace_stub stub_for(const struct pen_server_trace *trace, const struct kept *kept)
{
	return (struct trace_stub){
		.size = kept->size,
		.n_bytes = kept->n < trace->stub_max ? kept->n : trace->stub_max,
		.bytes = kept->bytes,
	};
}

/* Two names of the same sixteen bytes. */
_Static_assert(sizeof(struct pen_uuid) == sizeof(struct dtyp_GUID), "a UUID is a GUID");

static struct dtyp_GUID guid_of(const struct pen_uuid *uuid)
{
	struct dtyp_GUID guid;

	memcpy(&guid, uuid, sizeof(guid));
	return guid;
}

static struct trace_call letter_of(const struct pen_server_call *call, char *user)
{
	const struct pen_traced *traced = call->traced;
	const struct pen_operation *operation = call->call.operation;
	struct pen_conn *conn = call->connection->conn;

	return (struct trace_call){
		.time = (int64_t)traced->time,
		.duration = (int64_t)(now_ns(CLOCK_MONOTONIC) - traced->started_at),
		.process = (uint32_t)getpid(),
		.uuid = guid_of(&call->call.interface->id.uuid),
		.major = call->call.interface->id.major,
		.minor = call->call.interface->id.minor,
		.opnum = call->call.opnum,
		.is_ndr64 = call->layout.transfer == PEN_NDR64,
		.is_big_endian = traced->is_big_endian,
		.is_stream = traced->is_stream ||
			     (operation && operation->flags & (PEN_OPERATION_IN_PIPES |
							       PEN_OPERATION_OUT_PIPES)),
		.protseq = call->call.protseq,
		.call_id = call->call_id,
		.assoc_group_id = conn ? pen_conn_assoc_group_id(conn) : 0,
		.auth_type = (int8_t)pen_call_auth_type(&call->call),
		.auth_level = (int8_t)pen_call_auth_level(&call->call),
		.user = user,
		.address = (char *)(uintptr_t)address_of(call),
		.outcome = traced->outcome,
		.status = traced->status,
	};
}

/* Whether it went. What is no reader any more ends in the loop. */
static bool send_letter(const struct pen_server_trace *trace, const struct trace_call *letter)
{
	struct pen_buffer bytes;
	ssize_t n = -1;

	pen_buffer_init(&bytes, trace_LETTER_MAX);
	if (!pen_ndr_put(&trace_call_type, layout, NULL, letter, &bytes, NULL))
		n = send(trace->fd, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
	pen_buffer_done(&bytes);
	return n >= 0;
}

static void tell(const struct pen_server_call *call, char *user)
{
	struct trace_call letter = letter_of(call, user);
	struct dtyp_GUID object = guid_of(&call->call.object);

	if (call->call.has_object)
		letter.object = &object;
	for (struct pen_server_trace *t = call->server->trace; t; t = t->next) {
		if (!fits(t, call, user))
			continue;
		letter.lost = (int64_t)t->n_lost;
		letter.request = stub_for(t, &call->traced->request);
		letter.answer = stub_for(t, &call->traced->answer);
		t->n_lost += !send_letter(t, &letter);
	}
}

void pen_traced_end(struct pen_server_call *call)
{
	struct pen_traced *traced = call->traced;
	struct pen_buffer user;

	pen_buffer_init(&user, trace_TEXT_MAX);
	if (!pen_identity_print(call->token, &user) && !pen_buffer_add(&user, "", 1))
		tell(call, (char *)user.data);
	else
		lose(call);
	pen_buffer_done(&user);
	free(traced->request.bytes);
	free(traced->answer.bytes);
	free(traced);
	call->traced = NULL;
}

int pen_traced_get(struct trace_call *call, struct pen_slice message, struct pen_arena *arena)
{
	memset(call, 0, sizeof(*call));
	return pen_ndr_get(&trace_call_type, layout, NULL, message.data, message.size, call, arena,
			   NULL, NULL);
}
