/* SPDX-License-Identifier: MIT */
#include "service/dssetup/dssetup.h"
#include "support/unit.h"
#include <penstock/idl/dssetup.h>
#include <penstock/status.h>
#include <penstock/token.h>

/* Each level there is, and one there is not. */
static void test_levels(void **state)
{
	const struct dssetup_operations *ops = pen_dssetup_service.operations;
	struct dssetup_DsRolerGetPrimaryDomainInformation_in in = { 0 };
	struct pen_token *token;
	struct pen_call *call;

	assert_int_equal(pen_token_new_anonymous(&token, true), 0);
	assert_int_equal(pen_call_new_direct(&call, NULL, (char *)"OFFICE", token), 0);
	for (int level = 0; level < 5; level++) {
		struct dssetup_DsRolerGetPrimaryDomainInformation_out out = { 0 };

		in.InfoLevel = (enum dssetup_DSROLE_PRIMARY_DOMAIN_INFO_LEVEL)level;
		assert_int_equal(ops->DsRolerGetPrimaryDomainInformation(call, &in, &out), 0);
		assert_int_equal(out.result,
				 level >= 1 && level <= 3 ? 0 : PEN_WERR_INVALID_PARAMETER);
		assert_true(!out.result == !!out.DomainInfo);
		if (level == 1)
			assert_string_equal(out.DomainInfo->DomainInfoBasic.DomainNameFlat,
					    "OFFICE");
	}
	pen_call_free(call);
	pen_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_levels) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
