/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SAMR_H
#define PEN_SERVICE_SAMR_H
/*
 * The security account manager [MS-SAMR]: users, groups and aliases of this machine, as
 * one that is no domain controller. Who may do what, and where this differs from
 * Windows, is in docs/samr.md.
 */
#include "store/vault.h"
#include <penstock/server.h>

struct pen_crypto;
struct pen_samr;

struct pen_samr_config {
	struct pen_accounts *accounts;	 /* borrowed */
	const struct pen_vault *vault;	 /* of the same accounts; borrowed */
	const struct pen_crypto *crypto; /* borrowed */
	uint64_t (*clock)(void);	 /* 100 ns since 1601; NULL: the system's */
};

/* config is copied. -ENOMEM. */
int pen_samr_new(struct pen_samr **samrp, const struct pen_samr_config *config);
struct pen_samr *pen_samr_free(struct pen_samr *samr);

extern const struct pen_service pen_samr_service; /* data: the struct pen_samr */

#endif
