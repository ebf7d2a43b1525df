/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_TEST_PIPES_H
#define PEN_WIN32_TEST_PIPES_H
/*
 * What tests of pipes by their Win32 names begin with: an object manager of their own, and pipes.
 */
#include "support/objectd.h"
#include "support/unit.h"

#include <penstock/win32.h>
#include <signal.h>

enum { LONG_MS = 60000, MESSAGES = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, BYTES = 0 };

static struct objectd objectd;

static int pipes_begin(void **state)
{
	(void)state;
	objectd_start(&objectd, NULL);
	return setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
}

static int pipes_end(void **state)
{
	(void)state;
	objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}

/* The path of a name. */
static inline const char *path(const char *name)
{
	static char text[300];

	snprintf(text, sizeof(text), "\\\\.\\pipe\\%s", name);
	return text;
}

static inline HANDLE pipe_create_mode(const char *name, DWORD flags, DWORD mode)
{
	return CreateNamedPipeA(path(name), PIPE_ACCESS_DUPLEX | flags, mode, 255, 4096, 4096, 0,
				NULL);
}

static inline HANDLE pipe_create(const char *name, DWORD flags)
{
	return pipe_create_mode(name, flags, MESSAGES);
}

static inline HANDLE pipe_open(const char *name, DWORD flags)
{
	return CreateFileA(path(name), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags,
			   NULL);
}

static inline void set_name(OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *string, WCHAR units[300],
			    const char *text)
{
	MultiByteToWideChar(CP_UTF8, 0, text, -1, units, 300);
	RtlInitUnicodeString(string, units);
	InitializeObjectAttributes(attributes, string, OBJ_CASE_INSENSITIVE, NULL, NULL);
}

/* By NT's own call, for what Win32 has no word for. */
static inline HANDLE pipe_create_nt(const char *name, ULONG options)
{
	LARGE_INTEGER timeout = { .QuadPart = -500000 };
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	HANDLE handle = NULL;
	IO_STATUS_BLOCK iosb;
	WCHAR units[300];
	char full[300];

	snprintf(full, sizeof(full), "\\??\\pipe\\%s", name);
	set_name(&attributes, &string, units, full);
	assert_int_equal(NtCreateNamedPipeFile(
				 &handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
				 &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN_IF, options,
				 FILE_PIPE_MESSAGE_TYPE, FILE_PIPE_MESSAGE_MODE,
				 FILE_PIPE_QUEUE_OPERATION, 10, 4096, 4096, &timeout),
			 0);
	return handle;
}

static inline NTSTATUS open_nt(const char *name, HANDLE *handlep)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	IO_STATUS_BLOCK iosb;
	WCHAR units[300];

	set_name(&attributes, &string, units, name);
	return NtOpenFile(handlep, SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes, &iosb,
			  FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
}

static inline HANDLE root_open(void)
{
	HANDLE handle = NULL;

	assert_int_equal(open_nt("\\Device\\NamedPipe\\", &handle), 0);
	return handle;
}

struct ends {
	HANDLE server;
	HANDLE client;
};

/* Both, the client's in the same mode. */
static inline struct ends ends_open(DWORD mode, DWORD server_flags, DWORD client_flags)
{
	static unsigned n;
	DWORD client_mode = mode & PIPE_READMODE_MESSAGE;
	struct ends ends;
	char name[32];

	snprintf(name, sizeof(name), "ends-%u", n++);
	ends.server = pipe_create_mode(name, server_flags, mode);
	assert_ptr_not_equal(ends.server, INVALID_HANDLE_VALUE);
	ends.client = pipe_open(name, client_flags);
	assert_ptr_not_equal(ends.client, INVALID_HANDLE_VALUE);
	assert_true(SetNamedPipeHandleState(ends.client, &client_mode, NULL, NULL));
	return ends;
}

static inline void ends_close(struct ends *ends)
{
	assert_true(CloseHandle(ends->client));
	assert_true(CloseHandle(ends->server));
}

#endif
