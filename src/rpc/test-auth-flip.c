/* SPDX-License-Identifier: MIT */
/*
 * Each bit of a conversation under NTLM, and under SPNEGO, which negotiates NTLM. That of
 * Kerberos is in test/peers, with its KDC.
 */
#include "rpc/test-flip.h"

static void test_ntlm_signed(void **state)
{
	flip_all(&(struct flip_case){ AUTH_NTLM, PEN_AUTH_LEVEL_INTEGRITY });
}

static void test_ntlm_sealed(void **state)
{
	flip_all(&(struct flip_case){ AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY });
}

static void test_spnego_signed(void **state)
{
	flip_all(&(struct flip_case){ AUTH_SPNEGO, PEN_AUTH_LEVEL_INTEGRITY });
}

static void test_spnego_sealed(void **state)
{
	flip_all(&(struct flip_case){ AUTH_SPNEGO, PEN_AUTH_LEVEL_PRIVACY });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ntlm_signed),
		cmocka_unit_test(test_ntlm_sealed),
		cmocka_unit_test(test_spnego_signed),
		cmocka_unit_test(test_spnego_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
