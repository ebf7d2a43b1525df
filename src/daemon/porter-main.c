/* SPDX-License-Identifier: MIT */
/* penstock-porter: the command line, and what the process is. */
#include "daemon/child-main.h"
#include "daemon/porter.h"
#include "io/option.h"
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
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static int take_option(int val, char **argv)
{
	switch (val) {
	case 'h':
		fputs(help, stdout);
		return CHILD_MAIN_OK;
	case 'V':
		puts("penstock-porter " PEN_VERSION);
		return CHILD_MAIN_OK;
	default:
		pen_option_complain(name, long_options, val == ':', argv[optind - 1]);
		return CHILD_MAIN_USAGE;
	}
}

/* -1: go on. */
static int parse(int argc, char **argv)
{
	int end = -1;
	int val;

	opterr = 0;
	while (end < 0 && (val = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
		end = take_option(val, argv);
	return end < 0 ? child_main_words(name, argc, argv, true) : end;
}

int main(int argc, char **argv)
{
	/* No other program any more, the object manager's not either. */
	static const struct confinement confinement = { .is_porter = true };
	struct porter_config config = { .fd = CHILD_MAIN_SOCKET };
	struct porter *porter = NULL;
	int end = parse(argc, argv);
	int r;

	if (end < 0)
		end = child_main_begin(name);
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
