/* SPDX-License-Identifier: MIT */
/* penstock-greeter: the command line, and what the process is. */
#include "daemon/child-main.h"
#include "daemon/greeter.h"
#include "io/option.h"
#include <penstock/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FDS_KEPT = 32 /* for all but connections */ };

static const char name[] = "penstock-greeter";

static const char help[] =
	"Usage: penstock-greeter [OPTION]...\n"
	"Reads what connections say first, for penstockd, which starts it with a socket for\n"
	"descriptor 3. It ends when that does.\n"
	"\n"
	"      --bind-ms N      how long a client may take to bind (30000)\n"
	"      --npa-ms N       how long smbd may take to say who its client is (5000)\n"
	"      --connections N  how many there may be at a time (10000)\n"
	"      --help           print this\n"
	"      --version        print the version\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line or descriptor 3 is wrong.\n";

static const struct option long_options[] = {
	{ "bind-ms", required_argument, NULL, 'b' },	 { "npa-ms", required_argument, NULL, 'n' },
	{ "connections", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },		 { 0 },
};

static int take_option(struct greeter_config *config, int val, char **argv)
{
	switch (val) {
	case 'b':
		return child_main_number(&config->bind_ms, name, "bind-ms", optarg, 3600000);
	case 'n':
		return child_main_number(&config->npa_ms, name, "npa-ms", optarg, 3600000);
	case 'c':
		return child_main_number(&config->connections_max, name, "connections", optarg,
					 1000000);
	case 'h':
		fputs(help, stdout);
		return CHILD_MAIN_OK;
	case 'V':
		puts("penstock-greeter " PEN_VERSION);
		return CHILD_MAIN_OK;
	default:
		pen_option_complain(name, long_options, val == ':', argv[optind - 1]);
		return CHILD_MAIN_USAGE;
	}
}

/* -1: go on. */
static int parse(struct greeter_config *config, int argc, char **argv)
{
	int end = -1;
	int val;

	opterr = 0;
	while (end < 0 && (val = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
		end = take_option(config, val, argv);
	return end < 0 ? child_main_words(name, argc, argv, false) : end;
}

int main(int argc, char **argv)
{
	static const struct confinement confinement = { .is_parser = true };
	struct greeter_config config = { .fd = CHILD_MAIN_SOCKET, .connections_max = 10000 };
	struct greeter *greeter = NULL;
	int end = parse(&config, argc, argv);
	uint32_t room;
	int r;

	if (end < 0)
		end = child_main_begin(name);
	if (end >= 0)
		return end;
	/* No more connections than there may be descriptors: one that cannot be taken is lost. */
	room = child_main_room(FDS_KEPT);
	if (room < config.connections_max)
		config.connections_max = room;
	r = greeter_new(&greeter, &config);
	if (!r && child_main_confine(name, &confinement))
		_exit(CHILD_MAIN_FAILED);
	if (!r)
		r = greeter_run(greeter);
	greeter_free(greeter);
	child_main_end(name, r);
}
