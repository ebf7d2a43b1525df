/* SPDX-License-Identifier: MIT */
/* Users are changed, level by level [MS-SAMR 3.1.5.6.4]. */
#include "service/samr/user-info.h"
#include "store/vault-call.h"
#include <errno.h>
#include <string.h>

/* ---- fields ---- */

static int get_text(struct pen_arena *arena, uint32_t which, uint32_t field,
		    const struct dtyp_RPC_UNICODE_STRING *wire, const char **textp)
{
	return which & field ? pen_samr_text_get(arena, wire, textp) : 0;
}

static int set_texts(struct pen_arena *arena, const struct samr_SAMPR_USER_ALL_INFORMATION *all,
		     uint32_t which, struct pen_account_user *user)
{
	const struct {
		uint32_t field;
		const struct dtyp_RPC_UNICODE_STRING *wire;
		const char **textp;
	} texts[] = {
		{ USER_ALL_USERNAME, &all->UserName, &user->name },
		{ USER_ALL_FULLNAME, &all->FullName, &user->full_name },
		{ USER_ALL_HOMEDIRECTORY, &all->HomeDirectory, &user->home_directory },
		{ USER_ALL_HOMEDIRECTORYDRIVE, &all->HomeDirectoryDrive, &user->home_drive },
		{ USER_ALL_SCRIPTPATH, &all->ScriptPath, &user->script_path },
		{ USER_ALL_PROFILEPATH, &all->ProfilePath, &user->profile_path },
		{ USER_ALL_ADMINCOMMENT, &all->AdminComment, &user->comment },
		{ USER_ALL_WORKSTATIONS, &all->WorkStations, &user->workstations },
		{ USER_ALL_USERCOMMENT, &all->UserComment, &user->user_comment },
	};
	int r = 0;

	for (size_t i = 0; !r && i < PEN_COUNT(texts); i++)
		r = get_text(arena, which, texts[i].field, texts[i].wire, texts[i].textp);
	if (!r && which & USER_ALL_PARAMETERS)
		r = pen_samr_bytes_get(arena, &all->Parameters, &user->parameters);
	return r;
}

static int set_hours(const struct samr_SAMPR_LOGON_HOURS *hours, struct pen_account_user *user)
{
	size_t n = ((size_t)hours->UnitsPerWeek + 7) / 8;

	if (!hours->LogonHours || !n) { /* always */
		user->logon_hours.size = 0;
		return 0;
	}
	if (n > PEN_ACCOUNT_HOURS_MAX)
		return PEN_E_LIMIT;
	user->logon_hours = (struct pen_slice){ hours->LogonHours, n };
	user->logon_units = hours->UnitsPerWeek;
	return 0;
}

/* An account stays what it is where nothing is said of that; to say unlocked unlocks it. */
static int set_control(uint32_t control, struct pen_account_user *user)
{
	uint32_t type = control & PEN_ACCOUNT_TYPES;

	if (control & ~UINT32_C(0x003fffff) || __builtin_popcount(type) > 1)
		return PEN_E_LIMIT;
	if (!type)
		control |= user->control & PEN_ACCOUNT_TYPES;
	if (!(control & PEN_ACCOUNT_AUTO_LOCKED) && user->lockout_time) {
		user->lockout_time = 0;
		user->bad_password_count = 0;
	}
	user->control = control & ~(PEN_ACCOUNT_AUTO_LOCKED | PEN_ACCOUNT_PASSWORD_EXPIRED);
	return 0;
}

/* Cleared, it counts from now on; but only where it was set does that change anything. */
static void set_expired(bool is_expired, uint64_t now, struct pen_account_user *user)
{
	if (is_expired)
		user->password_set = 0;
	else if (!user->password_set)
		user->password_set = now;
}

static int set_fields(struct pen_call *call, const struct samr_SAMPR_USER_ALL_INFORMATION *all,
		      uint32_t which, struct pen_account_user *user)
{
	int r = set_texts(pen_call_arena(call), all, which, user);

	if (!r && which & USER_ALL_LOGONHOURS)
		r = set_hours(&all->LogonHours, user);
	if (!r && which & USER_ALL_USERACCOUNTCONTROL)
		r = set_control(all->UserAccountControl, user);
	if (which & USER_ALL_ACCOUNTEXPIRES)
		user->expires = pen_samr_time_get(all->AccountExpires);
	if (which & USER_ALL_PRIMARYGROUPID)
		user->primary_group = all->PrimaryGroupId;
	if (which & USER_ALL_COUNTRYCODE)
		user->country_code = all->CountryCode;
	if (which & USER_ALL_CODEPAGE)
		user->code_page = all->CodePage;
	if (which & USER_ALL_PASSWORDEXPIRED)
		set_expired(all->PasswordExpired, pen_samr_now(call), user);
	return r;
}

static int32_t store(struct pen_call *call, uint32_t rid,
		     const struct samr_SAMPR_USER_ALL_INFORMATION *all, uint32_t which)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_account_user user;
	int r = pen_accounts_get_user(accounts, rid, pen_call_arena(call), &user);

	if (r)
		return pen_samr_status(r, PEN_SAMR_USER);
	r = set_fields(call, all, which, &user);
	if (r == PEN_E_SYNTAX)
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	if (!r)
		r = pen_accounts_set_user(accounts, &user);
	if (r == PEN_E_NOT_FOUND) /* the user is there: the group is not his */
		return (int32_t)PEN_STATUS_MEMBER_NOT_IN_GROUP;
	return pen_samr_status(r, PEN_SAMR_USER);
}

/* ---- levels ---- */

/* The level's fields, as if they had come with all. 0: it is none with fields. */
static uint32_t spread(enum samr_USER_INFORMATION_CLASS level,
		       const union samr_SAMPR_USER_INFO_BUFFER *buffer,
		       struct samr_SAMPR_USER_ALL_INFORMATION *all)
{
	switch (level) {
	case samr_UserGeneralInformation:
		all->UserName = buffer->General.UserName;
		all->FullName = buffer->General.FullName;
		all->PrimaryGroupId = buffer->General.PrimaryGroupId;
		all->AdminComment = buffer->General.AdminComment;
		all->UserComment = buffer->General.UserComment;
		return USER_ALL_USERNAME | USER_ALL_FULLNAME | USER_ALL_PRIMARYGROUPID |
		       USER_ALL_ADMINCOMMENT | USER_ALL_USERCOMMENT;
	case samr_UserPreferencesInformation:
		all->UserComment = buffer->Preferences.UserComment;
		all->CountryCode = buffer->Preferences.CountryCode;
		all->CodePage = buffer->Preferences.CodePage;
		return USER_ALL_WRITE_PREFERENCES;
	case samr_UserLogonHoursInformation:
		all->LogonHours = buffer->LogonHours.LogonHours;
		return USER_ALL_LOGONHOURS;
	case samr_UserNameInformation:
		all->UserName = buffer->Name.UserName;
		all->FullName = buffer->Name.FullName;
		return USER_ALL_USERNAME | USER_ALL_FULLNAME;
	case samr_UserAccountNameInformation:
		all->UserName = buffer->AccountName.UserName;
		return USER_ALL_USERNAME;
	case samr_UserFullNameInformation:
		all->FullName = buffer->FullName.FullName;
		return USER_ALL_FULLNAME;
	case samr_UserPrimaryGroupInformation:
		all->PrimaryGroupId = buffer->PrimaryGroup.PrimaryGroupId;
		return USER_ALL_PRIMARYGROUPID;
	case samr_UserHomeInformation:
		all->HomeDirectory = buffer->Home.HomeDirectory;
		all->HomeDirectoryDrive = buffer->Home.HomeDirectoryDrive;
		return USER_ALL_HOMEDIRECTORY | USER_ALL_HOMEDIRECTORYDRIVE;
	case samr_UserScriptInformation:
		all->ScriptPath = buffer->Script.ScriptPath;
		return USER_ALL_SCRIPTPATH;
	case samr_UserProfileInformation:
		all->ProfilePath = buffer->Profile.ProfilePath;
		return USER_ALL_PROFILEPATH;
	case samr_UserAdminCommentInformation:
		all->AdminComment = buffer->AdminComment.AdminComment;
		return USER_ALL_ADMINCOMMENT;
	case samr_UserWorkStationsInformation:
		all->WorkStations = buffer->WorkStations.WorkStations;
		return USER_ALL_WORKSTATIONS;
	case samr_UserControlInformation:
		all->UserAccountControl = buffer->Control.UserAccountControl;
		return USER_ALL_USERACCOUNTCONTROL;
	case samr_UserExpiresInformation:
		all->AccountExpires = buffer->Expires.AccountExpires;
		return USER_ALL_ACCOUNTEXPIRES;
	case samr_UserParametersInformation:
		all->Parameters = buffer->Parameters.Parameters;
		return USER_ALL_PARAMETERS;
	default:
		return 0;
	}
}

/* SAMPR_USER_ALL_INFORMATION of the levels that have it. NULL: the level has none. */
static const struct samr_SAMPR_USER_ALL_INFORMATION *all_of(
	enum samr_USER_INFORMATION_CLASS level, const union samr_SAMPR_USER_INFO_BUFFER *buffer)
{
	switch (level) {
	case samr_UserAllInformation:
		return &buffer->All;
	case samr_UserInternal4Information:
		return &buffer->Internal4.I1;
	case samr_UserInternal4InformationNew:
		return &buffer->Internal4New.I1;
	case samr_UserInternal8Information:
		return &buffer->Internal8.I1;
	default:
		return NULL;
	}
}

/* Whether the fields can be set at all, and the handle is good for it. */
static int32_t check_fields(uint32_t which, uint32_t granted)
{
	uint32_t needed = (which & USER_ALL_WRITE_ACCOUNT ? USER_WRITE_ACCOUNT : 0) |
			  (which & USER_ALL_PASSWORDS ? USER_FORCE_PASSWORD_CHANGE : 0);

	if (!which)
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	if (which & ~(USER_ALL_WRITE_ACCOUNT | USER_ALL_WRITE_PREFERENCES | USER_ALL_PASSWORDS))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	if (needed & ~granted || (which & USER_ALL_WRITE_PREFERENCES &&
				  !(granted & (USER_WRITE_PREFERENCES | USER_WRITE_ACCOUNT))))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	return 0;
}

/* ---- passwords ---- */

/* A hash under the session key, in 16 bytes. */
static int32_t hold_sealed_hash(struct pen_call *call, uint32_t rid, const uint8_t *sealed,
				bool is_expired, struct authority_setting *setting)
{
	uint8_t nt_hash[PEN_SAMR_HASH_SIZE];
	struct pen_slice key;
	int32_t result = pen_samr_session_key(call, &key);

	if (!result)
		result = pen_samr_status(
			pen_samr_hash_open(pen_samr_of(call)->crypto, key.data, sealed, nt_hash),
			PEN_SAMR_USER);
	if (!result)
		result = pen_samr_hold_hash(call, rid, nt_hash, is_expired, setting);
	pen_wipe(nt_hash, sizeof(nt_hash));
	return result;
}

/* LAN Manager's hash is neither kept nor looked at; one without NT's is no password. */
static int32_t hold_internal1(struct pen_call *call, uint32_t rid,
			      const struct samr_SAMPR_USER_INTERNAL1_INFORMATION *info,
			      struct authority_setting *setting)
{
	if (!info->NtPasswordPresent)
		return info->LmPasswordPresent ? (int32_t)PEN_STATUS_NOT_SUPPORTED
					       : (int32_t)PEN_STATUS_INVALID_PARAMETER;
	return hold_sealed_hash(call, rid, info->EncryptedNtOwfPassword.data, info->PasswordExpired,
				setting);
}

/* The hash that SAMPR_USER_ALL_INFORMATION may have. */
static int32_t hold_owf(struct pen_call *call, uint32_t rid,
			const struct samr_SAMPR_USER_ALL_INFORMATION *all, uint32_t which,
			struct authority_setting *setting)
{
	uint8_t sealed[PEN_SAMR_HASH_SIZE];

	if (!(which & USER_ALL_NTPASSWORDPRESENT))
		return which & USER_ALL_LMPASSWORDPRESENT ? (int32_t)PEN_STATUS_NOT_SUPPORTED : 0;
	if (!all->NtPasswordPresent || !all->NtOwfPassword.Buffer ||
	    all->NtOwfPassword.Length != sizeof(sealed))
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < sizeof(sealed) / 2; i++) {
		sealed[2 * i] = (uint8_t)all->NtOwfPassword.Buffer[i];
		sealed[2 * i + 1] = (uint8_t)(all->NtOwfPassword.Buffer[i] >> 8);
	}
	return hold_sealed_hash(call, rid, sealed,
				which & USER_ALL_PASSWORDEXPIRED && all->PasswordExpired, setting);
}

/* The password of a level that has one; after its fields, and for whoever may set it. */
static int32_t hold_level(struct pen_call *call, uint32_t rid,
			  enum samr_USER_INFORMATION_CLASS level,
			  const union samr_SAMPR_USER_INFO_BUFFER *buffer, uint32_t which,
			  struct authority_setting *setting)
{
	const struct samr_SAMPR_USER_ALL_INFORMATION *all = all_of(level, buffer);
	bool is_expired = all && which & USER_ALL_PASSWORDEXPIRED && all->PasswordExpired;

	switch (level) {
	case samr_UserInternal1Information:
		return hold_internal1(call, rid, &buffer->Internal1, setting);
	case samr_UserInternal4Information:
		return pen_samr_hold_rc4(call, rid, &buffer->Internal4.UserPassword, is_expired,
					 setting);
	case samr_UserInternal4InformationNew:
		return pen_samr_hold_rc4_new(call, rid, &buffer->Internal4New.UserPassword,
					     is_expired, setting);
	case samr_UserInternal5Information:
		return pen_samr_hold_rc4(call, rid, &buffer->Internal5.UserPassword,
					 buffer->Internal5.PasswordExpired, setting);
	case samr_UserInternal5InformationNew:
		return pen_samr_hold_rc4_new(call, rid, &buffer->Internal5New.UserPassword,
					     buffer->Internal5New.PasswordExpired, setting);
	case samr_UserInternal7Information:
		return pen_samr_hold_aes(call, rid, &buffer->Internal7.UserPassword,
					 buffer->Internal7.PasswordExpired, setting);
	case samr_UserInternal8Information:
		return pen_samr_hold_aes(call, rid, &buffer->Internal8.UserPassword, is_expired,
					 setting);
	default:
		return hold_owf(call, rid, &buffer->All, which, setting);
	}
}

static bool has_password_only(enum samr_USER_INFORMATION_CLASS level)
{
	return level == samr_UserInternal1Information || level == samr_UserInternal5Information ||
	       level == samr_UserInternal5InformationNew || level == samr_UserInternal7Information;
}

/* ---- the whole ---- */

/*
 * What is set, for whom. A password is set by who has the others' hashes, and not in a transaction
 * of ours: so the fields are tried first, and the password held against the policy as they make it;
 * then it is set; and the fields again, for good. All that a client may do wrong comes to light
 * before the first change.
 */
struct set_call {
	struct pen_vault_call asking;
	uint32_t rid, granted;
	enum samr_USER_INFORMATION_CLASS level;
	const union samr_SAMPR_USER_INFO_BUFFER *buffer; /* the call's, as resultp is */
	int32_t *resultp;
};

/* The fields of a level, in a transaction that the caller has begun, and which they are. */
static int32_t set_level(struct pen_call *call, const struct set_call *set, uint32_t *whichp)
{
	const struct samr_SAMPR_USER_ALL_INFORMATION *all = all_of(set->level, set->buffer);
	struct samr_SAMPR_USER_ALL_INFORMATION spread_all = { .WhichFields = 0 };
	uint32_t which = all ? all->WhichFields : spread(set->level, set->buffer, &spread_all);
	int32_t result;

	*whichp = which;
	if (!all && !which)
		return (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	result = check_fields(which, set->granted);
	return result ? result : store(call, set->rid, all ? all : &spread_all, which);
}

/* Of the internal levels a password comes only where a field says so. */
static int32_t try_level(struct pen_call *call, const struct set_call *set,
			 struct authority_setting *setting)
{
	uint32_t which = 0;
	int32_t result = 0;

	if (has_password_only(set->level)) {
		if (!(set->granted & USER_FORCE_PASSWORD_CHANGE))
			return (int32_t)PEN_STATUS_ACCESS_DENIED;
		return hold_level(call, set->rid, set->level, set->buffer, 0, setting);
	}
	result = set_level(call, set, &which);
	if (!result && which & (USER_ALL_NTPASSWORDPRESENT | USER_ALL_LMPASSWORDPRESENT))
		result = hold_level(call, set->rid, set->level, set->buffer, which, setting);
	return result;
}

/* Within a transaction, which is kept if all went well and it is to be. */
static int32_t transact(struct pen_call *call, const struct set_call *set,
			struct authority_setting *setting)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	uint32_t which;
	int32_t result;
	int r = pen_accounts_begin(accounts);

	if (r)
		return pen_samr_status(r, PEN_SAMR_USER);
	result = setting ? try_level(call, set, setting) : set_level(call, set, &which);
	r = pen_accounts_end(accounts, result || (setting && setting->rid) ? PEN_E_CANCELLED : 0);
	return r && r != PEN_E_CANCELLED ? pen_samr_status(r, PEN_SAMR_USER) : result;
}

static int finish_set(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	const struct set_call *set = (struct set_call *)asking;

	if (!r)
		r = asking->query.answer.body.result;
	*set->resultp = pen_samr_status(r, PEN_SAMR_USER);
	if (!*set->resultp && !has_password_only(set->level))
		*set->resultp = transact(call, set, NULL);
	return 0;
}

static int set_user(struct pen_call *call, const struct pen_samr_object *user,
		    enum samr_USER_INFORMATION_CLASS level,
		    const union samr_SAMPR_USER_INFO_BUFFER *buffer, int32_t *resultp)
{
	struct set_call *set = pen_vault_call_new(sizeof(*set), authority_SET, finish_set);
	struct authority_setting *setting;

	if (!set)
		return -ENOMEM;
	set->rid = user->rid;
	set->granted = user->granted;
	set->level = level;
	set->buffer = buffer;
	set->resultp = resultp;
	setting = &set->asking.query.question.body.setting;
	*resultp = transact(call, set, setting);
	if (!*resultp && setting->rid)
		return pen_vault_call_ask(call, pen_samr_of(call)->vault, &set->asking);
	pen_vault_call_free(&set->asking);
	return 0;
}

int pen_samr_set_user2(struct pen_call *call, const struct samr_SamrSetInformationUser2_in *in,
		       struct samr_SamrSetInformationUser2_out *out)
{
	struct pen_samr_object *user;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, 0, &user, &out->result);

	if (r || out->result)
		return r;
	return set_user(call, user, in->UserInformationClass, &in->Buffer, &out->result);
}

int pen_samr_set_user(struct pen_call *call, const struct samr_SamrSetInformationUser_in *in,
		      struct samr_SamrSetInformationUser_out *out)
{
	struct pen_samr_object *user;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, 0, &user, &out->result);

	if (r || out->result)
		return r;
	return set_user(call, user, in->UserInformationClass, &in->Buffer, &out->result);
}
