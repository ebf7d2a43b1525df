/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TEST_RELAY_H
#define PEN_DAEMON_TEST_RELAY_H
/*
 * A relay, and those it stands between: who comes, who is there, and penstockd.
 */
#include "daemon/relay-pair.h"
#include "runtime/worker-letter.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONG = 20000 /* turns, of a millisecond where nothing happens */ };

/* penstockd's side, and the other program's: a socket that listens in the working directory. */
static struct {
	struct relay *relay;
	struct relay_config config;
	int fd; /* penstockd's end */
	int listener;
	int result;
	struct pen_buffer scratch;
	char directory[40], home[400];
	unsigned n_fds;
} stage;

static inline int listen_at(const char *name, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, name);
	unlink(name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static inline int enter(void **state)
{
	int fds[2];

	(void)state;
	stage.n_fds = pen_count_fds();
	assert_non_null(getcwd(stage.home, sizeof(stage.home)));
	strcpy(stage.directory, "/tmp/penstock-relay-XXXXXX");
	assert_non_null(mkdtemp(stage.directory));
	assert_int_equal(chdir(stage.directory), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	stage.fd = fds[0];
	stage.config = (struct relay_config){ .fd = fds[1] };
	stage.result = 0;
	stage.listener = listen_at("samr", 4096);
	pen_buffer_init(&stage.scratch, 0);
	return 0;
}

static inline void start(void)
{
	assert_int_equal(relay_new(&stage.relay, &stage.config), 0);
}

static inline int leave(void **state)
{
	(void)state;
	stage.relay = relay_free(stage.relay);
	if (stage.fd >= 0)
		close(stage.fd);
	close(stage.config.fd);
	close(stage.listener);
	pen_buffer_done(&stage.scratch);
	unlink("samr");
	assert_int_equal(chdir(stage.home), 0);
	assert_int_equal(rmdir(stage.directory), 0);
	assert_int_equal(pen_count_fds(), stage.n_fds);
	return 0;
}

static inline void turn(void)
{
	if (!stage.result)
		stage.result = relay_dispatch(stage.relay);
}

/* One end of a new connection; the other is handed over. */
static inline int hand_over(const char *name)
{
	const struct worker_order order = { .verb = worker_RELAY,
					    .body.relay.name = (char *)(uintptr_t)name };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
			 0);
	assert_int_equal(pen_worker_send_order(stage.fd, &order, fds[1], &stage.scratch), 0);
	close(fds[1]);
	return fds[0];
}

static inline int accept_one(int listener)
{
	for (int i = 0; i < LONG; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			return fd;
		assert_int_equal(errno, EAGAIN);
		turn();
		usleep(i < 10 ? 0 : 1000);
	}
	fail_msg("nobody comes");
	return -1;
}

struct line {
	int near; /* who came */
	int far;  /* who is there */
};

static inline struct line connect_through(void)
{
	struct line line = { .near = hand_over("samr") };

	line.far = accept_one(stage.listener);
	return line;
}

static inline void hang_up(struct line *line)
{
	close(line->near);
	close(line->far);
}

static inline void await_count(uint32_t n)
{
	for (int i = 0; i < LONG && relay_count(stage.relay) != n; i++) {
		turn();
		usleep(i < 10 ? 0 : 1000);
	}
	assert_int_equal(relay_count(stage.relay), n);
}

/* What comes until n bytes are there or the other side says no more: how many. */
static inline size_t hear(int fd, uint8_t *bytes, size_t n)
{
	size_t at = 0;

	for (int i = 0; i < LONG && at < n; i++) {
		ssize_t some = recv(fd, bytes + at, n - at, 0);

		if (!some)
			break;
		if (some < 0)
			assert_int_equal(errno, EAGAIN);
		at += some > 0 ? (size_t)some : 0;
		turn();
		if (some < 0)
			usleep(i < 10 ? 0 : 1000);
	}
	return at;
}

static inline void expect_text(int fd, const char *text)
{
	uint8_t bytes[64];

	assert_int_equal(hear(fd, bytes, strlen(text)), strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

static inline void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* recv's result when there is one; -1 with an errno other than EAGAIN. */
static inline ssize_t await_end(int fd)
{
	ssize_t n = -1;
	char byte;

	for (int i = 0; i < LONG; i++) {
		turn();
		n = recv(fd, &byte, 1, 0);
		if (n >= 0 || errno != EAGAIN)
			return n;
		usleep(i < 10 ? 0 : 1000);
	}
	fail_msg("there is no end");
	return 0;
}

/* Until writing fails: with which errno. */
static inline int await_refusal(int fd)
{
	for (int i = 0; i < LONG; i++) {
		turn();
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			return errno;
		usleep(i < 10 ? 0 : 1000);
	}
	return 0;
}

#define RELAY_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* What libuv opens once stays open. */
static inline int warm_up(void **state)
{
	struct pen_loop loop;

	(void)state;
	assert_int_equal(pen_loop_init(&loop), 0);
	pen_loop_done(&loop);
	return 0;
}

#endif
