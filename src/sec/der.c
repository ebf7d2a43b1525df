/* SPDX-License-Identifier: MIT */
#include "sec/der.h"

enum {
	LONG_LENGTH = 0x80, /* the low bits say how many bytes of length follow */
	LENGTH_MAX = 4,	    /* such bytes, at most */
	TAG_NUMBER = 0x1f,  /* all set: the tag goes on */
};

uint8_t pen_der_peek(const struct pen_reader *r)
{
	return pen_reader_left(r) ? r->data[r->pos] : 0;
}

static size_t get_length(struct pen_reader *r)
{
	uint8_t first = pen_reader_u8(r);
	uint8_t n = first & (LONG_LENGTH - 1);
	size_t length = 0;

	if (!(first & LONG_LENGTH))
		return first;
	if (n == 0 || n > LENGTH_MAX) {
		r->is_bad = true;
		return 0;
	}
	for (uint8_t i = 0; i < n; i++)
		length = length << 8 | pen_reader_u8(r);
	if (pen_der_size(length) != 2 + (size_t)n + length)
		r->is_bad = true; /* longer than it had to be */
	return length;
}

struct pen_slice pen_der_get(struct pen_reader *r, uint8_t tag)
{
	if (pen_reader_u8(r) != tag)
		r->is_bad = true;
	return pen_reader_slice(r, get_length(r));
}

struct pen_reader pen_der_open(struct pen_reader *r, uint8_t tag)
{
	struct pen_slice contents = pen_der_get(r, tag);
	struct pen_reader inner;

	pen_reader_init(&inner, contents.data, contents.size);
	inner.is_bad = r->is_bad;
	return inner;
}

struct pen_slice pen_der_skip(struct pen_reader *r)
{
	size_t start = r->pos;
	uint8_t tag = pen_der_peek(r);

	if ((tag & TAG_NUMBER) == TAG_NUMBER)
		r->is_bad = true;
	if (!pen_der_get(r, tag).data)
		return (struct pen_slice){ NULL, 0 };
	return (struct pen_slice){ r->data + start, r->pos - start };
}

void pen_der_close(struct pen_reader *r, const struct pen_reader *inner)
{
	if (inner->is_bad || inner->pos != inner->size)
		r->is_bad = true;
}

size_t pen_der_size(size_t n)
{
	size_t header = 2;

	if (n >= LONG_LENGTH)
		for (size_t rest = n; rest; rest >>= 8)
			header++;
	return header + n;
}

void pen_der_put_header(struct pen_writer *w, uint8_t tag, size_t n)
{
	size_t n_length = pen_der_size(n) - n - 2;

	pen_writer_u8(w, tag);
	if (!n_length) {
		pen_writer_u8(w, (uint8_t)n);
		return;
	}
	pen_writer_u8(w, (uint8_t)(LONG_LENGTH | n_length));
	while (n_length--)
		pen_writer_u8(w, (uint8_t)(n >> 8 * n_length));
}

void pen_der_put(struct pen_writer *w, uint8_t tag, struct pen_slice contents)
{
	pen_der_put_header(w, tag, contents.size);
	pen_writer_bytes(w, contents.data, contents.size);
}
