/* SPDX-License-Identifier: MIT */
#include "daemon/capture.h"
#include "daemon/reload.h"
#include "service/srvsvc/srvsvc.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>

static char directory[] = "/tmp/penstock-reload-XXXXXX";
static char store[64];

static void configure(struct config *config, const char *more)
{
	struct pen_buffer text, diagnoses;

	pen_buffer_init(&text, 0);
	pen_buffer_init(&diagnoses, 0);
	assert_int_equal(config_init(config, false), 0);
	assert_int_equal(pen_buffer_printf(&text,
					   "[server]\nlisten = none\ndirectory = %s\n"
					   "[store]\npath = %s\n[log]\nlevel = warning\n%s",
					   directory, store, more),
			 0);
	assert_int_equal(config_read(config, "f", (const char *)text.data, text.size, &diagnoses),
			 0);
	pen_buffer_done(&text);
	pen_buffer_done(&diagnoses);
}

/* The names of the store's shares, one after another. */
static void expect_kept(const char *names)
{
	struct pen_store *opened;
	struct pen_shares *shares;
	struct pen_arena arena;
	struct pen_share *rows;
	char text[100] = "";
	size_t n;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_store_open(&opened, store, NULL), 0);
	assert_int_equal(pen_shares_new_store(&shares, opened), 0);
	assert_int_equal(pen_shares_list(shares, &arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		strcat(text, rows[i].name);
	assert_string_equal(text, names);
	pen_shares_free(shares);
	pen_store_close(opened);
	pen_arena_done(&arena);
}

static void keep(const char *name, uint32_t type)
{
	const struct pen_share share = {
		.name = name, .type = type, .path = "/", .remark = "", .max_uses = 1
	};
	struct pen_store *opened;
	struct pen_shares *shares;

	assert_int_equal(pen_store_open(&opened, store, NULL), 0);
	assert_int_equal(pen_shares_new_store(&shares, opened), 0);
	assert_int_equal(pen_shares_add(shares, &share), 0);
	pen_shares_free(shares);
	pen_store_close(opened);
}

/* Temporary shares last until the server ends; one that cannot start does no harm to them. */
static void test_temporary_shares(void **state)
{
	struct config config;
	struct serve serve, second;
	struct log log = { .level = PEN_LOG_WARNING };
	struct capture capture;

	configure(&config, "");
	keep("a", PEN_SHARE_DISK);
	keep("b", PEN_SHARE_TEMPORARY);
	assert_int_equal(serve_start(&serve, &config, &log), 0);
	expect_kept("a");
	keep("c", PEN_SHARE_TEMPORARY);
	capture_start(&capture);
	assert_int_not_equal(serve_start(&second, &config, &log), 0);
	assert_non_null(strstr(capture_stop(&capture), "EADDRINUSE"));
	expect_kept("ac");
	serve_stop(&serve);
	expect_kept("ac");
	assert_int_equal(serve_start(&serve, &config, &log), 0);
	expect_kept("a");
	serve_stop(&serve);
	config_done(&config);
}

static const char *reloaded(struct serve *serve, struct config *config, struct log *log,
			    const char *more)
{
	static struct capture capture;
	struct config fresh;

	configure(&fresh, more);
	capture_start(&capture);
	reload(serve, config, log, &fresh);
	config_done(&fresh);
	return capture_stop(&capture);
}

/* Whatever changes either takes effect or is named. */
static void test_keys(void **state)
{
	static const struct {
		const char *text, *name;
	} waiting[] = {
		{ "[server]\nname = OTHER\n", "server.name" },
		{ "[server]\ncomment = x\n", "server.comment" },
		{ "[server]\nlisten = 127.0.0.1\n", "server.listen" },
		{ "[server]\nport = 7\n", "server.port" },
		{ "[server]\nports = 7-8\n", "server.ports" },
		{ "[server]\ndirectory = /x\n", "server.directory" },
		{ "[store]\npath = /x\n", "store.path" },
		{ "[policy]\nrecord = /x\n", "policy.record" },
		{ "[limits]\nconnections = 7\n", "limits.connections" },
		{ "[limits]\nbind_timeout = 7\n", "limits.bind_timeout" },
		{ "[service rpcecho]\nenabled = yes\n", "service rpcecho.enabled" },
		{ "[service rpcecho]\nlevel = connect\n", "service rpcecho.level" },
	};
	struct config config;
	struct serve serve;
	struct log log = { .level = PEN_LOG_WARNING };
	const char *line;

	configure(&config, "");
	assert_int_equal(serve_start(&serve, &config, &log), 0);
	assert_string_equal(reloaded(&serve, &config, &log, ""), "");
	for (size_t i = 0; i < PEN_COUNT(waiting); i++) {
		line = reloaded(&serve, &config, &log, waiting[i].text);
		assert_non_null(strstr(line, " warning reload key="));
		assert_non_null(strstr(line, waiting[i].name));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
	line = reloaded(&serve, &config, &log, "[log]\nlevel = info\nformat = json\n");
	assert_non_null(strstr(line, "\"what\":\"reload\""));
	assert_int_equal(log.level, PEN_LOG_INFO);
	assert_true(log.is_json);
	assert_string_equal(reloaded(&serve, &config, &log, ""), "");
	assert_int_equal(log.level, PEN_LOG_WARNING);
	serve_stop(&serve);
	config_done(&config);
}

static const struct pen_srvsvc *service(struct serve *serve, const struct daemon_program **programp)
{
	for (size_t i = 0; (*programp = daemon_program(i)); i++)
		if (!strcmp((*programp)->name, "srvsvc"))
			return (*programp)->call_data(serve->data[i]);
	return NULL;
}

/* From the store to a file and back; where that fails, shares are where they were. */
static void test_shares_move(void **state)
{
	const struct daemon_program *program;
	const struct pen_srvsvc *before;
	struct config config;
	struct serve serve;
	struct log log = { .level = PEN_LOG_WARNING };

	configure(&config, "");
	assert_int_equal(serve_start(&serve, &config, &log), 0);
	before = service(&serve, &program);
	assert_non_null(before);
	assert_string_equal(reloaded(&serve, &config, &log, "[shares]\nsmb_conf = /nowhere\n"), "");
	assert_string_equal(config.smb_conf, "/nowhere");
	assert_string_equal(reloaded(&serve, &config, &log, "[shares]\nsmb_conf = /other\n"), "");
	assert_string_equal(config.smb_conf, "/other");
	assert_ptr_equal(service(&serve, &program), before);
	config.store = "/proc/nowhere/store";
	assert_non_null(strstr(reloaded(&serve, &config, &log, ""), " error srvsvc "));
	assert_string_equal(config.smb_conf, "/other");
	config.store = store;
	assert_string_equal(reloaded(&serve, &config, &log, ""), "");
	assert_null(config.smb_conf);
	serve_stop(&serve);
	config_done(&config);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Its text may have changed where its name has not; what is wrong leaves all as it was. */
static void test_the_policy_is_read_again(void **state)
{
	struct config config;
	struct serve serve;
	struct log log = { .level = PEN_LOG_WARNING };
	char path[80], more[120];
	const char *line;

	snprintf(path, sizeof(path), "%s/policy", directory);
	snprintf(more, sizeof(more), "[policy]\nfile = %s\n", path);
	write_file(path, "deny interface=rpcecho\n");
	configure(&config, more);
	assert_int_equal(serve_start(&serve, &config, &log), 0);
	assert_string_equal(reloaded(&serve, &config, &log, more), "");
	write_file(path, "deny interface=rpceco\n");
	line = reloaded(&serve, &config, &log, more);
	assert_non_null(strstr(line, "there is no interface rpceco; did you mean rpcecho?"));
	assert_string_equal(config.limits.policy, path);
	line = reloaded(&serve, &config, &log, "[policy]\nfile = /nowhere/p\n");
	assert_non_null(strstr(line, "cannot read /nowhere/p: No such file"));
	assert_string_equal(config.limits.policy, path);
	assert_string_equal(reloaded(&serve, &config, &log, ""), "");
	assert_null(config.limits.policy);
	write_file(path, "default deny\n");
	assert_string_equal(reloaded(&serve, &config, &log, more), "");
	assert_string_equal(config.limits.policy, path);
	serve_stop(&serve);

	write_file(path, "default perhaps\n");
	{
		struct capture capture;

		capture_start(&capture);
		assert_int_equal(serve_start(&serve, &config, &log), PEN_E_SYNTAX);
		assert_non_null(strstr(capture_stop(&capture), "policy:1:9: "));
	}
	config_done(&config);
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(store, sizeof(store), "%s/store.db", directory);
	return 0;
}

static int remove_directory(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_temporary_shares),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_shares_move),
		cmocka_unit_test(test_the_policy_is_read_again),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
