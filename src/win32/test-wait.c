/* SPDX-License-Identifier: MIT */
/*
 * What waits and is waited for, without pipes: events, threads, APCs, handles.
 */
#include "support/fail.h"
#include "support/unit.h"

#include <penstock/win32.h>

enum { LONG_MS = 60000, SHORT_MS = 20 };

static HANDLE event_new(BOOL is_manual, BOOL is_set)
{
	HANDLE event = CreateEventA(NULL, is_manual, is_set, NULL);

	assert_non_null(event);
	return event;
}

static HANDLE thread_new(LPTHREAD_START_ROUTINE start, void *parameter)
{
	HANDLE thread = CreateThread(NULL, 0, start, parameter, 0, NULL);

	assert_non_null(thread);
	return thread;
}

/* Handles are multiples of four; what is closed, or never was, is none. */
static void test_handles(void **state)
{
	HANDLE a = event_new(FALSE, FALSE);
	HANDLE b = event_new(FALSE, FALSE);
	HANDLE again;

	assert_int_equal((ULONG_PTR)a % 4, 0);
	assert_ptr_not_equal(a, b);
	assert_true(CloseHandle(a));
	assert_false(CloseHandle(a));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	again = event_new(FALSE, FALSE);
	assert_ptr_equal(again, a);
	assert_true(CloseHandle(again));
	assert_true(CloseHandle(b));
	assert_false(SetEvent(NULL));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_int_equal(WaitForSingleObject((HANDLE)0x123450, 0), WAIT_FAILED);
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_int_equal(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
}

/* An event that is not manual ends one wait, a manual one all. */
static void test_events(void **state)
{
	HANDLE one = event_new(FALSE, TRUE);
	HANDLE all = event_new(TRUE, TRUE);

	assert_int_equal(WaitForSingleObject(one, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(one, 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(one, SHORT_MS), WAIT_TIMEOUT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(WaitForSingleObject(all, LONG_MS), WAIT_OBJECT_0);
	assert_true(ResetEvent(all));
	assert_int_equal(WaitForSingleObject(all, 0), WAIT_TIMEOUT);
	CloseHandle(one);
	CloseHandle(all);
	assert_null(CreateEventA(NULL, FALSE, FALSE, "name"));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

/* A wait for any takes the first that is signaled; one for all takes nothing until all are. */
static void test_several(void **state)
{
	HANDLE handles[] = { event_new(FALSE, FALSE), event_new(FALSE, TRUE),
			     event_new(FALSE, TRUE) };
	HANDLE twice[] = { handles[0], handles[0] };

	assert_int_equal(WaitForMultipleObjects(3, handles, TRUE, SHORT_MS), WAIT_TIMEOUT);
	assert_int_equal(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 1);
	assert_int_equal(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 2);
	assert_int_equal(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
	for (int i = 0; i < 3; i++)
		SetEvent(handles[i]);
	assert_int_equal(WaitForMultipleObjects(3, handles, TRUE, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForMultipleObjects(2, twice, TRUE, 0), WAIT_FAILED);
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	assert_int_equal(WaitForMultipleObjects(0, handles, FALSE, 0), WAIT_FAILED);
	assert_int_equal(WaitForMultipleObjects(65, handles, FALSE, 0), WAIT_FAILED);
	for (int i = 0; i < 3; i++)
		CloseHandle(handles[i]);
}

struct counter {
	HANDLE event;
	HANDLE ready;
	LONG n;
};

static DWORD WINAPI wait_and_count(LPVOID pointer)
{
	struct counter *counter = pointer;

	SetEvent(counter->ready);
	assert_int_equal(WaitForSingleObject(counter->event, LONG_MS), WAIT_OBJECT_0);
	InterlockedIncrement(&counter->n);
	return 7;
}

/* Each SetEvent lets one thread go; a pulse lets all go that wait, and nobody after. */
static void test_threads_at_an_event(void **state)
{
	struct counter counter = { event_new(FALSE, FALSE), event_new(FALSE, FALSE), 0 };
	HANDLE threads[4];
	DWORD code;

	for (int i = 0; i < 4; i++) {
		threads[i] = thread_new(wait_and_count, &counter);
		assert_int_equal(WaitForSingleObject(counter.ready, LONG_MS), WAIT_OBJECT_0);
	}
	for (int i = 0; i < 4; i++) {
		SetEvent(counter.event);
		assert_in_range(WaitForMultipleObjects(4 - i, threads + i, FALSE, LONG_MS), 0, 3);
		while (counter.n <= i)
			Sleep(1);
		assert_int_equal(counter.n, i + 1);
		/* Those that are over come to the front. */
		for (int j = i; j < 4; j++) {
			if (WaitForSingleObject(threads[j], 0) == WAIT_OBJECT_0) {
				HANDLE over = threads[j];

				threads[j] = threads[i];
				threads[i] = over;
				break;
			}
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(WaitForSingleObject(threads[i], LONG_MS), WAIT_OBJECT_0);
		assert_true(GetExitCodeThread(threads[i], &code));
		assert_int_equal(code, 7);
		CloseHandle(threads[i]);
	}
	assert_true(PulseEvent(counter.event));
	assert_int_equal(WaitForSingleObject(counter.event, 0), WAIT_TIMEOUT);
	CloseHandle(counter.event);
	CloseHandle(counter.ready);
}

static DWORD WINAPI exit_at_once(LPVOID pointer)
{
	ExitThread((DWORD)(ULONG_PTR)pointer);
}

static DWORD WINAPI own_number(LPVOID pointer)
{
	*(DWORD *)pointer = GetCurrentThreadId();
	return 0;
}

static void test_threads(void **state)
{
	DWORD id, code, seen = 0;
	HANDLE thread, copy;

	thread = CreateThread(NULL, 0, own_number, &seen, CREATE_SUSPENDED, &id);
	assert_non_null(thread);
	assert_int_equal(WaitForSingleObject(thread, SHORT_MS), WAIT_TIMEOUT);
	assert_true(GetExitCodeThread(thread, &code));
	assert_int_equal(code, STILL_ACTIVE);
	assert_int_equal(ResumeThread(thread), 1);
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(seen, id);
	assert_int_equal(GetThreadId(thread), id);
	CloseHandle(thread);

	thread = thread_new(exit_at_once, (void *)33);
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(thread, &code));
	assert_int_equal(code, 33);
	assert_false(QueueUserAPC(NULL, thread, 0));
	CloseHandle(thread);

	assert_true(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
				    &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_int_equal(GetThreadId(copy), GetCurrentThreadId());
	assert_int_equal(WaitForSingleObject(copy, 0), WAIT_TIMEOUT);
	CloseHandle(copy);
}

static ULONG_PTR apcs;

static VOID NTAPI remember(ULONG_PTR data)
{
	apcs = apcs * 10 + data;
}

static VOID NTAPI set_event(ULONG_PTR data)
{
	SetEvent((HANDLE)data);
}

/* [A5, A17]: they run in alertable waits alone, in their order, all that there are. */
static void test_apcs_run_in_alertable_waits(void **state)
{
	HANDLE event = event_new(FALSE, FALSE);

	apcs = 0;
	assert_int_equal(SleepEx(0, TRUE), 0);
	assert_true(QueueUserAPC(remember, GetCurrentThread(), 1));
	assert_true(QueueUserAPC(remember, GetCurrentThread(), 2));
	assert_int_equal(SleepEx(SHORT_MS, FALSE), 0);
	assert_int_equal(WaitForSingleObject(event, SHORT_MS), WAIT_TIMEOUT);
	assert_int_equal(apcs, 0);
	assert_int_equal(WaitForSingleObjectEx(event, LONG_MS, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(apcs, 12);
	assert_int_equal(SleepEx(0, TRUE), 0);

	/* What is signaled already comes first. */
	QueueUserAPC(remember, GetCurrentThread(), 3);
	SetEvent(event);
	assert_int_equal(WaitForSingleObjectEx(event, LONG_MS, TRUE), WAIT_OBJECT_0);
	assert_int_equal(apcs, 12);
	assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(apcs, 123);

	/* One that signals what is waited for. */
	QueueUserAPC(set_event, GetCurrentThread(), (ULONG_PTR)event);
	assert_int_equal(WaitForSingleObjectEx(event, LONG_MS, TRUE), WAIT_IO_COMPLETION);
	assert_int_equal(WaitForSingleObjectEx(event, LONG_MS, TRUE), WAIT_OBJECT_0);
	CloseHandle(event);
}

static DWORD WINAPI sleep_alertably(LPVOID pointer)
{
	SetEvent(pointer);
	return SleepEx(LONG_MS, TRUE);
}

static void test_apc_wakes_a_thread(void **state)
{
	HANDLE ready = event_new(FALSE, FALSE);
	HANDLE thread = thread_new(sleep_alertably, ready);
	DWORD code;

	apcs = 0;
	assert_int_equal(WaitForSingleObject(ready, LONG_MS), WAIT_OBJECT_0);
	assert_true(QueueUserAPC(remember, thread, 4));
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(thread, &code));
	assert_int_equal(code, WAIT_IO_COMPLETION);
	assert_int_equal(apcs, 4);
	CloseHandle(thread);
	CloseHandle(ready);
}

static void test_duplicates(void **state)
{
	HANDLE event = event_new(TRUE, FALSE);
	HANDLE copy, weak;
	DWORD flags;

	assert_true(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, TRUE,
				    DUPLICATE_SAME_ACCESS));
	assert_true(GetHandleInformation(copy, &flags));
	assert_int_equal(flags, HANDLE_FLAG_INHERIT);
	assert_true(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak,
				    SYNCHRONIZE, FALSE, 0));
	assert_false(SetEvent(weak));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_false(DuplicateHandle(GetCurrentProcess(), weak, GetCurrentProcess(), &copy,
				     EVENT_MODIFY_STATE, FALSE, 0));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_true(SetEvent(copy));
	assert_int_equal(WaitForSingleObject(weak, 0), WAIT_OBJECT_0);
	assert_true(SetHandleInformation(copy, HANDLE_FLAG_PROTECT_FROM_CLOSE,
					 HANDLE_FLAG_PROTECT_FROM_CLOSE));
	assert_false(CloseHandle(copy));
	assert_true(SetHandleInformation(copy, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	assert_true(CloseHandle(copy));
	/* [H5]: within the process. */
	assert_true(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0,
				    FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
	assert_int_equal(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
	CloseHandle(copy);
	CloseHandle(weak);
}

/* The n-th allocation fails: so does the call, and nothing is lost. */
static void test_no_memory(void **state)
{
	HANDLE handle = NULL;

	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		handle = CreateEventA(NULL, FALSE, FALSE, NULL);
		if (!pen_fail_hit())
			break;
		assert_null(handle);
		assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
	}
	CloseHandle(handle);
	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
		if (!pen_fail_hit())
			break;
		assert_null(handle);
	}
	CloseHandle(handle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_threads_at_an_event),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_apcs_run_in_alertable_waits),
		cmocka_unit_test(test_apc_wakes_a_thread),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
