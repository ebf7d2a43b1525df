/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SECURITY_H
#define PEN_DAEMON_SECURITY_H
/*
 * Who may come in, as the configuration says: the accounts, and the mechanisms by which
 * clients prove themselves.
 */
#include "daemon/config.h"
#include "service/netlogon/sessions.h"
#include "store/account-logon.h"
#include <penstock/mechs.h>

struct daemon_security;

/*
 * Opens the accounts, makes them at first use, and makes the mechanisms: SPNEGO,
 * NTLM, netlogon's own and, where there is a keytab with keys, Kerberos. config must live longer. A
 * failure has a sentence in error.
 */
int daemon_security_new(struct daemon_security **securityp, const struct config *config,
			char error[256]);

/*
 * The same where others judge: penstock-authd, by these mechs, to which netlogon's own is added.
 * They must be in use no longer than the security is there, and be freed after it.
 */
int daemon_security_new_by(struct daemon_security **securityp, const struct config *config,
			   struct pen_mechs *mechs, char error[256]);
struct daemon_security *daemon_security_free(struct daemon_security *security);

/* What servers offer. Owned by the security. */
const struct pen_mechs *daemon_security_mechs(const struct daemon_security *security);

/*
 * The accounts, for services, which run in the loop's thread. The mechanisms have the file
 * open a second time, because they judge in other threads.
 */
struct pen_accounts *daemon_security_accounts(const struct daemon_security *security);

/* The machines that netlogon knows, for netlogon and for its mechanism. */
struct pen_netlogon_sessions *daemon_security_machines(const struct daemon_security *security);

/* Logons for services, by those accounts: netlogon's, samr's. */
const struct pen_logons *daemon_security_logons(const struct daemon_security *security);

#endif
