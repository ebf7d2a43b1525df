/* SPDX-License-Identifier: MIT */
/*
 * Listening, connecting, disconnecting, closing, and what each state answers: a test for
 * each row. The rows are those of the semantics in docs/pipes.md.
 */
#include "pipe/test-channel.h"

static const struct pen_channel_config duplex = { .is_message = true,
						  .configuration = PEN_CHANNEL_DUPLEX,
						  .quotas = { 8, 8 } };
static const struct pen_channel_caller server = { SRV, 1 }, client = { CLI, 1 };

static uint32_t listen_at(struct rig *rig, unsigned *op)
{
	struct pen_channel_result result = { 0 };
	uint32_t status = pen_channel_listen(&rig->ends[SRV], &server, &result);

	*op = result.op;
	return status;
}

/* What each operation of an end answers. */
struct answers {
	uint32_t read, write, peek, transact, flush, modes, info;
};

static void expect(struct rig *rig, unsigned end, const struct answers *answers)
{
	const struct pen_channel_caller caller = { end, 1 };
	struct pen_channel *channel = &rig->ends[end];
	struct pen_channel_result result;
	struct pen_channel_modes modes;
	struct pen_channel_info info;
	struct pen_channel_peek peek;
	char bytes[9];

	assert_int_equal(pen_channel_peek(channel, end, bytes, 9, &peek), answers->peek);
	assert_int_equal(pen_channel_transact(channel, &caller, "", 0, 9, &result),
			 answers->transact);
	assert_int_equal(pen_channel_flush(channel, &caller, &result), answers->flush);
	assert_int_equal(pen_channel_get_modes(channel, end, &modes), answers->modes);
	modes = (struct pen_channel_modes){ 1, 0 };
	assert_int_equal(pen_channel_set_modes(channel, end, &modes), answers->modes);
	assert_int_equal(pen_channel_get_info(channel, end, &info), answers->info);
	assert_int_equal(pen_channel_write(channel, &caller, "x", 1, &result), answers->write);
	assert_int_equal(pen_channel_read(channel, &caller, bytes, 9, &result), answers->read);
}

/* The state matrix's columns, and E8: D8 for the client's. */
static const struct answers listening = {
	.read = PEN_STATUS_PIPE_LISTENING,
	.write = PEN_STATUS_PIPE_LISTENING,
	.peek = PEN_STATUS_INVALID_PIPE_STATE,
	.transact = PEN_STATUS_INVALID_PIPE_STATE,
};
static const struct answers closing = {
	.read = PEN_STATUS_PIPE_BROKEN,
	.write = PEN_STATUS_PIPE_CLOSING,
	.peek = PEN_STATUS_PIPE_BROKEN,
	.transact = PEN_STATUS_INVALID_PIPE_STATE,
};
static const struct answers server_disconnected = {
	.read = PEN_STATUS_PIPE_DISCONNECTED,
	.write = PEN_STATUS_PIPE_DISCONNECTED,
	.peek = PEN_STATUS_INVALID_PIPE_STATE,
	.transact = PEN_STATUS_INVALID_PIPE_STATE,
};
static const struct answers client_disconnected = {
	.read = PEN_STATUS_PIPE_DISCONNECTED,
	.write = PEN_STATUS_PIPE_DISCONNECTED,
	.peek = PEN_STATUS_PIPE_DISCONNECTED,
	.transact = PEN_STATUS_PIPE_DISCONNECTED,
	.flush = PEN_STATUS_PIPE_DISCONNECTED,
	.modes = PEN_STATUS_PIPE_DISCONNECTED,
	.info = PEN_STATUS_PIPE_DISCONNECTED,
};

/* L1 L2 L11 O10 O4: listens wait, and all are done by a client, whose modes are its own. */
static void test_listen(void **state)
{
	struct pen_channel_modes modes;
	struct rig rig;
	unsigned a, b;

	rig_listen(&rig, &duplex);
	assert_int_equal(listen_at(&rig, &a), PEN_STATUS_PENDING);
	assert_int_equal(listen_at(&rig, &b), PEN_STATUS_PENDING);
	expect(&rig, SRV, &listening);
	assert_int_equal(pen_channel_connect(&rig.ends[CLI]), PEN_STATUS_SUCCESS);
	assert_int_equal(rig.ends[CLI].wakes, 1 << SRV);
	rig_fetch(&rig, SRV, a, PEN_STATUS_SUCCESS, "", 0);
	rig_fetch(&rig, SRV, b, PEN_STATUS_SUCCESS, "", 0);
	assert_int_equal(pen_channel_get_modes(&rig.ends[CLI], CLI, &modes), PEN_STATUS_SUCCESS);
	assert_int_equal(modes.read_mode, 0);
	assert_int_equal(modes.completion_mode, 0);
	assert_int_equal(pen_channel_get_modes(&rig.ends[SRV], SRV, &modes), PEN_STATUS_SUCCESS);
	assert_int_equal(modes.read_mode, 1);
	rig_done(&rig);
}

/* L3 L4 L6 L7 L8 O2 */
static void test_listen_refused(void **state)
{
	struct pen_channel_result result;
	struct rig rig;
	unsigned op;

	for (uint32_t nonblocking = 0; nonblocking < 2; nonblocking++) {
		rig_listen(&rig, &duplex);
		rig_set_modes(&rig, SRV, 1, nonblocking);
		if (nonblocking)
			for (int i = 0; i < 2; i++)
				assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PIPE_LISTENING);
		assert_int_equal(pen_channel_connect(&rig.ends[CLI]), PEN_STATUS_SUCCESS);
		assert_int_equal(pen_channel_connect(&rig.ends[CLI]),
				 PEN_STATUS_PIPE_NOT_AVAILABLE);
		assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PIPE_CONNECTED);
		assert_int_equal(pen_channel_listen(&rig.ends[CLI], &client, &result),
				 PEN_STATUS_ILLEGAL_FUNCTION);
		pen_channel_close(&rig.ends[CLI], CLI);
		assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PIPE_CLOSING);
		assert_int_equal(pen_channel_connect(&rig.ends[CLI]),
				 PEN_STATUS_PIPE_NOT_AVAILABLE);
		rig_done(&rig);
	}
}

/* L10: a listen that is cancelled leaves the pipe to be connected to. */
static void test_listen_cancelled(void **state)
{
	struct rig rig;
	unsigned op;

	rig_listen(&rig, &duplex);
	assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_cancel(&rig.ends[SRV], SRV, op), PEN_STATUS_SUCCESS);
	rig_fetch(&rig, SRV, op, PEN_STATUS_CANCELLED, "", 0);
	assert_int_equal(pen_channel_connect(&rig.ends[CLI]), PEN_STATUS_SUCCESS);
	rig_done(&rig);
}

/* L12 */
static void test_closed_while_listening(void **state)
{
	struct rig rig;
	unsigned op;

	rig_listen(&rig, &duplex);
	assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PENDING);
	pen_channel_close(&rig.ends[SRV], SRV);
	rig_fetch(&rig, SRV, op, PEN_STATUS_PIPE_BROKEN, "", 0);
	assert_int_equal(pen_channel_connect(&rig.ends[CLI]), PEN_STATUS_PIPE_NOT_AVAILABLE);
	rig_done(&rig);
}

/* D1 D6 D8: what is unread is lost, what waits ends, and the client's end is of no use. */
static void test_disconnect(void **state)
{
	struct pen_channel_result flush;
	struct rig rig;
	unsigned read, write;

	rig_connect(&rig, true, 8);
	read = rig_get_waits(&rig, CLI, 9);
	rig_put(&rig, CLI, "unread");
	write = rig_put_waits(&rig, CLI, "waits");
	assert_int_equal(pen_channel_flush(&rig.ends[CLI], &client, &flush), PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_disconnect(&rig.ends[SRV]), PEN_STATUS_SUCCESS);
	assert_int_equal(rig.ends[SRV].wakes, 1 << CLI);
	rig_fetch(&rig, CLI, read, PEN_STATUS_PIPE_DISCONNECTED, "", 0);
	rig_fetch(&rig, CLI, write, PEN_STATUS_PIPE_DISCONNECTED, "", 0);
	rig_fetch(&rig, CLI, flush.op, PEN_STATUS_PIPE_DISCONNECTED, "", 0);
	expect(&rig, CLI, &client_disconnected);
	expect(&rig, SRV, &server_disconnected);
	pen_channel_close(&rig.ends[SRV], SRV);
	expect(&rig, CLI, &client_disconnected);
	rig_done(&rig);
}

/* A read that was done before the disconnect still has what it read. */
static void test_done_before_disconnect(void **state)
{
	struct rig rig;
	unsigned read;

	rig_connect(&rig, true, 8);
	read = rig_get_waits(&rig, CLI, 9);
	rig_put(&rig, SRV, "bytes");
	assert_int_equal(pen_channel_disconnect(&rig.ends[SRV]), PEN_STATUS_SUCCESS);
	rig_fetch_text(&rig, CLI, read, PEN_STATUS_SUCCESS, "bytes");
	rig_done(&rig);
}

/* D2 D3 D4 */
static void test_disconnect_elsewhere(void **state)
{
	struct rig rig;
	unsigned op;

	rig_connect(&rig, true, 8);
	pen_channel_close(&rig.ends[CLI], CLI);
	assert_int_equal(pen_channel_disconnect(&rig.ends[SRV]), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_channel_disconnect(&rig.ends[SRV]), PEN_STATUS_PIPE_DISCONNECTED);
	assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PIPE_DISCONNECTED);
	rig_done(&rig);
	rig_listen(&rig, &duplex);
	assert_int_equal(listen_at(&rig, &op), PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_disconnect(&rig.ends[SRV]), PEN_STATUS_SUCCESS);
	rig_fetch(&rig, SRV, op, PEN_STATUS_PIPE_DISCONNECTED, "", 0);
	assert_int_equal(pen_channel_connect(&rig.ends[CLI]), PEN_STATUS_PIPE_NOT_AVAILABLE);
	rig_done(&rig);
}

/* X1 X2 X3 X4 X6 X7 W16 F3, whichever end goes. */
static void test_close(void **state)
{
	for (unsigned end = 0; end < 2; end++) {
		unsigned peer = end ^ 1;
		const struct pen_channel_caller stays = { peer, 1 };
		struct pen_channel_result flush;
		struct pen_channel_info info;
		unsigned read, write;
		struct rig rig;

		rig_connect(&rig, true, 8);
		rig_put(&rig, peer, "unread");
		write = rig_put_waits(&rig, peer, "waits");
		assert_int_equal(pen_channel_flush(&rig.ends[peer], &stays, &flush),
				 PEN_STATUS_PENDING);
		rig_put(&rig, end, "last");
		rig_put(&rig, end, "");
		pen_channel_close(&rig.ends[end], end);
		rig_fetch(&rig, peer, write, PEN_STATUS_PIPE_BROKEN, "", 0);
		rig_fetch(&rig, peer, flush.op, PEN_STATUS_PIPE_BROKEN, "", 0);
		assert_int_equal(pen_channel_get_info(&rig.ends[peer], peer, &info),
				 PEN_STATUS_SUCCESS);
		assert_int_equal(info.state, PEN_CHANNEL_CLOSING);
		assert_int_equal(info.read_data_available, 4);
		assert_int_equal(info.write_quota_available, 8);
		rig_get(&rig, peer, 2, PEN_STATUS_BUFFER_OVERFLOW, "la");
		rig_get(&rig, peer, 9, PEN_STATUS_SUCCESS, "st");
		rig_get(&rig, peer, 9, PEN_STATUS_SUCCESS, "");
		expect(&rig, peer, &closing);
		rig_done(&rig);

		rig_connect(&rig, true, 8);
		read = rig_get_waits(&rig, peer, 9);
		pen_channel_close(&rig.ends[end], end);
		assert_int_equal(rig.ends[end].wakes, 1U << peer);
		rig_fetch(&rig, peer, read, PEN_STATUS_PIPE_BROKEN, "", 0);
		rig_done(&rig);
	}
}

/* X5: the rest of a write that still waits goes with its writer, what is done stays. */
static void test_closed_with_a_write_that_waits(void **state)
{
	struct rig rig;
	unsigned op;

	rig_connect(&rig, true, 8);
	rig_put(&rig, CLI, "done");
	op = rig_put_waits(&rig, CLI, "waits");
	pen_channel_close(&rig.ends[CLI], CLI);
	rig_fetch(&rig, CLI, op, PEN_STATUS_CANCELLED, "", 0);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "done");
	rig_get(&rig, SRV, 9, PEN_STATUS_PIPE_BROKEN, "");
	rig_done(&rig);

	rig_connect(&rig, true, 4);
	rig_put_waits(&rig, CLI, "partly read");
	rig_get(&rig, SRV, 2, PEN_STATUS_BUFFER_OVERFLOW, "pa");
	pen_channel_close(&rig.ends[CLI], CLI);
	rig_get(&rig, SRV, 9, PEN_STATUS_PIPE_BROKEN, "");
	rig_done(&rig);
}

/* H4 X10: of an end's processes one goes: what it waited for goes too, the end stays. */
static void test_one_process_goes(void **state)
{
	const struct pen_channel_caller one = { CLI, 1 }, two = { CLI, 2 };
	struct pen_channel_result kept, lost, read;
	struct rig rig;

	rig_connect(&rig, true, 4);
	assert_int_equal(pen_channel_write(&rig.ends[CLI], &two, "lost!", 5, &lost),
			 PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_write(&rig.ends[CLI], &one, "kept!", 5, &kept),
			 PEN_STATUS_PENDING);
	assert_int_equal(pen_channel_read(&rig.ends[CLI], &two, NULL, 9, &read),
			 PEN_STATUS_PENDING);
	rig_put(&rig, SRV, "for two");
	pen_channel_forget(&rig.ends[CLI], &two);
	rig_get(&rig, SRV, 9, PEN_STATUS_SUCCESS, "kept!");
	rig_fetch(&rig, CLI, kept.op, PEN_STATUS_SUCCESS, "", 5);
	rig_put(&rig, SRV, "one");
	rig_get(&rig, CLI, 9, PEN_STATUS_SUCCESS, "one");
	assert_int_equal(rig.ends[CLI].block->ends[CLI].used, 0);
	assert_int_equal(rig.ends[CLI].block->ends[CLI].holding, 0);
	rig_done(&rig);
}

/* Q5 Q6 Q7 */
static void test_modes(void **state)
{
	static const struct pen_channel_modes wrong[] = { { 2, 0 }, { 0, 2 } };
	struct rig rig;
	unsigned op;

	rig_connect(&rig, true, 4);
	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		assert_int_equal(pen_channel_set_modes(&rig.ends[SRV], SRV, &wrong[i]),
				 PEN_STATUS_INVALID_PARAMETER);
	op = rig_get_waits(&rig, SRV, 9);
	assert_int_equal(
		pen_channel_set_modes(&rig.ends[SRV], SRV, &(struct pen_channel_modes){ 1, 1 }),
		PEN_STATUS_PIPE_BUSY);
	rig_set_modes(&rig, SRV, 0, 0);
	assert_int_equal(pen_channel_cancel(&rig.ends[SRV], SRV, op), PEN_STATUS_SUCCESS);
	rig_set_modes(&rig, SRV, 1, 1);
	rig_done(&rig);
	rig_connect(&rig, false, 4);
	for (unsigned end = 0; end < 2; end++)
		assert_int_equal(pen_channel_set_modes(&rig.ends[end], end,
						       &(struct pen_channel_modes){ 1, 0 }),
				 PEN_STATUS_INVALID_PARAMETER);
	rig_done(&rig);
}

/* Q10 Q11, and whether anything was read, for I1. */
static void test_info(void **state)
{
	const struct pen_channel_config config = { .configuration = PEN_CHANNEL_DUPLEX,
						   .quotas = { 4, 10 } };
	struct pen_channel_info info;
	struct rig rig;

	rig_listen(&rig, &config);
	assert_int_equal(pen_channel_get_info(&rig.ends[SRV], SRV, &info), PEN_STATUS_SUCCESS);
	assert_int_equal(info.state, PEN_CHANNEL_LISTENING);
	assert_int_equal(info.read_data_available, 0);
	assert_int_equal(info.write_quota_available, 10);
	pen_channel_connect(&rig.ends[CLI]);
	rig_put(&rig, CLI, "abc");
	rig_put(&rig, SRV, "de");
	assert_int_equal(pen_channel_get_info(&rig.ends[SRV], SRV, &info), PEN_STATUS_SUCCESS);
	assert_int_equal(info.state, PEN_CHANNEL_CONNECTED);
	assert_int_equal(info.read_data_available, 3);
	assert_int_equal(info.write_quota_available, 8);
	assert_false(info.has_read);
	rig_put_waits(&rig, CLI, "xyz");
	assert_int_equal(pen_channel_get_info(&rig.ends[CLI], CLI, &info), PEN_STATUS_SUCCESS);
	assert_int_equal(info.read_data_available, 2);
	assert_int_equal(info.write_quota_available, 0);
	rig_get(&rig, SRV, 1, PEN_STATUS_SUCCESS, "a");
	assert_int_equal(pen_channel_get_info(&rig.ends[SRV], SRV, &info), PEN_STATUS_SUCCESS);
	assert_true(info.has_read);
	rig_done(&rig);
}

/* Of the writes that wait all go with their writer, though some would fit without the others. */
static void test_x5_all(void **state)
{
	const struct pen_channel_caller caller = { .end = CLI, .holder = 1 };
	struct rig rig;

	for (unsigned i = 0; i < 2; i++) {
		rig_connect(&rig, true, 10);
		rig_put(&rig, CLI, "12345678");
		rig_put_waits(&rig, CLI, "abcde");
		rig_put_waits(&rig, CLI, "x");
		if (i)
			pen_channel_forget(&rig.ends[CLI], &caller);
		pen_channel_close(&rig.ends[CLI], CLI);
		rig_get(&rig, SRV, 10, PEN_STATUS_SUCCESS, "12345678");
		rig_get(&rig, SRV, 10, PEN_STATUS_PIPE_BROKEN, "");
		rig_done(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x5_all),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_listen_refused),
		cmocka_unit_test(test_listen_cancelled),
		cmocka_unit_test(test_closed_while_listening),
		cmocka_unit_test(test_disconnect),
		cmocka_unit_test(test_done_before_disconnect),
		cmocka_unit_test(test_disconnect_elsewhere),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_closed_with_a_write_that_waits),
		cmocka_unit_test(test_one_process_goes),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
