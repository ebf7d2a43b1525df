/* SPDX-License-Identifier: MIT */
/*
 * Sections by their Win32 names.
 */
#include "win32/test-pipes.h"

static void test_sections(void **state)
{
	HANDLE first, second, only;
	char *a, *b;

	first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10000,
				   "Local\\section");
	assert_non_null(first);
	assert_int_equal(GetLastError(), 0);
	second =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10000, "section");
	assert_non_null(second);
	assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
	only = OpenFileMappingA(FILE_MAP_READ, FALSE, "section");
	assert_non_null(only);
	a = MapViewOfFile(first, FILE_MAP_ALL_ACCESS, 0, 0, 0);
	b = MapViewOfFile(only, FILE_MAP_READ, 0, 0, 0);
	assert_non_null(a);
	assert_non_null(b);
	strcpy(a, "shared");
	assert_string_equal(b, "shared");
	assert_null(MapViewOfFile(only, FILE_MAP_WRITE, 0, 0, 0));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_true(UnmapViewOfFile(a));
	assert_true(UnmapViewOfFile(b));
	expect_error(UnmapViewOfFile(b), ERROR_INVALID_ADDRESS);
	CloseHandle(first);
	CloseHandle(second);
	CloseHandle(only);
	assert_null(OpenFileMappingA(FILE_MAP_READ, FALSE, "section"));
	assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
	assert_null(
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 1, NULL));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
