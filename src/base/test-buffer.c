/* SPDX-License-Identifier: MIT */
#include "base/reader.h"
#include "base/writer.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>

static void test_what_was_written_is_read(void **state)
{
	const struct pen_uuid uuid = {
		0x01020304, 0x0506, 0x0708, { 9, 10 }, { 11, 12, 13, 14, 15, 16 }
	};

	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		struct pen_buffer buffer;
		struct pen_writer w;
		struct pen_reader r;
		struct pen_uuid back;

		pen_buffer_init(&buffer, 0);
		pen_writer_init(&w, &buffer);
		w.is_big_endian = is_big_endian;
		pen_writer_u8(&w, 0x11);
		pen_writer_align(&w, 8);
		pen_writer_u64(&w, 0x1122334455667788);
		pen_writer_u16(&w, 0x99aa);
		pen_writer_align(&w, 4);
		pen_writer_uuid(&w, &uuid);
		assert_int_equal(w.error, 0);
		assert_int_equal(buffer.size, 8 + 8 + 4 + 16);
		assert_int_equal(buffer.data[8], is_big_endian ? 0x11 : 0x88);

		pen_reader_init(&r, buffer.data, buffer.size);
		r.is_big_endian = is_big_endian;
		assert_int_equal(pen_reader_u8(&r), 0x11);
		pen_reader_align(&r, 8);
		assert_true(pen_reader_u64(&r) == 0x1122334455667788);
		assert_int_equal(pen_reader_u16(&r), 0x99aa);
		pen_reader_align(&r, 4);
		back = pen_reader_uuid(&r);
		assert_true(pen_uuid_equal(&back, &uuid));
		assert_true(pen_reader_ok(&r));
		assert_int_equal(pen_reader_left(&r), 0);
		pen_buffer_done(&buffer);
	}
}

static void test_reader_stays_at_its_first_error(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct pen_reader r;

	pen_reader_init(&r, bytes, sizeof(bytes));
	assert_int_equal(pen_reader_u32(&r), 0x04030201);
	assert_int_equal(pen_reader_u16(&r), 0);
	assert_false(pen_reader_ok(&r));
	assert_int_equal(pen_reader_u8(&r), 0);
	assert_int_equal(pen_reader_left(&r), 0);
	assert_null(pen_reader_bytes(&r, SIZE_MAX));
}

static void test_buffer_keeps_its_limit(void **state)
{
	struct pen_buffer buffer;
	struct pen_writer w;

	pen_buffer_init(&buffer, 10);
	assert_int_equal(pen_buffer_add(&buffer, "0123456789", 10), 0);
	assert_int_equal(pen_buffer_add(&buffer, "x", 1), PEN_E_LIMIT);
	assert_int_equal(buffer.size, 10);
	pen_writer_init(&w, &buffer);
	pen_writer_u8(&w, 'x');
	assert_int_equal(w.error, PEN_E_LIMIT);
	assert_int_equal(buffer.size, 10);
	pen_buffer_consume(&buffer, 4);
	assert_memory_equal(buffer.data, "456789", 6);
	pen_buffer_done(&buffer);
}

static void test_failed_allocation_leaves_all_as_it_was(void **state)
{
	struct pen_buffer buffer;
	struct pen_writer w;

	pen_buffer_init(&buffer, 0);
	pen_writer_init(&w, &buffer);
	pen_fail_at(1);
	pen_writer_u32(&w, 1);
	pen_writer_u32(&w, 2);
	assert_true(pen_fail_hit());
	assert_int_equal(w.error, -ENOMEM);
	assert_int_equal(buffer.size, 0);
	assert_int_equal(pen_buffer_printf(&buffer, "%s", "text"), 0);
	assert_int_equal(buffer.size, 4);
	pen_buffer_done(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_is_read),
		cmocka_unit_test(test_reader_stays_at_its_first_error),
		cmocka_unit_test(test_buffer_keeps_its_limit),
		cmocka_unit_test(test_failed_allocation_leaves_all_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
