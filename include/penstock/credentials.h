/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_CREDENTIALS_H
#define PENSTOCK_CREDENTIALS_H
/*
 * What a client proves its identity with. It never changes once made, so one may serve
 * many clients at a time, in any thread. Secrets are wiped when the last reference goes.
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_credentials;

/* Nobody. All constructors: -ENOMEM. */
int pen_credentials_new_anonymous(struct pen_credentials **credentialsp);

/*
 * A person and a password, in UTF-8. domain may be NULL: the server's own. Of a user
 * "DOMAIN\\name" or "name@domain" the domain is taken apart if domain is NULL.
 */
int pen_credentials_new_password(struct pen_credentials **credentialsp, const char *user,
				 const char *domain, const char *password);

/* The same with the NT hash, MD4 of the password in UTF-16LE, in place of the password. */
int pen_credentials_new_nt_hash(struct pen_credentials **credentialsp, const char *user,
				const char *domain, const uint8_t nt_hash[16]);

/*
 * Kerberos tickets that are there already: in the credential cache of that name
 * ("FILE:/tmp/krb5cc_0"), or got with a keytab. NULL names the process's own. The
 * principal may be NULL: the cache's, or the keytab's first.
 */
int pen_credentials_new_ccache(struct pen_credentials **credentialsp, const char *ccache);
int pen_credentials_new_keytab(struct pen_credentials **credentialsp, const char *keytab,
			       const char *principal);

/* Another reference, and one fewer. */
struct pen_credentials *pen_credentials_ref(struct pen_credentials *credentials);
struct pen_credentials *pen_credentials_free(struct pen_credentials *credentials);

#ifdef __cplusplus
}
#endif
#endif
