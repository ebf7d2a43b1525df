/* SPDX-License-Identifier: MIT */
/*
 * Passwords that users change themselves [MS-SAMR 3.1.5.10]: who knows the old one may
 * set a new one, whoever he is to the transport. So every wrong try counts against the
 * account as a logon does, and a name that nobody has is a wrong password too.
 */
#include "base/secret.h"
#include "runtime/server-work.h"
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

enum { HASH = PEN_SAMR_HASH_SIZE };

/* SAM_PWD_CHANGE_..., as opnum 63 says them. */
enum { REASON_NONE, REASON_TOO_SHORT, REASON_IN_HISTORY, REASON_NOT_COMPLEX = 5 };

struct change {
	uint32_t rid;
	uint32_t control; /* with lockout */
	uint8_t old_hash[HASH];
	uint8_t new_hash[HASH];
	struct pen_samr_password password; /* the new one, where it is known */
	bool has_password;
	enum pen_account_objection objection;
};

static void change_done(struct change *change)
{
	pen_wipe(change, sizeof(*change));
}

/* ---- whose password it is ---- */

static int32_t wrong(int r)
{
	switch (r) {
	case PEN_E_NOT_FOUND:
	case PEN_E_SYNTAX:
	case PEN_E_LIMIT:
	case PEN_E_BAD_DATA:
	case PEN_E_DENIED:
		return (int32_t)PEN_STATUS_WRONG_PASSWORD;
	}
	return pen_samr_status(r, PEN_SAMR_USER);
}

static int32_t change_begin(struct pen_call *call, uint32_t rid, struct change *change)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_account_policy policy;
	struct pen_account_user user;
	int r = pen_accounts_get_user(accounts, rid, pen_call_arena(call), &user);

	if (!r)
		r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, pen_call_arena(call),
					    &policy);
	if (r)
		return wrong(r);
	change->rid = rid;
	change->control = pen_account_control(&user, &policy, pen_samr_now(call));
	if (change->control & PEN_ACCOUNT_AUTO_LOCKED)
		return (int32_t)PEN_STATUS_ACCOUNT_LOCKED_OUT;
	return wrong(pen_accounts_get_hash(accounts, rid, 0, change->old_hash));
}

static int32_t change_begin_name(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *wire,
				 struct change *change)
{
	struct pen_account account;
	const char *name;
	int r = pen_samr_text_get(pen_call_arena(call), wire, &name);

	if (!r)
		r = pen_accounts_find_name(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE, name,
					   NULL, &account);
	if (!r && account.kind != PEN_ACCOUNT_USER)
		r = PEN_E_NOT_FOUND;
	return r ? wrong(r) : change_begin(call, account.rid, change);
}

/* ---- whether the old one was known ---- */

static int32_t failed(struct pen_call *call, const struct change *change)
{
	int r = pen_accounts_note_logon(pen_samr_of(call)->accounts, change->rid, false,
					pen_samr_now(call));

	return r ? pen_samr_status(r, PEN_SAMR_USER) : (int32_t)PEN_STATUS_WRONG_PASSWORD;
}

/* Whether what was sent is the old hash under the new one. */
static int32_t verify(struct pen_call *call, const struct change *change, const uint8_t *sealed_old)
{
	uint8_t old_hash[HASH];
	bool is_right;
	int r = pen_samr_hash_open(pen_samr_of(call)->crypto, change->new_hash, sealed_old,
				   old_hash);

	if (r)
		return pen_samr_status(r, PEN_SAMR_USER);
	is_right = pen_equal_secret(old_hash, change->old_hash, HASH);
	pen_wipe(old_hash, sizeof(old_hash));
	return is_right ? 0 : failed(call, change);
}

/* ---- the new one ---- */

static int32_t change_end(struct pen_call *call, struct change *change)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	char text[PEN_SAMR_UTF8_SIZE] = "";
	bool is_text = change->has_password && !pen_samr_password_to_text(&change->password, text);
	uint64_t now = pen_samr_now(call);
	int32_t result;
	int r;

	/* That he may not log on now is no reason why he should not have another password then. */
	result = pen_samr_check_self(call, change->rid);
	if (result)
		return result;
	r = pen_accounts_check_password(accounts, change->rid, is_text ? text : NULL,
					change->new_hash, true, now, &change->objection);
	pen_wipe(text, sizeof(text));
	if (r == PEN_E_DENIED)
		return (int32_t)PEN_STATUS_PASSWORD_RESTRICTION;
	if (!r)
		r = pen_accounts_set_hash(accounts, change->rid, change->new_hash, now);
	return pen_samr_status(r, PEN_SAMR_USER);
}

/* The new password, once it has been opened. */
static int32_t take_password(struct pen_call *call, int r, struct change *change)
{
	if (r == PEN_E_BAD_DATA || r == PEN_E_DENIED)
		return failed(call, change);
	change->has_password = !r;
	if (!r)
		r = pen_samr_password_hash(pen_samr_of(call)->crypto, &change->password,
					   change->new_hash);
	return pen_samr_status(r, PEN_SAMR_USER);
}

/* ---- under hashes alone ---- */

/* What is said to be there must be. */
static bool is_complete(const struct samr_SamrChangePasswordUser_in *in)
{
	return (!in->LmPresent || (in->OldLmEncryptedWithNewLm && in->NewLmEncryptedWithOldLm)) &&
	       (!in->NtPresent || (in->OldNtEncryptedWithNewNt && in->NewNtEncryptedWithOldNt)) &&
	       (!in->NtCrossEncryptionPresent || in->NewNtEncryptedWithNewLm) &&
	       (!in->LmCrossEncryptionPresent || in->NewLmEncryptedWithNewNt) &&
	       (in->LmPresent || in->NtPresent);
}

static int32_t change_hashes(struct pen_call *call, const struct samr_SamrChangePasswordUser_in *in,
			     const struct pen_samr_object *user, struct change *change)
{
	int32_t result;

	if (!is_complete(in))
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	/* No LAN Manager's hash is kept to hold that one against; beside NT's it is not looked at.
	 */
	if (!in->NtPresent)
		return (int32_t)PEN_STATUS_NT_CROSS_ENCRYPTION_REQUIRED;
	result = change_begin(call, user->rid, change);
	if (!result)
		result = pen_samr_status(
			pen_samr_hash_open(pen_samr_of(call)->crypto, change->old_hash,
					   in->NewNtEncryptedWithOldNt->data, change->new_hash),
			PEN_SAMR_USER);
	if (!result)
		result = verify(call, change, in->OldNtEncryptedWithNewNt->data);
	return result ? result : change_end(call, change);
}

int pen_samr_change_password(struct pen_call *call, const struct samr_SamrChangePasswordUser_in *in,
			     struct samr_SamrChangePasswordUser_out *out)
{
	struct change change = { .rid = 0 };
	struct pen_samr_object *user;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, USER_CHANGE_PASSWORD, &user,
			     &out->result);

	if (r || out->result)
		return r;
	out->result = change_hashes(call, in, user, &change);
	change_done(&change);
	return 0;
}

/* ---- under the old hash, with the new password ---- */

/* LAN Manager's hashes are not kept: none is the right one [3.1.5.10.2]. */
int pen_samr_oem_change_password2(struct pen_call *call,
				  const struct samr_SamrOemChangePasswordUser2_in *in,
				  struct samr_SamrOemChangePasswordUser2_out *out)
{
	out->result = in->NewPasswordEncryptedWithOldLm && in->OldLmOwfPasswordEncryptedWithNewLm
			      ? (int32_t)PEN_STATUS_WRONG_PASSWORD
			      : (int32_t)PEN_STATUS_INVALID_PARAMETER;
	return 0;
}

static int32_t change_rc4(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *name,
			  const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD *sealed,
			  const struct samr_ENCRYPTED_NT_OWF_PASSWORD *verifier,
			  struct change *change)
{
	const struct pen_slice key = { change->old_hash, HASH };
	int32_t result;

	if (!sealed || !verifier)
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	result = change_begin_name(call, name, change);
	if (!result)
		result = take_password(call,
				       pen_samr_password_open(pen_samr_of(call)->crypto, key,
							      sealed->Buffer, &change->password),
				       change);
	if (!result)
		result = verify(call, change, verifier->data);
	return result ? result : change_end(call, change);
}

int pen_samr_unicode_change_password2(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser2_in *in,
				      struct samr_SamrUnicodeChangePasswordUser2_out *out)
{
	struct change change = { .rid = 0 };

	out->result = change_rc4(call, &in->UserName, in->NewPasswordEncryptedWithOldNt,
				 in->OldNtOwfPasswordEncryptedWithNewNt, &change);
	change_done(&change);
	return 0;
}

/* What was wrong with the password, for the user to do better. */
static int explain(struct pen_call *call, const struct change *change,
		   struct samr_SamrUnicodeChangePasswordUser3_out *out)
{
	static const uint32_t reasons[] = {
		[PEN_ACCOUNT_NO_OBJECTION] = REASON_NONE,
		[PEN_ACCOUNT_TOO_SHORT] = REASON_TOO_SHORT,
		[PEN_ACCOUNT_IN_HISTORY] = REASON_IN_HISTORY,
		[PEN_ACCOUNT_TOO_YOUNG] = REASON_NONE,
		[PEN_ACCOUNT_NOT_COMPLEX] = REASON_NOT_COMPLEX,
	};
	struct pen_arena *arena = pen_call_arena(call);

	out->EffectivePasswordPolicy =
		pen_arena_zalloc(arena, sizeof(*out->EffectivePasswordPolicy));
	out->PasswordChangeFailureInfo =
		pen_arena_zalloc(arena, sizeof(*out->PasswordChangeFailureInfo));
	if (!out->EffectivePasswordPolicy || !out->PasswordChangeFailureInfo ||
	    pen_samr_password_policy(call, out->EffectivePasswordPolicy))
		return -ENOMEM;
	out->PasswordChangeFailureInfo->ExtendedFailureReason = reasons[change->objection];
	return 0;
}

int pen_samr_unicode_change_password3(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser3_in *in,
				      struct samr_SamrUnicodeChangePasswordUser3_out *out)
{
	struct change change = { .rid = 0 };
	int r = 0;

	out->result = change_rc4(call, &in->UserName, in->NewPasswordEncryptedWithOldNt,
				 in->OldNtOwfPasswordEncryptedWithNewNt, &change);
	if (out->result == (int32_t)PEN_STATUS_PASSWORD_RESTRICTION)
		r = explain(call, &change, out);
	change_done(&change);
	return r;
}

/* ---- under a key made of the old hash ---- */

/*
 * A change that waits for its key, in memory for secrets. The client says how long that
 * takes, up to a million rounds of SHA-512, so a thread of its own makes it.
 */
struct derivation {
	const struct pen_crypto *crypto;
	const struct samr_SamrUnicodeChangePasswordUser4_in *in; /* the call's, as out is */
	struct samr_SamrUnicodeChangePasswordUser4_out *out;
	struct change change;
	int32_t result; /* so far */
	uint8_t salt[PEN_SAMR_SALT_SIZE];
	uint64_t n_iterations;
	uint8_t key[PEN_SECRET_CIPHER_KEY_SIZE];
	int r; /* of making the key */
};

static void derive(void *data)
{
	struct derivation *d = data;

	d->r = pen_samr_aes_key(d->crypto, d->change.old_hash, d->salt, d->n_iterations, d->key);
}

/* Whether the account is as it was: neither locked nor with another password. */
static int32_t check_again(struct pen_call *call, const struct change *change)
{
	struct change now = { .rid = 0 };
	int32_t result = change_begin(call, change->rid, &now);

	if (!result && !pen_equal_secret(now.old_hash, change->old_hash, HASH))
		result = (int32_t)PEN_STATUS_WRONG_PASSWORD;
	change_done(&now);
	return result;
}

static int finish_derived(struct pen_call *call, void *data)
{
	struct derivation *d = data;
	const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed = &d->in->EncryptedPassword;
	const struct pen_slice cipher = { sealed->Cipher, sealed->Cipher ? sealed->cbCipher : 0 };
	int32_t result = d->result ? d->result : check_again(call, &d->change);
	int r = d->r;

	if (!result) {
		if (!r)
			r = pen_samr_password_open_aes(
				d->crypto, (struct pen_slice){ d->key, sizeof(d->key) }, d->salt,
				sealed->AuthData, cipher, &d->change.password);
		result = take_password(call, r, &d->change);
	}
	d->out->result = result ? result : change_end(call, &d->change);
	return 0;
}

static void derivation_free(void *data)
{
	pen_secret_free(data);
}

static const struct pen_call_work derivation_work = {
	.run = derive,
	.finish = finish_derived,
	.free = derivation_free,
};

/* For a name that nobody has a key is made all the same, so that it takes as long. */
int pen_samr_unicode_change_password4(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser4_in *in,
				      struct samr_SamrUnicodeChangePasswordUser4_out *out)
{
	const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed = &in->EncryptedPassword;
	struct derivation *d;

	if (sealed->PBKDF2Iterations < PEN_SAMR_ITERATIONS_MIN ||
	    sealed->PBKDF2Iterations > PEN_SAMR_ITERATIONS_MAX) {
		out->result = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	d = pen_secret_alloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->crypto = pen_samr_of(call)->crypto;
	d->in = in;
	d->out = out;
	d->n_iterations = sealed->PBKDF2Iterations;
	memcpy(d->salt, sealed->Salt, sizeof(d->salt));
	d->result = change_begin_name(call, &in->UserName, &d->change);
	return pen_call_work(call, &derivation_work, d);
}

/* A password for repairing the directory, which only a domain controller has. */
int pen_samr_set_dsrm_password(struct pen_call *call, const struct samr_SamrSetDSRMPassword_in *in,
			       struct samr_SamrSetDSRMPassword_out *out)
{
	out->result = (int32_t)PEN_STATUS_NOT_SUPPORTED;
	return 0;
}
