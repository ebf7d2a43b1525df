/* SPDX-License-Identifier: MIT */
/* The supervisor: what becomes of processes that die, and of those who called them. */
#include "door/test-supervisor.h"
#include <dirent.h>

static void test_who_dies_takes_nobody_along(void **state)
{
	static const struct counter_Die_in in;
	struct counter_Die_out out;
	struct fixture *f = start("60", "0");
	struct caller callers[N_WORKERS];
	struct pen_context_handle counters[N_WORKERS];
	int32_t total;
	pid_t pid;

	for (int i = 0; i < N_WORKERS; i++) {
		callers[i] = connect_to(f, "ncalrpc:[counter]", 0);
		counters[i] = open_counter(&callers[i], i);
	}
	pid = pid_of(&callers[2]);
	assert_int_equal(counter_Die(callers[2].call, &in, &out), PEN_E_CLOSED);
	for (int i = 0; i < N_WORKERS; i++)
		if (i != 2) {
			assert_int_equal(add(&callers[i], counters[i], 1, &total), 0);
			assert_int_equal(total, i + 1);
		}
	assert_int_not_equal(pid_of(&callers[2]), pid);
	assert_int_equal(add(&callers[2], counters[2], 1, &total), PEN_E_FAULT);
	for (int i = 0; i < N_WORKERS; i++)
		leave(&callers[i]);
	await_crashes(f, 1);
	stop(f);
}

static void make_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* More often than visitors are tried elsewhere, and no crash. */
static void test_who_could_not_start_yet(void **state)
{
	char away[] = "/tmp/penstock-away-XXXXXX";
	struct fixture *f;
	struct caller caller;

	make_file(away, "123456");
	/* A confined one cannot count down. */
	if (!is_confined)
		setenv("COUNTER_AWAY", away, 1);
	f = start("60", "0");
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	assert_int_equal(stats_of(f).started, is_confined ? 1 : 7);
	assert_int_equal(stats_of(f).crashed, 0);
	leave(&caller);
	stop(f);
	unsetenv("COUNTER_AWAY");
	unlink(away);
}

static void call_and_kill(const struct fixture *f)
{
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);

	bind_to_another(&caller);
	kill(pid_of(&caller), SIGKILL);
	leave(&caller);
}

/* Who calls next waits for a while, and is not refused. */
static void test_one_that_fails_after_many_were_killed(void **state)
{
	char fails[] = "/tmp/penstock-fails-XXXXXX";
	struct fixture *f;
	struct caller caller;

	make_file(fails, "");
	/* A confined one cannot count down. */
	if (!is_confined)
		setenv("COUNTER_FAILS", fails, 1);
	f = start("60", "0");
	for (int i = 0; i < 6; i++)
		call_and_kill(f);
	await_crashes(f, 6);
	assert_int_equal(truncate(fails, 1), 0);
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	assert_int_equal(stats_of(f).crashed, is_confined ? 6 : 7);
	leave(&caller);
	stop(f);
	unsetenv("COUNTER_FAILS");
	unlink(fails);
}

static void test_killed_again_and_again(void **state)
{
	struct fixture *f = start("60", "0");

	for (int i = 0; i < 8; i++)
		call_and_kill(f);
	await_workers(f, 0);
	await_crashes(f, 8);
	stop(f);
}

/* Among the children of one of our threads. */
static pid_t greeter_among(const char *thread)
{
	char path[300], name[32] = "";
	FILE *children;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%s/children", thread);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "re");
		if (comm && !fgets(name, sizeof(name), comm))
			*name = '\0';
		if (comm)
			fclose(comm);
		if (!strncmp(name, "penstock-greet", 14))
			break;
		pid = 0;
	}
	if (children)
		fclose(children);
	return pid;
}

static pid_t greeter_of(void)
{
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *thread;
	pid_t pid = 0;

	assert_non_null(threads);
	while (!pid && (thread = readdir(threads)))
		if (*thread->d_name != '.')
			pid = greeter_among(thread->d_name);
	closedir(threads);
	return pid;
}

static void test_another_greeter(void **state)
{
	struct fixture *f = start("60", "0");
	struct caller before = connect_to(f, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&before);

	for (int i = 0; i < 5; i++) {
		pid_t greeter = 0;
		struct caller after;

		for (int k = 0; k < TRIES && !(greeter = greeter_of()); k++)
			usleep(TRY_US);
		assert_true(greeter > 0);
		assert_int_equal(kill(greeter, SIGKILL), 0);
		while (!kill(greeter, 0) && greeter_of() == greeter)
			usleep(TRY_US);
		/* Whoever comes meanwhile waits, or may come again. */
		after = connect_to(f, "ncalrpc:[counter]", 0);
		bind_to_another(&after);
		pid_of(&after);
		leave(&after);
		assert_int_equal(pid_of(&before), pid);
	}
	leave(&before);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_dies_takes_nobody_along),
		cmocka_unit_test(test_who_could_not_start_yet),
		cmocka_unit_test(test_killed_again_and_again),
		cmocka_unit_test(test_one_that_fails_after_many_were_killed),
		cmocka_unit_test(test_another_greeter),
	};

	return run_all(tests, PEN_COUNT(tests));
}
