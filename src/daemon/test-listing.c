/* SPDX-License-Identifier: MIT */
/*
 * Listings: what is read of them, and programs that are asked for them. With arguments this is
 * such a program itself.
 */
#include "daemon/listing.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <penstock/auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define UUID "12345778-1234-abcd-ef00-0123456789ac"
#define LINE UUID "/0x00000001 samr\n"

/* As Samba's print it. */
static const char lines[] = "5\n"
			    "60\n"
			    "12345778-1234-abcd-ef00-0123456789ac/0x00000001 samr\n"
			    " ncacn_np:[\\pipe\\samr]\n"
			    " ncacn_ip_tcp:\n"
			    " ncalrpc:\n"
			    "e1af8308-5d1f-11c9-91a4-08002b14a0fa/0x00020003 epmapper\n"
			    " ncacn_ip_tcp:[135]\n";

static const char json[] =
	"{\"program\": \"lsad\", \"workers\": {\"max\": 7, \"min\": 1}, \"idle_seconds\": 30,\n"
	" \"user\": \"nobody\", \"of_a_later_version\": [1, 2],\n"
	" \"interfaces\": [\n"
	"  {\"name\": \"samr\", \"uuid\": \"12345778-1234-abcd-ef00-0123456789ac\",\n"
	"   \"version\": \"1.0\", \"level\": \"integrity\",\n"
	"   \"endpoints\": [\"ncacn_np:[\\\\pipe\\\\samr]\", \"ncalrpc:\"]},\n"
	"  {\"name\": \"epmapper\", \"uuid\": \"e1af8308-5d1f-11c9-91a4-08002b14a0fa\",\n"
	"   \"version\": \"3.2\", \"endpoints\": []}],\n"
	" \"needs\": {\"reads\": [\"/etc/samba\", \"/srv\"], \"writes\": [\"/var/lib/x\"],\n"
	"  \"network\": true, \"memory_max\": 5000000000, \"files_max\": 99}}\n";

typedef int reader(struct listing *listing, const char *text, size_t n, char error[256]);

/* ---- what is right ---- */

static void test_lines(void **state)
{
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_text(&listing, lines, strlen(lines), error), 0);
	assert_string_equal(listing.program, "");
	assert_int_equal(listing.workers_max, 5);
	assert_int_equal(listing.workers_min, 0);
	assert_int_equal(listing.idle_s, 60);
	assert_int_equal(listing.n_interfaces, 2);
	assert_int_equal(listing.n_endpoints, 4);
	assert_string_equal(listing.interfaces[0].name, "samr");
	assert_int_equal(listing.interfaces[0].id.uuid.time_low, 0x12345778);
	assert_int_equal(listing.interfaces[0].id.major, 1);
	assert_int_equal(listing.interfaces[0].n_endpoints, 3);
	assert_string_equal(listing.interfaces[0].endpoints[0], "ncacn_np:[\\pipe\\samr]");
	assert_int_equal(listing.interfaces[1].id.major, 3);
	assert_int_equal(listing.interfaces[1].id.minor, 2);
	assert_string_equal(listing.interfaces[1].endpoints[0], "ncacn_ip_tcp:[135]");
	listing_done(&listing);
}

static void test_nothing_is_no_services(void **state)
{
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_text(&listing, "", 0, error), 0);
	assert_int_equal(listing.n_interfaces, 0);
	listing_done(&listing);
	assert_int_equal(listing_read_text(&listing, "1\n10\n", 5, error), 0);
	assert_int_equal(listing.workers_max, 1);
	listing_done(&listing);
}

static void test_json(void **state)
{
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_json(&listing, json, strlen(json), error), 0);
	assert_string_equal(listing.program, "lsad");
	assert_int_equal(listing.workers_max, 7);
	assert_int_equal(listing.workers_min, 1);
	assert_int_equal(listing.idle_s, 30);
	assert_string_equal(listing.user, "nobody");
	assert_int_equal(listing.n_interfaces, 2);
	assert_string_equal(listing.interfaces[0].name, "samr");
	assert_int_equal(listing.interfaces[0].level, PEN_AUTH_LEVEL_INTEGRITY);
	assert_int_equal(listing.interfaces[0].n_endpoints, 2);
	assert_string_equal(listing.interfaces[0].endpoints[1], "ncalrpc:");
	assert_int_equal(listing.interfaces[1].level, 0);
	assert_int_equal(listing.interfaces[1].id.minor, 2);
	assert_string_equal(listing.needs.reads[1], "/srv");
	assert_null(listing.needs.reads[2]);
	assert_string_equal(listing.needs.writes[0], "/var/lib/x");
	assert_true(listing.needs.network);
	assert_true(listing.needs.memory_max == UINT64_C(5000000000));
	assert_int_equal(listing.needs.files_max, 99);
	listing_done(&listing);
}

#define HEAD	       "{\"program\":\"x\",\"workers\":{\"max\":1},\"idle_seconds\":0,"
#define PIPES(members) HEAD "\"interfaces\":[],\"pipes\":[{" members "}]}"

static void test_pipes(void **state)
{
	static const char text[] =
		PIPES("\"name\":\"a\\\\b\",\"configuration\":\"inbound\",\"type\":\"message\","
		      "\"read_mode\":\"message\",\"remote\":false,\"instances\":7,"
		      "\"quotas\":[1,2],\"timeout_ms\":9,\"security\":\"D:\"},{\"name\":\"c\"");
	const struct listing_pipe *pipe;
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_json(&listing, text, strlen(text), error), 0);
	assert_int_equal(listing.n_pipes, 2);
	pipe = &listing.pipes[0];
	assert_string_equal(pipe->name, "a\\b");
	assert_int_equal(pipe->config.configuration, PEN_PIPE_INBOUND);
	assert_true(pipe->config.is_message && pipe->config.is_message_mode);
	assert_true(pipe->config.rejects_remote);
	assert_int_equal(pipe->config.instances_max, 7);
	assert_int_equal(pipe->quotas[0], 1);
	assert_int_equal(pipe->quotas[1], 2);
	assert_int_equal(pipe->config.timeout_ms, 9);
	assert_string_equal(pipe->security, "D:");
	pipe = &listing.pipes[1];
	assert_string_equal(pipe->name, "c");
	assert_int_equal(pipe->config.configuration, PEN_PIPE_DUPLEX);
	assert_false(pipe->config.is_message || pipe->config.is_message_mode);
	assert_false(pipe->config.rejects_remote);
	assert_int_equal(pipe->quotas[1], 65536);
	assert_null(pipe->security);
	listing_done(&listing);
}

static void test_little_json(void **state)
{
	static const char little[] =
		"{\"program\":\"x\",\"workers\":{\"max\":1},\"idle_seconds\":0,"
		"\"interfaces\":[],\"user\":null}";
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_json(&listing, little, strlen(little), error), 0);
	assert_null(listing.user);
	assert_null(listing.needs.reads);
	assert_int_equal(listing.idle_s, 0);
	assert_true(listing.needs.memory_max == 1 << 30);
	listing_done(&listing);
	for (size_t n = 0; n < strlen(little); n++)
		assert_int_equal(listing_read_json(&listing, little, n, error), PEN_E_SYNTAX);
}

/* ---- what is wrong ---- */

static void expect_refused(reader *read, const char *text, size_t n, int result, const char *said)
{
	struct listing listing;
	char error[256] = "";

	assert_int_equal(read(&listing, text, n, error), result);
	assert_string_equal(error, said);
	assert_null(listing.arena.block);
}

static void test_wrong_lines(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "5\n", "line 1: it is the last, and should not be" },
		{ "five\n60\n", "line 1: the number of workers is not a decimal number" },
		{ "-5\n60\n", "line 1: the number of workers is not a decimal number" },
		{ "0\n60\n", "line 1: there are no workers" },
		{ "1025\n60\n", "line 1: the number of workers is more than 1024" },
		{ "5\n\n", "line 2: the idle time is not a decimal number" },
		{ "5\n4294967296\n", "line 2: the idle time is more than 4294967295" },
		{ "5\n60\n ncalrpc:\n", "line 3: an endpoint comes before the first interface" },
		{ "5\n60\n\n", "line 3: there is no UUID" },
		{ "5\n60\nsamr\n", "line 3: there is no UUID" },
		{ "5\n60\n" UUID "\n",
		  "line 3: after the UUID there is no /0x, 8 digits, and a space" },
		{ "5\n60\n" UUID "/0x0000001 samr\n",
		  "line 3: after the UUID there is no /0x, 8 digits, and a space" },
		{ "5\n60\n" UUID "/0x0000000g samr\n",
		  "line 3: the version is not 8 hexadecimal digits" },
		{ "5\n60\n" UUID "/0x00000001 \n", "line 3: the interface's name is empty" },
		{ "5\n60\n" LINE " \n", "line 4: the endpoint is empty" },
		{ "5\n60\n" LINE " ncalrpc:\r\n", "line 4: the endpoint has a control character" },
		{ "5\n60\n" LINE " ncacn_np:\n", "line 4: ncacn_np: names no pipe" },
		{ "5\n60\n" LINE " ncalrpc:\n ncalrpc:\n", "line 5: ncalrpc: is listed twice" },
		{ "5\n60\n" LINE LINE, "line 4: samr is an interface that was listed before" },
		{ "5\n60\n" LINE " ncalrpc:", "line 4: it does not end" },
	};
	struct listing listing;
	char error[256];

	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		expect_refused(listing_read_text, rows[i].text, strlen(rows[i].text), PEN_E_SYNTAX,
			       rows[i].said);
	assert_int_equal(
		listing_read_text(&listing, "5\n60\n" LINE " tcp:\n", strlen(LINE) + 12, error),
		PEN_E_SYNTAX);
	assert_memory_equal(error, "line 4: tcp:: ", 14);
}

#define INTERFACE(more)                                                                            \
	HEAD "\"interfaces\":[{\"name\":\"n\",\"uuid\":\"" UUID "\",\"version\":\"1.0\"," more "}" \
	     "]"                                                                                   \
	     "}"

static void test_operations(void **state)
{
	static const char text[] =
		INTERFACE("\"endpoints\":[],\"operations\":[\"Open\",null,\"Close\"]");
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_json(&listing, text, strlen(text), error), 0);
	assert_int_equal(listing.interfaces[0].n_operations, 3);
	assert_string_equal(listing.interfaces[0].operations[0], "Open");
	assert_null(listing.interfaces[0].operations[1]);
	assert_string_equal(listing.interfaces[0].operations[2], "Close");
	listing_done(&listing);
}

static void test_wrong_json(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "[]", "it is no object" },
		{ "{\n1}", "line 2: there the JSON is wrong" },
		{ "{}", "there is no member \"program\"" },
		{ "{\"program\":1}", "\"program\" is no string" },
		{ "{\"program\":\"\"}", "program is empty" },
		{ "{\"program\":\"a/b\"}", "\"program\" has a slash" },
		{ "{\"program\":\"a\\nb\"}", "program has a control character" },
		{ "{\"program\":\"a\\u0000b\"}", "program is no text" },
		{ "{\"program\":\"x\",\"workers\":5}", "\"workers\" is no object" },
		{ "{\"program\":\"x\",\"workers\":{\"max\":1.5}}", "max is not a decimal number" },
		{ "{\"program\":\"x\",\"workers\":{\"max\":1,\"min\":2}}",
		  "\"workers\" has a \"max\" of 0, or less than \"min\"" },
		{ HEAD "\"interfaces\":{}}", "\"interfaces\" is no array" },
		{ HEAD "\"interfaces\":[1]}", "interfaces[0]: it is no object" },
		{ HEAD "\"interfaces\":[{\"name\":\"n\",\"uuid\":\"1\"}]}",
		  "interfaces[0]: there is no UUID" },
		{ HEAD "\"interfaces\":[{\"name\":\"n\",\"uuid\":\"" UUID "\",\"version\":\"1\"}]}",
		  "interfaces[0]: \"version\" has no point" },
		{ INTERFACE("\"level\":\"some\""),
		  "interfaces[0]: \"level\" is none, connect, packet, integrity or privacy" },
		{ INTERFACE("\"level\":\"none\""),
		  "interfaces[0]: there is no member \"endpoints\"" },
		{ INTERFACE("\"endpoints\":[1]"), "interfaces[0]: an endpoint is no string" },
		{ INTERFACE("\"endpoints\":[\"ncacn_np:\"]"),
		  "interfaces[0]: ncacn_np: names no pipe" },
		{ HEAD "\"interfaces\":[],\"pipes\":{}}", "\"pipes\" is no array" },
		{ HEAD "\"interfaces\":[],\"pipes\":[0]}", "pipes[0]: it is no object" },
		{ PIPES(""), "pipes[0]: there is no member \"name\"" },
		{ PIPES("\"name\":\"\\\\a\""), "pipes[0]: \\a is no pipe's name" },
		{ PIPES("\"name\":\"a\"},{\"name\":\"A\""),
		  "pipes[1]: A is a pipe that was listed before" },
		{ PIPES("\"name\":\"a\",\"configuration\":\"both\""),
		  "pipes[0]: \"configuration\" cannot be both" },
		{ PIPES("\"name\":\"a\",\"read_mode\":\"message\""),
		  "pipes[0]: bytes are not read as messages" },
		{ PIPES("\"name\":\"a\",\"remote\":0"), "pipes[0]: \"remote\" is no truth value" },
		{ PIPES("\"name\":\"a\",\"instances\":256"),
		  "pipes[0]: instances is more than 255" },
		{ PIPES("\"name\":\"a\",\"quotas\":[1]"), "pipes[0]: \"quotas\" are two" },
		{ PIPES("\"name\":\"a\",\"quotas\":[1,\"2\"]"), "pipes[0]: a quota is no number" },
		{ PIPES("\"name\":\"a\",\"quotas\":[1,4294967296]"),
		  "pipes[0]: a quota is more than 4294967295" },
		{ INTERFACE("\"endpoints\":[],\"operations\":1"),
		  "interfaces[0]: \"operations\" is no array" },
		{ INTERFACE("\"endpoints\":[],\"operations\":[\"a\",1]"),
		  "interfaces[0]: an operation is no string" },
		{ INTERFACE("\"endpoints\":[],\"operations\":[\"a\\n\"]"),
		  "interfaces[0]: an operation has a control character" },
		{ HEAD "\"interfaces\":[],\"needs\":1}", "\"needs\" is no object" },
		{ HEAD "\"interfaces\":[],\"needs\":{\"network\":1}}",
		  "needs: \"network\" is no truth value" },
		{ HEAD "\"interfaces\":[],\"needs\":{\"reads\":[\"etc\"]}}",
		  "needs: \"reads\" has a path that is not absolute" },
		{ HEAD "\"interfaces\":[],\"needs\":{\"writes\":[null]}}",
		  "needs: a path is no string" },
		{ HEAD "\"interfaces\":[],\"needs\":{\"memory_max\":-1}}",
		  "needs: memory_max is not a decimal number" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		expect_refused(listing_read_json, rows[i].text, strlen(rows[i].text), PEN_E_SYNTAX,
			       rows[i].said);
}

/* ---- limits ---- */

static void add_interfaces(struct pen_buffer *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(
			pen_buffer_printf(text, "%08x-1234-abcd-ef00-0123456789ac/0x00000001 n\n",
					  i),
			0);
}

static void expect_text(const struct pen_buffer *text, int result, const char *said)
{
	struct listing listing;
	char error[256] = "";

	assert_int_equal(listing_read_text(&listing, (char *)text->data, text->size, error),
			 result);
	assert_string_equal(error, said);
	if (!result)
		listing_done(&listing);
}

static void test_limits(void **state)
{
	struct pen_buffer text = { 0 };

	assert_int_equal(pen_buffer_printf(&text, "5\n60\n"), 0);
	add_interfaces(&text, LISTING_INTERFACES_MAX);
	expect_text(&text, 0, "");
	text.size = 5;
	add_interfaces(&text, LISTING_INTERFACES_MAX + 1);
	expect_text(&text, PEN_E_LIMIT, "line 259: there are more than 256 interfaces");

	text.size = 5;
	add_interfaces(&text, 1);
	for (unsigned i = 0; i < LISTING_ENDPOINTS_MAX; i++)
		assert_int_equal(pen_buffer_printf(&text, " ncalrpc:[e%u]\n", i), 0);
	expect_text(&text, 0, "");
	assert_int_equal(pen_buffer_printf(&text, " ncalrpc:\n"), 0);
	expect_text(&text, PEN_E_LIMIT, "line 260: there are more than 256 endpoints");

	text.size = 5;
	assert_int_equal(pen_buffer_printf(&text, UUID "/0x00000001 %01023d\n", 0), 0);
	expect_text(&text, 0, "");
	text.size = 5;
	assert_int_equal(pen_buffer_printf(&text, UUID "/0x00000001 %01024d\n", 0), 0);
	expect_text(&text, PEN_E_LIMIT, "line 3: the interface's name is longer than 1023 bytes");

	assert_int_equal(pen_buffer_printf(&text, "%070000d", 0), 0);
	expect_text(&text, PEN_E_LIMIT, "it has more than 65536 bytes");
	expect_refused(listing_read_json, (char *)text.data, text.size, PEN_E_LIMIT,
		       "it has more than 65536 bytes");
	pen_buffer_done(&text);
}

static void test_failed_allocations(void **state)
{
	static const struct {
		reader *read;
		const char *text;
	} rows[] = { { listing_read_text, lines }, { listing_read_json, json } };
	struct listing listing;
	char error[256];
	int r;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		for (size_t n = 1; pen_fail_at(n),
			    r = rows[i].read(&listing, rows[i].text, strlen(rows[i].text), error),
			    pen_fail_hit();
		     n++) {
			/* An arena does not say why it has nothing more. */
			assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
			assert_null(listing.arena.block);
		}
		assert_int_equal(r, 0);
		listing_done(&listing);
	}
}

/* ---- programs ---- */

static const char *const some[] = { "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\probe]", NULL };
static const char *const more[] = { "ncalrpc:", "ncacn_ip_tcp:", NULL };
static const char *const reads[] = { "/etc/hosts", "/srv/\xff\"\\", NULL };

static void serve(void *data, struct pen_pipe *pipe, const struct pen_token *client)
{
}

static const struct pen_worker_pipe raw_pipe = {
	.name = "Raw \"one\"",
	.config = { .configuration = PEN_PIPE_OUTBOUND,
		    .is_message = true,
		    .rejects_remote = true },
	.security = "D:(A;;GA;;;WD)",
	.serve = serve,
};

static int be_worker(int argc, char **argv)
{
	struct pen_worker_service services[] = {
		{ probe_service, some },
		{ { .interface = &probe_stranger, .auth_level_min = PEN_AUTH_LEVEL_PRIVACY },
		  NULL },
		{ probe_service, more },
	};
	const struct pen_worker worker = {
		.name = "probed",
		.services = services,
		.n_services = PEN_COUNT(services),
		.workers_max = 3,
		.workers_min = 2,
		.idle_s = 11,
		.user = "somebody",
		.pipes = &raw_pipe,
		.n_pipes = 1,
		.needs = { .reads = reads, .network = true, .files_max = 12 },
	};

	services[2].service.type = probe_interface.id.uuid;
	for (int fd = 3; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 77;
	return pen_worker_main(argc, argv, &worker);
}

/* Of an interface with objects of two types the endpoints of both. */
static void expect_probe(const struct listing *listing)
{
	const struct listing_interface *interface = &listing->interfaces[0];

	assert_int_equal(listing->n_interfaces, 2);
	assert_string_equal(interface->name, "probe");
	assert_true(pen_syntax_id_equal(&interface->id, &probe_interface.id));
	assert_int_equal(interface->n_endpoints, 3);
	assert_string_equal(interface->endpoints[0], some[0]);
	assert_string_equal(interface->endpoints[1], some[1]);
	assert_string_equal(interface->endpoints[2], more[0]);
	assert_string_equal(listing->interfaces[1].name, "stranger");
	assert_int_equal(listing->interfaces[1].n_endpoints, 0);
	assert_int_equal(listing->workers_max, 3);
	assert_int_equal(listing->idle_s, 11);
}

static char directory[64];
static char script[128];

static int make_directory(void **state)
{
	strcpy(directory, "/tmp/pen-listing-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(script, sizeof(script), "%s/program", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(script);
	return rmdir(directory);
}

static void write_script(const char *text)
{
	FILE *file = fopen(script, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(script, 0700), 0);
}

static void test_a_worker_is_understood(void **state)
{
	int inherited = dup2(STDIN_FILENO, 200);
	struct listing listing;
	unsigned n_fds;
	char error[256] = "";

	assert_int_equal(inherited, 200);
	n_fds = pen_count_fds();
	assert_int_equal(listing_ask(&listing, "/proc/self/exe", LISTING_ASK_MS, error), 0);
	expect_probe(&listing);
	assert_string_equal(listing.program, "probed");
	assert_int_equal(listing.workers_min, 2);
	assert_string_equal(listing.user, "somebody");
	assert_int_equal(listing.interfaces[0].level, 0);
	assert_int_equal(listing.interfaces[1].level, PEN_AUTH_LEVEL_PRIVACY);
	assert_string_equal(listing.needs.reads[0], reads[0]);
	assert_string_equal(listing.needs.reads[1], reads[1]);
	assert_null(listing.needs.reads[2]);
	assert_null(listing.needs.writes[0]);
	assert_true(listing.needs.network);
	assert_true(listing.needs.memory_max == 1 << 30);
	assert_int_equal(listing.needs.files_max, 12);
	assert_int_equal(listing.n_pipes, 1);
	assert_string_equal(listing.pipes[0].name, raw_pipe.name);
	assert_int_equal(listing.pipes[0].config.configuration, PEN_PIPE_OUTBOUND);
	assert_true(listing.pipes[0].config.is_message && !listing.pipes[0].config.is_message_mode);
	assert_true(listing.pipes[0].config.rejects_remote);
	assert_int_equal(listing.pipes[0].quotas[0], 65536);
	assert_string_equal(listing.pipes[0].security, raw_pipe.security);
	listing_done(&listing);
	assert_int_equal(pen_count_fds(), n_fds);
	close(inherited);
}

static void expect_by_lines(const char *text)
{
	char exe[PATH_MAX] = "", command[PATH_MAX + 256];
	struct listing listing;
	char error[256] = "";

	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	snprintf(command, sizeof(command), text, exe);
	write_script(command);
	assert_int_equal(listing_ask(&listing, script, LISTING_ASK_MS, error), 0);
	expect_probe(&listing);
	assert_string_equal(listing.program, "program");
	assert_int_equal(listing.workers_min, 0);
	assert_null(listing.needs.reads);
	listing_done(&listing);
}

/* One that knows no --json, and says so or does not. */
static void test_lines_will_do(void **state)
{
	expect_by_lines("[ \"$2\" = --json ] && exit 1; %s --list-interfaces");
	expect_by_lines("%s --list-interfaces");
}

static void expect_no_listing(const char *text, unsigned ms, int result, const char *said)
{
	unsigned n_fds = pen_count_fds();
	struct listing listing;
	char error[256] = "";

	write_script(text);
	assert_int_equal(listing_ask(&listing, script, ms, error), result);
	assert_string_equal(error, said);
	assert_int_equal(pen_count_fds(), n_fds);
}

static void test_programs_that_fail(void **state)
{
	struct listing listing;
	char error[256] = "";

	expect_no_listing("echo 'no  such\tfile' >&2; exit 3", LISTING_ASK_MS, PEN_E_REJECTED,
			  "it ended with status 3: no  such file");
	expect_no_listing("kill -9 $$", LISTING_ASK_MS, PEN_E_REJECTED, "it was ended by signal 9");
	expect_no_listing("echo '{}'", LISTING_ASK_MS, PEN_E_SYNTAX,
			  "there is no member \"program\"");
	expect_no_listing("echo hello", LISTING_ASK_MS, PEN_E_SYNTAX,
			  "line 1: the number of workers is not a decimal number");
	expect_no_listing("while :; do echo 12345678901234567890; done", LISTING_ASK_MS,
			  PEN_E_LIMIT, "it prints more than 65536 bytes");
	assert_int_equal(listing_ask(&listing, "/nowhere/at/all", LISTING_ASK_MS, error),
			 PEN_E_REJECTED);
	assert_string_equal(error, "it cannot be executed");
}

/* Those that take too long are ended, with what they have started. */
static void test_programs_that_do_not_answer(void **state)
{
	static const char late[] = "it did not list its interfaces in time";

	expect_no_listing("sleep 1000", 50, PEN_E_TIMEOUT, late);
	expect_no_listing("sleep 1000 & exit 0", 50, PEN_E_TIMEOUT, late);
	expect_no_listing("exec >&- 2>&-; sleep 1000", 50, PEN_E_TIMEOUT, late);
	expect_no_listing("while :; do echo error >&2; done", 50, PEN_E_TIMEOUT, late);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nothing_is_no_services),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_little_json),
		cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_wrong_json),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_failed_allocations),
		cmocka_unit_test(test_a_worker_is_understood),
		cmocka_unit_test(test_lines_will_do),
		cmocka_unit_test(test_programs_that_fail),
		cmocka_unit_test(test_programs_that_do_not_answer),
	};

	if (argc > 1)
		return be_worker(argc, argv);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
