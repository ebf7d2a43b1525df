/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/fixture.h"

static void close_handle(struct pen_call *call, struct pen_context_handle handle)
{
	const struct lsarpc_LsarClose_in in = { .ObjectHandle = handle };
	struct lsarpc_LsarClose_out out = { 0 };

	assert_int_equal(ops()->LsarClose(call, &in, &out), 0);
	assert_true(pen_uuid_is_nil(&out.ObjectHandle.uuid));
	/* Closed once, it is no handle any more. */
	assert_int_equal(ops()->LsarClose(call, &in, &out), PEN_E_FAULT);
}

/* Who may open the policy with what: as the descriptor says, and no more. */
static void test_open(void **state)
{
	struct fixture *f = *state;
	uint32_t status;

	close_handle(f->admin, policy(f->admin, 0xf0fff, NULL));
	close_handle(f->user, policy(f->user, MAXIMUM, NULL));
	policy(f->user, PEN_LSARPC_CREATE_SECRET, &status);
	assert_int_equal(status, PEN_STATUS_ACCESS_DENIED);
	policy(f->nobody, PEN_LSARPC_LOOKUP_NAMES, &status);
	assert_int_equal(status, PEN_STATUS_ACCESS_DENIED);
	policy(f->nobody, PEN_LSARPC_VIEW_LOCAL, NULL);
}

static void test_root_directory(void **state)
{
	struct fixture *f = *state;
	uint8_t root = 0;
	const struct lsarpc_LsarOpenPolicy2_in in = { .ObjectAttributes.RootDirectory = &root };
	struct lsarpc_LsarOpenPolicy2_out out = { 0 };

	assert_int_equal(ops()->LsarOpenPolicy2(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
}

static uint32_t query(struct pen_call *call, struct pen_context_handle handle, uint32_t class,
		      union lsarpc_LSAPR_POLICY_INFORMATION **infop)
{
	const struct lsarpc_LsarQueryInformationPolicy2_in in = {
		.PolicyHandle = handle,
		.InformationClass = (enum lsarpc_POLICY_INFORMATION_CLASS) class,
	};
	struct lsarpc_LsarQueryInformationPolicy2_out out = { 0 };

	assert_int_equal(ops()->LsarQueryInformationPolicy2(call, &in, &out), 0);
	assert_true(!out.result == !!out.PolicyInformation);
	*infop = out.PolicyInformation;
	return out.result;
}

static void test_query(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->admin, MAXIMUM, NULL);
	union lsarpc_LSAPR_POLICY_INFORMATION *info;
	const uint32_t unknown[] = { 0, 8, 9, 10, 11, 16, 17, 65535 };

	assert_int_equal(query(f->admin, handle, lsarpc_PolicyPrimaryDomainInformation, &info), 0);
	expect_text(f->admin, &info->PolicyPrimaryDomInfo.Name, "OFFICE");
	assert_null(info->PolicyPrimaryDomInfo.Sid);
	assert_int_equal(query(f->admin, handle, lsarpc_PolicyAccountDomainInformation, &info), 0);
	expect_text(f->admin, &info->PolicyAccountDomInfo.DomainName, "SERVER");
	expect_sid(info->PolicyAccountDomInfo.DomainSid,
		   pen_accounts_sid(f->accounts, PEN_ACCOUNT_MACHINE));
	assert_int_equal(query(f->admin, handle, lsarpc_PolicyDnsDomainInformation, &info), 0);
	assert_null(info->PolicyDnsDomainInfo.DnsDomainName.Buffer);
	assert_null(info->PolicyDnsDomainInfo.DnsForestName.Buffer);
	for (uint32_t class = 1; class <= 15; class ++)
		if (class < 8 || class > 11)
			assert_int_equal(query(f->admin, handle, class, &info), 0);
	for (size_t i = 0; i < PEN_COUNT(unknown); i++)
		assert_int_equal(query(f->admin, handle, unknown[i], &info),
				 PEN_STATUS_INVALID_PARAMETER);
	handle = policy(f->user, MAXIMUM, NULL);
	assert_int_equal(query(f->user, handle, lsarpc_PolicyAuditEventsInformation, &info),
			 PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(query(f->user, handle, lsarpc_PolicyDnsDomainInformation, &info), 0);
	handle = policy(f->user, PEN_LSARPC_LOOKUP_NAMES, NULL);
	assert_int_equal(query(f->user, handle, lsarpc_PolicyDnsDomainInformation, &info),
			 PEN_STATUS_ACCESS_DENIED);
}

static uint32_t set(struct pen_call *call, struct pen_context_handle handle, uint32_t class,
		    const union lsarpc_LSAPR_POLICY_INFORMATION *info)
{
	const struct lsarpc_LsarSetInformationPolicy2_in in = {
		.PolicyHandle = handle,
		.InformationClass = (enum lsarpc_POLICY_INFORMATION_CLASS) class,
		.PolicyInformation = *info,
	};
	struct lsarpc_LsarSetInformationPolicy2_out out = { 0 };

	assert_int_equal(ops()->LsarSetInformationPolicy2(call, &in, &out), 0);
	return out.result;
}

/* What can be set is there afterwards; the rest says that it cannot. */
static void test_set(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->admin, MAXIMUM, NULL);
	uint32_t options[9] = { 1, 2, 3 };
	union lsarpc_LSAPR_POLICY_INFORMATION info = { 0 }, *seen;

	info.PolicyAuditEventsInfo = (struct lsarpc_LSAPR_POLICY_AUDIT_EVENTS_INFO){
		.AuditingMode = 1, .EventAuditingOptions = options, .MaximumAuditEventCount = 9
	};
	assert_int_equal(set(f->admin, handle, lsarpc_PolicyAuditEventsInformation, &info), 0);
	assert_int_equal(query(f->admin, handle, lsarpc_PolicyAuditEventsInformation, &seen), 0);
	assert_int_equal(seen->PolicyAuditEventsInfo.AuditingMode, 1);
	assert_memory_equal(seen->PolicyAuditEventsInfo.EventAuditingOptions, options,
			    sizeof(options));
	options[0] = 8;
	assert_int_equal(set(f->admin, handle, lsarpc_PolicyAuditEventsInformation, &info),
			 PEN_STATUS_INVALID_PARAMETER);
	info.PolicyAuditEventsInfo.EventAuditingOptions = NULL;
	assert_int_equal(set(f->admin, handle, lsarpc_PolicyAuditEventsInformation, &info),
			 PEN_STATUS_INVALID_PARAMETER);

	info = (union lsarpc_LSAPR_POLICY_INFORMATION){ 0 };
	info.PolicyReplicaSourceInfo.ReplicaSource = text_of(f->admin, "there");
	assert_int_equal(set(f->admin, handle, lsarpc_PolicyReplicaSourceInformation, &info), 0);
	assert_int_equal(query(f->admin, handle, lsarpc_PolicyReplicaSourceInformation, &seen), 0);
	expect_text(f->admin, &seen->PolicyReplicaSourceInfo.ReplicaSource, "there");

	info = (union lsarpc_LSAPR_POLICY_INFORMATION){ 0 };
	for (uint32_t class = 0; class < 20; class ++)
		assert_int_not_equal(set(f->user, policy(f->user, MAXIMUM, NULL), class, &info), 0);
	assert_int_equal(set(f->admin, handle, lsarpc_PolicyAccountDomainInformation, &info),
			 PEN_STATUS_NOT_SUPPORTED);
}

static uint32_t get_security(struct pen_call *call, struct pen_context_handle handle,
			     uint32_t parts, struct lsarpc_LSAPR_SR_SECURITY_DESCRIPTOR **answerp)
{
	const struct lsarpc_LsarQuerySecurityObject_in in = { .ObjectHandle = handle,
							      .SecurityInformation = parts };
	struct lsarpc_LsarQuerySecurityObject_out out = { 0 };

	assert_int_equal(ops()->LsarQuerySecurityObject(call, &in, &out), 0);
	*answerp = out.SecurityDescriptor;
	return out.result;
}

static uint32_t set_security(struct pen_call *call, struct pen_context_handle handle,
			     uint32_t parts, const void *data, size_t n)
{
	const struct lsarpc_LsarSetSecurityObject_in in = {
		.ObjectHandle = handle,
		.SecurityInformation = parts,
		.SecurityDescriptor = { .Length = (uint32_t)n,
					.SecurityDescriptor = (uint8_t *)data },
	};
	struct lsarpc_LsarSetSecurityObject_out out = { 0 };

	assert_int_equal(ops()->LsarSetSecurityObject(call, &in, &out), 0);
	return out.result;
}

/* A descriptor that is set decides who opens the policy from then on. */
static void test_security(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->admin, MAXIMUM, NULL);
	struct lsarpc_LSAPR_SR_SECURITY_DESCRIPTOR *answer;
	/* Everyone may read; the Administrators may do all. */
	static const uint8_t dacl[] = {
		0x01, 0x00, 0x04, 0x80, 0,    0,    0,	  0,	0,    0,
		0,    0,    0,	  0,	0,    0,    0x14, 0,	0,    0, /* head */
		0x02, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x00,		 /* ACL */
		0x00, 0x00, 0x18, 0x00, 0xff, 0x0f, 0x0f, 0x00,		 /* ACE */
		0x01, 0x02, 0,	  0,	0,    0,    0,	  5,	0x20, 0,
		0,    0,    0x20, 0x02, 0,    0, /* BA */
	};
	uint32_t status;

	assert_int_equal(get_security(f->admin, handle, 7, &answer), 0);
	assert_true(answer->Length > 20);
	assert_int_equal(get_security(f->admin, handle, 8, &answer), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(
		set_security(f->user, policy(f->user, MAXIMUM, NULL), 4, dacl, sizeof(dacl)),
		PEN_STATUS_ACCESS_DENIED);
	for (size_t n = 0; n < sizeof(dacl); n++)
		assert_int_not_equal(set_security(f->admin, handle, 4, dacl, n), 0);
	assert_int_equal(set_security(f->admin, handle, 4, NULL, sizeof(dacl)),
			 PEN_STATUS_INVALID_SECURITY_DESCR);
	assert_int_equal(set_security(f->admin, handle, 4, dacl, sizeof(dacl)), 0);
	policy(f->user, PEN_LSARPC_LOOKUP_NAMES, &status);
	assert_int_equal(status, PEN_STATUS_ACCESS_DENIED);
	policy(f->admin, 0xf0fff, NULL);
}

/* A handle of one kind is none of another, and no handle is none at all. */
static void test_kinds(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->admin, MAXIMUM, NULL);
	const struct lsarpc_LsarGetSystemAccessAccount_in in = { .AccountHandle = handle };
	struct lsarpc_LsarGetSystemAccessAccount_out out = { 0 };
	const struct lsarpc_LsarQuerySecret_in secret_in = { .SecretHandle = handle };
	struct lsarpc_LsarQuerySecret_out secret_out = { 0 };
	const struct lsarpc_LsarDeleteObject_in delete_in = { .ObjectHandle = handle };
	struct lsarpc_LsarDeleteObject_out delete_out = { 0 };
	const struct lsarpc_LsarDelete_in old_in = { .ObjectHandle = handle };
	struct lsarpc_LsarDelete_out old_out = { 0 };
	const struct lsarpc_LsarGetSystemAccessAccount_in none = { 0 };

	assert_int_equal(ops()->LsarGetSystemAccessAccount(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_HANDLE);
	assert_int_equal(ops()->LsarQuerySecret(f->admin, &secret_in, &secret_out), 0);
	assert_int_equal(secret_out.result, PEN_STATUS_INVALID_HANDLE);
	assert_int_equal(ops()->LsarDeleteObject(f->admin, &delete_in, &delete_out), 0);
	assert_int_equal(delete_out.result, PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(ops()->LsarDelete(f->admin, &old_in, &old_out), 0);
	assert_int_equal(old_out.result, PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(ops()->LsarGetSystemAccessAccount(f->admin, &none, &out), PEN_E_FAULT);
}

static void test_trusts(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle handle = policy(f->admin, MAXIMUM, NULL);
	const struct lsarpc_LsarEnumerateTrustedDomainsEx_in list = { .PolicyHandle = handle };
	struct lsarpc_LsarEnumerateTrustedDomainsEx_out listed = { 0 };
	const struct lsarpc_LsarCreateTrustedDomainEx2_in make = { .PolicyHandle = handle };
	struct lsarpc_LsarCreateTrustedDomainEx2_out made = { 0 };
	const struct lsarpc_LsarOpenTrustedDomainByName_in open = { .PolicyHandle = handle };
	struct lsarpc_LsarOpenTrustedDomainByName_out opened = { 0 };

	assert_int_equal(ops()->LsarEnumerateTrustedDomainsEx(f->admin, &list, &listed), 0);
	assert_int_equal(listed.result, PEN_STATUS_NO_MORE_ENTRIES);
	assert_int_equal(ops()->LsarCreateTrustedDomainEx2(f->admin, &make, &made), 0);
	assert_int_equal(made.result, PEN_STATUS_DIRECTORY_SERVICE_REQUIRED);
	assert_int_equal(ops()->LsarOpenTrustedDomainByName(f->admin, &open, &opened), 0);
	assert_int_equal(opened.result, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_query, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_security, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_trusts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
