/* SPDX-License-Identifier: MIT */
/* How a worker lives: what it serves, and what it tells. */
#include "worker/test-worker.h"
#include "runtime/server-trace.h"
#include <signal.h>
#include <string.h>

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

/* ---- what it is told ---- */

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
		TEST(test_a_policy),
	};

	if (strcmp(argv[0], "probed") == 0)
		return be_worker(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
