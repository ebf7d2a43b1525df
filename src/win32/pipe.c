/* SPDX-License-Identifier: MIT */
/*
 * Pipes by Win32's names: making, opening, disconnecting.
 */
#include "win32/error.h"
#include "win32/path.h"
#include "win32/text.h"

#include <penstock/pipe.h>
#include <penstock/status.h>
#include <penstock/win32.h>

enum {
	OPEN_MODES = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | WRITE_DAC | WRITE_OWNER |
		     ACCESS_SYSTEM_SECURITY,
	PIPE_MODES = PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE |
		     PIPE_REJECT_REMOTE_CLIENTS,
	ANONYMOUS_SIZE = 4096,
};

static const uint32_t open_flags = FILE_FLAG_WRITE_THROUGH | FILE_FLAG_OVERLAPPED;

static void set_attributes(OBJECT_ATTRIBUTES *object, UNICODE_STRING *name,
			   const SECURITY_ATTRIBUTES *security)
{
	InitializeObjectAttributes(object, name, OBJ_CASE_INSENSITIVE, NULL, NULL);
	if (!security)
		return;
	object->SecurityDescriptor = security->lpSecurityDescriptor;
	if (security->bInheritHandle)
		object->Attributes |= OBJ_INHERIT;
}

static uint32_t options_of(DWORD flags)
{
	return (flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) |
	       (flags & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0);
}

static void set_timeout(LARGE_INTEGER *timeout, DWORD ms)
{
	timeout->QuadPart =
		ms == NMPWAIT_WAIT_FOREVER ? INT64_MIN : -(LONGLONG)(ms ? ms : 50) * 10000;
}

static HANDLE create_pipe(UNICODE_STRING *name, DWORD open_mode, DWORD pipe_mode,
			  DWORD instances_max, DWORD n_out, DWORD n_in, DWORD ms,
			  LPSECURITY_ATTRIBUTES attributes)
{
	uint32_t access =
		SYNCHRONIZE | (open_mode & (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY));
	HANDLE handle = INVALID_HANDLE_VALUE;
	OBJECT_ATTRIBUTES object;
	LARGE_INTEGER timeout;
	IO_STATUS_BLOCK iosb;
	uint32_t share = 0;

	if (!(open_mode & PIPE_ACCESS_DUPLEX) || open_mode & ~(OPEN_MODES | open_flags) ||
	    pipe_mode & ~PIPE_MODES || !instances_max || instances_max > PIPE_UNLIMITED_INSTANCES) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return handle;
	}
	if (open_mode & PIPE_ACCESS_INBOUND) {
		access |= GENERIC_READ;
		share |= FILE_SHARE_WRITE;
	}
	if (open_mode & PIPE_ACCESS_OUTBOUND) {
		access |= GENERIC_WRITE;
		share |= FILE_SHARE_READ;
	}
	set_attributes(&object, name, attributes);
	set_timeout(&timeout, ms);
	win_set_error(NtCreateNamedPipeFile(
		&handle, access, &object, &iosb, share,
		open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
		options_of(open_mode),
		(pipe_mode & PIPE_TYPE_MESSAGE ? FILE_PIPE_MESSAGE_TYPE : 0) |
			(pipe_mode & PIPE_REJECT_REMOTE_CLIENTS ? FILE_PIPE_REJECT_REMOTE_CLIENTS
								: 0),
		pipe_mode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : 0,
		pipe_mode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : 0,
		instances_max == PIPE_UNLIMITED_INSTANCES ? FILE_PIPE_UNLIMITED_INSTANCES
							  : instances_max,
		n_in, n_out, &timeout));
	return handle;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances_max,
			       DWORD n_out_buffer, DWORD n_in_buffer, DWORD timeout,
			       LPSECURITY_ATTRIBUTES attributes)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	UNICODE_STRING path;

	if (win_set_error(win_path_local(name, &path)))
		return handle;
	handle = create_pipe(&path, open_mode, pipe_mode, instances_max, n_out_buffer, n_in_buffer,
			     timeout, attributes);
	win_path_done(&path);
	return handle;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances_max,
			       DWORD n_out_buffer, DWORD n_in_buffer, DWORD timeout,
			       LPSECURITY_ATTRIBUTES attributes)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	WCHAR *units;

	if (win_set_error(win_path_units(name, &units)))
		return handle;
	handle = CreateNamedPipeW(units, open_mode, pipe_mode, instances_max, n_out_buffer,
				  n_in_buffer, timeout, attributes);
	free(units);
	return handle;
}

/* ---- opening ---- */

static bool set_qos(SECURITY_QUALITY_OF_SERVICE *qos, DWORD flags)
{
	*qos = (SECURITY_QUALITY_OF_SERVICE){
		.Length = sizeof(*qos),
		.ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)(flags >> 16 & 3),
		.ContextTrackingMode = flags & SECURITY_CONTEXT_TRACKING ? SECURITY_DYNAMIC_TRACKING
									 : SECURITY_STATIC_TRACKING,
		.EffectiveOnly = !!(flags & SECURITY_EFFECTIVE_ONLY),
	};
	return flags & SECURITY_SQOS_PRESENT;
}

HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES attributes,
			  DWORD disposition, DWORD flags, HANDLE pattern)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	SECURITY_QUALITY_OF_SERVICE qos;
	OBJECT_ATTRIBUTES object;
	IO_STATUS_BLOCK iosb;
	UNICODE_STRING path;
	uint32_t status;

	if (disposition < CREATE_NEW || disposition > TRUNCATE_EXISTING) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return handle;
	}
	if (win_set_error(win_path_any(name, &path)))
		return handle;
	set_attributes(&object, &path, attributes);
	if (set_qos(&qos, flags))
		object.SecurityQualityOfService = &qos;
	status = NtOpenFile(&handle, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &object, &iosb,
			    share, options_of(flags));
	win_path_done(&path);
	return win_set_error(status) ? INVALID_HANDLE_VALUE : handle;
}

HANDLE WINAPI CreateFileA(LPCSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES attributes,
			  DWORD disposition, DWORD flags, HANDLE pattern)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	WCHAR *units;

	if (win_set_error(win_path_units(name, &units)))
		return handle;
	handle = CreateFileW(units, access, share, attributes, disposition, flags, pattern);
	free(units);
	return handle;
}

BOOL WINAPI WaitNamedPipeA(LPCSTR name, DWORD timeout)
{
	int ms = timeout == NMPWAIT_WAIT_FOREVER ? -1 : timeout > INT32_MAX ? INT32_MAX : timeout;

	if (!name) {
		SetLastError(ERROR_INVALID_NAME);
		return FALSE;
	}
	return !win_set_error(pen_pipe_wait_name(name, ms, NULL));
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR name, DWORD timeout)
{
	BOOL is_there;
	char *text;

	if (win_set_error(win_text_get(name, &text)))
		return FALSE;
	is_there = WaitNamedPipeA(text, timeout);
	free(text);
	return is_there;
}

/* One that the time did not suffice for is busy. */
static HANDLE call_open(LPCWSTR name, DWORD timeout)
{
	for (;;) {
		HANDLE pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
					  OPEN_EXISTING, 0, NULL);

		if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY ||
		    timeout == NMPWAIT_NOWAIT || !WaitNamedPipeW(name, timeout))
			return pipe;
	}
}

BOOL WINAPI CallNamedPipeW(LPCWSTR name, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out, LPDWORD np,
			   DWORD timeout)
{
	HANDLE pipe = call_open(name, timeout);
	DWORD mode = PIPE_READMODE_MESSAGE;
	DWORD error;
	BOOL is_done;

	if (pipe == INVALID_HANDLE_VALUE)
		return FALSE;
	is_done = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) &&
		  TransactNamedPipe(pipe, in, n_in, out, n_out, np, NULL);
	error = GetLastError();
	CloseHandle(pipe);
	SetLastError(error);
	return is_done;
}

BOOL WINAPI CallNamedPipeA(LPCSTR name, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out, LPDWORD np,
			   DWORD timeout)
{
	WCHAR *units;
	BOOL is_done;

	if (win_set_error(win_path_units(name, &units)))
		return FALSE;
	is_done = CallNamedPipeW(units, in, n_in, out, n_out, np, timeout);
	free(units);
	return is_done;
}

/* The reader's is the server's end [row C43]. */
BOOL WINAPI CreatePipe(PHANDLE readp, PHANDLE writep, LPSECURITY_ATTRIBUTES attributes, DWORD size)
{
	static unsigned serial;
	DWORD quota = size ? size : ANONYMOUS_SIZE;
	OBJECT_ATTRIBUTES object;
	LARGE_INTEGER timeout;
	IO_STATUS_BLOCK iosb;
	HANDLE reader, writer;
	UNICODE_STRING name;
	WCHAR units[64];
	uint32_t status;

	pen_win32_swprintf(units, PEN_COUNT(units),
			   (const WCHAR *)u"\\??\\pipe\\Win32Pipes.%08x.%08x",
			   GetCurrentProcessId(), __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED));
	RtlInitUnicodeString(&name, units);
	set_attributes(&object, &name, attributes);
	set_timeout(&timeout, 120000);
	status = NtCreateNamedPipeFile(&reader, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
				       &object, &iosb, FILE_SHARE_WRITE, FILE_CREATE,
				       FILE_SYNCHRONOUS_IO_NONALERT, FILE_PIPE_BYTE_STREAM_TYPE,
				       FILE_PIPE_BYTE_STREAM_MODE, FILE_PIPE_QUEUE_OPERATION, 1,
				       quota, quota, &timeout);
	if (win_set_error(status))
		return FALSE;
	status = NtOpenFile(&writer, GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &object,
			    &iosb, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
	if (win_set_error(status)) {
		NtClose(reader);
		return FALSE;
	}
	*readp = reader;
	*writep = writer;
	return TRUE;
}

BOOL WINAPI DisconnectNamedPipe(HANDLE pipe)
{
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtFsControlFile(pipe, NULL, NULL, NULL, &iosb, FSCTL_PIPE_DISCONNECT,
					      NULL, 0, NULL, 0));
}
