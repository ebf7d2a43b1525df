/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_CHUNK_H
#define PEN_NDR_CHUNK_H
/*
 * The elements of a [pipe], in chunks of which the last is empty [C706 14.3.9,
 * MS-RPCE 2.2.5.3.4.5]. Elements hold no pointers, and nothing whose size the wire tells.
 */
#include "ndr/part.h"

enum pen_chunk_state { PEN_CHUNK_COUNT, PEN_CHUNK_ELEMENTS, PEN_CHUNK_CHECK, PEN_CHUNK_END };

/* A pipe that is being read; zero but for what it is. */
struct pen_chunks {
	const struct pen_type *element;
	struct pen_layout layout;
	enum pen_chunk_state state;
	uint64_t count;	 /* of this chunk */
	uint64_t n_left; /* of these, not read yet */
};

/*
 * Reads up to max elements from *posp on, which is set behind what was read: *np, 0 at the end
 * of the pipe (state is then PEN_CHUNK_END). PEN_E_AGAIN: the bytes end before there is any;
 * what was read of counts stays read. PEN_E_BAD_DATA with the reason.
 */
int pen_chunks_get(struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp, void *elements,
		   size_t max, size_t *np, struct pen_ndr_error *error);

enum { PEN_CHUNK_ELEMENTS_MAX = 0x7fffffff };

/* Appends n elements as a chunk; 0: the end of the pipe. As pen_ndr_put_part. */
int pen_chunk_put(const struct pen_type *element, struct pen_layout layout, const void *elements,
		  size_t n, struct pen_buffer *buffer, struct pen_ndr_error *error);

#endif
