/* SPDX-License-Identifier: MIT */
#include "runtime/server-policy.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct probe probe;
static char path[] = "/tmp/pen-policy-XXXXXX";

/* What the server logs, line after line. */
static struct {
	pthread_mutex_t lock;
	char text[256 * 1024];
	size_t size;
} logged = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void keep_line(void *data, enum pen_log_level level, const char *line)
{
	int n;

	pthread_mutex_lock(&logged.lock);
	n = snprintf(logged.text + logged.size, sizeof(logged.text) - logged.size, "%s\n", line);
	if (n > 0 && (size_t)n < sizeof(logged.text) - logged.size)
		logged.size += (size_t)n;
	pthread_mutex_unlock(&logged.lock);
}

static bool is_logged(const char *text)
{
	bool is;

	pthread_mutex_lock(&logged.lock);
	is = strstr(logged.text, text);
	pthread_mutex_unlock(&logged.lock);
	return is;
}

static void write_policy(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	logged.size = 0;
	logged.text[0] = '\0';
}

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	out->out_data = in->in_data + 1;
	return 0;
}

static const struct rpcecho_operations echo = { .echo_AddOne = add_one };
static const struct pen_interface *const known[] = { &probe_interface, &rpcecho_interface, NULL };
static const struct pen_server_config config = { .policy = path,
						 .policy_interfaces = known,
						 .log = keep_line };

/* The probe and rpcecho, ruled by the text. */
static void start(const char *text)
{
	const struct pen_service service = { .interface = &rpcecho_interface, .operations = &echo };

	write_policy(text);
	probe_make(&probe, &config);
	assert_int_equal(pen_server_add(probe.server, &service, NULL), 0);
	probe_run(&probe);
}

/* All that was taken has been given back. */
static void stop(void)
{
	volatile const uint32_t *n_connections = &probe.server->stats.connections;

	for (int i = 0; i < 10000 && *n_connections; i++)
		usleep(1000);
	probe_halt(&probe);
	assert_int_equal(probe.server->stats.connections, 0);
	assert_int_equal(pen_quotas_n_entered(probe.server->policy->quotas), 0);
	probe_done(&probe);
}

static struct pen_call *begin(const char *binding, struct pen_client **clientp)
{
	struct pen_call *call;

	*clientp = probe_client(&probe, binding);
	assert_int_equal(pen_call_new(&call, *clientp), 0);
	pen_call_set_timeout(call, 10000);
	return call;
}

static void end(struct pen_call *call, struct pen_client *client)
{
	pen_call_free(call);
	pen_client_free(client);
}

/* The fault that a call of its own connection gets; 0: it succeeds. */
static uint32_t add_at(const char *binding)
{
	struct pen_client *client;
	struct pen_call *call = begin(binding, &client);
	int r = probe_add(call, 1, 2);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	end(call, client);
	return fault;
}

/* ---- who may call what ---- */

static void test_a_rule_is_about_what_it_says(void **state)
{
	struct probe_number in = { 0 };
	struct pen_client *client;
	struct pen_call *call;
	struct probe_number out;

	start("deny interface=probe operation=PROBE_ADD transport=ncacn_ip_tcp\n");
	assert_int_equal(add_at(probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(add_at(probe.local), 0);
	call = begin(probe.tcp, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_FAIL, &in, &out), 0);
	end(call, client);
	assert_true(is_logged("probe.PROBE_ADD: fault 0x5, "));
	assert_true(is_logged("Denied by line 1 of the policy: a rule denies it: deny "
			      "interface=probe operation=PROBE_ADD transport=ncacn_ip_tcp\n"));
	stop();
}

static void test_who_calls_and_from_where(void **state)
{
	char text[100];

	snprintf(text, sizeof(text),
		 "allow interface=probe identity=uid:%u from=local\ndefault deny\n", geteuid());
	start(text);
	assert_int_equal(add_at(probe.local), 0);
	assert_int_equal(add_at(probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_true(is_logged("Denied by line 2 of the policy: no rule allows it"));
	stop();
	start("allow interface=probe from=127.0.0.0/8\ndefault deny\n");
	assert_int_equal(add_at(probe.local), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(add_at(probe.tcp), 0);
	stop();
	start("floor interface=probe transport=ncacn_ip_tcp level=integrity\n");
	assert_int_equal(add_at(probe.local), 0);
	assert_int_equal(add_at(probe.tcp), PEN_WERR_ACCESS_DENIED);
	assert_true(is_logged("the interface wants integrity"));
	stop();
}

/* The operation hears nothing of it. */
static void test_what_is_denied_does_not_run(void **state)
{
	struct probe_number in = { 0 };
	struct probe_number out;
	struct pen_client *client;
	struct pen_call *call;

	start("deny interface=probe\n");
	call = begin(probe.local, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_LATER, &in, &out),
			 PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_WERR_ACCESS_DENIED);
	end(call, client);
	assert_int_equal(probe.n_later, 0);
	stop();
}

/* Not even by ncalrpc, where other failures say their sentence. */
static void test_the_client_hears_no_more_than_that_it_is_denied(void **state)
{
	const struct pen_eerr *eerr;
	struct pen_client *client;
	struct pen_call *call;

	start("deny interface=probe operation=PROBE_ADD\n");
	call = begin(probe.local, &client);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);
	eerr = pen_call_eerr(call);
	assert_non_null(eerr);
	assert_int_equal(eerr->status, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(eerr->n_params, 0);
	assert_null(strstr(pen_call_error(call), "line"));
	end(call, client);
	stop();
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

	start("audit interface=probe operation=PROBE_ADD\ndeny interface=probe from=10.0.0.1\n");
	call = begin(probe.local, &client);
	for (uint32_t i = 0; i < N_CALLS; i++)
		assert_int_equal(probe_add(call, i, 1), 0);
	end(call, client);
	assert_int_equal(add_at(probe.tcp), 0);
	stop();
	n_told = count(logged.text, "audit: probe.PROBE_ADD allowed: ");
	/* So many a second of the user, and the one of nobody by TCP, which they do not hide. */
	assert_in_range(n_told, 2, PEN_AUDIT_GATE_MAX * (time(NULL) - began + 2) + 1);
	assert_int_equal(count(logged.text, "anonymous from 127.0.0.1 by ncacn_ip_tcp, none: "
					    "line 1: audit interface=probe operation=PROBE_ADD\n"),
			 1);
	for (const char *at = logged.text; (at = strstr(at, " more came too fast")); at++) {
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
	const struct pen_server_config absent = { .policy = "/nonexistent/p", .log = keep_line };
	struct pen_server *server;

	write_policy("deny interface=prob\n\ndefault perhaps\n");
	assert_int_equal(pen_server_new(&server, &config), PEN_E_SYNTAX);
	assert_true(is_logged(":1:16: "));
	assert_true(is_logged(":3:9: "));
	assert_false(is_logged("^"));
	assert_int_equal(pen_server_new(&server, &absent), -ENOENT);
	assert_true(is_logged("cannot read /nonexistent/p: No such file"));
}

static void test_a_policy_is_read_again(void **state)
{
	struct pen_buffer diagnoses;
	struct pen_client *client;
	struct pen_call *call;

	pen_buffer_init(&diagnoses, 0);
	start("deny interface=probe\n");
	call = begin(probe.local, &client);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);

	/* Wrong: all stays as it was. */
	probe_halt(&probe);
	write_policy("allow interface=nobody\n");
	assert_int_equal(pen_server_set_policy(probe.server, path, &diagnoses), PEN_E_SYNTAX);
	assert_true(diagnoses.size > 0);
	assert_int_equal(logged.size, 0);
	assert_int_equal(pen_server_set_policy(probe.server, path, NULL), PEN_E_SYNTAX);
	assert_true(is_logged("the policy: "));
	probe_run(&probe);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);

	/* Another one rules connections that were there before it. */
	probe_halt(&probe);
	write_policy("quota peer=local memory=1\n");
	assert_int_equal(pen_server_set_policy(probe.server, path, &diagnoses), 0);
	probe_run(&probe);
	assert_int_equal(probe_add(call, 1, 2), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_FAULT_SERVER_TOO_BUSY);

	probe_halt(&probe);
	assert_int_equal(pen_server_set_policy(probe.server, NULL, &diagnoses), 0);
	probe_run(&probe);
	assert_int_equal(probe_add(call, 1, 2), 0);
	end(call, client);
	pen_buffer_done(&diagnoses);
	stop();
}

/* ---- how much ---- */

/* Of the quota's two kinds, where the caller is known by both. */
static const char *const whose[] = { "peer=local", "identity=*" };

static void start_quota(size_t i, const char *limit)
{
	char text[100];

	snprintf(text, sizeof(text), "\nquota %s %s\n", whose[i], limit);
	start(text);
}

static void test_connections(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *clients[3];
		struct pen_call *calls[3];
		int r;

		start_quota(i, "connections=2");
		for (size_t k = 0; k < PEN_COUNT(calls); k++)
			calls[k] = begin(probe.local, &clients[k]);
		assert_int_equal(probe_add(calls[0], 1, 2), 0);
		assert_int_equal(probe_add(calls[1], 1, 2), 0);
		r = probe_add(calls[2], 1, 2);
		assert_true(r && r != PEN_E_FAULT);
		assert_true(is_logged("refused: line 2 of the policy: connections=2 of "));
		assert_int_equal(add_at(probe.tcp), 0);
		end(calls[0], clients[0]);
		while (probe.server->stats.connections > 1)
			usleep(1000);
		assert_int_equal(add_at(probe.local), 0);
		end(calls[1], clients[1]);
		end(calls[2], clients[2]);
		stop();
	}
}

/* Who is nobody by the transport is counted with the first call. */
static void test_connections_of_nobody(void **state)
{
	struct pen_client *clients[2];
	struct pen_call *calls[2];
	int r;

	start("quota identity=anonymous connections=1\n");
	for (size_t k = 0; k < PEN_COUNT(calls); k++)
		calls[k] = begin(probe.tcp, &clients[k]);
	assert_int_equal(probe_add(calls[0], 1, 2), 0);
	r = probe_add(calls[1], 1, 2);
	assert_int_equal(r, PEN_E_FAULT);
	assert_int_equal(pen_call_fault(calls[1]), PEN_FAULT_SERVER_TOO_BUSY);
	assert_true(is_logged("closed: line 1 of the policy: connections=1 of an identity"));
	assert_int_equal(probe_add(calls[0], 1, 2), 0);
	for (size_t k = 0; k < PEN_COUNT(calls); k++)
		end(calls[k], clients[k]);
	stop();
}

static void test_contexts(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		const struct rpcecho_echo_AddOne_in in = { .in_data = 1 };
		struct rpcecho_echo_AddOne_out out;
		struct pen_client *client;
		struct pen_call *call;

		start_quota(i, "contexts=1");
		call = begin(probe.local, &client);
		assert_int_equal(probe_add(call, 1, 2), 0);
		assert_int_equal(rpcecho_echo_AddOne(call, &in, &out), PEN_E_REJECTED);
		assert_true(is_logged("context is refused: line 2 of the policy: contexts=1 of "));
		assert_int_equal(probe_add(call, 1, 2), 0);
		end(call, client);
		stop();
	}
}

static void ignore_end(struct pen_call *call, int result, void *data)
{
}

/* A call that is not finished until its client goes. */
static void start_later(struct pen_call *call, struct pen_client *client, int n)
{
	static const struct probe_number in = { 1 };
	static struct probe_number out;

	assert_int_equal(
		pen_call_start(call, &probe_interface, PROBE_LATER, &in, &out, ignore_end, NULL),
		0);
	while (probe.n_later != n) {
		struct pollfd wait = { .fd = pen_client_fd(client),
				       .events = pen_client_events(client) };

		poll(&wait, 1, 10);
		pen_client_dispatch(client);
	}
}

static void test_calls(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		struct pen_client *clients[2];
		struct pen_call *calls[2];

		start_quota(i, "calls=2");
		for (size_t k = 0; k < PEN_COUNT(calls); k++) {
			assert_int_equal(add_at(probe.local), 0);
			calls[k] = begin(probe.local, &clients[k]);
			start_later(calls[k], clients[k], (int)k + 1);
		}
		assert_int_equal(add_at(probe.local), PEN_FAULT_SERVER_TOO_BUSY);
		assert_true(is_logged("Refused: line 2 of the policy: calls=2 of "));
		assert_int_equal(add_at(probe.tcp), 0);
		end(calls[0], clients[0]);
		assert_true(probe_await(&probe.n_later, 1));
		assert_int_equal(add_at(probe.local), 0);
		end(calls[1], clients[1]);
		stop();
	}
}

static uint32_t echo_at(const char *binding, uint32_t n)
{
	static uint8_t zeros[100000];
	const struct probe_bytes_in in = { .n = n, .data = zeros };
	struct probe_bytes_out out = { 0 };
	struct pen_client *client;
	struct pen_call *call = begin(binding, &client);
	int r = pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	end(call, client);
	return fault;
}

static void test_memory(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		start_quota(i, "memory=16K");
		for (int k = 0; k < 10; k++) {
			assert_int_equal(echo_at(probe.local, 1000), 0);
			assert_int_equal(echo_at(probe.local, 16385), PEN_FAULT_SERVER_TOO_BUSY);
		}
		assert_true(is_logged("Refused: line 2 of the policy: memory=16384 of "));
		stop();
	}
}

/* What a request becomes by being decoded counts too. */
static void test_memory_of_what_is_decoded(void **state)
{
	start("quota peer=local memory=110000\nquota identity=* memory=111K\n");
	assert_int_equal(echo_at(probe.local, 10000), 0);
	assert_int_equal(echo_at(probe.local, 100000), 0);
	stop();
}

static void test_rate(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(whose); i++) {
		uint32_t fault = 0;

		start_quota(i, "rate=2/s");
		assert_int_equal(add_at(probe.local), 0);
		for (int k = 0; k < 10000 && !fault; k++)
			fault = add_at(probe.local);
		assert_int_equal(fault, PEN_FAULT_SERVER_TOO_BUSY);
		assert_true(is_logged("Refused: line 2 of the policy: rate=2/s of "));
		stop();
	}
}

/* What is denied costs its caller all the same, or nothing would. */
static void test_denied_calls_have_a_rate(void **state)
{
	uint32_t fault = PEN_WERR_ACCESS_DENIED;

	start("deny interface=probe\nquota peer=* rate=2/s\n");
	for (int k = 0; k < 10000 && fault == PEN_WERR_ACCESS_DENIED; k++)
		fault = add_at(probe.local);
	assert_int_equal(fault, PEN_FAULT_SERVER_TOO_BUSY);
	stop();
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
	struct pen_server_config recording = config;
	char file[] = "/tmp/pen-record-XXXXXX", expected[512];
	uint8_t zeros[8] = { 0 };
	unsigned long n_calls = 0;
	const char *text;

	assert_int_equal(close(mkstemp(file)), 0);
	write_policy("deny interface=probe operation=PROBE_ECHO\n");
	recording.policy_record = file;
	probe_start(&probe, &recording);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add_at(probe.local), 0);
	assert_int_equal(add_at(probe.tcp), 0);
	assert_int_equal(echo_at(probe.tcp, sizeof(zeros)), PEN_WERR_ACCESS_DENIED);
	stop();
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

/* Others read nothing of it; and what cannot be written keeps nobody from being served. */
static void test_a_record_that_cannot_be(void **state)
{
	struct pen_server_config recording = { .log = keep_line, .policy_record = path };
	struct pen_server *server;

	write_policy("");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(pen_server_new(&server, &recording), PEN_E_DENIED);
	assert_true(is_logged("the record of calls /tmp/pen-policy-"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, PEN_CALL_RECORD_FILE_MAX), 0);
	probe_start(&probe, &recording);
	assert_int_equal(add_at(probe.local), 0);
	stop();
	assert_true(is_logged("the record of calls is not complete: it is full"));
}

static void test_kinds_of_calls_are_limited(void **state)
{
	struct pen_policy_question question = { .operation = "X" };
	struct pen_call_record *record;
	struct pen_ndr_error error;

	write_policy("");
	assert_int_equal(pen_call_record_new(&record, path, &error), 0);
	for (size_t n = 1; pen_fail_at(n), pen_call_record_add(record, &question) && pen_fail_hit();
	     n++)
		;
	assert_true(!pen_fail_hit());
	for (uint32_t i = 1; i < PEN_CALL_RECORD_KINDS_MAX; i++) {
		question.opnum = i;
		assert_int_equal(pen_call_record_add(record, &question), 0);
	}
	question.opnum = PEN_CALL_RECORD_KINDS_MAX;
	assert_int_equal(pen_call_record_add(record, &question), PEN_E_LIMIT);
	question.opnum = 1;
	assert_int_equal(pen_call_record_add(record, &question), 0);
	assert_int_equal(pen_call_record_write(record, true), 0);
	pen_call_record_free(record);
}

/* ---- what goes wrong ---- */

#define ALL_OF "connections=9 contexts=9 calls=9 memory=1M rate=1000000/s\n"

/* Whatever memory there is not, all that was taken is given back. */
static void test_failed_allocations_give_back(void **state)
{
	start("audit interface=probe\nquota peer=* " ALL_OF "quota identity=* " ALL_OF);
	for (size_t n = 1; n < 2000; n++) {
		struct pen_client *client = NULL;
		struct pen_call *call = NULL;
		const struct pen_client_config own = { .ncalrpc_dir = probe.directory };

		pen_fail_at(n);
		if (!pen_client_new(&client, n % 2 ? probe.local : probe.tcp, &own, NULL) &&
		    !pen_call_new(&call, client)) {
			pen_call_set_timeout(call, 10000);
			probe_add(call, 1, 2);
		}
		end(call, client);
		if (!pen_fail_hit() && n > 100)
			break;
	}
	while (*(volatile uint32_t *)&probe.server->stats.connections)
		usleep(1000);
	assert_int_equal(add_at(probe.local), 0);
	stop();
}

/* A server that ends in the middle of calls. */
static void test_an_end_gives_back(void **state)
{
	struct pen_client *client;
	struct pen_call *call;

	start("quota peer=* " ALL_OF "quota identity=* " ALL_OF);
	probe.ignores_cancel = true;
	call = begin(probe.local, &client);
	start_later(call, client, 1);
	probe_halt(&probe);
	assert_int_equal(pen_quotas_n_entered(probe.server->policy->quotas), 2);
	probe_done(&probe);
	end(call, client);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rule_is_about_what_it_says),
		cmocka_unit_test(test_who_calls_and_from_where),
		cmocka_unit_test(test_what_is_denied_does_not_run),
		cmocka_unit_test(test_the_client_hears_no_more_than_that_it_is_denied),
		cmocka_unit_test(test_audits_are_logged_and_do_not_flood),
		cmocka_unit_test(test_a_wrong_policy_is_none),
		cmocka_unit_test(test_a_policy_is_read_again),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_connections_of_nobody),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_of_what_is_decoded),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_denied_calls_have_a_rate),
		cmocka_unit_test(test_calls_are_recorded),
		cmocka_unit_test(test_a_record_that_cannot_be),
		cmocka_unit_test(test_kinds_of_calls_are_limited),
		cmocka_unit_test(test_failed_allocations_give_back),
		cmocka_unit_test(test_an_end_gives_back),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
