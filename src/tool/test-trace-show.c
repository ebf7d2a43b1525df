/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include "tool/trace-show.h"
#include <errno.h>
#include <jansson.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/status.h>
#include <string.h>

static struct tool tool;

static struct trace_call call_of(const struct pen_interface *interface, uint16_t opnum)
{
	struct trace_call call = {
		.time = INT64_C(1700000000123456789),
		.duration = 1234567,
		.major = interface->id.major,
		.minor = interface->id.minor,
		.opnum = opnum,
		.protseq = PEN_NCACN_IP_TCP,
		.auth_level = 6,
		.auth_type = 10,
		.call_id = 2,
		.assoc_group_id = 77,
		.process = 4711,
		.user = "OFFICE\\alice",
		.address = "192.0.2.1",
	};

	memcpy(&call.uuid, &interface->id.uuid, sizeof(call.uuid));
	return call;
}

static void set_stub(struct trace_stub *stub, const void *bytes, size_t n)
{
	*stub = (struct trace_stub){ .size = (uint32_t)n,
				     .n_bytes = (uint32_t)n,
				     .bytes = (uint8_t *)(uintptr_t)bytes };
}

static struct trace_call add_one(void)
{
	struct trace_call call = call_of(&rpcecho_interface, 0);

	set_stub(&call.request, "\x29\0\0\0", 4);
	set_stub(&call.answer, "\x2a\0\0\0", 4);
	return call;
}

static json_t *as_json(const struct trace_call *call)
{
	struct pen_buffer buffer = { 0 };
	json_t *json;

	assert_int_equal(trace_json(&tool, call, &buffer), 0);
	json = json_loadb((char *)buffer.data, buffer.size, 0, NULL);
	if (!json)
		fail_msg("%.*s", (int)buffer.size, buffer.data);
	pen_buffer_done(&buffer);
	return json;
}

static void expect_line(const struct trace_call *call, const char *expected)
{
	struct pen_buffer line = { 0 };

	assert_int_equal(trace_line(&tool, call, &line), 0);
	assert_int_equal(pen_buffer_add(&line, "", 1), 0);
	assert_string_equal(line.data, expected);
	pen_buffer_done(&line);
}

static const char *text(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void test_a_call(void **state)
{
	struct trace_call call = add_one();
	json_t *json = as_json(&call);

	assert_string_equal(text(json, "time"), "2023-11-14T22:13:20.123456Z");
	assert_string_equal(text(json, "operation"), "rpcecho.echo_AddOne");
	assert_string_equal(text(json, "user"), "OFFICE\\alice");
	assert_string_equal(text(json, "protseq"), "ncacn_ip_tcp");
	assert_string_equal(text(json, "level"), "privacy");
	assert_string_equal(text(json, "outcome"), "answered");
	assert_int_equal(json_integer_value(json_object_get(json, "duration_ns")), 1234567);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "in"), "in_data")), 41);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "out"), "out_data")), 42);
	json_decref(json);
	expect_line(&call,
		    "22:13:20.123456  rpcecho.echo_AddOne  OFFICE\\alice  192.0.2.1  privacy  "
		    "1.235 ms");
}

static void test_how_it_ended(void **state)
{
	struct trace_call call = add_one();
	json_t *json;

	call.outcome = trace_FAULTED;
	call.status = PEN_WERR_ACCESS_DENIED;
	expect_line(&call,
		    "22:13:20.123456  rpcecho.echo_AddOne  OFFICE\\alice  192.0.2.1  privacy  "
		    "1.235 ms  fault ERROR_ACCESS_DENIED");
	json = as_json(&call);
	assert_string_equal(text(json, "outcome"), "faulted");
	assert_string_equal(text(json, "status_name"), "ERROR_ACCESS_DENIED");
	assert_null(json_object_get(json, "out"));
	json_decref(json);
	call.status = 0x12345678;
	expect_line(&call,
		    "22:13:20.123456  rpcecho.echo_AddOne  OFFICE\\alice  192.0.2.1  privacy  "
		    "1.235 ms  fault 0x12345678");
	call.outcome = trace_ABANDONED;
	expect_line(&call,
		    "22:13:20.123456  rpcecho.echo_AddOne  OFFICE\\alice  192.0.2.1  privacy  "
		    "1.235 ms  abandoned");
	/* Its own status, which comes last in its answer. */
	call = call_of(&srvsvc_interface, 18);
	set_stub(&call.answer, "\0\0\0\0\x05\0\0\0", 8);
	expect_line(&call,
		    "22:13:20.123456  srvsvc.NetrShareDel  OFFICE\\alice  192.0.2.1  privacy  "
		    "1.235 ms  result ERROR_ACCESS_DENIED");
}

/* What a peer chose, a terminal does not obey. */
static void test_names(void **state)
{
	struct trace_call call = add_one();

	call.user = "\x1b[31mred\xc2\x9b"
		    "2J\x7f \xc3\xa9";
	expect_line(&call,
		    "22:13:20.123456  rpcecho.echo_AddOne  ?[31mred?2J? \xc3\xa9  192.0.2.1  "
		    "privacy  1.235 ms");
	call.user = "\xc2";
	expect_line(&call, "22:13:20.123456  rpcecho.echo_AddOne  ?  192.0.2.1  privacy  1.235 ms");
}

static void test_what_is_not_known(void **state)
{
	struct trace_call call = add_one();
	struct dtyp_GUID object = { .Data1 = 5 };
	json_t *json;

	call.uuid.Data1 = 1;
	call.object = &object;
	json = as_json(&call);
	assert_null(json_object_get(json, "operation"));
	assert_null(json_object_get(json, "in"));
	assert_string_equal(text(json, "object"), "00000005-0000-0000-0000-000000000000");
	assert_int_equal(json_integer_value(json_object_get(json, "n_in")), 4);
	json_decref(json);
	expect_line(&call,
		    "22:13:20.123456  00000001-4de8-11d7-a637-005056a20182.0  OFFICE\\alice  "
		    "192.0.2.1  privacy  1.235 ms");
	/* Bytes that were left out. */
	call = add_one();
	call.request.n_bytes = 3;
	json = as_json(&call);
	assert_null(json_object_get(json, "in"));
	assert_non_null(json_object_get(json, "out"));
	json_decref(json);
	call.opnum = 999;
	expect_line(&call, "22:13:20.123456  rpcecho.999  OFFICE\\alice  192.0.2.1  privacy  "
			   "1.235 ms");
}

/* LsarSetSecret's value, and what does not decode. */
static void test_secrets(void **state)
{
	static const uint8_t secret[] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,	  0,	0, 0, 0, 0, 0, 0, /* the handle */
		1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1,	  0,	0, 0,		  /**/
		2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x5e, 0xc2, 0, 0,		  /* the bytes */
		0, 0, 0, 0,							  /**/
	};
	struct trace_call call = call_of(&lsarpc_interface, 29);
	struct pen_buffer json = { 0 };

	for (int how = 0; how < 4; how++) {
		tool.is_redacted = how & 1;
		/* Or cut short, so that it is no request. */
		set_stub(&call.request, secret, how < 2 ? sizeof(secret) : sizeof(secret) - 5);
		json.size = 0;
		assert_int_equal(trace_json(&tool, &call, &json), 0);
		assert_int_equal(memmem(json.data, json.size, "5ec2", 4) == NULL, tool.is_redacted);
		assert_int_equal(memmem(json.data, json.size, "<redacted>", 10) != NULL,
				 tool.is_redacted);
	}
	tool.is_redacted = false;
	pen_buffer_done(&json);
}

static void test_memory(void **state)
{
	struct trace_call call = add_one();
	int r;

	for (size_t n = 1;; n++) {
		struct pen_buffer buffer = { 0 };
		bool was_failed;

		pen_fail_at(n);
		r = trace_json(&tool, &call, &buffer);
		if (!r)
			r = trace_line(&tool, &call, &buffer);
		was_failed = pen_fail_hit();
		pen_buffer_done(&buffer);
		if (!was_failed)
			break;
		assert_true(r == -ENOMEM || r == 0);
	}
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call),	cmocka_unit_test(test_how_it_ended),
		cmocka_unit_test(test_names),	cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_secrets), cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
