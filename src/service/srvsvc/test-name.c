/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <string.h>

#define DEFAULT "\"/\\[]:|<>+=;,?\x01\x1f"

/* [MS-SRVS 2.2.2.8] */
static const struct {
	uint32_t min, max;
	const char *banned;
} types[] = {
	[1] = { 1, 256, DEFAULT },     [2] = { 0, 256, "" },	  [3] = { 1, 256, DEFAULT },
	[4] = { 1, 260, DEFAULT "*" }, [5] = { 1, 16, DEFAULT },  [6] = { 1, 15, DEFAULT "* " },
	[7] = { 1, 80, DEFAULT },      [8] = { 1, 260, DEFAULT }, [9] = { 1, 80, DEFAULT "*" },
	[10] = { 1, 15, DEFAULT },     [11] = { 1, 260, "" },	  [12] = { 0, 8, "" },
	[13] = { 1, 15, DEFAULT },
};

static uint32_t validate(struct fixture *f, const char *name, uint32_t type, uint32_t flags)
{
	struct srvsvc_NetprNameValidate_in in = { .Name = name, .NameType = type, .Flags = flags };
	struct srvsvc_NetprNameValidate_out out = { 0 };

	assert_int_equal(ops()->NetprNameValidate(f->nobody, &in, &out), 0);
	return out.result;
}

/* Lengths are of UTF-16 units, whatever the bytes. */
static void test_lengths(void **state)
{
	struct fixture *f = *state;
	char name[600];

	for (uint32_t type = 1; type < PEN_COUNT(types); type++) {
		assert_int_equal(validate(f, "", type, 0),
				 types[type].min ? PEN_WERR_INVALID_NAME : 0);
		memset(name, 'x', sizeof(name));
		name[types[type].max] = '\0';
		assert_int_equal(validate(f, name, type, 0), 0);
		name[types[type].max] = 'x';
		name[types[type].max + 1] = '\0';
		assert_int_equal(validate(f, name, type, 0), PEN_WERR_INVALID_NAME);
		for (size_t i = 0; i < types[type].max; i++)
			memcpy(name + 2 * i, "\xc3\xa9", 2);
		name[2 * types[type].max] = '\0';
		assert_int_equal(validate(f, name, type, 0), 0);
	}
}

static void test_characters(void **state)
{
	struct fixture *f = *state;

	for (uint32_t type = 1; type < PEN_COUNT(types); type++) {
		for (int c = 1; c < 0x80; c++) {
			char name[] = { 'a', (char)c, 'b', '\0' };
			bool is_banned =
				*types[type].banned && (c < 0x20 || strchr(types[type].banned, c));

			assert_int_equal(validate(f, name, type, 0),
					 is_banned ? PEN_WERR_INVALID_NAME : 0);
		}
		assert_int_equal(validate(f, ". .", type, 0),
				 *types[type].banned ? PEN_WERR_INVALID_NAME : 0);
	}
	assert_int_equal(validate(f, " pc", 4, 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(validate(f, "pc ", 4, 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(validate(f, " u ", 1, 0), 0);
}

static void test_types_and_flags(void **state)
{
	const uint32_t bad[] = { 0, PEN_COUNT(types), UINT32_MAX };
	struct fixture *f = *state;

	for (size_t i = 0; i < PEN_COUNT(bad); i++)
		assert_int_equal(validate(f, "a", bad[i], 0), PEN_WERR_INVALID_PARAMETER);
	for (uint32_t flag = 1; flag; flag <<= 1)
		assert_int_equal(validate(f, "a", 1, flag), PEN_WERR_INVALID_PARAMETER);
}

static int32_t compare(struct fixture *f, const char *a, const char *b, uint32_t flags)
{
	struct srvsvc_NetprNameCompare_in in = {
		.Name1 = a, .Name2 = b, .NameType = 9, .Flags = flags
	};
	struct srvsvc_NetprNameCompare_out out = { 0 };

	assert_int_equal(ops()->NetprNameCompare(f->nobody, &in, &out), 0);
	return out.result;
}

static void test_compare(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(compare(f, "Data", "dATA", 0), 0);
	assert_int_equal(compare(f, "\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89", 0), 0);
	assert_int_equal(compare(f, "Data", "dATA", 0x80000001), 0);
	assert_true(compare(f, "a", "b", 0) < 0);
	assert_true(compare(f, "aa", "A", 0) > 0);
	assert_int_equal(compare(f, "a/b", "a/b", 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(compare(f, "a", "", 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(compare(f, "a", "a", 2), PEN_WERR_INVALID_PARAMETER);
}

/* Upper case, in a buffer that holds the NUL too, or, if asked for, any name of the type. */
static void test_canonicalize(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetprNameCanonicalize_in in = { .Name = "b\xc3\xa9", .NameType = 6 };
	struct srvsvc_NetprNameCanonicalize_out out = { 0 };

	for (in.OutbufLen = 0; in.OutbufLen < 5; in.OutbufLen++) {
		out = (struct srvsvc_NetprNameCanonicalize_out){ 0 };
		assert_int_equal(ops()->NetprNameCanonicalize(f->nobody, &in, &out), 0);
		assert_int_equal(out.result, in.OutbufLen < 3 ? PEN_WERR_NERR_BUFTOOSMALL : 0);
	}
	assert_int_equal(out.Outbuf[0], 'B');
	assert_int_equal(out.Outbuf[1], 0xc9);
	assert_int_equal(out.Outbuf[2], 0);
	in.Flags = 1;
	for (in.OutbufLen = 15; in.OutbufLen < 17; in.OutbufLen++) {
		out = (struct srvsvc_NetprNameCanonicalize_out){ 0 };
		assert_int_equal(ops()->NetprNameCanonicalize(f->nobody, &in, &out), 0);
		assert_int_equal(out.result, in.OutbufLen < 16 ? PEN_WERR_NERR_BUFTOOSMALL : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_characters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types_and_flags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_canonicalize, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
