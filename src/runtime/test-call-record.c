/* SPDX-License-Identifier: MIT */
#include "runtime/call-record.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/ndr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/pen-record-XXXXXX";
static struct pen_call_record *record;

static int set_up(void **state)
{
	struct pen_ndr_error error;
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd) || pen_call_record_new(&record, path, &error);
}

static int tear_down(void **state)
{
	int r = unlink(path);

	record = pen_call_record_free(record);
	strcpy(strrchr(path, '-') + 1, "XXXXXX");
	return r;
}

static void expect_file(const char *expected)
{
	FILE *file = fopen(path, "r");
	char text[1024];
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
	assert_int_equal(truncate(path, 0), 0);
}

static void add(const struct pen_policy_question *question, int n)
{
	while (n--)
		assert_int_equal(pen_call_record_add(record, question), 0);
}

#define LINE(opnum, level, calls)                                                                  \
	"{\"interface\":\"00000007-0000-0000-0000-000000000000\",\"opnum\":" opnum                 \
	",\"identity\":\"anonymous\",\"transport\":\"ncalrpc\",\"level\":\"" level                 \
	"\",\"calls\":" calls "}\n"

/* The first at once, then when there were as many again, and at the end what is left. */
static void test_lines_are_few(void **state)
{
	struct pen_policy_question question = { .interface.uuid.time_low = 7,
						.protseq = PEN_NCALRPC,
						.auth_level = PEN_AUTH_LEVEL_NONE };

	assert_int_equal(pen_call_record_write(record, true), 0);
	expect_file("");
	add(&question, 3);
	assert_int_equal(pen_call_record_write(record, false), 0);
	expect_file(LINE("0", "none", "3"));
	add(&question, 2);
	assert_int_equal(pen_call_record_write(record, false), 0);
	expect_file("");
	add(&question, 1);
	assert_int_equal(pen_call_record_write(record, false), 0);
	expect_file(LINE("0", "none", "3"));
	add(&question, 1);
	question.opnum = 1;
	question.auth_level = PEN_AUTH_LEVEL_CALL;
	assert_int_equal(pen_call_record_write(record, true), 0);
	expect_file(LINE("0", "none", "1"));
	add(&question, 1);
	question.auth_level = 200;
	add(&question, 1);
	assert_int_equal(pen_call_record_write(record, true), 0);
	assert_int_equal(pen_call_record_write(record, true), 0);
	{
		FILE *file = fopen(path, "r");
		char line[256];
		int n = 0;

		while (fgets(line, sizeof(line), file))
			n += !strcmp(line, LINE("1", "connect", "1")) ||
			     !strcmp(line, LINE("1", "privacy", "1"));
		fclose(file);
		assert_int_equal(n, 2);
	}
}

/* What cannot be written now is later. */
static void test_nothing_is_lost(void **state)
{
	struct pen_policy_question question = { .interface.uuid.time_low = 7,
						.protseq = PEN_NCALRPC,
						.auth_level = PEN_AUTH_LEVEL_NONE };

	add(&question, 4);
	assert_int_equal(truncate(path, PEN_CALL_RECORD_FILE_MAX), 0);
	assert_int_equal(pen_call_record_write(record, true), PEN_E_LIMIT);
	assert_int_equal(truncate(path, 0), 0);
	for (size_t n = 1; pen_fail_at(n), pen_call_record_write(record, true) && pen_fail_hit();
	     n++)
		expect_file("");
	pen_fail_at(0);
	expect_file(LINE("0", "none", "4"));
}

static void test_kinds_are_limited(void **state)
{
	struct pen_policy_question question = { .operation = "X", .interface_name = "Y" };
	size_t n = 1;

	for (; pen_fail_at(n), pen_call_record_add(record, &question) == -ENOMEM; n++)
		assert_true(pen_fail_hit());
	pen_fail_at(0);
	assert_true(n > 1);
	for (uint32_t i = 1; i < PEN_CALL_RECORD_KINDS_MAX; i++) {
		question.opnum = i;
		add(&question, 1);
	}
	question.opnum = PEN_CALL_RECORD_KINDS_MAX;
	assert_int_equal(pen_call_record_add(record, &question), PEN_E_LIMIT);
	question.opnum = 1;
	add(&question, 1);
	assert_int_equal(pen_call_record_write(record, true), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_lines_are_few),
		TEST(test_nothing_is_lost),
		TEST(test_kinds_are_limited),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
