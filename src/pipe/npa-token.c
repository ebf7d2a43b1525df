/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "pipe/npa.h"
#include <errno.h>
#include <string.h>

/* S-1-22-this-dialect-encryption-cipher */
#define SMB3_SID UINT32_C(1397571891)
/* S-1-22-this-flags */
#define FLAGS_SID UINT32_C(2041152804)

enum { UNIX_AUTHORITY = 22, ENCRYPTION_REQUIRED = 2 };

/* Samba's number of a privilege, by place, and ours. */
static const uint8_t privileges[] = {
	[4] = PEN_PRIVILEGE_MACHINE_ACCOUNT,
	[5] = PEN_PRIVILEGE_PRINT_OPERATOR,
	[6] = PEN_PRIVILEGE_ADD_USERS,
	[7] = PEN_PRIVILEGE_DISK_OPERATOR,
	[8] = PEN_PRIVILEGE_REMOTE_SHUTDOWN,
	[9] = PEN_PRIVILEGE_BACKUP,
	[10] = PEN_PRIVILEGE_RESTORE,
	[11] = PEN_PRIVILEGE_TAKE_OWNERSHIP,
	[12] = PEN_PRIVILEGE_INCREASE_QUOTA,
	[13] = PEN_PRIVILEGE_SECURITY,
	[14] = PEN_PRIVILEGE_LOAD_DRIVER,
	[15] = PEN_PRIVILEGE_SYSTEM_PROFILE,
	[16] = PEN_PRIVILEGE_SYSTEM_TIME,
	[17] = PEN_PRIVILEGE_PROFILE_SINGLE_PROCESS,
	[18] = PEN_PRIVILEGE_INCREASE_BASE_PRIORITY,
	[19] = PEN_PRIVILEGE_CREATE_PAGEFILE,
	[20] = PEN_PRIVILEGE_SHUTDOWN,
	[21] = PEN_PRIVILEGE_DEBUG,
	[22] = PEN_PRIVILEGE_SYSTEM_ENVIRONMENT,
	[23] = PEN_PRIVILEGE_CHANGE_NOTIFY,
	[24] = PEN_PRIVILEGE_UNDOCK,
	[25] = PEN_PRIVILEGE_ENABLE_DELEGATION,
	[26] = PEN_PRIVILEGE_MANAGE_VOLUME,
	[27] = PEN_PRIVILEGE_IMPERSONATE,
	[28] = PEN_PRIVILEGE_CREATE_GLOBAL,
};

static uint64_t privileges_of(uint64_t samba)
{
	uint64_t ours = 0;

	for (size_t i = 0; i < PEN_COUNT(privileges); i++)
		if (privileges[i] && samba >> i & 1)
			ours |= PEN_PRIVILEGE(privileges[i]);
	return ours;
}

static bool is_flag_sid(const struct pen_sid *sid, uint32_t which)
{
	return sid->authority == UNIX_AUTHORITY && sid->n_sub_authorities > 0 &&
	       sid->sub_authorities[0] == which;
}

static uint32_t smbd_flags(const struct pen_npa_request *request)
{
	uint32_t flags = request->need_idle_server ? PEN_NPA_FLAG_NEED_IDLE : 0;

	for (size_t i = 0; i < request->n_sids; i++)
		if (is_flag_sid(&request->sids[i], FLAGS_SID) &&
		    request->sids[i].n_sub_authorities == 2)
			flags |= request->sids[i].sub_authorities[1];
	return flags;
}

void pen_npa_request_flags(const struct pen_npa_request *request, struct pen_npa_flags *flags)
{
	uint32_t bits = smbd_flags(request);

	*flags = (struct pen_npa_flags){
		.needs_idle_server = bits & PEN_NPA_FLAG_NEED_IDLE,
		.is_winbind_off = bits & PEN_NPA_FLAG_WINBIND_OFF,
		.is_probe = bits & PEN_NPA_FLAG_PROBE,
	};
	for (size_t i = 0; i < request->n_sids; i++) {
		const struct pen_sid *sid = &request->sids[i];

		if (!is_flag_sid(sid, SMB3_SID) || sid->n_sub_authorities != 4)
			continue;
		flags->dialect = (uint16_t)sid->sub_authorities[1];
		flags->encryption = (uint16_t)sid->sub_authorities[2];
		flags->cipher = (uint16_t)sid->sub_authorities[3];
		flags->is_encrypted = sid->sub_authorities[2] == ENCRYPTION_REQUIRED;
	}
}

static bool names_sid(const struct pen_token_info *info, const struct pen_sid *sid)
{
	for (size_t i = 0; i < info->n_sids; i++)
		if (pen_sid_equal(&info->sids[i], sid))
			return true;
	return false;
}

/* (uid_t)-1 stands for none. */
static bool is_unix_id(uint64_t id)
{
	return id < UINT32_MAX;
}

static int take_unix(const struct pen_npa_request *request, uint32_t *groups,
		     struct pen_token_info *info)
{
	if (!request->has_unix_token)
		return 0;
	if (!is_unix_id(request->uid) || !is_unix_id(request->gid))
		return PEN_E_BAD_DATA;
	for (size_t i = 0; i < request->n_groups; i++) {
		if (!is_unix_id(request->groups[i]))
			return PEN_E_BAD_DATA;
		groups[i] = (uint32_t)request->groups[i];
	}
	info->has_unix = true;
	info->uid = (uint32_t)request->uid;
	info->gid = (uint32_t)request->gid;
	info->groups = groups;
	info->n_groups = request->n_groups;
	return 0;
}

static int take_sids(const struct pen_npa_request *request, struct pen_sid *sids,
		     struct pen_token_info *info)
{
	for (size_t i = 0; i < request->n_sids; i++)
		if (!is_flag_sid(&request->sids[i], SMB3_SID) &&
		    !is_flag_sid(&request->sids[i], FLAGS_SID))
			sids[info->n_sids++] = request->sids[i];
	if (!info->n_sids || !pen_sid_equal(&sids[0], &request->sids[0]))
		return PEN_E_BAD_DATA;

	info->sids = sids;
	/* The second is the primary group, but of those who have none. */
	if (info->n_sids > 1 && !pen_sid_equal(&sids[1], &pen_sid_everyone))
		info->primary_group = sids[1];
	return 0;
}

int pen_npa_request_token(const struct pen_npa_request *request, struct pen_token **tokenp)
{
	pen_cleanup(pen_freep) struct pen_sid *sids = NULL;
	pen_cleanup(pen_freep) uint32_t *groups = NULL;
	struct pen_token_info info = {
		.proof = PEN_TOKEN_NPA,
		.privileges = privileges_of(request->privileges),
		.account = request->user.account_name,
		.domain = request->user.domain_name,
		.remote_address = request->remote_client_addr,
		.local_address = request->local_server_addr,
		.remote_port = request->remote_client_port,
		.local_port = request->local_server_port,
		.session_key = request->session_key,
		.smbd_flags = smbd_flags(request),
	};
	struct pen_npa_flags flags;
	int r;

	if (!request->has_security_token)
		return PEN_E_BAD_DATA;
	if (request->n_sids > PEN_TOKEN_SIDS_MAX || request->n_groups > PEN_TOKEN_GROUPS_MAX)
		return PEN_E_LIMIT;
	sids = calloc(request->n_sids + 1, sizeof(*sids));
	groups = calloc(request->n_groups + 1, sizeof(*groups));
	if (!sids || !groups)
		return -ENOMEM;

	r = take_sids(request, sids, &info);
	if (!r)
		r = take_unix(request, groups, &info);
	if (r)
		return r;

	pen_npa_request_flags(request, &flags);
	info.is_encrypted = flags.is_encrypted;
	if (pen_sid_equal(&sids[0], &pen_sid_anonymous))
		info.proof = PEN_TOKEN_ANONYMOUS;
	else
		info.is_authenticated = names_sid(&info, &pen_sid_authenticated_users);
	return pen_token_new(tokenp, &info);
}
