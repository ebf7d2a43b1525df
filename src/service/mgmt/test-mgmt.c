/* SPDX-License-Identifier: MIT */
#include "service/mgmt/mgmt.h"
#include "support/unit.h"
#include <penstock/idl/mgmt.h>
#include <penstock/status.h>
#include <penstock/token.h>

static const struct mgmt_operations *ops;

static uint32_t stop_as(struct pen_token *token)
{
	struct mgmt_rpc__mgmt_stop_server_listening_in in = { 0 };
	struct mgmt_rpc__mgmt_stop_server_listening_out out = { 0 };
	struct pen_call *call;

	assert_int_equal(pen_call_new_direct(&call, NULL, NULL, token), 0);
	assert_int_equal(ops->rpc__mgmt_stop_server_listening(call, &in, &out), 0);
	pen_call_free(call);
	pen_token_free(token);
	return out.status;
}

/* Only an administrator of this machine stops a server. */
static void test_stop(void **state)
{
	struct pen_token *nobody, *user, *root;

	assert_int_equal(pen_token_new_anonymous(&nobody, true), 0);
	assert_int_equal(pen_token_new_unix(&user, 1000, 1000, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_unix(&root, 0, 0, NULL, 0, 0, false), 0);
	assert_int_equal(stop_as(nobody), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(stop_as(user), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(stop_as(root), 0);
}

static void test_questions(void **state)
{
	struct mgmt_rpc__mgmt_inq_stats_in stats = { .count = UINT32_MAX };
	struct mgmt_rpc__mgmt_inq_stats_out stats_out = { 0 };
	struct mgmt_rpc__mgmt_inq_princ_name_in name = { .princ_name_size = 0 };
	struct mgmt_rpc__mgmt_inq_princ_name_out name_out = { 0 };
	struct mgmt_rpc__mgmt_is_server_listening_in listening = { 0 };
	struct mgmt_rpc__mgmt_is_server_listening_out listening_out = { 0 };
	struct mgmt_rpc__mgmt_inq_if_ids_in ids = { 0 };
	struct mgmt_rpc__mgmt_inq_if_ids_out ids_out = { 0 };
	struct pen_token *token;
	struct pen_call *call;

	assert_int_equal(pen_token_new_anonymous(&token, true), 0);
	assert_int_equal(pen_call_new_direct(&call, NULL, NULL, token), 0);
	assert_int_equal(ops->rpc__mgmt_inq_stats(call, &stats, &stats_out), 0);
	assert_int_equal(stats_out.count, 4);
	assert_int_equal(ops->rpc__mgmt_inq_princ_name(call, &name, &name_out), PEN_E_FAULT);
	name.princ_name_size = 1;
	assert_int_equal(ops->rpc__mgmt_inq_princ_name(call, &name, &name_out), 0);
	assert_int_equal(name_out.status, PEN_WERR_RPC_S_UNKNOWN_AUTHN_SERVICE);
	assert_int_equal(ops->rpc__mgmt_is_server_listening(call, &listening, &listening_out), 0);
	assert_int_equal(listening_out.result, 1);
	assert_int_equal(ops->rpc__mgmt_inq_if_ids(call, &ids, &ids_out), 0);
	assert_int_equal(ids_out.status, PEN_WERR_RPC_S_NO_INTERFACES);
	pen_call_free(call);
	pen_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_questions),
	};

	ops = pen_mgmt_service.operations;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
