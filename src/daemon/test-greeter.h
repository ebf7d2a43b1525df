/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TEST_GREETER_H
#define PEN_DAEMON_TEST_GREETER_H
/*
 * A greeter, and both of those it stands between: penstockd and the peers.
 */
#include "daemon/greeter.h"
#include "rpc/test-server.h"
#include "runtime/worker-letter.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 20000, REQUEST_MAX = 1 << 20 };

/* ---- penstockd's side ---- */

static struct {
	struct greeter *greeter;
	struct greeter_config config;
	int fd; /* penstockd's end */
	int result;
	struct worker_report report; /* the last */
	int back;		     /* and its descriptor; -1: none */
	struct pen_arena arena;
	struct pen_buffer scratch;
	uint8_t room[worker_LETTER_MAX];
} stage;

static inline void open_sockets(int fds[2], int type)
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static inline void stage_open(const struct greeter_config *config)
{
	int fds[2];

	open_sockets(fds, SOCK_SEQPACKET);
	stage.fd = fds[0];
	stage.back = -1;
	stage.result = 0;
	stage.config = config ? *config : (struct greeter_config){ 0 };
	stage.config.fd = fds[1];
	pen_arena_init(&stage.arena, PEN_WORKER_ARENA_MAX);
	pen_buffer_init(&stage.scratch, 0);
}

static inline void stage_start(const struct greeter_config *config)
{
	stage_open(config);
	assert_int_equal(greeter_new(&stage.greeter, &stage.config), 0);
}

static inline void forget_report(void)
{
	if (stage.back >= 0)
		close(stage.back);
	stage.back = -1;
	pen_arena_reset(&stage.arena);
}

static inline void stage_end(void)
{
	forget_report();
	stage.greeter = greeter_free(stage.greeter);
	if (stage.fd >= 0)
		close(stage.fd);
	close(stage.config.fd);
	pen_arena_done(&stage.arena);
	pen_buffer_done(&stage.scratch);
}

/* The greeter does what it can do now. */
static inline void turn(void)
{
	if (stage.greeter && !stage.result)
		stage.result = greeter_dispatch(stage.greeter);
}

static inline int send_order(const struct worker_order *order, int fd)
{
	return pen_worker_send_order(stage.fd, order, fd, &stage.scratch);
}

/* The descriptor is the greeter's alone then. */
static inline void hand_over(uint32_t number, int fd, bool is_carried)
{
	const struct worker_order order = {
		.verb = worker_GREET,
		.body.greet = { .number = number, .is_carried = is_carried },
	};

	assert_int_equal(send_order(&order, fd), 0);
	close(fd);
}

/* Hands one end of a new connection over, and returns the other. */
static inline int arrive(uint32_t number, bool is_carried)
{
	int fds[2];

	open_sockets(fds, SOCK_STREAM);
	hand_over(number, fds[1], is_carried);
	turn();
	return fds[0];
}

/* Whether there is a report, without waiting. */
static inline bool has_report(void)
{
	int r;

	forget_report();
	r = pen_worker_receive_report(stage.fd, &stage.report, &stage.back, stage.room,
				      &stage.arena);
	if (r == -EAGAIN)
		return false;
	assert_int_equal(r, 0);
	return true;
}

static inline void await_report(void)
{
	struct pollfd wait = { .fd = stage.fd, .events = POLLIN };

	for (int ms = 0; ms < LONG_MS && !has_report(); ms++) {
		turn();
		poll(&wait, 1, 1);
		if (ms == LONG_MS - 1)
			fail_msg("there is no report");
	}
}

static inline void expect_gone(uint32_t number, enum worker_farewell why)
{
	await_report();
	assert_int_equal(stage.report.verb, worker_GONE);
	assert_int_equal(stage.report.body.gone.number, number);
	assert_int_equal(stage.report.body.gone.why, why);
	assert_int_equal(stage.back, -1);
}

/* With these bytes; it is the connection whose other end is peer. */
static inline void expect_guest(uint32_t number, int peer, const void *bytes, size_t n)
{
	const struct worker_guest *guest = &stage.report.body.guest;
	char byte;

	await_report();
	assert_int_equal(stage.report.verb, worker_GUEST);
	assert_int_equal(guest->number, number);
	assert_int_equal(guest->n_bytes, n);
	assert_memory_equal(guest->bytes, bytes, n);
	assert_int_equal(send(stage.back, "!", 1, 0), 1);
	for (int ms = 0; recv(peer, &byte, 1, 0) != 1; ms++) {
		assert_true(ms < LONG_MS);
		usleep(1000);
	}
	assert_int_equal(byte, '!');
}

/* ---- the peer's side ---- */

static inline void say(int fd, const void *bytes, size_t n)
{
	if (n)
		assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
	turn();
}

/* All that comes until the other side closes or, half, has no more to say. */
static inline size_t hear(int fd, uint8_t *bytes, size_t max)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	for (int ms = 0; ms < LONG_MS; ms++) {
		ssize_t part = recv(fd, bytes + n, max - n, 0);

		if (part == 0)
			return n;
		if (part < 0)
			assert_int_equal(errno, EAGAIN);
		else
			n += (size_t)part;
		turn();
		poll(&wait, 1, 1);
	}
	fail_msg("the other side does not close");
	return 0;
}

/* ---- what smbd says ---- */

static uint8_t npa[REQUEST_MAX];
static size_t n_npa;

static inline void load_npa(const char *name)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "test/vectors/npa/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n_npa = fread(npa, 1, sizeof(npa), file);
	fclose(file);
}

/* The bytes in messages of up to n_part, with an empty one before each. */
static inline size_t frame(uint8_t *framed, const uint8_t *bytes, size_t n, size_t n_part)
{
	size_t at = 0;

	for (size_t done = 0; done < n; done += n_part) {
		size_t part = n - done < n_part ? n - done : n_part;

		framed[at++] = 0;
		framed[at++] = 0;
		framed[at++] = (uint8_t)part;
		framed[at++] = (uint8_t)(part >> 8);
		memcpy(framed + at, bytes + done, part);
		at += part;
	}
	return at;
}

/* ---- before and after each test ---- */

static unsigned n_fds;

/* What libuv opens once stays open. */
static inline int warm_up(void **state)
{
	(void)state;
	stage_start(NULL);
	stage_end();
	return 0;
}

static inline int begin(void **state)
{
	(void)state;
	n_fds = pen_count_fds();
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	if (stage.greeter)
		stage_end();
	assert_int_equal(pen_count_fds(), n_fds);
	return 0;
}

#define GREETER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
