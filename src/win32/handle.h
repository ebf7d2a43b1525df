/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_HANDLE_H
#define PEN_WIN32_HANDLE_H
/*
 * The table of handles: multiples of four, the lowest that is free. Rights are a handle's, all
 * else its object's.
 */
#include "win32/object.h"

#include <penstock/win32-types.h>

/* A new handle; the reference of the caller stays the caller's. NO_MEMORY. */
uint32_t win_handle_new(struct win_object *object, uint32_t access, bool is_inherited,
			HANDLE *handlep);

/*
 * The object of a handle, with a reference. kind 0: any. INVALID_HANDLE, OBJECT_TYPE_MISMATCH;
 * ACCESS_DENIED: it has none of those rights, if there are any. grantedp may be NULL.
 */
uint32_t win_handle_get(HANDLE handle, unsigned kind, uint32_t any_access, void *objectp,
			uint32_t *grantedp);

uint32_t win_handle_close(HANDLE handle);
uint32_t win_handle_duplicate(HANDLE handle, uint32_t access, bool is_same, bool is_inherited,
			      HANDLE *copyp);

/* HANDLE_FLAG_ bits. */
uint32_t win_handle_flags(HANDLE handle, uint32_t mask, uint32_t set, uint32_t *flagsp);

/* In the child after fork: closes what is not inherited. */
void win_handle_forked(void);

/* The objects of all handles of a kind, one after the other; each keeps no reference. */
void win_handle_each(enum win_kind kind, void (*each)(struct win_object *object));

#endif
