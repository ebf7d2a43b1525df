/* SPDX-License-Identifier: MIT */
/* How a worker ends, and what it cannot begin. */
#include "worker/test-worker.h"
#include <signal.h>
#include <string.h>

/* ---- how it ends ---- */

static void test_it_leaves_when_the_last_has_gone(void **state)
{
	struct guest guest;

	for (int by_signal = 0; by_signal < 2; by_signal++) {
		serve();
		come(&guest);
		if (by_signal)
			kill(child.pid, SIGTERM);
		else
			order_leave(false);
		for (int i = 0; i < 3; i++)
			expect_sum(&guest);
		pen_guest_close(&guest);
		assert_int_equal(end(), 0);
		assert_string_equal(child.text, "stopped\n");
	}
}

/* What had been sent to it before it heard of that is served. */
static void test_connections_before_the_end(void **state)
{
	struct pen_event event;
	struct guest guest;

	serve();
	kill(child.pid, SIGSTOP);
	come_to(&guest, tcp, false, 0);
	kill(child.pid, SIGTERM);
	kill(child.pid, SIGCONT);
	pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
	expect_sum(&guest);
	pen_guest_close(&guest);
	assert_int_equal(end(), 0);
}

static void test_it_leaves_at_once(void **state)
{
	const struct probe_number later = { 1 };

	for (int how = 0; how < 3; how++) {
		struct guest guest;

		serve();
		come(&guest);
		pen_guest_ask(&guest, PROBE_LATER, &later);
		pen_guest_send(&guest);
		expect_sum(&guest);
		if (how == 0) {
			order_leave(true);
		} else if (how == 1) {
			close(child.socket);
			child.socket = -1;
		} else {
			order_leave(false);
			expect_sum(&guest);
			kill(child.pid, SIGTERM);
		}
		assert_true(pen_guest_is_closed(&guest));
		pen_guest_close(&guest);
		assert_int_equal(end(), 0);
		assert_string_equal(child.text, "stopped\n");
	}
}

static void test_nobody_says_hello(void **state)
{
	begin();
	close(child.socket);
	child.socket = -1;
	assert_int_equal(end(), 0);
	begin();
	order_leave(false);
	assert_int_equal(end(), 0);
	assert_string_equal(child.text, "");
}

static void test_what_makes_no_sense_ends_it(void **state)
{
	const struct worker_order greet = { .verb = worker_GREET };

	begin();
	order(&greet, STDIN_FILENO);
	assert_int_equal(end(), 1);
	assert_string_equal(child.text, "probed: error: penstockd does not say hello\n");

	serve();
	order(&greet, STDIN_FILENO);
	assert_int_equal(end(), 1);

	serve();
	assert_int_equal(send(child.socket, "garbage", 7, 0), 7);
	assert_int_equal(end(), 1);

	serve();
	hello("ncalrpc:[probed]", "ncalrpc:");
	assert_int_equal(end(), 1);
	assert_string_equal(child.text, "probed: error: penstockd: PEN_E_PROTOCOL\nstopped\n");
}

static void test_what_it_cannot_serve(void **state)
{
	begin();
	hello("ncalrpc:[other]", "ncalrpc:[other]");
	assert_int_equal(end(), 1);
	assert_string_equal(
		child.text,
		"probed: error: nothing is served at ncalrpc:[other], as penstockd has it\n");

	setenv("PEN_TEST_FAILS", "1", 1);
	begin();
	hello("ncalrpc:[probed]", "ncalrpc:");
	assert_int_equal(end(), 1);
	assert_string_equal(child.text, "probed: error: it does not want to\n");
	unsetenv("PEN_TEST_FAILS");
}

/* Whatever it has no memory for, it ends well, or goes on without. */
static void test_failed_allocations(void **state)
{
	char text[16];
	bool is_over = false;

	for (unsigned n = 1; !is_over; n++) {
		struct pollfd answer = { .events = POLLIN };
		struct guest guest;
		int socket = prepare(), status;

		hello("ncalrpc:[probed]", "ncalrpc:");
		come_to(&guest, tcp, false, 0);
		order_leave(false);
		snprintf(text, sizeof(text), "%u", n);
		setenv("PEN_TEST_FAILS_AT", text, 1);
		launch(socket);
		unsetenv("PEN_TEST_FAILS_AT");
		answer.fd = guest.fd;
		assert_int_equal(poll(&answer, 1, WAIT_MS), 1);
		pen_guest_close(&guest);
		status = end();
		is_over = strstr(child.text, "all was there\n");
		if (status != 0 && (status != 1 || is_over))
			fail_msg("allocation %u: status %d: %s", n, status, child.text);
	}
}

/* ---- the command line ---- */

static void expect_said(const char *option, int status, const char *text)
{
	run(option, -1);
	assert_int_equal(end(), status);
	if (!strstr(child.text, text))
		fail_msg("%s says %s", option, child.text);
}

static void test_the_command_line(void **state)
{
	expect_said("--help", 0, "Usage: probed --list-interfaces [--json]\n");
	expect_said("--version", 0, "probed (penstock ");
	expect_said("--list-interface5", 2,
		    "probed: there is no option --list-interface5; did you mean "
		    "--list-interfaces?\n");
	expect_said("--configfile", 2, "probed: --configfile needs a value.\n");
	expect_said("--json", 2, "--json goes with --list-interfaces");
	expect_said("more", 2, "what is more?");
	expect_said(NULL, 2, "penstockd starts it");
	expect_said("--worker", 1, "descriptor 3 is no socket of penstockd's");
	expect_said("--list-interfaces", 0,
		    "5\n60\n70726f62-0000-0000-0000-010000000000/0x00000001 probe\n"
		    " ncacn_ip_tcp:\n ncalrpc:\n ncacn_np:[\\pipe\\probe]\n");
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_it_leaves_when_the_last_has_gone),
		TEST(test_connections_before_the_end),
		TEST(test_it_leaves_at_once),
		TEST(test_nobody_says_hello),
		TEST(test_what_makes_no_sense_ends_it),
		TEST(test_what_it_cannot_serve),
		TEST(test_failed_allocations),
		TEST(test_the_command_line),
	};

	if (strcmp(argv[0], "probed") == 0)
		return be_worker(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
