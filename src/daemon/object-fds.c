/* SPDX-License-Identifier: MIT */
#include "daemon/object-fds.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- closing ---- */

void object_fds_close(struct object_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		if (fds->fds[i] >= 0)
			close(fds->fds[i]);
	fds->n = 0;
}

struct foul {
	uv_work_t work;
	struct foul *next;
	struct object_fds fds;
	uint32_t uid;
};

/* Of this process: those that are being closed. */
static struct foul *fouls;

size_t object_fds_count_foul(uint32_t uid)
{
	size_t n = 0;

	for (const struct foul *foul = fouls; foul; foul = foul->next)
		n += foul->uid == uid || uid == OBJECT_FOUL_ALL;
	return n;
}

static void foul_close(uv_work_t *work)
{
	object_fds_close(&((struct foul *)work->data)->fds);
}

static void foul_done(uv_work_t *work, int status)
{
	struct foul **at = &fouls;

	while (*at != work->data)
		at = &(*at)->next;
	*at = (*at)->next;
	free(work->data);
}

static bool is_harmless(int fd)
{
	uint64_t mark;

	return object_fd_is_pipe(fd, false) || object_fd_is_pipe(fd, true) ||
	       object_fd_is_eventfd(fd) || object_fd_is_memory(fd, &mark);
}

void object_fds_close_foul(struct object_fds *fds, uv_loop_t *loop, uint32_t uid)
{
	struct foul *foul;
	bool is_foul = false;

	for (size_t i = 0; i < fds->n; i++)
		is_foul |= !is_harmless(fds->fds[i]);
	foul = is_foul ? calloc(1, sizeof(*foul)) : NULL;
	if (foul) {
		foul->work.data = foul;
		foul->fds = *fds;
		foul->uid = uid;
		fds->n = 0;
		if (!uv_queue_work(loop, &foul->work, foul_close, foul_done)) {
			foul->next = fouls;
			fouls = foul;
			return;
		}
		*fds = foul->fds;
		free(foul);
	}
	object_fds_close(fds);
}

/* ---- kinds ---- */

bool object_fd_is_pipe(int fd, bool is_write_end)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_GETPIPE_SZ) < 0)
		return false;
	return (flags & O_ACCMODE) == (is_write_end ? O_WRONLY : O_RDONLY);
}

bool object_fd_is_eventfd(int fd)
{
	static const char name[] = "anon_inode:[eventfd]";
	char path[32], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target));
	return n == (ssize_t)sizeof(name) - 1 && !memcmp(target, name, sizeof(name) - 1);
}

bool object_fd_is_memory(int fd, uint64_t *markp)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat info;

	/* Files of other kinds have no seals to tell; those of a tmpfs have not this one. */
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || seals & (F_SEAL_GROW | F_SEAL_WRITE))
		return false;
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR || fstat(fd, &info))
		return false;
	*markp = info.st_ino;
	return true;
}

/* ---- messages ---- */

/* One more than there may be, so that it shows. */
union control {
	struct cmsghdr head;
	uint8_t bytes[CMSG_SPACE(sizeof(int) * (OBJECT_FDS_MAX + 1))];
};

static void take_fds(struct msghdr *message, struct object_fds *fds, bool *is_too_manyp)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fds->n < OBJECT_FDS_MAX)
				fds->fds[fds->n++] = fd;
			else {
				*is_too_manyp = true;
				close(fd);
			}
		}
	}
}

ssize_t object_fds_receive(int socket, void *bytes, size_t size, struct object_fds *fds)
{
	struct iovec piece = { bytes, size };
	union control control;
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	bool is_too_many = false;
	ssize_t n;

	fds->n = 0;
	do
		n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&message, fds, &is_too_many);
	if (message.msg_flags & MSG_TRUNC || is_too_many)
		return -EMSGSIZE;
	return message.msg_flags & MSG_CTRUNC ? -EMFILE : n;
}

int object_fds_send(int socket, const void *bytes, size_t n, const struct object_fds *fds)
{
	struct iovec piece = { (void *)(uintptr_t)bytes, n };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t sent;

	if (fds->n) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fds->n * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(fds->n * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds->fds, fds->n * sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}
