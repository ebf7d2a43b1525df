/* SPDX-License-Identifier: MIT */
/*
 * Data by Win32's names: reading, writing, transactions, OVERLAPPED.
 */
#include "win32/error.h"
#include "win32/file.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>

/* The lowest bit of an event's handle says that no packet is wanted [row A12]. */
static HANDLE event_of(const OVERLAPPED *overlapped)
{
	return (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);
}

/* What NtReadFile and its like came to, as ReadFile and its like say it [rows R6, A7, A14, A15]. */
static BOOL call(struct win_call *call, LPOVERLAPPED overlapped, LPDWORD np)
{
	IO_STATUS_BLOCK iosb = { 0 };
	uint32_t status;

	if (np)
		*np = 0;
	call->iosb = &iosb;
	call->waits = !overlapped;
	if (overlapped) {
		call->event = event_of(overlapped);
		call->context = call->event == overlapped->hEvent ? overlapped : NULL;
		call->iosb = (IO_STATUS_BLOCK *)overlapped;
		overlapped->Internal = PEN_STATUS_PENDING;
	}
	status = win_call_run(call);
	if (status == PEN_STATUS_PENDING) {
		SetLastError(ERROR_IO_PENDING);
		return FALSE;
	}
	if (np && (!status || (!overlapped && !NT_ERROR(status))))
		*np = call->iosb->Information;
	return !win_set_error(status);
}

BOOL WINAPI ConnectNamedPipe(HANDLE pipe, LPOVERLAPPED overlapped)
{
	struct win_call listen = { .verb = WIN_LISTEN, .file = pipe };

	return call(&listen, overlapped, NULL);
}

BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD n, LPDWORD np, LPOVERLAPPED overlapped)
{
	struct win_call read = { .verb = WIN_READ, .file = file, .out = buffer, .n_out = n };

	return call(&read, overlapped, np);
}

BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD n, LPDWORD np, LPOVERLAPPED overlapped)
{
	struct win_call write = { .verb = WIN_WRITE, .file = file, .in = buffer, .n_in = n };

	return call(&write, overlapped, np);
}

BOOL WINAPI TransactNamedPipe(HANDLE pipe, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out,
			      LPDWORD np, LPOVERLAPPED overlapped)
{
	struct win_call transact = { .verb = WIN_TRANSACT,
				     .file = pipe,
				     .in = in,
				     .n_in = n_in,
				     .out = out,
				     .n_out = n_out };

	return call(&transact, overlapped, np);
}

/* The routine of ReadFileEx, which lies in the operation's context. */
static VOID NTAPI run_routine(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
	LPOVERLAPPED_COMPLETION_ROUTINE routine;

	memcpy(&routine, &context, sizeof(routine));
	routine(pen_werror_from_ntstatus(iosb->Status), iosb->Information, (LPOVERLAPPED)iosb);
}

/* hEvent is the program's own. */
static BOOL call_routine(struct win_call *call, LPOVERLAPPED overlapped,
			 LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	uint32_t status;

	call->routine = run_routine;
	memcpy(&call->context, &routine, sizeof(routine));
	call->iosb = (IO_STATUS_BLOCK *)overlapped;
	overlapped->Internal = PEN_STATUS_PENDING;
	status = win_call_run(call);
	if (NT_ERROR(status))
		return !win_set_error(status);
	SetLastError(status == PEN_STATUS_BUFFER_OVERFLOW ? ERROR_MORE_DATA : ERROR_SUCCESS);
	return TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE file, LPVOID buffer, DWORD n, LPOVERLAPPED overlapped,
		       LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	struct win_call read = { .verb = WIN_READ, .file = file, .out = buffer, .n_out = n };

	return call_routine(&read, overlapped, routine);
}

BOOL WINAPI WriteFileEx(HANDLE file, LPCVOID buffer, DWORD n, LPOVERLAPPED overlapped,
			LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	struct win_call write = { .verb = WIN_WRITE, .file = file, .in = buffer, .n_in = n };

	return call_routine(&write, overlapped, routine);
}

BOOL WINAPI FlushFileBuffers(HANDLE file)
{
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtFlushBuffersFile(file, &iosb));
}

/* ---- the end before the time; cancelling nothing is CancelIo's success ---- */

BOOL WINAPI CancelIo(HANDLE file)
{
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtCancelIoFile(file, &iosb));
}

BOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped)
{
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtCancelIoFileEx(file, (PIO_STATUS_BLOCK)overlapped, &iosb));
}

BOOL WINAPI CancelSynchronousIo(HANDLE thread)
{
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtCancelSynchronousIoFile(thread, NULL, &iosb));
}

/* ---- results ---- */

static uint32_t status_of(LPOVERLAPPED overlapped)
{
	return __atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
}

/* Waits for the event, or else for the handle. What the wait came to, 0 if it is over. */
static DWORD wait_for_result(HANDLE file, LPOVERLAPPED overlapped, DWORD timeout, BOOL is_alertable)
{
	if (!timeout) {
		SleepEx(0, FALSE);
		return status_of(overlapped) == PEN_STATUS_PENDING ? ERROR_IO_INCOMPLETE : 0;
	}
	return WaitForSingleObjectEx(overlapped->hEvent ? event_of(overlapped) : file, timeout,
				     is_alertable);
}

BOOL WINAPI GetOverlappedResultEx(HANDLE file, LPOVERLAPPED overlapped, LPDWORD np, DWORD timeout,
				  BOOL is_alertable)
{
	DWORD waited = 0;

	if (status_of(overlapped) == PEN_STATUS_PENDING)
		waited = wait_for_result(file, overlapped, timeout, is_alertable);
	if (waited == WAIT_FAILED)
		return FALSE;
	if (!waited && status_of(overlapped) == PEN_STATUS_PENDING)
		waited = ERROR_IO_INCOMPLETE;
	if (waited) {
		SetLastError(waited);
		return FALSE;
	}
	*np = overlapped->InternalHigh;
	return !win_set_error(status_of(overlapped));
}

BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD np, BOOL waits)
{
	return GetOverlappedResultEx(file, overlapped, np, waits ? INFINITE : 0, FALSE);
}
