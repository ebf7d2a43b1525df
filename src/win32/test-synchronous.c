/* SPDX-License-Identifier: MIT */
/*
 * Calls on synchronous handles [rows A13-A17].
 */
#include "win32/test-pipes.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_synchronous_handles),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_close_under_a_call),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
