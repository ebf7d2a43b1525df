/* SPDX-License-Identifier: MIT */
/* What the upgrade of a supervisor keeps, which is all of it. */
#include "door/test-gate.h"

static void test_an_upgrade_keeps_all(void **state)
{
	struct gate *g = start();
	struct caller first = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&first, 1);
	pid_t pid = pid_of(&first);
	unsigned n_fds = settled_fds(g);
	int32_t total = 1;

	for (int i = 0; i < 5; i++) {
		struct caller second, third;

		upgrade(g);
		expect_total(&first, counter, 1, ++total);
		assert_int_equal(pid_of(&first), pid);
		/* Its group is where it was; whoever is new is served elsewhere. */
		second = connect_again(g, &first);
		expect_total(&second, counter, 1, ++total);
		assert_int_equal(pid_of(&second), pid);
		third = connect_to(g, "ncalrpc:[counter]", 0);
		assert_int_not_equal(pid_of(&third), pid);
		leave(&third);
		leave(&second);
	}
	/* One more process has a socket. */
	await_fds(g, n_fds + 1);
	await_children(g, "greeter", 1);
	await_children(g, "counter", 2);
	leave(&first);
	stop(g);
}

static void test_who_is_greeted_meanwhile(void **state)
{
	struct gate *g = start();
	uint8_t bind[512];
	size_t n = make_bind(bind);
	int halfway, silent, queued;

	halfway = connect_raw(g);
	silent = connect_raw(g);
	assert_int_equal(send(halfway, bind, 5, 0), 5);
	upgrade(g);
	assert_int_equal(send(halfway, bind + 5, n - 5, 0), n - 5);
	expect_answer(halfway);
	/* Nobody accepts, and then somebody else does. */
	tell(g, SIGSTOP);
	queued = connect_raw(g);
	assert_int_equal(send(queued, bind, n, 0), n);
	tell(g, SIGUSR2);
	tell(g, SIGCONT);
	await(g, "READY=1");
	expect_answer(queued);
	assert_int_equal(send(silent, bind, n, 0), n);
	expect_answer(silent);
	stop(g);
}

/* More than fit into the socket of a process that does not read. */
static void test_messages_that_wait_go_along(void **state)
{
	enum { N = 400 };
	struct gate *g;
	struct caller caller;
	uint8_t bind[512];
	size_t n = make_bind(bind);
	pid_t pid;
	int fds[N];

	setenv("COUNTER_WORKERS", "1", 1);
	g = start();
	unsetenv("COUNTER_WORKERS");
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid = pid_of(&caller);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < N; i++) {
		fds[i] = connect_raw(g);
		assert_int_equal(send(fds[i], bind, n, MSG_NOSIGNAL), n);
	}
	upgrade(g);
	upgrade(g);
	assert_int_equal(kill(pid, SIGCONT), 0);
	for (int i = 0; i < N; i++)
		expect_answer(fds[i]);
	assert_int_equal(pid_of(&caller), pid);
	leave(&caller);
	stop(g);
}

static void test_who_dies_meanwhile(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t greeter, pid = pid_of(&caller);

	assert_int_equal(count_children(g->pid, "greeter", &greeter), 1);
	tell(g, SIGSTOP);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(kill(greeter, SIGKILL), 0);
	tell(g, SIGUSR2);
	tell(g, SIGCONT);
	await(g, "READY=1");
	leave(&caller);
	await_children(g, "greeter", 1);
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	bind_to_another(&caller);
	assert_int_not_equal(pid_of(&caller), pid);
	await_children(g, "counter", 1);
	leave(&caller);
	stop(g);
}

/* Children die with their parent as they did before it was another program. */
static void test_children_end_with_it(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t greeter, pid = pid_of(&caller);

	upgrade(g);
	assert_int_equal(pid_of(&caller), pid);
	assert_int_equal(count_children(g->pid, "greeter", &greeter), 1);
	/* Whose parent is gone is ours from here on. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tell(g, SIGSTOP);
	assert_int_equal(kill(pid, SIGSTOP), 0); /* and does not leave because its socket ends */
	tell(g, SIGKILL);
	assert_int_equal(waitpid(g->pid, NULL, 0), g->pid);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(waitpid(greeter, NULL, 0), greeter);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	leave(&caller);
	assert_int_equal(unlink(strcat(strcpy(g->gate, g->ncalrpc), "/counter")), 0);
	path_of(g, "np/counter", g->gate);
	assert_int_equal(unlink(g->gate), 0);
	clean(g);
}

static void test_an_image_that_is_none(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&caller);
	unsigned n_fds;

	expect_service(g, &caller, pid);
	n_fds = settled_fds(g);
	/* Not there; not a program; one that fails; and what only exec finds out. */
	drop(g, "image");
	upgrade(g);
	expect_service(g, &caller, pid);
	put(g, "image", "nothing", 0755);
	upgrade(g);
	expect_service(g, &caller, pid);
	point(g, "image", "/bin/false");
	upgrade(g);
	expect_service(g, &caller, pid);
	put(g, "no-trial", "", 0644);
	drop(g, "image");
	reload(g); /* it is configured anew, but for its image and trial */
	upgrade(g);
	expect_service(g, &caller, pid);
	await_fds(g, n_fds);
	point(g, "image", g->gate);
	upgrade(g);
	expect_service(g, &caller, pid);
	/* This one was started without a trial. */
	drop(g, "image");
	upgrade(g);
	expect_service(g, &caller, pid);
	await_fds(g, n_fds);
	leave(&caller);
	stop(g);
}

/* Who does not understand the rest has the sockets, and lets processes end what they do. */
static void test_another_version(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&caller, 1);
	pid_t pid = pid_of(&caller);
	struct caller other;

	put(g, "other-version", "", 0644);
	tell(g, SIGUSR2);
	await(g, "READY=1");
	expect_total(&caller, counter, 1, 2);
	assert_int_equal(pid_of(&caller), pid);
	other = connect_to(g, "ncalrpc:[counter]", 0);
	assert_int_not_equal(pid_of(&other), pid);
	await_children(g, "counter", 2);
	leave(&caller);
	await_children(g, "counter", 1);
	await_children(g, "greeter", 1);
	leave(&other);
	stop(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_upgrade_keeps_all),
		cmocka_unit_test(test_who_is_greeted_meanwhile),
		cmocka_unit_test(test_messages_that_wait_go_along),
		cmocka_unit_test(test_who_dies_meanwhile),
		cmocka_unit_test(test_children_end_with_it),
		cmocka_unit_test(test_an_image_that_is_none),
		cmocka_unit_test(test_another_version),
	};

	return run_all(tests, PEN_COUNT(tests));
}
