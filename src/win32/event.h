/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_EVENT_H
#define PEN_WIN32_EVENT_H
#include "win32/object.h"

#include <penstock/win32-types.h>

/* An event that an operation is to set; NULL for no handle. As win_handle_get. */
uint32_t win_event_get(HANDLE handle, struct win_object **eventp);

#endif
