/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/ndr.h>
#include <stdlib.h>
#include <string.h>

static int read_text(struct pen_credentials **credentialsp, const char *text, const char *host,
		     struct pen_ndr_error *error)
{
	char *copy = strdup(text);
	int r;

	assert_non_null(copy);
	r = pen_credentials_read(credentialsp, copy, host, error);
	free(copy);
	return r;
}

static void test_the_first_entry_for_a_host_counts(void **state)
{
	static const char text[] = "# who we are\n"
				   "machine One.example login ann password \"a b\" domain WORK\n"
				   "\tmachine two\r\n  login\tWORK\\bob # not \"ann\"\n"
				   "  password s#cr\\et\n"
				   "machine one.example login never password x\n"
				   "machine \"default\" login d password \"\"\n"
				   "default login guest password \"\\\"\\\\\"\n"
				   "machine late login late password late";
	static const struct {
		const char *host;
		const char *user;
		const char *domain;
		const char *password;
	} rows[] = {
		{ "one.example", "ann", "WORK", "a b" },
		{ "TWO", "bob", "WORK", "s#cr\\et" },
		{ "default", "d", "", "" },
		{ "three", "guest", "", "\"\\" },
		/* The default stands before it, as in netrc. */
		{ "late", "guest", "", "\"\\" },
		{ "", "guest", "", "\"\\" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct pen_credentials_info *info;
		struct pen_credentials *credentials;

		assert_int_equal(read_text(&credentials, text, rows[i].host, NULL), 0);
		info = pen_credentials_info(credentials);
		assert_int_equal(info->kind, PEN_CREDENTIALS_PASSWORD);
		assert_string_equal(info->user, rows[i].user);
		assert_string_equal(info->domain, rows[i].domain);
		assert_string_equal(info->password, rows[i].password);
		pen_credentials_free(credentials);
	}
}

static void test_hash(void **state)
{
	const struct pen_credentials_info *info;
	struct pen_credentials *credentials;

	assert_int_equal(read_text(&credentials,
				   "default login a nt-hash 31d6CFe0d16ae931b73c59d7e0c089c0", "x",
				   NULL),
			 0);
	info = pen_credentials_info(credentials);
	assert_int_equal(info->kind, PEN_CREDENTIALS_NT_HASH);
	assert_memory_equal(info->nt_hash, "\x31\xd6\xcf\xe0", 4);
	assert_int_equal(info->nt_hash[15], 0xc0);
	pen_credentials_free(credentials);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{ "machine x\nlogin", "line 2: nothing follows \"login\"" },
		{ "machine", "line 1: nothing follows \"machine\"" },
		{ "login a machine x", "line 1: \"login\" stands before any machine" },
		{ "machine x login a\nlogin b", "line 2: \"login\" stands twice" },
		{ "machine x login a password two words", "line 1: there should be machine" },
		{ "machine x login a \"password\" p machine y z",
		  "line 1: there should be machine" },
		{ "machine y login a\npassword \"p", "line 2: a quoted word does not end" },
		{ "machine y password \"p\\", "line 1: a quoted word does not end" },
		{ "machine y password \"p\nq\"", "line 1: a quoted word does not end" },
		{ "machine y password \"p\"q", "line 1: there is no space after" },
		{ "\n\nmachine x password p", "line 3: the machine has no login" },
		{ "machine x login a", "line 1: the machine has no password" },
		{ "machine x login a password p nt-hash h", "a password and a hash" },
		{ "machine x login a nt-hash 12", "not 32 hexadecimal digits" },
		{ "machine x login a nt-hash 31d6cfe0d16ae931b73c59d7e0c089cg", "not 32" },
		/* A mistake elsewhere is one too. */
		{ "machine x login a password p\nmachine z macdef", "line 2: there should be" },
	};
	struct pen_credentials *credentials = NULL;
	struct pen_ndr_error error;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		assert_int_equal(read_text(&credentials, rows[i].text, "x", &error), PEN_E_SYNTAX);
		assert_non_null(strstr(error.text, rows[i].words));
		assert_int_equal(read_text(&credentials, rows[i].text, "x", NULL), PEN_E_SYNTAX);
	}
	/* No word of the file is repeated: it might be half of a password. */
	read_text(&credentials, "machine x login a password my hunter2", "x", &error);
	assert_null(strstr(error.text, "hunter2"));

	assert_int_equal(read_text(&credentials, "machine a login b password c", "x", &error),
			 PEN_E_NOT_FOUND);
	assert_string_equal(error.text, "there is no machine x in it, and no default");
	assert_int_equal(read_text(&credentials, " \n#", "x", NULL), PEN_E_NOT_FOUND);
	assert_null(credentials);
}

static void test_no_memory(void **state)
{
	struct pen_credentials *credentials = NULL;
	char text[] = "machine x login a password p";
	int r;

	for (size_t n = 1;
	     memcpy(text, "machine x login a password p", sizeof(text)), pen_fail_at(n),
		    r = pen_credentials_read(&credentials, text, "x", NULL), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_credentials_free(credentials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_entry_for_a_host_counts),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
