/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_PART_H
#define PEN_NDR_PART_H
/*
 * Values in a stub that comes, and goes, part by part: before them others stand, and what
 * follows is not there yet. Of the stub, buffers hold a piece that begins at a multiple of 16.
 */
#include <penstock/ndr.h>

struct pen_buffer;

/*
 * As pen_ndr_get, from *posp on, which is set behind the value; alignment counts from the
 * beginning of the bytes. PEN_E_AGAIN: they end within the value.
 */
int pen_ndr_get_part(const struct pen_type *type, struct pen_layout layout,
		     const struct pen_scope *scope, struct pen_slice bytes, size_t *posp,
		     void *value, struct pen_arena *arena, struct pen_ndr_error *error);

/* As pen_ndr_put; alignment counts from the beginning of the buffer. */
int pen_ndr_put_part(const struct pen_type *type, struct pen_layout layout,
		     const struct pen_scope *scope, const void *value, struct pen_buffer *buffer,
		     struct pen_ndr_error *error);

#endif
