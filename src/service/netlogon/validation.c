/* SPDX-License-Identifier: MIT */
/* What is said of a logon [MS-NRPC 2.2.1.4.11 to 2.2.1.4.13]. */
#include "service/netlogon/state.h"
#include <errno.h>
#include <string.h>

enum { LOGON_GUEST = 0x1, LOGON_NTLMV2_ENABLED = 0x100 };

static struct netlogon_OLD_LARGE_INTEGER time_put(uint64_t time)
{
	return (struct netlogon_OLD_LARGE_INTEGER){
		.LowPart = (uint32_t)time,
		.HighPart = (int32_t)(time >> 32),
	};
}

static void put_times(const struct pen_logon *logon,
		      struct netlogon_NETLOGON_VALIDATION_SAM_INFO *info)
{
	info->LogonTime = time_put(logon->user.last_logon);
	info->LogoffTime = time_put(PEN_ACCOUNT_NEVER);
	info->KickOffTime = time_put(PEN_ACCOUNT_NEVER);
	info->PasswordLastSet = time_put(logon->user.password_set);
	info->PasswordCanChange = time_put(pen_account_can_change(&logon->user, &logon->policy));
	info->PasswordMustChange = time_put(pen_account_must_change(&logon->user, &logon->policy));
}

static int put_texts(struct pen_call *call, const struct pen_logon *logon,
		     struct netlogon_NETLOGON_VALIDATION_SAM_INFO *info)
{
	const struct {
		const char *text;
		struct dtyp_RPC_UNICODE_STRING *wire;
	} rows[] = {
		{ logon->user.name, &info->EffectiveName },
		{ logon->user.full_name, &info->FullName },
		{ logon->user.script_path, &info->LogonScript },
		{ logon->user.profile_path, &info->ProfilePath },
		{ logon->user.home_directory, &info->HomeDirectory },
		{ logon->user.home_drive, &info->HomeDirectoryDrive },
		{ pen_netlogon_of(call)->config.name, &info->LogonServer },
		{ logon->policy.name, &info->LogonDomainName },
	};
	int r = 0;

	for (size_t i = 0; i < PEN_COUNT(rows) && !r; i++)
		r = pen_netlogon_text_put(call, rows[i].text, rows[i].wire);
	return r;
}

static int put_groups(struct pen_call *call, const struct pen_logon *logon,
		      struct netlogon_NETLOGON_VALIDATION_SAM_INFO *info)
{
	info->GroupCount = (uint32_t)logon->n_groups;
	info->GroupIds =
		pen_arena_array(pen_call_arena(call), logon->n_groups ? logon->n_groups : 1,
				sizeof(*info->GroupIds));
	if (!info->GroupIds)
		return -ENOMEM;
	for (size_t i = 0; i < logon->n_groups; i++) {
		info->GroupIds[i].RelativeId = logon->groups[i].rid;
		info->GroupIds[i].Attributes = logon->groups[i].attributes;
	}
	return 0;
}

/*
 * The user's session key: under the session's at the older levels, and as it is in SAM_INFO4,
 * which is for sealed channels [MS-NRPC 3.4.5.3.4 names the two that it is encrypted in].
 * LAN Manager's is its first half.
 */
static int put_key(struct pen_call *call, const struct pen_netlogon_session *session,
		   const struct pen_logon *logon, bool is_plain,
		   struct netlogon_NETLOGON_VALIDATION_SAM_INFO *info)
{
	uint8_t key[PEN_NTLM_KEY_SIZE];
	int r = 0;

	memcpy(key, logon->session_base_key, sizeof(key));
	if (!is_plain)
		r = pen_netlogon_encrypt_key(&session->credential,
					     pen_netlogon_of(call)->config.logons->crypto, key,
					     sizeof(key));
	if (!r) {
		memcpy(info->UserSessionKey.data, key, sizeof(key));
		memcpy(info->LMKey, key, sizeof(info->LMKey));
	}
	pen_wipe(key, sizeof(key));
	return r;
}

static int put_info(struct pen_call *call, const struct pen_netlogon_session *session,
		    const struct pen_logon *logon, bool is_plain,
		    struct netlogon_NETLOGON_VALIDATION_SAM_INFO *info)
{
	const struct pen_logons *logons = pen_netlogon_of(call)->config.logons;
	int r;

	put_times(logon, info);
	info->LogonCount = (uint16_t)logon->user.logon_count;
	info->BadPasswordCount = (uint16_t)logon->user.bad_password_count;
	info->UserId = logon->user.rid;
	info->PrimaryGroupId = logon->user.primary_group;
	info->UserFlags = logon->is_guest ? LOGON_GUEST : LOGON_NTLMV2_ENABLED;
	info->UserAccountControl =
		pen_account_control(&logon->user, &logon->policy, logons->now(logons->data));
	info->LogonDomainId =
		pen_netlogon_sid_put(call, pen_accounts_sid(logons->accounts, PEN_ACCOUNT_MACHINE));
	if (!info->LogonDomainId)
		return -ENOMEM;
	r = put_texts(call, logon, info);
	if (!r)
		r = put_groups(call, logon, info);
	return r ? r : put_key(call, session, logon, is_plain, info);
}

/* What may be said later is null: Samba reads the ExpansionStrings as numbers. */
static int put_info4(struct pen_call *call, struct netlogon_NETLOGON_VALIDATION_SAM_INFO4 *info)
{
	int r = pen_netlogon_text_put(call, "", &info->DnsLogonDomainName);

	return r ? r : pen_netlogon_text_put(call, "", &info->Upn);
}

/* Each level begins as the one before it. */
int pen_netlogon_validate(struct pen_call *call, const struct pen_netlogon_session *session,
			  const struct pen_logon *logon,
			  enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level,
			  union netlogon_NETLOGON_VALIDATION *validation)
{
	struct netlogon_NETLOGON_VALIDATION_SAM_INFO4 *info =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	int r;

	if (!info)
		return -ENOMEM;
	r = put_info(call, session, logon, level == netlogon_NetlogonValidationSamInfo4,
		     &info->Info2.Base);
	if (!r)
		r = put_info4(call, info);
	if (r)
		return r;
	switch (level) {
	case netlogon_NetlogonValidationSamInfo:
		validation->ValidationSam = &info->Info2.Base;
		return 0;
	case netlogon_NetlogonValidationSamInfo2:
		validation->ValidationSam2 = &info->Info2;
		return 0;
	case netlogon_NetlogonValidationSamInfo4:
		validation->ValidationSam4 = info;
		return 0;
	default:
		return PEN_E_UNSUPPORTED;
	}
}
