/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_PASSAGE_H
#define PEN_IO_PASSAGE_H
/*
 * Descriptors that go along with a stream of bytes over a unix socket. Each direction numbers those
 * that go by it, from 1 on; a message names them by these numbers, and they go with its first byte.
 * The kernel hands them over no later than that byte, so whoever has read the message has them.
 *
 * What comes and is not named stays on a shelf; when that is full, what came first is closed. So an
 * honest peer finds its own there: they are of messages that have not come whole.
 */
#include "io/fds.h"
#include "ndr/cargo.h"

enum {
	PEN_PASSAGE_QUEUE = 64, /* that wait to be sent */
	PEN_PASSAGE_SHELF = 64, /* that came and nobody took */
};

struct pen_passage;

/* uid: whose descriptors those are that come. -ENOMEM. */
int pen_passage_new(struct pen_passage **passagep, uint32_t uid);
/* Closes what waits and what nobody took. */
struct pen_passage *pen_passage_free(struct pen_passage *passage);

/* The number of the next one that is enclosed. */
uint32_t pen_passage_next(const struct pen_passage *passage);

bool pen_passage_has_room(const struct pen_passage *passage, size_t n);

/*
 * They go, up to PEN_FDS_MAX, with the byte after the n_queued that are still to be sent; there is
 * room for them, and they are taken.
 */
void pen_passage_enclose(struct pen_passage *passage, size_t n_queued, const int *fds, size_t n);

/* As pen_socket_send. No more than one message's descriptors go at a time. */
ssize_t pen_passage_send(struct pen_passage *passage, int fd, const struct pen_slice *slices,
			 size_t n);

/*
 * As recv(2), or a negative errno; -EMSGSIZE: more descriptors at a time than a message may have;
 * -EMFILE: this process has no room for them, or has others of that user's still to close.
 */
ssize_t pen_passage_receive(struct pen_passage *passage, int fd, void *data, size_t n, int flags);

uint32_t pen_passage_uid(const struct pen_passage *passage);

/* Those that came, for the codec to take from. */
struct pen_cargo *pen_passage_shelf(struct pen_passage *passage);

/* What was taken leaves the shelf, and is the caller's. PEN_E_LIMIT: those past max are closed. */
int pen_passage_collect(struct pen_passage *passage, struct pen_carried *rows, size_t max,
			size_t *np);

/*
 * Whether the descriptor is what the type says, and open for what its access mask asks, no less
 * and no more.
 */
bool pen_fd_is(int fd, const struct pen_type *type);

#endif
