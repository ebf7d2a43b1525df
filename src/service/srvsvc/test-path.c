/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <string.h>

static uint32_t canonicalize(struct pen_call *call, const char *prefix, const char *path,
			     char *text)
{
	struct srvsvc_NetprPathCanonicalize_in in = { .PathName = path,
						      .Prefix = prefix,
						      .OutbufLen = 200 };
	struct srvsvc_NetprPathCanonicalize_out out = { 0 };

	assert_int_equal(ops()->NetprPathCanonicalize(call, &in, &out), 0);
	for (size_t i = 0; i < 100; i++)
		text[i] = (char)out.Outbuf[2 * i];
	return out.result;
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t type;
	} rows[] = {
		{ "", 0 },	   { "a", 8192 },	 { "a*", 8193 },     { "\\a", 8194 },
		{ "c:a", 8196 },   { "c:\\a", 8198 },	 { "c:\\a?", 8199 }, { "c:", 8200 },
		{ "LPT1", 8208 },  { "com2:", 8224 },	 { "CON", 8256 },    { "NUL", 8272 },
		{ "\\\\s", 4144 }, { "\\\\s\\h", 4096 }, { "a|b", 0 },	     { "\\\\", 0 },
	};
	struct fixture *f = *state;
	char text[100];

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct srvsvc_NetprPathType_in in = { .PathName = rows[i].path };
		struct srvsvc_NetprPathType_out out = { 0 };

		assert_int_equal(ops()->NetprPathType(f->nobody, &in, &out), 0);
		assert_int_equal(out.PathType, rows[i].type);
	}
	assert_int_equal(canonicalize(f->nobody, "c:\\x", "a/./b/../c", text), 0);
	assert_string_equal(text, "c:\\x\\a\\c");
	assert_int_equal(canonicalize(f->nobody, "", "a", text), 0);
	assert_string_equal(text, "a");
	assert_int_equal(canonicalize(f->nobody, "c:\\", "..\\..\\etc", text),
			 PEN_WERR_INVALID_NAME);
}

static uint32_t type_of(struct fixture *f, const char *path, uint32_t flags)
{
	struct srvsvc_NetprPathType_in in = { .PathName = path, .Flags = flags };
	struct srvsvc_NetprPathType_out out = { 0 };

	assert_int_equal(ops()->NetprPathType(f->nobody, &in, &out), 0);
	assert_true(!out.result == !!out.PathType);
	return out.result ? out.result : out.PathType;
}

/* 260 characters at the most, 128 where old rules are asked for; of characters, not bytes. */
static void test_length(void **state)
{
	struct fixture *f = *state;
	char path[600] = "";

	memset(path, 'a', 260);
	assert_int_equal(type_of(f, path, 0), 8192);
	assert_int_equal(type_of(f, path, 1), PEN_WERR_INVALID_NAME);
	path[128] = '\0';
	assert_int_equal(type_of(f, path, 1), 8192);
	assert_int_equal(type_of(f, path, 2), PEN_WERR_INVALID_PARAMETER);
	for (size_t i = 0; i < 260; i++)
		memcpy(path + 2 * i, "\xc3\xa9", 2);
	path[520] = '\0';
	assert_int_equal(type_of(f, path, 0), 8192);
	strcpy(path + 520, "a");
	assert_int_equal(type_of(f, path, 0), PEN_WERR_INVALID_NAME);
}

static int32_t compare(struct fixture *f, const char *a, const char *b, uint32_t flags)
{
	struct srvsvc_NetprPathCompare_in in = { .PathName1 = a, .PathName2 = b, .Flags = flags };
	struct srvsvc_NetprPathCompare_out out = { 0 };

	assert_int_equal(ops()->NetprPathCompare(f->nobody, &in, &out), 0);
	return out.result;
}

/* What leads to the same place is the same. */
static void test_compare(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(compare(f, "c:\\A\\.\\b", "C:/a/x/../B/", 0), 0);
	assert_int_equal(compare(f, "\\\\s\\h\\a", "\\\\S\\H\\A", 0), 0);
	assert_true(compare(f, "c:\\a", "c:\\b", 0) < 0);
	assert_true(compare(f, "c:\\b", "c:\\a", 1) > 0);
	assert_int_not_equal(compare(f, "c:\\a", "d:\\a", 0), 0);
	assert_int_not_equal(compare(f, "a", "\\a", 0), 0);
	assert_int_equal(compare(f, "", "", 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(compare(f, "a", "..", 0), PEN_WERR_INVALID_NAME);
	assert_int_equal(compare(f, "a", "a", 2), PEN_WERR_INVALID_PARAMETER);
}

/* The buffer's length is in bytes, and has to hold the NUL too. */
static void test_room(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetprPathCanonicalize_in in = { .PathName = "b", .Prefix = "a" };
	struct srvsvc_NetprPathCanonicalize_out out = { 0 };

	for (in.OutbufLen = 0; in.OutbufLen < 12; in.OutbufLen++) {
		out = (struct srvsvc_NetprPathCanonicalize_out){ 0 };
		assert_int_equal(ops()->NetprPathCanonicalize(f->nobody, &in, &out), 0);
		assert_int_equal(out.result, in.OutbufLen < 8 ? PEN_WERR_NERR_BUFTOOSMALL : 0);
	}
	assert_memory_equal(out.Outbuf, "a\0\\\0b\0\0\0", 8);
	assert_int_equal(out.PathType, 8192);
	in.Flags = 1;
	out = (struct srvsvc_NetprPathCanonicalize_out){ 0 };
	assert_int_equal(ops()->NetprPathCanonicalize(f->nobody, &in, &out), 0);
	assert_int_equal(out.result, PEN_WERR_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
