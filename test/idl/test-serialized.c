/* SPDX-License-Identifier: MIT */
/*
 * [encode] and [decode]: functions of types, and bytes written by hand; and [message], which nobody
 * carries.
 */
#include "support/unit.h"

#include "serialized.h"
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <penstock/status.h>
#include <string.h>

enum { ARENA_MAX = 1 << 20 };

static const struct pen_pickle_form form = { .version = 1 };

/* What is written now is read back by the functions below. */
static void begin(struct pen_buffer *buffer)
{
	pen_buffer_init(buffer, 0);
	assert_int_equal(pen_pickle_begin(&form, buffer), 0);
}

static void test_bytes(void **state)
{
	static const uint8_t expected[] = {
		1,  0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc, /* common header */
		24, 0,	  0, 0, 0,    0,    0,	  0,	/* how long the value is */
		7,  0,	  0, 0, 0,    0,    2,	  0,	/* number, text */
		2,  0,	  0, 0, 0,    0,    0,	  0,	/* counts of *text */
		2,  0,	  0, 0, 'a',  0,    0,	  0,	/* and *text */
	};
	const struct serialized_NOTE note = { .number = 7, .text = "a" };
	struct pen_ndr_error error;
	struct pen_buffer buffer;

	(void)state;
	begin(&buffer);
	assert_int_equal(serialized_NOTE_encode(&form, &note, &buffer, &error), 0);
	assert_int_equal(buffer.size, sizeof(expected));
	assert_memory_equal(buffer.data, expected, sizeof(expected));
	pen_buffer_done(&buffer);
}

static void test_round(void **state)
{
	struct serialized_NOTE note = { .number = 7, .text = "\xc3\xa4" }, read = { .number = 0 };
	struct serialized_NOTE *notep = &note, *readp = NULL;
	enum all_of_it_NUMBERS number = all_of_it_TWO, read_number = all_of_it_ONE;
	const char *line = "line", *read_line = NULL;
	int32_t count = -3, read_count = 0;
	struct pen_ndr_error error;
	struct pen_pickle pickle;
	struct pen_buffer buffer;
	struct pen_arena arena;

	(void)state;
	pen_arena_init(&arena, ARENA_MAX);
	begin(&buffer);
	assert_int_equal(serialized_NOTE_encode(&form, &note, &buffer, &error), 0);
	assert_int_equal(serialized_PNOTE_encode(&form, &notep, &buffer, &error), 0);
	assert_int_equal(serialized_COUNT_encode(&form, &count, &buffer, &error), 0);
	assert_int_equal(all_of_it_NUMBERS_encode(&form, &number, &buffer, &error), 0);
	assert_int_equal(all_of_it_LINE_encode(&form, &line, &buffer, &error), 0);
	assert_int_equal(pen_pickle_open(&pickle, buffer.data, buffer.size, &error), 0);
	assert_int_equal(serialized_NOTE_decode(&pickle, &read, &arena, &error), 0);
	assert_int_equal(serialized_PNOTE_decode(&pickle, &readp, &arena, &error), 0);
	assert_int_equal(serialized_COUNT_decode(&pickle, &read_count, &arena, &error), 0);
	assert_int_equal(all_of_it_NUMBERS_decode(&pickle, &read_number, &arena, &error), 0);
	assert_int_equal(all_of_it_LINE_decode(&pickle, &read_line, &arena, &error), 0);
	assert_true(pen_pickle_is_end(&pickle));
	assert_int_equal(read.number, 7);
	assert_string_equal(read.text, note.text);
	assert_int_equal(readp->number, 7);
	assert_int_equal(read_count, -3);
	assert_int_equal(read_number, all_of_it_TWO);
	assert_string_equal(read_line, "line");
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

/* An array's functions take its first element; what is only written, or only read, has one
 * function. */
static void test_one_way(void **state)
{
	static const uint8_t stamp[] = {
		1, 0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc, 8, 0, 0, 0,
		0, 0,	 0, 0, 5,    0,	   0,	 0,    0, 0, 0, 0,
	};
	const int16_t grid[2][2] = { { 1, 2 }, { 3, 4 } };
	struct serialized_STAMP read = { .later = 0 };
	struct pen_ndr_error error;
	struct pen_pickle pickle;
	struct pen_buffer buffer;
	struct pen_arena arena;

	(void)state;
	pen_arena_init(&arena, ARENA_MAX);
	begin(&buffer);
	assert_int_equal(serialized_GRID_encode(&form, &grid[0][0], &buffer, &error), 0);
	assert_memory_equal(buffer.data + 16, grid, sizeof(grid));
	assert_int_equal(pen_pickle_open(&pickle, stamp, sizeof(stamp), &error), 0);
	assert_int_equal(serialized_STAMP_decode(&pickle, &read, &arena, &error), 0);
	assert_int_equal(read.later, 5);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static void test_message(void **state)
{
	const struct serialized_Post_in in = { .note = { .text = "" } };
	struct serialized_Post_out out;
	struct pen_client *client;
	struct pen_call *call;

	(void)state;
	assert_int_equal(serialized_interface.operations[0].flags, PEN_OPERATION_MESSAGE);
	assert_int_equal(pen_client_new(&client, "ncalrpc:[nowhere]", NULL, NULL), 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(serialized_Post(call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(call), PEN_WERR_RPC_S_CANNOT_SUPPORT);
	assert_string_equal(
		pen_call_error(call),
		"Post is a [message], which is for message queues (ncadg_mq): there is no "
		"such transport here.");
	pen_call_free(call);
	pen_client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_one_way),
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
