/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_RC4_H
#define PEN_SEC_KRB5_RC4_H
/*
 * Kerberos' messages under a key of RC4 [RFC 4757 7], in DCE style, for who reads them: those
 * of our own are made by the library.
 */
#include "sec/mech.h"

struct pen_krb5_rc4;

/* -ENOMEM; PEN_E_UNSUPPORTED: not a key of 16 bytes, or no MD5 or RC4 here. */
int pen_krb5_rc4_new(struct pen_krb5_rc4 **rc4p, const struct pen_crypto *crypto,
		     struct pen_slice key);
struct pen_krb5_rc4 *pen_krb5_rc4_free(struct pen_krb5_rc4 *rc4);

/* As unprotect of struct pen_mech, of a message with any number. */
int pen_krb5_rc4_open(struct pen_krb5_rc4 *rc4, bool is_from_acceptor,
		      struct pen_protected *message);

#endif
