/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include "worker/listing.h"
#include <errno.h>
#include <penstock/auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const some[] = { "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\probe]", NULL };
static const char *const more[] = { "ncalrpc:", "ncacn_ip_tcp:", "ncalrpc:", NULL };
static const char *const paths[] = { "/srv/a b", "/srv/\"\xff", NULL };

/* An interface whose objects are of two types, and another one between. */
static void make(struct pen_worker_service services[3], struct pen_worker *worker)
{
	services[0] = (struct pen_worker_service){ probe_service, some };
	services[1] = (struct pen_worker_service){
		{ .interface = &probe_stranger, .auth_level_min = PEN_AUTH_LEVEL_PACKET }, NULL
	};
	services[2] = (struct pen_worker_service){ probe_service, more };
	services[2].service.type = probe_interface.id.uuid;
	*worker = (struct pen_worker){ .services = services, .n_services = 3 };
}

static void serve(void *data, struct pen_pipe *pipe, const struct pen_token *client)
{
}

static const uint32_t quotas[] = { 0, 100 };
static const struct pen_worker_pipe pipes[] = {
	{ .name = "one",
	  .config = { .configuration = PEN_PIPE_DUPLEX,
		      .is_message = true,
		      .is_message_mode = true,
		      .rejects_remote = true,
		      .instances_max = 3,
		      .timeout_ms = 20 },
	  .security = "D:(A;;GA;;;BA)",
	  .serve = serve },
	{ .name = "\"two\"\\deep", .config = { .quotas = quotas }, .serve = serve },
};

static void expect_text(struct pen_buffer *text, const char *said)
{
	assert_int_equal(pen_buffer_add(text, "", 1), 0);
	assert_string_equal((char *)text->data, said);
	pen_buffer_done(text);
}

static void test_each_interface_and_endpoint_is_listed_once(void **state)
{
	struct pen_worker_service services[3];
	struct pen_ndr_error error = { "" };
	struct pen_buffer text = { 0 };
	struct pen_worker worker;

	make(services, &worker);
	assert_int_equal(pen_worker_check(&worker, &error), 0);
	assert_int_equal(pen_worker_list_text(&worker, &text), 0);
	expect_text(&text, "5\n60\n"
			   "70726f62-0000-0000-0000-010000000000/0x00000001 probe\n"
			   " ncacn_ip_tcp:\n ncacn_np:[\\pipe\\probe]\n ncalrpc:\n"
			   "73747261-0000-0000-0000-020000000000/0x00000001 stranger\n");
}

#define OPERATIONS                                                                                 \
	"\"operations\": [\"PROBE_ADD\", \"PROBE_ECHO\", \"PROBE_LATER\", \"PROBE_RELEASE\", "     \
	"\"PROBE_OPEN\", \"PROBE_USE\", \"PROBE_CLOSE\", \"PROBE_FAIL\", null, \"PROBE_SHOUT\"]"

static void test_json_says_all(void **state)
{
	struct pen_worker_service services[3];
	struct pen_buffer text = { 0 };
	struct pen_worker worker;

	make(services, &worker);
	worker.workers_max = 9;
	worker.workers_min = 1;
	worker.idle_s = 5;
	worker.user = "x";
	worker.needs = (struct pen_worker_needs){ paths, paths, true, 77, 8 };
	worker.pipes = pipes;
	worker.n_pipes = PEN_COUNT(pipes);
	assert_int_equal(pen_worker_list_json(&worker, "probed", &text), 0);
	expect_text(
		&text,
		"{\n"
		"  \"program\": \"probed\",\n"
		"  \"workers\": {\"max\": 9, \"min\": 1},\n"
		"  \"idle_seconds\": 5,\n"
		"  \"user\": \"x\",\n"
		"  \"interfaces\": [\n"
		"    {\"name\": \"probe\", \"uuid\": \"70726f62-0000-0000-0000-010000000000\", "
		"\"version\": \"1.0\", \"level\": \"none\", \"anonymous\": true, \"endpoints\": "
		"[\"ncacn_ip_tcp:\", \"ncacn_np:[\\\\pipe\\\\probe]\", \"ncalrpc:\"], " OPERATIONS
		"},\n"
		"    {\"name\": \"stranger\", \"uuid\": "
		"\"73747261-0000-0000-0000-020000000000\", \"version\": \"1.0\", "
		"\"level\": \"packet\", \"anonymous\": false, \"endpoints\": [], " OPERATIONS
		"}],\n"
		"  \"pipes\": [\n"
		"    {\"name\": \"one\", \"configuration\": \"duplex\", \"type\": \"message\", "
		"\"read_mode\": \"message\", \"remote\": false, \"instances\": 3, "
		"\"quotas\": [65536, 65536], \"timeout_ms\": 20, "
		"\"security\": \"D:(A;;GA;;;BA)\"},\n"
		"    {\"name\": \"\\\"two\\\"\\\\deep\", \"configuration\": \"inbound\", "
		"\"type\": \"byte\", \"read_mode\": \"byte\", \"remote\": true, "
		"\"instances\": 255, \"quotas\": [0, 100], \"timeout_ms\": 0, "
		"\"security\": null}],\n"
		"  \"limits\": {\"connections\": 10000, \"connections_per_peer\": 1000, "
		"\"groups\": 10000, \"handles_per_group\": 2048, "
		"\"call_memory\": 67108864, \"memory\": 268435456},\n"
		"  \"needs\": {\"reads\": [\"/srv/a b\", \"/srv/\\\"\\udcff\"], "
		"\"writes\": [\"/srv/a b\", \"/srv/\\\"\\udcff\"], \"network\": true, "
		"\"table\": false, "
		"\"memory_max\": 77, \"files_max\": 8}\n"
		"}\n");
}

/* ---- what is wrong ---- */

static void expect_refused(const struct pen_worker *worker, int result, const char *said)
{
	struct pen_ndr_error error = { "" };

	assert_int_equal(pen_worker_check(worker, &error), result);
	assert_string_equal(error.text, said);
}

static void test_endpoints_that_cannot_be(void **state)
{
	static const struct {
		const char *endpoint, *said;
	} rows[] = {
		{ "", "probe: an endpoint is empty, or no line" },
		{ "ncalrpc:[a\nb]", "probe: an endpoint is empty, or no line" },
		{ "ncacn_np:", "probe: endpoint ncacn_np: names no pipe" },
	};
	const char *endpoints[] = { NULL, NULL };
	const struct pen_worker_service service = { probe_service, endpoints };
	const struct pen_worker worker = { .services = &service, .n_services = 1 };
	struct pen_ndr_error error;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		endpoints[0] = rows[i].endpoint;
		expect_refused(&worker, PEN_E_SYNTAX, rows[i].said);
	}
	endpoints[0] = "tcp:[1]";
	assert_int_equal(pen_worker_check(&worker, &error), PEN_E_SYNTAX);
	assert_memory_equal(error.text, "probe: endpoint tcp:[1]: ", 25);
}

static void test_workers_that_cannot_be(void **state)
{
	static const char *const relative[] = { "etc", NULL };
	static const char *many[PEN_WORKER_PATHS_MAX + 2];
	static struct pen_interface object;
	struct pen_worker_service services[3];
	struct pen_worker worker;

	make(services, &worker);
	services[2].service.type = services[0].service.type;
	expect_refused(&worker, PEN_E_EXISTS, "the interface probe is there twice");

	make(services, &worker);
	object = probe_interface;
	object.is_object = true;
	services[0].service.interface = &object;
	expect_refused(&worker, PEN_E_UNSUPPORTED,
		       "probe is an object interface: serving objects (ORPC) is not offered");

	make(services, &worker);
	worker.workers_min = 6;
	expect_refused(&worker, PEN_E_SYNTAX, "workers_min is more than workers_max");

	make(services, &worker);
	worker.user = "a\nb";
	expect_refused(&worker, PEN_E_SYNTAX, "its user's name is empty, or no line");

	make(services, &worker);
	worker.needs.writes = relative;
	expect_refused(&worker, PEN_E_SYNTAX, "a path that it needs is etc: not absolute");
	for (size_t i = 0; i < PEN_WORKER_PATHS_MAX + 1; i++)
		many[i] = "/a";
	worker.needs.writes = NULL;
	worker.needs.reads = many;
	expect_refused(&worker, PEN_E_LIMIT, "it needs 65 paths: 64 is the most");
	many[PEN_WORKER_PATHS_MAX] = NULL;
	expect_refused(&worker, 0, "");
}

static void test_pipes_that_cannot_be(void **state)
{
	static char long_name[PEN_WORKER_PIPE_NAME_MAX + 1];
	static const struct {
		struct pen_worker_pipe pipe;
		int result;
		const char *said;
	} rows[] = {
		{ { .serve = serve }, PEN_E_SYNTAX, "the name of a pipe is none" },
		{ { .name = "", .serve = serve }, PEN_E_SYNTAX, "the name of a pipe is none" },
		{ { .name = "\\pipe\\a", .serve = serve },
		  PEN_E_SYNTAX,
		  "the name of a pipe is none" },
		{ { .name = "a\nb", .serve = serve }, PEN_E_SYNTAX, "the name of a pipe is none" },
		{ { .name = long_name, .serve = serve },
		  PEN_E_SYNTAX,
		  "the name of a pipe is none" },
		{ { .name = "a" }, PEN_E_SYNTAX, "there can be no such pipe as a" },
		{ { .name = "a", .config = { .is_message_mode = true }, .serve = serve },
		  PEN_E_SYNTAX,
		  "there can be no such pipe as a" },
		{ { .name = "a", .config = { .instances_max = 256 }, .serve = serve },
		  PEN_E_SYNTAX,
		  "there can be no such pipe as a" },
		{ { .name = "a", .config = { .configuration = 3 }, .serve = serve },
		  PEN_E_SYNTAX,
		  "there can be no such pipe as a" },
		{ { .name = "B", .serve = serve }, PEN_E_EXISTS, "the pipe B is there twice" },
	};
	struct pen_worker_pipe two[] = { { .name = "b", .serve = serve }, { 0 } };
	struct pen_worker worker = { .pipes = two, .n_pipes = 2 };
	struct pen_ndr_error error;

	memset(long_name, 'a', PEN_WORKER_PIPE_NAME_MAX);
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		two[1] = rows[i].pipe;
		expect_refused(&worker, rows[i].result, rows[i].said);
	}
	two[1] = (struct pen_worker_pipe){ .name = "a", .security = "D:(A", .serve = serve };
	assert_int_equal(pen_worker_check(&worker, &error), PEN_E_SYNTAX);
	assert_memory_equal(error.text, "the security of the pipe a: ", 28);
	two[1].security = "D:(A;;GA;;;WD)";
	expect_refused(&worker, 0, "");
	worker.n_pipes = PEN_WORKER_PIPES_MAX + 1;
	expect_refused(&worker, PEN_E_LIMIT, "it has 65 pipes: 64 is the most");
}

static void test_limits(void **state)
{
	enum { N = PEN_WORKER_INTERFACES_MAX + 1 };
	static struct pen_worker_service services[N];
	static char texts[PEN_WORKER_ENDPOINTS_MAX + 1][PEN_WORKER_TEXT_MAX];
	static const char *endpoints[PEN_WORKER_ENDPOINTS_MAX + 2];
	struct pen_worker worker = { .services = services, .n_services = N };
	size_t n;
	struct pen_buffer text;

	expect_refused(&worker, PEN_E_LIMIT, "it has 257 services: 256 is the most");
	for (size_t i = 0; i <= PEN_WORKER_ENDPOINTS_MAX; i++) {
		snprintf(texts[i], sizeof(texts[i]), "ncalrpc:[%0500zu]", i);
		endpoints[i] = texts[i];
	}
	services[0] = (struct pen_worker_service){ probe_service, endpoints };
	worker.n_services = 1;
	expect_refused(&worker, PEN_E_LIMIT, "it has 257 endpoints: 256 is the most");
	endpoints[PEN_WORKER_ENDPOINTS_MAX] = NULL;
	expect_refused(&worker, 0, "");

	/* All may be there, and still be too much. */
	pen_buffer_init(&text, PEN_WORKER_LISTING_MAX);
	assert_int_equal(pen_worker_list_text(&worker, &text), PEN_E_LIMIT);
	text.size = 0;
	assert_int_equal(pen_worker_list_json(&worker, "probed", &text), PEN_E_LIMIT);
	endpoints[100] = NULL;
	text.size = 0;
	assert_int_equal(pen_worker_list_json(&worker, "probed", &text), 0);
	n = text.size;
	pen_buffer_done(&text);
	/* The names of operations are what can be left out. */
	pen_buffer_init(&text, n - 10);
	assert_int_equal(pen_worker_list_json(&worker, "probed", &text), 0);
	assert_int_equal(pen_buffer_add(&text, "", 1), 0);
	assert_null(strstr((const char *)text.data, "operations"));
	pen_buffer_done(&text);
}

static void test_failed_allocations(void **state)
{
	struct pen_worker_service services[3];
	struct pen_ndr_error error;
	struct pen_buffer text = { 0 };
	struct pen_worker worker;
	int r;

	make(services, &worker);
	worker.needs.reads = paths;
	worker.pipes = pipes;
	worker.n_pipes = PEN_COUNT(pipes);
	for (size_t n = 1; pen_fail_at(n), r = pen_worker_check(&worker, &error), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	for (size_t n = 1; pen_buffer_done(&text), pen_fail_at(n),
		    r = pen_worker_list_json(&worker, "x", &text), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	for (size_t n = 1; pen_buffer_done(&text), pen_fail_at(n),
		    r = pen_worker_list_text(&worker, &text), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_interface_and_endpoint_is_listed_once),
		cmocka_unit_test(test_json_says_all),
		cmocka_unit_test(test_endpoints_that_cannot_be),
		cmocka_unit_test(test_workers_that_cannot_be),
		cmocka_unit_test(test_pipes_that_cannot_be),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
