/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_LSARPC_TRANSLATE_H
#define PEN_SERVICE_LSARPC_TRANSLATE_H
/*
 * Names to SIDs and back [MS-LSAT 3.1.4], in the views that a machine alone has: what is
 * the same everywhere, Builtin, and the machine's own accounts.
 */
#include "service/lsarpc/state.h"

/* What a SID or a name stands for. */
struct pen_lsarpc_meaning {
	enum lsarpc_SID_NAME_USE use; /* SidTypeUnknown: nothing is known by it */
	const char *name;
	struct pen_sid sid;
	const char *domain; /* NULL: not even its domain is known */
	struct pen_sid domain_sid;
};

/* What lookups need to know of this machine, asked once a call. */
struct pen_lsarpc_views {
	struct pen_call *call;
	struct pen_accounts *accounts;
	const char *machine; /* its domain's name */
	bool has_all;	     /* all views, or the machine's accounts alone */
	bool has_accounts;
};

/* False: no level [MS-LSAT 2.2.16]. */
bool pen_lsarpc_is_level(enum lsarpc_LSAP_LOOKUP_LEVEL level);

/* The views of that level. */
int pen_lsarpc_views_init(struct pen_lsarpc_views *views, struct pen_call *call,
			  enum lsarpc_LSAP_LOOKUP_LEVEL level);

/* 0, whatever is found; else -ENOMEM, -EIO. Texts live in the call's arena, or as long as name. */
int pen_lsarpc_mean_sid(const struct pen_lsarpc_views *views, const struct pen_sid *sid,
			struct pen_lsarpc_meaning *meaning);
int pen_lsarpc_mean_name(const struct pen_lsarpc_views *views, const char *name,
			 struct pen_lsarpc_meaning *meaning);

/* ---- well-known.c: what is the same everywhere [MS-LSAT 3.1.1.1.1] ---- */

bool pen_lsarpc_known_sid(const struct pen_sid *sid, struct pen_lsarpc_meaning *meaning);

/* domain NULL: in any. */
bool pen_lsarpc_known_name(const char *domain, const char *name,
			   struct pen_lsarpc_meaning *meaning);

/* Whether there is such a domain; only the meaning's domain is set. */
bool pen_lsarpc_known_domain(const char *domain, struct pen_lsarpc_meaning *meaning);

/* ---- the list of domains that an answer refers to ---- */

struct pen_lsarpc_domains {
	struct lsarpc_LSAPR_REFERENCED_DOMAIN_LIST *list;
	size_t room;
	struct pen_sid *sids;
};

/* For answers of at most that many rows. */
int pen_lsarpc_domains_init(struct pen_lsarpc_domains *domains, struct pen_call *call, size_t n);

/* The index of a meaning's domain; -1: it has none. */
int pen_lsarpc_domains_add(struct pen_lsarpc_domains *domains, struct pen_call *call,
			   const struct pen_lsarpc_meaning *meaning, int32_t *indexp);

/* How a lookup ends [MS-LSAT 3.1.4.5]. */
static inline uint32_t pen_lsarpc_lookup_status(size_t n_mapped, size_t n)
{
	return n_mapped == n ? 0 : n_mapped ? PEN_STATUS_SOME_NOT_MAPPED : PEN_STATUS_NONE_MAPPED;
}

/* A fault: who calls without a handle does so over TCP and schannel. */
int pen_lsarpc_check_secure_channel(struct pen_call *call);

#endif
