/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_FDS_H
#define PEN_DAEMON_OBJECT_FDS_H
/*
 * Descriptors that come with messages, from programs that may send anything. Of what kind one is
 * the kernel says in ways that ask no file system, which may be a user's own and never answer.
 * None is read, written to or mapped here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

enum { OBJECT_FDS_MAX = 5 }; /* with a message */

struct object_fds {
	int fds[OBJECT_FDS_MAX];
	size_t n;
};

void object_fds_close(struct object_fds *fds);

/*
 * Closes what is not of a kind that is known in a thread of its own, as a file system of a user's
 * may let that take for ever; and counts how many he has there. One with more than so
 * many is not heard.
 */
enum { OBJECT_FOUL_MAX = 16 };

#define OBJECT_FOUL_ALL UINT32_MAX

void object_fds_close_foul(struct object_fds *fds, uv_loop_t *loop, uint32_t uid);
size_t object_fds_count_foul(uint32_t uid);

/* Whether it is such an end of a pipe(2). */
bool object_fd_is_pipe(int fd, bool is_write_end);

bool object_fd_is_eventfd(int fd);

/* Whether it is a memfd that nobody can shorten, and which: mark is its own. */
bool object_fd_is_memory(int fd, uint64_t *markp);

/*
 * A message and its descriptors. Returns its length; 0: the peer is gone; -EAGAIN: there is none;
 * -EMSGSIZE: longer than that, or with more descriptors; -EMFILE: there was no room for them.
 */
ssize_t object_fds_receive(int socket, void *bytes, size_t size, struct object_fds *fds);

/* A negative errno: it did not go. The descriptors stay the caller's. */
int object_fds_send(int socket, const void *bytes, size_t n, const struct object_fds *fds);

#endif
