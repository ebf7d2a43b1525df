/* SPDX-License-Identifier: MIT */
/* penstock-porter: the command line, and what the process is. */
#include "daemon/child-main.h"
#include "daemon/porter.h"
#include <penstock/base.h>
#include <stdio.h>
#include <unistd.h>

static const char name[] = "penstock-porter";

static const char help[] =
	"Usage: penstock-porter [OPTION]... DIRECTORY\n"
	"Holds instances of named pipes for penstockd, which starts it with a socket for\n"
	"descriptor 3. The object manager's socket is in DIRECTORY. It ends when penstockd does.\n"
	"\n"
	"      --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line or descriptor 3 is wrong.\n";

static const struct option long_options[] = {
	PEN_OPTIONS_END,
};

static const struct pen_command_line command_line = {
	.program = name,
	.help = help,
	.options = long_options,
	.n_words = 1,
};

int main(int argc, char **argv)
{
	/* No other program any more, the object manager's not either. */
	static const struct confinement confinement = { .is_porter = true };
	struct porter_config config = { .fd = CHILD_MAIN_SOCKET };
	struct porter *porter = NULL;
	int end = child_main_begin(&command_line, NULL, argc, argv);
	int r;

	if (end >= 0)
		return end;
	config.objects = argv[optind];
	r = porter_new(&porter, &config);
	if (!r && child_main_confine(name, &confinement))
		_exit(CHILD_MAIN_FAILED);
	if (!r)
		r = porter_run(porter);
	porter_free(porter);
	child_main_end(name, r);
}
