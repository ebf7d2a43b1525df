/* SPDX-License-Identifier: MIT */
#include "runtime/call.h"
#include "io/impersonate.h"
#include <stdio.h>

void pen_call_init(struct pen_call *call, enum pen_call_role role, size_t memory_max)
{
	*call = (struct pen_call){ .role = role };
	pen_arena_init(&call->arena, memory_max);
}

void pen_call_reset(struct pen_call *call)
{
	pen_arena_reset(&call->arena);
	call->fault = 0;
	call->error[0] = '\0';
}

struct pen_call *pen_call_free(struct pen_call *call)
{
	if (call && call->role == PEN_CALL_CLIENT)
		pen_client_call_free(call);
	else if (call)
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

void pen_call_set_object(struct pen_call *call, const struct pen_uuid *object)
{
	call->has_object = object;
	call->object = object ? *object : (struct pen_uuid){ 0 };
}

const struct pen_uuid *pen_call_object(const struct pen_call *call)
{
	return call->has_object ? &call->object : NULL;
}

/* ---- acting as the caller ---- */

int pen_call_impersonate(struct pen_call *call)
{
	struct pen_impersonation_error error;
	int r = pen_impersonation_begin(call, pen_call_token(call), &error);

	return r ? pen_call_explain(call, r, "%s", error.text) : 0;
}

void pen_call_revert(struct pen_call *call)
{
	if (pen_impersonation_is_of(call))
		pen_impersonation_end();
}
