/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_RANDOM_H
#define PEN_IO_RANDOM_H
/*
 * Bytes that nobody guesses, from the kernel; fetched in batches, so that a
 * server asks it seldom.
 */
#include <stddef.h>
#include <stdint.h>

struct pen_random {
	uint8_t bytes[512];
	size_t n_left;
};

/* A negative errno if the kernel has none. */
int pen_random_fill(struct pen_random *random, void *data, size_t n);

#endif
