/* SPDX-License-Identifier: MIT */
#include "daemon/object-peer.h"
#include "base/cleanup.h"
#include "io/socket.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* ---- session ---- */

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

static bool has_exited(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	return poll(&poller, 1, 0) != 0;
}

/* -ENOENT: the kernel keeps no sessions. */
static int read_session(pid_t pid, uint32_t *sessionp)
{
	char path[64], text[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/sessionid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
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

/*
 * The process is held by a descriptor meanwhile, and still lives when its session has been
 * read: so it was its own, and not that of one that has its number next.
 */
static int find_session(int socket, const struct ucred *peer, uint32_t *sessionp)
{
	int pidfd;
	int r;

	*sessionp = OBJECT_SESSION_UNKNOWN;
	if (peer->pid <= 0) /* of another namespace */
		return 0;
	pidfd = open_process(socket, peer->pid);
	if (pidfd < 0)
		return pidfd == -EINVAL || pidfd == -ENOSYS ? 0 : pidfd;
	r = read_session(peer->pid, sessionp);
	if (r == -ENOENT && !has_exited(pidfd)) {
		*sessionp = 0;
		r = 0;
	} else if (has_exited(pidfd)) {
		r = -ESRCH;
	}
	close(pidfd);
	return r;
}

/* ---- groups ---- */

static int find_groups(int socket, uint32_t **groupsp, size_t *np)
{
	socklen_t size = 0;
	gid_t *groups = NULL;
	int r;

	while (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size)) {
		gid_t *more;

		if (errno != ERANGE)
			goto failed;
		more = realloc(groups, size ? size : 1);
		if (!more) {
			errno = ENOMEM;
			goto failed;
		}
		groups = more;
	}
	*groupsp = groups;
	*np = size / sizeof(*groups);
	return 0;

failed:
	r = -errno;
	free(groups);
	return r;
}

static bool is_member(uint32_t group, const struct ucred *peer, const uint32_t *groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return peer->gid == group;
}

/* ---- tokens ---- */

/* The same with one privilege more. */
static int add_privilege(struct pen_token **tokenp, enum pen_privilege privilege)
{
	struct pen_token_info info = *pen_token_info(*tokenp);
	struct pen_token *token;
	int r;

	info.privileges |= PEN_PRIVILEGE(privilege);
	r = pen_token_new(&token, &info);
	if (r)
		return r;
	pen_token_free(*tokenp);
	*tokenp = token;
	return 0;
}

PEN_DEFINE_FREEP(struct pen_token, pen_token)

static int make_token(struct pen_token **tokenp, const struct ucred *peer, const uint32_t *members,
		      size_t n, uint32_t session, const struct object_groups *groups)
{
	pen_cleanup(pen_token_freep) struct pen_token *token = NULL;
	bool is_admin = groups->has_admin && is_member(groups->admin, peer, members, n);
	bool is_global = groups->has_global && is_member(groups->global, peer, members, n);
	int r = pen_token_new_unix(&token, peer->uid, peer->gid, members, n, session, is_admin);

	if (!r && (is_global || !session))
		r = add_privilege(&token, PEN_PRIVILEGE_CREATE_GLOBAL);
	if (!r)
		*tokenp = pen_take(&token);
	return r;
}

int object_peer_get(struct object_peer *peer, int socket, const struct object_groups *groups)
{
	pen_cleanup(pen_freep) uint32_t *members = NULL;
	struct ucred credentials;
	uint32_t session;
	size_t n = 0;
	int r;

	r = pen_socket_peer(socket, &credentials);
	if (!r)
		r = find_session(socket, &credentials, &session);
	if (!r)
		r = find_groups(socket, &members, &n);
	if (!r)
		r = make_token(&peer->token, &credentials, members, n, session, groups);
	if (r)
		return r;
	peer->uid = credentials.uid;
	peer->process = (uint32_t)credentials.pid;
	return 0;
}
