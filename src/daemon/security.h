/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SECURITY_H
#define PEN_DAEMON_SECURITY_H
/*
 * The accounts without the key of their hashes, for services that serve them, and netlogon's own
 * mechanism, of machines that have proved themselves to it. Who clients are penstock-authd says
 * (verdicts.h).
 */
#include "daemon/config.h"
#include "service/netlogon/sessions.h"
#include "store/vault.h"
#include <penstock/mechs.h>

struct daemon_security;

/*
 * Opens the accounts, and makes them at first use. netlogon's mechanism is added to mechs, which
 * are in use no longer than the security is there, and are freed after it. config must live longer.
 * A failure has a sentence in error. PEN_E_UNSUPPORTED: mechs are
 * not penstock-authd's.
 */
int daemon_security_new(struct daemon_security **securityp, const struct config *config,
			struct pen_mechs *mechs, char error[256]);
struct daemon_security *daemon_security_free(struct daemon_security *security);

/* Of the loop's thread alone. */
struct pen_accounts *daemon_security_accounts(const struct daemon_security *security);

/* The machines that netlogon knows, for netlogon and for its mechanism. */
struct pen_netlogon_sessions *daemon_security_machines(const struct daemon_security *security);

/* Those accounts, and how they are judged but for passwords. */
const struct pen_logons *daemon_security_logons(const struct daemon_security *security);

/* Who is asked about passwords: penstock-authd, whose mechs are. */
const struct pen_vault *daemon_security_vault(const struct daemon_security *security);

#endif
