/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/utf16.h"
#include "store/account-private.h"
#include "store/lsa-schema.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_ID = 0x50454e41 }; /* "PENA" */

/*
 * What each version of the schema adds to the one before. Never change a row; add one.
 *
 * An account is one row, whatever its kind; what only users have is empty in the rows of
 * the others. Names are unique in all domains together.
 */
static const char *const steps[] = {
	"CREATE TABLE domain (id INTEGER PRIMARY KEY, sid TEXT NOT NULL, name TEXT NOT NULL,"
	" comment TEXT NOT NULL DEFAULT '', replica TEXT NOT NULL DEFAULT '',"
	" min_password_length INTEGER NOT NULL, password_history INTEGER NOT NULL,"
	" password_properties INTEGER NOT NULL, max_password_age INTEGER NOT NULL,"
	" min_password_age INTEGER NOT NULL, force_logoff INTEGER NOT NULL,"
	" lockout_duration INTEGER NOT NULL, lockout_window INTEGER NOT NULL,"
	" lockout_threshold INTEGER NOT NULL, created INTEGER NOT NULL,"
	" n_changes INTEGER NOT NULL DEFAULT 1, security BLOB, next_rid INTEGER NOT NULL);"

	"CREATE TABLE account (domain INTEGER NOT NULL REFERENCES domain(id),"
	" rid INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '',"
	" attributes INTEGER NOT NULL DEFAULT 0, security BLOB,"
	" full_name TEXT NOT NULL DEFAULT '', user_comment TEXT NOT NULL DEFAULT '',"
	" home_directory TEXT NOT NULL DEFAULT '', home_drive TEXT NOT NULL DEFAULT '',"
	" script_path TEXT NOT NULL DEFAULT '', profile_path TEXT NOT NULL DEFAULT '',"
	" workstations TEXT NOT NULL DEFAULT '', unix_name TEXT NOT NULL DEFAULT '',"
	" parameters BLOB, private_data BLOB, logon_hours BLOB,"
	" logon_units INTEGER NOT NULL DEFAULT 168, control INTEGER NOT NULL DEFAULT 0,"
	" primary_group INTEGER NOT NULL DEFAULT 0, country_code INTEGER NOT NULL DEFAULT 0,"
	" code_page INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL DEFAULT 0,"
	" last_logon INTEGER NOT NULL DEFAULT 0, last_logoff INTEGER NOT NULL DEFAULT 0,"
	" password_set INTEGER NOT NULL DEFAULT 0,"
	" bad_password_time INTEGER NOT NULL DEFAULT 0,"
	" lockout_time INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,"
	" bad_password_count INTEGER NOT NULL DEFAULT 0,"
	" logon_count INTEGER NOT NULL DEFAULT 0, nt_hash BLOB,"
	" PRIMARY KEY (domain, rid)) WITHOUT ROWID;"

	"CREATE TABLE former_password (rid INTEGER NOT NULL, n INTEGER NOT NULL,"
	" nt_hash BLOB NOT NULL, PRIMARY KEY (rid, n)) WITHOUT ROWID;"

	"CREATE TABLE member (grp INTEGER NOT NULL, user INTEGER NOT NULL,"
	" attributes INTEGER NOT NULL, PRIMARY KEY (grp, user)) WITHOUT ROWID;"
	"CREATE INDEX member_user ON member (user);"

	"CREATE TABLE alias_member (domain INTEGER NOT NULL, alias INTEGER NOT NULL,"
	" sid TEXT NOT NULL, PRIMARY KEY (domain, alias, sid)) WITHOUT ROWID;"
	"CREATE INDEX alias_member_sid ON alias_member (sid);",

	"ALTER TABLE domain ADD COLUMN n_strangers INTEGER NOT NULL DEFAULT 0;",

	pen_lsa_schema,

	"ALTER TABLE domain ADD COLUMN key_proof BLOB;",
};

static const struct pen_store_schema schema = {
	.id = SCHEMA_ID,
	.what = "accounts",
	.steps = steps,
	.n_steps = PEN_COUNT(steps),
};

static inline void accounts_closep(struct pen_accounts **accountsp)
{
	pen_accounts_close(*accountsp);
}

/* ---- the file ---- */

static int load_sid(struct pen_accounts *accounts, enum pen_account_domain domain)
{
	sqlite3_stmt *row;
	const char *text;
	int r = pen_account_query(accounts, &row, "SELECT sid FROM domain WHERE id = ?", "i",
				  (int64_t)domain);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r) {
		text = (const char *)sqlite3_column_text(row, 0);
		if (!text || pen_sid_parse(&accounts->sids[domain], text))
			r = PEN_E_UNSUPPORTED;
	}
	sqlite3_finalize(row);
	return r;
}

static int start(struct pen_accounts *accounts, const char *name, uint64_t now)
{
	int r = pen_accounts_begin(accounts);

	if (r)
		return r;
	r = load_sid(accounts, PEN_ACCOUNT_MACHINE);
	if (r == PEN_E_NOT_FOUND) {
		r = pen_account_first_use(accounts, name, now);
		if (!r)
			r = load_sid(accounts, PEN_ACCOUNT_MACHINE);
	}
	if (!r)
		r = load_sid(accounts, PEN_ACCOUNT_BUILTIN);
	return pen_accounts_end(accounts, r);
}

int pen_accounts_open(struct pen_accounts **accountsp, const char *path, const char *name,
		      uint64_t now, char error[200])
{
	pen_cleanup(accounts_closep) struct pen_accounts *accounts = calloc(1, sizeof(*accounts));
	int r;

	if (!accounts)
		return -ENOMEM;
	r = pen_store_open_schema(&accounts->store, path, &schema, error);
	if (r)
		return r;
	r = start(accounts, name, now);
	if (r && error)
		snprintf(error, 200, "%s",
			 r == PEN_E_SYNTAX ? "the machine's name is no NetBIOS name"
					   : pen_accounts_error(accounts));
	if (!r)
		*accountsp = pen_take(&accounts);
	return r;
}

struct pen_accounts *pen_accounts_close(struct pen_accounts *accounts)
{
	if (!accounts)
		return NULL;
	pen_account_forget_key(accounts);
	pen_store_close(accounts->store);
	free(accounts);
	return NULL;
}

const char *pen_accounts_error(const struct pen_accounts *accounts)
{
	return pen_store_error(accounts->store);
}

struct pen_store *pen_accounts_store(struct pen_accounts *accounts)
{
	return accounts->store;
}

int pen_accounts_begin(struct pen_accounts *accounts)
{
	int r = accounts->depth ? pen_account_run(accounts, "SAVEPOINT inner", "")
				: pen_store_begin(accounts->store);

	if (!r)
		accounts->depth++;
	return r;
}

int pen_accounts_end(struct pen_accounts *accounts, int result)
{
	int r = 0;

	if (!--accounts->depth)
		return pen_store_end(accounts->store, result);
	if (result)
		r = pen_account_run(accounts, "ROLLBACK TO inner", "");
	if (!r)
		r = pen_account_run(accounts, "RELEASE inner", "");
	return result ? result : r;
}

/* ---- SIDs ---- */

const struct pen_sid *pen_accounts_sid(const struct pen_accounts *accounts,
				       enum pen_account_domain domain)
{
	return &accounts->sids[domain];
}

struct pen_sid pen_accounts_member_sid(const struct pen_accounts *accounts,
				       enum pen_account_domain domain, uint32_t rid)
{
	struct pen_sid sid = accounts->sids[domain];

	pen_sid_append(&sid, rid);
	return sid;
}

int pen_accounts_split_sid(const struct pen_accounts *accounts, const struct pen_sid *sid,
			   enum pen_account_domain *domainp, uint32_t *ridp)
{
	for (int i = PEN_ACCOUNT_MACHINE; i <= PEN_ACCOUNT_BUILTIN; i++)
		if (pen_sid_in_domain(sid, &accounts->sids[i], ridp)) {
			*domainp = (enum pen_account_domain)i;
			return 0;
		}
	return PEN_E_NOT_FOUND;
}

/* ---- policy ---- */

/* In the order of the columns from min_password_length on. */
static const char policy_columns[] =
	"name, comment, replica, min_password_length, password_history, password_properties,"
	" max_password_age, min_password_age, force_logoff, lockout_duration, lockout_window,"
	" lockout_threshold, created, n_changes, security";

static int policy_get(sqlite3_stmt *row, struct pen_arena *arena, struct pen_account_policy *policy)
{
	int r = pen_account_text(row, 0, arena, &policy->name);

	if (!r)
		r = pen_account_text(row, 1, arena, &policy->comment);
	if (!r)
		r = pen_account_text(row, 2, arena, &policy->replica);
	if (!r)
		r = pen_account_blob(row, 14, arena, &policy->security);
	policy->min_password_length = (uint32_t)sqlite3_column_int64(row, 3);
	policy->password_history = (uint32_t)sqlite3_column_int64(row, 4);
	policy->password_properties = (uint32_t)sqlite3_column_int64(row, 5);
	policy->max_password_age = (uint64_t)sqlite3_column_int64(row, 6);
	policy->min_password_age = (uint64_t)sqlite3_column_int64(row, 7);
	policy->force_logoff = (uint64_t)sqlite3_column_int64(row, 8);
	policy->lockout_duration = (uint64_t)sqlite3_column_int64(row, 9);
	policy->lockout_window = (uint64_t)sqlite3_column_int64(row, 10);
	policy->lockout_threshold = (uint32_t)sqlite3_column_int64(row, 11);
	policy->created = (uint64_t)sqlite3_column_int64(row, 12);
	policy->n_changes = (uint64_t)sqlite3_column_int64(row, 13);
	return r;
}

int pen_accounts_get_policy(struct pen_accounts *accounts, enum pen_account_domain domain,
			    struct pen_arena *arena, struct pen_account_policy *policy)
{
	struct pen_account_policy found = { 0 };
	sqlite3_stmt *row;
	char sql[400];
	int r;

	snprintf(sql, sizeof(sql), "SELECT %s FROM domain WHERE id = ?", policy_columns);
	r = pen_account_query(accounts, &row, sql, "i", (int64_t)domain);
	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		r = policy_get(row, arena, &found);
	sqlite3_finalize(row);
	if (!r)
		*policy = found;
	return r;
}

static uint64_t duration(uint64_t time)
{
	return time < PEN_ACCOUNT_NEVER ? time : PEN_ACCOUNT_NEVER;
}

static int check_policy(const struct pen_account_policy *policy)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = pen_account_key(key, policy->name ? policy->name : "");

	if (!r)
		r = pen_account_check_text(policy->comment);
	if (!r)
		r = pen_account_check_text(policy->replica);
	if (!r && (policy->security.size > PEN_ACCOUNT_BLOB_MAX ||
		   policy->password_history > PEN_ACCOUNT_HISTORY_MAX))
		r = PEN_E_LIMIT;
	return r;
}

int pen_accounts_set_policy(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_account_policy *policy)
{
	int r = check_policy(policy);

	if (r)
		return r;
	return pen_account_change(
		accounts,
		"UPDATE domain SET name = ?, comment = ?, replica = ?, min_password_length = ?,"
		" password_history = ?, password_properties = ?, max_password_age = ?,"
		" min_password_age = ?, force_logoff = ?, lockout_duration = ?,"
		" lockout_window = ?, lockout_threshold = ?, security = ?,"
		" n_changes = n_changes + 1 WHERE id = ?",
		"sssiiiiiiiiibi", policy->name, policy->comment, policy->replica,
		(int64_t)policy->min_password_length, (int64_t)policy->password_history,
		(int64_t)policy->password_properties, duration(policy->max_password_age),
		duration(policy->min_password_age), duration(policy->force_logoff),
		duration(policy->lockout_duration), duration(policy->lockout_window),
		(int64_t)policy->lockout_threshold, &policy->security, (int64_t)domain);
}

int pen_account_touch(struct pen_accounts *accounts, enum pen_account_domain domain)
{
	return pen_account_run(accounts, "UPDATE domain SET n_changes = n_changes + 1 WHERE id = ?",
			       "i", (int64_t)domain);
}

int pen_account_next_rid(struct pen_accounts *accounts, uint32_t *ridp)
{
	int64_t rid = 0;
	int r = pen_account_number(accounts, &rid, "SELECT next_rid FROM domain WHERE id = 0", "");

	if (!r && rid > PEN_ACCOUNT_LAST_RID)
		r = PEN_E_LIMIT;
	if (!r)
		r = pen_account_run(accounts, "UPDATE domain SET next_rid = ? WHERE id = 0", "i",
				    rid + 1);
	if (!r)
		*ridp = (uint32_t)rid;
	return r;
}
