/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_PIPE_H
#define PEN_TOOL_PIPE_H
/*
 * What the verbs of penstock pipe and penstock ns share.
 */
#include "tool/tool.h"
#include <penstock/pipe.h>
#include <penstock/status.h>

/* Options by their place in tool->values; each command has those it knows. */
enum pipe_option {
	PIPE_OBJECTS_DIR,
	PIPE_FRAMING,
	PIPE_CLOSE,
	PIPE_MESSAGE,
	PIPE_INSTANCES,
	PIPE_SDDL,
	PIPE_QUOTA,
	PIPE_ONCE,
	PIPE_HEX,
	PIPE_ACCESS,
	PIPE_N_OPTIONS,
};

_Static_assert((int)PIPE_N_OPTIONS <= (int)TOOL_VALUES_MAX, "room for all in struct tool");

#define PIPE_VAL(option) (TOOL_OPTION_OWN + PIPE_##option)

/* Takes an option; of one without a value the value is "yes". */
int pipe_option(struct tool *tool, int val, const char *value);

static inline const char *pipe_value(const struct tool *tool, enum pipe_option option)
{
	return tool->values[option];
}

/* A number from 1 to max, or as it is where the option is not there. Complains. */
int pipe_number(struct tool *tool, enum pipe_option option, const char *name, uint32_t max,
		uint32_t *numberp);

/* --access as generic rights, or as it is. Complains. */
int pipe_access(struct tool *tool, uint32_t *accessp);

struct pipe_verb {
	struct tool_verb verb;
	int (*run)(struct tool *tool, int argc, char **argv);
};

/* Runs the verb that argv begins with. */
int pipe_run(struct tool *tool, const struct pipe_verb *verbs, size_t n_verbs, int argc,
	     char **argv);

/* A pipe's name in full, in the tool's arena: \\.\pipe\NAME, where it has no backslash. */
const char *pipe_name(struct tool *tool, const char *text);

/* Opens a pipe, and waits for an instance as long as --timeout says. A status. */
uint32_t pipe_open(struct tool *tool, const char *name, uint32_t access, struct pen_pipe **pipep);

/* How long to wait, as <penstock/pipe.h> has it. */
int pipe_wait_ms(const struct tool *tool);

/* Complains of a status: "cannot open \\.\pipe\x: ...". Returns the exit. */
int pipe_fail(struct tool *tool, const char *what, const char *name, uint32_t status);

/* A name for people: what is no printing character is a question mark. */
void pipe_print_name(const char *name, int width);

/* ---- the verbs ---- */

int pipe_ls(struct tool *tool, int argc, char **argv);
int pipe_info(struct tool *tool, int argc, char **argv);
int pipe_watch(struct tool *tool, int argc, char **argv);
int pipe_send(struct tool *tool, int argc, char **argv);
int pipe_call(struct tool *tool, int argc, char **argv);
int pipe_wait(struct tool *tool, int argc, char **argv);
int pipe_cat(struct tool *tool, int argc, char **argv);
int pipe_serve(struct tool *tool, int argc, char **argv);

#endif
