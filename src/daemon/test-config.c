/* SPDX-License-Identifier: MIT */
#include "daemon/config.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static struct pen_buffer diagnoses;

static int set_up(void **state)
{
	pen_buffer_init(&diagnoses, 0);
	return config_init(&config, false);
}

static int tear_down(void **state)
{
	pen_buffer_done(&diagnoses);
	config_done(&config);
	return 0;
}

static int read_text(const char *text)
{
	return config_read(&config, "f", text, strlen(text), &diagnoses);
}

/* What is said of the text, alone. */
static void expect(const char *text, const char *said)
{
	pen_buffer_done(&diagnoses);
	pen_buffer_init(&diagnoses, 0);
	assert_int_equal(read_text(text), PEN_E_SYNTAX);
	assert_int_equal(pen_buffer_add(&diagnoses, "", 1), 0);
	assert_string_equal((const char *)diagnoses.data, said);
}

static void test_defaults_for_root(void **state)
{
	struct config root;

	assert_int_equal(config_init(&root, true), 0);
	assert_string_equal(root.listen, "*");
	assert_int_equal(root.port, 135);
	assert_false(root.is_port_given);
	assert_int_equal(root.first_port, 49152);
	assert_int_equal(root.last_port, 65535);
	assert_string_equal(root.directory, "/run/penstock");
	assert_string_equal(root.store, "/var/lib/penstock/shares/penstock.db");
	assert_string_equal(root.accounts, "/var/lib/penstock/accounts.db");
	assert_int_equal(config_read(&root, "f", "", 0, &diagnoses), 0);
	assert_string_equal(root.accounts_key, "/var/lib/penstock-authd/accounts.key");
	config_done(&root);
}

static void expect_user(const char *directory, const char *store)
{
	struct config user;

	assert_int_equal(config_init(&user, false), 0);
	assert_string_equal(user.directory, directory);
	assert_string_equal(user.store, store);
	config_done(&user);
}

/* It is beside the directory of the accounts, unless it is said where. */
static void expect_key(const char *text, const char *key)
{
	struct config user;

	assert_int_equal(config_init(&user, false), 0);
	assert_int_equal(config_read(&user, "f", text, strlen(text), &diagnoses), 0);
	if (key)
		assert_string_equal(user.accounts_key, key);
	else
		assert_null(user.accounts_key);
	config_done(&user);
}

static void test_defaults_for_a_user(void **state)
{
	char nowhere[64], nowhere_db[96];

	assert_string_equal(config.listen, "127.0.0.1");
	assert_int_equal(config.port, 11350);
	assert_int_equal(config.first_port, 0);
	assert_null(config.smb_conf);
	assert_int_equal(config.log_level, PEN_LOG_INFO);
	assert_in_range(strlen(config.name), 1, 15);
	assert_int_equal(config.limits.bind_timeout_ms, 30000);

	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	setenv("XDG_STATE_HOME", "/state", 1);
	setenv("HOME", "/home/u", 1);
	expect_user("/run/user/7/penstock", "/state/penstock/shares/penstock.db");
	expect_key("", "/state/penstock-authd/accounts.key");
	expect_key("[store]\naccounts = /some/where/a.db\n", "/some/where-authd/accounts.key");
	expect_key("[store]\naccounts = /a.db\n", "/penstock-authd/accounts.key");
	expect_key("[store]\naccounts_key = /k\naccounts = /some/where/a.db\n", "/k");
	expect_key("[store]\naccounts = :memory:\n", NULL);
	unsetenv("XDG_STATE_HOME");
	expect_user("/run/user/7/penstock", "/home/u/.local/state/penstock/shares/penstock.db");
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	setenv("HOME", "", 1);
	snprintf(nowhere, sizeof(nowhere), "/tmp/penstock-%u", (unsigned)geteuid());
	snprintf(nowhere_db, sizeof(nowhere_db), "%s/shares/penstock.db", nowhere);
	expect_user(nowhere, nowhere_db);
}

/* Each key takes these values, and prints them; the first is not the default. */
static const struct {
	const char *section, *name;
	const char *right[4], *wrong[10];
	const char *why;
} rows[] = {
	{ "server", "name", { "PC", "a b # c" } },
	{ "server", "comment", { "x", "= ;" } },
	{ "server", "workgroup", { "OFFICE", "x" } },
	{ "server", "listen", { "*", "none", "10.0.0.1 ::1" }, { "localhost", "1.2.3" } },
	{ "server",
	  "port",
	  { "1", "65535" },
	  { "0", "65536", "-1", "1x" },
	  "port is a number from 1 to 65535" },
	{ "server",
	  "ports",
	  { "1-65535", "7-7", "any" },
	  { "2-1", "0-1", "1-65536", "5" },
	  "ports is a range such as 49152-65535, or any" },
	{ "server", "directory", { "/d" }, { "d", "./d" }, "directory is an absolute path" },
	{ "server", "objects", { "/o" }, { "o" }, "objects is an absolute path" },
	{ "server",
	  "extended_errors",
	  { "nobody", "codes", "all" },
	  { "off", "Local" },
	  "extended_errors is local, nobody, codes or all" },
	{ "store", "path", { "/s", ":memory:" }, { "s" }, "path is an absolute path" },
	{ "store", "accounts", { "/a" }, { "a" }, "accounts is an absolute path" },
	{ "store", "accounts_key", { "/k" }, { "k" }, "accounts_key is an absolute path" },
	{ "security",
	  "verdicts",
	  { "winbind", "netlogon", "accounts" },
	  { "samba" },
	  "verdicts is accounts, winbind or netlogon" },
	{ "security",
	  "guests",
	  { "strangers", "never" },
	  { "all", "Never" },
	  "guests is never or strangers" },
	{ "security", "anonymous", { "no", "yes" }, { "maybe" }, "anonymous is yes or no" },
	{ "security", "ntlm_v1", { "yes", "no" }, { "1" }, "ntlm_v1 is yes or no" },
	{ "security", "krb5_weak", { "yes", "no" }, { "1" }, "krb5_weak is yes or no" },
	{ "security", "netlogon_weak", { "yes", "no" }, { "1" }, "netlogon_weak is yes or no" },
	{ "security", "netlogon_unsealed", { "yes", "no" } },
	{ "security", "dc", { "ncacn_ip_tcp:dc" } },
	{ "security", "domain", { "AD" } },
	{ "security", "machine", { "MEMBER" } },
	{ "security", "machine_secret", { "/s" }, { "s" }, "machine_secret is an absolute path" },
	{ "security", "keytab", { "FILE:/etc/k" } },
	{ "security", "principal", { "host/a@B" } },
	{ "security", "realm", { "B" } },
	{ "security", "keylog", { "/k" }, { "k" }, "keylog is an absolute path" },
	{ "shares", "folders", { "/srv /home", "/" } },
	{ "workers", "programs", { "/a /b", "/c" } },
	{ "workers", "user", { "penstock" } },
	{ "workers", "confined", { "no", "yes" }, { "maybe" }, "confined is yes or no" },
	{ "workers",
	  "leave_timeout",
	  { "0", "3600" },
	  { "3601" },
	  "leave_timeout is a number of seconds from 0 to 3600" },
	{ "status",
	  "listen",
	  { "127.0.0.1:9164", "[::1]:9164", "/run/page", "none" },
	  { "9164", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "localhost:1", "::1:9164",
	    "[::1:9164", "[127.0.0.1]:1", "page", "None" },
	  "listen is an address and a port such as 127.0.0.1:9164, an absolute path, or none" },
	{ "policy", "file", { "/p" }, { "p" }, "file is an absolute path" },
	{ "policy", "record", { "/r" }, { "r" }, "record is an absolute path" },
	{ "samba", "np", { "/n" }, { "n" }, "np is an absolute path" },
	{ "shares",
	  "smb_conf",
	  { "/etc/smb.conf" },
	  { "smb.conf" },
	  "smb_conf is an absolute path" },
	{ "log",
	  "level",
	  { "error", "warning", "debug" },
	  { "Error", "3" },
	  "level is error, warning, info or debug" },
	{ "log", "format", { "json", "text" }, { "xml" }, "format is text or json" },
#define COUNT(name)                                                                                \
	{                                                                                          \
		"limits", name, { "1", "1000000" },                                                \
		{                                                                                  \
			"0", "1000001", "4294967297", ""                                           \
		}                                                                                  \
	}
	COUNT("connections"),
	COUNT("connections_per_peer"),
	COUNT("groups"),
	COUNT("handles_per_group"),
#undef COUNT
	{ "limits", "security_contexts", { "1", "65536" }, { "0", "65537" } },
#define SIZE(name)                                                                                 \
	{                                                                                          \
		"limits", name, { "65536", "2147483647" },                                         \
		{                                                                                  \
			"65535", "2147483648", "1M"                                                \
		}                                                                                  \
	}
	SIZE("call_memory"),
	SIZE("memory"),
#undef SIZE
#define SECONDS(name)                                                                              \
	{                                                                                          \
		"limits", name, { "1", "86400" }, { "0", "86401", "1.5" },                         \
			name " is a number of seconds from 1 to 86400"                             \
	}
	SECONDS("bind_timeout"),
	SECONDS("fragment_timeout"),
	SECONDS("idle_timeout"),
	SECONDS("npa_timeout"),
	SECONDS("callback_timeout"),
#undef SECONDS
};

static const struct config_key *key_of(size_t row)
{
	const struct config_key *key;

	for (size_t i = 0; (key = config_key(i)); i++)
		if (!strcmp(key->section, rows[row].section) && !strcmp(key->name, rows[row].name))
			return key;
	fail_msg("there is no key %s", rows[row].name);
	return NULL;
}

static void expect_printed(const struct config_key *key, const char *value)
{
	struct pen_buffer text;

	pen_buffer_init(&text, 0);
	assert_int_equal(config_print_value(&config, key, &text), 0);
	assert_int_equal(text.size, strlen(value));
	assert_memory_equal(text.data, value, text.size);
	pen_buffer_done(&text);
}

/* What is wrong leaves the value as it was. */
static void test_each_key(void **state)
{
	char text[200], said[600];
	size_t n = 0;

	while (config_key(n))
		n++;
	assert_int_equal(n, PEN_COUNT(rows));
	for (size_t i = 0; i < n; i++) {
		const struct config_key *key = key_of(i);
		struct config before;

		assert_int_equal(config_init(&before, false), 0);
		assert_int_equal(config_read(&before, "f", "", 0, &diagnoses), 0);
		assert_true(config_is_same(&config, &before, key));
		for (size_t j = 3; j--;) {
			if (!rows[i].right[j])
				continue;
			snprintf(text, sizeof(text), "[%s]\n%s = %s\n", key->section, key->name,
				 rows[i].right[j]);
			assert_int_equal(read_text(text), 0);
			expect_printed(key, rows[i].right[j]);
		}
		assert_false(config_is_same(&config, &before, key));
		for (size_t j = 0; j < 4 && rows[i].wrong[j]; j++) {
			snprintf(text, sizeof(text), "[%s]\n%s = %s", key->section, key->name,
				 rows[i].wrong[j]);
			snprintf(said, sizeof(said), "f:2:%zu: %s\n\t%s = %s\n\t%*s^\n",
				 strlen(key->name) + 4, rows[i].why, key->name, rows[i].wrong[j],
				 (int)strlen(key->name) + 3, "");
			if (rows[i].why)
				expect(text, said);
			else
				assert_int_equal(read_text(text), PEN_E_SYNTAX);
			expect_printed(key, rows[i].right[0]);
		}
		snprintf(text, sizeof(text), "[%s]\n%s =", key->section, key->name);
		snprintf(said, sizeof(said), "f:2:%zu: %s has no value\n\t%s =\n\t%*s^\n",
			 strlen(key->name) + 3, key->name, key->name, (int)strlen(key->name) + 2,
			 "");
		expect(text, said);
		config_done(&before);
	}
	assert_true(config.is_port_given);
}

static void test_services(void **state)
{
	assert_int_equal(read_text("[service rpcecho]\nenabled = yes\n"), 0);
	assert_int_equal(read_text("[ service srvsvc ]\nenabled = no\n"), 0);
	assert_int_equal(read_text("[service srvsvc]\nlevel = integrity\n"), 0);
	expect("[service srvsvc]\nlevel = call\n",
	       "f:2:9: level is none, connect, packet, integrity or privacy\n\tlevel = call\n"
	       "\t        ^\n");
	expect("[service srvsv]\nenabled = yes\n",
	       "f:1:10: there is no service srvsv; did you mean srvsvc?\n\t[service srvsv]\n\t"
	       "         ^\n");
	expect("[service srvsvc]\nenabled = 1\n",
	       "f:2:11: enabled is yes or no\n\tenabled = 1\n\t          ^\n");
	expect("[service srvsvc]\nenable = no\n",
	       "f:2:1: there is no key enable; did you mean enabled?\n\tenable = no\n\t^\n");
}

static void test_lines(void **state)
{
	static const char nul[] = "[log]\nle\0el = info\n";

	assert_int_equal(read_text(""), 0);
	assert_int_equal(read_text("# c\n; c\r\n\t\n  [log]  \r\n level=debug\r\n"), 0);
	assert_int_equal(config.log_level, PEN_LOG_DEBUG);
	expect("level = info\n", "f:1:1: a key before the first [SECTION]\n\tlevel = info\n\t^\n");
	expect("[log]\n\tlevel\n",
	       "f:2:2: a line is [SECTION], KEY = VALUE, or a comment after #\n\t\tlevel\n\t\t^\n");
	expect("[log\n", "f:1:1: a section is [NAME] on a line of its own\n\t[log\n\t^\n");
	expect("[log] level = info\n",
	       "f:1:1: a section is [NAME] on a line of its own\n\t[log] level = info\n\t^\n");
	expect("[logs]\nlevel = 1\nx = 2\n",
	       "f:1:2: there is no section logs; did you mean log?\n\t[logs]\n\t ^\n");
	expect("[log]\nlevl = info\n",
	       "f:2:1: there is no key levl; did you mean level?\n\tlevl = info\n\t^\n");
	expect("[server]\nformat = json\n",
	       "f:2:1: format belongs to [log]\n\tformat = json\n\t^\n");
	expect("[log]\nqqqqqqqqqq = 1\n",
	       "f:2:1: there is no key qqqqqqqqqq\n\tqqqqqqqqqq = 1\n\t^\n");
	expect("[server]\nlisten = 10.0.0.1 pc\n",
	       "f:2:10: pc is no numeric address; listen takes some of those, * or none\n"
	       "\tlisten = 10.0.0.1 pc\n\t         ^\n");
	assert_int_equal(config_read(&config, "f", nul, sizeof(nul) - 1, &diagnoses), PEN_E_SYNTAX);
	assert_non_null(memmem(diagnoses.data, diagnoses.size, "f:2:3: a NUL byte", 17));
}

/* All that is wrong is said, each in its place. */
static void test_all_at_once(void **state)
{
	expect("[log]\nx = 1\nlevel = debug\ny = 2\n", "f:2:1: there is no key x\n\tx = 1\n\t^\n"
						       "f:4:1: there is no key y\n\ty = 2\n\t^\n");
	assert_int_equal(config.log_level, PEN_LOG_DEBUG);
}

/* What is printed gives the same configuration. */
static void test_print(void **state)
{
	struct pen_buffer first, second;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	assert_int_equal(read_text("[server]\nname = a b\nports = 5-6\n[shares]\nsmb_conf = /x\n"
				   "[service rpcecho]\nenabled = yes\n"),
			 0);
	assert_int_equal(config_print(&config, &first), 0);
	config_done(&config);
	assert_int_equal(config_init(&config, true), 0);
	assert_int_equal(
		config_read(&config, "f", (const char *)first.data, first.size, &diagnoses), 0);
	assert_int_equal(config_print(&config, &second), 0);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_defaults_for_root),
		TEST(test_defaults_for_a_user),
		TEST(test_each_key),
		TEST(test_services),
		TEST(test_lines),
		TEST(test_all_at_once),
		TEST(test_print),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
