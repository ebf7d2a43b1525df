/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_REPORT_H
#define PEN_DAEMON_REPORT_H
/*
 * How the supervisor is, as control.idl says it.
 */
#include <penstock/arena.h>
#include <penstock/idl/control.h>

struct supervisor;

/* Into the arena; texts may be the supervisor's own. From its thread. -ENOMEM. */
int report_status(const struct supervisor *supervisor, struct pen_arena *arena,
		  struct control_status *status);

#endif
