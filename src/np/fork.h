/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_FORK_H
#define PEN_NP_FORK_H
/*
 * How often this process, and those it comes from, have forked: objects that processes share
 * notice by it that they are in another one. A program that runs after exec begins anew.
 */
#include <stdint.h>

/* Of this process: its children have another. */
uint32_t pen_fork_generation(void);

/* How many children there were. */
uint32_t pen_fork_count(void);

/* One at a time in this process; free in a child. */
void pen_fork_lock(void);
void pen_fork_unlock(void);

#endif
