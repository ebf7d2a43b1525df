/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_WRITER_H
#define PEN_BASE_WRITER_H
/*
 * The one way to write bytes for outside: appends to a buffer that the caller
 * owns. A writer remembers its first error and writes nothing after it.
 */
#include <penstock/buffer.h>
#include <string.h>

struct pen_writer {
	struct pen_buffer *buffer;
	size_t origin; /* where alignment counts from */
	bool is_big_endian;
	int error; /* the first: -ENOMEM or PEN_E_LIMIT */
};

static inline void pen_writer_init(struct pen_writer *w, struct pen_buffer *buffer)
{
	*w = (struct pen_writer){ .buffer = buffer, .origin = buffer->size };
}

/* Bytes written since init. */
static inline size_t pen_writer_pos(const struct pen_writer *w)
{
	return w->buffer->size - w->origin;
}

/* Room for n bytes, counted as written. NULL: none, and the writer says why. */
static inline uint8_t *pen_writer_room(struct pen_writer *w, size_t n)
{
	struct pen_buffer *b = w->buffer;
	uint8_t *p;

	if (w->error)
		return NULL;
	if (n > b->capacity - b->size) {
		w->error = pen_buffer_reserve(b, n);
		if (w->error)
			return NULL;
	}
	p = b->data + b->size;
	b->size += n;
	return p;
}

static inline void pen_writer_bytes(struct pen_writer *w, const void *data, size_t n)
{
	uint8_t *p = n ? pen_writer_room(w, n) : NULL;

	if (p)
		memcpy(p, data, n);
}

static inline void pen_writer_zeros(struct pen_writer *w, size_t n)
{
	uint8_t *p = n ? pen_writer_room(w, n) : NULL;

	if (p)
		memset(p, 0, n);
}

static inline void pen_writer_align(struct pen_writer *w, size_t alignment)
{
	pen_writer_zeros(w, -pen_writer_pos(w) & (alignment - 1));
}

static inline void pen_writer_u8(struct pen_writer *w, uint8_t value)
{
	uint8_t *p = pen_writer_room(w, 1);

	if (p)
		*p = value;
}

/* Stores at a place written before, in the writer's byte order. */
#define PEN_WRITER_DEFINE(bits)                                                                    \
	static inline void pen_writer_store##bits(const struct pen_writer *w, uint8_t *p,          \
						  uint##bits##_t value)                            \
	{                                                                                          \
		if (w->is_big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))                  \
			value = __builtin_bswap##bits(value);                                      \
		memcpy(p, &value, sizeof(value));                                                  \
	}                                                                                          \
                                                                                                   \
	static inline void pen_writer_u##bits(struct pen_writer *w, uint##bits##_t value)          \
	{                                                                                          \
		uint8_t *p = pen_writer_room(w, sizeof(value));                                    \
                                                                                                   \
		if (p)                                                                             \
			pen_writer_store##bits(w, p, value);                                       \
	}
PEN_WRITER_DEFINE(16)
PEN_WRITER_DEFINE(32)
PEN_WRITER_DEFINE(64)

/* A UUID as NDR lays it out: fields in the writer's byte order. */
static inline void pen_writer_uuid(struct pen_writer *w, const struct pen_uuid *uuid)
{
	pen_writer_u32(w, uuid->time_low);
	pen_writer_u16(w, uuid->time_mid);
	pen_writer_u16(w, uuid->time_hi_and_version);
	pen_writer_bytes(w, uuid->clock_seq, 2);
	pen_writer_bytes(w, uuid->node, 6);
}

#endif
