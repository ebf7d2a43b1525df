/* SPDX-License-Identifier: MIT */
/*
 * bind, alter_context and auth3, as a server takes them: each may offer presentation
 * contexts and carry one leg of a client's proof [C706 12.6.4, MS-RPCE 3.3.1.5.2, 3.3.3.5].
 *
 * A leg that has to wait makes the whole PDU wait: it is handled again after that, so
 * all that comes before the leg must change nothing the second time.
 */
#include "rpc/server.h"
#include <penstock/status.h>

/* A PDU of these kinds, and what is answered to it. */
struct handshake {
	const struct pen_pdu_header *header;
	struct pen_slice body;
	bool has_auth;
	struct pen_sec_trailer trailer;
	struct pen_conn_auth *auth;
	struct pen_buffer results; /* p_result_list */
	struct pen_buffer token;   /* ours */
};

static void handshake_done(struct handshake *handshake)
{
	pen_buffer_done(&handshake->results);
	pen_buffer_done(&handshake->token);
}

/* ---- one leg of a proof ---- */

static void auth_opened(struct pen_conn *conn, struct pen_conn_auth *auth)
{
	conn->authenticated = auth;
	if (auth->info.auth_level == PEN_AUTH_LEVEL_CONNECT && !conn->has_no_default)
		conn->default_auth = auth;
}

/* PEN_PENDING: the PDU waits. PEN_E_AGAIN: another leg is due; both are no failure. */
static int take_leg(struct pen_conn *conn, struct handshake *handshake)
{
	struct pen_conn_auth *auth = handshake->auth;
	bool was_worked = auth->state == PEN_CONN_AUTH_AWAIT_WORK;
	struct pen_slice token = handshake->trailer.auth_value;
	int r;

	r = pen_conn_auth_step(conn, auth, was_worked ? (struct pen_slice){ 0 } : token,
			       &handshake->token);
	if (r == PEN_PENDING)
		conn->working = auth;
	return r;
}

/* The context that a PDU goes on with, or a new one. */
static int find_auth(struct pen_conn *conn, struct handshake *handshake)
{
	const struct pen_sec_trailer *trailer = &handshake->trailer;
	const struct pen_mech_row *row;

	handshake->auth = pen_conn_auth_find(conn, trailer->auth_context_id);
	if (handshake->auth)
		return 0;
	row = pen_conn_auth_mech(conn, trailer->auth_type);
	return row ? pen_conn_auth_accept(conn, row, trailer, &handshake->auth) : PEN_E_NOT_FOUND;
}

/* ---- what bind and alter_context have in common ---- */

static void note_header_signing(struct pen_conn *conn, const struct pen_pdu_header *header)
{
	if (header->flags & PEN_PFC_SUPPORT_HEADER_SIGN)
		conn->signs_headers = true;
}

static int negotiate(struct pen_conn *conn, struct handshake *handshake, struct pen_reader *r)
{
	bool is_bind = handshake->header->ptype == PEN_PDU_BIND;
	struct pen_writer w;

	pen_writer_init(&w, &handshake->results);
	return pen_server_negotiate(conn, r, is_bind, &w);
}

/* bind_ack or alter_context_resp, with our token where the client came with one. */
static int answer(struct pen_conn *conn, const struct handshake *handshake, uint8_t echoed,
		  const char *secondary_address)
{
	bool is_bind = handshake->header->ptype == PEN_PDU_BIND;
	size_t n = secondary_address ? strlen(secondary_address) + 1 : 0;
	struct pen_slice token = { .data = handshake->token.data, .size = handshake->token.size };
	struct pen_writer w;
	size_t at;

	at = pen_conn_begin(conn, &w, is_bind ? PEN_PDU_BIND_ACK : PEN_PDU_ALTER_CONTEXT_RESP,
			    PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG |
				    (handshake->header->flags & echoed),
			    handshake->header->call_id);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u16(&w, conn->frag_max);
	pen_writer_u32(&w, conn->assoc_group_id);
	pen_writer_u16(&w, (uint16_t)n);
	pen_writer_bytes(&w, secondary_address, n);
	pen_writer_zeros(&w, -(w.buffer->size - at) & 3);
	pen_writer_bytes(&w, handshake->results.data, handshake->results.size);
	if (handshake->has_auth)
		pen_conn_auth_put_token(&w, at, &handshake->auth->info, token);
	return pen_conn_end(conn, &w, at);
}

/* ---- bind ---- */

static uint16_t negotiate_frag(const struct pen_conn *conn, uint16_t max_xmit, uint16_t max_recv)
{
	uint16_t frag = max_xmit < max_recv ? max_xmit : max_recv;

	if (frag > conn->config.limits.frag_max)
		frag = conn->config.limits.frag_max;
	if (frag < PEN_FRAG_MIN)
		frag = PEN_FRAG_MIN;
	return frag & (uint16_t)~7;
}

static const char *served(const struct pen_conn *conn)
{
	return conn->config.n_mechs ? "" : ": it has none, and takes binds without";
}

/* A bind whose proof can be begun, or a bind_nak. */
static int begin_proof(struct pen_conn *conn, struct handshake *handshake)
{
	const struct pen_pdu_header *header = handshake->header;
	uint8_t level;
	int r;

	if (pen_sec_trailer_get(&handshake->trailer, header, &handshake->body))
		return pen_server_nak(conn, header, PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED,
				      "its sec_trailer is cut short");
	level = handshake->trailer.auth_level;
	if (level < PEN_AUTH_LEVEL_CONNECT || level > PEN_AUTH_LEVEL_PRIVACY)
		return pen_server_nak(conn, header, PEN_NAK_NOT_SPECIFIED,
				      "auth_level %u is none of 2 (connect) to 6 (privacy)", level);
	r = find_auth(conn, handshake);
	if (r == PEN_E_NOT_FOUND)
		return pen_server_nak(conn, header, PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED,
				      "auth_type %u is no security mechanism of this server%s",
				      handshake->trailer.auth_type, served(conn));
	if (r == PEN_E_LIMIT)
		return pen_server_nak(conn, header, PEN_NAK_LOCAL_LIMIT_EXCEEDED,
				      "the association has %u security contexts, as many as it may",
				      conn->n_auths);
	if (r == PEN_E_UNSUPPORTED)
		return pen_server_nak(conn, header, PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED,
				      "auth_type %u cannot work here: something that it needs is "
				      "not configured or not installed",
				      handshake->trailer.auth_type);
	if (!r && level == PEN_AUTH_LEVEL_CALL) /* of datagrams; Windows answers so too */
		return pen_server_nak(
			conn, header, PEN_NAK_INVALID_CHECKSUM,
			"auth_level 3 (call) is for datagrams: 4 (packet) is its like "
			"here");
	return r;
}

static int join_group(struct pen_conn *conn, const struct pen_pdu_header *header, uint32_t group_id)
{
	int r;

	if (conn->group)
		return 0;
	r = pen_assoc_group_join(conn->config.groups, group_id, conn->config.protseq, &conn->group);
	if (r == PEN_E_LIMIT)
		return pen_server_nak(conn, header, PEN_NAK_LOCAL_LIMIT_EXCEEDED,
				      "the server has as many association groups as it may");
	if (r == PEN_E_NOT_FOUND)
		return pen_server_nak(conn, header, PEN_NAK_NOT_SPECIFIED,
				      "there is no association group %#x of this transport: 0 "
				      "begins a new one",
				      group_id);
	return r;
}

/* For the reason that is noted. */
static int nak_noted(struct pen_conn *conn, const struct pen_pdu_header *header,
		     enum pen_nak_reason reason)
{
	return pen_server_nak(conn, header, reason, "%s", conn->reason);
}

static int answer_bind(struct pen_conn *conn, struct handshake *handshake, struct pen_reader *r,
		       struct pen_event *event)
{
	const struct pen_pdu_header *header = handshake->header;
	int leg = 0;
	int result;

	result = negotiate(conn, handshake, r);
	if (result > 0)
		return nak_noted(conn, header, PEN_NAK_NOT_SPECIFIED);
	if (!result && handshake->has_auth)
		leg = take_leg(conn, handshake);
	if (result || leg < 0 || leg == PEN_PENDING)
		return result ? result : leg;
	if (leg && leg != PEN_E_AGAIN)
		return nak_noted(conn, header, PEN_NAK_INVALID_CHECKSUM);
	result = answer(conn, handshake, PEN_PFC_CONC_MPX | PEN_PFC_SUPPORT_HEADER_SIGN,
			conn->config.secondary_address);
	if (result)
		return result;
	if (handshake->has_auth && !leg)
		auth_opened(conn, handshake->auth);
	note_header_signing(conn, header);
	conn->is_multiplexed = header->flags & PEN_PFC_CONC_MPX;
	conn->state = PEN_CONN_OPEN;
	event->kind = PEN_EVENT_BOUND;
	return 0;
}

int pen_server_receive_bind(struct pen_conn *conn, const struct pen_pdu_header *header,
			    struct pen_slice body, struct pen_event *event)
{
	struct handshake handshake = {
		.header = header,
		.body = body,
		.has_auth = header->auth_length,
	};
	uint16_t max_xmit, max_recv;
	struct pen_reader r;
	uint32_t group_id;
	int result = 0;

	if (handshake.has_auth)
		result = begin_proof(conn, &handshake);
	if (result)
		return result;
	pen_reader_init(&r, handshake.body.data, handshake.body.size);
	r.is_big_endian = header->is_big_endian;
	max_xmit = pen_reader_u16(&r);
	max_recv = pen_reader_u16(&r);
	group_id = pen_reader_u32(&r);
	if (!pen_reader_ok(&r))
		return pen_server_nak(conn, header, PEN_NAK_NOT_SPECIFIED, "it is cut short");
	result = join_group(conn, header, group_id);
	if (result)
		return result;
	conn->assoc_group_id = pen_assoc_group_id(conn->group);
	conn->frag_max = negotiate_frag(conn, max_xmit, max_recv);
	result = answer_bind(conn, &handshake, &r, event);
	handshake_done(&handshake);
	return result;
}

/* ---- alter_context and auth3: legs of a proof that has begun, or a new one ---- */

static int refuse_leg(struct pen_conn *conn, const struct pen_pdu_header *header, uint32_t status)
{
	return pen_server_last_fault(conn, header->call_id, 0, status, PEN_PFC_DID_NOT_EXECUTE);
}

/* Whether the leg is of the context that it names, as that was begun. */
static int judge_leg(struct pen_conn *conn, const struct handshake *handshake)
{
	const struct pen_sec_trailer *trailer = &handshake->trailer;
	const struct pen_auth_info *info = &handshake->auth->info;
	const char *pdu = pen_pdu_name(handshake->header->ptype);
	uint32_t status;

	if (handshake->auth->state != PEN_CONN_AUTH_AWAIT_TOKEN &&
	    handshake->auth->state != PEN_CONN_AUTH_AWAIT_WORK) {
		pen_conn_fail(conn,
			      "%s: security context %u is established already, or has failed: "
			      "another proof has another auth_context_id",
			      pdu, trailer->auth_context_id);
		status = handshake->header->ptype == PEN_PDU_AUTH3 ? PEN_FAULT_PROTO_ERROR
								   : PEN_WERR_ACCESS_DENIED;
	} else if (trailer->auth_type != info->auth_type) {
		pen_conn_fail(conn,
			      "%s: security context %u is of auth_type %u, and this leg of %u", pdu,
			      trailer->auth_context_id, info->auth_type, trailer->auth_type);
		status = PEN_WERR_RPC_S_SEC_PKG_ERROR;
	} else if (trailer->auth_level != info->auth_level) {
		pen_conn_fail(conn,
			      "%s: security context %u is of auth_level %u, and this leg of %u",
			      pdu, trailer->auth_context_id, info->auth_level, trailer->auth_level);
		status = PEN_WERR_ACCESS_DENIED;
	} else {
		return 0;
	}
	return refuse_leg(conn, handshake->header, status);
}

static int find_or_begin(struct pen_conn *conn, struct handshake *handshake)
{
	const struct pen_sec_trailer *trailer = &handshake->trailer;
	const struct pen_pdu_header *header = handshake->header;
	int r;

	if (!pen_conn_auth_find(conn, trailer->auth_context_id) &&
	    (trailer->auth_level < PEN_AUTH_LEVEL_CONNECT ||
	     trailer->auth_level == PEN_AUTH_LEVEL_CALL ||
	     trailer->auth_level > PEN_AUTH_LEVEL_PRIVACY)) {
		pen_conn_fail(conn,
			      "alter_context: auth_level %u is none of 2 (connect), 4 (packet), 5 "
			      "(integrity) and 6 (privacy)",
			      trailer->auth_level);
		return refuse_leg(conn, header, PEN_WERR_ACCESS_DENIED);
	}
	r = find_auth(conn, handshake);
	if (r == PEN_E_NOT_FOUND || r == PEN_E_UNSUPPORTED) {
		pen_conn_fail(conn,
			      "alter_context: auth_type %u is no security mechanism of this "
			      "server, or cannot work here%s",
			      trailer->auth_type, served(conn));
		return refuse_leg(conn, header, PEN_WERR_RPC_S_SEC_PKG_ERROR);
	}
	if (r == PEN_E_LIMIT) {
		pen_conn_fail(conn,
			      "alter_context: the association has %u security contexts, as many as "
			      "it may",
			      conn->n_auths);
		return refuse_leg(conn, header, PEN_FAULT_PROTO_ERROR);
	}
	return r ? r : judge_leg(conn, handshake);
}

/* A proof that failed: what of it is this side's want is another fault than what is a lie. */
static int refuse_proof(struct pen_conn *conn, const struct pen_pdu_header *header, int leg)
{
	conn->state = PEN_CONN_CLOSED;
	return refuse_leg(conn, header,
			  leg == PEN_E_DENIED ? PEN_WERR_ACCESS_DENIED
					      : PEN_WERR_RPC_S_SEC_PKG_ERROR);
}

static int get_alter_trailer(struct pen_conn *conn, struct handshake *handshake)
{
	const struct pen_pdu_header *header = handshake->header;

	if (pen_sec_trailer_get(&handshake->trailer, header, &handshake->body)) {
		pen_conn_fail(conn, "alter_context: its sec_trailer is cut short");
		return pen_server_proto_error(conn, header->call_id, 0, PEN_PFC_DID_NOT_EXECUTE);
	}
	if (handshake->trailer.auth_type != PEN_AUTH_NONE)
		return 0;
	pen_conn_fail(conn, "alter_context: auth_type is 0, which is no security mechanism");
	return refuse_leg(conn, header, PEN_WERR_ACCESS_DENIED);
}

/* The leg that alter_context carries, to its end, or to the fault that refuses it. */
static int take_alter_leg(struct pen_conn *conn, struct handshake *handshake)
{
	int r = find_or_begin(conn, handshake);

	if (r)
		return r;
	r = take_leg(conn, handshake);
	if (r < 0 || r == PEN_PENDING)
		return r;
	if (r && r != PEN_E_AGAIN)
		return refuse_proof(conn, handshake->header, r);
	if (!r)
		auth_opened(conn, handshake->auth);
	return 0;
}

static int answer_alter(struct pen_conn *conn, struct handshake *handshake, struct pen_event *event)
{
	const struct pen_pdu_header *header = handshake->header;
	struct pen_reader r;
	int result;

	pen_reader_init(&r, handshake->body.data, handshake->body.size);
	r.is_big_endian = header->is_big_endian;
	pen_reader_bytes(&r, 8); /* sizes and group: fixed by bind [MS-RPCE 3.3.1.5.2] */
	result = negotiate(conn, handshake, &r);
	if (result > 0) {
		char why[sizeof(conn->reason)];

		strcpy(why, conn->reason);
		pen_conn_fail(conn, "alter_context: %s", why);
		return pen_server_proto_error(conn, header->call_id, 0, PEN_PFC_DID_NOT_EXECUTE);
	}
	if (!result && handshake->has_auth)
		result = take_alter_leg(conn, handshake);
	if (!result)
		result = answer(conn, handshake, PEN_PFC_SUPPORT_HEADER_SIGN, NULL);
	if (result)
		return result;
	note_header_signing(conn, header);
	event->kind = PEN_EVENT_ALTERED;
	if (!pen_list_is_empty(&conn->contexts))
		event->context = &pen_list_entry(conn->contexts.prev, struct pen_conn_context, link)
					  ->context;
	return 0;
}

int pen_server_receive_alter(struct pen_conn *conn, const struct pen_pdu_header *header,
			     struct pen_slice body, struct pen_event *event)
{
	struct handshake handshake = {
		.header = header,
		.body = body,
		.has_auth = header->auth_length,
	};
	int result = 0;

	if (handshake.has_auth)
		result = get_alter_trailer(conn, &handshake);
	if (!result)
		result = answer_alter(conn, &handshake, event);
	handshake_done(&handshake);
	return result;
}

/* Nothing is answered; the calls that name the context will be denied. */
static void fail_quietly(struct pen_conn *conn, struct pen_conn_auth *auth, int r)
{
	auth->state = PEN_CONN_AUTH_FAILED;
	conn->has_failed_auth = true;
	pen_conn_note(conn, "auth3: security context %u is not established: %s",
		      auth->info.auth_context_id,
		      r && r != PEN_E_AGAIN ? conn->reason
					    : "the mechanism has more to say, and auth3 has no "
					      "answer: alter_context is for that");
}

/*
 * The last leg, which has no answer: so what it proves must need none. A proof that fails
 * here is told of when it is used, as Windows does.
 */
int pen_server_receive_auth3(struct pen_conn *conn, const struct pen_pdu_header *header,
			     struct pen_slice body)
{
	struct handshake handshake = { .header = header, .body = body, .has_auth = true };
	int r;

	if (!header->auth_length) {
		pen_conn_fail(conn, "auth3: auth_length is 0, and a token is all that it is for");
		return pen_server_proto_error(conn, header->call_id, 0, 0);
	}
	if (pen_sec_trailer_get(&handshake.trailer, header, &handshake.body)) {
		pen_conn_fail(conn, "auth3: its sec_trailer is cut short");
		return refuse_leg(conn, header, PEN_FAULT_REMOTE_NO_MEMORY);
	}
	handshake.auth = pen_conn_auth_find(conn, handshake.trailer.auth_context_id);
	if (!handshake.auth) {
		pen_conn_fail(conn,
			      "auth3: security context %u was not begun by bind or alter_context",
			      handshake.trailer.auth_context_id);
		return refuse_leg(conn, header, PEN_FAULT_PROTO_ERROR);
	}
	r = judge_leg(conn, &handshake);
	if (r)
		return r;
	r = take_leg(conn, &handshake);
	if (r == 0 && handshake.token.size == 0)
		auth_opened(conn, handshake.auth);
	else if (r >= 0 && r != PEN_PENDING)
		fail_quietly(conn, handshake.auth, r);
	handshake_done(&handshake);
	return r < 0 || r == PEN_PENDING ? r : PEN_E_AGAIN;
}
