/* SPDX-License-Identifier: MIT */
#include "sec/krb5.h"
#include "sec/mechs.h"
#include "sec/ntlm.h"
#include "sec/schannel.h"
#include "sec/spnego.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	return PEN_E_NOT_FOUND;
}

static void assert_negotiates(const struct pen_mechs *mechs, const struct pen_mech *first,
			      const struct pen_mech *second)
{
	const struct pen_spnego_config *spnego = pen_mechs_find(mechs, PEN_AUTH_SPNEGO)->config;

	assert_int_equal(spnego->n_mechs, second ? 2 : 1);
	assert_ptr_equal(spnego->mechs[0].mech, first);
	if (second)
		assert_ptr_equal(spnego->mechs[1].mech, second);
}

/* Both, and SPNEGO between them, which prefers Kerberos; the configs are copies. */
static void test_a_servers(void **state)
{
	struct pen_ntlm_server ntlm = { .netbios_computer = "SERVER", .judge = judge };
	struct pen_krb5_server krb5 = { .keytab = "FILE:/none" };
	struct pen_mechs *mechs;
	size_t n;

	assert_int_equal(
		pen_mechs_new(&mechs, &(struct pen_mechs_config){ .ntlm = &ntlm, .krb5 = &krb5 }),
		0);
	ntlm.judge = NULL;
	krb5.keytab = NULL;
	pen_mechs_rows(mechs, &n);
	assert_int_equal(n, 3);
	assert_negotiates(mechs, &pen_mech_krb5, &pen_mech_ntlm);
	assert_ptr_equal(
		((const struct pen_ntlm_server *)pen_mechs_find(mechs, PEN_AUTH_NTLM)->config)
			->judge,
		judge);
	assert_string_equal(
		((const struct pen_krb5_server *)pen_mechs_find(mechs, PEN_AUTH_KRB5)->config)
			->keytab,
		"FILE:/none");
	assert_null(pen_mechs_find(mechs, PEN_AUTH_SCHANNEL));
	pen_mechs_add(mechs, &pen_mech_schannel, &n);
	assert_ptr_equal(pen_mechs_find(mechs, PEN_AUTH_SCHANNEL)->config, &n);
	assert_null(pen_mechs_free(mechs));
}

static void test_one_alone(void **state)
{
	const struct pen_ntlm_server ntlm = { .netbios_computer = "SERVER", .judge = judge };
	const struct pen_krb5_server krb5 = { 0 };
	struct pen_mechs *mechs;

	assert_int_equal(pen_mechs_new(&mechs, &(struct pen_mechs_config){ .ntlm = &ntlm }), 0);
	assert_negotiates(mechs, &pen_mech_ntlm, NULL);
	assert_null(pen_mechs_find(mechs, PEN_AUTH_KRB5));
	pen_mechs_free(mechs);
	assert_int_equal(pen_mechs_new(&mechs, &(struct pen_mechs_config){ .krb5 = &krb5 }), 0);
	assert_negotiates(mechs, &pen_mech_krb5, NULL);
	assert_null(pen_mechs_find(mechs, PEN_AUTH_NTLM));
	pen_mechs_free(mechs);
}

static void test_a_clients(void **state)
{
	struct pen_mechs *mechs;

	for (int weak = 0; weak < 2; weak++) {
		assert_int_equal(pen_mechs_new_client(&mechs, weak), 0);
		assert_negotiates(mechs, &pen_mech_krb5, &pen_mech_ntlm);
		assert_int_equal(
			((const struct pen_krb5_client *)pen_mechs_find(mechs, PEN_AUTH_KRB5)
				 ->config)
				->allow_weak,
			weak);
		pen_mechs_free(mechs);
	}
}

/* None at all, an NTLM that nobody judges or that has no name, and no memory. */
static void test_refusals(void **state)
{
	const struct pen_ntlm_server nameless = { .judge = judge };
	const struct pen_ntlm_server unjudged = { .netbios_computer = "SERVER" };
	const struct pen_krb5_server krb5 = { 0 };
	const struct pen_mechs_config rows[] = { { 0 },
						 { .ntlm = &nameless },
						 { .ntlm = &unjudged, .krb5 = &krb5 } };
	struct pen_mechs *mechs;

	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		assert_int_equal(pen_mechs_new(&mechs, &rows[i]), -EINVAL);
	pen_fail_at(1);
	assert_int_equal(pen_mechs_new(&mechs, &(struct pen_mechs_config){ .krb5 = &krb5 }),
			 -ENOMEM);
	pen_fail_at(1);
	assert_int_equal(pen_mechs_new_client(&mechs, false), -ENOMEM);
	pen_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_servers),
		cmocka_unit_test(test_one_alone),
		cmocka_unit_test(test_a_clients),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
