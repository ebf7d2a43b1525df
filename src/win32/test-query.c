/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of a pipe, and what it says of its ends.
 */
#include "win32/test-pipes.h"

#include <pwd.h>
#include <unistd.h>

/* [Q1, Q14, Q15, Q17, Q18, Q19, Q6, C19] */
static void test_state_and_info(void **state)
{
	HANDLE server = create_with(PIPE_ACCESS_DUPLEX, MESSAGES | PIPE_NOWAIT, 3);
	HANDLE client = open_with(GENERIC_READ | GENERIC_WRITE);
	DWORD modes, n, flags, out, in, max;

	assert_true(GetNamedPipeHandleStateA(server, &modes, &n, NULL, NULL, NULL, 0));
	assert_int_equal(modes, PIPE_READMODE_MESSAGE | PIPE_NOWAIT);
	assert_int_equal(n, 1);
	assert_true(GetNamedPipeHandleStateA(client, &modes, NULL, NULL, NULL, NULL, 0));
	assert_int_equal(modes, 0);
	assert_true(GetNamedPipeHandleStateA(client, NULL, NULL, NULL, NULL, NULL, 0));
	expect_error(GetNamedPipeHandleStateA(client, NULL, NULL, &n, NULL, NULL, 0),
		     ERROR_INVALID_PARAMETER);
	expect_error(SetNamedPipeHandleState(client, NULL, &n, NULL), ERROR_INVALID_PARAMETER);
	modes = 0x40;
	expect_error(SetNamedPipeHandleState(client, &modes, NULL, NULL), ERROR_INVALID_PARAMETER);
	assert_true(GetNamedPipeInfo(server, &flags, &out, &in, &max));
	assert_int_equal(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
	assert_int_equal(out, 100);
	assert_int_equal(in, 200);
	assert_int_equal(max, 3);
	assert_true(GetNamedPipeInfo(client, &flags, NULL, NULL, NULL));
	assert_int_equal(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
	CloseHandle(client);
	CloseHandle(server);
}

/* [P1-P4, P8, P9, P13] */
static void test_peek(void **state)
{
	struct ends messages = ends_open(MESSAGES, 0, 0);
	struct ends bytes = ends_open(BYTES, 0, 0);
	DWORD n, available, left;
	char buffer[16];

	assert_true(WriteFile(bytes.client, "hello", 5, &n, NULL));
	assert_true(PeekNamedPipe(bytes.server, buffer, 3, &n, &available, &left));
	assert_int_equal(n, 3);
	assert_int_equal(available, 5);
	assert_int_equal(left, (DWORD)-3);

	assert_true(WriteFile(messages.client, "hello", 5, &n, NULL));
	assert_true(WriteFile(messages.client, "you", 3, &n, NULL));
	assert_true(PeekNamedPipe(messages.server, buffer, 3, &n, &available, &left));
	assert_int_equal(n, 3);
	assert_int_equal(available, 8);
	assert_int_equal(left, 2);
	assert_true(PeekNamedPipe(messages.server, NULL, 0, NULL, &available, NULL));
	assert_true(ReadFile(messages.server, buffer, 16, &n, NULL));
	assert_true(ReadFile(messages.server, buffer, 16, &n, NULL));
	CloseHandle(messages.client);
	n = 77;
	expect_error(PeekNamedPipe(messages.server, buffer, 3, &n, NULL, NULL), ERROR_BROKEN_PIPE);
	assert_int_equal(n, 77);
	CloseHandle(messages.server);
	ends_close(&bytes);
}

/* [J1, J3, J4, J7, D5, L6, I1, I10] */
static void test_who(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char user[100];
	WCHAR name[64];
	ULONG id;

	assert_true(GetNamedPipeClientProcessId(ends.server, &id));
	assert_int_equal(id, getpid());
	assert_true(GetNamedPipeServerProcessId(ends.client, &id));
	assert_int_equal(id, getpid());
	expect_error(
		GetNamedPipeHandleStateA(ends.server, NULL, NULL, NULL, NULL, user, sizeof(user)),
		ERROR_CANNOT_IMPERSONATE);
	expect_error(
		GetNamedPipeHandleStateA(ends.client, NULL, NULL, NULL, NULL, user, sizeof(user)),
		ERROR_INVALID_PARAMETER);
	assert_true(GetNamedPipeClientSessionId(ends.server, &id));
	assert_true(GetNamedPipeServerSessionId(ends.client, &id));
	expect_error(GetNamedPipeClientProcessId(ends.server, NULL), ERROR_INSUFFICIENT_BUFFER);
	expect_error(GetNamedPipeClientComputerNameW(ends.server, name, sizeof(name)),
		     ERROR_PIPE_LOCAL);
	expect_error(DisconnectNamedPipe(ends.client), ERROR_INVALID_FUNCTION);
	expect_error(ConnectNamedPipe(ends.client, NULL), ERROR_INVALID_FUNCTION);
	expect_error(ImpersonateNamedPipeClient(ends.client), ERROR_INVALID_FUNCTION);
	expect_error(ImpersonateNamedPipeClient(ends.server), ERROR_CANNOT_IMPERSONATE);
	assert_true(RevertToSelf());
	/* [Q16] */
	assert_true(WriteFile(ends.client, "x", 1, &id, NULL));
	assert_true(ReadFile(ends.server, user, sizeof(user), &id, NULL));
	assert_true(
		GetNamedPipeHandleStateA(ends.server, NULL, NULL, NULL, NULL, user, sizeof(user)));
	assert_true(!getpwuid(geteuid()) || !strcmp(user, getpwuid(geteuid())->pw_name));
	assert_true(DisconnectNamedPipe(ends.server));
	expect_error(GetNamedPipeClientProcessId(ends.server, &id), ERROR_NOT_FOUND);
	assert_true(GetNamedPipeServerProcessId(ends.server, &id));
	expect_error(GetNamedPipeServerProcessId(ends.client, &id), ERROR_PIPE_NOT_CONNECTED);
	ends_close(&ends);
}

/* [Q8-Q11, Q13, Q20-Q26] */
static void test_queries(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	FILE_PIPE_LOCAL_INFORMATION local;
	FILE_STANDARD_INFORMATION standard;
	FILE_BASIC_INFORMATION basic;
	FILE_FS_DEVICE_INFORMATION device;
	struct {
		FILE_NAME_INFORMATION name;
		WCHAR more[50];
	} name;
	struct {
		PUBLIC_OBJECT_TYPE_INFORMATION type;
		WCHAR more[50];
	} type;
	IO_STATUS_BLOCK iosb;
	ULONG n;

	assert_true(WriteFile(ends.client, "hello", 5, &n, NULL));
	assert_int_equal(NtQueryInformationFile((HANDLE)(LONG_PTR)-1, &iosb, &local, sizeof(local),
						FilePipeLocalInformation),
			 STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(NtQueryInformationFile(ends.server, &iosb, &local, sizeof(local),
						FilePipeLocalInformation),
			 0);
	assert_int_equal(iosb.Information, sizeof(local));
	assert_int_equal(local.NamedPipeType, 1);
	assert_int_equal(local.NamedPipeConfiguration, 2);
	assert_int_equal(local.CurrentInstances, 1);
	assert_int_equal(local.ReadDataAvailable, 5);
	assert_int_equal(local.NamedPipeState, 3);
	assert_int_equal(local.NamedPipeEnd, 1);
	assert_int_equal(NtQueryInformationFile(ends.client, &iosb, &local, sizeof(local),
						FilePipeLocalInformation),
			 0);
	assert_int_equal(local.WriteQuotaAvailable, 4091);
	assert_int_equal(local.NamedPipeEnd, 0);
	assert_int_equal(
		NtQueryInformationFile(ends.server, &iosb, &local, 10, FilePipeLocalInformation),
		STATUS_INFO_LENGTH_MISMATCH);
	assert_int_equal(NtQueryInformationFile(ends.server, &iosb, &local, sizeof(local),
						FilePipeRemoteInformation),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(NtQueryInformationFile(ends.server, &iosb, &standard, sizeof(standard),
						FileStandardInformation),
			 0);
	assert_int_equal(standard.EndOfFile.QuadPart, 5);
	assert_int_equal(standard.AllocationSize.QuadPart, 8192);
	assert_int_equal(standard.NumberOfLinks, 1);
	assert_true(standard.DeletePending);
	assert_int_equal(NtQueryInformationFile(ends.server, &iosb, &basic, sizeof(basic),
						FileBasicInformation),
			 0);
	assert_int_equal(basic.FileAttributes, FILE_ATTRIBUTE_NORMAL);
	assert_int_equal(NtSetInformationFile(ends.server, &iosb, &basic, sizeof(basic),
					      FileBasicInformation),
			 0);
	assert_int_equal(NtSetInformationFile(ends.server, &iosb, &basic, sizeof(basic),
					      FileDispositionInformation),
			 STATUS_INVALID_PARAMETER);

	assert_int_equal(NtQueryInformationFile(ends.client, &iosb, &name, sizeof(name),
						FileNameInformation),
			 0);
	assert_int_equal(name.name.FileName[0], '\\');
	assert_int_equal(*(WCHAR *)((char *)&name + 6), 'e');
	assert_int_equal(iosb.Information, 4 + name.name.FileNameLength);
	n = name.name.FileNameLength;
	assert_int_equal(NtQueryInformationFile(ends.client, &iosb, &name, 10, FileNameInformation),
			 STATUS_BUFFER_OVERFLOW);
	assert_int_equal(name.name.FileNameLength, n);
	assert_int_equal(iosb.Information, 10);
	assert_int_equal(NtQueryInformationFile(ends.client, &iosb, &name, 7, FileNameInformation),
			 STATUS_INFO_LENGTH_MISMATCH);

	assert_int_equal(NtQueryObject(ends.server, ObjectTypeInformation, &type, sizeof(type), &n),
			 0);
	assert_int_equal(type.type.TypeName.Length, 8);
	assert_int_equal(type.type.TypeName.Buffer[0], 'F');
	assert_int_equal(NtQueryVolumeInformationFile(ends.server, &iosb, &device, sizeof(device),
						      FileFsDeviceInformation),
			 0);
	assert_int_equal(device.DeviceType, FILE_DEVICE_NAMED_PIPE);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_and_info),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
