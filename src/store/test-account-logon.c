/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "sec/ntlm-keys.h"
#include "store/account-logon.h"
#include "store/lsa.h"
#include "store/store.h"
#include "support/accounts.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/status.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define NOW (UINT64_C(134000000000000000))

static const uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

struct world {
	struct pen_logons logons;
	struct pen_crypto *crypto;
	struct pen_arena arena;
	uint64_t now;
	uint32_t alice;
	uint8_t key[PEN_NTLM_KEY_SIZE]; /* that the client has */
};

static uint64_t now_of(void *data)
{
	return ((struct world *)data)->now;
}

static int set_up(void **state)
{
	static const struct pen_account_user alice = { .name = "Alice", .created = NOW };
	struct world *world = calloc(1, sizeof(*world));
	struct pen_accounts *accounts;

	assert_int_equal(pen_crypto_new(&world->crypto), 0);
	accounts = test_accounts(":memory:", "SERVER", NOW, world->crypto);
	assert_int_equal(pen_accounts_add_user(accounts, &alice, &world->alice), 0);
	assert_int_equal(
		pen_accounts_set_password(accounts, world->crypto, world->alice, "Secret-1", NOW),
		0);
	pen_arena_init(&world->arena, 0);
	world->now = NOW + 1;
	world->logons = (struct pen_logons){
		.accounts = accounts, .crypto = world->crypto, .now = now_of, .data = world
	};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	pen_accounts_close(world->logons.accounts);
	pen_crypto_free(world->crypto);
	pen_arena_done(&world->arena);
	free(world);
	return 0;
}

/* What a client answers who believes that password. */
static struct pen_ntlm_attempt attempt(struct world *world, const char *user, const char *password)
{
	static uint8_t nt[16 + 44];
	const struct pen_slice temp = { nt + 16, 44 };
	uint8_t hash[16], v2[16];

	memset(nt + 16, 7, 44);
	assert_int_equal(pen_ntlm_nt_hash(world->crypto, password, hash), 0);
	assert_int_equal(pen_ntlm_v2_key(world->crypto, hash, user, "SERVER", v2), 0);
	assert_int_equal(pen_ntlm_v2_proof(world->crypto, v2, challenge, temp, nt), 0);
	assert_int_equal(pen_ntlm_v2_base_key(world->crypto, v2, nt, world->key), 0);
	return (struct pen_ntlm_attempt){
		.crypto = world->crypto,
		.domain = "SERVER",
		.user = user,
		.workstation = "\\\\DESK",
		.peer = "10.0.0.1",
		.server_challenge = { 1, 2, 3, 4, 5, 6, 7, 8 },
		.nt = { nt, sizeof(nt) },
	};
}

static struct pen_logon log_on(struct world *world, const char *user, const char *password)
{
	struct pen_ntlm_attempt made = attempt(world, user, password);
	const struct pen_logon_request request = {
		.kind = PEN_LOGON_NETWORK,
		.user = user,
		.workstation = made.workstation,
		.attempt = &made,
	};
	struct pen_logon logon;

	assert_int_equal(pen_logon_check(&world->logons, &request, &world->arena, &logon), 0);
	assert_int_equal(!logon.status, !logon.reason[0]);
	return logon;
}

static uint32_t status_of(struct world *world, const char *user, const char *password)
{
	return log_on(world, user, password).status;
}

static struct pen_account_user get_user(struct world *world, uint32_t rid)
{
	struct pen_account_user user;

	assert_int_equal(pen_accounts_get_user(world->logons.accounts, rid, &world->arena, &user),
			 0);
	return user;
}

static void set_user(struct world *world, const struct pen_account_user *user)
{
	assert_int_equal(pen_accounts_set_user(world->logons.accounts, user), 0);
}

static void test_password(void **state)
{
	struct world *world = *state;
	struct pen_logon logon = log_on(world, "Alice", "Secret-1");

	assert_int_equal(logon.status, 0);
	assert_memory_equal(logon.session_base_key, world->key, sizeof(world->key));
	assert_string_equal(logon.user.name, "Alice");
	assert_int_equal(logon.n_groups, 1);
	assert_int_equal(status_of(world, "ALICE", "Secret-1"), 0);
	assert_int_equal(get_user(world, world->alice).logon_count, 2);
	logon = log_on(world, "Alice", "secret-1");
	assert_int_equal(logon.status, PEN_STATUS_WRONG_PASSWORD);
	for (size_t i = 0; i < sizeof(logon.session_base_key); i++)
		assert_int_equal(logon.session_base_key[i], 0);
	assert_int_equal(get_user(world, world->alice).bad_password_count, 1);
	assert_int_equal(status_of(world, "Bob", "Secret-1"), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(status_of(world, "Domain Users", ""), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(status_of(world, "", ""), PEN_STATUS_NO_SUCH_USER);
}

static int64_t n_strangers(struct world *world)
{
	sqlite3_stmt *row;
	int64_t n;

	assert_int_equal(pen_store_prepare(pen_accounts_store(world->logons.accounts), &row,
					   "SELECT n_strangers FROM domain WHERE id = 0"),
			 0);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	n = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return n;
}

/* Who is not there, or is locked, costs what a wrong password costs: a row is written. */
static void test_strangers_cost(void **state)
{
	struct world *world = *state;

	assert_int_equal(status_of(world, "Bob", "x"), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(n_strangers(world), 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(n_strangers(world), 1);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	assert_int_equal(n_strangers(world), 2);
}

/* An account without a password opens to none, and an empty password to nobody. */
static void test_no_password(void **state)
{
	struct world *world = *state;

	assert_int_equal(pen_accounts_clear_password(world->logons.accounts, world->alice), 0);
	assert_int_equal(status_of(world, "Alice", ""), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(pen_accounts_set_password(world->logons.accounts, world->crypto,
						   world->alice, "", NOW),
			 0);
	assert_int_equal(status_of(world, "Alice", ""), PEN_STATUS_ACCOUNT_RESTRICTION);
	assert_int_equal(status_of(world, "Administrator", ""), PEN_STATUS_WRONG_PASSWORD);
}

/* Who does not know the password learns nothing of the account. */
static void test_rules(void **state)
{
	struct world *world = *state;
	const struct pen_account_user usual = get_user(world, world->alice);
	struct pen_account_user user = usual;
	uint8_t hours[21];

	user.control |= PEN_ACCOUNT_DISABLED;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_DISABLED);

	user = usual;
	user.expires = world->now;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_EXPIRED);
	user.expires = world->now + 1;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);

	user = usual;
	user.workstations = "OTHER, desk2";
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_INVALID_WORKSTATION);
	user.workstations = "OTHER,desk";
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);

	user = usual;
	memset(hours, 0, sizeof(hours));
	user.logon_hours = (struct pen_slice){ hours, sizeof(hours) };
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_INVALID_LOGON_HOURS);

	user = usual;
	user.password_set = 0;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_PASSWORD_MUST_CHANGE);
	assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);
}

/* 2026-11-21 is a Saturday; 13:00 UTC is its 13th hour, and the week's 157th. */
static void test_hours(void **state)
{
	struct world *world = *state;
	struct pen_account_user user = get_user(world, world->alice);
	uint8_t hours[21] = { 0 };

	world->now = UINT64_C(134397396000000000) + 1;
	hours[157 / 8] = 1 << 157 % 8;
	user.logon_hours = (struct pen_slice){ hours, sizeof(hours) };
	user.logon_units = 168;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
	world->now += 3600 * PEN_ACCOUNT_SECOND;
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_INVALID_LOGON_HOURS);
	world->now -= 7200 * PEN_ACCOUNT_SECOND;
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_INVALID_LOGON_HOURS);
	hours[0] = 1 << 6; /* by days: Saturday */
	user.logon_hours.size = 1;
	user.logon_units = 7;
	set_user(world, &user);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
	world->now += PEN_ACCOUNT_DAY;
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_INVALID_LOGON_HOURS);
}

/* A lock holds against the right password too, and does not say that it was right. */
static void test_lockout(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 10; i++)
		assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	world->now += 600 * PEN_ACCOUNT_SECOND;
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
	assert_int_equal(get_user(world, world->alice).bad_password_count, 0);
}

static void set_writable(struct world *world, bool is_writable)
{
	sqlite3_stmt *row;

	assert_int_equal(
		pen_store_prepare(pen_accounts_store(world->logons.accounts), &row,
				  is_writable ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1"),
		0);
	assert_int_equal(sqlite3_step(row), SQLITE_DONE);
	sqlite3_finalize(row);
}

/* As with a disk that is full. */
static void test_nothing_can_be_written(void **state)
{
	struct world *world = *state;

	set_writable(world, false);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
	assert_int_equal(status_of(world, "Nobody", "x"), PEN_STATUS_NO_SUCH_USER);
	for (int i = 0; i < 10; i++)
		assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(get_user(world, world->alice).bad_password_count, 0);
	assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	set_writable(world, true);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_ACCOUNT_LOCKED_OUT);
	/* That was written, and from then on they are counted there. */
	assert_int_equal(get_user(world, world->alice).bad_password_count, 1);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
}

static void test_expiry(void **state)
{
	struct world *world = *state;
	struct pen_account_policy policy;

	assert_int_equal(pen_accounts_get_policy(world->logons.accounts, PEN_ACCOUNT_MACHINE,
						 &world->arena, &policy),
			 0);
	policy.max_password_age = PEN_ACCOUNT_DAY;
	assert_int_equal(
		pen_accounts_set_policy(world->logons.accounts, PEN_ACCOUNT_MACHINE, &policy), 0);
	assert_int_equal(status_of(world, "Alice", "Secret-1"), 0);
	world->now = NOW + PEN_ACCOUNT_DAY;
	assert_int_equal(status_of(world, "Alice", "Secret-1"), PEN_STATUS_PASSWORD_EXPIRED);
}

static void test_machines(void **state)
{
	struct world *world = *state;
	const struct pen_account_user machine = { .name = "DESK$",
						  .control = PEN_ACCOUNT_WORKSTATION_TRUST };
	struct pen_ntlm_verdict verdict = { 0 };
	struct pen_ntlm_attempt made;
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(world->logons.accounts, &machine, &rid), 0);
	assert_int_equal(get_user(world, rid).primary_group, PEN_RID_DOMAIN_COMPUTERS);
	assert_int_equal(pen_accounts_set_password(world->logons.accounts, world->crypto, rid,
						   "machine", NOW),
			 0);
	assert_int_equal(status_of(world, "DESK$", "machine"),
			 PEN_STATUS_NOLOGON_WORKSTATION_TRUST_ACCOUNT);
	made = attempt(world, "DESK$", "machine");
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	pen_token_free(verdict.token);
}

/* Guests come in only where they may, and only while there is a guest's account. */
static void test_guests(void **state)
{
	struct world *world = *state;
	struct pen_account_user guest = get_user(world, PEN_RID_GUEST);
	struct pen_ntlm_verdict verdict = { 0 };
	struct pen_ntlm_attempt made;

	world->logons.guests = PEN_LOGON_STRANGERS;
	assert_int_equal(status_of(world, "Bob", "x"), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(status_of(world, "Guest", ""), PEN_STATUS_ACCOUNT_DISABLED);
	guest.control &= ~PEN_ACCOUNT_DISABLED;
	set_user(world, &guest);
	assert_true(log_on(world, "Bob", "x").is_guest);
	assert_true(log_on(world, "Bob", "x").is_unproved);
	assert_true(log_on(world, "Guest", "").is_guest);
	assert_false(log_on(world, "Guest", "").is_unproved);
	assert_int_equal(status_of(world, "Alice", "x"), PEN_STATUS_WRONG_PASSWORD);

	made = attempt(world, "Bob", "x");
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	assert_true(verdict.is_unproved);
	assert_false(pen_token_info(verdict.token)->is_authenticated);
	assert_false(pen_token_has_sid(verdict.token, &pen_sid_authenticated_users));
	assert_false(pen_token_has_sid(verdict.token, &pen_sid_users));
	assert_true(pen_token_has_sid(verdict.token, &pen_sid_guests));
	pen_token_free(verdict.token);

	world->logons.guests = PEN_LOGON_NO_GUESTS;
	assert_int_equal(status_of(world, "Bob", "x"), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(status_of(world, "Guest", ""), PEN_STATUS_WRONG_PASSWORD);
}

/* A user of a group of an alias of Builtin is what that alias is. */
static void test_token(void **state)
{
	struct world *world = *state;
	struct pen_accounts *accounts = world->logons.accounts;
	const struct pen_account_group local = { .kind = PEN_ACCOUNT_ALIAS, .name = "Local" };
	struct pen_ntlm_attempt made = attempt(world, "alice", "Secret-1");
	struct pen_ntlm_verdict verdict = { 0 };
	const struct pen_token_info *info;
	struct pen_sid sid;
	uint32_t alias;

	sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, world->alice);
	assert_int_equal(pen_accounts_add_group(accounts, &local, &alias), 0);
	assert_int_equal(pen_accounts_add_sid(accounts, PEN_ACCOUNT_MACHINE, alias, &sid), 0);
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	assert_memory_equal(verdict.session_base_key, world->key, sizeof(world->key));
	info = pen_token_info(verdict.token);
	assert_true(pen_sid_equal(pen_token_user(verdict.token), &sid));
	assert_string_equal(info->account, "Alice");
	assert_string_equal(info->domain, "SERVER");
	assert_string_equal(info->remote_address, "10.0.0.1");
	assert_true(info->is_authenticated);
	assert_true(info->privileges & PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY));
	assert_false(info->privileges & PEN_PRIVILEGE(PEN_PRIVILEGE_BACKUP));
	sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, alias);
	assert_true(pen_token_has_sid(verdict.token, &sid));
	assert_true(pen_token_has_sid(verdict.token, &pen_sid_users));
	assert_true(pen_token_has_sid(verdict.token, &pen_sid_network));
	assert_false(pen_token_is_admin(verdict.token));
	pen_token_free(verdict.token);

	assert_int_equal(pen_accounts_add_member(accounts, PEN_RID_DOMAIN_ADMINS, world->alice,
						 PEN_ACCOUNT_GROUP_USUAL),
			 0);
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	assert_true(pen_token_is_admin(verdict.token));
	assert_true(pen_token_has_privilege(verdict.token, PEN_PRIVILEGE_BACKUP));
	pen_token_free(verdict.token);

	/* A membership that is switched off counts for nothing. */
	assert_int_equal(pen_accounts_set_member(accounts, PEN_RID_DOMAIN_ADMINS, world->alice, 1),
			 0);
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	assert_false(pen_token_is_admin(verdict.token));
	pen_token_free(verdict.token);
}

static struct pen_token *token_of(struct world *world, const char *principal)
{
	const struct pen_token_info known = { .proof = PEN_TOKEN_RPC };
	struct pen_token *token;

	assert_int_equal(pen_logon_map(&world->logons, principal, &known, &token), 0);
	return token;
}

/* No account is root, or another user of the system, because it is called so. */
static void test_unix_ids(void **state)
{
	struct world *world = *state;
	struct pen_account_user user = get_user(world, world->alice);
	const struct pen_token_info *info;
	struct pen_token *token;

	world->logons.realm = "EXAMPLE.ORG";
	user.name = "root";
	set_user(world, &user);
	token = token_of(world, "root@EXAMPLE.ORG");
	assert_false(pen_token_info(token)->has_unix);
	pen_token_free(token);
	user.name = "Nobody";
	set_user(world, &user);
	token = token_of(world, "nobody@EXAMPLE.ORG");
	info = pen_token_info(token);
	assert_true(info->has_unix);
	assert_int_equal(info->uid, getpwnam("nobody")->pw_uid);
	assert_true(info->n_groups > 0);
	pen_token_free(token);
	user.unix_name = "root"; /* somebody said so */
	set_user(world, &user);
	token = token_of(world, "nobody@EXAMPLE.ORG");
	assert_true(pen_token_info(token)->has_unix);
	assert_int_equal(pen_token_info(token)->uid, 0);
	pen_token_free(token);
}

static void test_principals(void **state)
{
	static const char *const strangers[] = {
		"alice",
		"alice@",
		"alice@OTHER.ORG",
		"alice@example.org",
		"host/alice@EXAMPLE.ORG",
		"bob@EXAMPLE.ORG",
		"@EXAMPLE.ORG",
		"alice@OTHER.ORG@EXAMPLE.ORG",
		"alice\\@x@EXAMPLE.ORG",
		"Domain Users@EXAMPLE.ORG",
	};
	const struct pen_token_info known = { .proof = PEN_TOKEN_RPC, .is_encrypted = true };
	struct world *world = *state;
	struct pen_account_user user;
	struct pen_token *token;

	assert_int_equal(pen_logon_map(&world->logons, "alice@EXAMPLE.ORG", &known, &token),
			 PEN_E_NOT_FOUND);
	world->logons.realm = "EXAMPLE.ORG";
	for (size_t i = 0; i < PEN_COUNT(strangers); i++)
		assert_int_equal(pen_logon_map(&world->logons, strangers[i], &known, &token),
				 PEN_E_NOT_FOUND);
	token = token_of(world, "alice@EXAMPLE.ORG");
	assert_string_equal(pen_token_info(token)->account, "Alice");
	pen_token_free(token);
	user = get_user(world, world->alice);
	user.control |= PEN_ACCOUNT_DISABLED;
	set_user(world, &user);
	assert_int_equal(pen_logon_map(&world->logons, "alice@EXAMPLE.ORG", &known, &token),
			 PEN_E_DENIED);
}

/* Netlogon's interactive logon has the hash itself. */
static void test_interactive(void **state)
{
	struct world *world = *state;
	struct pen_logon_request request = {
		.kind = PEN_LOGON_INTERACTIVE,
		.user = "alice",
		.workstation = "",
	};
	const struct pen_token_info known = { .proof = PEN_TOKEN_RPC };
	struct pen_token *token;
	struct pen_logon logon;

	assert_int_equal(pen_ntlm_nt_hash(world->crypto, "Secret-1", request.nt_hash), 0);
	assert_int_equal(pen_logon_check(&world->logons, &request, &world->arena, &logon), 0);
	assert_int_equal(logon.status, 0);
	assert_int_equal(pen_logon_token(&world->logons, &logon, &known, &world->arena, &token), 0);
	assert_true(pen_token_has_sid(token, &pen_sid_interactive));
	pen_token_free(token);
	request.nt_hash[15] ^= 1;
	assert_int_equal(pen_logon_check(&world->logons, &request, &world->arena, &logon), 0);
	assert_int_equal(logon.status, PEN_STATUS_WRONG_PASSWORD);
}

/* LSA's rights are the token's privileges, and say who may come in at all. */
static void test_rights(void **state)
{
	struct world *world = *state;
	struct pen_accounts *accounts = world->logons.accounts;
	struct pen_lsa_account rights = { .privileges = PEN_PRIVILEGE(PEN_PRIVILEGE_DEBUG),
					  .system_access = PEN_LSA_LOGON_DENY_NETWORK };
	struct pen_ntlm_attempt made = attempt(world, "alice", "Secret-1");
	struct pen_ntlm_verdict verdict = { 0 };
	struct pen_logon logon;

	rights.sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, world->alice);
	assert_int_equal(pen_lsa_add_account(accounts, &rights), 0);
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), PEN_E_DENIED);
	assert_non_null(strstr(verdict.reason, "the right to log on from the network"));
	logon = log_on(world, "alice", "Secret-1"); /* to another machine, which knows itself */
	assert_int_equal(logon.status, 0);
	assert_true(logon.system_access & PEN_LSA_LOGON_DENY_NETWORK);
	rights.system_access = 0;
	assert_int_equal(pen_lsa_set_account(accounts, &rights), 0);
	assert_int_equal(pen_logon_judge(&world->logons, &made, &verdict), 0);
	assert_true(pen_token_has_privilege(verdict.token, PEN_PRIVILEGE_DEBUG));
	pen_token_free(verdict.token);
}

/* A domain's user is in our aliases, but is nobody of ours. */
static void test_foreign(void **state)
{
	struct world *world = *state;
	struct pen_accounts *accounts = world->logons.accounts;
	struct pen_lsa_account rights = { .system_access = PEN_LSA_LOGON_DENY_NETWORK };
	struct pen_sid sids[4];
	struct pen_token_info info = { .proof = PEN_TOKEN_RPC,
				       .is_authenticated = true,
				       .sids = sids,
				       .n_sids = 4,
				       .account = "carol" };
	struct pen_token *token, *extended;

	assert_int_equal(pen_sid_parse(&sids[0], "S-1-5-21-1-2-3-1104"), 0);
	assert_int_equal(pen_sid_parse(&sids[1], "S-1-5-21-1-2-3-512"), 0);
	sids[2] = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, PEN_RID_DOMAIN_ADMINS);
	sids[3] = pen_sid_everyone;
	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(pen_logon_extend(&world->logons, token, &extended), 0);
	assert_false(pen_token_is_admin(extended));
	assert_false(pen_token_has_sid(extended, &sids[2]));
	assert_string_equal(pen_token_info(extended)->account, "carol");
	pen_token_free(extended);
	assert_int_equal(pen_accounts_add_sid(accounts, PEN_ACCOUNT_BUILTIN, 544, &sids[1]), 0);
	assert_int_equal(pen_logon_extend(&world->logons, token, &extended), 0);
	assert_true(pen_token_is_admin(extended));
	assert_true(pen_token_has_privilege(extended, PEN_PRIVILEGE_BACKUP));
	pen_token_free(extended);
	rights.sid = sids[1];
	assert_int_equal(pen_lsa_add_account(accounts, &rights), 0);
	assert_int_equal(pen_logon_extend(&world->logons, token, &extended), PEN_E_DENIED);
	pen_token_free(token);

	sids[0] = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, world->alice);
	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(pen_logon_extend(&world->logons, token, &extended), PEN_E_DENIED);
	pen_token_free(token);
}

static void test_no_memory(void **state)
{
	struct world *world = *state;
	struct pen_ntlm_attempt made = attempt(world, "alice", "Secret-1");
	struct pen_ntlm_verdict verdict = { 0 };
	int r;

	for (size_t n = 1;
	     pen_fail_at(n), r = pen_logon_judge(&world->logons, &made, &verdict), pen_fail_hit();
	     n++) {
		/* What the C library itself looks up for unix names may go without. */
		if (!r)
			pen_token_free(verdict.token);
		else
			assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, 0);
	pen_token_free(verdict.token);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_password),	TEST(test_no_password),
		TEST(test_rules),	TEST(test_hours),
		TEST(test_lockout),	TEST(test_nothing_can_be_written),
		TEST(test_expiry),	TEST(test_machines),
		TEST(test_guests),	TEST(test_token),
		TEST(test_unix_ids),	TEST(test_principals),
		TEST(test_interactive), TEST(test_strangers_cost),
		TEST(test_foreign),	TEST(test_rights),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
