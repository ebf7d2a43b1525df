/* SPDX-License-Identifier: MIT */
#include "sec/der.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>

/* Lengths take the fewest bytes, and are read so again. */
static void test_lengths(void **state)
{
	static const struct {
		size_t n;
		uint8_t header[6];
		size_t n_header;
	} rows[] = {
		{ 0, { 4, 0 }, 2 },
		{ 1, { 4, 1 }, 2 },
		{ 127, { 4, 127 }, 2 },
		{ 128, { 4, 0x81, 128 }, 3 },
		{ 255, { 4, 0x81, 255 }, 3 },
		{ 256, { 4, 0x82, 1, 0 }, 4 },
		{ 65535, { 4, 0x82, 255, 255 }, 4 },
		{ 65536, { 4, 0x83, 1, 0, 0 }, 5 },
		{ 1 << 24, { 4, 0x84, 1, 0, 0, 0 }, 6 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t *contents = calloc(1, rows[i].n + 1);
		struct pen_buffer buffer;
		struct pen_writer w;
		struct pen_reader r;
		struct pen_slice got;

		assert_non_null(contents);
		pen_buffer_init(&buffer, 0);
		pen_writer_init(&w, &buffer);
		pen_der_put(&w, PEN_DER_OCTET_STRING, (struct pen_slice){ contents, rows[i].n });
		assert_int_equal(w.error, 0);
		assert_int_equal(buffer.size, rows[i].n_header + rows[i].n);
		assert_int_equal(pen_der_size(rows[i].n), buffer.size);
		assert_memory_equal(buffer.data, rows[i].header, rows[i].n_header);

		pen_reader_init(&r, buffer.data, buffer.size);
		assert_int_equal(pen_der_peek(&r), PEN_DER_OCTET_STRING);
		got = pen_der_get(&r, PEN_DER_OCTET_STRING);
		assert_true(pen_reader_ok(&r));
		assert_non_null(got.data);
		assert_int_equal(got.size, rows[i].n);
		assert_int_equal(pen_reader_left(&r), 0);
		pen_buffer_done(&buffer);
		free(contents);
	}
}

/* What BER would allow, and what is cut short. */
static void test_what_is_not_der(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[8];
		size_t n;
	} rows[] = {
		{ "nothing", { 0 }, 0 },
		{ "no length", { 4 }, 1 },
		{ "another tag", { 5, 0 }, 2 },
		{ "an indefinite length", { 4, 0x80, 0, 0 }, 4 },
		{ "a length of one byte that needs none", { 4, 0x81, 1, 0 }, 4 },
		{ "a length with a zero first", { 4, 0x82, 0, 1, 0 }, 5 },
		{ "a length of five bytes", { 4, 0x85, 0, 0, 0, 0, 1, 0 }, 8 },
		{ "a length cut short", { 4, 0x82, 1 }, 3 },
		{ "contents cut short", { 4, 2, 0 }, 3 },
		{ "a length past all memory", { 4, 0x84, 255, 255, 255, 255 }, 6 },
		{ "a reserved length", { 4, 0xff, 0 }, 3 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_reader r;
		struct pen_slice got;

		pen_reader_init(&r, rows[i].bytes, rows[i].n);
		got = pen_der_get(&r, PEN_DER_OCTET_STRING);
		if (pen_reader_ok(&r) || got.data || got.size)
			fail_msg("%s was read", rows[i].what);
		assert_int_equal(pen_der_peek(&r), 0);
	}
}

static void test_nesting(void **state)
{
	static const uint8_t wire[] = {
		0x30, 7,	   /* a sequence of */
		4,    2, 'h', 'i', /* two bytes, and */
		0x0a, 1, 3,	   /* a number */
	};
	struct pen_reader r;
	struct pen_reader inner;
	struct pen_slice skipped;

	pen_reader_init(&r, wire, sizeof(wire));
	inner = pen_der_open(&r, PEN_DER_SEQUENCE);
	skipped = pen_der_skip(&inner);
	assert_int_equal(skipped.size, 4);
	assert_ptr_equal(skipped.data, wire + 2);
	assert_int_equal(*pen_der_get(&inner, PEN_DER_ENUMERATED).data, 3);
	pen_der_close(&r, &inner);
	assert_true(pen_reader_ok(&r));

	pen_reader_init(&r, wire, sizeof(wire));
	inner = pen_der_open(&r, PEN_DER_SEQUENCE);
	pen_der_skip(&inner);
	pen_der_close(&r, &inner); /* with the number left in it */
	assert_false(pen_reader_ok(&r));

	inner = pen_der_open(&r, PEN_DER_SEQUENCE);
	assert_false(pen_reader_ok(&inner));
	assert_null(pen_der_skip(&inner).data);
}

/* A tag of more than one byte is not stepped over as if it were one. */
static void test_long_tag(void **state)
{
	static const uint8_t wire[] = { 0xbf, 1, 0 };
	struct pen_reader r;

	pen_reader_init(&r, wire, sizeof(wire));
	assert_null(pen_der_skip(&r).data);
	assert_false(pen_reader_ok(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_what_is_not_der),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_long_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
