/* SPDX-License-Identifier: MIT */
#include "io/foul.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- kinds ---- */

bool pen_fd_is_anonymous(int fd, const char *name)
{
	static const char prefix[] = "anon_inode:";
	char path[32], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < (ssize_t)sizeof(prefix))
		return false;
	target[n] = '\0';
	return !strncmp(target, prefix, sizeof(prefix) - 1) &&
	       !strcmp(target + sizeof(prefix) - 1, name);
}

static bool is_unix_socket(int fd)
{
	socklen_t size = sizeof(int);
	int domain = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX;
}

/* A file system with a device of its own was mounted by root; a user's, or one of a network, has
 * none. */
static bool is_on_disk(int fd)
{
	struct statx info;

	return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info) &&
	       (S_ISREG(info.stx_mode) || S_ISDIR(info.stx_mode)) && info.stx_dev_major;
}

bool pen_fd_is_harmless(int fd)
{
	return is_on_disk(fd) || fcntl(fd, F_GETPIPE_SZ) >= 0 || fcntl(fd, F_GET_SEALS) >= 0 ||
	       is_unix_socket(fd) || pen_fd_is_anonymous(fd, "[eventfd]") ||
	       pen_fd_is_anonymous(fd, "[pidfd]");
}

/* ---- closing ---- */

struct foul {
	struct foul *next;
	struct pen_fds fds;
	uint32_t uid;
};

/* Of this process: those that are being closed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct foul *fouls;

size_t pen_foul_count(uint32_t uid)
{
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (const struct foul *foul = fouls; foul; foul = foul->next)
		n += foul->uid == uid;
	pthread_mutex_unlock(&lock);
	return n;
}

static void foul_enter(struct foul *foul)
{
	pthread_mutex_lock(&lock);
	foul->next = fouls;
	fouls = foul;
	pthread_mutex_unlock(&lock);
}

static void foul_leave(struct foul *foul)
{
	struct foul **at = &fouls;

	pthread_mutex_lock(&lock);
	while (*at != foul)
		at = &(*at)->next;
	*at = foul->next;
	pthread_mutex_unlock(&lock);
}

static void *foul_run(void *data)
{
	struct foul *foul = data;

	pen_fds_close(&foul->fds);
	foul_leave(foul);
	free(foul);
	return NULL;
}

static bool foul_start(struct foul *foul)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool is_good;

	if (pthread_attr_init(&attributes))
		return false;
	is_good = !pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) &&
		  !pthread_create(&thread, &attributes, foul_run, foul);
	pthread_attr_destroy(&attributes);
	return is_good;
}

void pen_foul_close(struct pen_fds *fds, uint32_t uid)
{
	struct foul *foul;
	bool is_foul = false;

	for (unsigned i = 0; i < fds->n; i++)
		is_foul |= fds->fds[i] >= 0 && !pen_fd_is_harmless(fds->fds[i]);
	foul = is_foul ? calloc(1, sizeof(*foul)) : NULL;
	if (!foul) {
		pen_fds_close(fds);
		return;
	}
	foul->fds = *fds;
	foul->uid = uid;
	fds->n = 0;
	foul_enter(foul);
	if (!foul_start(foul))
		foul_run(foul);
}

void pen_foul_close_one(int fd, uint32_t uid)
{
	struct pen_fds fds = { .fds = { fd }, .n = 1 };

	pen_foul_close(&fds, uid);
}
