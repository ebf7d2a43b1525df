/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_OUTCOME_H
#define PEN_SEC_KRB5_OUTCOME_H
/*
 * A server in two processes: one has the keytab and takes the client's tokens, the other
 * protects messages by what comes of them, and never has the keytab.
 */
#include "sec/krb5-session.h"
#include "sec/krb5.h"

enum { PEN_KRB5_REASON_MAX = 640 };

/* All that is known after the last leg. */
struct pen_krb5_outcome {
	int key_type;
	uint32_t flags; /* GSS_C_ bits that both sides agreed on */
	struct pen_slice session_key;
	struct pen_krb5_agreed agreed; /* by AES */
	struct pen_slice exported;     /* by RC4: the library's context, which protects messages */
	struct pen_token *token;
};

/* Who takes the tokens in a server's place. It is asked in work, and may wait. */
struct pen_krb5_acceptor {
	/*
	 * Takes the client's token and appends ours. data is the server's; *legsp, NULL at first,
	 * is kept for the next leg, and its end. As struct pen_mech.step but that it never pends:
	 * with 0 there is an outcome, whose bytes last until the end and whose token is taken; with
	 * PEN_E_DENIED or PEN_E_BAD_DATA a sentence is in reason. A negative errno: it cannot tell.
	 */
	int (*leg)(void *data, void **legsp, const struct pen_mech_server *server,
		   struct pen_slice in, struct pen_buffer *out, struct pen_krb5_outcome *outcome,
		   char reason[PEN_KRB5_REASON_MAX]);
	void (*end)(void *legs);
};

/*
 * Of a server's context whose config keeps the outcome, and whose step has returned 0: it lives
 * as long as the context, which protects nothing. PEN_E_UNSUPPORTED: it is no such context.
 */
int pen_krb5_get_outcome(const struct pen_mech_context *context, struct pen_krb5_outcome *outcome);

#endif
