/* SPDX-License-Identifier: MIT */
#ifndef PEN_BENCH_H
#define PEN_BENCH_H
/*
 * What the benchmarks share: a clock, a place to run, and a line of figures.
 */
#include <stddef.h>
#include <stdint.h>

/* Seconds since some point. */
double bench_now(void);

/* Keeps the calling process on the CPU; -1: lets it run on all. */
void bench_pin(int cpu);

/* Prints a figure, and beside it the limit's, their ratio and the aim for that. */
void bench_line(const char *what, double value, const char *unit, double limit, double aim);

#endif
