/* SPDX-License-Identifier: MIT */
#include "daemon/place.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_of(void **state)
{
	static const struct {
		const char *path, *folder;
	} rows[] = {
		{ "/var/lib/penstock/shares.db", "/var/lib/penstock" },
		{ "state/shares.db", "state" },
		{ "/shares.db", "/" },
		{ "/state/", "/state" },
		{ "shares.db", "" },
		{ "", "" },
	};
	char folder[PATH_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(folder, 'x', sizeof(folder));
		assert_int_equal(daemon_place_of(rows[i].path, folder), strlen(rows[i].folder));
		assert_string_equal(folder, rows[i].folder);
	}
}

static void test_of_a_long_path(void **state)
{
	char path[PATH_MAX + 3], folder[PATH_MAX];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX + 1] = '\0';
	assert_int_equal(daemon_place_of(path, folder), PATH_MAX - 1);
	path[PATH_MAX - 1] = 'x';
	path[PATH_MAX] = '/';
	assert_int_equal(daemon_place_of(path, folder), 0);
	assert_string_equal(folder, "");
}

static void test_made(void **state)
{
	char directory[] = "/tmp/penstock-place-XXXXXX", path[64], error[256] = "";
	struct stat folder;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/state/shares.db", directory);
	for (int i = 0; i < 2; i++)
		assert_int_equal(daemon_place_for(path, error), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &folder), 0);
	assert_int_equal(folder.st_mode & 07777, 0700);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(directory), 0);
	/* These need none. */
	assert_int_equal(daemon_place_for("shares.db", error), 0);
	assert_int_equal(daemon_place_for("/shares.db", error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_of_a_long_path),
		cmocka_unit_test(test_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
