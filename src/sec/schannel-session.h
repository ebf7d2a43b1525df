/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SCHANNEL_SESSION_H
#define PEN_SEC_SCHANNEL_SESSION_H
/*
 * Netlogon's message protection [MS-NRPC 3.3.4.2]: NL_AUTH_SHA2_SIGNATURE with AES, or
 * the older NL_AUTH_SIGNATURE with HMAC-MD5 and RC4.
 *
 * Both directions share one number, so a message is made when the one before it was
 * taken, and one call follows another.
 */
#include "sec/mech.h"
#include "sec/netlogon-credential.h"

enum { PEN_SCHANNEL_SIGNATURE_SIZE = 56, PEN_SCHANNEL_MD5_SIGNATURE_SIZE = 32 };

struct pen_schannel_keys {
	uint8_t session_key[PEN_NETLOGON_KEY_SIZE];
	uint32_t flags; /* with PEN_NETLOGON_AES, or the older ciphers are used */
};

struct pen_schannel_session;

/* world must outlive the session. -ENOMEM; PEN_E_UNSUPPORTED: no MD5 or RC4 here. */
int pen_schannel_session_new(struct pen_schannel_session **sessionp,
			     const struct pen_mech_world *world,
			     const struct pen_schannel_keys *keys, bool is_server);
struct pen_schannel_session *pen_schannel_session_free(struct pen_schannel_session *session);

/* PEN_SCHANNEL_SIGNATURE_SIZE, or the older. */
size_t pen_schannel_session_signature_size(const struct pen_schannel_session *session);

/* What it was made of; the key is borrowed. */
struct pen_session_keys pen_schannel_session_keys(const struct pen_schannel_session *session);

/* Counts a message that somebody else takes: one of the direction that is not ours. */
void pen_schannel_session_skip(struct pen_schannel_session *session);

/*
 * As struct pen_mech has them. What is made has the full size; what is taken may also end
 * before the reserved bytes, and before the confounder if it is not sealed, as the document
 * has it. Those bytes prove nothing, and are not looked at [MS-NRPC 2.2.1.3.3]. After a
 * message that was refused all others are.
 */
int pen_schannel_session_protect(struct pen_schannel_session *session,
				 struct pen_protected *message);
int pen_schannel_session_unprotect(struct pen_schannel_session *session,
				   struct pen_protected *message);

#endif
