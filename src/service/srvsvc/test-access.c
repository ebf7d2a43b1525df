/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <string.h>

/*
 * Calls the operation as administrator, user and nobody, and expects these results. Its
 * arguments are written as the fields of its _in.
 */
#define EXPECT(operation, admin_result, user_result, nobody_result, ...)                           \
	do {                                                                                       \
		struct pen_call *callers[] = { f->admin, f->user, f->nobody };                     \
		const uint32_t results[] = { admin_result, user_result, nobody_result };           \
                                                                                                   \
		for (size_t i = 3; i--;) {                                                         \
			struct srvsvc_##operation##_in in = { __VA_ARGS__ };                       \
			struct srvsvc_##operation##_out out = { 0 };                               \
                                                                                                   \
			assert_int_equal(ops()->operation(callers[i], &in, &out), 0);              \
			assert_int_equal((uint32_t)out.result, results[i]);                        \
		}                                                                                  \
	} while (0)

#define FOR_ALL(operation, ...)	  EXPECT(operation, 0, 0, 0, __VA_ARGS__)
#define FOR_KNOWN(operation, ...) EXPECT(operation, 0, 0, PEN_WERR_ACCESS_DENIED, __VA_ARGS__)
#define FOR_ADMINS(operation, ...)                                                                 \
	EXPECT(operation, 0, PEN_WERR_ACCESS_DENIED, PEN_WERR_ACCESS_DENIED, __VA_ARGS__)
/* It passes the check, and there is no such thing. */
#define FOR_ADMINS_BUT(result, operation, ...)                                                     \
	EXPECT(operation, result, PEN_WERR_ACCESS_DENIED, PEN_WERR_ACCESS_DENIED, __VA_ARGS__)

static void test_shares(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_SHARE_INFO_0_CONTAINER none = { 0 };
	struct srvsvc_SHARE_INFO_2 two = { .shi2_netname = "b",
					   .shi2_max_uses = 1,
					   .shi2_path = "C:\\b" };
	struct srvsvc_SHARE_INFO_1004 remark = { .shi1004_remark = "r" };
	struct srvsvc_SHARE_INFO_0 named = { .shi0_netname = "b" };
	static const struct {
		uint32_t level;
		bool is_enumerated, is_for_admins;
	} levels[] = {
		{ 0, true, false },	{ 1, true, false },	{ 2, true, true },
		{ 501, true, false },	{ 502, true, true },	{ 503, true, true },
		{ 1004, false, false }, { 1005, false, false }, { 1006, false, false },
		{ 1007, false, false }, { 1501, false, true },
	};

	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	for (size_t l = 0; l < PEN_COUNT(levels); l++) {
		uint32_t other = levels[l].is_for_admins ? PEN_WERR_ACCESS_DENIED : 0;

		EXPECT(NetrShareGetInfo, 0, other, other, .NetName = "a", .Level = levels[l].level);
		if (!levels[l].is_enumerated)
			continue;
		/* Windows tells of one share at level 501 what it does not tell of all. */
		if (levels[l].level == 501)
			other = PEN_WERR_ACCESS_DENIED;
		EXPECT(NetrShareEnum, 0, other, other,
		       .InfoStruct = { .Level = levels[l].level, .ShareInfo.Level0 = &none },
		       .PreferedMaximumLength = UINT32_MAX);
		if (levels[l].level == 501)
			continue;
		EXPECT(NetrShareEnumSticky, 0, other, other,
		       .InfoStruct = { .Level = levels[l].level, .ShareInfo.Level0 = &none },
		       .PreferedMaximumLength = UINT32_MAX);
	}
	FOR_ALL(NetrShareCheck, .Device = "C:\\a");
	FOR_ADMINS(NetrShareAdd, .Level = 2, .InfoStruct.ShareInfo2 = &two);
	FOR_ADMINS(NetrShareSetInfo, .NetName = "a", .Level = 1004,
		   .ShareInfo.ShareInfo1004 = &remark);
	FOR_ADMINS(NetrShareDelStart, .NetName = "a");
	FOR_ADMINS(NetrShareDelSticky, .NetName = "a");
	FOR_ADMINS(NetrShareDel, .NetName = "a");
	FOR_ADMINS(NetrShareDelEx, .Level = 0, .ShareInfo.ShareInfo0 = &named);
}

static void test_server(void **state)
{
	static const uint32_t for_admins[] = { 102, 502, 503 };
	struct fixture *f = *state;
	struct srvsvc_SERVER_INFO_1005 comment = { .sv1005_comment = "c" };

	FOR_ALL(NetrServerGetInfo, .Level = 100);
	FOR_ALL(NetrServerGetInfo, .Level = 101);
	for (size_t l = 0; l < PEN_COUNT(for_admins); l++)
		FOR_ADMINS(NetrServerGetInfo, .Level = for_admins[l]);
	FOR_ADMINS(NetrServerSetInfo, .Level = 1005, .ServerInfo.ServerInfo1005 = &comment);
	FOR_ALL(NetrRemoteTOD, 0);
	FOR_ADMINS(NetrServerStatisticsGet, 0);
	FOR_ADMINS(NetrServerDiskEnum, 0);
	for (uint32_t level = 0; level < 4; level++)
		FOR_ADMINS(NetrServerTransportEnum, .InfoStruct.Level = level);
	FOR_KNOWN(NetrSessionEnum, .InfoStruct.Level = 0);
	FOR_KNOWN(NetrSessionEnum, .InfoStruct.Level = 10);
	FOR_ADMINS(NetrSessionEnum, .InfoStruct.Level = 1);
	FOR_ADMINS(NetrSessionEnum, .InfoStruct.Level = 2);
	FOR_ADMINS(NetrSessionEnum, .InfoStruct.Level = 502);
	FOR_ADMINS_BUT(PEN_WERR_NERR_CLIENTNAMENOTFOUND, NetrSessionDel, .ClientName = "\\\\pc");
	FOR_ADMINS(NetrConnectionEnum, .Qualifier = "IPC$");
	FOR_ADMINS(NetrFileEnum, .InfoStruct.Level = 2);
	FOR_ADMINS(NetrFileEnum, .InfoStruct.Level = 3);
	FOR_ADMINS_BUT(PEN_WERR_NERR_FILEIDNOTFOUND, NetrFileGetInfo, .FileId = 1, .Level = 3);
	FOR_ADMINS_BUT(PEN_WERR_NERR_FILEIDNOTFOUND, NetrFileClose, .FileId = 1);
}

static void test_files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f->admin, "root", "C:\\"), 0);
	FOR_ADMINS(NetrpGetFileSecurity, .ShareName = "root", .lpFileName = "\\",
		   .RequestedInformation = 7);
	FOR_ADMINS_BUT(PEN_WERR_INVALID_SECURITY_DESCR, NetrpSetFileSecurity, .ShareName = "root",
		       .lpFileName = "\\", .SecurityInformation = 4);
}

/* Nobody may, not even who may all else. */
static void test_not_supported(void **state)
{
	struct fixture *f = *state;

#define NOBODY(operation)                                                                          \
	EXPECT(operation, PEN_WERR_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED, 0)
	NOBODY(NetrServerTransportAdd);
	NOBODY(NetrServerTransportAddEx);
	NOBODY(NetrServerTransportDel);
	NOBODY(NetrServerTransportDelEx);
	NOBODY(NetrServerAliasAdd);
	NOBODY(NetrServerAliasEnum);
	NOBODY(NetrServerAliasDel);
#undef NOBODY
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shares, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_supported, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
