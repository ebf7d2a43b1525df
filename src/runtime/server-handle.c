/* SPDX-License-Identifier: MIT */
/*
 * The context handles of a call's client.
 */
#include "runtime/server-call.h"
#include <penstock/status.h>
#include <string.h>

static struct pen_server_call *of(struct pen_call *call)
{
	return call->role == PEN_CALL_SERVER ? (struct pen_server_call *)call : NULL;
}

static int no_handles(struct pen_call *call)
{
	return pen_call_explain(call, PEN_E_UNSUPPORTED, "A callback has no context handles.");
}

static struct pen_handles *handles_of(const struct pen_server_call *call)
{
	return call->connection ? call->server->handles : call->handles;
}

static struct pen_handle_key key_of(const struct pen_server_call *call,
				    const struct pen_handle_type *type)
{
	return (struct pen_handle_key){
		.assoc_group_id =
			call->connection ? pen_conn_assoc_group_id(call->connection->conn) : 0,
		.interface = call->call.interface,
		.type = type,
	};
}

int pen_call_handle_new(struct pen_call *base, const struct pen_handle_type *type, void *object,
			struct pen_context_handle *handle)
{
	struct pen_server_call *call = of(base);
	struct pen_handle_key key;

	if (!call)
		return no_handles(base);
	key = key_of(call, type);
	return pen_handles_add(handles_of(call), &key, object, handle);
}

static int mismatch(struct pen_call *call, const struct pen_handle_type *type)
{
	return pen_call_fail(call, PEN_FAULT_CONTEXT_MISMATCH, "There is no %s by that handle.",
			     type->name);
}

int pen_call_handle_get(struct pen_call *base, const struct pen_handle_type *type,
			const struct pen_context_handle *handle, void **objectp)
{
	struct pen_server_call *call = of(base);
	struct pen_handle_key key;

	if (!call)
		return no_handles(base);
	key = key_of(call, type);
	if (pen_handles_find(handles_of(call), &key, handle, objectp))
		return mismatch(base, type);
	return 0;
}

int pen_call_handle_close(struct pen_call *base, const struct pen_handle_type *type,
			  struct pen_context_handle *handle)
{
	struct pen_server_call *call = of(base);
	struct pen_handle_key key;

	if (!call)
		return no_handles(base);
	key = key_of(call, type);
	if (pen_handles_close(handles_of(call), &key, handle))
		return mismatch(base, type);
	memset(handle, 0, sizeof(*handle));
	return 0;
}
