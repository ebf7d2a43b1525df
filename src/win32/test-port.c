/* SPDX-License-Identifier: MIT */
/*
 * Completion ports: packets of the program, and of operations [rows A6-A12].
 */
#include "win32/test-pipes.h"

static ULONG_PTR apcs;

static VOID NTAPI remember(ULONG_PTR data)
{
	apcs = apcs * 10 + data;
}

static void test_posted_packets(void **state)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	OVERLAPPED_ENTRY entries[4];
	OVERLAPPED a, b, *overlapped;
	ULONG_PTR key;
	DWORD n;

	assert_non_null(port);
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &overlapped, SHORT_MS));
	assert_int_equal(GetLastError(), WAIT_TIMEOUT);
	assert_null(overlapped);
	for (int i = 0; i < 3; i++)
		assert_true(PostQueuedCompletionStatus(port, 10 + i, 20 + i, i ? &b : &a));
	assert_true(GetQueuedCompletionStatus(port, &n, &key, &overlapped, LONG_MS));
	assert_int_equal(n, 10);
	assert_int_equal(key, 20);
	assert_ptr_equal(overlapped, &a);
	assert_true(GetQueuedCompletionStatusEx(port, entries, 4, &n, LONG_MS, FALSE));
	assert_int_equal(n, 2);
	assert_int_equal(entries[1].dwNumberOfBytesTransferred, 12);
	assert_int_equal(entries[1].lpCompletionKey, 22);
	assert_ptr_equal(entries[1].lpOverlapped, &b);

	apcs = 0;
	QueueUserAPC(remember, GetCurrentThread(), 5);
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &overlapped, 0));
	assert_int_equal(apcs, 0);
	assert_false(GetQueuedCompletionStatusEx(port, entries, 4, &n, LONG_MS, TRUE));
	assert_int_equal(GetLastError(), WAIT_IO_COMPLETION);
	assert_int_equal(apcs, 5);
	/* What nobody fetches goes with the port. */
	PostQueuedCompletionStatus(port, 0, 0, NULL);
	assert_true(CloseHandle(port));
}

struct pool {
	HANDLE port;
	LONG n_taken;
	LONG n_abandoned;
};

static DWORD WINAPI take_packets(LPVOID pointer)
{
	struct pool *pool = pointer;
	OVERLAPPED *overlapped;
	ULONG_PTR key;
	DWORD n;

	while (GetQueuedCompletionStatus(pool->port, &n, &key, &overlapped, INFINITE))
		InterlockedIncrement(&pool->n_taken);
	if (GetLastError() == ERROR_ABANDONED_WAIT_0)
		InterlockedIncrement(&pool->n_abandoned);
	return 0;
}

/* Each packet goes to one thread; those that wait when the port is closed are told. */
static void test_threads_at_a_port(void **state)
{
	struct pool pool = { CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), 0, 0 };
	HANDLE threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = thread_new(take_packets, &pool);
	for (int i = 0; i < 1000; i++)
		assert_true(PostQueuedCompletionStatus(pool.port, i, 0, NULL));
	while (InterlockedExchangeAdd(&pool.n_taken, 0) < 1000)
		Sleep(1);
	Sleep(SHORT_MS);
	CloseHandle(pool.port);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	assert_int_equal(pool.n_taken, 1000);
	assert_in_range(pool.n_abandoned, 0, 4);
}

/* [A6, A8, A11, A12, R6, A9] */
static void test_ports(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE port = CreateIoCompletionPort(ends.server, NULL, 5, 0);
	OVERLAPPED overlapped = { 0 };
	IO_STATUS_BLOCK iosb = untouched;
	struct apc_seen seen = { 0 };
	OVERLAPPED *taken;
	ULONG_PTR key;
	char bytes[8];
	DWORD n;

	assert_int_equal(NtReadFile(ends.server, NULL, on_done, &seen, &iosb, bytes, 8, NULL, NULL),
			 STATUS_INVALID_PARAMETER);
	assert_null(CreateIoCompletionPort(ends.server, port, 6, 0));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);

	/* It pends; a thread that waits at the port alone drives it. */
	assert_false(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	assert_int_equal(n, 0);
	put(ends.client, "one");
	assert_true(GetQueuedCompletionStatus(port, &n, &key, &taken, LONG_MS));
	assert_int_equal(n, 3);
	assert_int_equal(key, 5);
	assert_ptr_equal(taken, &overlapped);

	put(ends.client, "two");
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_true(GetQueuedCompletionStatus(port, &n, &key, &taken, 0));
	assert_int_equal(n, 3);

	/* The lowest bit of the event: no packet, but the event. */
	overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
	put(ends.client, "three");
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_true(is_signaled(event));
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &taken, 0));
	overlapped.hEvent = NULL;

	assert_true(SetFileCompletionNotificationModes(ends.server,
						       FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
	put(ends.client, "four");
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &taken, 0));
	assert_false(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	put(ends.client, "five!");
	assert_true(GetQueuedCompletionStatus(port, &n, &key, &taken, LONG_MS));
	assert_int_equal(n, 5);

	put(ends.client, "overlong");
	assert_false(ReadFile(ends.server, bytes, 4, &n, &overlapped));
	assert_int_equal(GetLastError(), ERROR_MORE_DATA);
	assert_int_equal(n, 0);
	assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_BUFFER_OVERFLOW);
	assert_int_equal(overlapped.InternalHigh, 4);
	assert_false(GetOverlappedResult(ends.server, &overlapped, &n, TRUE));
	assert_int_equal(GetLastError(), ERROR_MORE_DATA);
	assert_int_equal(n, 4);
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_int_equal(n, 4);

	/* An end that breaks is told at the port. */
	assert_false(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	CloseHandle(ends.client);
	assert_false(GetQueuedCompletionStatus(port, &n, &key, &taken, LONG_MS));
	assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
	assert_ptr_equal(taken, &overlapped);
	CloseHandle(ends.server);
	CloseHandle(event);
	CloseHandle(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posted_packets),
		cmocka_unit_test(test_threads_at_a_port),
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
