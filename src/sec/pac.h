/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_PAC_H
#define PEN_SEC_PAC_H
/*
 * The privilege attribute certificate [MS-PAC]: what a domain says of its user in a
 * Kerberos ticket. Its signatures are Kerberos' business; here it is bytes that were
 * found to be signed.
 */
#include <penstock/arena.h>
#include <penstock/token.h>

enum {
	PEN_PAC_SIZE_MAX = 65536,
	PEN_PAC_BUFFERS_MAX = 64,
	PEN_PAC_ARENA_MAX = 4 << 20 /* bytes that a decoded one takes at most */
};

/* Texts are "" and SIDs all zero where the PAC says nothing. */
struct pen_pac {
	struct pen_sid user;
	struct pen_sid primary_group;
	const struct pen_sid *groups; /* enabled ones: groups, extra SIDs, resource groups */
	size_t n_groups;
	bool is_guest;
	const char *account;
	const char *full_name;
	const char *domain;	  /* its NetBIOS name */
	const char *logon_server; /* who vouched */
	const char *upn;	  /* user@domain */
	const char *dns_domain;
	const char *client; /* the principal's name in the ticket, without its realm */
	struct pen_sid requestor;
};

/*
 * Reads a PAC; what it points to lives in the arena. PEN_E_NOT_FOUND: it is a PAC, but
 * not one that says who the user is: it has no logon information, as the tickets of
 * an MIT KDC without a domain behind it. PEN_E_BAD_DATA: it is none, or contradicts
 * itself; PEN_E_LIMIT: too large, or more than PEN_TOKEN_SIDS_MAX groups; -ENOMEM.
 */
int pen_pac_get(struct pen_pac *pac, struct pen_arena *arena, struct pen_slice data);

/*
 * The user's token. known has all else that is known of it; its SIDs, account, domain
 * and privileges are filled in. PEN_E_LIMIT: too many groups; -ENOMEM.
 */
int pen_pac_token(struct pen_token **tokenp, const struct pen_pac *pac,
		  const struct pen_token_info *known);

#endif
