/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_NETLOGON_H
#define PEN_SERVICE_NETLOGON_H
/*
 * Netlogon [MS-NRPC] for the accounts of this machine: computers that have an account here
 * prove themselves, and may then have their users judged, and change their password. What
 * only a domain controller knows (domains, sites, trusts, replication) is answered as a
 * server answers that is none.
 */
#include "service/netlogon/sessions.h"
#include "store/vault.h"
#include <penstock/server.h>

struct pen_netlogon;

/* What the pointers name must outlive the service. */
struct pen_netlogon_config {
	const char *name; /* NetBIOS name of this server */
	const struct pen_logons *logons;
	const struct pen_vault *vault; /* of the same accounts */
	struct pen_netlogon_sessions *sessions;
	bool allow_weak; /* proofs without AES, as the vault allows them */
	/*
	 * Calls of a machine that are not sealed by netlogon's own provider. Windows has refused
	 * them since CVE-2022-38023.
	 */
	bool allow_unsealed;
	uint64_t (*seconds)(void); /* of a clock that never jumps; NULL: the kernel's */
};

/* config is copied. -ENOMEM. */
int pen_netlogon_new(struct pen_netlogon **netlogonp, const struct pen_netlogon_config *config);
struct pen_netlogon *pen_netlogon_free(struct pen_netlogon *netlogon);

extern const struct pen_service pen_netlogon_service; /* data: the struct pen_netlogon */

#endif
