/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_BUFFER_H
#define PENSTOCK_BUFFER_H
/*
 * Bytes that grow, up to a limit. Zeroed, it is empty and without a limit.
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_pool;

struct pen_buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	size_t max;	       /* limit of size; 0: none */
	struct pen_pool *pool; /* of large blocks, our own; leave it NULL */
};

void pen_buffer_init(struct pen_buffer *buffer, size_t max);

/* Empty again, without memory, and with the same limit. */
void pen_buffer_done(struct pen_buffer *buffer);

/* Makes room for n more bytes. -ENOMEM, or PEN_E_LIMIT where max is crossed. */
int pen_buffer_reserve(struct pen_buffer *buffer, size_t n);

/* Appends n bytes; fails as reserve does, and then leaves all as it was. */
int pen_buffer_add(struct pen_buffer *buffer, const void *data, size_t n);
int pen_buffer_printf(struct pen_buffer *buffer, const char *format, ...) PEN_PRINTF(2, 3);

/* Forgets the first n bytes. */
void pen_buffer_consume(struct pen_buffer *buffer, size_t n);

#ifdef __cplusplus
}
#endif
#endif
