/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include "np/provider.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <penstock/status.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 20000 };

static struct objectd objectd;
static struct pen_unix_socket listener;

/* A directory for temporary files, and in it the socket that a .NET program's pipe would be. */
static int start(void **state)
{
	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	setenv("TMPDIR", objectd.directory, 1);
	return pen_unix_listen(&listener, objectd.directory, "CoreFxPipe_Net", 0600, SOCK_STREAM);
}

static int stop(void **state)
{
	pen_unix_close(&listener);
	objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}

static void test_a_dotnet_pipe_has_bytes(void **state)
{
	struct pen_pipe *pipe;
	char bytes[100] = "";
	char *name;
	uint32_t n, pid;
	int fd;

	assert_int_equal(pen_pipe_open(&pipe, "\\\\.\\pipe\\Net", NULL), PEN_STATUS_SUCCESS);
	fd = pen_socket_accept(listener.fd, NULL);
	assert_true(fd >= 0);
	assert_int_equal(pen_pipe_write(pipe, "question", 8, &n, LONG_MS), PEN_STATUS_SUCCESS);
	pen_socket_set_blocking(fd, true);
	assert_int_equal(recv(fd, bytes, 8, MSG_WAITALL), 8);
	assert_string_equal(bytes, "question");
	assert_int_equal(send(fd, "answer", 6, 0), 6);
	assert_int_equal(pen_pipe_read(pipe, bytes, 3, &n, LONG_MS), PEN_STATUS_SUCCESS);
	assert_memory_equal(bytes, "ans", 3);
	assert_int_equal(pen_pipe_server_process(pipe, &pid), PEN_STATUS_SUCCESS);
	assert_int_equal(pid, getpid());
	assert_int_equal(pen_pipe_get_name(pipe, &name), PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(pen_pipe_set_modes(pipe, 1, 0), PEN_STATUS_INVALID_PARAMETER);
	close(fd);
	assert_int_equal(pen_pipe_read(pipe, bytes, 9, &n, LONG_MS), PEN_STATUS_SUCCESS);
	assert_memory_equal(bytes, "wer", 3);
	assert_int_equal(pen_pipe_read(pipe, bytes, 9, &n, LONG_MS), PEN_STATUS_PIPE_BROKEN);
	pen_pipe_free(pipe);
}

/* What the client wrote before it closed arrives. */
static void test_a_dotnet_pipe_is_closed(void **state)
{
	struct pen_pipe *pipe;
	char bytes[100] = "";
	uint32_t n;
	int fd;

	assert_int_equal(pen_pipe_open(&pipe, "\\\\.\\pipe\\Net", NULL), PEN_STATUS_SUCCESS);
	fd = pen_socket_accept(listener.fd, NULL);
	pen_socket_set_blocking(fd, true);
	assert_int_equal(pen_pipe_write(pipe, "last", 4, &n, LONG_MS), PEN_STATUS_SUCCESS);
	pen_pipe_free(pipe);
	assert_int_equal(recv(fd, bytes, 4, MSG_WAITALL), 4);
	assert_int_equal(recv(fd, bytes, 4, 0), 0);
	close(fd);
}

static void test_names_choose(void **state)
{
	const struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX };
	struct pen_pipe *server, *client;
	char *name;

	assert_int_equal(pen_pipe_open(&client, "\\\\.\\pipe\\Nobody", NULL),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(pen_pipe_open(&client, "\\\\elsewhere\\pipe\\Net", NULL),
			 PEN_STATUS_NOT_SUPPORTED);
	/* The object manager's comes first. */
	assert_int_equal(pen_pipe_create(&server, "\\\\.\\pipe\\Net", &config, NULL),
			 PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_open(&client, "\\\\.\\pipe\\Net", NULL), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_pipe_get_name(client, &name), PEN_STATUS_SUCCESS);
	assert_string_equal(name, "\\Net");
	free(name);
	pen_pipe_free(client);
	pen_pipe_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_dotnet_pipe_has_bytes, start, stop),
		cmocka_unit_test_setup_teardown(test_a_dotnet_pipe_is_closed, start, stop),
		cmocka_unit_test_setup_teardown(test_names_choose, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
