/* SPDX-License-Identifier: MIT */
#include "io/fds.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int sockets[2];

static int make_sockets(void **state)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets);
}

static int close_sockets(void **state)
{
	close(sockets[0]);
	close(sockets[1]);
	return 0;
}

static void send_text(const char *text, unsigned n_fds)
{
	const struct iovec part = { (void *)(uintptr_t)text, strlen(text) };
	struct pen_fds fds = { .n = n_fds };

	for (unsigned i = 0; i < n_fds; i++)
		fds.fds[i] = sockets[1];
	assert_int_equal(pen_fds_send(sockets[0], &part, 1, &fds, 0), 0);
}

/* Any number of descriptors, from somebody who does not keep to our limit. */
static void send_many(unsigned n_fds)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control = { .head = { .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(n_fds * sizeof(int)) } };
	char text[4] = "many";
	struct iovec part = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(n_fds * sizeof(int)) };

	for (unsigned i = 0; i < n_fds; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &sockets[1], sizeof(int));
	assert_int_equal(sendmsg(sockets[0], &message, 0), 4);
}

static ssize_t receive(char text[16], struct pen_fds *fds)
{
	const struct iovec part = { text, 16 };

	return pen_fds_receive(sockets[1], &part, 1, fds, MSG_DONTWAIT);
}

/* What was sent is what comes: the bytes of all parts, and each descriptor, close-on-exec. */
static void test_there_and_back(void **state)
{
	struct pen_fds fds;
	char text[16];

	for (unsigned n = 0; n <= PEN_FDS_MAX; n++) {
		unsigned n_open = pen_count_fds();

		send_text("text", n);
		assert_int_equal(receive(text, &fds), 4);
		assert_memory_equal(text, "text", 4);
		assert_int_equal(fds.n, n);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(fcntl(fds.fds[i], F_GETFD), FD_CLOEXEC);
		assert_int_equal(pen_count_fds(), n_open + n);
		pen_fds_close(&fds);
		assert_int_equal(pen_count_fds(), n_open);
	}
	assert_int_equal(receive(text, &fds), -EAGAIN);
	assert_int_equal(fds.n, 0);
}

static void test_parts_are_one_message(void **state)
{
	char text[5] = "abcde";
	const struct iovec out[2] = { { text, 2 }, { text + 2, 3 } };
	char head[4], rest[4];
	const struct iovec in[2] = { { head, 4 }, { rest, 4 } };
	const struct pen_fds none = { .n = 0 };
	struct pen_fds fds;

	assert_int_equal(pen_fds_send(sockets[0], out, 2, &none, 0), 0);
	assert_int_equal(pen_fds_receive(sockets[1], in, 2, &fds, 0), 5);
	assert_memory_equal(head, "abcd", 4);
	assert_memory_equal(rest, "e", 1);
}

/* What is too much is refused, and nothing of it stays open. */
static void test_too_many(void **state)
{
	static const unsigned counts[] = { PEN_FDS_MAX + 1, PEN_FDS_MAX + 2, 64 };
	unsigned n_open = pen_count_fds();
	struct pen_fds fds;
	char text[16];

	for (unsigned i = 0; i < 3; i++) {
		send_many(counts[i]);
		assert_int_equal(receive(text, &fds), -EMSGSIZE);
		assert_in_range(fds.n, 1, PEN_FDS_MAX + 1);
		pen_fds_close(&fds);
		assert_int_equal(pen_count_fds(), n_open);
	}
}

static void test_too_long(void **state)
{
	unsigned n_open = pen_count_fds();
	struct pen_fds fds;
	char text[16];

	send_text("longer than sixteen", 2);
	assert_int_equal(receive(text, &fds), -EMSGSIZE);
	assert_int_equal(fds.n, 2);
	pen_fds_close(&fds);
	assert_int_equal(pen_count_fds(), n_open);
}

/* Where this process may have no more of them, those that there was room for are to be closed. */
static void test_no_room_in_the_process(void **state)
{
	struct rlimit limit, low;
	struct pen_fds fds;
	unsigned n_open = pen_count_fds();
	char text[16];
	ssize_t n;
	int next = dup(0);

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)next + 2; /* there may be more below, but not five of them */
	send_text("text", PEN_FDS_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	n = receive(text, &fds);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(n, -EMFILE);
	assert_in_range(fds.n, 0, PEN_FDS_MAX - 1);
	pen_fds_close(&fds);
	assert_int_equal(pen_count_fds(), n_open);
}

/* As many as may be; and what is left, of which there is always some. */
static void test_room(void **state)
{
	struct rlimit limit, low;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){ .rlim_cur = 16, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(pen_fds_room(10), limit.rlim_max - 10);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(low.rlim_cur, limit.rlim_max);
	assert_int_equal(pen_fds_room((uint32_t)limit.rlim_max), limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* One that somebody has taken out is his. */
static void test_taken_out(void **state)
{
	struct pen_fds fds;
	char text[16];
	int fd;

	send_text("text", 2);
	assert_int_equal(receive(text, &fds), 4);
	fd = fds.fds[0];
	fds.fds[0] = -1;
	pen_fds_close(&fds);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void test_gone(void **state)
{
	const struct pen_fds none = { .n = 0 };
	struct pen_fds fds;
	char text[16] = "x";
	const struct iovec part = { text, 1 };

	close(sockets[0]);
	assert_int_equal(receive(text, &fds), 0);
	assert_int_equal(pen_fds_send(sockets[1], &part, 1, &none, 0), -EPIPE);
	sockets[0] = dup(sockets[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_sockets, close_sockets)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back), TEST(test_parts_are_one_message),
		TEST(test_too_many),	   TEST(test_too_long),
		TEST(test_taken_out),	   TEST(test_no_room_in_the_process),
		TEST(test_gone),	   TEST(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
