/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include "support/unit.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static int make_directory(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/pen-socket-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static int connect_to(const char *name)
{
	struct pen_address address;
	bool is_pending;
	int r;

	r = pen_unix_address(&address, directory, name);
	return r ? r : pen_socket_connect(&address, &is_pending);
}

static void test_dead_name_is_taken_over_and_a_live_one_not(void **state)
{
	struct pen_unix_socket first;
	struct pen_unix_socket second;
	int fd;

	assert_int_equal(pen_unix_listen(&first, directory, "name", 0600, SOCK_STREAM), 0);
	assert_int_equal(pen_unix_listen(&second, directory, "name", 0600, SOCK_STREAM),
			 -EADDRINUSE);

	close(first.fd); /* as if its process had died: the name stays */
	assert_int_equal(connect_to("name"), -ECONNREFUSED);
	assert_int_equal(pen_unix_listen(&second, directory, "name", 0600, SOCK_STREAM), 0);
	fd = connect_to("name");
	assert_true(fd >= 0);
	close(fd);

	/* The first one's name is not its own any more, so it stays. */
	first.fd = dup(second.fd);
	pen_unix_close(&first);
	fd = connect_to("name");
	assert_true(fd >= 0);
	close(fd);
	pen_unix_close(&second);
	assert_int_equal(connect_to("name"), -ENOENT);
}

/* Of many that find a dead name at once, one gets it. */
static void test_takeover_is_no_race(void **state)
{
	enum { N = 16 };
	struct pen_unix_socket dead;
	int n_won = 0;
	int go[2];

	assert_int_equal(pen_unix_listen(&dead, directory, "race", 0600, SOCK_STREAM), 0);
	close(dead.fd);
	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < N; i++) {
		struct pen_unix_socket mine;
		char c;

		if (fork())
			continue;
		close(go[1]);
		_exit(read(go[0], &c, 1) == 0 &&
		      !pen_unix_listen(&mine, directory, "race", 0600, SOCK_STREAM) &&
		      !usleep(300000));
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < N; i++) {
		int status;

		wait(&status);
		n_won += WEXITSTATUS(status);
	}
	assert_int_equal(n_won, 1);
}

static void test_names_that_are_paths_are_refused(void **state)
{
	struct pen_unix_socket sock;
	char name[200];

	assert_int_equal(pen_unix_listen(&sock, directory, "a/b", 0600, SOCK_STREAM), -EINVAL);
	assert_int_equal(pen_unix_listen(&sock, directory, "..", 0600, SOCK_STREAM), -EINVAL);
	assert_int_equal(pen_unix_listen(&sock, directory, "", 0600, SOCK_STREAM), -EINVAL);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(pen_unix_listen(&sock, directory, name, 0600, SOCK_STREAM), -ENAMETOOLONG);
}

static void test_directories_have_their_mode(void **state)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a/b/np", directory);
	assert_int_equal(pen_directory_make(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(pen_directory_make(path, 0700), 0);
	assert_int_equal(chmod(path, 0711), 0);
	assert_int_equal(pen_directory_make(path, 0700), -EPERM);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(pen_directory_make(path, 0755), -EPERM);
}

static void test_peer_is_who_connected(void **state)
{
	struct pen_unix_socket sock;
	struct ucred peer;
	int accepted;
	int fd;

	assert_int_equal(pen_unix_listen(&sock, directory, "peer", 0666, SOCK_STREAM), 0);
	assert_int_equal(pen_socket_accept(sock.fd, NULL), -EAGAIN);
	fd = connect_to("peer");
	accepted = pen_socket_accept(sock.fd, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(pen_socket_peer(accepted, &peer), 0);
	assert_int_equal(peer.uid, getuid());
	assert_int_equal(peer.pid, getpid());
	close(accepted);
	close(fd);
	pen_unix_close(&sock);
}

static int connect_tcp(int family, uint16_t port)
{
	struct pen_address address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
	bool is_pending;

	if (family == AF_INET) {
		*v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.size = sizeof(*v4);
	} else {
		*v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		v6->sin6_addr = in6addr_loopback;
		address.size = sizeof(*v6);
	}
	return pen_socket_connect(&address, &is_pending);
}

static void test_every_address_means_both_families(void **state)
{
	static const struct {
		int family;
		const char *text;
	} ways[] = { { AF_INET, "127.0.0.1" }, { AF_INET6, "::1" } };
	uint16_t port = 0;
	int fd = pen_tcp_listen("", 0, &port);

	assert_true(fd >= 0);
	assert_int_not_equal(port, 0);
	for (size_t i = 0; i < 2; i++) {
		int out = connect_tcp(ways[i].family, port);
		struct pen_address address;
		char text[46];
		int in;

		if (out == -EAFNOSUPPORT || out == -EADDRNOTAVAIL)
			continue; /* a machine without that family */
		assert_true(out >= 0);
		while ((in = pen_socket_accept(fd, &address)) == -EAGAIN)
			usleep(1000);
		assert_true(in >= 0);
		pen_address_print(&address, text);
		assert_string_equal(text, ways[i].text);
		close(in);
		close(out);
	}
	close(fd);
	assert_int_equal(pen_tcp_listen("no address", 0, &port), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dead_name_is_taken_over_and_a_live_one_not),
		cmocka_unit_test(test_takeover_is_no_race),
		cmocka_unit_test(test_names_that_are_paths_are_refused),
		cmocka_unit_test(test_directories_have_their_mode),
		cmocka_unit_test(test_peer_is_who_connected),
		cmocka_unit_test(test_every_address_means_both_families),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
