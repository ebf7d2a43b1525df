/* SPDX-License-Identifier: MIT */
#include "runtime/call.h"
#include "io/foul.h"
#include "io/impersonate.h"
#include "runtime/eerr.h"
#include "runtime/enclosure.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <stdio.h>
#include <string.h>

void pen_call_init(struct pen_call *call, enum pen_call_role role, size_t memory_max)
{
	*call = (struct pen_call){ .role = role };
	pen_arena_init(&call->arena, memory_max);
}

void pen_call_reset(struct pen_call *call)
{
	while (call->n_fds)
		pen_foul_close_one(call->fds[--call->n_fds], call->fds_uid);
	pen_arena_reset(&call->arena);
	pen_identities_done(&call->identities);
	pen_identities_done(&call->back_identities);
	call->fault = 0;
	call->error[0] = '\0';
	call->eerr = NULL;
	call->told = NULL;
}

void pen_call_done(struct pen_call *call)
{
	pen_call_reset(call);
	pen_arena_done(&call->arena);
}

struct pen_call *pen_call_free(struct pen_call *call)
{
	if (call && call->role == PEN_CALL_CLIENT)
		pen_client_call_free(call);
	else if (call && call->role == PEN_CALL_SERVER)
		pen_server_call_free(call);
	return NULL;
}

struct pen_arena *pen_call_arena(struct pen_call *call)
{
	return &call->arena;
}

const char *pen_call_error(const struct pen_call *call)
{
	return call->error;
}

uint32_t pen_call_fault(const struct pen_call *call)
{
	return call->fault;
}

int pen_call_explain(struct pen_call *call, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(call->error, sizeof(call->error), format, args);
	va_end(args);
	return result;
}

int pen_call_fail(struct pen_call *call, uint32_t fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(call->error, sizeof(call->error), format, args);
	va_end(args);
	call->fault = fault;
	return PEN_E_FAULT;
}

const void *pen_call_given(struct pen_call *call, const void *object)
{
	return pen_identities_given(
		call->role == PEN_CALL_CLIENT ? &call->identities : &call->back_identities, object);
}

void pen_call_set_object(struct pen_call *call, const struct pen_uuid *object)
{
	call->has_object = object;
	call->object = object ? *object : (struct pen_uuid){ 0 };
}

const struct pen_uuid *pen_call_object(const struct pen_call *call)
{
	return call->has_object ? &call->object : NULL;
}

const void *pen_call_keep(struct pen_call *call, const struct pen_type *type, const void *in)
{
	uint8_t *copy = pen_arena_copy(&call->arena, in, type->size);

	for (uint32_t i = 0; copy && i < type->n_fields; i++) {
		const struct pen_type *to = type->fields[i].type;
		void *pointer;

		if (to->kind != PEN_POINTER || !to->element->size || to->element->kind > PEN_ENUM)
			continue;
		memcpy(&pointer, copy + type->fields[i].offset, sizeof(pointer));
		if (!pointer)
			continue;
		pointer = pen_arena_copy(&call->arena, pointer, to->element->size);
		if (!pointer)
			return NULL;
		memcpy(copy + type->fields[i].offset, &pointer, sizeof(pointer));
	}
	return copy;
}

/* ---- faults ---- */

uint32_t pen_call_fault_of(const struct pen_call *call, int result)
{
	switch (result) {
	case PEN_E_FAULT:
		return call->fault ? call->fault : PEN_FAULT_UNSPEC;
	case PEN_E_UNSUPPORTED:
		return PEN_FAULT_OP_RNG_ERROR;
	case PEN_E_BAD_DATA:
		return PEN_WERR_RPC_X_BAD_STUB_DATA;
	case PEN_E_LIMIT:
	case -ENOMEM:
		return PEN_FAULT_REMOTE_NO_MEMORY;
	case PEN_E_DENIED:
	case -EACCES:
	case -EPERM:
		return PEN_WERR_ACCESS_DENIED;
	case PEN_E_CANCELLED:
		return PEN_FAULT_CANCEL;
	default:
		return PEN_FAULT_UNSPEC;
	}
}

int pen_call_note_fault(struct pen_call *call, const struct pen_event *event)
{
	call->fault = event->status;
	call->eerr = NULL;
	pen_call_explain(call, 0, "%s%s", pen_fault_text(event->status),
			 event->is_unsigned ? " (said without a signature)" : "");
	pen_call_take_eerr(call, event->eerr);
	return PEN_E_FAULT;
}

/* ---- a call that is served ---- */

void *pen_call_data(const struct pen_call *call)
{
	return call->service_data;
}

enum pen_protseq pen_call_protseq(const struct pen_call *call)
{
	return call->protseq;
}

uint8_t pen_call_auth_level(const struct pen_call *call)
{
	return call->auth ? call->auth->auth_level : PEN_AUTH_LEVEL_NONE;
}

uint8_t pen_call_auth_type(const struct pen_call *call)
{
	return call->auth ? call->auth->auth_type : PEN_AUTH_NONE;
}

struct pen_slice pen_call_session_key(const struct pen_call *call)
{
	const struct pen_token *token = pen_call_token(call);

	if (call->auth)
		return call->auth->session_key;
	return token ? pen_token_info(token)->session_key : (struct pen_slice){ 0 };
}

bool pen_call_is_cancelled(const struct pen_call *call)
{
	return call->is_stopped;
}

void pen_call_on_cancel(struct pen_call *call, void (*cancelled)(struct pen_call *, void *),
			void *data)
{
	call->stopped = cancelled;
	call->stopped_data = data;
}

void pen_call_tell_stopped(struct pen_call *call)
{
	void (*stopped)(struct pen_call *, void *) = call->stopped;

	call->is_stopped = true;
	call->stopped = NULL;
	if (stopped)
		stopped(call, call->stopped_data);
}

void pen_call_finish(struct pen_call *call, int result)
{
	if (call->role == PEN_CALL_SERVER)
		pen_server_call_finish(call, result);
	else
		pen_client_callback_finish(call, result);
}

/* ---- what it calls the other side by ---- */

int pen_call_begin_back(struct pen_call *call, const struct pen_call_back *back, uint16_t opnum,
			struct pen_conn *conn, struct pen_passage *passage, uint32_t call_id,
			struct pen_layout layout, struct pen_buffer *stub)
{
	const struct pen_enclosed enclosed = {
		.type = back->operation->in,
		.layout = layout,
		.scope = { .in = back->in, .identities = &call->back_identities },
		.value = back->in,
	};
	const void *kept = pen_call_keep(call, back->operation->in, back->in);
	size_t n_queued = pen_conn_queued(conn);
	struct pen_enclosure enclosure;
	int r;

	if (!kept)
		return pen_call_explain(call, -ENOMEM, "There is no memory for the callback.");
	r = pen_enclosure_put(&enclosure, call, passage, &enclosed, stub);
	if (r)
		return r;
	r = PEN_E_AGAIN;
	if (pen_enclosure_address(&enclosure, passage, stub, layout))
		r = pen_conn_call_back(conn, call_id, opnum,
				       layout.is_big_endian ? PEN_REQUEST_BIG_ENDIAN : 0, stub);
	stub->size = 0;
	if (r)
		pen_enclosure_done(&enclosure);
	switch (r) {
	case 0:
		pen_enclosure_send(&enclosure, passage, conn, n_queued);
		call->back = *back;
		call->back.in = kept;
		return 0;
	case PEN_E_CLOSED:
		return pen_call_explain(call, PEN_E_CANCELLED, "The call is given up.");
	case PEN_E_NOT_FOUND:
		return pen_call_explain(call, -EBUSY, "The call's pipes still flow.");
	case PEN_E_LIMIT:
		return pen_call_explain(call, r, "Calls are inside each other as deep as may be.");
	case PEN_E_AGAIN:
		return pen_call_explain(call, PEN_E_LIMIT, "Too many descriptors wait to be sent.");
	default:
		return pen_call_explain(call, r, "The callback cannot be sent: %s.",
					pen_error_name(r));
	}
}

int pen_call_take_back(struct pen_call *call, struct pen_passage *passage,
		       const struct pen_event *event)
{
	const struct pen_call_back *back = &call->back;
	const struct pen_type *type = back->operation->out;
	const struct pen_scope scope = { .in = back->in,
					 .out = back->out,
					 .identities = &call->back_identities,
					 .cargo = pen_call_shelf(passage) };
	struct pen_ndr_error error = { "" };
	int r;

	if (event->kind == PEN_EVENT_FAULT)
		return pen_call_note_fault(call, event);
	memset(back->out, 0, type->size);
	r = pen_ndr_get(type, event->layout, &scope, event->stub.data, event->stub.size, back->out,
			&call->arena, NULL, &error);
	r = pen_call_collect(call, passage, r, &error);
	if (r)
		pen_call_explain(call, r, "The answer does not decode: %s", error.text);
	return r;
}

/* ---- acting as the caller ---- */

int pen_call_impersonate(struct pen_call *call)
{
	const struct pen_token *token = pen_call_token(call);
	struct pen_impersonation_error error;
	int r;

	if (!token)
		return pen_call_explain(call, PEN_E_DENIED, "A callback has no caller to act as.");
	r = pen_impersonation_begin(call, token, &error);
	return r ? pen_call_explain(call, r, "%s", error.text) : 0;
}

void pen_call_revert(struct pen_call *call)
{
	if (pen_impersonation_is_of(call))
		pen_impersonation_end();
}
