/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/buffer.h>
#include <string.h>

static void expect_print(const char *text, const char *printed)
{
	struct pen_binding binding;
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_binding_parse(&binding, text, NULL), 0);
	assert_int_equal(pen_binding_print(&binding, &buffer), 0);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	assert_string_equal((const char *)buffer.data, printed);
	pen_binding_done(&binding);
	pen_buffer_done(&buffer);
}

static void test_parts(void **state)
{
	struct pen_binding binding;

	assert_int_equal(pen_binding_parse(&binding,
					   "60a15ec5-4de8-11d7-a637-005056a20182@ncacn_ip_tcp:"
					   "host[135,epmapper=11350,seal]",
					   NULL),
			 0);
	assert_int_equal(binding.object.time_low, 0x60a15ec5);
	assert_int_equal(binding.protseq, PEN_NCACN_IP_TCP);
	assert_string_equal(binding.address, "host");
	assert_string_equal(binding.endpoint, "135");
	assert_string_equal(pen_binding_option(&binding, "EpMapper"), "11350");
	assert_string_equal(pen_binding_option(&binding, "seal"), "");
	assert_null(pen_binding_option(&binding, "sign"));
	pen_binding_done(&binding);

	assert_int_equal(pen_binding_parse(&binding, "ncacn_np:server[\\pipe\\srvsvc]", NULL), 0);
	assert_string_equal(binding.endpoint, "\\pipe\\srvsvc");
	pen_binding_done(&binding);

	assert_int_equal(pen_binding_parse(&binding, "ncacn_ip_tcp:::1[endpoint=135]", NULL), 0);
	assert_string_equal(binding.address, "::1");
	assert_string_equal(binding.endpoint, "135");
	pen_binding_done(&binding);
}

static void test_printing_undoes_parsing(void **state)
{
	expect_print("ncalrpc:", "ncalrpc:");
	expect_print("NCALRPC:[EPMAPPER]", "ncalrpc:[EPMAPPER]");
	expect_print("ncacn_np:s[\\pipe\\srvsvc]", "ncacn_np:s[\\pipe\\srvsvc]");
	expect_print("ncacn_ip_tcp:h[,sign]", "ncacn_ip_tcp:h[,sign]");
	expect_print("ncacn_ip_tcp:h[a=b]", "ncacn_ip_tcp:h[a=b]");
	expect_print("ncacn_ip_tcp:h[1,a=b\\,c\\]]", "ncacn_ip_tcp:h[1,a=b\\,c\\]]");
	expect_print("ncacn_ip_tcp:fe80::1%eth0[1]", "ncacn_ip_tcp:fe80::1%eth0[1]");
}

static void test_other_texts_are_refused_with_a_sentence(void **state)
{
	static const char *const texts[] = {
		"",
		"host",
		"ncacn_http:host",
		"x@ncalrpc:",
		"ncalrpc:[a",
		"ncalrpc:[a]b",
		"ncalrpc:a]b",
		"ncalrpc:[a,,b]",
		"ncalrpc:[a,endpoint=b]",
		"ncalrpc:[endpoint=a,endpoint=a]",
		"ncalrpc:[endpoint=]",
		"[",
		"@",
		"ncalrpc",
		":",
	};
	struct pen_binding binding;

	for (size_t i = 0; i < PEN_COUNT(texts); i++) {
		struct pen_ndr_error error = { "" };

		assert_int_equal(pen_binding_parse(&binding, texts[i], &error), PEN_E_SYNTAX);
		assert_non_null(strstr(error.text, "is not a string binding: "));
	}
}

static void test_failed_allocations_are_told(void **state)
{
	const char *text = "ncacn_ip_tcp:host[135,a=b]";
	struct pen_binding binding;
	size_t n = 0;
	int r;

	do {
		pen_fail_at(++n);
		r = pen_binding_parse(&binding, text, NULL);
	} while (pen_fail_hit() && r == -ENOMEM);
	assert_int_equal(r, 0);
	assert_in_range(n, 2, 20);
	pen_binding_done(&binding);
}

static void test_towers_are_as_the_specification_says(void **state)
{
	/* srvsvc in NDR at 127.0.0.1, port 135. */
	static const uint8_t bytes[] = {
		0x05, 0x00,						    // floors
		0x13, 0x00, 0x0d,					    // a UUID: the interface
		0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, //
		0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88, 0x03, 0x00,		    //
		0x02, 0x00, 0x00, 0x00,					    // minor version
		0x13, 0x00, 0x0d,					    // a UUID: NDR
		0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, //
		0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0x02, 0x00,		    //
		0x02, 0x00, 0x00, 0x00,					    //
		0x01, 0x00, 0x0b, 0x02, 0x00, 0x00, 0x00,		    // connection-oriented
		0x01, 0x00, 0x07, 0x02, 0x00, 0x00, 0x87,		    // TCP, 135
		0x01, 0x00, 0x09, 0x04, 0x00, 0x7f, 0x00, 0x00, 0x01,	    // IP
	};
	struct pen_tower tower = { .protseq = PEN_NCACN_IP_TCP,
				   .ip = { 127, 0, 0, 1 },
				   .port = 135 };
	struct pen_tower back;
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(
		pen_uuid_parse(&tower.interface.uuid, "4b324fc8-1670-01d3-1278-5a47bf6ee188"), 0);
	tower.interface.major = 3;
	tower.transfer = pen_syntax_ndr;
	assert_int_equal(pen_tower_put(&tower, &buffer), 0);
	assert_int_equal(buffer.size, sizeof(bytes));
	assert_memory_equal(buffer.data, bytes, sizeof(bytes));
	assert_int_equal(pen_tower_get(&back, bytes, sizeof(bytes)), 0);
	assert_memory_equal(&back, &tower, sizeof(tower));
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_int_equal(pen_tower_get(&back, bytes, n), PEN_E_BAD_DATA);
	pen_buffer_done(&buffer);
}

static void test_towers_of_pipes_and_local_endpoints(void **state)
{
	struct pen_tower towers[] = {
		{ .protseq = PEN_NCACN_NP, .endpoint = "\\pipe\\srvsvc", .host = "SERVER" },
		{ .protseq = PEN_NCALRPC, .endpoint = "EPMAPPER" },
	};

	for (size_t i = 0; i < PEN_COUNT(towers); i++) {
		struct pen_tower back;
		struct pen_buffer buffer;

		pen_buffer_init(&buffer, 0);
		towers[i].transfer = pen_syntax_ndr64;
		assert_int_equal(pen_tower_put(&towers[i], &buffer), 0);
		assert_int_equal(pen_tower_get(&back, buffer.data, buffer.size), 0);
		assert_memory_equal(&back, &towers[i], sizeof(back));
		pen_buffer_done(&buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_printing_undoes_parsing),
		cmocka_unit_test(test_other_texts_are_refused_with_a_sentence),
		cmocka_unit_test(test_failed_allocations_are_told),
		cmocka_unit_test(test_towers_are_as_the_specification_says),
		cmocka_unit_test(test_towers_of_pipes_and_local_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
