/* SPDX-License-Identifier: MIT */
/*
 * Handles of pipes on their way to other processes, by a socket between two that agree.
 */
#include "win32/error.h"
#include "win32/file.h"
#include "win32/handle.h"

#include <penstock/status.h>
#include <penstock/win32.h>

BOOL WINAPI pen_win32_send_handle(HANDLE handle, int socket, DWORD access)
{
	struct win_file *file;
	uint32_t granted;
	uint32_t status;

	status = win_handle_get(handle, WIN_FILE, 0, &file, &granted);
	if (win_set_error(status))
		return FALSE;
	access = access ? win_type_rights(file->object.type, access, granted) : granted;
	if (file->what != WIN_FILE_PIPE)
		status = PEN_STATUS_NOT_SUPPORTED;
	else if (access & ~granted)
		status = PEN_STATUS_ACCESS_DENIED;
	else if (!win_file_enter(file))
		status = PEN_STATUS_INVALID_HANDLE;
	else {
		status = pen_pipe_send(file->pipe, socket, access);
		win_file_leave(file);
	}
	win_object_put(file);
	return !win_set_error(status);
}

HANDLE WINAPI pen_win32_receive_handle(int socket, DWORD flags, BOOL is_inherited)
{
	uint32_t options = flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
	HANDLE handle = INVALID_HANDLE_VALUE;
	struct pen_pipe_info info;
	struct pen_pipe *pipe;
	struct win_file *file;
	uint32_t status;

	if (win_set_error(pen_pipe_receive(&pipe, socket)))
		return handle;
	file = win_file_new(WIN_FILE_PIPE, pipe, options);
	if (!file) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return handle;
	}
	file->is_server = !pen_pipe_get_info(pipe, &info) && info.end == FILE_PIPE_SERVER_END;
	status = win_handle_new(&file->object, pen_pipe_access(pipe), is_inherited, &handle);
	win_set_error(status);
	win_object_put(&file->object);
	return handle;
}
