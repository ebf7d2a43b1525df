/* SPDX-License-Identifier: MIT */
/*
 * A supervisor that asks its programs again, and lacks memory for it at any step: what it served it
 * serves, and in the end what it is to.
 */
#include "daemon/supervisor-parts.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 320 };

static const struct log quiet = { .level = PEN_LOG_ERROR - 1 };
static char directory[] = "/tmp/penstock-reload-XXXXXX";
static char ncalrpc[64], np[64], greeter[PATH], counter[PATH], other[PATH];

static struct supervisor_config configure(const char *const *programs)
{
	static const char *const addresses[] = { "127.0.0.1", NULL };

	return (struct supervisor_config){
		.programs = programs,
		.greeter = greeter,
		.ncalrpc_dir = ncalrpc,
		.np_dir = np,
		.addresses = addresses,
		.visitors_max = 100,
		.log = &quiet,
	};
}

static size_t count_doors(const struct supervisor *supervisor)
{
	const char *listed;
	size_t n = 0;

	while (supervisor_binding(supervisor, n, &listed))
		n++;
	return n;
}

/* When memory begins to be counted: before the clerk is there, who then has none either, or after.
 */
enum moment { EARLY, LATE };

/* Whether the n-th allocation failed. */
static bool reload(struct supervisor *supervisor, const char *const *programs, enum moment moment,
		   size_t n)
{
	const struct supervisor_config config = configure(programs);
	int r;

	pen_fail_at(moment == EARLY ? n : 0);
	r = supervisor_reload(supervisor, &config);
	if (moment == LATE)
		pen_fail_at(n);
	while (supervisor->clerk)
		uv_run(&supervisor->loop.uv, UV_RUN_ONCE);
	if (pen_fail_hit())
		return true;
	assert_int_equal(r, 0);
	return false;
}

static void reload_all(struct supervisor *supervisor, enum moment moment, size_t steps_min)
{
	const char *const one[] = { counter, NULL };
	const char *const two[] = { other, counter, NULL };
	size_t n_one, n_two, n = 1;
	unsigned n_fds;

	reload(supervisor, two, LATE, 0);
	n_two = count_doors(supervisor);
	reload(supervisor, one, LATE, 0);
	n_one = count_doors(supervisor);
	assert_int_equal(n_two, n_one + 1);
	uv_run(&supervisor->loop.uv, UV_RUN_NOWAIT);
	n_fds = pen_count_fds();
	while (reload(supervisor, two, moment, n)) {
		assert_true(count_doors(supervisor) >= n_one);
		reload(supervisor, one, moment, n++);
		assert_true(count_doors(supervisor) >= n_one);
	}
	assert_true(n > steps_min);
	/* A clerk without memory may have answered that it had none. */
	reload(supervisor, two, LATE, 0);
	assert_int_equal(count_doors(supervisor), n_two);
	reload(supervisor, one, LATE, 0);
	assert_int_equal(count_doors(supervisor), n_one);
	uv_run(&supervisor->loop.uv, UV_RUN_NOWAIT);
	assert_int_equal(pen_count_fds(), n_fds);
}

static void test_reloads(void **state)
{
	const char *const one[] = { counter, NULL };
	const struct supervisor_config config = configure(one);
	struct supervisor *supervisor;

	assert_int_equal(supervisor_new(&supervisor, &config), 0);
	reload_all(supervisor, EARLY, 5);
	reload_all(supervisor, LATE, 20);
	supervisor_free(supervisor);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static int make_places(void **state)
{
	const char *build = getenv("PEN_TEST_BUILD");

	assert_non_null(build);
	assert_non_null(mkdtemp(directory));
	snprintf(ncalrpc, sizeof(ncalrpc), "%s/ncalrpc", directory);
	snprintf(np, sizeof(np), "%s/np", directory);
	snprintf(greeter, PATH, "%s/src/daemon/penstock-greeter", build);
	snprintf(counter, PATH, "%s/test/door/counter", build);
	snprintf(other, PATH, "%s/other", directory);
	return symlink(counter, other);
}

static int remove_places(void **state)
{
	return unlink(other) || rmdir(ncalrpc) || rmdir(np) || rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reloads) };

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_places, remove_places);
}
