/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PLACE_H
#define PEN_DAEMON_PLACE_H
/*
 * Where files of state go: the folder of each is made when it is missing, for its owner
 * alone.
 */
#include <limits.h>
#include <stddef.h>

/* The folder of the file, and its length. 0: the path names none, or is too long. */
size_t daemon_place_of(const char *path, char folder[PATH_MAX]);

/* Makes the folder of the file, if its path names one. A negative errno, with a sentence. */
int daemon_place_for(const char *path, char error[256]);

#endif
