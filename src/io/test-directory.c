/* SPDX-License-Identifier: MIT */
#include "io/directory.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* In /tmp it may be somebody else's. */
static void test_in_tmp(void **state)
{
	const struct pen_directory directory = { .variable = "PENSTOCK_TEST_DIR",
						 .below = "below",
						 .may_be_missing = true };
	char parent[64], path[80], *found = NULL;
	struct stat info;
	int r;

	unsetenv("XDG_RUNTIME_DIR");
	snprintf(parent, sizeof(parent), "/tmp/penstock-%u", (unsigned)geteuid());
	snprintf(path, sizeof(path), "%s/below", parent);
	r = pen_directory_find(&found, &directory);
	if (lstat(parent, &info) || (info.st_uid == geteuid() && !(info.st_mode & 077))) {
		assert_int_equal(r, 0);
		assert_string_equal(found, path);
		free(found);
	} else {
		assert_int_equal(r, -EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_in_tmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
