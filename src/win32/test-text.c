/* SPDX-License-Identifier: MIT */
/*
 * Texts: printing as Windows' programs expect it, conversions, paths, patterns.
 */
#include "support/unit.h"
#include "win32/directory.h"
#include "win32/path.h"
#include "win32/text.h"

#include <penstock/status.h>
#include <penstock/win32.h>

/* A text of WCHAR, whatever wchar_t is. */
#define W(text) ((const WCHAR *)u##text)

#define expect_print(expected, ...)                                                                \
	do {                                                                                       \
		char text_[200];                                                                   \
		assert_int_equal(pen_win32_snprintf(text_, sizeof(text_), __VA_ARGS__),            \
				 strlen(expected));                                                \
		assert_string_equal(text_, expected);                                              \
	} while (0)

/* "l" is 32 bits, "I64" and "ll" are 64; of texts %S and %ls are the wide ones. */
static void test_printing(void **state)
{
	expect_print("-1 4294967295 ff", "%ld %lu %lx", (LONG)-1, (DWORD)-1, 255);
	expect_print("-5000000000 5000000000", "%I64d %llu", -5000000000LL, 5000000000ULL);
	expect_print("  7|7  |007|+7|0x7", "%3d|%-3d|%03d|%+d|%#x", 7, 7, 7, 7, 7);
	expect_print("ab|   ab|ab   |a|%", "%s|%5s|%-5s|%.1s|%%", "ab", "ab", "ab", "ab");
	expect_print("h\u00e9 h\u00e9 \u00e9", "%S %ls %C", W("h\u00e9"), W("h\u00e9"), 0xe9);
	expect_print("x 3.50 1e+03", "%c %.2f %.0e", 'x', 3.5, 1000.0);
	expect_print("000000000000ABCD", "%p", (void *)0xabcd);
	expect_print("    7 ab", "%*d %.*s", 5, 7, 2, "abcd");
	expect_print("(null) -1 255", "%s %hd %hhu", NULL, 0xffff, 0x1ff);
}

static void test_printing_wide(void **state)
{
	WCHAR units[20];

	assert_int_equal(pen_win32_swprintf(units, 20, W("%s %S %d"), W("wide"), "narrow", 3), 13);
	assert_memory_equal(units, W("wide narrow 3"), 28);
	assert_int_equal(pen_win32_swprintf(units, 5, W("%s"), W("too long")), -1);
	assert_memory_equal(units, W("too "), 10);
}

/* What is cut ends with a NUL, and says so. */
static void test_cut(void **state)
{
	WCHAR units[4];
	char text[4];
	size_t n;

	assert_int_equal(pen_win32_snprintf(text, 4, "%s", "12345"), 5);
	assert_string_equal(text, "123");
	assert_int_equal(pen_win32_snprintf(text, 4, "%n", &n), -1);
	assert_int_equal(StringCchCopyA(text, 4, "abc"), S_OK);
	assert_int_equal(StringCchCatA(text, 4, "d"), STRSAFE_E_INSUFFICIENT_BUFFER);
	assert_string_equal(text, "abc");
	assert_int_equal(StringCchCopyW(units, 4, W("abcdef")), STRSAFE_E_INSUFFICIENT_BUFFER);
	assert_int_equal(units[3], 0);
	assert_int_equal(StringCchPrintfA(text, 4, "%d", 123456), STRSAFE_E_INSUFFICIENT_BUFFER);
	assert_int_equal(StringCchCopyA(text, 0, "abc"), STRSAFE_E_INVALID_PARAMETER);
	assert_int_equal(StringCchLengthA("abc", 10, &n), S_OK);
	assert_int_equal(n, 3);
	assert_int_equal(StringCchLengthA("abc", 3, &n), STRSAFE_E_INVALID_PARAMETER);
}

static void test_conversions(void **state)
{
	WCHAR units[8];
	char text[8];

	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "h\u00e9", -1, NULL, 0), 3);
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "h\u00e9", -1, units, 8), 3);
	assert_int_equal(units[1], 0xe9);
	assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, units, -1, text, 8, NULL, NULL), 4);
	assert_string_equal(text, "h\u00e9");
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "long text", -1, units, 8), 0);
	assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "\xff", 1, units, 8), 0);
	assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
	assert_int_equal(lstrcmpiW(W("ABC\u00c9"), W("abc\u00e9")), 0);
	assert_int_equal(lstrlenW(NULL), 0);
}

static void test_messages(void **state)
{
	char text[200], *made = NULL;
	WCHAR units[200];
	DWORD n;

	n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
			   ERROR_PIPE_BUSY, 0, text, sizeof(text), NULL);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(text + n - 2, "\r\n", 3);
	assert_int_equal(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_PIPE_BUSY, 0, units,
					200, NULL),
			 n);
	assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER,
					NULL, ERROR_PIPE_BUSY, 0, (LPSTR)&made, 0, NULL),
			 n);
	assert_string_equal(made, text);
	LocalFree(made);
	assert_int_equal(
		FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_PIPE_BUSY, 0, text, 5, NULL),
		0);
	assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, 5, NULL), 0);
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void expect_path(const WCHAR *from, const char *expected)
{
	UNICODE_STRING path;
	char *text;

	assert_int_equal(win_path_any(from, &path), 0);
	text = win_text(path.Buffer);
	assert_string_equal(text, expected);
	free(text);
	win_path_done(&path);
}

/* Slashes are separators to Win32, but not in a path that says it is verbatim. */
static void test_paths(void **state)
{
	UNICODE_STRING path;

	expect_path(W("\\\\.\\pipe\\x"), "\\??\\pipe\\x");
	expect_path(W("//./PIPE/a/b"), "\\??\\PIPE\\a\\b");
	expect_path(W("\\\\?\\pipe\\a/b"), "\\??\\pipe\\a/b");
	expect_path(W("\\\\host\\pipe\\x"), "\\??\\UNC\\host\\pipe\\x");
	assert_int_equal(win_path_any(W("\\\\.\\pipes\\x"), &path), PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(win_path_any(W("C:\\file"), &path), PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(win_path_any(W(""), &path), PEN_STATUS_NOT_SUPPORTED);
}

static void test_patterns(void **state)
{
	assert_true(win_pattern_matches("*", ""));
	assert_true(win_pattern_matches("*", "any"));
	assert_true(win_pattern_matches("A*c", "abbc"));
	assert_true(win_pattern_matches("a*b*c", "axbxbxc"));
	assert_true(win_pattern_matches("a?c", "a\u00e9c"));
	assert_true(win_pattern_matches("\u00c9*", "\u00e9x"));
	assert_false(win_pattern_matches("a?c", "ac"));
	assert_false(win_pattern_matches("a*b", "abc"));
	assert_false(win_pattern_matches("", "a"));
	assert_false(win_pattern_matches("a\xff", "a\xfe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printing), cmocka_unit_test(test_printing_wide),
		cmocka_unit_test(test_cut),	 cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
