/* SPDX-License-Identifier: MIT */
/* Groups and aliases, and who is in them. */
#include "store/account-private.h"
#include <errno.h>
#include <stdlib.h>

/* ---- groups and aliases ---- */

int pen_accounts_get_group(struct pen_accounts *accounts, enum pen_account_domain domain,
			   uint32_t rid, struct pen_arena *arena, struct pen_account_group *group)
{
	struct pen_account account;
	struct pen_slice security;
	int r = pen_accounts_find_rid(accounts, domain, rid, arena, &account);

	if (!r && account.kind == PEN_ACCOUNT_USER)
		r = PEN_E_NOT_FOUND;
	if (!r)
		r = pen_accounts_get_security(accounts, domain, rid, arena, &security);
	if (r)
		return r;
	*group = (struct pen_account_group){
		.domain = domain,
		.kind = account.kind,
		.rid = rid,
		.name = account.name,
		.comment = account.comment,
		.attributes = account.attributes,
		.security = security,
	};
	return 0;
}

static uint32_t attributes_of(const struct pen_account_group *group)
{
	if (group->kind != PEN_ACCOUNT_GROUP)
		return 0;
	return group->attributes ? group->attributes : PEN_ACCOUNT_GROUP_USUAL;
}

static int check_group(const struct pen_account_group *group, char key[PEN_ACCOUNT_KEY_SIZE])
{
	int r = pen_account_key(key, group->name ? group->name : "");

	if (!r)
		r = pen_account_check_text(group->comment);
	return !r && group->security.size > PEN_ACCOUNT_BLOB_MAX ? PEN_E_LIMIT : r;
}

static int add_row(struct pen_accounts *accounts, const struct pen_account_group *group,
		   const char *key, uint32_t rid)
{
	int r = pen_account_run(accounts,
				"INSERT INTO account (domain, kind, rid, key, name, comment,"
				" attributes, security) VALUES (0, ?, ?, ?, ?, ?, ?, ?)",
				"iisssib", (int64_t)group->kind, (int64_t)rid, key, group->name,
				group->comment, (int64_t)attributes_of(group), &group->security);

	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_add_group(struct pen_accounts *accounts, const struct pen_account_group *group,
			   uint32_t *ridp)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	uint32_t rid = group->rid;
	int r = check_group(group, key);

	if (group->domain != PEN_ACCOUNT_MACHINE ||
	    (group->kind != PEN_ACCOUNT_GROUP && group->kind != PEN_ACCOUNT_ALIAS))
		return PEN_E_DENIED;
	if (!r)
		r = pen_accounts_begin(accounts);
	if (r)
		return r;
	if (!rid)
		r = pen_account_next_rid(accounts, &rid);
	if (!r)
		r = add_row(accounts, group, key, rid);
	r = pen_accounts_end(accounts, r);
	if (!r)
		*ridp = rid;
	return r;
}

int pen_accounts_set_group(struct pen_accounts *accounts, const struct pen_account_group *group)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = check_group(group, key);

	if (!r)
		r = pen_account_change(
			accounts,
			"UPDATE account SET key = ?, name = ?, comment = ?, attributes = ?,"
			" security = ? WHERE domain = ? AND rid = ? AND kind = ? AND kind <> 1",
			"sssibiii", key, group->name, group->comment, (int64_t)attributes_of(group),
			&group->security, (int64_t)group->domain, (int64_t)group->rid,
			(int64_t)group->kind);
	return r ? r : pen_account_touch(accounts, group->domain);
}

/* ---- users in groups ---- */

static int check_both(struct pen_accounts *accounts, uint32_t group, uint32_t user)
{
	int r = pen_account_is(accounts, PEN_ACCOUNT_MACHINE, group, PEN_ACCOUNT_GROUP);

	return r ? r : pen_account_is(accounts, PEN_ACCOUNT_MACHINE, user, PEN_ACCOUNT_USER);
}

int pen_accounts_add_member(struct pen_accounts *accounts, uint32_t group, uint32_t user,
			    uint32_t attributes)
{
	int r = check_both(accounts, group, user);

	if (!r)
		r = pen_account_run(accounts,
				    "INSERT INTO member (grp, user, attributes) VALUES (?, ?, ?)",
				    "iii", (int64_t)group, (int64_t)user, (int64_t)attributes);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_set_member(struct pen_accounts *accounts, uint32_t group, uint32_t user,
			    uint32_t attributes)
{
	int r = check_both(accounts, group, user);

	if (!r)
		r = pen_account_change(
			accounts, "UPDATE member SET attributes = ? WHERE grp = ? AND user = ?",
			"iii", (int64_t)attributes, (int64_t)group, (int64_t)user);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_remove_member(struct pen_accounts *accounts, uint32_t group, uint32_t user)
{
	int64_t primary = 0;
	int r = check_both(accounts, group, user);

	if (!r)
		r = pen_account_number(accounts, &primary,
				       "SELECT primary_group FROM account"
				       " WHERE domain = 0 AND rid = ?",
				       "i", (int64_t)user);
	if (!r && primary == group)
		r = PEN_E_DENIED;
	if (!r)
		r = pen_account_change(accounts, "DELETE FROM member WHERE grp = ? AND user = ?",
				       "ii", (int64_t)group, (int64_t)user);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

static int member_rows(struct pen_accounts *accounts, sqlite3_stmt *row, struct pen_arena *arena,
		       struct pen_account_member **membersp, size_t *n_membersp)
{
	struct pen_account_member *members = NULL, *next;
	size_t n = 0;
	int r;

	while ((r = pen_account_row(accounts, row)) == 0) {
		next = pen_account_grow(arena, &members, n, sizeof(*members));
		if (!next)
			return -ENOMEM;
		next->rid = (uint32_t)sqlite3_column_int64(row, 0);
		next->attributes = (uint32_t)sqlite3_column_int64(row, 1);
		n++;
	}
	if (r != PEN_E_NOT_FOUND)
		return r;
	*membersp = members;
	*n_membersp = n;
	return 0;
}

static int list_members(struct pen_accounts *accounts, enum pen_account_kind kind, uint32_t rid,
			const char *sql, struct pen_arena *arena,
			struct pen_account_member **membersp, size_t *n_membersp)
{
	sqlite3_stmt *row = NULL;
	int r = pen_account_is(accounts, PEN_ACCOUNT_MACHINE, rid, kind);

	if (!r)
		r = pen_account_query(accounts, &row, sql, "i", (int64_t)rid);
	if (!r)
		r = member_rows(accounts, row, arena, membersp, n_membersp);
	sqlite3_finalize(row);
	return r;
}

int pen_accounts_members(struct pen_accounts *accounts, uint32_t group, struct pen_arena *arena,
			 struct pen_account_member **membersp, size_t *n_membersp)
{
	return list_members(accounts, PEN_ACCOUNT_GROUP, group,
			    "SELECT user, attributes FROM member WHERE grp = ? ORDER BY user",
			    arena, membersp, n_membersp);
}

int pen_accounts_groups_of(struct pen_accounts *accounts, uint32_t user, struct pen_arena *arena,
			   struct pen_account_member **groupsp, size_t *n_groupsp)
{
	return list_members(accounts, PEN_ACCOUNT_USER, user,
			    "SELECT grp, attributes FROM member WHERE user = ? ORDER BY grp", arena,
			    groupsp, n_groupsp);
}

/* ---- SIDs in aliases ---- */

/* One of this machine must be a user or a group. */
static int check_sid(struct pen_accounts *accounts, const struct pen_sid *sid)
{
	enum pen_account_domain domain;
	struct pen_account account;
	uint32_t rid;
	int r;

	if (pen_accounts_split_sid(accounts, sid, &domain, &rid))
		return 0;
	r = pen_accounts_find_rid(accounts, domain, rid, NULL, &account);
	if (r == PEN_E_NOT_FOUND || (!r && account.kind == PEN_ACCOUNT_ALIAS))
		return PEN_E_DENIED;
	return r;
}

int pen_accounts_add_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			 uint32_t alias, const struct pen_sid *sid)
{
	int r = pen_account_is(accounts, domain, alias, PEN_ACCOUNT_ALIAS);

	if (!r)
		r = check_sid(accounts, sid);
	if (!r)
		r = pen_account_run(
			accounts, "INSERT INTO alias_member (domain, alias, sid) VALUES (?, ?, ?)",
			"iiS", (int64_t)domain, (int64_t)alias, sid);
	return r ? r : pen_account_touch(accounts, domain);
}

int pen_accounts_remove_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			    uint32_t alias, const struct pen_sid *sid)
{
	int r = pen_account_is(accounts, domain, alias, PEN_ACCOUNT_ALIAS);

	if (!r)
		r = pen_account_change(
			accounts,
			"DELETE FROM alias_member WHERE domain = ? AND alias = ? AND sid = ?",
			"iiS", (int64_t)domain, (int64_t)alias, sid);
	return r ? r : pen_account_touch(accounts, domain);
}

int pen_accounts_forget_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_sid *sid)
{
	int r = pen_account_run(accounts, "DELETE FROM alias_member WHERE domain = ? AND sid = ?",
				"iS", (int64_t)domain, sid);

	return r ? r : pen_account_touch(accounts, domain);
}

static int sid_rows(struct pen_accounts *accounts, sqlite3_stmt *row, struct pen_arena *arena,
		    struct pen_sid **sidsp, size_t *n_sidsp)
{
	struct pen_sid *sids = NULL, *next;
	const char *text;
	size_t n = 0;
	int r;

	while ((r = pen_account_row(accounts, row)) == 0) {
		next = pen_account_grow(arena, &sids, n, sizeof(*sids));
		text = (const char *)sqlite3_column_text(row, 0);
		if (!next || !text)
			return -ENOMEM;
		if (!pen_sid_parse(next, text))
			n++;
	}
	if (r != PEN_E_NOT_FOUND)
		return r;
	*sidsp = sids;
	*n_sidsp = n;
	return 0;
}

int pen_accounts_sids(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t alias,
		      struct pen_arena *arena, struct pen_sid **sidsp, size_t *n_sidsp)
{
	sqlite3_stmt *row = NULL;
	int r = pen_account_is(accounts, domain, alias, PEN_ACCOUNT_ALIAS);

	if (!r)
		r = pen_account_query(accounts, &row,
				      "SELECT sid FROM alias_member WHERE domain = ? AND alias = ?"
				      " ORDER BY sid",
				      "ii", (int64_t)domain, (int64_t)alias);
	if (!r)
		r = sid_rows(accounts, row, arena, sidsp, n_sidsp);
	sqlite3_finalize(row);
	return r;
}

static int compare_rids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Appends the aliases of one SID. */
static int add_aliases(struct pen_accounts *accounts, enum pen_account_domain domain,
		       const struct pen_sid *sid, struct pen_arena *arena, uint32_t **ridsp,
		       size_t *np)
{
	sqlite3_stmt *row;
	uint32_t *next;
	int r = pen_account_query(accounts, &row,
				  "SELECT alias FROM alias_member WHERE domain = ? AND sid = ?",
				  "iS", (int64_t)domain, sid);

	while (!r && (r = pen_account_row(accounts, row)) == 0) {
		next = pen_account_grow(arena, ridsp, *np, sizeof(*next));
		if (next)
			next[0] = (uint32_t)sqlite3_column_int64(row, 0);
		*np += next ? 1 : 0;
		r = next ? 0 : -ENOMEM;
	}
	sqlite3_finalize(row);
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

int pen_accounts_aliases_of(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_sid *sids, size_t n_sids, struct pen_arena *arena,
			    uint32_t **ridsp, size_t *n_ridsp)
{
	uint32_t *rids = NULL;
	size_t n = 0, n_unique = 0;
	int r = 0;

	for (size_t i = 0; !r && i < n_sids; i++)
		r = add_aliases(accounts, domain, &sids[i], arena, &rids, &n);
	if (r)
		return r;
	if (n)
		qsort(rids, n, sizeof(*rids), compare_rids);
	for (size_t i = 0; i < n; i++)
		if (!n_unique || rids[n_unique - 1] != rids[i])
			rids[n_unique++] = rids[i];
	*ridsp = rids;
	*n_ridsp = n_unique;
	return 0;
}
