/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_CLOCK_H
#define PEN_IO_CLOCK_H
/*
 * Time that never jumps, in milliseconds since some moment.
 */
#include <stdint.h>
#include <time.h>

static inline uint64_t pen_clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline uint64_t pen_clock_ms(void)
{
	return pen_clock_of(CLOCK_MONOTONIC);
}

/* A few milliseconds late, and almost free. */
static inline uint64_t pen_clock_coarse_ms(void)
{
	return pen_clock_of(CLOCK_MONOTONIC_COARSE);
}

/* The time of day as NT has it: 100 ns since 1601. */
static inline uint64_t pen_clock_nt(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ((uint64_t)t.tv_sec + UINT64_C(11644473600)) * 10000000 + (uint64_t)t.tv_nsec / 100;
}

#endif
