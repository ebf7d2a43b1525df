/* SPDX-License-Identifier: MIT */
/*
 * The rows of reading, writing, peeking, transactions and flushing.
 */
#include "pipes/world.h"
#include <string.h>

#define OVERFLOW PEN_STATUS_BUFFER_OVERFLOW

static void test_R1(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	put(CLI, "cde");
	get(SRV, 4, "abcd");
	get(SRV, 4, "e");
}

static void test_R2(void **state)
{
	connected(MESSAGES, QUOTA);
	set_modes(SRV, 0, 0);
	put(CLI, "ab");
	put(CLI, "cde");
	get(SRV, 4, "abcd");
	get(SRV, 4, "e");
}

static void test_R3(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "ab");
	put(CLI, "cde");
	get(SRV, 9, "ab");
	get(SRV, 3, "cde");
}

static void test_R4(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "abcdefg");
	put(CLI, "next");
	get_part(SRV, 3, "abc");
	get_part(SRV, 3, "def");
	get(SRV, 3, "g");
	get(SRV, 9, "next");
}

static void test_R5(void **state)
{
	struct site_call call = { .verb = SITE_DUPLICATE, .relative_to = SRV2 };

	connected(MESSAGES, QUOTA);
	put(CLI, "abcdef");
	get_part(SRV, 3, "abc");
	site_of(SRV, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	get(SRV2, 9, "def");
}

static void test_R7(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "abcd");
	put(CLI, "ef");
	get_part(SRV, 2, "ab");
	get(SRV, 2, "cd");
	get(SRV, 2, "ef");
}

static void test_R8(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "");
	put(CLI, "ab");
	get(SRV, 9, "");
	get(SRV, 9, "ab");
	set_modes(SRV, 0, 0);
	put(CLI, "");
	get(SRV, 9, "");
	put(CLI, "");
	put(CLI, "ab");
	get(SRV, 9, "ab");
}

static void test_R9(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	get(SRV, 0, "");
	get(SRV, 9, "ab");
	closed(CLI);
	closed(SRV);
	connected(MESSAGES, QUOTA);
	put(CLI, "ab");
	get_part(SRV, 0, "");
	get(SRV, 9, "ab");
}

static void test_R10(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_read(SRV, 0);
	put(CLI, "");
	still_waits(op);
	put(CLI, "ab");
	ends_with(op, PEN_STATUS_SUCCESS, "");
	get(SRV, 9, "ab");
	closed(CLI);
	closed(SRV);
	connected(MESSAGES, QUOTA);
	op = start_read(SRV, 0);
	put(CLI, "ab");
	ends_with(op, OVERFLOW, "");
	get(SRV, 9, "ab");
}

static void test_R11(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_read(SRV, 9);
	still_waits(op);
	put(CLI, "ab");
	ends_with(op, PEN_STATUS_SUCCESS, "ab");
	op = start_read(CLI, 9);
	put(SRV, "cd");
	ends_with(op, PEN_STATUS_SUCCESS, "cd");
}

static void test_R12(void **state)
{
	connected(MESSAGES, QUOTA);
	set_modes(SRV, 1, 1);
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_EMPTY);
	put(CLI, "ab");
	get(SRV, 9, "ab");
}

static void test_R13(void **state)
{
	unsigned a, b, c;

	connected(BYTES, QUOTA);
	a = start_read(SRV, 2);
	b = start_read(SRV, 2);
	c = start_read(SRV, 2);
	put(CLI, "abc");
	ends_with(a, PEN_STATUS_SUCCESS, "ab");
	ends_with(b, PEN_STATUS_SUCCESS, "c");
	still_waits(c);
	closed(CLI);
	closed(SRV);
	connected(MESSAGES, QUOTA);
	a = start_read(SRV, 2);
	b = start_read(SRV, 9);
	put(CLI, "abc");
	ends_with(a, OVERFLOW, "ab");
	ends_with(b, PEN_STATUS_SUCCESS, "c");
}

static void test_R14(void **state)
{
	unsigned a, b;

	connected(MESSAGES, QUOTA);
	a = start_read(SRV, 9);
	b = start_read(SRV, 9);
	put(CLI, "");
	ends_with(a, PEN_STATUS_SUCCESS, "");
	still_waits(b);
}

static void test_R15(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, PEN_FILE_GENERIC_WRITE);
	refused(SITE_READ, CLI, PEN_STATUS_ACCESS_DENIED);
}

static void test_R16(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.configuration = PEN_PIPE_OUTBOUND;
	config.access = PEN_PIPE_READ_DATA;
	connected_as(&config, PEN_FILE_GENERIC_READ);
	refused(SITE_READ, SRV, PEN_STATUS_INVALID_PARAMETER);
}

static void test_W1(void **state)
{
	static const uint32_t quotas[2] = { 4, 8 };
	struct pen_pipe_config config = config_of(BYTES, 0);
	unsigned op;

	config.quotas = quotas;
	connected_as(&config, PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE);
	put(CLI, "abcd");
	op = start_write(CLI, "e");
	put(SRV, "abcdefgh");
	start_write(SRV, "i");
	get(SRV, 1, "a");
	ends(op, PEN_STATUS_SUCCESS, 1);
}

static void test_W2(void **state)
{
	connected(BYTES, 4);
	put(CLI, "abc");
	put(CLI, "d");
	start_write(CLI, "e");
}

static void test_W3(void **state)
{
	unsigned op;

	connected(BYTES, 4);
	op = start_write(CLI, "abcdef");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "abcdef", 6, 0, 0);
	still_waits(op);
	get(SRV, 9, "abcdef");
	ends(op, PEN_STATUS_SUCCESS, 6);
}

static void test_W4(void **state)
{
	unsigned op;

	connected(BYTES, 4);
	op = start_write(CLI, "abcdefgh");
	get(SRV, 3, "abc");
	still_waits(op);
	get(SRV, 1, "d");
	ends(op, PEN_STATUS_SUCCESS, 8);
}

static void test_W5(void **state)
{
	char text[6001];
	unsigned op;

	memset(text, 'a', 6000);
	text[6000] = 0;
	connected(MESSAGES, 4);
	op = start_write(CLI, text);
	get(SRV, 8000, text);
	ends(op, PEN_STATUS_SUCCESS, 6000);
}

static void test_W6(void **state)
{
	unsigned op;

	connected(BYTES, 4);
	op = start_read(SRV, 6);
	put(CLI, "abcdefghij");
	ends_with(op, PEN_STATUS_SUCCESS, "abcdef");
	get(SRV, 9, "ghij");
}

static void test_W7(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_read(SRV, 9);
	put(CLI, "");
	still_waits(op);
	cancelled(op);
	put(CLI, "");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "", 0, 0, 0);
}

static void test_W8(void **state)
{
	connected(MESSAGES, 4);
	put(CLI, "abcd");
	put(CLI, "");
	get(SRV, 9, "abcd");
	get(SRV, 9, "");
}

static void test_W9(void **state)
{
	for (int is_message = 0; is_message < 2; is_message++) {
		connected(is_message, 4);
		set_modes(CLI, 0, 1);
		put_some(CLI, "abcde", 0);
		put(CLI, "ab");
		put_some(CLI, "cde", 0);
		get(SRV, 9, "ab");
		closed(CLI);
		closed(SRV);
	}
}

static void test_W10(void **state)
{
	unsigned op;

	connected(BYTES, 4);
	set_modes(CLI, 0, 1);
	op = start_read(SRV, 2);
	put(CLI, "abcdef");
	ends_with(op, PEN_STATUS_SUCCESS, "ab");
	get(SRV, 9, "cdef");
}

static void test_W11(void **state)
{
	unsigned op;

	connected(BYTES, 4);
	set_modes(CLI, 0, 1);
	op = start_read(SRV, 2);
	put_some(CLI, "abcdefg", 2);
	ends_with(op, PEN_STATUS_SUCCESS, "ab");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "", 0, 0, 0);
}

static void test_W12(void **state)
{
	unsigned op;

	connected(MESSAGES, 4);
	set_modes(CLI, 1, 1);
	op = start_read(SRV, 2);
	put_some(CLI, "abcdefg", 0);
	still_waits(op);
}

static void test_W13(void **state)
{
	connected(MESSAGES, 4);
	set_modes(CLI, 1, 1);
	put(CLI, "abcd");
	put_some(CLI, "e", 0);
	get(SRV, 9, "abcd");
}

static void test_W14(void **state)
{
	unsigned a, b;

	connected(BYTES, 2);
	a = start_write(CLI, "abcd");
	b = start_write(CLI, "ef");
	get(SRV, 4, "abcd");
	ends(a, PEN_STATUS_SUCCESS, 4);
	ends(b, PEN_STATUS_SUCCESS, 2);
	get(SRV, 4, "ef");
}

static void test_W15(void **state)
{
	unsigned a, b;

	connected(BYTES, 4);
	a = start_write(CLI, "abcdef");
	b = start_write(CLI, "gh");
	get(SRV, 1, "a");
	cancelled(a);
	ends(b, PEN_STATUS_SUCCESS, 2);
	get(SRV, 9, "gh");
}

static void test_W16(void **state)
{
	unsigned op;

	connected(BYTES, 2);
	op = start_write(CLI, "abcd");
	closed(SRV);
	ends(op, PEN_STATUS_PIPE_BROKEN, 0);
	closed(CLI);
	connected(BYTES, 2);
	op = start_write(CLI, "abcd");
	disconnected(SRV);
	ends(op, PEN_STATUS_PIPE_DISCONNECTED, 0);
}

static void test_W17(void **state)
{
	connected(MESSAGES, QUOTA);
	set_modes(CLI, 0, 0);
	put(CLI, "ab");
	put(CLI, "cd");
	get(SRV, 9, "ab");
	get(SRV, 9, "cd");
}

static void test_W18(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, PEN_FILE_GENERIC_READ);
	refused(SITE_WRITE, CLI, PEN_STATUS_ACCESS_DENIED);
	closed(CLI);
	closed(SRV);
	config.configuration = PEN_PIPE_INBOUND;
	config.access = PEN_PIPE_WRITE_DATA;
	connected_as(&config, PEN_FILE_GENERIC_WRITE);
	refused(SITE_WRITE, SRV, PEN_STATUS_INVALID_PARAMETER);
}

static void test_W20(void **state)
{
	unsigned op;

	connected(BYTES, 0);
	op = start_write(CLI, "ab");
	get(SRV, 1, "a");
	still_waits(op);
	get(SRV, 1, "b");
	ends(op, PEN_STATUS_SUCCESS, 2);
}

static void test_P1(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	put(CLI, "cde");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "abcde", 5, 0, 0);
	seen(SRV, 2, PEN_STATUS_SUCCESS, "ab", 5, 0, 0);
}

static void test_P3(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "abc");
	put(CLI, "de");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "abc", 5, 3, 2);
	get_part(SRV, 1, "a");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "bc", 4, 2, 2);
	set_modes(SRV, 0, 0);
	seen(SRV, 9, PEN_STATUS_SUCCESS, "bc", 4, 2, 2);
}

static void test_P4(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "abc");
	seen(SRV, 2, OVERFLOW, "ab", 3, 3, 1);
}

static void test_P5(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "a");
	put(CLI, "");
	put(CLI, "b");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "a", 2, 1, 3);
}

static void test_P7(void **state)
{
	connected(MESSAGES, 2);
	start_write(CLI, "abc");
	start_write(CLI, "de");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "abc", 5, 3, 2);
}

static void test_P8(void **state)
{
	struct site_call call = { .verb = SITE_PEEK, .size = 4, .peek.available = 77 };

	connected(BYTES, QUOTA);
	disconnected(SRV);
	site_of(SRV, &call);
	expect(call.status, PEN_STATUS_INVALID_PIPE_STATE);
	assert_int_equal(call.peek.available, 77);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_PIPE_DISCONNECTED);
	assert_int_equal(call.peek.available, 77);
}

static void test_P10(void **state)
{
	connected(BYTES, QUOTA);
	seen(SRV, 9, PEN_STATUS_SUCCESS, "", 0, 0, 0);
	put(CLI, "ab");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "ab", 2, 0, 0);
	seen(SRV, 9, PEN_STATUS_SUCCESS, "ab", 2, 0, 0);
	get(SRV, 9, "ab");
}

static void test_P12(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, PEN_FILE_GENERIC_WRITE);
	expect(ask(SITE_PEEK, CLI)->status, PEN_STATUS_ACCESS_DENIED);
}

static void test_P13(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "");
	seen(SRV, 9, PEN_STATUS_SUCCESS, "", 0, 0, 1);
}

static void test_P14(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	assert_int_equal(ask(SITE_PEEK, SRV)->peek.state, 3);
	closed(CLI);
	assert_int_equal(ask(SITE_PEEK, SRV)->peek.state, 4);
}

static void test_T1(void **state)
{
	connected(BYTES, QUOTA);
	refused(SITE_TRANSACT, CLI, PEN_STATUS_INVALID_PIPE_STATE);
	closed(CLI);
	closed(SRV);
	connected(MESSAGES, QUOTA);
	set_modes(CLI, 0, 0);
	refused(SITE_TRANSACT, CLI, PEN_STATUS_INVALID_PIPE_STATE);
}

static void test_T2(void **state)
{
	struct pen_pipe_config config = config_of(MESSAGES, QUOTA);

	config.configuration = PEN_PIPE_OUTBOUND;
	config.access = PEN_PIPE_READ_DATA;
	connected_as(&config, PEN_FILE_GENERIC_READ);
	refused(SITE_TRANSACT, SRV, PEN_STATUS_INVALID_PIPE_STATE);
}

static void test_T3(void **state)
{
	connected(MESSAGES, QUOTA);
	put(SRV, "y");
	refused(SITE_TRANSACT, CLI, PEN_STATUS_PIPE_BUSY);
	seen(SRV, 9, PEN_STATUS_SUCCESS, "", 0, 0, 0);
	get(CLI, 9, "y");
}

static void test_T4(void **state)
{
	unsigned op;

	connected(MESSAGES, 2);
	op = start(SITE_TRANSACT, CLI, "question", 9);
	get(SRV, 9, "question");
	still_waits(op);
	put(SRV, "no");
	ends_with(op, PEN_STATUS_SUCCESS, "no");
}

static void test_T5(void **state)
{
	unsigned op;

	connected(MESSAGES, QUOTA);
	op = start(SITE_TRANSACT, CLI, "question", 3);
	get(SRV, 9, "question");
	put(SRV, "reply");
	ends_with(op, OVERFLOW, "rep");
	get(CLI, 9, "ly");
}

static void test_T6(void **state)
{
	unsigned a, b;

	connected(MESSAGES, QUOTA);
	a = start(SITE_TRANSACT, CLI, "a", 9);
	get(SRV, 9, "a");
	b = start(SITE_TRANSACT, SRV, "b", 9);
	ends_with(a, PEN_STATUS_SUCCESS, "b");
	put(CLI, "c");
	ends_with(b, PEN_STATUS_SUCCESS, "c");
}

static void test_T7(void **state)
{
	unsigned op;

	connected(MESSAGES, QUOTA);
	op = start(SITE_TRANSACT, CLI, "", 9);
	get(SRV, 9, "");
	put(SRV, "");
	ends_with(op, PEN_STATUS_SUCCESS, "");
	op = start(SITE_TRANSACT, CLI, "x", 0);
	get(SRV, 9, "x");
	put(SRV, "");
	ends_with(op, PEN_STATUS_SUCCESS, "");
}

static void test_T8(void **state)
{
	unsigned op;

	connected(MESSAGES, QUOTA);
	op = start(SITE_TRANSACT, CLI, "question", 9);
	cancelled(op);
	get(SRV, 9, "question");
}

static void test_T9(void **state)
{
	unsigned op;

	connected(MESSAGES, QUOTA);
	op = start(SITE_TRANSACT, CLI, "question", 9);
	put(SRV, "reply");
	ends(op, PEN_STATUS_SUCCESS, 5);
}

static void test_T10(void **state)
{
	unsigned op, listen;

	make(SRV, MESSAGES, QUOTA);
	listen = start(SITE_LISTEN, SRV, NULL, 0);
	op = start_call(CLI, "question", 3);
	ends(listen, PEN_STATUS_SUCCESS, 0);
	get_later(SRV, "question");
	put(SRV, "reply");
	ends_with(op, OVERFLOW, "rep");
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
	closed(SRV);
	make(SRV, BYTES, QUOTA);
	op = start_call(CLI, "question", 3);
	ends(op, PEN_STATUS_INVALID_PARAMETER, 0);
}

static void test_F1(void **state)
{
	connected(MESSAGES, QUOTA);
	refused(SITE_FLUSH, CLI, PEN_STATUS_SUCCESS);
	put(CLI, "a");
	get(SRV, 9, "a");
	refused(SITE_FLUSH, CLI, PEN_STATUS_SUCCESS);
}

static void test_F2(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	put(CLI, "abc");
	op = start(SITE_FLUSH, CLI, NULL, 0);
	get(SRV, 2, "ab");
	still_waits(op);
	get(SRV, 2, "c");
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_F3(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	put(CLI, "abc");
	op = start(SITE_FLUSH, CLI, NULL, 0);
	closed(SRV);
	ends(op, PEN_STATUS_PIPE_BROKEN, 0);
	closed(CLI);
	connected(BYTES, QUOTA);
	put(CLI, "abc");
	op = start(SITE_FLUSH, CLI, NULL, 0);
	disconnected(SRV);
	ends(op, PEN_STATUS_PIPE_DISCONNECTED, 0);
}

static void test_F4(void **state)
{
	unsigned op;

	connected(MESSAGES, QUOTA);
	put(CLI, "");
	op = start(SITE_FLUSH, CLI, NULL, 0);
	get(SRV, 9, "");
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_F5(void **state)
{
	unsigned write, flush;

	connected(BYTES, 2);
	write = start_write(CLI, "abcd");
	flush = start(SITE_FLUSH, CLI, NULL, 0);
	cancelled(write);
	ends(flush, PEN_STATUS_SUCCESS, 0);
}

static void test_F6(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, PEN_FILE_GENERIC_READ);
	refused(SITE_FLUSH, CLI, PEN_STATUS_ACCESS_DENIED);
}

const struct CMUnitTest rows_data[] = {
	ROW(test_R1),  ROW(test_R2),  ROW(test_R3),  ROW(test_R4),  ROW(test_R5),  ROW(test_R7),
	ROW(test_R8),  ROW(test_R9),  ROW(test_R10), ROW(test_R11), ROW(test_R12), ROW(test_R13),
	ROW(test_R14), ROW(test_R15), ROW(test_R16), ROW(test_W1),  ROW(test_W2),  ROW(test_W3),
	ROW(test_W4),  ROW(test_W5),  ROW(test_W6),  ROW(test_W7),  ROW(test_W8),  ROW(test_W9),
	ROW(test_W10), ROW(test_W11), ROW(test_W12), ROW(test_W13), ROW(test_W14), ROW(test_W15),
	ROW(test_W16), ROW(test_W17), ROW(test_W18), ROW(test_W20), ROW(test_P1),  ROW(test_P3),
	ROW(test_P4),  ROW(test_P5),  ROW(test_P7),  ROW(test_P8),  ROW(test_P10), ROW(test_P12),
	ROW(test_P13), ROW(test_P14), ROW(test_T1),  ROW(test_T2),  ROW(test_T3),  ROW(test_T4),
	ROW(test_T5),  ROW(test_T6),  ROW(test_T7),  ROW(test_T8),  ROW(test_T9),  ROW(test_T10),
	ROW(test_F1),  ROW(test_F2),  ROW(test_F3),  ROW(test_F4),  ROW(test_F5),  ROW(test_F6),
};
const size_t n_rows_data = PEN_COUNT(rows_data);
