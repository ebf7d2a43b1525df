/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing, and the end of it before its time.
 */
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <sys/uio.h>
#include <unistd.h>

NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			  PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n, PLARGE_INTEGER offset,
			  PULONG key)
{
	struct win_call call = {
		.verb = WIN_READ,
		.file = file,
		.event = event,
		.routine = routine,
		.context = context,
		.iosb = iosb,
		.out = buffer,
		.n_out = n,
	};

	return win_call_run(&call);
}

NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			   PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n, PLARGE_INTEGER offset,
			   PULONG key)
{
	struct win_call call = {
		.verb = WIN_WRITE,
		.file = file,
		.event = event,
		.routine = routine,
		.context = context,
		.iosb = iosb,
		.in = buffer,
		.n_in = n,
	};

	return win_call_run(&call);
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK iosb)
{
	struct win_call call = { .verb = WIN_FLUSH, .file = file, .iosb = iosb, .waits = true };

	return win_call_run(&call);
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb)
{
	struct win_file *file;
	uint32_t status;

	status = win_handle_get(handle, WIN_FILE, 0, &file, NULL);
	if (status)
		return status;
	win_file_cancel(file, win_thread_self(), NULL);
	win_object_put(file);
	*iosb = (IO_STATUS_BLOCK){ 0 };
	return 0;
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE handle, PIO_STATUS_BLOCK which, PIO_STATUS_BLOCK iosb)
{
	struct win_file *file;
	uint32_t status;

	status = win_handle_get(handle, WIN_FILE, 0, &file, NULL);
	if (status)
		return status;
	status = win_file_cancel(file, NULL, which);
	win_object_put(file);
	*iosb = (IO_STATUS_BLOCK){ .Pointer = (PVOID)(uintptr_t)status };
	return status;
}

/* Whether the kernel would write there: asked of the kernel. */
static bool is_writable(void *memory, size_t n)
{
	char bytes[64];
	struct iovec here = { bytes, n };
	struct iovec there = { memory, n };

	return n <= sizeof(bytes) && process_vm_readv(getpid(), &here, 1, &there, 1, 0) == n &&
	       process_vm_writev(getpid(), &here, 1, &there, 1, 0) == n;
}

NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE handle, PIO_STATUS_BLOCK which,
					 PIO_STATUS_BLOCK iosb)
{
	struct win_thread *thread;
	uint32_t status;

	if (!is_writable(iosb, sizeof(*iosb)))
		return PEN_STATUS_ACCESS_VIOLATION;
	status = win_thread_get(handle, &thread);
	if (status)
		return status;
	status = win_thread_cancel(thread, which);
	win_object_put(thread);
	*iosb = (IO_STATUS_BLOCK){ .Pointer = (PVOID)(uintptr_t)status };
	return status;
}
