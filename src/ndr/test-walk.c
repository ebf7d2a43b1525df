/* SPDX-License-Identifier: MIT */
#include "support/unit.h"

#include "base/utf16.h"
#include "ndr/test-types.h"
#include "support/fail.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 256 };

static const struct pen_layout ndr = { .transfer = PEN_NDR };
static const struct pen_layout ndr_big = { .transfer = PEN_NDR, .is_big_endian = true };
static const struct pen_layout ndr64 = { .transfer = PEN_NDR64 };

/* The bytes are what put makes of the value, and get then put makes them again. */
static void expect_bytes(const struct pen_type *type, struct pen_layout layout, const void *value,
			 const void *bytes, size_t n)
{
	_Alignas(16) uint8_t copy[VALUE_MAX] = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_buffer buffer;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, 0);
	if (pen_ndr_put(type, layout, NULL, value, &buffer, &error))
		fail_msg("put: %s", error.text);
	if (buffer.size != n || memcmp(buffer.data, bytes, n) != 0) {
		for (size_t i = 0; i < buffer.size; i++)
			fprintf(stderr, "%02x%s", buffer.data[i], i % 4 == 3 ? " " : "");
		fprintf(stderr, "\n");
	}
	assert_int_equal(buffer.size, n);
	assert_memory_equal(buffer.data, bytes, n);

	if (pen_ndr_get(type, layout, NULL, bytes, n, copy, &arena, NULL, &error))
		fail_msg("get: %s", error.text);
	buffer.size = 0;
	assert_int_equal(pen_ndr_put(type, layout, NULL, copy, &buffer, &error), 0);
	assert_int_equal(buffer.size, n);
	assert_memory_equal(buffer.data, bytes, n);

	for (size_t cut = 0; cut < n; cut++) {
		memset(copy, 0, sizeof(copy));
		pen_arena_reset(&arena);
		assert_int_equal(
			pen_ndr_get(type, layout, NULL, bytes, cut, copy, &arena, NULL, &error),
			PEN_E_BAD_DATA);
	}
	pen_arena_done(&arena);
	pen_buffer_done(&buffer);
}

#define EXPECT(type, layout, value, text) expect_bytes(type, layout, value, text, sizeof(text) - 1)

static int get(const struct pen_type *type, struct pen_layout layout, const void *bytes, size_t n,
	       void *value, struct pen_arena *arena, struct pen_ndr_error *error)
{
	memset(value, 0, type->size);
	return pen_ndr_get(type, layout, NULL, bytes, n, value, arena, NULL, error);
}

static void expect_refused(const struct pen_type *type, const void *bytes, size_t n,
			   const char *reason)
{
	_Alignas(16) uint8_t value[VALUE_MAX];
	struct pen_ndr_error error = { "" };
	struct pen_arena arena;

	pen_arena_init(&arena, 1 << 20);
	assert_int_equal(get(type, ndr, bytes, n, value, &arena, &error), PEN_E_BAD_DATA);
	if (!strstr(error.text, reason))
		fail_msg("'%s' is not '%s'", error.text, reason);
	pen_arena_done(&arena);
}

#define REFUSED(type, text, reason) expect_refused(type, text, sizeof(text) - 1, reason)

static const struct scalars scalars = {
	-2, 0x1234, 0x12345678, 0x123456789abcdef0, GREEN, BLUE, -3, 7, 1.0f, -2.0, 1, 0x41,
};

static void test_scalars(void **state)
{
	EXPECT(&type_scalars, ndr, &scalars,
	       "\xfe\0\x34\x12\x78\x56\x34\x12\xf0\xde\xbc\x9a\x78\x56\x34\x12"
	       "\5\0\0\0\x2c\1\0\0\xfd\xff\xff\xff\7\0\0\0\0\0\x80\x3f\0\0\0\0"
	       "\0\0\0\0\0\0\0\xc0\1\0\x41\0");
	EXPECT(&type_scalars, ndr_big, &scalars,
	       "\xfe\0\x12\x34\x12\x34\x56\x78\x12\x34\x56\x78\x9a\xbc\xde\xf0"
	       "\0\5\0\0\0\0\1\x2c\xff\xff\xff\xfd\0\0\0\7\x3f\x80\0\0\0\0\0\0"
	       "\xc0\0\0\0\0\0\0\0\1\0\0\x41");
	EXPECT(&type_scalars, ndr64, &scalars,
	       "\xfe\0\x34\x12\x78\x56\x34\x12\xf0\xde\xbc\x9a\x78\x56\x34\x12"
	       "\5\0\0\0\x2c\1\0\0\xfd\xff\xff\xff\xff\xff\xff\xff\7\0\0\0\0\0\0\0"
	       "\0\0\x80\x3f\0\0\0\0\0\0\0\0\0\0\0\xc0\1\0\x41\0\0\0\0\0");
}

static struct share two_shares[] = { { (char *)"a", 7, NULL },
				     { (char *)"\xc3\xa9", 8, (char *)"" } };
static const struct shares shares = { 2, two_shares };

/* All elements first, and then what they point to, in order. */
static void test_deferred(void **state)
{
	EXPECT(&type_shares, ndr, &shares,
	       "\2\0\0\0\0\0\2\0\2\0\0\0"
	       "\4\0\2\0\7\0\0\0\0\0\0\0"
	       "\x8\0\2\0\x8\0\0\0\xc\0\2\0"
	       "\2\0\0\0\0\0\0\0\2\0\0\0a\0\0\0"
	       "\2\0\0\0\0\0\0\0\2\0\0\0\xe9\0\0\0"
	       "\1\0\0\0\0\0\0\0\1\0\0\0\0\0");
	EXPECT(&type_shares, ndr64, &shares,
	       "\2\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\2\0\0\0\0\0\0\0"
	       "\4\0\2\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	       "\x8\0\2\0\0\0\0\0\x8\0\0\0\0\0\0\0\xc\0\2\0\0\0\0\0"
	       "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0a\0\0\0\0\0\0\0"
	       "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\xe9\0\0\0\0\0\0\0"
	       "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0");
}

/* The maximum count of the innermost array stands before the outermost struct. */
static void test_conformance_in_front(void **state)
{
	uint32_t items[] = { 1, 2 };
	struct outer outer = { 9, { 2, items } };

	EXPECT(&type_outer, ndr, &outer, "\2\0\0\0\x9\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0");
	EXPECT(&type_outer, ndr_big, &outer, "\0\0\0\2\x9\0\0\0\0\2\0\0\0\0\0\1\0\0\0\2");
	EXPECT(&type_outer, ndr64, &outer, "\2\0\0\0\0\0\0\0\x9\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0");
	REFUSED(&type_outer, "\2\0\0\0\x9\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0", "attribute says 1");
	REFUSED(&type_outer, "\xff\xff\xff\xff\x9\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0", "count");
	REFUSED(&type_outer, "\xff\xff\xff\x7f\x9\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0", "more elements");
	REFUSED(&type_outer, "\2\0\0\0\x9\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0\0", "left over");
}

/* Members that come later on the wire count as well, and those behind pointers. */
static void test_window(void **state)
{
	uint16_t items[] = { 1, 2, 3, 4 };
	uint32_t length = 2;
	struct window window = { 8, items, 1, &length };

	EXPECT(&type_window, ndr, &window,
	       "\x8\0\0\0\0\0\2\0\4\0\0\0\1\0\0\0\2\0\0\0\2\0\3\0\1\0\0\0\4\0\2\0\2\0\0\0");
	REFUSED(&type_window,
		"\x8\0\0\0\0\0\2\0\4\0\0\0\1\0\0\0\2\0\0\0\2\0\3\0\1\0\0\0\4\0\2\0\3\0\0\0",
		"attribute says 3");
	REFUSED(&type_window,
		"\x8\0\0\0\0\0\2\0\4\0\0\0\3\0\0\0\2\0\0\0\2\0\3\0\1\0\0\0\4\0\2\0\2\0\0\0",
		"2 elements from 3 on, of 4");
}

static void test_unions(void **state)
{
	uint32_t pointee = 5;
	struct choice number = { .tag = 1, .u.number = 6 };
	struct choice pointer = { .tag = 3, .u.pointer = &pointee };
	struct choice empty = { .tag = 4 };
	struct variant variant = { .tag = 1, .u.small = 9 };

	EXPECT(&type_choice, ndr, &number, "\1\0\1\0\0\0\0\0\6\0\0\0\0\0\0\0");
	EXPECT(&type_choice, ndr64, &number, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0");
	EXPECT(&type_choice, ndr, &pointer, "\3\0\3\0\0\0\2\0\5\0\0\0");
	EXPECT(&type_choice, ndr, &empty, "\4\0\4\0");
	EXPECT(&type_variant, ndr, &variant, "\1\0\x9");
	EXPECT(&type_variant, ndr64, &variant, "\1\0\0\0\0\0\0\0\x9");
	REFUSED(&type_choice, "\4\0\5\0", "attribute says 4");
	REFUSED(&type_variant, "\7\0\x9", "no arm");
}

static void test_mixed(void **state)
{
	uint16_t grid[] = { 1, 2, 3, 4 };
	struct mixed mixed = {
		.bytes = { { 1, 2, 3 }, { 4, 5, 6 } },
		.handle = { 1, { 2, 3, 4, { 5, 6 }, { 7, 8, 9, 10, 11, 12 } } },
		.label = (char *)"hi",
		.percent = 100,
		.rows = 2,
		.columns = 2,
		.grid = grid,
	};

	EXPECT(&type_mixed, ndr, &mixed,
	       "\2\0\0\0\2\0\0\0\1\2\3\4\5\6\0\0\1\0\0\0\2\0\0\0\3\0\4\0"
	       "\5\6\7\x8\x9\xa\xb\xc\0\0\0\0\3\0\0\0hi\0\0\x64\0\2\0\2\0\1\0\2\0\3\0\4\0");
	mixed.percent = 101;
	{
		struct pen_buffer buffer;
		struct pen_ndr_error error;

		pen_buffer_init(&buffer, 0);
		assert_int_equal(pen_ndr_put(&type_mixed, ndr, NULL, &mixed, &buffer, &error),
				 PEN_E_BAD_DATA);
		assert_string_equal(error.text, "percent: 101 is out of range");
		pen_buffer_done(&buffer);
	}
}

static void test_strings(void **state)
{
	static const char *const text = "h\xed\xa0\x80 \xf0\x9f\x98\x80";

	EXPECT(&type_wide_string, ndr, &text,
	       "\6\0\0\0\0\0\0\0\6\0\0\0h\0\0\xd8 \0\x3d\xd8\0\xde\0\0");
	EXPECT(&type_wide_string, ndr_big, &text,
	       "\0\0\0\6\0\0\0\0\0\0\0\6\0h\xd8\0\0 \xd8\x3d\xde\0\0\0");
	REFUSED(&type_wide_string, "\2\0\0\0\0\0\0\0\2\0\0\0h\0h\0", "terminator");
	REFUSED(&type_wide_string, "\3\0\0\0\0\0\0\0\3\0\0\0h\0\0\0\0\0", "NUL inside");
	REFUSED(&type_wide_string, "\1\0\0\0\0\0\0\0\2\0\0\0h\0\0\0", "string of 2");
	REFUSED(&type_wide_string, "\2\0\0\0\1\0\0\0\1\0\0\0\0\0", "from 1 on");
	REFUSED(&type_wide_string, "\0\0\0\0\0\0\0\0\0\0\0\0", "string of 0");
}

/* The same referent is the same pointer, also where that closes a circle. */
static void test_graph(void **state)
{
	struct node second = { .id = 2 };
	struct node first = { .id = 1, .left = &second, .right = &second };
	struct pen_ndr_error error;
	struct pen_arena arena;
	struct node node;

	second.left = &second;
	EXPECT(&type_node, ndr, &first, "\1\0\0\0\0\0\2\0\0\0\2\0\2\0\0\0\0\0\2\0\0\0\0\0");
	pen_arena_init(&arena, 0);
	assert_int_equal(get(&type_node, ndr, "\1\0\0\0\0\0\2\0\0\0\2\0\2\0\0\0\0\0\2\0\0\0\0\0",
			     24, &node, &arena, &error),
			 0);
	assert_ptr_equal(node.left, node.right);
	assert_ptr_equal(node.left->left, node.left);
	assert_null(node.left->right);
	pen_arena_done(&arena);
}

/* n list elements, each in its own 8 bytes. */
static size_t make_list(uint8_t *bytes, size_t n)
{
	memset(bytes, 0, n * 8);
	for (size_t i = 0; i + 1 < n; i++)
		bytes[i * 8 + 4] = 1;
	return n * 8;
}

static void test_depth(void **state)
{
	uint8_t bytes[8 * (PEN_NDR_DEPTH_MAX + 2)];
	struct pen_ndr_error error;
	struct pen_arena arena;
	struct list list;

	pen_arena_init(&arena, 0);
	assert_int_equal(get(&type_list, ndr, bytes, make_list(bytes, PEN_NDR_DEPTH_MAX + 1), &list,
			     &arena, &error),
			 0);
	assert_int_equal(get(&type_list, ndr, bytes, make_list(bytes, PEN_NDR_DEPTH_MAX + 2), &list,
			     &arena, &error),
			 PEN_E_LIMIT);
	pen_arena_done(&arena);
}

/* Many pointers, so that the lists inside the walk do not suffice. */
static void test_no_memory(void **state)
{
	struct share many[40];
	struct shares list = { PEN_COUNT(many), many };
	struct pen_ndr_error error;
	struct pen_buffer buffer;
	struct pen_arena arena;
	struct shares back;
	int r;

	for (size_t i = 0; i < PEN_COUNT(many); i++)
		many[i] = (struct share){ (char *)"name", 1, (char *)"remark" };
	for (size_t n = 1;; n++) {
		pen_buffer_init(&buffer, 0);
		pen_fail_at(n);
		r = pen_ndr_put(&type_shares, ndr, NULL, &list, &buffer, &error);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		pen_buffer_done(&buffer);
	}
	assert_int_equal(r, 0);
	for (size_t n = 1;; n++) {
		pen_arena_init(&arena, 0);
		pen_fail_at(n);
		r = get(&type_shares, ndr, buffer.data, buffer.size, &back, &arena, &error);
		if (!pen_fail_hit())
			break;
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
		pen_arena_done(&arena);
	}
	assert_int_equal(r, 0);
	assert_string_equal(back.shares[39].remark, "remark");
	pen_arena_done(&arena);
	pen_buffer_done(&buffer);
}

/* A size that is promised and not sent takes memory up to a limit only. */
static void test_promised_size(void **state)
{
	static const char bytes[] = "\xfe\xff\xff\xff\0\0\2\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0"
				    "\0\0\0\0\4\0\2\0\0\0\0\0";
	struct pen_ndr_error error;
	struct pen_arena arena;
	struct window window;

	pen_arena_init(&arena, 0);
	assert_int_equal(get(&type_window, ndr, bytes, sizeof(bytes) - 1, &window, &arena, &error),
			 PEN_E_LIMIT);
	pen_arena_done(&arena);
}

static int setup(void **state)
{
	test_types_derive();
	return 0;
}

/* Rows that have no columns take no bytes, but there must not be billions of them. */
static void test_rows_without_columns(void **state)
{
	static const uint8_t bytes[] = {
		0x02, 0x00, 0x00, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x04, 0x05,
		0x06, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0x00,
		0x04, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00,
		0x00, 0x03, 0x00, 0x00, 0x00, 0x68, 0x69, 0x00, 0x1d, 0x64, 0x00, 0x02, 0x00,
		0x02, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00,
	};
	struct pen_ndr_error error = { "" };
	struct mixed value = { 0 };
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(get(&type_mixed, ndr, bytes, sizeof(bytes), &value, &arena, &error),
			 PEN_E_LIMIT);
	pen_arena_done(&arena);
}

/* A large array is left in lasting bytes, if it is there as memory has it. */
static void test_lasting_bytes(void **state)
{
	enum { N = 2000 };
	static uint32_t items[N];
	const struct outer value = { .first = 1, .tail = { .n = N, .items = items } };
	const struct outer small = { .first = 1, .tail = { .n = 3, .items = items } };
	struct pen_layout layouts[] = { ndr, ndr64, ndr_big };
	struct pen_buffer buffer;
	struct pen_arena arena;

	for (uint32_t i = 0; i < N; i++)
		items[i] = i * 3;
	pen_buffer_init(&buffer, 0);
	pen_arena_init(&arena, 0);
	for (size_t i = 0; i < PEN_COUNT(layouts); i++) {
		bool is_native = layouts[i].is_big_endian == PEN_UTF16_HOST;
		const uint8_t *end;
		struct outer copy = { 0 };

		layouts[i].is_lasting = true;
		buffer.size = 0;
		assert_int_equal(pen_ndr_put(&type_outer, layouts[i], NULL, &value, &buffer, NULL),
				 0);
		end = buffer.data + buffer.size;
		assert_int_equal(pen_ndr_get(&type_outer, layouts[i], NULL, buffer.data,
					     buffer.size, &copy, &arena, NULL, NULL),
				 0);
		assert_memory_equal(copy.tail.items, items, sizeof(items));
		assert_int_equal((uint8_t *)copy.tail.items == end - sizeof(items), is_native);
		assert_int_equal(pen_ndr_get(&type_outer, layouts[i], NULL, buffer.data,
					     buffer.size - 1, &copy, &arena, NULL, NULL),
				 PEN_E_BAD_DATA);

		buffer.size = 0;
		assert_int_equal(pen_ndr_put(&type_outer, layouts[i], NULL, &small, &buffer, NULL),
				 0);
		assert_int_equal(pen_ndr_get(&type_outer, layouts[i], NULL, buffer.data,
					     buffer.size, &copy, &arena, NULL, NULL),
				 0);
		assert_false((uint8_t *)copy.tail.items >= buffer.data &&
			     (uint8_t *)copy.tail.items < buffer.data + buffer.size);
	}
	pen_arena_done(&arena);
	pen_buffer_done(&buffer);
}

static int put_only(const struct pen_type *type, const void *value)
{
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, 0);
	r = pen_ndr_put(type, ndr, NULL, value, &buffer, NULL);
	pen_buffer_done(&buffer);
	return r;
}

/* A range of an array or a string is one of its counts, in both directions
 * [MS-RPCE 3.1.1.5.3.3.1.3]. */
static void test_ranges_of_counts(void **state)
{
	static const struct pen_range two_to_three = { 2, 3 };
	static const struct pen_dimension open_end = { .is_conformant = true, .is_varying = true };
	struct pen_type text = { .kind = PEN_STRING,
				 .size = sizeof(char *),
				 .element = &pen_type_char,
				 .dimensions = &open_end,
				 .n_dimensions = 1,
				 .range = &two_to_three };
	struct pen_type grid = type_grid;
	struct pen_type mixed_type = type_mixed;
	struct pen_field fields[PEN_COUNT(mixed_fields)];
	uint16_t cells[] = { 1, 2, 3, 4 };
	char label[] = "";
	struct mixed mixed = { .label = label, .rows = 2, .columns = 2, .grid = cells };
	const char *const texts[] = { "", "a", "ab", "abc" };

	pen_type_derive(&text);
	EXPECT(&text, ndr, &texts[1], "\2\0\0\0\0\0\0\0\2\0\0\0a\0");
	EXPECT(&text, ndr, &texts[2], "\3\0\0\0\0\0\0\0\3\0\0\0ab\0");
	assert_int_equal(put_only(&text, &texts[0]), PEN_E_BAD_DATA);
	assert_int_equal(put_only(&text, &texts[3]), PEN_E_BAD_DATA);

	grid.range = &two_to_three;
	memcpy(fields, mixed_fields, sizeof(fields));
	fields[PEN_COUNT(fields) - 1].type = &grid;
	mixed_type.fields = fields;
	assert_int_equal(put_only(&mixed_type, &mixed), 0);
	mixed.columns = 1;
	assert_int_equal(put_only(&mixed_type, &mixed), PEN_E_BAD_DATA);
	assert_int_equal(put_only(&type_mixed, &mixed), 0);
	{
		static const uint8_t long_text[] = "\4\0\0\0\0\0\0\0\4\0\0\0abc";
		struct pen_ndr_error error = { "" };
		struct pen_arena arena;
		char *value = NULL;

		pen_arena_init(&arena, 0);
		assert_int_equal(pen_ndr_get(&text, ndr, NULL, long_text, sizeof(long_text), &value,
					     &arena, NULL, &error),
				 PEN_E_BAD_DATA);
		assert_string_equal(error.text, "a count of 4 is out of range");
		pen_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_conformance_in_front),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_unions),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_ranges_of_counts),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_graph),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_promised_size),
		cmocka_unit_test(test_rows_without_columns),
		cmocka_unit_test(test_lasting_bytes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
