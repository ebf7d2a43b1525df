/* SPDX-License-Identifier: MIT */
#include "io/shared.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct area {
	void *memory; /* NULL: not mapped yet */
	uint64_t offset;
	size_t n;
};

struct pen_shared {
	int fd;
	uint64_t known; /* it is so long at least */
	struct area areas[PEN_SHARED_AREAS_MAX];
};

PEN_DEFINE_FREEP(struct pen_shared, pen_shared)

/* ---- the file ---- */

static struct pen_shared *shared_of(int fd)
{
	struct pen_shared *shared = calloc(1, sizeof(*shared));

	if (shared)
		shared->fd = fd;
	else
		close(fd);
	return shared;
}

int pen_shared_new(struct pen_shared **sharedp)
{
	pen_cleanup(pen_shared_freep) struct pen_shared *shared = NULL;
	int fd = memfd_create("penstock", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	shared = shared_of(fd);
	if (!shared)
		return -ENOMEM;
	if (fchmod(fd, 0600) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL))
		return -errno;
	*sharedp = pen_take(&shared);
	return 0;
}

int pen_shared_open(struct pen_shared **sharedp, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct pen_shared *shared;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || seals & (F_SEAL_WRITE | F_SEAL_GROW)) {
		close(fd);
		return PEN_E_DENIED;
	}
	shared = shared_of(fd);
	if (!shared)
		return -ENOMEM;
	*sharedp = shared;
	return 0;
}

struct pen_shared *pen_shared_free(struct pen_shared *shared)
{
	if (!shared)
		return NULL;
	for (unsigned i = 0; i < PEN_SHARED_AREAS_MAX; i++)
		if (shared->areas[i].memory)
			munmap(shared->areas[i].memory, shared->areas[i].n);
	close(shared->fd);
	free(shared);
	return NULL;
}

int pen_shared_fd(const struct pen_shared *shared)
{
	return shared->fd;
}

/* ---- areas ---- */

/* The seal holds: once it is so long it stays so. */
static bool make_as_long(struct pen_shared *shared, uint64_t n)
{
	struct stat info;

	while (shared->known < n) {
		if (fstat(shared->fd, &info))
			return false;
		shared->known = (uint64_t)info.st_size;
		if (shared->known >= n)
			break;
		if (!ftruncate(shared->fd, (off_t)n))
			shared->known = n;
		else if (errno != EPERM && errno != EINTR)
			return false;
	}
	return true;
}

void *pen_shared_area(struct pen_shared *shared, unsigned number, uint64_t offset, size_t n)
{
	struct area *area = &shared->areas[number];
	void *memory;

	if (area->memory)
		return area->memory;
	if (!make_as_long(shared, offset + n))
		return NULL;
	memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, shared->fd, (off_t)offset);
	if (memory == MAP_FAILED)
		return NULL;
	*area = (struct area){ memory, offset, n };
	return memory;
}

void pen_shared_leave(struct pen_shared *shared, unsigned number)
{
	struct area *area = &shared->areas[number];

	if (!area->memory)
		return;
	munmap(area->memory, area->n);
	fallocate(shared->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)area->offset,
		  (off_t)area->n);
	area->memory = NULL;
}
