/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "support/unit.h"
#include <string.h>

enum { MAX = 64 };

static void expect_bad(const char *text, size_t n)
{
	uint8_t units[2 * MAX];

	assert_true(pen_utf16_count(text, n) == PEN_UTF16_BAD);
	assert_true(pen_utf16_put(text, n, false, units, MAX) == PEN_UTF16_BAD);
}

/* Both ways, in both byte orders, with exactly the room needed and one less. */
static void expect_pair(const char *text, size_t n, const uint16_t *units, size_t n_units)
{
	assert_int_equal(pen_utf16_count(text, n), n_units);
	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		uint8_t wire[2 * MAX + 1] = { 0 };
		uint8_t *odd = wire + 1; /* not aligned */
		char back[4 * MAX];

		assert_int_equal(pen_utf16_put(text, n, is_big_endian, odd, n_units), n_units);
		for (size_t i = 0; i < n_units; i++) {
			assert_int_equal(odd[2 * i + is_big_endian], units[i] & 0xff);
			assert_int_equal(odd[2 * i + !is_big_endian], units[i] >> 8);
		}
		assert_int_equal(pen_utf16_text_size(odd, n_units, is_big_endian), n);
		assert_int_equal(pen_utf16_get(odd, n_units, is_big_endian, back, n), n);
		assert_memory_equal(back, text, n);
		if (!n)
			continue;
		assert_true(pen_utf16_put(text, n, is_big_endian, odd, n_units - 1) ==
			    PEN_UTF16_BAD);
		assert_true(pen_utf16_get(odd, n_units, is_big_endian, back, n - 1) ==
			    PEN_UTF16_BAD);
	}
}

static void test_known_texts(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		uint16_t units[12];
		size_t n_units;
	} pairs[] = {
		{ "", 0, { 0 }, 0 },
		{ "\0", 1, { 0 }, 1 },
		{ "share", 5, { 's', 'h', 'a', 'r', 'e' }, 5 },
		{ "0123456789", 10, { '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' }, 10 },
		{ "\x7f\xc2\x80\xdf\xbf", 5, { 0x7f, 0x80, 0x7ff }, 3 },
		{ "\xe0\xa0\x80\xef\xbf\xbf", 6, { 0x800, 0xffff }, 2 },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, { 0xd800, 0xdc00, 0xdbff, 0xdfff }, 4 },
		{ "\xed\xa0\x80", 3, { 0xd800 }, 1 },
		{ "\xed\xb0\x80\xed\xa0\x80", 6, { 0xdc00, 0xd800 }, 2 },
		{ "\xed\xa0\x80\xf0\x90\x80\x80", 7, { 0xd800, 0xd800, 0xdc00 }, 3 },
		{ "\xed\xaf\xbf-\xed\xbf\xbf", 7, { 0xdbff, '-', 0xdfff }, 3 },
	};

	for (size_t i = 0; i < PEN_COUNT(pairs); i++)
		expect_pair(pairs[i].text, pairs[i].n, pairs[i].units, pairs[i].n_units);
}

static void test_malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\xaf",		/* overlong */
		"\xc1\xbf",		/* overlong */
		"\xe0\x9f\xbf",		/* overlong */
		"\xf0\x8f\xbf\xbf",	/* overlong */
		"\xf4\x90\x80\x80",	/* U+110000 */
		"\xf8\x88\x80\x80\x80", /* five bytes */
		"\xff",
		"\xc2",		/* cut */
		"\xe2\x82",	/* cut */
		"\xf0\x9f\x98", /* cut */
		"\xc2x",
		"\xed\xa0\x80\xed\xb0\x80", /* a pair in two forms */
	};
	char text[40];

	for (size_t i = 0; i < PEN_COUNT(bad); i++) {
		expect_bad(bad[i], strlen(bad[i]));
		/* At any place in a longer text, inside or beyond a fast step. */
		for (size_t at = 0; at < 20; at++) {
			memset(text, 'a', sizeof(text));
			memcpy(text + at, bad[i], strlen(bad[i]));
			expect_bad(text, sizeof(text));
			expect_bad(text, at + strlen(bad[i]));
		}
	}
}

/* Each code unit after each kind of unit survives the round trip. */
static void test_every_unit_survives(void **state)
{
	static const uint16_t before[] = { 'x', 0x7ff, 0xd800, 0xdbff, 0xdc00, 0xfffd };

	for (size_t k = 0; k < PEN_COUNT(before); k++) {
		for (uint32_t unit = 0; unit <= 0xffff; unit++) {
			uint16_t units[] = { before[k], (uint16_t)unit, 'a', 'b', 'c' };
			uint16_t back[5];
			char text[20];
			size_t n = pen_utf16_get(units, 5, PEN_UTF16_HOST, text, sizeof(text));

			assert_int_equal(pen_utf16_text_size(units, 5, PEN_UTF16_HOST), n);
			assert_int_equal(pen_utf16_put(text, n, PEN_UTF16_HOST, back, 5), 5);
			assert_memory_equal(back, units, sizeof(units));
		}
	}
}

static void test_long_text(void **state)
{
	char text[1000];
	uint16_t units[1000];
	char back[1000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 127 + 1);
	for (size_t n = 0; n <= sizeof(text); n += 37) {
		assert_int_equal(pen_utf16_put(text, n, PEN_UTF16_HOST, units, 1000), n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(units[i], text[i]);
		assert_int_equal(pen_utf16_get(units, n, PEN_UTF16_HOST, back, 1000), n);
		assert_memory_equal(back, text, n);
	}
}

static void test_upper_case_of_one_unit(void **state)
{
	static const uint16_t pairs[][2] = {
		{ 'a', 'A' },	    { 'z', 'Z' },	{ '`', '`' },	    { '{', '{' },
		{ '1', '1' },	    { 0x00e9, 0x00c9 }, { 0x00df, 0x00df }, { 0x00f7, 0x00f7 },
		{ 0x00ff, 0x0178 }, { 0x00b5, 0x00b5 }, { 0x0131, 0x0131 }, { 0x017f, 0x017f },
		{ 0x0101, 0x0100 }, { 0x0100, 0x0100 }, { 0x03c3, 0x03a3 }, { 0x03c2, 0x03a3 },
		{ 0x0436, 0x0416 }, { 0x0451, 0x0401 }, { 0x1f80, 0x1f88 }, { 0x24d0, 0x24b6 },
		{ 0x10d0, 0x10d0 }, { 0xff41, 0xff21 }, { 0xd800, 0xd800 }, { 0xffff, 0xffff },
	};

	for (size_t i = 0; i < PEN_COUNT(pairs); i++)
		assert_int_equal(pen_upcase(pairs[i][0]), pairs[i][1]);
}

static void test_upper_case_is_stable(void **state)
{
	for (uint32_t unit = 0; unit <= 0xffff; unit++) {
		uint16_t upper = pen_upcase((uint16_t)unit);

		assert_int_equal(pen_upcase(upper), upper);
		if (unit >= 0x80)
			assert_true(upper >= 0x80);
	}
}

static int sign(const char *a, const char *b)
{
	return pen_upcase_compare(a, strlen(a), b, strlen(b));
}

static void test_names_compare_without_case(void **state)
{
	assert_true(pen_upcase_equal("SrvSvc", "srvsvc"));
	assert_true(pen_upcase_equal("\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89"));
	assert_true(pen_upcase_equal("", ""));
	assert_false(pen_upcase_equal("srvsvc", "srvsvc2"));
	assert_true(sign("a", "B") < 0);
	assert_true(sign("b", "A") > 0);
	assert_true(sign("a", "aa") < 0);
	assert_true(sign("_", "a") > 0); /* upper case 'A' is before '_' */
	assert_true(sign("\xef\xbf\xbd", "\xf0\x9f\x98\x80") > 0); /* by units */
	assert_true(sign("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81") < 0);
	assert_true(sign("\xff", "\xfe") > 0);
	assert_true(sign("\xff", "\xef\xbf\xbf") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_texts),
		cmocka_unit_test(test_malformed_texts_are_refused),
		cmocka_unit_test(test_every_unit_survives),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_upper_case_of_one_unit),
		cmocka_unit_test(test_upper_case_is_stable),
		cmocka_unit_test(test_names_compare_without_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
