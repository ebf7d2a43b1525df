/* SPDX-License-Identifier: MIT */
/*
 * Sections by Win32's names.
 */
#include <penstock/section.h>

#include "win32/descriptor.h"
#include "win32/engine.h"
#include "win32/error.h"
#include "win32/handle.h"
#include "win32/text.h"

#include <penstock/arena.h>
#include <penstock/status.h>
#include <penstock/win32.h>

struct section {
	struct win_object object;
	struct pen_section *section;
};

/* What is mapped, in a list under the lock: unmapping gives no size. */
struct view {
	struct pen_list link;
	void *memory;
	size_t n;
};

static struct pen_list views = { &views, &views };

static void section_free(struct win_object *object)
{
	struct section *section = (struct section *)object;

	pen_section_free(section->section);
	free(section);
}

static const struct win_type section_type = {
	.kind = WIN_SECTION,
	.name = "Section",
	.generic_read = READ_CONTROL | SECTION_QUERY | SECTION_MAP_READ,
	.generic_write = READ_CONTROL | SECTION_MAP_WRITE,
	.generic_execute = READ_CONTROL | SECTION_MAP_EXECUTE,
	.generic_all = SECTION_ALL_ACCESS,
	.free = section_free,
};

/* section is taken. */
static uint32_t section_handle(struct pen_section *taken, bool is_inherited, HANDLE *handlep)
{
	struct section *section = calloc(1, sizeof(*section));
	uint32_t status;

	if (!section) {
		pen_section_free(taken);
		return PEN_STATUS_NO_MEMORY;
	}
	win_engine_have_pipes();
	win_object_init(&section->object, &section_type);
	section->section = taken;
	status = win_handle_new(&section->object, pen_section_access(taken), is_inherited, handlep);
	win_object_put(&section->object);
	return status;
}

/* PAGE_ and SEC_ bits; SEC_COMMIT is how it is anyway. */
static uint32_t protection_of(DWORD bits, uint32_t *protectionp)
{
	switch (bits & ~(SEC_COMMIT | SEC_RESERVE)) {
	case PAGE_READONLY:
		*protectionp = PEN_SECTION_READ_ONLY;
		return 0;
	case PAGE_READWRITE:
		*protectionp = PEN_SECTION_READ_WRITE;
		return 0;
	case PAGE_WRITECOPY:
	case PAGE_EXECUTE_READ:
	case PAGE_EXECUTE_READWRITE:
		return PEN_STATUS_NOT_SUPPORTED;
	default:
		return PEN_STATUS_INVALID_PARAMETER;
	}
}

HANDLE WINAPI CreateFileMappingA(HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection,
				 DWORD size_high, DWORD size_low, LPCSTR name)
{
	uint64_t size = (uint64_t)size_high << 32 | size_low;
	struct pen_section_config config = { 0 };
	struct pen_section *section = NULL;
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	HANDLE handle = NULL;
	uint32_t exists = 0;
	uint32_t status;

	pen_arena_init(&arena, 0);
	status = file == INVALID_HANDLE_VALUE ? protection_of(protection, &config.protection)
					      : PEN_STATUS_NOT_SUPPORTED;
	if (!status && attributes && attributes->lpSecurityDescriptor) {
		config.descriptor = &descriptor;
		status = win_descriptor_get(&descriptor, &arena, attributes->lpSecurityDescriptor);
	}
	if (!status)
		status = pen_section_create(&section, name, size, &config);
	if (status == PEN_STATUS_OBJECT_NAME_EXISTS) {
		exists = status;
		status = 0;
	}
	if (!status)
		status = section_handle(section, attributes && attributes->bInheritHandle, &handle);
	pen_arena_done(&arena);
	if (!win_set_error(status))
		SetLastError(exists ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
	return handle;
}

HANDLE WINAPI CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection,
				 DWORD size_high, DWORD size_low, LPCWSTR name)
{
	HANDLE handle;
	char *text;

	if (win_set_error(win_text_get(name, &text)))
		return NULL;
	handle = CreateFileMappingA(file, attributes, protection, size_high, size_low, text);
	free(text);
	return handle;
}

/* FILE_MAP_ bits as the rights of a section. */
static uint32_t rights_of(DWORD access)
{
	return access & (SECTION_MAP_READ | SECTION_MAP_WRITE);
}

HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL is_inherited, LPCSTR name)
{
	struct pen_section *section = NULL;
	HANDLE handle = NULL;
	uint32_t status;

	if (!name) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	status = pen_section_open(&section, name, access, NULL);
	if (!status)
		status = section_handle(section, is_inherited, &handle);
	win_set_error(status);
	return handle;
}

HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL is_inherited, LPCWSTR name)
{
	HANDLE handle;
	char *text;

	if (win_set_error(win_text_get(name, &text)))
		return NULL;
	handle = OpenFileMappingA(access, is_inherited, text);
	free(text);
	return handle;
}

static uint32_t view_map(HANDLE mapping, DWORD access, uint64_t offset, size_t n, void **memoryp)
{
	struct view *view = calloc(1, sizeof(*view));
	struct section *section;
	uint32_t status;

	if (!view)
		return PEN_STATUS_NO_MEMORY;
	status = win_handle_get(mapping, WIN_SECTION, 0, &section, NULL);
	if (!status) {
		status = pen_section_map(section->section, rights_of(access), offset, n,
					 &view->memory, &view->n);
		win_object_put(&section->object);
	}
	if (status) {
		free(view);
		return status;
	}
	win_lock();
	pen_list_append(&views, &view->link);
	win_unlock();
	*memoryp = view->memory;
	return 0;
}

LPVOID WINAPI MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD offset_high, DWORD offset_low,
			      SIZE_T n, LPVOID address)
{
	void *memory = NULL;
	uint32_t status;

	if (address || access == FILE_MAP_COPY || access & FILE_MAP_EXECUTE)
		status = PEN_STATUS_NOT_SUPPORTED;
	else
		status = view_map(mapping, access, (uint64_t)offset_high << 32 | offset_low, n,
				  &memory);
	win_set_error(status);
	return memory;
}

LPVOID WINAPI MapViewOfFile(HANDLE mapping, DWORD access, DWORD offset_high, DWORD offset_low,
			    SIZE_T n)
{
	return MapViewOfFileEx(mapping, access, offset_high, offset_low, n, NULL);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID address)
{
	struct view *found = NULL;

	win_lock();
	pen_list_each (link, after, &views) {
		struct view *view = pen_list_entry(link, struct view, link);

		if (!found && address >= view->memory &&
		    (const char *)address < (char *)view->memory + view->n) {
			found = view;
			pen_list_remove(link);
		}
	}
	win_unlock();
	if (!found) {
		SetLastError(ERROR_INVALID_ADDRESS);
		return FALSE;
	}
	pen_section_unmap(found->memory, found->n);
	free(found);
	return TRUE;
}
