/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_FDS_H
#define PEN_IO_FDS_H
/*
 * Messages over unix sockets, and descriptors that go with them (SCM_RIGHTS). Those that come are
 * close-on-exec, and of any kind: their sender may be anybody.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { PEN_FDS_MAX = 16 }; /* with a message */

/* The room for one more is for those that are too many. */
struct pen_fds {
	int fds[PEN_FDS_MAX + 1]; /* -1: taken out */
	unsigned n;
};

/* Closes those that are left. */
void pen_fds_close(struct pen_fds *fds);

/*
 * Sends the parts as one message, with the descriptors, which stay the caller's. flags:
 * MSG_DONTWAIT, or 0. A negative errno: nothing went.
 */
int pen_fds_send(int socket, const struct iovec *parts, size_t n_parts, const struct pen_fds *fds,
		 int flags);

/*
 * The same of a stream: sends what the socket takes, without waiting, and with that the
 * descriptors. Returns how many bytes; a negative errno: nothing went.
 */
ssize_t pen_fds_send_some(int socket, const struct iovec *parts, size_t n_parts,
			  const struct pen_fds *fds);

/*
 * A message's length; what it says is in the parts. 0: the peer is gone. A negative errno;
 * -EMSGSIZE: it is longer than the parts, or has more than PEN_FDS_MAX descriptors; -EMFILE: there
 * was no room in this process for all of them. Descriptors are to be closed in any case.
 */
ssize_t pen_fds_receive(int socket, const struct iovec *parts, size_t n_parts, struct pen_fds *fds,
			int flags);

/*
 * Allows this process as many descriptors as may be, and tells how many are left beside some that
 * are kept: as many as those at least.
 */
uint32_t pen_fds_room(uint32_t n_kept);

#endif
