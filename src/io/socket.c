/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int parse_address(struct pen_address *address, const char *text, uint16_t port)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		address->size = sizeof(*v4);
		return 0;
	}
	if (!*text || inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		address->size = sizeof(*v6);
		return 0;
	}
	return -EINVAL;
}

/* The port is at the same place in both families. */
static int bound_port(int fd, uint16_t *portp)
{
	struct sockaddr_in6 bound = { 0 };
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size))
		return -errno;
	*portp = ntohs(bound.sin6_port);
	return 0;
}

static int bind_and_listen(int fd, const struct pen_address *address, uint16_t *portp)
{
	const int on = 1;
	const int off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return -errno;
	/* Every address means both families; one address means itself. */
	if (address->storage.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address->storage, address->size))
		return -errno;
	if (listen(fd, BACKLOG))
		return -errno;
	return bound_port(fd, portp);
}

int pen_tcp_listen(const char *text, uint16_t port, uint16_t *portp)
{
	struct pen_address address;
	int fd;
	int r;

	r = parse_address(&address, text, port);
	if (r)
		return r;
	fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 && errno == EAFNOSUPPORT && !*text)
		return pen_tcp_listen("0.0.0.0", port, portp);
	if (fd < 0)
		return -errno;

	r = bind_and_listen(fd, &address, portp);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

int pen_socket_connect(const struct pen_address *address, bool *is_pendingp)
{
	int fd;
	int r;

	fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (address->storage.ss_family != AF_UNIX)
		pen_socket_no_delay(fd);

	*is_pendingp = false;
	if (!connect(fd, (const struct sockaddr *)&address->storage, address->size))
		return fd;
	if (errno == EINPROGRESS || errno == EINTR) {
		*is_pendingp = true;
		return fd;
	}
	r = -errno;
	close(fd);
	return r;
}

int pen_socket_error(int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return -errno;
	return -error;
}

void pen_socket_no_delay(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

ssize_t pen_socket_send(int fd, const struct pen_slice *slices, size_t n)
{
	struct iovec pieces[PEN_SOCKET_SLICES_MAX];
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = n };
	ssize_t sent;

	for (size_t i = 0; n > 1 && i < n; i++)
		pieces[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)slices[i].data,
					    .iov_len = slices[i].size };
	do
		/* Most answers are one slice, which the kernel takes with less ado. */
		sent = n == 1 ? send(fd, slices->data, slices->size, MSG_NOSIGNAL | MSG_DONTWAIT)
			      : sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

int pen_socket_set_blocking(int fd, bool is_blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = is_blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) ? -errno : 0;
}

int pen_socket_accept(int fd, struct pen_address *address)
{
	struct pen_address peer = { .size = sizeof(peer.storage) };
	int accepted;

	do
		accepted = accept4(fd, (struct sockaddr *)&peer.storage, &peer.size,
				   SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (accepted < 0)
		return -errno;

	if (peer.storage.ss_family != AF_UNIX)
		pen_socket_no_delay(accepted);
	if (address)
		*address = peer;
	return accepted;
}

void pen_address_print(const struct pen_address *address, char text[46])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;

	text[0] = '\0';
	if (address->storage.ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, 46);
	else if (address->storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, 46);
	else if (address->storage.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, text, 46);
}

int pen_socket_peer(int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) ? -errno : 0;
}

/* Asked once for how many, and then for them. */
int pen_socket_peer_groups(int fd, gid_t **groupsp, size_t *np)
{
	socklen_t size = 0;
	gid_t *groups = NULL;
	int r = 0;

	while (!r && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size)) {
		gid_t *more = errno == ERANGE ? realloc(groups, size) : NULL;

		if (more)
			groups = more;
		else
			r = errno == ERANGE ? -ENOMEM : -errno;
	}
	if (r) {
		free(groups);
		return r;
	}
	*groupsp = groups;
	*np = size / sizeof(*groups);
	return 0;
}
