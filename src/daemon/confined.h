/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CONFINED_H
#define PEN_DAEMON_CONFINED_H
/*
 * A program that is confined, and then tries what test-confine names.
 */
#include <stdint.h>
#include <sys/types.h>

/* On the command line, in this order, before the names of what to try. */
struct confined_place {
	const char *directory; /* its own */
	const char *outside;   /* a file that is not */
	const char *abstract;  /* the name of a local socket on which somebody listens */
	uint16_t port;	       /* of 127.0.0.1, on which somebody listens */
	pid_t other;	       /* a process that is not its own */
	int connection;	       /* over TCP, which it was given; -1: none */
};

/* Tries it: 0: that went well; an errno. */
struct confined_try {
	const char *name;
	int (*run)(const struct confined_place *place);
};

/* Ended by one without a name. */
extern const struct confined_try confined_honest[];
extern const struct confined_try confined_hostile[];
extern const struct confined_try confined_sockets[];

/* A try in a shared library. */
int confined_library(const struct confined_place *place);

/* Calls of the kernel that are tried with zeros. */
struct confined_call {
	const char *name;
	long number;
};

extern const struct confined_call confined_calls[];

#endif
