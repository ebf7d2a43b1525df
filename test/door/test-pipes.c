/* SPDX-License-Identifier: MIT */
/*
 * Programs behind the supervisor, called by pipes of the object manager: that, the supervisor, its
 * porter and workers are processes of their own.
 */
#include "counter.h"
#include "stage.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIES = 2000, TRY_US = 10000, TIMEOUT_MS = 60000 };

#define PIPE "ncacn_np:[\\pipe\\counter]"

/* ---- clients ---- */

struct caller {
	struct pen_client *client;
	struct pen_call *call;
};

static struct caller connect_to(void)
{
	struct caller caller;

	assert_int_equal(pen_client_new(&caller.client, PIPE, NULL, NULL), 0);
	assert_int_equal(pen_call_new(&caller.call, caller.client), 0);
	pen_call_set_timeout(caller.call, TIMEOUT_MS);
	return caller;
}

static void hang_up(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

static int ask_pid(struct caller *caller, pid_t *pidp)
{
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	int r = counter_Pid(caller->call, &in, &out);

	*pidp = (pid_t)out.result;
	return r;
}

/* Whose process answers. The pipe may not be there yet. */
static struct caller call_somebody(pid_t *pidp)
{
	struct caller caller = connect_to();
	int r = ask_pid(&caller, pidp);

	for (int i = 0; r && i < TRIES; i++) {
		hang_up(&caller);
		usleep(TRY_US);
		caller = connect_to();
		r = ask_pid(&caller, pidp);
	}
	if (r)
		fail_msg("%d: %s", r, pen_call_error(caller.call));
	return caller;
}

static int32_t uid_of(struct caller *caller)
{
	static const struct counter_Uid_in in;
	struct counter_Uid_out out = { 0 };

	assert_int_equal(counter_Uid(caller->call, &in, &out), 0);
	return out.result;
}

/* ---- what is served ---- */

static void test_calls_go_by_a_pipe(void **state)
{
	const struct counter_Open_in open = { .first = 40 };
	struct counter_Open_out opened = { 0 };
	struct counter_Fill_in fill = { .n = 1 << 20 };
	struct counter_Fill_out filled = { 0 };
	struct caller caller;
	pid_t pid, again;

	caller = call_somebody(&pid);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(counter_Open(caller.call, &open, &opened), 0);
	for (int i = 1; i <= 20; i++) {
		const struct counter_Add_in in = { .counter = opened.counter, .n = i };
		struct counter_Add_out out = { 0 };

		assert_int_equal(counter_Add(caller.call, &in, &out), 0);
		assert_int_equal(out.total, 40 + i * (i + 1) / 2);
	}
	assert_int_equal(counter_Fill(caller.call, &fill, &filled), 0);
	assert_int_equal(filled.bytes[(1 << 20) - 1], 0x5a);
	assert_int_equal(ask_pid(&caller, &again), 0);
	assert_int_equal(again, pid);
	assert_int_equal(uid_of(&caller), geteuid());
	hang_up(&caller);
}

static void *visit_often(void *data)
{
	for (int i = 0; i < 25; i++) {
		pid_t pid;
		struct caller caller = call_somebody(&pid);

		assert_int_equal(ask_pid(&caller, &pid), 0);
		hang_up(&caller);
	}
	return NULL;
}

/* More than there are instances, and more than there are processes. */
static void test_many_come_at_once(void **state)
{
	pthread_t threads[12];

	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, visit_often, NULL), 0);
	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
}

static int be_nobody(void)
{
	struct caller caller;
	pid_t pid;

	caller = call_somebody(&pid);
	if (uid_of(&caller) != STAGE_NOBODY)
		return 2;
	hang_up(&caller);
	return 0;
}

static void test_other_users_are_known(void **state)
{
	stage_as_nobody(be_nobody);
}

/* ---- who dies ---- */

static void test_the_porter_dies(void **state)
{
	struct caller caller, other;
	pid_t pid, porter, again = 0;

	caller = call_somebody(&pid);
	porter = stage_child("penstock-porter");
	assert_true(porter > 0);
	kill(porter, SIGKILL);
	assert_int_equal(ask_pid(&caller, &again), 0);
	assert_int_equal(again, pid);
	other = call_somebody(&again);
	assert_int_not_equal(stage_child("penstock-porter"), porter);
	hang_up(&caller);
	hang_up(&other);
}

static void test_a_worker_dies(void **state)
{
	static const struct counter_Die_in in;
	struct counter_Die_out out;
	struct caller caller, other;
	pid_t pid, again;

	caller = call_somebody(&pid);
	assert_int_not_equal(counter_Die(caller.call, &in, &out), 0);
	other = call_somebody(&again);
	assert_int_not_equal(again, pid);
	hang_up(&caller);
	hang_up(&other);
}

static void test_the_object_manager_dies(void **state)
{
	struct caller caller, other;
	pid_t pid, again;

	caller = call_somebody(&pid);
	objectd_end(&stage_objectd, SIGKILL);
	assert_int_equal(ask_pid(&caller, &again), 0);
	assert_int_equal(uid_of(&caller), geteuid());
	objectd_start(&stage_objectd, NULL);
	other = call_somebody(&again);
	assert_int_equal(uid_of(&other), geteuid());
	assert_int_equal(ask_pid(&caller, &again), 0);
	assert_int_equal(again, pid);
	hang_up(&caller);
	hang_up(&other);
}

/* ---- all of them, free and confined ---- */

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_calls_go_by_a_pipe, stage_enter, stage_leave),
		cmocka_unit_test_setup_teardown(test_many_come_at_once, stage_enter, stage_leave),
		cmocka_unit_test_setup_teardown(test_other_users_are_known, stage_enter,
						stage_leave),
		cmocka_unit_test_setup_teardown(test_the_porter_dies, stage_enter, stage_leave),
		cmocka_unit_test_setup_teardown(test_a_worker_dies, stage_enter, stage_leave),
		cmocka_unit_test_setup_teardown(test_the_object_manager_dies, stage_enter,
						stage_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	int r;

	/* What looks for leaks at a program's end wants more than confined ones may. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	r = run_all();
	stage_is_confined = true;
	return r + run_all();
}
