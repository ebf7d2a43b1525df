/* SPDX-License-Identifier: MIT */
#include "io/fds.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE((PEN_FDS_MAX + 1) * sizeof(int))];
};

void pen_fds_close(struct pen_fds *fds)
{
	for (unsigned i = 0; i < fds->n; i++)
		if (fds->fds[i] >= 0)
			close(fds->fds[i]);
	fds->n = 0;
}

static ssize_t send_parts(int socket, const struct iovec *parts, size_t n_parts,
			  const struct pen_fds *fds, int flags)
{
	union control control = { 0 };
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts,
				  .msg_iovlen = n_parts };
	ssize_t n;

	if (fds->n) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fds->n * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(fds->n * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds->fds, fds->n * sizeof(int));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int pen_fds_send(int socket, const struct iovec *parts, size_t n_parts, const struct pen_fds *fds,
		 int flags)
{
	ssize_t n = send_parts(socket, parts, n_parts, fds, flags);

	return n < 0 ? (int)n : 0;
}

ssize_t pen_fds_send_some(int socket, const struct iovec *parts, size_t n_parts,
			  const struct pen_fds *fds)
{
	return send_parts(socket, parts, n_parts, fds, MSG_DONTWAIT);
}

/* The kernel may use what the alignment adds, so there may be more than were made room for. */
static void take(struct pen_fds *fds, const struct cmsghdr *head)
{
	size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
		if (fds->n <= PEN_FDS_MAX)
			fds->fds[fds->n++] = fd;
		else
			close(fd);
	}
}

ssize_t pen_fds_receive(int socket, const struct iovec *parts, size_t n_parts, struct pen_fds *fds,
			int flags)
{
	union control control;
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts,
				  .msg_iovlen = n_parts,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	fds->n = 0;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head;
	     head = CMSG_NXTHDR(&message, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
			take(fds, head);
	if (message.msg_flags & MSG_TRUNC || fds->n > PEN_FDS_MAX)
		return -EMSGSIZE;
	return message.msg_flags & MSG_CTRUNC ? -EMFILE : n;
}

uint32_t pen_fds_room(uint32_t n_kept)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return n_kept;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > UINT32_MAX)
		return UINT32_MAX;
	return limit.rlim_cur > 2 * (rlim_t)n_kept ? (uint32_t)limit.rlim_cur - n_kept : n_kept;
}
