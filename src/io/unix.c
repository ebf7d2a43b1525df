/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

/* Whether a directory that is there may be trusted with sockets of ours. */
static int directory_check(const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	if (st.st_mode & ~mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	if (mode == 0700 && st.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	return 0;
}

int pen_directory_make(const char *path, mode_t mode)
{
	char parent[PATH_MAX];
	size_t n = strlen(path);

	if (!n)
		return -EINVAL;
	if (n >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, n + 1);

	for (char *p = parent + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(parent, 0755) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(path, mode) == 0)
		return chmod(path, mode) ? -errno : 0;
	return errno == EEXIST ? directory_check(path, mode) : -errno;
}

int pen_unix_address(struct pen_address *address, const char *directory, const char *name)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address->storage;
	int n;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	memset(address, 0, sizeof(*address));
	un->sun_family = AF_UNIX;
	n = snprintf(un->sun_path, sizeof(un->sun_path), "%s/%s", directory, name);
	if (n < 0 || (size_t)n >= sizeof(un->sun_path))
		return -ENAMETOOLONG;
	address->size = sizeof(*un);
	return 0;
}

/* Whether somebody listens there, by whatever kind of socket. A full queue is somebody's. */
static bool is_alive(const struct pen_address *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_alive;

	if (fd < 0)
		return true;
	is_alive = !connect(fd, (const struct sockaddr *)&address->storage, address->size) ||
		   errno == EAGAIN || errno == EPROTOTYPE;
	close(fd);
	return is_alive;
}

/* Binds the name, over a dead one's if need be. The directory is locked. */
static int bind_name(int fd, const struct pen_address *address, mode_t mode)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&address->storage;
	const struct sockaddr *name = (const struct sockaddr *)un;

	if (bind(fd, name, address->size)) {
		if (errno != EADDRINUSE)
			return -errno;
		if (is_alive(address))
			return -EADDRINUSE;
		if (unlink(un->sun_path) && errno != ENOENT)
			return -errno;
		if (bind(fd, name, address->size))
			return -errno;
	}
	if (chmod(un->sun_path, mode) || listen(fd, BACKLOG))
		return -errno;
	return 0;
}

static int lock_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	do
		r = flock(fd, LOCK_EX);
	while (r && errno == EINTR);
	if (r) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int pen_unix_listen(struct pen_unix_socket *sock, const char *directory, const char *name,
		    mode_t mode, int type)
{
	struct pen_unix_socket made = { .fd = -1 };
	struct pen_address address;
	struct stat st;
	int lock;
	int r;

	r = pen_unix_address(&address, directory, name);
	if (r)
		return r;
	snprintf(made.directory, sizeof(made.directory), "%s", directory);
	snprintf(made.name, sizeof(made.name), "%s", name);
	lock = lock_directory(directory);
	if (lock < 0)
		return lock;

	made.fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = made.fd < 0 ? -errno : bind_name(made.fd, &address, mode);
	if (!r && fstatat(lock, name, &st, AT_SYMLINK_NOFOLLOW))
		r = -errno;
	close(lock);
	if (r) {
		if (made.fd >= 0)
			close(made.fd);
		return r;
	}
	made.device = st.st_dev;
	made.inode = st.st_ino;
	made.changed = st.st_ctim;
	*sock = made;
	return 0;
}

static bool is_ours(const struct pen_unix_socket *sock, const struct stat *st)
{
	return st->st_dev == sock->device && st->st_ino == sock->inode &&
	       st->st_ctim.tv_sec == sock->changed.tv_sec &&
	       st->st_ctim.tv_nsec == sock->changed.tv_nsec;
}

void pen_unix_close(struct pen_unix_socket *sock)
{
	struct stat st;
	int lock;

	if (sock->fd < 0)
		return;
	lock = lock_directory(sock->directory);
	if (lock >= 0) {
		if (!fstatat(lock, sock->name, &st, AT_SYMLINK_NOFOLLOW) && is_ours(sock, &st))
			unlinkat(lock, sock->name, 0);
		close(lock);
	}
	close(sock->fd);
	sock->fd = -1;
}
