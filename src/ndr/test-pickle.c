/* SPDX-License-Identifier: MIT */
#include "ndr/test-types.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/pickle.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 256 };

static const struct pen_pickle_form little = { .version = 1 };
static const struct pen_pickle_form big = { .version = 1, .is_big_endian = true };
static const struct pen_pickle_form second = { .version = 2 };
static const struct pen_pickle_form second64 = {
	.version = 2,
	.transfer = PEN_NDR64,
	.interface = { { 0x01020304, 0x0506, 0x0708, { 9, 10 }, { 11, 12, 13, 14, 15, 16 } },
		       0x1718,
		       0x1920 },
};
static const struct pen_pickle_form *const forms[] = { &little, &big, &second, &second64 };

#define EXPECT(buffer, text) expect_bytes(buffer, text, sizeof(text) - 1)

static void expect_bytes(const struct pen_buffer *buffer, const void *bytes, size_t n)
{
	assert_int_equal(buffer->size, n);
	assert_memory_equal(buffer->data, bytes, n);
}

static void put(const struct pen_pickle_form *form, const struct pen_type *type, const void *value,
		struct pen_buffer *buffer)
{
	struct pen_ndr_error error = { "" };

	if (pen_pickle_put(form, type, value, buffer, &error))
		fail_msg("%s", error.text);
}

static void open_pickle(struct pen_pickle *pickle, const struct pen_buffer *buffer)
{
	struct pen_ndr_error error = { "" };

	if (pen_pickle_open(pickle, buffer->data, buffer->size, &error))
		fail_msg("%s", error.text);
}

/* A struct, a number, a struct again. */
static void put_three(const struct pen_pickle_form *form, struct pen_buffer *buffer)
{
	struct list list = { .id = 7 };
	uint16_t number = 0x1234;

	pen_buffer_init(buffer, 0);
	assert_int_equal(pen_pickle_begin(form, buffer), 0);
	put(form, &type_list, &list, buffer);
	put(form, &pen_type_u16, &number, buffer);
	put(form, &type_list, &list, buffer);
}

static void test_version_1(void **state)
{
	struct pen_buffer buffer;

	put_three(&little, &buffer);
	EXPECT(&buffer, "\x01\x10\x08\x00\xcc\xcc\xcc\xcc"
			"\x08\x00\x00\x00\x00\x00\x00\x00" /* a header, then the struct */
			"\x07\x00\x00\x00\x00\x00\x00\x00"
			"\x34\x12\x00\x00\x00\x00\x00\x00" /* the number has none */
			"\x08\x00\x00\x00\x00\x00\x00\x00"
			"\x07\x00\x00\x00\x00\x00\x00\x00");
	pen_buffer_done(&buffer);
	put_three(&big, &buffer);
	EXPECT(&buffer, "\x01\x00\x08\x00\xcc\xcc\xcc\xcc" /* little-endian by itself */
			"\x00\x00\x00\x08\x00\x00\x00\x00"
			"\x07\x00\x00\x00\x00\x00\x00\x00"
			"\x12\x34\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x08\x00\x00\x00\x00"
			"\x07\x00\x00\x00\x00\x00\x00\x00");
	pen_buffer_done(&buffer);
}

static void test_version_2(void **state)
{
	struct pen_buffer buffer;

	put_three(&second64, &buffer);
	EXPECT(&buffer,
	       "\x02\x10\x40\x00\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"
	       "\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"
	       "\x33\x05\x71\x71\xba\xbe\x37\x49\x83\x19\xb5\xdb\xef\x9c\xcc\x36" /* NDR64 */
	       "\x01\x00\x00\x00"
	       "\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
	       "\x18\x17\x20\x19"
	       "\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x34\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
	pen_buffer_done(&buffer);
}

static int get_three(const void *data, size_t n, struct pen_arena *arena, uint16_t *numberp)
{
	struct list lists[2] = { { 0 } };
	struct pen_pickle pickle;
	int r = pen_pickle_open(&pickle, data, n, NULL);

	if (!r)
		r = pen_pickle_get(&pickle, &type_list, &lists[0], arena, NULL);
	if (!r)
		r = pen_pickle_get(&pickle, &pen_type_u16, numberp, arena, NULL);
	if (!r)
		r = pen_pickle_get(&pickle, &type_list, &lists[1], arena, NULL);
	if (!r && (lists[0].id != 7 || lists[1].id != 7 || !pen_pickle_is_end(&pickle)))
		r = -1;
	return r;
}

static void test_no_prefix_is_one(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(forms); i++) {
		struct pen_buffer buffer;
		struct pen_arena arena;
		uint16_t number = 0;

		put_three(forms[i], &buffer);
		pen_arena_init(&arena, 0);
		assert_int_equal(get_three(buffer.data, buffer.size, &arena, &number), 0);
		assert_int_equal(number, 0x1234);
		for (size_t n = 0; n < buffer.size; n++) {
			uint8_t *cut = malloc(n + 1);
			int r;

			memcpy(cut, buffer.data, n);
			r = get_three(cut, n, &arena, &number);
			assert_true(r == PEN_E_BAD_DATA || r == PEN_E_NOT_FOUND);
			free(cut);
		}
		pen_arena_done(&arena);
		pen_buffer_done(&buffer);
	}
}

static void from_json(const struct pen_type *type, const char *text, void *value,
		      struct pen_arena *arena)
{
	struct pen_ndr_error error = { "" };

	if (pen_ndr_from_json(type, NULL, text, strlen(text), value, arena, &error))
		fail_msg("%s", error.text);
}

/* Get undoes put, in each form. */
static void through(const struct pen_pickle_form *form, const struct pen_type *type,
		    const char *text, struct pen_arena *arena)
{
	_Alignas(16) uint8_t value[VALUE_MAX] = { 0 }, again[VALUE_MAX] = { 0 };
	struct pen_buffer buffer, json;
	struct pen_pickle pickle;

	from_json(type, text, value, arena);
	pen_buffer_init(&buffer, 0);
	pen_buffer_init(&json, 0);
	assert_int_equal(pen_pickle_begin(form, &buffer), 0);
	put(form, type, value, &buffer);
	open_pickle(&pickle, &buffer);
	assert_int_equal(pickle.form.version, form->version);
	assert_int_equal(pickle.form.transfer, form->transfer);
	assert_int_equal(pickle.form.is_big_endian, form->is_big_endian);
	assert_true(pen_syntax_id_equal(&pickle.form.interface, &form->interface));
	assert_int_equal(pen_pickle_get(&pickle, type, again, arena, NULL), 0);
	assert_true(pen_pickle_is_end(&pickle));
	assert_int_equal(pen_ndr_to_json(type, NULL, again, &json, NULL), 0);
	expect_bytes(&json, text, strlen(text));
	pen_buffer_done(&json);
	pen_buffer_done(&buffer);
}

static void test_get_undoes_put(void **state)
{
	static const struct {
		const struct pen_type *type;
		const char *json;
	} values[] = {
		{ &type_shares,
		  "{\"n\":2,\"shares\":[{\"name\":\"one\",\"kind\":1,\"remark\":null},"
		  "{\"name\":null,\"kind\":2,\"remark\":\"\"}]}" },
		{ &type_choice, "{\"tag\":2,\"u\":{\"pointer\":7}}" },
		{ &type_variant, "{\"$tag\":2,\"large\":0.5}" },
		{ &type_list, "{\"id\":1,\"next\":{\"id\":2,\"next\":null}}" },
		{ &type_list_pointer, "{\"id\":1,\"next\":null}" },
		{ &type_wide_string, "\"a text\"" },
		{ &type_narrow, "\"BLUE\"" },
		{ &pen_type_i3264, "-3" },
	};
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	for (size_t i = 0; i < PEN_COUNT(values); i++)
		for (size_t form = 0; form < PEN_COUNT(forms); form++)
			through(forms[form], values[i].type, values[i].json, &arena);
	pen_arena_done(&arena);
}

/* ---- what is none ---- */

static void expect_refusal(const void *data, size_t n, const char *reason)
{
	struct pen_ndr_error error = { "" };
	struct pen_pickle pickle;
	struct list list = { 0 };
	int r = pen_pickle_open(&pickle, data, n, &error);

	if (!r)
		r = pen_pickle_get(&pickle, &type_list, &list, NULL, &error);
	assert_int_equal(r, PEN_E_BAD_DATA);
	assert_string_equal(error.text, reason);
}

#define REFUSE(text, reason) expect_refusal(text, sizeof(text) - 1, reason)

static void test_refusals(void **state)
{
	REFUSE("\x03\x10\x08\x00\xcc\xcc\xcc\xcc", "version 3, which is not 1 nor 2");
	REFUSE("\x01\x11\x08\x00\xcc\xcc\xcc\xcc", "an endianness of 0x11");
	REFUSE("\x02\x00\x40\x00\xcc\xcc\xcc\xcc", "an endianness of 0x00");
	REFUSE("\x01\x10\x09\x00\xcc\xcc\xcc\xcc", "a common header of 9 bytes");
	REFUSE("\x01\x00\x00\x08\xcc\xcc\xcc\xcc", "a common header of 2048 bytes");
	REFUSE("\x01\x10\x08\x00\xcc\xcc\xcc", "the bytes end within the common header");
	REFUSE("\x02\x10\x40\x00\xcc\xcc\xcc\xcc", "the bytes end within the common header");
	REFUSE("\x02\x10\x40\x00++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++",
	       "a transfer syntax that is not NDR nor NDR64");
	REFUSE("\x01\x10\x08\x00\xcc\xcc\xcc\xcc\x08\x00\x00\x00\x00\x00\x00",
	       "the bytes end within a value's header");
	REFUSE("\x01\x10\x08\x00\xcc\xcc\xcc\xcc\xff\xff\xff\xff\x00\x00\x00\x00"
	       "\x07\x00\x00\x00\x00\x00\x00\x00",
	       "a value of 4294967295 bytes, of which 8 are there");
	REFUSE("\x01\x10\x08\x00\xcc\xcc\xcc\xcc\x10\x00\x00\x00\x00\x00\x00\x00"
	       "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	       "8 bytes are left over in a value of 16");
	REFUSE("\x01\x10\x08\x00\xcc\xcc\xcc\xcc\x04\x00\x00\x00\x00\x00\x00\x00"
	       "\x07\x00\x00\x00\x00\x00\x00\x00",
	       "next: the bytes end too early");
}

/* What SHOULD be ignored is. */
static void test_what_is_ignored(void **state)
{
	static const char stream[] =
		"\x01\x10\x08\x00\x00\x01\x02\x03\x08\x00\x00\x00\xff\xff\xff\xff"
		"\x07\xff\xff\xff\x00\x00\x00\x00";
	struct pen_pickle pickle;
	struct list list = { 0 };

	assert_int_equal(pen_pickle_open(&pickle, stream, sizeof(stream) - 1, NULL), 0);
	assert_int_equal(pen_pickle_get(&pickle, &type_list, &list, NULL, NULL), 0);
	assert_int_equal(list.id, 7);
	assert_int_equal(pen_pickle_get(&pickle, &type_list, &list, NULL, NULL), PEN_E_NOT_FOUND);
}

static void test_forms_that_are_none(void **state)
{
	const struct pen_pickle_form none[] = {
		{ .version = 0 },
		{ .version = 3 },
		{ .version = 1, .transfer = PEN_NDR64 },
		{ .version = 2, .is_big_endian = true },
	};
	struct pen_ndr_error error = { "" };
	struct pen_context_handle handle = { 0 };
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	for (size_t i = 0; i < PEN_COUNT(none); i++)
		assert_int_equal(pen_pickle_begin(&none[i], &buffer), PEN_E_UNSUPPORTED);
	assert_int_equal(pen_pickle_put(&little, &pen_type_handle, &handle, &buffer, &error),
			 PEN_E_UNSUPPORTED);
	assert_int_equal(pen_pickle_put(&little, &type_share_array, &handle, &buffer, &error),
			 PEN_E_UNSUPPORTED);
	assert_int_equal(buffer.size, 0);
	pen_buffer_done(&buffer);
}

/* Bytes of values can be had without knowing their types. */
static void test_bytes_of_values(void **state)
{
	struct pen_slice bytes[3];
	struct pen_buffer buffer;
	struct pen_pickle pickle;

	put_three(&second, &buffer);
	open_pickle(&pickle, &buffer);
	for (size_t i = 0; i < PEN_COUNT(bytes); i++)
		assert_int_equal(pen_pickle_get_bytes(&pickle, &bytes[i], NULL), 0);
	assert_int_equal(bytes[1].size, 16);
	assert_int_equal(bytes[1].data[0], 0x34);
	assert_int_equal(pen_pickle_get_bytes(&pickle, &bytes[0], NULL), PEN_E_NOT_FOUND);
	pen_buffer_done(&buffer);
}

static void test_no_memory_and_no_room(void **state)
{
	struct list next = { .id = 8 }, list = { .id = 7, .next = &next };
	struct pen_buffer buffer;
	int r;

	for (size_t n = 1;; n++) {
		pen_buffer_init(&buffer, 0);
		pen_fail_at(n);
		r = pen_pickle_begin(&little, &buffer);
		if (!r)
			r = pen_pickle_put(&little, &type_list, &list, &buffer, NULL);
		pen_buffer_done(&buffer);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, 0);
	pen_buffer_init(&buffer, 20);
	assert_int_equal(pen_pickle_begin(&little, &buffer), 0);
	assert_int_equal(pen_pickle_put(&little, &type_list, &list, &buffer, NULL), PEN_E_LIMIT);
	assert_int_equal(buffer.size, 8);
	pen_buffer_done(&buffer);
}

static int setup(void **state)
{
	test_types_derive();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_no_prefix_is_one),
		cmocka_unit_test(test_get_undoes_put),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_what_is_ignored),
		cmocka_unit_test(test_forms_that_are_none),
		cmocka_unit_test(test_bytes_of_values),
		cmocka_unit_test(test_no_memory_and_no_room),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
