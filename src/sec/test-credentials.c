/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <string.h>

static void test_anonymous(void **state)
{
	struct pen_credentials *credentials = NULL;
	const struct pen_credentials_info *info;

	assert_int_equal(pen_credentials_new_anonymous(&credentials), 0);
	info = pen_credentials_info(credentials);
	assert_int_equal(info->kind, PEN_CREDENTIALS_ANONYMOUS);
	assert_string_equal(info->user, "");
	assert_string_equal(info->domain, "");
	assert_string_equal(info->principal, "");
	assert_null(info->password);
	assert_null(info->ccache);
	assert_null(info->keytab);
	assert_null(pen_credentials_free(credentials));
	assert_null(pen_credentials_free(NULL));
	assert_null(pen_credentials_ref(NULL));
}

/* A name is taken apart where no domain is given, and only there. */
static void test_names(void **state)
{
	static const struct {
		const char *given_user;
		const char *given_domain;
		const char *user;
		const char *domain;
	} rows[] = {
		{ "joe", "DOM", "joe", "DOM" },
		{ "joe", NULL, "joe", "" },
		{ "DOM\\joe", NULL, "joe", "DOM" },
		{ "joe@dom.example", NULL, "joe", "dom.example" },
		{ "joe@home@dom.example", NULL, "joe@home", "dom.example" },
		{ "DOM\\joe@home", NULL, "joe@home", "DOM" },
		{ "DOM\\joe", "", "DOM\\joe", "" },
		{ "joe@dom.example", "DOM", "joe@dom.example", "DOM" },
		{ "\\joe", NULL, "joe", "" },
		{ "", NULL, "", "" },
		{ NULL, NULL, "", "" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		static const uint8_t hash[16] = "0123456789abcde";
		struct pen_credentials *password = NULL;
		struct pen_credentials *nt_hash = NULL;
		const struct pen_credentials_info *info;

		assert_int_equal(pen_credentials_new_password(&password, rows[i].given_user,
							      rows[i].given_domain, "secret"),
				 0);
		info = pen_credentials_info(password);
		assert_int_equal(info->kind, PEN_CREDENTIALS_PASSWORD);
		assert_string_equal(info->user, rows[i].user);
		assert_string_equal(info->domain, rows[i].domain);
		assert_string_equal(info->password, "secret");
		pen_credentials_free(password);

		assert_int_equal(pen_credentials_new_nt_hash(&nt_hash, rows[i].given_user,
							     rows[i].given_domain, hash),
				 0);
		info = pen_credentials_info(nt_hash);
		assert_int_equal(info->kind, PEN_CREDENTIALS_NT_HASH);
		assert_string_equal(info->user, rows[i].user);
		assert_string_equal(info->domain, rows[i].domain);
		assert_null(info->password);
		assert_memory_equal(info->nt_hash, hash, 16);
		pen_credentials_free(nt_hash);
	}
}

static void test_tickets(void **state)
{
	struct pen_credentials *credentials = NULL;
	const struct pen_credentials_info *info;

	assert_int_equal(pen_credentials_new_ccache(&credentials, "FILE:/x"), 0);
	info = pen_credentials_info(credentials);
	assert_int_equal(info->kind, PEN_CREDENTIALS_CCACHE);
	assert_string_equal(info->ccache, "FILE:/x");
	assert_null(info->keytab);
	pen_credentials_free(credentials);

	assert_int_equal(pen_credentials_new_ccache(&credentials, NULL), 0);
	assert_null(pen_credentials_info(credentials)->ccache);
	pen_credentials_free(credentials);

	assert_int_equal(pen_credentials_new_keytab(&credentials, "k", "host/x@R"), 0);
	info = pen_credentials_info(credentials);
	assert_int_equal(info->kind, PEN_CREDENTIALS_KEYTAB);
	assert_string_equal(info->keytab, "k");
	assert_string_equal(info->principal, "host/x@R");
	pen_credentials_free(credentials);
}

/* The texts are copies, and last as long as a reference does. */
static void test_references(void **state)
{
	char user[] = "joe";
	char password[] = "secret";
	struct pen_credentials *credentials = NULL;
	struct pen_credentials *other;

	assert_int_equal(pen_credentials_new_password(&credentials, user, NULL, password), 0);
	memset(user, 'x', 3);
	memset(password, 'x', 6);
	other = pen_credentials_ref(credentials);
	pen_credentials_free(credentials);
	assert_string_equal(pen_credentials_info(other)->user, "joe");
	assert_string_equal(pen_credentials_info(other)->password, "secret");
	pen_credentials_free(other);
}

static void test_allocation(void **state)
{
	static const uint8_t hash[16];
	struct pen_credentials *credentials = NULL;

	/* Without a sanitizer most of a secret's memory is the secrets' own, and not malloc's. */
	int r;

	for (size_t n = 1; pen_fail_at(n),
		    r = pen_credentials_new_password(&credentials, "u", "d", "p"), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_null(credentials);
	}
	assert_int_equal(r, 0);
	credentials = pen_credentials_free(credentials);
	for (size_t n = 1; pen_fail_at(n),
		    r = pen_credentials_new_nt_hash(&credentials, "u", "d", hash), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_null(credentials);
	}
	assert_int_equal(r, 0);
	pen_credentials_free(credentials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anonymous),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_tickets),	   cmocka_unit_test(test_references),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
