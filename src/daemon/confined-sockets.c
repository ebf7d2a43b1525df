/* SPDX-License-Identifier: MIT */
/* What one that has been taken over does with sockets, its own and those that it was given. */
#include "daemon/confined.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int result(long r)
{
	return r < 0 ? errno : 0;
}

/* ---- sockets ---- */

static struct sockaddr_in address_of(const struct confined_place *place)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(place->port),
				     .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
}

static int make_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int socket_pair(const struct confined_place *place)
{
	int fds[2];

	return result(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static int socket_local(const struct confined_place *place)
{
	return make_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int socket_sequenced(const struct confined_place *place)
{
	return make_socket(AF_UNIX, SOCK_SEQPACKET, 0);
}

static int memory_file(const struct confined_place *place)
{
	int fd = memfd_create("confined", MFD_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int socket_raw(const struct confined_place *place)
{
	return make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int socket_packet(const struct confined_place *place)
{
	return make_socket(AF_PACKET, SOCK_DGRAM, 0);
}

static int socket_netlink(const struct confined_place *place)
{
	return make_socket(AF_NETLINK, SOCK_RAW, 0);
}

static int socket_ping(const struct confined_place *place)
{
	return make_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int socket_multipath(const struct confined_place *place)
{
	return make_socket(AF_INET, SOCK_STREAM, 262);
}

static int socket_vsock(const struct confined_place *place)
{
	return make_socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int socket_crypto(const struct confined_place *place)
{
	return make_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int connect_tcp(const struct confined_place *place)
{
	struct sockaddr_in address = address_of(place);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	error = result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	return error;
}

static int bind_tcp(const struct confined_place *place)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(34567) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	error = result(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	return error;
}

static int bind_local(const struct confined_place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	/* A path in its own directory: even there, no socket. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", place->directory);
	error = result(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	return error;
}

static int listen_local(const struct confined_place *place)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	error = result(listen(fd, 1));
	close(fd);
	return error;
}

static int connect_abstract(const struct confined_place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(place->abstract);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	memcpy(address.sun_path + 1, place->abstract, n);
	error = result(connect(fd, (struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)));
	close(fd);
	return error;
}

/* ---- the connection that it was given, and serves ---- */

static int send_urgent(const struct confined_place *place)
{
	return result(send(place->connection, "!", 1, MSG_OOB));
}

static int attach_filter(const struct confined_place *place)
{
	struct sock_filter accept_all = { .code = BPF_RET | BPF_K, .k = UINT32_MAX };
	struct sock_fprog program = { .len = 1, .filter = &accept_all };

	return result(setsockopt(place->connection, SOL_SOCKET, SO_ATTACH_FILTER, &program,
				 sizeof(program)));
}

static int add_protocol(const struct confined_place *place)
{
	return result(setsockopt(place->connection, IPPROTO_TCP, TCP_ULP, "tls", 3));
}

/* Takes it from its peer, so that it can be connected to another. */
static int reconnect(const struct confined_place *place)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_in address = address_of(place);

	if (connect(place->connection, &nobody, sizeof(nobody)))
		return errno;
	return result(connect(place->connection, (struct sockaddr *)&address, sizeof(address)));
}

static int reconnect_fast(const struct confined_place *place)
{
	struct sockaddr_in address = address_of(place);

	return result(sendto(place->connection, "!", 1, MSG_FASTOPEN, (struct sockaddr *)&address,
			     sizeof(address)));
}

static int listen_tcp(const struct confined_place *place)
{
	return result(listen(place->connection, 1));
}

const struct confined_try confined_sockets[] = {
	{ "socket-pair", socket_pair },
	{ "socket-local", socket_local },
	{ "socket-sequenced", socket_sequenced },
	{ "memory-file", memory_file },
	{ "socket-raw", socket_raw },
	{ "socket-packet", socket_packet },
	{ "socket-netlink", socket_netlink },
	{ "socket-ping", socket_ping },
	{ "socket-multipath", socket_multipath },
	{ "socket-vsock", socket_vsock },
	{ "socket-crypto", socket_crypto },
	{ "connect-tcp", connect_tcp },
	{ "bind-tcp", bind_tcp },
	{ "bind-local", bind_local },
	{ "listen-local", listen_local },
	{ "connect-abstract", connect_abstract },
	{ "send-urgent", send_urgent },
	{ "attach-filter", attach_filter },
	{ "add-protocol", add_protocol },
	{ "reconnect", reconnect },
	{ "reconnect-fast", reconnect_fast },
	{ "listen-tcp", listen_tcp },
	{ NULL, NULL },
};
