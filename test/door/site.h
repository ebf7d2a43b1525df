/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_DOOR_SITE_H
#define PEN_TEST_DOOR_SITE_H
/*
 * Where a supervisor of these tests has its sockets and its programs: the counter, and "other".
 */
#include "daemon/supervisor.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct site {
	char directory[40];
	char ncalrpc[60], np[60], program[300], other[60], greeter[300];
	const char *programs[3];
};

static const struct log quiet = { .level = PEN_LOG_ERROR };

static inline void site_make(struct site *site)
{
	const char *build = getenv("PEN_TEST_BUILD");

	assert_non_null(build);
	strcpy(site->directory, "/tmp/penstock-door-XXXXXX");
	assert_non_null(mkdtemp(site->directory));
	snprintf(site->ncalrpc, sizeof(site->ncalrpc), "%s/ncalrpc", site->directory);
	snprintf(site->np, sizeof(site->np), "%s/np", site->directory);
	snprintf(site->program, sizeof(site->program), "%s/test/door/counter", build);
	snprintf(site->other, sizeof(site->other), "%s/other", site->directory);
	snprintf(site->greeter, sizeof(site->greeter), "%s/src/daemon/penstock-greeter", build);
	assert_int_equal(symlink(site->program, site->other), 0);
	site->programs[0] = site->program;
	site->programs[1] = site->other;
	site->programs[2] = NULL;
}

/* Of which the site is borrowed. */
static inline struct supervisor_config site_config(const struct site *site, bool is_confined)
{
	static const char *const addresses[] = { "127.0.0.1", NULL };

	return (struct supervisor_config){
		.programs = site->programs,
		.greeter = site->greeter,
		.ncalrpc_dir = site->ncalrpc,
		.np_dir = site->np,
		.addresses = addresses,
		.is_confined = is_confined,
		.visitors_max = 10000,
		.log = &quiet,
	};
}

/* Nothing else is left in it. */
static inline void site_remove(struct site *site)
{
	unlink(site->other);
	assert_int_equal(rmdir(site->ncalrpc), 0);
	assert_int_equal(rmdir(site->np), 0);
	assert_int_equal(rmdir(site->directory), 0);
}

#endif
