/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_OPTIONS_H
#define PEN_WORKER_OPTIONS_H
/*
 * The command line of a program that is a worker (penstock/worker.h).
 */
#include <stdbool.h>

/* What main returns. AWAY: penstock-authd ended just when it was asked; another try may go well. */
enum { PEN_WORKER_OK, PEN_WORKER_FAILED, PEN_WORKER_USAGE, PEN_WORKER_AWAY = 75 };

struct pen_worker_options {
	bool is_list, is_json, is_worker, is_verbose;
};

/* -1: go on, with just one of is_list and is_worker; else all is said, and main returns that. */
int pen_worker_options_parse(struct pen_worker_options *options, const char *name, int argc,
			     char **argv);

#endif
