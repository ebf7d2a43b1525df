/* SPDX-License-Identifier: MIT */
/*
 * Passwords that users change themselves [MS-SAMR 3.1.5.10]: who knows the old one may set a new
 * one, whoever he is to the transport. So every wrong try counts against the account as a logon
 * does, and a name that nobody has is a wrong password too.
 *
 * Steps return what failed, or 0; then the status says whether it goes on.
 */
#include "base/secret.h"
#include "crypto/crypto.h"
#include "store/vault.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>

enum { HASH = PEN_SAMR_HASH_SIZE };

struct change {
	const struct pen_logons *logons;
	struct pen_accounts *accounts; /* theirs */
	uint64_t now;
	uint32_t rid;
	uint32_t refusal;
	uint32_t status;
	uint8_t old_hash[HASH];
	uint8_t new_hash[HASH];
	struct pen_samr_password password; /* the new one, where it is known */
	bool has_password;
	enum pen_account_objection objection;
};

static void change_init(struct change *change, const struct pen_vault_desk *desk,
			const struct authority_change *letter)
{
	*change = (struct change){
		.logons = desk->logons,
		.accounts = desk->logons->accounts,
		.now = desk->logons->now(desk->logons->data),
		.refusal = letter->refusal,
	};
}

/* ---- whose password it is ---- */

/* What is no account, or has no password, is a wrong password to whoever asks. */
static int wrong(struct change *change, int r)
{
	switch (r) {
	case PEN_E_NOT_FOUND:
	case PEN_E_SYNTAX:
	case PEN_E_LIMIT:
	case PEN_E_BAD_DATA:
		change->status = PEN_STATUS_WRONG_PASSWORD;
		return 0;
	case PEN_E_DENIED: /* there is no key */
		return -EACCES;
	}
	return r;
}

static int change_find(struct change *change, uint32_t rid)
{
	struct pen_account_policy policy;
	struct pen_account_user user;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_get_user(change->accounts, rid, &arena, &user);
	if (!r)
		r = pen_accounts_get_policy(change->accounts, PEN_ACCOUNT_MACHINE, &arena, &policy);
	change->rid = rid;
	if (!r && pen_account_control(&user, &policy, change->now) & PEN_ACCOUNT_AUTO_LOCKED)
		change->status = PEN_STATUS_ACCOUNT_LOCKED_OUT;
	else if (!r)
		r = pen_accounts_get_hash(change->accounts, rid, 0, change->old_hash);
	pen_arena_done(&arena);
	return wrong(change, r);
}

static int change_find_name(struct change *change, const char *name)
{
	struct pen_account account;
	int r = pen_accounts_find_name(change->accounts, PEN_ACCOUNT_MACHINE, name, NULL, &account);

	if (!r && account.kind != PEN_ACCOUNT_USER)
		r = PEN_E_NOT_FOUND;
	return r ? wrong(change, r) : change_find(change, account.rid);
}

/* ---- whether the old one was known ---- */

static int failed(struct change *change)
{
	change->status = PEN_STATUS_WRONG_PASSWORD;
	return pen_accounts_note_logon(change->accounts, change->rid, false, change->now);
}

/* Whether what was sent is the old hash under the new one. */
static int verify(struct change *change, const uint8_t *sealed_old)
{
	uint8_t old_hash[HASH];
	bool is_right;
	int r = pen_samr_hash_open(change->logons->crypto, change->new_hash, sealed_old, old_hash);

	if (r)
		return r;
	is_right = pen_equal_secret(old_hash, change->old_hash, HASH);
	pen_wipe(old_hash, sizeof(old_hash));
	return is_right ? 0 : failed(change);
}

/* ---- the new one ---- */

static int change_end(struct change *change)
{
	char text[PEN_SAMR_UTF8_SIZE] = "";
	bool is_text = change->has_password && !pen_samr_password_to_text(&change->password, text);
	int r;

	/* That he may not log on now is no reason why he should not have another password then. */
	change->status = change->refusal;
	if (change->status)
		return 0;
	r = pen_accounts_check_password(change->accounts, change->rid, is_text ? text : NULL,
					change->new_hash, true, change->now, &change->objection);
	pen_wipe(text, sizeof(text));
	if (r == PEN_E_DENIED && change->objection) {
		change->status = PEN_STATUS_PASSWORD_RESTRICTION;
		return 0;
	}
	if (!r)
		r = pen_accounts_set_hash(change->accounts, change->rid, change->new_hash,
					  change->now);
	return r == PEN_E_DENIED ? -EACCES : r;
}

/* The new password, once it has been opened. */
static int take_password(struct change *change, int r)
{
	if (r == PEN_E_BAD_DATA || r == PEN_E_DENIED)
		return failed(change);
	change->has_password = !r;
	return r ? r
		 : pen_samr_password_hash(change->logons->crypto, &change->password,
					  change->new_hash);
}

/* ---- in three ways ---- */

static int change_hashes(struct change *change, const struct authority_change_hashes *letter)
{
	int r = change_find(change, letter->rid);

	if (!r && !change->status)
		r = pen_samr_hash_open(change->logons->crypto, change->old_hash,
				       letter->new_under_old, change->new_hash);
	if (!r && !change->status)
		r = verify(change, letter->old_under_new);
	return r || change->status ? r : change_end(change);
}

static int change_rc4(struct change *change, const struct authority_change_rc4 *letter)
{
	const struct pen_slice key = { change->old_hash, HASH };
	int r = change_find_name(change, letter->name);

	if (!r && !change->status)
		r = take_password(change,
				  pen_samr_password_open(change->logons->crypto, key,
							 letter->password, &change->password));
	if (!r && !change->status)
		r = verify(change, letter->old_under_new);
	return r || change->status ? r : change_end(change);
}

/* Whether the account is as it was: neither locked nor with another password. */
static int check_again(struct change *change, const struct pen_vault_query *query)
{
	int r = change_find(change, query->change.rid);

	if (!r && !change->status &&
	    !pen_equal_secret(change->old_hash, query->change.old_hash, HASH))
		change->status = PEN_STATUS_WRONG_PASSWORD;
	return r;
}

static int change_aes(struct change *change, const struct pen_vault_query *query)
{
	const struct authority_change_aes *letter = &query->question.body.change.body.aes;
	const struct pen_slice key = { query->change.key, sizeof(query->change.key) };
	const struct pen_slice cipher = { letter->cipher, letter->n_cipher };
	int r = 0;

	change->status = query->change.status;
	if (!change->status)
		r = check_again(change, query);
	if (r || change->status)
		return r;
	r = query->r;
	if (!r)
		r = pen_samr_password_open_aes(change->logons->crypto, key, letter->salt,
					       letter->auth, cipher, &change->password);
	r = take_password(change, r);
	return r || change->status ? r : change_end(change);
}

/* ---- the question ---- */

static int tell(struct pen_vault_query *query, struct change *change, int r)
{
	query->answer.body.changed = (struct authority_changed){
		.result = r,
		.status = r ? 0 : change->status,
		.objection = change->objection,
	};
	pen_wipe(change, sizeof(*change));
	return 0;
}

/* For a name that nobody has a key is made all the same, so that it takes as long. */
static int begin_aes(struct pen_vault_query *query, struct change *change)
{
	const struct authority_change_aes *letter = &query->question.body.change.body.aes;
	int r = 0;

	if (letter->n_iterations < PEN_SAMR_ITERATIONS_MIN ||
	    letter->n_iterations > PEN_SAMR_ITERATIONS_MAX)
		change->status = PEN_STATUS_INVALID_PARAMETER;
	else
		r = change_find_name(change, letter->name);
	if (r || change->status == PEN_STATUS_INVALID_PARAMETER)
		return tell(query, change, r);
	query->change.rid = change->rid;
	query->change.status = change->status;
	memcpy(query->change.old_hash, change->old_hash, HASH);
	pen_wipe(change, sizeof(*change));
	return PEN_PENDING;
}

int pen_vault_begin_change(const struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	const struct authority_change *letter = &query->question.body.change;
	struct change change;

	change_init(&change, desk, letter);
	switch (letter->kind) {
	case authority_HASHES:
		return tell(query, &change, change_hashes(&change, &letter->body.hashes));
	case authority_RC4:
		return tell(query, &change, change_rc4(&change, &letter->body.rc4));
	case authority_AES:
		return begin_aes(query, &change);
	default:
		return PEN_E_PROTOCOL;
	}
}

/* The client says how long it takes to make the key, up to a million rounds of SHA-512. */
void pen_vault_work_change(const struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	const struct authority_change_aes *letter = &query->question.body.change.body.aes;

	query->r = pen_samr_aes_key(desk->logons->crypto, query->change.old_hash, letter->salt,
				    (uint64_t)letter->n_iterations, query->change.key);
}

int pen_vault_end_change(const struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	struct change change;

	change_init(&change, desk, &query->question.body.change);
	return tell(query, &change, change_aes(&change, query));
}
