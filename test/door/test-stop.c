/* SPDX-License-Identifier: MIT */
/* How a supervisor ends, and what the service manager is told of it. */
#include "door/test-gate.h"

static void test_stops(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_address address;
	bool is_pending;
	int r = 0;

	pid_of(&caller);
	tell(g, SIGTERM);
	await(g, "STOPPING=1");
	assert_non_null(strstr(g->said, "EXTEND_TIMEOUT_USEC=22000000"));
	/* Who is here is served, and nobody else is let in. */
	for (int i = 0; i < 100; i++)
		pid_of(&caller);
	assert_int_equal(pen_unix_address(&address, g->ncalrpc, "counter"), 0);
	for (int i = 0; i < TRIES && (r = pen_socket_connect(&address, &is_pending)) >= 0; i++) {
		close(r);
		usleep(TRY_US);
	}
	assert_int_equal(r, -ENOENT);
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
	/* A second stop does not wait. */
	tell(g, SIGTERM);
	await_end(g);
	leave(&caller);
	clean(g);
}

static void test_drains(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	uint8_t bind[512];
	size_t n = make_bind(bind);
	int visitor;

	pid_of(&caller);
	tell(g, SIGSTOP);
	visitor = connect_raw(g);
	tell(g, SIGCONT);
	upgrade(g); /* it has been accepted after that */
	tell(g, SIGINT);
	await(g, "STOPPING=1");
	assert_null(strstr(g->said, "EXTEND"));
	/* Who had come is let in. */
	assert_int_equal(send(visitor, bind, n, 0), n);
	expect_answer(visitor);
	pid_of(&caller);
	leave(&caller);
	await_end(g);
	clean(g);
}

static void test_the_manager_is_told(void **state)
{
	struct gate *g;

	setenv("WATCHDOG_USEC", "1000000", 1);
	g = start();
	unsetenv("WATCHDOG_USEC");
	assert_string_equal(g->said, "READY=1\nSTATUS=1 programs, 0 processes, 0 connections");
	await(g, "WATCHDOG=1");
	upgrade(g);
	assert_string_equal(g->said, "READY=1\nSTATUS=1 programs, 0 processes, 0 connections");
	await(g, "WATCHDOG=1");
	tell(g, SIGHUP);
	await(g, "RELOADING=1\nMONOTONIC_USEC=");
	await(g, "READY=1");
	stop(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_drains),
		cmocka_unit_test(test_the_manager_is_told),
	};

	return run_all(tests, PEN_COUNT(tests));
}
