/* SPDX-License-Identifier: MIT */
#include "io/notify.h"
#include "support/unit.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A service manager's socket. With @ it is in no directory. */
static int listen_at(const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(text);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, text, n);
	if (*text == '@')
		address.sun_path[0] = '\0';
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
			 0);
	return fd;
}

static void expect_told(const char *text)
{
	int fd = listen_at(text);
	char said[32] = "";

	setenv("NOTIFY_SOCKET", text, 1);
	assert_int_equal(pen_notify("READY=1"), 0);
	assert_int_equal(recv(fd, said, sizeof(said), 0), 7);
	assert_string_equal(said, "READY=1");
	close(fd);
	assert_int_equal(pen_notify("READY=1"), -ECONNREFUSED);
}

static void test_who_wants_to_know_is_told(void **state)
{
	char directory[] = "/tmp/penstock-test-XXXXXX", text[64];

	assert_non_null(mkdtemp(directory));
	snprintf(text, sizeof(text), "%s/notify", directory);
	expect_told(text);
	unlink(text);
	rmdir(directory);
	assert_int_equal(pen_notify("READY=1"), -ENOENT);
	snprintf(text, sizeof(text), "@penstock-test-%d", (int)getpid());
	expect_told(text);
}

static void test_nobody_wants_to_know(void **state)
{
	char text[200] = "/";

	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(pen_notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(pen_notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	assert_int_equal(pen_notify("READY=1"), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "@", 1);
	assert_int_equal(pen_notify("READY=1"), -EAFNOSUPPORT);
	memset(text + 1, 'x', sizeof(text) - 2);
	setenv("NOTIFY_SOCKET", text, 1);
	assert_int_equal(pen_notify("READY=1"), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_wants_to_know_is_told),
		cmocka_unit_test(test_nobody_wants_to_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
