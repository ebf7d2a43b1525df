/* SPDX-License-Identifier: MIT */
#include "io/session.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* -ENOENT: the kernel keeps no sessions, or there is no such process. */
static int read_session(const char *path, uint32_t *sessionp)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -ESRCH;
	*sessionp = (uint32_t)strtoul(text, NULL, 10);
	if (*sessionp == UINT32_MAX)
		*sessionp = 0;
	return 0;
}

uint32_t pen_session_own(void)
{
	uint32_t session = 0;

	read_session("/proc/self/sessionid", &session);
	return session;
}

/* Where the kernel does not name the socket's process itself, whoever has its number now. */
static int open_process(int socket, pid_t pid)
{
	socklen_t size = sizeof(int);
	int fd;

	if (!getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size))
		return fd;
	if (errno != ENOPROTOOPT)
		return -errno;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return fd < 0 ? -errno : fd;
}

static int has_exited(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	return poll(&poller, 1, 0) != 0;
}

/*
 * The process is held by a descriptor meanwhile, and still lives when its session has been
 * read: so it was its own, and not that of one that has its number next.
 */
int pen_session_of_peer(int socket, const struct ucred *peer, uint32_t *sessionp)
{
	uint32_t session = PEN_SESSION_UNKNOWN;
	char path[64];
	int pidfd;
	int r;

	if (peer->pid <= 0) { /* of another namespace */
		*sessionp = session;
		return 0;
	}
	pidfd = open_process(socket, peer->pid);
	if (pidfd == -EINVAL || pidfd == -ENOSYS) {
		*sessionp = session;
		return 0;
	}
	if (pidfd < 0)
		return pidfd;
	snprintf(path, sizeof(path), "/proc/%d/sessionid", (int)peer->pid);
	r = read_session(path, &session);
	if (has_exited(pidfd)) {
		r = -ESRCH;
	} else if (r == -ENOENT) {
		session = 0;
		r = 0;
	}
	close(pidfd);
	if (!r)
		*sessionp = session;
	return r;
}
