/* SPDX-License-Identifier: MIT */
#include "daemon/object-fds.h"
#include <fcntl.h>
#include <sys/stat.h>

bool object_fd_is_pipe(int fd, bool is_write_end)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_GETPIPE_SZ) < 0)
		return false;
	return (flags & O_ACCMODE) == (is_write_end ? O_WRONLY : O_RDONLY);
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
