/* SPDX-License-Identifier: MIT */
#include "daemon/test-relay.h"

enum { BIG = 1 << 20 };

/* ---- bytes ---- */

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 31 + at / 251);
}

struct flow {
	int from, to;
	size_t part; /* as much at a time */
	size_t n_sent, n_heard;
};

static void flow_turn(struct flow *flow, size_t n)
{
	static uint8_t bytes[BIG + 1];
	size_t part = n - flow->n_sent < flow->part ? n - flow->n_sent : flow->part;
	ssize_t done;

	for (size_t i = 0; i < part; i++)
		bytes[i] = byte_at(flow->n_sent + i);
	done = part ? send(flow->from, bytes, part, MSG_NOSIGNAL) : 0;
	if (done > 0)
		flow->n_sent += (size_t)done;
	turn();
	done = recv(flow->to, bytes, flow->part * 2 + 1, 0);
	for (ssize_t i = 0; i < done; i++)
		assert_int_equal(bytes[i], byte_at(flow->n_heard + (size_t)i));
	if (done > 0)
		flow->n_heard += (size_t)done;
}

static void test_bytes_arrive_as_they_are(void **state)
{
	static const size_t parts[] = { 1, 7, 509, 4096, 32767, 32768, 32769, 100003, BIG / 2 };

	start();
	for (size_t i = 0; i < PEN_COUNT(parts); i++) {
		struct line line = connect_through();
		struct flow there = { line.near, line.far, parts[i], 0, 0 };
		struct flow back = { line.far, line.near, parts[PEN_COUNT(parts) - 1 - i], 0, 0 };
		size_t least = there.part < back.part ? there.part : back.part;
		size_t n = least < 500 ? 3000 : 2 * BIG + 3;

		for (int k = 0; k < LONG * 10 && (there.n_heard < n || back.n_heard < n); k++) {
			flow_turn(&there, n);
			flow_turn(&back, n);
		}
		assert_int_equal(there.n_heard, n);
		assert_int_equal(back.n_heard, n);
		hang_up(&line);
		await_count(0);
	}
}

/* How much goes in before nothing does. */
static size_t fill(int fd, size_t max)
{
	static uint8_t bytes[4096];
	size_t n = 0;
	int n_full = 0;

	while (n < max && n_full < 50) {
		ssize_t done;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = byte_at(n + i);
		done = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		n_full = done < 0 ? n_full + 1 : 0;
		n += done > 0 ? (size_t)done : 0;
		turn();
	}
	return n;
}

static void test_who_does_not_read_is_not_written_to(void **state)
{
	static uint8_t bytes[2 * BIG];
	struct line line, other;
	size_t n;

	start();
	line = connect_through();
	n = fill(line.near, sizeof(bytes));
	assert_true(n < sizeof(bytes));
	/* The other way is open, and so are other connections. */
	say(line.far, "back");
	expect_text(line.near, "back");
	other = connect_through();
	say(other.near, "there");
	expect_text(other.far, "there");

	/* Nothing is lost of what waited, nor after its writer is through. */
	shutdown(line.near, SHUT_WR);
	assert_int_equal(hear(line.far, bytes, sizeof(bytes)), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], byte_at(i));
	assert_int_equal(await_end(line.far), 0);
	hang_up(&line);
	hang_up(&other);
	await_count(0);
}

/* Whoever waits for somebody costs nothing. */
static void expect_quiet(void)
{
	struct pollfd look = { .fd = pen_loop_fd(&stage.relay->loop), .events = POLLIN };

	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(stage.result, 0);
	assert_int_equal(poll(&look, 1, 10), 0);
}

/* ---- ends ---- */

static void test_one_way_ends_before_the_other(void **state)
{
	start();
	for (int swapped = 0; swapped < 2; swapped++) {
		struct line line = connect_through();
		int first = swapped ? line.far : line.near;
		int second = swapped ? line.near : line.far;

		say(first, "question");
		shutdown(first, SHUT_WR);
		expect_text(second, "question");
		assert_int_equal(await_end(second), 0);
		expect_quiet();
		say(second, "answer");
		expect_text(first, "answer");
		shutdown(second, SHUT_WR);
		assert_int_equal(await_end(first), 0);
		await_count(0);
		hang_up(&line);
	}
}

static void test_what_was_said_last_arrives(void **state)
{
	start();
	for (int swapped = 0; swapped < 2; swapped++) {
		struct line line = connect_through();

		say(swapped ? line.far : line.near, "bye");
		close(swapped ? line.far : line.near);
		expect_text(swapped ? line.near : line.far, "bye");
		assert_int_equal(await_end(swapped ? line.near : line.far), 0);
		await_count(0);
		close(swapped ? line.near : line.far);
	}
}

static void test_who_has_gone_is_not_written_to(void **state)
{
	start();
	for (int swapped = 0; swapped < 2; swapped++) {
		struct line line = connect_through();

		close(swapped ? line.far : line.near);
		assert_int_equal(await_refusal(swapped ? line.near : line.far), EPIPE);
		await_count(0);
		close(swapped ? line.near : line.far);
	}
}

/* One that has said all it has to say, and then goes without hearing the rest. */
static void test_who_goes_later_is_found_out(void **state)
{
	start();
	for (int swapped = 0; swapped < 2; swapped++) {
		struct line line = connect_through();
		int first = swapped ? line.far : line.near;
		int second = swapped ? line.near : line.far;

		shutdown(first, SHUT_WR);
		assert_int_equal(await_end(second), 0);
		assert_int_equal(relay_count(stage.relay), 1);
		close(first);
		await_count(0);
		assert_int_equal(await_refusal(second), EPIPE);
		close(second);
	}
}

/* What it did not read makes its end a reset. */
static void test_an_end_in_the_middle(void **state)
{
	start();
	for (int swapped = 0; swapped < 2; swapped++) {
		struct line line = connect_through();
		int first = swapped ? line.far : line.near;
		int second = swapped ? line.near : line.far;

		assert_true(fill(second, 2 * BIG) < 2 * BIG);
		say(first, "last words");
		close(first);
		expect_text(second, "last words");
		assert_int_equal(await_end(second), -1);
		assert_int_equal(errno, ECONNRESET);
		assert_int_equal(await_refusal(second), EPIPE);
		await_count(0);
		close(second);
	}
}

static void test_both_stop_reading_and_go(void **state)
{
	struct line line;

	start();
	line = connect_through();
	assert_true(fill(line.near, 2 * BIG) < 2 * BIG);
	assert_true(fill(line.far, 2 * BIG) < 2 * BIG);
	expect_quiet();
	hang_up(&line);
	await_count(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELAY_TEST(test_bytes_arrive_as_they_are),
		RELAY_TEST(test_who_does_not_read_is_not_written_to),
		RELAY_TEST(test_one_way_ends_before_the_other),
		RELAY_TEST(test_what_was_said_last_arrives),
		RELAY_TEST(test_who_has_gone_is_not_written_to),
		RELAY_TEST(test_who_goes_later_is_found_out),
		RELAY_TEST(test_an_end_in_the_middle),
		RELAY_TEST(test_both_stop_reading_and_go),
	};

	return cmocka_run_group_tests(tests, warm_up, NULL);
}
