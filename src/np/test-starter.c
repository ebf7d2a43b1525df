/* SPDX-License-Identifier: MIT */
#include "np/starter.h"
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

/* What is given is the only one, and whoever is there is believed. */
static void test_given(void **state)
{
	struct pen_place places[PEN_PLACES_MAX];
	char name[PEN_PLACE_SIZE + 2] = "/";
	unsigned n = 0;

	assert_int_equal(pen_starter_places("/given", places, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(places[0].directory, "/given");
	assert_true(places[0].is_given && places[0].may_start && !places[0].refusal);

	memset(name + 1, 'x', PEN_PLACE_SIZE - 1);
	assert_int_equal(pen_starter_places(name, places, &n), -ENAMETOOLONG);
	name[PEN_PLACE_SIZE - 1] = '\0';
	assert_int_equal(pen_starter_places(name, places, &n), 0);
}

/* Root has the system's alone. */
static void test_root(void **state)
{
	struct pen_place places[PEN_PLACES_MAX];
	unsigned n = 0;

	if (geteuid())
		skip();
	unsetenv("PENSTOCK_OBJECTS_DIR");
	assert_int_equal(pen_starter_places(NULL, places, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(places[0].directory, "/run/penstock");
	assert_true(!places[0].is_given && places[0].may_start && !places[0].refusal);
}

static bool find(struct pen_place places[PEN_PLACES_MAX])
{
	unsigned n = 0;

	return !pen_starter_places(NULL, places, &n) && n == 2 && !places[0].is_given &&
	       !places[0].may_start && !places[0].refusal &&
	       !strcmp(places[0].directory, "/run/penstock") && !places[1].is_given;
}

/* Numbered by where it fails. */
static int run_as_user(const char *temporary)
{
	struct pen_place places[PEN_PLACES_MAX];
	char name[2 * PEN_PLACE_SIZE] = "/";

	unsetenv("PENSTOCK_OBJECTS_DIR");
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	if (!find(places) || places[1].refusal || !places[1].may_start ||
	    strcmp(places[1].directory, "/run/user/7/penstock") != 0)
		return 1;
	memset(name + 1, 'x', PEN_PLACE_SIZE);
	setenv("XDG_RUNTIME_DIR", name, 1);
	if (!find(places) || places[1].refusal != -ENAMETOOLONG)
		return 2;
	setenv("XDG_RUNTIME_DIR", "", 1);
	if (!find(places) || places[1].refusal || strcmp(places[1].directory, temporary) != 0)
		return 3;
	/* What others may write to keeps nobody from the system's. */
	if (mkdir(temporary, 0777) || chmod(temporary, 0777))
		return 4;
	return find(places) && places[1].refusal == -EPERM ? 0 : 5;
}

/* Others have the system's, and then their own, if it is that. */
static void test_user(void **state)
{
	uid_t uid = 0x71000000u + (uid_t)getpid();
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
		_exit(seteuid(uid) ? 99 : run_as_user(temporary));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(temporary);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
