/* SPDX-License-Identifier: MIT */
/*
 * Pipes of another program behind our directory, carried there by penstock-relay, a process: who
 * listens where when, and what becomes of connections when it dies.
 */
#include "daemon/child.h"
#include "daemon/relay-doors.h"
#include "io/loop.h"
#include "io/socket.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 20000, TRY_US = 1000, LOOK_MS = 20, N_PIPES = 8 };

static struct {
	struct pen_loop loop;
	struct relay_doors *doors;
	char directory[32], theirs[48], ours[48], program[300];
	struct pen_unix_socket pipes[N_PIPES]; /* of the other program */
	const char *served;		       /* by a program of ours; NULL: nothing */
	unsigned n_fds;
} stage;

static const struct log quiet = { .level = PEN_LOG_ERROR };

/* ---- the stage ---- */

static void turn(void)
{
	child_reap();
	assert_int_equal(pen_loop_dispatch(&stage.loop), 0);
}

static bool is_ours(void *data, const char *name)
{
	return stage.served && !strcmp(name, stage.served);
}

static int start_at(const char *directory)
{
	const struct relay_doors_config config = {
		.program = stage.program,
		.directory = directory,
		.np_dir = stage.ours,
		.look_ms = LOOK_MS,
		.loop = &stage.loop.uv,
		.log = &quiet,
		.is_ours = is_ours,
	};

	return relay_doors_new(&stage.doors, &config);
}

static int enter(void **state)
{
	const char *build = getenv("PEN_TEST_BUILD");

	assert_non_null(build);
	stage.n_fds = pen_count_fds();
	snprintf(stage.program, sizeof(stage.program), "%s/src/daemon/penstock-relay", build);
	strcpy(stage.directory, "/tmp/penstock-relay-XXXXXX");
	assert_non_null(mkdtemp(stage.directory));
	snprintf(stage.theirs, sizeof(stage.theirs), "%s/theirs", stage.directory);
	snprintf(stage.ours, sizeof(stage.ours), "%s/ours", stage.directory);
	assert_int_equal(pen_loop_init(&stage.loop), 0);
	for (size_t i = 0; i < N_PIPES; i++)
		stage.pipes[i].fd = -1;
	stage.served = NULL;
	return 0;
}

static int leave(void **state)
{
	for (size_t i = 0; i < N_PIPES; i++)
		pen_unix_close(&stage.pipes[i]);
	stage.doors = relay_doors_free(stage.doors);
	child_reap_forgotten(5000);
	pen_loop_done(&stage.loop);
	rmdir(stage.theirs);
	rmdir(stage.ours);
	assert_int_equal(rmdir(stage.directory), 0);
	assert_int_equal(pen_count_fds(), stage.n_fds);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void make_theirs(void)
{
	assert_int_equal(pen_directory_make(stage.theirs, 0700), 0);
}

static void serve(size_t n, const char *name)
{
	assert_int_equal(pen_unix_listen(&stage.pipes[n], stage.theirs, name, 0600, SOCK_STREAM),
			 0);
}

static bool is_there(const char *name)
{
	struct stat st;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", stage.ours, name);
	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

static void await_name(const char *name, bool is_wanted)
{
	for (int i = 0; i < TRIES && is_there(name) != is_wanted; i++) {
		turn();
		usleep(TRY_US);
	}
	assert_int_equal(is_there(name), is_wanted);
}

static struct relay_doors_stats stats(void)
{
	struct relay_doors_stats now;

	relay_doors_stats(stage.doors, &now);
	return now;
}

/* ---- smbd's side, and the other program's ---- */

static int come(const char *name)
{
	struct pen_address address;
	bool is_pending;
	int fd;

	assert_int_equal(pen_unix_address(&address, stage.ours, name), 0);
	fd = pen_socket_connect(&address, &is_pending);
	assert_true(fd >= 0);
	return fd;
}

static int accept_at(size_t n)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = pen_socket_accept(stage.pipes[n].fd, NULL);

		if (fd >= 0)
			return fd;
		turn();
		usleep(TRY_US);
	}
	fail_msg("nobody comes");
	return -1;
}

/* recv's result, when there is one. */
static ssize_t hear(int fd, char *text, size_t n)
{
	for (int i = 0; i < TRIES; i++) {
		ssize_t some = recv(fd, text, n, 0);

		if (some >= 0 || errno != EAGAIN)
			return some;
		turn();
		usleep(TRY_US);
	}
	fail_msg("nothing comes");
	return -1;
}

static void expect_line(int from, int to)
{
	char text[16];

	assert_int_equal(send(from, "hello", 5, MSG_NOSIGNAL), 5);
	assert_int_equal(hear(to, text, sizeof(text)), 5);
	assert_memory_equal(text, "hello", 5);
}

static void expect_end(int fd)
{
	char byte;

	assert_true(hear(fd, &byte, 1) <= 0);
	close(fd);
}

/* A connection there and back again. */
static void expect_served(const char *name, size_t n)
{
	int near = come(name), far = accept_at(n);

	expect_line(near, far);
	expect_line(far, near);
	close(near);
	expect_end(far);
}

/* ---- which names ---- */

static void test_pipes_that_are_not_ours(void **state)
{
	make_theirs();
	stage.served = "srvsvc";
	serve(0, "srvsvc");
	serve(1, "samr");
	serve(2, "a\\b");
	serve(3, "Capital");
	assert_int_equal(start_at(stage.theirs), 0);
	assert_false(is_there("srvsvc"));
	assert_false(is_there("capital"));
	assert_int_equal(relay_doors_count(stage.doors), 2);
	assert_int_equal(stats().relay, 0);
	expect_served("samr", 1);
	expect_served("a\\b", 2);
	assert_int_equal(stats().carried, 2);
	assert_int_not_equal(stats().relay, 0);
	assert_non_null(relay_doors_name(stage.doors, 1));
	assert_null(relay_doors_name(stage.doors, 2));
}

static void test_who_comes_later_and_goes(void **state)
{
	assert_int_equal(start_at(stage.theirs), 0);
	assert_int_equal(relay_doors_count(stage.doors), 0);
	make_theirs();
	serve(0, "samr");
	await_name("samr", true);
	serve(1, "lsarpc");
	await_name("lsarpc", true);
	expect_served("samr", 0);
	pen_unix_close(&stage.pipes[0]);
	await_name("samr", false);
	expect_served("lsarpc", 1);
	serve(0, "samr");
	await_name("samr", true);
	expect_served("samr", 0);
}

/* Another directory of the same name: who was served by the first one stays. */
static void test_the_directory_is_made_anew(void **state)
{
	int near, far;

	make_theirs();
	serve(0, "samr");
	assert_int_equal(start_at(stage.theirs), 0);
	near = come("samr");
	far = accept_at(0);
	pen_unix_close(&stage.pipes[0]);
	assert_int_equal(rmdir(stage.theirs), 0);
	await_name("samr", false);
	make_theirs();
	serve(0, "samr");
	await_name("samr", true);
	expect_served("samr", 0);
	expect_line(near, far);
	close(near);
	expect_end(far);
}

static void test_names_change_hands(void **state)
{
	struct pen_unix_socket other;

	make_theirs();
	serve(0, "samr");
	serve(1, "lsarpc");
	assert_int_equal(pen_directory_make(stage.ours, 0700), 0);
	assert_int_equal(pen_unix_listen(&other, stage.ours, "lsarpc", 0600, SOCK_STREAM), 0);
	assert_int_equal(start_at(stage.theirs), 0);
	assert_int_equal(relay_doors_count(stage.doors), 1);

	/* A program of ours begins to serve it, and ends. */
	stage.served = "samr";
	relay_doors_yield(stage.doors, "samr");
	assert_false(is_there("samr"));
	relay_doors_look(stage.doors);
	assert_false(is_there("samr"));
	stage.served = NULL;
	relay_doors_look(stage.doors);
	expect_served("samr", 0);

	/* Somebody else had it. */
	pen_unix_close(&other);
	await_name("lsarpc", true);
	expect_served("lsarpc", 1);
}

static void test_directories_that_will_not_do(void **state)
{
	make_theirs();
	assert_int_equal(pen_directory_make(stage.ours, 0700), 0);
	serve(0, "samr");
	assert_int_equal(start_at(stage.ours), -EINVAL);
	assert_int_equal(chmod(stage.theirs, 0722), 0);
	assert_int_equal(start_at(stage.theirs), 0);
	assert_int_equal(relay_doors_count(stage.doors), 0);
	assert_int_equal(chmod(stage.theirs, 0700), 0);
	relay_doors_look(stage.doors);
	expect_served("samr", 0);
}

/* ---- ends ---- */

static void test_nobody_is_there_any_more(void **state)
{
	char path[128];

	make_theirs();
	serve(0, "samr");
	assert_int_equal(start_at(stage.theirs), 0);
	/* A process that died leaves its socket. */
	close(stage.pipes[0].fd);
	stage.pipes[0].fd = -1;
	expect_end(come("samr"));
	expect_end(come("samr"));
	snprintf(path, sizeof(path), "%s/samr", stage.theirs);
	unlink(path);
	serve(0, "samr");
	expect_served("samr", 0);
	assert_int_equal(stats().crashed, 0);
}

static void await_crashes(uint64_t n)
{
	for (int i = 0; i < TRIES && stats().crashed != n; i++) {
		turn();
		usleep(TRY_US);
	}
	assert_int_equal(stats().crashed, n);
}

static void test_the_relay_dies(void **state)
{
	make_theirs();
	serve(0, "samr");
	assert_int_equal(start_at(stage.theirs), 0);
	for (unsigned i = 1; i <= 3; i++) {
		int near = come("samr"), far = accept_at(0);

		expect_line(near, far);
		kill(stats().relay, SIGKILL);
		expect_end(near);
		expect_end(far);
		await_crashes(i);
		/* Who comes meanwhile waits. */
		expect_served("samr", 0);
	}
}

static void test_what_goes_on_when_no_more_come(void **state)
{
	int near, far;

	make_theirs();
	serve(0, "samr");
	assert_int_equal(start_at(stage.theirs), 0);
	near = come("samr");
	far = accept_at(0);
	relay_doors_stop(stage.doors);
	assert_false(is_there("samr"));
	expect_line(near, far);
	expect_line(far, near);
	close(near);
	expect_end(far);
	relay_doors_look(stage.doors);
	assert_int_equal(relay_doors_count(stage.doors), 0);
}

static void test_a_relay_that_does_not_start(void **state)
{
	make_theirs();
	serve(0, "samr");
	strcpy(stage.program, "/nonexistent/penstock-relay");
	assert_int_equal(start_at(stage.theirs), 0);
	expect_end(come("samr"));
	await_crashes(1);
}

/* ---- one that is confined ---- */

/* What the process says of itself. */
static void expect_status(pid_t pid, const char *line)
{
	char path[64], text[256];
	bool is_there = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(text, sizeof(text), file))
		is_there |= !strncmp(text, line, strlen(line));
	fclose(file);
	if (!is_there)
		fail_msg("no line %s", line);
}

static void test_the_relay_is_confined(void **state)
{
	char path[64], root[128] = "";

	make_theirs();
	serve(0, "samr");
	assert_int_equal(start_at(stage.theirs), 0);
	expect_served("samr", 0);
	expect_status(stats().relay, "CapEff:\t0000000000000000\n");
	expect_status(stats().relay, "CapBnd:\t0000000000000000\n");
	expect_status(stats().relay, "NoNewPrivs:\t1\n");
	expect_status(stats().relay, "Seccomp:\t2\n");
	if (geteuid())
		return;
	snprintf(path, sizeof(path), "/proc/%d/root", stats().relay);
	assert_true(readlink(path, root, sizeof(root) - 1) > 0);
	assert_string_equal(root, stage.theirs);
}

#define DOORS_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* What libuv opens once stays open. */
static int warm_up(void **state)
{
	struct pen_loop loop;

	assert_int_equal(pen_loop_init(&loop), 0);
	pen_loop_done(&loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOORS_TEST(test_pipes_that_are_not_ours),
		DOORS_TEST(test_who_comes_later_and_goes),
		DOORS_TEST(test_the_directory_is_made_anew),
		DOORS_TEST(test_names_change_hands),
		DOORS_TEST(test_directories_that_will_not_do),
		DOORS_TEST(test_nobody_is_there_any_more),
		DOORS_TEST(test_the_relay_dies),
		DOORS_TEST(test_what_goes_on_when_no_more_come),
		DOORS_TEST(test_a_relay_that_does_not_start),
		DOORS_TEST(test_the_relay_is_confined),
	};

	return cmocka_run_group_tests(tests, warm_up, NULL);
}
