/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_SMBD_H
#define PEN_DAEMON_OBJECT_SMBD_H
/*
 * The directory that smbd connects to: a socket for each pipe whose name can be a file's, as long
 * as there is the pipe (object/mouth.h says what is said there).
 */
#include "daemon/object-server.h"

enum { OBJECT_CALLERS_MAX = 1024 }; /* that have not got an instance yet */

/* Makes the directory, and removes what a predecessor left there. A negative errno. */
int object_smbd_sweep(const char *directory);

/* A pipe has come, or goes. */
void object_smbd_changed(struct object_server *server, const char *name, bool is_there);

/* There are descriptors again, it may be. */
void object_smbd_resume(struct object_server *server);

void object_smbd_stop(struct object_server *server);

#endif
