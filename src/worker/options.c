/* SPDX-License-Identifier: MIT */
#include "worker/options.h"
#include "io/option.h"
#include <stdio.h>
#include <string.h>

static const char help[] =
	"Usage: %s --list-interfaces [--json]\n"
	"A service that penstockd starts when somebody calls it; it does not listen itself.\n"
	"\n"
	"      --list-interfaces  print what is served, as Samba's RPC daemons do\n"
	"      --json             with that: print a JSON object, which says more\n"
	"      --worker           serve; penstockd says so, with a socket for descriptor 3\n"
	"  -v, --verbose          with that: log every connection\n"
	"      --configfile FILE  which scripts for Samba's daemons give; it is not read\n"
	"      --help             print this\n"
	"      --version          print the version of penstock\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line is wrong.\n";

static const struct option long_options[] = {
	{ "list-interfaces", no_argument, NULL, 'l' },	{ "json", no_argument, NULL, 'j' },
	{ "worker", no_argument, NULL, 'w' },		{ "verbose", no_argument, NULL, 'v' },
	{ "configfile", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },		{ 0 },
};

static int check(const struct pen_worker_options *options, const char *name)
{
	const char *wrong = NULL;

	if (options->is_list && options->is_worker)
		wrong = "it lists its interfaces, or it is a worker";
	else if (options->is_json && !options->is_list)
		wrong = "--json goes with --list-interfaces";
	else if (options->is_verbose && !options->is_worker)
		wrong = "--verbose goes with --worker";
	else if (!options->is_list && !options->is_worker)
		wrong = "penstockd starts it, when somebody calls; see --help";
	if (wrong)
		fprintf(stderr, "%s: %s.\n", name, wrong);
	return wrong ? PEN_WORKER_USAGE : -1;
}

int pen_worker_options_parse(struct pen_worker_options *options, const char *name, int argc,
			     char **argv)
{
	int val;

	*options = (struct pen_worker_options){ 0 };
	optind = 0; /* whatever was read before */
	opterr = 0;
	while ((val = getopt_long(argc, argv, ":vh", long_options, NULL)) != -1) {
		switch (val) {
		case 'l':
			options->is_list = true;
			break;
		case 'j':
			options->is_json = true;
			break;
		case 'w':
			options->is_worker = true;
			break;
		case 'v':
			options->is_verbose = true;
			break;
		case 'c':
			break;
		case 'h':
			printf(help, name);
			return PEN_WORKER_OK;
		case 'V':
			printf("%s (penstock " PEN_VERSION ")\n", name);
			return PEN_WORKER_OK;
		default:
			pen_option_complain(name, long_options, val == ':', argv[optind - 1]);
			return PEN_WORKER_USAGE;
		}
	}
	if (optind < argc) {
		pen_option_complain_of_word(name, argv[optind]);
		return PEN_WORKER_USAGE;
	}
	return check(options, name);
}
