/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_CONTROL_H
#define PEN_TOOL_CONTROL_H
/*
 * What the commands share that ask penstockd how it is, or tell it what to do.
 */
#include "tool/tool.h"
#include <penstock/idl/control.h>

/* Finds penstockd on this machine. Complains. */
int control_connect(struct tool *tool);

/* The status lasts until the next call. What pen_call_invoke returns, or PEN_E_UNSUPPORTED. */
int control_get(struct tool *tool, const struct control_status **statusp);

/*
 * The same of one that was there: while it becomes another program, nobody is for a moment, which
 * is waited for.
 */
int control_get_again(struct tool *tool, const struct control_status **statusp);

/* Whether that is what a call says: nobody listens. */
bool control_is_absent(int result);

/* What went wrong with a call: nobody is there, or one may not. Returns the exit. */
int control_fail(struct tool *tool, const char *operation, int result);

/* "12 s", "3 min", "5 h", "8 d"; -1: "-". */
void control_age(char text[16], int64_t ms);

/* A name for a terminal: what is not printable in ASCII is "?", and what is longer is cut. */
void control_name(char *text, size_t size, const char *name);

/* "starting", "ready", "leaving". */
const char *control_stage_name(enum control_worker_stage stage);

#endif
