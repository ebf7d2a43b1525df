/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_FAIL_H
#define PEN_TEST_FAIL_H
/*
 * Makes the n-th allocation fail. Every test program is linked so that malloc,
 * calloc and realloc pass through here.
 *
 *	for (size_t n = 1; pen_fail_at(n), r = subject(), pen_fail_hit(); n++)
 *		assert_int_equal(r, -ENOMEM);
 */
#include <stdbool.h>
#include <stddef.h>

/* Lets n - 1 allocations pass from now on, and fails the n-th. 0: fails none. */
void pen_fail_at(size_t n);

/* Whether one was failed since; and no more will be. */
bool pen_fail_hit(void);

/* Allocations since pen_fail_at. */
size_t pen_fail_count(void);

/* Bytes that they asked for, in all: what was given back in between is not taken off. */
size_t pen_fail_bytes(void);

#endif
