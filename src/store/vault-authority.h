/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_VAULT_AUTHORITY_H
#define PEN_STORE_VAULT_AUTHORITY_H
/*
 * A vault for who has accounts without their key: penstock-authd is asked, which answers the
 * program that serves the accounts, and no other.
 */
#include "store/vault.h"

struct pen_authority;

/* The authority must live longer. Its questions are all PEN_PENDING; end fails as
 * pen_authority_ask. */
struct pen_vault pen_vault_of_authority(struct pen_authority *authority);

#endif
