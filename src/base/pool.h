/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_POOL_H
#define PEN_BASE_POOL_H
/*
 * A few large blocks of memory, kept for whoever needs one next: the pages of a block
 * that goes back to the kernel with each large call cost more to get again than the
 * call's own bytes cost to move. Small blocks are malloc's business.
 */
#include <penstock/base.h>

enum {
	PEN_POOL_BLOCKS = 4,
	PEN_POOL_MIN = 64 * 1024,  /* bytes; smaller blocks are not kept */
	PEN_POOL_MAX = 4096 * 1024 /* nor larger ones */
};

/* Zeroed, it is empty. */
struct pen_pool {
	struct pen_pool_block {
		uint8_t *data;
		size_t size;
	} blocks[PEN_POOL_BLOCKS];
};

void pen_pool_done(struct pen_pool *pool);

/* The smallest kept block of at least n bytes, the caller's now; NULL if there is none. */
uint8_t *pen_pool_take(struct pen_pool *pool, size_t n, size_t *sizep);

/* Takes a block from malloc, which is kept or freed. pool may be NULL, and so may data. */
void pen_pool_give(struct pen_pool *pool, uint8_t *data, size_t size);

#endif
