/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "store/account-private.h"
#include <errno.h>
#include <string.h>

/* The columns of a user and where they lie in the struct, in the order of COLUMNS. */
enum column_kind { TEXT, BLOB, U32, U64 };

static const struct column {
	enum column_kind kind;
	size_t offset;
} columns[] = {
#define AT(kind, member)                                                                           \
	{                                                                                          \
		kind, offsetof(struct pen_account_user, member)                                    \
	}
	AT(TEXT, full_name),	     AT(TEXT, comment),	     AT(TEXT, user_comment),
	AT(TEXT, home_directory),    AT(TEXT, home_drive),   AT(TEXT, script_path),
	AT(TEXT, profile_path),	     AT(TEXT, workstations), AT(TEXT, unix_name),
	AT(BLOB, parameters),	     AT(BLOB, private_data), AT(BLOB, logon_hours),
	AT(BLOB, security),	     AT(U32, logon_units),   AT(U32, control),
	AT(U32, primary_group),	     AT(U32, country_code),  AT(U32, code_page),
	AT(U64, last_logon),	     AT(U64, last_logoff),   AT(U64, password_set),
	AT(U64, bad_password_time),  AT(U64, lockout_time),  AT(U64, expires),
	AT(U32, bad_password_count), AT(U32, logon_count),
#undef AT
};

#define COLUMNS                                                                                    \
	"full_name, comment, user_comment, home_directory, home_drive, script_path, profile_path," \
	" workstations, unix_name, parameters, private_data, logon_hours, security, logon_units,"  \
	" control, primary_group, country_code, code_page, last_logon, last_logoff, password_set," \
	" bad_password_time, lockout_time, expires, bad_password_count, logon_count"

/* ---- out ---- */

static int column_get(sqlite3_stmt *row, int n, const struct column *column,
		      struct pen_arena *arena, struct pen_account_user *user)
{
	void *at = (char *)user + column->offset;

	switch (column->kind) {
	case TEXT:
		return pen_account_text(row, n, arena, at);
	case BLOB:
		return pen_account_blob(row, n, arena, at);
	case U32:
		*(uint32_t *)at = (uint32_t)sqlite3_column_int64(row, n);
		return 0;
	default:
		*(uint64_t *)at = (uint64_t)sqlite3_column_int64(row, n);
		return 0;
	}
}

static int user_get(sqlite3_stmt *row, struct pen_arena *arena, struct pen_account_user *user)
{
	const int n = (int)PEN_COUNT(columns);
	int r = 0;

	for (int i = 0; !r && i < n; i++)
		r = column_get(row, i, &columns[i], arena, user);
	if (!r)
		r = pen_account_text(row, n, arena, &user->name);
	user->rid = (uint32_t)sqlite3_column_int64(row, n + 1);
	user->created = (uint64_t)sqlite3_column_int64(row, n + 2);
	user->has_password = sqlite3_column_int(row, n + 3);
	return r;
}

int pen_accounts_get_user(struct pen_accounts *accounts, uint32_t rid, struct pen_arena *arena,
			  struct pen_account_user *user)
{
	struct pen_account_user found = { 0 };
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT " COLUMNS ", name, rid, created, nt_hash IS NOT NULL"
				  " FROM account WHERE domain = 0 AND kind = 1 AND rid = ?",
				  "i", (int64_t)rid);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = user_get(row, arena, &found);
	sqlite3_finalize(row);
	if (!r)
		*user = found;
	return r;
}

/* ---- in ---- */

static int check_user(const struct pen_account_user *user)
{
	int r = 0;

	for (size_t i = 0; !r && i < PEN_COUNT(columns); i++) {
		const void *at = (const char *)user + columns[i].offset;

		if (columns[i].kind == TEXT)
			r = pen_account_check_text(*(const char *const *)at);
		else if (columns[i].kind == BLOB &&
			 ((const struct pen_slice *)at)->size > PEN_ACCOUNT_BLOB_MAX)
			r = PEN_E_LIMIT;
	}
	return !r && user->logon_hours.size > PEN_ACCOUNT_HOURS_MAX ? PEN_E_LIMIT : r;
}

static int column_bind(sqlite3_stmt *row, int n, const struct column *column,
		       const struct pen_account_user *user)
{
	const void *at = (const char *)user + column->offset;
	const struct pen_slice *slice = at;
	const char *text;
	uint64_t number;

	switch (column->kind) {
	case TEXT:
		text = *(const char *const *)at;
		return sqlite3_bind_text(row, n, text ? text : "", -1, SQLITE_STATIC);
	case BLOB:
		return slice->size ? sqlite3_bind_blob(row, n, slice->data, (int)slice->size,
						       SQLITE_STATIC)
				   : sqlite3_bind_null(row, n);
	case U32:
		return sqlite3_bind_int64(row, n, *(const uint32_t *)at);
	default:
		number = *(const uint64_t *)at;
		return sqlite3_bind_int64(
			row, n, (int64_t)(number < PEN_ACCOUNT_NEVER ? number : PEN_ACCOUNT_NEVER));
	}
}

/* Writes all columns. The user's row is there. */
static int user_put(struct pen_accounts *accounts, const struct pen_account_user *user)
{
	struct pen_account_user kept = *user;
	sqlite3_stmt *row;
	int r;

	kept.control &= ~(PEN_ACCOUNT_AUTO_LOCKED | PEN_ACCOUNT_PASSWORD_EXPIRED);
	if (!kept.logon_hours.size || !kept.logon_units)
		kept.logon_units = 168;
	r = pen_account_query(accounts, &row,
			      "UPDATE account SET (" COLUMNS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
			      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			      " WHERE domain = 0 AND kind = 1 AND rid = ?",
			      "");
	if (r)
		return r;
	for (int i = 0; !r && i < (int)PEN_COUNT(columns); i++)
		r = column_bind(row, i + 1, &columns[i], &kept) ? -ENOMEM : 0;
	if (!r)
		r = sqlite3_bind_int64(row, (int)PEN_COUNT(columns) + 1, user->rid) ? -EIO : 0;
	if (!r)
		r = pen_account_row(accounts, row);
	sqlite3_finalize(row);
	if (r != PEN_E_NOT_FOUND) /* the end, where a statement has no rows */
		return r;
	return sqlite3_changes(accounts->store->db) ? 0 : PEN_E_NOT_FOUND;
}

static bool has_one_type(uint32_t control)
{
	uint32_t type = control & PEN_ACCOUNT_TYPES;

	return type && !(type & (type - 1));
}

static int add_row(struct pen_accounts *accounts, const struct pen_account_user *user,
		   const char *key)
{
	int r = pen_account_run(accounts,
				"INSERT INTO account (domain, kind, rid, key, name, created)"
				" VALUES (0, 1, ?, ?, ?, ?)",
				"issi", (int64_t)user->rid, key, user->name, user->created);

	if (!r)
		r = user_put(accounts, user);
	if (!r)
		r = pen_accounts_add_member(accounts, user->primary_group, user->rid,
					    PEN_ACCOUNT_GROUP_USUAL);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_add_user(struct pen_accounts *accounts, const struct pen_account_user *user,
			  uint32_t *ridp)
{
	struct pen_account_user added = *user;
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = pen_account_key(key, user->name ? user->name : "");

	if (!(added.control & PEN_ACCOUNT_TYPES))
		added.control |= PEN_ACCOUNT_NORMAL;
	if (!added.primary_group)
		added.primary_group = added.control & PEN_ACCOUNT_MACHINES
					      ? PEN_RID_DOMAIN_COMPUTERS
					      : PEN_RID_DOMAIN_USERS;
	if (!r && !has_one_type(added.control))
		r = PEN_E_SYNTAX;
	if (!r)
		r = check_user(&added);
	if (!r)
		r = pen_accounts_begin(accounts);
	if (r)
		return r;
	if (!added.rid)
		r = pen_account_next_rid(accounts, &added.rid);
	if (!r)
		r = add_row(accounts, &added, key);
	r = pen_accounts_end(accounts, r);
	if (!r)
		*ridp = added.rid;
	return r;
}

static int set_all(struct pen_accounts *accounts, const struct pen_account_user *user)
{
	int64_t n = 0;
	int r = pen_accounts_rename(accounts, PEN_ACCOUNT_MACHINE, user->rid,
				    user->name ? user->name : "");

	if (!r)
		r = pen_account_number(accounts, &n,
				       "SELECT count(*) FROM member WHERE grp = ? AND user = ?",
				       "ii", (int64_t)user->primary_group, (int64_t)user->rid);
	if (!r && !n)
		r = PEN_E_NOT_FOUND;
	return r ? r : user_put(accounts, user);
}

int pen_accounts_set_user(struct pen_accounts *accounts, const struct pen_account_user *user)
{
	int r = has_one_type(user->control) ? check_user(user) : PEN_E_SYNTAX;

	if (!r)
		r = pen_accounts_begin(accounts);
	return r ? r : pen_accounts_end(accounts, set_all(accounts, user));
}

/* ---- what is reckoned ---- */

static bool has_lasting_password(const struct pen_account_user *user)
{
	return user->control & (PEN_ACCOUNT_DONT_EXPIRE_PASSWORD | PEN_ACCOUNT_SMARTCARD_REQUIRED |
				PEN_ACCOUNT_MACHINES | PEN_ACCOUNT_INTERDOMAIN_TRUST);
}

/* A moment that many ticks after another. */
static uint64_t later(uint64_t time, uint64_t duration)
{
	return duration < PEN_ACCOUNT_NEVER - time ? time + duration : PEN_ACCOUNT_NEVER;
}

uint64_t pen_account_can_change(const struct pen_account_user *user,
				const struct pen_account_policy *policy)
{
	return user->password_set ? later(user->password_set, policy->min_password_age) : 0;
}

uint64_t pen_account_must_change(const struct pen_account_user *user,
				 const struct pen_account_policy *policy)
{
	if (has_lasting_password(user))
		return PEN_ACCOUNT_NEVER;
	if (!user->password_set)
		return 0;
	if (!policy->max_password_age || policy->max_password_age >= PEN_ACCOUNT_NEVER)
		return PEN_ACCOUNT_NEVER;
	return later(user->password_set, policy->max_password_age);
}

static bool is_locked(const struct pen_account_user *user, const struct pen_account_policy *policy,
		      uint64_t now)
{
	if (!user->lockout_time)
		return false;
	return !policy->lockout_duration ||
	       now < later(user->lockout_time, policy->lockout_duration);
}

uint32_t pen_account_control(const struct pen_account_user *user,
			     const struct pen_account_policy *policy, uint64_t now)
{
	uint32_t control = user->control;

	if (is_locked(user, policy, now))
		control |= PEN_ACCOUNT_AUTO_LOCKED;
	if (pen_account_must_change(user, policy) <= now)
		control |= PEN_ACCOUNT_PASSWORD_EXPIRED;
	return control;
}
