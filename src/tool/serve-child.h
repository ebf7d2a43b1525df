/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_SERVE_CHILD_H
#define PEN_TOOL_SERVE_CHILD_H
/*
 * A process whose standard input and output are pipes of ours, and which is told in its environment
 * who the client is that it runs for.
 */
#include <penstock/pipe.h>
#include <sys/types.h>

struct serve_child {
	pid_t pid; /* 0: none */
	int in;	   /* to be read: its output; -1: none */
	int out;   /* to be written: its input */
};

/* Runs command, ended by NULL, for the client of a connected pipe. A negative errno. */
int serve_child_start(struct serve_child *child, char *const command[], struct pen_pipe *pipe);

/* Closes its input and output. It may go on. */
void serve_child_let_go(struct serve_child *child);

#endif
