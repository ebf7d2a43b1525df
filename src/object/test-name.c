/* SPDX-License-Identifier: MIT */
#include "object/name.h"
#include "support/fail.h"
#include "support/unit.h"
#include <penstock/status-codes.h>
#include <stdio.h>
#include <string.h>

static void expect_pipe(const char *text, enum pen_name_kind kind, const char *server,
			const char *path)
{
	struct pen_arena arena;
	struct pen_name name;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_name_parse_pipe(text, &arena, &name), PEN_STATUS_SUCCESS);
	assert_int_equal(name.kind, kind);
	assert_string_equal(name.path, path);
	if (server)
		assert_string_equal(name.server, server);
	else
		assert_null(name.server);
	pen_arena_done(&arena);
}

static void expect_no_pipe(const char *text)
{
	struct pen_arena arena;
	struct pen_name name;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_name_parse_pipe(text, &arena, &name), PEN_STATUS_OBJECT_NAME_INVALID);
	pen_arena_done(&arena);
}

/* C1, E4: only in the namespace of pipes, by any of its ways. */
static void test_prefixes(void **state)
{
	expect_pipe("\\\\.\\pipe\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("\\\\.\\PIPE\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("//./pipe/x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("\\\\?\\pipe\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("\\??\\Pipe\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("\\DosDevices\\pipe\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_pipe("\\device\\namedpipe\\x", PEN_NAME_PIPE, NULL, "\\Device\\NamedPipe\\x");
	expect_no_pipe("");
	expect_no_pipe("x");
	expect_no_pipe("pipe\\x");
	expect_no_pipe("\\\\.\\pip\\x");
	expect_no_pipe("\\\\.\\pipes");
	expect_no_pipe("\\\\.\\pipex\\y");
	expect_no_pipe("\\\\.\\mailslot\\x");
	expect_no_pipe("\\\\");
	expect_no_pipe("//?/pipe/x");
}

/* C3, O14, E5: the device, and with a backslash its root directory. */
static void test_device_and_directory(void **state)
{
	expect_pipe("\\\\.\\pipe", PEN_NAME_DEVICE, NULL, "\\Device\\NamedPipe");
	expect_pipe("\\\\.\\pipe\\", PEN_NAME_DIRECTORY, NULL, "\\Device\\NamedPipe\\");
	expect_pipe("\\Device\\NamedPipe", PEN_NAME_DEVICE, NULL, "\\Device\\NamedPipe");
	expect_pipe("\\Device\\NamedPipe\\", PEN_NAME_DIRECTORY, NULL, "\\Device\\NamedPipe\\");
}

/* C6-C11: all of a name is kept. */
static void test_names_are_kept(void **state)
{
	static const char *const names[] = {
		"CaSe", "a/b", ".",    "..", "a\\..\\b", "<>*?\":|",	  "a\\b",
		"x\\",	"\\",  "\\\\", " ",  "\x01",	 "ä\xed\xa0\x80", "a\\/"
	};

	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		char text[64], path[64];

		snprintf(text, sizeof(text), "\\\\.\\pipe\\%s", names[i]);
		snprintf(path, sizeof(path), "\\Device\\NamedPipe\\%s", names[i]);
		expect_pipe(text, PEN_NAME_PIPE, NULL, path);
		expect_pipe(path, PEN_NAME_PIPE, NULL, path);
	}
}

/* C4, Z3: a server is a server, whatever it is called. */
static void test_servers(void **state)
{
	expect_pipe("\\\\host\\pipe\\x", PEN_NAME_PIPE, "host", "\\Device\\NamedPipe\\x");
	expect_pipe("\\\\localhost\\PIPE\\x", PEN_NAME_PIPE, "localhost", "\\Device\\NamedPipe\\x");
	expect_pipe("\\\\127.0.0.1\\pipe\\a\\b", PEN_NAME_PIPE, "127.0.0.1",
		    "\\Device\\NamedPipe\\a\\b");
	expect_pipe("\\\\?\\UNC\\host\\pipe\\x", PEN_NAME_PIPE, "host", "\\Device\\NamedPipe\\x");
	expect_pipe("\\??\\unc\\host\\pipe\\x", PEN_NAME_PIPE, "host", "\\Device\\NamedPipe\\x");
	expect_no_pipe("\\\\host");
	expect_no_pipe("\\\\host\\share\\x");
	expect_no_pipe("\\\\\\pipe\\x");
	expect_no_pipe("\\\\..\\pipe\\x");
	expect_no_pipe("\\\\?\\UNC\\\\pipe\\x");
}

/* Text of a prefix, then n letters. */
static char *long_name(char text[2048], const char *prefix, size_t n)
{
	size_t at = strlen(prefix);

	memcpy(text, prefix, at);
	memset(text + at, 'x', n);
	text[at + n] = '\0';
	return text;
}

/* C5 */
static void test_length(void **state)
{
	char text[2048], path[2048];

	long_name(path, "\\Device\\NamedPipe\\", 247);
	expect_pipe(long_name(text, "\\\\.\\pipe\\", 247), PEN_NAME_PIPE, NULL, path);
	expect_no_pipe(long_name(text, "\\\\.\\pipe\\", 248));
	long_name(path, "\\Device\\NamedPipe\\", 256);
	expect_pipe(path, PEN_NAME_PIPE, NULL, path);
	expect_pipe(long_name(text, "\\??\\pipe\\", 256), PEN_NAME_PIPE, NULL, path);
	expect_no_pipe(long_name(text, "\\??\\pipe\\", 257));
	expect_no_pipe(long_name(text, "\\\\host\\pipe\\", 257));
	strcat(long_name(text, "\\\\", 257), "\\pipe\\x");
	expect_no_pipe(text);
}

static void test_not_utf8(void **state)
{
	expect_no_pipe("\\\\.\\pipe\\\xff");
	expect_no_pipe("\\\\.\\pipe\\\xc0\x80");
	expect_no_pipe("\\\\.\\pipe\\\xed\xa0\xbd\xed\xb8\x80");
	expect_no_pipe("\\\\\xe4\\pipe\\x");
}

static void expect_section(const char *text, uint32_t session, const char *path)
{
	struct pen_arena arena;
	const char *parsed;

	pen_arena_init(&arena, 0);
	if (path) {
		assert_int_equal(pen_name_parse_section(text, session, &arena, &parsed), 0);
		assert_string_equal(parsed, path);
	} else {
		assert_int_equal(pen_name_parse_section(text, session, &arena, &parsed),
				 PEN_STATUS_OBJECT_NAME_INVALID);
	}
	pen_arena_done(&arena);
}

static void test_sections(void **state)
{
	expect_section("x", 3, "\\Sessions\\3\\BaseNamedObjects\\x");
	expect_section("x", 0, "\\BaseNamedObjects\\x");
	expect_section("Local\\x", 3, "\\Sessions\\3\\BaseNamedObjects\\x");
	expect_section("Global\\x", 3, "\\BaseNamedObjects\\x");
	expect_section("Session\\0\\x", 3, "\\BaseNamedObjects\\x");
	expect_section("Session\\4294967295\\x", 3, "\\Sessions\\4294967295\\BaseNamedObjects\\x");
	expect_section("\\BaseNamedObjects\\x", 3, "\\BaseNamedObjects\\x");
	expect_section("\\Sessions\\3\\BaseNamedObjects\\x", 0,
		       "\\Sessions\\3\\BaseNamedObjects\\x");
	expect_section("a/b", 0, "\\BaseNamedObjects\\a/b");
	expect_section("x", PEN_NAME_OWN_SESSION, "x");
	expect_section("Global\\x", PEN_NAME_OWN_SESSION, "Global\\x");
	expect_section("", 0, NULL);
	expect_section("\\", 0, NULL);
	expect_section("Global\\", 0, NULL);
	expect_section("Global\\\\x", 0, NULL);
	expect_section("Session\\x\\y", 0, NULL);
	expect_section("Session\\01\\y", 0, NULL);
	expect_section("Session\\4294967296\\y", 0, NULL);
	expect_section("Session\\\\y", 0, NULL);
	expect_section("\xff", 0, NULL);
}

static void test_section_length(void **state)
{
	char text[2048], path[2048];

	long_name(path, "\\BaseNamedObjects\\", 256);
	expect_section(long_name(text, "Global\\", 256), 5, path);
	expect_section(long_name(text, "Global\\", 257), 5, NULL);
	strcat(long_name(text, "\\", 510), "\\x");
	expect_section(text, 5, NULL);
}

static void test_files(void **state)
{
	char file[PEN_NAME_FILE_SIZE], text[2048];

	assert_true(pen_name_to_file("SrvSvc", file));
	assert_string_equal(file, "srvsvc");
	assert_true(pen_name_to_file("A\\b\\", file));
	assert_string_equal(file, "a\\b\\");
	assert_true(pen_name_to_file("ÄΣЖÿ...", file));
	assert_string_equal(file, "äσжÿ...");
	assert_false(pen_name_to_file("", file));
	assert_false(pen_name_to_file(".", file));
	assert_false(pen_name_to_file("..", file));
	assert_false(pen_name_to_file("a/b", file));
	assert_false(pen_name_to_file("a\n", file));
	assert_false(pen_name_to_file("\x7f", file));
	assert_true(pen_name_to_file(long_name(text, "", 107), file));
	assert_false(pen_name_to_file(long_name(text, "", 108), file));
	assert_false(pen_name_to_file(long_name(text, "", 257), file));
}

static void test_failed_allocations(void **state)
{
	struct pen_arena arena;
	struct pen_name name;
	const char *path;
	uint32_t status;

	pen_arena_init(&arena, 0);
	for (size_t n = 1; pen_fail_at(n),
		    status = pen_name_parse_pipe("\\\\h\\pipe\\x", &arena, &name), pen_fail_hit();
	     n++) {
		assert_int_equal(status, PEN_STATUS_NO_MEMORY);
		pen_arena_done(&arena);
	}
	assert_int_equal(status, 0);
	pen_arena_done(&arena);
	pen_fail_at(1);
	assert_int_equal(pen_name_parse_section("x", 1, &arena, &path), PEN_STATUS_NO_MEMORY);
	pen_fail_at(0);
	pen_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),       cmocka_unit_test(test_device_and_directory),
		cmocka_unit_test(test_names_are_kept), cmocka_unit_test(test_servers),
		cmocka_unit_test(test_length),	       cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_sections),       cmocka_unit_test(test_section_length),
		cmocka_unit_test(test_files),	       cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
