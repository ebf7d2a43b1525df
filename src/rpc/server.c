/* SPDX-License-Identifier: MIT */
/*
 * The server's side of an association [C706 12, MS-RPCE 3.3.3].
 */
#include "rpc/engine.h"
#include "sec/mech.h"
#include <penstock/status.h>

/* What a server may hear, state by state. All else is a protocol error. */
static const uint32_t admitted[PEN_N_CONN_STATES] = {
	[PEN_CONN_AWAIT_BIND] = PEN_BIT(PEN_PDU_BIND),
	[PEN_CONN_OPEN] = PEN_BIT(PEN_PDU_REQUEST) | PEN_BIT(PEN_PDU_ALTER_CONTEXT) |
			  PEN_BIT(PEN_PDU_CO_CANCEL) | PEN_BIT(PEN_PDU_ORPHANED),
};

static int send_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint32_t status,
		      uint8_t flags)
{
	struct pen_writer w;
	size_t at =
		pen_conn_begin(conn, &w, PEN_PDU_FAULT,
			       (uint8_t)(PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG | flags), call_id);

	pen_writer_u32(&w, PEN_FAULT_SIZE);
	pen_writer_u16(&w, context_id);
	pen_writer_u16(&w, 0);
	pen_writer_u32(&w, status);
	pen_writer_u32(&w, 0);
	return pen_conn_end(conn, &w, at);
}

/* A fault that is the last thing said: the reason is noted by pen_conn_fail. */
static int proto_error(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint8_t flags)
{
	int r = send_fault(conn, call_id, context_id, PEN_FAULT_PROTO_ERROR, flags);

	return r ? r : PEN_E_PROTOCOL;
}

static int send_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
		    enum pen_nak_reason reason, const char *why)
{
	struct pen_writer w;
	size_t at;
	int r;

	at = pen_conn_begin(conn, &w, PEN_PDU_BIND_NAK, PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG,
			    header->call_id);
	pen_writer_u16(&w, (uint16_t)reason);
	pen_writer_u8(&w, 1); /* one version: 5.0 */
	pen_writer_u8(&w, 5);
	pen_writer_u8(&w, 0);
	pen_writer_zeros(&w, 3);
	r = pen_conn_end(conn, &w, at);
	pen_conn_fail(conn, "bind refused: %s", why);
	return r ? r : PEN_E_PROTOCOL;
}

static int refuse(struct pen_conn *conn, const struct pen_pdu_header *header)
{
	if (header->rpc_vers != 5 || header->rpc_vers_minor > 1)
		return send_nak(conn, header, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED,
				"protocol version is not 5.0 or 5.1");
	if (header->frag_length < PEN_PDU_HEADER_SIZE)
		return pen_conn_fail(conn, "fragment of %u bytes", header->frag_length);
	if (header->ptype == PEN_PDU_BIND)
		return send_nak(conn, header, PEN_NAK_NOT_SPECIFIED, "bound already");
	pen_conn_fail(conn, "PDU type %u in state %d", header->ptype, (int)conn->state);
	return proto_error(conn, header->call_id, 0, 0);
}

/* ---- presentation contexts ---- */

struct ack {
	enum pen_ack_result result;
	uint16_t reason;
	struct pen_syntax_id transfer;
};

/* One element of p_context_elem, and what is known of its transfer syntaxes. */
struct proposal {
	uint16_t context_id;
	struct pen_syntax_id abstract;
	uint8_t n_transfers;
	bool has_ndr;
	bool has_ndr64;
	int features; /* of the first transfer syntax; -1: it is an ordinary one */
};

static void get_proposal(struct pen_reader *r, struct proposal *proposal)
{
	*proposal = (struct proposal){ .features = -1 };
	proposal->context_id = pen_reader_u16(r);
	proposal->n_transfers = pen_reader_u8(r);
	pen_reader_u8(r);
	proposal->abstract = pen_syntax_id_get(r);
	for (uint8_t i = 0; i < proposal->n_transfers && pen_reader_ok(r); i++) {
		struct pen_syntax_id transfer = pen_syntax_id_get(r);

		if (i == 0)
			proposal->features = pen_features_from_syntax(&transfer);
		proposal->has_ndr |= pen_syntax_id_equal(&transfer, &pen_syntax_ndr);
		proposal->has_ndr64 |= pen_syntax_id_equal(&transfer, &pen_syntax_ndr64);
	}
}

static struct ack reject(enum pen_ack_reason reason)
{
	return (struct ack){ .result = PEN_ACK_PROVIDER_REJECTION, .reason = (uint16_t)reason };
}

static struct ack accept(enum pen_transfer transfer)
{
	return (struct ack){
		.result = PEN_ACK_ACCEPTANCE,
		.transfer = transfer == PEN_NDR ? pen_syntax_ndr : pen_syntax_ndr64,
	};
}

/*
 * A context id that is in use may be offered again as it is; another known transfer
 * syntax for it breaks the protocol, unknown ones are merely rejected.
 */
static int judge_again(const struct pen_context *context, const struct proposal *proposal,
		       struct ack *ack)
{
	bool is_same = context->transfer == PEN_NDR ? proposal->has_ndr : proposal->has_ndr64;

	if (!pen_syntax_id_equal(&context->abstract, &proposal->abstract))
		return PEN_E_PROTOCOL;
	if (is_same)
		*ack = accept(context->transfer);
	else if (proposal->has_ndr || proposal->has_ndr64)
		return PEN_E_PROTOCOL;
	else
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
	return 0;
}

static int judge(struct pen_conn *conn, const struct proposal *proposal, struct ack *ack)
{
	struct pen_conn_context *known = pen_conn_find_context(conn, proposal->context_id);
	struct pen_context context = {
		.context_id = proposal->context_id,
		.abstract = proposal->abstract,
	};
	int r;

	if (known)
		return judge_again(&known->context, proposal, ack);
	context.offer = conn->config.find_offer(conn->config.find_data, &proposal->abstract);
	if (!context.offer) {
		*ack = reject(PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED);
		return 0;
	}
	if (!proposal->has_ndr && (!proposal->has_ndr64 || context.offer->refuses_ndr64)) {
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
		return 0;
	}
	context.transfer = proposal->has_ndr ? PEN_NDR : PEN_NDR64;
	r = pen_conn_add_context(conn, &context);
	if (r == PEN_E_LIMIT) {
		*ack = reject(PEN_ACK_LOCAL_LIMIT_EXCEEDED);
		return 0;
	}
	*ack = accept(context.transfer);
	return r;
}

/* Of one PDU: what was accepted so far, as abstract and transfer syntax. */
struct accepted {
	size_t n;
	struct {
		struct pen_syntax_id abstract;
		struct pen_syntax_id transfer;
	} rows[UINT8_MAX];
};

static bool is_accepted(const struct accepted *accepted, const struct pen_syntax_id *abstract,
			const struct pen_syntax_id *transfer)
{
	for (size_t i = 0; i < accepted->n; i++)
		if (pen_syntax_id_equal(&accepted->rows[i].abstract, abstract) &&
		    pen_syntax_id_equal(&accepted->rows[i].transfer, transfer))
			return true;
	return false;
}

/* As Windows does, one PDU gets each pair of syntaxes once. */
static int judge_once(struct pen_conn *conn, const struct proposal *proposal,
		      struct accepted *accepted, struct ack *ack)
{
	const struct pen_syntax_id *transfer =
		proposal->has_ndr ? &pen_syntax_ndr : &pen_syntax_ndr64;
	int r;

	if (is_accepted(accepted, &proposal->abstract, transfer)) {
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
		return 0;
	}
	r = judge(conn, proposal, ack);
	if (!r && ack->result == PEN_ACK_ACCEPTANCE) {
		accepted->rows[accepted->n].abstract = proposal->abstract;
		accepted->rows[accepted->n++].transfer = ack->transfer;
	}
	return r;
}

static void put_ack(struct pen_writer *w, const struct ack *ack)
{
	pen_writer_u16(w, (uint16_t)ack->result);
	pen_writer_u16(w, ack->reason);
	pen_syntax_id_put(w, &ack->transfer);
}

/*
 * Judges all proposals and writes p_result_list. PEN_E_PROTOCOL: there is none, or
 * one breaks the rules; PEN_E_BAD_DATA: they are cut short.
 */
static int negotiate(struct pen_conn *conn, struct pen_reader *r, bool is_bind,
		     struct pen_writer *w)
{
	uint8_t n = pen_reader_u8(r);
	struct accepted accepted;
	bool has_features = false;

	accepted.n = 0;
	pen_reader_bytes(r, 3);
	if (!pen_reader_ok(r))
		return PEN_E_BAD_DATA;
	if (n == 0)
		return PEN_E_PROTOCOL;
	pen_writer_u8(w, n);
	pen_writer_zeros(w, 3);
	for (uint8_t i = 0; i < n; i++) {
		struct proposal proposal;
		struct ack ack = { 0 };
		int result = 0;

		get_proposal(r, &proposal);
		if (!pen_reader_ok(r))
			return PEN_E_BAD_DATA;
		if (proposal.n_transfers == 0)
			return PEN_E_PROTOCOL;
		if (is_bind && proposal.features >= 0) {
			if (has_features)
				return PEN_E_PROTOCOL;
			has_features = true;
			ack.result = PEN_ACK_NEGOTIATE_ACK;
			ack.reason = (uint16_t)proposal.features &
				     (PEN_FEATURE_SECURITY_CONTEXT_MULTIPLEXING |
				      PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN);
		} else {
			result = judge_once(conn, &proposal, &accepted, &ack);
		}
		if (result)
			return result;
		put_ack(w, &ack);
	}
	return w->error;
}

/* ---- bind and alter_context ---- */

static uint16_t negotiate_frag(const struct pen_conn *conn, uint16_t max_xmit, uint16_t max_recv)
{
	uint16_t frag = max_xmit < max_recv ? max_xmit : max_recv;

	if (frag > conn->config.limits.frag_max)
		frag = conn->config.limits.frag_max;
	if (frag < PEN_FRAG_MIN)
		frag = PEN_FRAG_MIN;
	return frag & (uint16_t)~7;
}

/* What bind_ack and alter_context_resp say before p_result_list. */
static void put_ack_head(const struct pen_conn *conn, struct pen_writer *w, size_t at,
			 const char *secondary_address)
{
	size_t n = secondary_address ? strlen(secondary_address) + 1 : 0;

	pen_writer_u16(w, conn->frag_max);
	pen_writer_u16(w, conn->frag_max);
	pen_writer_u32(w, conn->assoc_group_id);
	pen_writer_u16(w, (uint16_t)n);
	pen_writer_bytes(w, secondary_address, n);
	pen_writer_zeros(w, -(w->buffer->size - at) & 3);
}

static enum pen_nak_reason judge_auth(const struct pen_sec_trailer *trailer, const char **whyp)
{
	*whyp = "authentication level is not one";
	if (trailer->auth_level < PEN_AUTH_LEVEL_CONNECT ||
	    trailer->auth_level > PEN_AUTH_LEVEL_PRIVACY)
		return PEN_NAK_NOT_SPECIFIED;
	*whyp = "no security mechanism of that type";
	return PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED;
}

static int refuse_auth(struct pen_conn *conn, const struct pen_pdu_header *header,
		       struct pen_slice *body)
{
	struct pen_sec_trailer trailer;
	enum pen_nak_reason reason;
	const char *why;

	if (pen_sec_trailer_get(&trailer, header, body))
		return send_nak(conn, header, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED,
				"authentication trailer is cut short");
	reason = judge_auth(&trailer, &why);
	return send_nak(conn, header, reason, why);
}

static int finish_bind(struct pen_conn *conn, const struct pen_pdu_header *header,
		       struct pen_reader *r, struct pen_event *event)
{
	uint8_t flags = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG |
			(header->flags & (PEN_PFC_CONC_MPX | PEN_PFC_SUPPORT_HEADER_SIGN));
	struct pen_writer w;
	size_t at;
	int result;

	at = pen_conn_begin(conn, &w, PEN_PDU_BIND_ACK, flags, header->call_id);
	put_ack_head(conn, &w, at, conn->config.secondary_address);
	result = negotiate(conn, r, true, &w);
	if (result) {
		conn->output.small.size = at;
		if (result < 0)
			return result;
		return send_nak(conn, header, PEN_NAK_NOT_SPECIFIED,
				"presentation contexts break the rules");
	}
	result = pen_conn_end(conn, &w, at);
	if (result)
		return result;
	conn->is_multiplexed = header->flags & PEN_PFC_CONC_MPX;
	conn->state = PEN_CONN_OPEN;
	event->kind = PEN_EVENT_BOUND;
	return 0;
}

static int receive_bind(struct pen_conn *conn, const struct pen_pdu_header *header,
			struct pen_slice body, struct pen_event *event)
{
	struct pen_reader r;
	uint16_t max_xmit, max_recv;
	uint32_t group_id;
	int result;

	if (header->auth_length)
		return refuse_auth(conn, header, &body);
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	max_xmit = pen_reader_u16(&r);
	max_recv = pen_reader_u16(&r);
	group_id = pen_reader_u32(&r);
	if (!pen_reader_ok(&r))
		return send_nak(conn, header, PEN_NAK_NOT_SPECIFIED, "bind is cut short");
	result = pen_assoc_group_join(conn->config.groups, group_id, conn->config.protseq,
				      &conn->group);
	if (result == PEN_E_LIMIT)
		return send_nak(conn, header, PEN_NAK_LOCAL_LIMIT_EXCEEDED,
				"as many association groups as there may be");
	if (result == PEN_E_NOT_FOUND)
		return send_nak(conn, header, PEN_NAK_NOT_SPECIFIED, "no such association group");
	if (result)
		return result;
	conn->assoc_group_id = pen_assoc_group_id(conn->group);
	conn->frag_max = negotiate_frag(conn, max_xmit, max_recv);
	return finish_bind(conn, header, &r, event);
}

static int receive_alter(struct pen_conn *conn, const struct pen_pdu_header *header,
			 struct pen_slice body, struct pen_event *event)
{
	struct pen_writer w;
	struct pen_reader r;
	size_t at;
	int result;

	if (header->auth_length) {
		pen_conn_fail(conn, "alter_context with authentication, and no mechanism for it");
		result = send_fault(conn, header->call_id, 0, PEN_WERR_ACCESS_DENIED,
				    PEN_PFC_DID_NOT_EXECUTE);
		return result ? result : PEN_E_PROTOCOL;
	}
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_bytes(&r, 8); /* sizes and group: fixed by bind [MS-RPCE 3.3.1.5.2] */
	at = pen_conn_begin(conn, &w, PEN_PDU_ALTER_CONTEXT_RESP,
			    PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG |
				    (header->flags & PEN_PFC_SUPPORT_HEADER_SIGN),
			    header->call_id);
	put_ack_head(conn, &w, at, NULL);
	result = negotiate(conn, &r, false, &w);
	if (result) {
		conn->output.small.size = at;
		if (result < 0)
			return result;
		pen_conn_fail(conn, "alter_context breaks the rules of presentation contexts");
		return proto_error(conn, header->call_id, 0, PEN_PFC_DID_NOT_EXECUTE);
	}
	result = pen_conn_end(conn, &w, at);
	if (result)
		return result;
	event->kind = PEN_EVENT_ALTERED;
	if (!pen_list_is_empty(&conn->contexts))
		event->context = &pen_list_entry(conn->contexts.prev, struct pen_conn_context, link)
					  ->context;
	return 0;
}

/* ---- requests ---- */

struct request {
	uint32_t alloc_hint;
	uint16_t context_id;
	uint16_t opnum;
	struct pen_uuid object;
	struct pen_slice stub;
};

static bool get_request(struct request *request, const struct pen_pdu_header *header,
			struct pen_slice body)
{
	struct pen_reader r;

	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	request->alloc_hint = pen_reader_u32(&r);
	request->context_id = pen_reader_u16(&r);
	request->opnum = pen_reader_u16(&r);
	if (header->flags & PEN_PFC_OBJECT_UUID)
		request->object = pen_reader_uuid(&r);
	request->stub = pen_reader_slice(&r, pen_reader_left(&r));
	return pen_reader_ok(&r);
}

static struct pen_conn_call *find_assembling(struct pen_conn *conn)
{
	pen_list_each (link, after, &conn->calls) {
		struct pen_conn_call *call = pen_list_entry(link, struct pen_conn_call, link);

		if (call->is_assembling)
			return call;
	}
	return NULL;
}

/*
 * Faults a call that will not run, unless it is one that wants no answer; the
 * association goes on, and what may still come of the request is passed over.
 */
static int fault_only(struct pen_conn *conn, const struct pen_pdu_header *header, bool is_maybe,
		      uint16_t context_id, uint32_t status)
{
	int r = 0;

	conn->is_refusing = !(header->flags & PEN_PFC_LAST_FRAG);
	conn->refused_call_id = header->call_id;
	if (!is_maybe)
		r = send_fault(conn, header->call_id, context_id, status, PEN_PFC_DID_NOT_EXECUTE);
	return r ? r : PEN_E_AGAIN;
}

static int too_large(struct pen_conn *conn, uint32_t call_id, uint16_t context_id)
{
	int r;

	pen_conn_fail(conn, "call %u: more than %u bytes of stub data", call_id,
		      conn->config.limits.stub_max);
	r = send_fault(conn, call_id, context_id, PEN_WERR_ACCESS_DENIED, 0);
	return r ? r : PEN_E_PROTOCOL;
}

static int open_call(struct pen_conn *conn, const struct pen_pdu_header *header,
		     const struct request *request, struct pen_conn_call **callp)
{
	struct pen_conn_context *context = pen_conn_find_context(conn, request->context_id);
	struct pen_conn_call *other = find_assembling(conn);
	bool is_maybe = header->flags & PEN_PFC_MAYBE;
	struct pen_conn_call *call;
	int r;

	if (other && !conn->is_multiplexed) {
		pen_conn_fail(conn, "call %u begins inside call %u", header->call_id,
			      other->call_id);
		return proto_error(conn, other->call_id, other->context->context_id, 0);
	}
	if (pen_conn_find_call(conn, header->call_id)) {
		pen_conn_fail(conn, "call %u begins twice", header->call_id);
		return proto_error(conn, header->call_id, 0, 0);
	}
	if (header->flags & PEN_PFC_PENDING_CANCEL) {
		pen_conn_fail(conn, "call %u begins cancelled", header->call_id);
		r = send_fault(conn, header->call_id, 0, PEN_WERR_RPC_S_NO_CALL_ACTIVE,
			       PEN_PFC_DID_NOT_EXECUTE);
		return r ? r : PEN_E_PROTOCOL;
	}
	if (!context && other) {
		pen_conn_fail(conn, "call %u: no presentation context %u", header->call_id,
			      request->context_id);
		return proto_error(conn, header->call_id, 0, 0);
	}
	if (!context)
		return fault_only(conn, header, is_maybe, 0, PEN_FAULT_UNK_IF);
	if (!(header->flags & PEN_PFC_LAST_FRAG) &&
	    request->alloc_hint > conn->config.limits.stub_max)
		return too_large(conn, header->call_id, request->context_id);
	r = pen_conn_add_call(conn, header->call_id, &call);
	if (r == PEN_E_LIMIT)
		return fault_only(conn, header, is_maybe, request->context_id,
				  PEN_FAULT_SERVER_TOO_BUSY);
	if (r)
		return r;
	call->context = &context->context;
	call->opnum = request->opnum;
	call->is_assembling = true;
	call->is_maybe = is_maybe;
	call->is_big_endian = header->is_big_endian;
	call->has_object = header->flags & PEN_PFC_OBJECT_UUID;
	call->object = request->object;
	*callp = call;
	return 0;
}

static int continue_call(struct pen_conn *conn, const struct pen_pdu_header *header,
			 const struct request *request, struct pen_conn_call **callp)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);

	if (!call && conn->is_refusing && header->call_id == conn->refused_call_id) {
		conn->is_refusing = !(header->flags & PEN_PFC_LAST_FRAG);
		return PEN_E_AGAIN;
	}
	if (!call || !call->is_assembling) {
		pen_conn_fail(conn, "call %u: later fragment without a first", header->call_id);
		return proto_error(conn, header->call_id, 0, 0);
	}
	if (call->context->context_id != request->context_id || call->opnum != request->opnum ||
	    call->is_big_endian != header->is_big_endian) {
		pen_conn_fail(conn, "call %u: fragments disagree", header->call_id);
		return proto_error(conn, header->call_id, 0, 0);
	}
	*callp = call;
	return 0;
}

static int complete_call(struct pen_conn *conn, const struct pen_pdu_header *header,
			 struct pen_conn_call *call, struct pen_slice last, struct pen_event *event)
{
	const struct pen_interface *interface = call->context->offer->interface;
	uint16_t context_id = call->context->context_id;
	int r;

	r = pen_conn_whole_stub(conn, call, last, &event->stub);
	if (r == PEN_E_LIMIT)
		return too_large(conn, call->call_id, context_id);
	if (r)
		return r;
	call->is_assembling = false;
	if (call->opnum >= interface->n_operations) {
		bool is_maybe = call->is_maybe;

		pen_conn_end_call(conn, call);
		return fault_only(conn, header, is_maybe, context_id, PEN_FAULT_OP_RNG_ERROR);
	}
	event->kind = PEN_EVENT_REQUEST;
	event->call_id = call->call_id;
	event->context = call->context;
	event->opnum = call->opnum;
	event->object = call->has_object ? &call->object : NULL;
	event->is_maybe = call->is_maybe;
	event->layout = (struct pen_layout){
		.transfer = call->context->transfer,
		.is_big_endian = call->is_big_endian,
	};
	return 0;
}

static int receive_request(struct pen_conn *conn, const struct pen_pdu_header *header,
			   struct pen_slice body, struct pen_event *event)
{
	struct pen_conn_call *call;
	struct request request = { 0 };
	int r;

	if (header->frag_length > conn->config.limits.frag_max ||
	    !get_request(&request, header, body)) {
		pen_conn_fail(conn, "call %u: fragment of %u bytes", header->call_id,
			      header->frag_length);
		return proto_error(conn, header->call_id, 0, 0);
	}
	if (header->auth_length) {
		pen_conn_fail(conn, "call %u: authenticated on an association that is not",
			      header->call_id);
		r = send_fault(conn, header->call_id, request.context_id, PEN_WERR_ACCESS_DENIED,
			       0);
		return r ? r : PEN_E_PROTOCOL;
	}
	if (header->flags & PEN_PFC_FIRST_FRAG)
		r = open_call(conn, header, &request, &call);
	else
		r = continue_call(conn, header, &request, &call);
	if (r)
		return r;
	if (header->flags & PEN_PFC_LAST_FRAG)
		return complete_call(conn, header, call, request.stub, event);
	r = pen_conn_assemble(conn, call, request.stub);
	if (r == PEN_E_LIMIT)
		return too_large(conn, header->call_id, request.context_id);
	return r ? r : PEN_E_AGAIN;
}

/*
 * For a call that is not there neither has a meaning. Nor for one that is not whole
 * yet: [C706 12.6.4.8] would have it forgotten, Windows takes the rest and runs it.
 */
static int receive_notice(struct pen_conn *conn, const struct pen_pdu_header *header,
			  enum pen_event_kind kind, struct pen_event *event)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);

	if (!call || call->is_assembling)
		return PEN_E_AGAIN;
	event->kind = kind;
	event->call_id = call->call_id;
	event->context = call->context;
	return 0;
}

static int receive(struct pen_conn *conn, const struct pen_pdu_header *header,
		   struct pen_slice body, struct pen_event *event)
{
	switch (header->ptype) {
	case PEN_PDU_BIND:
		return receive_bind(conn, header, body, event);
	case PEN_PDU_ALTER_CONTEXT:
		return receive_alter(conn, header, body, event);
	case PEN_PDU_REQUEST:
		return receive_request(conn, header, body, event);
	case PEN_PDU_CO_CANCEL:
		return receive_notice(conn, header, PEN_EVENT_CANCEL, event);
	default:
		return receive_notice(conn, header, PEN_EVENT_ORPHANED, event);
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

static struct pen_conn_call *find_whole(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	return call && !call->is_assembling ? call : NULL;
}

/* A client must not wait for an answer that could not be queued: the association is over. */
static int answered(struct pen_conn *conn, uint32_t call_id, int r)
{
	if (r)
		pen_conn_fail(conn, "no memory to answer call %u", call_id);
	return r;
}

int pen_conn_respond(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub)
{
	struct pen_conn_call *call = find_whole(conn, call_id);
	int r = 0;

	if (call && !call->is_maybe && conn->state != PEN_CONN_CLOSED)
		r = pen_conn_send_stub(conn, PEN_PDU_RESPONSE, 0, call,
				       PEN_RESPONSE_HEADER_SIZE - PEN_PDU_HEADER_SIZE,
				       put_response_head, false, stub);
	stub->size = 0;
	if (call)
		pen_conn_end_call(conn, call);
	return answered(conn, call_id, r);
}

int pen_conn_fault(struct pen_conn *conn, uint32_t call_id, uint32_t status, bool did_not_execute)
{
	struct pen_conn_call *call = find_whole(conn, call_id);
	int r = 0;

	if (!call)
		return 0;
	if (status == 0)
		status = PEN_FAULT_UNSPEC;
	if (!call->is_maybe && conn->state != PEN_CONN_CLOSED)
		r = send_fault(conn, call_id, call->context->context_id, status,
			       did_not_execute ? PEN_PFC_DID_NOT_EXECUTE : 0);
	pen_conn_end_call(conn, call);
	return answered(conn, call_id, r);
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
