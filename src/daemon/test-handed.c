/* SPDX-License-Identifier: MIT */
/* The descriptors begin at 3, so each test is a child of its own. */
#include "daemon/handed.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/penstock-handed-XXXXXX";

static void put(int fd, int number)
{
	if (dup2(fd, number) != number)
		_exit(90);
}

static int tcp(uint16_t *portp)
{
	return pen_tcp_listen("127.0.0.1", 0, portp);
}

static int local(const char *name)
{
	struct pen_unix_socket socket;

	return pen_unix_listen(&socket, directory, name, 0600, SOCK_STREAM)
		       ? -1
		       : fcntl(socket.fd, F_DUPFD, 50);
}

static void set(const char *variable, const char *value)
{
	setenv(variable, value, 1);
}

static void set_for_us(const char *n, const char *names)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	set("LISTEN_PID", pid);
	set("LISTEN_FDS", n);
	if (names)
		set("LISTEN_FDNAMES", names);
}

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 200 + 1);                                                 \
	} while (0)

static int take(struct handed *handed, const char *text, char endpoint[32])
{
	struct pen_binding binding;
	int fd;

	EXPECT(!pen_binding_parse(&binding, text, NULL));
	fd = handed_take(handed, &binding, directory);
	snprintf(endpoint, 32, "%s", binding.endpoint ? binding.endpoint : "");
	pen_binding_done(&binding);
	return fd;
}

static void names(void)
{
	struct handed handed;
	char endpoint[32], port_text[16];
	uint16_t port, other;

	put(local("one"), 3);
	put(tcp(&port), 4);
	put(local("two"), 5);
	put(tcp(&other), 6);
	set_for_us("4", "ncalrpc-EPMAPPER:ncacn_ip_tcp:ncacn_np-srvsvc:ncacn_ip_tcp-135");
	EXPECT(handed_take_all(&handed) == 0);
	EXPECT(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
	EXPECT(take(&handed, "ncalrpc:[EPMAPPER]", endpoint) == 3);
	EXPECT(take(&handed, "ncalrpc:[EPMAPPER]", endpoint) == -1);
	EXPECT(take(&handed, "ncacn_ip_tcp:", endpoint) == 4);
	snprintf(port_text, sizeof(port_text), "%u", port);
	EXPECT(!strcmp(endpoint, port_text));
	EXPECT(take(&handed, "ncacn_np:[\\pipe\\SrvSvc]", endpoint) == 5);
	EXPECT(take(&handed, "ncacn_ip_tcp:[136]", endpoint) == -1);
	EXPECT(take(&handed, "ncacn_ip_tcp:[135]", endpoint) == 6);
	snprintf(port_text, sizeof(port_text), "%u", other);
	EXPECT(!strcmp(endpoint, port_text));
	EXPECT(fcntl(3, F_GETFD) == FD_CLOEXEC && fcntl(3, F_GETFL) & O_NONBLOCK);
	EXPECT(handed_done(&handed) == 0);
}

static void addresses(void)
{
	struct handed handed;
	char endpoint[32], text[64];
	uint16_t port;

	put(tcp(&port), 3);
	put(local("lsarpc"), 4);
	put(local("EPMAPPER"), 5);
	set_for_us("3", NULL);
	EXPECT(handed_take_all(&handed) == 0);
	snprintf(text, sizeof(text), "ncacn_ip_tcp:[%u]", port);
	EXPECT(take(&handed, text, endpoint) == 3);
	EXPECT(take(&handed, "ncalrpc:[epmapper]", endpoint) == -1);
	EXPECT(take(&handed, "ncacn_np:[\\PIPE\\LSARPC]", endpoint) == 4);
	EXPECT(handed_done(&handed) == 1 && fcntl(5, F_GETFD) == -1);
}

static void others(void)
{
	struct handed handed;
	char endpoint[32];
	int ends[2];

	EXPECT(!pipe(ends));
	put(ends[0], 3);
	put(socket(AF_UNIX, SOCK_STREAM, 0), 4);
	put(local("three"), 5);
	set_for_us("4", "ncalrpc-a:ncalrpc-b:ncacn_ip_tcp-135");
	EXPECT(handed_take_all(&handed) == 3);
	EXPECT(fcntl(3, F_GETFD) == -1 && fcntl(4, F_GETFD) == -1);
	EXPECT(take(&handed, "ncacn_ip_tcp:[135]", endpoint) == -1); /* is a local one */
	EXPECT(handed_done(&handed) == 1);
}

static void for_another(void)
{
	struct handed handed;

	set("LISTEN_PID", "1");
	set("LISTEN_FDS", "1");
	EXPECT(handed_take_all(&handed) == 0 && !handed.n);
	EXPECT(!getenv("LISTEN_FDS"));
}

static void nonsense(void)
{
	static const char *const wrong[] = { "-1", "257", "x", "", "3x", "99999999999999999999" };
	struct handed handed;

	for (size_t i = 0; i < PEN_COUNT(wrong); i++) {
		set_for_us(wrong[i], NULL);
		EXPECT(handed_take_all(&handed) == -EINVAL);
	}
	set_for_us("0", NULL);
	EXPECT(handed_take_all(&handed) == 0);
}

static void in_child(void (*test)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_names(void **state)
{
	in_child(names);
}

static void test_addresses(void **state)
{
	in_child(addresses);
}

static void test_others(void **state)
{
	in_child(others);
}

static void test_for_another(void **state)
{
	in_child(for_another);
}

static void test_nonsense(void **state)
{
	in_child(nonsense);
}

static int make_directory(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names_[] = { "one", "two", "three", "lsarpc", "EPMAPPER" };
	char path[64];

	for (size_t i = 0; i < PEN_COUNT(names_); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names_[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_others),	 cmocka_unit_test(test_for_another),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
