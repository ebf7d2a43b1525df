/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/state.h"
#include "store/store.h"
#include "support/unit.h"
#include <string.h>

static const struct srvsvc_operations *ops;

struct fixture {
	struct pen_store *store;
	struct pen_shares *shares;
	struct pen_srvsvc *srvsvc;
	struct pen_token *tokens[3];
	struct pen_call *admin;
	struct pen_call *user;
	struct pen_call *nobody;
};

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct pen_srvsvc_config config = { .name = "TEST", .comment = "a server" };

	assert_int_equal(pen_store_open(&f->store, ":memory:", NULL), 0);
	assert_int_equal(pen_shares_new_store(&f->shares, f->store), 0);
	config.shares = f->shares;
	assert_int_equal(pen_srvsvc_new(&f->srvsvc, &config), 0);
	assert_int_equal(pen_token_new_unix(&f->tokens[0], 0, 0, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_unix(&f->tokens[1], 1000, 1000, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_anonymous(&f->tokens[2], true), 0);
	assert_int_equal(pen_call_new_direct(&f->admin, NULL, f->srvsvc, f->tokens[0]), 0);
	assert_int_equal(pen_call_new_direct(&f->user, NULL, f->srvsvc, f->tokens[1]), 0);
	assert_int_equal(pen_call_new_direct(&f->nobody, NULL, f->srvsvc, f->tokens[2]), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pen_call_free(f->admin);
	pen_call_free(f->user);
	pen_call_free(f->nobody);
	for (size_t i = 0; i < PEN_COUNT(f->tokens); i++)
		pen_token_free(f->tokens[i]);
	pen_srvsvc_free(f->srvsvc);
	pen_shares_free(f->shares);
	pen_store_close(f->store);
	test_free(f);
	return 0;
}

static uint32_t add(struct pen_call *call, const char *name, const char *path)
{
	struct srvsvc_SHARE_INFO_2 info = { .shi2_netname = name,
					    .shi2_remark = "r",
					    .shi2_max_uses = UINT32_MAX,
					    .shi2_path = path };
	struct srvsvc_NetrShareAdd_in in = { .Level = 2, .InfoStruct.ShareInfo2 = &info };
	struct srvsvc_NetrShareAdd_out out = { 0 };

	assert_int_equal(ops->NetrShareAdd(call, &in, &out), 0);
	return out.result;
}

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

	assert_int_equal(ops->NetrShareEnum(call, &in, &out), 0);
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

	assert_int_equal(ops->NetrShareGetInfo(f->admin, &get, &got), 0);
	assert_int_equal(got.result, 0);
	assert_string_equal(got.InfoStruct.ShareInfo2->shi2_path, "C:\\srv\\data");
	assert_int_equal(ops->NetrShareDel(f->user, &del, &deleted), 0);
	assert_int_equal(deleted.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(ops->NetrShareDel(f->admin, &del, &deleted), 0);
	assert_int_equal(deleted.result, 0);
	assert_int_equal(ops->NetrShareDel(f->admin, &del, &deleted), 0);
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

		assert_int_equal(ops->NetrShareAdd(f->admin, &add_in, &add_out), 0);
		assert_int_not_equal(add_out.result, 0);
		assert_int_equal(ops->NetrShareSetInfo(f->admin, &set_in, &set_out), 0);
		assert_int_not_equal(set_out.result, 0);
		assert_int_equal(ops->NetrShareDelEx(f->admin, &ex_in, &ex_out), 0);
		assert_int_not_equal(ex_out.result, 0);
		assert_int_equal(ops->NetrServerSetInfo(f->admin, &server_in, &server_out), 0);
		assert_int_not_equal(server_out.result, 0);
		assert_int_equal(ops->NetrServerGetInfo(f->admin, &get_in, &get_out), 0);
		assert_true(!get_out.result == !!get_out.InfoStruct.ServerInfo100);
		assert_int_equal(ops->NetrShareGetInfo(f->admin, &share_in, &share_out), 0);
		assert_true(!share_out.result == !!share_out.InfoStruct.ShareInfo0);
	}
}

static uint32_t canonicalize(struct pen_call *call, const char *prefix, const char *path,
			     char *text)
{
	struct srvsvc_NetprPathCanonicalize_in in = { .PathName = path,
						      .Prefix = prefix,
						      .OutbufLen = 200 };
	struct srvsvc_NetprPathCanonicalize_out out = { 0 };

	assert_int_equal(ops->NetprPathCanonicalize(call, &in, &out), 0);
	for (size_t i = 0; i < 100; i++)
		text[i] = (char)out.Outbuf[2 * i];
	return out.result;
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t type;
	} rows[] = {
		{ "", 0 },	   { "a", 8192 },	 { "a*", 8193 },     { "\\a", 8194 },
		{ "c:a", 8196 },   { "c:\\a", 8198 },	 { "c:\\a?", 8199 }, { "c:", 8200 },
		{ "LPT1", 8208 },  { "com2:", 8224 },	 { "CON", 8256 },    { "NUL", 8272 },
		{ "\\\\s", 4144 }, { "\\\\s\\h", 4096 }, { "a|b", 0 },	     { "\\\\", 0 },
	};
	struct fixture *f = *state;
	char text[100];

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct srvsvc_NetprPathType_in in = { .PathName = rows[i].path };
		struct srvsvc_NetprPathType_out out = { 0 };

		assert_int_equal(ops->NetprPathType(f->nobody, &in, &out), 0);
		assert_int_equal(out.PathType, rows[i].type);
	}
	assert_int_equal(canonicalize(f->nobody, "c:\\x", "a/./b/../c", text), 0);
	assert_string_equal(text, "c:\\x\\a\\c");
	assert_int_equal(canonicalize(f->nobody, "", "a", text), 0);
	assert_string_equal(text, "a");
	assert_int_equal(canonicalize(f->nobody, "c:\\", "..\\..\\etc", text),
			 PEN_WERR_INVALID_NAME);
}

static void test_file_security(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrpGetFileSecurity_in in = { .ShareName = "root",
						     .lpFileName = "\\tmp",
						     .RequestedInformation = 7 };
	struct srvsvc_NetrpGetFileSecurity_out out = { 0 };

	assert_int_equal(add(f->admin, "root", "C:\\"), 0);
	assert_int_equal(ops->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_true(out.SecurityDescriptor->Length > 20);
	in.lpFileName = "..\\tmp";
	assert_int_equal(ops->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_not_equal(out.result, 0);
	assert_int_equal(ops->NetrpGetFileSecurity(f->nobody, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_ACCESS_DENIED);
	in.ShareName = NULL;
	assert_int_equal(ops->NetrpGetFileSecurity(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shares, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_security, set_up, tear_down),
	};

	ops = pen_srvsvc_service.operations;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
