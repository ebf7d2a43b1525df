/* SPDX-License-Identifier: MIT */
/* Aliases, which have any SIDs in them [MS-SAMR 3.1.5.5.4, 3.1.5.6.3, 3.1.5.8, 3.1.5.9.2]. */
#include "service/samr/state.h"
#include <errno.h>

/* ---- information ---- */

static int fill(struct pen_call *call, const struct pen_account_group *alias,
		enum samr_ALIAS_INFORMATION_CLASS level, union samr_SAMPR_ALIAS_INFO_BUFFER *buffer)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_sid *sids;
	size_t n = 0;
	int r;

	switch (level) {
	case samr_AliasGeneralInformation:
		r = pen_accounts_sids(pen_samr_of(call)->accounts, alias->domain, alias->rid, arena,
				      &sids, &n);
		if (!r)
			r = pen_samr_text_put(arena, alias->name, &buffer->General.Name);
		if (!r)
			r = pen_samr_text_put(arena, alias->comment, &buffer->General.AdminComment);
		buffer->General.MemberCount = (uint32_t)n;
		return r;
	case samr_AliasNameInformation:
		return pen_samr_text_put(arena, alias->name, &buffer->Name.Name);
	case samr_AliasAdminCommentInformation:
		return pen_samr_text_put(arena, alias->comment, &buffer->AdminComment.AdminComment);
	}
	return PEN_E_NOT_FOUND;
}

int pen_samr_query_alias(struct pen_call *call, const struct samr_SamrQueryInformationAlias_in *in,
			 struct samr_SamrQueryInformationAlias_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	union samr_SAMPR_ALIAS_INFO_BUFFER *buffer;
	struct pen_account_group alias;
	struct pen_samr_object *object;
	int r = pen_samr_get(call, &in->AliasHandle, PEN_SAMR_ALIAS, ALIAS_READ_INFORMATION,
			     &object, &out->result);

	if (!r && !out->result &&
	    (in->AliasInformationClass < samr_AliasGeneralInformation ||
	     in->AliasInformationClass > samr_AliasAdminCommentInformation))
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	r = buffer ? pen_accounts_get_group(pen_samr_of(call)->accounts, object->domain,
					    object->rid, arena, &alias)
		   : -ENOMEM;
	if (!r)
		r = fill(call, &alias, in->AliasInformationClass, buffer);
	out->result = pen_samr_status(r, PEN_SAMR_ALIAS);
	out->Buffer = r ? NULL : buffer;
	return 0;
}

int pen_samr_set_alias(struct pen_call *call, const struct samr_SamrSetInformationAlias_in *in,
		       struct samr_SamrSetInformationAlias_out *out)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_account_group alias;
	struct pen_samr_object *object;
	int r = pen_samr_get(call, &in->AliasHandle, PEN_SAMR_ALIAS, ALIAS_WRITE_ACCOUNT, &object,
			     &out->result);

	if (!r && !out->result && in->AliasInformationClass != samr_AliasNameInformation &&
	    in->AliasInformationClass != samr_AliasAdminCommentInformation)
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	r = pen_accounts_begin(accounts);
	if (!r) {
		r = pen_accounts_get_group(accounts, object->domain, object->rid, arena, &alias);
		if (!r && in->AliasInformationClass == samr_AliasNameInformation)
			r = pen_samr_text_get(arena, &in->Buffer.Name.Name, &alias.name);
		else if (!r)
			r = pen_samr_text_get(arena, &in->Buffer.AdminComment.AdminComment,
					      &alias.comment);
		if (!r)
			r = pen_accounts_set_group(accounts, &alias);
		r = pen_accounts_end(accounts, r);
	}
	out->result = pen_samr_status(r, PEN_SAMR_ALIAS);
	return 0;
}

/* ---- members ---- */

/* PEN_E_DENIED: a SID of this machine that nobody has, or that an alias has. */
static int32_t add_sid(struct pen_call *call, const struct pen_samr_object *alias,
		       const struct dtyp_RPC_SID *wire)
{
	struct pen_sid sid;
	int r = pen_samr_sid_get(wire, &sid);

	if (r)
		return (int32_t)PEN_STATUS_INVALID_SID;
	r = pen_accounts_add_sid(pen_samr_of(call)->accounts, alias->domain, alias->rid, &sid);
	switch (r) {
	case PEN_E_EXISTS:
		return (int32_t)PEN_STATUS_MEMBER_IN_ALIAS;
	case PEN_E_DENIED:
		return (int32_t)PEN_STATUS_NO_SUCH_MEMBER;
	}
	return pen_samr_status(r, PEN_SAMR_ALIAS);
}

static int32_t remove_sid(struct pen_call *call, const struct pen_samr_object *alias,
			  const struct dtyp_RPC_SID *wire)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_account account;
	struct pen_sid sid;
	int r = pen_samr_sid_get(wire, &sid);

	if (r)
		return (int32_t)PEN_STATUS_INVALID_SID;
	r = pen_accounts_remove_sid(accounts, alias->domain, alias->rid, &sid);
	if (r == PEN_E_NOT_FOUND &&
	    !pen_accounts_find_rid(accounts, alias->domain, alias->rid, NULL, &account))
		return (int32_t)PEN_STATUS_MEMBER_NOT_IN_ALIAS;
	return pen_samr_status(r, PEN_SAMR_ALIAS);
}

int pen_samr_add_alias_member(struct pen_call *call, const struct samr_SamrAddMemberToAlias_in *in,
			      struct samr_SamrAddMemberToAlias_out *out)
{
	struct pen_samr_object *alias;
	int r = pen_samr_get(call, &in->AliasHandle, PEN_SAMR_ALIAS, ALIAS_ADD_MEMBER, &alias,
			     &out->result);

	if (!r && !out->result)
		out->result = add_sid(call, alias, &in->MemberId);
	return r;
}

int pen_samr_remove_alias_member(struct pen_call *call,
				 const struct samr_SamrRemoveMemberFromAlias_in *in,
				 struct samr_SamrRemoveMemberFromAlias_out *out)
{
	struct pen_samr_object *alias;
	int r = pen_samr_get(call, &in->AliasHandle, PEN_SAMR_ALIAS, ALIAS_REMOVE_MEMBER, &alias,
			     &out->result);

	if (!r && !out->result)
		out->result = remove_sid(call, alias, &in->MemberId);
	return r;
}

/*
 * Changes each member by change, all or none. One that stands as it should already, which
 * change says by settled, is no failure [3.1.5.8.3, 3.1.5.8.4].
 */
static int change_members(struct pen_call *call, const struct pen_context_handle *handle,
			  uint32_t access, const struct samr_SAMPR_PSID_ARRAY *members,
			  int32_t (*change)(struct pen_call *call,
					    const struct pen_samr_object *alias,
					    const struct dtyp_RPC_SID *sid),
			  uint32_t settled, int32_t *result)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_samr_object *alias;
	int r = pen_samr_get(call, handle, PEN_SAMR_ALIAS, access, &alias, result);

	if (!r && !*result && !members->Sids && members->Count)
		*result = (int32_t)PEN_STATUS_INVALID_PARAMETER;
	if (!r && !*result)
		*result = pen_samr_status(pen_accounts_begin(accounts), PEN_SAMR_ALIAS);
	if (r || *result)
		return r;
	for (uint32_t i = 0; !*result && i < members->Count; i++) {
		*result = change(call, alias, members->Sids[i].SidPointer);
		if (*result == (int32_t)settled)
			*result = 0;
	}
	r = pen_accounts_end(accounts, *result ? PEN_E_CANCELLED : 0);
	if (r && r != PEN_E_CANCELLED)
		*result = pen_samr_status(r, PEN_SAMR_ALIAS);
	return 0;
}

int pen_samr_add_alias_members(struct pen_call *call,
			       const struct samr_SamrAddMultipleMembersToAlias_in *in,
			       struct samr_SamrAddMultipleMembersToAlias_out *out)
{
	return change_members(call, &in->AliasHandle, ALIAS_ADD_MEMBER, &in->MembersBuffer, add_sid,
			      PEN_STATUS_MEMBER_IN_ALIAS, &out->result);
}

int pen_samr_remove_alias_members(struct pen_call *call,
				  const struct samr_SamrRemoveMultipleMembersFromAlias_in *in,
				  struct samr_SamrRemoveMultipleMembersFromAlias_out *out)
{
	return change_members(call, &in->AliasHandle, ALIAS_REMOVE_MEMBER, &in->MembersBuffer,
			      remove_sid, PEN_STATUS_MEMBER_NOT_IN_ALIAS, &out->result);
}

int pen_samr_get_alias_members(struct pen_call *call,
			       const struct samr_SamrGetMembersInAlias_in *in,
			       struct samr_SamrGetMembersInAlias_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_samr_object *alias;
	struct pen_sid *sids = NULL;
	size_t n = 0;
	int r = pen_samr_get(call, &in->AliasHandle, PEN_SAMR_ALIAS, ALIAS_LIST_MEMBERS, &alias,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_sids(pen_samr_of(call)->accounts, alias->domain, alias->rid, arena, &sids,
			      &n);
	out->result = pen_samr_status(r, PEN_SAMR_ALIAS);
	if (r)
		return 0;
	out->Members.Sids = pen_arena_array(arena, n + 1, sizeof(*out->Members.Sids));
	if (!out->Members.Sids)
		return -ENOMEM;
	out->Members.Count = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		out->Members.Sids[i].SidPointer = pen_samr_sid_put(arena, &sids[i]);
		if (!out->Members.Sids[i].SidPointer)
			return -ENOMEM;
	}
	return 0;
}

/* The aliases of the domain that any of the SIDs is in. */
int pen_samr_get_alias_membership(struct pen_call *call,
				  const struct samr_SamrGetAliasMembership_in *in,
				  struct samr_SamrGetAliasMembership_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_samr_object *domain;
	uint32_t *rids = NULL;
	struct pen_sid *sids;
	size_t n = 0;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_GET_ALIAS_MEMBERSHIP,
			     &domain, &out->result);

	if (r || out->result)
		return r;
	sids = pen_arena_array(arena, in->SidArray.Count + 1, sizeof(*sids));
	if (!sids)
		return -ENOMEM;
	if (!in->SidArray.Sids && in->SidArray.Count) {
		out->result = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	for (uint32_t i = 0; i < in->SidArray.Count; i++)
		if (pen_samr_sid_get(in->SidArray.Sids[i].SidPointer, &sids[i])) {
			out->result = (int32_t)PEN_STATUS_INVALID_SID;
			return 0;
		}
	r = pen_accounts_aliases_of(pen_samr_of(call)->accounts, domain->domain, sids,
				    in->SidArray.Count, arena, &rids, &n);
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	if (r)
		return 0;
	out->Membership.Count = (uint32_t)n;
	out->Membership.Element = pen_arena_array(arena, n + 1, sizeof(*rids));
	if (!out->Membership.Element)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		out->Membership.Element[i] = rids[i];
	return 0;
}

/* Takes a SID out of all aliases of the domain [3.1.5.8.7]. */
int pen_samr_remove_foreign_member(struct pen_call *call,
				   const struct samr_SamrRemoveMemberFromForeignDomain_in *in,
				   struct samr_SamrRemoveMemberFromForeignDomain_out *out)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_samr_object *domain;
	struct pen_sid sid;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LOOKUP, &domain,
			     &out->result);

	if (r || out->result)
		return r;
	if (!pen_token_is_admin(pen_call_token(call)))
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
	else if (pen_samr_sid_get(&in->MemberSid, &sid))
		out->result = (int32_t)PEN_STATUS_INVALID_SID;
	else
		out->result = pen_samr_status(
			pen_accounts_forget_sid(accounts, domain->domain, &sid), PEN_SAMR_DOMAIN);
	return 0;
}
