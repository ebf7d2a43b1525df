/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PLACE_H
#define PEN_DAEMON_PLACE_H
/*
 * Where files of state go: the folder of each is made when it is missing, for its owner
 * alone.
 */

/* Makes the folder of the file. A negative errno, with a sentence. */
int daemon_place_for(const char *path, char error[256]);

#endif
