/* SPDX-License-Identifier: MIT */
/*
 * The rows of waiting for a pipe, of what is asked and set, and of identities.
 */
#include "pipes/world.h"
#include <penstock/status.h>
#include <string.h>
#include <unistd.h>

#define RW (PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE)

enum { NOBODY = 65534 };

static uint32_t wait_name(unsigned end, int wait_ms)
{
	struct site_call call = { .verb = SITE_WAIT_NAME, .wait_ms = wait_ms };

	strcpy(call.name, pipe_name());
	site_of(end, &call);
	return call.status;
}

static void test_N1(void **state)
{
	expect(wait_name(CLI, -1), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_N2(void **state)
{
	make(SRV, BYTES, QUOTA);
	expect(wait_name(CLI, 1), PEN_STATUS_SUCCESS);
	expect(wait_name(CLI, 1), PEN_STATUS_SUCCESS);
	opened(CLI);
}

static void test_N3(void **state)
{
	connected(BYTES, QUOTA);
	expect(wait_name(CLI, 10), PEN_STATUS_IO_TIMEOUT);
}

/* The pipe's own time, where none is given; and where the pipe gives none, C18's 50 ms. */
static void test_N4(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);
	unsigned op;

	config.timeout_ms = 10;
	connected_as(&config, RW);
	expect(wait_name(CLI, 0), PEN_STATUS_IO_TIMEOUT);
	closed(CLI);
	closed(SRV);
	config.timeout_ms = LONG_MS;
	connected_as(&config, RW);
	op = start_wait_name(CLI, 0);
	closed(CLI);
	disconnected(SRV);
	start(SITE_LISTEN, SRV, NULL, 0);
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_C18(void **state)
{
	connected(BYTES, QUOTA);
	expect(wait_name(CLI, 0), PEN_STATUS_IO_TIMEOUT);
}

static void test_N5(void **state)
{
	unsigned a, b;

	connected(BYTES, QUOTA);
	a = start_wait_name(CLI, LONG_MS);
	b = start_wait_name(CLI, LONG_MS);
	make(SRV2, BYTES, QUOTA);
	ends(a, PEN_STATUS_SUCCESS, 0);
	ends(b, PEN_STATUS_SUCCESS, 0);
	opened(CLI2);
	a = start_wait_name(CLI, LONG_MS);
	disconnected(SRV);
	start(SITE_LISTEN, SRV, NULL, 0);
	ends(a, PEN_STATUS_SUCCESS, 0);
}

static void test_C41(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_wait_name(CLI, LONG_MS);
	make(SRV2, BYTES, QUOTA);
	ends(op, PEN_STATUS_SUCCESS, 0);
}

static void test_N6(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_wait_name(CLI2, LONG_MS);
	closed(SRV);
	ends(op, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0);
}

/* ---- what is asked and set ---- */

static void modes_are(unsigned end, uint32_t read_mode, uint32_t completion_mode)
{
	struct site_call *call = ask(SITE_GET_MODES, end);

	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], read_mode);
	assert_int_equal(call->numbers[1], completion_mode);
}

static uint32_t try_modes(unsigned end, uint32_t read_mode, uint32_t completion_mode)
{
	struct site_call call = { .verb = SITE_SET_MODES,
				  .numbers = { read_mode, completion_mode } };

	site_of(end, &call);
	return call.status;
}

static void test_Q1(void **state)
{
	connected(MESSAGES, QUOTA);
	set_modes(CLI, 0, 1);
	modes_are(SRV, 1, 0);
	modes_are(CLI, 0, 1);
}

static void test_Q2(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.configuration = PEN_PIPE_OUTBOUND;
	made(SRV, &config);
	expect(ask(SITE_GET_MODES, SRV)->status, PEN_STATUS_ACCESS_DENIED);
	expect(ask(SITE_GET_INFO, SRV)->status, PEN_STATUS_ACCESS_DENIED);
}

static void test_Q3(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.configuration = PEN_PIPE_INBOUND;
	made(SRV, &config);
	expect(try_modes(SRV, 0, 0), PEN_STATUS_ACCESS_DENIED);
	expect(try_modes(SRV, 7, 7), PEN_STATUS_ACCESS_DENIED);
}

static void test_Q4(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected_as(&config, PEN_FILE_GENERIC_READ);
	expect(try_modes(CLI, 0, 0), PEN_STATUS_ACCESS_DENIED);
}

static void test_Q5(void **state)
{
	connected(MESSAGES, QUOTA);
	expect(try_modes(SRV, 2, 0), PEN_STATUS_INVALID_PARAMETER);
	expect(try_modes(CLI, 0, 2), PEN_STATUS_INVALID_PARAMETER);
}

static void test_Q6(void **state)
{
	connected(BYTES, QUOTA);
	expect(try_modes(SRV, 1, 0), PEN_STATUS_INVALID_PARAMETER);
	expect(try_modes(CLI, 1, 0), PEN_STATUS_INVALID_PARAMETER);
}

static void test_Q7(void **state)
{
	unsigned op;

	connected(BYTES, QUOTA);
	op = start_read(SRV, 9);
	expect(try_modes(SRV, 0, 1), PEN_STATUS_PIPE_BUSY);
	cancelled(op);
	set_modes(SRV, 0, 1);
}

static void test_Q9(void **state)
{
	static const uint32_t quotas[2] = { 100, 200 };
	struct pen_pipe_config config = config_of(MESSAGES, 0);

	config.quotas = quotas;
	config.instances_max = 3;
	connected_as(&config, RW);
	for (unsigned end = 0; end < 2; end++) {
		struct site_call *call = ask(SITE_GET_INFO, end);

		expect(call->status, PEN_STATUS_SUCCESS);
		assert_int_equal(call->info.type, 1);
		assert_int_equal(call->info.configuration, PEN_PIPE_DUPLEX);
		assert_int_equal(call->info.instances_max, 3);
		assert_int_equal(call->info.instances, 1);
		assert_int_equal(call->info.inbound_quota, 100);
		assert_int_equal(call->info.outbound_quota, 200);
		assert_int_equal(call->info.state, 3);
		assert_int_equal(call->info.end, end == SRV);
	}
}

static void test_Q10(void **state)
{
	make(SRV, BYTES, QUOTA);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.read_data_available, 0);
	opened(CLI);
	put(CLI, "abc");
	put(SRV, "de");
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.read_data_available, 3);
	assert_int_equal(ask(SITE_GET_INFO, CLI)->info.read_data_available, 2);
	disconnected(SRV);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.read_data_available, 0);
}

static void test_Q11(void **state)
{
	static const uint32_t quotas[2] = { 100, 200 };
	struct pen_pipe_config config = config_of(BYTES, 0);

	config.quotas = quotas;
	connected_as(&config, RW);
	put(CLI, "abc");
	put(SRV, "de");
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.write_quota_available, 198);
	assert_int_equal(ask(SITE_GET_INFO, CLI)->info.write_quota_available, 97);
}

static void test_Q12(void **state)
{
	connected(BYTES, QUOTA);
	closed(SRV);
	assert_int_equal(ask(SITE_GET_INFO, CLI)->info.instances, 0);
}

static void test_Q20(void **state)
{
	const char *name = pipe_name() + strlen("\\\\.\\pipe");

	connected(BYTES, QUOTA);
	assert_string_equal(ask(SITE_GET_NAME, SRV)->name, name);
	assert_string_equal(ask(SITE_GET_NAME, CLI)->name, name);
}

static void test_Q27(void **state)
{
	connected(BYTES, QUOTA);
	assert_int_equal(ask(SITE_GET_ACCESS, SRV)->access, 0x12019f);
	/* Of a client's, the right to make instances counts for nothing [O8]. */
	assert_int_equal(ask(SITE_GET_ACCESS, CLI)->access | PEN_PIPE_CREATE_INSTANCE, 0x12019f);
}

/* ---- who is there ---- */

static void number_is(enum site_verb verb, unsigned end, uint32_t number)
{
	struct site_call *call = ask(verb, end);

	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], number);
}

static uint32_t pid_of(unsigned end)
{
	return ask(SITE_PID, end)->numbers[0];
}

static void test_J1(void **state)
{
	uint32_t server = pid_of(SRV), client = pid_of(CLI);

	connected(BYTES, QUOTA);
	for (unsigned end = 0; end < 2; end++) {
		number_is(SITE_SERVER_PROCESS, end, server);
		number_is(SITE_CLIENT_PROCESS, end, client);
	}
}

static void test_J2(void **state)
{
	uint32_t server = pid_of(SRV), client = pid_of(CLI);

	connected(BYTES, QUOTA);
	closed(CLI);
	number_is(SITE_SERVER_PROCESS, SRV, server);
	number_is(SITE_CLIENT_PROCESS, SRV, client);
	closed(SRV);
	connected(BYTES, QUOTA);
	closed(SRV);
	number_is(SITE_SERVER_PROCESS, CLI, server);
	number_is(SITE_CLIENT_PROCESS, CLI, client);
}

static void test_J3(void **state)
{
	uint32_t server = pid_of(SRV);

	connected(BYTES, QUOTA);
	disconnected(SRV);
	number_is(SITE_SERVER_PROCESS, SRV, server);
	expect(ask(SITE_CLIENT_PROCESS, SRV)->status, PEN_STATUS_NOT_FOUND);
	expect(ask(SITE_SERVER_PROCESS, CLI)->status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(ask(SITE_CLIENT_PROCESS, CLI)->status, PEN_STATUS_PIPE_DISCONNECTED);
}

static void test_J5(void **state)
{
	uint32_t session;

	connected(BYTES, QUOTA);
	expect(ask(SITE_SERVER_SESSION, SRV)->status, PEN_STATUS_SUCCESS);
	session = ask(SITE_SERVER_SESSION, SRV)->numbers[0];
	for (unsigned end = 0; end < 2; end++) {
		number_is(SITE_SERVER_SESSION, end, session);
		number_is(SITE_CLIENT_SESSION, end, session);
	}
	disconnected(SRV);
	expect(ask(SITE_CLIENT_SESSION, SRV)->status, PEN_STATUS_NOT_FOUND);
	expect(ask(SITE_SERVER_SESSION, CLI)->status, PEN_STATUS_PIPE_DISCONNECTED);
}

static void test_J6(void **state)
{
	uint32_t client = pid_of(CLI);

	if (!world_is_two)
		skip();
	connected(BYTES, QUOTA);
	expect(ask(SITE_SEND, CLI)->status, PEN_STATUS_SUCCESS);
	expect(ask(SITE_RECEIVE, SRV2)->status, PEN_STATUS_SUCCESS);
	number_is(SITE_CLIENT_PROCESS, SRV2, client);
	number_is(SITE_CLIENT_PROCESS, SRV, client);
}

static void test_J7(void **state)
{
	connected(BYTES, QUOTA);
	assert_int_equal(pen_werror_from_ntstatus(ask(SITE_CLIENT_COMPUTER, SRV)->status),
			 PEN_WERR_PIPE_LOCAL);
}

static uint32_t open_as(enum pen_pipe_level level, bool is_static)
{
	struct site_call call = {
		.verb = SITE_OPEN,
		.has_name = true,
		.has_open = true,
		.open = { .access = RW, .has_qos = true, .level = level, .is_static = is_static }
	};

	strcpy(call.name, pipe_name());
	site_of(CLI, &call);
	return call.status;
}

static void token_is(uint32_t uid)
{
	struct site_call *call = ask(SITE_CLIENT_TOKEN, SRV);

	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], uid);
}

static void become(unsigned end, uint32_t uid)
{
	struct site_call call = { .verb = SITE_BECOME, .numbers = { uid } };

	site_of(end, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
}

/* Others than root can be nobody else. */
static void needs_root(void)
{
	if (getuid() || !world_is_two)
		skip();
}

static void test_I1(void **state)
{
	connected(BYTES, QUOTA);
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
	expect(ask(SITE_CLIENT_TOKEN, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
	put(CLI, "ab");
	get(SRV, 1, "a");
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_SUCCESS);
}

static void test_I2(void **state)
{
	needs_root();
	make(SRV, BYTES, QUOTA);
	expect(open_as(PEN_PIPE_IMPERSONATION, false), PEN_STATUS_SUCCESS);
	put(CLI, "ab");
	become(CLI, NOBODY);
	put(CLI, "cd");
	become(CLI, 0);
	get(SRV, 1, "a");
	token_is(0);
	get(SRV, 9, "bcd");
	token_is(NOBODY);
}

static void test_I4(void **state)
{
	needs_root();
	make(SRV, BYTES, QUOTA);
	expect(open_as(PEN_PIPE_IMPERSONATION, true), PEN_STATUS_SUCCESS);
	become(CLI, NOBODY);
	put(CLI, "ab");
	become(CLI, 0);
	get(SRV, 9, "ab");
	token_is(0);
}

static void test_I5(void **state)
{
	struct site_call *call;

	needs_root();
	make(SRV, BYTES, QUOTA);
	expect(open_as(PEN_PIPE_IMPERSONATION, false), PEN_STATUS_SUCCESS);
	become(CLI, NOBODY);
	put(CLI, "ab");
	become(CLI, 0);
	get(SRV, 9, "ab");
	token_is(NOBODY);
	call = ask(SITE_IMPERSONATE, SRV);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], NOBODY);
	assert_int_equal(call->numbers[1], 0);
}

static void test_I7(void **state)
{
	needs_root();
	become(CLI, NOBODY);
	make(SRV, BYTES, QUOTA);
	become(CLI, 0);
	expect(open_as(PEN_PIPE_IMPERSONATION, false), PEN_STATUS_SUCCESS);
	become(CLI, NOBODY);
	become(CLI, 0);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	token_is(0);
}

static void test_W19(void **state)
{
	needs_root();
	connected(MESSAGES, QUOTA);
	put(CLI, "a");
	become(CLI, NOBODY);
	put(CLI, "b");
	become(CLI, 0);
	get(SRV, 9, "a");
	token_is(0);
	get(SRV, 9, "b");
	token_is(NOBODY);
}

/* The process itself is another's, which is the same to the kernel as its only thread. */
static void test_I6(void **state)
{
	needs_root();
	connected(BYTES, QUOTA);
	put(CLI, "a");
	become(CLI, NOBODY);
	put(CLI, "b");
	get(SRV, 9, "ab");
	token_is(NOBODY);
	become(CLI, 0);
}

/* A server that may not act for others knows them all the same. */
static void test_I12(void **state)
{
	struct site_call *call;

	needs_root();
	become(SRV, NOBODY);
	make(SRV, BYTES, QUOTA);
	opened(CLI);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	call = ask(SITE_CLIENT_TOKEN, SRV);
	become(SRV, 0);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[0], 0);
	assert_int_equal(call->numbers[1], true);
}

static void test_I8(void **state)
{
	struct site_call *call;

	make(SRV, BYTES, QUOTA);
	expect(open_as(PEN_PIPE_IDENTIFICATION, true), PEN_STATUS_SUCCESS);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	call = ask(SITE_CLIENT_TOKEN, SRV);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[1], true);
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_ACCESS_DENIED);
	closed(CLI);
	closed(SRV);
	make(SRV, BYTES, QUOTA);
	expect(open_as(PEN_PIPE_ANONYMOUS, true), PEN_STATUS_SUCCESS);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	call = ask(SITE_CLIENT_TOKEN, SRV);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[3], true);
}

static void test_I9(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	closed(CLI);
	get(SRV, 9, "ab");
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_SUCCESS);
}

static void test_I10(void **state)
{
	connected(BYTES, QUOTA);
	put(SRV, "ab");
	get(CLI, 9, "ab");
	expect(ask(SITE_IMPERSONATE, CLI)->status, PEN_STATUS_ILLEGAL_FUNCTION);
}

static void test_I11(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	disconnected(SRV);
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
	start(SITE_LISTEN, SRV, NULL, 0);
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
}

static void test_L13(void **state)
{
	connected(BYTES, QUOTA);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	disconnected(SRV);
	start(SITE_LISTEN, SRV, NULL, 0);
	opened(CLI2);
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_CANNOT_IMPERSONATE);
	put(CLI2, "cd");
	get(SRV, 9, "cd");
	expect(ask(SITE_IMPERSONATE, SRV)->status, PEN_STATUS_SUCCESS);
}

static void test_I14(void **state)
{
	struct site_call *call;

	connected(BYTES, QUOTA);
	put(CLI, "ab");
	get(SRV, 9, "ab");
	call = ask(SITE_IMPERSONATE, SRV);
	expect(call->status, PEN_STATUS_SUCCESS);
	assert_int_equal(call->numbers[1], geteuid());
}

static void test_I15(void **state)
{
	struct site_call *call;

	connected(BYTES, QUOTA);
	call = ask(SITE_IMPERSONATE, SRV);
	expect(call->status, PEN_STATUS_CANNOT_IMPERSONATE);
	assert_int_equal(call->numbers[0], geteuid());
}

static void test_O11(void **state)
{
	needs_root();
	connected(BYTES, QUOTA);
	become(CLI, NOBODY);
	put(CLI, "ab");
	become(CLI, 0);
	get(SRV, 9, "ab");
	token_is(NOBODY);
	assert_int_equal(ask(SITE_CLIENT_TOKEN, SRV)->numbers[1], false);
}

const struct CMUnitTest rows_state[] = {
	ROW(test_N1),  ROW(test_N2),  ROW(test_N3),  ROW(test_N4),  ROW(test_C18), ROW(test_N5),
	ROW(test_C41), ROW(test_N6),  ROW(test_Q1),  ROW(test_Q2),  ROW(test_Q3),  ROW(test_Q4),
	ROW(test_Q5),  ROW(test_Q6),  ROW(test_Q7),  ROW(test_Q9),  ROW(test_Q10), ROW(test_Q11),
	ROW(test_Q12), ROW(test_Q20), ROW(test_Q27), ROW(test_J1),  ROW(test_J2),  ROW(test_J3),
	ROW(test_J5),  ROW(test_J6),  ROW(test_J7),  ROW(test_I1),  ROW(test_I2),  ROW(test_I4),
	ROW(test_I5),  ROW(test_I7),  ROW(test_W19), ROW(test_I6),  ROW(test_I12), ROW(test_I8),
	ROW(test_I9),  ROW(test_I10), ROW(test_I11), ROW(test_L13), ROW(test_I14), ROW(test_I15),
	ROW(test_O11),
};
const size_t n_rows_state = PEN_COUNT(rows_state);
