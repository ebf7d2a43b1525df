/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_DESK_H
#define PEN_DAEMON_DESK_H
/*
 * The accounts of the configuration, and logons by them. One thread at a time has a desk; the file
 * may be open at several, in one process or in two.
 */
#include "daemon/config.h"
#include "store/vault.h"

struct desk {
	struct pen_accounts *accounts;
	struct pen_logons logons;
	struct pen_vault_desk vault; /* if it has the key */
};

/*
 * Opens the accounts, and makes them at first use. realm: whose principals are names of ours; NULL:
 * no realm's. key: what hashes are sealed with; NULL: they are not to be read here. config, crypto
 * and realm must live longer. On failure there is a sentence in error, and nothing to close.
 */
int desk_open(struct desk *desk, const struct config *config, const struct pen_crypto *crypto,
	      const uint8_t *key, const char *realm, char error[256]);
void desk_close(struct desk *desk);

#endif
