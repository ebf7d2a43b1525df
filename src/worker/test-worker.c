/* SPDX-License-Identifier: MIT */
/*
 * A worker in a process of its own, and this one is its penstockd. With arguments this program is
 * the worker.
 */
#include "object/letter.h"
#include "runtime/server-trace.h"
#include "runtime/worker-letter.h"
#include "support/fail.h"
#include "support/guest.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/worker.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the worker ---- */

static struct probe served;

static int start(const struct pen_worker_start *start, void **datap, char error[256])
{
	if (getenv("PEN_TEST_FAILS")) {
		snprintf(error, 256, "it does not want to");
		return PEN_E_DENIED;
	}
	served.server = start->server;
	*datap = &served;
	return 0;
}

static void stop(void *data)
{
	if (data && data != &served)
		_exit(99);
	if (data && write(STDERR_FILENO, "stopped\n", 8) != 8)
		_exit(99);
}

static const char *const endpoints[] = { "ncacn_ip_tcp:", "ncalrpc:", "ncacn_np:[\\pipe\\probe]",
					 NULL };

static int be_worker(int argc, char **argv)
{
	const struct pen_worker_service services[] = { { probe_service, endpoints } };
	const struct pen_worker worker = {
		.name = "probed",
		.services = services,
		.n_services = 1,
		.config.connections_max = 4,
		.start = start,
		.stop = stop,
	};

	const char *fails_at = getenv("PEN_TEST_FAILS_AT");
	int r;

	if (fails_at)
		pen_fail_at((size_t)atol(fails_at));
	r = pen_worker_main(argc, argv, &worker);
	if (fails_at && !pen_fail_hit())
		fputs("all was there\n", stderr);
	return r;
}

/* ---- penstockd ---- */

enum { INDEX = 77, WAIT_MS = 20000 };

static const char tcp[] = "ncacn_ip_tcp:192.0.2.7[4711]";
static const char pipe_[] = "ncacn_np:[\\pipe\\probe]";

struct child {
	pid_t pid;
	int socket;
	int said; /* its standard error, in memory */
	char text[4096];
};

static struct child child;
static uint8_t room[worker_LETTER_MAX];
static struct pen_arena arena;
static struct pen_buffer scratch;
static struct pen_token *token;

static void run(const char *option, int socket)
{
	child.said = memfd_create("stderr", 0);
	assert_true(child.said >= 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		dup2(child.said, STDERR_FILENO);
		dup2(child.said, STDOUT_FILENO);
		if (socket >= 0)
			dup2(socket, 3);
		else
			close(3);
		execl("/proc/self/exe", "probed", option, NULL);
		_exit(98);
	}
}

/* What is sent between these two is there when the worker begins. */
static int prepare(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child.socket = ends[0];
	return ends[1];
}

static void launch(int socket)
{
	run("--worker", socket);
	close(socket);
}

static void begin(void)
{
	launch(prepare());
}

/* Its exit status, and what it said. */
static int end(void)
{
	ssize_t n;
	int status;

	alarm(60);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	alarm(0);
	n = pread(child.said, child.text, sizeof(child.text) - 1, 0);
	child.text[n > 0 ? n : 0] = '\0';
	close(child.said);
	if (child.socket >= 0)
		close(child.socket);
	child.socket = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void order(const struct worker_order *order, int fd)
{
	assert_int_equal(pen_worker_send_order(child.socket, order, fd, &scratch), 0);
}

static void hello(const char *binding, const char *listed)
{
	struct worker_endpoint all[] = {
		{ tcp, "ncacn_ip_tcp:" },
		{ "ncacn_ip_tcp:::1[4711]", "ncacn_ip_tcp:" },
		{ (char *)binding, (char *)listed },
		{ pipe_, pipe_ },
	};
	const struct worker_order first = { .verb = worker_HELLO,
					    .body.hello = { .index = INDEX,
							    .n_endpoints = PEN_COUNT(all),
							    .endpoints = all,
							    .ncalrpc_dir = "/nowhere" } };

	order(&first, -1);
}

static void order_leave(bool is_now)
{
	const struct worker_order leave = { .verb = worker_LEAVE, .body.is_now = is_now };

	order(&leave, -1);
}

static void next(enum worker_report_verb verb, struct worker_report *report)
{
	struct pollfd wait = { .fd = child.socket, .events = POLLIN };
	int fd;

	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	assert_int_equal(pen_worker_receive_report(child.socket, report, &fd, room, &arena), 0);
	assert_int_equal(report->verb, verb);
}

static void serve(void)
{
	struct worker_report report;

	begin();
	hello("ncalrpc:[probed]", "ncalrpc:");
	next(worker_READY, &report);
}

/* Reads states until one has that many connections and handles. */
static struct worker_state await_state(uint32_t connections, uint32_t handles)
{
	struct worker_report report;

	do
		next(worker_STATE, &report);
	while (report.body.state.connections != connections ||
	       report.body.state.handles != handles);
	return report.body.state;
}

static void come_to(struct guest *guest, const char *binding, bool is_framed, uint32_t group_id)
{
	struct worker_order arrive = { .verb = worker_ARRIVE };
	struct worker_arrival *arrival = &arrive.body.arrival;
	struct pen_buffer bytes = { 0 };
	int fd;

	pen_guest_open(guest, is_framed ? PEN_NCACN_NP : PEN_NCACN_IP_TCP, is_framed, &fd);
	pen_guest_bind(guest, group_id);
	pen_guest_take(guest, &bytes);
	*arrival = (struct worker_arrival){ .binding = binding,
					    .peer = "192.0.2.1",
					    .is_framed = is_framed,
					    .n_bytes = (uint32_t)bytes.size,
					    .bytes = bytes.data };
	assert_int_equal(pen_letter_from_token(&arrival->token, &arena, token), 0);
	order(&arrive, fd);
	close(fd);
	pen_buffer_done(&bytes);
}

static void come(struct guest *guest)
{
	struct pen_event event;

	come_to(guest, tcp, false, 0);
	pen_guest_expect(guest, PEN_EVENT_BOUND, &event);
}

static void expect_sum(struct guest *guest)
{
	struct probe_number sum;
	struct pen_event event;

	pen_guest_add(guest, 20, 22);
	pen_guest_send(guest);
	pen_guest_expect(guest, PEN_EVENT_RESPONSE, &event);
	pen_guest_value(&event, PROBE_ADD, &sum);
	assert_int_equal(sum.value, 42);
}

static struct probe_handle handle_op(struct guest *guest, enum probe_opnum opnum, const void *in)
{
	struct probe_handle out = { 0 };
	struct pen_event event;

	pen_guest_ask(guest, opnum, in);
	pen_guest_send(guest);
	pen_guest_expect(guest, PEN_EVENT_RESPONSE, &event);
	if (opnum != PROBE_USE)
		pen_guest_value(&event, opnum, &out);
	return out;
}

static int set_up(void **state)
{
	child = (struct child){ .socket = -1 };
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_token_new_unix(&token, 1000, 1000, NULL, 0, 0, false), 0);
	return 0;
}

static int tear_down(void **state)
{
	pen_arena_done(&arena);
	pen_buffer_done(&scratch);
	pen_token_free(token);
	return 0;
}

/* ---- how it lives ---- */

static void test_it_serves_and_tells_how_it_is(void **state)
{
	const struct probe_nothing nothing = { 0 };
	struct probe_handle handle;
	struct worker_state is;
	struct guest guest;

	serve();
	come(&guest);
	is = await_state(1, 0);
	assert_int_equal(is.groups, 1);
	assert_int_equal(pen_conn_assoc_group_id(guest.conn) >> 16, INDEX);
	expect_sum(&guest);
	handle = handle_op(&guest, PROBE_OPEN, &nothing);
	is = await_state(1, 1);
	assert_int_equal(is.calls_in, 2);
	handle_op(&guest, PROBE_CLOSE, &handle);
	await_state(1, 0);
	pen_guest_close(&guest);
	is = await_state(0, 0);
	assert_int_equal(is.groups, 0);
	assert_int_equal(is.calls_in, 3);
	order_leave(false);
	assert_int_equal(end(), 0);
	assert_string_equal(child.text, "stopped\n");
}

/* Calls that change nothing else are told of too, a moment later. */
static void test_calls_are_counted(void **state)
{
	struct worker_report report;
	struct guest guest;

	serve();
	come(&guest);
	await_state(1, 0);
	for (int i = 0; i < 10; i++)
		expect_sum(&guest);
	do
		next(worker_STATE, &report);
	while (report.body.state.calls_in < 10);
	pen_guest_close(&guest);
	order_leave(false);
	assert_int_equal(end(), 0);
}

static void test_handles_of_a_group_are_at_hand(void **state)
{
	const struct probe_nothing nothing = { 0 };
	struct guest first, second;
	struct probe_handle handle;
	struct pen_event event;

	serve();
	come(&first);
	handle = handle_op(&first, PROBE_OPEN, &nothing);
	come_to(&second, tcp, false, pen_conn_assoc_group_id(first.conn));
	pen_guest_expect(&second, PEN_EVENT_BOUND, &event);
	handle_op(&second, PROBE_USE, &handle);
	pen_guest_close(&first);
	pen_guest_close(&second);
	order_leave(false);
	assert_int_equal(end(), 0);
}

static void test_a_pipe_that_smbd_carries(void **state)
{
	struct pen_event event;
	struct guest guest;

	serve();
	come_to(&guest, pipe_, true, 0);
	pen_guest_expect(&guest, PEN_EVENT_BOUND, &event);
	expect_sum(&guest);
	pen_guest_close(&guest);
	order_leave(false);
	assert_int_equal(end(), 0);
}

static void test_unknown_endpoints_and_limits_cost_one_connection(void **state)
{
	struct guest guests[4], other;

	serve();
	come_to(&other, "ncalrpc:[nobody]", false, 0);
	assert_true(pen_guest_is_closed(&other));
	pen_guest_close(&other);
	for (size_t i = 0; i < PEN_COUNT(guests); i++)
		come(&guests[i]);
	come_to(&other, tcp, false, 0);
	assert_true(pen_guest_is_closed(&other));
	pen_guest_close(&other);
	for (size_t i = 0; i < PEN_COUNT(guests); i++) {
		expect_sum(&guests[i]);
		pen_guest_close(&guests[i]);
	}
	order_leave(false);
	assert_int_equal(end(), 0);
	assert_non_null(
		strstr(child.text, "probed: warning: a connection that arrived is refused"));
}

/* Nobody reads what it tells: it serves, and tells the last of it when somebody does. */
static void test_a_penstockd_that_does_not_read(void **state)
{
	const struct probe_nothing nothing = { 0 };
	struct guest guest;

	serve();
	come(&guest);
	for (int i = 0; i < 1500; i++) {
		struct probe_handle handle = handle_op(&guest, PROBE_OPEN, &nothing);

		if (i % 2)
			handle_op(&guest, PROBE_CLOSE, &handle);
	}
	await_state(1, 750);
	pen_guest_close(&guest);
	await_state(0, 0);
	order_leave(false);
	assert_int_equal(end(), 0);
}

/* ---- how it ends ---- */

/* Whoever looks on, at what a penstockd has sent a socket for. */
static void test_calls_are_traced(void **state)
{
	const struct worker_order trace = { .verb = worker_TRACE,
					    .body.trace = { .opnum = PROBE_ADD, .stub_max = 64 } };
	struct pollfd wait = { .events = POLLIN };
	struct trace_call call;
	struct guest guest;
	int readers[PEN_SERVER_TRACES_MAX + 1];
	int ends[2];
	ssize_t n;

	serve();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	order(&trace, ends[1]);
	close(ends[1]);
	come(&guest);
	expect_sum(&guest);
	wait.fd = ends[0];
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	n = recv(ends[0], room, sizeof(room), MSG_DONTWAIT);
	assert_true(n > 0);
	assert_int_equal(pen_traced_get(&call, (struct pen_slice){ room, (size_t)n }, &arena), 0);
	assert_int_equal(call.opnum, PROBE_ADD);
	assert_int_equal(call.process, child.pid);
	assert_string_equal(call.user, "uid:1000");
	assert_int_equal(call.answer.bytes[0], 42);
	/* Its end is the reader's affair: the worker goes on. */
	close(ends[0]);
	expect_sum(&guest);
	expect_sum(&guest);
	/* More than may look on are turned away. */
	for (int i = 0; i < PEN_SERVER_TRACES_MAX + 1; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		order(&trace, ends[1]);
		close(ends[1]);
		readers[i] = wait.fd = ends[0];
	}
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	assert_int_equal(recv(wait.fd, room, sizeof(room), 0), 0);
	for (size_t i = 0; i < PEN_COUNT(readers); i++)
		close(readers[i]);
	pen_guest_close(&guest);
	order_leave(false);
	assert_int_equal(end(), 0);
}

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

static void rule(const char *text, uint32_t n)
{
	const struct worker_order policy = {
		.verb = worker_POLICY,
		.body.policy = { .is_there = true,
				 .n_text = n,
				 .text = (uint8_t *)(uintptr_t)text },
	};

	order(&policy, -1);
}

static bool may_add(struct guest *guest)
{
	struct pen_event event;

	pen_guest_add(guest, 20, 22);
	pen_guest_send(guest);
	pen_guest_next(guest, &event);
	return event.kind == PEN_EVENT_RESPONSE;
}

/* Who cannot be ruled serves nobody. */
static void test_a_policy(void **state)
{
	static const char deny[] = "deny interface=probe operation=PROBE_ADD\n";
	struct worker_report report;
	struct guest guest;

	begin();
	hello("ncalrpc:[probed]", "ncalrpc:");
	rule(deny, sizeof(deny) - 1);
	next(worker_READY, &report);
	come(&guest);
	await_state(1, 0);
	assert_false(may_add(&guest));
	rule("", 0);
	for (int i = 0; i < 2000 && !may_add(&guest); i++)
		usleep(10000);
	expect_sum(&guest);
	rule("deny interface=probe transport=nothing\n", 39);
	assert_int_equal(end(), 1);
	pen_guest_close(&guest);
	assert_non_null(strstr(child.text, "there is no transport nothing"));

	serve();
	rule("a\0b", 3);
	assert_int_equal(end(), 1);
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
		TEST(test_it_serves_and_tells_how_it_is),
		TEST(test_calls_are_counted),
		TEST(test_handles_of_a_group_are_at_hand),
		TEST(test_a_pipe_that_smbd_carries),
		TEST(test_unknown_endpoints_and_limits_cost_one_connection),
		TEST(test_a_penstockd_that_does_not_read),
		TEST(test_calls_are_traced),
		TEST(test_it_leaves_when_the_last_has_gone),
		TEST(test_connections_before_the_end),
		TEST(test_it_leaves_at_once),
		TEST(test_nobody_says_hello),
		TEST(test_what_makes_no_sense_ends_it),
		TEST(test_a_policy),
		TEST(test_what_it_cannot_serve),
		TEST(test_failed_allocations),
		TEST(test_the_command_line),
	};

	if (strcmp(argv[0], "probed") == 0)
		return be_worker(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
