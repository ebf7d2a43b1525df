/* SPDX-License-Identifier: MIT */
#include "win32/event.h"

#include "win32/error.h"
#include "win32/handle.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>

static void event_free(struct win_object *event)
{
	free(event);
}

static const struct win_type event_type = {
	.kind = WIN_EVENT,
	.name = "Event",
	.generic_read = READ_CONTROL | 1,
	.generic_write = READ_CONTROL | EVENT_MODIFY_STATE,
	.generic_execute = READ_CONTROL | SYNCHRONIZE,
	.generic_all = EVENT_ALL_ACCESS,
	.is_waitable = true,
	.free = event_free,
};

uint32_t win_event_get(HANDLE handle, struct win_object **eventp)
{
	*eventp = NULL;
	return handle ? win_handle_get(handle, WIN_EVENT, EVENT_MODIFY_STATE, eventp, NULL) : 0;
}

/* Events are of one process: nobody keeps names of them for others. */
static HANDLE event_create(LPSECURITY_ATTRIBUTES attributes, BOOL is_manual, BOOL is_set,
			   bool has_name)
{
	struct win_object *event;
	HANDLE handle = NULL;

	if (has_name) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	event = calloc(1, sizeof(*event));
	if (!event) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	win_object_init(event, &event_type);
	event->is_auto = !is_manual;
	event->is_signaled = is_set;
	if (!win_set_error(win_handle_new(event, EVENT_ALL_ACCESS,
					  attributes && attributes->bInheritHandle, &handle)))
		SetLastError(ERROR_SUCCESS);
	win_object_put(event);
	return handle;
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL is_manual, BOOL is_set,
			   LPCSTR name)
{
	return event_create(attributes, is_manual, is_set, name && *name);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL is_manual, BOOL is_set,
			   LPCWSTR name)
{
	return event_create(attributes, is_manual, is_set, name && *name);
}

/* Signals it, resets it, or the one after the other. */
static BOOL event_change(HANDLE handle, bool sets, bool resets)
{
	struct win_object *event;

	if (win_set_error(win_handle_get(handle, WIN_EVENT, EVENT_MODIFY_STATE, &event, NULL)))
		return FALSE;
	win_lock();
	if (sets)
		win_object_signal(event);
	if (resets)
		win_object_reset(event);
	win_unlock();
	win_object_put(event);
	return TRUE;
}

BOOL WINAPI SetEvent(HANDLE event)
{
	return event_change(event, true, false);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
	return event_change(event, false, true);
}

BOOL WINAPI PulseEvent(HANDLE event)
{
	return event_change(event, true, true);
}
