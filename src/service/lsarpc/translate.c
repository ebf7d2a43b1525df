/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/translate.h"
#include "base/utf16.h"
#include <errno.h>
#include <string.h>

#define BUILTIN "BUILTIN"

bool pen_lsarpc_is_level(enum lsarpc_LSAP_LOOKUP_LEVEL level)
{
	return level >= lsarpc_LsapLookupWksta && level <= lsarpc_LsapLookupRODCReferralToFullDC;
}

int pen_lsarpc_views_init(struct pen_lsarpc_views *views, struct pen_call *call,
			  enum lsarpc_LSAP_LOOKUP_LEVEL level)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, pen_call_arena(call),
					&policy);

	if (r)
		return r;
	*views = (struct pen_lsarpc_views){
		.call = call,
		.accounts = accounts,
		.machine = policy.name,
		.has_all = level == lsarpc_LsapLookupWksta,
		.has_accounts = level == lsarpc_LsapLookupWksta || level == lsarpc_LsapLookupPDC,
	};
	return 0;
}

/* ---- the two domains of accounts ---- */

static void set_domain(const struct pen_lsarpc_views *views, enum pen_account_domain domain,
		       struct pen_lsarpc_meaning *meaning)
{
	meaning->domain = domain == PEN_ACCOUNT_BUILTIN ? BUILTIN : views->machine;
	meaning->domain_sid = *pen_accounts_sid(views->accounts, domain);
}

static void mean_domain(struct pen_lsarpc_meaning *meaning)
{
	meaning->use = lsarpc_SidTypeDomain;
	meaning->name = meaning->domain;
	meaning->sid = meaning->domain_sid;
}

static void mean_account(const struct pen_lsarpc_views *views, const struct pen_account *account,
			 struct pen_lsarpc_meaning *meaning)
{
	set_domain(views, account->domain, meaning);
	/* The kinds have SID_NAME_USE's numbers. */
	meaning->use = (enum lsarpc_SID_NAME_USE)account->kind;
	meaning->name = account->name;
	meaning->sid = pen_accounts_member_sid(views->accounts, account->domain, account->rid);
}

/* Whether names and SIDs of the domain are looked for. */
static bool has_view(const struct pen_lsarpc_views *views, enum pen_account_domain domain)
{
	return domain == PEN_ACCOUNT_BUILTIN ? views->has_all : views->has_accounts;
}

/* ---- SIDs ---- */

int pen_lsarpc_mean_sid(const struct pen_lsarpc_views *views, const struct pen_sid *sid,
			struct pen_lsarpc_meaning *meaning)
{
	enum pen_account_domain domain;
	struct pen_account account;
	uint32_t rid;
	int r;

	*meaning = (struct pen_lsarpc_meaning){ .use = lsarpc_SidTypeUnknown, .sid = *sid };
	if (views->has_all && pen_lsarpc_known_sid(sid, meaning))
		return 0;
	for (int i = PEN_ACCOUNT_MACHINE; i <= PEN_ACCOUNT_BUILTIN; i++) {
		domain = (enum pen_account_domain)i;
		if (!has_view(views, domain) ||
		    !pen_sid_equal(sid, pen_accounts_sid(views->accounts, domain)))
			continue;
		set_domain(views, domain, meaning);
		mean_domain(meaning);
		return 0;
	}
	if (pen_accounts_split_sid(views->accounts, sid, &domain, &rid) || !has_view(views, domain))
		return 0;
	set_domain(views, domain, meaning);
	r = pen_accounts_find_rid(views->accounts, domain, rid, pen_call_arena(views->call),
				  &account);
	if (!r)
		mean_account(views, &account, meaning);
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

/* ---- names ---- */

/* What the store says of a name that nothing can be called. */
static int not_found(int r)
{
	return r == PEN_E_NOT_FOUND || r == PEN_E_SYNTAX || r == PEN_E_LIMIT ? 0 : r;
}

static int mean_in(const struct pen_lsarpc_views *views, enum pen_account_domain domain,
		   const char *name, struct pen_lsarpc_meaning *meaning)
{
	struct pen_account account;
	int r;

	set_domain(views, domain, meaning);
	if (!*name) {
		mean_domain(meaning);
		return 0;
	}
	r = pen_accounts_find_name(views->accounts, domain, name, pen_call_arena(views->call),
				   &account);
	if (!r)
		mean_account(views, &account, meaning);
	return not_found(r);
}

/* DOMAIN\name; without a name, the domain. */
static int mean_qualified(const struct pen_lsarpc_views *views, const char *domain,
			  const char *name, struct pen_lsarpc_meaning *meaning)
{
	if (views->has_accounts && pen_upcase_equal(domain, views->machine))
		return mean_in(views, PEN_ACCOUNT_MACHINE, name, meaning);
	if (!views->has_all)
		return 0;
	if (pen_upcase_equal(domain, BUILTIN))
		return mean_in(views, PEN_ACCOUNT_BUILTIN, name, meaning);
	if (!pen_lsarpc_known_name(domain, name, meaning))
		pen_lsarpc_known_domain(domain, meaning);
	return 0;
}

/* A name alone [MS-LSAT 3.1.4.5]: well-known ones, domains, then accounts. None is Builtin's. */
static int mean_isolated(const struct pen_lsarpc_views *views, const char *name,
			 struct pen_lsarpc_meaning *meaning)
{
	struct pen_account account;
	int r;

	if (views->has_all && pen_lsarpc_known_name(NULL, name, meaning))
		return 0;
	if (views->has_all && (!*name || pen_upcase_equal(name, BUILTIN)))
		return mean_in(views, PEN_ACCOUNT_BUILTIN, "", meaning);
	if (views->has_accounts && pen_upcase_equal(name, views->machine))
		return mean_in(views, PEN_ACCOUNT_MACHINE, "", meaning);
	if (!views->has_accounts)
		return 0;
	r = pen_accounts_find_any(views->accounts, name, pen_call_arena(views->call), &account);
	if (!r && has_view(views, account.domain))
		mean_account(views, &account, meaning);
	return not_found(r);
}

int pen_lsarpc_mean_name(const struct pen_lsarpc_views *views, const char *name,
			 struct pen_lsarpc_meaning *meaning)
{
	struct pen_arena *arena = pen_call_arena(views->call);
	const char *slash = strchr(name, '\\');
	const char *at = strrchr(name, '@');
	const char *domain, *account;
	int r;

	*meaning = (struct pen_lsarpc_meaning){ .use = lsarpc_SidTypeUnknown };
	if (slash && slash > name) {
		domain = pen_arena_text(arena, name, (size_t)(slash - name));
		return domain ? mean_qualified(views, domain, slash + 1, meaning) : -ENOMEM;
	}
	r = mean_isolated(views, slash ? slash + 1 : name, meaning);
	if (r || meaning->use != lsarpc_SidTypeUnknown || slash || !at || at == name)
		return r;
	/* name@DOMAIN */
	account = pen_arena_text(arena, name, (size_t)(at - name));
	return account ? mean_qualified(views, at + 1, account, meaning) : -ENOMEM;
}

/* ---- domains of an answer ---- */

int pen_lsarpc_domains_init(struct pen_lsarpc_domains *domains, struct pen_call *call, size_t n)
{
	enum { DOMAINS_MAX = 32 }; /* there are fewer: two of accounts, and the well-known ones */
	struct pen_arena *arena = pen_call_arena(call);

	domains->room = n < DOMAINS_MAX ? n : DOMAINS_MAX;
	domains->list = pen_arena_zalloc(arena, sizeof(*domains->list));
	domains->sids = pen_arena_array(arena, domains->room + 1, sizeof(*domains->sids));
	if (!domains->list || !domains->sids)
		return -ENOMEM;
	domains->list->MaxEntries = (uint32_t)domains->room;
	domains->list->Domains =
		pen_arena_array(arena, domains->room + 1, sizeof(*domains->list->Domains));
	return domains->list->Domains ? 0 : -ENOMEM;
}

int pen_lsarpc_domains_add(struct pen_lsarpc_domains *domains, struct pen_call *call,
			   const struct pen_lsarpc_meaning *meaning, int32_t *indexp)
{
	struct lsarpc_LSAPR_TRUST_INFORMATION *row;
	uint32_t n = domains->list->Entries;
	int r;

	*indexp = -1;
	if (!meaning->domain)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!pen_sid_equal(&domains->sids[i], &meaning->domain_sid))
			continue;
		*indexp = (int32_t)i;
		return 0;
	}
	if (n >= domains->room)
		return PEN_E_LIMIT;
	row = &domains->list->Domains[n];
	r = pen_lsarpc_text_put(call, meaning->domain, &row->Name);
	if (!r)
		r = pen_lsarpc_sid_new(call, &meaning->domain_sid, &row->Sid);
	if (r)
		return r;
	domains->sids[n] = meaning->domain_sid;
	domains->list->Entries++;
	*indexp = (int32_t)n;
	return 0;
}
