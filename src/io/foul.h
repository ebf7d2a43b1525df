/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_FOUL_H
#define PEN_IO_FOUL_H
/*
 * Descriptors that came from programs that may send anything. To close the last one of a file may
 * take as long as a file system of its sender's own likes, and of a socket as long as it lingers:
 * so all of which that is not known to be short are closed in threads of their own, and counted.
 */
#include "io/fds.h"
#include <stdbool.h>
#include <stdint.h>

/* Who has more than so many such threads at work is not to be heard. */
enum { PEN_FOUL_MAX = 16 };

/* Closes them; uid: whose they were. What cannot have a thread is closed here. */
void pen_foul_close(struct pen_fds *fds, uint32_t uid);
void pen_foul_close_one(int fd, uint32_t uid);

/* How many threads are at work for the user. */
size_t pen_foul_count(uint32_t uid);

/* Whether to close it takes no time: a file on a disk, a pipe, a unix socket, memory ... */
bool pen_fd_is_harmless(int fd);

/* Whether it is of the kernel's files without a name: "[eventfd]". */
bool pen_fd_is_anonymous(int fd, const char *name);

#endif
