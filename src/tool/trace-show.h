/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TRACE_SHOW_H
#define PEN_TOOL_TRACE_SHOW_H
/*
 * A call that a server told of, for people or as JSON: its parameters by the tables of its
 * operation. What the IDL says is secret is not shown unless it is asked for; nor are bytes that
 * nobody can read, since it may be in them.
 */
#include "tool/tool.h"
#include <penstock/idl/trace.h>

/* Appends one JSON object. -ENOMEM. */
int trace_json(struct tool *tool, const struct trace_call *call, struct pen_buffer *json);

/* Appends a line, without its end, from such an object's call. -ENOMEM. */
int trace_line(struct tool *tool, const struct trace_call *call, struct pen_buffer *line);

#endif
