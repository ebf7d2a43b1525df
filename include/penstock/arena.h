/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_ARENA_H
#define PENSTOCK_ARENA_H
/*
 * Memory that lives and dies together. A call, a parse, a decoded value: all
 * that belongs to it comes from its arena and goes with it. An arena has a
 * limit, so that a peer's word cannot make it grow without end.
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_arena_block;

struct pen_arena {
	struct pen_arena_block *block; /* the one allocated from, newest first */
	uint8_t *next;
	uint8_t *end;
	size_t total; /* bytes of all blocks */
	size_t max;   /* limit of that */
};

/* An arena of at most max bytes; 0: without limit. Allocates nothing yet. */
void pen_arena_init(struct pen_arena *arena, size_t max);

/* Frees all, and leaves the arena as init did. */
void pen_arena_done(struct pen_arena *arena);

/* Forgets all, but keeps one block, so that a steady user allocates nothing. */
void pen_arena_reset(struct pen_arena *arena);

/* n zeroed bytes, aligned for any type. NULL: no memory, or over the limit. */
void *pen_arena_zalloc(struct pen_arena *arena, size_t n);

/* The same, not zeroed: for what is overwritten at once. */
void *pen_arena_alloc(struct pen_arena *arena, size_t n);

/* count elements of the size, zeroed; NULL too where the product overflows. */
void *pen_arena_array(struct pen_arena *arena, size_t count, size_t size);

void *pen_arena_copy(struct pen_arena *arena, const void *data, size_t n);

/* Copies n bytes of text and ends them with a NUL. */
char *pen_arena_text(struct pen_arena *arena, const char *text, size_t n);
char *pen_arena_strdup(struct pen_arena *arena, const char *text);
char *pen_arena_printf(struct pen_arena *arena, const char *format, ...) PEN_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif
#endif
