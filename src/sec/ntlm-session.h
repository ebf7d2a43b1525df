/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_SESSION_H
#define PEN_SEC_NTLM_SESSION_H
/*
 * NTLM's session security [MS-NLMP 3.4]: messages signed and sealed under a session key.
 * No message allocates, but for what OpenSSL does within a digest.
 */
#include "sec/mech.h"
#include "sec/ntlm-keys.h"

enum { PEN_NTLM_SIGNATURE_SIZE = 16 };

struct pen_ntlm_session;

/* flags are those that both sides agreed on. -ENOMEM, PEN_E_UNSUPPORTED. */
int pen_ntlm_session_new(struct pen_ntlm_session **sessionp, const struct pen_crypto *crypto,
			 uint32_t flags, const uint8_t *session_key, bool is_server);
struct pen_ntlm_session *pen_ntlm_session_free(struct pen_ntlm_session *session);

/* The numbers of both directions' next messages, which are those after a negotiation's. */
void pen_ntlm_session_count_from(struct pen_ntlm_session *session, uint32_t number);

/*
 * As struct pen_mech has them. After a message that was refused all others are, because
 * the ciphers' streams no longer meet.
 *
 * Without extended session security both directions share one stream and one number, so
 * each message must be taken before the next is made; and four bytes of the signature
 * (RandomPad) prove nothing [MS-NLMP 3.4.4.1].
 */
int pen_ntlm_session_protect(struct pen_ntlm_session *session, struct pen_protected *message);
int pen_ntlm_session_unprotect(struct pen_ntlm_session *session, struct pen_protected *message);
int pen_ntlm_session_rewind(struct pen_ntlm_session *session);

#endif
