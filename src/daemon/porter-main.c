/* SPDX-License-Identifier: MIT */
/* penstock-porter: the command line, and what the process is. */
#include "daemon/confine.h"
#include "daemon/porter.h"
#include "io/option.h"
#include <penstock/base.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OK, FAILED, USAGE };
enum { PENSTOCKD = 3 };

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
		return OK;
	case 'V':
		puts("penstock-porter " PEN_VERSION);
		return OK;
	default:
		pen_option_complain("penstock-porter", long_options, val == ':', argv[optind - 1]);
		return USAGE;
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
	if (end >= 0)
		return end;
	if (optind == argc) {
		fprintf(stderr, "penstock-porter: which directory?\n");
		return USAGE;
	}
	if (optind + 1 < argc) {
		pen_option_complain_of_word("penstock-porter", argv[optind + 1]);
		return USAGE;
	}
	return -1;
}

/* -1: go on. */
static int check_socket(void)
{
	socklen_t n = sizeof(int);
	int type = 0;

	if (!getsockopt(PENSTOCKD, SOL_SOCKET, SO_TYPE, &type, &n) && type == SOCK_SEQPACKET)
		return -1;
	fprintf(stderr, "penstock-porter: descriptor 3 is no socket of penstockd, which starts "
			"this program.\n");
	return USAGE;
}

/* No other program any more, the object manager's not either. */
static int confine(void)
{
	const struct confinement confinement = { .is_porter = true };
	char missing[128], error[256] = "";
	int r = confine_self(&confinement, missing, error);

	if (r)
		fprintf(stderr, "penstock-porter: %s\n", error);
	else if (*missing)
		fprintf(stderr, "penstock-porter: this kernel has no %s\n", missing);
	return r;
}

int main(int argc, char **argv)
{
	struct porter_config config = { .fd = PENSTOCKD };
	struct porter *porter = NULL;
	int end = parse(argc, argv);
	int r;

	if (end < 0)
		end = check_socket();
	if (end >= 0)
		return end;
	config.objects = argv[optind];
	/* From a terminal they are penstockd's, and this ends after that. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	r = porter_new(&porter, &config);
	if (!r && confine())
		_exit(FAILED);
	if (!r)
		r = porter_run(porter);
	porter_free(porter);
	if (r)
		fprintf(stderr, "penstock-porter: %s\n",
			r < 0 ? strerror(-r) : "what came from penstockd is no order.");
	/* What else runs at a program's end may want more than it has. */
	_exit(r ? FAILED : OK);
}
