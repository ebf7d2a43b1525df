/* SPDX-License-Identifier: MIT */
/*
 * Handles in other processes: those of children.
 */
#include "win32/file.h"
#include "win32/test-pipes.h"

#include <sys/wait.h>
#include <unistd.h>

static void expect_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What a process of its own comes to, in which the first handle of all is a pipe's. */
static int fork_with_a_pipe(void)
{
	HANDLE pipe = pipe_create("first", 0);
	int status = 1;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(GetFileType(pipe) != FILE_TYPE_UNKNOWN);
	for (int i = 0; i < LONG_MS; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 1;
}

/* A pipe may be the first handle that there is; this test comes before there are any. */
static void test_fork_with_a_pipe_first(void **state)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fork_with_a_pipe() != 0);
	expect_exit(pid);
}

/* A handle that was there before any pipe changes nothing of that; this test comes second. */
static void test_fork_with_an_older_event(void **state)
{
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	struct ends ends;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(WaitForSingleObject(event, 0) != WAIT_FAILED);
	expect_exit(pid);
	ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	pid = fork();
	if (!pid)
		_exit(WaitForSingleObject(event, 0) != WAIT_FAILED ||
		      GetFileType(ends.server) != FILE_TYPE_UNKNOWN);
	expect_exit(pid);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CloseHandle(event);
	ends_close(&ends);
}

/* [H1, H3]: a child has what is inheritable, by the same value; the end stays with it. */
static void test_inherited_handles(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_true(SetHandleInformation(ends.client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	pid = fork();
	if (!pid) {
		bool is_right = GetFileType(ends.server) == FILE_TYPE_UNKNOWN &&
				GetFileType(ends.client) == FILE_TYPE_PIPE &&
				ReadFile(ends.client, bytes, 16, &n, NULL) && n == 2 &&
				WriteFile(ends.client, "child", 5, &n, NULL);

		_exit(!is_right);
	}
	CloseHandle(ends.client);
	assert_true(WriteFile(ends.server, "go", 2, &n, NULL));
	assert_true(ReadFile(ends.server, bytes, 16, &n, NULL));
	assert_int_equal(n, 5);
	expect_error(ReadFile(ends.server, bytes, 16, &n, NULL), ERROR_BROKEN_PIPE);
	expect_exit(pid);
	CloseHandle(ends.server);
}

/* [H4]: what a killed child was still writing goes when its end is used; which is the parent's
 * still. */
static void test_killed_child(void **state)
{
	struct ends ends = ends_open(BYTES, FILE_FLAG_OVERLAPPED, 0);
	static char much[20000];
	DWORD n, available = 0;
	char bytes[16];
	pid_t pid;

	assert_true(SetHandleInformation(ends.client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	pid = fork();
	if (!pid) {
		WriteFile(ends.client, much, sizeof(much), &n, NULL);
		_exit(1);
	}
	for (int i = 0; i < LONG_MS && available < sizeof(much); i++) {
		assert_true(PeekNamedPipe(ends.server, NULL, 0, NULL, &available, NULL));
		Sleep(1);
	}
	assert_int_equal(available, sizeof(much));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(WriteFile(ends.client, "parent", 6, &n, NULL));
	assert_true(ReadFile(ends.server, bytes, 16, &n, NULL));
	assert_int_equal(n, 6);
	ends_close(&ends);
}

/* An operation of the parent's is none of the child's, and goes on. */
static void test_fork_with_operations(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_false(ReadFile(ends.server, bytes, 16, NULL, &overlapped));
	pid = fork();
	if (!pid)
		_exit(SleepEx(20, TRUE) != 0);
	expect_exit(pid);
	assert_true(WriteFile(ends.client, "go", 2, &n, NULL));
	assert_true(GetOverlappedResult(ends.server, &overlapped, &n, TRUE));
	assert_int_equal(n, 2);
	CloseHandle(overlapped.hEvent);
	ends_close(&ends);
}

/* What a thread has begun is not its child's to cancel, which it would when the thread ends there.
 */
static void test_thread_that_ends_in_a_child(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_true(SetHandleInformation(ends.server, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	assert_false(ReadFile(ends.server, bytes, 16, NULL, &overlapped));
	pid = fork();
	if (!pid) {
		bool is_clean = pen_list_is_empty(&win_thread_self()->requests);

		win_file_abandon(win_thread_self()); /* as when it ends */
		_exit(!is_clean);
	}
	expect_exit(pid);
	assert_true(WriteFile(ends.client, "go", 2, &n, NULL));
	assert_true(GetOverlappedResult(ends.server, &overlapped, &n, TRUE));
	assert_int_equal(n, 2);
	CloseHandle(overlapped.hEvent);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork_with_a_pipe_first),
		cmocka_unit_test(test_fork_with_an_older_event),
		cmocka_unit_test(test_inherited_handles),
		cmocka_unit_test(test_killed_child),
		cmocka_unit_test(test_fork_with_operations),
		cmocka_unit_test(test_thread_that_ends_in_a_child),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
