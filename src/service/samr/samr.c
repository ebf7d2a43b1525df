/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "service/samr/state.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

PEN_DEFINE_FREEP(struct pen_samr, pen_samr)

#define SECONDS_TO_1970 UINT64_C(11644473600)

static uint64_t system_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + SECONDS_TO_1970) * PEN_ACCOUNT_SECOND +
	       (uint64_t)now.tv_nsec / 100;
}

int pen_samr_new(struct pen_samr **samrp, const struct pen_samr_config *config)
{
	pen_cleanup(pen_samr_freep) struct pen_samr *samr = calloc(1, sizeof(*samr));

	if (!samr)
		return -ENOMEM;
	samr->accounts = config->accounts;
	samr->vault = config->vault;
	samr->crypto = config->crypto;
	samr->clock = config->clock ? config->clock : system_clock;
	*samrp = pen_take(&samr);
	return 0;
}

struct pen_samr *pen_samr_free(struct pen_samr *samr)
{
	if (!samr)
		return NULL;
	free((void *)samr->server_security.data);
	free(samr);
	return NULL;
}

/* ---- handles ---- */

static void object_rundown(void *object)
{
	free(object);
}

/* One type for all, as the document has one; what a handle is of is asked by kind. */
static const struct pen_handle_type handle_type = { "SAMPR_HANDLE", object_rundown };

int pen_samr_get_any(struct pen_call *call, const struct pen_context_handle *handle,
		     struct pen_samr_object **objectp)
{
	void *object;
	int r = pen_call_handle_get(call, &handle_type, handle, &object);

	if (!r)
		*objectp = object;
	return r;
}

int pen_samr_get(struct pen_call *call, const struct pen_context_handle *handle,
		 enum pen_samr_kind kind, uint32_t rights, struct pen_samr_object **objectp,
		 int32_t *resultp)
{
	struct pen_samr_object *object;
	int r = pen_samr_get_any(call, handle, &object);

	if (r)
		return r;
	if (object->kind != kind)
		*resultp = (int32_t)PEN_STATUS_OBJECT_TYPE_MISMATCH;
	else if ((object->granted & rights) != rights)
		*resultp = (int32_t)PEN_STATUS_ACCESS_DENIED;
	else
		*resultp = 0;
	*objectp = object;
	return 0;
}

int pen_samr_open_granted(struct pen_call *call, const struct pen_samr_object *object,
			  struct pen_context_handle *handle, int32_t *resultp)
{
	struct pen_samr_object *copy = malloc(sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	*copy = *object;
	r = pen_call_handle_new(call, &handle_type, copy, handle);
	if (r)
		free(copy);
	*resultp = r == PEN_E_LIMIT ? (int32_t)PEN_STATUS_INSUFFICIENT_RESOURCES : 0;
	return r == PEN_E_LIMIT ? 0 : r;
}

int pen_samr_open(struct pen_call *call, const struct pen_samr_object *object, uint32_t desired,
		  struct pen_context_handle *handle, int32_t *resultp)
{
	struct pen_samr_object opened = *object;

	*resultp = pen_samr_check(call, object, desired, &opened.granted);
	return *resultp ? 0 : pen_samr_open_granted(call, &opened, handle, resultp);
}

int pen_samr_close(struct pen_call *call, const struct pen_context_handle *given,
		   struct pen_context_handle *handle)
{
	*handle = *given;
	return pen_call_handle_close(call, &handle_type, handle);
}

/* ---- statuses ---- */

int32_t pen_samr_status(int r, enum pen_samr_kind kind)
{
	static const struct {
		uint32_t not_found, exists, denied, syntax;
	} statuses[PEN_SAMR_N_KINDS] = {
		[PEN_SAMR_SERVER] = { PEN_STATUS_NO_SUCH_DOMAIN, PEN_STATUS_DOMAIN_EXISTS,
				      PEN_STATUS_ACCESS_DENIED, PEN_STATUS_INVALID_PARAMETER },
		[PEN_SAMR_DOMAIN] = { PEN_STATUS_NO_SUCH_DOMAIN, PEN_STATUS_DOMAIN_EXISTS,
				      PEN_STATUS_ACCESS_DENIED, PEN_STATUS_INVALID_PARAMETER },
		[PEN_SAMR_USER] = { PEN_STATUS_NO_SUCH_USER, PEN_STATUS_USER_EXISTS,
				    PEN_STATUS_SPECIAL_ACCOUNT, PEN_STATUS_INVALID_ACCOUNT_NAME },
		[PEN_SAMR_GROUP] = { PEN_STATUS_NO_SUCH_GROUP, PEN_STATUS_GROUP_EXISTS,
				     PEN_STATUS_SPECIAL_ACCOUNT, PEN_STATUS_INVALID_ACCOUNT_NAME },
		[PEN_SAMR_ALIAS] = { PEN_STATUS_NO_SUCH_ALIAS, PEN_STATUS_ALIAS_EXISTS,
				     PEN_STATUS_SPECIAL_ACCOUNT, PEN_STATUS_INVALID_ACCOUNT_NAME },
	};

	switch (r) {
	case 0:
		return 0;
	case PEN_E_NOT_FOUND:
		return (int32_t)statuses[kind].not_found;
	case PEN_E_EXISTS:
		return (int32_t)statuses[kind].exists;
	case PEN_E_DENIED:
		return (int32_t)statuses[kind].denied;
	case PEN_E_SYNTAX:
		return (int32_t)statuses[kind].syntax;
	case PEN_E_LIMIT:
	case PEN_E_BAD_DATA:
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	case PEN_E_UNSUPPORTED:
		return (int32_t)PEN_STATUS_NOT_SUPPORTED;
	case -ENOMEM:
		return (int32_t)PEN_STATUS_NO_MEMORY;
	}
	return (int32_t)PEN_STATUS_INTERNAL_DB_ERROR;
}

/* ---- what Windows answers and does not do ---- */

static int test_private_domain(struct pen_call *call,
			       const struct samr_SamrTestPrivateFunctionsDomain_in *in,
			       struct samr_SamrTestPrivateFunctionsDomain_out *out)
{
	struct pen_samr_object *domain;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, 0, &domain, &out->result);

	if (!r && !out->result)
		out->result = (int32_t)PEN_STATUS_NOT_IMPLEMENTED;
	return r;
}

static int test_private_user(struct pen_call *call,
			     const struct samr_SamrTestPrivateFunctionsUser_in *in,
			     struct samr_SamrTestPrivateFunctionsUser_out *out)
{
	struct pen_samr_object *user;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, 0, &user, &out->result);

	if (!r && !out->result)
		out->result = (int32_t)PEN_STATUS_NOT_IMPLEMENTED;
	return r;
}

static const struct samr_operations operations = {
	.SamrConnect = pen_samr_connect,
	.SamrCloseHandle = pen_samr_close_handle,
	.SamrSetSecurityObject = pen_samr_set_security,
	.SamrQuerySecurityObject = pen_samr_query_security,
	.SamrLookupDomainInSamServer = pen_samr_lookup_domain,
	.SamrEnumerateDomainsInSamServer = pen_samr_enum_domains,
	.SamrOpenDomain = pen_samr_open_domain,
	.SamrQueryInformationDomain = pen_samr_query_domain,
	.SamrSetInformationDomain = pen_samr_set_domain,
	.SamrCreateGroupInDomain = pen_samr_create_group,
	.SamrEnumerateGroupsInDomain = pen_samr_enum_groups,
	.SamrCreateUserInDomain = pen_samr_create_user,
	.SamrEnumerateUsersInDomain = pen_samr_enum_users,
	.SamrCreateAliasInDomain = pen_samr_create_alias,
	.SamrEnumerateAliasesInDomain = pen_samr_enum_aliases,
	.SamrGetAliasMembership = pen_samr_get_alias_membership,
	.SamrLookupNamesInDomain = pen_samr_lookup_names,
	.SamrLookupIdsInDomain = pen_samr_lookup_ids,
	.SamrOpenGroup = pen_samr_open_group,
	.SamrQueryInformationGroup = pen_samr_query_group,
	.SamrSetInformationGroup = pen_samr_set_group,
	.SamrAddMemberToGroup = pen_samr_add_member,
	.SamrDeleteGroup = pen_samr_delete_group,
	.SamrRemoveMemberFromGroup = pen_samr_remove_member,
	.SamrGetMembersInGroup = pen_samr_get_members,
	.SamrSetMemberAttributesOfGroup = pen_samr_set_member,
	.SamrOpenAlias = pen_samr_open_alias,
	.SamrQueryInformationAlias = pen_samr_query_alias,
	.SamrSetInformationAlias = pen_samr_set_alias,
	.SamrDeleteAlias = pen_samr_delete_alias,
	.SamrAddMemberToAlias = pen_samr_add_alias_member,
	.SamrRemoveMemberFromAlias = pen_samr_remove_alias_member,
	.SamrGetMembersInAlias = pen_samr_get_alias_members,
	.SamrOpenUser = pen_samr_open_user,
	.SamrDeleteUser = pen_samr_delete_user,
	.SamrQueryInformationUser = pen_samr_query_user,
	.SamrSetInformationUser = pen_samr_set_user,
	.SamrChangePasswordUser = pen_samr_change_password,
	.SamrGetGroupsForUser = pen_samr_get_groups,
	.SamrQueryDisplayInformation = pen_samr_display,
	.SamrGetDisplayEnumerationIndex = pen_samr_display_index,
	.SamrTestPrivateFunctionsDomain = test_private_domain,
	.SamrTestPrivateFunctionsUser = test_private_user,
	.SamrGetUserDomainPasswordInformation = pen_samr_user_password_information,
	.SamrRemoveMemberFromForeignDomain = pen_samr_remove_foreign_member,
	.SamrQueryInformationDomain2 = pen_samr_query_domain2,
	.SamrQueryInformationUser2 = pen_samr_query_user2,
	.SamrQueryDisplayInformation2 = pen_samr_display2,
	.SamrGetDisplayEnumerationIndex2 = pen_samr_display_index2,
	.SamrCreateUser2InDomain = pen_samr_create_user2,
	.SamrQueryDisplayInformation3 = pen_samr_display3,
	.SamrAddMultipleMembersToAlias = pen_samr_add_alias_members,
	.SamrRemoveMultipleMembersFromAlias = pen_samr_remove_alias_members,
	.SamrOemChangePasswordUser2 = pen_samr_oem_change_password2,
	.SamrUnicodeChangePasswordUser2 = pen_samr_unicode_change_password2,
	.SamrGetDomainPasswordInformation = pen_samr_domain_password_information,
	.SamrConnect2 = pen_samr_connect2,
	.SamrSetInformationUser2 = pen_samr_set_user2,
	.SamrConnect3 = pen_samr_connect3,
	.SamrConnect4 = pen_samr_connect4,
	.SamrUnicodeChangePasswordUser3 = pen_samr_unicode_change_password3,
	.SamrConnect5 = pen_samr_connect5,
	.SamrRidToSid = pen_samr_rid_to_sid,
	.SamrSetDSRMPassword = pen_samr_set_dsrm_password,
	.SamrValidatePassword = pen_samr_validate_password,
	.SamrUnicodeChangePasswordUser4 = pen_samr_unicode_change_password4,
};

const struct pen_service pen_samr_service = {
	.interface = &samr_interface,
	.operations = &operations,
	.auth_level_min = PEN_AUTH_LEVEL_INTEGRITY,
};
