/* SPDX-License-Identifier: MIT */
/*
 * Operations that end before their time [rows A19-A24, A28, L10].
 */
#include "win32/test-pipes.h"

/* [A19, A22, A28, L10] */
static void test_cancel(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	struct apc_seen seen = { 0 };
	IO_STATUS_BLOCK iosb = untouched, cancelled;
	HANDLE copy, server;
	OVERLAPPED overlapped = { 0 };
	char bytes[8];
	DWORD n;

	assert_true(DuplicateHandle(GetCurrentProcess(), ends.server, GetCurrentProcess(), &copy, 0,
				    FALSE, DUPLICATE_SAME_ACCESS));
	assert_int_equal(
		NtReadFile(ends.server, event, on_done, &seen, &iosb, bytes, 8, NULL, NULL),
		STATUS_PENDING);
	assert_int_equal(NtCancelIoFile(copy, &cancelled), 0);
	assert_int_equal(WaitForSingleObject(event, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(iosb.Status, STATUS_CANCELLED);
	assert_int_equal(iosb.Information, 0);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(seen.n, 1);
	assert_true(CancelIo(copy));

	/* One of two handles is closed. */
	assert_int_equal(read_nt(ends.server, event, &iosb, bytes, 8), STATUS_PENDING);
	CloseHandle(ends.server);
	ends.server = copy;
	put(ends.client, "alive");
	assert_int_equal(WaitForSingleObject(event, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(iosb.Status, 0);
	assert_int_equal(iosb.Information, 5);
	ends_close(&ends);

	/* A listen that was cancelled leaves the pipe listening. */
	server = pipe_create("cancelled", FILE_FLAG_OVERLAPPED);
	assert_false(ConnectNamedPipe(server, &overlapped));
	assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	assert_true(CancelIo(server));
	assert_false(GetOverlappedResult(server, &overlapped, &n, TRUE));
	assert_int_equal(GetLastError(), ERROR_OPERATION_ABORTED);
	ends.client = pipe_open("cancelled", 0);
	assert_ptr_not_equal(ends.client, INVALID_HANDLE_VALUE);
	CloseHandle(ends.client);
	CloseHandle(server);
	CloseHandle(event);
}

/* [A20, A21] */
static void test_cancel_ex(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED first = { 0 }, second = { 0 };
	IO_STATUS_BLOCK cancelled;
	char bytes[8];
	DWORD n;

	assert_false(CancelIoEx(ends.server, NULL));
	assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
	first.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	second.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	assert_false(ReadFile(ends.server, bytes, 8, NULL, &first));
	assert_false(ReadFile(ends.server, bytes, 8, NULL, &second));
	assert_true(CancelIoEx(ends.server, &second));
	assert_false(CancelIoEx(ends.server, &second));
	assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
	assert_false(GetOverlappedResult(ends.server, &second, &n, TRUE));
	assert_int_equal(GetLastError(), ERROR_OPERATION_ABORTED);
	put(ends.client, "one");
	assert_true(GetOverlappedResult(ends.server, &first, &n, TRUE));
	assert_int_equal(n, 3);
	CloseHandle(first.hEvent);
	CloseHandle(second.hEvent);
	n = (DWORD)(ULONG_PTR)ends.server;
	ends_close(&ends);
	assert_int_equal(NtCancelIoFile((HANDLE)(ULONG_PTR)n, &cancelled), STATUS_INVALID_HANDLE);
	assert_int_equal(NtCancelIoFileEx((HANDLE)(ULONG_PTR)n, NULL, &cancelled),
			 STATUS_INVALID_HANDLE);
}

/* [A23, A24] */
static void test_cancel_synchronous(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct synchronous call = { .handle = ends.server };
	IO_STATUS_BLOCK cancelled;
	HANDLE thread;

	thread = begin(&call);
	await_reset(ends.server);
	assert_int_equal(NtCancelSynchronousIoFile(thread, NULL, (PIO_STATUS_BLOCK)8),
			 STATUS_ACCESS_VIOLATION);
	assert_int_equal(NtCancelSynchronousIoFile(thread, &cancelled, &cancelled),
			 STATUS_NOT_FOUND);
	assert_int_equal(NtCancelSynchronousIoFile((HANDLE)0xbadbad0, NULL, &cancelled),
			 STATUS_INVALID_HANDLE);
	SetLastError(0xdead);
	assert_true(CancelSynchronousIo(thread));
	assert_int_equal(GetLastError(), 0xdead);
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(call.status, STATUS_CANCELLED);
	assert_true(is_untouched(&call.iosb));
	assert_false(CancelSynchronousIo(thread));
	assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
	CloseHandle(thread);
	/* [A28] */
	put(ends.client, "on");
	assert_int_equal(read_nt(ends.server, NULL, &call.iosb, call.bytes, 8), 0);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_ex),
		cmocka_unit_test(test_cancel_synchronous),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
