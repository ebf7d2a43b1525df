/* SPDX-License-Identifier: MIT */
#include "runtime/server-policy.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/ruled.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/eerr.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- who may call what ---- */

static void test_a_rule_is_about_what_it_says(void **state)
{
	struct probe_number in = { 0 };
	struct pen_client *client;
	struct pen_call *call;
	struct probe_number out;

	ruled_start("deny interface=probe operation=PROBE_ADD transport=ncacn_ip_tcp\n");
	assert_int_equal(ruled_add_at(ruled_probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	call = ruled_begin(ruled_probe.tcp, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_FAIL, &in, &out), 0);
	ruled_end(call, client);
	assert_true(ruled_has_logged("probe.PROBE_ADD: fault 0x5, "));
	assert_true(
		ruled_has_logged("Denied by line 1 of the policy: a rule denies it: deny "
				 "interface=probe operation=PROBE_ADD transport=ncacn_ip_tcp\n"));
	ruled_stop();
}

static void test_who_calls_and_from_where(void **state)
{
	char text[100];

	snprintf(text, sizeof(text),
		 "allow interface=probe identity=uid:%u from=local\ndefault deny\n", geteuid());
	ruled_start(text);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	assert_int_equal(ruled_add_at(ruled_probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_true(ruled_has_logged("Denied by line 2 of the policy: no rule allows it"));
	ruled_stop();
	ruled_start("allow interface=probe from=127.0.0.0/8\ndefault deny\n");
	assert_int_equal(ruled_add_at(ruled_probe.local), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(ruled_add_at(ruled_probe.tcp), 0);
	ruled_stop();
	ruled_start("floor interface=probe transport=ncacn_ip_tcp level=integrity\n");
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	assert_int_equal(ruled_add_at(ruled_probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_true(ruled_has_logged("the interface wants integrity"));
	ruled_stop();
}

/* The operation hears nothing of it. */
static void test_what_is_denied_does_not_run(void **state)
{
	struct probe_number in = { 0 };
	struct probe_number out;
	struct pen_client *client;
	struct pen_call *call;

	ruled_start("deny interface=probe\n");
	call = ruled_begin(ruled_probe.local, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_LATER, &in, &out),
			 PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_WERR_ACCESS_DENIED);
	ruled_end(call, client);
	assert_int_equal(ruled_probe.n_later, 0);
	ruled_stop();
}

/* Not even by ncalrpc, where other failures say their sentence. */
static void test_the_client_hears_no_more_than_that_it_is_denied(void **state)
{
	const struct pen_eerr *eerr;
	struct pen_client *client;
	struct pen_call *call;

	ruled_start("deny interface=probe operation=PROBE_ADD\n");
	call = ruled_begin(ruled_probe.local, &client);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);
	eerr = pen_call_eerr(call);
	assert_non_null(eerr);
	assert_int_equal(eerr->status, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(eerr->n_params, 0);
	assert_null(strstr(pen_call_error(call), "line"));
	ruled_end(call, client);
	ruled_stop();
}

/* Nothing is looked up or printed that could need memory. */
static void test_a_ruled_call_allocates_nothing(void **state)
{
	struct pen_client *client;
	struct pen_call *call;

	ruled_start("deny interface=probe identity=S-1-5-21-1-2-3-4\nquota peer=* calls=9\n"
		    "quota identity=* rate=1000000/s\n");
	call = ruled_begin(ruled_probe.local, &client);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(probe_add(call, i, i), 0);
	pen_fail_at(0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(probe_add(call, i, i), 0);
	assert_int_equal(pen_fail_count(), 0);
	ruled_end(call, client);
	ruled_stop();
}

/* ---- audits ---- */

static unsigned long count(const char *text, const char *word)
{
	unsigned long n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void test_audits_are_logged_and_do_not_flood(void **state)
{
	enum { N_CALLS = 300 };
	time_t began = time(NULL);
	struct pen_client *client;
	struct pen_call *call;
	unsigned long n_told, n_untold = 0;

	ruled_start(
		"audit interface=probe operation=PROBE_ADD\ndeny interface=probe from=10.0.0.1\n");
	call = ruled_begin(ruled_probe.local, &client);
	for (uint32_t i = 0; i < N_CALLS; i++)
		assert_int_equal(probe_add(call, i, 1), 0);
	ruled_end(call, client);
	assert_int_equal(ruled_add_at(ruled_probe.tcp), 0);
	ruled_stop();
	n_told = count(ruled_lines.text, "audit: probe.PROBE_ADD allowed: ");
	/* So many a second of the user, and the one of nobody by TCP, which they do not hide. */
	assert_in_range(n_told, 2, PEN_AUDIT_GATE_MAX * (time(NULL) - began + 2) + 1);
	assert_int_equal(count(ruled_lines.text,
			       "anonymous from 127.0.0.1 by ncacn_ip_tcp, none: "
			       "line 1: audit interface=probe operation=PROBE_ADD\n"),
			 1);
	for (const char *at = ruled_lines.text; (at = strstr(at, " more came too fast")); at++) {
		const char *number = at;

		while (number[-1] >= '0' && number[-1] <= '9')
			number--;
		n_untold += strtoul(number, NULL, 10);
	}
	assert_int_equal(n_told + n_untold, N_CALLS + 1);
}

/* ---- the file ---- */

static void test_a_wrong_policy_is_none(void **state)
{
	const struct pen_server_config absent = { .policy = "/nonexistent/p", .log = ruled_log };
	struct pen_server *server;

	ruled_write("deny interface=prob\n\ndefault perhaps\n");
	assert_int_equal(pen_server_new(&server, &ruled_config), PEN_E_SYNTAX);
	assert_true(ruled_has_logged(":1:16: "));
	assert_true(ruled_has_logged(":3:9: "));
	assert_false(ruled_has_logged("^"));
	assert_int_equal(pen_server_new(&server, &absent), -ENOENT);
	assert_true(ruled_has_logged("cannot read /nonexistent/p: No such file"));
}

static void test_failed_allocation_is_no_policy(void **state)
{
	const struct pen_server_config recording = { .policy = ruled_path,
						     .policy_record = ruled_path,
						     .ncalrpc_dir = "/tmp",
						     .log = ruled_log };
	size_t n = 1;

	ruled_write("deny interface=probe\nquota peer=* calls=1\n");
	for (;; n++) {
		struct pen_server *server = NULL;
		int r;

		pen_fail_at(n);
		r = pen_server_new(&server, &recording);
		if (!r)
			r = pen_server_set_policy(server, ruled_path, NULL);
		pen_server_free(server);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_true(n > 10);
}

static void test_a_policy_is_read_again(void **state)
{
	struct pen_buffer diagnoses;
	struct pen_client *client;
	struct pen_call *call;

	pen_buffer_init(&diagnoses, 0);
	ruled_start("deny interface=probe\n");
	call = ruled_begin(ruled_probe.local, &client);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);

	/* Wrong: all stays as it was. */
	probe_halt(&ruled_probe);
	ruled_write("allow interface=nobody\n");
	assert_int_equal(pen_server_set_policy(ruled_probe.server, ruled_path, &diagnoses),
			 PEN_E_SYNTAX);
	assert_true(diagnoses.size > 0);
	assert_int_equal(ruled_lines.size, 0);
	assert_int_equal(pen_server_set_policy(ruled_probe.server, ruled_path, NULL), PEN_E_SYNTAX);
	assert_true(ruled_has_logged("the policy: "));
	probe_run(&ruled_probe);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);

	/* Another one rules connections that were there before it. */
	probe_halt(&ruled_probe);
	ruled_write("quota peer=local memory=1\n");
	assert_int_equal(pen_server_set_policy(ruled_probe.server, ruled_path, &diagnoses), 0);
	probe_run(&ruled_probe);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_FAULT_SERVER_TOO_BUSY);

	probe_halt(&ruled_probe);
	assert_int_equal(pen_server_set_policy(ruled_probe.server, NULL, &diagnoses), 0);
	probe_run(&ruled_probe);
	assert_int_equal(probe_add(call, 1, 2), 0);
	ruled_end(call, client);
	pen_buffer_done(&diagnoses);
	ruled_stop();
}

static int give(const char *text, int record)
{
	const struct pen_given_policy given = {
		.is_there = text != NULL,
		.text = { (const uint8_t *)text, text ? strlen(text) : 0 },
		.record = record,
	};
	int r;

	probe_halt(&ruled_probe);
	r = pen_server_take_policy(ruled_probe.server, &given);
	probe_run(&ruled_probe);
	return r;
}

/* Whatever the program says itself. */
static void test_a_policy_that_is_given_rules_alone(void **state)
{
	ruled_start("deny interface=probe\n");
	assert_int_equal(give("deny interface=rpcecho,another\n", -1), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	probe_halt(&ruled_probe);
	assert_int_equal(pen_server_set_policy(ruled_probe.server, ruled_path, NULL), 0);
	ruled_write("allow interface=nobody\n");
	assert_int_equal(pen_server_set_policy(ruled_probe.server, ruled_path, NULL), PEN_E_SYNTAX);
	ruled_write("deny interface=probe operation=PROBE_ADD\n");
	probe_run(&ruled_probe);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);

	/* What is wrong changes nothing. */
	assert_int_equal(give("deny\n", -1), PEN_E_SYNTAX);
	assert_true(ruled_has_logged("the policy: "));
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	assert_int_equal(give("default deny\n", -1), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(give("", -1), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);

	/* When there is none any more its own does again. */
	assert_int_equal(give(NULL, -1), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(give("default deny\n", -1), 0);
	ruled_write("allow interface=nobody\n");
	assert_int_equal(give(NULL, -1), PEN_E_SYNTAX);
	assert_int_equal(ruled_add_at(ruled_probe.local), PEN_WERR_ACCESS_DENIED);
	ruled_stop();
}

/* ---- the record ---- */

static char *read_record(const char *file)
{
	static char text[4096];
	FILE *opened = fopen(file, "r");
	size_t n;

	assert_non_null(opened);
	n = fread(text, 1, sizeof(text) - 1, opened);
	fclose(opened);
	text[n] = '\0';
	return text;
}

/* Each kind of call that was allowed, however often, and with whoever made it. */
static void test_calls_are_recorded(void **state)
{
	struct pen_server_config recording = ruled_config;
	char file[] = "/tmp/pen-record-XXXXXX", expected[512];
	uint8_t zeros[8] = { 0 };
	unsigned long n_calls = 0;
	const char *text;

	assert_int_equal(close(mkstemp(file)), 0);
	ruled_write("deny interface=probe operation=PROBE_ECHO\n");
	recording.policy_record = file;
	probe_start(&ruled_probe, &recording);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	assert_int_equal(ruled_add_at(ruled_probe.tcp), 0);
	assert_int_equal(ruled_echo_at(ruled_probe.tcp, sizeof(zeros)), PEN_WERR_ACCESS_DENIED);
	ruled_stop();
	text = read_record(file);
	assert_non_null(strstr(text, "{\"interface\":\"70726f62-0000-0000-0000-010000000000\","
				     "\"opnum\":0,\"interface_name\":\"probe\","
				     "\"operation\":\"PROBE_ADD\",\"identity\":\"anonymous\","
				     "\"transport\":\"ncacn_ip_tcp\",\"level\":\"none\","
				     "\"calls\":1}\n"));
	snprintf(expected, sizeof(expected),
		 "\"identity\":\"uid:%u\",\"transport\":\"ncalrpc\",\"level\":\"none\",\"calls\":",
		 geteuid());
	for (const char *at = text; (at = strstr(at, expected)); at++)
		n_calls += strtoul(at + strlen(expected), NULL, 10);
	assert_int_equal(n_calls, 5);
	assert_null(strstr(text, "PROBE_ECHO"));
	assert_int_equal(unlink(file), 0);
}

/* In the place of its own, until there is none any more. */
static void test_a_record_that_is_given(void **state)
{
	struct pen_server_config recording = ruled_config;
	char own[] = "/tmp/pen-record-XXXXXX", given[] = "/tmp/pen-record-XXXXXX";
	int fd;

	assert_int_equal(close(mkstemp(own)), 0);
	fd = mkstemp(given);
	ruled_write("");
	recording.policy_record = own;
	probe_start(&ruled_probe, &recording);
	assert_int_equal(give(NULL, fd), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	assert_int_equal(give(NULL, -1), 0);
	assert_non_null(strstr(read_record(given), "\"PROBE_ADD\""));
	assert_string_equal(read_record(own), "");
	assert_int_equal(truncate(given, 0), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	ruled_stop();
	assert_non_null(strstr(read_record(own), "\"PROBE_ADD\""));
	assert_string_equal(read_record(given), "");

	/* One that had neither. */
	recording.policy = recording.policy_record = NULL;
	probe_start(&ruled_probe, &recording);
	assert_int_equal(give(NULL, -1), 0);
	assert_null(ruled_probe.server->policy);
	assert_int_equal(give(NULL, open(given, O_WRONLY | O_APPEND)), 0);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	ruled_stop();
	assert_non_null(strstr(read_record(given), "\"PROBE_ADD\""));
	assert_int_equal(unlink(own), 0);
	assert_int_equal(unlink(given), 0);
}

static void test_failed_allocation_changes_nothing(void **state)
{
	static const char text[] = "deny interface=probe\nquota peer=* calls=1\n";
	const struct pen_server_config config = { .ncalrpc_dir = "/tmp", .log = ruled_log };
	struct pen_server *server;
	size_t n = 1;
	int r;

	for (;; n++) {
		struct pen_given_policy given = { true, { (const uint8_t *)text, strlen(text) } };

		assert_int_equal(pen_server_new(&server, &config), 0);
		given.record = memfd_create("record", 0);
		assert_true(given.record >= 0);
		pen_fail_at(n);
		r = pen_server_take_policy(server, &given);
		pen_fail_at(0);
		assert_int_equal(server->policy && server->policy->is_given, !r);
		pen_server_free(server);
		if (!r)
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_true(n > 5);
}

/* Others read nothing of it; and what cannot be written keeps nobody from being served. */
static void test_a_record_that_cannot_be(void **state)
{
	struct pen_server_config recording = { .log = ruled_log, .policy_record = ruled_path };
	struct pen_server *server;

	ruled_write("");
	assert_int_equal(chmod(ruled_path, 0644), 0);
	assert_int_equal(pen_server_new(&server, &recording), PEN_E_DENIED);
	assert_true(ruled_has_logged("the record of calls /tmp/pen-policy-"));
	assert_int_equal(chmod(ruled_path, 0600), 0);
	assert_int_equal(truncate(ruled_path, PEN_CALL_RECORD_FILE_MAX), 0);
	probe_start(&ruled_probe, &recording);
	assert_int_equal(ruled_add_at(ruled_probe.local), 0);
	ruled_stop();
	assert_true(ruled_has_logged("the record of calls is not complete: it is full"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rule_is_about_what_it_says),
		cmocka_unit_test(test_who_calls_and_from_where),
		cmocka_unit_test(test_what_is_denied_does_not_run),
		cmocka_unit_test(test_the_client_hears_no_more_than_that_it_is_denied),
		cmocka_unit_test(test_a_ruled_call_allocates_nothing),
		cmocka_unit_test(test_audits_are_logged_and_do_not_flood),
		cmocka_unit_test(test_a_wrong_policy_is_none),
		cmocka_unit_test(test_failed_allocation_is_no_policy),
		cmocka_unit_test(test_a_policy_is_read_again),
		cmocka_unit_test(test_calls_are_recorded),
		cmocka_unit_test(test_a_policy_that_is_given_rules_alone),
		cmocka_unit_test(test_a_record_that_is_given),
		cmocka_unit_test(test_failed_allocation_changes_nothing),
		cmocka_unit_test(test_a_record_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, ruled_set_up, ruled_tear_down);
}
