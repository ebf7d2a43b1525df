/* SPDX-License-Identifier: MIT */
/*
 * bind, alter_context and auth3, as a client sends them: presentation contexts, and the
 * legs of the proof of who it is [C706 12.6.4, MS-RPCE 3.3.1.5.2, 3.3.2.4.1].
 */
#include "rpc/client.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>

static const uint8_t whole = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG;

static void note(struct pen_conn *conn, const char *sentence)
{
	snprintf(conn->reason, sizeof(conn->reason), "%s", sentence);
}

static int reject(struct pen_conn *conn, uint32_t status, struct pen_event *event)
{
	conn->proving = NULL;
	conn->is_leg_due = false;
	event->kind = PEN_EVENT_REJECTED;
	event->status = status;
	return 0;
}

/* ---- what is sent ---- */

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
	struct pen_syntax_id features = pen_features_to_syntax(
		PEN_FEATURE_SECURITY_CONTEXT_MULTIPLEXING | PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN);

	pen_writer_u8(w, (uint8_t)(1 + conn->binding_has_ndr64 + is_bind));
	pen_writer_zeros(w, 3);
	put_proposal(w, id++, &conn->binding, &pen_syntax_ndr);
	if (conn->binding_has_ndr64)
		put_proposal(w, id++, &conn->binding, &pen_syntax_ndr64);
	if (is_bind)
		put_proposal(w, id++, &conn->binding, &features);
	conn->next_context_id = id;
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

/* The context that a later leg offers again, as there must be one: the answer is known. */
static uint16_t known_context(const struct pen_conn *conn, const struct pen_syntax_id **transferp)
{
	const struct pen_context *context = newest_context(conn, &conn->binding);

	*transferp =
		context && context->transfer == PEN_NDR64 ? &pen_syntax_ndr64 : &pen_syntax_ndr;
	return context ? context->context_id : conn->binding_context_id;
}

static void put_again(const struct pen_conn *conn, struct pen_writer *w)
{
	const struct pen_syntax_id *transfer;
	uint16_t context_id = known_context(conn, &transfer);

	pen_writer_u8(w, 1);
	pen_writer_zeros(w, 3);
	put_proposal(w, context_id, &conn->binding, transfer);
}

/*
 * Header signing is settled once, by the first PDU with a proof. Whether the mechanism
 * can do it is known only later; it is the same one on both sides, so they agree then.
 */
static uint8_t header_signing(const struct pen_conn *conn)
{
	return conn->proving && !conn->refuses_header_signing ? PEN_PFC_SUPPORT_HEADER_SIGN : 0;
}

static int end_leg(struct pen_conn *conn, struct pen_writer *w, size_t at, struct pen_slice token)
{
	if (conn->proving)
		pen_conn_auth_put_token(w, at, &conn->proving->info, token);
	if (!w->error && w->buffer->size - at > UINT16_MAX)
		w->error = PEN_E_LIMIT;
	return pen_conn_end(conn, w, at);
}

/* bind or alter_context, with a leg of the proof if there is one. */
static int send_offer(struct pen_conn *conn, struct pen_slice token)
{
	bool is_bind = conn->state == PEN_CONN_IDLE;
	bool is_again = conn->has_begun_proof;
	struct pen_writer w;
	size_t at;
	int r;

	at = pen_conn_begin(
		conn, &w, is_bind ? PEN_PDU_BIND : PEN_PDU_ALTER_CONTEXT,
		(uint8_t)(whole | (is_bind ? PEN_PFC_CONC_MPX : 0) | header_signing(conn)),
		conn->bind_call_id);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u32(&w, is_bind ? conn->binding_group_id : conn->assoc_group_id);
	if (is_again)
		put_again(conn, &w);
	else
		put_proposals(conn, &w, is_bind);
	r = end_leg(conn, &w, at, token);
	if (!r)
		conn->state = is_bind ? PEN_CONN_AWAIT_BIND_ACK : PEN_CONN_AWAIT_ALTER_RESP;
	return r;
}

static int send_auth3(struct pen_conn *conn, struct pen_slice token)
{
	struct pen_writer w;
	size_t at = pen_conn_begin(conn, &w, PEN_PDU_AUTH3, whole, conn->bind_call_id);

	pen_writer_zeros(&w, 4);
	return end_leg(conn, &w, at, token);
}

/* ---- the proof ---- */

/* The answer that bind or alter_context had. */
static int tell_outcome(struct pen_conn *conn, struct pen_event *event)
{
	bool is_bind = conn->is_binding;

	conn->authenticated = conn->proving;
	conn->proving = NULL;
	conn->state = PEN_CONN_OPEN;
	event->context = newest_context(conn, &conn->binding);
	event->kind = is_bind ? PEN_EVENT_BOUND : PEN_EVENT_ALTERED;
	if (event->context)
		return 0;
	switch (conn->binding_reason) {
	case PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED:
		note(conn, "the server does not offer this interface here");
		break;
	case PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED:
		note(conn, "the server speaks none of the transfer syntaxes");
		break;
	case PEN_ACK_LOCAL_LIMIT_EXCEEDED:
		note(conn, "the server has as many contexts as it may");
		break;
	default:
		note(conn, "the server rejects the interface and gives no reason");
		break;
	}
	return reject(conn, conn->binding_reason, event);
}

/*
 * The proof has failed on this side; the reason is noted. What was not begun leaves
 * nothing behind, else nobody knows what the server holds of us.
 */
static int give_up(struct pen_conn *conn, int result, struct pen_event *event)
{
	conn->proving->state = PEN_CONN_AUTH_FAILED;
	if (conn->has_begun_proof)
		conn->state = PEN_CONN_CLOSED;
	return reject(conn,
		      result == PEN_E_DENIED ? PEN_WERR_ACCESS_DENIED
					     : PEN_WERR_RPC_S_SEC_PKG_ERROR,
		      event);
}

/* Sends what the mechanism made of the server's last token; leg is what it returned. */
static int send_leg(struct pen_conn *conn, int leg, struct pen_slice token, struct pen_event *event)
{
	bool is_first = !conn->has_begun_proof;
	int r = 0;

	if (!token.size && (leg || is_first)) {
		snprintf(conn->reason, sizeof(conn->reason), "%s: it has nothing to say",
			 conn->proving->mech->name);
		return give_up(conn, PEN_E_BAD_DATA, event);
	}
	if (leg || is_first)
		r = send_offer(conn, token);
	else if (token.size)
		r = send_auth3(conn, token);
	if (r == PEN_E_LIMIT) {
		snprintf(conn->reason, sizeof(conn->reason),
			 "%s: its token of %zu bytes is larger than a PDU",
			 conn->proving->mech->name, token.size);
		return give_up(conn, PEN_E_BAD_DATA, event);
	}
	if (r)
		return r;
	conn->n_proofs += is_first;
	conn->has_begun_proof = true;
	return leg || is_first ? PEN_E_AGAIN : tell_outcome(conn, event);
}

/* One leg of ours. The mechanism keeps the token if it has to wait. */
static int take_leg(struct pen_conn *conn, struct pen_slice token, struct pen_event *event)
{
	struct pen_buffer out = { 0 };
	int leg, r;

	leg = pen_conn_auth_step(conn, conn->proving, token, &out);
	conn->is_leg_due = leg == PEN_PENDING;
	if (leg == PEN_PENDING) {
		conn->working = conn->proving;
		r = leg;
	} else if (leg < 0) {
		r = leg;
	} else if (leg && leg != PEN_E_AGAIN) {
		r = give_up(conn, leg, event);
	} else {
		r = send_leg(conn, leg, (struct pen_slice){ out.data, out.size }, event);
	}
	pen_buffer_done(&out);
	return r;
}

int pen_client_resume_proof(struct pen_conn *conn, struct pen_event *event)
{
	return take_leg(conn, (struct pen_slice){ NULL, 0 }, event);
}

int pen_conn_add_auth(struct pen_conn *conn, const struct pen_mech_row *row,
		      const struct pen_mech_client *client, const struct pen_auth_info **authp)
{
	struct pen_conn_auth *auth;
	int r;

	/* That of single calls is for datagrams. */
	if (client->level < PEN_AUTH_LEVEL_CONNECT || client->level > PEN_AUTH_LEVEL_PRIVACY ||
	    client->level == PEN_AUTH_LEVEL_CALL)
		return -EINVAL;
	r = pen_conn_auth_begin(conn, row, client, &auth);
	if (!r)
		*authp = &auth->info;
	return r;
}

static int judge_auth(struct pen_conn *conn, const struct pen_conn_auth *auth)
{
	if (auth->state == PEN_CONN_AUTH_FAILED)
		return PEN_E_DENIED;
	if (auth->state == PEN_CONN_AUTH_NEW && conn->n_proofs && !conn->has_auth_multiplexing) {
		note(conn, "the server takes no second security context in one association");
		return PEN_E_UNSUPPORTED;
	}
	return 0;
}

int pen_conn_bind(struct pen_conn *conn, const struct pen_syntax_id *abstract, bool refuse_ndr64,
		  uint32_t assoc_group_id, const struct pen_auth_info *info)
{
	struct pen_conn_auth *auth = pen_conn_auth_of(info);
	int r;

	if (conn->state == PEN_CONN_CLOSED)
		return PEN_E_CLOSED;
	if (conn->proving || (conn->state != PEN_CONN_IDLE && conn->state != PEN_CONN_OPEN))
		return PEN_E_AGAIN;
	r = auth ? judge_auth(conn, auth) : 0;
	if (r)
		return r;
	conn->binding = *abstract;
	conn->binding_has_ndr64 = !refuse_ndr64;
	conn->binding_context_id = conn->next_context_id;
	conn->binding_reason = 0;
	conn->binding_group_id = assoc_group_id;
	conn->is_binding = conn->state == PEN_CONN_IDLE;
	conn->bind_call_id = conn->next_call_id++;
	conn->is_answered = false;
	conn->has_begun_proof = false;
	if (auth && auth->state == PEN_CONN_AUTH_NEW) {
		conn->proving = auth;
		conn->is_leg_due = true;
		return 0;
	}
	return send_offer(conn, (struct pen_slice){ NULL, 0 });
}

/* ---- the server's answers ---- */

struct ack {
	const struct pen_pdu_header *header;
	uint16_t max_recv;
	uint32_t group_id;
	uint8_t n_results;
	struct pen_reader results;
	struct pen_slice token;
};

static int bad_token(struct pen_conn *conn, const struct ack *ack,
		     const struct pen_sec_trailer *trailer)
{
	const struct pen_auth_info *info = &conn->proving->info;

	if (!ack->header->auth_length)
		return pen_conn_fail(conn,
				     "%s: the server's answer proves nothing: it has no token",
				     info->mech);
	return pen_conn_fail(conn,
			     "%s: asked for security context %u of type %u and level %u, the "
			     "server answers with %u of type %u and level %u",
			     info->mech, info->auth_context_id, info->auth_type, info->auth_level,
			     trailer->auth_context_id, trailer->auth_type, trailer->auth_level);
}

/* The server's token: where one is due there must be one, of what was begun; else none. */
static int get_token(struct pen_conn *conn, struct ack *ack, struct pen_slice *body)
{
	const struct pen_conn_auth *auth = conn->proving;
	bool is_due = auth && auth->state == PEN_CONN_AUTH_AWAIT_TOKEN;
	struct pen_sec_trailer trailer = { 0 };

	if (!ack->header->auth_length)
		return is_due ? bad_token(conn, ack, &trailer) : 0;
	if (pen_sec_trailer_get(&trailer, ack->header, body))
		return pen_conn_fail(conn, "the server's answer to bind has a token that is cut "
					   "short");
	if (!is_due)
		return pen_conn_fail(conn, "the server sends a token where none is due");
	if (trailer.auth_type != auth->info.auth_type ||
	    trailer.auth_level != auth->info.auth_level ||
	    trailer.auth_context_id != auth->info.auth_context_id)
		return bad_token(conn, ack, &trailer);
	ack->token = trailer.auth_value;
	return 0;
}

static int get_ack(struct pen_conn *conn, struct ack *ack, struct pen_slice body)
{
	struct pen_reader *r = &ack->results;
	int result = get_token(conn, ack, &body);

	if (result)
		return result;
	pen_reader_init(r, body.data, body.size);
	r->is_big_endian = ack->header->is_big_endian;
	pen_reader_u16(r);
	ack->max_recv = pen_reader_u16(r);
	ack->group_id = pen_reader_u32(r);
	pen_reader_bytes(r, pen_reader_u16(r)); /* secondary address */
	pen_reader_align(r, 4);
	ack->n_results = pen_reader_u8(r);
	pen_reader_bytes(r, 3);
	if (!pen_reader_ok(r) || ack->header->call_id != conn->bind_call_id)
		return pen_conn_fail(conn, "the server's answer to bind is not one");
	return 0;
}

static int get_features(struct pen_conn *conn, uint16_t result, uint16_t reason)
{
	bool is_ack = result == PEN_ACK_NEGOTIATE_ACK;

	conn->keeps_on_orphan = is_ack && reason & PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN;
	conn->has_auth_multiplexing = is_ack && reason & PEN_FEATURE_SECURITY_CONTEXT_MULTIPLEXING;
	return result == PEN_ACK_ACCEPTANCE ? PEN_E_PROTOCOL : 0;
}

/* One result for each context that was proposed, in their order. */
static int get_result(struct pen_conn *conn, struct pen_reader *r, uint8_t index)
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
	if (index > conn->binding_has_ndr64)
		return get_features(conn, result, reason);
	if (result != PEN_ACK_ACCEPTANCE) {
		if (index == 0)
			conn->binding_reason = reason;
		return 0;
	}
	if (!pen_syntax_id_equal(&transfer, index == 0 ? &pen_syntax_ndr : &pen_syntax_ndr64))
		return PEN_E_PROTOCOL;
	return pen_conn_add_context(conn, &context, NULL);
}

static int get_results(struct pen_conn *conn, struct ack *ack)
{
	uint8_t n = (uint8_t)(1 + conn->binding_has_ndr64 + conn->is_binding);
	int r = 0;

	if (ack->n_results != n)
		return pen_conn_fail(conn, "the server's answer to bind is not one");
	for (uint8_t i = 0; !r && i < n; i++)
		r = get_result(conn, &ack->results, i);
	return r == PEN_E_PROTOCOL ? pen_conn_fail(conn, "the server accepts what was not proposed")
				   : r;
}

/* What the answer to a later leg says of the context is known already. */
static int get_result_again(struct pen_conn *conn, struct ack *ack)
{
	uint16_t result = pen_reader_u16(&ack->results);
	const struct pen_syntax_id *known;
	struct pen_syntax_id transfer;

	pen_reader_u16(&ack->results);
	transfer = pen_syntax_id_get(&ack->results);
	known_context(conn, &known);
	if (!pen_reader_ok(&ack->results) || ack->n_results != 1)
		return pen_conn_fail(conn, "the server's answer to alter_context is not one");
	if ((result == PEN_ACK_ACCEPTANCE) != (newest_context(conn, &conn->binding) != NULL) ||
	    (result == PEN_ACK_ACCEPTANCE && !pen_syntax_id_equal(&transfer, known)))
		return pen_conn_fail(conn, "the server has changed its mind about the interface");
	return 0;
}

static void settle_header_signing(struct pen_conn *conn, const struct ack *ack)
{
	if (!header_signing(conn) || conn->signs_headers)
		return;
	conn->signs_headers = ack->header->flags & PEN_PFC_SUPPORT_HEADER_SIGN;
	conn->refuses_header_signing = !conn->signs_headers;
}

static int settle_bind(struct pen_conn *conn, const struct ack *ack)
{
	if (ack->max_recv < PEN_FRAG_MUST_RECEIVE)
		return pen_conn_fail(conn, "the server receives fragments of %u bytes only",
				     ack->max_recv);
	conn->assoc_group_id = ack->group_id;
	conn->is_multiplexed = ack->header->flags & PEN_PFC_CONC_MPX;
	if (ack->max_recv < conn->frag_max)
		conn->frag_max = ack->max_recv;
	return 0;
}

static int settle(struct pen_conn *conn, struct ack *ack)
{
	int r;

	settle_header_signing(conn, ack);
	if (conn->is_answered)
		return get_result_again(conn, ack);
	conn->is_answered = true;
	r = conn->is_binding ? settle_bind(conn, ack) : 0;
	return r ? r : get_results(conn, ack);
}

int pen_client_receive_ack(struct pen_conn *conn, const struct pen_pdu_header *header,
			   struct pen_slice body, struct pen_event *event)
{
	struct ack ack = { .header = header };
	int r = get_ack(conn, &ack, body);

	if (!r)
		r = settle(conn, &ack);
	if (r)
		return r;
	if (conn->proving && conn->proving->state != PEN_CONN_AUTH_OPEN)
		return take_leg(conn, ack.token, event);
	return tell_outcome(conn, event);
}

/* The server says no more than this. Kerberos' first leg may fail for more than a password. */
static const char *invalid_sentence(const struct pen_conn_auth *auth)
{
	uint8_t auth_type = auth ? auth->info.auth_type : PEN_AUTH_NONE;

	if (auth_type != PEN_AUTH_KRB5 && auth_type != PEN_AUTH_SPNEGO)
		return "the authentication is not valid";
	return "the authentication is not valid; if it was by Kerberos: do the clocks agree, is "
	       "the ticket still good and shown once, has the server its newest key and a user of "
	       "that name?";
}

static const char *nak_sentence(uint16_t reason, const struct pen_conn_auth *auth)
{
	switch (reason) {
	case 1:
		return "it is congested for the moment";
	case PEN_NAK_LOCAL_LIMIT_EXCEEDED:
		return "it has as many associations as it may";
	case PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED:
		return "it does not speak this version of the protocol";
	case PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED:
		return "it does not have this security mechanism";
	case PEN_NAK_INVALID_CHECKSUM:
		return invalid_sentence(auth);
	default:
		return "it gives no reason";
	}
}

/* What the server has refused, as far as it was to prove who we are. */
static void note_refusal(struct pen_conn *conn, const char *why)
{
	const struct pen_conn_auth *auth = conn->proving;

	snprintf(conn->reason, sizeof(conn->reason), "the server refuses %s%s%s%s: %s",
		 conn->is_answered ? "our proof" : "bind", auth ? " (" : "",
		 auth ? auth->mech->name : "", auth ? ")" : "", why);
	if (auth)
		conn->proving->state = PEN_CONN_AUTH_FAILED;
}

int pen_client_receive_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
			   struct pen_slice body, struct pen_event *event)
{
	struct pen_reader r;
	uint16_t reason;

	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	reason = pen_reader_u16(&r);
	if (!pen_reader_ok(&r) || header->call_id != conn->bind_call_id)
		return pen_conn_fail(conn, "the server's bind_nak is not one");
	event->eerr = pen_nak_eerr(&r);
	note_refusal(conn, nak_sentence(reason, conn->proving));
	conn->state = PEN_CONN_CLOSED;
	return reject(conn, reason, event);
}

int pen_client_reject_bind(struct pen_conn *conn, uint32_t status, struct pen_event *event)
{
	bool is_over = conn->proving || conn->state == PEN_CONN_AWAIT_BIND_ACK;

	if (conn->proving)
		note_refusal(conn, pen_fault_text(status));
	else
		note(conn, "the server answers the offer of an interface by a fault");
	conn->state = is_over ? PEN_CONN_CLOSED : PEN_CONN_OPEN;
	return reject(conn, status, event);
}
