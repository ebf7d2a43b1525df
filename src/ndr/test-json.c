/* SPDX-License-Identifier: MIT */
#include "support/unit.h"

#include "ndr/json.h"
#include "ndr/test-types.h"
#include "support/fail.h"
#include <errno.h>
#include <math.h>
#include <penstock/buffer.h>
#include <string.h>

enum { VALUE_MAX = 256 };

static int from_json(const struct pen_type *type, const char *text, void *value,
		     struct pen_arena *arena, struct pen_ndr_error *error)
{
	memset(value, 0, type->size);
	return pen_ndr_from_json(type, NULL, text, strlen(text), value, arena, error);
}

/* The text is what to_json makes of the value that from_json makes of the text written. */
static void expect_json(const struct pen_type *type, const char *written, const char *text)
{
	_Alignas(16) uint8_t value[VALUE_MAX];
	struct pen_ndr_error error = { "" };
	struct pen_buffer buffer;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, 0);
	if (from_json(type, written, value, &arena, &error))
		fail_msg("from_json: %s", error.text);
	if (pen_ndr_to_json(type, NULL, value, &buffer, &error))
		fail_msg("to_json: %s", error.text);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	assert_string_equal(buffer.data, text);
	pen_arena_done(&arena);
	pen_buffer_done(&buffer);
}

static void expect_refused(const struct pen_type *type, const char *text, int result,
			   const char *reason)
{
	_Alignas(16) uint8_t value[VALUE_MAX];
	struct pen_ndr_error error = { "" };
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(from_json(type, text, value, &arena, &error), result);
	if (!strstr(error.text, reason))
		fail_msg("'%s' is not '%s'", error.text, reason);
	pen_arena_done(&arena);
}

static void expect_same(const struct pen_type *type, const char *text)
{
	expect_json(type, text, text);
}

static void test_scalars(void **state)
{
	expect_same(&type_scalars,
		    "{\"i8\":-128,\"u16\":65535,\"u32\":4294967295,\"u64\":18446744073709551615,"
		    "\"narrow\":\"BLUE\",\"wide\":7,\"i3264\":-9223372036854775808,"
		    "\"u3264\":18446744073709551615,\"f\":0.100000001,\"d\":-2.5e-300,"
		    "\"truth\":true,\"unit\":65}");
	expect_json(&type_scalars,
		    " { \"truth\" : 2 , \"f\":\"0x7fc00001\",\"d\":\"0x7ff0000000000000\"} ",
		    "{\"i8\":0,\"u16\":0,\"u32\":0,\"u64\":0,\"narrow\":\"RED\",\"wide\":\"RED\","
		    "\"i3264\":0,\"u3264\":0,\"f\":\"0x7fc00001\",\"d\":\"0x7ff0000000000000\","
		    "\"truth\":2,\"unit\":0}");
	expect_refused(&type_scalars, "{\"i8\":128}", PEN_E_BAD_DATA, "i8: ");
	expect_refused(&type_scalars, "{\"u64\":18446744073709551616}", PEN_E_BAD_DATA, "u64: ");
	expect_refused(&type_scalars, "{\"u64\":-1}", PEN_E_BAD_DATA, "u64: ");
	expect_refused(&type_scalars, "{\"narrow\":\"PINK\"}", PEN_E_BAD_DATA, "color");
	expect_refused(&type_scalars, "{\"i9\":1}", PEN_E_BAD_DATA, "no member is called i9");
	expect_refused(&type_scalars, "{\"i8\":1,\"i8\":1}", PEN_E_BAD_DATA, "twice");
	expect_refused(&type_scalars, "{\"i8\":1", PEN_E_SYNTAX, "at byte 7");
	expect_refused(&type_mixed, "{\"percent\":101}", PEN_E_BAD_DATA, "range");
}

/* A number is as it was written, or refused; it is never made infinite. */
static void test_floats(void **state)
{
	expect_json(&type_variant, "{\"$tag\":2,\"large\":1.7976931348623157e308}",
		    "{\"$tag\":2,\"large\":1.7976931348623157e+308}");
	expect_same(&type_variant, "{\"$tag\":2,\"large\":-0}");
	expect_json(&type_variant, "{\"$tag\":2,\"large\":\"0x3fE0000000000000\"}",
		    "{\"$tag\":2,\"large\":0.5}");
	expect_refused(&type_scalars, "{\"d\":1e400}", PEN_E_BAD_DATA, "d: ");
	expect_refused(&type_scalars, "{\"f\":3.41e38}", PEN_E_BAD_DATA, "f: ");
	expect_refused(&type_scalars, "{\"f\":\"0x17fc00001\"}", PEN_E_BAD_DATA, "f: ");
	expect_refused(&type_scalars, "{\"d\":\"0x\"}", PEN_E_BAD_DATA, "d: ");
	expect_refused(&type_scalars, "{\"d\":\"nan\"}", PEN_E_BAD_DATA, "d: ");
	expect_refused(&type_scalars, "{\"d\":\" 1\"}", PEN_E_BAD_DATA, "d: ");
}

/* Sizes and discriminants are taken from what is there. */
static void test_left_out(void **state)
{
	expect_json(&type_shares, "{\"shares\":[{\"name\":\"x\"},{\"kind\":2}]}",
		    "{\"n\":2,\"shares\":[{\"name\":\"x\",\"kind\":0,\"remark\":null},"
		    "{\"name\":null,\"kind\":2,\"remark\":null}]}");
	expect_json(&type_window, "{\"items\":[1,2,3]}",
		    "{\"size\":6,\"items\":[1,2,3],\"first\":0,\"length\":3}");
	expect_same(&type_window, "{\"size\":8,\"items\":[2,3],\"first\":1,\"length\":2}");
	expect_json(&type_choice, "{\"u\":{\"pointer\":7}}", "{\"tag\":2,\"u\":{\"pointer\":7}}");
	expect_same(&type_choice, "{\"tag\":3,\"u\":{\"pointer\":7}}");
	expect_same(&type_choice, "{\"tag\":9,\"u\":{}}");
	expect_same(&type_variant, "{\"small\":7}");
	expect_same(&type_variant, "{\"$tag\":3,\"large\":0.5}");
	expect_refused(&type_shares, "{\"n\":3,\"shares\":[]}", PEN_E_BAD_DATA, "says 3");
	expect_refused(&type_choice, "{\"tag\":9,\"u\":{\"number\":1}}", PEN_E_BAD_DATA, "says 9");
}

/* What is left out is empty, and must be what the members that are there say. */
static void test_left_out_with_its_count(void **state)
{
	expect_json(&type_outer, "{}", "{\"first\":0,\"tail\":{\"n\":0,\"items\":[]}}");
	expect_json(&type_choice, "{\"tag\":1}", "{\"tag\":1,\"u\":{\"number\":0}}");
	expect_refused(&type_outer, "{\"tail\":{\"n\":2}}", PEN_E_BAD_DATA, "says 2");
	expect_refused(&type_mixed, "{\"rows\":2,\"columns\":3}", PEN_E_BAD_DATA, "says 2");
	expect_refused(&type_variant, "{}", PEN_E_BAD_DATA, "no arm");
}

static void test_arrays(void **state)
{
	expect_same(&type_mixed, "{\"bytes\":[\"010203\",\"040506\"],"
				 "\"handle\":\"1:00000002-0003-0004-0506-0708090a0b0c\","
				 "\"label\":\"a\\udc80\",\"percent\":1,\"rows\":2,\"columns\":3,"
				 "\"grid\":[[1,2,3],[4,5,6]]}");
	expect_same(&type_outer, "{\"first\":1,\"tail\":{\"n\":2,\"items\":[1,2]}}");
	expect_refused(&type_mixed, "{\"grid\":[[1],[2,3]]}", PEN_E_BAD_DATA, "same length");
	expect_refused(&type_mixed, "{\"bytes\":[\"0102030\"]}", PEN_E_BAD_DATA, "hex");
	expect_refused(&type_mixed, "{\"bytes\":[\"01020304\"]}", PEN_E_BAD_DATA, "more than 3");
}

static void test_strings(void **state)
{
	expect_same(&type_wide_string, "\"\\ud800 \xf0\x9f\x98\x80 \\udc00\\ud800 \\n\\\"\"");
	expect_json(&type_wide_string, "\"\\ud83d\\ude00\\/\"", "\"\xf0\x9f\x98\x80/\"");
	expect_refused(&type_wide_string, "\"a\\u0000\"", PEN_E_BAD_DATA, "NUL");
	expect_refused(&type_wide_string, "\"a\xff\"", PEN_E_SYNTAX, "JSON");
}

static void test_graph(void **state)
{
	expect_same(&type_node, "{\"id\":1,\"left\":{\"$id\":1,\"value\":{\"id\":2,"
				"\"left\":{\"$ref\":1},\"right\":null}},\"right\":{\"$ref\":1}}");
	expect_refused(&type_node, "{\"left\":{\"$ref\":1}}", PEN_E_BAD_DATA, "not known");
}

static void test_print(void **state)
{
	static struct share list[] = { { (char *)"IPC$", 3, NULL } };
	static const struct shares shares = { 1, list };
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_ndr_print(&type_shares, NULL, &shares, &buffer), 0);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	assert_string_equal(buffer.data, "{\n"
					 "    n: 1\n"
					 "    shares: [\n"
					 "        {\n"
					 "            name: \"IPC$\"\n"
					 "            kind: 3\n"
					 "            remark: NULL\n"
					 "        }\n"
					 "    ]\n"
					 "}\n");
	pen_buffer_done(&buffer);
}

static void test_no_memory(void **state)
{
	static const char text[] = "{\"id\":1,\"left\":{\"$id\":1,\"value\":{}}}";
	struct pen_ndr_error error;
	struct pen_buffer buffer;
	struct pen_arena arena;
	struct node node;
	int r;

	for (size_t n = 1;; n++) {
		pen_arena_init(&arena, 0);
		pen_buffer_init(&buffer, 0);
		pen_fail_at(n);
		r = from_json(&type_node, text, &node, &arena, &error);
		if (!r)
			r = pen_ndr_to_json(&type_node, NULL, &node, &buffer, &error);
		if (!r)
			r = pen_ndr_print(&type_node, NULL, &node, &buffer);
		pen_arena_done(&arena);
		pen_buffer_done(&buffer);
		if (!pen_fail_hit())
			break;
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
	}
	assert_int_equal(r, 0);
}

static void test_parser_depth(void **state)
{
	char text[2 * PEN_JSON_DEPTH_MAX + 2];
	struct pen_json *json;
	struct pen_arena arena;
	size_t at;
	size_t n = PEN_JSON_DEPTH_MAX;

	pen_arena_init(&arena, 0);
	memset(text, '[', n);
	memset(text + n, ']', n);
	assert_int_equal(pen_json_parse(&json, text, 2 * n, &arena, &at), 0);
	n++;
	memset(text, '[', n);
	memset(text + n, ']', n);
	assert_int_equal(pen_json_parse(&json, text, 2 * n, &arena, &at), PEN_E_LIMIT);
	pen_arena_done(&arena);
}

static int setup(void **state)
{
	test_types_derive();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),	  cmocka_unit_test(test_floats),
		cmocka_unit_test(test_left_out),  cmocka_unit_test(test_left_out_with_its_count),
		cmocka_unit_test(test_arrays),	  cmocka_unit_test(test_strings),
		cmocka_unit_test(test_graph),	  cmocka_unit_test(test_print),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_parser_depth),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
