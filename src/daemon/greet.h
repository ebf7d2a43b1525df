/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_GREET_H
#define PEN_DAEMON_GREET_H
/* What a person reads who started us: where we serve what, and how to see it work. */
#include "daemon/config.h"
#include <penstock/idl/worker.h>

struct greeting {
	const struct config *config;
	const struct worker_table *table;
	const char *ncalrpc_dir, *np_dir;
};

void greet(const struct greeting *greeting);

#endif
