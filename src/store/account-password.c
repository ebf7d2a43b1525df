/* SPDX-License-Identifier: MIT */
/* Passwords: kept as NT hashes, held against the policy, and counted where they were wrong. */
#include "base/utf16.h"
#include "crypto/crypto.h"
#include "sec/ntlm-keys.h"
#include "store/account-private.h"
#include <errno.h>
#include <string.h>

/* ---- hashes ---- */

/* A value of the row's first column, where it has one; its second is the number of a former one. */
static int read_hash(struct pen_accounts *accounts, sqlite3_stmt *row, uint32_t rid,
		     uint8_t *nt_hash)
{
	struct pen_slice sealed;
	int r = pen_account_row(accounts, row);

	if (r)
		return r;
	sealed.data = sqlite3_column_blob(row, 0);
	sealed.size = (size_t)sqlite3_column_bytes(row, 0);
	if (!sealed.data)
		return PEN_E_NOT_FOUND;
	return pen_account_unseal(accounts, rid, sqlite3_column_int64(row, 1), sealed, nt_hash);
}

int pen_accounts_get_hash(struct pen_accounts *accounts, uint32_t rid, uint32_t n,
			  uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE])
{
	sqlite3_stmt *row;
	int r;

	if (!accounts->seal)
		return PEN_E_DENIED;
	if (!n)
		r = pen_account_query(accounts, &row,
				      "SELECT nt_hash, 0 FROM account"
				      " WHERE domain = 0 AND kind = 1 AND rid = ?",
				      "i", (int64_t)rid);
	else
		r = pen_account_query(accounts, &row,
				      "SELECT nt_hash, n FROM former_password WHERE rid = ?"
				      " ORDER BY n DESC LIMIT 1 OFFSET ?",
				      "ii", (int64_t)rid, (int64_t)n - 1);
	if (!r)
		r = read_hash(accounts, row, rid, nt_hash);
	sqlite3_finalize(row);
	return r;
}

static int add_former(struct pen_accounts *accounts, uint32_t rid, int64_t n,
		      const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE])
{
	uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE];
	const struct pen_slice value = { sealed, sizeof(sealed) };
	int r = pen_account_seal(accounts, rid, n, nt_hash, sealed);

	return r ? r
		 : pen_account_run(accounts,
				   "INSERT INTO former_password (rid, n, nt_hash) VALUES (?, ?, ?)",
				   "iib", (int64_t)rid, n, &value);
}

/*
 * The present password becomes the newest of the former; those past the policy's number go. One
 * that nobody can read is lost, and no reason to keep it.
 */
static int keep_former(struct pen_accounts *accounts, uint32_t rid)
{
	const int64_t id = rid;
	uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE];
	int64_t n = 0, newest = 0;
	int r = pen_account_number(accounts, &n,
				   "SELECT max(password_history, 1) FROM domain WHERE id = 0", "");

	if (!r)
		r = pen_account_number(
			accounts, &newest,
			"SELECT coalesce(max(n), 0) FROM former_password WHERE rid = ?", "i", id);
	if (r)
		return r;
	r = pen_accounts_get_hash(accounts, rid, 0, nt_hash);
	if (!r)
		r = add_former(accounts, rid, ++newest, nt_hash);
	else if (r == PEN_E_NOT_FOUND || r == -EIO)
		r = 0;
	pen_wipe(nt_hash, sizeof(nt_hash));
	return r ? r
		 : pen_account_run(accounts, "DELETE FROM former_password WHERE rid = ? AND n <= ?",
				   "ii", id, newest - n);
}

static int replace_hash(struct pen_accounts *accounts, uint32_t rid, const struct pen_slice *sealed,
			uint64_t now)
{
	int r = accounts->seal ? 0 : PEN_E_DENIED;

	if (!r)
		r = pen_account_is(accounts, PEN_ACCOUNT_MACHINE, rid, PEN_ACCOUNT_USER);
	if (!r)
		r = keep_former(accounts, rid);
	if (!r)
		r = pen_account_change(accounts,
				       "UPDATE account SET nt_hash = ?, password_set = ?"
				       " WHERE domain = 0 AND kind = 1 AND rid = ?",
				       "bii", sealed, now, (int64_t)rid);
	return r ? r : pen_account_touch(accounts, PEN_ACCOUNT_MACHINE);
}

int pen_accounts_set_hash(struct pen_accounts *accounts, uint32_t rid,
			  const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE], uint64_t now)
{
	uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE];
	const struct pen_slice value = { sealed, sizeof(sealed) };
	int r = pen_account_seal(accounts, rid, 0, nt_hash, sealed);

	if (!r)
		r = pen_accounts_begin(accounts);
	return r ? r : pen_accounts_end(accounts, replace_hash(accounts, rid, &value, now));
}

int pen_accounts_set_password(struct pen_accounts *accounts, const struct pen_crypto *crypto,
			      uint32_t rid, const char *password, uint64_t now)
{
	uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE];
	int r = pen_ntlm_nt_hash(crypto, password, nt_hash);

	if (r == PEN_E_BAD_DATA)
		r = PEN_E_SYNTAX;
	if (!r)
		r = pen_accounts_set_hash(accounts, rid, nt_hash, now);
	pen_wipe(nt_hash, sizeof(nt_hash));
	return r;
}

int pen_accounts_clear_password(struct pen_accounts *accounts, uint32_t rid)
{
	const struct pen_slice none = { 0 };
	int r = pen_accounts_begin(accounts);

	return r ? r : pen_accounts_end(accounts, replace_hash(accounts, rid, &none, 0));
}

/* ---- the policy [MS-SAMR 3.1.1.7] ---- */

enum { CATEGORIES_NEEDED = 3, PART_MIN = 3 };

/* Digits, lower case, upper case, signs, and what is not ASCII and has no upper case. */
static unsigned category(uint16_t unit)
{
	if (unit >= '0' && unit <= '9')
		return 1;
	if (pen_upcase(unit) != unit)
		return 2;
	if (unit >= 'A' && unit <= 'Z')
		return 4;
	return unit < 0x80 ? 8 : 16;
}

/* Whether the text has that part of n bytes in it, in any case of letters. */
static bool has_part(const char *text, const char *part, size_t n)
{
	size_t n_text = strlen(text);

	if (pen_utf16_count(part, n) < PART_MIN)
		return false;
	for (size_t i = 0; i + n <= n_text; i++)
		if (!pen_upcase_compare(text + i, n, part, n))
			return true;
	return false;
}

/* And whether it has one of the name's words. */
static bool has_word_of(const char *text, const char *name)
{
	static const char separators[] = ",.-_ #\t";

	while (*name) {
		size_t n = strcspn(name, separators);

		if (n && has_part(text, name, n))
			return true;
		name += n;
		name += strspn(name, separators);
	}
	return false;
}

static bool is_complex(const char *password, const struct pen_account_user *user)
{
	const char *p = password, *end = password + strlen(password);
	unsigned categories = 0;
	int32_t c;

	while (p < end && (c = pen_utf16_next(&p, end)) >= 0)
		categories |= c > 0xffff ? 16 : category((uint16_t)c);
	return __builtin_popcount(categories) >= CATEGORIES_NEEDED &&
	       !has_part(password, user->name, strlen(user->name)) &&
	       !has_word_of(password, user->full_name);
}

enum pen_account_objection pen_account_judge(const struct pen_account_user *user,
					     const struct pen_account_policy *policy,
					     const char *password)
{
	size_t n = pen_utf16_count(password, strlen(password));

	if (!n && user->control & PEN_ACCOUNT_PASSWORD_NOT_REQUIRED)
		return PEN_ACCOUNT_NO_OBJECTION;
	if (n == PEN_UTF16_BAD || n < policy->min_password_length)
		return PEN_ACCOUNT_TOO_SHORT;
	if (policy->password_properties & PEN_ACCOUNT_PASSWORD_COMPLEX &&
	    !is_complex(password, user))
		return PEN_ACCOUNT_NOT_COMPLEX;
	return PEN_ACCOUNT_NO_OBJECTION;
}

/* The present password is the first of the history. */
static int is_in_history(struct pen_accounts *accounts, uint32_t rid, uint32_t n_history,
			 const uint8_t *nt_hash, bool *isp)
{
	uint8_t former[PEN_ACCOUNT_HASH_SIZE];
	bool is_one = false;
	int r = 0;

	for (uint32_t n = 0; n < n_history && !r; n++) {
		r = pen_accounts_get_hash(accounts, rid, n, former);
		if (!r)
			is_one |= pen_equal_secret(former, nt_hash, sizeof(former));
		else if (r == PEN_E_NOT_FOUND && !n) /* there is none now, but there were */
			r = 0;
	}
	pen_wipe(former, sizeof(former));
	*isp = is_one;
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

static int object(struct pen_accounts *accounts, const struct pen_account_user *user,
		  const struct pen_account_policy *policy, const char *password,
		  const uint8_t *nt_hash, bool is_change, uint64_t now,
		  enum pen_account_objection *objectionp)
{
	bool is_former = false;
	int r = 0;

	if (password)
		*objectionp = pen_account_judge(user, policy, password);
	if (*objectionp || !is_change)
		return 0;
	if (now < pen_account_can_change(user, policy)) {
		*objectionp = PEN_ACCOUNT_TOO_YOUNG;
		return 0;
	}
	r = is_in_history(accounts, user->rid, policy->password_history, nt_hash, &is_former);
	if (!r && is_former)
		*objectionp = PEN_ACCOUNT_IN_HISTORY;
	return r;
}

int pen_accounts_check_password(struct pen_accounts *accounts, uint32_t rid, const char *password,
				const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE], bool is_change,
				uint64_t now, enum pen_account_objection *objectionp)
{
	enum pen_account_objection objection = PEN_ACCOUNT_NO_OBJECTION;
	struct pen_account_policy policy;
	struct pen_account_user user;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_get_user(accounts, rid, &arena, &user);
	if (!r)
		r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &arena, &policy);
	if (!r && user.control & (PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_TEMPORARY_DUPLICATE))
		r = object(accounts, &user, &policy, password, nt_hash, is_change, now, &objection);
	pen_arena_done(&arena);
	if (r)
		return r;
	*objectionp = objection;
	return objection ? PEN_E_DENIED : 0;
}

const char *pen_account_objection_text(enum pen_account_objection objection)
{
	switch (objection) {
	case PEN_ACCOUNT_NO_OBJECTION:
		return "the password is good";
	case PEN_ACCOUNT_TOO_SHORT:
		return "the password is shorter than the policy wants";
	case PEN_ACCOUNT_IN_HISTORY:
		return "the password was used before, and the policy wants a new one";
	case PEN_ACCOUNT_TOO_YOUNG:
		return "the present password was set so lately that it may not be changed yet";
	case PEN_ACCOUNT_NOT_COMPLEX:
		return "the policy wants three kinds of characters (upper case, lower case, "
		       "digits, signs), and nothing of the user's name";
	}
	return "the policy does not want the password";
}

/* ---- logons ---- */

static int note_good(struct pen_accounts *accounts, uint32_t rid, uint64_t now)
{
	return pen_account_change(accounts,
				  "UPDATE account SET bad_password_count = 0, lockout_time = 0,"
				  " last_logon = ?, logon_count = min(logon_count + 1, 65535)"
				  " WHERE domain = 0 AND kind = 1 AND rid = ?",
				  "ii", now, (int64_t)rid);
}

static int note_bad(struct pen_accounts *accounts, uint32_t rid, struct pen_arena *arena,
		    uint64_t now)
{
	struct pen_account_policy policy;
	struct pen_account_user user;
	bool is_fresh;
	int r = pen_accounts_get_user(accounts, rid, arena, &user);

	if (!r)
		r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, arena, &policy);
	if (r || pen_account_control(&user, &policy, now) & PEN_ACCOUNT_AUTO_LOCKED)
		return r;
	is_fresh = user.lockout_time || now - user.bad_password_time >= policy.lockout_window;
	user.bad_password_count = is_fresh ? 1 : user.bad_password_count + 1;
	if (user.bad_password_count > UINT16_MAX)
		user.bad_password_count = UINT16_MAX;
	user.lockout_time = 0;
	if (policy.lockout_threshold && user.bad_password_count >= policy.lockout_threshold &&
	    (rid != PEN_RID_ADMINISTRATOR ||
	     policy.password_properties & PEN_ACCOUNT_LOCKOUT_ADMINS))
		user.lockout_time = now;
	return pen_account_change(
		accounts,
		"UPDATE account SET bad_password_count = ?, bad_password_time = ?,"
		" lockout_time = ? WHERE domain = 0 AND kind = 1 AND rid = ?",
		"iiii", (int64_t)user.bad_password_count, now, user.lockout_time, (int64_t)rid);
}

/*
 * Of the counts of logons the last may be lost when the machine loses its power; that is
 * no reason to wait for the disk at each.
 */
static int begin_hasty(struct pen_accounts *accounts)
{
	int r = 0;

	if (!accounts->depth)
		r = pen_account_run(accounts, "PRAGMA synchronous = NORMAL", "");
	return r ? r : pen_accounts_begin(accounts);
}

static int end_hasty(struct pen_accounts *accounts, int result)
{
	int r = pen_accounts_end(accounts, result);

	if (!accounts->depth)
		result = pen_account_run(accounts, "PRAGMA synchronous = FULL", "");
	return r ? r : result;
}

static int write_logon(struct pen_accounts *accounts, uint32_t rid, bool is_good, uint64_t now)
{
	struct pen_arena arena;
	int r = begin_hasty(accounts);

	if (r)
		return r;
	pen_arena_init(&arena, 0);
	r = is_good ? note_good(accounts, rid, now) : note_bad(accounts, rid, &arena, now);
	pen_arena_done(&arena);
	return end_hasty(accounts, r);
}

uint32_t pen_accounts_unkept(const struct pen_accounts *accounts, uint32_t rid)
{
	bool is_full = true;

	for (size_t i = 0; i < PEN_COUNT(accounts->unkept); i++) {
		if (accounts->unkept[i].rid == rid)
			return accounts->unkept[i].n;
		is_full &= accounts->unkept[i].rid != 0;
	}
	return is_full ? UINT32_MAX : 0;
}

/* The account's place among those that could not be written, else a free one; NULL: all are taken.
 */
static struct pen_account_unkept *unkept_place(struct pen_accounts *accounts, uint32_t rid)
{
	struct pen_account_unkept *place = NULL;

	for (size_t i = 0; i < PEN_COUNT(accounts->unkept); i++) {
		struct pen_account_unkept *row = &accounts->unkept[i];

		if (row->rid == rid)
			return row;
		if (!row->rid && !place)
			place = row;
	}
	return place;
}

/* Writes it; else keeps a wrong one in mind. */
int pen_accounts_note_logon(struct pen_accounts *accounts, uint32_t rid, bool is_good, uint64_t now)
{
	struct pen_account_unkept *place = unkept_place(accounts, rid);
	int r = write_logon(accounts, rid, is_good, now);

	if (place && !r)
		*place = (struct pen_account_unkept){ 0 };
	else if (place && r == -EIO && !is_good)
		*place = (struct pen_account_unkept){ rid, place->n + 1 };
	return r;
}

int pen_accounts_note_stranger(struct pen_accounts *accounts)
{
	int r = begin_hasty(accounts);

	if (r)
		return r;
	r = pen_account_run(accounts,
			    "UPDATE domain SET n_strangers = n_strangers + 1 WHERE id = 0", "");
	return end_hasty(accounts, r);
}

int pen_accounts_unlock(struct pen_accounts *accounts, uint32_t rid)
{
	return pen_account_change(accounts,
				  "UPDATE account SET lockout_time = 0, bad_password_count = 0"
				  " WHERE domain = 0 AND kind = 1 AND rid = ?",
				  "i", (int64_t)rid);
}
