/* SPDX-License-Identifier: MIT */
#include "store/lsa.h"
#include "base/utf16.h"
#include "store/account-private.h"
#include <errno.h>
#include <string.h>

/* ---- rights ---- */

int pen_lsa_rights(struct pen_accounts *accounts, const struct pen_sid *sids, size_t n_sids,
		   uint64_t *privilegesp, uint32_t *system_accessp)
{
	uint64_t privileges = 0;
	uint32_t system_access = 0;
	int r = 0;

	for (size_t i = 0; !r && i < n_sids; i++) {
		struct pen_lsa_account account;

		r = pen_lsa_get_account(accounts, &sids[i], NULL, &account);
		if (r == PEN_E_NOT_FOUND) {
			r = 0;
			continue;
		}
		if (!r) {
			privileges |= account.privileges;
			system_access |= account.system_access;
		}
	}
	if (r)
		return r;
	*privilegesp = privileges;
	if (system_accessp)
		*system_accessp = system_access;
	return 0;
}

static int account_row(sqlite3_stmt *row, struct pen_arena *arena, struct pen_lsa_account *account)
{
	const char *sid = (const char *)sqlite3_column_text(row, 0);

	*account = (struct pen_lsa_account){
		.privileges = (uint64_t)sqlite3_column_int64(row, 1),
		.system_access = (uint32_t)sqlite3_column_int64(row, 2),
	};
	if (!sid || pen_sid_parse(&account->sid, sid))
		return -EIO;
	return arena ? pen_account_blob(row, 3, arena, &account->security) : 0;
}

int pen_lsa_get_account(struct pen_accounts *accounts, const struct pen_sid *sid,
			struct pen_arena *arena, struct pen_lsa_account *account)
{
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT sid, privileges, system_access, security"
				  " FROM lsa_account WHERE sid = ?",
				  "S", sid);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = account_row(row, arena, account);
	sqlite3_finalize(row);
	return r;
}

static int is_room(struct pen_accounts *accounts, const char *sql, int64_t max)
{
	int64_t n = 0;
	int r = pen_account_number(accounts, &n, sql, "");

	return r ? r : n < max ? 0 : PEN_E_LIMIT;
}

int pen_lsa_add_account(struct pen_accounts *accounts, const struct pen_lsa_account *account)
{
	int r = is_room(accounts, "SELECT count(*) FROM lsa_account", PEN_LSA_ACCOUNTS_MAX);

	if (!r && account->security.size > PEN_ACCOUNT_BLOB_MAX)
		r = PEN_E_LIMIT;
	return r ? r
		 : pen_account_run(accounts, "INSERT INTO lsa_account VALUES (?, ?, ?, ?)", "Siib",
				   &account->sid, (int64_t)account->privileges,
				   (int64_t)account->system_access, &account->security);
}

int pen_lsa_set_account(struct pen_accounts *accounts, const struct pen_lsa_account *account)
{
	if (account->security.size > PEN_ACCOUNT_BLOB_MAX)
		return PEN_E_LIMIT;
	return pen_account_change(accounts,
				  "UPDATE lsa_account SET privileges = ?, system_access = ?,"
				  " security = ? WHERE sid = ?",
				  "iibS", (int64_t)account->privileges,
				  (int64_t)account->system_access, &account->security,
				  &account->sid);
}

int pen_lsa_remove_account(struct pen_accounts *accounts, const struct pen_sid *sid)
{
	return pen_account_change(accounts, "DELETE FROM lsa_account WHERE sid = ?", "S", sid);
}

static int list_rows(struct pen_accounts *accounts, sqlite3_stmt *row, struct pen_arena *arena,
		     struct pen_lsa_account **rowsp, size_t *np)
{
	struct pen_lsa_account *rows = NULL;
	size_t n = 0;
	int r;

	while (!(r = pen_account_row(accounts, row))) {
		struct pen_lsa_account *next = pen_account_grow(arena, &rows, n, sizeof(*rows));

		r = next ? account_row(row, NULL, next) : -ENOMEM;
		if (r)
			return r;
		n++;
	}
	*rowsp = rows;
	*np = n;
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

int pen_lsa_list_accounts(struct pen_accounts *accounts, struct pen_arena *arena,
			  struct pen_lsa_account **rowsp, size_t *n_rowsp)
{
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT sid, privileges, system_access FROM lsa_account"
				  " ORDER BY sid",
				  "");

	if (!r)
		r = list_rows(accounts, row, arena, rowsp, n_rowsp);
	sqlite3_finalize(row);
	return r;
}

/* ---- secrets ---- */

static int secret_row(sqlite3_stmt *row, struct pen_arena *arena, struct pen_lsa_secret *secret)
{
	int r;

	*secret = (struct pen_lsa_secret){
		.has_current = sqlite3_column_int(row, 0),
		.current_set = (uint64_t)sqlite3_column_int64(row, 2),
		.has_old = sqlite3_column_int(row, 3),
		.old_set = (uint64_t)sqlite3_column_int64(row, 5),
	};
	r = pen_account_blob(row, 1, arena, &secret->current);
	if (!r)
		r = pen_account_blob(row, 4, arena, &secret->old);
	return r ? r : pen_account_blob(row, 6, arena, &secret->security);
}

/* A secret's name may have what no account's has. */
static int secret_key(char key[PEN_ACCOUNT_KEY_SIZE], const char *name)
{
	uint16_t units[PEN_LSA_SECRET_NAME_MAX];
	size_t n = pen_utf16_count(name, strlen(name));

	if (n == PEN_UTF16_BAD || !n)
		return PEN_E_SYNTAX;
	if (n > PEN_COUNT(units))
		return PEN_E_LIMIT;
	pen_utf16_put(name, strlen(name), PEN_UTF16_HOST, units, PEN_COUNT(units));
	for (size_t i = 0; i < n; i++)
		units[i] = pen_upcase(units[i]);
	n = pen_utf16_get(units, n, PEN_UTF16_HOST, key, PEN_ACCOUNT_KEY_SIZE - 1);
	if (n == PEN_UTF16_BAD)
		return PEN_E_LIMIT;
	key[n] = '\0';
	return 0;
}

int pen_lsa_get_secret(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
		       struct pen_lsa_secret *secret)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	sqlite3_stmt *row;
	int r = secret_key(key, name);

	if (r)
		return r == PEN_E_LIMIT ? PEN_E_NOT_FOUND : r;
	r = pen_account_query(accounts, &row,
			      "SELECT has_current, current, current_set, has_old, old, old_set,"
			      " security FROM lsa_secret WHERE key = ?",
			      "s", key);
	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = secret_row(row, arena, secret);
	sqlite3_finalize(row);
	return r;
}

int pen_lsa_add_secret(struct pen_accounts *accounts, const char *name, uint64_t now)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = secret_key(key, name);

	if (!r)
		r = is_room(accounts, "SELECT count(*) FROM lsa_secret", PEN_LSA_SECRETS_MAX);
	return r ? r
		 : pen_account_run(accounts,
				   "INSERT INTO lsa_secret (key, name, current_set, old_set)"
				   " VALUES (?, ?, ?, ?)",
				   "ssii", key, name, (int64_t)now, (int64_t)now);
}

int pen_lsa_set_secret(struct pen_accounts *accounts, const char *name,
		       const struct pen_lsa_secret *secret)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = secret_key(key, name);

	if (!r &&
	    (secret->current.size > PEN_LSA_SECRET_MAX || secret->old.size > PEN_LSA_SECRET_MAX ||
	     secret->security.size > PEN_ACCOUNT_BLOB_MAX))
		r = PEN_E_LIMIT;
	return r ? r
		 : pen_account_change(accounts,
				      "UPDATE lsa_secret SET has_current = ?, current = ?,"
				      " current_set = ?, has_old = ?, old = ?, old_set = ?,"
				      " security = ? WHERE key = ?",
				      "ibiibibs", (int64_t)secret->has_current, &secret->current,
				      (int64_t)secret->current_set, (int64_t)secret->has_old,
				      &secret->old, (int64_t)secret->old_set, &secret->security,
				      key);
}

int pen_lsa_remove_secret(struct pen_accounts *accounts, const char *name)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = secret_key(key, name);

	return r ? r
		 : pen_account_change(accounts, "DELETE FROM lsa_secret WHERE key = ?", "s", key);
}

/* ---- values ---- */

int pen_lsa_get_value(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
		      struct pen_slice *valuep)
{
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row, "SELECT value FROM lsa_value WHERE name = ?", "s",
				  name);

	*valuep = (struct pen_slice){ 0 };
	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = pen_account_blob(row, 0, arena, valuep);
	sqlite3_finalize(row);
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

int pen_lsa_set_value(struct pen_accounts *accounts, const char *name, struct pen_slice value)
{
	if (value.size > PEN_LSA_VALUE_MAX)
		return PEN_E_LIMIT;
	if (!value.size)
		return pen_account_run(accounts, "DELETE FROM lsa_value WHERE name = ?", "s", name);
	return pen_account_run(accounts, "INSERT OR REPLACE INTO lsa_value VALUES (?, ?)", "sb",
			       name, &value);
}
