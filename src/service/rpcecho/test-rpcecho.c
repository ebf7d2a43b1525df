/* SPDX-License-Identifier: MIT */
#include "service/rpcecho/rpcecho.h"
#include "support/unit.h"
#include <penstock/idl/rpcecho.h>
#include <penstock/token.h>
#include <string.h>

static const struct rpcecho_operations *ops;

static int set_up(void **state)
{
	struct pen_token *token;
	struct pen_call *call;

	ops = pen_rpcecho_service.operations;
	assert_int_equal(pen_token_new_anonymous(&token, true), 0);
	assert_int_equal(pen_call_new_direct(&call, NULL, NULL, token), 0);
	*state = call;
	return 0;
}

static int tear_down(void **state)
{
	struct pen_token *token = pen_token_ref(pen_call_token(*state));

	pen_call_free(*state);
	pen_token_free(token);
	pen_token_free(token); /* set_up's own */
	return 0;
}

static void test_numbers(void **state)
{
	struct rpcecho_echo_AddOne_in one = { .in_data = UINT32_MAX };
	struct rpcecho_echo_AddOne_out one_out;
	uint16_t v = 7, *p = &v;
	struct rpcecho_echo_TestDoublePointer_in pointers[] = { { NULL },
								{ &(uint16_t *){ NULL } },
								{ &p } };
	const uint16_t expected[] = { 0, 0, 7 };

	assert_int_equal(ops->echo_AddOne(*state, &one, &one_out), 0);
	assert_int_equal(one_out.out_data, 0);
	for (size_t i = 0; i < PEN_COUNT(pointers); i++) {
		struct rpcecho_echo_TestDoublePointer_out out;

		assert_int_equal(ops->echo_TestDoublePointer(*state, &pointers[i], &out), 0);
		assert_int_equal(out.result, expected[i]);
	}
}

static void test_lengths(void **state)
{
	struct rpcecho_echo_SourceData_in in = { .len = 300 };
	struct rpcecho_echo_SourceData_out out = { 0 };
	struct rpcecho_echo_TestSurrounding_in around = { .data = { .x = UINT32_MAX } };
	struct rpcecho_echo_TestSurrounding_out around_out = { 0 };

	assert_int_equal(ops->echo_SourceData(*state, &in, &out), 0);
	assert_int_equal(out.data[257], 1);
	in.len = UINT32_MAX;
	assert_int_equal(ops->echo_SourceData(*state, &in, &out), PEN_E_FAULT);
	assert_int_equal(ops->echo_TestSurrounding(*state, &around, &around_out), PEN_E_FAULT);
	around.data.x = 20;
	assert_int_equal(ops->echo_TestSurrounding(*state, &around, &around_out), 0);
	assert_int_equal(around_out.data.x, 40);
}

static void test_levels(void **state)
{
	for (uint16_t level = 0; level < 10; level++) {
		struct rpcecho_echo_TestCall2_in in = { .level = level };
		struct rpcecho_echo_TestCall2_out out = { 0 };

		assert_int_equal(ops->echo_TestCall2(*state, &in, &out),
				 level >= 1 && level <= 7 ? 0 : PEN_E_FAULT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_levels, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
