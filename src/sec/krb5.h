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

extern const struct pen_mech pen_mech_krb5;

/* The config of a client. NULL is the same as all zero. */
struct pen_krb5_client {
	bool allow_weak; /* RC4 */
};

/* The config of a server is a struct pen_krb5_server; NULL is the same as all zero. */

#endif
