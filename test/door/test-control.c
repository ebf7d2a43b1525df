/* SPDX-License-Identifier: MIT */
/*
 * The supervisor as control shows it: what its numbers say is what was done. It runs in a process
 * of its own, with no thread but one.
 */
#include "daemon/command.h"
#include "daemon/report.h"
#include "door/caller.h"
#include "door/site.h"
#include "support/fail.h"
#include <dirent.h>
#include <errno.h>
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 3000, TRY_US = 10000 };

struct fixture {
	struct site site;
	pid_t supervisor;
	struct caller control;
	struct control_GetStatus_out out; /* as it was told last */
};

/* ---- the supervisor ---- */

/* Until it is told to stop: 0. */
static int be_supervisor(const struct supervisor_config *config, int ready)
{
	struct supervisor *supervisor;
	struct control_config control_config = { .ncalrpc_dir = config->ncalrpc_dir,
						 .log = config->log };
	struct control *control;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Of those that are confined: a search for leaks traces. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	if (supervisor_new(&supervisor, config))
		return 1;
	control_config.loop = supervisor_loop(supervisor);
	control_config.actions = command_actions(supervisor);
	if (control_new(&control, &control_config))
		return 1;
	close(ready);
	supervisor_run(supervisor, 5000);
	control_free(control);
	supervisor_free(supervisor);
	return 0;
}

static void start_supervisor(struct fixture *f)
{
	const struct supervisor_config config = site_config(&f->site, true);
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	f->supervisor = fork();
	if (!f->supervisor) {
		close(ready[0]);
		exit(be_supervisor(&config, ready[1]));
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
}

static struct caller connect_to(const struct fixture *f, const char *binding)
{
	return caller_connect(f->site.ncalrpc, binding, 0);
}

static struct fixture *start(void)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	site_make(&f->site);
	start_supervisor(f);
	f->control = connect_to(f, "ncalrpc:");
	return f;
}

static void tell_to_stop(struct fixture *f, enum control_manner manner)
{
	struct control_Stop_out out = { 0 };

	assert_int_equal(control_Stop(f->control.call, &(struct control_Stop_in){ manner }, &out),
			 0);
	assert_int_equal(out.result, 0);
}

static void finish(struct fixture *f)
{
	int status = -1;

	assert_int_equal(waitpid(f->supervisor, &status, 0), f->supervisor);
	assert_int_equal(status, 0);
	leave(&f->control);
	site_remove(&f->site);
	test_free(f);
}

/* ---- what it says ---- */

static const struct control_status *ask(struct fixture *f)
{
	const struct control_GetStatus_in in = { 0 };
	int r = control_GetStatus(f->control.call, &in, &f->out);

	if (r)
		fail_msg("%d: %s", r, pen_call_error(f->control.call));
	assert_int_equal(f->out.result, 0);
	return &f->out.status;
}

static const struct control_program *find(const struct control_status *status, const char *name)
{
	for (uint32_t i = 0; i < status->n_programs; i++)
		if (!strcmp(status->programs[i].name, name))
			return &status->programs[i];
	fail_msg("there is no program %s", name);
	return NULL;
}

/* Asks until the program is as it is to be: what processes say may be on its way. */
static const struct control_program *await(struct fixture *f, const char *name,
					   bool (*is_so)(const struct control_program *program,
							 int64_t wanted),
					   int64_t wanted)
{
	const struct control_program *program = NULL;

	for (int i = 0; i < TRIES; i++) {
		program = find(ask(f), name);
		if (is_so(program, wanted))
			return program;
		usleep(TRY_US);
	}
	fail_msg("%s: %u processes, %ld calls, %ld faults, %ld crashed", name, program->n_workers,
		 (long)program->calls_begun, (long)program->faults, (long)program->crashed);
	return NULL;
}

static bool has_calls(const struct control_program *program, int64_t wanted)
{
	return program->calls_begun == wanted;
}

static bool has_workers(const struct control_program *program, int64_t wanted)
{
	return program->n_workers == wanted;
}

static bool has_crashed(const struct control_program *program, int64_t wanted)
{
	return program->crashed == wanted && !program->n_workers;
}

static bool has_connections(const struct control_program *program, int64_t wanted)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < program->n_workers; i++)
		n += program->workers[i].connections;
	return n == wanted;
}

/* ---- the tests ---- */

static void test_what_there_is(void **state)
{
	struct fixture *f = start();
	const struct control_status *status = ask(f);
	const struct control_program *counter = find(status, "counter");
	bool is_tcp = false;

	assert_string_equal(status->version, PEN_VERSION);
	assert_int_equal(status->pid, f->supervisor);
	assert_int_equal(status->state, control_RUNNING);
	assert_int_not_equal(status->greeter.pid, 0);
	assert_int_equal(status->greeter.started, 1);
	assert_int_equal(status->n_programs, 2);
	assert_string_equal(counter->path, f->site.program);
	assert_int_equal(counter->n_workers, 0);
	assert_int_equal(counter->n_interfaces, 1);
	assert_string_equal(counter->interfaces[0].name, "counter");
	assert_int_equal(counter->interfaces[0].minor, 2);
	for (uint32_t i = 0; i < status->n_endpoints; i++) {
		const struct control_endpoint *endpoint = &status->endpoints[i];

		assert_true(endpoint->is_open);
		is_tcp |= !strncmp(endpoint->binding, "ncacn_ip_tcp:127.0.0.1[", 23);
		if (!strcmp(endpoint->binding, "ncalrpc:[counter]")) {
			assert_int_equal(endpoint->n_programs, 2);
			assert_string_equal(endpoint->programs[0].name, "counter");
			assert_string_equal(endpoint->programs[1].name, "other");
		}
	}
	assert_true(is_tcp);
	tell_to_stop(f, control_IN_TIME);
	finish(f);
}

static void test_numbers_are_right(void **state)
{
	enum { N_CALLS = 20, N_HANDLES = 3 };
	struct fixture *f = start();
	struct caller callers[2] = { connect_to(f, "ncalrpc:[counter]"),
				     connect_to(f, "ncalrpc:[counter]") };
	const struct control_program *program;
	const struct control_status *status;
	struct counter_Add_out sum = { 0 };
	pid_t pid = pid_of(&callers[0]);
	uint32_t handles = 0;

	pid_of(&callers[1]);
	for (int i = 0; i < N_HANDLES; i++)
		open_counter(&callers[0], 1);
	for (int i = 2 + N_HANDLES; i < N_CALLS - 1; i++)
		pid_of(&callers[i % 2]);
	/* A handle of nobody. */
	assert_int_equal(counter_Add(callers[1].call, &(struct counter_Add_in){ .n = 1 }, &sum),
			 PEN_E_FAULT);
	program = await(f, "counter", has_calls, N_CALLS);
	status = &f->out.status;
	assert_int_equal(program->n_workers, 2);
	assert_int_equal(program->started, 2);
	assert_int_equal(program->crashed, 0);
	assert_int_equal(program->faults, 1);
	assert_int_equal(program->arrivals, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct control_worker *worker = &program->workers[i];

		assert_int_equal(worker->connections, 1);
		assert_int_equal(worker->groups, 1);
		assert_int_equal(worker->calls, 0);
		assert_int_equal(worker->stage, control_READY);
		assert_true(worker->told_ms >= 0 && worker->told_ms <= worker->age_ms);
		assert_int_equal(worker->handles, worker->pid == (uint32_t)pid ? N_HANDLES : 0);
		handles += worker->handles;
	}
	assert_int_equal(handles, N_HANDLES);
	assert_int_equal(status->accepted, 2);
	assert_int_equal(status->refused, 0);
	assert_int_equal(find(status, "other")->calls_begun, 0);
	leave(&callers[0]);
	leave(&callers[1]);
	program = await(f, "counter", has_connections, 0);
	assert_int_equal(program->calls_begun, N_CALLS);
	tell_to_stop(f, control_IN_TIME);
	finish(f);
}

/* What those had counted that have ended is not lost. */
static void test_counts_outlive_processes(void **state)
{
	struct fixture *f = start();
	struct caller caller = connect_to(f, "ncalrpc:[counter]");
	const struct control_program *program;

	for (int i = 0; i < 5; i++)
		pid_of(&caller);
	await(f, "counter", has_calls, 5);
	assert_int_not_equal(counter_Die(caller.call, &(struct counter_Die_in){ 0 },
					 &(struct counter_Die_out){ 0 }),
			     0);
	leave(&caller);
	program = await(f, "counter", has_crashed, 1);
	assert_int_equal(program->started, 1);
	assert_int_equal(program->crashes, 1);
	assert_true(program->calls_begun >= 5);
	assert_int_equal(program->arrivals, 1);
	tell_to_stop(f, control_IN_TIME);
	finish(f);
}

/* A fork beside others might stand still. */
static void test_it_has_one_thread(void **state)
{
	struct fixture *f = start();
	struct caller caller = connect_to(f, "ncalrpc:[counter]");
	char path[64];
	DIR *tasks;
	int n = 0;

	pid_of(&caller);
	snprintf(path, sizeof(path), "/proc/%d/task", f->supervisor);
	tasks = opendir(path);
	assert_non_null(tasks);
	while (readdir(tasks))
		n++;
	closedir(tasks);
	assert_int_equal(n, 2 + 1);
	leave(&caller);
	tell_to_stop(f, control_IN_TIME);
	finish(f);
}

static uint32_t restart(struct fixture *f, const char *program, bool is_now)
{
	struct control_Restart_out out = { 0 };

	assert_int_equal(control_Restart(f->control.call,
					 &(struct control_Restart_in){ program, is_now }, &out),
			 0);
	return out.result;
}

static void test_a_program_is_restarted(void **state)
{
	struct fixture *f = start();
	struct caller old = connect_to(f, "ncalrpc:[counter]"), new, more;
	const struct control_program *program;
	pid_t pid = pid_of(&old);

	assert_int_equal(restart(f, "nobody", false), PEN_WERR_NOT_FOUND);
	assert_int_equal(restart(f, "counter", false), 0);
	assert_int_equal(find(ask(f), "counter")->workers[0].stage, control_LEAVING);
	/* Whoever was there stays with the old one, whoever comes gets a new one. */
	new = connect_to(f, "ncalrpc:[counter]");
	assert_int_not_equal(pid_of(&new), pid);
	assert_int_equal(pid_of(&old), pid);
	more = caller_connect(f->site.ncalrpc, "ncalrpc:[counter]",
			      pen_client_assoc_group_id(old.client));
	assert_int_equal(pid_of(&more), pid);
	assert_int_equal(find(ask(f), "counter")->n_workers, 2);
	leave(&more);
	leave(&old);
	program = await(f, "counter", has_workers, 1);
	assert_int_not_equal(program->workers[0].pid, pid);
	assert_int_equal(program->crashed, 0);
	/* At once: its connection is gone. */
	assert_int_equal(restart(f, "counter", true), 0);
	program = await(f, "counter", has_workers, 0);
	assert_int_equal(program->crashed, 0);
	assert_int_equal(program->started, 2);
	leave(&new);
	tell_to_stop(f, control_IN_TIME);
	finish(f);
}

/* It says that it stops, while a connection keeps it; then it is told to hurry. */
static void test_it_stops_as_it_is_told(void **state)
{
	struct fixture *f = start();
	struct caller caller = connect_to(f, "ncalrpc:[counter]");
	const struct control_status *status;

	pid_of(&caller);
	tell_to_stop(f, control_IN_TIME);
	do
		status = ask(f);
	while (status->state == control_RUNNING);
	assert_int_equal(status->state, control_STOPPING);
	tell_to_stop(f, control_NOW);
	finish(f);
	leave(&caller);
}

/* Of one in this process, that does not run. */
static void test_allocations_of_a_report_fail(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct supervisor_config config;
	struct supervisor *supervisor;
	struct control_status status;
	struct pen_arena arena;
	int r;

	site_make(&f->site);
	config = site_config(&f->site, true);
	assert_int_equal(supervisor_new(&supervisor, &config), 0);
	for (size_t n = 1;; n++) {
		pen_arena_init(&arena, 0);
		pen_fail_at(n);
		r = report_status(supervisor, &arena, &status);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		pen_arena_done(&arena);
	}
	assert_int_equal(r, 0);
	assert_int_equal(status.n_programs, 2);
	pen_arena_done(&arena);
	/* No room in the arena is the same. */
	pen_arena_init(&arena, 16);
	assert_int_equal(report_status(supervisor, &arena, &status), -ENOMEM);
	pen_arena_done(&arena);
	supervisor_free(supervisor);
	site_remove(&f->site);
	test_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_there_is),
		cmocka_unit_test(test_numbers_are_right),
		cmocka_unit_test(test_counts_outlive_processes),
		cmocka_unit_test(test_it_has_one_thread),
		cmocka_unit_test(test_a_program_is_restarted),
		cmocka_unit_test(test_it_stops_as_it_is_told),
		cmocka_unit_test(test_allocations_of_a_report_fail),
	};

	setenv("COUNTER_IDLE", "60", 1);
	setenv("COUNTER_WORKERS", "5", 1);
	return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
