/* SPDX-License-Identifier: MIT */
/*
 * Operations that pend, and what tells of their end [rows A1-A28, L2-L9, R6, R15-R21], with pipes
 * of a real object manager.
 */
#include "win32/test-pipes.h"

static const IO_STATUS_BLOCK untouched = { { .Pointer = (PVOID)0x11111111 }, 0x22222222 };

static bool is_untouched(const IO_STATUS_BLOCK *iosb)
{
	return iosb->Pointer == untouched.Pointer && iosb->Information == untouched.Information;
}

static bool is_signaled(HANDLE handle)
{
	return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

struct apc_seen {
	unsigned n;
	IO_STATUS_BLOCK *iosb;
	ULONG reserved;
};

static VOID NTAPI on_done(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
	struct apc_seen *seen = context;

	seen->n++;
	seen->iosb = iosb;
	seen->reserved = reserved;
}

static NTSTATUS read_nt(HANDLE file, HANDLE event, IO_STATUS_BLOCK *iosb, void *bytes, ULONG n)
{
	return NtReadFile(file, event, NULL, NULL, iosb, bytes, n, NULL, NULL);
}

static void put(HANDLE file, const char *text)
{
	DWORD n;

	assert_true(WriteFile(file, text, strlen(text), &n, NULL));
	assert_int_equal(n, strlen(text));
}

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

struct synchronous {
	HANDLE handle;
	HANDLE event;
	HANDLE ready;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;
	char bytes[8];
};

static DWORD WINAPI read_synchronously(LPVOID pointer)
{
	struct synchronous *call = pointer;

	SetEvent(call->ready);
	call->status = read_nt(call->handle, call->event, &call->iosb, call->bytes, 8);
	return 0;
}

static HANDLE begin(struct synchronous *call)
{
	HANDLE thread;

	call->ready = CreateEventA(NULL, FALSE, FALSE, NULL);
	call->iosb = untouched;
	thread = CreateThread(NULL, 0, read_synchronously, call, 0, NULL);
	assert_int_equal(WaitForSingleObject(call->ready, LONG_MS), WAIT_OBJECT_0);
	CloseHandle(call->ready);
	return thread;
}

static void join(HANDLE thread)
{
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	CloseHandle(thread);
}

/* Until a thread has really begun: the handle is reset then. */
static void await_reset(HANDLE handle)
{
	for (int i = 0; i < LONG_MS && is_signaled(handle); i++)
		Sleep(1);
	assert_false(is_signaled(handle));
}

/* [A13, A14, A15] */
static void test_synchronous_handles(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, FILE_FLAG_OVERLAPPED);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	struct synchronous call = { .handle = ends.server, .event = event };
	OVERLAPPED overlapped = { 0 };
	HANDLE thread;
	char bytes[8];
	DWORD n;

	thread = begin(&call);
	await_reset(ends.server);
	assert_true(is_untouched(&call.iosb));
	put(ends.client, "one");
	join(thread);
	assert_int_equal(call.status, 0);
	assert_int_equal(call.iosb.Information, 3);
	assert_true(is_signaled(ends.server));
	assert_true(is_signaled(event));

	put(ends.client, "overlong");
	assert_false(ReadFile(ends.server, bytes, 4, &n, &overlapped));
	assert_int_equal(GetLastError(), ERROR_MORE_DATA);
	assert_int_equal(n, 0);
	assert_int_equal(overlapped.InternalHigh, 4);
	assert_true(ReadFile(ends.server, bytes, 8, &n, &overlapped));
	assert_int_equal(n, 4);

	/* [A15]: put wrote without an OVERLAPPED; and reading so waits. */
	call.handle = ends.server;
	put(ends.server, "back");
	assert_true(ReadFile(ends.client, bytes, 8, &n, NULL));
	assert_int_equal(n, 4);
	CloseHandle(event);
	ends_close(&ends);
}

static VOID NTAPI count_apc(ULONG_PTR data)
{
	++*(unsigned *)data;
}

/* [A16, A17] */
static void test_alerts(void **state)
{
	HANDLE alertable = pipe_create_nt("alertable", FILE_SYNCHRONOUS_IO_ALERT);
	struct ends ends = ends_open(MESSAGES, 0, 0);
	IO_STATUS_BLOCK iosb = untouched;
	unsigned n_apcs = 0;
	DWORD n;
	char bytes[8];

	QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&n_apcs);
	assert_int_equal(NtFsControlFile(alertable, NULL, NULL, NULL, &iosb, FSCTL_PIPE_LISTEN,
					 NULL, 0, NULL, 0),
			 STATUS_CANCELLED);
	assert_int_equal(n_apcs, 1);
	assert_true(is_untouched(&iosb));
	CloseHandle(alertable);

	QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&n_apcs);
	put(ends.client, "one");
	assert_true(ReadFile(ends.server, bytes, 8, &n, NULL));
	assert_int_equal(n_apcs, 1);
	assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(n_apcs, 2);
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

/* The last handle is closed under a call: it ends, and the peer hears of it. */
static void test_close_under_a_call(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct synchronous call = { .handle = ends.server };
	char bytes[8];
	HANDLE thread;
	DWORD n;

	thread = begin(&call);
	await_reset(ends.server);
	CloseHandle(ends.server);
	join(thread);
	assert_true(NT_ERROR(call.status));
	assert_true(is_untouched(&call.iosb));
	assert_false(ReadFile(ends.client, bytes, 8, &n, NULL));
	assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
	CloseHandle(ends.client);
}

/* Two threads in calls on one synchronous handle; each is ended for itself. */
static void test_two_calls_on_a_handle(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct synchronous calls[2] = { { .handle = ends.server }, { .handle = ends.server } };
	HANDLE threads[2];

	for (int i = 0; i < 2; i++) {
		threads[i] = begin(&calls[i]);
		await_reset(ends.server);
	}
	while (!CancelSynchronousIo(threads[1]))
		Sleep(1);
	join(threads[1]);
	assert_int_equal(calls[1].status, STATUS_CANCELLED);
	put(ends.client, "one");
	join(threads[0]);
	assert_int_equal(calls[0].status, 0);
	assert_int_equal(calls[0].iosb.Information, 3);
	ends_close(&ends);
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
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_apcs),
		cmocka_unit_test(test_immediate_failure),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_handle_that_is_not_set),
		cmocka_unit_test(test_synchronous_handles),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_completion_routines),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_ex),
		cmocka_unit_test(test_cancel_synchronous),
		cmocka_unit_test(test_close_under_a_call),
		cmocka_unit_test(test_two_calls_on_a_handle),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_many_instances_at_a_port),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
