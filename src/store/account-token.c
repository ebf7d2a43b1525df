/* SPDX-License-Identifier: MIT */
/* The token of a logon. */
#include "store/account-logon.h"
#include "store/lsa.h"
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum {
	PASSWD_SIZE_MAX = 1 << 20,
	FIRST_PERSON = 1000, /* uids below are the system's own */
	OTHERS_MAX = 4,	     /* SIDs beside the user's and the groups' */
};

/* ---- SIDs ---- */

static size_t add_groups(const struct pen_logons *logons, const struct pen_logon *logon,
			 struct pen_sid *sids, size_t n)
{
	for (size_t i = 0; i < logon->n_groups; i++)
		if (logon->groups[i].attributes & PEN_ACCOUNT_GROUP_ENABLED)
			sids[n++] = pen_accounts_member_sid(logons->accounts, PEN_ACCOUNT_MACHINE,
							    logon->groups[i].rid);
	sids[n++] = pen_sid_everyone;
	sids[n++] = logon->is_interactive ? pen_sid_interactive : pen_sid_network;
	if (!logon->is_guest)
		sids[n++] = pen_sid_authenticated_users;
	return n;
}

/* Appends the aliases of a domain; the list grows. */
static int add_aliases(const struct pen_logons *logons, enum pen_account_domain domain,
		       struct pen_arena *arena, struct pen_token_info *info)
{
	struct pen_sid *sids;
	uint32_t *rids;
	size_t n;
	int r = pen_accounts_aliases_of(logons->accounts, domain, info->sids, info->n_sids, arena,
					&rids, &n);

	if (r || !n)
		return r;
	if (n > PEN_TOKEN_SIDS_MAX - info->n_sids)
		return PEN_E_LIMIT;
	sids = pen_arena_array(arena, info->n_sids + n, sizeof(*sids));
	if (!sids)
		return -ENOMEM;
	memcpy(sids, info->sids, info->n_sids * sizeof(*sids));
	for (size_t i = 0; i < n; i++)
		sids[info->n_sids + i] = pen_accounts_member_sid(logons->accounts, domain, rids[i]);
	info->sids = sids;
	info->n_sids += n;
	return 0;
}

int pen_logon_gather(const struct pen_logons *logons, struct pen_arena *arena,
		     struct pen_logon *logon)
{
	struct pen_token_info info = { 0 };
	struct pen_sid *sids;
	int r;

	if (logon->n_groups > PEN_TOKEN_SIDS_MAX - OTHERS_MAX)
		return PEN_E_LIMIT;
	sids = pen_arena_array(arena, logon->n_groups + OTHERS_MAX, sizeof(*sids));
	if (!sids)
		return -ENOMEM;
	sids[0] = pen_accounts_member_sid(logons->accounts, PEN_ACCOUNT_MACHINE, logon->user.rid);
	info.sids = sids;
	info.n_sids = add_groups(logons, logon, sids, 1);
	r = add_aliases(logons, PEN_ACCOUNT_MACHINE, arena, &info);
	if (!r)
		r = add_aliases(logons, PEN_ACCOUNT_BUILTIN, arena, &info);
	if (r)
		return r;
	logon->sids = info.sids;
	logon->n_sids = info.n_sids;
	return pen_lsa_rights(logons->accounts, info.sids, info.n_sids, &logon->privileges,
			      &logon->system_access);
}

/* ---- unix ids ---- */

/* PEN_E_NOT_FOUND: no user of the system is called so. */
static int find_passwd(const char *name, struct pen_arena *arena, struct passwd *passwd)
{
	struct passwd *found = NULL;
	char *buffer;
	int r;

	for (size_t size = 1024; size <= PASSWD_SIZE_MAX; size *= 4) {
		buffer = pen_arena_alloc(arena, size);
		if (!buffer)
			return -ENOMEM;
		r = getpwnam_r(name, passwd, buffer, size, &found);
		if (r != ERANGE)
			return found ? 0 : PEN_E_NOT_FOUND;
	}
	return PEN_E_NOT_FOUND;
}

static char *lower_case(struct pen_arena *arena, const char *name)
{
	char *lower = pen_arena_strdup(arena, name);

	for (char *c = lower; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return lower;
}

/* By the name that was given, or by the account's own where that is a person's. */
static int find_unix_user(const struct pen_account_user *user, struct pen_arena *arena,
			  struct passwd *passwd)
{
	char *lower;
	int r;

	if (*user->unix_name)
		return find_passwd(user->unix_name, arena, passwd);
	r = find_passwd(user->name, arena, passwd);
	if (r == PEN_E_NOT_FOUND) {
		lower = lower_case(arena, user->name);
		r = lower ? find_passwd(lower, arena, passwd) : -ENOMEM;
	}
	return !r && passwd->pw_uid < FIRST_PERSON ? PEN_E_NOT_FOUND : r;
}

static int fill_groups(const struct passwd *passwd, struct pen_arena *arena,
		       struct pen_token_info *info)
{
	_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "a gid is a uint32_t here");
	gid_t *groups = NULL;
	int n = 0;

	/* It says how many there are; who knows whether it is the same a moment later. */
	for (int max = 64; max <= PEN_TOKEN_GROUPS_MAX; max *= 4) {
		n = max;
		groups = pen_arena_array(arena, (size_t)max, sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		if (getgrouplist(passwd->pw_name, passwd->pw_gid, groups, &n) >= 0) {
			info->groups = groups;
			info->n_groups = (size_t)n;
			return 0;
		}
	}
	return PEN_E_LIMIT;
}

static int fill_unix(const struct pen_account_user *user, struct pen_arena *arena,
		     struct pen_token_info *info)
{
	struct passwd passwd;
	int r = find_unix_user(user, arena, &passwd);

	if (r)
		return r == PEN_E_NOT_FOUND ? 0 : r;
	info->has_unix = true;
	info->uid = passwd.pw_uid;
	info->gid = passwd.pw_gid;
	return fill_groups(&passwd, arena, info);
}

/* ---- the token ---- */

int pen_logon_token(const struct pen_logons *logons, const struct pen_logon *logon,
		    const struct pen_token_info *known, struct pen_arena *arena,
		    struct pen_token **tokenp)
{
	struct pen_token_info info = *known;
	int r;

	info.is_authenticated = !logon->is_guest;
	info.account = logon->user.name;
	info.domain = logon->policy.name;
	info.primary_group = pen_accounts_member_sid(logons->accounts, PEN_ACCOUNT_MACHINE,
						     logon->user.primary_group);
	info.sids = logon->sids;
	info.n_sids = logon->n_sids;
	info.privileges = logon->privileges;
	r = fill_unix(&logon->user, arena, &info);
	return r ? r : pen_token_new(tokenp, &info);
}

/* ---- of others ---- */

static bool is_ours(const struct pen_logons *logons, const struct pen_sid *sid)
{
	enum pen_account_domain domain;
	uint32_t rid;

	return !pen_accounts_split_sid(logons->accounts, sid, &domain, &rid);
}

/* Its SIDs without those that only we may give. */
static int keep_foreign(const struct pen_logons *logons, struct pen_arena *arena,
			struct pen_token_info *info)
{
	struct pen_sid *sids = pen_arena_array(arena, info->n_sids, sizeof(*sids));
	size_t n = 0;

	if (!sids)
		return -ENOMEM;
	if (is_ours(logons, &info->sids[0]))
		return PEN_E_DENIED;
	for (size_t i = 0; i < info->n_sids; i++)
		if (!is_ours(logons, &info->sids[i]))
			sids[n++] = info->sids[i];
	info->sids = sids;
	info->n_sids = n;
	return 0;
}

int pen_logon_extend(const struct pen_logons *logons, const struct pen_token *token,
		     struct pen_token **extendedp)
{
	struct pen_token_info info = *pen_token_info(token);
	uint32_t system_access = 0;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = keep_foreign(logons, &arena, &info);
	if (!r)
		r = add_aliases(logons, PEN_ACCOUNT_MACHINE, &arena, &info);
	if (!r)
		r = add_aliases(logons, PEN_ACCOUNT_BUILTIN, &arena, &info);
	if (!r)
		r = pen_lsa_rights(logons->accounts, info.sids, info.n_sids, &info.privileges,
				   &system_access);
	if (!r && (!(system_access & PEN_LSA_LOGON_NETWORK) ||
		   system_access & PEN_LSA_LOGON_DENY_NETWORK))
		r = PEN_E_DENIED;
	if (!r)
		r = pen_token_new(extendedp, &info);
	pen_arena_done(&arena);
	return r;
}
