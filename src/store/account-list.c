/* SPDX-License-Identifier: MIT */
/* What users, groups and aliases have in common. */
#include "store/account-private.h"
#include <errno.h>
#include <stdio.h>

#define COLUMNS "domain, kind, rid, name, comment, full_name, control, attributes"

static int account_get(sqlite3_stmt *row, struct pen_arena *arena, struct pen_account *account)
{
	struct pen_account found = {
		.domain = (enum pen_account_domain)sqlite3_column_int(row, 0),
		.kind = (enum pen_account_kind)sqlite3_column_int(row, 1),
		.rid = (uint32_t)sqlite3_column_int64(row, 2),
		.control = (uint32_t)sqlite3_column_int64(row, 6),
		.attributes = (uint32_t)sqlite3_column_int64(row, 7),
	};
	int r = arena ? pen_account_text(row, 3, arena, &found.name) : 0;

	if (!r && arena)
		r = pen_account_text(row, 4, arena, &found.comment);
	if (!r && arena)
		r = pen_account_text(row, 5, arena, &found.full_name);
	if (!r)
		*account = found;
	return r;
}

/* The one row of a statement, which query gave. */
static int get_one(struct pen_accounts *accounts, sqlite3_stmt *row, int r, struct pen_arena *arena,
		   struct pen_account *account)
{
	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = account_get(row, arena, account);
	sqlite3_finalize(row);
	return r;
}

int pen_accounts_find_any(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
			  struct pen_account *account)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	sqlite3_stmt *row;
	int r;

	if (pen_account_key(key, name))
		return PEN_E_NOT_FOUND;
	r = pen_account_query(accounts, &row, "SELECT " COLUMNS " FROM account WHERE key = ?", "s",
			      key);
	return get_one(accounts, row, r, arena, account);
}

int pen_accounts_find_name(struct pen_accounts *accounts, enum pen_account_domain domain,
			   const char *name, struct pen_arena *arena, struct pen_account *account)
{
	struct pen_account found;
	int r = pen_accounts_find_any(accounts, name, arena, &found);

	if (!r && found.domain != domain)
		r = PEN_E_NOT_FOUND;
	if (!r)
		*account = found;
	return r;
}

int pen_accounts_find_rid(struct pen_accounts *accounts, enum pen_account_domain domain,
			  uint32_t rid, struct pen_arena *arena, struct pen_account *account)
{
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT " COLUMNS " FROM account WHERE domain = ? AND rid = ?",
				  "ii", (int64_t)domain, (int64_t)rid);

	return get_one(accounts, row, r, arena, account);
}

int pen_account_is(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid,
		   enum pen_account_kind kind)
{
	struct pen_account account;
	int r = pen_accounts_find_rid(accounts, domain, rid, NULL, &account);

	return !r && account.kind != kind ? PEN_E_NOT_FOUND : r;
}

/* ---- lists ---- */

#define FILTER " FROM account WHERE domain = ?1 AND kind = ?2 AND (?3 = 0 OR control & ?3)"

static int list_rows(struct pen_accounts *accounts, sqlite3_stmt *row, struct pen_arena *arena,
		     struct pen_account **rowsp, size_t *n_rowsp)
{
	struct pen_account *rows = NULL, *next;
	size_t n = 0;
	int r;

	while ((r = pen_account_row(accounts, row)) == 0) {
		next = pen_account_grow(arena, &rows, n, sizeof(*rows));
		r = next ? account_get(row, arena, next) : -ENOMEM;
		if (r)
			return r;
		n++;
	}
	if (r != PEN_E_NOT_FOUND)
		return r;
	*rowsp = rows;
	*n_rowsp = n;
	return 0;
}

int pen_accounts_list(struct pen_accounts *accounts, const struct pen_account_filter *filter,
		      struct pen_arena *arena, struct pen_account **rowsp, size_t *n_rowsp)
{
	sqlite3_stmt *row;
	int r = pen_account_query(
		accounts, &row,
		filter->is_by_name
			? "SELECT " COLUMNS FILTER " AND ?4 >= 0 ORDER BY key LIMIT ?6 OFFSET ?5"
			: "SELECT " COLUMNS FILTER " AND rid > ?4 ORDER BY rid LIMIT ?6 OFFSET ?5",
		"iiiiii", (int64_t)filter->domain, (int64_t)filter->kind, (int64_t)filter->control,
		(int64_t)filter->after_rid, (int64_t)filter->skip,
		filter->max ? (int64_t)filter->max : INT64_C(-1));

	if (!r)
		r = list_rows(accounts, row, arena, rowsp, n_rowsp);
	sqlite3_finalize(row);
	return r;
}

int pen_accounts_count(struct pen_accounts *accounts, const struct pen_account_filter *filter,
		       size_t *np)
{
	int64_t n = 0;
	int r = pen_account_number(accounts, &n, "SELECT count(*)" FILTER, "iii",
				   (int64_t)filter->domain, (int64_t)filter->kind,
				   (int64_t)filter->control);

	if (!r)
		*np = (size_t)n;
	return r;
}

/* ---- changes ---- */

int pen_accounts_rename(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid,
			const char *name)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = pen_account_key(key, name);

	if (!r)
		r = pen_account_change(accounts,
				       "UPDATE account SET key = ?, name = ?"
				       " WHERE domain = ? AND rid = ?",
				       "ssii", key, name, (int64_t)domain, (int64_t)rid);
	return r ? r : pen_account_touch(accounts, domain);
}

/* Whether some user has that group as its primary one, or the account is always there. */
static int may_remove(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid)
{
	struct pen_account account;
	int64_t n = 0;
	int r = pen_accounts_find_rid(accounts, domain, rid, NULL, &account);

	if (!r && (domain == PEN_ACCOUNT_BUILTIN || rid < PEN_ACCOUNT_FIRST_RID))
		r = PEN_E_DENIED;
	if (!r && account.kind == PEN_ACCOUNT_GROUP)
		r = pen_account_number(accounts, &n,
				       "SELECT count(*) FROM account WHERE primary_group = ?", "i",
				       (int64_t)rid);
	return !r && n ? PEN_E_DENIED : r;
}

/* Deletes what is known of an account of the machine's domain. */
static int remove_all(struct pen_accounts *accounts, uint32_t rid)
{
	struct pen_sid sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, rid);
	int64_t n = rid;
	int r = pen_account_change(accounts, "DELETE FROM account WHERE domain = 0 AND rid = ?",
				   "i", n);

	if (!r)
		r = pen_account_run(accounts, "DELETE FROM former_password WHERE rid = ?", "i", n);
	if (!r)
		r = pen_account_run(accounts, "DELETE FROM member WHERE grp = ?1 OR user = ?1", "i",
				    n);
	if (!r)
		r = pen_account_run(accounts,
				    "DELETE FROM alias_member WHERE (domain = 0 AND alias = ?)"
				    " OR sid = ?",
				    "iS", n, &sid);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_remove(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid)
{
	int r = pen_accounts_begin(accounts);

	if (r)
		return r;
	r = may_remove(accounts, domain, rid);
	if (!r)
		r = remove_all(accounts, rid);
	return pen_accounts_end(accounts, r);
}

int pen_accounts_get_security(struct pen_accounts *accounts, enum pen_account_domain domain,
			      uint32_t rid, struct pen_arena *arena, struct pen_slice *securityp)
{
	struct pen_slice security = { 0 };
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT security FROM account WHERE domain = ? AND rid = ?", "ii",
				  (int64_t)domain, (int64_t)rid);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = pen_account_blob(row, 0, arena, &security);
	sqlite3_finalize(row);
	if (!r)
		*securityp = security;
	return r;
}

int pen_accounts_set_security(struct pen_accounts *accounts, enum pen_account_domain domain,
			      uint32_t rid, struct pen_slice security)
{
	int r;

	if (security.size > PEN_ACCOUNT_BLOB_MAX)
		return PEN_E_LIMIT;
	r = pen_account_change(accounts,
			       "UPDATE account SET security = ? WHERE domain = ? AND rid = ?",
			       "bii", &security, (int64_t)domain, (int64_t)rid);
	return r ? r : pen_account_touch(accounts, domain);
}
