/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_AUTHD_NEEDS_H
#define PEN_DAEMON_AUTHD_NEEDS_H
/*
 * What penstock-authd is to reach by the configuration: the files with the secrets, and those who
 * know more.
 */
#include "daemon/config.h"
#include <penstock/worker.h>

enum { AUTHD_READS_MAX = 24, AUTHD_WRITES_MAX = 3 };

struct authd_needs {
	struct pen_arena arena;
	const char *reads[AUTHD_READS_MAX + 1];
	const char *writes[AUTHD_WRITES_MAX + 1];
	size_t n_reads, n_writes;
	struct pen_worker_needs needs; /* points to those */
};

/*
 * The directory of the accounts is made, if it is not there. config_path: the configuration's file
 * of one that is yet to start, and to read the accounts' key, whose directory is made as well.
 * NULL: it has done so. A negative errno, with a sentence in error; done is to be called in any
 * case.
 */
int authd_needs_init(struct authd_needs *needs, const struct config *config,
		     const char *config_path, char error[256]);
void authd_needs_done(struct authd_needs *needs);

#endif
