/* SPDX-License-Identifier: MIT */
#include "support/unit.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>

struct family {
	const char *path;
	const char *(*name)(uint32_t value);
	const char *(*text)(uint32_t value);
	int (*find)(const char *name, uint32_t *valuep);
};

static const struct family families[] = {
	{ "src/base/status/ntstatus.txt", pen_ntstatus_name, pen_ntstatus_text, pen_ntstatus_find },
	{ "src/base/status/werror.txt", pen_werror_name, pen_werror_text, pen_werror_find },
	{ "src/base/status/fault.txt", pen_fault_name, pen_fault_text, pen_fault_find },
};

/* A sentence says more than the name does. */
static bool echoes(const char *name, const char *sentence)
{
	for (; *name && *sentence; name++, sentence++) {
		char c = *name == '_' ? ' ' : *name;

		if (tolower((unsigned char)c) != tolower((unsigned char)*sentence))
			return false;
	}
	return !*name && strcmp(sentence, ".") == 0;
}

static void check_row(const struct family *family, uint32_t value, const char *name,
		      const char *sentence, bool is_first)
{
	const char *bare = strstr(name, "_s_fault_");
	uint32_t found = ~value;
	size_t n;

	if (strncmp(name, "STATUS_", 7) == 0)
		bare = name + 7;
	else if (strncmp(name, "ERROR_", 6) == 0)
		bare = name + 6;
	else
		bare = bare ? bare + 9 : name;

	assert_int_equal(family->find(name, &found), 0);
	assert_int_equal(found, value);
	found = ~value;
	assert_int_equal(family->find(bare, &found), 0);
	assert_int_equal(found, value);
	if (is_first) {
		assert_string_equal(family->name(value), name);
		assert_string_equal(family->text(value), sentence);
	}

	n = strlen(sentence);
	assert_in_range(n, 10, 160);
	assert_int_equal(sentence[n - 1], '.');
	assert_false(echoes(name, sentence));
	assert_false(echoes(bare, sentence));
}

static size_t check_family(const struct family *family)
{
	FILE *file = fopen(family->path, "r");
	uint32_t last = 0;
	size_t n_rows = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char name[128], sentence[256];
		uint32_t value;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_int_equal(
			sscanf(line, "%" SCNx32 " %127s %255[^\n]", &value, name, sentence), 3);
		if (n_rows && value < last)
			fail_msg("%s is out of order", name);
		check_row(family, value, name, sentence, !n_rows || value != last);
		last = value;
		n_rows++;
	}
	fclose(file);
	return n_rows;
}

static void test_every_code_has_a_name_and_a_sentence(void **state)
{
	assert_in_range(check_family(&families[0]), 1790, 10000);
	assert_in_range(check_family(&families[1]), 2700, 10000);
	assert_in_range(check_family(&families[2]), 40, 100);
}

static void test_unknown_codes_have_no_name(void **state)
{
	uint32_t value = 7;

	assert_null(pen_ntstatus_name(0xC0FFEE00));
	assert_null(pen_werror_name(0xFFFFFFFF));
	assert_null(pen_fault_name(0x1C01FFFF));
	assert_non_null(strstr(pen_ntstatus_text(0xC0FFEE00), "No published table"));
	assert_string_equal(pen_werror_text(0xFFFFFFFF), pen_fault_text(0x1C01FFFF));
	assert_int_equal(pen_ntstatus_find("", &value), PEN_E_NOT_FOUND);
	assert_int_equal(pen_ntstatus_find("STATUS_", &value), PEN_E_NOT_FOUND);
	assert_int_equal(pen_werror_find("ACCESS_DENIE", &value), PEN_E_NOT_FOUND);
	assert_int_equal(pen_fault_find("nca_s_op_rng_errors", &value), PEN_E_NOT_FOUND);
	assert_int_equal(value, 7);
}

static void test_known_numbers(void **state)
{
	uint32_t value;

	assert_int_equal(PEN_STATUS_ACCESS_DENIED, 0xC0000022);
	assert_int_equal(PEN_STATUS_PIPE_BROKEN, 0xC000014B);
	assert_int_equal(PEN_STATUS_RPC_NT_SERVER_UNAVAILABLE, 0xC0020017);
	assert_int_equal(PEN_WERR_ACCESS_DENIED, 5);
	assert_int_equal(PEN_WERR_NERR_USERNOTFOUND, 2221);
	assert_int_equal(PEN_WERR_RPC_X_BAD_STUB_DATA, 1783);
	assert_int_equal(PEN_FAULT_OP_RNG_ERROR, 0x1C010002);
	assert_int_equal(PEN_FAULT_CONTEXT_MISMATCH, 0x1C00001A);

	assert_string_equal(pen_ntstatus_name(0), "STATUS_SUCCESS");
	assert_string_equal(pen_werror_name(0), "ERROR_SUCCESS");
	assert_string_equal(pen_werror_name(2221), "NERR_UserNotFound");
	assert_string_equal(pen_fault_name(0x1C010002), "nca_s_op_rng_error");
	assert_string_equal(pen_fault_name(5), "ERROR_ACCESS_DENIED");
	assert_string_equal(pen_fault_name(0xC0000022), "STATUS_ACCESS_DENIED");

	assert_int_equal(pen_ntstatus_find("NT_STATUS_PIPE_BUSY", &value), 0);
	assert_int_equal(value, PEN_STATUS_PIPE_BUSY);
	assert_int_equal(pen_werror_find("werr_access_denied", &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(pen_werror_find("NERR_USERNOTFOUND", &value), 0);
	assert_int_equal(value, 2221);
	assert_int_equal(pen_fault_find("nca_op_rng_error", &value), 0);
	assert_int_equal(value, 0x1C010002);
}

static void test_pipe_statuses_become_win32(void **state)
{
	static const struct {
		uint32_t status;
		uint32_t error;
	} pairs[] = {
		{ PEN_STATUS_SUCCESS, 0 },
		{ PEN_STATUS_PIPE_LISTENING, 536 },
		{ PEN_STATUS_PIPE_CONNECTED, 535 },
		{ PEN_STATUS_PIPE_CLOSING, 232 },
		{ PEN_STATUS_PIPE_EMPTY, 232 },
		{ PEN_STATUS_PIPE_BROKEN, 109 },
		{ PEN_STATUS_PIPE_DISCONNECTED, 233 },
		{ PEN_STATUS_INVALID_PIPE_STATE, 230 },
		{ PEN_STATUS_INVALID_READ_MODE, 230 },
		{ PEN_STATUS_PIPE_BUSY, 231 },
		{ PEN_STATUS_PIPE_NOT_AVAILABLE, 231 },
		{ PEN_STATUS_INSTANCE_NOT_AVAILABLE, 231 },
		{ PEN_STATUS_BUFFER_OVERFLOW, 234 },
		{ PEN_STATUS_IO_TIMEOUT, 121 },
		{ PEN_STATUS_CANCELLED, 995 },
		{ PEN_STATUS_PENDING, 997 },
		{ PEN_STATUS_ILLEGAL_FUNCTION, 1 },
		{ PEN_STATUS_CANNOT_IMPERSONATE, 1368 },
		{ PEN_STATUS_OBJECT_NAME_NOT_FOUND, 2 },
		{ PEN_STATUS_OBJECT_NAME_INVALID, 123 },
		{ PEN_STATUS_INVALID_PARAMETER, 87 },
		{ PEN_STATUS_ACCESS_DENIED, 5 },
		{ PEN_STATUS_NOT_FOUND, 1168 },
		{ PEN_STATUS_OBJECT_TYPE_MISMATCH, 6 },
		{ PEN_STATUS_INVALID_HANDLE, 6 },
		{ PEN_STATUS_NOT_SUPPORTED, 50 },
	};

	for (size_t i = 0; i < PEN_COUNT(pairs); i++)
		assert_int_equal(pen_werror_from_ntstatus(pairs[i].status), pairs[i].error);
}

static void test_ntstatus_and_win32_convert(void **state)
{
	assert_int_equal(pen_werror_from_ntstatus(PEN_STATUS_WRONG_PASSWORD), 86);
	assert_int_equal(pen_werror_from_ntstatus(PEN_STATUS_LOGON_FAILURE), 1326);
	assert_int_equal(pen_werror_from_ntstatus(PEN_STATUS_RPC_NT_BAD_STUB_DATA), 1783);
	assert_int_equal(pen_werror_from_ntstatus(PEN_STATUS_SXS_VERSION_CONFLICT), 14008);
	assert_int_equal(pen_werror_from_ntstatus(0xC0FFEE00), 317);
	assert_int_equal(pen_werror_from_ntstatus(0xE0001234), 0xE0001234);
	assert_int_equal(pen_werror_from_ntstatus(0xC00708AD), 2221);

	assert_int_equal(pen_ntstatus_from_werror(0), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_ntstatus_from_werror(5), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(pen_ntstatus_from_werror(0x80070005), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(pen_ntstatus_from_werror(2), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(pen_ntstatus_from_werror(8), PEN_STATUS_NO_MEMORY);
	assert_int_equal(pen_ntstatus_from_werror(14), PEN_STATUS_NO_MEMORY);
	assert_int_equal(pen_ntstatus_from_werror(87), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(pen_ntstatus_from_werror(234), PEN_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(pen_ntstatus_from_werror(231), PEN_STATUS_PIPE_BUSY);
	assert_int_equal(pen_ntstatus_from_werror(232), PEN_STATUS_PIPE_CLOSING);
	assert_int_equal(pen_ntstatus_from_werror(2221), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(pen_ntstatus_from_werror(64), PEN_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(pen_ntstatus_from_werror(1056), PEN_STATUS_IMAGE_ALREADY_LOADED);
	assert_int_equal(pen_ntstatus_from_werror(1060), 0xC0070424);
	assert_int_equal(pen_ntstatus_from_werror(0x12345678), PEN_STATUS_UNSUCCESSFUL);
}

static void test_every_win32_code_survives_the_round_trip(void **state)
{
	size_t n_other = 0;

	/* But for those that share an NTSTATUS with a more common one. */
	for (uint32_t error = 0; error < 0x10000; error++)
		if (pen_werror_from_ntstatus(pen_ntstatus_from_werror(error)) != error)
			n_other++;
	assert_in_range(n_other, 1, 30);
}

static void test_errno_converts(void **state)
{
	assert_int_equal(pen_ntstatus_from_errno(0), PEN_STATUS_SUCCESS);
	assert_int_equal(pen_werror_from_errno(0), 0);
	assert_int_equal(pen_ntstatus_from_errno(ENOENT), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(pen_ntstatus_from_errno(-ENOENT), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(pen_werror_from_errno(-EACCES), 5);
	assert_int_equal(pen_werror_from_errno(EEXIST), 183);
	assert_int_equal(pen_ntstatus_from_errno(123456), PEN_STATUS_UNSUCCESSFUL);
	assert_int_equal(pen_werror_from_errno(-123456), 31);
}

static void test_faults_convert(void **state)
{
	assert_int_equal(pen_ntstatus_from_fault(PEN_FAULT_OP_RNG_ERROR),
			 PEN_STATUS_RPC_NT_PROCNUM_OUT_OF_RANGE);
	assert_int_equal(pen_ntstatus_from_fault(PEN_FAULT_CONTEXT_MISMATCH),
			 PEN_STATUS_RPC_NT_SS_CONTEXT_MISMATCH);
	assert_int_equal(pen_ntstatus_from_fault(5), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(pen_ntstatus_from_fault(1783), PEN_STATUS_RPC_NT_BAD_STUB_DATA);
	assert_int_equal(pen_ntstatus_from_fault(0xC0000022), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(pen_ntstatus_from_fault(0x1C01FFFF), PEN_STATUS_RPC_NT_CALL_FAILED);
	assert_int_equal(pen_ntstatus_from_fault(0), PEN_STATUS_RPC_NT_CALL_FAILED);

	assert_int_equal(pen_fault_from_ntstatus(PEN_STATUS_RPC_NT_UNKNOWN_IF), PEN_FAULT_UNK_IF);
	assert_int_equal(pen_fault_from_ntstatus(PEN_STATUS_RPC_NT_PROTOCOL_ERROR),
			 PEN_FAULT_PROTO_ERROR);
	assert_int_equal(pen_fault_from_ntstatus(PEN_STATUS_ACCESS_DENIED), 5);
	assert_int_equal(pen_fault_from_ntstatus(PEN_STATUS_RPC_NT_BAD_STUB_DATA), 1783);
	assert_int_equal(pen_fault_from_ntstatus(0xC0FFEE00), 0xC0FFEE00);
	assert_int_equal(pen_fault_from_ntstatus(PEN_STATUS_SUCCESS), PEN_FAULT_UNSPEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_a_name_and_a_sentence),
		cmocka_unit_test(test_unknown_codes_have_no_name),
		cmocka_unit_test(test_known_numbers),
		cmocka_unit_test(test_pipe_statuses_become_win32),
		cmocka_unit_test(test_ntstatus_and_win32_convert),
		cmocka_unit_test(test_every_win32_code_survives_the_round_trip),
		cmocka_unit_test(test_errno_converts),
		cmocka_unit_test(test_faults_convert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
