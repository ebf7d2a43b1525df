/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_KEEPER_H
#define PEN_DAEMON_KEEPER_H
/*
 * penstock-authd as penstockd has it: the process that keeps the secrets, started again when it
 * ends, and a socket to it for each worker. penstockd itself asks it nothing.
 */
#include "daemon/child.h"
#include "daemon/log.h"

enum {
	KEEPER_BACKOFF_MIN_MS = 100,  /* until it is started again; doubled each time */
	KEEPER_BACKOFF_MAX_MS = 2000, /* less than workers wait for it */
	KEEPER_CALM_MS = 60 * 1000,   /* after which all is forgotten */
};

struct bequest;
struct keeper;

struct keeper_config {
	const char *program; /* the path of penstock-authd */
	const struct pen_worker_needs *needs;
	const char *user; /* NULL: as this process */
	bool is_confined;
	uv_loop_t *loop;
	const struct log *log;
	/* Another one is there: who has a socket to the one before is to get another. */
	void (*changed)(void *data);
	void *data;
};

/* config is copied, with its texts. A negative errno: it cannot be started at all. */
int keeper_new(struct keeper **keeperp, const struct keeper_config *config);

/*
 * Waits for it to be ready, which it is not if its configuration is wrong: the loop runs.
 * PEN_E_CLOSED: it has ended, and said why; PEN_E_TIMEOUT.
 */
int keeper_await(struct keeper *keeper, uint32_t ms);

/* Ends it. NULL is nobody. */
void keeper_free(struct keeper *keeper);

/* A worker. */
struct keeper_client {
	const char *name;  /* in its log */
	bool has_accounts; /* it is of the program that serves them */
};

/*
 * A socket to it, for a worker; it may not run for now, and hears all when it does. *runp: by which
 * one of them it is heard. A negative errno, PEN_E_LIMIT.
 */
int keeper_connect(struct keeper *keeper, const struct keeper_client *client, int *socketp,
		   uint64_t *runp);

/* Which one of them it is that runs, or will next. */
uint64_t keeper_run(const struct keeper *keeper);

/* 0: it does not run. */
pid_t keeper_pid(const struct keeper *keeper);

/* Its socket outlives exec, so that it serves until the next image has one of its own. */
int keeper_bequeath(const struct keeper *keeper, struct bequest *bequest);

#endif
