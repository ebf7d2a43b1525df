/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_DOOR_TEST_SUPERVISOR_H
#define PEN_TEST_DOOR_TEST_SUPERVISOR_H
/*
 * A supervisor in a thread, with its greeter and programs, all of them processes.
 */
#include "door/caller.h"
#include "door/site.h"
#include "support/fds.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 3000, TRY_US = 10000, N_WORKERS = 5 };

struct fixture {
	unsigned n_fds;
	struct site site;
	struct supervisor *supervisor;
	pthread_t thread;
	const char *tcp; /* the binding */
};

/* Each test runs once without confinement, and once with it. */
static bool is_confined;

static const char *n_workers = "5";

/* Who looks on from the beginning; -1: nobody does. */
static int onlooker = -1;

static inline void *run(void *data)
{
	supervisor_run(((struct fixture *)data)->supervisor, 5000);
	return NULL;
}

static inline const char *find_binding(const struct fixture *f, const char *wanted)
{
	const char *binding, *listed;

	for (size_t i = 0; (binding = supervisor_binding(f->supervisor, i, &listed)); i++)
		if (!strcmp(listed, wanted))
			return binding;
	fail_msg("nobody listens at %s", wanted);
	return NULL;
}

static inline struct fixture *start(const char *idle, const char *ready)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct supervisor_config config;

	f->n_fds = pen_count_fds();
	site_make(&f->site);
	config = site_config(&f->site, is_confined);
	setenv("COUNTER_IDLE", idle, 1);
	setenv("COUNTER_READY", ready, 1);
	setenv("COUNTER_WORKERS", n_workers, 1);
	assert_int_equal(supervisor_new(&f->supervisor, &config), 0);
	f->tcp = find_binding(f, "ncacn_ip_tcp:");
	if (onlooker >= 0)
		assert_int_equal(supervisor_trace(f->supervisor, onlooker,
						  &(struct worker_trace){ .opnum = -1 }),
				 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	return f;
}

static inline void stop(struct fixture *f)
{
	supervisor_stop(f->supervisor);
	pthread_join(f->thread, NULL);
	supervisor_free(f->supervisor);
	site_remove(&f->site);
	assert_int_equal(pen_count_fds(), f->n_fds);
	/* Nobody is left, not even as a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	test_free(f);
}

static inline struct caller connect_to(const struct fixture *f, const char *binding, uint32_t group)
{
	return caller_connect(f->site.ncalrpc, binding, group);
}

/* ---- what it says of itself ---- */

static inline struct supervisor_stats stats_of(const struct fixture *f)
{
	struct supervisor_stats stats;

	supervisor_stats(f->supervisor, &stats);
	return stats;
}

static inline void await_workers(const struct fixture *f, uint32_t n)
{
	for (int i = 0; stats_of(f).workers != n; i++) {
		if (i == TRIES)
			fail_msg("%u workers, not %u", stats_of(f).workers, n);
		usleep(TRY_US);
	}
}

static inline void await_crashes(const struct fixture *f, uint64_t n)
{
	for (int i = 0; i < TRIES && stats_of(f).crashed != n; i++)
		usleep(TRY_US);
	assert_int_equal(stats_of(f).crashed, n);
}

/* ---- the tests ---- */

/* What a loop keeps open for ever is there before the first test counts. */
static inline int open_once(void **state)
{
	struct fixture *f = start("60", "0");

	f->n_fds = 0;
	supervisor_stop(f->supervisor);
	pthread_join(f->thread, NULL);
	supervisor_free(f->supervisor);
	site_remove(&f->site);
	test_free(f);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* All of them without confinement, and with it. */
static inline int run_all(const struct CMUnitTest *tests, size_t n)
{
	int n_failed;

	/* What looks for leaks at a program's end wants more than confined ones may. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	n_failed = _cmocka_run_group_tests("free", tests, n, open_once, NULL);
	is_confined = true;
	return n_failed + _cmocka_run_group_tests("confined", tests, n, open_once, NULL);
}

#endif
