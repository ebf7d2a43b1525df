/* SPDX-License-Identifier: MIT */
#include "daemon/capture.h"
#include "daemon/log.h"
#include <jansson.h>
#include <string.h>

enum { TIME_LENGTH = 24 }; /* 2026-01-02T03:04:05.678Z */

static const char *text_after_time(const char *line)
{
	int end = 0;
	unsigned part;

	assert_int_equal(sscanf(line, "%4u-%2u-%2uT%2u:%2u:%2u.%3uZ%n", &part, &part, &part, &part,
				&part, &part, &part, &end),
			 7);
	assert_int_equal(end, TIME_LENGTH);
	return line + end;
}

/* One word stands as it is; anything else between quotes, and on one line. */
static void test_text(void **state)
{
	const struct log log = { .level = PEN_LOG_DEBUG };
	struct capture capture;

	capture_start(&capture);
	log_line(&log, PEN_LOG_INFO, "start", "a", "word", "b", "two words", "c", "", "d",
		 "x=\"y\"\n\x1b[0m", "e", "\xc3\xa9", NULL);
	assert_string_equal(
		text_after_time(capture_stop(&capture)),
		" info start a=word b=\"two words\" c=\"\" d=\"x=\\\"y\\\"\\n\\u001b[0m\" "
		"e=\"\xc3\xa9\"\n");
}

static void test_json(void **state)
{
	const struct log log = { .level = PEN_LOG_DEBUG, .is_json = true };
	struct capture capture;
	const char *line;
	json_t *object;

	capture_start(&capture);
	log_line(&log, PEN_LOG_WARNING, "what", "key", "a\"\n\x01", NULL);
	line = capture_stop(&capture);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	object = json_loads(line, 0, NULL);
	assert_non_null(object);
	text_after_time(json_string_value(json_object_get(object, "time")));
	assert_string_equal(json_string_value(json_object_get(object, "level")), "warning");
	assert_string_equal(json_string_value(json_object_get(object, "what")), "what");
	assert_string_equal(json_string_value(json_object_get(object, "key")), "a\"\n\x01");
	assert_int_equal(json_object_size(object), 4);
	json_decref(object);
}

/* What is less grave than the level is not logged. */
static void test_levels(void **state)
{
	for (int level = PEN_LOG_ERROR; level <= PEN_LOG_DEBUG; level++) {
		const struct log log = { .level = (enum pen_log_level)level };
		struct capture capture;
		int n = 0;

		capture_start(&capture);
		for (int grade = PEN_LOG_ERROR; grade <= PEN_LOG_DEBUG; grade++)
			log_line(&log, (enum pen_log_level)grade, "x", NULL);
		for (const char *c = capture_stop(&capture); *c; c++)
			n += *c == '\n';
		assert_int_equal(n, level + 1);
	}
}

/* A value that is longer than a line may be leaves the next line whole. */
static void test_too_long(void **state)
{
	const struct log log = { .level = PEN_LOG_DEBUG };
	struct capture capture;
	char value[20000];
	const char *last;

	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	capture_start(&capture);
	log_line(&log, PEN_LOG_INFO, "long", "key", value, NULL);
	log_line(&log, PEN_LOG_INFO, "next", NULL);
	last = capture_stop(&capture);
	assert_non_null(strstr(last, " info long"));
	last = strstr(last, "\n");
	assert_non_null(last);
	assert_string_equal(text_after_time(last + 1), " info next\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
