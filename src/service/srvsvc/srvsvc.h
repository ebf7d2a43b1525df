/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SRVSVC_H
#define PEN_SERVICE_SRVSVC_H
/*
 * The server service [MS-SRVS]: shares, and what the server says of itself. Who may
 * do what, and where this differs from Windows, is in docs/srvsvc.md.
 */
#include "store/share.h"
#include <penstock/server.h>

struct pen_srvsvc;

/* What the server says of itself. Texts are copied. */
struct pen_srvsvc_config {
	const char *name;	/* NetBIOS name; NULL: "PENSTOCK" */
	const char *comment;	/* NULL: "" */
	const char *domain;	/* NULL: "WORKGROUP" */
	uint32_t platform_id;	/* 0: 500, as NT's */
	uint32_t version_major; /* 0: 10.0 */
	uint32_t version_minor;
	uint32_t type;		   /* SV_TYPE_ bits; 0: workstation, server, NT server */
	uint64_t started;	   /* seconds since 1970, for the statistics */
	struct pen_shares *shares; /* borrowed */
	/*
	 * Absolute ones, ended by NULL: of files of shares in those, clients may ask for the security,
	 * and change it. NULL: of all. Borrowed.
	 */
	const char *const *folders;
};

/* config is copied. -ENOMEM. */
int pen_srvsvc_new(struct pen_srvsvc **srvsvcp, const struct pen_srvsvc_config *config);
struct pen_srvsvc *pen_srvsvc_free(struct pen_srvsvc *srvsvc);

/* From the next call on, shares are kept here; borrowed. */
void pen_srvsvc_set_shares(struct pen_srvsvc *srvsvc, struct pen_shares *shares);

extern const struct pen_service pen_srvsvc_service; /* data: the struct pen_srvsvc */

#endif
