/* SPDX-License-Identifier: MIT */
#include "daemon/capture.h"
#include "daemon/serve.h"
#include <string.h>

static void configure(struct config *config, const char *text)
{
	struct pen_buffer diagnoses;

	pen_buffer_init(&diagnoses, 0);
	assert_int_equal(config_init(config, false), 0);
	assert_int_equal(config_read(config, "f", text, strlen(text), &diagnoses), 0);
	pen_buffer_done(&diagnoses);
}

static const char *compared(const char *text)
{
	static struct capture capture;
	const struct log log = { .level = PEN_LOG_WARNING };
	struct config config, fresh;

	configure(&config, "");
	configure(&fresh, text);
	capture_start(&capture);
	serve_compare(&log, &config, &fresh);
	config_done(&config);
	config_done(&fresh);
	return capture_stop(&capture);
}

static const char starts[] = "when penstockd starts again";
static const char processes[] = "in processes of services that start from now on";

/* Whatever changes either takes effect or is named. */
static void test_keys(void **state)
{
	static const struct {
		const char *text, *name, *when;
	} rows[] = {
		{ "[server]\nname = OTHER\n", "server.name", processes },
		{ "[server]\ncomment = x\n", "server.comment", processes },
		{ "[server]\ndirectory = /x\n", "server.directory", starts },
		{ "[store]\npath = /x\n", "store.path", processes },
		{ "[store]\naccounts_key = /x\n", "store.accounts_key", starts },
		{ "[workers]\nconfined = no\n", "workers.confined", starts },
		{ "[limits]\nconnections = 7\n", "limits.connections", processes },
		{ "[limits]\nbind_timeout = 7\n", "limits.bind_timeout", processes },
		{ "[service rpcecho]\nlevel = connect\n", "service rpcecho.level", processes },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const char *line = compared(rows[i].text);

		assert_non_null(strstr(line, " warning reload key="));
		assert_non_null(strstr(line, rows[i].name));
		assert_non_null(strstr(line, rows[i].when));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
}

static void test_what_changes_at_once(void **state)
{
	assert_string_equal(compared(""), "");
	assert_string_equal(compared("[log]\nlevel = debug\nformat = json\n"), "");
	assert_string_equal(compared("[shares]\nsmb_conf = /other\n"), "");
	assert_string_equal(compared("[policy]\nfile = /p\nrecord = /x\n"), "");
	assert_string_equal(compared("[server]\nlisten = ::1\nport = 7\nports = 7-8\n"), "");
	assert_string_equal(compared("[workers]\nprograms = /x\n"), "");
	assert_string_equal(compared("[service rpcecho]\nenabled = yes\n"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_what_changes_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
