/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_OBJECT_H
#define PEN_WIN32_OBJECT_H
/*
 * What handles name: objects that are counted, signaled, and waited for.
 *
 * One lock of the process guards all that can be waited for here: signals, waits, queues of APCs
 * and of packets, operations in flight. It is never held across a call of <penstock/pipe.h>, nor
 * across code of the program.
 */
#include "base/list.h"

#include <penstock/base.h>

enum win_kind {
	WIN_EVENT = 1,
	WIN_THREAD,
	WIN_PROCESS,
	WIN_PORT,
	WIN_FILE,
	WIN_SECTION,
	WIN_FIND,
};

struct win_object;

struct win_type {
	enum win_kind kind;
	const char *name; /* NT's of the type */
	/* What the generic rights are: to read, to write, to execute, and all. */
	uint32_t generic_read, generic_write, generic_execute, generic_all;
	bool is_waitable;
	void (*closed)(struct win_object *object); /* the last handle is; NULL: nothing to do */
	void (*free)(struct win_object *object);   /* the last reference is gone */
};

struct win_object {
	const struct win_type *type;
	unsigned refs;
	unsigned n_handles;
	bool is_signaled;
	bool is_auto; /* a wait that it ends resets it */
	struct pen_list waiters;
};

/* Rights as they are asked for, with a type's own in place of the generic ones; MAXIMUM_ALLOWED,
 * and all, is max. */
uint32_t win_type_rights(const struct win_type *type, uint32_t access, uint32_t max);

void win_lock(void);
void win_unlock(void);

/* One reference, the caller's. */
void win_object_init(struct win_object *object, const struct win_type *type);
void win_object_ref(struct win_object *object);

/* Drops one; not under the lock. NULL is nothing. */
void win_object_put(void *object);

/* Under the lock: ends the waits that may end by it. */
void win_object_signal(struct win_object *object);

static inline void win_object_reset(struct win_object *object)
{
	object->is_signaled = false;
}

#endif
