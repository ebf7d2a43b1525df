/* SPDX-License-Identifier: MIT */
/*
 * The policy for passwords, for applications that keep accounts of their own
 * [MS-SAMR 3.1.5.13.7]: what they know of an account comes in, what changes goes out.
 */
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

/* PresentFields [2.2.9.4]. */
enum {
	PASSWORD_LAST_SET = 0x1,
	BAD_PASSWORD_TIME = 0x2,
	LOCKOUT_TIME = 0x4,
	BAD_PASSWORD_COUNT = 0x8,
	PASSWORD_HISTORY_LENGTH = 0x10,
	PASSWORD_HISTORY = 0x20,
};

enum { LEVEL_PRIVACY = 6 };

struct validation {
	struct pen_call *call;
	struct pen_account_policy policy;
	int64_t now;
	const struct samr_SAM_VALIDATE_PERSISTED_FIELDS *in;
	struct samr_SAM_VALIDATE_PERSISTED_FIELDS *out; /* what changes */
	enum samr_SAM_VALIDATE_VALIDATION_STATUS status;
};

/* ---- lockout ---- */

static bool is_past(const struct validation *v, int64_t time, uint64_t duration)
{
	return duration < PEN_ACCOUNT_NEVER && time <= v->now &&
	       (uint64_t)(v->now - time) >= duration;
}

static void unlock(struct validation *v)
{
	v->out->PresentFields |= LOCKOUT_TIME | BAD_PASSWORD_COUNT;
	v->out->LockoutTime.QuadPart = 0;
	v->out->BadPasswordCount = 0;
}

/* Whether it is locked still; a lockout that is over ends here. */
static bool is_locked(struct validation *v)
{
	if (v->in->LockoutTime.QuadPart <= 0)
		return false;
	if (!v->policy.lockout_duration ||
	    !is_past(v, v->in->LockoutTime.QuadPart, v->policy.lockout_duration)) {
		v->status = samr_SamValidateAccountLockedOut;
		return true;
	}
	unlock(v);
	return false;
}

static void count_bad(struct validation *v)
{
	bool is_fresh = v->out->PresentFields & BAD_PASSWORD_COUNT ||
			is_past(v, v->in->BadPasswordTime.QuadPart, v->policy.lockout_window);

	v->out->PresentFields |= BAD_PASSWORD_COUNT | BAD_PASSWORD_TIME;
	v->out->BadPasswordCount = is_fresh ? 1 : v->in->BadPasswordCount + 1;
	v->out->BadPasswordTime.QuadPart = v->now;
	if (v->policy.lockout_threshold &&
	    v->out->BadPasswordCount >= v->policy.lockout_threshold) {
		v->out->PresentFields |= LOCKOUT_TIME;
		v->out->LockoutTime.QuadPart = v->now;
	}
	v->status = samr_SamValidatePasswordIncorrect;
}

/* ---- the three questions ---- */

static void validate_authentication(struct validation *v,
				    const struct samr_SAM_VALIDATE_AUTHENTICATION_INPUT_ARG *arg)
{
	int64_t set = arg->InputPersistedFields.PasswordLastSet.QuadPart;

	if (is_locked(v))
		return;
	if (!arg->PasswordMatched)
		count_bad(v);
	else if (!set)
		v->status = samr_SamValidatePasswordMustChange;
	else if (v->policy.max_password_age && is_past(v, set, v->policy.max_password_age))
		v->status = samr_SamValidatePasswordExpired;
	else if (v->in->BadPasswordCount && !(v->out->PresentFields & BAD_PASSWORD_COUNT))
		v->out->PresentFields |= BAD_PASSWORD_COUNT;
}

/* Length and complexity. */
static int check_text(struct validation *v, const struct dtyp_RPC_UNICODE_STRING *password,
		      const struct dtyp_RPC_UNICODE_STRING *name)
{
	struct pen_arena *arena = pen_call_arena(v->call);
	struct pen_account_user user = { .full_name = "" };
	const char *text;
	int r = pen_samr_text_get(arena, password, &text);

	if (!r)
		r = pen_samr_text_get(arena, name, &user.name);
	if (r)
		return r;
	if (password->Length > PEN_SAMR_PASSWORD_MAX)
		v->status = samr_SamValidatePasswordTooLong;
	else if (pen_account_judge(&user, &v->policy, text) == PEN_ACCOUNT_TOO_SHORT)
		v->status = samr_SamValidatePasswordTooShort;
	else if (pen_account_judge(&user, &v->policy, text) == PEN_ACCOUNT_NOT_COMPLEX)
		v->status = samr_SamValidatePasswordNotComplexEnough;
	pen_wipe((char *)text, strlen(text));
	return 0;
}

static bool is_hash_equal(const struct samr_SAM_VALIDATE_PASSWORD_HASH *a,
			  const struct samr_SAM_VALIDATE_PASSWORD_HASH *b)
{
	return a->Length && a->Length == b->Length && a->Hash && b->Hash &&
	       pen_equal_secret(a->Hash, b->Hash, a->Length);
}

static bool is_in_history(const struct validation *v,
			  const struct samr_SAM_VALIDATE_PASSWORD_HASH *hash)
{
	bool is_in = false;

	for (uint32_t i = 0; v->in->PasswordHistory && i < v->in->PasswordHistoryLength &&
			     i < v->policy.password_history;
	     i++)
		is_in |= is_hash_equal(&v->in->PasswordHistory[i], hash);
	return is_in;
}

/* The new hash goes before the former ones, as many as the policy has. */
static int keep_history(struct validation *v, const struct samr_SAM_VALIDATE_PASSWORD_HASH *hash)
{
	uint32_t n_old = v->in->PasswordHistory ? v->in->PasswordHistoryLength : 0;
	uint32_t n = n_old < v->policy.password_history ? n_old + 1 : v->policy.password_history;
	struct samr_SAM_VALIDATE_PASSWORD_HASH *history;

	if (!hash->Length || !n)
		return 0;
	history = pen_arena_array(pen_call_arena(v->call), n, sizeof(*history));
	if (!history)
		return -ENOMEM;
	history[0] = *hash;
	for (uint32_t i = 1; i < n; i++)
		history[i] = v->in->PasswordHistory[i - 1];
	v->out->PresentFields |= PASSWORD_HISTORY_LENGTH | PASSWORD_HISTORY;
	v->out->PasswordHistoryLength = n;
	v->out->PasswordHistory = history;
	return 0;
}

static int accept(struct validation *v, const struct samr_SAM_VALIDATE_PASSWORD_HASH *hash,
		  bool must_change)
{
	v->out->PresentFields |= PASSWORD_LAST_SET;
	v->out->PasswordLastSet.QuadPart = must_change ? 0 : v->now;
	return keep_history(v, hash);
}

static int validate_change(struct validation *v,
			   const struct samr_SAM_VALIDATE_PASSWORD_CHANGE_INPUT_ARG *arg)
{
	int64_t set = v->in->PasswordLastSet.QuadPart;
	int r;

	if (is_locked(v))
		return 0;
	if (!arg->PasswordMatch) {
		count_bad(v);
		return 0;
	}
	if (set && v->policy.min_password_age && !is_past(v, set, v->policy.min_password_age)) {
		v->status = samr_SamValidatePasswordTooRecent;
		return 0;
	}
	r = check_text(v, &arg->ClearPassword, &arg->UserAccountName);
	if (r || v->status)
		return r;
	if (is_in_history(v, &arg->HashedPassword)) {
		v->status = samr_SamValidatePasswordIsInHistory;
		return 0;
	}
	return accept(v, &arg->HashedPassword, false);
}

static int validate_reset(struct validation *v,
			  const struct samr_SAM_VALIDATE_PASSWORD_RESET_INPUT_ARG *arg)
{
	int r = check_text(v, &arg->ClearPassword, &arg->UserAccountName);

	if (r || v->status)
		return r;
	if (arg->ClearLockout && v->in->LockoutTime.QuadPart)
		unlock(v);
	return accept(v, &arg->HashedPassword, arg->PasswordMustChangeAtNextLogon);
}

static int validate(struct validation *v, const struct samr_SamrValidatePassword_in *in)
{
	switch (in->ValidationType) {
	case samr_SamValidateAuthentication:
		v->in = &in->InputArg.ValidateAuthenticationInput.InputPersistedFields;
		validate_authentication(v, &in->InputArg.ValidateAuthenticationInput);
		return 0;
	case samr_SamValidatePasswordChange:
		v->in = &in->InputArg.ValidatePasswordChangeInput.InputPersistedFields;
		return validate_change(v, &in->InputArg.ValidatePasswordChangeInput);
	case samr_SamValidatePasswordReset:
		v->in = &in->InputArg.ValidatePasswordResetInput.InputPersistedFields;
		return validate_reset(v, &in->InputArg.ValidatePasswordResetInput);
	}
	return PEN_E_SYNTAX;
}

/* Passwords come as they are, so that over a network only a sealed call may bring them. */
static bool is_private(const struct pen_call *call)
{
	return pen_call_protseq(call) != PEN_NCACN_IP_TCP ||
	       pen_call_auth_level(call) >= LEVEL_PRIVACY;
}

/* Whoever has a name may ask; it tells of nobody's account here. */
int pen_samr_validate_password(struct pen_call *call, const struct samr_SamrValidatePassword_in *in,
			       struct samr_SamrValidatePassword_out *out)
{
	struct validation v = { .call = call, .now = (int64_t)pen_samr_now(call) };
	union samr_SAM_VALIDATE_OUTPUT_ARG *answer;
	int r;

	if (!pen_token_info(pen_call_token(call))->is_authenticated || !is_private(call)) {
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
		return 0;
	}
	answer = pen_arena_zalloc(pen_call_arena(call), sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	v.out = &answer->ValidateAuthenticationOutput.ChangedPersistedFields;
	r = pen_accounts_get_policy(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE,
				    pen_call_arena(call), &v.policy);
	if (!r)
		r = validate(&v, in);
	if (r) {
		out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
		return 0;
	}
	/* All three arms are of one type. */
	answer->ValidateAuthenticationOutput.ValidationStatus = v.status;
	out->OutputArg = answer;
	return 0;
}
