/* SPDX-License-Identifier: MIT */
#include "policy/network.h"
#include "support/unit.h"
#include <arpa/inet.h>

static bool has(const char *network_text, const char *source_text)
{
	struct pen_source source = pen_source_of(source_text);
	struct pen_network network;

	assert_null(pen_network_parse(&network, network_text));
	return pen_network_has(&network, &source);
}

static void test_prefixes(void **state)
{
	assert_true(has("10.1.2.3", "10.1.2.3"));
	assert_false(has("10.1.2.3", "10.1.2.2"));
	assert_true(has("10.0.0.0/8", "10.255.0.1"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("192.168.16.0/20", "192.168.31.255"));
	assert_false(has("192.168.16.0/20", "192.168.32.0"));
	assert_true(has("1.2.3.4/31", "1.2.3.5"));
	assert_false(has("1.2.3.4/32", "1.2.3.5"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("fe80::1/128", "FE80:0:0:0:0:0:0:1"));
}

/* Everything of one family is nothing of the other; a mapped address is of IPv4. */
static void test_families(void **state)
{
	assert_true(has("0.0.0.0/0", "255.255.255.255"));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_true(has("::/0", "::1"));
	assert_false(has("::/0", "10.0.0.1"));
	assert_true(has("10.0.0.0/8", "::ffff:10.0.0.1"));
	assert_true(has("::ffff:10.0.0.0/104", "10.9.9.9"));
}

static void test_local(void **state)
{
	assert_true(has("local", "local"));
	assert_true(has("local", ""));
	assert_true(has("local", NULL));
	assert_false(has("local", "127.0.0.1"));
	assert_false(has("0.0.0.0/0", NULL));
	assert_false(has("::/0", "local"));
}

/* What is no address is in no network, and not local. */
static void test_unknown(void **state)
{
	assert_false(pen_source_of("client").is_known);
	assert_false(pen_source_of("10.0.0").is_known);
	assert_false(has("0.0.0.0/0", "client"));
	assert_false(has("local", "client"));
}

static const char *const addresses[] = {
	"0.0.0.0",
	"1.2.3.4",
	"255.255.255.255",
	"1.2.3",
	"1.2.3.4.5",
	"256.1.1.1",
	"01.2.3.4",
	"1.2.3.04",
	"1.2.3.",
	".1.2.3",
	"1..2.3",
	"1.2.3.4 ",
	"-1.2.3.4",
	"1.2.3.1000",
	/* IPv6 */
	"::",
	"::1",
	"1::",
	"1::2",
	"1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7::",
	"::2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8",
	"1:2:3:4:5:6:7:8::",
	"1::2::3",
	":",
	":::",
	":1",
	"1:",
	"::1:",
	"1:::2",
	"12345::",
	"g::",
	"::ffff:1.2.3.4",
	"::1.2.3.4",
	"1:2:3:4:5:6:1.2.3.4",
	"1:2:3:4:5:6:7:1.2.3.4",
	"::1.2.3.4:5",
	"::1.2.3",
	"fe80::1%eth0",
	"0:0:0:0:0:0:0:0",
	"ABCD::ef01",
	"::0000",
	"::00000",
	"",
};

/* The C library's reader of addresses agrees. */
static void test_same_as_inet_pton(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(addresses); i++) {
		const char *text = addresses[i];
		uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff };
		bool is_right = inet_pton(AF_INET, text, bytes + 12) == 1;
		struct pen_network network;

		is_right = is_right || inet_pton(AF_INET6, text, bytes) == 1;
		if (is_right != !pen_network_parse(&network, text))
			fail_msg("%s", text);
		if (is_right)
			assert_memory_equal(network.bytes, bytes, sizeof(bytes));
	}
}

static void test_wrong_networks(void **state)
{
	static const char *const wrong[] = {
		"1.2.3.4/",   "1.2.3.4/33",   "1.2.3.4/a",  "1.2.3.4/8/8",
		"1.2.3.4/-1", "1.2.3.4/0032", "10.1.0.0/8", "10.0.0.1/31",
		"::/129",     "::1/127",      "::1/0",	    "2001:db8:1::/33",
		"/8",	      "Local",	      "local/8",    "*",
		"host",
	};
	struct pen_network network;

	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		if (!pen_network_parse(&network, wrong[i]))
			fail_msg("%s", wrong[i]);
	assert_null(pen_network_parse(&network, "128.0.0.0/1"));
	assert_null(pen_network_parse(&network, "fe80::/10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_same_as_inet_pton),
		cmocka_unit_test(test_wrong_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
