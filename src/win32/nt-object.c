/* SPDX-License-Identifier: MIT */
/*
 * What is common to all objects: names, types, descriptors, waiting.
 */
#include "win32/descriptor.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/text.h"
#include "win32/wait.h"

#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/status.h>
#include <penstock/win32.h>

NTSTATUS NTAPI NtClose(HANDLE handle)
{
	return win_handle_close(handle);
}

/*
 * There are no handles of processes but the pseudo handle of this one: nobody can put a handle into
 * a process that does not take it. What else is given is none, or of another type.
 */
static uint32_t check_process(HANDLE process)
{
	struct win_object *object;
	uint32_t status;

	if (process == GetCurrentProcess())
		return 0;
	status = win_handle_get(process, 0, 0, &object, NULL);
	if (status)
		return status;
	win_object_put(object);
	return PEN_STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process,
				 PHANDLE targetp, ACCESS_MASK access, ULONG attributes,
				 ULONG options)
{
	HANDLE copy = NULL;
	uint32_t status;

	status = check_process(source_process);
	if (status)
		return status;
	if (!target_process && !(options & DUPLICATE_CLOSE_SOURCE))
		return PEN_STATUS_INVALID_PARAMETER;
	if (target_process)
		status = check_process(target_process);
	if (target_process && !status)
		status = win_handle_duplicate(source, access, options & DUPLICATE_SAME_ACCESS,
					      attributes & OBJ_INHERIT, &copy);
	if (options & DUPLICATE_CLOSE_SOURCE) {
		uint32_t closed = win_handle_close(source);

		status = status ? status : closed;
	}
	if (!status && targetp)
		*targetp = copy;
	else if (copy)
		win_handle_close(copy);
	return status;
}

/* ---- names and types ---- */

/* A UNICODE_STRING at the buffer's beginning, of a struct of that size, and its units after it. */
static uint32_t put_string(void *buffer, ULONG n, size_t head, const WCHAR *units, size_t n_units,
			   ULONG *n_neededp)
{
	size_t size = n_units * sizeof(*units);
	UNICODE_STRING *string = buffer;
	WCHAR *text = (WCHAR *)((char *)buffer + head);
	size_t needed = head + size + sizeof(*units);

	if (n_neededp)
		*n_neededp = needed;
	if (n < needed)
		return PEN_STATUS_INFO_LENGTH_MISMATCH;
	memset(buffer, 0, head);
	memcpy(text, units, size);
	text[n_units] = 0;
	*string = (UNICODE_STRING){ size, size + sizeof(*units), text };
	return 0;
}

static uint32_t put_text(void *buffer, ULONG n, size_t head, const char *text, ULONG *n_neededp)
{
	uint32_t status;
	WCHAR *units;
	size_t n_units;

	units = win_units(text, &n_units);
	if (!units)
		return PEN_STATUS_NO_MEMORY;
	status = put_string(buffer, n, head, units, n_units, n_neededp);
	free(units);
	return status;
}

static uint32_t put_name(struct win_object *object, void *buffer, ULONG n, ULONG *n_neededp)
{
	struct win_file *file = (struct win_file *)object;
	char *name = NULL, *full = NULL;
	uint32_t status = 0;

	if (object->type->kind != WIN_FILE)
		return put_string(buffer, n, sizeof(OBJECT_NAME_INFORMATION), NULL, 0, n_neededp);
	if (file->what == WIN_FILE_PIPE) {
		status = win_file_begin(file, NULL);
		if (status)
			return status;
		status = pen_pipe_get_name(file->pipe, &name);
		win_file_end(file);
	}
	if (status)
		return status;
	if (asprintf(&full, "\\Device\\NamedPipe%s",
		     name			   ? name
		     : file->what == WIN_FILE_ROOT ? "\\"
						   : "") < 0)
		full = NULL;
	free(name);
	status = full ? put_text(buffer, n, sizeof(OBJECT_NAME_INFORMATION), full, n_neededp)
		      : PEN_STATUS_NO_MEMORY;
	free(full);
	return status;
}

static uint32_t put_basic(struct win_object *object, uint32_t granted, void *buffer, ULONG n,
			  ULONG *n_neededp)
{
	PUBLIC_OBJECT_BASIC_INFORMATION *basic = buffer;

	if (n_neededp)
		*n_neededp = sizeof(*basic);
	if (n < sizeof(*basic))
		return PEN_STATUS_INFO_LENGTH_MISMATCH;
	*basic = (PUBLIC_OBJECT_BASIC_INFORMATION){ .GrantedAccess = granted };
	win_lock();
	basic->HandleCount = object->n_handles;
	basic->PointerCount = object->refs;
	win_unlock();
	return 0;
}

NTSTATUS NTAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS which, PVOID buffer, ULONG n,
			     PULONG n_needed)
{
	struct win_object *object;
	uint32_t granted;
	uint32_t status;

	status = win_handle_get(handle, 0, 0, &object, &granted);
	if (status)
		return status;
	switch (which) {
	case ObjectBasicInformation:
		status = put_basic(object, granted, buffer, n, n_needed);
		break;
	case ObjectNameInformation:
		status = put_name(object, buffer, n, n_needed);
		break;
	case ObjectTypeInformation:
		status = put_text(buffer, n, sizeof(PUBLIC_OBJECT_TYPE_INFORMATION),
				  object->type->name, n_needed);
		break;
	default:
		status = PEN_STATUS_INVALID_INFO_CLASS;
	}
	win_object_put(object);
	return status;
}

/* ---- descriptors; those of pipes' ends ---- */

/* The right that each part needs [MS-DTYP 2.4.7]. */
static uint32_t check_rights(uint32_t granted, uint32_t which, uint32_t of_dacl, uint32_t of_owner)
{
	uint32_t needed = 0;

	if (which & DACL_SECURITY_INFORMATION)
		needed |= of_dacl;
	if (which & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION))
		needed |= of_owner;
	if (which & SACL_SECURITY_INFORMATION)
		needed |= ACCESS_SYSTEM_SECURITY;
	return needed & ~granted ? PEN_STATUS_ACCESS_DENIED : 0;
}

/* The file of a handle that may do so, begun. */
static uint32_t security_begin(HANDLE handle, uint32_t which, uint32_t of_dacl, uint32_t of_owner,
			       struct win_file **filep)
{
	struct win_object *object;
	uint32_t granted;
	uint32_t status;

	status = win_handle_get(handle, 0, 0, &object, &granted);
	if (status)
		return status;
	status = check_rights(granted, which, of_dacl, of_owner);
	*filep = (struct win_file *)object;
	if (!status && (object->type->kind != WIN_FILE || (*filep)->what != WIN_FILE_PIPE))
		status = PEN_STATUS_NOT_SUPPORTED;
	if (!status)
		status = win_file_begin(*filep, NULL);
	if (status)
		win_object_put(object);
	return status;
}

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION which,
				     PSECURITY_DESCRIPTOR buffer, ULONG n, PULONG n_needed)
{
	struct pen_descriptor descriptor;
	struct pen_buffer bytes = { 0 };
	struct pen_arena arena;
	struct win_file *file;
	uint32_t status;

	status = security_begin(handle, which, READ_CONTROL, READ_CONTROL, &file);
	if (status)
		return status;
	pen_arena_init(&arena, 0);
	status = pen_pipe_get_security(file->pipe, which, &arena, &descriptor);
	win_file_end(file);
	win_object_put(&file->object);
	if (!status && pen_descriptor_put(&descriptor, &bytes))
		status = PEN_STATUS_NO_MEMORY;
	if (!status) {
		*n_needed = bytes.size;
		if (n < bytes.size)
			status = PEN_STATUS_BUFFER_TOO_SMALL;
		else
			memcpy(buffer, bytes.data, bytes.size);
	}
	pen_buffer_done(&bytes);
	pen_arena_done(&arena);
	return status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION which,
				   PSECURITY_DESCRIPTOR from)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	struct win_file *file;
	uint32_t status;

	if (!from)
		return PEN_STATUS_ACCESS_VIOLATION;
	pen_arena_init(&arena, 0);
	status = win_descriptor_get(&descriptor, &arena, from);
	if (!status)
		status = security_begin(handle, which, WRITE_DAC, WRITE_OWNER, &file);
	if (!status) {
		status = pen_pipe_set_security(file->pipe, which, &descriptor);
		win_file_end(file);
		win_object_put(&file->object);
	}
	pen_arena_done(&arena);
	return status;
}

/* ---- waiting ---- */

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN is_alertable, PLARGE_INTEGER timeout)
{
	struct win_object *object;
	uint32_t status;

	status = win_wait_get(handle, &object);
	if (status)
		return status;
	status = win_wait(&object, 1, false, is_alertable, win_deadline_nt(timeout));
	win_object_put(object);
	return status;
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN is_alertable, PLARGE_INTEGER interval)
{
	uint32_t status = win_wait(NULL, 0, false, is_alertable, win_deadline_nt(interval));

	return status == PEN_STATUS_TIMEOUT ? 0 : status;
}
