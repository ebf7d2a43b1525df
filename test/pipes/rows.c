/* SPDX-License-Identifier: MIT */
/*
 * The rows of docs/pipes.md, each by a test of its name.
 *
 *	rows one|two		processes
 */
#include "pipes/world.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *filter = argc > 2 ? argv[2] : NULL;
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: rows one|two [TEST]\n");
		return 2;
	}
	world_is_two = strcmp(argv[1], "two") == 0;
	if (filter)
		cmocka_set_test_filter(filter);
	failed += _cmocka_run_group_tests("create", rows_create, n_rows_create, world_begin,
					  world_end);
	failed += _cmocka_run_group_tests("life", rows_life, n_rows_life, world_begin, world_end);
	failed += _cmocka_run_group_tests("data", rows_data, n_rows_data, world_begin, world_end);
	failed +=
		_cmocka_run_group_tests("state", rows_state, n_rows_state, world_begin, world_end);
	return failed != 0;
}
