/* SPDX-License-Identifier: MIT */
/* The program itself, confined as it is, with accounts in a file. */
#include "base/secret.h"
#include "daemon/accounts-key.h"
#include "daemon/authd-needs.h"
#include "daemon/desk.h"
#include "daemon/test-authd.h"
#include <fcntl.h>
#include <krb5.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char directory[] = "/tmp/penstock-authd-XXXXXX";
static char conf[100], text[4096];
static int said;

static void write_conf(const char *more)
{
	FILE *file = fopen(conf, "w");

	assert_non_null(file);
	fprintf(file,
		"[server]\nname = HERE\n[store]\naccounts = %s/of/acc.db\n"
		"accounts_key = %s/key/acc.key\n[security]\n%s\n",
		directory, directory, more);
	fclose(file);
}

static void load_conf(struct config *config)
{
	struct pen_buffer diagnoses = { 0 };

	assert_int_equal(config_init(config, false), 0);
	assert_int_equal(config_load(config, conf, &diagnoses), 0);
	pen_buffer_done(&diagnoses);
}

/* ann, who is locked out by the fifth wrong password. */
static void make_accounts(void)
{
	const struct pen_account_user user = { .name = "ann" };
	struct pen_account_policy policy;
	struct pen_arena arena;
	struct config config;
	struct desk desk;
	uint8_t *key;
	char error[256];
	uint32_t rid;

	load_conf(&config);
	assert_int_equal(accounts_key_read(&key, config.accounts_key, error), 0);
	assert_int_equal(desk_open(&desk, &config, stage.world.crypto, key, NULL, error), 0);
	assert_int_equal(pen_accounts_add_user(desk.accounts, &user, &rid), 0);
	assert_int_equal(pen_accounts_set_password(desk.accounts, stage.world.crypto, rid,
						   "Secret-1", stage.world.mech.now(NULL)),
			 0);
	pen_arena_init(&arena, 0);
	assert_int_equal(
		pen_accounts_get_policy(desk.accounts, PEN_ACCOUNT_MACHINE, &arena, &policy), 0);
	policy.lockout_threshold = 5;
	assert_int_equal(pen_accounts_set_policy(desk.accounts, PEN_ACCOUNT_MACHINE, &policy), 0);
	pen_arena_done(&arena);
	desk_close(&desk);
	pen_secret_free(key);
	config_done(&config);
}

static void launch_with(int socket, const char *argument, const char *value)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/src/daemon/penstock-authd", getenv("PEN_TEST_BUILD"));
	said = memfd_create("stderr", 0);
	assert_true(said >= 0);
	stage.pid = fork();
	assert_true(stage.pid >= 0);
	if (stage.pid)
		return;
	setenv("PENSTOCKD_CONFIG", conf, 1);
	dup2(said, STDERR_FILENO);
	dup2(said, STDOUT_FILENO);
	if (socket < 0)
		close(3);
	else if (socket == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(socket, 3);
	execl(path, path, argument, value, NULL);
	_exit(98);
}

static void launch(int socket, const char *argument)
{
	launch_with(socket, argument, NULL);
}

static void begin(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	stage.penstockd = ends[0];
	launch(ends[1], NULL);
	close(ends[1]);
}

static int end(void)
{
	int status = stage_await_end();
	ssize_t n = pread(said, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(said);
	return status;
}

static int log_on(const struct pen_authority *authority, const char *password, const char *words)
{
	struct handshake handshake;
	int r = handshake_begin(&handshake, pen_authority_mechs(authority), PEN_AUTH_SPNEGO, "ann",
				password);

	if (!r) {
		assert_string_equal(pen_token_info(handshake.token)->account, "ann");
		assert_string_equal(pen_token_info(handshake.token)->domain, "HERE");
		assert_string_equal(pen_token_info(handshake.token)->remote_address, "10.1.2.3");
		handshake_expect_messages(&handshake);
	} else if (!strstr(handshake_reason(&handshake), words)) {
		fail_msg("\"%s\" without \"%s\"", handshake_reason(&handshake), words);
	}
	handshake_end(&handshake);
	return r;
}

static bool is_available(void)
{
	return getenv("PEN_TEST_BUILD");
}

/* ---- */

static void test_it_judges_by_the_accounts(void **state)
{
	struct pen_authority *authority;
	char path[64], status[4096] = "";
	int fd;

	if (!is_available())
		skip();
	write_conf("");
	make_accounts();
	begin();
	stage_await_ready();
	assert_int_equal(pen_authority_new(&authority, stage_client("echo 1"), 0), 0);
	assert_int_equal(log_on(authority, "Secret-1", ""), 0);
	assert_int_equal(log_on(authority, "secret-1", "is wrong"), PEN_E_DENIED);
	/* Confined: by seccomp, without new privileges or capabilities. */
	snprintf(path, sizeof(path), "/proc/%d/status", stage.pid);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, status, sizeof(status) - 1) > 0);
	close(fd);
	assert_non_null(strstr(status, "\nSeccomp:\t2\n"));
	assert_non_null(strstr(status, "\nNoNewPrivs:\t1\n"));
	assert_non_null(strstr(status, "\nCapEff:\t0000000000000000\n"));
	/* Whoever guesses is locked out. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(log_on(authority, "guessed", ""), PEN_E_DENIED);
	assert_int_equal(log_on(authority, "Secret-1", "is locked, after"), PEN_E_DENIED);
	pen_authority_free(authority);
	close(stage.penstockd);
	stage.penstockd = -1;
	assert_int_equal(end(), 0);
	assert_string_equal(text, "");
}

static void test_it_is_killed_under_load(void **state)
{
	struct pen_authority *authority;

	if (!is_available())
		skip();
	begin();
	stage_await_ready();
	assert_int_equal(pen_authority_new(&authority, stage_client("echo 1"), 0), 0);
	for (int i = 0; i < 5; i++) {
		kill(stage.pid, SIGKILL);
		assert_int_equal(end(), -SIGKILL);
		begin();
		stage_await_ready();
		pen_authority_replace(authority, stage_client("echo 1"));
		assert_int_equal(log_on(authority, "Secret-1", "is locked, after"), PEN_E_DENIED);
	}
	pen_authority_free(authority);
	close(stage.penstockd);
	stage.penstockd = -1;
	assert_int_equal(end(), 0);
}

static void make_keytab(const char *path)
{
	uint8_t key[32] = { 1, 2, 3 };
	krb5_keytab_entry entry = { .vno = 1 };
	krb5_context context;
	krb5_keytab keytab;

	assert_int_equal(krb5_init_context(&context), 0);
	assert_int_equal(krb5_kt_resolve(context, path, &keytab), 0);
	assert_int_equal(krb5_parse_name(context, "host/here@TEST", &entry.principal), 0);
	entry.key.enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
	entry.key.length = sizeof(key);
	entry.key.contents = key;
	assert_int_equal(krb5_kt_add_entry(context, keytab, &entry), 0);
	krb5_free_principal(context, entry.principal);
	krb5_kt_close(context, keytab);
	krb5_free_context(context);
}

/* Root's keytab is read by root; then it is somebody who could not. */
static void test_it_takes_a_user(void **state)
{
	struct pen_authority *authority;
	char path[200], line[300], status[4096] = "";
	int ends[2], fd;

	if (!is_available() || geteuid())
		skip();
	snprintf(path, sizeof(path), "FILE:%s/keytab", directory);
	snprintf(line, sizeof(line), "keytab = %s\n[store]\naccounts = %s/theirs/acc.db\n", path,
		 directory);
	make_keytab(path);
	write_conf(line);
	snprintf(path, sizeof(path), "%s/theirs", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(chmod(directory, 0755), 0);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	stage.penstockd = ends[0];
	launch_with(ends[1], "--user", "nobody");
	close(ends[1]);
	stage_await_ready();
	assert_int_equal(pen_authority_new(&authority, stage_client("echo 1"), 0), 0);
	assert_non_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_KRB5));
	assert_int_equal(log_on(authority, "Secret-1", "there is no user"), PEN_E_DENIED);
	snprintf(path, sizeof(path), "/proc/%d/status", stage.pid);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, status, sizeof(status) - 1) > 0);
	close(fd);
	assert_non_null(strstr(status, "\nUid:\t65534\t65534\t65534\t65534\n"));
	assert_non_null(strstr(status, "\nCapEff:\t0000000000000000\n"));
	pen_authority_free(authority);
	close(stage.penstockd);
	stage.penstockd = -1;
	assert_int_equal(end(), 0);
}

static void test_what_it_cannot_be(void **state)
{
	static const struct {
		const char *conf, *argument, *words;
		int status;
	} rows[] = {
		{ "verdicts = nobody", NULL, "verdicts", 2 },
		{ "keytab = FILE:/nowhere/keytab", NULL, "the keytab FILE:/nowhere/keytab cannot",
		  1 },
		{ "verdicts = netlogon", NULL, "penstock", 1 },
		{ "", "--help", "Usage: penstock-authd", 0 },
		{ "", "--version", "penstock-authd " PEN_VERSION, 0 },
		{ "", "--nonsense", "nonsense", 2 },
		{ "", "nonsense", "nonsense", 2 },
	};

	if (!is_available())
		skip();
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		stage.penstockd = ends[0];
		write_conf(rows[i].conf);
		launch(ends[1], rows[i].argument);
		close(ends[1]);
		assert_int_equal(end(), rows[i].status);
		if (!strstr(text, rows[i].words) && i != 2)
			fail_msg("\"%s\" without \"%s\"", text, rows[i].words);
		assert_true(strlen(text) > 10);
	}
	launch(-1, NULL);
	assert_int_equal(end(), 2);
	assert_non_null(strstr(text, "descriptor 3"));
}

/* ---- what it may reach ---- */

static bool has(const char *const *paths, const char *path)
{
	for (; *paths; paths++)
		if (!strcmp(*paths, path))
			return true;
	return false;
}

static void test_needs(void **state)
{
	struct authd_needs needs;
	struct config config;
	char error[256], place[100];

	snprintf(place, sizeof(place), "%s/of", directory);
	write_conf("keytab = FILE:/some/keytab\nmachine_secret = /some/secret\n");
	load_conf(&config);
	setenv("KRB5_CONFIG", "/some/krb5.conf:/other/krb5.conf", 1);
	setenv("KRB5RCACHENAME", "file2:/tmp/rcache", 1);
	assert_int_equal(authd_needs_init(&needs, &config, conf, error), 0);
	assert_true(has(needs.needs.reads, "/some/keytab"));
	assert_true(has(needs.needs.reads, "/some/secret"));
	assert_true(has(needs.needs.reads, "/some/krb5.conf"));
	assert_true(has(needs.needs.reads, "/other/krb5.conf"));
	assert_true(has(needs.needs.reads, conf));
	assert_true(has(needs.needs.writes, place));
	assert_true(has(needs.needs.writes, "/tmp"));
	snprintf(place, sizeof(place), "%s/key", directory);
	assert_true(has(needs.needs.writes, place));
	assert_false(needs.needs.network);
	authd_needs_done(&needs);
	config.verdicts = CONFIG_VERDICTS_NETLOGON;
	setenv("KRB5RCACHENAME", "none:", 1);
	config.keytab = NULL;
	setenv("KRB5_KTNAME", "FILE:/usual/keytab", 1);
	assert_int_equal(authd_needs_init(&needs, &config, NULL, error), 0);
	assert_true(has(needs.needs.reads, "/usual/keytab"));
	assert_false(has(needs.needs.writes, "/tmp"));
	/* It has been read. */
	assert_false(has(needs.needs.writes, place));
	assert_true(needs.needs.network);
	authd_needs_done(&needs);
	config_done(&config);
	unsetenv("KRB5_CONFIG");
	unsetenv("KRB5RCACHENAME");
}

static int set_up(void **state)
{
	setenv("KRB5_KTNAME", "FILE:/nowhere/keytab", 1);
	unsetenv("KRB5_CONFIG");
	unsetenv("KRB5RCACHENAME");
	assert_non_null(mkdtemp(directory));
	snprintf(conf, sizeof(conf), "%s/penstockd.conf", directory);
	return stage_open(state);
}

static int tear_down(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	stage_close(state);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_judges_by_the_accounts),
		cmocka_unit_test(test_it_is_killed_under_load),
		cmocka_unit_test(test_it_takes_a_user),
		cmocka_unit_test(test_what_it_cannot_be),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
