/* SPDX-License-Identifier: MIT */
/* Groups, which have users in them [MS-SAMR 3.1.5.5.3, 3.1.5.6.2, 3.1.5.8, 3.1.5.9.1]. */
#include "service/samr/state.h"
#include <errno.h>

/* ---- information ---- */

static int fill(struct pen_call *call, const struct pen_account_group *group,
		enum samr_GROUP_INFORMATION_CLASS level, union samr_SAMPR_GROUP_INFO_BUFFER *buffer)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_account_member *members;
	size_t n = 0;
	int r;

	switch (level) {
	case samr_GroupGeneralInformation:
	case samr_GroupReplicationInformation:
		/* Only the first of them counts. */
		r = level == samr_GroupGeneralInformation
			    ? pen_accounts_members(pen_samr_of(call)->accounts, group->rid, arena,
						   &members, &n)
			    : 0;
		if (!r)
			r = pen_samr_text_put(arena, group->name, &buffer->General.Name);
		if (!r)
			r = pen_samr_text_put(arena, group->comment, &buffer->General.AdminComment);
		buffer->General.Attributes = group->attributes;
		buffer->General.MemberCount = (uint32_t)n;
		return r;
	case samr_GroupNameInformation:
		return pen_samr_text_put(arena, group->name, &buffer->Name.Name);
	case samr_GroupAttributeInformation:
		buffer->Attribute.Attributes = group->attributes;
		return 0;
	case samr_GroupAdminCommentInformation:
		return pen_samr_text_put(arena, group->comment, &buffer->AdminComment.AdminComment);
	}
	return PEN_E_NOT_FOUND;
}

int pen_samr_query_group(struct pen_call *call, const struct samr_SamrQueryInformationGroup_in *in,
			 struct samr_SamrQueryInformationGroup_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	union samr_SAMPR_GROUP_INFO_BUFFER *buffer;
	struct pen_account_group group;
	struct pen_samr_object *object;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_READ_INFORMATION,
			     &object, &out->result);

	if (!r && !out->result &&
	    (in->GroupInformationClass < samr_GroupGeneralInformation ||
	     in->GroupInformationClass > samr_GroupReplicationInformation))
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	r = buffer ? pen_accounts_get_group(pen_samr_of(call)->accounts, object->domain,
					    object->rid, arena, &group)
		   : -ENOMEM;
	if (!r)
		r = fill(call, &group, in->GroupInformationClass, buffer);
	out->result = pen_samr_status(r, PEN_SAMR_GROUP);
	out->Buffer = r ? NULL : buffer;
	return 0;
}

static int change(struct pen_arena *arena, const struct samr_SamrSetInformationGroup_in *in,
		  struct pen_account_group *group)
{
	switch (in->GroupInformationClass) {
	case samr_GroupNameInformation:
		return pen_samr_text_get(arena, &in->Buffer.Name.Name, &group->name);
	case samr_GroupAttributeInformation:
		/* Those that all of them have are not asked [3.1.5.14.7]. */
		group->attributes = in->Buffer.Attribute.Attributes & PEN_ACCOUNT_GROUP_USUAL;
		return 0;
	default:
		return pen_samr_text_get(arena, &in->Buffer.AdminComment.AdminComment,
					 &group->comment);
	}
}

int pen_samr_set_group(struct pen_call *call, const struct samr_SamrSetInformationGroup_in *in,
		       struct samr_SamrSetInformationGroup_out *out)
{
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_account_group group;
	struct pen_samr_object *object;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_WRITE_ACCOUNT, &object,
			     &out->result);

	if (!r && !out->result &&
	    (in->GroupInformationClass < samr_GroupNameInformation ||
	     in->GroupInformationClass > samr_GroupAdminCommentInformation))
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	r = pen_accounts_begin(accounts);
	if (!r) {
		r = pen_accounts_get_group(accounts, object->domain, object->rid,
					   pen_call_arena(call), &group);
		if (!r)
			r = change(pen_call_arena(call), in, &group);
		if (!r)
			r = pen_accounts_set_group(accounts, &group);
		r = pen_accounts_end(accounts, r);
	}
	out->result = pen_samr_status(r, PEN_SAMR_GROUP);
	return 0;
}

/* ---- members ---- */

/* What the store answers of a membership; whether it is the user that is missing is asked. */
static int32_t member_status(struct pen_call *call, int r, uint32_t user, uint32_t exists,
			     uint32_t missing)
{
	struct pen_account account;

	switch (r) {
	case PEN_E_EXISTS:
		return (int32_t)exists;
	case PEN_E_DENIED:
		return (int32_t)PEN_STATUS_MEMBERS_PRIMARY_GROUP;
	case PEN_E_NOT_FOUND:
		r = pen_accounts_find_rid(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE, user,
					  NULL, &account);
		if (r || account.kind != PEN_ACCOUNT_USER)
			return (int32_t)PEN_STATUS_NO_SUCH_USER;
		return (int32_t)missing;
	}
	return pen_samr_status(r, PEN_SAMR_GROUP);
}

int pen_samr_add_member(struct pen_call *call, const struct samr_SamrAddMemberToGroup_in *in,
			struct samr_SamrAddMemberToGroup_out *out)
{
	struct pen_samr_object *group;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_ADD_MEMBER, &group,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_add_member(pen_samr_of(call)->accounts, group->rid, in->MemberId,
				    in->Attributes & PEN_ACCOUNT_GROUP_USUAL);
	out->result = member_status(call, r, in->MemberId, PEN_STATUS_MEMBER_IN_GROUP,
				    PEN_STATUS_NO_SUCH_GROUP);
	return 0;
}

int pen_samr_remove_member(struct pen_call *call,
			   const struct samr_SamrRemoveMemberFromGroup_in *in,
			   struct samr_SamrRemoveMemberFromGroup_out *out)
{
	struct pen_samr_object *group;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_REMOVE_MEMBER, &group,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_remove_member(pen_samr_of(call)->accounts, group->rid, in->MemberId);
	out->result = member_status(call, r, in->MemberId, PEN_STATUS_MEMBER_IN_GROUP,
				    PEN_STATUS_MEMBER_NOT_IN_GROUP);
	return 0;
}

int pen_samr_set_member(struct pen_call *call,
			const struct samr_SamrSetMemberAttributesOfGroup_in *in,
			struct samr_SamrSetMemberAttributesOfGroup_out *out)
{
	struct pen_samr_object *group;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_ADD_MEMBER, &group,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_set_member(pen_samr_of(call)->accounts, group->rid, in->MemberId,
				    in->Attributes & PEN_ACCOUNT_GROUP_USUAL);
	out->result = member_status(call, r, in->MemberId, PEN_STATUS_MEMBER_IN_GROUP,
				    PEN_STATUS_MEMBER_NOT_IN_GROUP);
	return 0;
}

int pen_samr_get_members(struct pen_call *call, const struct samr_SamrGetMembersInGroup_in *in,
			 struct samr_SamrGetMembersInGroup_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct samr_SAMPR_GET_MEMBERS_BUFFER *buffer;
	struct pen_account_member *members = NULL;
	struct pen_samr_object *group;
	size_t n = 0;
	int r = pen_samr_get(call, &in->GroupHandle, PEN_SAMR_GROUP, GROUP_LIST_MEMBERS, &group,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_members(pen_samr_of(call)->accounts, group->rid, arena, &members, &n);
	out->result = pen_samr_status(r, PEN_SAMR_GROUP);
	if (r)
		return 0;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	buffer->MemberCount = (uint32_t)n;
	buffer->Members = pen_arena_array(arena, n + 1, sizeof(*buffer->Members));
	buffer->Attributes = pen_arena_array(arena, n + 1, sizeof(*buffer->Attributes));
	if (!buffer->Members || !buffer->Attributes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		buffer->Members[i] = members[i].rid;
		buffer->Attributes[i] = members[i].attributes;
	}
	out->Members = buffer;
	return 0;
}

int pen_samr_get_groups(struct pen_call *call, const struct samr_SamrGetGroupsForUser_in *in,
			struct samr_SamrGetGroupsForUser_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct samr_SAMPR_GET_GROUPS_BUFFER *buffer;
	struct pen_account_member *groups = NULL;
	struct pen_samr_object *user;
	size_t n = 0;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, USER_LIST_GROUPS, &user,
			     &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_groups_of(pen_samr_of(call)->accounts, user->rid, arena, &groups, &n);
	out->result = pen_samr_status(r, PEN_SAMR_USER);
	if (r)
		return 0;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	if (buffer)
		buffer->Groups = pen_arena_array(arena, n + 1, sizeof(*buffer->Groups));
	if (!buffer || !buffer->Groups)
		return -ENOMEM;
	buffer->MembershipCount = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		buffer->Groups[i] =
			(struct samr_GROUP_MEMBERSHIP){ groups[i].rid, groups[i].attributes };
	out->Groups = buffer;
	return 0;
}
