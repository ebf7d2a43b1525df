/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_SECRET_H
#define PEN_BASE_SECRET_H
/*
 * Memory for keys, hashes and passwords. Its pages are left out of core dumps, and what
 * is freed is wiped first. It is to secrets what malloc is to the rest: the only heap of
 * its kind in a process, and called from any thread.
 */
#include <stddef.h>

struct pen_arena;

/* Zeroed bytes, aligned for anything. NULL: there is no memory. */
void *pen_secret_alloc(size_t n);

/* Wipes and frees; nothing happens to NULL. Returns NULL. */
void *pen_secret_free(void *secret);

/* What came from the arena were secrets: wipes all of it, and ends as pen_arena_done does. */
void pen_arena_wipe(struct pen_arena *arena);

static inline void pen_secret_freep(void *pointerp)
{
	pen_secret_free(*(void **)pointerp);
}

#endif
