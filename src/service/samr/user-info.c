/* SPDX-License-Identifier: MIT */
/* Users are read, level by level [MS-SAMR 3.1.5.5.5]. */
#include "service/samr/user-info.h"
#include <errno.h>
#include <string.h>

enum { HOURS_A_WEEK = 168 };

/* ---- all fields ---- */

static int put_text(struct pen_arena *arena, uint32_t which, uint32_t field, const char *text,
		    struct dtyp_RPC_UNICODE_STRING *wire)
{
	return which & field ? pen_samr_text_put(arena, text, wire) : 0;
}

static int fill_texts(struct pen_arena *arena, const struct pen_account_user *user, uint32_t which,
		      struct samr_SAMPR_USER_ALL_INFORMATION *all)
{
	const struct {
		uint32_t field;
		const char *text;
		struct dtyp_RPC_UNICODE_STRING *wire;
	} texts[] = {
		{ USER_ALL_USERNAME, user->name, &all->UserName },
		{ USER_ALL_FULLNAME, user->full_name, &all->FullName },
		{ USER_ALL_HOMEDIRECTORY, user->home_directory, &all->HomeDirectory },
		{ USER_ALL_HOMEDIRECTORYDRIVE, user->home_drive, &all->HomeDirectoryDrive },
		{ USER_ALL_SCRIPTPATH, user->script_path, &all->ScriptPath },
		{ USER_ALL_PROFILEPATH, user->profile_path, &all->ProfilePath },
		{ USER_ALL_ADMINCOMMENT, user->comment, &all->AdminComment },
		{ USER_ALL_WORKSTATIONS, user->workstations, &all->WorkStations },
		{ USER_ALL_USERCOMMENT, user->user_comment, &all->UserComment },
	};
	int r = 0;

	for (size_t i = 0; !r && i < PEN_COUNT(texts); i++)
		r = put_text(arena, which, texts[i].field, texts[i].text, texts[i].wire);
	if (!r && which & USER_ALL_PARAMETERS)
		r = pen_samr_bytes_put(arena, user->parameters, &all->Parameters);
	return r;
}

/* A user without hours may log on in all of them. */
static int fill_hours(struct pen_arena *arena, const struct pen_account_user *user,
		      struct samr_SAMPR_LOGON_HOURS *hours)
{
	uint32_t units = user->logon_hours.size ? user->logon_units : HOURS_A_WEEK;
	size_t n = (units + 7) / 8;

	hours->LogonHours = pen_arena_zalloc(arena, PEN_ACCOUNT_HOURS_MAX);
	if (!hours->LogonHours || n > PEN_ACCOUNT_HOURS_MAX)
		return -ENOMEM;
	if (!user->logon_hours.size)
		memset(hours->LogonHours, 0xff, n);
	else
		memcpy(hours->LogonHours, user->logon_hours.data,
		       n < user->logon_hours.size ? n : user->logon_hours.size);
	hours->UnitsPerWeek = (uint16_t)units;
	return 0;
}

static int fill(struct pen_arena *arena, const struct pen_account_user *user,
		const struct pen_account_policy *policy, uint64_t now, uint32_t which,
		struct samr_SAMPR_USER_ALL_INFORMATION *all)
{
	uint32_t control = pen_account_control(user, policy, now);
	int r = fill_texts(arena, user, which, all);

	if (!r && which & USER_ALL_LOGONHOURS)
		r = fill_hours(arena, user, &all->LogonHours);
#define FIELD(field, member, value)                                                                \
	if (which & USER_ALL_##field)                                                              \
	all->member = value
	FIELD(LASTLOGON, LastLogon, pen_samr_time_put(user->last_logon));
	FIELD(LASTLOGOFF, LastLogoff, pen_samr_time_put(user->last_logoff));
	FIELD(PASSWORDLASTSET, PasswordLastSet, pen_samr_time_put(user->password_set));
	FIELD(ACCOUNTEXPIRES, AccountExpires, pen_samr_time_put(user->expires));
	FIELD(PASSWORDCANCHANGE, PasswordCanChange,
	      pen_samr_time_put(pen_account_can_change(user, policy)));
	FIELD(PASSWORDMUSTCHANGE, PasswordMustChange,
	      pen_samr_time_put(pen_account_must_change(user, policy)));
	FIELD(USERID, UserId, user->rid);
	FIELD(PRIMARYGROUPID, PrimaryGroupId, user->primary_group);
	FIELD(USERACCOUNTCONTROL, UserAccountControl, control);
	FIELD(BADPASSWORDCOUNT, BadPasswordCount, (uint16_t)user->bad_password_count);
	FIELD(LOGONCOUNT, LogonCount, (uint16_t)user->logon_count);
	FIELD(COUNTRYCODE, CountryCode, (uint16_t)user->country_code);
	FIELD(CODEPAGE, CodePage, (uint16_t)user->code_page);
	FIELD(USERACCOUNTCONTROL, PasswordExpired, !!(control & PEN_ACCOUNT_PASSWORD_EXPIRED));
#undef FIELD
	all->WhichFields = which;
	return r;
}

/* ---- levels ---- */

static uint32_t readable(uint32_t granted)
{
	return (granted & USER_READ_GENERAL ? USER_ALL_READ_GENERAL : 0) |
	       (granted & USER_READ_LOGON ? USER_ALL_READ_LOGON : 0) |
	       (granted & USER_READ_ACCOUNT ? USER_ALL_READ_ACCOUNT : 0) |
	       (granted & USER_READ_PREFERENCES ? USER_ALL_READ_PREFERENCES : 0);
}

/* What a level needs to be read; 0: it is none that can be read. */
static uint32_t rights(enum samr_USER_INFORMATION_CLASS level)
{
	switch (level) {
	case samr_UserGeneralInformation:
	case samr_UserNameInformation:
	case samr_UserAccountNameInformation:
	case samr_UserFullNameInformation:
	case samr_UserPrimaryGroupInformation:
	case samr_UserAdminCommentInformation:
		return USER_READ_GENERAL;
	case samr_UserPreferencesInformation:
		return USER_READ_PREFERENCES | USER_READ_GENERAL;
	case samr_UserLogonInformation:
	case samr_UserAccountInformation:
		return USER_READ_GENERAL | USER_READ_PREFERENCES | USER_READ_LOGON |
		       USER_READ_ACCOUNT;
	case samr_UserLogonHoursInformation:
	case samr_UserHomeInformation:
	case samr_UserScriptInformation:
	case samr_UserProfileInformation:
	case samr_UserWorkStationsInformation:
		return USER_READ_LOGON;
	case samr_UserControlInformation:
	case samr_UserExpiresInformation:
	case samr_UserParametersInformation:
		return USER_READ_ACCOUNT;
	default:
		return 0;
	}
}

static struct samr_SAMPR_USER_LOGON_INFORMATION logon_information(
	const struct samr_SAMPR_USER_ALL_INFORMATION *all)
{
	return (struct samr_SAMPR_USER_LOGON_INFORMATION){
		.UserName = all->UserName,
		.FullName = all->FullName,
		.UserId = all->UserId,
		.PrimaryGroupId = all->PrimaryGroupId,
		.HomeDirectory = all->HomeDirectory,
		.HomeDirectoryDrive = all->HomeDirectoryDrive,
		.ScriptPath = all->ScriptPath,
		.ProfilePath = all->ProfilePath,
		.WorkStations = all->WorkStations,
		.LastLogon = all->LastLogon,
		.LastLogoff = all->LastLogoff,
		.PasswordLastSet = all->PasswordLastSet,
		.PasswordCanChange = all->PasswordCanChange,
		.PasswordMustChange = all->PasswordMustChange,
		.LogonHours = all->LogonHours,
		.BadPasswordCount = all->BadPasswordCount,
		.LogonCount = all->LogonCount,
		.UserAccountControl = all->UserAccountControl,
	};
}

static struct samr_SAMPR_USER_ACCOUNT_INFORMATION account_information(
	const struct samr_SAMPR_USER_ALL_INFORMATION *all)
{
	return (struct samr_SAMPR_USER_ACCOUNT_INFORMATION){
		.UserName = all->UserName,
		.FullName = all->FullName,
		.UserId = all->UserId,
		.PrimaryGroupId = all->PrimaryGroupId,
		.HomeDirectory = all->HomeDirectory,
		.HomeDirectoryDrive = all->HomeDirectoryDrive,
		.ScriptPath = all->ScriptPath,
		.ProfilePath = all->ProfilePath,
		.AdminComment = all->AdminComment,
		.WorkStations = all->WorkStations,
		.LastLogon = all->LastLogon,
		.LastLogoff = all->LastLogoff,
		.LogonHours = all->LogonHours,
		.BadPasswordCount = all->BadPasswordCount,
		.LogonCount = all->LogonCount,
		.PasswordLastSet = all->PasswordLastSet,
		.AccountExpires = all->AccountExpires,
		.UserAccountControl = all->UserAccountControl,
	};
}

/* Takes from all what the level has of it. */
static void pick(const struct samr_SAMPR_USER_ALL_INFORMATION *all,
		 enum samr_USER_INFORMATION_CLASS level, union samr_SAMPR_USER_INFO_BUFFER *buffer)
{
	switch (level) {
	case samr_UserGeneralInformation:
		buffer->General = (struct samr_SAMPR_USER_GENERAL_INFORMATION){
			all->UserName, all->FullName, all->PrimaryGroupId, all->AdminComment,
			all->UserComment
		};
		break;
	case samr_UserPreferencesInformation:
		buffer->Preferences.UserComment = all->UserComment;
		buffer->Preferences.CountryCode = all->CountryCode;
		buffer->Preferences.CodePage = all->CodePage;
		break;
	case samr_UserLogonInformation:
		buffer->Logon = logon_information(all);
		break;
	case samr_UserLogonHoursInformation:
		buffer->LogonHours.LogonHours = all->LogonHours;
		break;
	case samr_UserAccountInformation:
		buffer->Account = account_information(all);
		break;
	case samr_UserNameInformation:
		buffer->Name.UserName = all->UserName;
		buffer->Name.FullName = all->FullName;
		break;
	case samr_UserAccountNameInformation:
		buffer->AccountName.UserName = all->UserName;
		break;
	case samr_UserFullNameInformation:
		buffer->FullName.FullName = all->FullName;
		break;
	case samr_UserPrimaryGroupInformation:
		buffer->PrimaryGroup.PrimaryGroupId = all->PrimaryGroupId;
		break;
	case samr_UserHomeInformation:
		buffer->Home.HomeDirectory = all->HomeDirectory;
		buffer->Home.HomeDirectoryDrive = all->HomeDirectoryDrive;
		break;
	case samr_UserScriptInformation:
		buffer->Script.ScriptPath = all->ScriptPath;
		break;
	case samr_UserProfileInformation:
		buffer->Profile.ProfilePath = all->ProfilePath;
		break;
	case samr_UserAdminCommentInformation:
		buffer->AdminComment.AdminComment = all->AdminComment;
		break;
	case samr_UserWorkStationsInformation:
		buffer->WorkStations.WorkStations = all->WorkStations;
		break;
	case samr_UserControlInformation:
		buffer->Control.UserAccountControl = all->UserAccountControl;
		break;
	case samr_UserExpiresInformation:
		buffer->Expires.AccountExpires = all->AccountExpires;
		break;
	case samr_UserParametersInformation:
		buffer->Parameters.Parameters = all->Parameters;
		break;
	default:
		buffer->All = *all;
		break;
	}
}

/* Those that still count; what is stored is told as logon information. */
static uint32_t bad_passwords(const struct pen_account_user *user,
			      const struct pen_account_policy *policy, uint64_t now)
{
	bool is_past = now - user->bad_password_time >= policy->lockout_window;

	return is_past ? 0 : user->bad_password_count;
}

int pen_samr_query_user2(struct pen_call *call, const struct samr_SamrQueryInformationUser2_in *in,
			 struct samr_SamrQueryInformationUser2_out *out)
{
	bool is_all = in->UserInformationClass == samr_UserAllInformation;
	struct samr_SAMPR_USER_ALL_INFORMATION all = { .WhichFields = 0 };
	uint32_t needed = rights(in->UserInformationClass), which;
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_arena *arena = pen_call_arena(call);
	union samr_SAMPR_USER_INFO_BUFFER *buffer;
	struct pen_account_policy policy;
	struct pen_account_user user;
	struct pen_samr_object *object;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, needed, &object, &out->result);

	if (r || out->result)
		return r;
	which = is_all ? readable(object->granted) : readable(needed);
	if (!needed && !is_all)
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	else if (!which)
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
	if (out->result)
		return 0;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	r = buffer ? pen_accounts_get_user(accounts, object->rid, arena, &user) : -ENOMEM;
	if (!r)
		r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, arena, &policy);
	if (!r && in->UserInformationClass != samr_UserLogonInformation)
		user.bad_password_count = bad_passwords(&user, &policy, pen_samr_now(call));
	if (!r)
		r = fill(arena, &user, &policy, pen_samr_now(call), which, &all);
	out->result = pen_samr_status(r, PEN_SAMR_USER);
	if (r)
		return 0;
	pick(&all, in->UserInformationClass, buffer);
	out->Buffer = buffer;
	return 0;
}

int pen_samr_query_user(struct pen_call *call, const struct samr_SamrQueryInformationUser_in *in,
			struct samr_SamrQueryInformationUser_out *out)
{
	const struct samr_SamrQueryInformationUser2_in in2 = { in->UserHandle,
							       in->UserInformationClass };
	struct samr_SamrQueryInformationUser2_out out2 = { .result = 0 };
	int r = pen_samr_query_user2(call, &in2, &out2);

	out->Buffer = out2.Buffer;
	out->result = out2.result;
	return r;
}
