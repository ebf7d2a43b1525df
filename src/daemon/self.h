/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SELF_H
#define PEN_DAEMON_SELF_H
/* What comes with this program: beside it where both were built, or where it is installed. */
#include <limits.h>
#include <stdbool.h>

/*
 * The first of the places, ended by NULL, that is there: from the directory of this program on, or
 * absolute ones. False: none is, or this program's own place cannot be found.
 */
bool self_find(const char *const *places, char path[PATH_MAX]);

#endif
