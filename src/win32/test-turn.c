/* SPDX-License-Identifier: MIT */
/*
 * Calls of several threads on one synchronous handle come one after the other, as NT has it.
 */
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/test-pipes.h"

#include <sys/wait.h>
#include <unistd.h>

/* What a thread calls, and what it came to. */
struct call {
	DWORD (*run)(struct call *call);
	HANDLE handle;
	HANDLE thread;
	DWORD error;
	IO_STATUS_BLOCK iosb;
	char bytes[64];
};

static DWORD error_of(BOOL is_done)
{
	return is_done ? 0 : GetLastError();
}

static DWORD run_read(struct call *call)
{
	call->iosb = untouched;
	return RtlNtStatusToDosError(read_nt(call->handle, NULL, &call->iosb, call->bytes, 64));
}

static DWORD run_write(struct call *call)
{
	DWORD n;

	return error_of(WriteFile(call->handle, call->bytes, strlen(call->bytes), &n, NULL));
}

static DWORD run_peek(struct call *call)
{
	return error_of(PeekNamedPipe(call->handle, NULL, 0, NULL, NULL, NULL));
}

static DWORD run_flush(struct call *call)
{
	return error_of(FlushFileBuffers(call->handle));
}

static DWORD run_info(struct call *call)
{
	return error_of(GetNamedPipeInfo(call->handle, NULL, NULL, NULL, NULL));
}

static DWORD run_set_state(struct call *call)
{
	DWORD mode = PIPE_READMODE_BYTE;

	return error_of(SetNamedPipeHandleState(call->handle, &mode, NULL, NULL));
}

static DWORD run_client(struct call *call)
{
	ULONG id;

	return error_of(GetNamedPipeClientProcessId(call->handle, &id));
}

static DWORD run_user(struct call *call)
{
	char user[100];

	return error_of(GetNamedPipeHandleStateA(call->handle, NULL, NULL, NULL, NULL, user, 100));
}

static DWORD run_name(struct call *call)
{
	char bytes[200];
	ULONG n;

	return RtlNtStatusToDosError(
		NtQueryObject(call->handle, ObjectNameInformation, bytes, sizeof(bytes), &n));
}

static DWORD run_security(struct call *call)
{
	char bytes[500];
	ULONG n;

	return RtlNtStatusToDosError(NtQuerySecurityObject(call->handle, DACL_SECURITY_INFORMATION,
							   bytes, sizeof(bytes), &n));
}

static DWORD run_volume(struct call *call)
{
	FILE_FS_DEVICE_INFORMATION device;
	IO_STATUS_BLOCK iosb;

	return RtlNtStatusToDosError(NtQueryVolumeInformationFile(
		call->handle, &iosb, &device, sizeof(device), FileFsDeviceInformation));
}

static DWORD run_disconnect(struct call *call)
{
	return error_of(DisconnectNamedPipe(call->handle));
}

static DWORD WINAPI call_thread(LPVOID pointer)
{
	struct call *call = pointer;

	call->error = call->run(call);
	return 0;
}

static void call_begin(struct call *call, HANDLE handle, DWORD (*run)(struct call *call))
{
	call->run = run;
	call->handle = handle;
	call->thread = thread_new(call_thread, call);
}

static DWORD call_end(struct call *call)
{
	join(call->thread);
	return call->error;
}

/* Until so many threads wait for their turn there. */
static void await_turns(HANDLE handle, unsigned n)
{
	struct win_file *file;
	unsigned n_now = 0;

	assert_int_equal(win_handle_get(handle, WIN_FILE, 0, &file, NULL), 0);
	for (int i = 0; i < LONG_MS; i++) {
		n_now = 0;
		win_lock();
		pen_list_each (link, after, &file->turns)
			n_now++;
		win_unlock();
		if (n_now == n)
			break;
		Sleep(1);
	}
	win_object_put(file);
	assert_int_equal(n_now, n);
}

/* A read that is at it: the handle is reset then. */
static void read_begin(struct call *read, HANDLE handle)
{
	call_begin(read, handle, run_read);
	await_reset(handle);
}

/* Whatever is called waits as long as a read does; then all of it is done. */
static void test_all_calls_wait_for_a_read(void **state)
{
	static DWORD (*const runs[])(struct call * call) = {
		run_peek, run_info,	run_set_state, run_client, run_user,
		run_name, run_security, run_volume,    run_write,
	};
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call read, calls[PEN_COUNT(runs)] = { 0 };
	char bytes[16];
	DWORD n;

	read_begin(&read, ends.server);
	for (size_t i = 0; i < PEN_COUNT(runs); i++) {
		strcpy(calls[i].bytes, "mine");
		call_begin(&calls[i], ends.server, runs[i]);
		await_turns(ends.server, i + 1);
	}
	assert_int_equal(WaitForSingleObject(calls[0].thread, SHORT_MS), WAIT_TIMEOUT);
	assert_true(PeekNamedPipe(ends.client, NULL, 0, NULL, &n, NULL));
	assert_int_equal(n, 0);
	put(ends.client, "yours");
	assert_int_equal(call_end(&read), 0);
	for (size_t i = 0; i < PEN_COUNT(runs); i++)
		assert_int_equal(call_end(&calls[i]), 0);
	assert_true(ReadFile(ends.client, bytes, 16, &n, NULL));
	assert_int_equal(n, 4);
	ends_close(&ends);
}

/* What asks nothing of the pipe does not wait. */
static void test_what_does_not_wait(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char bytes[200];
	HANDLE copy;
	struct call read;
	DWORD flags;
	ULONG n;

	read_begin(&read, ends.server);
	assert_int_equal(GetFileType(ends.server), FILE_TYPE_PIPE);
	assert_true(GetHandleInformation(ends.server, &flags));
	assert_int_equal(NtQueryObject(ends.server, ObjectTypeInformation, bytes, 200, &n), 0);
	assert_true(DuplicateHandle(GetCurrentProcess(), ends.server, GetCurrentProcess(), &copy, 0,
				    FALSE, DUPLICATE_SAME_ACCESS));
	assert_true(CancelIo(copy)); /* of this thread's there is nothing */
	assert_true(CloseHandle(copy));
	assert_int_equal(WaitForSingleObject(read.thread, 0), WAIT_TIMEOUT);
	put(ends.client, "yours");
	assert_int_equal(call_end(&read), 0);
	ends_close(&ends);
}

/* Overlapped handles have no turns, whichever way a call waits. */
static void test_overlapped_handles(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	char bytes[16], answer[16];
	DWORD n;

	assert_false(ReadFile(ends.server, bytes, 16, NULL, &overlapped));
	put(ends.server, "mine");
	assert_true(PeekNamedPipe(ends.server, NULL, 0, NULL, NULL, NULL));
	assert_true(ReadFile(ends.client, answer, 16, &n, NULL));
	put(ends.client, "yours");
	assert_true(GetOverlappedResult(ends.server, &overlapped, &n, TRUE));
	assert_int_equal(n, 5);
	CloseHandle(overlapped.hEvent);
	ends_close(&ends);
}

/* They come in the order in which they asked, through whatever handle of the file. */
static void test_order(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call read, writes[3] = { 0 }, flush;
	char bytes[16];
	HANDLE copy;
	DWORD n;

	assert_true(DuplicateHandle(GetCurrentProcess(), ends.server, GetCurrentProcess(), &copy, 0,
				    FALSE, DUPLICATE_SAME_ACCESS));
	read_begin(&read, ends.server);
	for (unsigned i = 0; i < 3; i++) {
		sprintf(writes[i].bytes, "%u", i);
		call_begin(&writes[i], i & 1 ? copy : ends.server, run_write);
		await_turns(ends.server, i + 1);
	}
	call_begin(&flush, copy, run_flush);
	await_turns(ends.server, 4);
	put(ends.client, "yours");
	assert_int_equal(call_end(&read), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(ReadFile(ends.client, bytes, 16, &n, NULL));
		assert_int_equal(n, 1);
		assert_int_equal(bytes[0], '0' + i);
		assert_int_equal(call_end(&writes[i]), 0);
	}
	assert_int_equal(call_end(&flush), 0);
	CloseHandle(copy);
	ends_close(&ends);
}

/* A disconnect waits too: it does not end the read that it waits for. */
static void test_disconnect_waits(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call read, disconnect;

	read_begin(&read, ends.server);
	call_begin(&disconnect, ends.server, run_disconnect);
	await_turns(ends.server, 1);
	assert_int_equal(WaitForSingleObject(disconnect.thread, SHORT_MS), WAIT_TIMEOUT);
	put(ends.client, "yours");
	assert_int_equal(call_end(&read), 0);
	assert_int_equal(call_end(&disconnect), 0);
	ends_close(&ends);
}

/* CancelSynchronousIo ends a thread's waiting for its turn, CancelIoEx what is at it. */
static void test_cancel(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call first, second, peek;

	read_begin(&first, ends.server);
	call_begin(&second, ends.server, run_read);
	await_turns(ends.server, 1);
	call_begin(&peek, ends.server, run_peek);
	await_turns(ends.server, 2);
	assert_true(CancelSynchronousIo(second.thread));
	assert_int_equal(call_end(&second), ERROR_OPERATION_ABORTED);
	assert_true(is_untouched(&second.iosb));
	await_turns(ends.server, 1);
	assert_int_equal(WaitForSingleObject(first.thread, SHORT_MS), WAIT_TIMEOUT);
	assert_true(CancelIoEx(ends.server, NULL));
	assert_int_equal(call_end(&first), ERROR_OPERATION_ABORTED);
	assert_int_equal(call_end(&peek), 0);
	ends_close(&ends);
}

/* Only a call with that block is ended, be it not yet at it. */
static void test_cancel_of_a_block(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call first, second;
	IO_STATUS_BLOCK iosb;

	read_begin(&first, ends.server);
	call_begin(&second, ends.server, run_read);
	await_turns(ends.server, 1);
	assert_int_equal(NtCancelSynchronousIoFile(second.thread, &first.iosb, &iosb),
			 STATUS_NOT_FOUND);
	assert_int_equal(NtCancelSynchronousIoFile(second.thread, &second.iosb, &iosb), 0);
	assert_int_equal(call_end(&second), ERROR_OPERATION_ABORTED);
	put(ends.client, "yours");
	assert_int_equal(call_end(&first), 0);
	ends_close(&ends);
}

static VOID NTAPI on_alert(ULONG_PTR data)
{
	InterlockedIncrement((LONG *)data);
}

/* On an alertable handle an APC ends that waiting as well, and then runs. */
static void test_alert(void **state)
{
	struct call first, second;
	struct ends ends;
	LONG n_apcs = 0;

	ends.server = pipe_create_nt("turns", FILE_SYNCHRONOUS_IO_ALERT);
	ends.client = pipe_open("turns", 0);
	read_begin(&first, ends.server);
	call_begin(&second, ends.server, run_read);
	await_turns(ends.server, 1);
	QueueUserAPC(on_alert, second.thread, (ULONG_PTR)&n_apcs);
	assert_int_equal(call_end(&second), ERROR_OPERATION_ABORTED);
	assert_int_equal(InterlockedExchangeAdd(&n_apcs, 0), 1);
	assert_true(is_untouched(&second.iosb));
	put(ends.client, "yours");
	assert_int_equal(call_end(&first), 0);
	ends_close(&ends);
}

/* The last handle goes: who is at it hears of that, and so does who waits. */
static void test_close(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call read, peek;

	read_begin(&read, ends.server);
	call_begin(&peek, ends.server, run_peek);
	await_turns(ends.server, 1);
	CloseHandle(ends.server);
	assert_int_not_equal(call_end(&read), 0);
	assert_int_equal(call_end(&peek), ERROR_INVALID_HANDLE);
	CloseHandle(ends.client);
}

/* A child has turns of its own: its parent's thread is at it, and no thread of the child's. */
static void test_fork(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	struct call read, peek;
	int status;
	pid_t pid;

	assert_true(SetHandleInformation(ends.server, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	read_begin(&read, ends.server);
	call_begin(&peek, ends.server, run_peek);
	await_turns(ends.server, 1);
	pid = fork();
	if (!pid) {
		alarm(LONG_MS / 1000);
		_exit(!PeekNamedPipe(ends.server, NULL, 0, NULL, NULL, NULL) ||
		      !PeekNamedPipe(ends.server, NULL, 0, NULL, NULL, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	put(ends.client, "yours");
	assert_int_equal(call_end(&read), 0);
	assert_int_equal(call_end(&peek), 0);
	ends_close(&ends);
}

static DWORD WINAPI echo(LPVOID server)
{
	char bytes[64];
	DWORD n;

	while (ReadFile(server, bytes, sizeof(bytes), &n, NULL))
		assert_true(WriteFile(server, bytes, n, &n, NULL));
	return 0;
}

static DWORD run_transactions(struct call *call)
{
	char out[64];
	DWORD n;

	for (unsigned i = 0; i < 200; i++) {
		snprintf(call->bytes, sizeof(call->bytes), "%p %u", (void *)call, i);
		if (!TransactNamedPipe(call->handle, call->bytes, strlen(call->bytes) + 1, out,
				       sizeof(out), &n, NULL))
			return GetLastError();
		if (strcmp(out, call->bytes) != 0)
			return ERROR_INVALID_DATA;
	}
	return 0;
}

/* Many threads make transactions through one handle: each has its own answer. */
static void test_transactions(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	HANDLE server = thread_new(echo, ends.server);
	struct call calls[4];

	for (int i = 0; i < 4; i++)
		call_begin(&calls[i], ends.client, run_transactions);
	for (int i = 0; i < 4; i++)
		assert_int_equal(call_end(&calls[i]), 0);
	CloseHandle(ends.client);
	join(server);
	CloseHandle(ends.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_calls_wait_for_a_read),
		cmocka_unit_test(test_what_does_not_wait),
		cmocka_unit_test(test_overlapped_handles),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_disconnect_waits),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_of_a_block),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_transactions),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
