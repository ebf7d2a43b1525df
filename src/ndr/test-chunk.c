/* SPDX-License-Identifier: MIT */
/*
 * Pipes: their bytes, and the same read again however they are cut.
 */
#include "ndr/chunk.h"
#include "ndr/test-types.h"
#include "support/unit.h"
#include <penstock/buffer.h>
#include <string.h>

static void put(const struct pen_type *element, struct pen_layout layout, const void *elements,
		size_t n, struct pen_buffer *out)
{
	assert_int_equal(pen_chunk_put(element, layout, elements, n, out, NULL), 0);
}

static void expect_bytes(const struct pen_buffer *buffer, const void *bytes, size_t n)
{
	assert_int_equal(buffer->size, n);
	assert_memory_equal(buffer->data, bytes, n);
}

/* "abc", then "d", behind a byte of something else. */
static void put_bytes(struct pen_layout layout, struct pen_buffer *out)
{
	pen_buffer_init(out, 0);
	assert_int_equal(pen_buffer_add(out, "!", 1), 0);
	put(&pen_type_byte, layout, "abc", 3, out);
	put(&pen_type_byte, layout, "d", 1, out);
	put(&pen_type_byte, layout, NULL, 0, out);
}

static void test_bytes_in_ndr(void **state)
{
	static const char little[] = "!\0\0\0\3\0\0\0abc\0\1\0\0\0d\0\0\0\0\0\0\0";
	static const char big[] = "!\0\0\0\0\0\0\3abc\0\0\0\0\1d\0\0\0\0\0\0\0";
	struct pen_buffer out;

	put_bytes((struct pen_layout){ PEN_NDR, false, false }, &out);
	expect_bytes(&out, little, sizeof(little) - 1);
	pen_buffer_done(&out);
	put_bytes((struct pen_layout){ PEN_NDR, true, false }, &out);
	expect_bytes(&out, big, sizeof(big) - 1);
	pen_buffer_done(&out);
}

static void test_bytes_in_ndr64(void **state)
{
	static const char little[] =
		"!\0\0\0\0\0\0\0"
		"\3\0\0\0\0\0\0\0abc\0\0\0\0\0\xfd\xff\xff\xff\xff\xff\xff\xff"
		"\1\0\0\0\0\0\0\0d\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct pen_buffer out;

	put_bytes((struct pen_layout){ PEN_NDR64, false, false }, &out);
	expect_bytes(&out, little, sizeof(little) - 1);
	pen_buffer_done(&out);
}

enum { N = 7, CHUNK = 3 };

/*
 * The stub comes piece by piece; what was read goes in multiples of 16. What is read is what was
 * written.
 */
static void read_cut(const struct pen_type *element, struct pen_layout layout,
		     const struct pen_buffer *stub, size_t piece, const uint8_t *elements)
{
	struct pen_chunks chunks = { .element = element, .layout = layout };
	uint8_t got[(N + 1) * sizeof(struct scalars)];
	size_t pos = 1, come = 0, gone = 0, n_got = 0, n;
	int r = PEN_E_AGAIN;

	while (chunks.state != PEN_CHUNK_END) {
		if (r == PEN_E_AGAIN) {
			assert_true(come < stub->size);
			come = come + piece < stub->size ? come + piece : stub->size;
		}
		if (come - gone < pos)
			continue;
		r = pen_chunks_get(&chunks, (struct pen_slice){ stub->data + gone, come - gone },
				   &pos, got + n_got * element->size, N + 1 - n_got, &n, NULL);
		assert_true(r == 0 || r == PEN_E_AGAIN);
		n_got += n;
		gone += pos & ~(size_t)15;
		pos &= 15;
	}
	assert_int_equal(n_got, N);
	assert_memory_equal(got, elements, N * element->size);
	assert_int_equal(gone + pos, stub->size);
}

static void check_element(const struct pen_type *element, const void *elements)
{
	for (int i = 0; i < 4; i++) {
		struct pen_layout layout = { i & 1 ? PEN_NDR64 : PEN_NDR, i & 2, false };
		const uint8_t *bytes = elements;
		struct pen_buffer stub;

		pen_buffer_init(&stub, 0);
		assert_int_equal(pen_buffer_add(&stub, "!", 1), 0);
		put(element, layout, bytes, CHUNK, &stub);
		put(element, layout, bytes + CHUNK * element->size, N - CHUNK, &stub);
		put(element, layout, NULL, 0, &stub);
		for (size_t piece = 1; piece < stub.size + 1; piece += piece < 40 ? 1 : 29)
			read_cut(element, layout, &stub, piece, elements);
		pen_buffer_done(&stub);
	}
}

static void test_any_cut(void **state)
{
	struct scalars scalars[N];
	uint64_t numbers[N];
	uint16_t shorts[N];

	test_types_derive();
	memset(scalars, 0, sizeof(scalars));
	for (unsigned i = 0; i < N; i++) {
		numbers[i] = UINT64_C(0x0123456789abcdef) * (i + 1);
		shorts[i] = (uint16_t)(0x1234 * i);
		scalars[i] = (struct scalars){
			.i8 = (int8_t)i,
			.u16 = shorts[i],
			.u64 = numbers[i],
			.d = i / 2.0,
			.narrow = i & 1 ? BLUE : RED,
			.truth = i & 1,
		};
	}
	check_element(&pen_type_u64, numbers);
	check_element(&pen_type_u16, shorts);
	check_element(&pen_type_byte, "penstock");
	check_element(&type_scalars, scalars);
}

static void expect_refused(struct pen_layout layout, const void *bytes, size_t size)
{
	struct pen_chunks chunks = { .element = &pen_type_byte, .layout = layout };
	struct pen_ndr_error error = { "" };
	uint8_t got[16];
	size_t pos = 0, n;
	int r;

	do
		r = pen_chunks_get(&chunks, (struct pen_slice){ bytes, size }, &pos, got,
				   sizeof(got), &n, &error);
	while (!r && chunks.state != PEN_CHUNK_END);
	assert_int_equal(r, PEN_E_BAD_DATA);
	assert_string_not_equal(error.text, "");
}

static void test_counts_that_are_none(void **state)
{
	const struct pen_layout ndr64 = { .transfer = PEN_NDR64 };

	expect_refused(ndr64, "\0\0\0\x80\0\0\0\0", 8);
	expect_refused(ndr64, "\1\0\0\0\1\0\0\0", 8);
	expect_refused(ndr64, "\1\0\0\0\0\0\0\0x\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 24);
	expect_refused(ndr64, "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16);
}

/* A value that does not decode is refused; one that is not all there is waited for. */
static void test_elements_that_are_none(void **state)
{
	static const struct pen_range range = { 1, 5 };
	const struct pen_type number = {
		.kind = PEN_U32,
		.size = 4,
		.wire = { { 4, 4, false }, { 4, 4, false } },
		.range = &range,
	};
	struct pen_chunks chunks = { .element = &number };
	uint32_t got[4];
	size_t pos = 0, n;
	static const char bytes[] = "\2\0\0\0\5\0\0\0\6\0\0\0";

	assert_int_equal(pen_chunks_get(&chunks, (struct pen_slice){ (const uint8_t *)bytes, 7 },
					&pos, got, 4, &n, NULL),
			 PEN_E_AGAIN);
	assert_int_equal(pen_chunks_get(&chunks, (struct pen_slice){ (const uint8_t *)bytes, 12 },
					&pos, got, 1, &n, NULL),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(got[0], 5);
	assert_int_equal(pen_chunks_get(&chunks, (struct pen_slice){ (const uint8_t *)bytes, 12 },
					&pos, got, 1, &n, NULL),
			 PEN_E_BAD_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_in_ndr),
		cmocka_unit_test(test_bytes_in_ndr64),
		cmocka_unit_test(test_any_cut),
		cmocka_unit_test(test_counts_that_are_none),
		cmocka_unit_test(test_elements_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
