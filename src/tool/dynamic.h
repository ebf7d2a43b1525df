/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_DYNAMIC_H
#define PEN_TOOL_DYNAMIC_H
/*
 * A call of any operation by its tables: parameters from JSON, the call itself, waited for in a
 * loop of the tool's own, and the answer as JSON. All of these complain.
 */
#include "tool/call-pipe.h"
#include "tool/callback.h"

struct dynamic {
	const char *name; /* "srvsvc.NetrShareEnum" */
	const struct pen_interface *interface;
	const struct pen_operation *operation;
	uint16_t opnum;
	struct pen_arena *arena; /* of the parameters */
	void *in;
	void *out;
	struct call_pipes *pipes;    /* NULL: the operation has none */
	struct callbacks *callbacks; /* who answers the server's; NULL: nobody */
};

/* Finds the operation, and makes room for its parameters. */
int dynamic_init(struct dynamic *dynamic, struct tool *tool, const char *name,
		 struct pen_arena *arena);

int dynamic_set(struct dynamic *dynamic, struct tool *tool, const char *json, size_t n);

/*
 * Calls by tool->call. Time is over where nothing has moved for as long as --timeout says.
 */
int dynamic_invoke(struct dynamic *dynamic, struct tool *tool);

/* Prints the answer; one whose status is not 0 counts as the server's error. */
int dynamic_print(const struct dynamic *dynamic, struct tool *tool);

#endif
