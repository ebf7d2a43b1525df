/* SPDX-License-Identifier: MIT */
/*
 * The tables of the echo interface give the bytes that Samba 4.17's python
 * bindings (samba.dcerpc.echo, ndr_pack_in and ndr_pack_out) give.
 */
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/idl/rpcecho.h>
#include <string.h>

struct vector {
	uint16_t opnum;
	bool is_out;
	const void *in;
	const void *out;
	const char *wire[PEN_N_TRANSFERS]; /* in hexadecimal */
};

static size_t from_hex(const char *text, uint8_t *bytes)
{
	size_t n = 0;

	for (; *text; text += 2, n++) {
		unsigned high = text[0] <= '9' ? text[0] - '0' : text[0] - 'a' + 10;
		unsigned low = text[1] <= '9' ? text[1] - '0' : text[1] - 'a' + 10;

		bytes[n] = (uint8_t)(high << 4 | low);
	}
	return n;
}

static void put(const struct vector *vector, const void *value, enum pen_transfer transfer)
{
	const struct pen_operation *operation = &rpcecho_interface.operations[vector->opnum];
	const struct pen_layout layout = { .transfer = transfer };
	const struct pen_scope scope = { .in = vector->in, .out = value };
	struct pen_ndr_error error = { "" };
	struct pen_buffer buffer;
	uint8_t expected[256];
	size_t n = from_hex(vector->wire[transfer], expected);

	pen_buffer_init(&buffer, 0);
	if (pen_ndr_put(vector->is_out ? operation->out : operation->in, layout,
			&(struct pen_scope){ .in = vector->is_out ? scope.in : value,
					     .out = vector->is_out ? value : NULL },
			value, &buffer, &error))
		fail_msg("%s: %s", operation->name, error.text);
	if (buffer.size != n)
		fail_msg("%s transfer %d: %zu bytes, not %zu", operation->name, transfer,
			 buffer.size, n);
	assert_memory_equal(buffer.data, expected, n);
	pen_buffer_done(&buffer);
}

/* The value gives the bytes, and what the bytes give, gives them again. */
static void expect(const struct vector *vector)
{
	const struct pen_operation *operation = &rpcecho_interface.operations[vector->opnum];
	const struct pen_type *type = vector->is_out ? operation->out : operation->in;

	for (int transfer = 0; transfer < PEN_N_TRANSFERS; transfer++) {
		const struct pen_layout layout = { .transfer = transfer };
		struct pen_ndr_error error = { "" };
		struct pen_arena arena;
		uint8_t bytes[256];
		size_t n = from_hex(vector->wire[transfer], bytes);
		void *value;

		put(vector, vector->is_out ? vector->out : vector->in, transfer);
		pen_arena_init(&arena, 1 << 20);
		value = pen_arena_zalloc(&arena, type->size);
		if (pen_ndr_get(type, layout,
				&(struct pen_scope){ .in = vector->is_out ? vector->in : value,
						     .out = vector->is_out ? value : NULL },
				bytes, n, value, &arena, NULL, &error))
			fail_msg("%s: %s", operation->name, error.text);
		put(vector, value, transfer);
		pen_arena_done(&arena);
	}
}

static void test_scalars(void **state)
{
	const struct rpcecho_echo_AddOne_in in = { .in_data = 7 };
	const struct rpcecho_echo_AddOne_out out = { .out_data = 8 };

	expect(&(struct vector){ 0, false, &in, NULL, { "07000000", "07000000" } });
	expect(&(struct vector){ 0, true, &in, &out, { "08000000", "08000000" } });
}

static void test_arrays(void **state)
{
	uint8_t sent[] = { 1, 2, 3 };
	uint8_t answered[] = { 4, 5, 6 };
	const struct rpcecho_echo_EchoData_in in = { .len = 3, .in_data = sent };
	const struct rpcecho_echo_EchoData_out out = { .out_data = answered };

	expect(&(struct vector){
		1,
		false,
		&in,
		NULL,
		{ "0300000003000000010203", "03000000000000000300000000000000010203" } });
	expect(&(struct vector){
		1, true, &in, &out, { "03000000040506", "0300000000000000040506" } });
}

static void test_strings(void **state)
{
	const struct rpcecho_echo_TestCall_in in = { .s1 = "ab" };
	const struct rpcecho_echo_TestCall_out out = { .s2 = "xyz" };

	expect(&(struct vector){
		4,
		false,
		&in,
		NULL,
		{ "030000000000000003000000610062000000",
		  "030000000000000000000000000000000300000000000000610062000000" } });
	expect(&(struct vector){
		4,
		true,
		&in,
		&out,
		{ "00000200040000000000000004000000780079007a000000",
		  "000002000000000004000000000000000000000000000000040000000000000078007900"
		  "7a000000" } });
}

static void test_unions(void **state)
{
	const struct rpcecho_echo_TestCall2_in in1 = { .level = 1 };
	const struct rpcecho_echo_TestCall2_out out1 = { .info.info1.v = 0x11 };
	const struct rpcecho_echo_TestCall2_in in5 = { .level = 5 };
	const struct rpcecho_echo_TestCall2_out out5 = { .info.info5 = { .v1 = 0x11, .v2 = 0x22 } };

	expect(&(struct vector){
		5, true, &in1, &out1, { "0100110000000000", "01000000000000001100000000000000" } });
	expect(&(struct vector){ 5,
				 true,
				 &in5,
				 &out5,
				 { "05000000000000001100000000000000220000000000000000000000",
				   "05000000000000001100000000000000220000000000000000000000" } });
}

static void test_enums(void **state)
{
	const struct rpcecho_echo_TestEnum_in in = {
		.foo1 = rpcecho_ECHO_ENUM2,
		.foo2 = { .e1 = rpcecho_ECHO_ENUM1, .e2 = rpcecho_ECHO_ENUM2_32 },
		.foo3.e2 = { .e1 = rpcecho_ECHO_ENUM2, .e2 = rpcecho_ECHO_ENUM1_32 },
	};

	expect(&(struct vector){ 7,
				 false,
				 &in,
				 NULL,
				 { "020000000100000002000000020000000200000001000000",
				   "020000000100000002000000020000000200000001000000" } });
}

static void test_conformant_struct(void **state)
{
	uint16_t around[] = { 0x11, 0x22 };
	const struct rpcecho_echo_TestSurrounding_in in = {
		.data = { .x = 2, .surrounding = around },
	};

	expect(&(struct vector){
		8,
		false,
		&in,
		NULL,
		{ "020000000200000011002200", "02000000000000000200000011002200" } });
}

/* The struct's size is a multiple of its alignment in NDR64, behind an array too. */
static void test_trailing_gap(void **state)
{
	const struct pen_type *type = rpcecho_interface.operations[8].in;
	static const uint8_t short_of_gap[] = { 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x11, 0 };
	uint16_t around[] = { 0x11 };
	const struct rpcecho_echo_TestSurrounding_in in = {
		.data = { .x = 1, .surrounding = around },
	};
	struct rpcecho_echo_TestSurrounding_in seen = { 0 };
	struct pen_arena arena;

	expect(&(struct vector){ 8,
				 false,
				 &in,
				 NULL,
				 { "01000000010000001100", "01000000000000000100000011000000" } });

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_ndr_get(type, (struct pen_layout){ .transfer = PEN_NDR64 },
				     &(struct pen_scope){ .in = &seen }, short_of_gap,
				     sizeof(short_of_gap), &seen, &arena, NULL, NULL),
			 0);
	assert_int_equal(seen.data.surrounding[0], 0x11);
	pen_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),	     cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_strings),	     cmocka_unit_test(test_unions),
		cmocka_unit_test(test_enums),	     cmocka_unit_test(test_conformant_struct),
		cmocka_unit_test(test_trailing_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
