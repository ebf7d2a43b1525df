/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include <stdlib.h>

void pen_pool_done(struct pen_pool *pool)
{
	for (int i = 0; i < PEN_POOL_BLOCKS; i++)
		free(pool->blocks[i].data);
	*pool = (struct pen_pool){ 0 };
}

uint8_t *pen_pool_take(struct pen_pool *pool, size_t n, size_t *sizep)
{
	struct pen_pool_block *best = NULL;
	uint8_t *data;

	for (int i = 0; i < PEN_POOL_BLOCKS; i++) {
		struct pen_pool_block *block = &pool->blocks[i];

		if (block->size >= n && (!best || block->size < best->size))
			best = block;
	}
	if (!best || !best->data)
		return NULL;
	data = best->data;
	*sizep = best->size;
	*best = (struct pen_pool_block){ 0 };
	return data;
}

/* It takes the place of the smallest kept, an empty place being smallest of all. */
void pen_pool_give(struct pen_pool *pool, uint8_t *data, size_t size)
{
	struct pen_pool_block *smallest;
	uint8_t *leaves = data;

	if (pool && size >= PEN_POOL_MIN && size <= PEN_POOL_MAX) {
		smallest = &pool->blocks[0];
		for (int i = 1; i < PEN_POOL_BLOCKS; i++) {
			if (pool->blocks[i].size < smallest->size)
				smallest = &pool->blocks[i];
		}
		if (smallest->size < size) {
			leaves = smallest->data;
			*smallest = (struct pen_pool_block){ .data = data, .size = size };
		}
	}
	free(leaves);
}
