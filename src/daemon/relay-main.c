/* SPDX-License-Identifier: MIT */
/* penstock-relay: the command line, and what the process is. */
#include "daemon/confine.h"
#include "daemon/relay-directory.h"
#include "daemon/relay.h"
#include "io/option.h"
#include <errno.h>
#include <penstock/base.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OK, FAILED, USAGE };
enum { PENSTOCKD = 3, FDS_KEPT = 32 /* for all but connections */, FDS_EACH = 2 };

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
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* -1: go on. */
static int parse_number(uint32_t *numberp, const char *option, const char *value, uint32_t max)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || !number || number > max) {
		fprintf(stderr, "penstock-relay: --%s %s: a number from 1 to %u.\n", option, value,
			max);
		return USAGE;
	}
	*numberp = (uint32_t)number;
	return -1;
}

static int take_option(struct relay_config *config, int val, char **argv)
{
	switch (val) {
	case 'm':
		return parse_number(&config->connect_ms, "connect-ms", optarg, 3600000);
	case 'c':
		return parse_number(&config->connections_max, "connections", optarg, 1000000);
	case 'h':
		fputs(help, stdout);
		return OK;
	case 'V':
		puts("penstock-relay " PEN_VERSION);
		return OK;
	default:
		pen_option_complain("penstock-relay", long_options, val == ':', argv[optind - 1]);
		return USAGE;
	}
}

/* -1: go on. */
static int parse(struct relay_config *config, int argc, char **argv)
{
	int end = -1;
	int val;

	opterr = 0;
	while (end < 0 && (val = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
		end = take_option(config, val, argv);
	if (end >= 0)
		return end;
	if (optind == argc) {
		fprintf(stderr, "penstock-relay: which directory?\n");
		return USAGE;
	}
	if (optind + 1 < argc) {
		pen_option_complain_of_word("penstock-relay", argv[optind + 1]);
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
	fprintf(stderr, "penstock-relay: descriptor 3 is no socket of penstockd, which starts this "
			"program.\n");
	return USAGE;
}

/* No more connections than there may be descriptors: one that cannot be taken is lost. */
static void fit_connections(struct relay_config *config)
{
	struct rlimit limit;
	rlim_t room;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	room = limit.rlim_cur > 2 * FDS_KEPT ? limit.rlim_cur - FDS_KEPT : FDS_KEPT;
	if (room / FDS_EACH < config->connections_max)
		config->connections_max = (uint32_t)(room / FDS_EACH);
}

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

/* It can do what it does, and nothing else. */
static int confine(void)
{
	const struct confinement confinement = { .is_parser = true, .is_carrier = true };
	char missing[128], error[256] = "";
	int r = confine_self(&confinement, missing, error);

	if (r)
		fprintf(stderr, "penstock-relay: %s\n", error);
	else if (*missing)
		fprintf(stderr, "penstock-relay: this kernel has no %s\n", missing);
	return r;
}

static int run(const struct relay_config *config)
{
	struct relay *relay = NULL;
	int r = relay_new(&relay, config);

	if (!r && confine())
		_exit(FAILED);
	if (!r)
		r = relay_run(relay);
	relay_free(relay);
	return r;
}

int main(int argc, char **argv)
{
	struct relay_config config = { .fd = PENSTOCKD, .connections_max = 10000 };
	int end = parse(&config, argc, argv);
	int r;

	if (end < 0)
		end = check_socket();
	if (end >= 0)
		return end;
	fit_connections(&config);
	/* From a terminal they are penstockd's, and this ends after that. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (enter(argv[optind]))
		return FAILED;
	r = run(&config);
	if (r)
		fprintf(stderr, "penstock-relay: %s\n",
			r < 0 ? strerror(-r) : "what came from penstockd is no order.");
	/* What else runs at a program's end may want more than it has. */
	_exit(r ? FAILED : OK);
}
