/* SPDX-License-Identifier: MIT */
/*
 * Responses and faults, as a client takes them, and a server those of its callbacks: nothing of an
 * answer is used before it is verified under the security context of its call [C706 12.6.4,
 * MS-RPCE 3.3.2.5].
 */
#include "rpc/client.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>

/* A response or a fault, and what of it stands behind its head. */
struct answer {
	const struct pen_pdu_header *header;
	struct pen_conn_call *call;
	uint8_t *pdu;
	size_t n_head;
	struct pen_slice body; /* all but the common header, the trailer and the signature */
	struct pen_sec_trailer trailer;
};

/* Cuts off the trailer, and holds it against the call's security context. */
static int get_trailer(struct pen_conn *conn, struct answer *answer)
{
	const struct pen_conn_auth *auth = answer->call->auth;
	const struct pen_sec_trailer *trailer = &answer->trailer;
	uint32_t call_id = answer->call->call_id;

	if (pen_sec_trailer_get(&answer->trailer, answer->header, &answer->body) ||
	    answer->body.size < answer->n_head - PEN_PDU_HEADER_SIZE + trailer->auth_pad_length)
		return pen_conn_fail(
			conn, "call %u: the answer's authentication trailer is cut short", call_id);
	if (!auth)
		return pen_conn_fail(conn, "call %u: the answer is signed, but the call was not",
				     call_id);
	if (trailer->auth_type != auth->info.auth_type ||
	    trailer->auth_level != auth->info.auth_level ||
	    trailer->auth_context_id != auth->info.auth_context_id)
		return pen_conn_fail(conn,
				     "call %u of security context %u, type %u and level %u: the "
				     "answer is of context %u, type %u and level %u",
				     call_id, auth->info.auth_context_id, auth->info.auth_type,
				     auth->info.auth_level, trailer->auth_context_id,
				     trailer->auth_type, trailer->auth_level);
	return 0;
}

/* What of the answer is left when this has returned 0 is what the server protected. */
static int verify(struct pen_conn *conn, struct answer *answer)
{
	struct pen_conn_auth *auth = answer->call->auth;
	bool is_protected = pen_conn_auth_protects(auth);
	int r;

	if (!answer->header->auth_length)
		return is_protected ? pen_conn_fail(conn, "call %u: the answer is not signed",
						    answer->call->call_id)
				    : 0;
	r = get_trailer(conn, answer);
	if (r)
		return r;
	if (is_protected &&
	    pen_conn_auth_unprotect(conn, auth, answer->header, answer->pdu, answer->n_head)) {
		conn->state = PEN_CONN_CLOSED;
		return PEN_E_PROTOCOL;
	}
	answer->body.size -= answer->trailer.auth_pad_length;
	return 0;
}

static int too_large(struct pen_conn *conn, const struct pen_conn_call *call)
{
	return pen_conn_fail(conn, "call %u: more than %u bytes of stub data", call->call_id,
			     conn->config.limits.stub_max);
}

static void describe(const struct pen_conn_call *call, struct pen_event *event)
{
	event->call_id = call->call_id;
	event->depth = call->depth;
	event->context = call->context;
	event->auth = call->auth ? &call->auth->info : NULL;
}

static void tell_stub(const struct pen_conn_call *call, struct pen_slice stub,
		      struct pen_event *event)
{
	describe(call, event);
	event->stub = stub;
	event->layout = (struct pen_layout){
		.transfer = call->context->transfer,
		.is_big_endian = call->is_big_endian,
	};
}

/* Nothing more is said of it; of an orphaned one, this side may still serve what is inside. */
static int end(struct pen_conn *conn, struct pen_conn_call *call)
{
	int r = call->is_orphaned ? PEN_E_AGAIN : 0;

	if (call == pen_conn_find_call(conn, call->call_id))
		pen_conn_end_call(conn, call);
	else
		call->is_answered = true;
	return r;
}

static int complete(struct pen_conn *conn, struct pen_conn_call *call, struct pen_slice last,
		    struct pen_event *event)
{
	struct pen_slice stub;
	int r = pen_conn_whole_stub(conn, call, last, &stub);

	if (r == PEN_E_LIMIT)
		return too_large(conn, call);
	if (r)
		return r;
	event->kind = PEN_EVENT_RESPONSE;
	tell_stub(call, stub, event);
	return end(conn, call);
}

static int tell_part(const struct pen_conn_call *call, struct pen_slice stub,
		     struct pen_event *event)
{
	event->kind = PEN_EVENT_PART;
	tell_stub(call, stub, event);
	return call->is_orphaned ? PEN_E_AGAIN : 0;
}

/*
 * Wine's servers have 1 in all their answers. That was our bind, and is no call; where there is one
 * call alone, which nobody signs, it is that one.
 */
static struct pen_conn_call *find_only(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call;

	if (call_id != PEN_CALL_ID_FIRST || conn->state != PEN_CONN_OPEN || conn->n_calls != 1)
		return NULL;
	call = pen_list_entry(conn->calls.next, struct pen_conn_call, link);
	return call->is_made && !call->auth ? call : NULL;
}

/*
 * What an answer is of: the innermost call. A client that has given the outermost up may not have
 * heard of that yet inside of it.
 */
static struct pen_conn_call *find_asked(struct pen_conn *conn, uint32_t call_id)
{
	struct pen_conn_call *call = pen_conn_find_call(conn, call_id);

	if (!call)
		return find_only(conn, call_id);
	if (call->is_made)
		return call;
	call = pen_conn_outermost(call);
	return call->is_made && call->is_orphaned && !call->is_answered ? call : NULL;
}

/* The call of an answer, and the answer as it came. */
static int find_call(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
		     size_t n_head, struct answer *answer)
{
	*answer = (struct answer){
		.header = header,
		.call = find_asked(conn, header->call_id),
		.pdu = pdu,
		.n_head = n_head,
		.body = { pdu + PEN_PDU_HEADER_SIZE, header->frag_length - PEN_PDU_HEADER_SIZE },
	};
	return answer->call ? 0 : PEN_E_NOT_FOUND;
}

static int take_stub(struct pen_conn *conn, struct answer *answer, struct pen_slice *stub)
{
	const struct pen_pdu_header *header = answer->header;
	struct pen_conn_call *call = answer->call;
	bool is_first = header->flags & PEN_PFC_FIRST_FRAG;
	struct pen_reader r;
	uint16_t context_id;

	pen_reader_init(&r, answer->body.data, answer->body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_u32(&r); /* alloc_hint */
	context_id = pen_reader_u16(&r);
	pen_reader_u16(&r); /* cancel_count */
	*stub = pen_reader_slice(&r, pen_reader_left(&r));
	if (!pen_reader_ok(&r))
		return pen_conn_fail(conn, "call %u: the response is not one", call->call_id);
	if ((context_id & 0xff) != (call->context->context_id & 0xff))
		return pen_conn_fail(conn, "call %u: answered in context %u", call->call_id,
				     context_id);
	if (call->is_sending)
		return pen_conn_fail(conn, "call %u: answered before it was asked", call->call_id);
	if (is_first == call->is_assembling ||
	    (!is_first && call->is_big_endian != header->is_big_endian))
		return pen_conn_fail(conn, "call %u: fragments out of order", call->call_id);
	call->is_assembling = true;
	call->is_big_endian = header->is_big_endian;
	return 0;
}

int pen_client_receive_response(struct pen_conn *conn, const struct pen_pdu_header *header,
				uint8_t *pdu, struct pen_event *event)
{
	struct answer answer;
	struct pen_slice stub;
	int r;

	if (find_call(conn, header, pdu, PEN_RESPONSE_HEADER_SIZE, &answer))
		return pen_conn_fail(conn, "call %u is answered, which is not in progress",
				     header->call_id);
	if (header->frag_length < PEN_RESPONSE_HEADER_SIZE ||
	    header->frag_length > conn->config.limits.frag_max)
		return pen_conn_fail(conn, "call %u: the response is not one", header->call_id);
	r = verify(conn, &answer);
	if (!r)
		r = take_stub(conn, &answer, &stub);
	if (r)
		return r;
	if (header->flags & PEN_PFC_LAST_FRAG)
		return complete(conn, answer.call, stub, event);
	if (answer.call->is_streamed)
		return tell_part(answer.call, stub, event);
	r = pen_conn_assemble(conn, answer.call, stub);
	if (r == PEN_E_LIMIT)
		return too_large(conn, answer.call);
	return r ? r : PEN_E_AGAIN;
}

/* ---- faults ---- */

/* What a fault says; it is not known yet whether the server has said it. */
static int get_fault(struct pen_conn *conn, const struct answer *answer, struct pen_event *event)
{
	const struct pen_pdu_header *header = answer->header;
	struct pen_reader r;
	uint32_t alloc_hint;
	uint8_t flags;

	pen_reader_init(&r, answer->body.data, answer->body.size);
	r.is_big_endian = header->is_big_endian;
	alloc_hint = pen_reader_u32(&r);
	pen_reader_bytes(&r, 3); /* context, cancel_count */
	flags = pen_reader_u8(&r);
	event->status = pen_reader_u32(&r);
	if (!pen_reader_ok(&r))
		return pen_conn_fail(conn, "call %u: the fault is not one", header->call_id);
	if (event->status == 0) /* says that there is none [MS-RPCE 3.3.2.5.1] */
		event->status = PEN_FAULT_PROTO_ERROR;
	event->call_id = header->call_id;
	event->did_not_execute = header->flags & PEN_PFC_DID_NOT_EXECUTE;
	pen_reader_bytes(&r, 4);
	event->eerr = pen_fault_eerr(flags, alloc_hint, pen_reader_slice(&r, pen_reader_left(&r)));
	return 0;
}

/* A fault of bind, alter_context or auth3. */
static int fault_bind(struct pen_conn *conn, const struct pen_pdu_header *header,
		      struct pen_event *event)
{
	bool is_over = conn->state == PEN_CONN_OPEN; /* but auth3 has no other answer */

	if (header->call_id != conn->bind_call_id || (is_over && !conn->has_begun_proof))
		return pen_conn_fail(conn, "call %u is faulted, which is not in progress",
				     header->call_id);
	if (is_over)
		return pen_conn_fail(conn, "the server refuses the end of our proof: %s",
				     pen_fault_text(event->status));
	return pen_client_reject_bind(conn, event->status, event);
}

int pen_client_receive_fault(struct pen_conn *conn, const struct pen_pdu_header *header,
			     uint8_t *pdu, struct pen_event *event)
{
	struct answer answer;
	bool is_signed = header->auth_length;
	int r = find_call(conn, header, pdu, PEN_FAULT_SIZE, &answer);

	/* Servers do not sign faults: whoever is on the way can end a call, as he can any other
	 * way. */
	if (!r && is_signed)
		r = verify(conn, &answer);
	if (r == PEN_E_PROTOCOL)
		return r;
	r = get_fault(conn, &answer, event);
	if (r)
		return r;
	if (!answer.call)
		return fault_bind(conn, header, event);
	event->call_id = answer.call->call_id;
	/* The server hears no more of what it has refused [C706 12.6.4.8]. */
	if (answer.call->is_sending && pen_client_stop_sending(conn, answer.call))
		return -ENOMEM;
	event->kind = PEN_EVENT_FAULT;
	event->is_unsigned = pen_conn_auth_protects(answer.call->auth) && !is_signed;
	describe(answer.call, event);
	return end(conn, answer.call);
}
