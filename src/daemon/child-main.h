/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CHILD_MAIN_H
#define PEN_DAEMON_CHILD_MAIN_H
/*
 * What the mains of those programs share that penstockd starts for itself, with a seqpacket socket
 * for descriptor 3: the greeter, penstock-authd and the like. program is the name that they speak
 * by.
 */
#include "daemon/confine.h"
#include "io/option.h"

enum { CHILD_MAIN_OK, CHILD_MAIN_FAILED, CHILD_MAIN_USAGE };

enum { CHILD_MAIN_SOCKET = 3 };

/* An option's value. -1: go on; else it has been said what is wrong, and main returns that. */
int child_main_number(uint32_t *numberp, const char *program, const char *option, const char *value,
		      uint32_t max);

/*
 * Reads the command line, whose one word is a directory, if it may have one; and looks whether the
 * socket is there. Signals that are penstockd's, from a terminal, are not heard from now on. The
 * same.
 */
int child_main_begin(const struct pen_command_line *line, void *data, int argc, char **argv);

/* From now on it can do what it does, and nothing else. What fails or is not there is said. */
int child_main_confine(const char *program, const struct confinement *confinement);

/* Ends the process, and says what a failure was. What else runs at a program's end may want more
 * than it has. */
_Noreturn void child_main_end(const char *program, int result);

#endif
