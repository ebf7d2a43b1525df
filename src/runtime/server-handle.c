/* SPDX-License-Identifier: MIT */
/*
 * The context handles of a call's client.
 */
#include "runtime/server-call.h"
#include <penstock/status.h>
#include <string.h>

static struct pen_handles *handles_of(const struct pen_call *base)
{
	const struct pen_server_call *call = (const struct pen_server_call *)base;

	return call->connection ? call->server->handles : call->handles;
}

/* PEN_E_UNSUPPORTED: who serves a callback has none. */
static int key_of(struct pen_call *base, const struct pen_handle_type *type,
		  struct pen_handle_key *key)
{
	const struct pen_server_call *call = (const struct pen_server_call *)base;

	if (base->role != PEN_CALL_SERVER)
		return pen_call_explain(base, PEN_E_UNSUPPORTED,
					"A callback has no context handles.");
	*key = (struct pen_handle_key){
		.assoc_group_id =
			call->connection ? pen_conn_assoc_group_id(call->connection->conn) : 0,
		.interface = base->interface,
		.type = type,
	};
	return 0;
}

int pen_call_handle_new(struct pen_call *call, const struct pen_handle_type *type, void *object,
			struct pen_context_handle *handle)
{
	struct pen_handle_key key;
	int r = key_of(call, type, &key);

	return r ? r : pen_handles_add(handles_of(call), &key, object, handle);
}

static int mismatch(struct pen_call *call, const struct pen_handle_type *type)
{
	return pen_call_fail(call, PEN_FAULT_CONTEXT_MISMATCH, "There is no %s by that handle.",
			     type->name);
}

int pen_call_handle_get(struct pen_call *call, const struct pen_handle_type *type,
			const struct pen_context_handle *handle, void **objectp)
{
	struct pen_handle_key key;
	int r = key_of(call, type, &key);

	if (!r && pen_handles_find(handles_of(call), &key, handle, objectp))
		r = mismatch(call, type);
	return r;
}

int pen_call_handle_close(struct pen_call *call, const struct pen_handle_type *type,
			  struct pen_context_handle *handle)
{
	struct pen_handle_key key;
	int r = key_of(call, type, &key);

	if (!r && pen_handles_close(handles_of(call), &key, handle))
		r = mismatch(call, type);
	if (!r)
		memset(handle, 0, sizeof(*handle));
	return r;
}
