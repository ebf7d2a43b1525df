/* SPDX-License-Identifier: MIT */
#include "support/unit.h"
#include <penstock/base.h>

static void test_text_round_trip(void **state)
{
	struct pen_uuid uuid;
	char text[PEN_UUID_TEXT_SIZE];

	assert_int_equal(pen_uuid_parse(&uuid, "{4B324FC8-1670-01D3-1278-5A47BF6EE188}"), 0);
	assert_int_equal(uuid.time_low, 0x4b324fc8);
	assert_int_equal(uuid.node[5], 0x88);
	pen_uuid_print(&uuid, text);
	assert_string_equal(text, "4b324fc8-1670-01d3-1278-5a47bf6ee188");
}

static void test_other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"4b324fc8-1670-01d3-1278-5a47bf6ee18",
		"4b324fc8-1670-01d3-1278-5a47bf6ee1888",
		"4b324fc8+1670-01d3-1278-5a47bf6ee188",
		"{4b324fc8-1670-01d3-1278-5a47bf6ee188",
		"4b324fc8-1670-01d3-1278-5a47bf6ee188}",
		"4b324fc8-1670-01d3-1278-5a47bf6ee18g",
	};
	struct pen_uuid uuid;

	for (size_t i = 0; i < PEN_COUNT(texts); i++)
		assert_int_equal(pen_uuid_parse(&uuid, texts[i]), PEN_E_SYNTAX);
}

static void test_order_is_by_field(void **state)
{
	struct pen_uuid a = { .time_low = 1 };
	struct pen_uuid b = { .time_low = 1, .time_mid = 1 };
	struct pen_uuid c = { .time_low = 0x80000000 };

	assert_int_equal(pen_uuid_compare(&a, &b), -1);
	assert_int_equal(pen_uuid_compare(&c, &b), 1);
	assert_int_equal(pen_uuid_compare(&a, &a), 0);
	assert_false(pen_uuid_is_nil(&a));
}

static void test_random_uuid_is_version_4(void **state)
{
	uint8_t random[16];
	struct pen_uuid uuid;

	for (int i = 0; i < 256; i += 85) {
		for (size_t k = 0; k < sizeof(random); k++)
			random[k] = (uint8_t)i;
		pen_uuid_from_random(&uuid, random);
		assert_int_equal(uuid.time_hi_and_version >> 12, 4);
		assert_int_equal(uuid.clock_seq[0] >> 6, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_other_texts_are_refused),
		cmocka_unit_test(test_order_is_by_field),
		cmocka_unit_test(test_random_uuid_is_version_4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
