/* SPDX-License-Identifier: MIT */
/*
 * Calls that are about the same things, over sockets: who runs, who waits, and what becomes of both
 * when calls are cancelled, handles closed and connections lost.
 */
#include "idl/test-handles.h"
#include <errno.h>
#include <penstock/status.h>

/* ---- the server ---- */

static void locked(struct pen_call *call, int result, void *data)
{
	struct job *job = data;

	job->n_locked++;
	job->lock_result = result;
}

/* ---- the client ---- */

static void start_close(struct fixture *f, unsigned id, unsigned one)
{
	const struct holder_Close_in in = { f->handles[one] };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Close_start(r->call, &in, &r->close, on_done, r), 0);
}

/* ---- who runs ---- */

static void test_one_after_the_other(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 4; i++)
		start_alone(f, i, 0, 0);
	start_alone(f, 4, 1, 2);
	pump(f, NULL);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = i + 1; k < 4; k++)
			assert_false(jobs[k].is_running);
		assert_true(jobs[i].is_running);
		assert_true(jobs[4].is_running);
		finish_and_hear(f, i);
		pump(f, NULL);
	}
	finish_and_hear(f, 4);
	stop(f);
}

static void test_some_together(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	start_alone(f, 3, 0, 0);
	start_together(f, 4, 0);
	pump(f, NULL);
	assert_int_equal(n_begun, 3);
	for (unsigned i = 0; i < 3; i++)
		finish_and_hear(f, i);
	pump(f, NULL);
	assert_true(jobs[3].is_running);
	assert_false(jobs[4].is_running);
	finish_and_hear(f, 3);
	pump(f, NULL);
	finish_and_hear(f, 4);
	stop(f);
}

/* Each has what the other wants, if they took one after the other. */
static void test_two_handles_at_once(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 1);
	start_alone(f, 1, 0, 1);
	start_alone(f, 2, 1, 0);
	start_alone(f, 3, 2, 2);
	pump(f, NULL);
	assert_int_equal(n_begun, 2);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_true(jobs[1].is_running);
	finish_and_hear(f, 1);
	pump(f, NULL);
	finish_and_hear(f, 2);
	finish_and_hear(f, 3);
	stop(f);
}

static void test_so_many_may_wait(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < WAITING_MAX + 2; i++)
		start_alone(f, i, 0, 0);
	pump(f, NULL);
	assert_true(f->requests[WAITING_MAX + 1].is_done);
	assert_int_equal(f->requests[WAITING_MAX + 1].fault, PEN_FAULT_SERVER_TOO_BUSY);
	for (unsigned i = 0; i <= WAITING_MAX; i++) {
		finish_and_hear(f, i);
		pump(f, NULL);
	}
	stop(f);
}

static void test_changes_while_it_runs(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	pump(f, NULL);
	assert_int_equal(pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[0], NULL, NULL),
			 -EBUSY);
	assert_int_equal(pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[1], locked, NULL),
			 PEN_E_NOT_FOUND);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[0], locked, &jobs[0]),
		PEN_PENDING);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[1].call, &f->handles[0], locked, &jobs[1]),
		-EBUSY);
	start_together(f, 3, 0);
	finish_and_hear(f, 1);
	assert_int_equal(jobs[0].n_locked, 0);
	finish_and_hear(f, 2);
	pump(f, NULL);
	assert_int_equal(jobs[0].n_locked, 1);
	assert_int_equal(jobs[0].lock_result, 0);
	assert_false(jobs[3].is_running);
	assert_int_equal(pen_call_handle_lock_shared(jobs[0].call, &f->handles[0]), 0);
	pump(f, NULL);
	assert_true(jobs[3].is_running);
	finish_and_hear(f, 0);
	finish_and_hear(f, 3);
	stop(f);
}

/* One that waits for something to happen lets others by, also one that closes the handle. */
static void test_without_its_handle(void **state)
{
	struct fixture *f = start();
	struct thing *thing = &things[0];

	start_alone(f, 0, 0, 0);
	start_alone(f, 1, 0, 0);
	start_close(f, 2, 0);
	pump(f, NULL);
	assert_false(jobs[1].is_running);
	thing->n_alone--;
	jobs[0].things[0] = NULL;
	assert_int_equal(pen_call_handle_unlock(jobs[0].call, &f->handles[0]), 0);
	assert_int_equal(pen_call_handle_unlock(jobs[0].call, &f->handles[0]), PEN_E_NOT_FOUND);
	pump(f, NULL);
	assert_true(jobs[1].is_running);
	finish_and_hear(f, 1);
	pump(f, &f->requests[2].is_done);
	assert_int_equal(thing->n_rundowns, 1);
	finish_and_hear(f, 0);
	stop(f);
}

/* ---- what ends ---- */

static void test_one_that_waits_is_cancelled(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_alone(f, i, 0, 0);
	pump(f, NULL);
	assert_int_equal(pen_call_cancel(f->requests[1].call), 0);
	pump(f, &f->requests[1].is_done);
	assert_int_equal(f->requests[1].result, PEN_E_CANCELLED);
	assert_int_equal(n_begun, 1);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_true(jobs[2].is_running);
	finish_and_hear(f, 2);
	assert_int_equal(jobs[1].began_at, 0);
	stop(f);
}

/* Who comes after one that closes the handle has none. */
static void test_closed_before_it_is_ones_turn(void **state)
{
	struct fixture *f = start();

	start_alone(f, 0, 0, 1);
	start_close(f, 1, 0);
	start_alone(f, 2, 0, 2);
	start_together(f, 3, 0);
	pump(f, NULL);
	assert_int_equal(things[0].n_rundowns, 0);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_int_equal(f->requests[1].result, 0);
	assert_int_equal(things[0].n_rundowns, 1);
	for (unsigned i = 2; i < 4; i++) {
		assert_true(f->requests[i].is_done);
		assert_int_equal(f->requests[i].fault, PEN_FAULT_CONTEXT_MISMATCH);
	}
	stop(f);
}

/* One of those that share it closes it: the last one has the object until it ends. */
static void test_closed_while_others_use_it(void **state)
{
	struct fixture *f = start();
	struct pen_context_handle handle = f->handles[0];

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	start_alone(f, 3, 0, 0);
	pump(f, NULL);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[2].call, &f->handles[0], locked, &jobs[2]),
		PEN_PENDING);
	assert_int_equal(pen_call_handle_close(jobs[0].call, &type, &handle), 0);
	assert_int_equal(things[0].n_rundowns, 0);
	pump(f, &f->requests[3].is_done);
	assert_int_equal(f->requests[3].fault, PEN_FAULT_CONTEXT_MISMATCH);
	finish_and_hear(f, 0);
	finish_and_hear(f, 1);
	pump(f, NULL);
	assert_int_equal(jobs[2].n_locked, 1);
	assert_int_equal(jobs[2].lock_result, PEN_E_NOT_FOUND);
	assert_int_equal(things[0].n_rundowns, 0);
	finish_and_hear(f, 2);
	assert_int_equal(things[0].n_rundowns, 1);
	stop(f);
}

/* The client goes: who waits is forgotten, and who runs keeps the things until it ends. */
static void test_the_client_goes(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 0);
	start_together(f, 1, 0);
	start_alone(f, 2, 0, 1);
	start_alone(f, 3, 1, 0);
	pump(f, NULL);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[1].call, &f->handles[0], locked, &jobs[1]),
		PEN_PENDING);
	close_client(f);
	pump(f, NULL);
	assert_true(jobs[0].is_stopped && jobs[1].is_stopped);
	assert_int_equal(things[0].n_rundowns + things[1].n_rundowns, 0);
	finish(0);
	pump(f, NULL);
	assert_int_equal(jobs[1].n_locked, 1);
	assert_int_equal(things[0].n_rundowns + things[1].n_rundowns, 0);
	finish(1);
	pump(f, NULL);
	assert_int_equal(n_begun, 2);
	stop(f);
}

/* The server ends with calls that run, and that wait. */
static void test_the_server_goes(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 0);
	start_alone(f, 1, 0, 1);
	pump(f, NULL);
	jobs[0].things[0]->n_together = 0;
	f->server = pen_server_free(f->server);
	for (size_t i = 0; i < N_THINGS; i++)
		assert_int_equal(things[i].n_rundowns, 1);
	close_client(f);
	test_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_some_together),
		cmocka_unit_test(test_two_handles_at_once),
		cmocka_unit_test(test_so_many_may_wait),
		cmocka_unit_test(test_changes_while_it_runs),
		cmocka_unit_test(test_without_its_handle),
		cmocka_unit_test(test_one_that_waits_is_cancelled),
		cmocka_unit_test(test_closed_before_it_is_ones_turn),
		cmocka_unit_test(test_closed_while_others_use_it),
		cmocka_unit_test(test_the_client_goes),
		cmocka_unit_test(test_the_server_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
