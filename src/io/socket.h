/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_SOCKET_H
#define PEN_IO_SOCKET_H
/*
 * Sockets: listen, connect, accept, and who is at the other end. Descriptors are
 * close-on-exec; those returned are not blocking. All return a descriptor or 0,
 * or a negative errno.
 */
#include <penstock/base.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>

struct pen_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

/*
 * Listens for TCP at a numeric address, or at every address of both families
 * if text is "". Port 0: any; portp gets the one it became. -EINVAL: the text
 * is no address.
 */
int pen_tcp_listen(const char *text, uint16_t port, uint16_t *portp);

/* Starts to connect; 0 in *is_pendingp: done already. */
int pen_socket_connect(const struct pen_address *address, bool *is_pendingp);

/* How a pending connect ended. */
int pen_socket_error(int fd);

/* Small messages leave at once (TCP; others ignore it). */
void pen_socket_no_delay(int fd);

int pen_socket_set_blocking(int fd, bool is_blocking);

/* -EAGAIN: nobody is waiting. address may be NULL. */
int pen_socket_accept(int fd, struct pen_address *address);

/* "192.0.2.1", "2001:db8::1", without port; a v4 address in v6 form as v4. "" for others. */
void pen_address_print(const struct pen_address *address, char text[46]);

enum { PEN_SOCKET_SLICES_MAX = 64 };

/*
 * Sends what the socket takes of the slices, up to PEN_SOCKET_SLICES_MAX of them, without
 * waiting. Returns how many bytes; -EAGAIN: it takes none for now.
 */
ssize_t pen_socket_send(int fd, const struct pen_slice *slices, size_t n);

/* The credentials of a unix socket's peer, as they were when it connected. */
int pen_socket_peer(int fd, struct ucred *peer);

/* Its groups beside that of the credentials, to be freed. */
int pen_socket_peer_groups(int fd, gid_t **groupsp, size_t *np);

/* ---- unix sockets in a directory (unix.c) ---- */

/* A socket that listens under a name, and takes the name along when it closes. */
struct pen_unix_socket {
	int fd;
	dev_t device; /* of the name, so that nobody else's is removed */
	ino_t inode;
	struct timespec changed; /* inodes are used again */
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/*
 * Creates the directory, and those above it, if missing. A directory that is
 * there must belong to us or to root, and, for mode 0700, keep others out:
 * -EPERM if not.
 */
int pen_directory_make(const char *path, mode_t mode);

/*
 * Listens in the directory under the name; type is SOCK_STREAM or SOCK_SEQPACKET. A name that a
 * dead process left is taken over; the directory is locked meanwhile, so that of two that try one
 * succeeds. -EADDRINUSE: somebody listens there. -EINVAL: a name with a slash,
 * or none; -ENAMETOOLONG.
 */
int pen_unix_listen(struct pen_unix_socket *socket, const char *directory, const char *name,
		    mode_t mode, int type);

/* Closes it, and removes the name if it is still ours. */
void pen_unix_close(struct pen_unix_socket *socket);

/* The address of the name in the directory. Fails as listen does. */
int pen_unix_address(struct pen_address *address, const char *directory, const char *name);

#endif
