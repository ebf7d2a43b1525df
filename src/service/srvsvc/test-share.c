/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <string.h>

static uint32_t list_sticky(struct pen_call *call, uint32_t level, uint32_t preferred,
			    uint32_t *resume, struct srvsvc_NetrShareEnumSticky_out *out)
{
	struct srvsvc_SHARE_INFO_0_CONTAINER empty = { 0 };
	struct srvsvc_NetrShareEnumSticky_in in = {
		.InfoStruct = { .Level = level, .ShareInfo.Level0 = &empty },
		.PreferedMaximumLength = preferred,
		.ResumeHandle = resume,
	};

	*out = (struct srvsvc_NetrShareEnumSticky_out){ 0 };
	assert_int_equal(ops()->NetrShareEnumSticky(call, &in, out), 0);
	return out->result;
}

static uint32_t delete_sticky(struct pen_call *call, const char *name)
{
	struct srvsvc_NetrShareDelSticky_in in = { .NetName = name };
	struct srvsvc_NetrShareDelSticky_out out = { 0 };

	assert_int_equal(ops()->NetrShareDelSticky(call, &in, &out), 0);
	return out.result;
}

static uint32_t type_of(struct fixture *f, const char *name)
{
	struct srvsvc_NetrShareGetInfo_in in = { .NetName = name, .Level = 1 };
	struct srvsvc_NetrShareGetInfo_out out = { 0 };

	assert_int_equal(ops()->NetrShareGetInfo(f->user, &in, &out), 0);
	assert_int_equal(out.result, 0);
	return out.InfoStruct.ShareInfo1->shi1_type;
}

/* IPC$ and temporary shares are not kept, so they are not sticky. */
static void test_sticky(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrShareEnumSticky_out out;
	uint32_t resume = 0;

	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	assert_int_equal(add(f->admin, "b", "C:\\b"), 0);
	assert_int_equal(list_sticky(f->admin, 2, UINT32_MAX, NULL, &out), 0);
	assert_int_equal(out.TotalEntries, 2);
	assert_int_equal(out.InfoStruct.ShareInfo.Level2->EntriesRead, 2);
	assert_string_equal(out.InfoStruct.ShareInfo.Level2->Buffer[1].shi2_path, "C:\\b");
	assert_int_equal(list_sticky(f->admin, 1, 1, &resume, &out), PEN_WERR_MORE_DATA);
	resume = *out.ResumeHandle;
	assert_int_equal(list_sticky(f->admin, 1, 1, &resume, &out), 0);
	assert_string_equal(out.InfoStruct.ShareInfo.Level1->Buffer[0].shi1_netname, "b");
	assert_int_equal(*out.ResumeHandle, 0);
	assert_int_equal(list_sticky(f->admin, 501, UINT32_MAX, NULL, &out),
			 PEN_WERR_INVALID_LEVEL);

	assert_int_equal(delete_sticky(f->admin, "A"), 0);
	assert_int_equal(type_of(f, "a"), PEN_SHARE_TEMPORARY);
	assert_int_equal(list_sticky(f->admin, 0, UINT32_MAX, NULL, &out), 0);
	assert_int_equal(out.InfoStruct.ShareInfo.Level0->EntriesRead, 1);
	assert_int_equal(delete_sticky(f->admin, "a"), PEN_WERR_NERR_NETNAMENOTFOUND);
	assert_int_equal(delete_sticky(f->admin, "none"), PEN_WERR_NERR_NETNAMENOTFOUND);
	assert_int_equal(delete_sticky(f->admin, "IPC$"), PEN_WERR_NERR_NETNAMENOTFOUND);
}

static uint32_t commit(struct pen_call *call, struct pen_context_handle *handle, int *faultp)
{
	struct srvsvc_NetrShareDelCommit_in in = { .ContextHandle = *handle };
	struct srvsvc_NetrShareDelCommit_out out = { 0 };

	*faultp = ops()->NetrShareDelCommit(call, &in, &out);
	*handle = out.ContextHandle;
	return out.result;
}

/* Deleted at the commit, which ends the handle, and not before. */
static void test_two_steps(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrShareDelStart_in in = { .NetName = "A" };
	struct srvsvc_NetrShareDelStart_out out = { 0 };
	struct pen_context_handle handle, used;
	int r;

	assert_int_equal(ops()->NetrShareDelStart(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_NERR_NETNAMENOTFOUND);
	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	assert_int_equal(ops()->NetrShareDelStart(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_int_equal(type_of(f, "a"), PEN_SHARE_DISK);
	handle = used = out.ContextHandle;
	assert_int_equal(commit(f->admin, &handle, &r), 0);
	assert_int_equal(r, 0);
	assert_memory_equal(&handle, &(struct pen_context_handle){ 0 }, sizeof(handle));
	commit(f->admin, &used, &r);
	assert_int_equal(r, PEN_E_FAULT);
	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);

	/* Another has deleted it meanwhile. */
	assert_int_equal(ops()->NetrShareDelStart(f->admin, &in, &out), 0);
	assert_int_equal(pen_shares_remove(f->shares, "a"), 0);
	assert_int_equal(commit(f->admin, &out.ContextHandle, &r), PEN_WERR_NERR_NETNAMENOTFOUND);
	assert_int_equal(r, 0);

	/* Begun and never committed: nothing is deleted, nothing is left. */
	assert_int_equal(add(f->admin, "a", "C:\\a"), 0);
	assert_int_equal(ops()->NetrShareDelStart(f->admin, &in, &out), 0);
	assert_int_equal(type_of(f, "a"), PEN_SHARE_DISK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sticky, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_steps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
