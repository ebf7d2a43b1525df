/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_READER_H
#define PEN_BASE_READER_H
/*
 * The one way to read bytes from outside. A reader never passes its end. It
 * remembers its first error and returns zeros after it, so a layout reads
 * straight down and is checked once, at the end.
 */
#include <penstock/base.h>
#include <string.h>

struct pen_reader {
	const uint8_t *data;
	size_t size;
	size_t pos;
	bool is_big_endian;
	bool is_bad;
};

static inline void pen_reader_init(struct pen_reader *r, const void *data, size_t size)
{
	*r = (struct pen_reader){ .data = (const uint8_t *)(data ? data : ""), .size = size };
}

static inline bool pen_reader_ok(const struct pen_reader *r)
{
	return !r->is_bad;
}

static inline size_t pen_reader_left(const struct pen_reader *r)
{
	return r->is_bad ? 0 : r->size - r->pos;
}

/* The next n bytes, and steps over them. NULL: there are not so many. */
static inline const uint8_t *pen_reader_bytes(struct pen_reader *r, size_t n)
{
	const uint8_t *p = r->data + r->pos;

	if (r->is_bad || n > r->size - r->pos) {
		r->is_bad = true;
		return NULL;
	}
	r->pos += n;
	return p;
}

static inline struct pen_slice pen_reader_slice(struct pen_reader *r, size_t n)
{
	const uint8_t *p = pen_reader_bytes(r, n);

	return (struct pen_slice){ .data = p, .size = p ? n : 0 };
}

/* Steps to the next multiple of the alignment, a power of two, from data. */
static inline void pen_reader_align(struct pen_reader *r, size_t alignment)
{
	pen_reader_bytes(r, -r->pos & (alignment - 1));
}

static inline uint8_t pen_reader_u8(struct pen_reader *r)
{
	const uint8_t *p = pen_reader_bytes(r, 1);

	return p ? *p : 0;
}

#define PEN_READER_DEFINE(bits)                                                                    \
	static inline uint##bits##_t pen_reader_u##bits(struct pen_reader *r)                      \
	{                                                                                          \
		const uint8_t *p = pen_reader_bytes(r, sizeof(uint##bits##_t));                    \
		uint##bits##_t value = 0;                                                          \
                                                                                                   \
		if (!p)                                                                            \
			return 0;                                                                  \
		memcpy(&value, p, sizeof(value));                                                  \
		if (r->is_big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))                  \
			value = __builtin_bswap##bits(value);                                      \
		return value;                                                                      \
	}
PEN_READER_DEFINE(16)
PEN_READER_DEFINE(32)
PEN_READER_DEFINE(64)

/* A UUID as NDR lays it out: fields in the reader's byte order. */
static inline struct pen_uuid pen_reader_uuid(struct pen_reader *r)
{
	struct pen_uuid uuid = {
		.time_low = pen_reader_u32(r),
		.time_mid = pen_reader_u16(r),
		.time_hi_and_version = pen_reader_u16(r),
	};
	const uint8_t *rest = pen_reader_bytes(r, 8);

	if (rest) {
		memcpy(uuid.clock_seq, rest, 2);
		memcpy(uuid.node, rest + 2, 6);
	}
	return uuid;
}

#endif
