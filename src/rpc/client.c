/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an association [C706 12, MS-RPCE 3.3.2]. What a server says
 * is held against what it was asked, as strictly as a server holds a client's word.
 */
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/verification.h"

/* What a client may hear, state by state. All else is a protocol error. */
static const uint32_t admitted[PEN_N_CONN_STATES] = {
	[PEN_CONN_AWAIT_BIND_ACK] =
		PEN_BIT(PEN_PDU_BIND_ACK) | PEN_BIT(PEN_PDU_BIND_NAK) | PEN_BIT(PEN_PDU_FAULT),
	[PEN_CONN_OPEN] = PEN_BIT(PEN_PDU_RESPONSE) | PEN_BIT(PEN_PDU_FAULT) |
			  PEN_BIT(PEN_PDU_SHUTDOWN) | PEN_BIT(PEN_PDU_REQUEST),
	[PEN_CONN_AWAIT_ALTER_RESP] =
		PEN_BIT(PEN_PDU_RESPONSE) | PEN_BIT(PEN_PDU_FAULT) | PEN_BIT(PEN_PDU_SHUTDOWN) |
		PEN_BIT(PEN_PDU_ALTER_CONTEXT_RESP) | PEN_BIT(PEN_PDU_REQUEST),
};

static const uint8_t whole = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG;

static int refuse(struct pen_conn *conn, const struct pen_pdu_header *header)
{
	return pen_conn_fail(
		conn, "the server sent PDU type %u of %u bytes, version %u.%u, out of place",
		header->ptype, header->frag_length, header->rpc_vers, header->rpc_vers_minor);
}

/* A callback: a server makes none but out of a call. */
static int receive_request(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
			   struct pen_event *event)
{
	if (!pen_conn_find_call(conn, header->call_id))
		return pen_conn_fail(conn,
				     "the server calls back out of call %u, which is not in "
				     "progress",
				     header->call_id);
	return pen_server_receive_request(conn, header, pdu, event);
}

static int receive(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
		   struct pen_event *event)
{
	struct pen_slice body = { .data = pdu + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };

	switch (header->ptype) {
	case PEN_PDU_BIND_ACK:
	case PEN_PDU_ALTER_CONTEXT_RESP:
		return pen_client_receive_ack(conn, header, body, event);
	case PEN_PDU_BIND_NAK:
		return pen_client_receive_nak(conn, header, body, event);
	case PEN_PDU_RESPONSE:
		return pen_client_receive_response(conn, header, pdu, event);
	case PEN_PDU_FAULT:
		return pen_client_receive_fault(conn, header, pdu, event);
	case PEN_PDU_REQUEST:
		return receive_request(conn, header, pdu, event);
	default:
		event->kind = PEN_EVENT_SHUTDOWN;
		return 0;
	}
}

static const struct pen_conn_role role = {
	.admitted = admitted,
	.receive = receive,
	.resume = pen_client_resume_proof,
	.refuse = refuse,
};

int pen_conn_new_client(struct pen_conn **connp, const struct pen_conn_config *config)
{
	return pen_conn_new(connp, config, false, &role, PEN_CONN_IDLE);
}

/* ---- requests ---- */

static void put_request_head(struct pen_writer *w, const struct pen_conn_call *call,
			     uint32_t alloc_hint)
{
	pen_writer_u32(w, alloc_hint);
	pen_writer_u16(w, call->context->context_id);
	pen_writer_u16(w, call->opnum);
	if (call->has_object)
		pen_writer_uuid(w, &call->object);
}

int pen_conn_send_request(struct pen_conn *conn, struct pen_conn_call *call, unsigned flags,
			  struct pen_buffer *stub)
{
	const struct pen_conn_message message = {
		.ptype = PEN_PDU_REQUEST,
		.flags = (uint8_t)((call->has_object ? PEN_PFC_OBJECT_UUID : 0) |
				   (flags & PEN_REQUEST_MAYBE ? PEN_PFC_MAYBE : 0)),
		.call = call,
		.is_partial = flags & PEN_REQUEST_IN_PARTS,
		.is_big_endian = flags & PEN_REQUEST_BIG_ENDIAN,
		.put_head = put_request_head,
		.n_head =
			PEN_REQUEST_HEADER_SIZE - PEN_PDU_HEADER_SIZE + (call->has_object ? 16 : 0),
	};
	int r = pen_conn_send_stub(conn, &message, stub);

	if (r == PEN_E_UNSUPPORTED)
		call->auth->state = PEN_CONN_AUTH_FAILED;
	return r;
}

/*
 * The first request in each presentation context says, where the signature covers it, what
 * the headers say [MS-RPCE 3.3.2.4.1.3]. Of header signing it says that it was offered: a
 * server that was not offered it learns that somebody took the flag away.
 */
static int put_verification(struct pen_conn *conn, const struct pen_conn_call *call, unsigned flags,
			    struct pen_buffer *stub)
{
	const struct pen_context *context = call->context;
	const struct pen_verification verification = {
		.signs_headers = true,
		.abstract = context->abstract,
		.transfer = context->transfer == PEN_NDR ? pen_syntax_ndr : pen_syntax_ndr64,
		.is_big_endian = flags & PEN_REQUEST_BIG_ENDIAN,
		.call_id = call->call_id,
		.context_id = context->context_id,
		.opnum = call->opnum,
	};
	struct pen_writer w;

	pen_writer_init(&w, stub);
	w.origin = 0; /* aligned as the stub is */
	pen_verification_put(&w, &verification);
	return w.error;
}

/*
 * The verification trailer, if one is due, is sent or the stub is as it was. What is streamed has
 * none: its parameters are not at the end of its stub.
 */
static int send_call(struct pen_conn *conn, struct pen_conn_call *call, unsigned flags,
		     struct pen_buffer *stub)
{
	struct pen_conn_context *holder = pen_conn_find_context(conn, call->context->context_id);
	bool verifies = call->auth && call->auth->info.auth_level >= PEN_AUTH_LEVEL_INTEGRITY &&
			!holder->is_verified && !(flags & PEN_REQUEST_IN_PARTS);
	size_t size = stub->size;
	int r = 0;

	if (verifies)
		r = put_verification(conn, call, flags, stub);
	if (r) {
		stub->size = size;
		return r;
	}
	r = pen_conn_send_request(conn, call, flags, stub);
	if (!r && verifies)
		holder->is_verified = true;
	return r;
}

int pen_conn_request(struct pen_conn *conn, const struct pen_context *context,
		     const struct pen_auth_info *info, uint16_t opnum,
		     const struct pen_uuid *object, unsigned flags, struct pen_buffer *stub,
		     uint32_t *call_idp)
{
	struct pen_conn_auth *auth = pen_conn_auth_of(info);
	struct pen_conn_call *call;
	int r;

	if (conn->state != PEN_CONN_OPEN && conn->state != PEN_CONN_AWAIT_ALTER_RESP)
		return PEN_E_CLOSED;
	if (auth && (auth->state != PEN_CONN_AUTH_OPEN || auth == conn->proving))
		return PEN_E_DENIED;
	if (conn->n_calls > 0 && !conn->is_multiplexed)
		return PEN_E_LIMIT;
	r = pen_conn_add_call(conn, conn->next_call_id, &call);
	if (r)
		return r;
	call->is_made = true;
	call->context = context;
	call->auth = auth;
	call->opnum = opnum;
	call->has_object = object;
	if (object)
		call->object = *object;
	call->is_streamed = flags & PEN_REQUEST_OUT_PARTS;
	call->has_big_endian_request = flags & PEN_REQUEST_BIG_ENDIAN;
	r = send_call(conn, call, flags, stub);
	if (r) {
		pen_conn_end_call(conn, call);
		return r;
	}
	*call_idp = conn->next_call_id++;
	if (flags & PEN_REQUEST_MAYBE)
		pen_conn_end_call(conn, call);
	return 0;
}

int pen_conn_request_part(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub,
			  bool is_last)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);
	unsigned flags = is_last ? 0 : PEN_REQUEST_IN_PARTS;

	if (conn->state == PEN_CONN_CLOSED)
		return PEN_E_CLOSED;
	if (!call || !call->is_sending)
		return PEN_E_NOT_FOUND;
	if (call->has_big_endian_request)
		flags |= PEN_REQUEST_BIG_ENDIAN;
	return pen_conn_send_request(conn, call, flags, stub);
}

/* ---- notices ---- */

/* Signed as the call is [C706 12.6.4.8]; nothing of it is sealed, for it has no body. */
static int send_notice(struct pen_conn *conn, enum pen_pdu_type ptype,
		       const struct pen_conn_call *call)
{
	struct pen_writer w;
	size_t at = pen_conn_begin(conn, &w, ptype, whole, call->call_id);

	if (pen_conn_auth_protects(call->auth)) {
		size_t n = pen_conn_auth_signature_size(call->auth, 0);
		int r;

		if (w.error)
			return w.error;
		pen_writer_store16(&w, w.buffer->data + at + 8,
				   (uint16_t)(PEN_PDU_HEADER_SIZE + PEN_SEC_TRAILER_SIZE + n));
		r = pen_conn_auth_protect(conn, call->auth, &w, at, PEN_PDU_HEADER_SIZE, NULL, 0,
					  0);
		if (r) {
			conn->output.small.size = at;
			return r;
		}
	}
	return pen_conn_end(conn, &w, at);
}

int pen_conn_cancel(struct pen_conn *conn, uint32_t call_id)
{
	const struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	if (!call || conn->state == PEN_CONN_CLOSED)
		return 0;
	return send_notice(conn, PEN_PDU_CO_CANCEL, call);
}

int pen_client_stop_sending(struct pen_conn *conn, struct pen_conn_call *call)
{
	call->is_sending = false;
	return send_notice(conn, PEN_PDU_ORPHANED, call);
}

int pen_conn_orphan(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	if (call)
		call = pen_conn_outermost(call);
	if (!call || call->is_orphaned || conn->state == PEN_CONN_CLOSED)
		return 0;
	call->is_orphaned = true;
	/* Others could only be left after it [MS-RPCE 3.3.1.5.10]: their answer is awaited. */
	if (!conn->keeps_on_orphan && !call->is_sending)
		return 0;
	pen_conn_orphan_inner(conn, call_id);
	return pen_client_stop_sending(conn, call);
}
