/* SPDX-License-Identifier: MIT */
/* Hashes in the file: for who has the key, each in its own place, and for nobody else. */
#include "crypto/crypto.h"
#include "sec/ntlm-keys.h"
#include "store/store.h"
#include "support/accounts.h"
#include "support/fail.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW UINT64_C(134000000000000000)

static const char *const passwords[] = { "First-secret", "Second-secret", "Third-secret" };

struct world {
	char folder[32], path[64];
	struct pen_crypto *crypto;
	struct pen_accounts *accounts;
	uint32_t ann, bob;
};

static uint32_t add_user(struct world *world, const char *name)
{
	const struct pen_account_user user = { .name = name };
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &rid), 0);
	return rid;
}

static void set_password(struct world *world, uint32_t rid, const char *password)
{
	assert_int_equal(
		pen_accounts_set_password(world->accounts, world->crypto, rid, password, NOW), 0);
}

/* As many former passwords are kept as are tried. */
static void keep_history(struct world *world)
{
	struct pen_account_policy policy;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(
		pen_accounts_get_policy(world->accounts, PEN_ACCOUNT_MACHINE, &arena, &policy), 0);
	policy.password_history = 5;
	assert_int_equal(pen_accounts_set_policy(world->accounts, PEN_ACCOUNT_MACHINE, &policy), 0);
	pen_arena_done(&arena);
}

static int set_up(void **state)
{
	struct world *world = test_calloc(1, sizeof(*world));

	strcpy(world->folder, "/tmp/pen-seal-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/a.db", world->folder);
	assert_int_equal(pen_crypto_new(&world->crypto), 0);
	world->accounts = test_accounts(world->path, "SERVER", NOW, world->crypto);
	keep_history(world);
	world->ann = add_user(world, "ann");
	world->bob = add_user(world, "bob");
	for (size_t i = 0; i < PEN_COUNT(passwords); i++)
		set_password(world, world->ann, passwords[i]);
	set_password(world, world->bob, passwords[0]);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char command[64];

	pen_accounts_close(world->accounts);
	pen_crypto_free(world->crypto);
	snprintf(command, sizeof(command), "rm -r %s", world->folder);
	test_free(world);
	return system(command);
}

static void reopen(struct world *world)
{
	pen_accounts_close(world->accounts);
	world->accounts = NULL;
	assert_int_equal(pen_accounts_open(&world->accounts, world->path, "SERVER", NOW, NULL), 0);
}

static int use_key(struct world *world)
{
	return pen_accounts_use_key(world->accounts, world->crypto, test_accounts_key);
}

/* A statement, as whoever has the file may make it. */
static void meddle(struct world *world, const char *format, ...) PEN_PRINTF(2, 3);

static void meddle(struct world *world, const char *format, ...)
{
	char sql[300];
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	assert_int_equal(
		sqlite3_exec(pen_accounts_store(world->accounts)->db, sql, NULL, NULL, NULL),
		SQLITE_OK);
}

static void expect_hash(struct world *world, uint32_t rid, uint32_t n, const char *password)
{
	uint8_t wanted[16], got[16];

	assert_int_equal(pen_ntlm_nt_hash(world->crypto, password, wanted), 0);
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, n, got), 0);
	assert_memory_equal(got, wanted, sizeof(got));
}

static void expect_all(struct world *world)
{
	expect_hash(world, world->ann, 0, passwords[2]);
	expect_hash(world, world->ann, 1, passwords[1]);
	expect_hash(world, world->ann, 2, passwords[0]);
	expect_hash(world, world->bob, 0, passwords[0]);
}

static void expect_none(struct world *world, uint32_t rid, uint32_t n)
{
	static const uint8_t zeros[16];
	uint8_t got[16] = { 0 };

	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, n, got), -EIO);
	assert_non_null(strstr(pen_accounts_error(world->accounts), "was not sealed for it"));
	assert_memory_equal(got, zeros, sizeof(got));
}

/* Whether it is in any file of the folder, as it lies on the disk. */
static bool is_in_files(const struct world *world, const uint8_t *bytes, size_t n)
{
	DIR *folder = opendir(world->folder);
	struct dirent *entry;
	bool is_there = false;

	while ((entry = readdir(folder))) {
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY);
		char *content = malloc(1 << 22);
		ssize_t size = read(fd, content, 1 << 22);

		if (size > 0 && memmem(content, (size_t)size, bytes, n))
			is_there = true;
		free(content);
		close(fd);
	}
	closedir(folder);
	return is_there;
}

static bool has_hash_in_files(const struct world *world, const char *password)
{
	uint8_t hash[16];

	assert_int_equal(pen_ntlm_nt_hash(world->crypto, password, hash), 0);
	return is_in_files(world, hash, sizeof(hash));
}

/* ---- */

/* Whoever has the file alone, open or as bytes, has no hash. */
static void test_without_the_key(void **state)
{
	struct world *world = *state;
	struct pen_account_user user;
	struct pen_arena arena;
	uint8_t hash[16] = { 0 };

	pen_arena_init(&arena, 0);
	expect_all(world);
	for (size_t i = 0; i < PEN_COUNT(passwords); i++)
		assert_false(has_hash_in_files(world, passwords[i]));
	assert_true(is_in_files(world, (const uint8_t *)"ann", 3));
	assert_false(is_in_files(world, test_accounts_key, sizeof(test_accounts_key)));
	reopen(world);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(pen_accounts_get_hash(world->accounts, world->ann, n, hash),
				 PEN_E_DENIED);
	assert_int_equal(pen_accounts_get_hash(world->accounts, 4711, 0, hash), PEN_E_DENIED);
	assert_int_equal(pen_accounts_set_hash(world->accounts, world->ann, hash, 1), PEN_E_DENIED);
	assert_int_equal(pen_accounts_clear_password(world->accounts, world->ann), PEN_E_DENIED);
	/* All else is as it was. */
	assert_int_equal(pen_accounts_get_user(world->accounts, world->ann, &arena, &user), 0);
	assert_true(user.has_password);
	user.full_name = "Ann";
	assert_int_equal(pen_accounts_set_user(world->accounts, &user), 0);
	assert_int_equal(use_key(world), 0);
	expect_all(world);
	pen_arena_done(&arena);
}

static void test_another_key(void **state)
{
	struct world *world = *state;
	uint8_t other[PEN_ACCOUNT_SECRET_SIZE], hash[16];

	memcpy(other, test_accounts_key, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(pen_accounts_use_key(world->accounts, world->crypto, other),
			 PEN_E_BAD_DATA);
	assert_non_null(strstr(pen_accounts_error(world->accounts), "sealed with another key"));
	assert_int_equal(pen_accounts_get_hash(world->accounts, world->ann, 0, hash), PEN_E_DENIED);
	assert_int_equal(use_key(world), 0);
	expect_all(world);
}

/* A value is good for its account, its place there, and its file alone. */
static void test_moved_values(void **state)
{
	struct world *world = *state;

	meddle(world,
	       "UPDATE account SET nt_hash = (SELECT nt_hash FROM account WHERE rid = %u)"
	       " WHERE rid = %u",
	       world->bob, world->ann);
	expect_none(world, world->ann, 0);
	expect_hash(world, world->ann, 1, passwords[1]);
	meddle(world,
	       "UPDATE account SET nt_hash = (SELECT nt_hash FROM former_password WHERE rid = %u"
	       " ORDER BY n LIMIT 1) WHERE rid = %u",
	       world->ann, world->ann);
	expect_none(world, world->ann, 0);
	meddle(world, "UPDATE former_password SET n = n + 10 WHERE rid = %u", world->ann);
	expect_none(world, world->ann, 1);
	meddle(world, "UPDATE account SET nt_hash = zeroblob(45) WHERE rid = %u", world->ann);
	expect_none(world, world->ann, 0);
	meddle(world, "UPDATE account SET nt_hash = zeroblob(44) WHERE rid = %u", world->ann);
	expect_none(world, world->ann, 0);
	/* Nor is one that was put there in the clear. */
	meddle(world, "UPDATE account SET nt_hash = zeroblob(16) WHERE rid = %u", world->ann);
	expect_none(world, world->ann, 0);
	reopen(world);
	assert_int_equal(use_key(world), 0);
	expect_none(world, world->ann, 0);
	/* The domain is part of it. */
	meddle(world, "UPDATE domain SET sid = 'S-1-5-21-1-2-3' WHERE id = 0");
	reopen(world);
	assert_int_equal(use_key(world), PEN_E_BAD_DATA);
}

/* An administrator can set a password where the one before cannot be read any more. */
static void test_what_is_lost(void **state)
{
	struct world *world = *state;

	meddle(world, "UPDATE account SET nt_hash = zeroblob(45) WHERE rid = %u", world->ann);
	set_password(world, world->ann, "Fourth-secret");
	expect_hash(world, world->ann, 0, "Fourth-secret");
	expect_hash(world, world->ann, 1, passwords[1]);
}

/* What others have put into the file to be run is not run by who has the key. */
static void test_no_triggers(void **state)
{
	struct world *world = *state;
	struct pen_account_user user;
	struct pen_arena arena;

	sqlite3_db_config(pen_accounts_store(world->accounts)->db, SQLITE_DBCONFIG_ENABLE_TRIGGER,
			  1, NULL);
	meddle(world, "CREATE TRIGGER spy AFTER UPDATE OF nt_hash ON account BEGIN"
		      " UPDATE account SET comment = 'seen' WHERE rid = new.rid; END");
	reopen(world);
	assert_int_equal(use_key(world), 0);
	set_password(world, world->bob, passwords[1]);
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_accounts_get_user(world->accounts, world->bob, &arena, &user), 0);
	assert_string_equal(user.comment, "");
	pen_arena_done(&arena);
}

/* Each time it is sealed in another way, so that nobody sees that two have the same. */
static void test_same_passwords(void **state)
{
	struct world *world = *state;
	uint8_t values[2][45];

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *row;

		set_password(world, world->bob, passwords[1]);
		assert_int_equal(
			pen_store_prepare(pen_accounts_store(world->accounts), &row,
					  "SELECT nt_hash FROM account WHERE name = 'bob'"),
			0);
		assert_int_equal(sqlite3_step(row), SQLITE_ROW);
		assert_int_equal(sqlite3_column_bytes(row, 0), sizeof(values[i]));
		memcpy(values[i], sqlite3_column_blob(row, 0), sizeof(values[i]));
		sqlite3_finalize(row);
	}
	assert_memory_not_equal(values[0] + 1, values[1] + 1, 12);
	assert_memory_not_equal(values[0] + 13, values[1] + 13, 16);
}

/* ---- files of an earlier version ---- */

static void print_hash(struct world *world, const char *password, char hex[33])
{
	uint8_t hash[16];

	assert_int_equal(pen_ntlm_nt_hash(world->crypto, password, hash), 0);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

/* As it was kept before. */
static void make_old(struct world *world)
{
	char hex[33];

	meddle(world, "UPDATE domain SET key_proof = NULL");
	print_hash(world, passwords[2], hex);
	meddle(world, "UPDATE account SET nt_hash = x'%s' WHERE rid = %u", hex, world->ann);
	print_hash(world, passwords[0], hex);
	meddle(world, "UPDATE account SET nt_hash = x'%s' WHERE rid = %u", hex, world->bob);
	for (int i = 0; i < 2; i++) {
		print_hash(world, passwords[i], hex);
		meddle(world,
		       "UPDATE former_password SET nt_hash = x'%s' WHERE rid = %u AND n = %d", hex,
		       world->ann, i + 1);
	}
}

static void test_an_old_file(void **state)
{
	struct world *world = *state;

	make_old(world);
	for (size_t i = 0; i < PEN_COUNT(passwords); i++)
		assert_true(has_hash_in_files(world, passwords[i]));
	reopen(world);
	assert_int_equal(use_key(world), 0);
	expect_all(world);
	/* Now, and not only when the file is closed. */
	for (size_t i = 0; i < PEN_COUNT(passwords); i++)
		assert_false(has_hash_in_files(world, passwords[i]));
	reopen(world);
	assert_int_equal(use_key(world), 0);
	expect_all(world);
}

/* Another handle that reads keeps nobody from it, nor the next one from emptying the log. */
static void test_an_old_file_that_is_read(void **state)
{
	struct world *world = *state;
	struct pen_accounts *reader;

	make_old(world);
	reopen(world);
	assert_int_equal(pen_accounts_open(&reader, world->path, "SERVER", NOW, NULL), 0);
	sqlite3_busy_timeout(pen_accounts_store(world->accounts)->db, 1);
	assert_int_equal(sqlite3_exec(pen_accounts_store(reader)->db,
				      "BEGIN; SELECT count(*) FROM account", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(use_key(world), 0);
	expect_all(world);
	pen_accounts_close(reader);
	assert_int_equal(use_key(world), 0);
	for (size_t i = 0; i < PEN_COUNT(passwords); i++)
		assert_false(has_hash_in_files(world, passwords[i]));
}

/* What says by which key cannot be left out, for a file to take another one. */
static void test_no_proof(void **state)
{
	struct world *world = *state;

	meddle(world, "UPDATE domain SET key_proof = NULL");
	assert_int_equal(use_key(world), PEN_E_BAD_DATA);
	assert_non_null(strstr(pen_accounts_error(world->accounts), "nothing says with which key"));
	meddle(world, "UPDATE domain SET key_proof = x''");
	assert_int_equal(use_key(world), PEN_E_BAD_DATA);
	meddle(world, "UPDATE domain SET key_proof = zeroblob(45)");
	assert_int_equal(use_key(world), PEN_E_BAD_DATA);
	meddle(world, "UPDATE domain SET key_proof = (SELECT nt_hash FROM account WHERE rid = %u)",
	       world->ann);
	assert_int_equal(use_key(world), PEN_E_BAD_DATA);
}

/* Who has lost the key has all but passwords, if he takes leave of those. */
static void test_a_lost_key(void **state)
{
	static const uint8_t fresh[PEN_ACCOUNT_SECRET_SIZE] = { 9 };
	struct world *world = *state;
	uint8_t hash[16];

	meddle(world, "UPDATE account SET nt_hash = NULL; DELETE FROM former_password;"
		      " UPDATE domain SET key_proof = NULL");
	assert_int_equal(pen_accounts_use_key(world->accounts, world->crypto, fresh), 0);
	assert_int_equal(pen_accounts_get_hash(world->accounts, world->ann, 0, hash),
			 PEN_E_NOT_FOUND);
	set_password(world, world->ann, passwords[0]);
	expect_hash(world, world->ann, 0, passwords[0]);
}

/* ---- memory ---- */

static int use_all(struct world *world)
{
	struct pen_account_user user = { .name = "x" };
	uint8_t hash[16] = { 1 };
	uint32_t rid = 0;
	int r = pen_accounts_begin(world->accounts);

	if (!r)
		r = use_key(world);
	if (!r)
		r = pen_accounts_add_user(world->accounts, &user, &rid);
	for (int i = 0; i < 2 && !r; i++)
		r = pen_accounts_set_hash(world->accounts, rid, hash, NOW);
	if (!r)
		r = pen_accounts_get_hash(world->accounts, rid, 1, hash);
	if (!r)
		r = pen_accounts_clear_password(world->accounts, rid);
	return pen_accounts_end(world->accounts, r ? r : PEN_E_CANCELLED);
}

/* An old file is sealed whole, or stays as it was. */
static void test_no_memory(void **state)
{
	struct world *world = *state;
	int r;

	make_old(world);
	for (size_t n = 1; pen_fail_at(n), r = use_all(world), pen_fail_hit(); n++)
		assert_true(r == -ENOMEM || r == -EIO || r == PEN_E_CANCELLED);
	assert_int_equal(r, PEN_E_CANCELLED);
	for (size_t n = 1; pen_fail_at(n), r = use_key(world), pen_fail_hit(); n++)
		assert_true(!r || r == -ENOMEM);
	assert_int_equal(r, 0);
	expect_all(world);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_without_the_key), TEST(test_another_key),
		TEST(test_moved_values),    TEST(test_what_is_lost),
		TEST(test_no_triggers),	    TEST(test_same_passwords),
		TEST(test_an_old_file),	    TEST(test_an_old_file_that_is_read),
		TEST(test_no_proof),	    TEST(test_a_lost_key),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
