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
#include <uv.h>

/*
 * Closes what is not of a kind that is known in a thread of its own, as a file system of a user's
 * may let that take for ever; and counts how many he has there. One with more than so
 * many is not heard.
 */
enum { OBJECT_FOUL_MAX = 16 };

#define OBJECT_FOUL_ALL UINT32_MAX

void object_fds_close_foul(struct pen_fds *fds, uv_loop_t *loop, uint32_t uid);
size_t object_fds_count_foul(uint32_t uid);

/* Whether it is such an end of a pipe(2). */
bool object_fd_is_pipe(int fd, bool is_write_end);

bool object_fd_is_eventfd(int fd);

/* Whether it is a memfd that nobody can shorten, and which: mark is its own. */
bool object_fd_is_memory(int fd, uint64_t *markp);

#endif
