/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "\\\\.\\pipe\\wanted"

enum { LONG_MS = 60000, MOMENT_MS = 50 };

static struct objectd objectd;

/* A server with a client, so that nobody listens. */
static struct pen_pipe *server, *client;

static const struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX };

static int start(void **state)
{
	setenv("PENSTOCK_OBJECTD", "/nonexistent", 1); /* nobody else is to start one */
	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	return pen_pipe_create(&server, NAME, &config, NULL) || pen_pipe_open(&client, NAME, NULL)
		       ? -1
		       : 0;
}

static int stop(void **state)
{
	pen_pipe_free(client);
	pen_pipe_free(server);
	objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}

/* The server loses its client, and listens. */
static void listen_again(void)
{
	struct pen_pipe_op op = { 0 };

	assert_int_equal(pen_pipe_disconnect(server), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_start_listen(server, &op), PEN_STATUS_PENDING);
	assert_int_equal(pen_pipe_cancel(server, &op), PEN_STATUS_SUCCESS);
	pen_pipe_dispatch(server);
	assert_int_equal(op.status, PEN_STATUS_CANCELLED);
}

static bool is_readable(struct pen_pipe_waiter *waiter, int wait_ms)
{
	struct pollfd poller = { .fd = pen_pipe_waiter_fd(waiter), .events = POLLIN };

	assert_true(poller.fd >= 0);
	return poll(&poller, 1, wait_ms) == 1;
}

/* As a loop does it. */
static uint32_t finish(struct pen_pipe_waiter *waiter, uint32_t *seenp)
{
	uint32_t status;

	while ((status = pen_pipe_waiter_finish(waiter, seenp)) == PEN_STATUS_PENDING)
		assert_true(is_readable(waiter, LONG_MS));
	return status;
}

static struct pen_pipe_waiter *wait_name(const char *name, int wait_ms)
{
	struct pen_pipe_waiter *waiter = NULL;

	assert_int_equal(pen_pipe_start_wait_name(&waiter, name, wait_ms, NULL),
			 PEN_STATUS_PENDING);
	return waiter;
}

/* ---- names ---- */

static void test_what_needs_no_waiting(void **state)
{
	struct pen_pipe_waiter *waiter = wait_name("\\\\.\\pipe\\none", -1);

	assert_int_equal(finish(waiter, NULL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(finish(waiter, NULL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_null(pen_pipe_waiter_free(waiter));
	assert_int_equal(pen_pipe_start_wait_name(&waiter, "none", -1, NULL),
			 PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(pen_pipe_start_wait_name(&waiter, "\\\\else\\pipe\\x", -1, NULL),
			 PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(pen_pipe_start_wait_name(&waiter, NAME, -1, "/nonexistent"),
			 PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_null(pen_pipe_waiter_free(NULL));
}

static void test_time_is_over(void **state)
{
	struct pen_pipe_waiter *waiter = wait_name(NAME, MOMENT_MS);
	struct pen_pipe_waiter *pipes_own = wait_name(NAME, 0);

	assert_int_equal(finish(waiter, NULL), PEN_STATUS_IO_TIMEOUT);
	assert_int_equal(finish(pipes_own, NULL), PEN_STATUS_IO_TIMEOUT);
	pen_pipe_waiter_free(waiter);
	pen_pipe_waiter_free(pipes_own);
}

/* Of two that wait one is cancelled, and the other is told. */
static void test_one_of_two_is_cancelled(void **state)
{
	struct pen_pipe_waiter *first = wait_name(NAME, -1), *second = wait_name(NAME, LONG_MS);

	assert_false(is_readable(first, MOMENT_MS));
	assert_false(is_readable(second, 0));
	assert_int_equal(pen_pipe_waiter_finish(first, NULL), PEN_STATUS_PENDING);
	assert_int_equal(pen_pipe_waiter_finish(second, NULL), PEN_STATUS_PENDING);
	pen_pipe_waiter_free(first);
	assert_int_equal(pen_pipe_waiter_finish(second, NULL), PEN_STATUS_PENDING);
	listen_again();
	assert_int_equal(finish(second, NULL), PEN_STATUS_SUCCESS);

	/* What has been answered is not heard of again, though others use its way. */
	first = wait_name("\\\\.\\pipe\\none", -1);
	assert_true(is_readable(first, LONG_MS));
	assert_false(is_readable(second, 0));
	pen_pipe_waiter_free(first);
	pen_pipe_waiter_free(second);
}

/* More than there may be at a time: those that are cancelled do not count. */
static void test_cancelled_are_forgotten(void **state)
{
	struct pen_pipe_waiter *waiter = wait_name(NAME, -1);

	for (int i = 0; i < 4200; i++)
		pen_pipe_waiter_free(wait_name(NAME, -1));
	listen_again();
	assert_int_equal(finish(waiter, NULL), PEN_STATUS_SUCCESS);
	pen_pipe_waiter_free(waiter);
}

/* ---- changes ---- */

static void test_watch(void **state)
{
	struct pen_pipe_waiter *waiter;
	struct pen_pipe *other;
	uint32_t seen = 0, before;

	assert_int_equal(pen_pipe_start_watch(&waiter, NULL, seen), PEN_STATUS_PENDING);
	assert_int_equal(finish(waiter, &seen), PEN_STATUS_SUCCESS);
	pen_pipe_waiter_free(waiter);

	before = seen;
	assert_int_equal(pen_pipe_watch(NULL, &seen, MOMENT_MS), PEN_STATUS_IO_TIMEOUT);
	assert_int_equal(seen, before);
	assert_int_equal(pen_pipe_start_watch(&waiter, NULL, seen), PEN_STATUS_PENDING);
	assert_false(is_readable(waiter, MOMENT_MS));
	assert_int_equal(pen_pipe_create(&other, "\\\\.\\pipe\\other", &config, NULL),
			 PEN_STATUS_SUCCESS);
	assert_int_equal(finish(waiter, &seen), PEN_STATUS_SUCCESS);
	assert_int_not_equal(seen, before);
	pen_pipe_waiter_free(waiter);
	pen_pipe_free(other);
}

/* ---- the object manager dies ---- */

struct blocked {
	pthread_t thread;
	uint32_t status, seen;
	bool is_watch;
};

static void *block(void *data)
{
	struct blocked *blocked = data;

	blocked->status = blocked->is_watch ? pen_pipe_watch(NULL, &blocked->seen, LONG_MS)
					    : pen_pipe_wait_name(NAME, LONG_MS, NULL);
	return NULL;
}

static void test_no_successor(void **state)
{
	struct pen_pipe_waiter *waiter = wait_name(NAME, -1), *watcher;
	struct blocked waits = { 0 }, watches = { .is_watch = true };

	assert_int_equal(pen_pipe_watch(NULL, &watches.seen, LONG_MS), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_start_watch(&watcher, NULL, watches.seen), PEN_STATUS_PENDING);
	pthread_create(&waits.thread, NULL, block, &waits);
	pthread_create(&watches.thread, NULL, block, &watches);
	assert_false(is_readable(waiter, MOMENT_MS));
	objectd_end(&objectd, SIGKILL);
	pthread_join(waits.thread, NULL);
	pthread_join(watches.thread, NULL);
	assert_int_equal(waits.status, PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(finish(waiter, NULL), waits.status);
	assert_int_equal(watches.status, waits.status);
	assert_int_equal(finish(watcher, NULL), waits.status);
	pen_pipe_waiter_free(waiter);
	pen_pipe_waiter_free(watcher);
	objectd_start(&objectd, NULL); /* for stop */
}

/* The next one is asked for what is left to wait; and that it is another is a change. */
static void test_successor(void **state)
{
	struct pen_pipe_waiter *waiter = wait_name(NAME, LONG_MS), *watcher;
	struct pen_pipe_waiter *late = wait_name(NAME, MOMENT_MS);
	uint32_t seen = 0;
	int fd;

	assert_int_equal(pen_pipe_watch(NULL, &seen, LONG_MS), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_start_watch(&watcher, NULL, seen), PEN_STATUS_PENDING);
	fd = pen_pipe_waiter_fd(waiter);
	kill(objectd.pid, SIGSTOP);
	usleep(2 * MOMENT_MS * 1000); /* the late one's time passes, without an answer */
	objectd_end(&objectd, SIGKILL);
	objectd_start(&objectd, NULL);
	assert_true(is_readable(waiter, LONG_MS));
	listen_again();
	assert_int_equal(finish(waiter, NULL), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_waiter_fd(waiter), fd);
	assert_int_equal(finish(watcher, &seen), PEN_STATUS_SUCCESS);
	assert_int_equal(finish(late, NULL), PEN_STATUS_IO_TIMEOUT);
	pen_pipe_waiter_free(waiter);
	pen_pipe_waiter_free(watcher);
	pen_pipe_waiter_free(late);
}

/* Without memory there is no waiter, and nothing is left of it. */
static void test_no_memory(void **state)
{
	struct pen_pipe_waiter *waiter = NULL;
	uint32_t status;

	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		status = pen_pipe_start_wait_name(&waiter, NAME, -1, objectd.directory);
		if (!pen_fail_hit())
			break;
		assert_int_equal(status, PEN_STATUS_NO_MEMORY);
	}
	assert_int_equal(status, PEN_STATUS_PENDING);
	pen_pipe_waiter_free(waiter);
	for (size_t n = 1;; n++) {
		waiter = wait_name("\\\\.\\pipe\\none", -1);
		assert_true(is_readable(waiter, LONG_MS));
		pen_fail_at(n);
		status = pen_pipe_waiter_finish(waiter, NULL);
		pen_pipe_waiter_free(waiter);
		if (!pen_fail_hit())
			break;
		assert_int_equal(status, PEN_STATUS_NO_MEMORY);
	}
	assert_int_equal(status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_needs_no_waiting),
		TEST(test_time_is_over),
		TEST(test_one_of_two_is_cancelled),
		TEST(test_cancelled_are_forgotten),
		TEST(test_watch),
		TEST(test_no_successor),
		TEST(test_successor),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
