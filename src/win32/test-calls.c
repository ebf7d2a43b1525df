/* SPDX-License-Identifier: MIT */
/*
 * The rows of pipes by their Win32 and NT names: what the calls take, answer and refuse.
 */
#include "win32/test-pipes.h"

#include "support/fail.h"

#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a client has it: without the right to make instances [O8]. */
enum { FILE_WRITES = FILE_GENERIC_WRITE & ~FILE_CREATE_PIPE_INSTANCE };

static void expect_error(BOOL result, DWORD error)
{
	assert_false(result);
	assert_int_equal(GetLastError(), error);
}

static void expect_no_pipe(HANDLE handle, DWORD error)
{
	assert_ptr_equal(handle, INVALID_HANDLE_VALUE);
	assert_int_equal(GetLastError(), error);
}

static HANDLE create_with(DWORD open_mode, DWORD pipe_mode, DWORD instances)
{
	return CreateNamedPipeA(path("with"), open_mode, pipe_mode, instances, 100, 200, 0, NULL);
}

static HANDLE open_with(DWORD access)
{
	return CreateFileA(path("with"), access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static DWORD rights_of(HANDLE handle)
{
	FILE_ACCESS_INFORMATION access;
	IO_STATUS_BLOCK iosb;

	assert_int_equal(NtQueryInformationFile(handle, &iosb, &access, sizeof(access),
						FileAccessInformation),
			 0);
	return access.AccessFlags;
}

/* [C1-C5] */
static void test_names(void **state)
{
	char longest[300] = "\\\\.\\pipe\\";

	expect_no_pipe(CreateNamedPipeA("with", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		       ERROR_INVALID_NAME);
	expect_no_pipe(CreateNamedPipeA(NULL, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		       ERROR_PATH_NOT_FOUND);
	expect_no_pipe(CreateNamedPipeA("\\\\.\\pipe", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		       ERROR_INVALID_NAME);
	expect_no_pipe(CreateNamedPipeA("\\\\.\\pipe\\", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		       ERROR_INVALID_NAME);
	expect_no_pipe(
		CreateNamedPipeA("\\\\other\\pipe\\x", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		ERROR_INVALID_NAME);
	memset(longest + strlen(longest), 'x', 250);
	expect_no_pipe(CreateNamedPipeA(longest, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
		       ERROR_INVALID_NAME);
	expect_no_pipe(CreateFileA("with", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
		       ERROR_NOT_SUPPORTED);
	expect_no_pipe(CreateFileA(NULL, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
		       ERROR_PATH_NOT_FOUND);
}

/* [C13-C17, C28, O1, O2] */
static void test_creating(void **state)
{
	HANDLE first, second;
	DWORD max;

	expect_no_pipe(create_with(0, 0, 1), ERROR_INVALID_PARAMETER);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX | 0x1000, 0, 1), ERROR_INVALID_PARAMETER);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX, 0x100, 1), ERROR_INVALID_PARAMETER);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1),
		       ERROR_INVALID_PARAMETER);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX, 0, 0), ERROR_INVALID_PARAMETER);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX, 0, 256), ERROR_INVALID_PARAMETER);
	expect_no_pipe(open_with(GENERIC_READ), ERROR_FILE_NOT_FOUND);

	first = create_with(PIPE_ACCESS_DUPLEX, 0, 255);
	assert_true(GetNamedPipeInfo(first, NULL, NULL, NULL, &max));
	assert_int_equal(max, PIPE_UNLIMITED_INSTANCES);
	/* C25 */
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1),
		       ERROR_ACCESS_DENIED);
	CloseHandle(first);
	first = create_with(PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1);
	assert_ptr_not_equal(first, INVALID_HANDLE_VALUE);
	expect_no_pipe(create_with(PIPE_ACCESS_DUPLEX, 0, 1), ERROR_PIPE_BUSY);
	second = open_with(GENERIC_READ);
	assert_ptr_not_equal(second, INVALID_HANDLE_VALUE);
	assert_int_equal(GetFileType(second), FILE_TYPE_PIPE);
	expect_no_pipe(open_with(GENERIC_READ), ERROR_PIPE_BUSY);
	CloseHandle(second);
	CloseHandle(first);
}

/* [C33-C35, C43, O5, O7, Q2, Q3, Q27] */
static void test_rights(void **state)
{
	FILE_PIPE_INFORMATION modes = { 2, 0 };
	HANDLE server, client, reader, writer;
	IO_STATUS_BLOCK iosb;

	server = create_with(PIPE_ACCESS_DUPLEX, 0, 1);
	assert_int_equal(rights_of(server), 0x12019f);
	client = open_with(0);
	assert_int_equal(rights_of(client), SYNCHRONIZE | FILE_READ_ATTRIBUTES);
	assert_int_equal(
		NtSetInformationFile(client, &iosb, &modes, sizeof(modes), FilePipeInformation),
		STATUS_ACCESS_DENIED);
	assert_int_equal(
		NtSetInformationFile(server, &iosb, &modes, sizeof(modes), FilePipeInformation),
		STATUS_INVALID_PARAMETER);
	CloseHandle(client);
	CloseHandle(server);

	server = create_with(PIPE_ACCESS_INBOUND, 0, 1);
	assert_int_equal(rights_of(server), FILE_GENERIC_READ);
	expect_no_pipe(open_with(GENERIC_READ), ERROR_ACCESS_DENIED);
	client = open_with(GENERIC_WRITE);
	assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
	CloseHandle(client);
	CloseHandle(server);
	server = create_with(PIPE_ACCESS_OUTBOUND, 0, 1);
	assert_int_equal(rights_of(server), FILE_GENERIC_WRITE);
	assert_int_equal(
		NtQueryInformationFile(server, &iosb, &modes, sizeof(modes), FilePipeInformation),
		STATUS_ACCESS_DENIED);
	CloseHandle(server);

	assert_true(CreatePipe(&reader, &writer, NULL, 0));
	assert_int_equal(rights_of(reader), FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES);
	assert_int_equal(rights_of(writer), FILE_WRITES | FILE_READ_ATTRIBUTES);
	CloseHandle(reader);
	CloseHandle(writer);
}

/* [C43, X6, F1] */
static void test_anonymous_pipes(void **state)
{
	HANDLE reader, writer;
	char bytes[16];
	DWORD n, size;

	assert_true(CreatePipe(&reader, &writer, NULL, 0));
	assert_true(GetNamedPipeInfo(reader, &n, NULL, &size, NULL));
	assert_int_equal(n, PIPE_SERVER_END);
	assert_int_equal(size, 4096);
	assert_true(WriteFile(writer, "one", 3, &n, NULL));
	assert_true(WriteFile(writer, "two", 3, &n, NULL));
	assert_true(ReadFile(reader, bytes, 16, &n, NULL));
	assert_int_equal(n, 6);
	assert_true(FlushFileBuffers(writer));
	assert_true(WriteFile(writer, "last", 4, &n, NULL));
	CloseHandle(writer);
	assert_true(ReadFile(reader, bytes, 16, &n, NULL));
	assert_int_equal(n, 4);
	expect_error(ReadFile(reader, bytes, 16, &n, NULL), ERROR_BROKEN_PIPE);
	assert_int_equal(n, 0);
	CloseHandle(reader);
}

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

static DWORD WINAPI answer(LPVOID pointer)
{
	char bytes[16];
	DWORD n;

	if (!ConnectNamedPipe(pointer, NULL))
		assert_int_equal(GetLastError(), ERROR_PIPE_CONNECTED);
	assert_true(ReadFile(pointer, bytes, 16, &n, NULL));
	assert_true(WriteFile(pointer, "answer", 6, &n, NULL));
	FlushFileBuffers(pointer);
	assert_true(DisconnectNamedPipe(pointer));
	return 0;
}

/* [T1, T5, T9, T10, N1, N2, N3] */
static void test_transactions(void **state)
{
	struct ends bytes = ends_open(BYTES, 0, 0);
	char buffer[16], request[] = "x";
	HANDLE server, thread;
	DWORD n;

	expect_error(TransactNamedPipe(bytes.client, request, 1, buffer, 16, &n, NULL),
		     ERROR_BAD_PIPE);
	ends_close(&bytes);
	expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 16, &n, 100),
		     ERROR_FILE_NOT_FOUND);
	expect_error(WaitNamedPipeA(path("with"), 100), ERROR_FILE_NOT_FOUND);

	server = create_with(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
	assert_true(WaitNamedPipeA(path("with"), NMPWAIT_USE_DEFAULT_WAIT));
	for (int i = 0; i < 2; i++) {
		thread = CreateThread(NULL, 0, answer, server, 0, NULL);
		if (i)
			expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 3, &n,
						    NMPWAIT_WAIT_FOREVER),
				     ERROR_MORE_DATA);
		else
			assert_true(CallNamedPipeA(path("with"), request, 1, buffer, 16, &n,
						   NMPWAIT_WAIT_FOREVER));
		assert_int_equal(n, i ? 3 : 6);
		assert_memory_equal(buffer, "ans", 3);
		assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
		CloseHandle(thread);
	}
	expect_error(WaitNamedPipeA(path("with"), 20), ERROR_SEM_TIMEOUT);
	expect_error(CallNamedPipeA(path("with"), request, 1, buffer, 3, &n, NMPWAIT_NOWAIT),
		     ERROR_PIPE_BUSY);
	CloseHandle(server);
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

static NTSTATUS control(HANDLE handle, ULONG code)
{
	IO_STATUS_BLOCK iosb;
	char bytes[32] = "ClientProcessId";

	return NtFsControlFile(handle, NULL, NULL, NULL, &iosb, code, bytes, 16, bytes, 32);
}

/* [E4-E9, O14, N7, N8, Q28] */
static void test_device_and_root(void **state)
{
	HANDLE handles[2] = { NULL, NULL };
	FILE_NAME_INFORMATION name;
	IO_STATUS_BLOCK iosb;

	assert_int_equal(open_nt("\\??\\pipe", &handles[0]), 0);
	assert_int_equal(open_nt("\\??\\PIPE\\", &handles[1]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(control(handles[i], FSCTL_PIPE_PEEK), STATUS_INVALID_PARAMETER);
		assert_int_equal(control(handles[i], FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE),
				 STATUS_INVALID_PARAMETER);
		assert_int_equal(control(handles[i], FSCTL_PIPE_QUERY_CLIENT_PROCESS),
				 STATUS_INVALID_PARAMETER);
		assert_int_equal(control(handles[i], FSCTL_PIPE_DISCONNECT),
				 STATUS_PIPE_DISCONNECTED);
		assert_int_equal(control(handles[i], FSCTL_PIPE_TRANSCEIVE),
				 STATUS_PIPE_DISCONNECTED);
		assert_int_equal(control(handles[i], FSCTL_PIPE_LISTEN), STATUS_ILLEGAL_FUNCTION);
		assert_int_equal(control(handles[i], FSCTL_PIPE_IMPERSONATE),
				 STATUS_ILLEGAL_FUNCTION);
		assert_int_equal(control(handles[i], FSCTL_PIPE_ASSIGN_EVENT),
				 STATUS_NOT_SUPPORTED);
		assert_int_equal(control(handles[i], FSCTL_PIPE_QUERY_EVENT), STATUS_NOT_SUPPORTED);
		assert_int_equal(control(handles[i], FSCTL_PIPE_SET_CLIENT_PROCESS),
				 STATUS_NOT_SUPPORTED);
	}
	assert_int_equal(control(handles[0], FSCTL_PIPE_WAIT), STATUS_ILLEGAL_FUNCTION);
	assert_int_equal(control(handles[1], FSCTL_PIPE_WAIT), STATUS_INVALID_PARAMETER);
	assert_int_equal(
		NtQueryInformationFile(handles[0], &iosb, &name, sizeof(name), FileNameInformation),
		STATUS_INVALID_PARAMETER);
	CloseHandle(handles[0]);
	CloseHandle(handles[1]);
}

static NTSTATUS open_relative(HANDLE root, const char *name, HANDLE *handlep)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	IO_STATUS_BLOCK iosb;
	WCHAR units[300];

	set_name(&attributes, &string, units, name);
	attributes.RootDirectory = root;
	return NtOpenFile(handlep, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 0, 0);
}

/* [O12, O13, E10] */
static void test_relative_names(void **state)
{
	HANDLE server = pipe_create("dir\\inner", 0);
	HANDLE root = root_open();
	HANDLE client = NULL, device = NULL;

	assert_int_equal(open_relative(server, "other", &client), STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(open_relative(server, "", &client), 0);
	CloseHandle(client);
	assert_true(DisconnectNamedPipe(server));
	assert_int_equal(open_relative(root, "DIR\\INNER", &client), STATUS_PIPE_NOT_AVAILABLE);
	CloseHandle(server);
	server = pipe_create("dir\\inner", 0);
	assert_int_equal(open_relative(root, "DIR\\INNER", &client), 0);
	CloseHandle(client);
	assert_int_equal(open_nt("\\Device\\NamedPipe", &device), 0);
	assert_int_equal(open_relative(device, "dir\\inner", &client), STATUS_OBJECT_NAME_INVALID);
	CloseHandle(device);
	CloseHandle(root);
	CloseHandle(server);
}

/* [E1, E2, C6] */
static void test_lists(void **state)
{
	HANDLE pipes[3] = { pipe_create("List-One", 0), pipe_create("List-Two", 0),
			    pipe_create("List-Two", 0) };
	union {
		FILE_DIRECTORY_INFORMATION entry;
		char bytes[1000];
	} buffer;
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING pattern;
	WIN32_FIND_DATAA data;
	IO_STATUS_BLOCK iosb;
	WCHAR units[300];
	HANDLE find, root;
	DWORD n = 0;

	find = FindFirstFileA("\\\\.\\pipe\\list-*", &data);
	assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
	do {
		bool is_two = !strcmp(data.cFileName, "List-Two");

		assert_true(is_two || !strcmp(data.cFileName, "List-One"));
		assert_int_equal(data.nFileSizeLow, is_two ? 2 : 1);
		n++;
	} while (FindNextFileA(find, &data));
	assert_int_equal(GetLastError(), ERROR_NO_MORE_FILES);
	assert_int_equal(n, 2);
	assert_true(FindClose(find));
	expect_no_pipe(FindFirstFileA("\\\\.\\pipe\\none*", &data), ERROR_FILE_NOT_FOUND);

	root = root_open();
	set_name(&attributes, &pattern, units, "LIST-T*");
	assert_int_equal(NtQueryDirectoryFile(root, NULL, NULL, NULL, &iosb, &buffer,
					      sizeof(buffer), FileDirectoryInformation, FALSE,
					      &pattern, FALSE),
			 0);
	assert_int_equal(buffer.entry.FileNameLength, 16);
	assert_int_equal(buffer.entry.EndOfFile.QuadPart, 2);
	assert_int_equal(buffer.entry.NextEntryOffset, 0);
	assert_int_equal(NtQueryDirectoryFile(root, NULL, NULL, NULL, &iosb, &buffer,
					      sizeof(buffer), FileDirectoryInformation, FALSE, NULL,
					      FALSE),
			 STATUS_NO_MORE_FILES);
	CloseHandle(root);
	for (int i = 0; i < 3; i++)
		CloseHandle(pipes[i]);
}

/* [S7, J-: what a descriptor's text becomes] */
static void test_security(void **state)
{
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), NULL, FALSE };
	SECURITY_DESCRIPTOR descriptor;
	char bytes[500];
	HANDLE pipe;
	ULONG n = 0;

	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		"D:(A;;GA;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL));
	pipe = CreateNamedPipeA(path("secured"), PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, &attributes);
	assert_ptr_not_equal(pipe, INVALID_HANDLE_VALUE);
	LocalFree(attributes.lpSecurityDescriptor);
	assert_int_equal(NtQuerySecurityObject(pipe, DACL_SECURITY_INFORMATION, NULL, 0, &n),
			 STATUS_BUFFER_TOO_SMALL);
	assert_in_range(n, 20, sizeof(bytes));
	assert_int_equal(NtQuerySecurityObject(pipe, DACL_SECURITY_INFORMATION, bytes, n, &n), 0);
	assert_int_equal(NtSetSecurityObject(pipe, DACL_SECURITY_INFORMATION, bytes),
			 STATUS_ACCESS_DENIED);
	CloseHandle(pipe);

	assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
	assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
	attributes.lpSecurityDescriptor = &descriptor;
	pipe = CreateNamedPipeA(path("secured"), PIPE_ACCESS_DUPLEX | WRITE_DAC, 0, 1, 0, 0, 0,
				&attributes);
	assert_ptr_not_equal(pipe, INVALID_HANDLE_VALUE);
	assert_int_equal(NtSetSecurityObject(pipe, DACL_SECURITY_INFORMATION, bytes), 0);
	CloseHandle(pipe);
	descriptor.Revision = 7;
	expect_no_pipe(
		CreateNamedPipeA(path("secured"), PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, &attributes),
		ERROR_UNKNOWN_REVISION);
}

static void test_sections(void **state)
{
	HANDLE first, second, only;
	char *a, *b;

	first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10000,
				   "Local\\section");
	assert_non_null(first);
	assert_int_equal(GetLastError(), 0);
	second =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10000, "section");
	assert_non_null(second);
	assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
	only = OpenFileMappingA(FILE_MAP_READ, FALSE, "section");
	assert_non_null(only);
	a = MapViewOfFile(first, FILE_MAP_ALL_ACCESS, 0, 0, 0);
	b = MapViewOfFile(only, FILE_MAP_READ, 0, 0, 0);
	assert_non_null(a);
	assert_non_null(b);
	strcpy(a, "shared");
	assert_string_equal(b, "shared");
	assert_null(MapViewOfFile(only, FILE_MAP_WRITE, 0, 0, 0));
	assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
	assert_true(UnmapViewOfFile(a));
	assert_true(UnmapViewOfFile(b));
	expect_error(UnmapViewOfFile(b), ERROR_INVALID_ADDRESS);
	CloseHandle(first);
	CloseHandle(second);
	CloseHandle(only);
	assert_null(OpenFileMappingA(FILE_MAP_READ, FALSE, "section"));
	assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
	assert_null(
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 1, NULL));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

/* ---- other processes ---- */

static void expect_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* [H1, H3]: a child has what is inheritable, by the same value; the end stays with it. */
static void test_inherited_handles(void **state)
{
	struct ends ends = ends_open(MESSAGES, 0, 0);
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_true(SetHandleInformation(ends.client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	pid = fork();
	if (!pid) {
		bool is_right = GetFileType(ends.server) == FILE_TYPE_UNKNOWN &&
				GetFileType(ends.client) == FILE_TYPE_PIPE &&
				ReadFile(ends.client, bytes, 16, &n, NULL) && n == 2 &&
				WriteFile(ends.client, "child", 5, &n, NULL);

		_exit(!is_right);
	}
	CloseHandle(ends.client);
	assert_true(WriteFile(ends.server, "go", 2, &n, NULL));
	assert_true(ReadFile(ends.server, bytes, 16, &n, NULL));
	assert_int_equal(n, 5);
	expect_error(ReadFile(ends.server, bytes, 16, &n, NULL), ERROR_BROKEN_PIPE);
	expect_exit(pid);
	CloseHandle(ends.server);
}

/* [H4]: what a killed child was still writing goes when its end is used; which is the parent's
 * still. */
static void test_killed_child(void **state)
{
	struct ends ends = ends_open(BYTES, FILE_FLAG_OVERLAPPED, 0);
	static char much[20000];
	DWORD n, available = 0;
	char bytes[16];
	pid_t pid;

	assert_true(SetHandleInformation(ends.client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	pid = fork();
	if (!pid) {
		WriteFile(ends.client, much, sizeof(much), &n, NULL);
		_exit(1);
	}
	for (int i = 0; i < LONG_MS && available < sizeof(much); i++) {
		assert_true(PeekNamedPipe(ends.server, NULL, 0, NULL, &available, NULL));
		Sleep(1);
	}
	assert_int_equal(available, sizeof(much));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(WriteFile(ends.client, "parent", 6, &n, NULL));
	assert_true(ReadFile(ends.server, bytes, 16, &n, NULL));
	assert_int_equal(n, 6);
	ends_close(&ends);
}

/* An operation of the parent's is none of the child's, and goes on. */
static void test_fork_with_operations(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	char bytes[16];
	pid_t pid;
	DWORD n;

	assert_false(ReadFile(ends.server, bytes, 16, NULL, &overlapped));
	pid = fork();
	if (!pid)
		_exit(SleepEx(20, TRUE) != 0);
	expect_exit(pid);
	assert_true(WriteFile(ends.client, "go", 2, &n, NULL));
	assert_true(GetOverlappedResult(ends.server, &overlapped, &n, TRUE));
	assert_int_equal(n, 2);
	CloseHandle(overlapped.hEvent);
	ends_close(&ends);
}

/* The n-th allocation fails: the call says so, nothing is lost, and the next one works. */
static void test_no_memory(void **state)
{
	HANDLE server, client;
	char bytes[16];
	DWORD n;

	for (size_t k = 1;; k++) {
		pen_fail_at(k);
		server = pipe_create("no-memory", 0);
		if (!pen_fail_hit())
			break;
		if (server != INVALID_HANDLE_VALUE)
			CloseHandle(server);
		else
			assert_int_not_equal(GetLastError(), 0);
	}
	for (size_t k = 1;; k++) {
		bool was_hit;

		assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
		pen_fail_at(k);
		client = pipe_open("no-memory", 0);
		was_hit = pen_fail_hit();
		if (!was_hit)
			break;
		if (client != INVALID_HANDLE_VALUE)
			CloseHandle(client);
		CloseHandle(server);
		server = pipe_create("no-memory", 0);
	}
	assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
	for (size_t k = 1;; k++) {
		pen_fail_at(k);
		n = 0;
		if (WriteFile(client, "x", 1, &n, NULL))
			ReadFile(server, bytes, 16, &n, NULL);
		if (!pen_fail_hit())
			break;
	}
	pen_fail_at(0);
	CloseHandle(client);
	CloseHandle(server);
}

/* A handle that was there before any pipe changes nothing of that; this test comes first. */
static void test_fork_with_an_older_event(void **state)
{
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	struct ends ends;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(WaitForSingleObject(event, 0) != WAIT_FAILED);
	expect_exit(pid);
	ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	pid = fork();
	if (!pid)
		_exit(WaitForSingleObject(event, 0) != WAIT_FAILED ||
		      GetFileType(ends.server) != FILE_TYPE_UNKNOWN);
	expect_exit(pid);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CloseHandle(event);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork_with_an_older_event),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_creating),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_anonymous_pipes),
		cmocka_unit_test(test_state_and_info),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_device_and_root),
		cmocka_unit_test(test_relative_names),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_security),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_inherited_handles),
		cmocka_unit_test(test_killed_child),
		cmocka_unit_test(test_fork_with_operations),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
