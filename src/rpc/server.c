/* SPDX-License-Identifier: MIT */
/*
 * The server's side of an association [C706 12, MS-RPCE 3.3.3].
 */
#include "rpc/server.h"
#include "rpc/client.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/eerr.h>
#include <penstock/status.h>
#include <stdarg.h>
#include <stdio.h>

/* What a server may hear, state by state. All else is a protocol error. */
static const uint32_t admitted[PEN_N_CONN_STATES] = {
	[PEN_CONN_AWAIT_BIND] = PEN_BIT(PEN_PDU_BIND),
	[PEN_CONN_OPEN] = PEN_BIT(PEN_PDU_REQUEST) | PEN_BIT(PEN_PDU_ALTER_CONTEXT) |
			  PEN_BIT(PEN_PDU_AUTH3) | PEN_BIT(PEN_PDU_CO_CANCEL) |
			  PEN_BIT(PEN_PDU_ORPHANED) | PEN_BIT(PEN_PDU_RESPONSE) |
			  PEN_BIT(PEN_PDU_FAULT),
};

static int put_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint32_t status,
		     uint8_t flags, struct pen_slice eerr)
{
	struct pen_writer w;
	size_t at =
		pen_conn_begin(conn, &w, PEN_PDU_FAULT,
			       (uint8_t)(PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG | flags), call_id);

	if (eerr.size > pen_conn_eerr_max(conn))
		eerr.size = 0;
	pen_writer_u32(&w, (uint32_t)(PEN_FAULT_SIZE + eerr.size));
	pen_writer_u16(&w, context_id);
	pen_writer_u8(&w, 0);
	pen_writer_u8(&w, eerr.size ? PEN_FAULT_HAS_EERR : 0);
	pen_writer_u32(&w, status);
	pen_writer_u32(&w, 0);
	pen_writer_bytes(&w, eerr.data, eerr.size);
	return pen_conn_end(conn, &w, at);
}

/* Before the bind nobody has said how much the client receives. */
size_t pen_conn_eerr_max(const struct pen_conn *conn)
{
	return (conn->group ? conn->frag_max : PEN_FRAG_MUST_RECEIVE) - (size_t)PEN_FAULT_SIZE;
}

/* What its owner has to say of what the engine refuses, in a buffer to be ended. */
static struct pen_slice describe(const struct pen_conn *conn, uint16_t location, uint32_t status,
				 const char *sentence, size_t max, struct pen_buffer *eerr)
{
	pen_buffer_init(eerr, max);
	if (conn->config.describe)
		conn->config.describe(conn->config.find_data, location, status, sentence, max,
				      eerr);
	return (struct pen_slice){ eerr->data, eerr->size };
}

static int fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint32_t status,
		 uint8_t flags, const char *sentence)
{
	struct pen_buffer buffer;
	struct pen_slice eerr = describe(conn, PEN_EERR_AT_ASSOCIATION, status, sentence,
					 pen_conn_eerr_max(conn), &buffer);
	int r = put_fault(conn, call_id, context_id, status, flags, eerr);

	pen_buffer_done(&buffer);
	return r;
}

int pen_server_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint32_t status,
		     uint8_t flags)
{
	return fault(conn, call_id, context_id, status, flags, NULL);
}

/* Of broken rules the reason is told; of what was not proved, no more than that. */
int pen_server_last_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id,
			  uint32_t status, uint8_t flags)
{
	const char *sentence = status == PEN_FAULT_PROTO_ERROR ? conn->reason : NULL;
	int r = conn->is_server ? fault(conn, call_id, context_id, status, flags, sentence) : 0;

	return r ? r : PEN_E_PROTOCOL;
}

int pen_server_proto_error(struct pen_conn *conn, uint32_t call_id, uint16_t context_id,
			   uint8_t flags)
{
	return pen_server_last_fault(conn, call_id, context_id, PEN_FAULT_PROTO_ERROR, flags);
}

/* A bind_nak's reason as Win32 has it. */
static uint32_t status_of(enum pen_nak_reason reason)
{
	switch (reason) {
	case PEN_NAK_LOCAL_LIMIT_EXCEEDED:
		return PEN_WERR_RPC_S_OUT_OF_RESOURCES;
	case PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED:
		return PEN_WERR_RPC_S_UNKNOWN_AUTHN_SERVICE;
	case PEN_NAK_INVALID_CHECKSUM:
		return PEN_WERR_ACCESS_DENIED;
	default:
		return PEN_WERR_RPC_S_PROTOCOL_ERROR;
	}
}

static int put_nak(struct pen_conn *conn, uint32_t call_id, enum pen_nak_reason reason,
		   struct pen_slice eerr)
{
	struct pen_writer w;
	size_t at = pen_conn_begin(conn, &w, PEN_PDU_BIND_NAK,
				   PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG, call_id);

	pen_writer_u16(&w, (uint16_t)reason);
	pen_writer_u8(&w, 1); /* one version: 5.0 */
	pen_writer_u8(&w, 5);
	pen_writer_u8(&w, 0);
	pen_writer_zeros(&w, 3);
	if (eerr.size) {
		pen_writer_uuid(&w, &pen_eerr_signature);
		pen_writer_bytes(&w, eerr.data, eerr.size);
	}
	return pen_conn_end(conn, &w, at);
}

int pen_server_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
		   enum pen_nak_reason reason, const char *format, ...)
{
	bool is_secret = reason == PEN_NAK_INVALID_CHECKSUM; /* why a proof fails */
	char why[sizeof(conn->reason)];
	struct pen_buffer buffer;
	struct pen_slice eerr;
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	eerr = describe(conn, PEN_EERR_AT_BIND, status_of(reason), is_secret ? NULL : why,
			PEN_FRAG_MUST_RECEIVE - PEN_NAK_EERR_AT, &buffer);
	r = put_nak(conn, header->call_id, reason, eerr);
	pen_buffer_done(&buffer);
	pen_conn_fail(conn, "bind: refused: %s", why);
	return r ? r : PEN_E_PROTOCOL;
}

static int refuse(struct pen_conn *conn, const struct pen_pdu_header *header)
{
	if (header->rpc_vers != 5 || header->rpc_vers_minor > 1)
		return pen_server_nak(conn, header, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED,
				      "RPC version %u.%u, and only 5.0 and 5.1 are spoken: is it "
				      "RPC at all that the client speaks?",
				      header->rpc_vers, header->rpc_vers_minor);
	if (header->frag_length < PEN_PDU_HEADER_SIZE)
		return pen_conn_fail(conn, "%s: frag_length is %u, less than the header has",
				     pen_pdu_name(header->ptype), header->frag_length);
	if (header->ptype == PEN_PDU_BIND)
		return pen_server_nak(conn, header, PEN_NAK_NOT_SPECIFIED,
				      "the association is bound already: alter_context goes on "
				      "from there");
	pen_conn_fail(conn, "%s (type %u): a server takes no such PDU %s",
		      pen_pdu_name(header->ptype), header->ptype,
		      conn->state == PEN_CONN_AWAIT_BIND ? "before a bind" : "once it is bound");
	return pen_server_proto_error(conn, header->call_id, 0, 0);
}

/*
 * A notice has its place among what is signed under the context that it names. One that
 * is not signed says nothing about a call that is. PEN_E_AGAIN: it says nothing.
 */
static int verify_notice(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
			 const struct pen_conn_call *call)
{
	struct pen_slice body = { .data = pdu + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };
	struct pen_sec_trailer trailer;
	struct pen_conn_auth *auth;

	if (!header->auth_length)
		return call && pen_conn_auth_protects(call->auth) ? PEN_E_AGAIN : 0;
	if (pen_sec_trailer_get(&trailer, header, &body))
		return pen_conn_fail(conn, "%s: call %u: its sec_trailer is cut short",
				     pen_pdu_name(header->ptype), header->call_id);
	auth = pen_conn_auth_find(conn, trailer.auth_context_id);
	if (!auth || auth->state != PEN_CONN_AUTH_OPEN || (call && call->auth != auth))
		return pen_conn_fail(conn,
				     "%s: call %u: it is of another security context than the "
				     "call",
				     pen_pdu_name(header->ptype), header->call_id);
	if (!pen_conn_auth_protects(auth) ||
	    !pen_conn_auth_unprotect(conn, auth, header, pdu, PEN_PDU_HEADER_SIZE))
		return 0;
	conn->state = PEN_CONN_CLOSED;
	return PEN_E_PROTOCOL;
}

/*
 * For a call that is not there neither has a meaning. Nor for one that is not whole
 * yet: [C706 12.6.4.8] would have it forgotten, Windows takes the rest and runs it. One that is
 * streamed runs already, and of an orphaned one nothing more comes.
 */
static int receive_notice(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
			  enum pen_event_kind kind, struct pen_event *event)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);
	int r = verify_notice(conn, header, pdu, call);

	if (r)
		return r;
	if (!call || (call->is_assembling && !call->is_streamed))
		return PEN_E_AGAIN;
	call = pen_conn_outermost(call);
	if (kind == PEN_EVENT_ORPHANED) {
		pen_conn_orphan_inner(conn, call->call_id);
		call->is_assembling = false;
	}
	if (call->is_answered) {
		if (!call->is_assembling)
			pen_conn_end_call(conn, call);
		return PEN_E_AGAIN;
	}
	event->kind = kind;
	event->call_id = call->call_id;
	event->context = call->context;
	return 0;
}

/* What answers a callback. */
static int receive_answer(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
			  struct pen_event *event)
{
	const struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);

	if (!call || !call->is_made)
		return refuse(conn, header);
	return header->ptype == PEN_PDU_RESPONSE
		       ? pen_client_receive_response(conn, header, pdu, event)
		       : pen_client_receive_fault(conn, header, pdu, event);
}

static int receive(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
		   struct pen_event *event)
{
	struct pen_slice body = { .data = pdu + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };

	switch (header->ptype) {
	case PEN_PDU_BIND:
		return pen_server_receive_bind(conn, header, body, event);
	case PEN_PDU_ALTER_CONTEXT:
		return pen_server_receive_alter(conn, header, body, event);
	case PEN_PDU_AUTH3:
		return pen_server_receive_auth3(conn, header, body);
	case PEN_PDU_REQUEST:
		return pen_server_receive_request(conn, header, pdu, event);
	case PEN_PDU_RESPONSE:
	case PEN_PDU_FAULT:
		return receive_answer(conn, header, pdu, event);
	case PEN_PDU_CO_CANCEL:
		return receive_notice(conn, header, pdu, PEN_EVENT_CANCEL, event);
	default:
		return receive_notice(conn, header, pdu, PEN_EVENT_ORPHANED, event);
	}
}

static const struct pen_conn_role role = {
	.admitted = admitted,
	.receive = receive,
	.refuse = refuse,
};

int pen_conn_new_server(struct pen_conn **connp, const struct pen_conn_config *config)
{
	return pen_conn_new(connp, config, true, &role, PEN_CONN_AWAIT_BIND);
}

/* As Windows does, the context id in a response is cut to its lower byte. */
static void put_response_head(struct pen_writer *w, const struct pen_conn_call *call,
			      uint32_t alloc_hint)
{
	pen_writer_u32(w, alloc_hint);
	pen_writer_u16(w, call->context->context_id & 0xff);
	pen_writer_u16(w, 0);
}

/* One that runs: it is whole, or streamed, and waits for no callback. */
static struct pen_conn_call *find_running(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	if (!call || call->is_made || call->is_answered)
		return NULL;
	return !call->is_assembling || call->is_streamed ? call : NULL;
}

/* Whether somebody waits for what it says. */
static bool is_heard(const struct pen_conn *conn, const struct pen_conn_call *call)
{
	return !call->is_maybe && !call->is_orphaned && conn->state != PEN_CONN_CLOSED;
}

/* Nothing more is said of it; what still comes of its request is passed over. */
static void end_answered(struct pen_conn *conn, struct pen_conn_call *call)
{
	if (call->is_assembling)
		call->is_answered = true;
	else
		pen_conn_end_served(conn, call);
}

/* A client must not wait for an answer that could not be queued: the association is over. */
static int answered(struct pen_conn *conn, uint32_t call_id, int r)
{
	if (r)
		pen_conn_fail(conn, "call %u cannot be answered: %s", call_id,
			      r == -ENOMEM ? "no memory" : "its security context cannot sign");
	return r;
}

static int send_response(struct pen_conn *conn, struct pen_conn_call *call, bool is_partial,
			 struct pen_buffer *stub)
{
	const struct pen_conn_message message = {
		.ptype = PEN_PDU_RESPONSE,
		.call = call,
		.is_partial = is_partial,
		.put_head = put_response_head,
		.n_head = PEN_RESPONSE_HEADER_SIZE - PEN_PDU_HEADER_SIZE,
	};
	int r = 0;

	if (call && is_heard(conn, call))
		r = pen_conn_send_stub(conn, &message, stub);
	stub->size = 0;
	return r;
}

int pen_conn_respond_part(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub)
{
	int r = send_response(conn, find_running(conn, call_id), true, stub);

	return r == -EINVAL ? r : answered(conn, call_id, r);
}

int pen_conn_respond(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub)
{
	struct pen_conn_call *call = find_running(conn, call_id);
	int r = send_response(conn, call, false, stub);

	if (call)
		end_answered(conn, call);
	return answered(conn, call_id, r);
}

int pen_conn_fault_eerr(struct pen_conn *conn, uint32_t call_id, uint32_t status,
			bool did_not_execute, struct pen_slice eerr)
{
	struct pen_conn_call *call = find_running(conn, call_id);
	int r = 0;

	if (!call)
		return 0;
	if (status == 0)
		status = PEN_FAULT_UNSPEC;
	if (is_heard(conn, call))
		r = put_fault(conn, call_id, call->context->context_id, status,
			      did_not_execute ? PEN_PFC_DID_NOT_EXECUTE : 0, eerr);
	end_answered(conn, call);
	return answered(conn, call_id, r);
}

int pen_conn_fault(struct pen_conn *conn, uint32_t call_id, uint32_t status, bool did_not_execute)
{
	return pen_conn_fault_eerr(conn, call_id, status, did_not_execute, (struct pen_slice){ 0 });
}

int pen_conn_shutdown(struct pen_conn *conn)
{
	struct pen_writer w;
	size_t at;

	if (conn->state != PEN_CONN_OPEN)
		return 0;
	at = pen_conn_begin(conn, &w, PEN_PDU_SHUTDOWN, PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG, 0);
	return pen_conn_end(conn, &w, at);
}
