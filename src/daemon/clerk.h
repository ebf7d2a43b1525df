/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CLERK_H
#define PEN_DAEMON_CLERK_H
/*
 * A copy of this process that does one thing which may take long, writes what came of it into
 * memory, and ends. It has no descriptor of ours but standard output and error, and that memory.
 */
#include <stdint.h>
#include <uv.h>

struct clerk;

struct clerk_config {
	/* There: what it exits with. This process may have no other threads. */
	int (*work)(void *data, int memory);
	void *data;
	uint32_t timeout_ms; /* until it is killed */
	uv_loop_t *loop;
	/* Here: it has ended, and the clerk is gone. memory is closed after that. */
	void (*done)(void *owner, int status, int memory);
	void *owner;
};

/* A negative errno. */
int clerk_start(struct clerk **clerkp, const struct clerk_config *config);

/* Kills it, and nobody is told. NULL is nobody. */
struct clerk *clerk_free(struct clerk *clerk);

#endif
