/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <string.h>

static uint32_t list(struct pen_call *call, uint32_t level, uint32_t preferred, uint32_t *resume,
		     uint32_t *np)
{
	struct srvsvc_SHARE_INFO_0_CONTAINER empty = { 0 };
	struct srvsvc_NetrShareEnum_in in = {
		.InfoStruct = { .Level = level, .ShareInfo.Level0 = &empty },
		.PreferedMaximumLength = preferred,
		.ResumeHandle = resume,
	};
	struct srvsvc_NetrShareEnum_out out = { 0 };

	assert_int_equal(ops()->NetrShareEnum(call, &in, &out), 0);
	if (resume)
		*resume = *out.ResumeHandle;
	*np = out.InfoStruct.ShareInfo.Level0 ? out.InfoStruct.ShareInfo.Level0->EntriesRead : 0;
	return out.result;
}

/* Administrators change shares, others see the names. */
static void test_shares(void **state)
{
	static const uint32_t enumerated[] = { 0, 1, 2, 501, 502, 503 };
	struct fixture *f = *state;
	struct srvsvc_NetrShareGetInfo_in get = { .NetName = "DATA", .Level = 2 };
	struct srvsvc_NetrShareGetInfo_out got = { 0 };
	struct srvsvc_NetrShareDel_in del = { .NetName = "data" };
	struct srvsvc_NetrShareDel_out deleted = { 0 };
	uint32_t n;

	assert_int_equal(add(f->user, "data", "C:\\srv"), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(add(f->admin, "data", "C:\\srv\\data"), 0);
	assert_int_equal(add(f->admin, "Data", "C:\\srv"), PEN_WERR_NERR_DUPLICATESHARE);
	assert_int_equal(add(f->admin, "ipc$", "C:\\srv"), PEN_WERR_NERR_DUPLICATESHARE);
	assert_int_equal(add(f->admin, "a/b", "C:\\srv"), PEN_WERR_INVALID_NAME);
	assert_int_equal(add(f->admin, "x", "C:\\srv\\..\\etc"), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(add(f->admin, "x", "relative"), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(add(f->admin, "x", NULL), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(add(f->admin, NULL, "C:\\srv"), PEN_WERR_INVALID_NAME);

	for (size_t i = 0; i < PEN_COUNT(enumerated); i++) {
		assert_int_equal(list(f->admin, enumerated[i], UINT32_MAX, NULL, &n), 0);
		assert_int_equal(n, 2);
	}
	assert_int_equal(list(f->user, 1, UINT32_MAX, NULL, &n), 0);
	assert_int_equal(list(f->nobody, 502, UINT32_MAX, NULL, &n), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(list(f->admin, 1005, UINT32_MAX, NULL, &n), PEN_WERR_INVALID_LEVEL);

	assert_int_equal(ops()->NetrShareGetInfo(f->admin, &get, &got), 0);
	assert_int_equal(got.result, 0);
	assert_string_equal(got.InfoStruct.ShareInfo2->shi2_path, "C:\\srv\\data");
	assert_int_equal(ops()->NetrShareDel(f->user, &del, &deleted), 0);
	assert_int_equal(deleted.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(ops()->NetrShareDel(f->admin, &del, &deleted), 0);
	assert_int_equal(deleted.result, 0);
	assert_int_equal(ops()->NetrShareDel(f->admin, &del, &deleted), 0);
	assert_int_equal(deleted.result, PEN_WERR_NERR_NETNAMENOTFOUND);
}

/* However small the answers are, each share comes once. */
static void test_resume(void **state)
{
	struct fixture *f = *state;
	uint32_t resume = 0, n, seen = 0, result;

	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	assert_int_equal(add(f->admin, "b", "C:\\b"), 0);
	do {
		result = list(f->user, 1, 1, &resume, &n);
		assert_true(!result || result == PEN_WERR_MORE_DATA);
		seen += n;
	} while (result);
	assert_int_equal(seen, 3);
	resume = UINT32_MAX;
	assert_int_equal(list(f->user, 1, 0, &resume, &n), 0);
	assert_int_equal(n, 0);
}

/* Every level of every kind, with nothing where something should be. */
static void test_nothing_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	for (uint32_t level = 0; level < 2000; level++) {
		struct srvsvc_NetrShareAdd_in add_in = { .Level = level };
		struct srvsvc_NetrShareAdd_out add_out = { 0 };
		struct srvsvc_NetrShareSetInfo_in set_in = { .NetName = "a", .Level = level };
		struct srvsvc_NetrShareSetInfo_out set_out = { 0 };
		struct srvsvc_NetrShareDelEx_in ex_in = { .Level = level };
		struct srvsvc_NetrShareDelEx_out ex_out = { 0 };
		struct srvsvc_NetrServerSetInfo_in server_in = { .Level = level };
		struct srvsvc_NetrServerSetInfo_out server_out = { 0 };
		struct srvsvc_NetrServerGetInfo_in get_in = { .Level = level };
		struct srvsvc_NetrServerGetInfo_out get_out = { 0 };
		struct srvsvc_NetrShareGetInfo_in share_in = { .NetName = "a", .Level = level };
		struct srvsvc_NetrShareGetInfo_out share_out = { 0 };

		assert_int_equal(ops()->NetrShareAdd(f->admin, &add_in, &add_out), 0);
		assert_int_not_equal(add_out.result, 0);
		assert_int_equal(ops()->NetrShareSetInfo(f->admin, &set_in, &set_out), 0);
		assert_int_not_equal(set_out.result, 0);
		assert_int_equal(ops()->NetrShareDelEx(f->admin, &ex_in, &ex_out), 0);
		assert_int_not_equal(ex_out.result, 0);
		assert_int_equal(ops()->NetrServerSetInfo(f->admin, &server_in, &server_out), 0);
		assert_int_not_equal(server_out.result, 0);
		assert_int_equal(ops()->NetrServerGetInfo(f->admin, &get_in, &get_out), 0);
		assert_true(!get_out.result == !!get_out.InfoStruct.ServerInfo100);
		assert_int_equal(ops()->NetrShareGetInfo(f->admin, &share_in, &share_out), 0);
		assert_true(!share_out.result == !!share_out.InfoStruct.ShareInfo0);
	}
}

static void test_file_security(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrpGetFileSecurity_in in = { .ShareName = "root",
						     .lpFileName = "\\tmp",
						     .RequestedInformation = 7 };
	struct srvsvc_NetrpGetFileSecurity_out out = { 0 };

	assert_int_equal(add(f->admin, "root", "C:\\"), 0);
	assert_int_equal(ops()->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_true(out.SecurityDescriptor->Length > 20);
	in.lpFileName = "..\\tmp";
	assert_int_equal(ops()->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_not_equal(out.result, 0);
	assert_int_equal(ops()->NetrpGetFileSecurity(f->nobody, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_ACCESS_DENIED);
	in.ShareName = NULL;
	assert_int_equal(ops()->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shares, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_security, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
