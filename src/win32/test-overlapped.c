/* SPDX-License-Identifier: MIT */
/*
 * Operations that pend, and what tells of their end [rows A1-A10, A18, A25-A27, L2-L12, R15-R21],
 * with pipes of a real object manager.
 */
#include "win32/test-pipes.h"

/* [A1-A4] */
static void test_pending(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	IO_STATUS_BLOCK iosb = untouched;
	char bytes[8];

	assert_int_equal(read_nt(ends.server, event, &iosb, bytes, 8), STATUS_PENDING);
	assert_false(is_signaled(event));
	assert_false(is_signaled(ends.server));
	assert_true(is_untouched(&iosb));
	put(ends.client, "one");
	assert_int_equal(WaitForSingleObject(event, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(iosb.Status, 0);
	assert_int_equal(iosb.Information, 3);
	assert_false(is_signaled(ends.server));

	iosb = untouched;
	assert_int_equal(read_nt(ends.server, NULL, &iosb, bytes, 8), STATUS_PENDING);
	assert_false(is_signaled(ends.server));
	put(ends.client, "two");
	assert_int_equal(WaitForSingleObject(ends.server, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(iosb.Information, 3);
	assert_memory_equal(bytes, "two", 3);
	CloseHandle(event);
	ends_close(&ends);
}

/* [A5, A6] */
static void test_apcs(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	struct apc_seen seen = { 0, NULL, 99 };
	IO_STATUS_BLOCK iosb = untouched;
	char bytes[8];

	assert_int_equal(
		NtReadFile(ends.server, event, on_done, &seen, &iosb, bytes, 8, NULL, NULL),
		STATUS_PENDING);
	put(ends.client, "one");
	assert_int_equal(WaitForSingleObject(event, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(iosb.Information, 3);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(seen.n, 1);
	assert_ptr_equal(seen.iosb, &iosb);
	assert_int_equal(seen.reserved, 0);
	assert_int_equal(SleepEx(0, TRUE), 0);

	/* At once. */
	put(ends.client, "two");
	ResetEvent(event);
	assert_int_equal(
		NtReadFile(ends.server, event, on_done, &seen, &iosb, bytes, 8, NULL, NULL), 0);
	assert_true(is_signaled(event));
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(seen.n, 2);

	/* Woken out of a wait. */
	assert_int_equal(NtReadFile(ends.server, NULL, on_done, &seen, &iosb, bytes, 8, NULL, NULL),
			 STATUS_PENDING);
	put(ends.client, "three");
	assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(seen.n, 3);
	CloseHandle(event);
	ends_close(&ends);
}

/* [A7, R19, L3]: what fails at once leaves all as it was, but for the event, which is reset. */
static void test_immediate_failure(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE port = CreateIoCompletionPort(ends.server, NULL, 5, 0);
	OVERLAPPED overlapped = { .InternalHigh = 77,
				  .hEvent = CreateEventA(NULL, TRUE, TRUE, NULL) };
	OVERLAPPED *taken;
	ULONG_PTR key;
	DWORD n;

	assert_non_null(port);
	assert_false(ConnectNamedPipe(ends.server, &overlapped));
	assert_int_equal(GetLastError(), ERROR_PIPE_CONNECTED);
	assert_int_equal(overlapped.Internal, STATUS_PENDING);
	assert_int_equal(overlapped.InternalHigh, 77);
	assert_false(is_signaled(overlapped.hEvent));
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &taken, 0));
	assert_int_equal(GetLastError(), WAIT_TIMEOUT);
	CloseHandle(ends.client);
	assert_false(ConnectNamedPipe(ends.server, &overlapped));
	assert_int_equal(GetLastError(), ERROR_NO_DATA);
	CloseHandle(overlapped.hEvent);
	CloseHandle(port);
	CloseHandle(ends.server);
}

/* [A10] */
static void test_handle_that_is_not_set(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { 0 };
	char bytes[8];
	DWORD n;

	assert_true(SetFileCompletionNotificationModes(ends.server, FILE_SKIP_SET_EVENT_ON_HANDLE));
	assert_false(SetFileCompletionNotificationModes(ends.server, 0x80));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	put(ends.client, "one");
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_false(is_signaled(ends.server));
	ends_close(&ends);
}

static struct {
	unsigned n;
	DWORD error;
	DWORD bytes;
	OVERLAPPED *overlapped;
} routine;

static VOID WINAPI on_completion(DWORD error, DWORD n, LPOVERLAPPED overlapped)
{
	routine.n++;
	routine.error = error;
	routine.bytes = n;
	routine.overlapped = overlapped;
}

/* [A18] */
static void test_completion_routines(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED);
	OVERLAPPED reading = { .hEvent = (HANDLE)0x1234567 }, writing = { 0 };
	char bytes[8];

	memset(&routine, 0, sizeof(routine));
	assert_true(ReadFileEx(ends.server, bytes, 8, &reading, on_completion));
	assert_true(WriteFileEx(ends.client, "hello", 5, &writing, on_completion));
	assert_int_equal(routine.n, 0);
	while (routine.n < 2)
		assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(routine.error, 0);
	assert_int_equal(routine.bytes, 5);
	assert_memory_equal(bytes, "hello", 5);

	assert_true(ReadFileEx(ends.server, bytes, 8, &reading, on_completion));
	CloseHandle(ends.client);
	assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(routine.n, 3);
	assert_int_equal(routine.error, ERROR_BROKEN_PIPE);
	assert_int_equal(routine.bytes, 0);
	assert_ptr_equal(routine.overlapped, &reading);
	assert_false(ReadFileEx(ends.server, bytes, 8, &reading, on_completion));
	assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
	CloseHandle(ends.server);
}

/* [A25, A26, A27] */
static void test_results(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { 0 };
	unsigned n_apcs = 0;
	char bytes[8];
	DWORD n;

	assert_false(ReadFile(ends.server, bytes, 8, NULL, &overlapped));
	assert_false(GetOverlappedResult(ends.server, &overlapped, &n, FALSE));
	assert_int_equal(GetLastError(), ERROR_IO_INCOMPLETE);
	QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&n_apcs);
	assert_false(GetOverlappedResultEx(ends.server, &overlapped, &n, 0, TRUE));
	assert_int_equal(GetLastError(), ERROR_IO_INCOMPLETE);
	assert_false(GetOverlappedResultEx(ends.server, &overlapped, &n, 10, FALSE));
	assert_int_equal(GetLastError(), WAIT_TIMEOUT);
	assert_int_equal(n_apcs, 0);
	assert_false(GetOverlappedResultEx(ends.server, &overlapped, &n, 10, TRUE));
	assert_int_equal(GetLastError(), WAIT_IO_COMPLETION);
	assert_int_equal(n_apcs, 1);
	assert_false(HasOverlappedIoCompleted(&overlapped));
	put(ends.client, "one");
	/* Nobody waits; who looks sees it all the same. */
	for (int i = 0; i < LONG_MS && !HasOverlappedIoCompleted(&overlapped); i++)
		Sleep(1);
	assert_true(GetOverlappedResult(ends.server, &overlapped, &n, FALSE));
	assert_int_equal(n, 3);
	ends_close(&ends);
}

/* [L2, L9, L12, X10]: listening, and closing it. */
static void test_listen(void **state)
{
	HANDLE server = pipe_create("listen", FILE_FLAG_OVERLAPPED);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, TRUE, NULL) };
	HANDLE client;
	DWORD n;

	assert_true(is_signaled(server)); /* C32 */
	assert_false(ConnectNamedPipe(server, &overlapped));
	assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	assert_false(is_signaled(overlapped.hEvent));
	assert_false(is_signaled(server));
	client = pipe_open("listen", 0);
	assert_true(GetOverlappedResult(server, &overlapped, &n, TRUE));
	assert_int_equal(n, 0);
	CloseHandle(client);
	assert_true(DisconnectNamedPipe(server));
	assert_false(is_signaled(server)); /* D7 */
	assert_false(DisconnectNamedPipe(server));
	assert_int_equal(GetLastError(), ERROR_PIPE_NOT_CONNECTED);
	assert_false(ConnectNamedPipe(server, &overlapped));
	assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	CloseHandle(server);
	assert_int_equal(WaitForSingleObject(overlapped.hEvent, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_PIPE_BROKEN);
	CloseHandle(overlapped.hEvent);
}

/* [R15, R17, R18, R20, R21, P12, F6] */
static void test_refusals(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	IO_STATUS_BLOCK iosb = untouched;
	HANDLE weak, root, closed;
	char bytes[8];
	DWORD n = 9;

	assert_true(DuplicateHandle(GetCurrentProcess(), ends.server, GetCurrentProcess(), &weak,
				    SYNCHRONIZE | FILE_READ_ATTRIBUTES, FALSE, 0));
	assert_int_equal(read_nt(weak, event, &iosb, bytes, 8), STATUS_ACCESS_DENIED);
	assert_false(WriteFile(weak, bytes, 1, &n, NULL));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_false(PeekNamedPipe(weak, NULL, 0, NULL, NULL, NULL));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_false(FlushFileBuffers(weak));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	closed = weak;
	CloseHandle(weak);
	assert_int_equal(read_nt(closed, event, &iosb, bytes, 8), STATUS_INVALID_HANDLE);
	assert_true(is_signaled(event));
	assert_int_equal(read_nt(ends.server, (HANDLE)0xdead0, &iosb, bytes, 8),
			 STATUS_INVALID_HANDLE);
	assert_true(is_untouched(&iosb));
	root = root_open();
	assert_int_equal(read_nt(root, NULL, &iosb, bytes, 8), STATUS_INVALID_PARAMETER);
	CloseHandle(root);
	assert_false(ReadFile(INVALID_HANDLE_VALUE, bytes, 0, &n, NULL));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_int_equal(n, 0);
	CloseHandle(event);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_apcs),
		cmocka_unit_test(test_immediate_failure),
		cmocka_unit_test(test_handle_that_is_not_set),
		cmocka_unit_test(test_completion_routines),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
