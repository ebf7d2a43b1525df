/* SPDX-License-Identifier: MIT */
/* penstock-greeter: the command line, and what the process is. */
#include "daemon/child-main.h"
#include "daemon/greeter.h"
#include "io/fds.h"
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
	{ "bind-ms", required_argument, NULL, 'b' },
	{ "npa-ms", required_argument, NULL, 'n' },
	{ "connections", required_argument, NULL, 'c' },
	PEN_OPTIONS_END,
};

static int take_option(void *data, int val)
{
	struct greeter_config *config = data;

	switch (val) {
	case 'b':
		return child_main_number(&config->bind_ms, name, "bind-ms", optarg, 3600000);
	case 'n':
		return child_main_number(&config->npa_ms, name, "npa-ms", optarg, 3600000);
	default:
		return child_main_number(&config->connections_max, name, "connections", optarg,
					 1000000);
	}
}

static const struct pen_command_line command_line = {
	.program = name,
	.help = help,
	.options = long_options,
	.take = take_option,
};

int main(int argc, char **argv)
{
	static const struct confinement confinement = { .is_parser = true };
	struct greeter_config config = { .fd = CHILD_MAIN_SOCKET, .connections_max = 10000 };
	struct greeter *greeter = NULL;
	int end = child_main_begin(&command_line, &config, argc, argv);
	uint32_t room;
	int r;

	if (end >= 0)
		return end;
	/* No more connections than there may be descriptors: one that cannot be taken is lost. */
	room = pen_fds_room(FDS_KEPT);
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
