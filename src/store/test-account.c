/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "store/account.h"
#include "store/store.h"
#include "support/accounts.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW (UINT64_C(134000000000000000))

struct world {
	struct pen_accounts *accounts;
	struct pen_crypto *crypto;
	struct pen_arena arena;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_int_equal(pen_crypto_new(&world->crypto), 0);
	world->accounts = test_accounts(":memory:", "SERVER", NOW, world->crypto);
	pen_arena_init(&world->arena, 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	pen_accounts_close(world->accounts);
	pen_crypto_free(world->crypto);
	pen_arena_done(&world->arena);
	free(world);
	return 0;
}

static uint32_t add_user(struct world *world, const char *name)
{
	const struct pen_account_user user = { .name = name, .created = NOW };
	uint32_t rid = 0;

	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &rid), 0);
	return rid;
}

static uint32_t add_group(struct world *world, enum pen_account_kind kind, const char *name)
{
	const struct pen_account_group group = { .kind = kind, .name = name };
	uint32_t rid = 0;

	assert_int_equal(pen_accounts_add_group(world->accounts, &group, &rid), 0);
	return rid;
}

static struct pen_account_user get_user(struct world *world, uint32_t rid)
{
	struct pen_account_user user;

	assert_int_equal(pen_accounts_get_user(world->accounts, rid, &world->arena, &user), 0);
	return user;
}

static struct pen_account_policy get_policy(struct world *world)
{
	struct pen_account_policy policy;

	assert_int_equal(pen_accounts_get_policy(world->accounts, PEN_ACCOUNT_MACHINE,
						 &world->arena, &policy),
			 0);
	return policy;
}

static void set_policy(struct world *world, const struct pen_account_policy *policy)
{
	assert_int_equal(pen_accounts_set_policy(world->accounts, PEN_ACCOUNT_MACHINE, policy), 0);
}

/* The SID is made once, is nobody else's, and the file is nobody else's to read. */
static void test_file(void **state)
{
	char folder[] = "/tmp/pen-account-XXXXXX", path[64], error[200];
	struct pen_accounts *accounts;
	struct pen_sid sids[2], other;
	struct pen_store *store;
	struct pen_account account;
	struct stat info;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/accounts.db", folder);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			pen_accounts_open(&accounts, path, i ? "OTHER" : "ONE", NOW, error), 0);
		sids[i] = *pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE);
		assert_int_equal(pen_accounts_find_any(accounts, "administrator", NULL, &account),
				 0);
		assert_int_equal(account.rid, PEN_RID_ADMINISTRATOR);
		assert_true(account.control & PEN_ACCOUNT_DISABLED);
		pen_accounts_close(accounts);
	}
	assert_true(pen_sid_equal(&sids[0], &sids[1]));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);

	assert_int_equal(pen_store_open(&store, path, error), PEN_E_UNSUPPORTED);
	assert_non_null(strstr(error, "does not keep"));
	unlink(path);
	assert_int_equal(pen_store_open(&store, path, error), 0);
	pen_store_close(store);
	assert_int_equal(pen_accounts_open(&accounts, path, "ONE", NOW, error), PEN_E_UNSUPPORTED);
	unlink(path);
	rmdir(folder);

	assert_int_equal(pen_accounts_open(&accounts, ":memory:", "ONE", NOW, error), 0);
	other = *pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE);
	assert_false(pen_sid_equal(&other, &sids[0]));
	pen_accounts_close(accounts);
	assert_int_equal(pen_accounts_open(&accounts, ":memory:", "NAME-OF-16-CHARS", NOW, error),
			 PEN_E_SYNTAX);
	assert_int_equal(pen_accounts_open(&accounts, ":memory:", "a/b", NOW, error), PEN_E_SYNTAX);
}

/* All fields of a user come back as they were given. */
/* Whether another process finds locks on the file. */
static bool is_locked(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int status = 0, fd;
	pid_t child = fork();

	if (!child) {
		fd = open(path, O_RDWR);
		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A second handle in one process takes nothing from the first: not its locks, which are a file's.
 */
static void test_two_handles(void **state)
{
	char folder[] = "/tmp/pen-account-XXXXXX", path[64], command[64];
	struct pen_accounts *first, *second;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.db", folder);
	assert_int_equal(pen_accounts_open(&first, path, "SERVER", NOW, NULL), 0);
	assert_true(is_locked(path));
	assert_int_equal(pen_accounts_open(&second, path, "SERVER", NOW, NULL), 0);
	assert_true(is_locked(path));
	pen_accounts_close(second);
	assert_true(is_locked(path));
	pen_accounts_close(first);
	assert_false(is_locked(path));
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void test_user_fields(void **state)
{
	struct world *world = *state;
	struct pen_account_user user = {
		.name = "alice",
		.full_name = "Alice Ärmel",
		.comment = "a comment",
		.user_comment = "her own",
		.home_directory = "\\\\server\\alice",
		.home_drive = "H:",
		.script_path = "script",
		.profile_path = "profile",
		.workstations = "A,B",
		.parameters = { (const uint8_t *)"\0\1", 2 },
		.private_data = { (const uint8_t *)"p", 1 },
		.logon_hours = { (const uint8_t *)"123456789012345678901", 21 },
		.logon_units = 168,
		.control = PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_HOME_REQUIRED | PEN_ACCOUNT_AUTO_LOCKED,
		.primary_group = PEN_RID_DOMAIN_ADMINS,
		.country_code = 49,
		.code_page = 850,
		.created = NOW,
		.last_logon = 1,
		.last_logoff = 2,
		.password_set = 3,
		.bad_password_time = 4,
		.lockout_time = 5,
		.expires = UINT64_MAX,
		.bad_password_count = 6,
		.logon_count = 7,
		.unix_name = "nobody",
		.security = { (const uint8_t *)"sd", 2 },
	};
	struct pen_account_user got;
	struct pen_slice security;
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &rid), 0);
	assert_int_equal(rid, PEN_ACCOUNT_FIRST_RID);
	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &rid), PEN_E_EXISTS);
	got = get_user(world, rid);
	assert_string_equal(got.name, "alice");
	assert_string_equal(got.full_name, user.full_name);
	assert_string_equal(got.comment, user.comment);
	assert_string_equal(got.user_comment, user.user_comment);
	assert_string_equal(got.home_directory, user.home_directory);
	assert_string_equal(got.home_drive, user.home_drive);
	assert_string_equal(got.script_path, user.script_path);
	assert_string_equal(got.profile_path, user.profile_path);
	assert_string_equal(got.workstations, user.workstations);
	assert_string_equal(got.unix_name, user.unix_name);
	assert_memory_equal(got.parameters.data, "\0\1", 2);
	assert_memory_equal(got.private_data.data, "p", 1);
	assert_int_equal(got.logon_hours.size, 21);
	assert_int_equal(got.control, PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_HOME_REQUIRED);
	assert_int_equal(got.primary_group, PEN_RID_DOMAIN_ADMINS);
	assert_int_equal(got.country_code, 49);
	assert_int_equal(got.code_page, 850);
	assert_int_equal(got.created, NOW);
	assert_int_equal(got.last_logon, 1);
	assert_int_equal(got.last_logoff, 2);
	assert_int_equal(got.password_set, 3);
	assert_int_equal(got.bad_password_time, 4);
	assert_int_equal(got.lockout_time, 5);
	assert_true(got.expires == PEN_ACCOUNT_NEVER);
	assert_int_equal(got.bad_password_count, 6);
	assert_int_equal(got.logon_count, 7);
	assert_false(got.has_password);
	assert_int_equal(
		pen_accounts_get_security(world->accounts, 0, rid, &world->arena, &security), 0);
	assert_memory_equal(security.data, "sd", 2);

	got.name = "Bob";
	got.primary_group = PEN_RID_DOMAIN_GUESTS;
	assert_int_equal(pen_accounts_set_user(world->accounts, &got), PEN_E_NOT_FOUND);
	assert_string_equal(get_user(world, rid).name, "alice"); /* nothing of it was kept */
	got.primary_group = PEN_RID_DOMAIN_ADMINS;
	assert_int_equal(pen_accounts_set_user(world->accounts, &got), 0);
	assert_string_equal(get_user(world, rid).name, "Bob");
	got.control = PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_SERVER_TRUST;
	assert_int_equal(pen_accounts_set_user(world->accounts, &got), PEN_E_SYNTAX);
	got.rid = PEN_RID_DOMAIN_ADMINS;
	got.control = PEN_ACCOUNT_NORMAL;
	assert_int_equal(pen_accounts_set_user(world->accounts, &got), PEN_E_EXISTS);
	got.name = "fresh";
	assert_int_equal(pen_accounts_set_user(world->accounts, &got), PEN_E_NOT_FOUND);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "",	  "a/b", "a\\b", "a@b,c", " .", "a.",
					   "a\n", "a\"", "x:y",	 "\xff",  "*" };
	struct world *world = *state;
	char name[PEN_ACCOUNT_NAME_MAX + 2];
	struct pen_account_user user = { .name = name };
	struct pen_account account;
	uint32_t rid = add_user(world, "Ärger");
	uint32_t other;

	for (size_t i = 0; i < PEN_COUNT(bad); i++) {
		const struct pen_account_user refused = { .name = bad[i] };

		assert_int_equal(pen_accounts_add_user(world->accounts, &refused, &other),
				 PEN_E_SYNTAX);
		assert_int_equal(
			pen_accounts_rename(world->accounts, PEN_ACCOUNT_MACHINE, rid, bad[i]),
			PEN_E_SYNTAX);
		assert_int_equal(pen_accounts_find_any(world->accounts, bad[i], NULL, &account),
				 PEN_E_NOT_FOUND);
	}
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &other), PEN_E_LIMIT);
	name[PEN_ACCOUNT_NAME_MAX] = '\0';
	assert_int_equal(pen_accounts_add_user(world->accounts, &user, &other), 0);

	assert_int_equal(pen_accounts_find_name(world->accounts, PEN_ACCOUNT_MACHINE, "äRGER",
						&world->arena, &account),
			 0);
	assert_string_equal(account.name, "Ärger");
	assert_int_equal(pen_accounts_rename(world->accounts, PEN_ACCOUNT_MACHINE, rid, "ärger"),
			 0);
	/* Builtin's names are taken too, but are not found in the other domain. */
	assert_int_equal(pen_accounts_rename(world->accounts, PEN_ACCOUNT_MACHINE, rid, "USERS"),
			 PEN_E_EXISTS);
	assert_int_equal(pen_accounts_find_name(world->accounts, PEN_ACCOUNT_MACHINE, "users", NULL,
						&account),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_find_name(world->accounts, PEN_ACCOUNT_BUILTIN, "users", NULL,
						&account),
			 0);
	assert_int_equal(account.kind, PEN_ACCOUNT_ALIAS);
	assert_int_equal(pen_accounts_rename(world->accounts, PEN_ACCOUNT_MACHINE, 4711, "x"),
			 PEN_E_NOT_FOUND);
}

/* Lists go on where they ended, in order of rid or of name. */
static void test_lists(void **state)
{
	struct world *world = *state;
	struct pen_account_filter filter = { .kind = PEN_ACCOUNT_USER, .max = 7 };
	struct pen_account *rows;
	size_t n, n_all = 0;
	char name[16];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "user%02d", 39 - i);
		add_user(world, name);
	}
	do {
		assert_int_equal(
			pen_accounts_list(world->accounts, &filter, &world->arena, &rows, &n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(rows[i].rid > filter.after_rid);
			filter.after_rid = rows[i].rid;
		}
		n_all += n;
	} while (n == filter.max);
	assert_int_equal(n_all, 42);
	assert_int_equal(pen_accounts_count(world->accounts, &filter, &n), 0);
	assert_int_equal(n, 42);

	filter = (struct pen_account_filter){ .kind = PEN_ACCOUNT_USER,
					      .is_by_name = true,
					      .skip = 2,
					      .control = PEN_ACCOUNT_NORMAL };
	assert_int_equal(pen_accounts_list(world->accounts, &filter, &world->arena, &rows, &n), 0);
	assert_int_equal(n, 40);
	assert_string_equal(rows[0].name, "user00");
	assert_string_equal(rows[39].name, "user39");
	filter.control = PEN_ACCOUNT_SERVER_TRUST;
	assert_int_equal(pen_accounts_count(world->accounts, &filter, &n), 0);
	assert_int_equal(n, 0);
	filter = (struct pen_account_filter){ .kind = PEN_ACCOUNT_ALIAS,
					      .domain = PEN_ACCOUNT_BUILTIN };
	assert_int_equal(pen_accounts_list(world->accounts, &filter, &world->arena, &rows, &n), 0);
	assert_int_equal(rows[0].rid, 544);
	filter.domain = PEN_ACCOUNT_MACHINE;
	assert_int_equal(pen_accounts_count(world->accounts, &filter, &n), 0);
	assert_int_equal(n, 0);
}

static void test_groups(void **state)
{
	struct world *world = *state;
	struct pen_accounts *accounts = world->accounts;
	uint32_t user = add_user(world, "u"), group = add_group(world, PEN_ACCOUNT_GROUP, "g");
	struct pen_account_member *members;
	struct pen_account_group got;
	size_t n;

	assert_int_equal(pen_accounts_get_group(accounts, 0, user, &world->arena, &got),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_get_group(accounts, 0, group, &world->arena, &got), 0);
	assert_int_equal(got.attributes, PEN_ACCOUNT_GROUP_USUAL);
	got.comment = "of some";
	got.name = "G";
	assert_int_equal(pen_accounts_set_group(accounts, &got), 0);
	got.kind = PEN_ACCOUNT_ALIAS; /* it does not become one */
	assert_int_equal(pen_accounts_set_group(accounts, &got), PEN_E_NOT_FOUND);

	assert_int_equal(pen_accounts_add_member(accounts, group, user, 7), 0);
	assert_int_equal(pen_accounts_add_member(accounts, group, user, 7), PEN_E_EXISTS);
	assert_int_equal(pen_accounts_add_member(accounts, group, group, 7), PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_add_member(accounts, user, user, 7), PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_set_member(accounts, group, user, 3), 0);
	assert_int_equal(pen_accounts_groups_of(accounts, user, &world->arena, &members, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(members[0].rid, PEN_RID_DOMAIN_USERS);
	assert_int_equal(members[1].attributes, 3);
	assert_int_equal(pen_accounts_remove_member(accounts, PEN_RID_DOMAIN_USERS, user),
			 PEN_E_DENIED);
	assert_int_equal(pen_accounts_remove_member(accounts, group, user), 0);
	assert_int_equal(pen_accounts_remove_member(accounts, group, user), PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_members(accounts, group, &world->arena, &members, &n), 0);
	assert_int_equal(n, 0);

	assert_int_equal(pen_accounts_remove(accounts, 0, PEN_RID_DOMAIN_USERS), PEN_E_DENIED);
	assert_int_equal(pen_accounts_remove(accounts, 0, PEN_RID_ADMINISTRATOR), PEN_E_DENIED);
	assert_int_equal(pen_accounts_remove(accounts, PEN_ACCOUNT_BUILTIN, 544), PEN_E_DENIED);
	assert_int_equal(pen_accounts_remove(accounts, 0, group), 0);
	assert_int_equal(pen_accounts_remove(accounts, 0, group), PEN_E_NOT_FOUND);
}

/* Who goes leaves nothing behind in groups and aliases. */
static void test_aliases(void **state)
{
	struct world *world = *state;
	struct pen_accounts *accounts = world->accounts;
	uint32_t user = add_user(world, "u"), alias = add_group(world, PEN_ACCOUNT_ALIAS, "a");
	struct pen_sid sid = pen_accounts_member_sid(accounts, 0, user), foreign, *sids;
	const struct pen_account_group no_more = { .domain = PEN_ACCOUNT_BUILTIN,
						   .kind = PEN_ACCOUNT_ALIAS,
						   .name = "more" };
	uint32_t *rids, rid;
	size_t n;

	assert_int_equal(pen_sid_parse(&foreign, "S-1-5-21-1-2-3-1000"), 0);
	assert_int_equal(pen_accounts_add_group(accounts, &no_more, &rid), PEN_E_DENIED);
	assert_int_equal(pen_accounts_add_sid(accounts, 0, alias, &sid), 0);
	assert_int_equal(pen_accounts_add_sid(accounts, 0, alias, &sid), PEN_E_EXISTS);
	assert_int_equal(pen_accounts_add_sid(accounts, 0, alias, &foreign), 0);
	assert_int_equal(pen_accounts_add_sid(accounts, 0, user, &foreign), PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_add_sid(accounts, 0, alias, &pen_sid_users), PEN_E_DENIED);
	assert_int_equal(pen_accounts_sids(accounts, 0, alias, &world->arena, &sids, &n), 0);
	assert_int_equal(n, 2);

	assert_int_equal(pen_accounts_aliases_of(accounts, 0,
						 (struct pen_sid[]){ foreign, sid, foreign }, 3,
						 &world->arena, &rids, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(rids[0], alias);
	assert_int_equal(pen_accounts_forget_sid(accounts, 0, &foreign), 0);
	assert_int_equal(pen_accounts_remove_sid(accounts, 0, alias, &foreign), PEN_E_NOT_FOUND);
	assert_int_equal(pen_accounts_remove(accounts, 0, user), 0);
	assert_int_equal(pen_accounts_sids(accounts, 0, alias, &world->arena, &sids, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(pen_accounts_remove(accounts, 0, alias), 0);

	sid = pen_accounts_member_sid(accounts, 0, PEN_RID_DOMAIN_ADMINS);
	assert_int_equal(pen_accounts_aliases_of(accounts, PEN_ACCOUNT_BUILTIN, &sid, 1,
						 &world->arena, &rids, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(rids[0], 544);
}

static enum pen_account_objection objection(struct world *world, uint32_t rid, const char *password)
{
	enum pen_account_objection found = PEN_ACCOUNT_NO_OBJECTION;
	uint8_t hash[16] = { 0 };
	int r = pen_accounts_check_password(world->accounts, rid, password, hash, false, NOW,
					    &found);

	assert_int_equal(r, found ? PEN_E_DENIED : 0);
	return found;
}

static void test_password_policy(void **state)
{
	struct world *world = *state;
	struct pen_account_policy policy = get_policy(world);
	uint32_t rid = add_user(world, "alice");
	struct pen_account_user user = get_user(world, rid);

	user.full_name = "Alice of Wonderland";
	assert_int_equal(pen_accounts_set_user(world->accounts, &user), 0);
	assert_int_equal(objection(world, rid, "Ab1"), PEN_ACCOUNT_TOO_SHORT);
	assert_int_equal(objection(world, rid, ""), PEN_ACCOUNT_TOO_SHORT);
	assert_int_equal(objection(world, rid, "abcdefgh1"), PEN_ACCOUNT_NOT_COMPLEX);
	assert_int_equal(objection(world, rid, "Secret1!"), PEN_ACCOUNT_NO_OBJECTION);
	assert_int_equal(objection(world, rid, "xALICE1!"), PEN_ACCOUNT_NOT_COMPLEX);
	assert_int_equal(objection(world, rid, "Wonderland1!"), PEN_ACCOUNT_NOT_COMPLEX);
	assert_int_equal(objection(world, rid, "Proof1!x"), PEN_ACCOUNT_NO_OBJECTION);
	assert_int_equal(objection(world, rid, "日本語日本語a1"), PEN_ACCOUNT_NO_OBJECTION);
	policy.password_properties = 0;
	policy.min_password_length = 0;
	set_policy(world, &policy);
	assert_int_equal(objection(world, rid, ""), PEN_ACCOUNT_NO_OBJECTION);
	for (int i = 0; i <= PEN_ACCOUNT_NOT_COMPLEX; i++)
		assert_non_null(pen_account_objection_text((enum pen_account_objection)i));
}

static void test_password_history(void **state)
{
	struct world *world = *state;
	struct pen_account_policy policy = get_policy(world);
	uint32_t rid = add_user(world, "u");
	enum pen_account_objection found;
	uint8_t hash[16], first[16];

	policy.password_history = 2;
	policy.min_password_age = PEN_ACCOUNT_DAY;
	set_policy(world, &policy);
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, 0, hash), PEN_E_NOT_FOUND);
	assert_int_equal(
		pen_accounts_set_password(world->accounts, world->crypto, rid, "Password1", NOW),
		0);
	assert_true(get_user(world, rid).has_password);
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, 0, first), 0);
	assert_int_equal(pen_accounts_check_password(world->accounts, rid, "Fresh-one2", hash, true,
						     NOW + PEN_ACCOUNT_DAY - 1, &found),
			 PEN_E_DENIED);
	assert_int_equal(found, PEN_ACCOUNT_TOO_YOUNG);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pen_accounts_check_password(world->accounts, rid, "Password1",
							     first, true, NOW + PEN_ACCOUNT_DAY,
							     &found),
				 PEN_E_DENIED);
		assert_int_equal(found, PEN_ACCOUNT_IN_HISTORY);
		memset(hash, i, sizeof(hash));
		assert_int_equal(pen_accounts_set_hash(world->accounts, rid, hash, NOW), 0);
	}
	assert_int_equal(pen_accounts_check_password(world->accounts, rid, "Password1", first, true,
						     NOW + PEN_ACCOUNT_DAY, &found),
			 0);
	/* Most recent first, and no more than the policy wants. */
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, 1, hash), 0);
	assert_int_equal(hash[0], 0);
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, 2, hash), 0);
	assert_memory_equal(hash, first, sizeof(hash));
	assert_int_equal(pen_accounts_set_hash(world->accounts, rid, hash, 0), 0);
	assert_int_equal(pen_accounts_get_hash(world->accounts, rid, 3, hash), PEN_E_NOT_FOUND);
	assert_int_equal(get_user(world, rid).password_set, 0);
	assert_int_equal(pen_accounts_clear_password(world->accounts, rid), 0);
	assert_false(get_user(world, rid).has_password);
	assert_int_equal(pen_accounts_set_hash(world->accounts, PEN_RID_DOMAIN_ADMINS, hash, 0),
			 PEN_E_NOT_FOUND);
	assert_int_equal(
		pen_accounts_set_password(world->accounts, world->crypto, rid, "\xff", NOW),
		PEN_E_SYNTAX);
}

/* As many bad passwords as the policy allows within its window lock an account, for a while. */
static void test_lockout(void **state)
{
	struct world *world = *state;
	struct pen_account_policy policy = get_policy(world);
	uint32_t rid = add_user(world, "u");
	struct pen_account_user user;
	uint64_t now = NOW;

	policy.lockout_threshold = 3;
	set_policy(world, &policy);
	for (int i = 0; i < 3; i++) {
		user = get_user(world, rid);
		assert_int_equal(user.bad_password_count, i);
		assert_false(pen_account_control(&user, &policy, now) & PEN_ACCOUNT_AUTO_LOCKED);
		assert_int_equal(pen_accounts_note_logon(world->accounts, rid, false, now++), 0);
	}
	user = get_user(world, rid);
	assert_true(pen_account_control(&user, &policy, now) & PEN_ACCOUNT_AUTO_LOCKED);
	assert_int_equal(pen_accounts_note_logon(world->accounts, rid, false, now), 0);
	assert_int_equal(get_user(world, rid).bad_password_count, 3);

	now += policy.lockout_duration;
	assert_false(pen_account_control(&user, &policy, now) & PEN_ACCOUNT_AUTO_LOCKED);
	assert_int_equal(pen_accounts_note_logon(world->accounts, rid, false, now), 0);
	assert_int_equal(get_user(world, rid).bad_password_count, 1);
	now += policy.lockout_window; /* that one is forgotten */
	assert_int_equal(pen_accounts_note_logon(world->accounts, rid, false, now), 0);
	assert_int_equal(get_user(world, rid).bad_password_count, 1);
	assert_int_equal(pen_accounts_note_logon(world->accounts, rid, true, now), 0);
	user = get_user(world, rid);
	assert_int_equal(user.bad_password_count, 0);
	assert_int_equal(user.logon_count, 1);
	assert_int_equal(user.last_logon, now);

	policy.lockout_duration = 0; /* until somebody unlocks it */
	policy.lockout_threshold = 1;
	set_policy(world, &policy);
	assert_int_equal(pen_accounts_note_logon(world->accounts, rid, false, now), 0);
	user = get_user(world, rid);
	assert_true(pen_account_control(&user, &policy, PEN_ACCOUNT_NEVER - 1) &
		    PEN_ACCOUNT_AUTO_LOCKED);
	assert_int_equal(pen_accounts_unlock(world->accounts, rid), 0);
	user = get_user(world, rid);
	assert_false(pen_account_control(&user, &policy, now) & PEN_ACCOUNT_AUTO_LOCKED);

	/* The one that must always be able to come in is not locked out. */
	assert_int_equal(
		pen_accounts_note_logon(world->accounts, PEN_RID_ADMINISTRATOR, false, now), 0);
	assert_int_equal(get_user(world, PEN_RID_ADMINISTRATOR).lockout_time, 0);
}

static void test_reckoning(void **state)
{
	struct pen_account_policy policy = { .max_password_age = 0 };
	struct pen_account_user user = { .control = PEN_ACCOUNT_NORMAL };

	assert_int_equal(pen_account_must_change(&user, &policy), 0);
	assert_int_equal(pen_account_can_change(&user, &policy), 0);
	assert_true(pen_account_control(&user, &policy, NOW) & PEN_ACCOUNT_PASSWORD_EXPIRED);
	user.password_set = NOW;
	assert_true(pen_account_must_change(&user, &policy) == PEN_ACCOUNT_NEVER);
	policy.max_password_age = PEN_ACCOUNT_DAY;
	assert_true(pen_account_must_change(&user, &policy) == NOW + PEN_ACCOUNT_DAY);
	assert_false(pen_account_control(&user, &policy, NOW) & PEN_ACCOUNT_PASSWORD_EXPIRED);
	assert_true(pen_account_control(&user, &policy, NOW + PEN_ACCOUNT_DAY) &
		    PEN_ACCOUNT_PASSWORD_EXPIRED);
	user.control |= PEN_ACCOUNT_DONT_EXPIRE_PASSWORD;
	assert_true(pen_account_must_change(&user, &policy) == PEN_ACCOUNT_NEVER);
	policy.min_password_age = PEN_ACCOUNT_NEVER;
	assert_true(pen_account_can_change(&user, &policy) == PEN_ACCOUNT_NEVER);
}

static void test_policy(void **state)
{
	struct world *world = *state;
	struct pen_account_policy policy = get_policy(world), got;
	uint64_t n_changes = policy.n_changes;

	assert_string_equal(policy.name, "SERVER");
	assert_int_equal(policy.created, NOW);
	policy.comment = "oem";
	policy.force_logoff = UINT64_MAX;
	policy.security = (struct pen_slice){ (const uint8_t *)"sd", 2 };
	set_policy(world, &policy);
	got = get_policy(world);
	assert_string_equal(got.comment, "oem");
	assert_true(got.force_logoff == PEN_ACCOUNT_NEVER);
	assert_int_equal(got.security.size, 2);
	assert_int_equal(got.n_changes, n_changes + 1);
	add_user(world, "u");
	assert_true(get_policy(world).n_changes > got.n_changes);
	policy.password_history = PEN_ACCOUNT_HISTORY_MAX + 1;
	assert_int_equal(pen_accounts_set_policy(world->accounts, 0, &policy), PEN_E_LIMIT);
	policy.password_history = 0;
	policy.name = "";
	assert_int_equal(pen_accounts_set_policy(world->accounts, 0, &policy), PEN_E_SYNTAX);
}

/* What fails is undone, also within what goes on. */
static void test_transactions(void **state)
{
	struct world *world = *state;
	struct pen_account account;
	uint32_t rid, other;

	assert_int_equal(pen_accounts_begin(world->accounts), 0);
	rid = add_user(world, "kept");
	assert_int_equal(pen_accounts_begin(world->accounts), 0);
	other = add_user(world, "undone");
	assert_int_equal(other, rid + 1);
	assert_int_equal(pen_accounts_end(world->accounts, PEN_E_CANCELLED), PEN_E_CANCELLED);
	assert_int_equal(pen_accounts_end(world->accounts, 0), 0);
	assert_int_equal(pen_accounts_find_any(world->accounts, "kept", NULL, &account), 0);
	assert_int_equal(pen_accounts_find_any(world->accounts, "undone", NULL, &account),
			 PEN_E_NOT_FOUND);
	assert_int_equal(add_user(world, "again"), other);
}

static int use_all(struct world *world)
{
	struct pen_account_user user = { .name = "x" };
	enum pen_account_objection found;
	struct pen_account_member *members;
	struct pen_account_policy policy;
	struct pen_account_group group;
	struct pen_account_filter filter = { .kind = PEN_ACCOUNT_GROUP };
	struct pen_account *rows;
	struct pen_arena arena;
	struct pen_sid *sids;
	uint32_t rid, *rids;
	uint8_t hash[16] = { 0 };
	size_t n;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_begin(world->accounts);
	if (!r)
		r = pen_accounts_add_user(world->accounts, &user, &rid);
	if (!r)
		r = pen_accounts_set_password(world->accounts, world->crypto, rid, "Password1", 0);
	if (!r)
		r = pen_accounts_get_user(world->accounts, rid, &arena, &user);
	if (!r)
		r = pen_accounts_check_password(world->accounts, rid, "Password-2", hash, true, NOW,
						&found);
	if (!r)
		r = pen_accounts_note_logon(world->accounts, rid, false, NOW);
	if (!r)
		r = pen_accounts_get_policy(world->accounts, PEN_ACCOUNT_MACHINE, &arena, &policy);
	if (!r)
		r = pen_accounts_list(world->accounts, &filter, &arena, &rows, &n);
	if (!r)
		r = pen_accounts_groups_of(world->accounts, rid, &arena, &members, &n);
	if (!r)
		r = pen_accounts_get_group(world->accounts, 0, 512, &arena, &group);
	if (!r)
		r = pen_accounts_sids(world->accounts, PEN_ACCOUNT_BUILTIN, 545, &arena, &sids, &n);
	if (!r)
		r = pen_accounts_aliases_of(world->accounts, PEN_ACCOUNT_BUILTIN, sids, n, &arena,
					    &rids, &n);
	r = pen_accounts_end(world->accounts, r ? r : PEN_E_CANCELLED);
	pen_arena_done(&arena);
	return r;
}

static void test_no_memory(void **state)
{
	struct pen_accounts *accounts = NULL;
	struct world *world = *state;
	int r;

	for (size_t n = 1; pen_fail_at(n), r = use_all(world), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, PEN_E_CANCELLED);
	for (size_t n = 1; pen_fail_at(n),
		    r = pen_accounts_open(&accounts, ":memory:", "S", NOW, NULL), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_accounts_close(accounts);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_two_handles),
		TEST(test_user_fields),
		TEST(test_names),
		TEST(test_lists),
		TEST(test_groups),
		TEST(test_aliases),
		TEST(test_password_policy),
		TEST(test_password_history),
		TEST(test_lockout),
		TEST(test_reckoning),
		TEST(test_policy),
		TEST(test_transactions),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
