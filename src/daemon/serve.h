/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SERVE_H
#define PEN_DAEMON_SERVE_H
/*
 * penstockd as it serves, from its configuration until a signal ends it: SIGTERM or SIGINT, of
 * which a second one ends it at once; at SIGHUP the configuration is read again, at SIGUSR2 it
 * becomes the program that its file is then.
 */
#include "daemon/config.h"
#include "daemon/log.h"

struct serve_config {
	const struct config *config; /* as it is at the start */
	/* Reads it again; what is wrong has been said. */
	int (*load)(void *data, struct config *fresh);
	void *data;
	bool is_quiet;	  /* greets nobody */
	char **arguments; /* of this program, ended by NULL */
};

/* What fails is logged; a negative errno or PEN_E_. */
int serve(const struct serve_config *config);

/* Whether the configuration's policy is right. As config_load, which reads the configuration
 * itself. */
int serve_check_policy(const struct config *config, struct pen_buffer *diagnoses);

/* Warns of what is different and does not take effect now. */
void serve_compare(const struct log *log, const struct config *config, const struct config *fresh);

#endif
