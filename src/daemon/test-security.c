/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "crypto/crypto.h"
#include "daemon/accounts-key.h"
#include "daemon/authd-talk.h"
#include "daemon/desk.h"
#include "daemon/security.h"
#include "daemon/verdicts.h"
#include "io/clock.h"
#include "runtime/authority-letter.h"
#include "runtime/authority.h"
#include "runtime/world.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/credentials.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/penstock-security-XXXXXX";

static int random_bytes(void *data, void *bytes, size_t n)
{
	return getrandom(bytes, n, 0) == (ssize_t)n ? 0 : -EIO;
}

static uint64_t now(void *data)
{
	return pen_clock_nt();
}

static void configure(struct config *config, const char *more)
{
	struct pen_buffer text, diagnoses;

	pen_buffer_init(&text, 0);
	pen_buffer_init(&diagnoses, 0);
	assert_int_equal(config_init(config, false), 0);
	assert_int_equal(
		pen_buffer_printf(&text,
				  "[server]\nname = HERE\n[store]\naccounts = %s/of/acc.db\n"
				  "accounts_key = %s/key/acc.key\n[security]\n%s",
				  directory, directory, more),
		0);
	assert_int_equal(config_read(config, "f", (const char *)text.data, text.size, &diagnoses),
			 0);
	pen_buffer_done(&text);
	pen_buffer_done(&diagnoses);
}

/* What penstock-authd has, and the accounts once more. */
struct all {
	struct pen_crypto *crypto;
	struct verdicts *verdicts;
	struct pen_mechs *mechs;
	uint8_t *key;
	struct desk desk;
};

static void all_free(struct all *all)
{
	desk_close(&all->desk);
	pen_secret_free(all->key);
	pen_mechs_free(all->mechs);
	verdicts_free(all->verdicts);
	pen_crypto_free(all->crypto);
}

static int all_new(struct all *all, const struct config *config, char error[256])
{
	struct pen_mechs_config mechs;
	int r;

	*all = (struct all){ 0 };
	r = pen_crypto_new(&all->crypto);
	if (!r)
		r = verdicts_new(&all->verdicts, config, all->crypto, error);
	if (!r)
		r = verdicts_open(all->verdicts, error);
	if (!r) {
		mechs = (struct pen_mechs_config){ .ntlm = verdicts_ntlm(all->verdicts),
						   .krb5 = verdicts_krb5(all->verdicts) };
		r = pen_mechs_new(&all->mechs, &mechs);
	}
	if (!r)
		r = accounts_key_read(&all->key, config->accounts_key, error);
	if (!r)
		r = desk_open(&all->desk, config, all->crypto, all->key, NULL, error);
	if (r)
		all_free(all);
	return r;
}

/* ---- a conversation ---- */

static int step(const struct pen_mech *mech, struct pen_mech_context *context, struct pen_slice in,
		struct pen_buffer *out)
{
	int r = mech->step(context, in, out);

	while (r == PEN_PENDING) {
		mech->work(context);
		r = mech->step(context, (struct pen_slice){ 0 }, out);
	}
	return r;
}

/* Both sides until they have done. The server's last word, and its token. */
static int talk(const struct pen_mech_row *mech, const struct pen_mech_world *world,
		const struct pen_credentials *credentials, struct pen_token **tokenp)
{
	static const struct pen_spnego_mech ntlm = { &pen_mech_ntlm, NULL, pen_oids_ntlm, 1 };
	static const struct pen_spnego_config offered = { &ntlm, 1 };
	const struct pen_mech_client client = { .world = world,
						.config = mech->mech == &pen_mech_spnego ? &offered
											 : NULL,
						.credentials = credentials,
						.target = "host/here",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech_server server = { .world = world,
						.config = mech->config,
						.peer = "10.1.2.3",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_context *sides[2];
	struct pen_buffer tokens[2];
	int r[2] = { PEN_E_AGAIN, PEN_E_AGAIN };

	assert_int_equal(mech->mech->new_client(&sides[0], &client), 0);
	assert_int_equal(mech->mech->new_server(&sides[1], &server), 0);
	pen_buffer_init(&tokens[0], 0);
	pen_buffer_init(&tokens[1], 0);
	for (int turn = 0; turn < 8 && r[turn & 1] == PEN_E_AGAIN; turn++) {
		struct pen_buffer *in = &tokens[!(turn & 1)], *out = &tokens[turn & 1];

		out->size = 0;
		r[turn & 1] = step(mech->mech, sides[turn & 1],
				   (struct pen_slice){ in->data, in->size }, out);
		if (!out->size)
			break;
	}
	if (!r[1])
		assert_int_equal(mech->mech->token(sides[1], tokenp), 0);
	else
		assert_true(strlen(mech->mech->reason(sides[1])) > 0);
	for (int i = 0; i < 2; i++) {
		mech->mech->free(sides[i]);
		pen_buffer_done(&tokens[i]);
	}
	return r[1];
}

/* Who renames the machine renames its domain; its SID stays. */
static void test_name(void **state)
{
	struct all all;
	struct pen_account_policy policy;
	struct pen_accounts *accounts;
	struct pen_sid sid = { 0 };
	struct pen_arena arena;
	struct config config;
	char error[256];

	pen_arena_init(&arena, 0);
	for (int i = 0; i < 2; i++) {
		configure(&config, "");
		config.name = i ? "THERE" : "HERE";
		assert_int_equal(all_new(&all, &config, error), 0);
		accounts = all.desk.accounts;
		assert_int_equal(
			pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &arena, &policy), 0);
		assert_string_equal(policy.name, config.name);
		if (i)
			assert_true(pen_sid_equal(&sid,
						  pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE)));
		sid = *pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE);
		all_free(&all);
		config_done(&config);
	}
	pen_arena_done(&arena);
}

static void add_user(struct pen_accounts *accounts, const struct pen_crypto *crypto)
{
	const struct pen_account_user user = { .name = "alice" };
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(accounts, &user, &rid), 0);
	assert_int_equal(pen_accounts_set_password(accounts, crypto, rid, "Secret-1", now(NULL)),
			 0);
}

/* Who is in the accounts comes in by each mechanism, with the right password only. */
static void test_logons(void **state)
{
	struct pen_credentials *right, *wrong;
	struct all all;
	const struct pen_mech_row *mechs; /* in no order */
	struct pen_crypto *crypto;
	struct pen_mech_world world = { .random = random_bytes, .now = now };
	struct pen_token *token;
	struct config config;
	char error[256];
	struct stat info;
	size_t n, n_tried = 0;

	assert_int_equal(pen_crypto_new(&crypto), 0);
	world.crypto = crypto;
	configure(&config, "guests = strangers\n");
	assert_int_equal(all_new(&all, &config, error), 0);
	add_user(all.desk.accounts, crypto);
	assert_int_equal(pen_credentials_new_password(&right, "alice", NULL, "Secret-1"), 0);
	assert_int_equal(pen_credentials_new_password(&wrong, "alice", NULL, "secret-1"), 0);
	mechs = pen_mechs_rows(all.mechs, &n);
	for (size_t i = 0; i < n; i++) {
		if (mechs[i].mech->auth_type == PEN_AUTH_KRB5 ||
		    mechs[i].mech->auth_type == PEN_AUTH_SCHANNEL)
			continue;
		assert_int_equal(talk(&mechs[i], &world, right, &token), 0);
		assert_string_equal(pen_token_info(token)->account, "alice");
		assert_string_equal(pen_token_info(token)->domain, "HERE");
		pen_token_free(token);
		assert_int_equal(talk(&mechs[i], &world, wrong, &token), PEN_E_DENIED);
		n_tried++;
	}
	assert_int_equal(n_tried, 2);
	assert_string_equal(config.accounts + strlen(directory), "/of/acc.db");
	assert_int_equal(stat(config.accounts, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(stat(config.accounts_key, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(info.st_size, PEN_ACCOUNT_SECRET_SIZE);
	assert_int_equal(all.desk.logons.guests, PEN_LOGON_STRANGERS);
	pen_credentials_free(right);
	pen_credentials_free(wrong);
	all_free(&all);
	pen_crypto_free(crypto);
	config_done(&config);
}

/* What cannot be is said when it starts. */
static void test_refusals(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "keytab = FILE:/nowhere/keytab\n", "the keytab FILE:/nowhere/keytab cannot" },
		{ "[store]\naccounts = :memory:\n", "kept in a file" },
		{ "[store]\naccounts = /proc/nowhere/acc.db\n", "/proc/nowhere" },
		{ "[store]\naccounts_key = /proc/nowhere/acc.key\n", "/proc/nowhere" },
		{ "[store]\naccounts_key = /proc/self/status\n", "chmod 600" },
		{ "[store]\naccounts_key = /dev/null\n", "is no file" },
	};
	struct all all;
	struct config config;
	char error[256];

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		configure(&config, rows[i].text);
		assert_int_not_equal(all_new(&all, &config, error), 0);
		assert_non_null(strstr(error, rows[i].error));
		config_done(&config);
	}
}

static void test_no_memory(void **state)
{
	struct all all;
	struct config config;
	char error[256];
	int r;

	configure(&config, "");
	for (size_t n = 1; pen_fail_at(n), r = all_new(&all, &config, error), pen_fail_hit(); n++) {
		if (!r) /* a library that went without */
			all_free(&all);
	}
	assert_int_equal(r, 0);
	all_free(&all);
	config_done(&config);
}

/* ---- the key ---- */

static void make_file(const char *name, const char *content, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Each time the same, whoever makes it; what is none is refused, and stays as it is. */
static void test_key_file(void **state)
{
	static const struct {
		size_t n;
		mode_t mode;
		const char *error;
	} rows[] = {
		{ 31, 0600, "it has 31 bytes, not 32" },
		{ 33, 0600, "it has 33 bytes, not 32" },
		{ 32, 0640, "can be read or changed by others" },
		{ 32, 0602, "can be read or changed by others" },
	};
	char path[100], other[100], error[256];
	uint8_t *keys[2];

	snprintf(path, sizeof(path), "%s/made/deep/the.key", directory);
	for (int i = 0; i < 2; i++)
		assert_int_equal(accounts_key_read(&keys[i], path, error), 0);
	assert_memory_equal(keys[0], keys[1], PEN_ACCOUNT_SECRET_SIZE);
	unlink(path);
	pen_secret_free(keys[1]);
	assert_int_equal(accounts_key_read(&keys[1], path, error), 0);
	assert_memory_not_equal(keys[0], keys[1], PEN_ACCOUNT_SECRET_SIZE);
	for (int i = 0; i < 2; i++)
		pen_secret_free(keys[i]);
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		make_file(path, "01234567890123456789012345678901234", rows[i].n, rows[i].mode);
		assert_int_equal(accounts_key_read(&keys[0], path, error), PEN_E_DENIED);
		assert_non_null(strstr(error, rows[i].error));
		assert_non_null(strstr(error, path));
	}
	snprintf(other, sizeof(other), "%s/link.key", directory);
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(accounts_key_read(&keys[0], other, error), -ELOOP);
	snprintf(other, sizeof(other), "%s/open", directory);
	assert_int_equal(mkdir(other, 0777), 0);
	assert_int_equal(chmod(other, 0777), 0);
	snprintf(other, sizeof(other), "%s/open/a.key", directory);
	assert_int_equal(accounts_key_read(&keys[0], other, error), -EPERM);
	assert_int_equal(accounts_key_read(&keys[0], "nowhere", error), -EINVAL);
}

/* What could not be made whole is not there. */
static void test_key_file_without_memory(void **state)
{
	char path[100], error[256];
	uint8_t *key = NULL;
	struct stat info;
	int r;

	snprintf(path, sizeof(path), "%s/poor/a.key", directory);
	for (size_t n = 1; pen_fail_at(n), r = accounts_key_read(&key, path, error), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_true(stat(path, &info) || info.st_size == PEN_ACCOUNT_SECRET_SIZE);
		unlink(path);
	}
	assert_int_equal(r, 0);
	pen_secret_free(key);
}

/* Accounts and a key that are not each other's are told apart from a wrong password. */
static void test_another_key(void **state)
{
	struct config config;
	char error[256];
	struct all all;

	configure(&config, "");
	assert_int_equal(all_new(&all, &config, error), 0);
	all_free(&all);
	make_file(config.accounts_key, "01234567890123456789012345678901", 32, 0600);
	assert_int_equal(all_new(&all, &config, error), PEN_E_BAD_DATA);
	assert_non_null(strstr(error, config.accounts));
	assert_non_null(strstr(error, config.accounts_key));
	assert_non_null(strstr(error, "do not belong together"));
	unlink(config.accounts);
	unlink(config.accounts_key);
	config_done(&config);
}

/* ---- who serves the accounts ---- */

struct authd_thread {
	struct authd_config config;
	int socket;
	pthread_t thread;
};

static void *serve(void *data)
{
	static struct challenges challenges = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	struct authd_thread *authd = data;
	struct pollfd wait = { .fd = authd->socket, .events = POLLIN };
	int socket, r;

	for (;;) {
		poll(&wait, 1, -1);
		r = pen_authority_receive_call(authd->socket, &socket);
		if (r)
			break;
		talk_serve(socket, &authd->config, &challenges, true);
		close(socket);
	}
	close(authd->socket);
	return NULL;
}

static struct pen_authority *authd_start(struct authd_thread *authd, const struct all *all,
					 const struct pen_mech_world *world)
{
	struct pen_authority *authority;
	int ends[2];

	*authd = (struct authd_thread){
		.config = { .world = world,
			    .ntlm = verdicts_ntlm(all->verdicts),
			    .vault = verdicts_vault(all->verdicts),
			    .conversation_ms = 20000 },
	};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	authd->socket = ends[1];
	assert_int_equal(pthread_create(&authd->thread, NULL, serve, authd), 0);
	assert_int_equal(pen_authority_new(&authority, ends[0], 0), 0);
	return authority;
}

static int ask(const struct pen_vault *vault, struct pen_vault_query *query)
{
	int r = vault->ops->begin(vault, query);

	assert_int_equal(r, PEN_PENDING);
	vault->ops->work(vault, query);
	return vault->ops->end(vault, query);
}

/* It has no hash and sets none, and gets verdicts. */
static void test_services(void **state)
{
	struct authority_logon *logon;
	struct pen_vault_query query;
	struct daemon_security *security;
	const struct pen_vault *vault;
	struct pen_authority *authority;
	struct pen_accounts *accounts;
	struct authd_thread authd;
	struct pen_account account;
	struct pen_world world;
	struct config config;
	uint8_t hash[16];
	char error[256];
	struct all all;

	assert_int_equal(pen_world_init(&world), 0);
	configure(&config, "");
	assert_int_equal(all_new(&all, &config, error), 0);
	add_user(all.desk.accounts, all.crypto);
	authority = authd_start(&authd, &all, &world.mech);
	/* Only penstock-authd's mechanisms say who it is. */
	assert_int_equal(daemon_security_new(&security, &config, all.mechs, error),
			 PEN_E_UNSUPPORTED);
	assert_int_equal(
		daemon_security_new(&security, &config, pen_authority_mechs(authority), error), 0);
	accounts = daemon_security_accounts(security);
	vault = daemon_security_vault(security);
	assert_ptr_equal(daemon_security_logons(security)->accounts, accounts);
	assert_int_equal(pen_accounts_find_any(accounts, "alice", NULL, &account), 0);
	assert_int_equal(pen_accounts_get_hash(accounts, account.rid, 0, hash), PEN_E_DENIED);
	assert_int_equal(pen_accounts_set_hash(accounts, account.rid, hash, 1), PEN_E_DENIED);
	assert_int_equal(pen_accounts_clear_password(accounts, account.rid), PEN_E_DENIED);
	for (int i = 0; i < 2; i++) {
		pen_vault_query_init(&query, authority_LOGON);
		logon = &query.question.body.logon;
		logon->domain = logon->workstation = logon->peer = "";
		logon->user = "alice";
		logon->is_interactive = true;
		assert_int_equal(
			pen_ntlm_nt_hash(all.crypto, i ? "Secret-1" : "secret-1", logon->nt_hash),
			0);
		assert_int_equal(ask(vault, &query), 0);
		assert_int_equal(query.answer.body.admission.result, 0);
		assert_int_equal(query.answer.body.admission.status,
				 i ? 0 : PEN_STATUS_WRONG_PASSWORD);
		assert_int_equal(query.answer.body.admission.rid, i ? account.rid : 0);
		pen_vault_query_done(&query);
	}
	daemon_security_free(security);
	pen_authority_free(authority);
	pthread_join(authd.thread, NULL);
	all_free(&all);
	config_done(&config);
	pen_world_done(&world);
}

static int set_up(void **state)
{
	setenv("KRB5_KTNAME", "FILE:/nowhere/keytab", 1);
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),	    cmocka_unit_test(test_logons),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_key_file),    cmocka_unit_test(test_key_file_without_memory),
		cmocka_unit_test(test_another_key), cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
