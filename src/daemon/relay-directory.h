/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RELAY_DIRECTORY_H
#define PEN_DAEMON_RELAY_DIRECTORY_H
/*
 * The directory where another program has its sockets for smbd, and how it is now.
 */
#include <stddef.h>

enum { RELAY_NAMES_MAX = 256, RELAY_NAME_SIZE = 108 };

/* Names of sockets, as smbd may ask for them: without capital letters. */
struct relay_names {
	char names[RELAY_NAMES_MAX][RELAY_NAME_SIZE];
	size_t n;
	size_t n_left; /* for which there was no room */
};

/*
 * Opens it, if nobody can put sockets into it but root and this process' user, who then gets all
 * that smbd says. A descriptor, or a negative errno; -EPERM: others can.
 */
int relay_directory_open(const char *path);

/* The names that are in it now; fd is closed. A negative errno. */
int relay_directory_read(struct relay_names *names, int fd);

#endif
