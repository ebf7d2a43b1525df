/* SPDX-License-Identifier: MIT */
/*
 * Requests, as a server takes them, and a client callbacks: each fragment is verified under the
 * security context of its call before anything of its stub is looked at [C706 12.6.4.9,
 * MS-RPCE 3.3.1.5.4].
 */
#include "rpc/server.h"
#include "rpc/verification.h"
#include <penstock/status.h>

struct request {
	uint32_t alloc_hint;
	uint16_t context_id;
	uint16_t opnum;
	struct pen_uuid object;
	struct pen_slice stub;
	bool has_auth;
	struct pen_sec_trailer trailer;
	uint8_t *pdu;
	size_t n_head; /* what stands before the stub */
};

static bool get_request(struct request *request, const struct pen_pdu_header *header, uint8_t *pdu)
{
	struct pen_slice body = { .data = pdu + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };
	struct pen_reader r;

	request->pdu = pdu;
	request->has_auth = header->auth_length;
	if (request->has_auth && pen_sec_trailer_get(&request->trailer, header, &body))
		return false;
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	request->alloc_hint = pen_reader_u32(&r);
	request->context_id = pen_reader_u16(&r);
	request->opnum = pen_reader_u16(&r);
	if (header->flags & PEN_PFC_OBJECT_UUID)
		request->object = pen_reader_uuid(&r);
	request->n_head = PEN_PDU_HEADER_SIZE + r.pos;
	request->stub = pen_reader_slice(&r, pen_reader_left(&r));
	return pen_reader_ok(&r) &&
	       (!request->has_auth || request->trailer.auth_pad_length <= request->stub.size);
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
static int fault_only(struct pen_conn *conn, const struct pen_pdu_header *header,
		      struct pen_conn_auth *auth, bool is_maybe, uint16_t context_id,
		      uint32_t status)
{
	int r = 0;

	conn->is_refusing = !(header->flags & PEN_PFC_LAST_FRAG);
	conn->refused_call_id = header->call_id;
	conn->refused_auth = auth;
	if (!is_maybe)
		r = pen_server_fault(conn, header->call_id, context_id, status,
				     PEN_PFC_DID_NOT_EXECUTE);
	return r ? r : PEN_E_AGAIN;
}

static int too_large(struct pen_conn *conn, uint32_t call_id, uint16_t context_id)
{
	pen_conn_fail(conn, "call %u: more than %u bytes of stub data, the most that is taken",
		      call_id, conn->config.limits.stub_max);
	return pen_server_last_fault(conn, call_id, context_id, PEN_WERR_ACCESS_DENIED, 0);
}

/* ---- under which security context ---- */

/*
 * Verifies a fragment of a call under the context, and leaves of it what is stub. The
 * trailer's words are not looked at: the first fragment's have chosen the context.
 */
static int verify(struct pen_conn *conn, const struct pen_pdu_header *header,
		  struct pen_conn_auth *auth, struct request *request, uint16_t context_id)
{
	uint8_t n_pad = request->has_auth ? request->trailer.auth_pad_length : 0;
	bool is_protected = pen_conn_auth_protects(auth);

	if (is_protected != request->has_auth && (is_protected || !auth)) {
		pen_conn_fail(conn,
			      is_protected ? "call %u: a fragment without a signature, and its "
					     "security context signs all"
					   : "call %u: a fragment with a signature, in a call that "
					     "began without",
			      header->call_id);
		return pen_server_proto_error(conn, header->call_id, context_id, 0);
	}
	if (is_protected &&
	    pen_conn_auth_unprotect(conn, auth, header, request->pdu, request->n_head)) {
		conn->state = PEN_CONN_CLOSED;
		return pen_server_last_fault(conn, header->call_id, context_id,
					     PEN_WERR_RPC_S_SEC_PKG_ERROR, 0);
	}
	request->stub.size -= n_pad;
	return 0;
}

static int deny(struct pen_conn *conn, const struct pen_pdu_header *header,
		const struct request *request)
{
	return pen_server_last_fault(conn, header->call_id, request->context_id,
				     PEN_WERR_ACCESS_DENIED, 0);
}

/*
 * Who sends what names no security context: a default, or whom the transport knows. After a
 * proof that failed without a word, nobody: the client may think that it counts.
 */
static int choose_default(struct pen_conn *conn, const struct pen_pdu_header *header,
			  const struct request *request, struct pen_conn_auth **authp)
{
	*authp = conn->default_auth;
	if (*authp || !conn->has_failed_auth)
		return 0;
	pen_conn_fail(conn,
		      "call %u: not signed, and the client's security context has failed: it did "
		      "not prove who it is",
		      header->call_id);
	return deny(conn, header, request);
}

/* The context that a first fragment names. */
static int choose(struct pen_conn *conn, const struct pen_pdu_header *header,
		  const struct request *request, struct pen_conn_auth **authp)
{
	const struct pen_sec_trailer *trailer = &request->trailer;
	struct pen_conn_auth *auth;

	if (!request->has_auth)
		return choose_default(conn, header, request, authp);
	auth = pen_conn_auth_find(conn, trailer->auth_context_id);
	if (auth && auth->state == PEN_CONN_AUTH_AWAIT_TOKEN) {
		pen_conn_fail(conn, "call %u: security context %u is not established yet",
			      header->call_id, trailer->auth_context_id);
		return pen_server_proto_error(conn, header->call_id, 0, PEN_PFC_DID_NOT_EXECUTE);
	}
	if (auth && auth->state == PEN_CONN_AUTH_FAILED) {
		pen_conn_fail(conn,
			      "call %u: security context %u has failed: the client did not prove "
			      "who it is",
			      header->call_id, trailer->auth_context_id);
		return deny(conn, header, request);
	}
	if (!auth || auth->state != PEN_CONN_AUTH_OPEN ||
	    auth->info.auth_type != trailer->auth_type ||
	    auth->info.auth_level != trailer->auth_level) {
		pen_conn_fail(conn,
			      "call %u: there is no security context %u of auth_type %u and "
			      "auth_level %u",
			      header->call_id, trailer->auth_context_id, trailer->auth_type,
			      trailer->auth_level);
		return deny(conn, header, request);
	}
	if (conn->default_auth) {
		conn->default_auth = NULL;
		conn->has_no_default = true;
	}
	*authp = auth;
	return 0;
}

/*
 * A request in a presentation context that there is not. It is not executed, but it has
 * its place among what its security context signs.
 */
static int refuse_interface(struct pen_conn *conn, const struct pen_pdu_header *header,
			    struct request *request)
{
	struct pen_conn_auth *auth = NULL;
	int r = 0;

	pen_conn_note(conn, "call %u: presentation context %u was not accepted, or not offered",
		      header->call_id, request->context_id);
	if (request->has_auth)
		auth = pen_conn_auth_find(conn, request->trailer.auth_context_id);
	if (auth && auth->state != PEN_CONN_AUTH_OPEN)
		auth = NULL;
	if (auth)
		r = verify(conn, header, auth, request, 0);
	return r ? r
		 : fault_only(conn, header, auth, header->flags & PEN_PFC_MAYBE, 0,
			      PEN_FAULT_UNK_IF);
}

/* ---- calls ---- */

static bool is_below_floor(struct pen_conn *conn, uint32_t call_id, const struct pen_offer *offer,
			   const struct pen_conn_auth *auth)
{
	uint8_t level = auth ? auth->info.auth_level : PEN_AUTH_LEVEL_NONE;

	/* A pipe and a local socket have an identity and a secrecy of their own. */
	if (conn->config.protseq != PEN_NCACN_IP_TCP || level >= offer->auth_level_min)
		return false;
	pen_conn_note(conn,
		      "call %u: %s wants authentication level %s over TCP, and the client has %s",
		      call_id, offer->interface->name, pen_auth_level_name(offer->auth_level_min),
		      pen_auth_level_name(level));
	return true;
}

static bool has_in_pipes(const struct pen_interface *interface, uint16_t opnum)
{
	return opnum < interface->n_operations &&
	       interface->operations[opnum].flags & PEN_OPERATION_IN_PIPES;
}

static void fill_call(struct pen_conn_call *call, const struct pen_pdu_header *header,
		      const struct request *request)
{
	call->opnum = request->opnum;
	call->is_assembling = true;
	call->is_big_endian = header->is_big_endian;
	call->has_object = header->flags & PEN_PFC_OBJECT_UUID;
	call->object = request->object;
}

static int open_call(struct pen_conn *conn, const struct pen_pdu_header *header,
		     const struct request *request, const struct pen_context *context,
		     struct pen_conn_auth *auth, struct pen_conn_call **callp)
{
	bool is_maybe = header->flags & PEN_PFC_MAYBE;
	bool is_streamed = has_in_pipes(context->offer->interface, request->opnum);
	struct pen_conn_call *call;
	int r;

	if (pen_conn_find_call(conn, header->call_id)) {
		pen_conn_fail(conn, "call %u begins twice", header->call_id);
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	if (header->flags & PEN_PFC_PENDING_CANCEL) {
		pen_conn_fail(conn, "call %u begins cancelled", header->call_id);
		return pen_server_last_fault(conn, header->call_id, 0,
					     PEN_WERR_RPC_S_NO_CALL_ACTIVE,
					     PEN_PFC_DID_NOT_EXECUTE);
	}
	if (is_below_floor(conn, header->call_id, context->offer, auth))
		return fault_only(conn, header, auth, is_maybe, request->context_id,
				  PEN_WERR_ACCESS_DENIED);
	if (!(header->flags & PEN_PFC_LAST_FRAG) && !is_streamed &&
	    request->alloc_hint > conn->config.limits.stub_max)
		return too_large(conn, header->call_id, request->context_id);
	r = pen_conn_add_call(conn, header->call_id, &call);
	if (r == PEN_E_LIMIT) {
		pen_conn_note(conn,
			      "call %u: the association has %u calls in progress, as many as it "
			      "may",
			      header->call_id, conn->n_calls);
		return fault_only(conn, header, auth, is_maybe, request->context_id,
				  PEN_FAULT_SERVER_TOO_BUSY);
	}
	if (r)
		return r;
	call->context = context;
	call->auth = auth;
	call->is_streamed = is_streamed;
	call->is_maybe = is_maybe;
	fill_call(call, header, request);
	*callp = call;
	return 0;
}

/* A fragment of no call that is being assembled: it should be a first one. */
static int begin_call(struct pen_conn *conn, const struct pen_pdu_header *header,
		      struct request *request, struct pen_conn_call **callp)
{
	struct pen_conn_context *context = pen_conn_find_context(conn, request->context_id);
	struct pen_conn_call *other = find_assembling(conn);
	bool is_first = header->flags & PEN_PFC_FIRST_FRAG;
	struct pen_conn_auth *auth;
	int r;

	if (other && !conn->is_multiplexed) {
		pen_conn_fail(conn, "call %u begins inside call %u", header->call_id,
			      other->call_id);
		return pen_server_proto_error(conn, other->call_id, other->context->context_id, 0);
	}
	if (other && (!context || (pen_conn_auth_protects(other->auth) && !request->has_auth))) {
		pen_conn_fail(conn,
			      "call %u: no presentation context %u, or a signed call is begun",
			      header->call_id, request->context_id);
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	if (!is_first && !conn->is_multiplexed) {
		pen_conn_fail(conn, "call %u: later fragment without a first", header->call_id);
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	if (!context)
		return refuse_interface(conn, header, request);
	r = choose(conn, header, request, &auth);
	if (!r)
		r = verify(conn, header, auth, request, request->context_id);
	if (r)
		return r;
	if (!is_first) {
		pen_conn_fail(conn, "call %u: later fragment without a first", header->call_id);
		return pen_server_proto_error(conn, header->call_id, request->context_id, 0);
	}
	return open_call(conn, header, request, &context->context, auth, callp);
}

/* Whether a call that this side has made waits for its answer, of which nothing has come yet. */
static bool is_waiting(const struct pen_conn_call *call)
{
	return call->is_made && !call->is_sending && !call->is_assembling;
}

/* The first fragment of a callback, or of a call out of one. */
static int begin_inner(struct pen_conn *conn, const struct pen_pdu_header *header,
		       struct request *request, struct pen_conn_call *outer,
		       struct pen_conn_call **callp)
{
	uint16_t context_id = outer->context->context_id;
	bool is_orphaned = pen_conn_outermost(outer)->is_orphaned;
	int r;

	if (!is_waiting(outer) || !(header->flags & PEN_PFC_FIRST_FRAG) ||
	    header->flags & (PEN_PFC_MAYBE | PEN_PFC_PENDING_CANCEL) ||
	    request->context_id != context_id) {
		pen_conn_fail(conn, "call %u: a callback that is none of what it is inside",
			      header->call_id);
		return pen_server_proto_error(conn, header->call_id, context_id, 0);
	}
	r = verify(conn, header, outer->auth, request, context_id);
	if (r)
		return r;
	if (is_orphaned) /* the server knows, or else it is told by this */
		return fault_only(conn, header, outer->auth, conn->keeps_on_orphan, context_id,
				  PEN_FAULT_CANCEL);
	if (!(header->flags & PEN_PFC_LAST_FRAG) &&
	    request->alloc_hint > conn->config.limits.stub_max)
		return too_large(conn, header->call_id, context_id);
	r = pen_conn_add_inner(conn, outer, callp);
	if (r == PEN_E_LIMIT) {
		pen_conn_note(conn, "call %u: %u calls inside each other, and no more may be",
			      header->call_id, outer->depth + 1);
		return fault_only(conn, header, outer->auth, false, context_id,
				  PEN_FAULT_SERVER_TOO_BUSY);
	}
	if (!r)
		fill_call(*callp, header, request);
	return r;
}

/* Context and operation are the first fragment's, whatever a later one says. */
static int continue_call(struct pen_conn *conn, const struct pen_pdu_header *header,
			 struct request *request, struct pen_conn_call *call)
{
	int r = verify(conn, header, call->auth, request, call->context->context_id);

	if (r)
		return r;
	if (header->flags & PEN_PFC_FIRST_FRAG) {
		pen_conn_fail(conn, "call %u begins twice", header->call_id);
		return pen_server_proto_error(conn, header->call_id, call->context->context_id, 0);
	}
	if (call->is_big_endian != header->is_big_endian) {
		pen_conn_fail(conn, "call %u: its fragments are of two byte orders",
			      header->call_id);
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	return 0;
}

/* What still comes of a request that was answered before it was whole. */
static int pass_over(struct pen_conn *conn, const struct pen_pdu_header *header,
		     struct request *request)
{
	int r = conn->refused_auth ? verify(conn, header, conn->refused_auth, request, 0) : 0;

	conn->is_refusing = !(header->flags & PEN_PFC_LAST_FRAG);
	return r ? r : PEN_E_AGAIN;
}

static void tell(const struct pen_conn_call *call, enum pen_event_kind kind, struct pen_slice stub,
		 struct pen_event *event)
{
	event->kind = kind;
	event->call_id = call->call_id;
	event->depth = call->depth;
	event->context = call->context;
	event->opnum = call->opnum;
	event->object = call->has_object ? &call->object : NULL;
	event->is_maybe = call->is_maybe;
	event->is_last = !call->is_assembling;
	event->stub = stub;
	event->auth = call->auth ? &call->auth->info : NULL;
	event->layout = (struct pen_layout){
		.transfer = call->context->transfer,
		.is_big_endian = call->is_big_endian,
	};
}

/* A fragment of what is streamed; after the answer nobody is told of it. */
static int tell_part(struct pen_conn *conn, const struct pen_pdu_header *header,
		     struct pen_conn_call *call, struct pen_slice stub, struct pen_event *event)
{
	bool is_first = header->flags & PEN_PFC_FIRST_FRAG;

	call->is_assembling = !(header->flags & PEN_PFC_LAST_FRAG);
	if (!call->is_answered) {
		tell(call, is_first ? PEN_EVENT_REQUEST : PEN_EVENT_PART, stub, event);
		return 0;
	}
	if (!call->is_assembling)
		pen_conn_end_call(conn, call);
	return PEN_E_AGAIN;
}

static int complete_call(struct pen_conn *conn, const struct pen_pdu_header *header,
			 struct pen_conn_call *call, struct pen_slice last, struct pen_event *event)
{
	const struct pen_offer *offer = call->context->offer; /* a client has none */
	uint16_t context_id = call->context->context_id;
	struct pen_slice stub;
	int r;

	r = pen_conn_whole_stub(conn, call, last, &stub);
	if (r == PEN_E_LIMIT)
		return too_large(conn, call->call_id, context_id);
	if (r)
		return r;
	call->is_assembling = false;
	if (call->is_orphaned) {
		pen_conn_end_served(conn, call);
		return PEN_E_AGAIN;
	}
	if (offer && call->opnum >= offer->interface->n_operations) {
		struct pen_conn_auth *auth = call->auth;
		bool is_maybe = call->is_maybe;

		pen_conn_note(conn, "call %u: %s has no operation %u", call->call_id,
			      offer->interface->name, call->opnum);
		pen_conn_end_call(conn, call);
		return fault_only(conn, header, auth, is_maybe, context_id, PEN_FAULT_OP_RNG_ERROR);
	}
	tell(call, PEN_EVENT_REQUEST, stub, event);
	return 0;
}

int pen_server_receive_request(struct pen_conn *conn, const struct pen_pdu_header *header,
			       uint8_t *pdu, struct pen_event *event)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, header->call_id);
	struct request request = { 0 };
	int r;

	if (header->frag_length > conn->config.limits.frag_max ||
	    !get_request(&request, header, pdu)) {
		pen_conn_fail(conn,
			      "call %u: a fragment of %u bytes is cut short within, or longer than "
			      "the %u that is taken",
			      header->call_id, header->frag_length, conn->config.limits.frag_max);
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	if (call && call->is_assembling && !call->is_made)
		r = continue_call(conn, header, &request, call);
	else if (conn->is_refusing && header->call_id == conn->refused_call_id &&
		 !(header->flags & PEN_PFC_FIRST_FRAG))
		r = pass_over(conn, header, &request);
	else if (call && (call->is_made || !conn->is_server))
		r = begin_inner(conn, header, &request, call, &call);
	else
		r = begin_call(conn, header, &request, &call);
	if (r)
		return r;
	if (call->is_streamed)
		return tell_part(conn, header, call, request.stub, event);
	if (header->flags & PEN_PFC_LAST_FRAG)
		return complete_call(conn, header, call, request.stub, event);
	r = pen_conn_assemble(conn, call, request.stub);
	if (r == PEN_E_LIMIT)
		return too_large(conn, header->call_id, call->context->context_id);
	return r ? r : PEN_E_AGAIN;
}

int pen_conn_verify(struct pen_conn *conn, uint32_t call_id, struct pen_slice rest)
{
	const struct pen_conn_call *call = pen_conn_find_call(conn, call_id);
	struct pen_verification verification;

	if (!call || !call->auth)
		return 0;
	verification = (struct pen_verification){
		.signs_headers = conn->signs_headers,
		.abstract = call->context->abstract,
		.transfer = call->context->transfer == PEN_NDR ? pen_syntax_ndr : pen_syntax_ndr64,
		.is_big_endian = call->is_big_endian,
		.call_id = call_id,
		.context_id = call->context->context_id,
		.opnum = call->opnum,
	};
	return pen_verification_check(&verification, rest);
}
