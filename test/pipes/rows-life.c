/* SPDX-License-Identifier: MIT */
/*
 * The rows of opening, listening, disconnecting, closing, and of handles in several processes.
 */
#include "pipes/world.h"
#include <signal.h>
#include <string.h>

#define RW (PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE)

static unsigned start_listen(unsigned end)
{
	return start(SITE_LISTEN, end, NULL, 0);
}

static void test_O1(void **state)
{
	expect(open_end(CLI, pipe_name(), RW), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_O2(void **state)
{
	connected(BYTES, QUOTA);
	expect(open_end(CLI2, pipe_name(), RW), PEN_STATUS_PIPE_NOT_AVAILABLE);
	closed(CLI);
	expect(open_end(CLI2, pipe_name(), RW), PEN_STATUS_PIPE_NOT_AVAILABLE);
	disconnected(SRV);
	expect(open_end(CLI2, pipe_name(), RW), PEN_STATUS_PIPE_NOT_AVAILABLE);
	start_listen(SRV);
	opened(CLI2);
}

static void test_O3(void **state)
{
	unsigned op;

	make(SRV, BYTES, QUOTA);
	make(SRV2, BYTES, QUOTA);
	op = start_listen(SRV2);
	opened(CLI);
	put(CLI, "a");
	get(SRV, 9, "a");
	still_waits(op);
	closed(CLI);
	disconnected(SRV);
	start_listen(SRV);
	opened(CLI);
	put(CLI, "b");
	get(SRV2, 9, "b");
}

static void test_O4(void **state)
{
	struct pen_pipe_config config = config_of(MESSAGES, QUOTA);
	struct site_call *call;

	config.is_nonblocking = true;
	connected_as(&config, RW);
	call = ask(SITE_GET_MODES, CLI);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], 0);
	assert_int_equal(call->numbers[1], 0);
}

static void test_O5(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.configuration = PEN_PIPE_INBOUND;
	made(SRV, &config);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_GENERIC_READ), PEN_STATUS_ACCESS_DENIED);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE),
	       PEN_STATUS_ACCESS_DENIED);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_GENERIC_WRITE), PEN_STATUS_SUCCESS);
	closed(CLI);
	closed(SRV);
	config.configuration = PEN_PIPE_OUTBOUND;
	made(SRV, &config);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_GENERIC_WRITE), PEN_STATUS_ACCESS_DENIED);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_GENERIC_READ), PEN_STATUS_SUCCESS);
}

static void test_O6(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.configuration = PEN_PIPE_INBOUND;
	made(SRV, &config);
	expect(open_end(CLI, pipe_name(), PEN_PIPE_READ_DATA), PEN_STATUS_ACCESS_DENIED);
	closed(SRV);
	config.configuration = PEN_PIPE_OUTBOUND;
	made(SRV, &config);
	expect(open_end(CLI, pipe_name(), PEN_PIPE_WRITE_DATA), PEN_STATUS_ACCESS_DENIED);
}

static void test_O7(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, 0);
	assert_int_equal(ask(SITE_GET_ACCESS, CLI)->access,
			 PEN_ACCESS_SYNCHRONIZE | PEN_PIPE_READ_ATTRIBUTES);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_CONNECTED);
	refused(SITE_READ, CLI, PEN_STATUS_ACCESS_DENIED);
	refused(SITE_WRITE, CLI, PEN_STATUS_ACCESS_DENIED);
}

/* Nobody but the owner may read; the right to make instances is no right to ask for. */
static void test_O8(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;0x12019b;;;WD)"),
	       PEN_STATUS_SUCCESS);
	expect(open_end(CLI, pipe_name(), PEN_ACCESS_DELETE), PEN_STATUS_ACCESS_DENIED);
	expect(open_end(CLI, pipe_name(), RW), PEN_STATUS_SUCCESS);
}

static void test_O10(void **state)
{
	unsigned a, b;

	make(SRV, BYTES, QUOTA);
	a = start_listen(SRV);
	b = start_listen(SRV);
	opened(CLI);
	ends(a, PEN_STATUS_SUCCESS, 0);
	ends(b, PEN_STATUS_SUCCESS, 0);
}

/* Relative to a handle: a client's here, as the server's is at the other site. */
static uint32_t open_relative(unsigned end, unsigned to, const char *name)
{
	struct site_call call = { .verb = SITE_OPEN,
				  .has_open = true,
				  .open.access = RW,
				  .is_relative = true,
				  .relative_to = to };

	if (name) {
		call.has_name = true;
		strcpy(call.name, name);
	}
	site_of(end, &call);
	return call.status;
}

static void test_O12(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	make(SRV, BYTES, QUOTA);
	expect(open_relative(SRV2, SRV, ""), PEN_STATUS_SUCCESS);
	put(SRV2, "a");
	get(SRV, 9, "a");
	expect(create(SRV3, "\\Device\\NamedPipe\\", &config), PEN_STATUS_SUCCESS);
	closed(SRV2);
	expect(open_relative(SRV2, SRV3, NULL), PEN_STATUS_SUCCESS);
	put(SRV2, "b");
	get(SRV3, 9, "b");
}

static void test_O13(void **state)
{
	make(SRV, BYTES, QUOTA);
	expect(open_relative(SRV2, SRV, "x"), PEN_STATUS_OBJECT_NAME_INVALID);
}

static void test_L2(void **state)
{
	unsigned op;

	make(SRV, BYTES, QUOTA);
	op = start_listen(SRV);
	still_waits(op);
	opened(CLI);
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_L3(void **state)
{
	connected(BYTES, QUOTA);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_CONNECTED);
}

static void test_L4(void **state)
{
	connected(BYTES, QUOTA);
	closed(CLI);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_CLOSING);
}

static void test_L5(void **state)
{
	unsigned op, wait;

	connected(BYTES, QUOTA);
	disconnected(SRV);
	wait = start_wait_name(CLI2, LONG_MS);
	op = start_listen(SRV);
	ends(wait, PEN_STATUS_SUCCESS, 0);
	opened(CLI2);
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_L6(void **state)
{
	connected(BYTES, QUOTA);
	refused(SITE_LISTEN, CLI, PEN_STATUS_ILLEGAL_FUNCTION);
}

static void test_L7(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.is_nonblocking = true;
	made(SRV, &config);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_LISTENING);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_LISTENING);
	opened(CLI);
	disconnected(SRV);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_LISTENING);
	opened(CLI2);
}

static void test_L8(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.is_nonblocking = true;
	connected_as(&config, RW);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_CONNECTED);
	closed(CLI);
	refused(SITE_LISTEN, SRV, PEN_STATUS_PIPE_CLOSING);
}

static void test_L10(void **state)
{
	make(SRV, BYTES, QUOTA);
	cancelled(start_listen(SRV));
	opened(CLI);
	put(CLI, "a");
	get(SRV, 9, "a");
}

static void test_L11(void **state)
{
	unsigned a, b;

	make(SRV, BYTES, QUOTA);
	a = start_listen(SRV);
	b = start_listen(SRV);
	cancelled(a);
	opened(CLI);
	ends(b, PEN_STATUS_SUCCESS, 0);
}

static void test_D1(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "abc");
	put(SRV, "abc");
	disconnected(SRV);
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_DISCONNECTED);
	refused(SITE_READ, CLI, PEN_STATUS_PIPE_DISCONNECTED);
}

static void test_D2(void **state)
{
	connected(BYTES, QUOTA);
	closed(CLI);
	disconnected(SRV);
}

static void test_D3(void **state)
{
	connected(BYTES, QUOTA);
	disconnected(SRV);
	expect(ask(SITE_DISCONNECT, SRV)->status, PEN_STATUS_PIPE_DISCONNECTED);
}

static void test_D4(void **state)
{
	unsigned op;

	make(SRV, BYTES, QUOTA);
	op = start_listen(SRV);
	disconnected(SRV);
	ends(op, PEN_STATUS_PIPE_DISCONNECTED, 0);
	expect(open_end(CLI, pipe_name(), RW), PEN_STATUS_PIPE_NOT_AVAILABLE);
}

static void test_D5(void **state)
{
	connected(BYTES, QUOTA);
	expect(ask(SITE_DISCONNECT, CLI)->status, PEN_STATUS_ILLEGAL_FUNCTION);
}

static void test_D6(void **state)
{
	unsigned reads[2], writes[2], flushes[2];

	connected(BYTES, QUOTA);
	for (unsigned end = 0; end < 2; end++)
		reads[end] = start_read(end, 9);
	disconnected(SRV);
	for (unsigned end = 0; end < 2; end++)
		ends(reads[end], PEN_STATUS_PIPE_DISCONNECTED, 0);
	closed(CLI);
	closed(SRV);
	connected(BYTES, 2);
	for (unsigned end = 0; end < 2; end++) {
		writes[end] = start_write(end, "abcd");
		flushes[end] = start(SITE_FLUSH, end, NULL, 0);
	}
	disconnected(SRV);
	for (unsigned end = 0; end < 2; end++) {
		ends(writes[end], PEN_STATUS_PIPE_DISCONNECTED, 0);
		ends(flushes[end], PEN_STATUS_PIPE_DISCONNECTED, 0);
	}
}

static void is_of_no_use(unsigned end)
{
	static const enum site_verb verbs[] = { SITE_READ, SITE_WRITE, SITE_FLUSH, SITE_TRANSACT };

	for (unsigned i = 0; i < PEN_COUNT(verbs); i++)
		refused(verbs[i], end, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_PEEK, end)->status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_GET_MODES, end)->status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_SET_MODES, end)->status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_GET_INFO, end)->status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_GET_NAME, end)->status, PEN_STATUS_PIPE_DISCONNECTED);
}

static void test_D8(void **state)
{
	connected(MESSAGES, QUOTA);
	disconnected(SRV);
	is_of_no_use(CLI);
	closed(SRV);
	is_of_no_use(CLI);
}

static void test_D9(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "a");
	get(SRV, 9, "a");
	expect(ask(SITE_CLIENT_TOKEN, SRV)->status, PEN_STATUS_SUCCESS);
	disconnected(SRV);
	expect(ask(SITE_CLIENT_TOKEN, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
	expect(ask(SITE_CLIENT_PROCESS, SRV)->status, PEN_STATUS_NOT_FOUND);
}

static void test_X1(void **state)
{
	connected(MESSAGES, QUOTA);
	put(CLI, "abc");
	put(CLI, "");
	closed(CLI);
	get(SRV, 9, "abc");
	get(SRV, 9, "");
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
	refused(SITE_WRITE, SRV, PEN_STATUS_PIPE_CLOSING);
}

static void test_X2(void **state)
{
	unsigned write, flush;

	connected(BYTES, 2);
	write = start_write(SRV, "abcd");
	flush = start(SITE_FLUSH, SRV, NULL, 0);
	closed(CLI);
	ends(write, PEN_STATUS_PIPE_BROKEN, 0);
	ends(flush, PEN_STATUS_PIPE_BROKEN, 0);
}

static void test_X3(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_read(SRV, 9);
	closed(CLI);
	ends(op, PEN_STATUS_PIPE_BROKEN, 0);
}

static void test_X4(void **state)
{
	struct site_call *call;
	unsigned op;

	connected(BYTES, QUOTA);
	make(SRV2, BYTES, QUOTA);
	opened(CLI2);
	put(SRV, "abc");
	op = start_read(CLI2, 9);
	closed(SRV);
	closed(SRV2);
	ends(op, PEN_STATUS_PIPE_BROKEN, 0);
	get(CLI, 9, "abc");
	refused(SITE_READ, CLI, PEN_STATUS_PIPE_BROKEN);
	refused(SITE_WRITE, CLI, PEN_STATUS_PIPE_CLOSING);
	call = ask(SITE_GET_INFO, CLI);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->info.instances, 0);
}

static void test_X5(void **state)
{
	connected(BYTES, 4);
	put(CLI, "ab");
	start_write(CLI, "cdefgh");
	get(SRV, 3, "abc");
	closed(CLI);
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
}

static void test_X6(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "abc");
	closed(CLI);
	get(SRV, 2, "ab");
	get(SRV, 2, "c");
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
	expect(ask(SITE_PEEK, SRV)->status, PEN_STATUS_PIPE_BROKEN);
}

static void test_X7(void **state)
{
	connected(MESSAGES, QUOTA);
	closed(CLI);
	expect(ask(SITE_GET_MODES, SRV)->status, PEN_STATUS_SUCCESS);
	set_modes(SRV, 0, 1);
}

static void test_X8(void **state)
{
	struct site_call *call;

	connected(MESSAGES, QUOTA);
	closed(SRV);
	call = ask(SITE_GET_NAME, CLI);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_string_equal(call->name, pipe_name() + strlen("\\\\.\\pipe"));
}

static void test_X9(void **state)
{
	connected(MESSAGES, QUOTA);
	closed(CLI);
	expect(open_end(CLI, pipe_name(), RW), PEN_STATUS_PIPE_NOT_AVAILABLE);
	expect(ask(SITE_DISCONNECT, SRV)->status, PEN_STATUS_SUCCESS);
	start_listen(SRV);
	opened(CLI);
}

/* One of two processes at the client's end is killed: what it had begun goes with it. */
static void test_H4(void **state)
{
	struct site_call call = { .verb = SITE_CHILD_DIE, .n = 8, .bytes = "abcdefgh" };
	unsigned op;

	connected(BYTES, 4);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	emptied_soon(SRV);
	op = start_read(SRV, 9);
	put(CLI, "xy");
	ends_with(op, PEN_STATUS_SUCCESS, "xy");
}

static void test_H1(void **state)
{
	struct site_call call = { .verb = SITE_CHILD_PUT, .n = 2, .bytes = "ab" };

	connected(BYTES, QUOTA);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	put(CLI, "c");
	get(SRV, 9, "abc");
}

static uint32_t duplicated(unsigned end, unsigned copy, uint32_t access)
{
	struct site_call call = { .verb = SITE_DUPLICATE, .relative_to = copy, .access = access };

	site_of(end, &call);
	return call.status;
}

static void test_H2(void **state)
{
	struct site_call *call;

	connected(MESSAGES, QUOTA);
	expect(duplicated(CLI, CLI2, PEN_FILE_GENERIC_READ), PEN_STATUS_SUCCESS);
	set_modes(CLI, 0, 1);
	call = ask(SITE_GET_MODES, CLI2);
	assert_int_equal(call->numbers[0], 0);
	assert_int_equal(call->numbers[1], 1);
	refused(SITE_WRITE, CLI2, PEN_STATUS_ACCESS_DENIED);
	put(SRV, "a");
	get(CLI2, 9, "a");
	expect(duplicated(CLI2, CLI3, PEN_FILE_GENERIC_WRITE), PEN_STATUS_ACCESS_DENIED);
}

static void test_H3(void **state)
{
	connected(MESSAGES, QUOTA);
	expect(duplicated(CLI, CLI2, 0), PEN_STATUS_SUCCESS);
	closed(CLI);
	put(SRV, "a");
	get(CLI2, 9, "a");
	closed(CLI2);
	refused(SITE_WRITE, SRV, PEN_STATUS_PIPE_CLOSING);
}

/* The client's end moves to where the server is, and the first handle of it is closed. */
static void test_H5(void **state)
{
	if (!world_is_two)
		skip();
	connected(MESSAGES, QUOTA);
	expect(ask(SITE_SEND, CLI)->status, PEN_STATUS_SUCCESS);
	expect(ask(SITE_RECEIVE, SRV2)->status, PEN_STATUS_SUCCESS);
	closed(CLI);
	put(SRV2, "a");
	get(SRV, 9, "a");
	put(SRV, "b");
	get(SRV2, 9, "b");
	closed(SRV2);
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
}

/* As X5, but the writer's process is killed: what it had done is there, what waited is not. */
static void test_X5_killed(void **state)
{
	if (!world_is_two)
		skip();
	connected(BYTES, 4);
	put(CLI, "ab");
	start_write(CLI, "cdefgh");
	get(SRV, 1, "a");
	clients_killed();
	closes_soon(SRV);
	get(SRV, 9, "b");
	refused(SITE_READ, SRV, PEN_STATUS_PIPE_BROKEN);
}

static void test_X3_killed(void **state)
{
	unsigned op;

	if (!world_is_two)
		skip();
	connected(BYTES, QUOTA);
	op = start_read(SRV, 9);
	clients_killed();
	ends(op, PEN_STATUS_PIPE_BROKEN, 0);
}

/* What the handle has started is done when the handle is closed, though another process has it. */
static void test_X10(void **state)
{
	struct site_call call = { .verb = SITE_CLOSE_STARTED, .size = 9 };

	if (!world_is_two)
		skip();
	connected(BYTES, QUOTA);
	expect(ask(SITE_SEND, CLI)->status, PEN_STATUS_SUCCESS);
	expect(ask(SITE_RECEIVE, SRV2)->status, PEN_STATUS_SUCCESS);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_CANCELLED);
	put(SRV, "a");
	get(SRV2, 9, "a");
}

static void test_L12(void **state)
{
	struct site_call call = { .verb = SITE_CLOSE_STARTED };

	make(SRV, BYTES, QUOTA);
	site_of(SRV, &call);
	expect(call.status, PEN_STATUS_PIPE_BROKEN);
}

const struct CMUnitTest rows_life[] = {
	ROW(test_O1),  ROW(test_O2), ROW(test_O3),	  ROW(test_O4),	       ROW(test_O5),
	ROW(test_O6),  ROW(test_O7), ROW(test_O8),	  ROW(test_O10),       ROW(test_O12),
	ROW(test_O13), ROW(test_L2), ROW(test_L3),	  ROW(test_L4),	       ROW(test_L5),
	ROW(test_L6),  ROW(test_L7), ROW(test_L8),	  ROW(test_L10),       ROW(test_L11),
	ROW(test_D1),  ROW(test_D2), ROW(test_D3),	  ROW(test_D4),	       ROW(test_D5),
	ROW(test_D6),  ROW(test_D8), ROW(test_D9),	  ROW(test_X1),	       ROW(test_X2),
	ROW(test_X3),  ROW(test_X4), ROW(test_X5),	  ROW(test_X6),	       ROW(test_X7),
	ROW(test_X8),  ROW(test_X9), ROW(test_H4),	  ROW(test_H1),	       ROW(test_H2),
	ROW(test_H3),  ROW(test_H5), ROW(test_X5_killed), ROW(test_X3_killed), ROW(test_X10),
	ROW(test_L12),
};
const size_t n_rows_life = PEN_COUNT(rows_life);
