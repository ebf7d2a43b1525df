/* SPDX-License-Identifier: MIT */
#include "win32/handle.h"

#include "win32/file.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>

enum { HANDLES_MAX = 1 << 20 };

struct entry {
	struct win_object *object; /* NULL: free */
	uint32_t access;
	uint32_t flags;
};

/* The process's, under the lock. */
static struct entry *entries;
static size_t n_entries;

static HANDLE handle_of(size_t index)
{
	return (HANDLE)((index + 1) * 4);
}

/* The two lowest bits are the program's own. */
static struct entry *entry_of(HANDLE handle)
{
	uintptr_t index = (uintptr_t)handle / 4 - 1;

	return index < n_entries && entries[index].object ? &entries[index] : NULL;
}

static struct entry *entry_new(void)
{
	struct entry *grown;
	size_t n;

	for (size_t i = 0; i < n_entries; i++)
		if (!entries[i].object)
			return &entries[i];
	n = n_entries ? n_entries * 2 : 32;
	grown = n <= HANDLES_MAX ? realloc(entries, n * sizeof(*grown)) : NULL;
	if (!grown)
		return NULL;
	for (size_t i = n_entries; i < n; i++)
		grown[i] = (struct entry){ 0 };
	entries = grown;
	grown += n_entries;
	n_entries = n;
	return grown;
}

uint32_t win_handle_new(struct win_object *object, uint32_t access, bool is_inherited,
			HANDLE *handlep)
{
	struct entry *entry;

	access = win_type_rights(object->type, access, object->type->generic_all);
	win_engine_prepare();
	win_lock();
	entry = entry_new();
	if (entry) {
		*entry = (struct entry){ object, access, is_inherited ? HANDLE_FLAG_INHERIT : 0 };
		object->n_handles++;
		win_object_ref(object);
		*handlep = handle_of(entry - entries);
	}
	win_unlock();
	return entry ? 0 : PEN_STATUS_NO_MEMORY;
}

uint32_t win_handle_get(HANDLE handle, unsigned kind, uint32_t any_access, void *objectp,
			uint32_t *grantedp)
{
	uint32_t status = 0;
	struct entry *entry;

	/* The pseudo handles of the process and of the thread are no files. */
	if (handle == GetCurrentProcess() || handle == GetCurrentThread())
		return kind ? PEN_STATUS_OBJECT_TYPE_MISMATCH : PEN_STATUS_INVALID_HANDLE;
	win_lock();
	entry = entry_of(handle);
	if (!entry)
		status = PEN_STATUS_INVALID_HANDLE;
	else if (kind && entry->object->type->kind != kind)
		status = PEN_STATUS_OBJECT_TYPE_MISMATCH;
	else if (any_access && !(entry->access & any_access))
		status = PEN_STATUS_ACCESS_DENIED;
	if (!status) {
		win_object_ref(entry->object);
		*(struct win_object **)objectp = entry->object;
		if (grantedp)
			*grantedp = entry->access;
	}
	win_unlock();
	return status;
}

/* Takes an entry out of the table. Whether it was its object's last. */
static struct win_object *entry_clear(struct entry *entry, bool *is_lastp)
{
	struct win_object *object = entry->object;

	*entry = (struct entry){ 0 };
	*is_lastp = --object->n_handles == 0;
	return object;
}

static void object_close(struct win_object *object, bool is_last)
{
	if (is_last && object->type->closed)
		object->type->closed(object);
	win_object_put(object);
}

uint32_t win_handle_close(HANDLE handle)
{
	struct win_object *object = NULL;
	uint32_t status = 0;
	bool is_last = false;
	struct entry *entry;

	if (handle == GetCurrentProcess() || handle == GetCurrentThread())
		return 0;
	win_lock();
	entry = entry_of(handle);
	if (!entry)
		status = PEN_STATUS_INVALID_HANDLE;
	else if (entry->flags & HANDLE_FLAG_PROTECT_FROM_CLOSE)
		status = PEN_STATUS_HANDLE_NOT_CLOSABLE;
	else
		object = entry_clear(entry, &is_last);
	win_unlock();
	if (object)
		object_close(object, is_last);
	return status;
}

uint32_t win_handle_duplicate(HANDLE handle, uint32_t access, bool is_same, bool is_inherited,
			      HANDLE *copyp)
{
	struct win_object *object;
	uint32_t granted = 0;
	uint32_t status;

	/* This is how a thread comes by a handle of its own. */
	if (handle == GetCurrentThread()) {
		granted = THREAD_ALL_ACCESS;
		status = win_thread_get(handle, (struct win_thread **)&object);
	} else {
		status = win_handle_get(handle, 0, 0, &object, &granted);
	}
	if (status)
		return status;
	access = is_same ? granted : win_type_rights(object->type, access, granted);
	if (access & ~granted)
		status = PEN_STATUS_ACCESS_DENIED;
	if (!status)
		status = win_handle_new(object, access, is_inherited, copyp);
	win_object_put(object);
	return status;
}

uint32_t win_handle_flags(HANDLE handle, uint32_t mask, uint32_t set, uint32_t *flagsp)
{
	struct entry *entry;

	win_lock();
	entry = entry_of(handle);
	if (entry) {
		entry->flags = (entry->flags & ~mask) | (set & mask);
		*flagsp = entry->flags;
	}
	win_unlock();
	return entry ? 0 : PEN_STATUS_INVALID_HANDLE;
}

void win_handle_forked(void)
{
	win_file_forked();
	for (size_t i = 0; i < n_entries; i++) {
		struct win_object *object;
		bool is_last;

		if (!entries[i].object || entries[i].flags & HANDLE_FLAG_INHERIT)
			continue;
		object = entry_clear(&entries[i], &is_last);
		object_close(object, is_last);
	}
}

void win_handle_each(enum win_kind kind, void (*each)(struct win_object *object))
{
	for (size_t i = 0; i < n_entries; i++)
		if (entries[i].object && entries[i].object->type->kind == kind)
			each(entries[i].object);
}
