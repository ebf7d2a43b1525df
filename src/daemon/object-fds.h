/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_FDS_H
#define PEN_DAEMON_OBJECT_FDS_H
/*
 * Descriptors that come with messages, from programs that may send anything. Of what kind one is
 * the kernel says in ways that ask no file system, which may be a user's own and never answer.
 * None is read, written to or mapped here.
 */
#include "io/fds.h"
#include <stdbool.h>
#include <stdint.h>

/* Whether it is such an end of a pipe(2). */
bool object_fd_is_pipe(int fd, bool is_write_end);

/* Whether it is a memfd that nobody can shorten, and which: mark is its own. */
bool object_fd_is_memory(int fd, uint64_t *markp);

#endif
