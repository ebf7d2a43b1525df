/* SPDX-License-Identifier: MIT */
#include "io/passage.h"
#include "io/foul.h"
#include "io/socket.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct outgoing {
	uint64_t at; /* the byte that it goes with, counted from the beginning */
	int fd;
};

struct pen_passage {
	uint64_t n_sent; /* bytes */
	uint32_t uid;
	uint32_t next;	 /* of those that go */
	uint32_t n_come; /* of those that come */
	struct outgoing queue[PEN_PASSAGE_QUEUE];
	size_t n_queue;
	struct pen_carried rows[PEN_PASSAGE_SHELF];
	struct pen_cargo shelf;
};

int pen_passage_new(struct pen_passage **passagep, uint32_t uid)
{
	struct pen_passage *passage = calloc(1, sizeof(*passage));

	if (!passage)
		return -ENOMEM;
	passage->uid = uid;
	passage->next = 1;
	passage->shelf = (struct pen_cargo){ .rows = passage->rows, .max = PEN_PASSAGE_SHELF };
	*passagep = passage;
	return 0;
}

struct pen_passage *pen_passage_free(struct pen_passage *passage)
{
	if (!passage)
		return NULL;
	for (size_t i = 0; i < passage->n_queue; i++)
		close(passage->queue[i].fd);
	for (size_t i = 0; i < passage->shelf.n; i++)
		pen_foul_close_one(passage->rows[i].fd, passage->uid);
	free(passage);
	return NULL;
}

/* ---- what goes ---- */

uint32_t pen_passage_next(const struct pen_passage *passage)
{
	return passage->next;
}

bool pen_passage_has_room(const struct pen_passage *passage, size_t n)
{
	return n <= PEN_PASSAGE_QUEUE - passage->n_queue;
}

void pen_passage_enclose(struct pen_passage *passage, size_t n_queued, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		passage->queue[passage->n_queue++] =
			(struct outgoing){ .at = passage->n_sent + n_queued, .fd = fds[i] };
	passage->next += (uint32_t)n;
}

/* Those that go with the next byte; *maxp: how many bytes may go with them. */
static void next_letter(const struct pen_passage *passage, struct pen_fds *fds, size_t *maxp)
{
	const struct outgoing *queue = passage->queue;
	size_t i = 0;

	for (; i < passage->n_queue && queue[i].at == passage->n_sent; i++)
		fds->fds[fds->n++] = queue[i].fd;
	*maxp = i < passage->n_queue ? (size_t)(queue[i].at - passage->n_sent) : SIZE_MAX;
}

static void letter_sent(struct pen_passage *passage, struct pen_fds *fds)
{
	passage->n_queue -= fds->n;
	memmove(passage->queue, passage->queue + fds->n,
		passage->n_queue * sizeof(passage->queue[0]));
	pen_fds_close(fds);
}

ssize_t pen_passage_send(struct pen_passage *passage, int fd, const struct pen_slice *slices,
			 size_t n)
{
	struct iovec parts[PEN_SOCKET_SLICES_MAX];
	struct pen_fds fds = { .n = 0 };
	size_t n_parts = 0;
	size_t left;
	ssize_t sent;

	next_letter(passage, &fds, &left);
	for (; n_parts < n && left; n_parts++) {
		size_t size = slices[n_parts].size < left ? slices[n_parts].size : left;

		parts[n_parts] = (struct iovec){ (void *)(uintptr_t)slices[n_parts].data, size };
		left -= size;
	}
	sent = pen_fds_send_some(fd, parts, n_parts, &fds);
	if (sent <= 0)
		return sent;
	passage->n_sent += (uint64_t)sent;
	letter_sent(passage, &fds);
	return sent;
}

/* ---- what comes ---- */

static void put_on_shelf(struct pen_passage *passage, int fd)
{
	struct pen_cargo *shelf = &passage->shelf;

	if (shelf->n == PEN_PASSAGE_SHELF) {
		pen_foul_close_one(shelf->rows[0].fd, passage->uid);
		shelf->n--;
		memmove(shelf->rows, shelf->rows + 1, shelf->n * sizeof(shelf->rows[0]));
	}
	shelf->rows[shelf->n++] = (struct pen_carried){ .number = ++passage->n_come, .fd = fd };
}

ssize_t pen_passage_receive(struct pen_passage *passage, int fd, void *data, size_t n, int flags)
{
	const struct iovec part = { data, n };
	struct pen_fds fds;
	ssize_t received = pen_fds_receive(fd, &part, 1, &fds, flags);

	if (received > 0 && fds.n && pen_foul_count(passage->uid) > PEN_FOUL_MAX)
		received = -EMFILE;
	if (received < 0)
		pen_foul_close(&fds, passage->uid);
	for (unsigned i = 0; i < fds.n; i++)
		put_on_shelf(passage, fds.fds[i]);
	return received;
}

uint32_t pen_passage_uid(const struct pen_passage *passage)
{
	return passage->uid;
}

struct pen_cargo *pen_passage_shelf(struct pen_passage *passage)
{
	return &passage->shelf;
}

int pen_passage_collect(struct pen_passage *passage, struct pen_carried *rows, size_t max,
			size_t *np)
{
	struct pen_cargo *shelf = &passage->shelf;
	size_t n_kept = 0;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < shelf->n; i++) {
		if (!shelf->rows[i].type) {
			shelf->rows[n_kept++] = shelf->rows[i];
		} else if (n < max) {
			rows[n++] = shelf->rows[i];
		} else {
			pen_foul_close_one(shelf->rows[i].fd, passage->uid);
			r = PEN_E_LIMIT;
		}
	}
	shelf->n = n_kept;
	*np = n;
	return r;
}
