/* SPDX-License-Identifier: MIT */
#include "io/session.h"
#include "io/socket.h"
#include "support/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static struct pen_unix_socket listener;

static int start(void **state)
{
	strcpy(directory, "/tmp/pen-session-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	return pen_unix_listen(&listener, directory, "s", 0600, SOCK_STREAM);
}

static int end(void **state)
{
	pen_unix_close(&listener);
	return rmdir(directory);
}

static int connect_here(void)
{
	struct pen_address address;
	bool is_pending;
	int fd;

	assert_int_equal(pen_unix_address(&address, directory, "s"), 0);
	fd = pen_socket_connect(&address, &is_pending);
	assert_true(fd >= 0);
	return fd;
}

/* A peer of the same session has it, as this process itself. */
static void test_own_is_the_peers(void **state)
{
	struct ucred peer;
	uint32_t session = 42;
	int client = connect_here(), fd = pen_socket_accept(listener.fd, NULL);

	assert_int_equal(pen_socket_peer(fd, &peer), 0);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(pen_session_of_peer(fd, &peer, &session), 0);
	assert_int_equal(session, pen_session_own());
	close(fd);
	close(client);
}

/* Nobody's session is told of one who has gone, though his number may be another's by now. */
static void test_one_who_has_gone(void **state)
{
	struct ucred peer;
	uint32_t session = 42;
	int fd;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		connect_here();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	fd = pen_socket_accept(listener.fd, NULL);
	assert_true(fd >= 0);
	assert_int_equal(pen_socket_peer(fd, &peer), 0);
	assert_true(pen_session_of_peer(fd, &peer, &session) < 0);
	assert_int_equal(session, 42);
	close(fd);
}

static void test_another_namespace(void **state)
{
	const struct ucred nobody = { .pid = 0, .uid = 65534, .gid = 65534 };
	uint32_t session = 42;

	assert_int_equal(pen_session_of_peer(listener.fd, &nobody, &session), 0);
	assert_int_equal(session, PEN_SESSION_UNKNOWN);
}

/* The groups of the peer are this process's own. */
static void test_groups(void **state)
{
	int client = connect_here(), fd = pen_socket_accept(listener.fd, NULL);
	int n_own = getgroups(0, NULL);
	gid_t *own = calloc((size_t)n_own + 1, sizeof(*own)), *groups;
	size_t n;

	assert_non_null(own);
	assert_int_equal(getgroups(n_own, own), n_own);
	assert_int_equal(pen_socket_peer_groups(fd, &groups, &n), 0);
	assert_int_equal(n, n_own);
	if (n)
		assert_memory_equal(groups, own, n * sizeof(*own));
	free(groups);
	free(own);
	close(fd);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_is_the_peers),
		cmocka_unit_test(test_one_who_has_gone),
		cmocka_unit_test(test_another_namespace),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, start, end);
}
