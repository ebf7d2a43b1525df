/* SPDX-License-Identifier: MIT */
/* penstock-relay: the command line, and what the process is. */
#include "daemon/child-main.h"
#include "daemon/relay-directory.h"
#include "daemon/relay.h"
#include "io/fds.h"
#include <errno.h>
#include <penstock/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FDS_KEPT = 32 /* for all but connections */, FDS_EACH = 2 };

static const char name[] = "penstock-relay";

static const char help[] =
	"Usage: penstock-relay [OPTION]... DIRECTORY\n"
	"Carries connections to the sockets in DIRECTORY, for penstockd, which starts it with a\n"
	"socket for descriptor 3. It ends when that does, and the last connection.\n"
	"\n"
	"      --connect-ms N   how long a socket whose queue is full is waited for (5000)\n"
	"      --connections N  how many there may be at a time (10000)\n"
	"      --help           print this\n"
	"      --version        print the version\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line or descriptor 3 is wrong.\n";

static const struct option long_options[] = {
	{ "connect-ms", required_argument, NULL, 'm' },
	{ "connections", required_argument, NULL, 'c' },
	PEN_OPTIONS_END,
};

static int take_option(void *data, int val)
{
	struct relay_config *config = data;

	switch (val) {
	case 'm':
		return child_main_number(&config->connect_ms, name, "connect-ms", optarg, 3600000);
	default:
		return child_main_number(&config->connections_max, name, "connections", optarg,
					 1000000);
	}
}

static const struct pen_command_line command_line = {
	.program = name,
	.help = help,
	.options = long_options,
	.n_words = 1,
	.take = take_option,
};

/* The directory is all that there is, from now on, where that can be had; a negative errno. */
static int enter(const char *directory)
{
	int fd = relay_directory_open(directory);
	int r = fd < 0 ? fd : fchdir(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (!r && !geteuid() && chroot("."))
		fprintf(stderr, "penstock-relay: no root directory of its own: %s\n",
			strerror(errno));
	if (r)
		fprintf(stderr, "penstock-relay: %s: %s\n", directory,
			r == -EPERM ? "others may put sockets there" : strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static const struct confinement confinement = { .is_parser = true, .is_carrier = true };
	struct relay_config config = { .fd = CHILD_MAIN_SOCKET, .connections_max = 10000 };
	struct relay *relay = NULL;
	int end = child_main_begin(&command_line, &config, argc, argv);
	uint32_t room;
	int r;

	if (end >= 0)
		return end;
	/* No more connections than there may be descriptors: one that cannot be taken is lost. */
	room = pen_fds_room(FDS_KEPT) / FDS_EACH;
	if (room < config.connections_max)
		config.connections_max = room;
	if (enter(argv[optind]))
		return CHILD_MAIN_FAILED;
	r = relay_new(&relay, &config);
	if (!r && child_main_confine(name, &confinement))
		_exit(CHILD_MAIN_FAILED);
	if (!r)
		r = relay_run(relay);
	relay_free(relay);
	child_main_end(name, r);
}
