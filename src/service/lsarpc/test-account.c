/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/fixture.h"

static uint32_t add_right(struct pen_call *call, const struct pen_sid *sid, const char *name)
{
	struct dtyp_RPC_UNICODE_STRING string = text_of(call, name);
	const struct lsarpc_LsarAddAccountRights_in in = {
		.PolicyHandle = policy(call, MAXIMUM, NULL),
		.AccountSid = sid_of(call, sid),
		.UserRights = { .Entries = 1, .UserRights = &string },
	};
	struct lsarpc_LsarAddAccountRights_out out = { 0 };

	assert_int_equal(ops()->LsarAddAccountRights(call, &in, &out), 0);
	return out.result;
}

static uint32_t remove_right(struct pen_call *call, const struct pen_sid *sid, const char *name)
{
	struct dtyp_RPC_UNICODE_STRING string = text_of(call, name ? name : "");
	const struct lsarpc_LsarRemoveAccountRights_in in = {
		.PolicyHandle = policy(call, MAXIMUM, NULL),
		.AccountSid = sid_of(call, sid),
		.AllRights = !name,
		.UserRights = { .Entries = name ? 1 : 0, .UserRights = &string },
	};
	struct lsarpc_LsarRemoveAccountRights_out out = { 0 };

	assert_int_equal(ops()->LsarRemoveAccountRights(call, &in, &out), 0);
	return out.result;
}

static uint32_t list_rights(struct pen_call *call, const struct pen_sid *sid, uint32_t *np)
{
	const struct lsarpc_LsarEnumerateAccountRights_in in = {
		.PolicyHandle = policy(call, MAXIMUM, NULL),
		.AccountSid = sid_of(call, sid),
	};
	struct lsarpc_LsarEnumerateAccountRights_out out = { 0 };

	assert_int_equal(ops()->LsarEnumerateAccountRights(call, &in, &out), 0);
	*np = out.UserRights.Entries;
	return out.result;
}

/* Rights come and go by name; the last one takes the account with it. */
static void test_rights(void **state)
{
	struct fixture *f = *state;
	uint64_t privileges;
	uint32_t n;

	assert_int_equal(list_rights(f->admin, &f->joe, &n), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(add_right(f->user, &f->joe, "SeBackupPrivilege"),
			 PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(add_right(f->admin, &f->joe, "SeNothing"), PEN_STATUS_NO_SUCH_PRIVILEGE);
	assert_int_equal(add_right(f->admin, &f->joe, "sebackupPRIVILEGE"), 0);
	assert_int_equal(add_right(f->admin, &f->joe, "SeDenyNetworkLogonRight"), 0);
	assert_int_equal(list_rights(f->admin, &f->joe, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(pen_lsa_rights(f->accounts, &f->joe, 1, &privileges, &n), 0);
	assert_true(privileges == PEN_PRIVILEGE(PEN_PRIVILEGE_BACKUP));
	assert_int_equal(n, PEN_LSA_LOGON_DENY_NETWORK);
	assert_int_equal(list_rights(f->user, &f->joe, &n), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(remove_right(f->user, &f->joe, NULL), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(remove_right(f->admin, &f->joe, "SeBackupPrivilege"), 0);
	assert_int_equal(list_rights(f->admin, &f->joe, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(remove_right(f->admin, &f->joe, NULL), 0);
	assert_int_equal(list_rights(f->admin, &f->joe, &n), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(remove_right(f->admin, &f->joe, NULL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Counts that are not there, and SIDs that are none. */
static void test_hostile(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LsarAddAccountRights_in in = {
		.PolicyHandle = policy(f->admin, MAXIMUM, NULL),
		.AccountSid = sid_of(f->admin, &f->joe),
		.UserRights = { .Entries = 1 },
	};
	struct lsarpc_LsarAddAccountRights_out out = { 0 };
	uint16_t units[] = { 'S', 0 };
	struct dtyp_RPC_UNICODE_STRING cut = { 4, 4, units };

	assert_int_equal(ops()->LsarAddAccountRights(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
	in.UserRights.UserRights = &cut;
	assert_int_equal(ops()->LsarAddAccountRights(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_NO_SUCH_PRIVILEGE);
	in.UserRights.Entries = 0;
	in.AccountSid.SubAuthorityCount = 16;
	assert_int_equal(ops()->LsarAddAccountRights(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
}

static struct pen_context_handle create(struct fixture *f, uint32_t access)
{
	const struct lsarpc_LsarCreateAccount_in in = {
		.PolicyHandle = policy(f->admin, MAXIMUM, NULL),
		.AccountSid = sid_of(f->admin, &f->joe),
		.DesiredAccess = access,
	};
	struct lsarpc_LsarCreateAccount_out out = { 0 };

	assert_int_equal(ops()->LsarCreateAccount(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	return out.AccountHandle;
}

static uint32_t add_privilege(struct pen_call *call, struct pen_context_handle handle, uint32_t low,
			      int32_t high)
{
	struct lsarpc_LSAPR_LUID_AND_ATTRIBUTES one = { .Luid = { low, high } };
	const struct lsarpc_LsarAddPrivilegesToAccount_in in = {
		.AccountHandle = handle,
		.Privileges = { .PrivilegeCount = 1, .Privilege = &one },
	};
	struct lsarpc_LsarAddPrivilegesToAccount_out out = { 0 };

	assert_int_equal(ops()->LsarAddPrivilegesToAccount(call, &in, &out), 0);
	return out.result;
}

static void test_privileges(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = create(f, PEN_LSARPC_ACCOUNT_VIEW);
	struct lsarpc_LsarEnumeratePrivilegesAccount_in list = { .AccountHandle = handle };
	struct lsarpc_LsarEnumeratePrivilegesAccount_out listed = { 0 };
	struct lsarpc_LsarOpenAccount_in open = {
		.PolicyHandle = policy(f->admin, 0, NULL),
		.AccountSid = sid_of(f->admin, &f->joe),
		.DesiredAccess = MAXIMUM,
	};
	struct lsarpc_LsarOpenAccount_out opened = { 0 };
	struct lsarpc_LsarSetSystemAccessAccount_in set = { .SystemAccess = 0x1000 };
	struct lsarpc_LsarSetSystemAccessAccount_out was_set = { 0 };
	struct lsarpc_LsarRemovePrivilegesFromAccount_in remove = { 0 };
	struct lsarpc_LsarRemovePrivilegesFromAccount_out removed = { 0 };
	struct lsarpc_LsarDeleteObject_in delete = { 0 };
	struct lsarpc_LsarDeleteObject_out deleted = { 0 };

	assert_int_equal(add_privilege(f->admin, handle, 17, 0), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(ops()->LsarOpenAccount(f->admin, &open, &opened), 0);
	assert_int_equal(opened.result, 0);
	assert_int_equal(add_privilege(f->admin, opened.AccountHandle, 1, 0),
			 PEN_STATUS_NO_SUCH_PRIVILEGE);
	assert_int_equal(add_privilege(f->admin, opened.AccountHandle, 17, 1),
			 PEN_STATUS_NO_SUCH_PRIVILEGE);
	assert_int_equal(add_privilege(f->admin, opened.AccountHandle, UINT32_MAX, 0),
			 PEN_STATUS_NO_SUCH_PRIVILEGE);
	assert_int_equal(add_privilege(f->admin, opened.AccountHandle, 36, 0), 0);
	assert_int_equal(ops()->LsarEnumeratePrivilegesAccount(f->admin, &list, &listed), 0);
	assert_int_equal(listed.Privileges->PrivilegeCount, 1);
	assert_int_equal(listed.Privileges->Privilege[0].Luid.LowPart, 36);
	set.AccountHandle = remove.AccountHandle = opened.AccountHandle;
	assert_int_equal(ops()->LsarSetSystemAccessAccount(f->admin, &set, &was_set), 0);
	assert_int_equal(was_set.result, PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(ops()->LsarRemovePrivilegesFromAccount(f->admin, &remove, &removed), 0);
	assert_int_equal(removed.result, PEN_STATUS_INVALID_PARAMETER);
	remove.AllPrivileges = 1;
	assert_int_equal(ops()->LsarRemovePrivilegesFromAccount(f->admin, &remove, &removed), 0);
	assert_int_equal(removed.result, 0);
	delete.ObjectHandle = handle;
	assert_int_equal(ops()->LsarDeleteObject(f->admin, &delete, &deleted), 0);
	assert_int_equal(deleted.result, PEN_STATUS_ACCESS_DENIED);
	delete.ObjectHandle = opened.AccountHandle;
	assert_int_equal(ops()->LsarDeleteObject(f->admin, &delete, &deleted), 0);
	assert_int_equal(deleted.result, 0);
	/* The other handle is still one, but of nothing. */
	assert_int_equal(ops()->LsarEnumeratePrivilegesAccount(f->admin, &list, &listed), 0);
	assert_int_equal(listed.result, PEN_STATUS_INVALID_HANDLE);
}

/* However few come at a time, each comes once. */
static void test_enumerate(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LsarEnumerateAccounts_in in = { .PreferedMaximumLength = 1,
						      .PolicyHandle =
							      policy(f->admin, MAXIMUM, NULL) };
	struct lsarpc_LsarEnumerateAccounts_out out = { 0 };
	struct lsarpc_LsarEnumeratePrivileges_in some = { .PolicyHandle = in.PolicyHandle };
	struct lsarpc_LsarEnumeratePrivileges_out seen = { 0 };
	uint32_t n = 0;

	do {
		out = (struct lsarpc_LsarEnumerateAccounts_out){ 0 };
		assert_int_equal(ops()->LsarEnumerateAccounts(f->admin, &in, &out), 0);
		assert_int_equal(out.EnumerationBuffer.EntriesRead, 1);
		in.EnumerationContext = out.EnumerationContext;
		n++;
	} while (out.result == PEN_STATUS_MORE_ENTRIES);
	assert_int_equal(out.result, 0);
	assert_int_equal(n, 11);
	in.EnumerationContext = UINT32_MAX;
	assert_int_equal(ops()->LsarEnumerateAccounts(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_NO_MORE_ENTRIES);

	for (n = 0; !seen.result || seen.result == PEN_STATUS_MORE_ENTRIES;) {
		seen = (struct lsarpc_LsarEnumeratePrivileges_out){ 0 };
		assert_int_equal(ops()->LsarEnumeratePrivileges(f->admin, &some, &seen), 0);
		some.EnumerationContext = seen.EnumerationContext;
		n += seen.EnumerationBuffer.Entries;
	}
	assert_int_equal(n, 35);
}

static void test_privilege_names(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->user, PEN_LSARPC_LOOKUP_NAMES, NULL);

	for (size_t i = 0; i < pen_lsarpc_n_privileges; i++) {
		const struct lsarpc_LsarLookupPrivilegeName_in in = {
			.PolicyHandle = handle, .Value.LowPart = pen_lsarpc_privileges[i].number
		};
		struct lsarpc_LsarLookupPrivilegeName_out out = { 0 };
		struct lsarpc_LsarLookupPrivilegeValue_in back = { .PolicyHandle = handle };
		struct lsarpc_LsarLookupPrivilegeValue_out value = { 0 };

		assert_int_equal(ops()->LsarLookupPrivilegeName(f->user, &in, &out), 0);
		assert_int_equal(out.result, 0);
		back.Name = *out.Name;
		assert_int_equal(ops()->LsarLookupPrivilegeValue(f->user, &back, &value), 0);
		assert_int_equal(value.Value.LowPart, in.Value.LowPart);
		assert_true(pen_lsarpc_all_privileges & PEN_PRIVILEGE(in.Value.LowPart));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rights, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_privileges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enumerate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_privilege_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
