/* SPDX-License-Identifier: MIT */
#include "io/directory.h"
#include "support/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect(const char *given, const char *path)
{
	char *directory = NULL;

	assert_int_equal(pen_objects_directory(&directory, given), 0);
	assert_string_equal(directory, path);
	free(directory);
}

/* What is said goes before the environment, and that before the usual places. */
static void test_what_is_said(void **state)
{
	setenv("PENSTOCK_OBJECTS_DIR", "/somewhere", 1);
	expect("/given", "/given");
	expect(NULL, "/somewhere");
	unsetenv("PENSTOCK_OBJECTS_DIR");
	if (!geteuid()) {
		expect(NULL, "/run/penstock");
		return;
	}
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	expect(NULL, "/run/user/1/penstock");
}

/* Runs it as a user of its own, whose directory in /tmp nobody else has to do with. */
static void as_somebody(int (*run)(const char *temporary))
{
	uid_t uid = 0x70000000u + (uid_t)getpid();
	char temporary[64];
	int status;
	pid_t pid;

	if (geteuid())
		skip();
	snprintf(temporary, sizeof(temporary), "/tmp/penstock-%u", (unsigned)uid);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(seteuid(uid) ? 99 : run(temporary));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(temporary);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int find(const char *runtime, bool may_be_missing, char **directoryp)
{
	if (runtime)
		setenv("XDG_RUNTIME_DIR", runtime, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	return pen_directory_users(directoryp, may_be_missing);
}

/* Each numbered by where it fails. */
static int run_without_runtime(const char *temporary)
{
	static const char *const nothing[] = { NULL, "", "relative" };
	char *directory;

	for (int i = 0; i < 3; i++) {
		if (find(nothing[i], true, &directory) || strcmp(directory, temporary) != 0)
			return 1 + i;
		free(directory);
		if (find(nothing[i], false, &directory) != -ENOENT)
			return 11 + i;
	}
	if (mkdir(temporary, 0700) || find(NULL, false, &directory))
		return 20;
	free(directory);
	return 0;
}

/* Where no directory is said, or none that means anything, it is the one in /tmp. */
static void test_in_tmp(void **state)
{
	as_somebody(run_without_runtime);
}

static int run_foreign(const char *temporary)
{
	char *directory = NULL;

	if (mkdir(temporary, 0755) || find("", true, &directory) != -EPERM)
		return 1;
	if (chmod(temporary, 0700) || find("", true, &directory))
		return 2;
	free(directory);
	if (seteuid(0) || chown(temporary, 1, 1) ||
	    seteuid((uid_t)strtoul(strrchr(temporary, '-') + 1, NULL, 10)))
		return 3;
	return find("", true, &directory) == -EPERM ? 0 : 4;
}

/* In /tmp it may be somebody else's, or open to others. */
static void test_foreign(void **state)
{
	as_somebody(run_foreign);
}

static int run_link(const char *temporary)
{
	char *directory = NULL;
	int r = symlink("/", temporary) ? 1 : find(NULL, true, &directory) == -EPERM ? 0 : 2;

	unlink(temporary);
	return r;
}

static void test_link(void **state)
{
	as_somebody(run_link);
}

static int run_below(const char *temporary)
{
	const struct pen_directory place = { .variable = "PENSTOCK_TEST_DIR", .below = "below" };
	char *directory, expected[96];

	snprintf(expected, sizeof(expected), "%s/below", temporary);
	unsetenv("XDG_RUNTIME_DIR");
	if (pen_directory_find(&directory, &place) != -ENOENT)
		return 1;
	if (mkdir(temporary, 0700) || pen_directory_find(&directory, &place) ||
	    strcmp(directory, expected) != 0)
		return 2;
	free(directory);
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	if (pen_directory_find(&directory, &place) ||
	    strcmp(directory, "/run/user/1/penstock/below") != 0)
		return 3;
	free(directory);
	return 0;
}

static void test_below(void **state)
{
	as_somebody(run_below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said), cmocka_unit_test(test_in_tmp),
		cmocka_unit_test(test_foreign),	     cmocka_unit_test(test_link),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
