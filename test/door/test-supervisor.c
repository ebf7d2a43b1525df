/* SPDX-License-Identifier: MIT */
/*
 * The supervisor with its greeter and programs, all of them processes: who serves whom, what
 * becomes of those that die, and what is left in the end.
 */
#include "counter.h"
#include "daemon/supervisor.h"
#include "io/socket.h"
#include "runtime/server-trace.h"
#include "support/fds.h"
#include "support/unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <penstock/client.h>
#include <penstock/conn.h>
#include <penstock/status.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 3000, TRY_US = 10000, N_WORKERS = 5 };

struct fixture {
	unsigned n_fds;
	char directory[32];
	char ncalrpc[48], np[48], program[300], other[48], greeter[300];
	struct supervisor *supervisor;
	pthread_t thread;
	const char *tcp; /* the binding */
};

static const struct log quiet = { .level = PEN_LOG_ERROR };

/* Each test runs once without confinement, and once with it. */
static bool is_confined;

static const char *n_workers = "5";

/* Who looks on from the beginning; -1: nobody does. */
static int onlooker = -1;

static void *run(void *data)
{
	supervisor_run(((struct fixture *)data)->supervisor, 5000);
	return NULL;
}

static const char *find_binding(const struct fixture *f, const char *wanted)
{
	const char *binding, *listed;

	for (size_t i = 0; (binding = supervisor_binding(f->supervisor, i, &listed)); i++)
		if (!strcmp(listed, wanted))
			return binding;
	fail_msg("nobody listens at %s", wanted);
	return NULL;
}

static struct fixture *start(const char *idle, const char *ready)
{
	static const char *const addresses[] = { "127.0.0.1", NULL };
	struct fixture *f = test_calloc(1, sizeof(*f));
	const char *const programs[] = { f->program, f->other, NULL };
	const char *build = getenv("PEN_TEST_BUILD");
	const struct supervisor_config config = {
		.programs = programs,
		.greeter = f->greeter,
		.ncalrpc_dir = f->ncalrpc,
		.np_dir = f->np,
		.addresses = addresses,
		.is_confined = is_confined,
		.visitors_max = 10000,
		.log = &quiet,
	};

	assert_non_null(build);
	f->n_fds = pen_count_fds();
	strcpy(f->directory, "/tmp/penstock-door-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->ncalrpc, sizeof(f->ncalrpc), "%s/ncalrpc", f->directory);
	snprintf(f->np, sizeof(f->np), "%s/np", f->directory);
	snprintf(f->program, sizeof(f->program), "%s/test/door/counter", build);
	snprintf(f->other, sizeof(f->other), "%s/other", f->directory);
	snprintf(f->greeter, sizeof(f->greeter), "%s/src/daemon/penstock-greeter", build);
	assert_int_equal(symlink(f->program, f->other), 0);
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

static void stop(struct fixture *f)
{
	supervisor_stop(f->supervisor);
	pthread_join(f->thread, NULL);
	supervisor_free(f->supervisor);
	unlink(f->other);
	assert_int_equal(rmdir(f->ncalrpc), 0);
	assert_int_equal(rmdir(f->np), 0);
	assert_int_equal(rmdir(f->directory), 0);
	assert_int_equal(pen_count_fds(), f->n_fds);
	/* Nobody is left, not even as a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	test_free(f);
}

/* ---- clients ---- */

struct caller {
	struct pen_client *client;
	struct pen_call *call;
};

static struct caller connect_to(const struct fixture *f, const char *binding, uint32_t group)
{
	const struct pen_client_config config = { .ncalrpc_dir = f->ncalrpc,
						  .assoc_group_id = group };
	struct caller caller;

	assert_int_equal(pen_client_new(&caller.client, binding, &config, NULL), 0);
	assert_int_equal(pen_call_new(&caller.call, caller.client), 0);
	pen_call_set_timeout(caller.call, 60000);
	return caller;
}

static void leave(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

static pid_t pid_of(struct caller *caller)
{
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	int r = counter_Pid(caller->call, &in, &out);

	if (r)
		fail_msg("%d: %s", r, pen_call_error(caller->call));
	return (pid_t)out.result;
}

static struct pen_context_handle open_counter(struct caller *caller, int32_t first)
{
	const struct counter_Open_in in = { .first = first };
	struct counter_Open_out out = { 0 };

	assert_int_equal(counter_Open(caller->call, &in, &out), 0);
	return out.counter;
}

static int add(struct caller *caller, struct pen_context_handle counter, int32_t n, int32_t *totalp)
{
	const struct counter_Add_in in = { .counter = counter, .n = n };
	struct counter_Add_out out = { 0 };
	int r = counter_Add(caller->call, &in, &out);

	*totalp = out.total;
	return r;
}

static struct supervisor_stats stats_of(const struct fixture *f)
{
	struct supervisor_stats stats;

	supervisor_stats(f->supervisor, &stats);
	return stats;
}

static void await_workers(const struct fixture *f, uint32_t n)
{
	for (int i = 0; stats_of(f).workers != n; i++) {
		if (i == TRIES)
			fail_msg("%u workers, not %u", stats_of(f).workers, n);
		usleep(TRY_US);
	}
}

static void await_crashes(const struct fixture *f, uint64_t n)
{
	for (int i = 0; i < TRIES && stats_of(f).crashed != n; i++)
		usleep(TRY_US);
	assert_int_equal(stats_of(f).crashed, n);
}

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
	assert_int_equal(chmod(f->directory, 0755), 0);
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

/* ---- those that die ---- */

static void test_who_dies_takes_nobody_along(void **state)
{
	static const struct counter_Die_in in;
	struct counter_Die_out out;
	struct fixture *f = start("60", "0");
	struct caller callers[N_WORKERS];
	struct pen_context_handle counters[N_WORKERS];
	int32_t total;
	pid_t pid;

	for (int i = 0; i < N_WORKERS; i++) {
		callers[i] = connect_to(f, "ncalrpc:[counter]", 0);
		counters[i] = open_counter(&callers[i], i);
	}
	pid = pid_of(&callers[2]);
	assert_int_equal(counter_Die(callers[2].call, &in, &out), PEN_E_CLOSED);
	for (int i = 0; i < N_WORKERS; i++)
		if (i != 2) {
			assert_int_equal(add(&callers[i], counters[i], 1, &total), 0);
			assert_int_equal(total, i + 1);
		}
	assert_int_not_equal(pid_of(&callers[2]), pid);
	assert_int_equal(add(&callers[2], counters[2], 1, &total), PEN_E_FAULT);
	for (int i = 0; i < N_WORKERS; i++)
		leave(&callers[i]);
	await_crashes(f, 1);
	stop(f);
}

static void make_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* More often than visitors are tried elsewhere, and no crash. */
static void test_who_could_not_start_yet(void **state)
{
	char away[] = "/tmp/penstock-away-XXXXXX";
	struct fixture *f;
	struct caller caller;

	make_file(away, "123456");
	/* A confined one cannot count down. */
	if (!is_confined)
		setenv("COUNTER_AWAY", away, 1);
	f = start("60", "0");
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	assert_int_equal(stats_of(f).started, is_confined ? 1 : 7);
	assert_int_equal(stats_of(f).crashed, 0);
	leave(&caller);
	stop(f);
	unsetenv("COUNTER_AWAY");
	unlink(away);
}

static void call_and_kill(const struct fixture *f)
{
	struct caller caller = connect_to(f, "ncalrpc:[counter]", 0);

	/* It may be given to the last one, which is dying. */
	if (pen_client_bind(caller.client, &counter_interface) == PEN_E_CLOSED)
		assert_int_equal(pen_client_bind(caller.client, &counter_interface), 0);
	kill(pid_of(&caller), SIGKILL);
	leave(&caller);
}

/* Who calls next waits for a while, and is not refused. */
static void test_one_that_fails_after_many_were_killed(void **state)
{
	char fails[] = "/tmp/penstock-fails-XXXXXX";
	struct fixture *f;
	struct caller caller;

	make_file(fails, "");
	/* A confined one cannot count down. */
	if (!is_confined)
		setenv("COUNTER_FAILS", fails, 1);
	f = start("60", "0");
	for (int i = 0; i < 6; i++)
		call_and_kill(f);
	await_crashes(f, 6);
	assert_int_equal(truncate(fails, 1), 0);
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	assert_int_equal(stats_of(f).crashed, is_confined ? 6 : 7);
	leave(&caller);
	stop(f);
	unsetenv("COUNTER_FAILS");
	unlink(fails);
}

static void test_killed_again_and_again(void **state)
{
	struct fixture *f = start("60", "0");

	for (int i = 0; i < 8; i++)
		call_and_kill(f);
	await_workers(f, 0);
	await_crashes(f, 8);
	stop(f);
}

/* Among the children of one of our threads. */
static pid_t greeter_among(const char *thread)
{
	char path[300], name[32] = "";
	FILE *children;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%s/children", thread);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "re");
		if (comm && !fgets(name, sizeof(name), comm))
			*name = '\0';
		if (comm)
			fclose(comm);
		if (!strncmp(name, "penstock-greet", 14))
			break;
		pid = 0;
	}
	if (children)
		fclose(children);
	return pid;
}

static pid_t greeter_of(void)
{
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *thread;
	pid_t pid = 0;

	assert_non_null(threads);
	while (!pid && (thread = readdir(threads)))
		if (*thread->d_name != '.')
			pid = greeter_among(thread->d_name);
	closedir(threads);
	return pid;
}

static void test_another_greeter(void **state)
{
	struct fixture *f = start("60", "0");
	struct caller before = connect_to(f, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&before);

	for (int i = 0; i < 5; i++) {
		pid_t greeter = 0;
		struct caller after;

		for (int k = 0; k < TRIES && !(greeter = greeter_of()); k++)
			usleep(TRY_US);
		assert_true(greeter > 0);
		assert_int_equal(kill(greeter, SIGKILL), 0);
		while (!kill(greeter, 0) && greeter_of() == greeter)
			usleep(TRY_US);
		/* Whoever comes meanwhile waits, or may come again. */
		after = connect_to(f, "ncalrpc:[counter]", 0);
		if (pen_client_bind(after.client, &counter_interface) == PEN_E_CLOSED)
			assert_int_equal(pen_client_bind(after.client, &counter_interface), 0);
		pid_of(&after);
		leave(&after);
		assert_int_equal(pid_of(&before), pid);
	}
	leave(&before);
	stop(f);
}

/* ---- many ---- */

static void test_who_says_nothing(void **state)
{
	enum { N = 500 };
	struct fixture *f = start("60", "0");
	struct pen_address address;
	struct caller caller;
	int silent[N];

	assert_int_equal(pen_unix_address(&address, f->ncalrpc, "counter"), 0);
	for (int i = 0; i < N; i++) {
		bool is_pending;

		silent[i] = pen_socket_connect(&address, &is_pending);
		assert_true(silent[i] >= 0);
		if (i % 2)
			assert_int_equal(send(silent[i], "\5\0\13", 3, 0), 3);
	}
	for (int i = 0; i < TRIES && stats_of(f).visitors < N; i++)
		usleep(TRY_US);
	assert_int_equal(stats_of(f).visitors, N);
	assert_int_equal(stats_of(f).workers, 0);
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	leave(&caller);
	for (int i = 0; i < N; i++)
		close(silent[i]);
	for (int i = 0; i < TRIES && stats_of(f).visitors; i++)
		usleep(TRY_US);
	assert_int_equal(stats_of(f).visitors, 0);
	stop(f);
}

static void test_many_connections(void **state)
{
	enum { N = 300 };
	struct fixture *f = start("60", "0");
	struct caller callers[N];
	pid_t pids[N_WORKERS] = { 0 };
	int n_pids = 0;

	for (int i = 0; i < N; i++) {
		pid_t pid;
		int k = 0;

		callers[i] = connect_to(f, i % 3 ? "ncalrpc:[counter]" : f->tcp, 0);
		pid = pid_of(&callers[i]);
		while (k < n_pids && pids[k] != pid)
			k++;
		if (k == n_pids) {
			assert_true(n_pids < N_WORKERS);
			pids[n_pids++] = pid;
		}
	}
	assert_int_equal(n_pids, N_WORKERS);
	assert_int_equal(stats_of(f).workers, N_WORKERS);
	for (int i = 0; i < N; i++)
		leave(&callers[i]);
	stop(f);
}

/* The bytes that a client binds by. */
static size_t make_bind(uint8_t bytes[512])
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct pen_conn *conn;
	struct pen_slice slice;

	assert_int_equal(pen_conn_new_client(&conn, &config), 0);
	assert_int_equal(pen_conn_bind(conn, &counter_interface.id, true, 0, NULL), 0);
	assert_int_equal(pen_conn_output(conn, &slice, 1), 1);
	assert_in_range(slice.size, 1, 512);
	memcpy(bytes, slice.data, slice.size);
	pen_conn_free(conn);
	return slice.size;
}

/* More than a process' socket takes while it does not read: whoever is not refused is answered. */
static void test_who_waits_for_a_full_socket(void **state)
{
	enum { N = 4000 };
	struct rlimit limit, more;
	struct fixture *f;
	struct pen_address address;
	struct caller caller;
	uint8_t bind[512], byte;
	size_t n_bind = make_bind(bind), n_answered = 0;
	int *fds = test_calloc(N, sizeof(*fds));
	pid_t pid;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	more = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &more), 0);
	n_workers = "1";
	f = start("60", "0");
	caller = connect_to(f, "ncalrpc:[counter]", 0);
	pid = pid_of(&caller);
	assert_int_equal(pen_unix_address(&address, f->ncalrpc, "counter"), 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < N; i++) {
		bool is_pending;

		fds[i] = pen_socket_connect(&address, &is_pending);
		assert_true(fds[i] >= 0);
		assert_int_equal(send(fds[i], bind, n_bind, MSG_NOSIGNAL), n_bind);
	}
	for (int i = 0; i < TRIES && stats_of(f).visitors; i++)
		usleep(TRY_US);
	assert_int_equal(kill(pid, SIGCONT), 0);
	for (int i = 0; i < N; i++) {
		struct pollfd wait = { .fd = fds[i], .events = POLLIN };

		assert_int_equal(poll(&wait, 1, 30000), 1);
		n_answered += recv(fds[i], &byte, 1, 0) == 1;
		close(fds[i]);
	}
	assert_true(n_answered > 256);
	pid_of(&caller);
	leave(&caller);
	stop(f);
	n_workers = "5";
	test_free(fds);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What a loop keeps open for ever is there before the first test counts. */
static int open_once(void **state)
{
	struct fixture *f = start("60", "0");

	f->n_fds = 0;
	supervisor_stop(f->supervisor);
	pthread_join(f->thread, NULL);
	supervisor_free(f->supervisor);
	unlink(f->other);
	rmdir(f->ncalrpc);
	rmdir(f->np);
	rmdir(f->directory);
	test_free(f);
	signal(SIGPIPE, SIG_IGN);
	return 0;
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
		cmocka_unit_test(test_who_dies_takes_nobody_along),
		cmocka_unit_test(test_who_could_not_start_yet),
		cmocka_unit_test(test_killed_again_and_again),
		cmocka_unit_test(test_one_that_fails_after_many_were_killed),
		cmocka_unit_test(test_another_greeter),
		cmocka_unit_test(test_who_says_nothing),
		cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_who_waits_for_a_full_socket),
	};

	int n_failed;

	/* What looks for leaks at a program's end wants more than confined ones may. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	n_failed = cmocka_run_group_tests_name("free", tests, open_once, NULL);
	is_confined = true;
	return n_failed + cmocka_run_group_tests_name("confined", tests, open_once, NULL);
}
