/* SPDX-License-Identifier: MIT */
#include "service/samr/fixture.h"
#include <penstock/buffer.h>

/* ---- the server and its domains ---- */

static void test_connect(void **state)
{
	struct fixture *f = *state;
	const struct samr_SamrConnect5_out *five;
	struct pen_context_handle server;

	EXPECT(0, f->admin, SamrConnect, .DesiredAccess = 0xf003f);
	EXPECT(0, f->admin, SamrConnect4, .DesiredAccess = 0xf003f);
	EXPECT(0, f->user, SamrConnect2, .DesiredAccess = 0x31);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrConnect2, .DesiredAccess = 0x2);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->nobody, SamrConnect2, .DesiredAccess = 0x1);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->nobody, SamrConnect2, .DesiredAccess = MAXIMUM_ALLOWED);
	five = EXPECT(0, f->user, SamrConnect5, .DesiredAccess = MAXIMUM_ALLOWED, .InVersion = 1);
	assert_int_equal(five->OutRevisionInfo.V1.Revision, 3);
	assert_int_equal(five->OutRevisionInfo.V1.SupportedFeatures, 0x10);
	server = five->ServerHandle;
	server = EXPECT(0, f->user, SamrCloseHandle, server)->SamHandle;
	assert_true(pen_uuid_is_nil(&server.uuid));
}

static void test_domains(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle server =
		EXPECT(0, f->user, SamrConnect2, .DesiredAccess = 0x31)->ServerHandle;
	const struct samr_SamrEnumerateDomainsInSamServer_out *list =
		EXPECT(0, f->user, SamrEnumerateDomainsInSamServer, server);
	struct dtyp_RPC_SID *sid;

	assert_int_equal(list->CountReturned, 2);
	expect_text(list->Buffer->Buffer[0].Name, "TEST");
	expect_text(list->Buffer->Buffer[1].Name, "Builtin");
	sid = EXPECT(0, f->user, SamrLookupDomainInSamServer, server, wide("bUILTIN"))->DomainId;
	assert_int_equal(sid->SubAuthorityCount, 1);
	assert_int_equal(sid->SubAuthority[0], 32);
	EXPECT(0, f->user, SamrOpenDomain, server, 0x385, *sid);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrOpenDomain, server, DOMAIN_CREATE_USER, *sid);
	EXPECT(PEN_STATUS_NO_SUCH_DOMAIN, f->user, SamrLookupDomainInSamServer, server,
	       wide("other"));
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->user, SamrLookupDomainInSamServer, server);
	sid->SubAuthority[0] = 33;
	EXPECT(PEN_STATUS_NO_SUCH_DOMAIN, f->user, SamrOpenDomain, server, 0x385, *sid);
}

/* A handle of one kind is none of another, and lets do what it was opened for only. */
static void test_handles(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle weak = open_domain(f->admin, PEN_ACCOUNT_MACHINE, DOMAIN_LOOKUP);
	struct pen_context_handle user =
		EXPECT(0, f->admin, SamrOpenUser, weak, USER_READ_GENERAL, 500)->UserHandle;
	const struct samr_SamrEnumerateGroupsInDomain_in in = { .DomainHandle = { .attributes =
											  1 } };
	struct samr_SamrEnumerateGroupsInDomain_out out = { .result = 0 };

	EXPECT(PEN_STATUS_OBJECT_TYPE_MISMATCH, f->admin, SamrOpenUser, user, 1, 500);
	EXPECT(PEN_STATUS_OBJECT_TYPE_MISMATCH, f->admin, SamrQueryInformationUser, weak,
	       samr_UserNameInformation);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrEnumerateGroupsInDomain, weak);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrCreateUserInDomain, weak, wide("u"), 1);
	EXPECT(0, f->admin, SamrQueryInformationUser, user, samr_UserNameInformation);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrQueryInformationUser, user,
	       samr_UserLogonInformation);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrDeleteUser, user);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrSetInformationUser, user,
	       samr_UserFullNameInformation, .Buffer.FullName.FullName = wide("x"));
	assert_int_equal(ops()->SamrEnumerateGroupsInDomain(f->admin, &in, &out), PEN_E_FAULT);
}

static void test_domain_information(void **state)
{
	static const enum samr_DOMAIN_INFORMATION_CLASS none[] = { 0, 10, 14, 0x7fff };
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle readable = open_domain(f->user, PEN_ACCOUNT_MACHINE, 0x385);
	union samr_SAMPR_DOMAIN_INFO_BUFFER *info;
	struct samr_DOMAIN_PASSWORD_INFORMATION password;

	for (int level = 1; level <= 13; level++)
		if (level != 10)
			EXPECT(0, f->user, SamrQueryInformationDomain2, readable,
			       (enum samr_DOMAIN_INFORMATION_CLASS)level);
	for (size_t i = 0; i < PEN_COUNT(none); i++)
		EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->user, SamrQueryInformationDomain, readable,
		       none[i]);
	info = EXPECT(0, f->admin, SamrQueryInformationDomain, domain,
		      samr_DomainGeneralInformation)
		       ->Buffer;
	expect_text(info->General.DomainName, "TEST");
	assert_int_equal(info->General.UserCount, 2);
	assert_int_equal(info->General.GroupCount, 4);

	password = EXPECT(0, f->admin, SamrQueryInformationDomain, domain,
			  samr_DomainPasswordInformation)
			   ->Buffer->Password;
	assert_int_equal(password.MinPasswordLength, 7);
	password.MinPasswordLength = 9;
	password.MinPasswordAge = pen_samr_time_put((uint64_t) - (int64_t)PEN_ACCOUNT_DAY);
	EXPECT(0, f->admin, SamrSetInformationDomain, domain, samr_DomainPasswordInformation,
	       .DomainInformation.Password = password);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrSetInformationDomain, readable,
	       samr_DomainPasswordInformation, .DomainInformation.Password = password);
	password = EXPECT(0, f->user, SamrQueryInformationDomain, readable,
			  samr_DomainPasswordInformation)
			   ->Buffer->Password;
	assert_int_equal(password.MinPasswordLength, 9);
	assert_int_equal(pen_samr_time_get(password.MinPasswordAge), -(int64_t)PEN_ACCOUNT_DAY);
	password.MaxPasswordAge = password.MinPasswordAge;
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrSetInformationDomain, domain,
	       samr_DomainPasswordInformation, .DomainInformation.Password = password);
	assert_int_equal(EXPECT(0, f->nobody, SamrGetDomainPasswordInformation)
				 ->PasswordInformation.MinPasswordLength,
			 9);

	EXPECT(0, f->admin, SamrSetInformationDomain, domain, samr_DomainOemInformation,
	       .DomainInformation.Oem.OemInformation = wide("ours"));
	info = EXPECT(0, f->admin, SamrQueryInformationDomain, domain, samr_DomainOemInformation)
		       ->Buffer;
	expect_text(info->Oem.OemInformation, "ours");
	EXPECT(PEN_STATUS_INVALID_DOMAIN_ROLE, f->admin, SamrSetInformationDomain, domain,
	       samr_DomainServerRoleInformation,
	       .DomainInformation.Role.DomainServerRole = samr_DomainServerRoleBackup);
	EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrSetInformationDomain, domain,
	       samr_DomainNameInformation);
}

/* ---- accounts ---- */

static void test_create_names(void **state)
{
	static const char *const wrong[] = { "",    "a/b",  "a\\b",
					     "a:b", "a\tb", "ends.",
					     "   ", "a*",   "longer-than-20-letters" };
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle builtin =
		open_domain(f->admin, PEN_ACCOUNT_BUILTIN, MAXIMUM_ALLOWED);
	uint16_t odd = 'a';

	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		EXPECT(PEN_STATUS_INVALID_ACCOUNT_NAME, f->admin, SamrCreateUserInDomain, domain,
		       wide(wrong[i]), MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_INVALID_ACCOUNT_NAME, f->admin, SamrCreateUserInDomain, domain,
	       (struct dtyp_RPC_UNICODE_STRING){ 2, 2, NULL }, MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_INVALID_ACCOUNT_NAME, f->admin, SamrCreateUserInDomain, domain,
	       (struct dtyp_RPC_UNICODE_STRING){ 1, 2, &odd }, MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_INVALID_ACCOUNT_NAME, f->admin, SamrCreateUserInDomain, domain,
	       wide("new; id"), MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->admin, SamrCreateUserInDomain, builtin, wide("new"),
	       MAXIMUM_ALLOWED);
}

static void test_create(void **state)
{
	static const struct {
		uint32_t type, status;
	} types[] = {
		{ PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_DISABLED, PEN_STATUS_INVALID_PARAMETER },
		{ 0, PEN_STATUS_INVALID_PARAMETER },
		{ PEN_ACCOUNT_INTERDOMAIN_TRUST, PEN_STATUS_ACCESS_DENIED },
		{ PEN_ACCOUNT_WORKSTATION_TRUST, 0 },
	};
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle group;
	uint32_t rid;

	rid = EXPECT(0, f->admin, SamrCreateUserInDomain, domain, wide("new"), 0xf07ff)->RelativeId;
	assert_int_equal(rid, PEN_ACCOUNT_FIRST_RID);
	EXPECT(PEN_STATUS_USER_EXISTS, f->admin, SamrCreateUserInDomain, domain, wide("NEW"), 1);
	EXPECT(PEN_STATUS_USER_EXISTS, f->admin, SamrCreateGroupInDomain, domain, wide("New"), 1);
	EXPECT(PEN_STATUS_ALIAS_EXISTS, f->admin, SamrCreateUserInDomain, domain, wide("Users"), 1);
	EXPECT(PEN_STATUS_GROUP_EXISTS, f->admin, SamrCreateAliasInDomain, domain,
	       wide("domain users"), 1);
	for (size_t i = 0; i < PEN_COUNT(types); i++)
		EXPECT(types[i].status, f->admin, SamrCreateUser2InDomain, domain, wide("pc$"),
		       types[i].type, MAXIMUM_ALLOWED);
	group = EXPECT(0, f->admin, SamrCreateGroupInDomain, domain, wide("g"), 0xf001f)
			->GroupHandle;
	EXPECT(0, f->admin, SamrAddMemberToGroup, group, rid, 7);
	EXPECT(PEN_STATUS_MEMBER_IN_GROUP, f->admin, SamrDeleteGroup, group);
	EXPECT(0, f->admin, SamrRemoveMemberFromGroup, group, rid);
	group = EXPECT(0, f->admin, SamrDeleteGroup, group)->GroupHandle;
	assert_true(pen_uuid_is_nil(&group.uuid));
	group = EXPECT(0, f->admin, SamrOpenGroup, domain, PEN_ACCESS_DELETE, 513)->GroupHandle;
	EXPECT(PEN_STATUS_SPECIAL_ACCOUNT, f->admin, SamrDeleteGroup, group);
	EXPECT(PEN_STATUS_NO_SUCH_GROUP, f->admin, SamrOpenGroup, domain, 1, 500);
	EXPECT(PEN_STATUS_NO_SUCH_USER, f->admin, SamrOpenUser, domain, 1, 513);
	EXPECT(PEN_STATUS_NO_SUCH_ALIAS, f->admin, SamrOpenAlias, domain, 1, 544);
}

/* Who may add machines makes those, and no users. */
static void test_machines_by_privilege(void **state)
{
	struct fixture *f = *state;
	const struct pen_sid sids[] = { pen_sid_users, pen_sid_everyone,
					pen_sid_authenticated_users };
	const struct pen_token_info info = { .proof = PEN_TOKEN_NPA,
					     .is_authenticated = true,
					     .sids = sids,
					     .n_sids = PEN_COUNT(sids),
					     .privileges =
						     PEN_PRIVILEGE(PEN_PRIVILEGE_MACHINE_ACCOUNT) };
	const struct samr_SamrCreateUser2InDomain_out *made;
	struct pen_context_handle domain;
	struct pen_token *token;
	struct pen_call *call;

	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(pen_call_new_direct(&call, f->server, f->samr, token), 0);
	domain = open_domain(call, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_ACCESS_DENIED, call, SamrCreateUser2InDomain, domain, wide("u"),
	       PEN_ACCOUNT_NORMAL, MAXIMUM_ALLOWED);
	EXPECT(PEN_STATUS_ACCESS_DENIED, call, SamrCreateUser2InDomain, domain, wide("dc$"),
	       PEN_ACCOUNT_SERVER_TRUST, MAXIMUM_ALLOWED);
	made = EXPECT(0, call, SamrCreateUser2InDomain, domain, wide("pc$"),
		      PEN_ACCOUNT_WORKSTATION_TRUST, MAXIMUM_ALLOWED);
	assert_true(made->GrantedAccess & USER_FORCE_PASSWORD_CHANGE);
	assert_false(made->GrantedAccess & USER_CHANGE_PASSWORD);
	pen_call_free(call);
	pen_token_free(token);
}

/* Of many accounts some are sent, and the rest where the first answer ended. */
static void test_enumerate(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	const struct samr_SamrEnumerateUsersInDomain_out *list;
	uint32_t context = 0, seen = 0;
	char name[8] = "user-a";

	for (; name[5] <= 'j'; name[5]++)
		create_user(f->admin, name, PEN_ACCOUNT_NORMAL);
	create_user(f->admin, "pc$", PEN_ACCOUNT_WORKSTATION_TRUST);
	do {
		list = SAMR(f->admin, SamrEnumerateUsersInDomain, domain, context, 0, 64);
		assert_in_range(list->CountReturned, 1, 4);
		seen += list->CountReturned;
		context = list->EnumerationContext;
	} while (list->result == (int32_t)PEN_STATUS_MORE_ENTRIES);
	assert_int_equal(list->result, 0);
	assert_int_equal(seen, 13);
	list = EXPECT(0, f->admin, SamrEnumerateUsersInDomain, domain, 0,
		      PEN_ACCOUNT_WORKSTATION_TRUST, UINT32_MAX);
	assert_int_equal(list->CountReturned, 1);
	expect_text(list->Buffer->Buffer[0].Name, "pc$");
	assert_int_equal(EXPECT(0, f->admin, SamrEnumerateGroupsInDomain, domain, 0, UINT32_MAX)
				 ->CountReturned,
			 4);
	assert_int_equal(EXPECT(0, f->admin, SamrEnumerateAliasesInDomain, domain, 0, UINT32_MAX)
				 ->CountReturned,
			 0);
	domain = open_domain(f->admin, PEN_ACCOUNT_BUILTIN, MAXIMUM_ALLOWED);
	assert_true(EXPECT(0, f->admin, SamrEnumerateAliasesInDomain, domain, 0, UINT32_MAX)
			    ->CountReturned > 8);
	assert_int_equal(EXPECT(0, f->admin, SamrEnumerateUsersInDomain, domain, 0, 0, UINT32_MAX)
				 ->CountReturned,
			 0);
}

static void test_lookup(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain = open_domain(f->user, PEN_ACCOUNT_MACHINE, 0x385);
	struct dtyp_RPC_UNICODE_STRING names[] = {
		wide("administrator"), wide("nobody at all"), { 2, 2, NULL }, wide("Domain Users")
	};
	uint32_t rids[] = { 501, 7, 513 };
	const struct samr_SamrLookupNamesInDomain_out *found;
	const struct samr_SamrLookupIdsInDomain_out *named;

	found = EXPECT(PEN_STATUS_SOME_NOT_MAPPED, f->user, SamrLookupNamesInDomain, domain, 4,
		       names);
	assert_int_equal(found->RelativeIds.Element[0], 500);
	assert_int_equal(found->Use.Element[0], 1);
	assert_int_equal(found->Use.Element[1], 8);
	assert_int_equal(found->Use.Element[3], 2);
	EXPECT(PEN_STATUS_NONE_MAPPED, f->user, SamrLookupNamesInDomain, domain, 2, names + 1);
	EXPECT(0, f->user, SamrLookupNamesInDomain, domain, 0, names);
	named = EXPECT(PEN_STATUS_SOME_NOT_MAPPED, f->user, SamrLookupIdsInDomain, domain, 3, rids);
	expect_text(named->Names.Element[0], "Guest");
	expect_text(named->Names.Element[1], "");
	expect_text(named->Names.Element[2], "Domain Users");
	EXPECT(PEN_STATUS_NONE_MAPPED, f->user, SamrLookupIdsInDomain, domain, 1, rids + 1);
	assert_int_equal(EXPECT(0, f->user, SamrRidToSid, domain, 1234)->Sid->SubAuthority[4],
			 1234);
}

/* ---- groups and aliases ---- */

static void test_group(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle group =
		EXPECT(0, f->admin, SamrCreateGroupInDomain, domain, wide("g"), 0xf001f)
			->GroupHandle;
	struct pen_context_handle user;
	union samr_SAMPR_GROUP_INFO_BUFFER *info;
	struct samr_SAMPR_GET_GROUPS_BUFFER *groups;

	EXPECT(0, f->admin, SamrSetInformationGroup, group, samr_GroupAdminCommentInformation,
	       .Buffer.AdminComment.AdminComment = wide("a group"));
	EXPECT(0, f->admin, SamrSetInformationGroup, group, samr_GroupNameInformation,
	       .Buffer.Name.Name = wide("h"));
	EXPECT(PEN_STATUS_GROUP_EXISTS, f->admin, SamrSetInformationGroup, group,
	       samr_GroupNameInformation, .Buffer.Name.Name = wide("domain ADMINS"));
	EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrSetInformationGroup, group,
	       samr_GroupGeneralInformation);
	EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrQueryInformationGroup, group, 6);
	EXPECT(0, f->admin, SamrAddMemberToGroup, group, 501, 7);
	EXPECT(PEN_STATUS_MEMBER_IN_GROUP, f->admin, SamrAddMemberToGroup, group, 501, 7);
	EXPECT(PEN_STATUS_NO_SUCH_USER, f->admin, SamrAddMemberToGroup, group, 4321, 7);
	EXPECT(PEN_STATUS_MEMBER_NOT_IN_GROUP, f->admin, SamrRemoveMemberFromGroup, group, 500);
	EXPECT(0, f->admin, SamrSetMemberAttributesOfGroup, group, 501, 3);
	info = EXPECT(0, f->admin, SamrQueryInformationGroup, group, samr_GroupGeneralInformation)
		       ->Buffer;
	expect_text(info->General.Name, "h");
	expect_text(info->General.AdminComment, "a group");
	assert_int_equal(info->General.MemberCount, 1);
	assert_int_equal(EXPECT(0, f->admin, SamrGetMembersInGroup, group)->Members->Attributes[0],
			 3);
	user = EXPECT(0, f->admin, SamrOpenUser, domain, USER_LIST_GROUPS, 501)->UserHandle;
	groups = EXPECT(0, f->admin, SamrGetGroupsForUser, user)->Groups;
	assert_int_equal(groups->MembershipCount, 2);
	assert_int_equal(groups->Groups[0].RelativeId, PEN_RID_DOMAIN_GUESTS);
	group = EXPECT(0, f->admin, SamrOpenGroup, domain, GROUP_REMOVE_MEMBER, 514)->GroupHandle;
	EXPECT(PEN_STATUS_MEMBERS_PRIMARY_GROUP, f->admin, SamrRemoveMemberFromGroup, group, 501);
}

static void test_alias(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	const struct samr_SamrCreateAliasInDomain_out *made =
		EXPECT(0, f->admin, SamrCreateAliasInDomain, domain, wide("a"), 0xf001f);
	struct pen_context_handle alias = made->AliasHandle;
	struct pen_sid guest = pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE, 501);
	struct pen_sid none = pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE, 4321);
	struct pen_arena *arena = pen_call_arena(f->admin);
	struct samr_SAMPR_SID_INFORMATION sids[] = {
		{ pen_samr_sid_put(arena, &guest) },
		{ pen_samr_sid_put(arena, &pen_sid_network) },
	};
	struct samr_SAMPR_PSID_ARRAY both = { 2, sids }, empty = { 5, NULL };
	struct samr_SAMPR_SID_INFORMATION null = { NULL };
	struct samr_SAMPR_PSID_ARRAY with_null = { 1, &null };
	uint32_t rid = made->RelativeId;

	EXPECT(0, f->admin, SamrAddMemberToAlias, alias, *sids[0].SidPointer);
	EXPECT(PEN_STATUS_MEMBER_IN_ALIAS, f->admin, SamrAddMemberToAlias, alias,
	       *sids[0].SidPointer);
	EXPECT(PEN_STATUS_NO_SUCH_MEMBER, f->admin, SamrAddMemberToAlias, alias,
	       *pen_samr_sid_put(arena, &none));
	EXPECT(0, f->admin, SamrAddMultipleMembersToAlias, alias, both);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrAddMultipleMembersToAlias, alias, empty);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrRemoveMultipleMembersFromAlias, alias,
	       empty);
	EXPECT(PEN_STATUS_INVALID_SID, f->admin, SamrAddMultipleMembersToAlias, alias, with_null);
	assert_int_equal(EXPECT(0, f->admin, SamrGetMembersInAlias, alias)->Members.Count, 2);
	assert_int_equal(
		EXPECT(0, f->admin, SamrGetAliasMembership, domain, both)->Membership.Element[0],
		rid);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrGetAliasMembership, domain, empty);
	EXPECT(PEN_STATUS_INVALID_SID, f->admin, SamrGetAliasMembership, domain, with_null);
	EXPECT(0, f->admin, SamrRemoveMemberFromForeignDomain, domain, *sids[1].SidPointer);
	assert_int_equal(EXPECT(0, f->admin, SamrGetMembersInAlias, alias)->Members.Count, 1);
	EXPECT(0, f->admin, SamrRemoveMemberFromAlias, alias, *sids[0].SidPointer);
	EXPECT(PEN_STATUS_MEMBER_NOT_IN_ALIAS, f->admin, SamrRemoveMemberFromAlias, alias,
	       *sids[0].SidPointer);
	EXPECT(0, f->admin, SamrRemoveMultipleMembersFromAlias, alias, both);
	EXPECT(0, f->admin, SamrSetInformationAlias, alias, samr_AliasAdminCommentInformation,
	       .Buffer.AdminComment.AdminComment = wide("an alias"));
	EXPECT(0, f->admin, SamrSetInformationAlias, alias, samr_AliasNameInformation,
	       .Buffer.Name.Name = wide("b"));
	expect_text(
		EXPECT(0, f->admin, SamrQueryInformationAlias, alias, samr_AliasGeneralInformation)
			->Buffer->General.AdminComment,
		"an alias");
	EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrQueryInformationAlias, alias, 4);
	EXPECT(0, f->admin, SamrDeleteAlias, alias);
}

/* ---- display ---- */

static void test_display(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	const struct samr_SamrQueryDisplayInformation_out *list;
	const struct samr_SamrQueryDisplayInformation_in wrong = { .DomainHandle = domain,
								   .DisplayInformationClass = 6 };
	struct samr_SamrQueryDisplayInformation_out out = { .result = 0 };

	create_user(f->admin, "pc$", PEN_ACCOUNT_WORKSTATION_TRUST);
	create_user(f->admin, "zoe", PEN_ACCOUNT_NORMAL);
	list = EXPECT(PEN_STATUS_MORE_ENTRIES, f->admin, SamrQueryDisplayInformation, domain,
		      samr_DomainDisplayUser, 0, 2, UINT32_MAX);
	assert_int_equal(list->Buffer.UserInformation.EntriesRead, 2);
	expect_text(list->Buffer.UserInformation.Buffer[0].AccountName, "Administrator");
	assert_int_equal(list->Buffer.UserInformation.Buffer[1].Index, 2);
	list = EXPECT(0, f->admin, SamrQueryDisplayInformation, domain, samr_DomainDisplayUser, 2,
		      100, UINT32_MAX);
	assert_int_equal(list->Buffer.UserInformation.EntriesRead, 1);
	expect_text(list->Buffer.UserInformation.Buffer[0].AccountName, "zoe");
	list = EXPECT(0, f->admin, SamrQueryDisplayInformation, domain, samr_DomainDisplayMachine,
		      0, 100, 1);
	expect_text(list->Buffer.MachineInformation.Buffer[0].AccountName, "pc$");
	list = EXPECT(PEN_STATUS_MORE_ENTRIES, f->admin, SamrQueryDisplayInformation, domain,
		      samr_DomainDisplayGroup, 0, 100, 1);
	assert_int_equal(list->Buffer.GroupInformation.EntriesRead, 1);
	list = EXPECT(0, f->admin, SamrQueryDisplayInformation, domain, samr_DomainDisplayOemUser,
		      0, 100, UINT32_MAX);
	assert_int_equal(list->Buffer.OemUserInformation.Buffer[1].OemAccountName.Length, 5);
	EXPECT(0, f->admin, SamrQueryDisplayInformation, domain, samr_DomainDisplayOemGroup, 7777,
	       UINT32_MAX, UINT32_MAX);
	assert_int_equal(ops()->SamrQueryDisplayInformation(f->admin, &wrong, &out), PEN_E_FAULT);

	assert_int_equal(EXPECT(0, f->admin, SamrGetDisplayEnumerationIndex, domain,
				samr_DomainDisplayUser, wide("h"))
				 ->Index,
			 2);
	EXPECT(PEN_STATUS_NO_MORE_ENTRIES, f->admin, SamrGetDisplayEnumerationIndex2, domain,
	       samr_DomainDisplayUser, wide("zz"));
	EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrGetDisplayEnumerationIndex, domain, 0,
	       wide("a"));
}

/* ---- descriptors ---- */

static void test_security(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle seen = open_domain(f->user, PEN_ACCOUNT_MACHINE, 0x385);
	struct pen_context_handle guest =
		EXPECT(0, f->admin, SamrOpenUser, domain, MAXIMUM_ALLOWED, 501)->UserHandle;
	struct samr_SAMPR_SR_SECURITY_DESCRIPTOR *sd =
		EXPECT(0, f->admin, SamrQuerySecurityObject, guest, 7)->SecurityDescriptor;
	struct samr_SAMPR_SR_SECURITY_DESCRIPTOR cut = *sd, null = { 100, NULL };
	struct pen_descriptor descriptor;

	assert_int_equal(pen_descriptor_get(&descriptor, pen_call_arena(f->admin),
					    sd->SecurityDescriptor, sd->Length),
			 0);
	assert_int_equal(descriptor.dacl->n_aces, 3);
	EXPECT(0, f->user, SamrOpenUser, seen, USER_READ_GENERAL, 501);
	/* Nobody but administrators sees Guest from now on. */
	descriptor.dacl->aces[0].sid = pen_sid_administrators;
	{
		struct pen_buffer bytes;

		pen_buffer_init(&bytes, 0);
		assert_int_equal(pen_descriptor_put(&descriptor, &bytes), 0);
		EXPECT(0, f->admin, SamrSetSecurityObject, guest, 4,
		       { (uint32_t)bytes.size, bytes.data });
		pen_buffer_done(&bytes);
	}
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrOpenUser, seen, USER_READ_GENERAL, 501);
	sd = EXPECT(0, f->admin, SamrQuerySecurityObject, domain, 7)->SecurityDescriptor;
	EXPECT(0, f->admin, SamrSetSecurityObject, domain, 7, *sd);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrSetSecurityObject, seen, 4, *sd);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->user, SamrQuerySecurityObject, seen, 8);
	cut.Length = 19;
	EXPECT(PEN_STATUS_BAD_DESCRIPTOR_FORMAT, f->admin, SamrSetSecurityObject, guest, 4, cut);
	EXPECT(PEN_STATUS_BAD_DESCRIPTOR_FORMAT, f->admin, SamrSetSecurityObject, guest, 4, null);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrSetSecurityObject, guest, 0, *sd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_connect),
		TEST(test_domains),
		TEST(test_handles),
		TEST(test_domain_information),
		TEST(test_create_names),
		TEST(test_create),
		TEST(test_machines_by_privilege),
		TEST(test_enumerate),
		TEST(test_lookup),
		TEST(test_group),
		TEST(test_alias),
		TEST(test_display),
		TEST(test_security),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
