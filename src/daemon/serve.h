/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SERVE_H
#define PEN_DAEMON_SERVE_H
/*
 * Which programs are served at which endpoints.
 */
#include "daemon/log.h"
#include "daemon/program.h"

struct serve {
	const struct config *config;
	const struct log *log;
	struct daemon_security *security;
	struct pen_server *server;
	void *data[CONFIG_SERVICES_MAX];
	bool is_started[CONFIG_SERVICES_MAX];
	const struct pen_interface *interfaces[CONFIG_SERVICES_MAX + 1]; /* of all programs */
	char *ncalrpc_dir, *np_dir;
	const char *mapper_tcp; /* the binding of the first address, NULL: none */
	const char *services_tcp;
};

/* Starts the programs, and listens. What fails is logged; a negative errno or PEN_E_. */
int serve_start(struct serve *serve, const struct config *config, const struct log *log);
void serve_stop(struct serve *serve);

/* Tells the programs that a key has changed which can. What fails is logged. */
int serve_reload(struct serve *serve, const struct config *config);

/* Reads the policy's file; NULL: none rules. What fails is logged, and all stays as it was. */
int serve_set_policy(struct serve *serve, const char *path);

#endif
