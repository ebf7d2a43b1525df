/* SPDX-License-Identifier: MIT */
/* The token of a logon. */
#include "store/account-logon.h"
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

/* ---- privileges ---- */

#define BIT(name) PEN_PRIVILEGE(PEN_PRIVILEGE_##name)

static const struct {
	struct pen_sid sid;
	uint64_t privileges;
} defaults[] = {
	{ { 1, 1, 1, { 0 } }, BIT(CHANGE_NOTIFY) },
	{ { 1, 2, 5, { 32, 544 } },
	  BIT(INCREASE_QUOTA) | BIT(MACHINE_ACCOUNT) | BIT(SECURITY) | BIT(TAKE_OWNERSHIP) |
		  BIT(LOAD_DRIVER) | BIT(SYSTEM_PROFILE) | BIT(SYSTEM_TIME) |
		  BIT(PROFILE_SINGLE_PROCESS) | BIT(INCREASE_BASE_PRIORITY) | BIT(CREATE_PAGEFILE) |
		  BIT(BACKUP) | BIT(RESTORE) | BIT(SHUTDOWN) | BIT(DEBUG) |
		  BIT(SYSTEM_ENVIRONMENT) | BIT(REMOTE_SHUTDOWN) | BIT(UNDOCK) |
		  BIT(MANAGE_VOLUME) | BIT(IMPERSONATE) | BIT(CREATE_GLOBAL) },
	{ { 1, 2, 5, { 32, 549 } },
	  BIT(BACKUP) | BIT(RESTORE) | BIT(SYSTEM_TIME) | BIT(SHUTDOWN) | BIT(REMOTE_SHUTDOWN) },
	{ { 1, 2, 5, { 32, 550 } }, BIT(LOAD_DRIVER) | BIT(SHUTDOWN) },
	{ { 1, 2, 5, { 32, 551 } }, BIT(BACKUP) | BIT(RESTORE) | BIT(SHUTDOWN) },
};

uint64_t pen_logon_default_privileges(const struct pen_sid *sids, size_t n_sids)
{
	uint64_t privileges = 0;

	for (size_t i = 0; i < n_sids; i++)
		for (size_t k = 0; k < PEN_COUNT(defaults); k++)
			if (pen_sid_equal(&sids[i], &defaults[k].sid))
				privileges |= defaults[k].privileges;
	return privileges;
}

static int fill_privileges(const struct pen_logons *logons, struct pen_token_info *info)
{
	info->privileges = 0;
	if (logons->privileges)
		return logons->privileges(logons->data, info->sids, info->n_sids,
					  &info->privileges);
	info->privileges = pen_logon_default_privileges(info->sids, info->n_sids);
	return 0;
}

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

static int fill_sids(const struct pen_logons *logons, const struct pen_logon *logon,
		     struct pen_arena *arena, struct pen_token_info *info)
{
	struct pen_sid *sids;
	int r;

	if (logon->n_groups > PEN_TOKEN_SIDS_MAX - OTHERS_MAX)
		return PEN_E_LIMIT;
	sids = pen_arena_array(arena, logon->n_groups + OTHERS_MAX, sizeof(*sids));
	if (!sids)
		return -ENOMEM;
	sids[0] = pen_accounts_member_sid(logons->accounts, PEN_ACCOUNT_MACHINE, logon->user.rid);
	info->sids = sids;
	info->n_sids = add_groups(logons, logon, sids, 1);
	r = add_aliases(logons, PEN_ACCOUNT_MACHINE, arena, info);
	return r ? r : add_aliases(logons, PEN_ACCOUNT_BUILTIN, arena, info);
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
	r = fill_sids(logons, logon, arena, &info);
	if (!r)
		r = fill_privileges(logons, &info);
	if (!r)
		r = fill_unix(&logon->user, arena, &info);
	return r ? r : pen_token_new(tokenp, &info);
}
