/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TABLE_H
#define PEN_DAEMON_TABLE_H
/* Which interface is served where, by all programs behind all doors. */
#include "base/list.h"
#include <penstock/arena.h>
#include <penstock/idl/worker.h>

/*
 * Everything is in the arena. What is more than an endpoint mapper is told (worker_SERVED_MAX) is
 * left out. -ENOMEM.
 */
int table_build(struct worker_table *table, const struct pen_list *doors, struct pen_arena *arena);

#endif
