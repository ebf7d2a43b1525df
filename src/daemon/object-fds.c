/* SPDX-License-Identifier: MIT */
#include "daemon/object-fds.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- closing ---- */

struct foul {
	uv_work_t work;
	struct foul *next;
	struct pen_fds fds;
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
	pen_fds_close(&((struct foul *)work->data)->fds);
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

void object_fds_close_foul(struct pen_fds *fds, uv_loop_t *loop, uint32_t uid)
{
	struct foul *foul;
	bool is_foul = false;

	for (unsigned i = 0; i < fds->n; i++)
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
	pen_fds_close(fds);
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
