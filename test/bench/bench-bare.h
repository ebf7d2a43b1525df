/* SPDX-License-Identifier: MIT */
#ifndef PEN_BENCH_BARE_H
#define PEN_BENCH_BARE_H
/*
 * What a unix stream socket can do with the same bytes and nothing else: the
 * limits that the calls are held against.
 */
#include <stddef.h>

/* Round trips a second of n_out bytes there and n_back bytes back. */
double bench_bare_ping_pong(size_t n_out, size_t n_back, double seconds);

#endif
