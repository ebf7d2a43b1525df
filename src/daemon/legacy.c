/* SPDX-License-Identifier: MIT */
#include "daemon/legacy.h"
#include "base/secret.h"
#include "daemon/bequest.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static const struct pen_layout layout = { .transfer = PEN_NDR };

/* ---- what it says ---- */

/* Each once, in order, and none of the first three. */
static bool are_right(const struct heritage_heritage *heritage)
{
	for (uint32_t i = 0; i < heritage->n_fds; i++)
		if (heritage->fds[i] <= (i ? heritage->fds[i - 1] : 2))
			return false;
	return heritage->magic == heritage_HERITAGE_MAGIC;
}

static int read_state(struct legacy *legacy)
{
	const struct heritage_heritage *heritage = &legacy->heritage;
	struct heritage_estate *estate;
	int r;

	if (heritage->version != heritage_HERITAGE_VERSION)
		return 0;
	estate = pen_arena_zalloc(&legacy->arena, sizeof(*estate));
	if (!estate)
		return -ENOMEM;
	r = pen_ndr_get(&heritage_estate_type, layout, NULL, heritage->state, heritage->n_state,
			estate, &legacy->arena, NULL, NULL);
	if (!r)
		legacy->estate = estate;
	return r == -ENOMEM || r == PEN_E_LIMIT ? -ENOMEM : 0;
}

static int read_all(struct legacy *legacy, const void *data, size_t n, pid_t pid)
{
	struct heritage_heritage *heritage = &legacy->heritage;
	int r = pen_ndr_get(&heritage_heritage_type, layout, NULL, data, n, heritage,
			    &legacy->arena, NULL, NULL);

	if (r)
		return r;
	if (!are_right(heritage))
		return PEN_E_BAD_DATA;
	if (heritage->pid != pid)
		return PEN_E_NOT_FOUND;
	legacy->is_taken = pen_arena_zalloc(&legacy->arena, heritage->n_fds + 1);
	legacy->is_adopted = pen_arena_zalloc(&legacy->arena, heritage->n_processes + 1);
	return legacy->is_taken && legacy->is_adopted ? read_state(legacy) : -ENOMEM;
}

static void forget(struct legacy *legacy)
{
	pen_arena_wipe(&legacy->arena); /* there are keys of connections in it */
	free(legacy);
}

int legacy_read(struct legacy **legacyp, const void *data, size_t n, pid_t pid)
{
	struct legacy *legacy = calloc(1, sizeof(*legacy));
	int r;

	if (!legacy)
		return -ENOMEM;
	pen_arena_init(&legacy->arena, (size_t)8 * heritage_HERITAGE_MAX);
	r = read_all(legacy, data, n, pid);
	if (r) {
		forget(legacy);
		return r == PEN_E_LIMIT ? -ENOMEM : r;
	}
	*legacyp = legacy;
	return 0;
}

/* ---- where it is ---- */

/* The descriptor that the environment names; -1: none, or what no such memory has. */
static int find_memory(void)
{
	const char *text = secure_getenv(BEQUEST_VARIABLE);
	char *end;
	long number;
	int fd = -1;

	if (text && *text >= '0' && *text <= '9') {
		number = strtol(text, &end, 10);
		if (!*end && number > 2 && number < INT_MAX &&
		    fcntl((int)number, F_GET_SEALS) == SEALS)
			fd = (int)number;
	}
	unsetenv(BEQUEST_VARIABLE);
	return fd;
}

static int read_memory(struct legacy **legacyp, int fd)
{
	struct stat st;
	void *data;
	int r;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size <= 0 || st.st_size > heritage_HERITAGE_MAX)
		return PEN_E_BAD_DATA;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	r = legacy_read(legacyp, data, (size_t)st.st_size, getpid());
	munmap(data, (size_t)st.st_size);
	return r;
}

int legacy_find(struct legacy **legacyp)
{
	int fd = find_memory();
	int r;

	if (fd < 0)
		return PEN_E_NOT_FOUND;
	r = read_memory(legacyp, fd);
	close(fd);
	if (r && r != PEN_E_NOT_FOUND)
		close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	return r;
}

/* ---- who takes what ---- */

int legacy_take(struct legacy *legacy, int32_t fd)
{
	uint32_t low = 0, high = legacy->heritage.n_fds;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (legacy->heritage.fds[middle] < fd)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == legacy->heritage.n_fds || legacy->heritage.fds[low] != fd ||
	    legacy->is_taken[low] || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -1;
	legacy->is_taken[low] = true;
	return fd;
}

static void take_name(const struct heritage_door *door, struct pen_unix_socket *socket)
{
	socket->device = (dev_t)door->device;
	socket->inode = (ino_t)door->inode;
	socket->changed = (struct timespec){ (time_t)door->changed_s, (long)door->changed_ns };
	snprintf(socket->directory, sizeof(socket->directory), "%s", door->directory);
	snprintf(socket->name, sizeof(socket->name), "%s", door->name);
}

const struct heritage_door *legacy_take_door(struct legacy *legacy, const char *listed,
					     const char *wanted, const char *directory,
					     struct pen_unix_socket *socket)
{
	for (uint32_t i = 0; i < legacy->heritage.n_doors; i++) {
		const struct heritage_door *door = &legacy->heritage.doors[i];

		if (strcmp(door->listed, listed) != 0 || strcmp(door->wanted, wanted) != 0 ||
		    (*door->directory && (!directory || strcmp(door->directory, directory) != 0)))
			continue;
		socket->fd = legacy_take(legacy, door->fd);
		if (socket->fd >= 0) {
			take_name(door, socket);
			return door;
		}
	}
	return NULL;
}

static bool is_child(pid_t pid)
{
	siginfo_t info;

	return pid > 0 && !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
}

bool legacy_adopt(struct legacy *legacy, int32_t pid)
{
	const struct heritage_heritage *heritage = &legacy->heritage;
	uint32_t i = 0;

	while (i < heritage->n_processes &&
	       (heritage->processes[i].pid != pid || legacy->is_adopted[i]))
		i++;
	if (i == heritage->n_processes || !is_child(pid))
		return false;
	legacy->is_adopted[i] = true;
	return true;
}

struct legacy *legacy_free(struct legacy *legacy)
{
	if (!legacy)
		return NULL;
	for (uint32_t i = 0; i < legacy->heritage.n_fds; i++)
		if (!legacy->is_taken[i])
			close(legacy->heritage.fds[i]);
	forget(legacy);
	return NULL;
}
