/* SPDX-License-Identifier: MIT */
/*
 * Pipes are made and opened by their Win32 names: what the calls take and refuse, and the rights of
 * the handles.
 */
#include "win32/test-pipes.h"

#include "support/fail.h"

/* As a client has it: without the right to make instances [O8]. */
enum { FILE_WRITES = FILE_GENERIC_WRITE & ~FILE_CREATE_PIPE_INSTANCE };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_creating),
		cmocka_unit_test(test_rights),	 cmocka_unit_test(test_anonymous_pipes),
		cmocka_unit_test(test_security), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
