/* SPDX-License-Identifier: MIT */
#include "daemon/bequest.h"
#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct pen_layout layout = { .transfer = PEN_NDR };

void bequest_init(struct bequest *bequest)
{
	pen_arena_init(&bequest->arena, 0);
	pen_buffer_init(&bequest->fds, heritage_FDS_MAX * sizeof(int32_t));
	bequest->memory = -1;
}

void bequest_done(struct bequest *bequest)
{
	if (bequest->memory >= 0)
		close(bequest->memory);
	pen_arena_wipe(&bequest->arena);
	pen_buffer_done(&bequest->fds);
	bequest->memory = -1;
}

int bequest_add(struct bequest *bequest, int fd, int32_t *letterp)
{
	int32_t letter = fd < 0 ? -1 : fd;
	int r = fd < 0 ? 0 : pen_buffer_add(&bequest->fds, &letter, sizeof(letter));

	if (!r)
		*letterp = letter;
	return r;
}

int bequest_add_door(struct bequest *bequest, const struct pen_unix_socket *socket,
		     struct heritage_door *letter)
{
	letter->device = (int64_t)socket->device;
	letter->inode = (int64_t)socket->inode;
	letter->changed_s = socket->changed.tv_sec;
	letter->changed_ns = (int32_t)socket->changed.tv_nsec;
	letter->directory = socket->directory;
	letter->name = socket->name;
	return bequest_add(bequest, socket->fd, &letter->fd);
}

/* ---- the memory ---- */

static int compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a;
	int32_t y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int write_all(int fd, const struct pen_buffer *text)
{
	for (size_t at = 0; at < text->size;) {
		ssize_t n = write(fd, text->data + at, text->size - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int make_memory(struct bequest *bequest, const struct pen_buffer *text)
{
	int r;

	bequest->memory = memfd_create("penstockd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (bequest->memory < 0)
		return -errno;
	r = write_all(bequest->memory, text);
	if (!r && fcntl(bequest->memory, F_ADD_SEALS,
			F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		r = -errno;
	return r;
}

/* There may be keys of connections in it. */
static void wipe(struct pen_buffer *text)
{
	if (text->data)
		explicit_bzero(text->data, text->size);
	pen_buffer_done(text);
}

int bequest_write(struct bequest *bequest, struct heritage_heritage *heritage,
		  const struct heritage_estate *estate)
{
	struct pen_buffer state, text;
	int r;

	pen_buffer_init(&state, heritage_HERITAGE_MAX);
	pen_buffer_init(&text, heritage_HERITAGE_MAX);
	r = pen_ndr_put(&heritage_estate_type, layout, NULL, estate, &state, NULL);
	if (!r) {
		uint32_t n_fds = (uint32_t)(bequest->fds.size / sizeof(int32_t));

		if (n_fds)
			qsort(bequest->fds.data, n_fds, sizeof(int32_t), compare);
		heritage->magic = heritage_HERITAGE_MAGIC;
		heritage->pid = getpid();
		heritage->version = heritage_HERITAGE_VERSION;
		heritage->n_fds = n_fds;
		heritage->fds = (int32_t *)(void *)bequest->fds.data;
		heritage->n_state = (uint32_t)state.size;
		heritage->state = state.data;
		r = pen_ndr_put(&heritage_heritage_type, layout, NULL, heritage, &text, NULL);
	}
	if (!r)
		r = make_memory(bequest, &text);
	heritage->n_state = 0;
	heritage->state = NULL;
	wipe(&state);
	wipe(&text);
	return r;
}

/* ---- the step ---- */

static int set_cloexec(struct bequest *bequest, int flags)
{
	const int32_t *fds = (const int32_t *)(const void *)bequest->fds.data;

	for (size_t i = 0; i < bequest->fds.size / sizeof(int32_t); i++)
		if (fcntl(fds[i], F_SETFD, flags))
			return -errno;
	return fcntl(bequest->memory, F_SETFD, flags) ? -errno : 0;
}

int bequest_exec(struct bequest *bequest, const char *path, char *const *arguments)
{
	sigset_t all, before;
	char number[16];
	int r;

	snprintf(number, sizeof(number), "%d", bequest->memory);
	if (setenv(BEQUEST_VARIABLE, number, 1))
		return -errno;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	r = set_cloexec(bequest, 0);
	if (!r) {
		execv(path, arguments);
		r = -errno;
	}
	set_cloexec(bequest, FD_CLOEXEC);
	sigprocmask(SIG_SETMASK, &before, NULL);
	unsetenv(BEQUEST_VARIABLE);
	return r;
}
