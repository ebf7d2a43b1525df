/* SPDX-License-Identifier: MIT */
/*
 * Peeking, transactions and flushes, and what there may be of all at most. The rows are those of
 * the semantics in docs/pipes.md.
 */
#include "pipe/test-channel.h"

static void peek(struct rig *rig, uint32_t n, uint32_t status, const char *text, uint32_t available,
		 uint32_t n_messages, uint32_t message_size)
{
	struct pen_channel_peek peek = { 0 };
	char bytes[64] = "";

	assert_int_equal(pen_channel_peek(&rig->ends[SRV], SRV, bytes, n, &peek), status);
	assert_string_equal(bytes, text);
	assert_int_equal(peek.n, strlen(text));
	assert_int_equal(peek.available, available);
	assert_int_equal(peek.n_messages, n_messages);
	assert_int_equal(peek.message_size, message_size);
	assert_int_equal(peek.state, PEN_CHANNEL_CONNECTED);
}

static void test_peek(void **state)
{
	struct rig rig;

	rig_connect(&rig, false, 4);
	peek(&rig, 9, PEN_STATUS_SUCCESS, "", 0, 0, 0);
	rig_put(&rig, CLI, "ab");
	rig_put_waits(&rig, CLI, "cde");
	peek(&rig, 4, PEN_STATUS_SUCCESS, "abcd", 5, 0, 0);
	peek(&rig, 9, PEN_STATUS_SUCCESS, "abcde", 5, 0, 0);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "abcde");
	rig_done(&rig);

	rig_connect(&rig, true, 4);
	rig_put(&rig, CLI, "abc");
	rig_put(&rig, CLI, "");
	rig_put_waits(&rig, CLI, "defg");
	peek(&rig, 9, PEN_STATUS_SUCCESS, "abc", 7, 3, 3);
	peek(&rig, 2, PEN_STATUS_BUFFER_OVERFLOW, "ab", 7, 3, 3);
	rig_get(&rig, SRV, 1, PEN_STATUS_BUFFER_OVERFLOW, "a");
	peek(&rig, 0, PEN_STATUS_BUFFER_OVERFLOW, "", 6, 3, 2);
	rig_set_modes(&rig, SRV, 0, 0);
	peek(&rig, 9, PEN_STATUS_SUCCESS, "bc", 6, 3, 2);
	rig_get(&rig, SRV, 2, PEN_STATUS_SUCCESS, "bc");
	peek(&rig, 9, PEN_STATUS_SUCCESS, "", 4, 2, 0);
	rig_done(&rig);

	rig_connect(&rig, true, 4);
	rig_put(&rig, CLI, "");
	peek(&rig, 9, PEN_STATUS_SUCCESS, "", 0, 1, 0);
	rig_done(&rig);
}

static uint32_t transact(struct rig *rig, unsigned end, const char *in, uint32_t n, unsigned *op)
{
	struct pen_channel_result result = { 0 };
	uint32_t status =
		pen_channel_transact(&rig->ends[end], &(struct pen_channel_caller){ end, 1 }, in,
				     (uint32_t)strlen(in), n, &result);

	*op = result.op;
	return status;
}

/* T1 T2 */
static void test_transactions_refused(void **state)
{
	const struct pen_channel_config inbound = { .is_message = true,
						    .configuration = PEN_CHANNEL_INBOUND,
						    .quotas = { 9, 9 } };
	struct rig rig;
	unsigned op;

	rig_connect(&rig, false, 9);
	assert_int_equal(transact(&rig, CLI, "x", 9, &op), PEN_STATUS_INVALID_PIPE_STATE);
	rig_done(&rig);
	rig_connect(&rig, true, 9);
	rig_set_modes(&rig, CLI, 0, 0);
	assert_int_equal(transact(&rig, CLI, "x", 9, &op), PEN_STATUS_INVALID_PIPE_STATE);
	rig_done(&rig);
	rig_listen(&rig, &inbound);
	assert_int_equal(transact(&rig, SRV, "x", 9, &op), PEN_STATUS_INVALID_PIPE_STATE);
	pen_channel_connect(&rig.ends[CLI]);
	rig_set_modes(&rig, CLI, 1, 0);
	assert_int_equal(transact(&rig, CLI, "x", 9, &op), PEN_STATUS_INVALID_PIPE_STATE);
	rig_done(&rig);
}

/* T3 T4 T5 T6 T7 T8 */
static void test_transactions(void **state)
{
	struct rig rig;
	unsigned a, b;

	rig_connect(&rig, true, 4);
	rig_put(&rig, SRV, "old");
	assert_int_equal(transact(&rig, CLI, "x", 9, &a), PEN_STATUS_PIPE_BUSY);
	rig_get(&rig, CLI, 9, PEN_STATUS_SUCCESS, "old");
	assert_int_equal(transact(&rig, CLI, "a long request", 3, &a), PEN_STATUS_PENDING);
	rig_get(&rig, SRV, 99, PEN_STATUS_SUCCESS, "a long request");
	assert_int_equal(transact(&rig, SRV, "answer", 9, &b), PEN_STATUS_PENDING);
	rig_fetch_text(&rig, CLI, a, PEN_STATUS_BUFFER_OVERFLOW, "ans");
	rig_get(&rig, CLI, 9, PEN_STATUS_SUCCESS, "wer");
	rig_put(&rig, CLI, "");
	rig_fetch_text(&rig, SRV, b, PEN_STATUS_SUCCESS, "");

	assert_int_equal(transact(&rig, CLI, "", 0, &a), PEN_STATUS_PENDING);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "");
	rig_put(&rig, SRV, "");
	rig_fetch_text(&rig, CLI, a, PEN_STATUS_SUCCESS, "");

	assert_int_equal(transact(&rig, CLI, "stays", 9, &a), PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_cancel(&rig.ends[CLI], CLI, a), PEN_STATUS_SUCCESS);
	rig_fetch_text(&rig, CLI, a, PEN_STATUS_CANCELLED, "");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "stays");
	rig_done(&rig);
}

/* F1 F2 F4 */
static void test_flush(void **state)
{
	const struct pen_channel_caller client = { CLI, 1 };
	struct pen_channel_result result;
	struct rig rig;

	rig_connect(&rig, true, 4);
	assert_int_equal(pen_channel_flush(&rig.ends[CLI], &client, &result), PEN_STATUS_SUCCESS);
	rig_put(&rig, CLI, "ab");
	rig_put(&rig, CLI, "");
	assert_int_equal(pen_channel_flush(&rig.ends[CLI], &client, &result), PEN_STATUS_PENDING);
	rig_put_waits(&rig, CLI, "later");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "ab");
	rig_still_waits(&rig, CLI, result.op);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "");
	rig_fetch(&rig, CLI, result.op, PEN_STATUS_SUCCESS, "", 0);
	rig_done(&rig);
}

/* More operations than there are places for are refused, and change nothing. */
static void test_too_many_wait(void **state)
{
	struct pen_channel_result result;
	struct rig rig;
	unsigned op;

	rig_connect(&rig, true, 1);
	for (int i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		rig_put_waits(&rig, CLI, "ab");
	assert_int_equal(rig_write(&rig, CLI, "cd", &result), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(transact(&rig, CLI, "cd", 9, &op), PEN_STATUS_INSUFFICIENT_RESOURCES);
	rig_get(&rig, CLI, 1, PEN_STATUS_INSUFFICIENT_RESOURCES, "");
	peek(&rig, 2, PEN_STATUS_SUCCESS, "ab", 2 * PEN_CHANNEL_OPS_MAX, PEN_CHANNEL_OPS_MAX, 2);
	rig_done(&rig);
}

/* Empty messages take no quota, so they have a limit of their own. */
static void test_too_many_empty_messages(void **state)
{
	struct pen_channel_result result;
	struct rig rig;

	rig_connect(&rig, true, 3);
	for (int i = 0; i < PEN_CHANNEL_EMPTY_MAX + 3; i++)
		rig_put(&rig, CLI, "");
	assert_int_equal(rig_write(&rig, CLI, "", &result), PEN_STATUS_INSUFFICIENT_RESOURCES);
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "");
	rig_put(&rig, CLI, "");
	rig_done(&rig);
}

/* Rings grow with what is written, and go back when it is read. */
static void test_rings_grow(void **state)
{
	const uint32_t n = 5 << 20;
	const struct pen_channel_caller client = { CLI, 1 }, server = { SRV, 1 };
	struct pen_channel_result result;
	uint8_t *bytes = test_malloc(n), *read = test_malloc(n);
	struct rig rig;

	for (uint32_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	rig_connect(&rig, true, 1000);
	rig_put(&rig, CLI, "first");
	rig_get(&rig, SRV, 2, PEN_STATUS_BUFFER_OVERFLOW, "fi");
	assert_int_equal(pen_channel_write(&rig.ends[CLI], &client, bytes, n, &result),
			 PEN_STATUS_PENDING);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "rst");
	assert_int_equal(pen_channel_read(&rig.ends[SRV], &server, read, n, &result),
			 PEN_STATUS_SUCCESS);
	assert_int_equal(result.information, n);
	assert_memory_equal(read, bytes, n);
	for (unsigned k = 1; k < PEN_CHANNEL_CLASSES; k++)
		assert_null(rig.rings[SRV][k]);
	rig.ring_class_max = 1;
	assert_int_equal(pen_channel_write(&rig.ends[CLI], &client, bytes, n, &result),
			 PEN_STATUS_INSUFFICIENT_RESOURCES);
	rig_put(&rig, CLI, "small");
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "small");
	test_free(bytes);
	test_free(read);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_transactions_refused),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_too_many_wait),
		cmocka_unit_test(test_too_many_empty_messages),
		cmocka_unit_test(test_rings_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
