/* SPDX-License-Identifier: MIT */
/*
 * Many threads, and many pipes, at once.
 */
#include "win32/test-pipes.h"

struct traffic {
	HANDLE handle;
	unsigned n;
};

static DWORD WINAPI echo(LPVOID pointer)
{
	HANDLE server = pointer;
	char bytes[64];
	DWORD n;

	while (ReadFile(server, bytes, sizeof(bytes), &n, NULL))
		assert_true(WriteFile(server, bytes, n, &n, NULL));
	return GetLastError();
}

static DWORD WINAPI ask(LPVOID pointer)
{
	struct traffic *traffic = pointer;
	char text[16], bytes[64];
	DWORD n;

	for (unsigned i = 0; i < traffic->n; i++) {
		snprintf(text, sizeof(text), "%u", i);
		put(traffic->handle, text);
		assert_true(ReadFile(traffic->handle, bytes, sizeof(bytes), &n, NULL));
		assert_int_equal(n, strlen(text));
		assert_memory_equal(bytes, text, n);
	}
	return 0;
}

/* Many threads wait at once, for pipes, each other, and events; all that comes is found. */
static void test_many_threads(void **state)
{
	enum { N = 6 };
	struct traffic traffic[N];
	HANDLE threads[2 * N];
	struct ends ends[N];

	for (int i = 0; i < N; i++) {
		ends[i] = ends_open(MESSAGES, i & 1 ? FILE_FLAG_OVERLAPPED : 0,
				    i & 2 ? FILE_FLAG_OVERLAPPED : 0);
		traffic[i] = (struct traffic){ ends[i].client, 300 };
		threads[i] = CreateThread(NULL, 0, ask, &traffic[i], 0, NULL);
		threads[N + i] = CreateThread(NULL, 0, echo, ends[i].server, 0, NULL);
	}
	assert_int_equal(WaitForMultipleObjects(N, threads, TRUE, LONG_MS), WAIT_OBJECT_0);
	for (int i = 0; i < N; i++)
		CloseHandle(ends[i].client);
	assert_int_equal(WaitForMultipleObjects(N, threads + N, TRUE, LONG_MS), WAIT_OBJECT_0);
	for (int i = 0; i < N; i++) {
		CloseHandle(ends[i].server);
		CloseHandle(threads[i]);
		CloseHandle(threads[N + i]);
	}
}

/* A server of overlapped instances, one thread and one port for all. */
static void test_many_instances_at_a_port(void **state)
{
	enum { N = 20 };
	struct {
		OVERLAPPED overlapped;
		HANDLE server, client;
		char bytes[16];
	} ends[N];
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	unsigned n_done = 0;

	memset(ends, 0, sizeof(ends));
	for (int i = 0; i < N; i++) {
		ends[i].server = pipe_create("many", FILE_FLAG_OVERLAPPED);
		assert_ptr_equal(CreateIoCompletionPort(ends[i].server, port, i, 0), port);
		assert_false(ConnectNamedPipe(ends[i].server, &ends[i].overlapped));
		assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	}
	for (int i = 0; i < N; i++)
		ends[i].client = pipe_open("many", 0);
	for (int i = 0; i < N; i++)
		put(ends[i].client, "hello");
	while (n_done < 2 * N) {
		OVERLAPPED *overlapped;
		ULONG_PTR key;
		DWORD n;

		assert_true(GetQueuedCompletionStatus(port, &n, &key, &overlapped, LONG_MS));
		assert_ptr_equal(overlapped, &ends[key].overlapped);
		n_done++;
		if (n) {
			assert_memory_equal(ends[key].bytes, "hello", 5);
			continue;
		}
		if (!ReadFile(ends[key].server, ends[key].bytes, 16, NULL, overlapped))
			assert_int_equal(GetLastError(), ERROR_IO_PENDING);
	}
	for (int i = 0; i < N; i++) {
		CloseHandle(ends[i].client);
		CloseHandle(ends[i].server);
	}
	CloseHandle(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_many_instances_at_a_port),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
