/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/fixture.h"

static struct lsarpc_LsarLookupNames3_out names(struct pen_call *call, uint32_t level,
						const char *const *texts, uint32_t n)
{
	struct dtyp_RPC_UNICODE_STRING strings[8];
	const struct lsarpc_LsarLookupNames3_in in = {
		.PolicyHandle = policy(call, PEN_LSARPC_LOOKUP_NAMES, NULL),
		.Count = n,
		.Names = strings,
		.LookupLevel = (enum lsarpc_LSAP_LOOKUP_LEVEL)level,
	};
	struct lsarpc_LsarLookupNames3_out out = { 0 };

	for (uint32_t i = 0; i < n; i++)
		strings[i] = text_of(call, texts[i]);
	assert_int_equal(ops()->LsarLookupNames3(call, &in, &out), 0);
	return out;
}

static void expect_name(struct fixture *f, const char *text, enum lsarpc_SID_NAME_USE use,
			const struct pen_sid *sid, const char *domain)
{
	struct lsarpc_LsarLookupNames3_out out = names(f->user, 1, &text, 1);

	assert_int_equal(out.result, sid ? 0 : PEN_STATUS_NONE_MAPPED);
	assert_int_equal(out.TranslatedSids.Entries, 1);
	assert_int_equal(out.TranslatedSids.Sids[0].Use, use);
	assert_int_equal(out.MappedCount, sid ? 1 : 0);
	if (sid)
		expect_sid(out.TranslatedSids.Sids[0].Sid, sid);
	else
		assert_null(out.TranslatedSids.Sids[0].Sid);
	assert_int_equal(out.TranslatedSids.Sids[0].DomainIndex, domain ? 0 : -1);
	assert_int_equal(out.ReferencedDomains->Entries, domain ? 1 : 0);
	if (domain)
		expect_text(f->user, &out.ReferencedDomains->Domains[0].Name, domain);
}

/* Each way to write a name. */
static void test_names(void **state)
{
	struct fixture *f = *state;
	const struct pen_sid *machine = pen_accounts_sid(f->accounts, PEN_ACCOUNT_MACHINE);
	const struct pen_sid users = pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE, 513);

	expect_name(f, "joe", lsarpc_SidTypeUser, &f->joe, "SERVER");
	expect_name(f, "SERVER\\JOE", lsarpc_SidTypeUser, &f->joe, "SERVER");
	expect_name(f, "\\joe", lsarpc_SidTypeUser, &f->joe, "SERVER");
	expect_name(f, "joe@server", lsarpc_SidTypeUser, &f->joe, "SERVER");
	expect_name(f, "Domain Users", lsarpc_SidTypeGroup, &users, "SERVER");
	expect_name(f, "server", lsarpc_SidTypeDomain, machine, "SERVER");
	expect_name(f, "SERVER\\", lsarpc_SidTypeDomain, machine, "SERVER");
	expect_name(f, "builtin\\users", lsarpc_SidTypeAlias, &pen_sid_users, "BUILTIN");
	expect_name(f, "Administrators", lsarpc_SidTypeAlias, &pen_sid_administrators, "BUILTIN");
	expect_name(f, "BUILTIN", lsarpc_SidTypeDomain, &pen_sid_builtin, "BUILTIN");
	expect_name(f, "", lsarpc_SidTypeDomain, &pen_sid_builtin, "BUILTIN");
	expect_name(f, "everyone", lsarpc_SidTypeWellKnownGroup, &pen_sid_everyone, "");
	expect_name(f, "NT Authority\\system", lsarpc_SidTypeWellKnownGroup, &pen_sid_system,
		    "NT AUTHORITY");
	expect_name(f, "nobody here", lsarpc_SidTypeUnknown, NULL, NULL);
	expect_name(f, "SERVER\\nobody", lsarpc_SidTypeUnknown, NULL, "SERVER");
	expect_name(f, "SERVER\\users", lsarpc_SidTypeUnknown, NULL, "SERVER");
	expect_name(f, "NT AUTHORITY\\joe", lsarpc_SidTypeUnknown, NULL, "NT AUTHORITY");
	expect_name(f, "OTHER\\joe", lsarpc_SidTypeUnknown, NULL, NULL);
	expect_name(f, "joe@OTHER", lsarpc_SidTypeUnknown, NULL, NULL);
	expect_name(f, "\\", lsarpc_SidTypeDomain, &pen_sid_builtin, "BUILTIN");
	expect_name(f, "@", lsarpc_SidTypeUnknown, NULL, NULL);
	expect_name(f, "a\\b\\c", lsarpc_SidTypeUnknown, NULL, NULL);
}

static void test_partial(void **state)
{
	static const char *const texts[] = { "joe", "nobody", "SERVER\\Guest", "Users" };
	struct fixture *f = *state;
	struct lsarpc_LsarLookupNames3_out out = names(f->user, 1, texts, 4);

	assert_int_equal(out.result, PEN_STATUS_SOME_NOT_MAPPED);
	assert_int_equal(out.MappedCount, 3);
	assert_int_equal(out.ReferencedDomains->Entries, 2);
	assert_int_equal(out.TranslatedSids.Sids[2].DomainIndex, 0);
	assert_int_equal(out.TranslatedSids.Sids[3].DomainIndex, 1);
	assert_int_equal(names(f->user, 1, texts, 0).result, 0);
	assert_int_equal(names(f->user, 0, texts, 1).result, PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(names(f->user, 8, texts, 1).result, PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(names(f->user, 2, texts, 1).result, 0);
	assert_int_equal(names(f->user, 2, texts + 3, 1).result, PEN_STATUS_NONE_MAPPED);
	assert_int_equal(names(f->user, 4, texts, 1).result, PEN_STATUS_NONE_MAPPED);
}

static void expect_of_sid(struct fixture *f, const struct pen_sid *sid,
			  enum lsarpc_SID_NAME_USE use, const char *name, const char *domain)
{
	struct dtyp_RPC_SID wire = sid_of(f->user, sid);
	struct lsarpc_LSAPR_SID_INFORMATION row = { .Sid = &wire };
	const struct lsarpc_LsarLookupSids2_in in = {
		.PolicyHandle = policy(f->user, PEN_LSARPC_LOOKUP_NAMES, NULL),
		.SidEnumBuffer = { 1, &row },
		.LookupLevel = lsarpc_LsapLookupWksta,
	};
	struct lsarpc_LsarLookupSids2_out out = { 0 };

	assert_int_equal(ops()->LsarLookupSids2(f->user, &in, &out), 0);
	assert_int_equal(out.result, use == lsarpc_SidTypeUnknown ? PEN_STATUS_NONE_MAPPED : 0);
	assert_int_equal(out.TranslatedNames.Names[0].Use, use);
	expect_text(f->user, &out.TranslatedNames.Names[0].Name, name);
	assert_int_equal(out.TranslatedNames.Names[0].DomainIndex, domain ? 0 : -1);
	if (domain)
		expect_text(f->user, &out.ReferencedDomains->Domains[0].Name, domain);
}

static void test_sids(void **state)
{
	static const struct pen_sid stranger = { 1, 5, 5, { 21, 1, 2, 3, 500 } };
	struct fixture *f = *state;
	const struct pen_sid none =
		pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE, 0xabcd);

	expect_of_sid(f, &f->joe, lsarpc_SidTypeUser, "joe", "SERVER");
	expect_of_sid(f, &pen_sid_builtin, lsarpc_SidTypeDomain, "BUILTIN", "BUILTIN");
	expect_of_sid(f, &pen_sid_guests, lsarpc_SidTypeAlias, "Guests", "BUILTIN");
	expect_of_sid(f, &pen_sid_anonymous, lsarpc_SidTypeWellKnownGroup, "ANONYMOUS LOGON",
		      "NT AUTHORITY");
	expect_of_sid(f, &none, lsarpc_SidTypeUnknown, "0000ABCD", "SERVER");
	expect_of_sid(f, &stranger, lsarpc_SidTypeUnknown, "S-1-5-21-1-2-3-500", NULL);
}

/* Nothing where a SID should be. */
static void test_hostile(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LSAPR_SID_INFORMATION row = { 0 };
	struct dtyp_RPC_SID bad = { .Revision = 2 };
	struct lsarpc_LsarLookupSids_in in = {
		.PolicyHandle = policy(f->user, PEN_LSARPC_LOOKUP_NAMES, NULL),
		.SidEnumBuffer = { 1, &row },
		.LookupLevel = lsarpc_LsapLookupWksta,
	};
	struct lsarpc_LsarLookupSids_out out = { 0 };

	assert_int_equal(ops()->LsarLookupSids(f->user, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
	row.Sid = &bad;
	assert_int_equal(ops()->LsarLookupSids(f->user, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
	in.SidEnumBuffer.SidInfo = NULL;
	assert_int_equal(ops()->LsarLookupSids(f->user, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
	in.PolicyHandle = policy(f->nobody, PEN_LSARPC_VIEW_LOCAL, NULL);
	assert_int_equal(ops()->LsarLookupSids(f->nobody, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_ACCESS_DENIED);
}

/* Without a handle, lookups are for the secure channel alone. */
static void test_without_handle(void **state)
{
	struct fixture *f = *state;
	const struct lsarpc_LsarLookupNames4_in in = { 0 };
	struct lsarpc_LsarLookupNames4_out out = { 0 };
	const struct lsarpc_LsarLookupSids3_in sids_in = { 0 };
	struct lsarpc_LsarLookupSids3_out sids_out = { 0 };

	assert_int_equal(ops()->LsarLookupNames4(f->admin, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->admin), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(ops()->LsarLookupSids3(f->admin, &sids_in, &sids_out), PEN_E_FAULT);
}

static void expect_caller(struct pen_call *call, const char *name, const char *domain)
{
	struct dtyp_RPC_UNICODE_STRING *none = NULL;
	struct lsarpc_LsarGetUserName_in in = { .DomainName = &none };
	struct lsarpc_LsarGetUserName_out out = { 0 };

	assert_int_equal(ops()->LsarGetUserName(call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	expect_text(call, out.UserName, name);
	expect_text(call, *out.DomainName, domain);
	in.DomainName = NULL;
	out = (struct lsarpc_LsarGetUserName_out){ 0 };
	assert_int_equal(ops()->LsarGetUserName(call, &in, &out), 0);
	assert_null(out.DomainName);
	in.UserName = out.UserName;
	assert_int_equal(ops()->LsarGetUserName(call, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_INVALID_PARAMETER);
}

static void test_user_name(void **state)
{
	struct fixture *f = *state;

	expect_caller(f->admin, "Administrator", "SERVER");
	expect_caller(f->user, "joe", "SERVER");
	expect_caller(f->nobody, "ANONYMOUS LOGON", "NT AUTHORITY");
}

/* A process's user, of whom the kernel says the uid alone. */
static void test_unix_user_name(void **state)
{
	struct fixture *f = *state;
	struct pen_token *tokens[N_CALLERS] = { 0 };
	struct pen_call *calls[N_CALLERS];

	callers_new(calls, tokens, f->server, f->lsarpc);
	expect_caller(calls[CALLER_ADMIN], "root", "Unix User");
	callers_free(calls, tokens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_partial, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_handle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_user_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unix_user_name, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
