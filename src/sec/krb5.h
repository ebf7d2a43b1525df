/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_H
#define PEN_SEC_KRB5_H
/*
 * Kerberos [MS-KILE, RFC 4121, RFC 4757] through MIT's GSSAPI, as RPC uses it: three
 * legs in DCE style, mutual authentication, messages numbered, the signature apart
 * from what it signs.
 *
 * All that may wait, for a KDC, for a file or for the mapping of a name, happens in
 * work, so each leg pends once. The library reads its own configuration (krb5.conf);
 * credentials and keytabs are each context's own, and nothing is put into the
 * process's environment. Time and randomness are the library's.
 *
 * A context outlives its ticket: who was proved at the bind stays proved as long as the
 * association.
 *
 * A client delegates its tickets on request, to a server that can use them: ours cannot,
 * because the library loses them in DCE style.
 *
 * Keys of AES (sha1 and sha2) are taken, and of RC4 where allow_weak says so; none else.
 */
#include "sec/mech.h"
#include <penstock/token.h>

extern const struct pen_mech pen_mech_krb5;

/* The config of a client. NULL is the same as all zero. */
struct pen_krb5_client {
	bool allow_weak; /* RC4 */
};

/*
 * The config of a server. NULL is the same as all zero.
 *
 * A ticket that has no PAC with logon information, as those of an MIT KDC, proves a
 * principal ("alice@EXAMPLE.ORG") and nothing else. map says who that is: it gets all
 * that is known in known, adds SIDs at least, and makes a token. PEN_E_NOT_FOUND: it is
 * nobody here. It is called within work, so it may wait. Without map such a client is
 * denied.
 *
 * Of a ticket that has one, admit makes the domain's user one of this machine: with its
 * groups and rights here. PEN_E_DENIED: the user may not come in, or is none of a domain.
 * It too is called within work. Without admit the token has what the PAC says.
 */
struct pen_krb5_server {
	const char *keytab;    /* "FILE:/etc/krb5.keytab"; NULL: the library's default */
	const char *principal; /* take tickets for this one; NULL: for any in the keytab */
	const char *rcache;    /* replay cache, "dfl:" or "file2:/path"; NULL: the default */
	bool allow_weak;
	bool require_bindings; /* where the server has channel bindings, the client must too */
	int (*map)(void *data, const char *principal, const struct pen_token_info *known,
		   struct pen_token **tokenp);
	int (*admit)(void *data, const struct pen_token *token, struct pen_token **admittedp);
	void *data;
};

#endif
