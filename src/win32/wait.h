/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_WAIT_H
#define PEN_WIN32_WAIT_H
/*
 * Waiting for objects, and the time that it may take.
 */
#include "win32/thread.h"

#define WIN_FOREVER INT64_MAX

/* Nanoseconds of the monotonic clock. */
int64_t win_now(void);
int64_t win_deadline(DWORD ms);			       /* INFINITE: WIN_FOREVER */
int64_t win_deadline_nt(const LARGE_INTEGER *timeout); /* NULL: WIN_FOREVER */

enum { WIN_WAIT_MAX = 64 };

/*
 * Waits for one of n objects, or all; none: for the time. STATUS_WAIT_0 and the object's index,
 * STATUS_TIMEOUT; STATUS_USER_APC: it is alertable, and APCs have run.
 */
uint32_t win_wait(struct win_object **objects, unsigned n, bool is_all, bool is_alertable,
		  int64_t deadline);

/* What can be waited for, with a reference; pseudo handles too. */
uint32_t win_wait_get(HANDLE handle, struct win_object **objectp);

/* Ends the waits that an object, just signaled, can end; under the lock. */
void win_wait_satisfy(struct win_object *object);

#endif
