/* SPDX-License-Identifier: MIT */
#include "sec/pac.h"
#include "base/cleanup.h"
#include "base/sid.h"
#include "base/utf16.h"
#include <errno.h>
#include <penstock/idl/krb5pac.h>
#include <penstock/pickle.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

/* SE_GROUP_ENABLED [MS-PAC 2.2.1, 2.2.2]: a group without it is not to be granted anything. */
#define GROUP_ENABLED 0x4

/* SIDs of a token beside the user's and its groups. */
#define N_WELL_KNOWN 3

static const struct pen_layout little_endian = { .transfer = PEN_NDR };

/* ---- the pieces ---- */

/* A struct at the start of the bytes, which may go on after it. */
static int get_fixed(const struct pen_type *type, struct pen_slice data, void *value)
{
	size_t used;

	return pen_ndr_get(type, little_endian, NULL, data.data, data.size, value, NULL, &used,
			   NULL);
}

/* Part of the bytes. PEN_E_BAD_DATA: they are not so many. */
static int get_part(struct pen_slice data, uint64_t offset, size_t n, struct pen_slice *partp)
{
	if (offset > data.size || n > data.size - offset)
		return PEN_E_BAD_DATA;
	*partp = (struct pen_slice){ .data = data.data + offset, .size = n };
	return 0;
}

/* A name as C text: one with a NUL in it would read as another. */
static int get_text(struct pen_arena *arena, const void *units, size_t n_units, bool is_big_endian,
		    const char **textp)
{
	size_t n = pen_utf16_text_size(units, n_units, is_big_endian);
	char *text = pen_arena_zalloc(arena, n + 1);

	if (!text)
		return -ENOMEM;
	pen_utf16_get(units, n_units, is_big_endian, text, n);
	if (memchr(text, 0, n))
		return PEN_E_BAD_DATA;
	*textp = text;
	return 0;
}

static int get_text_at(struct pen_arena *arena, struct pen_slice data, size_t offset, size_t n,
		       const char **textp)
{
	struct pen_slice part;

	if (n % 2 || get_part(data, offset, n, &part))
		return PEN_E_BAD_DATA;
	return get_text(arena, part.data, n / 2, false, textp);
}

static int get_string(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *string,
		      const char **textp)
{
	if (string->Length && !string->Buffer)
		return PEN_E_BAD_DATA;
	return get_text(arena, string->Buffer, string->Length / 2, PEN_UTF16_HOST, textp);
}

/* A SID that is bytes, all of them. */
static int get_sid_bytes(struct pen_slice data, struct pen_sid *sid)
{
	struct pen_sid read;
	struct pen_reader r;

	pen_reader_init(&r, data.data, data.size);
	pen_sid_get(&read, &r);
	if (!pen_reader_ok(&r) || pen_reader_left(&r))
		return PEN_E_BAD_DATA;
	*sid = read;
	return 0;
}

static int get_sid(const struct dtyp_RPC_SID *value, struct pen_sid *sid)
{
	if (!value || value->Revision != 1 ||
	    value->SubAuthorityCount > PEN_SID_SUB_AUTHORITIES_MAX)
		return PEN_E_BAD_DATA;
	*sid = (struct pen_sid){ .revision = 1, .n_sub_authorities = value->SubAuthorityCount };
	for (size_t i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | value->IdentifierAuthority.Value[i];
	for (size_t i = 0; i < value->SubAuthorityCount; i++)
		sid->sub_authorities[i] = value->SubAuthority[i];
	return 0;
}

/* ---- the logon information [2.5] ---- */

/* A pickle of version 1, of that value. */
static int get_pickled(const struct pen_type *type, struct pen_slice data, void *value,
		       struct pen_arena *arena)
{
	struct pen_pickle pickle;
	int r = pen_pickle_open(&pickle, data.data, data.size, NULL);

	if (!r && pickle.form.version != 1)
		return PEN_E_BAD_DATA;
	if (!r)
		r = pen_pickle_get(&pickle, type, value, arena, NULL);
	return r == PEN_E_NOT_FOUND ? PEN_E_BAD_DATA : r;
}

/* The groups that a PAC names, as they are gathered. */
struct groups {
	struct pen_sid *sids;
	size_t n;
};

/*
 * Whether a domain may speak for the SID: accounts of domains, and the few well-known
 * ones that say how the client was proved. Not the system, nor this machine's groups,
 * nor how the client came here.
 */
static bool is_of_domain(const struct pen_sid *sid)
{
	static const uint32_t known[] = { 9, 15, 21, 65, 1000 };

	if (sid->authority == 18)
		return true;
	for (size_t i = 0; i < PEN_COUNT(known); i++)
		if (sid->authority == 5 && sid->n_sub_authorities &&
		    sid->sub_authorities[0] == known[i])
			return true;
	return false;
}

static void add_group(struct groups *groups, const struct pen_sid *sid, uint32_t attributes)
{
	if (attributes & GROUP_ENABLED && is_of_domain(sid))
		groups->sids[groups->n++] = *sid;
}

static int add_rids(struct groups *groups, const struct pen_sid *domain,
		    const struct krb5pac_GROUP_MEMBERSHIP *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct pen_sid sid = *domain;

		if (pen_sid_append(&sid, members[i].RelativeId))
			return PEN_E_BAD_DATA;
		add_group(groups, &sid, members[i].Attributes);
	}
	return 0;
}

static int add_sids(struct groups *groups, const struct krb5pac_KERB_SID_AND_ATTRIBUTES *sids,
		    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct pen_sid sid;

		if (get_sid(sids[i].Sid, &sid))
			return PEN_E_BAD_DATA;
		add_group(groups, &sid, sids[i].Attributes);
	}
	return 0;
}

static int get_groups(struct pen_pac *pac, struct pen_arena *arena, const struct pen_sid *domain,
		      const struct krb5pac_KERB_VALIDATION_INFO *info, size_t n_skip)
{
	struct pen_sid resource_domain;
	struct groups groups = { 0 };

	if ((info->GroupCount && !info->GroupIds) || (info->SidCount && !info->ExtraSids) ||
	    (info->ResourceGroupCount && !info->ResourceGroupIds))
		return PEN_E_BAD_DATA;
	if ((uint64_t)info->GroupCount + info->SidCount + info->ResourceGroupCount >
	    PEN_TOKEN_SIDS_MAX - N_WELL_KNOWN - 2)
		return PEN_E_LIMIT;
	groups.sids = pen_arena_array(
		arena, (size_t)info->GroupCount + info->SidCount + info->ResourceGroupCount + 1,
		sizeof(*groups.sids));
	if (!groups.sids)
		return -ENOMEM;

	if (add_rids(&groups, domain, info->GroupIds, info->GroupCount) ||
	    add_sids(&groups, info->ExtraSids + n_skip, info->SidCount - n_skip))
		return PEN_E_BAD_DATA;
	if (info->ResourceGroupCount &&
	    (get_sid(info->ResourceGroupDomainSid, &resource_domain) ||
	     add_rids(&groups, &resource_domain, info->ResourceGroupIds, info->ResourceGroupCount)))
		return PEN_E_BAD_DATA;
	pac->groups = groups.sids;
	pac->n_groups = groups.n;
	return 0;
}

static int get_logon_info(struct pen_pac *pac, struct pen_arena *arena, struct pen_slice data)
{
	struct krb5pac_PAC_LOGON_INFO logon = { 0 };
	const struct krb5pac_KERB_VALIDATION_INFO *info;
	struct pen_sid domain;
	size_t n_skip = 0;
	int r;

	r = get_pickled(&krb5pac_PAC_LOGON_INFO_type, data, &logon, arena);
	if (r)
		return r;
	info = logon.Info;
	if (!info || get_sid(info->LogonDomainId, &domain))
		return PEN_E_BAD_DATA;

	pac->user = pac->primary_group = domain;
	if (pen_sid_append(&pac->user, info->UserId) ||
	    pen_sid_append(&pac->primary_group, info->PrimaryGroupId))
		return PEN_E_BAD_DATA;
	/* An account of no RID: its SID is the first of the extra ones. */
	if (info->UserId == 0) {
		if (!info->SidCount || !info->ExtraSids ||
		    get_sid(info->ExtraSids[0].Sid, &pac->user))
			return PEN_E_BAD_DATA;
		n_skip = 1;
	}
	if (!is_of_domain(&pac->user))
		return PEN_E_BAD_DATA;
	pac->is_guest = info->UserFlags & krb5pac_LOGON_GUEST;
	r = get_groups(pac, arena, &domain, info, n_skip);
	if (!r)
		r = get_string(arena, &info->EffectiveName, &pac->account);
	if (!r)
		r = get_string(arena, &info->FullName, &pac->full_name);
	if (!r)
		r = get_string(arena, &info->LogonDomainName, &pac->domain);
	if (!r)
		r = get_string(arena, &info->LogonServer, &pac->logon_server);
	return r;
}

/* ---- the other parts ---- */

/* [2.7] */
static int get_client_info(struct pen_pac *pac, struct pen_arena *arena, struct pen_slice data)
{
	struct krb5pac_PAC_CLIENT_INFO info = { 0 };
	int r = get_fixed(&krb5pac_PAC_CLIENT_INFO_type, data, &info);

	return r ? r : get_text_at(arena, data, 10, info.NameLength, &pac->client);
}

/* [2.10]. sid: the user's, where it says so. */
static int get_upn_dns_info(struct pen_pac *pac, struct pen_arena *arena, struct pen_slice data,
			    struct pen_sid *sid)
{
	struct krb5pac_UPN_DNS_INFO_SAM sam = { 0 };
	struct krb5pac_UPN_DNS_INFO info = { 0 };
	struct pen_slice part;
	int r;

	r = get_fixed(&krb5pac_UPN_DNS_INFO_type, data, &info);
	if (!r)
		r = get_text_at(arena, data, info.UpnOffset, info.UpnLength, &pac->upn);
	if (!r)
		r = get_text_at(arena, data, info.DnsDomainNameOffset, info.DnsDomainNameLength,
				&pac->dns_domain);
	if (r || !(info.Flags & krb5pac_UPN_DNS_INFO_S))
		return r;
	if (get_part(data, 12, 8, &part))
		return PEN_E_BAD_DATA;
	r = get_fixed(&krb5pac_UPN_DNS_INFO_SAM_type, part, &sam);
	if (r)
		return r;
	if (get_part(data, sam.SidOffset, sam.SidLength, &part))
		return PEN_E_BAD_DATA;
	return get_sid_bytes(part, sid);
}

/* The first part of each type; what is not understood is ignored, as [2.4] has it. */
struct parts {
	struct pen_slice logon_info;
	struct pen_slice client_info;
	struct pen_slice upn_dns_info;
	struct pen_slice requestor;
};

static struct pen_slice *part_of_type(struct parts *parts, uint32_t type)
{
	switch (type) {
	case krb5pac_PAC_TYPE_LOGON_INFO:
		return &parts->logon_info;
	case krb5pac_PAC_TYPE_CLIENT_INFO:
		return &parts->client_info;
	case krb5pac_PAC_TYPE_UPN_DNS_INFO:
		return &parts->upn_dns_info;
	case krb5pac_PAC_TYPE_REQUESTOR:
		return &parts->requestor;
	}
	return NULL;
}

/* PACTYPE [2.3]. */
static int get_parts(struct parts *parts, struct pen_slice data)
{
	struct pen_reader r;
	uint32_t n;

	if (data.size > PEN_PAC_SIZE_MAX)
		return PEN_E_LIMIT;
	pen_reader_init(&r, data.data, data.size);
	n = pen_reader_u32(&r);
	if (pen_reader_u32(&r) != 0 || !pen_reader_ok(&r))
		return PEN_E_BAD_DATA;
	if (n > PEN_PAC_BUFFERS_MAX)
		return PEN_E_LIMIT;
	for (uint32_t i = 0; i < n; i++) {
		struct krb5pac_PAC_INFO_BUFFER buffer = { 0 };
		struct pen_slice head = pen_reader_slice(&r, 16);
		struct pen_slice part;
		struct pen_slice *kept;

		if (!pen_reader_ok(&r) || get_fixed(&krb5pac_PAC_INFO_BUFFER_type, head, &buffer) ||
		    get_part(data, buffer.Offset, buffer.cbBufferSize, &part))
			return PEN_E_BAD_DATA;
		kept = part_of_type(parts, buffer.ulType);
		if (kept && !kept->data)
			*kept = part;
	}
	return 0;
}

int pen_pac_get(struct pen_pac *pac, struct pen_arena *arena, struct pen_slice data)
{
	struct pen_pac read = {
		.account = "",
		.full_name = "",
		.domain = "",
		.logon_server = "",
		.upn = "",
		.dns_domain = "",
		.client = "",
	};
	struct pen_sid upn_sid = { 0 };
	struct parts parts = { 0 };
	int r;

	r = get_parts(&parts, data);
	if (r)
		return r;
	if (parts.client_info.data)
		r = get_client_info(&read, arena, parts.client_info);
	if (!r && parts.upn_dns_info.data)
		r = get_upn_dns_info(&read, arena, parts.upn_dns_info, &upn_sid);
	if (!r && parts.requestor.data)
		r = get_sid_bytes(parts.requestor, &read.requestor);
	if (!r)
		r = parts.logon_info.data ? get_logon_info(&read, arena, parts.logon_info)
					  : PEN_E_NOT_FOUND;
	if (r)
		return r;
	/* Both are the SID of the client of the ticket [2.10]. */
	if (upn_sid.revision && !pen_sid_equal(&upn_sid, &read.user))
		return PEN_E_BAD_DATA;
	*pac = read;
	return 0;
}

/* ---- the token ---- */

int pen_pac_token(struct pen_token **tokenp, const struct pen_pac *pac,
		  const struct pen_token_info *known)
{
	pen_cleanup(pen_freep) struct pen_sid *sids = NULL;
	struct pen_token_info info = *known;
	size_t n = 0;

	if (pac->n_groups > PEN_TOKEN_SIDS_MAX - N_WELL_KNOWN - 2)
		return PEN_E_LIMIT;
	sids = calloc(pac->n_groups + N_WELL_KNOWN + 2, sizeof(*sids));
	if (!sids)
		return -ENOMEM;

	sids[n++] = pac->user;
	sids[n++] = pac->primary_group;
	for (size_t i = 0; i < pac->n_groups; i++)
		if (!pen_sid_equal(&pac->groups[i], &pac->primary_group))
			sids[n++] = pac->groups[i];
	sids[n++] = pen_sid_everyone;
	sids[n++] = pen_sid_network;
	if (!pac->is_guest)
		sids[n++] = pen_sid_authenticated_users;

	info.is_authenticated = !pac->is_guest;
	info.sids = sids;
	info.n_sids = n;
	info.primary_group = pac->primary_group;
	info.privileges = PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY);
	info.account = pac->account;
	info.domain = pac->domain;
	return pen_token_new(tokenp, &info);
}
