/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "daemon/security.h"
#include "daemon/verdicts.h"
#include "io/clock.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/credentials.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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
				  "[security]\n%s",
				  directory, more),
		0);
	assert_int_equal(config_read(config, "f", (const char *)text.data, text.size, &diagnoses),
			 0);
	pen_buffer_done(&text);
	pen_buffer_done(&diagnoses);
}

/* What penstock-authd has, and what serves the accounts, in one process. */
struct all {
	struct pen_crypto *crypto;
	struct verdicts *verdicts;
	struct pen_mechs *mechs;
	struct daemon_security *security;
};

static void all_free(struct all *all)
{
	daemon_security_free(all->security);
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
		r = daemon_security_new(&all->security, config, all->mechs, error);
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
		accounts = daemon_security_accounts(all.security);
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
	add_user(daemon_security_accounts(all.security), crypto);
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
	assert_ptr_equal(daemon_security_logons(all.security)->accounts,
			 daemon_security_accounts(all.security));
	assert_int_equal(daemon_security_logons(all.security)->guests, PEN_LOGON_STRANGERS);
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
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_logons),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
