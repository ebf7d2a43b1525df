/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing: a test for each row of the semantics that lies between two ends. The rows
 * are those of the semantics in docs/pipes.md.
 */
#include "pipe/test-channel.h"

/* R1 R2 R3: bytes go across writes, messages do not. */
static void test_r1_r2_r3(void **state)
{
	struct rig rig;

	rig_connect(&rig, false, 100);
	rig_put(&rig, CLI, "ab");
	rig_put(&rig, CLI, "cde");
	rig_get(&rig, SRV, 4, PEN_STATUS_SUCCESS, "abcd");
	rig_get(&rig, SRV, 4, PEN_STATUS_SUCCESS, "e");
	rig_done(&rig);

	rig_connect(&rig, true, 100);
	rig_put(&rig, CLI, "ab");
	rig_put(&rig, CLI, "cde");
	rig_get(&rig, SRV, 100, PEN_STATUS_SUCCESS, "ab");
	rig_get(&rig, SRV, 3, PEN_STATUS_SUCCESS, "cde");
	rig_put(&rig, CLI, "ab");
	rig_put(&rig, CLI, "cde");
	rig_set_modes(&rig, SRV, 0, 0);
	rig_get(&rig, SRV, 4, PEN_STATUS_SUCCESS, "abcd");
	rig_get(&rig, SRV, 4, PEN_STATUS_SUCCESS, "e");
	rig_done(&rig);
}

/* R4 R5 R7: the rest of a message is the next read, and its last part is no overflow. */
static void test_r4_r5_r7(void **state)
{
	struct rig rig;

	rig_connect(&rig, true, 100);
	rig_put(&rig, CLI, "abcdefg");
	rig_put(&rig, CLI, "next");
	rig_get(&rig, SRV, 3, PEN_STATUS_BUFFER_OVERFLOW, "abc");
	rig_get(&rig, SRV, 3, PEN_STATUS_BUFFER_OVERFLOW, "def");
	rig_get(&rig, SRV, 3, PEN_STATUS_SUCCESS, "g");
	rig_get(&rig, SRV, 4, PEN_STATUS_SUCCESS, "next");
	rig_done(&rig);
}

/* R8: an empty message is a message; among bytes it counts for nothing. */
static void test_r8(void **state)
{
	struct rig rig;

	rig_connect(&rig, true, 100);
	rig_put(&rig, CLI, "");
	rig_put(&rig, CLI, "ab");
	rig_get(&rig, SRV, 10, PEN_STATUS_SUCCESS, "");
	rig_get(&rig, SRV, 10, PEN_STATUS_SUCCESS, "ab");
	rig_set_modes(&rig, SRV, 0, 0);
	rig_put(&rig, CLI, "");
	rig_get(&rig, SRV, 10, PEN_STATUS_SUCCESS, "");
	rig_put(&rig, CLI, "");
	rig_put(&rig, CLI, "ab");
	rig_get(&rig, SRV, 10, PEN_STATUS_SUCCESS, "ab");
	rig_get_waits(&rig, SRV, 10);
	rig_done(&rig);
}

/* R9: no bytes are asked for, and none taken. */
static void test_r9(void **state)
{
	struct rig rig;

	rig_connect(&rig, false, 100);
	rig_put(&rig, CLI, "ab");
	rig_get(&rig, SRV, 0, PEN_STATUS_SUCCESS, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "ab");
	rig_done(&rig);
	rig_connect(&rig, true, 100);
	rig_put(&rig, CLI, "ab");
	rig_get(&rig, SRV, 0, PEN_STATUS_BUFFER_OVERFLOW, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "ab");
	rig_done(&rig);
}

/* R10: waiting for no bytes ends with the first that come, and takes none. */
static void test_r10(void **state)
{
	struct rig rig;
	unsigned op;

	rig_connect(&rig, false, 100);
	op = rig_get_waits(&rig, SRV, 0);
	rig_put(&rig, CLI, "");
	rig_still_waits(&rig, SRV, op);
	rig_put(&rig, CLI, "ab");
	rig_fetch_text(&rig, SRV, op, PEN_STATUS_SUCCESS, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "ab");
	rig_done(&rig);
	rig_connect(&rig, true, 100);
	op = rig_get_waits(&rig, SRV, 0);
	rig_put(&rig, CLI, "ab");
	rig_fetch_text(&rig, SRV, op, PEN_STATUS_BUFFER_OVERFLOW, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "ab");
	rig_done(&rig);
}

/* R11 R13: reads wait, and are served in their order; one write may serve several. */
static void test_r11_r13(void **state)
{
	struct rig rig;
	unsigned a, b, c;

	rig_connect(&rig, false, 100);
	a = rig_get_waits(&rig, SRV, 2);
	b = rig_get_waits(&rig, SRV, 2);
	c = rig_get_waits(&rig, SRV, 2);
	assert_int_equal(rig.ends[CLI].wakes, 0);
	rig_put(&rig, CLI, "abc");
	assert_int_equal(rig.ends[CLI].wakes, 1 << SRV);
	rig_still_waits(&rig, SRV, c);
	rig_fetch_text(&rig, SRV, b, PEN_STATUS_SUCCESS, "c");
	rig_fetch_text(&rig, SRV, a, PEN_STATUS_SUCCESS, "ab");
	rig_put(&rig, CLI, "d");
	rig_fetch_text(&rig, SRV, c, PEN_STATUS_SUCCESS, "d");
	rig_done(&rig);

	rig_connect(&rig, true, 100);
	a = rig_get_waits(&rig, SRV, 2);
	b = rig_get_waits(&rig, SRV, 9);
	c = rig_get_waits(&rig, SRV, 9);
	rig_put(&rig, CLI, "abc");
	rig_put(&rig, CLI, "d");
	rig_fetch_text(&rig, SRV, c, PEN_STATUS_SUCCESS, "d");
	rig_fetch_text(&rig, SRV, a, PEN_STATUS_BUFFER_OVERFLOW, "ab");
	rig_fetch_text(&rig, SRV, b, PEN_STATUS_SUCCESS, "c");
	rig_done(&rig);
}

/* R12: nothing to read, and no waiting. */
static void test_r12(void **state)
{
	struct rig rig;

	rig_connect(&rig, true, 100);
	rig_set_modes(&rig, SRV, 1, 1);
	rig_get(&rig, SRV, 9, PEN_STATUS_PIPE_EMPTY, "");
	rig_done(&rig);
}

/* R14 W7 W8: an empty write ends one read of messages, and is nothing among bytes. */
static void test_r14_w7_w8(void **state)
{
	struct rig rig;
	unsigned a, b;

	rig_connect(&rig, true, 4);
	a = rig_get_waits(&rig, SRV, 9);
	b = rig_get_waits(&rig, SRV, 9);
	rig_put(&rig, CLI, "");
	rig_fetch_text(&rig, SRV, a, PEN_STATUS_SUCCESS, "");
	rig_still_waits(&rig, SRV, b);
	rig_put(&rig, CLI, "x");
	rig_fetch_text(&rig, SRV, b, PEN_STATUS_SUCCESS, "x");
	rig_put(&rig, CLI, "full");
	rig_put(&rig, CLI, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "full");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "");
	rig_done(&rig);

	rig_connect(&rig, false, 4);
	a = rig_get_waits(&rig, SRV, 9);
	rig_put(&rig, CLI, "");
	rig_still_waits(&rig, SRV, a);
	rig_done(&rig);
}

/* R16 W18: the wrong direction. */
static void test_r16_w18(void **state)
{
	static const struct {
		enum pen_channel_configuration configuration;
		unsigned reader;
	} rows[] = { { PEN_CHANNEL_INBOUND, SRV }, { PEN_CHANNEL_OUTBOUND, CLI } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct pen_channel_config config = { .configuration = rows[i].configuration,
							   .quotas = { 9, 9 } };
		struct pen_channel_result result;
		struct rig rig;

		rig_listen(&rig, &config);
		pen_channel_connect(&rig.ends[CLI]);
		assert_int_equal(rig_write(&rig, rows[i].reader, "x", &result),
				 PEN_STATUS_INVALID_PARAMETER);
		rig_get(&rig, rows[i].reader ^ 1, 1, PEN_STATUS_INVALID_PARAMETER, "");
		rig_put(&rig, rows[i].reader ^ 1, "x");
		rig_get(&rig, rows[i].reader, 1, PEN_STATUS_SUCCESS, "x");
		rig_done(&rig);
	}
}

/* W1 W2 W3 W4 W5: what does not fit waits, and can be read meanwhile. */
static void test_w1_to_w5(void **state)
{
	struct rig rig;
	unsigned a, b, c;

	rig_connect(&rig, false, 4);
	rig_put(&rig, CLI, "abc");
	rig_put(&rig, CLI, "d");
	a = rig_put_waits(&rig, CLI, "ef");
	b = rig_put_waits(&rig, CLI, "0123456789");
	rig_put(&rig, SRV, "back");
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "a");
	rig_still_waits(&rig, CLI, a);
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "b");
	rig_fetch(&rig, CLI, a, PEN_STATUS_SUCCESS, "", 2);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "cdef01234");
	rig_still_waits(&rig, CLI, b);
	c = rig_put_waits(&rig, CLI, "z");
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "5");
	rig_fetch(&rig, CLI, b, PEN_STATUS_SUCCESS, "", 10);
	rig_still_waits(&rig, CLI, c);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "6789z");
	rig_fetch(&rig, CLI, c, PEN_STATUS_SUCCESS, "", 1);
	rig_done(&rig);
}

/* W6: what a waiting read takes is outside of the quota. */
static void test_w6(void **state)
{
	struct rig rig;
	unsigned a;

	rig_connect(&rig, false, 4);
	a = rig_get_waits(&rig, SRV, 6);
	rig_put(&rig, CLI, "0123456789");
	rig_fetch_text(&rig, SRV, a, PEN_STATUS_SUCCESS, "012345");
	rig_put_waits(&rig, CLI, "x");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "6789x");
	rig_done(&rig);
}

static void write_nowait(struct rig *rig, const char *text, uint32_t written)
{
	struct pen_channel_result result;

	assert_int_equal(rig_write(rig, CLI, text, &result), PEN_STATUS_SUCCESS);
	assert_int_equal(result.information, written);
}

/* W9 W13: all or nothing, where nobody reads. */
static void test_w9_w13(void **state)
{
	for (int is_message = 0; is_message < 2; is_message++) {
		struct rig rig;

		rig_connect(&rig, is_message, 4);
		rig_set_modes(&rig, CLI, (uint32_t)is_message, 1);
		write_nowait(&rig, "abcde", 0);
		write_nowait(&rig, "abcd", 4);
		write_nowait(&rig, "e", 0);
		rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "abcd");
		rig_done(&rig);
	}
}

/* W10 W11 W12: where somebody does. */
static void test_w10_w11_w12(void **state)
{
	struct rig rig;
	unsigned a;

	for (int is_message = 0; is_message < 2; is_message++) {
		rig_connect(&rig, is_message, 4);
		rig_set_modes(&rig, CLI, (uint32_t)is_message, 1);
		a = rig_get_waits(&rig, SRV, 2);
		write_nowait(&rig, "abcdef", 6);
		rig_fetch_text(&rig, SRV, a,
			       is_message ? PEN_STATUS_BUFFER_OVERFLOW : PEN_STATUS_SUCCESS, "ab");
		rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "cdef");
		rig_done(&rig);
	}
	rig_connect(&rig, false, 4);
	rig_set_modes(&rig, CLI, 0, 1);
	a = rig_get_waits(&rig, SRV, 2);
	write_nowait(&rig, "abcdefg", 2);
	rig_fetch_text(&rig, SRV, a, PEN_STATUS_SUCCESS, "ab");
	rig_done(&rig);
	rig_connect(&rig, true, 4);
	rig_set_modes(&rig, CLI, 1, 1);
	a = rig_get_waits(&rig, SRV, 2);
	write_nowait(&rig, "abcdefg", 0);
	rig_still_waits(&rig, SRV, a);
	rig_done(&rig);
}

/* W15 F5: a write that is taken back vanishes as far as it is not read. */
static void test_w15_f5(void **state)
{
	struct pen_channel_result result;
	struct rig rig;
	unsigned a, b, c;

	for (int is_message = 0; is_message < 2; is_message++) {
		rig_connect(&rig, is_message, 4);
		a = rig_put_waits(&rig, CLI, "abcdefg");
		b = rig_put_waits(&rig, CLI, "hi");
		c = rig_put_waits(&rig, CLI, "jklm");
		rig_get(&rig, SRV, 2, is_message ? PEN_STATUS_BUFFER_OVERFLOW : PEN_STATUS_SUCCESS,
			"ab");
		assert_int_equal(pen_channel_cancel(&rig.ends[CLI], CLI, a), PEN_STATUS_SUCCESS);
		rig_fetch(&rig, CLI, a, PEN_STATUS_CANCELLED, "", 0);
		rig_fetch(&rig, CLI, b, PEN_STATUS_SUCCESS, "", 2);
		rig_still_waits(&rig, CLI, c);
		rig_get(&rig, SRV, 2, PEN_STATUS_SUCCESS, "hi");
		rig_fetch(&rig, CLI, c, PEN_STATUS_SUCCESS, "", 4);
		rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "jklm");
		rig_done(&rig);
	}
	rig_connect(&rig, false, 4);
	rig_put(&rig, CLI, "ab");
	a = rig_put_waits(&rig, CLI, "cdefg");
	assert_int_equal(
		pen_channel_flush(&rig.ends[CLI], &(struct pen_channel_caller){ CLI, 1 }, &result),
		PEN_STATUS_PENDING);
	rig_get(&rig, SRV, 2, PEN_STATUS_SUCCESS, "ab");
	rig_still_waits(&rig, CLI, result.op);
	assert_int_equal(pen_channel_cancel(&rig.ends[CLI], CLI, a), PEN_STATUS_SUCCESS);
	rig_fetch(&rig, CLI, result.op, PEN_STATUS_SUCCESS, "", 0);
	assert_int_equal(pen_channel_cancel(&rig.ends[CLI], CLI, a), PEN_STATUS_NOT_FOUND);
	rig_done(&rig);
}

/* A read that has its bytes keeps them, though their write is taken back before it fetches. */
static void test_taken_stays_taken(void **state)
{
	struct rig rig;
	unsigned r, w;

	rig_connect(&rig, false, 4);
	r = rig_get_waits(&rig, SRV, 3);
	w = rig_put_waits(&rig, CLI, "abcdefghi");
	assert_int_equal(pen_channel_cancel(&rig.ends[CLI], CLI, w), PEN_STATUS_SUCCESS);
	rig_put(&rig, CLI, "next");
	rig_fetch_text(&rig, SRV, r, PEN_STATUS_SUCCESS, "abc");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "next");
	rig_done(&rig);
}

/* W20: without a quota each write waits for its reader. */
static void test_w20(void **state)
{
	struct rig rig;
	unsigned a;

	rig_connect(&rig, true, 0);
	a = rig_put_waits(&rig, CLI, "ab");
	rig_get(&rig, SRV, 1, PEN_STATUS_BUFFER_OVERFLOW, "a");
	rig_still_waits(&rig, CLI, a);
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "b");
	rig_fetch(&rig, CLI, a, PEN_STATUS_SUCCESS, "", 2);
	rig_done(&rig);
}

/* P1 P3 P4 P5 P7 P10 P13 P14 */
static void write_as(struct rig *rig, uint8_t identity, const char *text)
{
	const struct pen_channel_caller caller = { .end = CLI, .holder = 1, .identity = identity };
	struct pen_channel_result result;

	assert_int_equal(
		pen_channel_write(&rig->ends[CLI], &caller, text, (uint32_t)strlen(text), &result),
		PEN_STATUS_SUCCESS);
}

static void expect_identity(struct rig *rig, uint8_t identity)
{
	struct pen_channel_info info;

	assert_int_equal(pen_channel_get_info(&rig->ends[SRV], SRV, &info), PEN_STATUS_SUCCESS);
	assert_true(info.has_read);
	assert_int_equal(info.identity, identity);
}

/* Each write has its writer's identity; the last that was read of counts, wholly read or not. */
static void test_w19_i2(void **state)
{
	struct rig rig;
	unsigned op;

	rig_connect(&rig, false, 100);
	write_as(&rig, 0, "ab");
	write_as(&rig, 63, "cd");
	write_as(&rig, 7, "ef");
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "a");
	expect_identity(&rig, 0);
	rig_get(&rig, SRV, 2, PEN_STATUS_SUCCESS, "bc");
	expect_identity(&rig, 63);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "def");
	expect_identity(&rig, 7);
	op = rig_get_waits(&rig, SRV, 9);
	write_as(&rig, 5, "g");
	expect_identity(&rig, 5);
	rig_fetch_text(&rig, SRV, op, PEN_STATUS_SUCCESS, "g");
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_r1_r2_r3),
		cmocka_unit_test(test_r4_r5_r7),
		cmocka_unit_test(test_r8),
		cmocka_unit_test(test_r9),
		cmocka_unit_test(test_r10),
		cmocka_unit_test(test_r11_r13),
		cmocka_unit_test(test_r12),
		cmocka_unit_test(test_r14_w7_w8),
		cmocka_unit_test(test_r16_w18),
		cmocka_unit_test(test_w1_to_w5),
		cmocka_unit_test(test_w6),
		cmocka_unit_test(test_w9_w13),
		cmocka_unit_test(test_w10_w11_w12),
		cmocka_unit_test(test_w15_f5),
		cmocka_unit_test(test_taken_stays_taken),
		cmocka_unit_test(test_w20),
		cmocka_unit_test(test_w19_i2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
