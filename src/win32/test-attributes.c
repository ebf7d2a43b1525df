/* SPDX-License-Identifier: MIT */
/*
 * Attributes of pipes by their names.
 */
#include "win32/test-pipes.h"

#include "support/fail.h"

static bool is_taken(HANDLE server)
{
	return !ConnectNamedPipe(server, NULL) && GetLastError() == ERROR_NO_DATA;
}

/* O16: who asks for attributes opens an instance, and leaves it broken. */
static void test_asking_opens(void **state)
{
	HANDLE servers[] = { pipe_create("asked", 0), pipe_create("asked", 0) };

	assert_int_equal(GetFileAttributesA(path("asked")), FILE_ATTRIBUTE_NORMAL);
	assert_true(is_taken(servers[0]));
	assert_int_equal(GetFileAttributesW((LPCWSTR)u"\\\\.\\pipe\\ASKED"), FILE_ATTRIBUTE_NORMAL);
	assert_true(is_taken(servers[1]));
	assert_int_equal(GetFileAttributesA(path("asked")), INVALID_FILE_ATTRIBUTES);
	assert_int_equal(GetLastError(), ERROR_PIPE_BUSY);
	for (int i = 0; i < 2; i++)
		CloseHandle(servers[i]);
	assert_int_equal(GetFileAttributesA(path("asked")), INVALID_FILE_ATTRIBUTES);
	assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* O16: the longer answer has no times, and nothing to be read. */
static void test_the_longer_answer(void **state)
{
	HANDLE server = pipe_create("asked", 0);
	FILE_NETWORK_OPEN_INFORMATION full;
	WIN32_FILE_ATTRIBUTE_DATA data;
	OBJECT_ATTRIBUTES attributes;
	FILE_BASIC_INFORMATION basic;
	UNICODE_STRING string;
	WCHAR units[300];

	memset(&data, 0xee, sizeof(data));
	assert_true(GetFileAttributesExA(path("asked"), GetFileExInfoStandard, &data));
	assert_int_equal(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	assert_int_equal(data.ftLastWriteTime.dwLowDateTime, 0);
	assert_int_equal(data.nFileSizeHigh, 0);
	assert_int_equal(data.nFileSizeLow, 0);
	assert_true(is_taken(server));
	assert_true(DisconnectNamedPipe(server));
	CloseHandle(server);

	server = pipe_create("asked", 0);
	set_name(&attributes, &string, units, "\\Device\\NamedPipe\\asked");
	assert_int_equal(NtQueryFullAttributesFile(&attributes, &full), 0);
	assert_int_equal(full.FileAttributes, FILE_ATTRIBUTE_NORMAL);
	assert_int_equal(full.EndOfFile.QuadPart, 0);
	assert_int_equal(full.AllocationSize.QuadPart, 8192);
	assert_int_equal(NtQueryAttributesFile(&attributes, &basic), STATUS_PIPE_NOT_AVAILABLE);
	CloseHandle(server);
}

static void test_what_is_refused(void **state)
{
	WIN32_FILE_ATTRIBUTE_DATA data;

	assert_false(GetFileAttributesExA(path("asked"), GetFileExMaxInfoLevel, &data));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	assert_int_equal(GetFileAttributesA("C:\\asked"), INVALID_FILE_ATTRIBUTES);
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
	assert_int_equal(GetFileAttributesA(NULL), INVALID_FILE_ATTRIBUTES);
	assert_int_equal(GetLastError(), ERROR_PATH_NOT_FOUND);
	assert_int_equal(GetFileAttributesA("\\\\.\\pipe\\"), FILE_ATTRIBUTE_NORMAL);
}

/* The n-th allocation fails: so does the call, and nothing is lost. */
static void test_no_memory(void **state)
{
	for (size_t n = 1;; n++) {
		HANDLE server = pipe_create("asked", 0);
		DWORD attributes;
		bool was_hit;

		pen_fail_at(n);
		attributes = GetFileAttributesA(path("asked"));
		was_hit = pen_fail_hit();
		CloseHandle(server);
		if (!was_hit) {
			assert_int_equal(attributes, FILE_ATTRIBUTE_NORMAL);
			break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asking_opens),
		cmocka_unit_test(test_the_longer_answer),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
