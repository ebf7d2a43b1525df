/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_CONTEXT_H
#define PEN_SEC_KRB5_CONTEXT_H
/*
 * A Kerberos context from inside, for the files that it is made of.
 */
#include "sec/krb5-outcome.h"
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <penstock/buffer.h>

enum { PEN_KRB5_TOKEN_MAX = 65536 };

/* What a context awaits. */
enum pen_krb5_state {
	PEN_KRB5_AWAIT_TOKEN,
	PEN_KRB5_AWAIT_WORK,
	PEN_KRB5_AWAIT_RESULT, /* work is done; step is to tell */
	PEN_KRB5_OPEN,
	PEN_KRB5_FAILED,
};

struct pen_mech_context {
	bool is_server;
	enum pen_krb5_state state;
	struct pen_mech_server server;
	struct pen_mech_client client;
	struct pen_krb5_server server_config;
	struct pen_krb5_client client_config;

	/* Proves the peer; then it protects messages by RC4, and by AES session does. */
	gss_ctx_id_t gss;
	struct pen_krb5_session *session;
	gss_krb5_lucid_context_v1_t
		*lucid;		  /* its keys, while they are taken or where they are kept */
	gss_buffer_desc exported; /* the same by RC4 */
	void *legs;		  /* of who takes the tokens in our place */
	bool is_begun;		  /* a leg is done */
	gss_cred_id_t credentials;
	gss_name_t target;
	krb5_context krb5; /* for the ccache; NULL: there is none */
	krb5_ccache ccache;

	struct pen_buffer in;  /* the token that work is to take */
	struct pen_buffer out; /* the token that it made */
	int result;	       /* what step is to return after work */
	OM_uint32 flags;
	int key_type;

	char *principal; /* server: the client's */
	struct pen_token *token;
	uint8_t *session_key; /* a secret */
	size_t n_session_key;
	char reason[PEN_KRB5_REASON_MAX];
};

/*
 * Puts a failure into words and into a result: PEN_E_BAD_DATA where the token is no
 * token, -ENOMEM, or PEN_E_DENIED.
 */
int pen_krb5_fail(struct pen_mech_context *context, OM_uint32 major, OM_uint32 minor);

/* The same in our own words. */
int pen_krb5_deny(struct pen_mech_context *context, const char *format, ...) PEN_PRINTF(2, 3);

/* Gets a client's or a server's credentials. May wait. Fails as pen_krb5_fail does. */
int pen_krb5_acquire(struct pen_mech_context *context);

/*
 * Looks at what the peer proved: whether that is enough, the session key, and on a
 * server whose ticket it was. May wait. Fails as pen_krb5_fail does.
 */
int pen_krb5_check_peer(struct pen_mech_context *context, gss_name_t peer);

/*
 * Takes the keys and the numbers of a context out of the library, which knows nothing more of
 * it afterwards, and makes the session by them, or keeps them for another process. By RC4 the
 * library goes on. Fails as pen_krb5_fail does.
 */
int pen_krb5_take_keys(struct pen_mech_context *context);

/* What was taken is wiped. */
void pen_krb5_drop_keys(struct pen_mech_context *context);

/* A leg by who takes the tokens in our place. May wait. */
int pen_krb5_remote_leg(struct pen_mech_context *context);
void pen_krb5_end_legs(struct pen_mech_context *context);

/* As struct pen_mech has them. */
size_t pen_krb5_signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed);
int pen_krb5_protect(struct pen_mech_context *context, struct pen_protected *message);
int pen_krb5_unprotect(struct pen_mech_context *context, struct pen_protected *message);

#endif
