/* SPDX-License-Identifier: MIT */
/*
 * Memory by its Win32 names, and what becomes of calls that get none.
 */
#include "support/fail.h"
#include "support/unit.h"

#include <penstock/win32.h>

#define W(text) ((const WCHAR *)u##text)

static bool is_zero(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* What a block grows by is zero, from the byte on at which it ended. */
static void test_growing_blocks(void **state)
{
	for (size_t n = 1; n < 200; n++) {
		char *bytes = HeapAlloc(GetProcessHeap(), 0, n);

		assert_non_null(bytes);
		memset(bytes, 0xee, n);
		bytes = HeapReAlloc(GetProcessHeap(), 0, bytes, (n + 1) / 2);
		bytes = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, bytes, n + 50);
		assert_non_null(bytes);
		assert_int_equal((unsigned char)bytes[(n + 1) / 2 - 1], 0xee);
		assert_true(is_zero(bytes + (n + 1) / 2, n + 50 - (n + 1) / 2));
		assert_true(HeapFree(GetProcessHeap(), 0, bytes));
	}
	assert_null(HeapAlloc(GetProcessHeap(), 0, SIZE_MAX - 3));
	assert_null(HeapReAlloc(GetProcessHeap(), 0, NULL, 8));
	assert_true(HeapFree(GetProcessHeap(), 0, NULL));
}

static void test_local_blocks(void **state)
{
	WCHAR *text = NULL;
	char *bytes = LocalAlloc(LPTR, 100);

	assert_true(is_zero(bytes, 100));
	assert_null(LocalFree(bytes));
	assert_null(LocalFree(NULL));
	assert_int_not_equal(
		FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
			       ERROR_PIPE_BUSY, 0, (LPWSTR)&text, 0, NULL),
		0);
	assert_int_not_equal(text[0], 0);
	assert_null(LocalFree(text));
}

/* A name for which there is no memory is not taken for one that was not given. */
static void test_names_without_memory(void **state)
{
	PSECURITY_DESCRIPTOR descriptor;

	pen_fail_at(1);
	assert_false(WaitNamedPipeW(W("\\\\.\\pipe\\none"), 0));
	assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
	pen_fail_at(1);
	assert_null(OpenFileMappingW(FILE_MAP_READ, FALSE, W("none")));
	assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
	pen_fail_at(1);
	assert_null(
		CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, W("none")));
	assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
	pen_fail_at(1);
	assert_false(ConvertStringSecurityDescriptorToSecurityDescriptorW(
		W("D:(A;;GA;;;WD)"), SDDL_REVISION_1, &descriptor, NULL));
	assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
	pen_fail_at(0);
	assert_false(WaitNamedPipeW(NULL, 0));
	assert_int_equal(GetLastError(), ERROR_INVALID_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growing_blocks),
		cmocka_unit_test(test_local_blocks),
		cmocka_unit_test(test_names_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
