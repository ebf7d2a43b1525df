/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RELOAD_H
#define PEN_DAEMON_RELOAD_H
/*
 * A configuration that was read again while penstockd runs.
 */
#include "daemon/serve.h"

/*
 * Lets what can change take effect, in config too, and warns of each key that has to
 * wait for the next start. log is the one that serve has.
 */
void reload(struct serve *serve, struct config *config, struct log *log,
	    const struct config *fresh);

#endif
