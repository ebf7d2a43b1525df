/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_CALLBACK_H
#define PEN_TOOL_CALLBACK_H
/*
 * A server's callbacks, answered by a script: {"OPERATION": ANSWER, ...}. An ANSWER is the
 * callback's out parameters; or {"$fault": NUMBER}; or a list of these, for one time after the
 * other, whose last one is for all further times.
 */
#include "tool/tool.h"

struct callback_answer {
	const char *json;
	size_t n;
	bool is_fault;
	uint32_t fault;
};

struct callback_row {
	const struct callback_answer *answers;
	size_t n; /* 0: the script has none */
	size_t next;
};

struct callbacks {
	struct pen_interface interface; /* as it is, but its callbacks are answered here */
	struct callback_row *rows;	/* by their numbers */
};

/* source: JSON, or a file that has it. All lives in the tool's arena. Complains. */
int callbacks_load(struct callbacks **callbacksp, struct tool *tool, const char *source,
		   const struct pen_interface *interface);

#endif
