/* SPDX-License-Identifier: MIT */
/*
 * Handles and waiting, by Win32's names.
 */
#include "win32/error.h"
#include "win32/handle.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>

BOOL WINAPI CloseHandle(HANDLE handle)
{
	return !win_set_error(NtClose(handle));
}

BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process,
			    LPHANDLE targetp, DWORD access, BOOL is_inherited, DWORD options)
{
	return !win_set_error(NtDuplicateObject(source_process, source, target_process, targetp,
						access, is_inherited ? OBJ_INHERIT : 0, options));
}

BOOL WINAPI GetHandleInformation(HANDLE handle, LPDWORD flagsp)
{
	return !win_set_error(win_handle_flags(handle, 0, 0, flagsp));
}

BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
	uint32_t now;

	mask &= HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;
	return !win_set_error(win_handle_flags(handle, mask, flags, &now));
}

HANDLE WINAPI GetCurrentProcess(VOID)
{
	return (HANDLE)(LONG_PTR)-1;
}

/* ---- waiting ---- */

DWORD WINAPI WaitForMultipleObjectsEx(DWORD n, const HANDLE *handles, BOOL is_all, DWORD timeout,
				      BOOL is_alertable)
{
	struct win_object *objects[WIN_WAIT_MAX];
	uint32_t status = 0;
	DWORD got = 0;

	if (!n || n > WIN_WAIT_MAX) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return WAIT_FAILED;
	}
	while (got < n && !status) {
		status = win_wait_get(handles[got], &objects[got]);
		if (status)
			break;
		for (DWORD i = 0; i < got && is_all; i++)
			if (objects[i] == objects[got])
				status = PEN_STATUS_INVALID_PARAMETER_MIX;
		got++;
	}
	if (!win_set_error(status))
		status = win_wait(objects, n, is_all, is_alertable, win_deadline(timeout));
	else
		status = WAIT_FAILED;
	while (got)
		win_object_put(objects[--got]);
	return status;
}

DWORD WINAPI WaitForMultipleObjects(DWORD n, const HANDLE *handles, BOOL is_all, DWORD timeout)
{
	return WaitForMultipleObjectsEx(n, handles, is_all, timeout, FALSE);
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD timeout, BOOL is_alertable)
{
	return WaitForMultipleObjectsEx(1, &handle, FALSE, timeout, is_alertable);
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD timeout)
{
	return WaitForMultipleObjectsEx(1, &handle, FALSE, timeout, FALSE);
}

DWORD WINAPI SleepEx(DWORD ms, BOOL is_alertable)
{
	uint32_t status = win_wait(NULL, 0, false, is_alertable, win_deadline(ms));

	return status == PEN_STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD ms)
{
	SleepEx(ms, FALSE);
}
