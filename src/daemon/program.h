/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PROGRAM_H
#define PEN_DAEMON_PROGRAM_H
/*
 * A program of penstock's own services: a worker that has penstockd's configuration. Its main fills
 * in what is its own between init and run.
 */
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/security.h"
#include "daemon/services.h"
#include <penstock/worker.h>

/* In the environment: where the configuration in effect is. */
#define PROGRAM_CONFIG_VARIABLE "PENSTOCKD_CONFIG"

enum { PROGRAM_SERVICES_MAX = 8, PROGRAM_PATHS_MAX = 16 };

struct program {
	struct config config;
	struct log log;
	struct daemon_security *security; /* NULL: it has none, or does not serve yet */
	bool has_accounts;		  /* it serves them */
	struct pen_worker worker;	  /* its functions get worker.data, this unless it is set */
	struct pen_worker_service services[PROGRAM_SERVICES_MAX];
	const char *reads[PROGRAM_PATHS_MAX + 1];
	const char *writes[PROGRAM_PATHS_MAX + 1];
};

/*
 * Reads the configuration that penstockd has written, or the usual one where it does not run. What
 * main returns, if that fails: it has been said; else -1.
 */
int program_init(struct program *program, const char *name);

/* Adds a service, unless the configuration says no. call_data as struct pen_worker_service has it.
 */
void program_add(struct program *program, const char *service, const char *const *endpoints,
		 void *(*call_data)(void *data));

/* Says that its processes read or write a file or directory; NULL is none. */
void program_read(struct program *program, const char *path);
void program_write(struct program *program, const char *path);

/* The same of the directory that the file is in, for what finds or makes others beside it. */
void program_read_beside(struct program *program, const char *path);
void program_write_beside(struct program *program, const char *path);

/* Lists, or serves, as the command line says; what main returns. */
int program_run(struct program *program, int argc, char **argv);

/* ---- for a worker's functions ---- */

/* prepare: opens the accounts, where there are to be any. */
int program_prepare(struct program *program, struct pen_server_config *config, char error[256]);

/*
 * reload: reads the configuration again, as far as it can change: the log's level and format. fresh
 * is to be done with by the caller, if it goes well.
 */
int program_reload(struct program *program, struct pen_server *server, struct config *fresh,
		   char error[256]);

void program_stop(struct program *program);

#endif
