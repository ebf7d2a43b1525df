/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_COMMAND_H
#define PEN_DAEMON_COMMAND_H
/*
 * What control asks and tells the supervisor.
 */
#include "daemon/control.h"

struct supervisor;

/* Reload and upgrade are left to whoever has the configuration: NULL. */
struct control_actions command_actions(struct supervisor *supervisor);

#endif
