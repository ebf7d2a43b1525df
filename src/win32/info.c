/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a pipe by Win32's names, and set: modes and figures, what is unread, who is
 * there.
 */
#include "win32/error.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/text.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <pwd.h>

static uint32_t query(HANDLE pipe, void *buffer, ULONG n, FILE_INFORMATION_CLASS which)
{
	IO_STATUS_BLOCK iosb;

	return NtQueryInformationFile(pipe, &iosb, buffer, n, which);
}

static DWORD instances_of(ULONG n)
{
	return n < PIPE_UNLIMITED_INSTANCES ? n : PIPE_UNLIMITED_INSTANCES;
}

/* The account of a token, or the name of its user on this machine; to be freed. */
static char *token_user(const struct pen_token_info *info)
{
	struct passwd entry, *found = NULL;
	char text[2048];

	if (!*info->account && info->has_unix &&
	    !getpwuid_r(info->uid, &entry, text, sizeof(text), &found) && found)
		return strdup(entry.pw_name);
	return strdup(info->account);
}

/* Who the client is, as the server may know after it has read something [row Q16]. */
static uint32_t get_user(HANDLE handle, char **userp)
{
	struct pen_token *token;
	struct win_file *file;
	uint32_t status;

	status = win_file_get(handle, 0, PEN_STATUS_INVALID_PARAMETER, &file);
	if (status)
		return status;
	if (!file->is_server)
		status = PEN_STATUS_INVALID_PARAMETER;
	else
		status = win_file_begin(file, NULL);
	if (!status) {
		status = pen_pipe_client_token(file->pipe, &token);
		win_file_end(file);
	}
	win_object_put(&file->object);
	if (status)
		return status;
	*userp = token_user(pen_token_info(token));
	pen_token_free(token);
	return *userp ? 0 : PEN_STATUS_NO_MEMORY;
}

static uint32_t get_state(HANDLE pipe, LPDWORD statep, LPDWORD instancesp)
{
	FILE_PIPE_INFORMATION modes;
	FILE_PIPE_LOCAL_INFORMATION local;
	uint32_t status;

	status = query(pipe, &modes, sizeof(modes), FilePipeInformation);
	if (!status && instancesp)
		status = query(pipe, &local, sizeof(local), FilePipeLocalInformation);
	if (status)
		return status;
	if (statep)
		*statep = (modes.ReadMode == FILE_PIPE_MESSAGE_MODE ? PIPE_READMODE_MESSAGE : 0) |
			  (modes.CompletionMode == FILE_PIPE_COMPLETE_OPERATION ? PIPE_NOWAIT : 0);
	if (instancesp)
		*instancesp = instances_of(local.CurrentInstances);
	return 0;
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD statep, LPDWORD instancesp,
				     LPDWORD collectionp, LPDWORD timeoutp, LPWSTR user,
				     DWORD user_size)
{
	uint32_t status = collectionp || timeoutp ? PEN_STATUS_INVALID_PARAMETER : 0;
	WCHAR *units = NULL;
	char *text = NULL;
	size_t n = 0;

	if (!status)
		status = get_state(pipe, statep, instancesp);
	if (!status && user)
		status = get_user(pipe, &text);
	if (!status && user) {
		units = win_units(text, &n);
		status = !units		 ? PEN_STATUS_NO_MEMORY
			 : n < user_size ? 0
					 : PEN_STATUS_BUFFER_TOO_SMALL;
	}
	if (!status && user)
		memcpy(user, units, (n + 1) * sizeof(*units));
	free(units);
	free(text);
	return !win_set_error(status);
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD statep, LPDWORD instancesp,
				     LPDWORD collectionp, LPDWORD timeoutp, LPSTR user,
				     DWORD user_size)
{
	uint32_t status = collectionp || timeoutp ? PEN_STATUS_INVALID_PARAMETER : 0;
	char *text = NULL;

	if (!status)
		status = get_state(pipe, statep, instancesp);
	if (!status && user)
		status = get_user(pipe, &text);
	if (!status && user && strlen(text) >= user_size)
		status = PEN_STATUS_BUFFER_TOO_SMALL;
	if (!status && user)
		strcpy(user, text);
	free(text);
	return !win_set_error(status);
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, LPDWORD modep, LPDWORD collectionp,
				    LPDWORD timeoutp)
{
	FILE_PIPE_INFORMATION modes;
	IO_STATUS_BLOCK iosb;

	if (collectionp || timeoutp || (modep && *modep & ~(PIPE_NOWAIT | PIPE_READMODE_MESSAGE))) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return FALSE;
	}
	if (!modep)
		return TRUE;
	modes.ReadMode = !!(*modep & PIPE_READMODE_MESSAGE);
	modes.CompletionMode = !!(*modep & PIPE_NOWAIT);
	return !win_set_error(
		NtSetInformationFile(pipe, &iosb, &modes, sizeof(modes), FilePipeInformation));
}

BOOL WINAPI GetNamedPipeInfo(HANDLE pipe, LPDWORD flagsp, LPDWORD n_outp, LPDWORD n_inp,
			     LPDWORD instances_maxp)
{
	FILE_PIPE_LOCAL_INFORMATION local;

	if (win_set_error(query(pipe, &local, sizeof(local), FilePipeLocalInformation)))
		return FALSE;
	if (flagsp)
		*flagsp = (local.NamedPipeEnd == FILE_PIPE_SERVER_END ? PIPE_SERVER_END : 0) |
			  (local.NamedPipeType == FILE_PIPE_MESSAGE_TYPE ? PIPE_TYPE_MESSAGE : 0);
	if (n_outp)
		*n_outp = local.OutboundQuota;
	if (n_inp)
		*n_inp = local.InboundQuota;
	if (instances_maxp)
		*instances_maxp = instances_of(local.MaximumInstances);
	return TRUE;
}

BOOL WINAPI PeekNamedPipe(HANDLE handle, LPVOID buffer, DWORD n, LPDWORD n_readp,
			  LPDWORD availablep, LPDWORD leftp)
{
	struct pen_pipe_peek peek = { 0 };
	struct win_file *file;
	uint32_t status;

	if (win_set_error(
		    win_file_get(handle, FILE_READ_DATA, PEN_STATUS_INVALID_PARAMETER, &file)))
		return FALSE;
	status = win_file_begin(file, NULL);
	if (!status) {
		status = pen_pipe_peek(file->pipe, buffer, buffer ? n : 0, &peek);
		win_file_end(file);
	}
	win_object_put(&file->object);
	if (status != PEN_STATUS_BUFFER_OVERFLOW && win_set_error(status))
		return FALSE;
	if (n_readp)
		*n_readp = peek.n;
	if (availablep)
		*availablep = peek.available;
	if (leftp)
		*leftp = peek.message_size - peek.n;
	return TRUE;
}

/* ---- who is there ---- */

static uint32_t control(HANDLE pipe, ULONG code, const char *in, void *out, ULONG n_out)
{
	IO_STATUS_BLOCK iosb;

	return NtFsControlFile(pipe, NULL, NULL, NULL, &iosb, code, (PVOID)in,
			       in ? strlen(in) + 1 : 0, out, n_out);
}

static BOOL get_id(HANDLE pipe, const char *which, PULONG idp)
{
	return !win_set_error(control(pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, which, idp,
				      idp ? sizeof(*idp) : 0));
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE pipe, PULONG idp)
{
	return get_id(pipe, "ClientProcessId", idp);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE pipe, PULONG idp)
{
	return get_id(pipe, "ServerProcessId", idp);
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE pipe, PULONG idp)
{
	return get_id(pipe, "ClientSessionId", idp);
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE pipe, PULONG idp)
{
	return get_id(pipe, "ServerSessionId", idp);
}

BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE pipe, LPWSTR name, ULONG size)
{
	return !win_set_error(control(pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE,
				      "ClientComputerName", name, name ? size : 0));
}

/* The size is in bytes, with either kind of characters. */
BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE pipe, LPSTR name, ULONG size)
{
	WCHAR units[MAX_PATH];
	BOOL is_done = FALSE;
	char *text;

	if (!GetNamedPipeClientComputerNameW(pipe, units, sizeof(units)))
		return FALSE;
	text = win_text(units);
	if (!text)
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	else if (!name || strlen(text) >= size)
		SetLastError(ERROR_INSUFFICIENT_BUFFER);
	else
		is_done = strcpy(name, text) != NULL;
	free(text);
	return is_done;
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE pipe)
{
	return !win_set_error(control(pipe, FSCTL_PIPE_IMPERSONATE, NULL, NULL, 0));
}

BOOL WINAPI RevertToSelf(VOID)
{
	pen_pipe_revert();
	return TRUE;
}

DWORD WINAPI GetFileType(HANDLE handle)
{
	struct win_file *file;

	if (win_set_error(win_handle_get(handle, WIN_FILE, 0, &file, NULL)))
		return FILE_TYPE_UNKNOWN;
	win_object_put(&file->object);
	return FILE_TYPE_PIPE;
}
