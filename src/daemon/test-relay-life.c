/* SPDX-License-Identifier: MIT */
#include "daemon/test-relay.h"
#include "support/fail.h"
#include <signal.h>
#include <sys/resource.h>

/* ---- beginnings ---- */

static void test_nobody_is_there(void **state)
{
	static const char *const names[] = { "lsarpc", "..", "a/b", "", "/etc/passwd" };
	int stale = listen_at("stale", 1);
	int fd;

	close(stale);
	start();
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		fd = hand_over(names[i]);
		say(fd, "hello");
		assert_int_not_equal(await_end(fd), 1);
		close(fd);
	}
	fd = hand_over("stale");
	assert_int_equal(await_end(fd), 0);
	close(fd);
	await_count(0);
	unlink("stale");
}

static void test_a_full_queue_is_waited_for(void **state)
{
	int listener = listen_at("busy", 0);
	int fds[4], got[4];

	start();
	for (int i = 0; i < 4; i++)
		fds[i] = hand_over("busy");
	for (int i = 0; i < 50; i++)
		turn();
	assert_int_equal(relay_count(stage.relay), 4);
	for (int i = 0; i < 4; i++)
		got[i] = accept_one(listener);
	for (int i = 0; i < 4; i++) {
		say(fds[i], "x");
		expect_text(got[i], "x");
		close(fds[i]);
		close(got[i]);
	}
	await_count(0);
	close(listener);
	unlink("busy");
}

static void test_a_full_queue_is_not_waited_for_long(void **state)
{
	int listener = listen_at("busy", 0);
	int fds[4];

	stage.config.connect_ms = 50;
	start();
	for (int i = 0; i < 4; i++)
		fds[i] = hand_over("busy");
	assert_int_equal(await_end(fds[3]), 0);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
	await_count(0);
	unlink("busy");
}

static void test_there_are_not_too_many(void **state)
{
	struct line lines[3];
	int fd;

	stage.config.connections_max = 3;
	start();
	for (int i = 0; i < 3; i++)
		lines[i] = connect_through();
	fd = hand_over("samr");
	assert_int_equal(await_end(fd), 0);
	close(fd);
	hang_up(&lines[1]);
	await_count(2);
	lines[1] = connect_through();
	for (int i = 0; i < 3; i++) {
		say(lines[i].near, "x");
		expect_text(lines[i].far, "x");
		hang_up(&lines[i]);
	}
	await_count(0);
}

static void test_a_thousand(void **state)
{
	static struct line lines[1000];
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 5000)
		skip();
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	start();
	for (size_t i = 0; i < PEN_COUNT(lines); i++)
		lines[i] = connect_through();
	assert_int_equal(relay_count(stage.relay), PEN_COUNT(lines));
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < PEN_COUNT(lines); i++) {
			char text[32];

			snprintf(text, sizeof(text), "%zu of %d", i, round);
			say(lines[i].near, text);
			expect_text(lines[i].far, text);
			say(lines[i].far, text);
			expect_text(lines[i].near, text);
		}
	for (size_t i = 0; i < PEN_COUNT(lines); i++)
		hang_up(&lines[i]);
	await_count(0);
}

/* ---- penstockd ---- */

static void expect_result(int result)
{
	for (int i = 0; i < LONG && !stage.result; i++)
		turn();
	assert_int_equal(stage.result, result);
}

static void send_leave(bool is_now)
{
	const struct worker_order order = { .verb = worker_LEAVE, .body.is_now = is_now };

	assert_int_equal(pen_worker_send_order(stage.fd, &order, -1, &stage.scratch), 0);
}

static void test_it_leaves_when_it_has_none(void **state)
{
	struct line line;

	start();
	line = connect_through();
	send_leave(false);
	say(line.near, "still");
	expect_text(line.far, "still");
	hang_up(&line);
	expect_result(PEN_E_CLOSED);
}

static void test_it_leaves_at_once(void **state)
{
	struct line line;

	start();
	line = connect_through();
	send_leave(true);
	expect_result(PEN_E_CLOSED);
	hang_up(&line);
}

/* What it carries goes on, if it is not killed. */
static void test_it_ends_after_penstockd(void **state)
{
	struct line line;

	start();
	line = connect_through();
	close(stage.fd);
	stage.fd = -1;
	for (int i = 0; i < 20; i++)
		turn();
	say(line.near, "still");
	expect_text(line.far, "still");
	hang_up(&line);
	expect_result(PEN_E_CLOSED);
}

static void test_it_ends_after_a_signal(void **state)
{
	struct line line;

	start();
	line = connect_through();
	raise(SIGTERM);
	for (int i = 0; i < 20; i++)
		turn();
	say(line.near, "still");
	expect_text(line.far, "still");
	hang_up(&line);
	expect_result(PEN_E_CLOSED);
}

static void test_it_ends_with_penstockd(void **state)
{
	start();
	close(stage.fd);
	stage.fd = -1;
	expect_result(PEN_E_CLOSED);
}

static void test_what_is_no_order(void **state)
{
	const struct worker_order greet = { .verb = worker_GREET };

	start();
	assert_int_equal(pen_worker_send_order(stage.fd, &greet, stage.fd, &stage.scratch), 0);
	expect_result(PEN_E_BAD_DATA);
	stage.relay = relay_free(stage.relay);
	stage.result = 0;
	start();
	assert_int_equal(send(stage.fd, "?", 1, 0), 1);
	for (int i = 0; i < LONG && !stage.result; i++)
		turn();
	assert_true(stage.result > 0 && stage.result != PEN_E_CLOSED);
}

/* Whatever allocation fails: that connection is closed or served, and nothing else happens. */
static void test_no_memory(void **state)
{
	bool has_failed = true;

	for (size_t n = 1; has_failed; n++) {
		struct line line;

		start();
		line.near = hand_over("samr");
		pen_fail_at(n);
		for (int i = 0; i < 20; i++)
			turn();
		has_failed = pen_fail_hit();
		line.far = accept4(stage.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (relay_count(stage.relay)) {
			say(line.near, "x");
			expect_text(line.far, "x");
		} else {
			assert_int_not_equal(await_end(line.near), 1);
		}
		close(line.near);
		if (line.far >= 0)
			close(line.far);
		stage.relay = relay_free(stage.relay);
		assert_int_equal(stage.result, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELAY_TEST(test_nobody_is_there),
		RELAY_TEST(test_a_full_queue_is_waited_for),
		RELAY_TEST(test_a_full_queue_is_not_waited_for_long),
		RELAY_TEST(test_there_are_not_too_many),
		RELAY_TEST(test_a_thousand),
		RELAY_TEST(test_it_leaves_when_it_has_none),
		RELAY_TEST(test_it_leaves_at_once),
		RELAY_TEST(test_it_ends_after_penstockd),
		RELAY_TEST(test_it_ends_after_a_signal),
		RELAY_TEST(test_it_ends_with_penstockd),
		RELAY_TEST(test_what_is_no_order),
		RELAY_TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, warm_up, NULL);
}
