/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_LSARPC_H
#define PEN_SERVICE_LSARPC_H
/*
 * The local security authority of a machine that stands alone: its policy [MS-LSAD], and
 * names and SIDs [MS-LSAT]. Who may do what, and where this differs from Windows, is in
 * docs/lsarpc.md.
 */
#include "store/lsa.h"
#include <penstock/server.h>

struct pen_crypto;
struct pen_lsarpc;

struct pen_lsarpc_config {
	struct pen_accounts *accounts;	 /* borrowed, as crypto */
	const struct pen_crypto *crypto; /* for secrets; without DES there are none */
	const char *workgroup;		 /* copied; NULL: "WORKGROUP" */
};

/* -ENOMEM. */
int pen_lsarpc_new(struct pen_lsarpc **lsarpcp, const struct pen_lsarpc_config *config);
struct pen_lsarpc *pen_lsarpc_free(struct pen_lsarpc *lsarpc);

extern const struct pen_service pen_lsarpc_service; /* data: the struct pen_lsarpc */

#endif
