/* SPDX-License-Identifier: MIT */
/* The supervisor: who serves whom, and whose association groups they are. */
#include "door/test-supervisor.h"
#include "runtime/server-trace.h"
#include <penstock/status.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* ---- what is served ---- */

static void test_who_calls_is_served(void **state)
{
	struct fixture *f = start("60", "0");
	struct caller local = connect_to(f, "ncalrpc:[counter]", 0);
	struct caller tcp = connect_to(f, f->tcp, 0);
	pid_t pid;

	assert_int_equal(stats_of(f).workers, 0);
	pid = pid_of(&local);
	assert_int_not_equal(pid, getpid());
	assert_int_equal(stats_of(f).workers, 1);
	/* The first one is busy with a connection, so the second client has another. */
	assert_int_not_equal(pid_of(&tcp), pid);
	assert_int_equal(pid_of(&local), pid);
	leave(&tcp);
	leave(&local);
	stop(f);
}

static void test_two_programs_behind_one_door(void **state)
{
	static const struct other_WhichPid_in in;
	struct other_WhichPid_out out = { 0 };
	struct fixture *f = start("60", "0");
	struct caller counter = connect_to(f, "ncalrpc:[counter]", 0);
	struct caller other = connect_to(f, "ncalrpc:[counter]", 0);
	struct caller own = connect_to(f, "ncalrpc:[other]", 0);
	pid_t pid = pid_of(&counter);

	assert_int_equal(other_WhichPid(other.call, &in, &out), 0);
	assert_int_not_equal(out.result, pid);
	/* A connection stays with the program that its first bind was for. */
	assert_int_equal(other_WhichPid(counter.call, &in, &out), PEN_E_REJECTED);
	assert_int_equal(pid_of(&counter), pid);
	assert_int_equal(other_WhichPid(own.call, &in, &out), 0);
	leave(&own);
	leave(&other);
	leave(&counter);
	stop(f);
}

static void test_ready_before_anybody_calls(void **state)
{
	struct fixture *f = start("60", "3");
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);

	await_workers(f, 3);
	pid_of(&caller);
	assert_int_equal(stats_of(f).workers, 3);
	leave(&caller);
	stop(f);
}

static struct trace_call told(int fd, struct pen_arena *arena)
{
	static uint8_t letter[trace_LETTER_MAX];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct trace_call call;
	ssize_t n;

	assert_int_equal(poll(&wait, 1, 60000), 1);
	n = recv(fd, letter, sizeof(letter), MSG_DONTWAIT);
	assert_true(n > 0);
	assert_int_equal(pen_traced_get(&call, (struct pen_slice){ letter, (size_t)n }, arena), 0);
	return call;
}

/* All processes tell of their calls, those that were there and those that came. */
static void test_who_looks_on(void **state)
{
	struct caller callers[3];
	struct pen_arena arena;
	struct fixture *f;
	int ends[2];

	pen_arena_init(&arena, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	onlooker = ends[1];
	f = start("60", "1");
	onlooker = -1;
	f->n_fds -= 2;
	for (size_t i = 0; i < PEN_COUNT(callers); i++) {
		callers[i] = connect_to(f, "ncalrpc:[counter]", 0);
		pid_of(&callers[i]);
	}
	for (size_t i = 0; i < PEN_COUNT(callers); i++) {
		struct trace_call call = told(ends[0], &arena);

		assert_memory_equal(&call.uuid, &counter_interface.id.uuid, 16);
		assert_int_equal(call.process, pid_of(&callers[i]));
		assert_int_equal(call.outcome, trace_ANSWERED);
	}
	for (size_t i = 0; i < PEN_COUNT(callers); i++)
		assert_int_equal(told(ends[0], &arena).process, pid_of(&callers[i]));
	close(ends[0]);
	for (size_t i = 0; i < PEN_COUNT(callers); i++) {
		pid_of(&callers[i]);
		leave(&callers[i]);
	}
	pen_arena_done(&arena);
	stop(f);
}

static void test_who_is_idle_leaves(void **state)
{
	struct fixture *f = start("1", "0");
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&caller);

	leave(&caller);
	await_workers(f, 0);
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	assert_int_not_equal(pid_of(&caller), pid);
	leave(&caller);
	assert_int_equal(stats_of(f).crashed, 0);
	stop(f);
}

/* ---- association groups ---- */

static void test_groups_find_their_process(void **state)
{
	const char *times = getenv("PEN_TEST_GROUPS");
	struct fixture *f = start("60", "0");
	struct caller callers[N_WORKERS];
	pid_t pids[N_WORKERS];

	for (int i = 0; i < N_WORKERS; i++) {
		callers[i] = connect_to(f, i % 2 ? f->tcp : "ncalrpc:[counter]", 0);
		pids[i] = pid_of(&callers[i]);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(pids[i], pids[k]);
	}
	for (int i = 0; i < (times ? atoi(times) : 300); i++) {
		int which = i * 7 % N_WORKERS;
		uint32_t group = pen_client_assoc_group_id(callers[which].client);
		struct caller second =
			connect_to(f, which % 2 ? f->tcp : "ncalrpc:[counter]", group);
		struct pen_context_handle counter = open_counter(&callers[which], i);
		int32_t total;

		assert_int_equal(add(&second, counter, 5, &total), 0);
		assert_int_equal(total, i + 5);
		assert_int_equal(pid_of(&second), pids[which]);
		leave(&second);
		assert_int_equal(add(&callers[which], counter, 1, &total), 0);
		assert_int_equal(total, i + 6);
		assert_int_equal(counter_Close(callers[which].call,
					       &(struct counter_Close_in){ .counter = counter },
					       &(struct counter_Close_out){ 0 }),
				 0);
	}
	for (int i = 0; i < N_WORKERS; i++)
		leave(&callers[i]);
	stop(f);
}

static void expect_rejected(const struct fixture *f, const char *binding, uint32_t group)
{
	struct caller caller = connect_to(f, binding, group);

	assert_int_equal(pen_client_bind(caller.client, &counter_interface), PEN_E_REJECTED);
	leave(&caller);
}

static void test_groups_that_are_none(void **state)
{
	struct fixture *f = start("60", "0");
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);
	uint32_t group;

	pid_of(&caller);
	group = pen_client_assoc_group_id(caller.client);
	expect_rejected(f, f->tcp, group); /* of another transport */
	expect_rejected(f, "ncalrpc:[counter]", group ^ 1);
	expect_rejected(f, "ncalrpc:[counter]", group ^ 0x10000);
	expect_rejected(f, "ncalrpc:[counter]", UINT32_MAX);
	leave(&caller);
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	expect_rejected(f, "ncalrpc:[counter]", group); /* it is over */
	leave(&caller);
	stop(f);
}

/* As the kernel sees this thread. */
static void become(uid_t uid)
{
	assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
}

/* Whoever knows its value and its group, and is somebody else. */
static void test_a_handle_is_its_users(void **state)
{
	struct fixture *f = start("60", "0");
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&caller, 1);
	struct caller other;
	pid_t pid = pid_of(&caller);
	int32_t total;

	if (geteuid()) {
		leave(&caller);
		stop(f);
		skip();
	}
	assert_int_equal(chmod(f->site.directory, 0755), 0);
	become(65534);
	other = connect_to(f, "ncalrpc:[counter]", pen_client_assoc_group_id(caller.client));
	assert_int_equal(pid_of(&other), pid);
	become(0);
	assert_int_equal(add(&other, counter, 5, &total), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(other.call), PEN_FAULT_CONTEXT_MISMATCH);
	assert_int_equal(counter_Close(other.call, &(struct counter_Close_in){ .counter = counter },
				       &(struct counter_Close_out){ 0 }),
			 PEN_E_FAULT);
	assert_int_equal(add(&caller, counter, 5, &total), 0);
	assert_int_equal(total, 6);
	leave(&other);
	leave(&caller);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_calls_is_served),
		cmocka_unit_test(test_two_programs_behind_one_door),
		cmocka_unit_test(test_ready_before_anybody_calls),
		cmocka_unit_test(test_who_looks_on),
		cmocka_unit_test(test_who_is_idle_leaves),
		cmocka_unit_test(test_groups_find_their_process),
		cmocka_unit_test(test_groups_that_are_none),
		cmocka_unit_test(test_a_handle_is_its_users),
	};

	return run_all(tests, PEN_COUNT(tests));
}
