/* SPDX-License-Identifier: MIT */
/*
 * Transactions, and waiting for an instance to make one.
 */
#include "win32/test-pipes.h"

static DWORD WINAPI answer(LPVOID pointer)
{
	char bytes[16];
	DWORD n;

	if (!ConnectNamedPipe(pointer, NULL))
		assert_int_equal(GetLastError(), ERROR_PIPE_CONNECTED);
	assert_true(ReadFile(pointer, bytes, 16, &n, NULL));
	assert_true(WriteFile(pointer, "answer", 6, &n, NULL));
	FlushFileBuffers(pointer);
	assert_true(DisconnectNamedPipe(pointer));
	return 0;
}

/* [T1, T5, T9, T10, N1, N2, N3] */
static void test_transactions(void **state)
{
	struct ends bytes = ends_open(BYTES, 0, 0);
	char buffer[16], request[] = "x";
	HANDLE server, thread;
	DWORD n;

	expect_error(TransactNamedPipe(bytes.client, request, 1, buffer, 16, &n, NULL),
		     ERROR_BAD_PIPE);
	ends_close(&bytes);
	expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 16, &n, 100),
		     ERROR_FILE_NOT_FOUND);
	expect_error(WaitNamedPipeA(path("with"), 100), ERROR_FILE_NOT_FOUND);

	server = create_with(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
	assert_true(WaitNamedPipeA(path("with"), NMPWAIT_USE_DEFAULT_WAIT));
	for (int i = 0; i < 2; i++) {
		thread = CreateThread(NULL, 0, answer, server, 0, NULL);
		if (i)
			expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 3, &n,
						    NMPWAIT_WAIT_FOREVER),
				     ERROR_MORE_DATA);
		else
			assert_true(CallNamedPipeA(path("with"), request, 1, buffer, 16, &n,
						   NMPWAIT_WAIT_FOREVER));
		assert_int_equal(n, i ? 3 : 6);
		assert_memory_equal(buffer, "ans", 3);
		assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
		CloseHandle(thread);
	}
	expect_error(WaitNamedPipeA(path("with"), 20), ERROR_SEM_TIMEOUT);
	expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 3, &n, NMPWAIT_NOWAIT),
		     ERROR_PIPE_BUSY);
	CloseHandle(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transactions),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
