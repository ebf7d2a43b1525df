/* SPDX-License-Identifier: MIT */
/*
 * Each bit of a conversation under Kerberos, and under SPNEGO with it, as rpc/test-flip.h
 * has it. The ccache has the ticket already, so that no KDC is asked each time.
 *
 *	krb5-flip KEYTAB CCACHE TARGET
 */
#include "rpc/test-flip.h"

static char **arguments;

static void flip(unsigned scheme, uint8_t level)
{
	flip_all(&(struct flip_case){ scheme, level, arguments[1], arguments[2], arguments[3] });
}

static void test_signed(void **state)
{
	flip(AUTH_KRB5, PEN_AUTH_LEVEL_INTEGRITY);
}

static void test_sealed(void **state)
{
	flip(AUTH_KRB5, PEN_AUTH_LEVEL_PRIVACY);
}

static void test_spnego_signed(void **state)
{
	flip(AUTH_SPNEGO, PEN_AUTH_LEVEL_INTEGRITY);
}

static void test_spnego_sealed(void **state)
{
	flip(AUTH_SPNEGO, PEN_AUTH_LEVEL_PRIVACY);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_spnego_signed),
		cmocka_unit_test(test_spnego_sealed),
	};

	if (argc != 4)
		return 2;
	arguments = argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
