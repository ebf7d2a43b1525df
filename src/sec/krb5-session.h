/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_SESSION_H
#define PEN_SEC_KRB5_SESSION_H
/*
 * A Kerberos context's messages under a key of AES [RFC 4121 4.2], in DCE style: a
 * signature apart from what it signs, and for what is sealed of the layout that leaves the
 * data where it lies [MS-KILE 3.4.5.4.1]. No message allocates, but for what OpenSSL does
 * within a digest.
 */
#include "sec/mech.h"

/* What both sides agreed on. */
struct pen_krb5_agreed {
	int type; /* enum pen_krb5_type */
	struct pen_slice key;
	bool is_acceptors_key; /* the subkey that the acceptor chose */
	bool is_initiator;
	uint64_t n_sent; /* the number of our next message */
	uint64_t n_received;
};

struct pen_krb5_session;

/* -ENOMEM; PEN_E_UNSUPPORTED: the key is none of AES. world must outlive the session. */
int pen_krb5_session_new(struct pen_krb5_session **sessionp, const struct pen_mech_world *world,
			 const struct pen_krb5_agreed *agreed);
struct pen_krb5_session *pen_krb5_session_free(struct pen_krb5_session *session);

size_t pen_krb5_session_signature_size(const struct pen_krb5_session *session, bool is_sealed);

/*
 * As struct pen_mech has them. Messages are taken in the order of their numbers alone; one
 * that is refused counts for nothing.
 */
int pen_krb5_session_protect(struct pen_krb5_session *session, struct pen_protected *message);
int pen_krb5_session_unprotect(struct pen_krb5_session *session, struct pen_protected *message);

/* Why the last was refused, as a sentence. Never NULL. */
const char *pen_krb5_session_reason(const struct pen_krb5_session *session);

#endif
