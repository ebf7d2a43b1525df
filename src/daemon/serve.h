/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SERVE_H
#define PEN_DAEMON_SERVE_H
/*
 * Which programs are served at which endpoints.
 */
#include "daemon/log.h"
#include "daemon/program.h"

/* Of all programs, ended by NULL. */
struct serve_interfaces {
	const struct pen_interface *rows[CONFIG_SERVICES_MAX + 1];
};

struct serve {
	const struct config *config;
	const struct log *log;
	struct daemon_security *security;
	struct pen_server *server;
	void *data[CONFIG_SERVICES_MAX];
	bool is_started[CONFIG_SERVICES_MAX];
	struct serve_interfaces interfaces;
	char *ncalrpc_dir, *np_dir;
	const char *mapper_tcp; /* the binding of the first address, NULL: none */
	const char *services_tcp;
};

/* Starts the programs, and listens. What fails is logged; a negative errno or PEN_E_. */
int serve_start(struct serve *serve, const struct config *config, const struct log *log);
void serve_stop(struct serve *serve);

/* Tells the programs that a key has changed which can. What fails is logged. */
int serve_reload(struct serve *serve, const struct config *config);

/* Whether the configuration's policy is right. As config_load, which reads the configuration
 * itself. */
int serve_check_policy(const struct config *config, struct pen_buffer *diagnoses);

/* Reads the policy's file; NULL: none rules. What fails is logged, and all stays as it was. */
int serve_set_policy(struct serve *serve, const char *path);

#endif
