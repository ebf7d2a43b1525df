/* SPDX-License-Identifier: MIT */
/*
 * Handles in processes that are no children: they go by a socket, and by nothing else.
 */
#include "win32/test-pipes.h"

#include "support/fail.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Receives an end, reads what it is asked there, and answers; then the end is closed. */
static int answer(int socket)
{
	HANDLE pipe = pen_win32_receive_handle(socket, 0, FALSE);
	char bytes[16];
	DWORD n;

	if (pipe == INVALID_HANDLE_VALUE || !ReadFile(pipe, bytes, 16, &n, NULL) || n != 3)
		return 1;
	return !WriteFile(pipe, "answer", 6, &n, NULL) || !FlushFileBuffers(pipe) ||
	       !CloseHandle(pipe);
}

/* H5: an end that is sent and closed has moved: its peer hears of nothing until it is closed there.
 */
static void test_an_end_moves(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	int sockets[2], status;
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	pid = fork();
	if (!pid) {
		alarm(LONG_MS / 1000);
		_exit(answer(sockets[1]));
	}
	put(ends.client, "one");
	assert_true(pen_win32_send_handle(ends.server, sockets[0], 0));
	assert_true(CloseHandle(ends.server));
	assert_true(ReadFile(ends.client, bytes, 16, &n, NULL));
	assert_int_equal(n, 6);
	assert_false(ReadFile(ends.client, bytes, 16, &n, NULL));
	assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	CloseHandle(ends.client);
	close(sockets[0]);
	close(sockets[1]);
}

/* H2: rights may be fewer, not more; an overlapped handle is one where it is received as such. */
static void test_rights_and_modes(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	HANDLE copy, weak;
	int sockets[2];
	char bytes[16];
	DWORD n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	assert_true(pen_win32_send_handle(ends.server, sockets[0], GENERIC_READ));
	weak = pen_win32_receive_handle(sockets[1], FILE_FLAG_OVERLAPPED, TRUE);
	assert_ptr_not_equal(weak, INVALID_HANDLE_VALUE);
	assert_true(GetHandleInformation(weak, &n));
	assert_int_equal(n, HANDLE_FLAG_INHERIT);
	assert_true(GetNamedPipeInfo(weak, &n, NULL, NULL, NULL));
	assert_int_equal(n, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
	assert_false(WriteFile(weak, "no", 2, &n, NULL));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_false(ReadFile(weak, bytes, 16, NULL, &overlapped));
	assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	put(ends.client, "yours");
	assert_true(GetOverlappedResult(weak, &overlapped, &n, TRUE));
	assert_int_equal(n, 5);
	assert_false(pen_win32_send_handle(weak, sockets[0], GENERIC_READ | GENERIC_WRITE));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_true(DuplicateHandle(GetCurrentProcess(), ends.server, GetCurrentProcess(), &copy,
				    SYNCHRONIZE | FILE_READ_ATTRIBUTES, FALSE, 0));
	assert_false(pen_win32_send_handle(copy, sockets[0], FILE_READ_DATA));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	CloseHandle(copy);
	CloseHandle(weak);
	CloseHandle(overlapped.hEvent);
	ends_close(&ends);
	close(sockets[0]);
	close(sockets[1]);
}

/* H2: a duplicate may be asked for by generic rights. */
static void test_generic_rights(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char bytes[16];
	HANDLE copy;
	DWORD n;

	assert_true(DuplicateHandle(GetCurrentProcess(), ends.client, GetCurrentProcess(), &copy,
				    GENERIC_WRITE, FALSE, 0));
	put(copy, "one");
	expect_error(ReadFile(copy, bytes, 16, &n, NULL), ERROR_ACCESS_DENIED);
	expect_error(DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), &copy,
				     GENERIC_READ, FALSE, 0),
		     ERROR_ACCESS_DENIED);
	CloseHandle(copy);
	ends_close(&ends);
}

/* What is no pipe's is not sent, and what is none is not received. */
static void test_refusals(void **state)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), root = root_open();
	struct ends ends = ends_open(MESSAGES, 0, 0);
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	assert_false(pen_win32_send_handle(event, sockets[0], 0));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_false(pen_win32_send_handle((HANDLE)0x123450, sockets[0], 0));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_false(pen_win32_send_handle(root, sockets[0], 0));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
	assert_int_equal(send(sockets[0], "what", 4, MSG_NOSIGNAL), 4);
	expect_no_pipe(pen_win32_receive_handle(sockets[1], 0, FALSE), ERROR_INVALID_PARAMETER);
	close(sockets[1]);
	assert_false(pen_win32_send_handle(ends.server, sockets[0], 0));
	close(sockets[0]);
	expect_no_pipe(pen_win32_receive_handle(-1, 0, FALSE), ERROR_INVALID_HANDLE);
	CloseHandle(event);
	CloseHandle(root);
	ends_close(&ends);
}

/* No process has a handle here but this one, by GetCurrentProcess. */
static void test_no_other_process(void **state)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE copy = NULL, none = (HANDLE)0x123450;

	expect_error(DuplicateHandle(GetCurrentProcess(), event, none, &copy, 0, FALSE,
				     DUPLICATE_SAME_ACCESS),
		     ERROR_INVALID_HANDLE);
	expect_error(DuplicateHandle(none, event, GetCurrentProcess(), &copy, 0, FALSE,
				     DUPLICATE_SAME_ACCESS),
		     ERROR_INVALID_HANDLE);
	/* Neither is the event one; but what is to be closed at the source is, whatever comes of
	 * it. */
	expect_error(DuplicateHandle(GetCurrentProcess(), event, event, &copy, 0, FALSE,
				     DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
		     ERROR_INVALID_HANDLE);
	assert_null(copy);
	expect_error(SetEvent(event), ERROR_INVALID_HANDLE);
}

/* The n-th allocation fails: so does the call, and no end is lost. */
static void test_no_memory(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char bytes[16];
	DWORD n;

	for (size_t k = 1;; k++) {
		int sockets[2];
		bool was_hit;
		HANDLE copy;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
		assert_true(pen_win32_send_handle(ends.server, sockets[0], 0));
		pen_fail_at(k);
		copy = pen_win32_receive_handle(sockets[1], 0, FALSE);
		was_hit = pen_fail_hit();
		if (copy != INVALID_HANDLE_VALUE)
			CloseHandle(copy);
		close(sockets[0]);
		close(sockets[1]);
		if (!was_hit)
			break;
	}
	put(ends.client, "still");
	assert_true(ReadFile(ends.server, bytes, 16, &n, NULL));
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_end_moves),	 cmocka_unit_test(test_rights_and_modes),
		cmocka_unit_test(test_generic_rights),	 cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_other_process), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
