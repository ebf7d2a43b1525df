/* SPDX-License-Identifier: MIT */
#include "win32/error.h"

#include <penstock/status.h>
#include <penstock/win32.h>

static __thread DWORD last_error;

DWORD WINAPI GetLastError(VOID)
{
	return last_error;
}

VOID WINAPI SetLastError(DWORD error)
{
	last_error = error;
}

bool win_set_error(uint32_t status)
{
	if (NT_SUCCESS(status))
		return false;
	last_error = pen_werror_from_ntstatus(status);
	return true;
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status)
{
	return pen_werror_from_ntstatus(status);
}

VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status)
{
	last_error = pen_werror_from_ntstatus(status);
}
