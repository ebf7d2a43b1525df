/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an association [C706 12, MS-RPCE 3.3.2]. What a server says
 * is held against what it was asked, as strictly as a server holds a client's word.
 */
#include "rpc/engine.h"
#include <penstock/status.h>
#include <stdio.h>

/* What a client may hear, state by state. All else is a protocol error. */
static const uint32_t admitted[PEN_N_CONN_STATES] = {
	[PEN_CONN_AWAIT_BIND_ACK] =
		PEN_BIT(PEN_PDU_BIND_ACK) | PEN_BIT(PEN_PDU_BIND_NAK) | PEN_BIT(PEN_PDU_FAULT),
	[PEN_CONN_OPEN] =
		PEN_BIT(PEN_PDU_RESPONSE) | PEN_BIT(PEN_PDU_FAULT) | PEN_BIT(PEN_PDU_SHUTDOWN),
	[PEN_CONN_AWAIT_ALTER_RESP] = PEN_BIT(PEN_PDU_RESPONSE) | PEN_BIT(PEN_PDU_FAULT) |
				      PEN_BIT(PEN_PDU_SHUTDOWN) |
				      PEN_BIT(PEN_PDU_ALTER_CONTEXT_RESP),
};

static const uint8_t whole = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG;

static int refuse(struct pen_conn *conn, const struct pen_pdu_header *header)
{
	return pen_conn_fail(
		conn, "the server sent PDU type %u of %u bytes, version %u.%u, out of place",
		header->ptype, header->frag_length, header->rpc_vers, header->rpc_vers_minor);
}

/* ---- bind and alter_context ---- */

static void put_proposal(struct pen_writer *w, uint16_t context_id,
			 const struct pen_syntax_id *abstract, const struct pen_syntax_id *transfer)
{
	pen_writer_u16(w, context_id);
	pen_writer_u8(w, 1);
	pen_writer_u8(w, 0);
	pen_syntax_id_put(w, abstract);
	pen_syntax_id_put(w, transfer);
}

/*
 * A context for each transfer syntax, as Windows offers them, and in the first
 * bind one more for the features.
 */
static void put_proposals(struct pen_conn *conn, struct pen_writer *w, bool is_bind)
{
	uint16_t id = conn->binding_context_id;
	struct pen_syntax_id features =
		pen_features_to_syntax(PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN);

	pen_writer_u8(w, (uint8_t)(1 + conn->binding_has_ndr64 + is_bind));
	pen_writer_zeros(w, 3);
	put_proposal(w, id++, &conn->binding, &pen_syntax_ndr);
	if (conn->binding_has_ndr64)
		put_proposal(w, id++, &conn->binding, &pen_syntax_ndr64);
	if (is_bind)
		put_proposal(w, id++, &conn->binding, &features);
	conn->next_context_id = id;
}

int pen_conn_bind(struct pen_conn *conn, const struct pen_syntax_id *abstract, bool refuse_ndr64,
		  uint32_t assoc_group_id)
{
	bool is_bind = conn->state == PEN_CONN_IDLE;
	uint8_t flags = whole | (is_bind ? PEN_PFC_CONC_MPX : 0);
	struct pen_writer w;
	size_t at;
	int r;

	if (!is_bind && conn->state != PEN_CONN_OPEN)
		return conn->state == PEN_CONN_CLOSED ? PEN_E_CLOSED : PEN_E_AGAIN;
	conn->binding = *abstract;
	conn->binding_has_ndr64 = !refuse_ndr64;
	conn->binding_context_id = conn->next_context_id;
	conn->bind_call_id = conn->next_call_id++;
	at = pen_conn_begin(conn, &w, is_bind ? PEN_PDU_BIND : PEN_PDU_ALTER_CONTEXT, flags,
			    conn->bind_call_id);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u32(&w, is_bind ? assoc_group_id : conn->assoc_group_id);
	put_proposals(conn, &w, is_bind);
	r = pen_conn_end(conn, &w, at);
	if (r)
		return r;
	conn->state = is_bind ? PEN_CONN_AWAIT_BIND_ACK : PEN_CONN_AWAIT_ALTER_RESP;
	return 0;
}

static const struct pen_context *newest_context(const struct pen_conn *conn,
						const struct pen_syntax_id *abstract)
{
	const struct pen_context *found = NULL;

	pen_list_each (link, after, &conn->contexts) {
		const struct pen_context *context =
			&pen_list_entry(link, struct pen_conn_context, link)->context;

		if (pen_syntax_id_equal(&context->abstract, abstract))
			found = context;
	}
	return found;
}

const struct pen_context *pen_conn_context(const struct pen_conn *conn,
					   const struct pen_syntax_id *abstract)
{
	return newest_context(conn, abstract);
}

/* One result for each context that was proposed, in their order. */
static int get_result(struct pen_conn *conn, struct pen_reader *r, uint8_t index, uint16_t *reasonp)
{
	uint16_t result = pen_reader_u16(r);
	uint16_t reason = pen_reader_u16(r);
	struct pen_syntax_id transfer = pen_syntax_id_get(r);
	struct pen_context context = {
		.context_id = (uint16_t)(conn->binding_context_id + index),
		.abstract = conn->binding,
		.transfer = index == 0 ? PEN_NDR : PEN_NDR64,
	};

	if (!pen_reader_ok(r))
		return PEN_E_PROTOCOL;
	if (index > conn->binding_has_ndr64) { /* the features */
		conn->keeps_on_orphan = result == PEN_ACK_NEGOTIATE_ACK &&
					(reason & PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN);
		return result == PEN_ACK_ACCEPTANCE ? PEN_E_PROTOCOL : 0;
	}
	if (result != PEN_ACK_ACCEPTANCE) {
		if (index == 0)
			*reasonp = reason;
		return 0;
	}
	if (!pen_syntax_id_equal(&transfer, index == 0 ? &pen_syntax_ndr : &pen_syntax_ndr64))
		return PEN_E_PROTOCOL;
	return pen_conn_add_context(conn, &context, NULL);
}

static const char *reject_sentence(uint32_t reason)
{
	switch (reason) {
	case PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED:
		return "the server does not offer this interface here";
	case PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED:
		return "the server speaks none of the transfer syntaxes";
	case PEN_ACK_LOCAL_LIMIT_EXCEEDED:
		return "the server has as many contexts as it may";
	default:
		return "the server rejects the interface and gives no reason";
	}
}

static void note(struct pen_conn *conn, const char *sentence)
{
	snprintf(conn->reason, sizeof(conn->reason), "%s", sentence);
}

static int receive_ack(struct pen_conn *conn, const struct pen_pdu_header *header,
		       struct pen_slice body, struct pen_event *event)
{
	bool is_bind = header->ptype == PEN_PDU_BIND_ACK;
	uint8_t n_proposed = (uint8_t)(1 + conn->binding_has_ndr64 + is_bind);
	uint16_t max_recv, reason = 0;
	struct pen_reader r;
	uint32_t group_id;
	uint8_t n;
	int result;

	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_u16(&r);
	max_recv = pen_reader_u16(&r);
	group_id = pen_reader_u32(&r);
	pen_reader_bytes(&r, pen_reader_u16(&r)); /* secondary address */
	pen_reader_align(&r, 4);
	n = pen_reader_u8(&r);
	pen_reader_bytes(&r, 3);
	if (!pen_reader_ok(&r) || header->auth_length || header->call_id != conn->bind_call_id ||
	    n != n_proposed)
		return pen_conn_fail(conn, "the server's answer to bind is not one");
	if (is_bind && max_recv < PEN_FRAG_MUST_RECEIVE)
		return pen_conn_fail(conn, "the server receives fragments of %u bytes only",
				     max_recv);
	for (uint8_t i = 0; i < n; i++) {
		result = get_result(conn, &r, i, &reason);
		if (result == PEN_E_PROTOCOL)
			return pen_conn_fail(conn, "the server accepts what was not proposed");
		if (result)
			return result;
	}
	if (is_bind) {
		conn->assoc_group_id = group_id;
		conn->is_multiplexed = header->flags & PEN_PFC_CONC_MPX;
		if (max_recv < conn->frag_max)
			conn->frag_max = max_recv;
	}
	conn->state = PEN_CONN_OPEN;
	event->context = newest_context(conn, &conn->binding);
	event->kind = is_bind ? PEN_EVENT_BOUND : PEN_EVENT_ALTERED;
	if (!event->context) {
		event->kind = PEN_EVENT_REJECTED;
		event->status = reason;
		note(conn, reject_sentence(reason));
	}
	return 0;
}

static const char *nak_sentence(uint16_t reason)
{
	switch (reason) {
	case 1:
		return "the server refuses bind: it is congested for the moment";
	case PEN_NAK_LOCAL_LIMIT_EXCEEDED:
		return "the server refuses bind: it has as many associations as it may";
	case PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED:
		return "the server refuses bind: it does not speak this version of the protocol";
	case PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED:
		return "the server refuses bind: it does not have this security mechanism";
	case 9:
		return "the server refuses bind: the authentication is not valid";
	default:
		return "the server refuses bind and gives no reason";
	}
}

static int receive_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
		       struct pen_slice body, struct pen_event *event)
{
	struct pen_reader r;

	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	event->status = pen_reader_u16(&r);
	if (!pen_reader_ok(&r) || header->call_id != conn->bind_call_id)
		return pen_conn_fail(conn, "the server's bind_nak is not one");
	event->kind = PEN_EVENT_REJECTED;
	note(conn, nak_sentence((uint16_t)event->status));
	conn->state = PEN_CONN_CLOSED;
	return 0;
}

/* ---- responses ---- */

static int complete(struct pen_conn *conn, const struct pen_pdu_header *header,
		    struct pen_conn_call *call, struct pen_slice last, struct pen_event *event)
{
	int r = pen_conn_whole_stub(conn, call, last, &event->stub);

	if (r == PEN_E_LIMIT)
		return pen_conn_fail(conn, "call %u: more than %u bytes of stub data",
				     call->call_id, conn->config.limits.stub_max);
	if (r)
		return r;
	event->kind = PEN_EVENT_RESPONSE;
	event->call_id = call->call_id;
	event->context = call->context;
	event->layout = (struct pen_layout){
		.transfer = call->context->transfer,
		.is_big_endian = header->is_big_endian,
	};
	r = call->is_orphaned ? PEN_E_AGAIN : 0;
	pen_conn_end_call(conn, call);
	return r;
}

static int receive_response(struct pen_conn *conn, const struct pen_pdu_header *header,
			    struct pen_slice body, struct pen_event *event)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);
	bool is_first = header->flags & PEN_PFC_FIRST_FRAG;
	struct pen_slice stub;
	struct pen_reader r;
	uint16_t context_id;
	int result;

	if (!call)
		return pen_conn_fail(conn, "the server answers call %u, which is not in progress",
				     header->call_id);
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_u32(&r); /* alloc_hint */
	context_id = pen_reader_u16(&r);
	pen_reader_u16(&r); /* cancel_count */
	stub = pen_reader_slice(&r, pen_reader_left(&r));
	if (!pen_reader_ok(&r) || header->auth_length ||
	    header->frag_length > conn->config.limits.frag_max)
		return pen_conn_fail(conn, "call %u: the response is not one", call->call_id);
	if ((context_id & 0xff) != (call->context->context_id & 0xff))
		return pen_conn_fail(conn, "call %u: answered in context %u", call->call_id,
				     context_id);
	if (is_first == call->is_assembling ||
	    (!is_first && call->is_big_endian != header->is_big_endian))
		return pen_conn_fail(conn, "call %u: fragments out of order", call->call_id);
	call->is_assembling = true;
	call->is_big_endian = header->is_big_endian;
	if (header->flags & PEN_PFC_LAST_FRAG)
		return complete(conn, header, call, stub, event);
	result = pen_conn_assemble(conn, call, stub);
	if (result == PEN_E_LIMIT)
		return pen_conn_fail(conn, "call %u: more than %u bytes of stub data",
				     call->call_id, conn->config.limits.stub_max);
	return result ? result : PEN_E_AGAIN;
}

static int receive_fault(struct pen_conn *conn, const struct pen_pdu_header *header,
			 struct pen_slice body, struct pen_event *event)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);
	bool is_of_bind = conn->state != PEN_CONN_OPEN && header->call_id == conn->bind_call_id;
	struct pen_reader r;
	int result = 0;

	if (!call && !is_of_bind)
		return pen_conn_fail(conn, "the server faults call %u, which is not in progress",
				     header->call_id);
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_bytes(&r, 8); /* alloc_hint, context, cancel_count */
	event->status = pen_reader_u32(&r);
	if (!pen_reader_ok(&r) || header->auth_length)
		return pen_conn_fail(conn, "call %u: the fault is not one", header->call_id);
	if (event->status == 0) /* says that there is none [MS-RPCE 3.3.2.5.1] */
		event->status = PEN_FAULT_PROTO_ERROR;
	event->call_id = header->call_id;
	event->did_not_execute = header->flags & PEN_PFC_DID_NOT_EXECUTE;
	if (!call) {
		event->kind = PEN_EVENT_REJECTED;
		note(conn, "the server answers the offer of an interface by a fault");
		conn->state =
			conn->state == PEN_CONN_AWAIT_BIND_ACK ? PEN_CONN_CLOSED : PEN_CONN_OPEN;
		return 0;
	}
	event->kind = PEN_EVENT_FAULT;
	event->context = call->context;
	if (call->is_orphaned)
		result = PEN_E_AGAIN;
	pen_conn_end_call(conn, call);
	return result;
}

static int receive(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
		   struct pen_event *event)
{
	struct pen_slice body = { .data = pdu + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };

	switch (header->ptype) {
	case PEN_PDU_BIND_ACK:
	case PEN_PDU_ALTER_CONTEXT_RESP:
		return receive_ack(conn, header, body, event);
	case PEN_PDU_BIND_NAK:
		return receive_nak(conn, header, body, event);
	case PEN_PDU_RESPONSE:
		return receive_response(conn, header, body, event);
	case PEN_PDU_FAULT:
		return receive_fault(conn, header, body, event);
	default:
		event->kind = PEN_EVENT_SHUTDOWN;
		return 0;
	}
}

static const struct pen_conn_role role = {
	.admitted = admitted,
	.receive = receive,
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

static int send_request(struct pen_conn *conn, const struct pen_conn_call *call, unsigned flags,
			struct pen_buffer *stub)
{
	const struct pen_conn_message message = {
		.ptype = PEN_PDU_REQUEST,
		.flags = (uint8_t)((call->has_object ? PEN_PFC_OBJECT_UUID : 0) |
				   (flags & PEN_REQUEST_MAYBE ? PEN_PFC_MAYBE : 0)),
		.call = call,
		.is_big_endian = flags & PEN_REQUEST_BIG_ENDIAN,
		.put_head = put_request_head,
		.n_head =
			PEN_REQUEST_HEADER_SIZE - PEN_PDU_HEADER_SIZE + (call->has_object ? 16 : 0),
	};

	return pen_conn_send_stub(conn, &message, stub);
}

int pen_conn_request(struct pen_conn *conn, const struct pen_context *context, uint16_t opnum,
		     const struct pen_uuid *object, unsigned flags, struct pen_buffer *stub,
		     uint32_t *call_idp)
{
	struct pen_conn_call *call;
	int r;

	if (conn->state != PEN_CONN_OPEN && conn->state != PEN_CONN_AWAIT_ALTER_RESP)
		return PEN_E_CLOSED;
	if (conn->n_calls > 0 && !conn->is_multiplexed)
		return PEN_E_LIMIT;
	r = pen_conn_add_call(conn, conn->next_call_id, &call);
	if (r)
		return r;
	call->context = context;
	call->opnum = opnum;
	call->has_object = object;
	if (object)
		call->object = *object;
	r = send_request(conn, call, flags, stub);
	if (r) {
		pen_conn_end_call(conn, call);
		return r;
	}
	*call_idp = conn->next_call_id++;
	if (flags & PEN_REQUEST_MAYBE)
		pen_conn_end_call(conn, call);
	return 0;
}

static int send_notice(struct pen_conn *conn, enum pen_pdu_type ptype, uint32_t call_id)
{
	struct pen_writer w;
	size_t at = pen_conn_begin(conn, &w, ptype, whole, call_id);

	return pen_conn_end(conn, &w, at);
}

int pen_conn_cancel(struct pen_conn *conn, uint32_t call_id)
{
	if (!pen_conn_find_call(conn, call_id) || conn->state == PEN_CONN_CLOSED)
		return 0;
	return send_notice(conn, PEN_PDU_CO_CANCEL, call_id);
}

int pen_conn_orphan(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	if (!call || call->is_orphaned || conn->state == PEN_CONN_CLOSED)
		return 0;
	call->is_orphaned = true;
	/* Others could only be left after it [MS-RPCE 3.3.1.5.10]: their answer is awaited. */
	return conn->keeps_on_orphan ? send_notice(conn, PEN_PDU_ORPHANED, call_id) : 0;
}
