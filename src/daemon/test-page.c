/* SPDX-License-Identifier: MIT */
/* What the status page answers, without HTTP around it. */
#include "daemon/metrics.h"
#include "daemon/page-answer.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct control_worker workers[] = {
	{ .pid = 11, .stage = control_READY, .connections = 3, .handles = 2, .calls_begun = 7 },
	{ .pid = 12, .stage = control_LEAVING, .connections = 1, .calls_begun = 2 },
};

static struct control_program programs[] = {
	{ .name = "one",
	  .path = "/libexec/one",
	  .workers_max = 5,
	  .calls_begun = 9,
	  .crashed = 1,
	  .backoff_ms = 1250,
	  .workers = workers,
	  .n_workers = 2 },
	{ .name = "\"two\\\n\1\xff\xc3\xa9", .path = "/libexec/two" },
};

static struct control_endpoint endpoints[] = {
	{ .binding = "ncacn_np:[\\pipe\\one]", .listed = "", .is_open = 1 },
};

static struct control_child children[] = {
	{ .name = "penstock-authd",
	  .pid = 7,
	  .processes = 1,
	  .started = 3,
	  .crashed = 2,
	  .holds = 5 },
	{ .name = "penstock-relay", .age_ms = -1, .handed = 8, .holds = -1 },
};

static const struct control_status status = {
	.version = "1.2",
	.pid = 10,
	.uptime_ms = 61007,
	.accepted = 4,
	.endpoints = endpoints,
	.n_endpoints = 1,
	.programs = programs,
	.n_programs = 2,
	.children = children,
	.n_children = 2,
};

static int ask(void *data, const struct control_status **statusp)
{
	int r = data ? *(int *)data : 0;

	if (!r)
		*statusp = &status;
	return r;
}

static unsigned answer_to(struct page_answer *answer, const char *method, const char *path,
			  const char *host, int result)
{
	const struct page_request request = { .method = method, .path = path, .host = host };
	const struct page_source source = { ask, &result };

	assert_int_equal(page_answer(answer, &request, &source), 0);
	return answer->code;
}

static unsigned code_of(const char *method, const char *path, const char *host, int result)
{
	struct page_answer answer;
	unsigned code = answer_to(&answer, method, path, host, result);

	assert_true(answer.body.size > 0);
	assert_true(code != 405 || !strcmp(answer.allow, "GET, HEAD"));
	pen_buffer_done(&answer.body);
	return code;
}

static void test_what_is_asked_for(void **state)
{
	assert_int_equal(code_of("GET", "/", "localhost", 0), 200);
	assert_int_equal(code_of("HEAD", "/", "localhost:9164", 0), 200);
	assert_int_equal(code_of("GET", "/metrics", "127.0.0.1:9164", 0), 200);
	assert_int_equal(code_of("GET", "/status.json", "[::1]:9164", 0), 200);
	assert_int_equal(code_of("GET", "/status.jso", "localhost", 0), 404);
	assert_int_equal(code_of("GET", "//", "localhost", 0), 404);
	assert_int_equal(code_of("GET", "/../metrics", "localhost", 0), 404);
	assert_int_equal(code_of("POST", "/metrics", "localhost", 0), 405);
	assert_int_equal(code_of("get", "/metrics", "localhost", 0), 405);
	assert_int_equal(code_of("GET", "/metrics", "localhost", PEN_E_TIMEOUT), 503);
	/* The page itself needs nobody. */
	assert_int_equal(code_of("GET", "/", "localhost", PEN_E_CLOSED), 200);
	assert_int_equal(code_of("GET", "/metrics", "rebound.example", 0), 421);
	assert_int_equal(code_of("GET", "/metrics", NULL, 0), 421);
}

static void test_hosts(void **state)
{
	static const char *const own[] = {
		"localhost", "LOCALHOST:80", "127.0.0.1", "10.1.2.3:1",
		"[::1]",     "[fe80::1]:9",  "machine",	  "Machine:9164"
	};
	static const char *const others[] = {
		"",	    ":",      "localhost:",    "localhost:x", "localhost.", "::1",
		"[::1",	    "[::1]x", "[::1]:",	       "[1.2.3.4]",   "1.2.3",	    "1.2.3.4.5",
		"machine2", "evil",   "127.0.0.1.nip", "[]"
	};
	char longest[400];

	for (size_t i = 0; i < PEN_COUNT(own); i++)
		assert_true(page_is_own_host(own[i], "machine"));
	for (size_t i = 0; i < PEN_COUNT(others); i++)
		assert_false(page_is_own_host(others[i], "machine"));
	assert_false(page_is_own_host("", ""));
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(page_is_own_host(longest, "machine"));
}

static void test_a_local_socket_has_no_host(void **state)
{
	const struct page_request request = { "GET", "/metrics", NULL, true };
	const struct page_source source = { ask, NULL };
	struct page_answer answer;

	assert_int_equal(page_answer(&answer, &request, &source), 0);
	assert_int_equal(answer.code, 200);
	pen_buffer_done(&answer.body);
}

/* Style and script are those that the policy names: a browser is asked in test/tool/test-page.py.
 */
static void test_the_page_needs_nobody_else(void **state)
{
	struct page_answer answer;
	char *text;

	answer_to(&answer, "GET", "/", "localhost", 0);
	assert_int_equal(pen_buffer_add(&answer.body, "", 1), 0);
	text = (char *)answer.body.data;
	assert_null(strstr(text, "https:"));
	assert_null(strstr(text, " src="));
	assert_null(strstr(text, " style="));
	assert_null(strstr(text, "innerHTML"));
	assert_non_null(strstr(answer.policy, "default-src 'none'"));
	assert_null(strstr(answer.policy, "unsafe"));
	pen_buffer_done(&answer.body);
}

static void expect_line(const struct pen_buffer *text, const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!memmem(text->data, text->size, whole, strlen(whole)))
		fail_msg("there is no line %s in\n%.*s", line, (int)text->size,
			 (const char *)text->data);
}

static void test_metrics(void **state)
{
	struct pen_buffer text;

	pen_buffer_init(&text, 0);
	assert_int_equal(metrics_put(&status, &text), 0);
	expect_line(&text, "penstock_uptime_seconds 61.007");
	expect_line(&text, "penstock_accepted_connections_total 4");
	expect_line(&text, "penstock_calls_total{program=\"one\",path=\"/libexec/one\"} 9");
	expect_line(&text, "penstock_connections{program=\"one\",path=\"/libexec/one\"} 4");
	expect_line(&text, "penstock_processes{program=\"one\",path=\"/libexec/one\","
			   "stage=\"leaving\"} 1");
	expect_line(&text, "penstock_backoff_seconds{program=\"one\",path=\"/libexec/one\"} 1.250");
	expect_line(&text, "penstock_calls_total{program=\"\\\"two\\\\\\n\?\?\xc3\xa9\","
			   "path=\"/libexec/two\"} 0");
	expect_line(&text, "penstock_child_processes{child=\"penstock-relay\"} 0");
	expect_line(&text, "penstock_child_starts_total{child=\"penstock-authd\"} 3");
	expect_line(&text, "penstock_child_crashes_total{child=\"penstock-authd\"} 2");
	expect_line(&text, "penstock_child_handed_total{child=\"penstock-relay\"} 8");
	expect_line(&text, "penstock_child_holds{child=\"penstock-authd\"} 5");
	assert_null(
		memmem(text.data, text.size, "penstock_child_holds{child=\"penstock-relay\"}", 44));
	expect_line(&text, "penstock_endpoint_open{binding=\"ncacn_np:[\\\\pipe\\\\one]\"} 1");
	assert_memory_equal(text.data + text.size - 6, "# EOF\n", 6);
	pen_buffer_done(&text);
}

static void test_allocations_fail(void **state)
{
	static const char *const paths[] = { "/", "/metrics", "/status.json", "/nothing" };
	const struct page_source source = { ask, NULL };

	for (size_t i = 0; i < PEN_COUNT(paths); i++) {
		const struct page_request request = { "GET", paths[i], "localhost", false };
		int r;

		for (size_t n = 1;; n++) {
			struct page_answer answer;

			pen_fail_at(n);
			r = page_answer(&answer, &request, &source);
			pen_buffer_done(&answer.body);
			if (!pen_fail_hit())
				break;
			assert_int_equal(r, -ENOMEM);
		}
		assert_int_equal(r, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_for),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_a_local_socket_has_no_host),
		cmocka_unit_test(test_the_page_needs_nobody_else),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_allocations_fail),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
