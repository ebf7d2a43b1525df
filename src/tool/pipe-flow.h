/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_PIPE_FLOW_H
#define PEN_TOOL_PIPE_FLOW_H
/*
 * What penstock pipe cat and serve share.
 */
#include "tool/flow.h"
#include "tool/pipe.h"

/* --framing, or lines. Complains. */
int pipe_framing(struct tool *tool, enum framing *framingp);

/* How a flow ended is how the command ends. Complains. */
int pipe_end_flow(struct tool *tool, const struct flow *flow, enum flow_state state,
		  const char *name);

#endif
