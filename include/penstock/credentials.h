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
struct pen_ndr_error;

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

/*
 * Those that a file has for a host, whose first entry for it counts, in the manner of netrc:
 *
 *	machine server.example.org login alice password "two words" domain EXAMPLE
 *	default login guest nt-hash 31d6cfe0d16ae931b73c59d7e0c089c0
 *
 * Words are parted by white space or lines, and may be quoted; # begins a comment. error,
 * which may be NULL, gets the sentence. PEN_E_DENIED: others may read or change the file;
 * PEN_E_NOT_FOUND: it has nothing for the host; PEN_E_SYNTAX; PEN_E_LIMIT: it is longer than 64
 * KiB; or a negative errno.
 */
int pen_credentials_new_file(struct pen_credentials **credentialsp, const char *path,
			     const char *host, struct pen_ndr_error *error);

/*
 * Asks the person at the process's terminal for the password, without showing it, and
 * waits. PEN_E_NOT_FOUND: there is no terminal; PEN_E_CANCELLED: control-C or control-D;
 * PEN_E_LIMIT: longer than 1023 bytes; or a negative errno.
 */
int pen_credentials_new_prompt(struct pen_credentials **credentialsp, const char *user,
			       const char *domain);

/* Another reference, and one fewer. */
struct pen_credentials *pen_credentials_ref(struct pen_credentials *credentials);
struct pen_credentials *pen_credentials_free(struct pen_credentials *credentials);

#ifdef __cplusplus
}
#endif
#endif
