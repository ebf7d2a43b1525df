/* SPDX-License-Identifier: MIT */
/* penstock-authd as penstockd has it: it dies, and is there again. */
#include "daemon/keeper.h"
#include "io/loop.h"
#include "runtime/authority.h"
#include "support/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct log to_stderr = { .level = PEN_LOG_ERROR };
static char directory[] = "/tmp/penstock-keeper-XXXXXX";
static char program[4096];

static struct {
	struct pen_loop loop;
	uv_signal_t reaper;
	struct keeper *keeper;
	unsigned n_changes;
} stage;

static void on_child(uv_signal_t *handle, int number)
{
	child_reap();
}

static void on_changed(void *data)
{
	stage.n_changes++;
}

static int keep(const char *path)
{
	const struct keeper_config config = {
		.program = path,
		.loop = &stage.loop.uv,
		.log = &to_stderr,
		.changed = on_changed,
	};

	return keeper_new(&stage.keeper, &config);
}

static void run_until(bool (*is_so)(void))
{
	while (!is_so())
		uv_run(&stage.loop.uv, UV_RUN_ONCE);
}

static bool is_dead(void)
{
	return !keeper_pid(stage.keeper);
}

static bool has_changed(void)
{
	return stage.n_changes;
}

/* Whether somebody answers there, while the loop does not run. */
static void expect_authority(int socket)
{
	struct pen_authority *authority;

	assert_int_equal(pen_authority_new(&authority, socket, 0), 0);
	pen_authority_free(authority);
}

static int set_up(void **state)
{
	stage.keeper = NULL;
	stage.n_changes = 0;
	assert_int_equal(pen_loop_init(&stage.loop), 0);
	uv_signal_init(&stage.loop.uv, &stage.reaper);
	return uv_signal_start(&stage.reaper, on_child, SIGCHLD);
}

static int tear_down(void **state)
{
	keeper_free(stage.keeper);
	uv_close((uv_handle_t *)&stage.reaper, NULL);
	pen_loop_done(&stage.loop);
	child_reap_forgotten(1000);
	return 0;
}

/* ---- */

static void test_it_is_there(void **state)
{
	uint64_t run = 0;
	int socket = -1;

	if (!*program)
		skip();
	assert_int_equal(keep(program), 0);
	assert_int_equal(keeper_await(stage.keeper, 20000), 0);
	assert_int_equal(
		keeper_connect(stage.keeper, &(struct keeper_client){ "one" }, &socket, &run), 0);
	assert_int_equal(run, keeper_run(stage.keeper));
	expect_authority(socket);
}

static void test_it_is_there_again(void **state)
{
	uint64_t first = 0, run = 0;
	int socket = -1;
	pid_t pid;

	if (!*program)
		skip();
	assert_int_equal(keep(program), 0);
	assert_int_equal(keeper_await(stage.keeper, 20000), 0);
	assert_int_equal(
		keeper_connect(stage.keeper, &(struct keeper_client){ "one" }, &socket, &first), 0);
	close(socket);
	for (unsigned i = 0; i < 3; i++) {
		pid = keeper_pid(stage.keeper);
		kill(pid, SIGKILL);
		run_until(is_dead);
		/* Who comes meanwhile is heard by the next one. */
		assert_int_equal(keeper_connect(stage.keeper, &(struct keeper_client){ "two" },
						&socket, &run),
				 0);
		assert_int_equal(run, first + i + 1);
		stage.n_changes = 0;
		run_until(has_changed);
		assert_int_equal(run, keeper_run(stage.keeper));
		assert_int_not_equal(keeper_pid(stage.keeper), pid);
		expect_authority(socket);
	}
}

/* Its death is not known yet. */
static void test_nobody_has_noticed(void **state)
{
	uint64_t run = 0;
	int socket = -1;
	siginfo_t info;
	pid_t pid;

	if (!*program)
		skip();
	assert_int_equal(keep(program), 0);
	assert_int_equal(keeper_await(stage.keeper, 20000), 0);
	pid = keeper_pid(stage.keeper);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(
		keeper_connect(stage.keeper, &(struct keeper_client){ "one" }, &socket, &run), 0);
	run_until(has_changed);
	assert_int_equal(run, keeper_run(stage.keeper));
	expect_authority(socket);
}

static void test_it_cannot_be(void **state)
{
	assert_int_equal(keep("/bin/false"), 0);
	assert_int_equal(keeper_await(stage.keeper, 20000), PEN_E_CLOSED);
}

static void test_it_takes_too_long(void **state)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/sleeps", directory);
	file = fopen(path, "w");
	fputs("#!/bin/sh\nexec sleep 600\n", file);
	fclose(file);
	chmod(path, 0755);
	assert_int_equal(keep(path), 0);
	assert_int_equal(keeper_await(stage.keeper, 50), PEN_E_TIMEOUT);
}

static int begin(void **state)
{
	const char *build = getenv("PEN_TEST_BUILD");
	char conf[200];
	FILE *file;

	assert_non_null(mkdtemp(directory));
	snprintf(conf, sizeof(conf), "%s/conf", directory);
	file = fopen(conf, "w");
	fprintf(file, "[server]\nname = HERE\n[store]\naccounts = %s/of/acc.db\n", directory);
	fclose(file);
	setenv("PENSTOCKD_CONFIG", conf, 1);
	setenv("KRB5_KTNAME", "FILE:/nowhere/keytab", 1);
	if (build)
		snprintf(program, sizeof(program), "%s/src/daemon/penstock-authd", build);
	return 0;
}

static int end(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_there),	       TEST(test_it_is_there_again),
		TEST(test_nobody_has_noticed), TEST(test_it_cannot_be),
		TEST(test_it_takes_too_long),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
