/* SPDX-License-Identifier: MIT */
/*
 * The list of pipes: FindFirstFile on \\.\pipe\*, NtQueryDirectoryFile [rows E1, E2].
 */
#include "base/utf16.h"
#include "win32/directory.h"
#include "win32/error.h"
#include "win32/event.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/path.h"
#include "win32/text.h"

#include <penstock/status.h>
#include <penstock/win32.h>

struct find {
	struct win_object object;
	struct win_listing *listing; /* used under the lock */
};

static void find_free(struct win_object *object)
{
	struct find *find = (struct find *)object;

	win_listing_free(find->listing);
	free(find);
}

static const struct win_type find_type = {
	.kind = WIN_FIND,
	.name = "File",
	.free = find_free,
};

/* What of a path is the pattern, which must be of the root of pipes. */
static uint32_t pattern_of(LPCWSTR path, char **patternp)
{
	static const char root[] = "\\??\\pipe\\";
	UNICODE_STRING name;
	uint32_t status;
	char *text;

	status = win_path_any(path, &name);
	if (status)
		return status;
	text = win_text(name.Buffer);
	win_path_done(&name);
	if (!text)
		return PEN_STATUS_NO_MEMORY;
	if (strlen(text) < sizeof(root) || strncasecmp(text, root, strlen(root))) {
		free(text);
		return PEN_STATUS_NOT_SUPPORTED;
	}
	*patternp = strdup(text + strlen(root));
	free(text);
	return *patternp ? 0 : PEN_STATUS_NO_MEMORY;
}

/* The next, as much of its name as there is room for. NO_MORE_FILES. */
static uint32_t find_next(struct find *find, WIN32_FIND_DATAW *data)
{
	struct win_listing *listing = find->listing;
	const struct win_listing_entry *entry;
	WCHAR *units;
	size_t n;

	if (listing->at == listing->n)
		return PEN_STATUS_NO_MORE_FILES;
	entry = &listing->entries[listing->at];
	units = win_units(entry->name, &n);
	if (!units)
		return PEN_STATUS_NO_MEMORY;
	listing->at++;
	memset(data, 0, sizeof(*data));
	data->dwFileAttributes = FILE_ATTRIBUTE_NORMAL;
	data->nFileSizeLow = entry->instances;
	lstrcpynW(data->cFileName, units, MAX_PATH);
	free(units);
	return 0;
}

static uint32_t find_first(LPCWSTR path, WIN32_FIND_DATAW *data, HANDLE *handlep)
{
	struct find *find = calloc(1, sizeof(*find));
	char *pattern = NULL;
	uint32_t status;

	if (!find)
		return PEN_STATUS_NO_MEMORY;
	win_object_init(&find->object, &find_type);
	status = pattern_of(path, &pattern);
	if (!status)
		status = win_listing_new(&find->listing, pattern);
	if (!status)
		status = find_next(find, data);
	if (!status)
		status = win_handle_new(&find->object, 0, false, handlep);
	free(pattern);
	win_object_put(&find->object);
	return status;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW data)
{
	HANDLE handle = INVALID_HANDLE_VALUE;

	win_set_error(find_first(name, data, &handle));
	return handle;
}

BOOL WINAPI FindNextFileW(HANDLE handle, LPWIN32_FIND_DATAW data)
{
	struct find *find;
	uint32_t status;

	if (win_set_error(win_handle_get(handle, WIN_FIND, 0, &find, NULL)))
		return FALSE;
	win_lock();
	status = find_next(find, data);
	win_unlock();
	win_object_put(&find->object);
	return !win_set_error(status);
}

BOOL WINAPI FindClose(HANDLE handle)
{
	struct find *find;

	if (win_set_error(win_handle_get(handle, WIN_FIND, 0, &find, NULL)))
		return FALSE;
	win_object_put(&find->object);
	return CloseHandle(handle);
}

/* The same with a name in UTF-8, cut between characters. */
static void find_narrow(LPWIN32_FIND_DATAA narrow, const WIN32_FIND_DATAW *data)
{
	size_t n = win_units_length(data->cFileName);

	memset(narrow, 0, sizeof(*narrow));
	narrow->dwFileAttributes = data->dwFileAttributes;
	narrow->nFileSizeLow = data->nFileSizeLow;
	while (pen_utf16_text_size(data->cFileName, n, PEN_UTF16_HOST) >= MAX_PATH)
		n--;
	pen_utf16_get(data->cFileName, n, PEN_UTF16_HOST, narrow->cFileName, MAX_PATH - 1);
}

HANDLE WINAPI FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA data)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	WIN32_FIND_DATAW wide;
	WCHAR *units;

	if (win_set_error(win_path_units(name, &units)))
		return handle;
	handle = FindFirstFileW(units, &wide);
	free(units);
	if (handle != INVALID_HANDLE_VALUE)
		find_narrow(data, &wide);
	return handle;
}

BOOL WINAPI FindNextFileA(HANDLE handle, LPWIN32_FIND_DATAA data)
{
	WIN32_FIND_DATAW wide;

	if (!FindNextFileW(handle, &wide))
		return FALSE;
	find_narrow(data, &wide);
	return TRUE;
}

/* ---- NtQueryDirectoryFile ---- */

static const struct layout {
	FILE_INFORMATION_CLASS which;
	uint32_t name; /* the offset of a name, and of its length */
	uint32_t name_length;
	bool has_sizes;
} layouts[] = {
	{ FileDirectoryInformation, FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName),
	  FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength), true },
	{ FileFullDirectoryInformation, FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName),
	  FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileNameLength), true },
	{ FileBothDirectoryInformation, FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName),
	  FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileNameLength), true },
	{ FileNamesInformation, FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName),
	  FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength), false },
};

static const struct layout *layout_of(FILE_INFORMATION_CLASS which)
{
	for (size_t i = 0; i < PEN_COUNT(layouts); i++)
		if (layouts[i].which == which)
			return &layouts[i];
	return NULL;
}

/*
 * An entry at the buffer's beginning, and its size. BUFFER_OVERFLOW: only a part of the name
 * has room.
 */
static uint32_t entry_put(const struct layout *layout, const struct win_listing_entry *entry,
			  uint8_t *bytes, size_t n, size_t *sizep)
{
	WCHAR *units;
	uint32_t size;
	size_t n_units;

	units = win_units(entry->name, &n_units);
	if (!units)
		return PEN_STATUS_NO_MEMORY;
	size = n_units * sizeof(*units);
	memset(bytes, 0, layout->name);
	memcpy(bytes + layout->name_length, &size, sizeof(size));
	if (layout->has_sizes) {
		FILE_DIRECTORY_INFORMATION *directory = (FILE_DIRECTORY_INFORMATION *)bytes;

		directory->EndOfFile.QuadPart = entry->instances;
		directory->AllocationSize.QuadPart = entry->instances_max;
		directory->FileAttributes = FILE_ATTRIBUTE_NORMAL;
	}
	n -= layout->name;
	memcpy(bytes + layout->name, units, size < n ? size : n);
	free(units);
	*sizep = layout->name + (size < n ? size : n);
	return size > n ? PEN_STATUS_BUFFER_OVERFLOW : 0;
}

/* As many as there is room for; the first in part, if it must be. */
static uint32_t listing_put(struct win_listing *listing, const struct layout *layout,
			    uint8_t *bytes, size_t n, bool is_single, uintptr_t *usedp)
{
	uint32_t *previous = NULL;
	size_t at = 0;

	if (listing->at == listing->n)
		return PEN_STATUS_NO_MORE_FILES;
	while (listing->at < listing->n) {
		const struct win_listing_entry *entry = &listing->entries[listing->at];
		size_t size = 0;
		uint32_t status;

		if (n < at + layout->name)
			break;
		status = entry_put(layout, entry, bytes + at, n - at, &size);
		if (status && (status != PEN_STATUS_BUFFER_OVERFLOW || !previous)) {
			listing->at += status == PEN_STATUS_BUFFER_OVERFLOW;
			*usedp = at + size;
			return status;
		}
		if (status)
			break;
		if (previous)
			*previous = (uint32_t)(bytes + at - (uint8_t *)previous);
		previous = (uint32_t *)(bytes + at);
		*usedp = at + size;
		listing->at++;
		at = (at + size + 7) & ~(size_t)7;
		if (is_single)
			break;
	}
	return 0;
}

/* The list is made by the first call, with its pattern, and stays as it was then. */
static uint32_t root_list(struct win_file *file, const UNICODE_STRING *pattern)
{
	struct win_listing *listing = NULL;
	char *text = NULL;
	uint32_t status;
	bool is_there;

	win_lock();
	is_there = file->listing;
	win_unlock();
	if (is_there)
		return 0;
	if (pattern && pattern->Length) {
		text = win_text_of(pattern->Buffer, pattern->Length / 2);
		if (!text)
			return PEN_STATUS_NO_MEMORY;
	}
	status = win_listing_new(&listing, text);
	free(text);
	win_lock();
	if (!status && !file->listing) {
		file->listing = listing;
		listing = NULL;
	}
	win_unlock();
	win_listing_free(listing);
	return status;
}

/* What there is room for; and who waits for the event is told. */
static uint32_t root_put(struct win_file *file, const struct layout *layout, void *buffer, ULONG n,
			 bool is_single, bool restarts, struct win_object *event,
			 IO_STATUS_BLOCK *iosb)
{
	uintptr_t used = 0;
	uint32_t status;

	win_lock();
	if (restarts)
		file->listing->at = 0;
	status = listing_put(file->listing, layout, buffer, n, is_single, &used);
	if (!NT_ERROR(status) && status != PEN_STATUS_NO_MORE_FILES) {
		*iosb = (IO_STATUS_BLOCK){ .Pointer = (PVOID)(uintptr_t)status,
					   .Information = used };
		if (event)
			win_object_signal(event);
	}
	win_unlock();
	return status;
}

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE handle, HANDLE event_handle, PIO_APC_ROUTINE routine,
				    PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				    FILE_INFORMATION_CLASS which, BOOLEAN is_single,
				    PUNICODE_STRING pattern, BOOLEAN restarts)
{
	const struct layout *layout = layout_of(which);
	struct win_object *event = NULL;
	struct win_file *file;
	uint32_t status;

	if (routine)
		return PEN_STATUS_NOT_SUPPORTED;
	status = win_handle_get(handle, WIN_FILE, 0, &file, NULL);
	if (status)
		return status;
	status = win_event_get(event_handle, &event);
	if (!status && file->what != WIN_FILE_ROOT)
		status = PEN_STATUS_INVALID_PARAMETER;
	if (!status && !layout)
		status = PEN_STATUS_INVALID_INFO_CLASS;
	if (!status && n < layout->name)
		status = PEN_STATUS_INFO_LENGTH_MISMATCH;
	if (!status)
		status = win_turn_take(file, iosb);
	if (!status) {
		status = root_list(file, pattern);
		if (!status)
			status =
				root_put(file, layout, buffer, n, is_single, restarts, event, iosb);
		win_turn_give(file);
	}
	win_object_put(event);
	win_object_put(&file->object);
	return status;
}
