/* SPDX-License-Identifier: MIT */
#include "object/letter.h"
#include "base/cleanup.h"
#include <errno.h>
#include <string.h>

static const struct pen_layout layout = { .transfer = PEN_NDR };

static int get(const struct pen_type *type, void *value, struct pen_arena *arena, const void *data,
	       size_t n)
{
	if (n > object_MESSAGE_MAX)
		return PEN_E_LIMIT;
	memset(value, 0, type->size);
	return pen_ndr_get(type, layout, NULL, data, n, value, arena, NULL, NULL);
}

static int put(const struct pen_type *type, const void *value, struct pen_buffer *buffer)
{
	int r = pen_ndr_put(type, layout, NULL, value, buffer, NULL);

	return !r && buffer->size > object_MESSAGE_MAX ? PEN_E_LIMIT : r;
}

int pen_letter_get_request(struct object_request *request, struct pen_arena *arena,
			   const void *data, size_t n)
{
	return get(&object_request_type, request, arena, data, n);
}

int pen_letter_get_reply(struct object_reply *reply, struct pen_arena *arena, const void *data,
			 size_t n)
{
	return get(&object_reply_type, reply, arena, data, n);
}

int pen_letter_put_request(const struct object_request *request, struct pen_buffer *buffer)
{
	return put(&object_request_type, request, buffer);
}

int pen_letter_put_reply(const struct object_reply *reply, struct pen_buffer *buffer)
{
	return put(&object_reply_type, reply, buffer);
}

/* ---- tokens ---- */

static struct dtyp_RPC_SID *put_sid(struct pen_arena *arena, const struct pen_sid *sid)
{
	struct dtyp_RPC_SID *letter = pen_arena_zalloc(arena, sizeof(*letter));

	if (!letter)
		return NULL;
	letter->Revision = sid->revision;
	letter->SubAuthorityCount = sid->n_sub_authorities;
	for (size_t i = 0; i < 6; i++)
		letter->IdentifierAuthority.Value[i] = (uint8_t)(sid->authority >> 8 * (5 - i));
	letter->SubAuthority =
		pen_arena_copy(arena, sid->sub_authorities,
			       sid->n_sub_authorities * sizeof(sid->sub_authorities[0]));
	return letter->SubAuthority ? letter : NULL;
}

static int get_sid(struct pen_sid *sid, const struct dtyp_RPC_SID *letter)
{
	if (!letter || letter->Revision != 1 ||
	    letter->SubAuthorityCount > PEN_SID_SUB_AUTHORITIES_MAX)
		return PEN_E_BAD_DATA;
	*sid = (struct pen_sid){ .revision = 1, .n_sub_authorities = letter->SubAuthorityCount };
	for (size_t i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | letter->IdentifierAuthority.Value[i];
	for (size_t i = 0; i < letter->SubAuthorityCount; i++)
		sid->sub_authorities[i] = letter->SubAuthority[i];
	return 0;
}

static int put_sids(struct object_token *letter, struct pen_arena *arena,
		    const struct pen_token_info *info)
{
	letter->n_sids = (uint32_t)info->n_sids;
	letter->sids = pen_arena_array(arena, info->n_sids, sizeof(*letter->sids));
	if (!letter->sids)
		return -ENOMEM;
	for (size_t i = 0; i < info->n_sids; i++) {
		letter->sids[i] = put_sid(arena, &info->sids[i]);
		if (!letter->sids[i])
			return -ENOMEM;
	}
	if (!info->primary_group.revision)
		return 0;
	letter->primary_group = put_sid(arena, &info->primary_group);
	return letter->primary_group ? 0 : -ENOMEM;
}

int pen_letter_from_token(struct object_token *letter, struct pen_arena *arena,
			  const struct pen_token *token)
{
	const struct pen_token_info *info = pen_token_info(token);

	if (info->session_key.size > object_KEY_MAX)
		return PEN_E_LIMIT;
	*letter = (struct object_token){
		.proof = info->proof,
		.is_authenticated = info->is_authenticated,
		.is_identify_only = info->is_identify_only,
		.privileges = (int64_t)info->privileges,
		.session_id = info->session_id,
		.has_unix = info->has_unix,
		.uid = info->uid,
		.gid = info->gid,
		.n_groups = (uint32_t)info->n_groups,
		.groups = info->n_groups ? (uint32_t *)(uintptr_t)info->groups : NULL,
		.account = info->account,
		.domain = info->domain,
		.remote_address = info->remote_address,
		.local_address = info->local_address,
		.remote_port = info->remote_port,
		.local_port = info->local_port,
		.is_encrypted = info->is_encrypted,
		.is_local = info->is_local,
		.n_session_key = (uint32_t)info->session_key.size,
		.session_key = info->session_key.size ? (uint8_t *)(uintptr_t)info->session_key.data
						      : NULL,
		.smbd_flags = info->smbd_flags,
	};
	return put_sids(letter, arena, info);
}

/* What the codec does not see to: pointers that the counts say must be there. */
static bool is_whole(const struct object_token *letter)
{
	return letter->n_sids && letter->n_sids <= object_SIDS_MAX && letter->sids &&
	       letter->n_groups <= object_GROUPS_MAX && (letter->groups || !letter->n_groups) &&
	       letter->n_session_key <= object_KEY_MAX &&
	       (letter->session_key || !letter->n_session_key) && letter->proof <= PEN_TOKEN_RPC;
}

int pen_letter_to_token(struct pen_token **tokenp, const struct object_token *letter)
{
	pen_cleanup(pen_freep) struct pen_sid *sids = NULL;
	struct pen_token_info info = {
		.proof = (enum pen_token_proof)letter->proof,
		.is_authenticated = letter->is_authenticated,
		.is_identify_only = letter->is_identify_only,
		.n_sids = letter->n_sids,
		.privileges = (uint64_t)letter->privileges,
		.session_id = letter->session_id,
		.has_unix = letter->has_unix,
		.uid = letter->uid,
		.gid = letter->gid,
		.groups = letter->groups,
		.n_groups = letter->n_groups,
		.account = letter->account,
		.domain = letter->domain,
		.remote_address = letter->remote_address,
		.local_address = letter->local_address,
		.remote_port = letter->remote_port,
		.local_port = letter->local_port,
		.is_encrypted = letter->is_encrypted,
		.is_local = letter->is_local,
		.session_key = { letter->session_key, letter->n_session_key },
		.smbd_flags = letter->smbd_flags,
	};

	if (!is_whole(letter))
		return PEN_E_BAD_DATA;
	if (letter->primary_group && get_sid(&info.primary_group, letter->primary_group))
		return PEN_E_BAD_DATA;
	sids = calloc(letter->n_sids, sizeof(*sids));
	if (!sids)
		return -ENOMEM;
	for (size_t i = 0; i < letter->n_sids; i++)
		if (get_sid(&sids[i], letter->sids[i]))
			return PEN_E_BAD_DATA;
	info.sids = sids;
	return pen_token_new(tokenp, &info);
}

/* ---- GUIDs ---- */

struct pen_uuid pen_letter_get_guid(const struct dtyp_GUID *guid)
{
	struct pen_uuid uuid = {
		.time_low = guid->Data1,
		.time_mid = guid->Data2,
		.time_hi_and_version = guid->Data3,
	};

	memcpy(uuid.clock_seq, guid->Data4, 2);
	memcpy(uuid.node, guid->Data4 + 2, 6);
	return uuid;
}

struct dtyp_GUID pen_letter_put_guid(const struct pen_uuid *uuid)
{
	struct dtyp_GUID guid = {
		.Data1 = uuid->time_low,
		.Data2 = uuid->time_mid,
		.Data3 = uuid->time_hi_and_version,
	};

	memcpy(guid.Data4, uuid->clock_seq, 2);
	memcpy(guid.Data4 + 2, uuid->node, 6);
	return guid;
}
