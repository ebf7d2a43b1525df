/* SPDX-License-Identifier: MIT */
/*
 * The rows of creating pipes, of their names, and of who may.
 */
#include "pipes/world.h"
#include <string.h>

#define RW (PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE)

/* Creates a pipe of that name, which is no other's, and opens it by that name. */
static void is_a_name(const char *name)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create(SRV, name, &config), PEN_STATUS_SUCCESS);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.instances, 1);
	expect(open_end(CLI, name, RW), PEN_STATUS_SUCCESS);
	put(CLI, "a");
	get(SRV, 9, "a");
	closed(CLI);
	closed(SRV);
}

static void test_C1(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create(SRV, "row", &config), PEN_STATUS_OBJECT_NAME_INVALID);
}

static void test_C3(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create(SRV, "\\\\.\\pipe", &config), PEN_STATUS_OBJECT_NAME_INVALID);
	expect(create(SRV, "\\\\.\\pipe\\", &config), PEN_STATUS_OBJECT_NAME_INVALID);
}

static void test_C4(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	assert_int_not_equal(create(SRV, "\\\\elsewhere\\pipe\\row", &config), 0);
}

static void test_C5(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);
	char suffix[300];

	memset(suffix, 'x', sizeof(suffix));
	suffix[sizeof(suffix) - 1] = 0;
	assert_int_not_equal(create(SRV, pipe_name_of(suffix), &config), 0);
}

static void test_C6(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create(SRV, pipe_name_of("-MiXed"), &config), PEN_STATUS_SUCCESS);
	expect(open_end(CLI, pipe_name_of("-mIxeD"), RW), PEN_STATUS_SUCCESS);
	assert_non_null(strstr(ask(SITE_GET_NAME, CLI)->name, "-MiXed"));
}

static void test_C7(void **state)
{
	is_a_name(pipe_name_of("<>*?\"/:|\\x y.\\"));
}

static void test_C8(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	is_a_name("\\Device\\NamedPipe\\row/x");
	expect(create(SRV, "\\Device\\NamedPipe\\row/x", &config), PEN_STATUS_SUCCESS);
	expect(open_end(CLI, "\\Device\\NamedPipe\\row\\x", RW), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_C9(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	is_a_name("\\Device\\NamedPipe\\row\\..\\.\\x");
	expect(create(SRV, "\\Device\\NamedPipe\\row\\..\\x", &config), PEN_STATUS_SUCCESS);
	expect(open_end(CLI, "\\Device\\NamedPipe\\x", RW), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_C10(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	make(SRV, BYTES, QUOTA);
	expect(open_end(CLI, pipe_name_of("\\"), RW), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	config.disposition = PEN_PIPE_CREATE;
	expect(create(SRV2, pipe_name_of("\\"), &config), PEN_STATUS_SUCCESS);
}

static void test_C11(void **state)
{
	is_a_name("\\Device\\NamedPipe\\\\");
}

static void test_C12(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	for (unsigned end = SRV; end <= SRV2; end += SRV2 - SRV) {
		expect(create(end, "\\Device\\NamedPipe\\", &config), PEN_STATUS_SUCCESS);
		assert_int_equal(ask(SITE_GET_INFO, end)->info.instances, 1);
		expect(ask(SITE_GET_NAME, end)->status, PEN_STATUS_OBJECT_PATH_INVALID);
	}
}

static void test_C15(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.is_message_mode = true;
	expect(create(SRV, pipe_name(), &config), PEN_STATUS_INVALID_PARAMETER);
}

static void test_C17(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.instances_max = PEN_PIPE_UNLIMITED;
	made(SRV, &config);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.instances_max, UINT32_MAX);
}

static void test_C19(void **state)
{
	static const uint32_t quotas[] = { 0, 1, 4097, 1000000 };
	struct site_call *call;

	for (unsigned i = 0; i < 4; i++) {
		struct pen_pipe_config config = config_of(BYTES, QUOTA);
		uint32_t both[2] = { quotas[i], quotas[3 - i] };

		config.quotas = both;
		made(SRV, &config);
		call = ask(SITE_GET_INFO, SRV);
		assert_int_equal(call->info.inbound_quota, quotas[i]);
		assert_int_equal(call->info.outbound_quota, quotas[3 - i]);
		closed(SRV);
	}
}

static void test_C22(void **state)
{
	for (unsigned i = PEN_PIPE_INBOUND; i <= PEN_PIPE_DUPLEX; i++) {
		struct pen_pipe_config config = config_of(BYTES, QUOTA);

		config.configuration = i;
		config.access = PEN_PIPE_READ_ATTRIBUTES;
		made(SRV, &config);
		assert_int_equal(ask(SITE_GET_INFO, SRV)->info.configuration, i);
		closed(SRV);
	}
}

static void test_C23(void **state)
{
	static const unsigned dispositions[] = { 4, 5, 6 };

	for (unsigned i = 0; i < 3; i++) {
		struct pen_pipe_config config = config_of(BYTES, QUOTA);

		config.disposition = dispositions[i];
		expect(create(SRV, pipe_name(), &config), PEN_STATUS_INVALID_PARAMETER);
	}
}

static void test_C24(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.disposition = PEN_PIPE_OPEN;
	expect(create(SRV, pipe_name(), &config), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	make(SRV, BYTES, QUOTA);
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_SUCCESS);
}

static void test_C25(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.disposition = PEN_PIPE_CREATE;
	made(SRV, &config);
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
}

static void test_C26(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);
	struct site_call call = { .verb = SITE_CREATE, .has_name = true, .config = config };

	strcpy(call.name, pipe_name());
	site_of(SRV, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	assert_int_equal(call.information, 2);
	site_of(SRV2, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	assert_int_equal(call.information, 1);
}

static void test_C27(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.instances_max = 1;
	made(SRV, &config);
	config.disposition = PEN_PIPE_CREATE;
	config.configuration = PEN_PIPE_INBOUND;
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_INSTANCE_NOT_AVAILABLE);
}

static void test_C28(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.instances_max = 2;
	made(SRV, &config);
	made(SRV2, &config);
	expect(create(SRV3, pipe_name(), &config), PEN_STATUS_INSTANCE_NOT_AVAILABLE);
	closed(SRV2);
	made(SRV3, &config);
}

static void test_C29(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	made(SRV, &config);
	config.configuration = PEN_PIPE_INBOUND;
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
	config.configuration = PEN_PIPE_OUTBOUND;
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
}

static void test_C30(void **state)
{
	struct pen_pipe_config config = config_of(MESSAGES, QUOTA);
	struct site_call *call;

	config.instances_max = 3;
	made(SRV, &config);
	config = config_of(BYTES, 7);
	config.instances_max = 5;
	made(SRV2, &config);
	call = ask(SITE_GET_INFO, SRV2);
	assert_int_equal(call->info.type, 1);
	assert_int_equal(call->info.instances_max, 3);
	assert_int_equal(call->info.instances, 2);
}

static void test_C31(void **state)
{
	struct pen_pipe_config config = config_of(MESSAGES, 100);
	struct site_call *call;

	made(SRV, &config);
	config = config_of(MESSAGES, 200);
	config.is_message_mode = false;
	config.is_nonblocking = true;
	made(SRV2, &config);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.inbound_quota, 100);
	assert_int_equal(ask(SITE_GET_INFO, SRV2)->info.inbound_quota, 200);
	call = ask(SITE_GET_MODES, SRV);
	assert_int_equal(call->numbers[0], 1);
	assert_int_equal(call->numbers[1], 0);
	call = ask(SITE_GET_MODES, SRV2);
	assert_int_equal(call->numbers[0], 0);
	assert_int_equal(call->numbers[1], 1);
}

static void test_C32(void **state)
{
	make(SRV, BYTES, QUOTA);
	assert_int_equal(ask(SITE_GET_INFO, SRV)->info.state, 2);
	opened(CLI);
	put(CLI, "a");
	get(SRV, 9, "a");
}

static uint32_t access_of(enum pen_pipe_configuration configuration)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);
	uint32_t access;

	config.configuration = configuration;
	made(SRV, &config);
	access = ask(SITE_GET_ACCESS, SRV)->access;
	closed(SRV);
	return access;
}

static void test_C33(void **state)
{
	assert_int_equal(access_of(PEN_PIPE_DUPLEX), 0x12019f);
}

static void test_C34(void **state)
{
	assert_int_equal(access_of(PEN_PIPE_INBOUND), PEN_FILE_GENERIC_READ);
}

static void test_C35(void **state)
{
	assert_int_equal(access_of(PEN_PIPE_OUTBOUND), PEN_FILE_GENERIC_WRITE);
}

static void test_C36(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.is_access_exact = true;
	config.access = PEN_ACCESS_SYNCHRONIZE;
	made(SRV, &config);
	expect(ask(SITE_GET_INFO, SRV)->status, PEN_STATUS_ACCESS_DENIED);
	expect(ask(SITE_GET_MODES, SRV)->status, PEN_STATUS_ACCESS_DENIED);
}

static void test_C37(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.is_access_exact = true;
	expect(create(SRV, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
}

static void test_C38(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.access = PEN_ACCESS_WRITE_DAC | PEN_ACCESS_WRITE_OWNER;
	made(SRV, &config);
	assert_int_equal(ask(SITE_GET_ACCESS, SRV)->access,
			 0x12019f | PEN_ACCESS_WRITE_DAC | PEN_ACCESS_WRITE_OWNER);
}

static void test_C39(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.rejects_remote = true;
	made(SRV, &config);
	opened(CLI);
}

static void test_C42(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	connected(BYTES, QUOTA);
	closed(SRV);
	expect(open_end(CLI2, pipe_name(), RW), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	config.disposition = PEN_PIPE_CREATE;
	config.configuration = PEN_PIPE_INBOUND;
	made(SRV2, &config);
	refused(SITE_READ, CLI, PEN_STATUS_PIPE_BROKEN);
}

/* ---- the list of names ---- */

static void test_E1(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.instances_max = 4;
	expect(create(SRV, pipe_name_of("-E1\\Deep"), &config), PEN_STATUS_SUCCESS);
	expect(create(SRV2, pipe_name_of("-E1\\Deep"), &config), PEN_STATUS_SUCCESS);
	assert_non_null(strstr(ask(SITE_LIST, CLI)->name, "-E1\\Deep 2/4\n"));
	closed(SRV);
	closed(SRV2);
	assert_null(strstr(ask(SITE_LIST, CLI)->name, "-E1\\Deep"));
}

static void test_E3(void **state)
{
	struct site_call call = { .verb = SITE_WATCH, .wait_ms = 0 };

	/* To where things are now. */
	do
		site_of(CLI, &call);
	while (!call.status);
	expect(call.status, PEN_STATUS_IO_TIMEOUT);
	make(SRV, BYTES, QUOTA);
	call.wait_ms = LONG_MS;
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	closed(SRV);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
}

/* One of the object manager's configuration. */
static void test_E12(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create(SRV, "\\\\.\\pipe\\row-aliased", &config), PEN_STATUS_SUCCESS);
	expect(open_end(CLI, "\\\\.\\pipe\\row-alias", RW), PEN_STATUS_SUCCESS);
	put(CLI, "a");
	get(SRV, 9, "a");
}

/* ---- descriptors ---- */

enum { OWNER = 1, GROUP = 2, DACL = 4 };

static const char *security_of(unsigned end, uint32_t which)
{
	struct site_call call = { .verb = SITE_GET_SECURITY, .access = which };
	static char text[SITE_TEXT];

	site_of(end, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	strcpy(text, call.sddl);
	return text;
}

static uint32_t set_security(unsigned end, uint32_t which, const char *sddl)
{
	struct site_call call = { .verb = SITE_SET_SECURITY, .access = which };

	strcpy(call.sddl, sddl);
	site_of(end, &call);
	return call.status;
}

static void test_S1(void **state)
{
	const char *text;

	make(SRV, BYTES, QUOTA);
	text = security_of(SRV, DACL);
	assert_non_null(strstr(text, "(A;;FA;;;SY)"));
	assert_non_null(strstr(text, "(A;;FA;;;BA)"));
	assert_non_null(strstr(text, "(A;;FR;;;WD)"));
	assert_non_null(strstr(text, "(A;;FR;;;AN)"));
}

static void test_S2(void **state)
{
	make(SRV, BYTES, QUOTA);
	assert_non_null(strstr(security_of(SRV, OWNER), "O:"));
	assert_non_null(strstr(security_of(SRV, GROUP), "G:"));
}

static void test_S3(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	config.access = PEN_ACCESS_WRITE_DAC;
	made(SRV, &config);
	made(SRV2, &config);
	opened(CLI);
	expect(set_security(SRV2, DACL, "D:(A;;FA;;;BA)(A;;FR;;;WD)"), PEN_STATUS_SUCCESS);
	assert_string_equal(security_of(SRV, DACL), "D:(A;;FA;;;BA)(A;;FR;;;WD)");
	assert_string_equal(security_of(CLI, DACL), "D:(A;;FA;;;BA)(A;;FR;;;WD)");
}

static void test_S4(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;0x12019f;;;WD)"),
	       PEN_STATUS_SUCCESS);
	expect(create_secured(SRV2, pipe_name(), &config, "D:(A;;FA;;;BA)"), PEN_STATUS_SUCCESS);
	assert_string_equal(security_of(SRV2, DACL), "D:(A;;0x12019f;;;WD)");
	config.access = PEN_ACCESS_DELETE;
	expect(create(SRV3, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
	closed(SRV);
	closed(SRV2);
	config = config_of(BYTES, QUOTA);
	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;0x12019b;;;WD)"),
	       PEN_STATUS_SUCCESS);
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_ACCESS_DENIED);
}

static void test_S5(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;FA;;;WD)"), PEN_STATUS_SUCCESS);
	opened(CLI);
	closed(SRV);
	assert_string_equal(security_of(CLI, DACL), "D:(A;;FA;;;WD)");
}

static void test_S6(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;FA;;;WD)"), PEN_STATUS_SUCCESS);
	opened(CLI);
	closed(SRV);
	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;FA;;;BA)"), PEN_STATUS_SUCCESS);
	assert_string_equal(security_of(SRV, DACL), "D:(A;;FA;;;BA)");
}

static void test_S8(void **state)
{
	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;GRGW;;;WD)"), PEN_STATUS_SUCCESS);
	expect(create(SRV2, pipe_name(), &config), PEN_STATUS_SUCCESS);
}

static void test_S9(void **state)
{
	struct site_call call = { .verb = SITE_GET_SECURITY, .access = DACL };

	struct pen_pipe_config config = config_of(BYTES, QUOTA);

	expect(create_secured(SRV, pipe_name(), &config, "D:(A;;FA;;;WD)"), PEN_STATUS_SUCCESS);
	expect(open_end(CLI, pipe_name(), RW | PEN_ACCESS_WRITE_DAC), PEN_STATUS_SUCCESS);
	disconnected(SRV);
	site_of(CLI, &call);
	expect(call.status, PEN_STATUS_PIPE_DISCONNECTED);
	expect(set_security(CLI, DACL, "D:(A;;FA;;;WD)"), PEN_STATUS_PIPE_DISCONNECTED);
	assert_non_null(strstr(security_of(SRV, DACL), "D:"));
}

const struct CMUnitTest rows_create[] = {
	ROW(test_C1),  ROW(test_C3),  ROW(test_C4),  ROW(test_C5),  ROW(test_C6),  ROW(test_C7),
	ROW(test_C8),  ROW(test_C9),  ROW(test_C10), ROW(test_C11), ROW(test_C12), ROW(test_C15),
	ROW(test_C17), ROW(test_C19), ROW(test_C22), ROW(test_C23), ROW(test_C24), ROW(test_C25),
	ROW(test_C26), ROW(test_C27), ROW(test_C28), ROW(test_C29), ROW(test_C30), ROW(test_C31),
	ROW(test_C32), ROW(test_C33), ROW(test_C34), ROW(test_C35), ROW(test_C36), ROW(test_C37),
	ROW(test_C38), ROW(test_C39), ROW(test_C42), ROW(test_E1),  ROW(test_E3),  ROW(test_E12),
	ROW(test_S1),  ROW(test_S2),  ROW(test_S3),  ROW(test_S4),  ROW(test_S5),  ROW(test_S6),
	ROW(test_S8),  ROW(test_S9),
};
const size_t n_rows_create = PEN_COUNT(rows_create);
