/* SPDX-License-Identifier: MIT */
#include "support/fds.h"
#include "io/foul.h"
#include "support/unit.h"
#include <dirent.h>
#include <unistd.h>

unsigned pen_count_fds(void)
{
	DIR *directory;
	unsigned n = 0;

	while (pen_foul_count(geteuid()))
		usleep(1000);
	directory = opendir("/proc/self/fd");
	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}
