/* SPDX-License-Identifier: MIT */
#include "io/foul.h"
#include "support/fds.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { UID = 4711 };

static void expect(int fd, bool is_harmless)
{
	assert_true(fd >= 0);
	assert_int_equal(pen_fd_is_harmless(fd), is_harmless);
	close(fd);
}

static void test_what_is_harmless(void **state)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	expect(ends[0], true);
	expect(ends[1], true);
	expect(eventfd(0, EFD_CLOEXEC), true);
	expect((int)syscall(SYS_pidfd_open, getpid(), 0), true);
	expect(memfd_create("foul", MFD_CLOEXEC), true);
	expect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), true);
	expect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), false);
	expect(open("/dev/null", O_RDONLY | O_CLOEXEC), false);
	expect(open("/proc/self/status", O_RDONLY | O_CLOEXEC), false);
	assert_false(pen_fd_is_harmless(-1));
}

/* Two sockets whose unsent bytes the first has seconds to linger for. */
static int linger_pair(int *otherp)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct linger linger = { .l_onoff = 1, .l_linger = 60 };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const char bytes[65536];
	socklen_t size = sizeof(address);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	*otherp = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
	}
	return fd;
}

/* One that would take a minute, or until its peer goes: nobody here waits for that. */
static void test_who_lingers(void **state)
{
	unsigned n_open = pen_count_fds();
	int other;
	int fd = linger_pair(&other);

	pen_foul_close_one(fd, UID);
	assert_int_equal(pen_foul_count(UID), 1);
	assert_int_equal(pen_foul_count(UID + 1), 0);
	close(other);
	while (pen_foul_count(UID))
		usleep(1000);
	assert_int_equal(pen_count_fds(), n_open);
}

static void test_what_is_closed_at_once(void **state)
{
	unsigned n_open = pen_count_fds();
	struct pen_fds fds = { .n = 3 };

	assert_int_equal(pipe2(fds.fds, O_CLOEXEC), 0);
	fds.fds[2] = -1;
	pen_foul_close(&fds, UID);
	assert_int_equal(fds.n, 0);
	assert_int_equal(pen_foul_count(UID), 0);
	assert_int_equal(pen_count_fds(), n_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_harmless),
		cmocka_unit_test(test_who_lingers),
		cmocka_unit_test(test_what_is_closed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
