/* SPDX-License-Identifier: MIT */
/*
 * Calls inside each other [MS-RPCE 3.3.1.5.9]: callbacks, and what is called out of them. At any
 * time one side runs the innermost, and the other waits for it.
 */
#include "rpc/client.h"
#include "rpc/server.h"

struct pen_conn_call *pen_conn_outermost(struct pen_conn_call *call)
{
	while (call->outer)
		call = call->outer;
	return call;
}

int pen_conn_add_inner(struct pen_conn *conn, struct pen_conn_call *call,
		       struct pen_conn_call **innerp)
{
	struct pen_conn_call *inner;
	int r;

	if (call->depth >= conn->config.limits.nesting_max)
		return PEN_E_LIMIT;
	r = pen_conn_add_call(conn, call->call_id, &inner);
	if (r)
		return r;
	pen_list_remove(&inner->link);
	pen_list_append(conn->calls.next, &inner->link);
	inner->outer = call;
	inner->depth = call->depth + 1;
	inner->context = call->context;
	inner->auth = call->auth;
	*innerp = inner;
	return 0;
}

/* What this side has made and nobody waits for goes, up to what it still serves. */
static void unwind(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call;

	while ((call = pen_conn_find_call(conn, call_id)) && call->is_made &&
	       (call->outer ? call->is_orphaned : call->is_answered))
		pen_conn_end_call(conn, call);
}

void pen_conn_orphan_inner(struct pen_conn *conn, uint32_t call_id)
{
	for (struct pen_conn_call *call = pen_conn_find_call(conn, call_id); call->outer;
	     call = call->outer)
		call->is_orphaned = true;
	unwind(conn, call_id);
}

void pen_conn_end_served(struct pen_conn *conn, struct pen_conn_call *call)
{
	uint32_t call_id = call->call_id;

	pen_conn_end_call(conn, call);
	unwind(conn, call_id);
}

int pen_conn_call_back(struct pen_conn *conn, uint32_t call_id, uint16_t opnum, unsigned flags,
		       struct pen_buffer *stub)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);
	struct pen_conn_call *inner;
	int r;

	if (conn->state == PEN_CONN_CLOSED)
		return PEN_E_CLOSED;
	if (!call || call->is_made || call->is_assembling || call->is_sending)
		return PEN_E_NOT_FOUND;
	if (call->is_orphaned)
		return PEN_E_CLOSED;
	if (call->is_maybe)
		return PEN_E_UNSUPPORTED;
	r = pen_conn_add_inner(conn, call, &inner);
	if (r)
		return r;
	inner->is_made = true;
	inner->opnum = opnum;
	r = pen_conn_send_request(conn, inner, flags, stub);
	if (r)
		pen_conn_end_call(conn, inner);
	return r;
}
