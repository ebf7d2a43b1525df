/* SPDX-License-Identifier: MIT */
#include "rpc/auth.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>

const char *pen_auth_level_name(uint8_t level)
{
	static const char *const names[] = {
		[PEN_AUTH_LEVEL_CONNECT] = "connect", [PEN_AUTH_LEVEL_CALL] = "call",
		[PEN_AUTH_LEVEL_PACKET] = "packet",   [PEN_AUTH_LEVEL_INTEGRITY] = "integrity",
		[PEN_AUTH_LEVEL_PRIVACY] = "privacy",
	};

	return level < PEN_COUNT(names) && names[level] ? names[level] : "none";
}

/* Who is asked for now is asked for again: it goes to the front. */
struct pen_conn_auth *pen_conn_auth_find(struct pen_conn *conn, uint32_t auth_context_id)
{
	pen_list_each (link, after, &conn->auths) {
		struct pen_conn_auth *auth = pen_list_entry(link, struct pen_conn_auth, link);

		if (auth->info.auth_context_id != auth_context_id)
			continue;
		pen_list_remove(link);
		pen_list_append(conn->auths.next, link);
		return auth;
	}
	return NULL;
}

const struct pen_mech_row *pen_conn_auth_mech(const struct pen_conn *conn, uint8_t auth_type)
{
	for (size_t i = 0; i < conn->config.n_mechs; i++)
		if (conn->config.mechs[i].mech->auth_type == auth_type)
			return &conn->config.mechs[i];
	return NULL;
}

/* Takes the context, that the mechanism made with the result r. */
static int add(struct pen_conn *conn, const struct pen_mech *mech, const struct pen_auth_info *info,
	       struct pen_conn_auth *auth, int r)
{
	if (r) {
		free(auth);
		return r;
	}
	auth->mech = mech;
	auth->info = *info;
	auth->info.auth_type = mech->auth_type;
	auth->info.mech = mech->name;
	pen_list_append(&conn->auths, &auth->link);
	conn->n_auths++;
	return 0;
}

static int make_room(const struct pen_conn *conn, struct pen_conn_auth **authp)
{
	if (conn->n_auths >= conn->config.limits.auths_max)
		return PEN_E_LIMIT;
	*authp = calloc(1, sizeof(**authp));
	return *authp ? 0 : -ENOMEM;
}

int pen_conn_auth_accept(struct pen_conn *conn, const struct pen_mech_row *row,
			 const struct pen_sec_trailer *trailer, struct pen_conn_auth **authp)
{
	const struct pen_mech_server server = {
		.world = conn->config.world,
		.config = row->config,
		.peer = conn->config.peer,
		.level = trailer->auth_level,
	};
	const struct pen_auth_info info = {
		.auth_context_id = trailer->auth_context_id,
		.auth_level = trailer->auth_level,
	};
	struct pen_conn_auth *auth;
	int r = make_room(conn, &auth);

	if (r)
		return r;
	r = row->mech->new_server(&auth->context, &server);
	r = add(conn, row->mech, &info, auth, r);
	if (!r)
		*authp = auth;
	return r;
}

int pen_conn_auth_begin(struct pen_conn *conn, const struct pen_mech_row *row,
			const struct pen_mech_client *client, struct pen_conn_auth **authp)
{
	struct pen_mech_client with_config = *client;
	const struct pen_auth_info info = {
		.auth_context_id = conn->next_auth_context_id,
		.auth_level = (uint8_t)client->level,
	};
	struct pen_conn_auth *auth;
	int r = make_room(conn, &auth);

	if (r)
		return r;
	with_config.config = row->config;
	auth->state = PEN_CONN_AUTH_NEW;
	r = row->mech->new_client(&auth->context, &with_config);
	r = add(conn, row->mech, &info, auth, r);
	if (r)
		return r;
	conn->next_auth_context_id++;
	*authp = auth;
	return 0;
}

/* A server leaves it to each PDU whether it can be signed. */
static int check_protection(struct pen_conn *conn, const struct pen_conn_auth *auth)
{
	bool is_sealed = auth->info.auth_level == PEN_AUTH_LEVEL_PRIVACY;

	if (!is_sealed && (conn->is_server || !pen_conn_auth_protects(auth)))
		return 0;
	if (auth->mech->signature_size(auth->context, 0, is_sealed))
		return 0;
	if (is_sealed)
		pen_conn_explain(conn,
				 "%s: what was negotiated cannot seal, and the level is privacy: "
				 "integrity may do, or another mechanism",
				 auth->mech->name);
	else
		pen_conn_explain(
			conn,
			"%s: what was negotiated cannot sign, and the level is %s: another "
			"mechanism may do",
			auth->mech->name, pen_auth_level_name(auth->info.auth_level));
	return PEN_E_UNSUPPORTED;
}

static int auth_open(struct pen_conn *conn, struct pen_conn_auth *auth)
{
	struct pen_token *token;
	int r = check_protection(conn, auth);

	if (r)
		return r;
	if (conn->is_server) {
		r = auth->mech->token(auth->context, &token);
		if (r)
			return r;
		auth->info.token = token;
	}
	auth->info.session_key = auth->mech->session_key(auth->context);
	auth->state = PEN_CONN_AUTH_OPEN;
	return 0;
}

int pen_conn_auth_step(struct pen_conn *conn, struct pen_conn_auth *auth, struct pen_slice token,
		       struct pen_buffer *out)
{
	int r = auth->mech->step(auth->context, token, out);

	if (r == PEN_PENDING) {
		auth->state = PEN_CONN_AUTH_AWAIT_WORK;
		return r;
	}
	auth->state = PEN_CONN_AUTH_AWAIT_TOKEN;
	if (r == PEN_E_AGAIN)
		return r;
	if (r)
		pen_conn_explain(conn, "%s: %s", auth->mech->name,
				 r < 0 ? pen_error_name(r) : auth->mech->reason(auth->context));
	else
		r = auth_open(conn, auth);
	if (r)
		auth->state = PEN_CONN_AUTH_FAILED;
	return r;
}

struct pen_conn_auth *pen_conn_auth_free(struct pen_conn_auth *auth)
{
	auth->mech->free(auth->context);
	pen_token_free((struct pen_token *)auth->info.token);
	free(auth);
	return NULL;
}

void pen_conn_auths_free(struct pen_conn *conn)
{
	pen_list_each (link, after, &conn->auths)
		pen_conn_auth_free(pen_list_entry(link, struct pen_conn_auth, link));
}

struct pen_conn_auth *pen_conn_auth_working(struct pen_conn *conn)
{
	return conn->working;
}

void pen_conn_auth_leave(struct pen_conn *conn, struct pen_conn_auth *auth)
{
	pen_list_remove(&auth->link);
	conn->n_auths--;
}

/* ---- PDUs ---- */

/* At level connect a trailer names the context and signs nothing. */
static const uint8_t no_signature[16] = { 1 };

static void put_trailer(struct pen_writer *w, const struct pen_auth_info *info, uint8_t n_pad)
{
	pen_writer_u8(w, info->auth_type);
	pen_writer_u8(w, info->auth_level);
	pen_writer_u8(w, n_pad);
	pen_writer_u8(w, 0);
	pen_writer_u32(w, info->auth_context_id);
}

/* auth_length of the PDU that began at at. */
static void store_auth_length(struct pen_writer *w, size_t at, size_t n)
{
	if (!w->error)
		pen_writer_store16(w, w->buffer->data + at + 10, (uint16_t)n);
}

void pen_conn_auth_put_token(struct pen_writer *w, size_t at, const struct pen_auth_info *info,
			     struct pen_slice token)
{
	uint8_t n_pad = -(w->buffer->size - at) & 3;

	pen_writer_zeros(w, n_pad);
	put_trailer(w, info, n_pad);
	pen_writer_bytes(w, token.data, token.size);
	store_auth_length(w, at, token.size);
}

size_t pen_conn_auth_signature_size(const struct pen_conn_auth *auth, size_t n)
{
	if (!pen_conn_auth_protects(auth))
		return sizeof(no_signature);
	return auth->mech->signature_size(auth->context, n,
					  auth->info.auth_level == PEN_AUTH_LEVEL_PRIVACY);
}

bool pen_conn_auth_signs_headers(const struct pen_conn *conn, const struct pen_conn_auth *auth)
{
	const struct pen_mech *mech = auth->mech;

	if (!pen_conn_auth_protects(auth))
		return false;
	if (mech->always_signs_headers && mech->always_signs_headers(auth->context))
		return true;
	return conn->signs_headers && mech->has_header_signing(auth->context);
}

/* Without header signing the stub stands alone. */
static void sign_headers(const struct pen_conn *conn, const struct pen_conn_auth *auth,
			 struct pen_protected *message, struct pen_slice head, const uint8_t *tail)
{
	if (!pen_conn_auth_signs_headers(conn, auth))
		return;
	message->head = head;
	message->tail = (struct pen_slice){ .data = tail, .size = PEN_SEC_TRAILER_SIZE };
}

int pen_conn_auth_protect(struct pen_conn *conn, struct pen_conn_auth *auth, struct pen_writer *w,
			  size_t at, size_t n_head, uint8_t *data, size_t n, uint8_t n_pad)
{
	struct pen_protected message = {
		.data = data,
		.n = n,
		.n_signature = pen_conn_auth_signature_size(auth, n),
		.is_sealed = auth->info.auth_level == PEN_AUTH_LEVEL_PRIVACY,
	};

	if (!message.n_signature)
		return PEN_E_UNSUPPORTED;
	put_trailer(w, &auth->info, n_pad);
	store_auth_length(w, at, message.n_signature);
	message.signature = pen_writer_room(w, message.n_signature);
	if (w->error)
		return w->error;
	if (!pen_conn_auth_protects(auth)) {
		memcpy(message.signature, no_signature, sizeof(no_signature));
		return 0;
	}
	sign_headers(conn, auth, &message,
		     (struct pen_slice){ .data = w->buffer->data + at, .size = n_head },
		     message.signature - PEN_SEC_TRAILER_SIZE);
	return auth->mech->protect(auth->context, &message);
}

int pen_conn_auth_unprotect(struct pen_conn *conn, struct pen_conn_auth *auth,
			    const struct pen_pdu_header *header, uint8_t *pdu, size_t n_head)
{
	size_t n_tail = PEN_SEC_TRAILER_SIZE + (size_t)header->auth_length;
	struct pen_protected message = {
		.data = pdu + n_head,
		.n = header->frag_length - n_head - n_tail,
		.signature = pdu + header->frag_length - header->auth_length,
		.n_signature = header->auth_length,
		.is_sealed = auth->info.auth_level == PEN_AUTH_LEVEL_PRIVACY,
	};
	const char *why = "it has no keys";
	int r = PEN_E_DENIED;

	if (pen_conn_auth_signature_size(auth, message.n)) {
		sign_headers(conn, auth, &message,
			     (struct pen_slice){ .data = pdu, .size = n_head },
			     message.signature - PEN_SEC_TRAILER_SIZE);
		r = auth->mech->unprotect(auth->context, &message);
		why = r < 0 ? pen_error_name(r) : auth->mech->reason(auth->context);
	}
	if (r)
		pen_conn_explain(conn,
				 "call %u: its %s is not what the peer protected under security "
				 "context %u: %s: %s",
				 header->call_id, pen_pdu_name(header->ptype),
				 auth->info.auth_context_id, auth->mech->name, why);
	return r;
}
