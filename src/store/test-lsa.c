/* SPDX-License-Identifier: MIT */
#include "store/lsa.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/security.h>
#include <stdio.h>
#include <string.h>

#define NOW UINT64_C(134000000000000000)

struct world {
	struct pen_accounts *accounts;
	struct pen_arena arena;
};

static int set_up(void **state)
{
	struct world *world = test_calloc(1, sizeof(*world));

	assert_int_equal(pen_accounts_open(&world->accounts, ":memory:", "SERVER", NOW, NULL), 0);
	pen_arena_init(&world->arena, 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	pen_accounts_close(world->accounts);
	pen_arena_done(&world->arena);
	test_free(world);
	return 0;
}

/* A new file has a fresh server's rights, and rights of several SIDs add up. */
static void test_fresh_rights(void **state)
{
	const struct world *world = *state;
	const struct pen_sid sids[] = { pen_sid_everyone, pen_sid_backup_operators };
	uint64_t privileges;
	uint32_t logon;

	assert_int_equal(
		pen_lsa_rights(world->accounts, &pen_sid_administrators, 1, &privileges, &logon),
		0);
	assert_true(privileges & PEN_PRIVILEGE(PEN_PRIVILEGE_TAKE_OWNERSHIP));
	assert_true(privileges & PEN_PRIVILEGE(PEN_PRIVILEGE_DELEGATE_SESSION_USER_IMPERSONATE));
	assert_false(privileges & PEN_PRIVILEGE(PEN_PRIVILEGE_TCB));
	assert_int_equal(logon, PEN_LSA_LOGON_INTERACTIVE | PEN_LSA_LOGON_NETWORK |
					PEN_LSA_LOGON_BATCH | PEN_LSA_LOGON_REMOTE_INTERACTIVE);
	assert_int_equal(pen_lsa_rights(world->accounts, sids, 1, &privileges, NULL), 0);
	assert_true(privileges == PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY));
	assert_int_equal(pen_lsa_rights(world->accounts, sids, 2, &privileges, NULL), 0);
	assert_true(privileges ==
		    (PEN_PRIVILEGE(PEN_PRIVILEGE_BACKUP) | PEN_PRIVILEGE(PEN_PRIVILEGE_RESTORE) |
		     PEN_PRIVILEGE(PEN_PRIVILEGE_SHUTDOWN) |
		     PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY)));
	assert_int_equal(
		pen_lsa_rights(world->accounts, &pen_sid_anonymous, 1, &privileges, &logon), 0);
	assert_true(!privileges && !logon);
}

static void test_accounts(void **state)
{
	struct world *world = *state;
	const struct pen_slice security = { (const uint8_t *)"sd", 2 };
	struct pen_lsa_account account = { .sid = pen_sid_interactive, .privileges = 1 << 19 };
	struct pen_lsa_account seen, *rows;
	size_t n = 0, more = 0;

	assert_int_equal(pen_lsa_list_accounts(world->accounts, &world->arena, &rows, &n), 0);
	assert_int_equal(pen_lsa_set_account(world->accounts, &account), PEN_E_NOT_FOUND);
	assert_int_equal(pen_lsa_remove_account(world->accounts, &account.sid), PEN_E_NOT_FOUND);
	assert_int_equal(pen_lsa_add_account(world->accounts, &account), 0);
	assert_int_equal(pen_lsa_add_account(world->accounts, &account), PEN_E_EXISTS);
	account.privileges |= UINT64_C(1) << 36;
	account.system_access = PEN_LSA_LOGON_DENY_NETWORK;
	account.security = security;
	assert_int_equal(pen_lsa_set_account(world->accounts, &account), 0);
	assert_int_equal(pen_lsa_get_account(world->accounts, &account.sid, &world->arena, &seen),
			 0);
	assert_true(seen.privileges == account.privileges);
	assert_int_equal(seen.system_access, account.system_access);
	assert_int_equal(seen.security.size, 2);
	assert_int_equal(pen_lsa_list_accounts(world->accounts, &world->arena, &rows, &more), 0);
	assert_int_equal(more, n + 1);
	assert_int_equal(pen_lsa_remove_account(world->accounts, &account.sid), 0);
	assert_int_equal(pen_lsa_get_account(world->accounts, &account.sid, &world->arena, &seen),
			 PEN_E_NOT_FOUND);
}

static void test_secrets(void **state)
{
	struct world *world = *state;
	char long_name[PEN_LSA_SECRET_NAME_MAX + 2];
	struct pen_lsa_secret secret;
	struct pen_accounts *a = world->accounts;

	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(pen_lsa_get_secret(a, "G$one", &world->arena, &secret), PEN_E_NOT_FOUND);
	assert_int_equal(pen_lsa_add_secret(a, "", NOW), PEN_E_SYNTAX);
	assert_int_equal(pen_lsa_add_secret(a, long_name, NOW), PEN_E_LIMIT);
	assert_int_equal(pen_lsa_add_secret(a, long_name + 1, NOW), 0);
	assert_int_equal(pen_lsa_add_secret(a, "G$one/\\", NOW), 0);
	assert_int_equal(pen_lsa_add_secret(a, "g$ONE/\\", NOW), PEN_E_EXISTS);
	assert_int_equal(pen_lsa_get_secret(a, "g$one/\\", &world->arena, &secret), 0);
	assert_true(!secret.has_current && !secret.has_old);
	secret.has_current = secret.has_old = true;
	secret.old = (struct pen_slice){ (const uint8_t *)"abc", 3 };
	secret.old_set = NOW - 1;
	assert_int_equal(pen_lsa_set_secret(a, "g$one/\\", &secret), 0);
	assert_int_equal(pen_lsa_get_secret(a, "G$ONE/\\", &world->arena, &secret), 0);
	assert_true(secret.has_current && !secret.current.size && secret.has_old);
	assert_memory_equal(secret.old.data, "abc", 3);
	assert_true(secret.old_set == NOW - 1 && secret.current_set == NOW);
	secret.old.size = PEN_LSA_SECRET_MAX + 1;
	assert_int_equal(pen_lsa_set_secret(a, "g$one/\\", &secret), PEN_E_LIMIT);
	assert_int_equal(pen_lsa_remove_secret(a, "g$one/\\"), 0);
	assert_int_equal(pen_lsa_remove_secret(a, "g$one/\\"), PEN_E_NOT_FOUND);
}

/* There are no more secrets than there may be. */
static void test_many_secrets(void **state)
{
	struct world *world = *state;
	char name[20];

	assert_int_equal(pen_accounts_begin(world->accounts), 0);
	for (int i = 0; i < PEN_LSA_SECRETS_MAX; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(pen_lsa_add_secret(world->accounts, name, NOW), 0);
	}
	assert_int_equal(pen_lsa_add_secret(world->accounts, "one more", NOW), PEN_E_LIMIT);
	assert_int_equal(pen_accounts_end(world->accounts, -ECANCELED), -ECANCELED);
}

static void test_values(void **state)
{
	struct world *world = *state;
	struct pen_slice value = { (const uint8_t *)"x", 1 };

	assert_int_equal(pen_lsa_set_value(world->accounts, "v", value), 0);
	value.data = (const uint8_t *)"y";
	assert_int_equal(pen_lsa_set_value(world->accounts, "v", value), 0);
	assert_int_equal(pen_lsa_get_value(world->accounts, "v", &world->arena, &value), 0);
	assert_int_equal(value.size, 1);
	assert_int_equal(*value.data, 'y');
	assert_int_equal(pen_lsa_set_value(world->accounts, "v", (struct pen_slice){ 0 }), 0);
	assert_int_equal(pen_lsa_get_value(world->accounts, "v", &world->arena, &value), 0);
	assert_int_equal(value.size, 0);
	value.size = PEN_LSA_VALUE_MAX + 1;
	assert_int_equal(pen_lsa_set_value(world->accounts, "v", value), PEN_E_LIMIT);
}

/* Failing any allocation leaks nothing and is said. */
static void test_no_memory(void **state)
{
	struct world *world = *state;
	struct pen_lsa_account *rows;
	size_t n;
	int r;

	for (size_t i = 1;; i++) {
		struct pen_arena arena;

		pen_arena_init(&arena, 0);
		pen_fail_at(i);
		r = pen_lsa_list_accounts(world->accounts, &arena, &rows, &n);
		pen_arena_done(&arena);
		if (!pen_fail_hit())
			break;
		assert_true(r == -ENOMEM || r == -EIO);
	}
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh_rights, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_accounts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
