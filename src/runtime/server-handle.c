/* SPDX-License-Identifier: MIT */
/*
 * The context handles of a call's client.
 */
#include "runtime/server-handle.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <string.h>

static uint32_t group_of(const struct pen_server_call *call)
{
	return call->connection ? pen_conn_assoc_group_id(call->connection->conn) : 0;
}

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
	const struct pen_token *token = pen_call_token(base);

	if (base->role != PEN_CALL_SERVER)
		return pen_call_explain(base, PEN_E_UNSUPPORTED,
					"A callback has no context handles.");
	*key = (struct pen_handle_key){
		.assoc_group_id = group_of(call),
		.interface = base->interface,
		.type = type,
	};
	if (token)
		key->user = *pen_token_user(token);
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

	if (!r && pen_handles_close(handles_of(call), &key, handle,
				    &((struct pen_server_call *)call)->user))
		r = mismatch(call, type);
	if (!r)
		memset(handle, 0, sizeof(*handle));
	return r;
}

/* ---- who has them ---- */

static void on_told(struct pen_handle_user *user)
{
	struct pen_server_call *call = pen_list_entry(user, struct pen_server_call, user);

	if (!pen_list_is_empty(&call->ready))
		return;
	pen_list_append(&call->server->ready, &call->ready);
	pen_server_soon(call->server);
}

void pen_server_handles_init(struct pen_server_call *call)
{
	struct pen_server_call *outer =
		call->depth ? pen_server_call_find(call->connection, call->call_id) : NULL;

	pen_list_init(&call->ready);
	pen_handle_user_init(&call->user, outer ? &outer->user : NULL, on_told);
	call->locked = NULL;
	call->locked_use = NULL;
}

static int add(struct pen_server_call *call, const struct pen_field *field)
{
	const struct pen_context_handle *handle =
		(const void *)((uint8_t *)call->in + field->offset);
	struct pen_handle_line *line =
		pen_handles_line(call->server->handles, group_of(call), handle);
	struct pen_handle_use *use;

	/* The operation itself refuses what is none. */
	if (!line)
		return 0;
	use = pen_arena_alloc(&call->call.arena, sizeof(*use));
	if (!use)
		return -ENOMEM;
	pen_handle_user_add(&call->user, use, line, !field->is_shared);
	return 0;
}

int pen_server_handles_want(struct pen_server_call *call)
{
	const struct pen_type *in = call->call.operation->in;
	int r = 0;

	for (uint32_t i = 0; i < in->n_fields && !r; i++)
		if (in->fields[i].type->kind == PEN_HANDLE)
			r = add(call, &in->fields[i]);
	if (r)
		call->user.uses = NULL;
	else
		r = pen_handle_user_want(&call->user, call->server->config.calls_per_handle_max);
	if (r == PEN_E_LIMIT)
		return pen_call_fail(&call->call, PEN_FAULT_SERVER_TOO_BUSY,
				     "As many calls as may wait for the handle.");
	if (r == -EDEADLK)
		return pen_call_fail(&call->call, PEN_FAULT_SERVER_TOO_BUSY,
				     "Out of a callback it would wait for a call that waits, too.");
	return r;
}

void pen_server_handles_leave(struct pen_server_call *call)
{
	pen_list_remove(&call->ready);
	call->locked = NULL;
	pen_handle_user_leave(&call->user);
}

static struct pen_handle_use *use_of(const struct pen_server_call *call,
				     const struct pen_context_handle *handle)
{
	const struct pen_handle_line *line =
		pen_handles_line(call->server->handles, group_of(call), handle);
	struct pen_handle_use *use = line ? call->user.uses : NULL;

	while (use && use->line != line)
		use = use->other;
	return use;
}

/* What the call has of it. 0 and NULL: a direct call, which has it for itself. PEN_E_NOT_FOUND. */
static int find_use(const struct pen_call *base, const struct pen_context_handle *handle,
		    struct pen_handle_use **usep)
{
	const struct pen_server_call *call = (const struct pen_server_call *)base;

	*usep = NULL;
	if (base->role != PEN_CALL_SERVER)
		return PEN_E_NOT_FOUND;
	if (!call->connection)
		return 0;
	*usep = use_of(call, handle);
	return *usep ? 0 : PEN_E_NOT_FOUND;
}

/* Nobody will be told of it. */
static void wait_no_more(struct pen_call *base, const struct pen_handle_use *use)
{
	struct pen_server_call *call = (struct pen_server_call *)base;

	if (call->locked_use == use)
		call->locked = NULL;
}

int pen_call_handle_lock_shared(struct pen_call *call, const struct pen_context_handle *handle)
{
	struct pen_handle_use *use;
	int r = find_use(call, handle, &use);

	if (!use)
		return r;
	wait_no_more(call, use);
	return pen_handle_use_share(use);
}

int pen_call_handle_unlock(struct pen_call *call, const struct pen_context_handle *handle)
{
	struct pen_handle_use *use;
	int r = find_use(call, handle, &use);

	if (!use)
		return r;
	wait_no_more(call, use);
	pen_handle_use_end(use);
	return 0;
}

int pen_call_handle_lock_exclusive(struct pen_call *base, const struct pen_context_handle *handle,
				   pen_call_done_fn *locked, void *data)
{
	struct pen_server_call *call = (struct pen_server_call *)base;
	struct pen_handle_use *use;
	int r = find_use(base, handle, &use);

	if (!use)
		return r;
	if (call->locked)
		return -EBUSY;
	r = pen_handle_use_rise(use);
	if (r == PEN_PENDING && !locked) {
		pen_handle_use_share(use);
		return -EBUSY;
	}
	if (r == PEN_PENDING) {
		call->locked = locked;
		call->locked_data = data;
		call->locked_use = use;
	}
	return r;
}

static void tell_locked(struct pen_server_call *call)
{
	const struct pen_interface *interface = call->call.interface;
	struct pen_server *server = call->server;
	pen_call_done_fn *locked = call->locked;
	const struct pen_handle_line *line;

	call->locked = NULL;
	if (!locked || call->state != PEN_SERVER_CALL_PENDING)
		return;
	line = call->locked_use->line;
	locked(&call->call, line && !line->is_closed ? 0 : PEN_E_NOT_FOUND, call->locked_data);
	pen_server_check_itself(server, interface, "what hears of a handle");
}

void pen_server_handles_run(struct pen_server *server)
{
	struct pen_list now;

	/* What these make ready waits for the next round. */
	pen_list_init(&now);
	pen_list_move(&now, &server->ready);
	while (!pen_list_is_empty(&now)) {
		struct pen_server_call *call =
			pen_list_entry(now.next, struct pen_server_call, ready);

		pen_list_remove(&call->ready);
		if (call->state == PEN_SERVER_CALL_QUEUED &&
		    call->connection->state == PEN_CONNECTION_OPEN)
			pen_server_call_begin(call);
		else if (call->state != PEN_SERVER_CALL_QUEUED)
			tell_locked(call);
	}
}
