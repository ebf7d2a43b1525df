/* SPDX-License-Identifier: MIT */
#include "daemon/child-main.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int child_main_number(uint32_t *numberp, const char *program, const char *option, const char *value,
		      uint32_t max)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || !number || number > max) {
		fprintf(stderr, "%s: --%s %s: a number from 1 to %u.\n", program, option, value,
			max);
		return CHILD_MAIN_USAGE;
	}
	*numberp = (uint32_t)number;
	return -1;
}

int child_main_begin(const struct pen_command_line *line, void *data, int argc, char **argv)
{
	int end = pen_command_line_parse(line, data, argc, argv);
	socklen_t n = sizeof(int);
	int type = 0;

	if (end >= 0)
		return end;
	if (line->n_words && optind == argc) {
		fprintf(stderr, "%s: which directory?\n", line->program);
		return CHILD_MAIN_USAGE;
	}
	if (getsockopt(CHILD_MAIN_SOCKET, SOL_SOCKET, SO_TYPE, &type, &n) ||
	    type != SOCK_SEQPACKET) {
		fprintf(stderr,
			"%s: descriptor 3 is no socket of penstockd, which starts this program.\n",
			line->program);
		return CHILD_MAIN_USAGE;
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return -1;
}

int child_main_confine(const char *program, const struct confinement *confinement)
{
	char missing[128], error[256] = "";
	int r = confine_self(confinement, missing, error);

	if (r)
		fprintf(stderr, "%s: %s\n", program, error);
	else if (*missing)
		fprintf(stderr, "%s: this kernel has no %s\n", program, missing);
	return r;
}

void child_main_end(const char *program, int result)
{
	if (result)
		fprintf(stderr, "%s: %s\n", program,
			result < 0 ? strerror(-result) : "what came from penstockd is no order.");
	_exit(result ? CHILD_MAIN_FAILED : CHILD_MAIN_OK);
}
