/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/token.h>
#include <string.h>

static const uint32_t groups[] = { 100, 7, 8 };

static void test_user_of_this_machine(void **state)
{
	const struct pen_token_info *info;
	struct pen_token *token = NULL;
	struct pen_sid sid;

	assert_int_equal(pen_token_new_unix(&token, 1000, 100, groups, 3, 5, false), 0);
	info = pen_token_info(token);
	assert_int_equal(info->proof, PEN_TOKEN_UNIX);
	assert_int_equal(info->session_id, 5);
	assert_true(info->has_unix && info->is_authenticated && info->is_local);
	assert_int_equal(info->uid, 1000);
	assert_int_equal(info->n_groups, 3);
	assert_int_equal(info->groups[2], 8);
	assert_string_equal(info->account, "");
	sid = pen_sid_unix_user(1000);
	assert_true(pen_sid_equal(pen_token_user(token), &sid));
	sid = pen_sid_unix_group(100);
	assert_true(pen_sid_equal(&info->primary_group, &sid));
	sid = pen_sid_unix_group(8);
	assert_true(pen_token_has_sid(token, &sid));
	assert_true(pen_token_has_sid(token, &pen_sid_everyone));
	assert_true(pen_token_has_sid(token, &pen_sid_local));
	assert_true(pen_token_has_sid(token, &pen_sid_authenticated_users));
	assert_false(pen_token_has_sid(token, &pen_sid_network));
	assert_int_equal(info->n_sids, 7); /* gid 100 once */
	assert_false(pen_token_is_admin(token));
	assert_false(pen_token_is_anonymous(token));
	assert_false(pen_token_has_privilege(token, PEN_PRIVILEGE_SECURITY));
	pen_token_free(token);
}

static void test_administrators(void **state)
{
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new_unix(&token, 0, 0, NULL, 0, 0, false), 0);
	assert_true(pen_token_is_admin(token));
	assert_true(pen_token_has_privilege(token, PEN_PRIVILEGE_SECURITY));
	pen_token_free(token);
	assert_int_equal(pen_token_new_unix(&token, 1000, 100, groups, 3, 0, true), 0);
	assert_true(pen_token_is_admin(token));
	pen_token_free(token);
}

static void test_nobody(void **state)
{
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new_anonymous(&token, true), 0);
	assert_true(pen_token_is_anonymous(token));
	assert_false(pen_token_info(token)->is_authenticated);
	assert_false(pen_token_info(token)->has_unix);
	assert_true(pen_token_has_sid(token, &pen_sid_network));
	assert_false(pen_token_has_sid(token, &pen_sid_authenticated_users));
	pen_token_free(token);
	assert_int_equal(pen_token_new_anonymous(&token, false), 0);
	assert_false(pen_token_has_sid(token, &pen_sid_network));
	pen_token_free(token);
}

/* What it was made from may go; what it says stays until the last reference. */
static void test_token_owns_what_it_says(void **state)
{
	struct pen_sid sids[] = { pen_sid_system, pen_sid_everyone };
	char account[] = "someone";
	uint8_t key[] = { 1, 2, 3, 4 };
	const struct pen_token_info made = {
		.proof = PEN_TOKEN_NPA,
		.sids = sids,
		.n_sids = 2,
		.account = account,
		.remote_address = "192.0.2.1",
		.remote_port = 4711,
		.session_key = { key, sizeof(key) },
	};
	struct pen_token *token = NULL;
	struct pen_token *second;

	assert_int_equal(pen_token_new(&token, &made), 0);
	memset(sids, 0, sizeof(sids));
	memset(account, 'x', 3);
	memset(key, 0, sizeof(key));
	second = pen_token_ref(token);
	assert_ptr_equal(second, token);
	assert_null(pen_token_free(token));
	assert_true(pen_token_is_admin(second));
	assert_string_equal(pen_token_info(second)->account, "someone");
	assert_string_equal(pen_token_info(second)->domain, "");
	assert_string_equal(pen_token_info(second)->remote_address, "192.0.2.1");
	assert_int_equal(pen_token_info(second)->session_key.data[3], 4);
	assert_null(pen_token_free(second));
	assert_null(pen_token_free(NULL));
}

static void test_limits(void **state)
{
	static struct pen_sid sids[PEN_TOKEN_SIDS_MAX + 1];
	static const uint32_t many[PEN_TOKEN_GROUPS_MAX + 1];
	struct pen_token_info info = { .sids = sids };
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new(&token, &info), PEN_E_LIMIT);
	info.n_sids = PEN_TOKEN_SIDS_MAX + 1;
	assert_int_equal(pen_token_new(&token, &info), PEN_E_LIMIT);
	info.n_sids = PEN_TOKEN_SIDS_MAX;
	info.groups = many;
	info.n_groups = PEN_TOKEN_GROUPS_MAX + 1;
	assert_int_equal(pen_token_new(&token, &info), PEN_E_LIMIT);
	assert_int_equal(pen_token_new_unix(&token, 1, 1, many, PEN_TOKEN_SIDS_MAX, 0, false),
			 PEN_E_LIMIT);
	assert_null(token);
	info.n_groups--;
	assert_int_equal(pen_token_new(&token, &info), 0);
	pen_token_free(token);
}

static void test_access_check(void **state)
{
	const struct pen_generic_mapping mapping = { 1, 2, 4, 7 };
	struct pen_descriptor d;
	struct pen_arena arena;
	struct pen_token *user = NULL;
	uint32_t granted = 0;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_sddl_parse(&d, &arena, "D:(A;;GA;;;BA)(A;;GR;;;AU)", NULL, NULL), 0);
	assert_int_equal(pen_token_new_unix(&user, 1000, 100, groups, 3, 0, false), 0);
	assert_int_equal(
		pen_token_access_check(user, &d, &mapping, PEN_ACCESS_MAXIMUM_ALLOWED, &granted),
		0);
	assert_int_equal(granted, 1);
	assert_int_equal(pen_token_access_check(user, &d, &mapping, 2, &granted), PEN_E_DENIED);
	pen_token_free(user);
	pen_arena_done(&arena);
}

static void test_failed_allocations(void **state)
{
	struct pen_token *token = NULL;
	int r;

	for (size_t n = 1; pen_fail_at(n),
		    r = pen_token_new_unix(&token, 1000, 100, groups, 3, 0, false), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_of_this_machine),
		cmocka_unit_test(test_administrators),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_token_owns_what_it_says),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_access_check),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
