/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_OUTPUT_H
#define PEN_RPC_OUTPUT_H
/*
 * What an association wants sent. Small PDUs stand one after another in one
 * buffer; a large stub stays where it was made, and only its fragments' headers
 * are written. So a batch of small answers is one slice, and a megabyte is not copied.
 */
#include "base/writer.h"

enum { PEN_OUTPUT_STUB_SMALL = 8192 };

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
 * The same, and then n bytes of a stub. release, if not NULL, is the stub's storage,
 * of n_release bytes, which goes with its last bytes; on failure it goes at once.
 */
int pen_output_commit_stub(struct pen_output *output, size_t mark, const uint8_t *stub, size_t n,
			   uint8_t *release, size_t n_release);

size_t pen_output_slices(const struct pen_output *output, struct pen_slice *slices, size_t max);
void pen_output_sent(struct pen_output *output, size_t n);

#endif
