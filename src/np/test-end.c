/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "np/end.h"
#include "support/unit.h"
#include <penstock/status-codes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SRV = PEN_CHANNEL_SERVER, CLI = PEN_CHANNEL_CLIENT, LONG_MS = 20000 };

static const struct pen_channel_config messages = { true, PEN_CHANNEL_DUPLEX, { 4096, 4096 } };

/* Both ends in this process. */
struct pair {
	struct pen_end ends[2];
	int life; /* the server's write end */
	int server_life;
	bool was_lost;
};

static void lost(void *data, struct pen_end *end)
{
	struct pair *pair = data;

	assert_ptr_equal(end, &pair->ends[SRV]);
	pair->was_lost = true;
}

static void open_pair(struct pair *pair, const struct pen_channel_config *config)
{
	struct pen_link_parts offer;
	struct pen_link *link;
	int fds[2], life;

	*pair = (struct pair){ 0 };
	assert_int_equal(pen_link_make(&link, config, config->is_message, false, &life), 0);
	assert_int_equal(pen_link_copy_parts(link, &offer), 0);
	close(offer.peer_life);
	offer.life = life;
	pen_end_init(&pair->ends[SRV], SRV, link);
	pair->ends[SRV].server = (struct pen_end_server){ pair, lost, NULL };
	assert_int_equal(pipe(fds), 0);
	offer.peer_life = fds[0];
	pair->life = fds[1];
	assert_int_equal(pen_link_take(&link, CLI, config, &offer), 0);
	pen_end_init(&pair->ends[CLI], CLI, link);
	assert_int_equal(pen_end_enter(&pair->ends[CLI], LONG_MS), 0);
	assert_int_equal(pen_channel_connect(pen_end_channel(&pair->ends[CLI])), 0);
	pen_end_leave(&pair->ends[CLI]);
}

static void close_end(struct pair *pair, unsigned side)
{
	pen_end_close(&pair->ends[side], side == SRV ? pair->life : -1);
}

static void put(struct pair *pair, unsigned side, const char *text)
{
	struct pen_pipe_op op = { 0 };

	assert_int_equal(pen_end_start(&pair->ends[side], &op, PEN_END_WRITE, text,
				       (uint32_t)strlen(text), NULL, 0),
			 0);
	assert_int_equal(op.information, strlen(text));
}

static void get(struct pair *pair, unsigned side, uint32_t expected, const char *text)
{
	struct pen_pipe_op op = { 0 };
	char bytes[100] = "";
	uint32_t status = pen_end_start(&pair->ends[side], &op, PEN_END_READ, NULL, 0, bytes, 99);

	if (status == PEN_STATUS_PENDING)
		status = pen_end_wait(&pair->ends[side], &op, LONG_MS);
	assert_int_equal(status, expected);
	assert_string_equal(bytes, text);
}

static void test_both_in_one_process(void **state)
{
	struct pair pair;

	open_pair(&pair, &messages);
	put(&pair, CLI, "one");
	put(&pair, CLI, "two");
	get(&pair, SRV, 0, "one");
	get(&pair, SRV, 0, "two");
	put(&pair, SRV, "three");
	get(&pair, CLI, 0, "three");
	put(&pair, CLI, "last");
	close_end(&pair, CLI);
	get(&pair, SRV, 0, "last");
	get(&pair, SRV, PEN_STATUS_PIPE_BROKEN, "");
	close_end(&pair, SRV);
}

static void *answer(void *data)
{
	struct pair *pair = data;

	for (unsigned i = 0; i < 1000; i++) {
		get(pair, SRV, 0, "ping");
		put(pair, SRV, "pong");
	}
	return NULL;
}

static void test_threads_wait_for_each_other(void **state)
{
	struct pair pair;
	pthread_t thread;

	open_pair(&pair, &messages);
	assert_int_equal(pthread_create(&thread, NULL, answer, &pair), 0);
	for (unsigned i = 0; i < 1000; i++) {
		put(&pair, CLI, "ping");
		get(&pair, CLI, 0, "pong");
	}
	pthread_join(thread, NULL);
	close_end(&pair, CLI);
	close_end(&pair, SRV);
}

struct counted {
	struct pen_pipe_op op;
	unsigned *orderp;
	unsigned order;
	char bytes[8];
};

static void count(struct pen_pipe_op *op)
{
	struct counted *counted = op->data;

	counted->order = ++*counted->orderp;
}

static void test_R13_reads_are_reported_in_their_order(void **state)
{
	struct counted reads[5] = { 0 };
	unsigned order = 0;
	struct pair pair;

	open_pair(&pair, &messages);
	assert_true(pen_end_fd(&pair.ends[SRV]) >= 0);
	for (unsigned i = 0; i < 5; i++) {
		reads[i].op.done = count;
		reads[i].op.data = &reads[i];
		reads[i].orderp = &order;
		assert_int_equal(pen_end_start(&pair.ends[SRV], &reads[i].op, PEN_END_READ, NULL, 0,
					       reads[i].bytes, 8),
				 PEN_STATUS_PENDING);
	}
	assert_int_equal(pen_end_cancel(&pair.ends[SRV], &reads[1].op), 0);
	for (unsigned i = 0; i < 4; i++)
		put(&pair, CLI, (const char *[]){ "a", "b", "c", "d" }[i]);
	pen_end_dispatch(&pair.ends[SRV]);
	assert_int_equal(order, 5);
	assert_int_equal(reads[1].op.status, PEN_STATUS_CANCELLED);
	assert_string_equal(reads[0].bytes, "a");
	assert_string_equal(reads[2].bytes, "b");
	assert_string_equal(reads[4].bytes, "d");
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(reads[i].order, i + 1);
	close_end(&pair, SRV);
	close_end(&pair, CLI);
}

static void wait_readable(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&poller, 1, LONG_MS), 1);
}

static void test_a_loop_is_told(void **state)
{
	struct counted read = { 0 };
	unsigned order = 0;
	struct pair pair;
	int fd;

	open_pair(&pair, &messages);
	fd = pen_end_fd(&pair.ends[SRV]);
	read.op.done = count;
	read.op.data = &read;
	read.orderp = &order;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pen_end_start(&pair.ends[SRV], &read.op, PEN_END_READ, NULL, 0,
					       read.bytes, 8),
				 PEN_STATUS_PENDING);
		put(&pair, CLI, "x");
		while (read.op.status == PEN_STATUS_PENDING) {
			wait_readable(fd);
			pen_end_dispatch(&pair.ends[SRV]);
		}
		assert_int_equal(order, i + 1);
	}
	assert_int_equal(
		pen_end_start(&pair.ends[SRV], &read.op, PEN_END_READ, NULL, 0, read.bytes, 8),
		PEN_STATUS_PENDING);
	close_end(&pair, CLI);
	while (read.op.status == PEN_STATUS_PENDING) {
		wait_readable(fd);
		pen_end_dispatch(&pair.ends[SRV]);
	}
	assert_int_equal(read.op.status, PEN_STATUS_PIPE_BROKEN);
	close_end(&pair, SRV);
}

/* The peer is killed at whatever it does: within a tenth of a second it is known. */
static void test_death_is_noticed(void **state)
{
	for (unsigned i = 0; i < 50; i++) {
		struct pair pair;
		struct pen_pipe_op op = { 0 };
		char bytes[100];
		uint64_t killed;
		uint32_t status;
		pid_t pid;

		open_pair(&pair, &messages);
		pid = fork();
		if (!pid) {
			close(pair.life);
			pair.life = -1;
			pen_link_free(pair.ends[SRV].link);
			for (;;) {
				pen_end_start(&pair.ends[CLI], &op, PEN_END_WRITE, "some words", 10,
					      NULL, 0);
				if (op.status == PEN_STATUS_PENDING)
					pen_end_wait(&pair.ends[CLI], &op, -1);
			}
		}
		/* This process has the end no more. */
		close_end(&pair, CLI);
		for (unsigned k = 0; k < 3 * i; k++)
			get(&pair, SRV, 0, "some words");
		kill(pid, SIGKILL);
		killed = pen_clock_ms();
		do {
			status = pen_end_start(&pair.ends[SRV], &op, PEN_END_READ, NULL, 0, bytes,
					       100);
			if (status == PEN_STATUS_PENDING)
				status = pen_end_wait(&pair.ends[SRV], &op, LONG_MS);
		} while (!status);
		assert_int_equal(status, PEN_STATUS_PIPE_BROKEN);
		assert_true(pen_clock_ms() - killed < LONG_MS);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close_end(&pair, SRV);
	}
}

/* A peer that is stopped, with the lock in its hands or not, holds nobody up who may not wait. */
static void test_a_stopped_peer(void **state)
{
	for (unsigned i = 0; i < 20; i++) {
		struct pen_pipe_op op = { 0 }, read = { 0 };
		char bytes[100];
		struct pair pair;
		pid_t pid;

		open_pair(&pair, &messages);
		pid = fork();
		if (!pid) {
			pen_link_free(pair.ends[SRV].link);
			for (unsigned k = 0;; k++) {
				pen_end_start(&pair.ends[CLI], &op, PEN_END_WRITE, "some words", 10,
					      NULL, 0);
				if (op.status == PEN_STATUS_PENDING)
					pen_end_wait(&pair.ends[CLI], &op, -1);
			}
		}
		close_end(&pair, CLI);
		usleep(1000 * i % 7000);
		kill(pid, SIGSTOP);
		for (unsigned k = 0; k < 2000; k++) {
			uint32_t status = pen_end_start(&pair.ends[SRV], &read, PEN_END_READ, NULL,
							0, bytes, 100);

			if (status != PEN_STATUS_PENDING)
				continue;
			assert_int_equal(pen_end_wait(&pair.ends[SRV], &read, 20),
					 PEN_STATUS_IO_TIMEOUT);
			break;
		}
		kill(pid, SIGCONT);
		assert_int_equal(pen_end_wait(&pair.ends[SRV], &read, LONG_MS), 0);
		assert_int_equal(read.information, 10);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close_end(&pair, SRV);
	}
}

/* A child that shares the end dies, and with it what it alone was writing; the end stays open. */
static void test_H4_a_child_dies_with_its_write(void **state)
{
	static const struct pen_channel_config small = { true, PEN_CHANNEL_DUPLEX, { 4, 4 } };
	struct pen_pipe_op op = { 0 };
	struct pair pair;
	char byte;
	int told[2];
	pid_t pid;

	open_pair(&pair, &small);
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (!pid) {
		pen_end_start(&pair.ends[CLI], &op, PEN_END_WRITE, "too long", 8, NULL, 0);
		if (write(told[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	put(&pair, CLI, "");
	put(&pair, CLI, "last");
	for (;;) {
		char bytes[100] = "";

		if (pen_end_start(&pair.ends[SRV], &op, PEN_END_READ, NULL, 0, bytes, 99) ==
		    PEN_STATUS_PENDING)
			pen_end_wait(&pair.ends[SRV], &op, LONG_MS);
		assert_int_equal(op.status, 0);
		assert_string_not_equal(bytes, "too long");
		if (!strcmp(bytes, "last"))
			break;
	}
	close_end(&pair, CLI);
	get(&pair, SRV, PEN_STATUS_PIPE_BROKEN, "");
	close_end(&pair, SRV);
}

/* A child has the same end under the same handle, and the end closes with the last of them. */
static void test_H1_H3_a_child_has_the_end_too(void **state)
{
	struct pair pair;
	pid_t pid;

	open_pair(&pair, &messages);
	pid = fork();
	if (!pid) {
		close(pair.life);
		pen_link_free(pair.ends[SRV].link);
		get(&pair, CLI, 0, "for the child");
		put(&pair, CLI, "from the child");
		close_end(&pair, CLI);
		_exit(0);
	}
	close_end(&pair, CLI);
	put(&pair, SRV, "for the child");
	get(&pair, SRV, 0, "from the child");
	get(&pair, SRV, PEN_STATUS_PIPE_BROKEN, "");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close_end(&pair, SRV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_in_one_process),
		cmocka_unit_test(test_threads_wait_for_each_other),
		cmocka_unit_test(test_R13_reads_are_reported_in_their_order),
		cmocka_unit_test(test_a_loop_is_told),
		cmocka_unit_test(test_death_is_noticed),
		cmocka_unit_test(test_a_stopped_peer),
		cmocka_unit_test(test_H4_a_child_dies_with_its_write),
		cmocka_unit_test(test_H1_H3_a_child_has_the_end_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
