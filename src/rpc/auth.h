/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_AUTH_H
#define PEN_RPC_AUTH_H
/*
 * The security contexts of an association [MS-RPCE 3.3.1.1.1, 3.3.1.5.2]: each is one
 * peer's proof under an auth_context_id, and after that what signs and seals its PDUs.
 */
#include "rpc/engine.h"
#include "sec/mech.h"

enum pen_conn_auth_state {
	PEN_CONN_AUTH_AWAIT_TOKEN, /* the peer's next one */
	PEN_CONN_AUTH_AWAIT_WORK,  /* what may wait, done by the owner */
	PEN_CONN_AUTH_OPEN,
	PEN_CONN_AUTH_FAILED,
	PEN_CONN_AUTH_NEW, /* client: its first step */
};

struct pen_conn_auth {
	struct pen_list link;
	enum pen_conn_auth_state state;
	const struct pen_mech *mech;
	struct pen_mech_context *context;
	struct pen_auth_info info;
};

/* Whose info it is. */
static inline struct pen_conn_auth *pen_conn_auth_of(const struct pen_auth_info *info)
{
	return info ? pen_list_entry(info, struct pen_conn_auth, info) : NULL;
}

/* The context of that id, or NULL. */
struct pen_conn_auth *pen_conn_auth_find(struct pen_conn *conn, uint32_t auth_context_id);

/* The mechanism of that type, or NULL: there is none here. */
const struct pen_mech_row *pen_conn_auth_mech(const struct pen_conn *conn, uint8_t auth_type);

/*
 * A server's new context for what a trailer asks. PEN_E_LIMIT: as many as there may
 * be; PEN_E_UNSUPPORTED, -ENOMEM: as new_server says.
 */
int pen_conn_auth_accept(struct pen_conn *conn, const struct pen_mech_row *row,
			 const struct pen_sec_trailer *trailer, struct pen_conn_auth **authp);

/* A client's; PEN_E_LIMIT, and what new_client returns. */
int pen_conn_auth_begin(struct pen_conn *conn, const struct pen_mech_row *row,
			const struct pen_mech_client *client, struct pen_conn_auth **authp);

/*
 * One step, with the peer's token or, when work is done, without. Returns what the
 * mechanism returns, and PEN_E_UNSUPPORTED where it proves the peer but cannot seal what
 * the level wants sealed, or for a client sign what it wants signed; on failure the sentence is
 * noted as the association's reason.
 */
int pen_conn_auth_step(struct pen_conn *conn, struct pen_conn_auth *auth, struct pen_slice token,
		       struct pen_buffer *out);

void pen_conn_auths_free(struct pen_conn *conn);

/* "privacy"; "none" for what is no level. */
const char *pen_auth_level_name(uint8_t level);

/*
 * The context that waits for work, which its owner may do without the association. If that
 * ends before, the context leaves it and is the owner's to free, after its work.
 */
struct pen_conn_auth *pen_conn_auth_working(struct pen_conn *conn);
void pen_conn_auth_leave(struct pen_conn *conn, struct pen_conn_auth *auth);
struct pen_conn_auth *pen_conn_auth_free(struct pen_conn_auth *auth);

/* Whether the heads of PDUs under it are signed too. */
bool pen_conn_auth_signs_headers(const struct pen_conn *conn, const struct pen_conn_auth *auth);

/* Whether PDUs under it are signed at all. NULL: there is no context. */
static inline bool pen_conn_auth_protects(const struct pen_conn_auth *auth)
{
	return auth && auth->info.auth_level >= PEN_AUTH_LEVEL_PACKET;
}

/* Ends a PDU that began at at with padding to 4, the trailer and a token, which may be empty. */
void pen_conn_auth_put_token(struct pen_writer *w, size_t at, const struct pen_auth_info *info,
			     struct pen_slice token);

/* Bytes of the signature of a PDU with n bytes of stub and padding. 0: it cannot be made. */
size_t pen_conn_auth_signature_size(const struct pen_conn_auth *auth, size_t n);

/*
 * Writes the trailer and the signature of a PDU whose head stands in w, n_head bytes
 * from at, and whose data, padding included, is sealed where it is.
 */
int pen_conn_auth_protect(struct pen_conn *conn, struct pen_conn_auth *auth, struct pen_writer *w,
			  size_t at, size_t n_head, uint8_t *data, size_t n, uint8_t n_pad);

/*
 * Verifies a PDU of which n_head bytes stand before the data, and unseals that where it is.
 * PEN_E_DENIED: it is not what the peer protected, and none of it may be looked at.
 */
int pen_conn_auth_unprotect(struct pen_conn *conn, struct pen_conn_auth *auth,
			    const struct pen_pdu_header *header, uint8_t *pdu, size_t n_head);

#endif
