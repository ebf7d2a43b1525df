/* SPDX-License-Identifier: MIT */
/*
 * Passwords that users change themselves [MS-SAMR 3.1.5.10]: who knows the old one may
 * set a new one, whoever he is to the transport. Whether he does the vault says.
 */
#include "base/secret.h"
#include "service/samr/state.h"
#include "store/vault-call.h"
#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct samr_ENCRYPTED_NT_OWF_PASSWORD) == PEN_SAMR_HASH_SIZE,
	       "a hash under another");
_Static_assert(PEN_SAMR_AES_CIPHER_MAX <= authority_CIPHER_MAX, "room for all that is looked at");

/* SAM_PWD_CHANGE_..., as opnum 63 says them. */
enum { REASON_NONE, REASON_TOO_SHORT, REASON_IN_HISTORY, REASON_NOT_COMPLEX = 5 };

struct change_call {
	struct pen_vault_call asking;
	int32_t *resultp;
	struct samr_SamrUnicodeChangePasswordUser3_out *out3; /* NULL: it is not that one */
};

/* ---- the end ---- */

/* What was wrong with the password, for the user to do better. */
static int explain(struct pen_call *call, uint32_t objection,
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
	if (objection < PEN_COUNT(reasons))
		out->PasswordChangeFailureInfo->ExtendedFailureReason = reasons[objection];
	return 0;
}

static int finish(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	struct change_call *change = (struct change_call *)asking;
	const struct authority_changed *changed = &asking->query.answer.body.changed;

	if (!r)
		r = changed->result;
	*change->resultp = r ? pen_samr_status(r, PEN_SAMR_USER) : (int32_t)changed->status;
	if (*change->resultp == (int32_t)PEN_STATUS_PASSWORD_RESTRICTION && change->out3)
		return explain(call, changed->objection, change->out3);
	return 0;
}

static struct change_call *change_new(enum authority_change_kind kind, int32_t *resultp)
{
	struct change_call *change = pen_vault_call_new(sizeof(*change), authority_CHANGE, finish);

	if (!change)
		return NULL;
	change->asking.query.question.body.change.kind = kind;
	change->resultp = resultp;
	return change;
}

static struct authority_change *letter_of(struct change_call *change)
{
	return &change->asking.query.question.body.change;
}

static int ask(struct pen_call *call, struct change_call *change)
{
	return pen_vault_call_ask(call, pen_samr_of(call)->vault, &change->asking);
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

static int32_t check_hashes(const struct samr_SamrChangePasswordUser_in *in)
{
	if (!is_complete(in))
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	/* No LAN Manager's hash is kept to hold that one against; beside NT's it is not looked at.
	 */
	if (!in->NtPresent)
		return (int32_t)PEN_STATUS_NT_CROSS_ENCRYPTION_REQUIRED;
	return 0;
}

int pen_samr_change_password(struct pen_call *call, const struct samr_SamrChangePasswordUser_in *in,
			     struct samr_SamrChangePasswordUser_out *out)
{
	struct authority_change_hashes *hashes;
	struct change_call *change;
	struct pen_samr_object *user;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, USER_CHANGE_PASSWORD, &user,
			     &out->result);

	if (!r && !out->result)
		out->result = check_hashes(in);
	if (r || out->result)
		return r;
	change = change_new(authority_HASHES, &out->result);
	if (!change)
		return -ENOMEM;
	letter_of(change)->refusal = (uint32_t)pen_samr_check_self(call, user->rid);
	hashes = &letter_of(change)->body.hashes;
	hashes->rid = user->rid;
	memcpy(hashes->new_under_old, in->NewNtEncryptedWithOldNt->data, PEN_SAMR_HASH_SIZE);
	memcpy(hashes->old_under_new, in->OldNtEncryptedWithNewNt->data, PEN_SAMR_HASH_SIZE);
	return ask(call, change);
}

/* ---- of who is called so ---- */

/*
 * The name as it is asked by: of what can be nobody's, one that nobody has. And whether he may, if
 * he knows the password: who does not is not told.
 */
static int name_of(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *wire,
		   struct authority_change *letter, const char **namep)
{
	struct pen_account account;
	int r = pen_samr_text_get(pen_call_arena(call), wire, namep);

	if (r == -ENOMEM)
		return r;
	if (r || strlen(*namep) >= authority_TEXT_MAX) {
		*namep = "";
		return 0;
	}
	r = pen_accounts_find_name(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE, *namep, NULL,
				   &account);
	if (!r && account.kind == PEN_ACCOUNT_USER)
		letter->refusal = (uint32_t)pen_samr_check_self(call, account.rid);
	return r < 0 ? r : 0;
}

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

/* ---- under the old hash, with the new password ---- */

static int change_rc4(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *name,
		      const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD *sealed,
		      const struct samr_ENCRYPTED_NT_OWF_PASSWORD *verifier,
		      struct samr_SamrUnicodeChangePasswordUser3_out *out3, int32_t *resultp)
{
	struct authority_change_rc4 *rc4;
	struct change_call *change;
	int r;

	if (!sealed || !verifier) {
		*resultp = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	change = change_new(authority_RC4, resultp);
	if (!change)
		return -ENOMEM;
	change->out3 = out3;
	rc4 = &letter_of(change)->body.rc4;
	r = name_of(call, name, letter_of(change), &rc4->name);
	if (r) {
		*resultp = pen_samr_status(r, PEN_SAMR_USER);
		pen_vault_call_free(&change->asking);
		return 0;
	}
	memcpy(rc4->password, sealed->Buffer, sizeof(rc4->password));
	memcpy(rc4->old_under_new, verifier->data, sizeof(rc4->old_under_new));
	return ask(call, change);
}

int pen_samr_unicode_change_password2(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser2_in *in,
				      struct samr_SamrUnicodeChangePasswordUser2_out *out)
{
	return change_rc4(call, &in->UserName, in->NewPasswordEncryptedWithOldNt,
			  in->OldNtOwfPasswordEncryptedWithNewNt, NULL, &out->result);
}

int pen_samr_unicode_change_password3(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser3_in *in,
				      struct samr_SamrUnicodeChangePasswordUser3_out *out)
{
	return change_rc4(call, &in->UserName, in->NewPasswordEncryptedWithOldNt,
			  in->OldNtOwfPasswordEncryptedWithNewNt, out, &out->result);
}

/* ---- under a key made of the old hash ---- */

static int fill_aes(struct pen_call *call, const struct samr_SamrUnicodeChangePasswordUser4_in *in,
		    struct authority_change *letter)
{
	const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed = &in->EncryptedPassword;
	struct authority_change_aes *aes = &letter->body.aes;

	/* What is longer is no password; nor is what is empty. */
	if (sealed->Cipher && sealed->cbCipher <= PEN_SAMR_AES_CIPHER_MAX) {
		aes->n_cipher = sealed->cbCipher;
		aes->cipher = sealed->cbCipher ? sealed->Cipher : NULL;
	}
	aes->n_iterations = (int64_t)sealed->PBKDF2Iterations;
	memcpy(aes->salt, sealed->Salt, sizeof(aes->salt));
	memcpy(aes->auth, sealed->AuthData, sizeof(aes->auth));
	return name_of(call, &in->UserName, letter, &aes->name);
}

int pen_samr_unicode_change_password4(struct pen_call *call,
				      const struct samr_SamrUnicodeChangePasswordUser4_in *in,
				      struct samr_SamrUnicodeChangePasswordUser4_out *out)
{
	const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed = &in->EncryptedPassword;
	struct change_call *change;
	int r;

	if (sealed->PBKDF2Iterations < PEN_SAMR_ITERATIONS_MIN ||
	    sealed->PBKDF2Iterations > PEN_SAMR_ITERATIONS_MAX) {
		out->result = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	change = change_new(authority_AES, &out->result);
	if (!change)
		return -ENOMEM;
	r = fill_aes(call, in, letter_of(change));
	if (!r)
		return ask(call, change);
	out->result = pen_samr_status(r, PEN_SAMR_USER);
	pen_vault_call_free(&change->asking);
	return 0;
}

/* A password for repairing the directory, which only a domain controller has. */
int pen_samr_set_dsrm_password(struct pen_call *call, const struct samr_SamrSetDSRMPassword_in *in,
			       struct samr_SamrSetDSRMPassword_out *out)
{
	out->result = (int32_t)PEN_STATUS_NOT_SUPPORTED;
	return 0;
}
