/* SPDX-License-Identifier: MIT */
/*
 * The device of pipes and its root directory: their names, what they refuse, and their lists.
 */
#include "win32/test-pipes.h"

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

/* A handle of the root directory has rights of its own kind, whatever they were called. */
static void test_rights_of_the_root(void **state)
{
	HANDLE root = CreateFileA("\\\\.\\pipe\\", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	PUBLIC_OBJECT_BASIC_INFORMATION basic;
	FILE_ACCESS_INFORMATION access;
	IO_STATUS_BLOCK iosb;

	assert_ptr_not_equal(root, INVALID_HANDLE_VALUE);
	assert_int_equal(
		NtQueryInformationFile(root, &iosb, &access, sizeof(access), FileAccessInformation),
		0);
	assert_int_equal(access.AccessFlags, FILE_GENERIC_READ);
	assert_int_equal(NtQueryObject(root, ObjectBasicInformation, &basic, sizeof(basic), NULL),
			 0);
	assert_int_equal(basic.GrantedAccess, FILE_GENERIC_READ);
	CloseHandle(root);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_and_root),
		cmocka_unit_test(test_rights_of_the_root),
		cmocka_unit_test(test_relative_names),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
