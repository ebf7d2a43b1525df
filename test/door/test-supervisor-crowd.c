/* SPDX-License-Identifier: MIT */
/* The supervisor: many who come, and many who wait. */
#include "door/test-supervisor.h"
#include <poll.h>
#include <sys/resource.h>

static void test_who_says_nothing(void **state)
{
	enum { N = 500 };
	struct fixture *f = start("60", "0");
	struct caller caller;
	int silent[N];

	for (int i = 0; i < N; i++) {
		silent[i] = connect_raw_at(f->site.ncalrpc);
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

/* More than a process' socket takes while it does not read: whoever is not refused is answered. */
static void test_who_waits_for_a_full_socket(void **state)
{
	enum { N = 4000 };
	struct rlimit limit, more;
	struct fixture *f;
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
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < N; i++) {
		fds[i] = connect_raw_at(f->site.ncalrpc);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_says_nothing),
		cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_who_waits_for_a_full_socket),
	};

	return run_all(tests, PEN_COUNT(tests));
}
