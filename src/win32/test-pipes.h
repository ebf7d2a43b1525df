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

enum {
	LONG_MS = 60000,
	SHORT_MS = 20,
	MESSAGES = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
	BYTES = 0
};

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

static inline void expect_error(BOOL result, DWORD error)
{
	assert_false(result);
	assert_int_equal(GetLastError(), error);
}

static inline void expect_no_pipe(HANDLE handle, DWORD error)
{
	assert_ptr_equal(handle, INVALID_HANDLE_VALUE);
	assert_int_equal(GetLastError(), error);
}

/* A pipe of that name by its modes; its quotas are 100 and 200. */
static inline HANDLE create_with(DWORD open_mode, DWORD pipe_mode, DWORD instances)
{
	return CreateNamedPipeA(path("with"), open_mode, pipe_mode, instances, 100, 200, 0, NULL);
}

static inline HANDLE open_with(DWORD access)
{
	return CreateFileA(path("with"), access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* ---- operations ---- */

/* What a status block holds before. */
static const IO_STATUS_BLOCK untouched = { { .Pointer = (PVOID)0x11111111 }, 0x22222222 };

static inline bool is_untouched(const IO_STATUS_BLOCK *iosb)
{
	return iosb->Pointer == untouched.Pointer && iosb->Information == untouched.Information;
}

static inline bool is_signaled(HANDLE handle)
{
	return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

static inline NTSTATUS read_nt(HANDLE file, HANDLE event, IO_STATUS_BLOCK *iosb, void *bytes,
			       ULONG n)
{
	return NtReadFile(file, event, NULL, NULL, iosb, bytes, n, NULL, NULL);
}

/* Writes a text, which has room. */
static inline void put(HANDLE file, const char *text)
{
	DWORD n;

	assert_true(WriteFile(file, text, strlen(text), &n, NULL));
	assert_int_equal(n, strlen(text));
}

static inline HANDLE thread_new(LPTHREAD_START_ROUTINE start, void *parameter)
{
	HANDLE thread = CreateThread(NULL, 0, start, parameter, 0, NULL);

	assert_non_null(thread);
	return thread;
}

static inline void join(HANDLE thread)
{
	assert_int_equal(WaitForSingleObject(thread, LONG_MS), WAIT_OBJECT_0);
	assert_true(CloseHandle(thread));
}

/* What an APC of an operation was told. */
struct apc_seen {
	unsigned n;
	IO_STATUS_BLOCK *iosb;
	ULONG reserved;
};

static inline VOID NTAPI on_done(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
	struct apc_seen *seen = context;

	seen->n++;
	seen->iosb = iosb;
	seen->reserved = reserved;
}

static inline VOID NTAPI count_apc(ULONG_PTR data)
{
	++*(unsigned *)data;
}

/* A read that a thread waits in, and its beginning. */
struct synchronous {
	HANDLE handle;
	HANDLE event;
	HANDLE ready;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;
	char bytes[8];
};

static inline DWORD WINAPI read_synchronously(LPVOID pointer)
{
	struct synchronous *call = pointer;

	SetEvent(call->ready);
	call->status = read_nt(call->handle, call->event, &call->iosb, call->bytes, 8);
	return 0;
}

static inline HANDLE begin(struct synchronous *call)
{
	HANDLE thread;

	call->ready = CreateEventA(NULL, FALSE, FALSE, NULL);
	call->iosb = untouched;
	thread = thread_new(read_synchronously, call);
	assert_int_equal(WaitForSingleObject(call->ready, LONG_MS), WAIT_OBJECT_0);
	CloseHandle(call->ready);
	return thread;
}

/* Until a thread has really begun: the handle is reset then. */
static inline void await_reset(HANDLE handle)
{
	for (int i = 0; i < LONG_MS && is_signaled(handle); i++)
		Sleep(1);
	assert_false(is_signaled(handle));
}

#endif
