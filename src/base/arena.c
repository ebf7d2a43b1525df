/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include <penstock/arena.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20, ALIGNMENT = 16 };

struct pen_arena_block {
	struct pen_arena_block *older;
	size_t size; /* of data */
	_Alignas(ALIGNMENT) uint8_t data[];
};

void pen_arena_init(struct pen_arena *arena, size_t max)
{
	*arena = (struct pen_arena){ .max = max ? max : SIZE_MAX };
}

static void free_blocks(struct pen_arena_block *block)
{
	while (block) {
		struct pen_arena_block *older = block->older;

		free(block);
		block = older;
	}
}

void pen_arena_done(struct pen_arena *arena)
{
	free_blocks(arena->block);
	pen_arena_init(arena, arena->max);
}

void pen_arena_wipe(struct pen_arena *arena)
{
	for (struct pen_arena_block *block = arena->block; block; block = block->older)
		explicit_bzero(block->data, block->size);
	pen_arena_done(arena);
}

static void open_block(struct pen_arena *arena, struct pen_arena_block *block)
{
	arena->block = block;
	arena->next = block->data;
	arena->end = block->data + block->size;
}

void pen_arena_reset(struct pen_arena *arena)
{
	struct pen_arena_block *block = arena->block;

	if (!block)
		return;
	free_blocks(block->older);
	block->older = NULL;
	arena->total = block->size;
	open_block(arena, block);
	if (block->size > BLOCK_MAX)
		pen_arena_done(arena);
}

/* Each block is twice the last, so that the number of blocks stays small. */
static int add_block(struct pen_arena *arena, size_t n)
{
	size_t size = arena->block ? arena->block->size * 2 : BLOCK_MIN;
	struct pen_arena_block *block;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < n)
		size = n;
	if (n > arena->max - arena->total)
		return PEN_E_LIMIT;
	if (size > arena->max - arena->total)
		size = arena->max - arena->total;
	if (size > SIZE_MAX - sizeof(*block))
		return PEN_E_LIMIT;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return PEN_E_LIMIT;

	block->older = arena->block;
	block->size = size;
	arena->total += size;
	open_block(arena, block);
	return 0;
}

void *pen_arena_alloc(struct pen_arena *arena, size_t n)
{
	uint8_t *p;

	if (n > SIZE_MAX - ALIGNMENT)
		return NULL;
	n = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (n == 0)
		n = ALIGNMENT;
	if (n > (size_t)(arena->end - arena->next) && add_block(arena, n))
		return NULL;
	p = arena->next;
	arena->next += n;
	return p;
}

void *pen_arena_zalloc(struct pen_arena *arena, size_t n)
{
	void *p = pen_arena_alloc(arena, n);

	return p ? memset(p, 0, n) : NULL;
}

void *pen_arena_array(struct pen_arena *arena, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return pen_arena_zalloc(arena, n);
}

void *pen_arena_copy(struct pen_arena *arena, const void *data, size_t n)
{
	void *p = pen_arena_alloc(arena, n);

	return p && n ? memcpy(p, data, n) : p;
}

char *pen_arena_text(struct pen_arena *arena, const char *text, size_t n)
{
	char *p = n < SIZE_MAX ? pen_arena_alloc(arena, n + 1) : NULL;

	if (!p)
		return NULL;
	if (n)
		memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

char *pen_arena_strdup(struct pen_arena *arena, const char *text)
{
	return pen_arena_text(arena, text, strlen(text));
}

char *pen_arena_printf(struct pen_arena *arena, const char *format, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	p = n < 0 ? NULL : pen_arena_alloc(arena, (size_t)n + 1);
	if (!p)
		return NULL;

	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return p;
}
