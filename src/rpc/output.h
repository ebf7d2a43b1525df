/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_OUTPUT_H
#define PEN_RPC_OUTPUT_H
/*
 * What an association wants sent. Small PDUs stand one after another in one
 * buffer; a large stub stays where it was made, and only its fragments' headers
 * are written. So a batch of small answers is one slice, and a megabyte is not copied.
 */
#include "base/writer.h"

enum {
	PEN_OUTPUT_STUB_SMALL = 8192, /* bytes of a stub that is copied */
	PEN_OUTPUT_KEPT = 65536,      /* of each kind of memory that stays when all is sent */
};

struct pen_output_piece;

struct pen_output {
	struct pen_buffer small;
	size_t n_consumed; /* of small's bytes since the beginning, before small.data */
	struct pen_output_piece *pieces;
	size_t first, n_pieces, capacity; /* pieces still to send: [first, n_pieces) */
	size_t n_queued;		  /* bytes */
	struct pen_pool *pool;		  /* where stubs' storage goes; NULL: it is freed */
};

void pen_output_done(struct pen_output *output);

/*
 * Adds what was written to output->small since mark (its size then) as sent next.
 * -ENOMEM leaves the output as it was before the mark.
 */
int pen_output_commit(struct pen_output *output, size_t mark);

/*
 * Room for so many adds, which write n_bytes to output->small in all. A stub of
 * many fragments is queued as a whole or not at all. -ENOMEM.
 */
int pen_output_reserve(struct pen_output *output, size_t n_adds, size_t n_bytes);

/*
 * What commit does, where there is room, and then n bytes of a stub. release, if not
 * NULL, is the stub's storage, of n_release bytes, which goes with its last bytes.
 */
void pen_output_add(struct pen_output *output, size_t mark, const uint8_t *stub, size_t n,
		    uint8_t *release, size_t n_release);

/* What is queued at a time, so that all that is added after it can be taken back. */
struct pen_output_mark {
	size_t small_size, n_pieces, last_size, n_queued;
};

struct pen_output_mark pen_output_mark(const struct pen_output *output);

/* Takes it back. Storage that was to be released with it is the caller's again. */
void pen_output_rewind(struct pen_output *output, const struct pen_output_mark *mark);

/* Up to max slices of what is queued, in order; valid until any other call. Returns how many. */
size_t pen_output_slices(const struct pen_output *output, struct pen_slice *slices, size_t max);

/* Forgets the first n bytes of what is queued, which is that much. */
void pen_output_sent(struct pen_output *output, size_t n);

#endif
