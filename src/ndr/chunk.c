/* SPDX-License-Identifier: MIT */
#include "ndr/chunk.h"
#include "base/reader.h"
#include "base/utf16.h"
#include "base/writer.h"
#include <stdio.h>

static bool is_native(struct pen_layout layout)
{
	return layout.is_big_endian == PEN_UTF16_HOST;
}

/* Whether elements in memory and on the wire are the same bytes. */
static bool is_block(const struct pen_type *element, struct pen_layout layout)
{
	return element->wire[layout.transfer].is_block && (is_native(layout) || element->size == 1);
}

static int fail(struct pen_ndr_error *error, const char *sentence)
{
	if (error)
		snprintf(error->text, sizeof(error->text), "%s", sentence);
	return PEN_E_BAD_DATA;
}

/* A count: 4 bytes, and 8 in NDR64. PEN_E_AGAIN. */
static int get_word(const struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp,
		    uint64_t *wordp)
{
	struct pen_reader r;

	pen_reader_init(&r, bytes.data, bytes.size);
	r.is_big_endian = chunks->layout.is_big_endian;
	r.pos = *posp;
	if (chunks->layout.transfer == PEN_NDR64) {
		pen_reader_align(&r, 8);
		*wordp = pen_reader_u64(&r);
	} else {
		pen_reader_align(&r, 4);
		*wordp = pen_reader_u32(&r);
	}
	if (!pen_reader_ok(&r))
		return PEN_E_AGAIN;
	*posp = r.pos;
	return 0;
}

static int get_count(struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp,
		     struct pen_ndr_error *error)
{
	int r = get_word(chunks, bytes, posp, &chunks->count);

	if (r)
		return r;
	if (chunks->layout.transfer == PEN_NDR64 && chunks->count > PEN_CHUNK_ELEMENTS_MAX)
		return fail(error, "a chunk of too many elements");
	chunks->n_left = chunks->count;
	chunks->state = chunks->count ? PEN_CHUNK_ELEMENTS : PEN_CHUNK_CHECK;
	return 0;
}

/* After the elements NDR64 has the count once more, negated. */
static int get_check(struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp,
		     struct pen_ndr_error *error)
{
	uint64_t check = 0;

	if (chunks->layout.transfer == PEN_NDR64) {
		int r = get_word(chunks, bytes, posp, &check);

		if (r)
			return r;
		if (check != -chunks->count)
			return fail(error, "a chunk whose counts disagree");
	}
	chunks->state = chunks->count ? PEN_CHUNK_COUNT : PEN_CHUNK_END;
	return 0;
}

/* Elements that are bytes, as many as are there. */
static size_t get_block(const struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp,
			void *elements, size_t max)
{
	size_t size = chunks->element->size;
	size_t at = *posp + (-*posp & (chunks->element->wire[chunks->layout.transfer].align - 1u));
	size_t n = at < bytes.size ? (bytes.size - at) / size : 0;

	if (n > max)
		n = max;
	if (!n)
		return 0;
	memcpy(elements, bytes.data + at, n * size);
	*posp = at + n * size;
	return n;
}

static int get_elements(struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp,
			uint8_t *elements, size_t max, size_t *np, struct pen_ndr_error *error)
{
	size_t size = chunks->element->size;
	int r = 0;

	if (max > chunks->n_left)
		max = (size_t)chunks->n_left;
	if (is_block(chunks->element, chunks->layout)) {
		*np = get_block(chunks, bytes, posp, elements, max);
	} else {
		memset(elements, 0, max * size);
		while (!r && *np < max) {
			r = pen_ndr_get_part(chunks->element, chunks->layout, NULL, bytes, posp,
					     elements + *np * size, NULL, error);
			*np += !r;
		}
	}
	if (r && r != PEN_E_AGAIN)
		return r;
	chunks->n_left -= *np;
	if (!chunks->n_left)
		chunks->state = PEN_CHUNK_CHECK;
	return *np ? 0 : PEN_E_AGAIN;
}

int pen_chunks_get(struct pen_chunks *chunks, struct pen_slice bytes, size_t *posp, void *elements,
		   size_t max, size_t *np, struct pen_ndr_error *error)
{
	int r = 0;

	*np = 0;
	while (!r && !*np && chunks->state != PEN_CHUNK_END) {
		if (chunks->state == PEN_CHUNK_COUNT)
			r = get_count(chunks, bytes, posp, error);
		else if (chunks->state == PEN_CHUNK_CHECK)
			r = get_check(chunks, bytes, posp, error);
		else if (max)
			r = get_elements(chunks, bytes, posp, elements, max, np, error);
		else
			break;
	}
	return r;
}

static void put_word(struct pen_writer *w, struct pen_layout layout, uint64_t word)
{
	if (layout.transfer == PEN_NDR64) {
		pen_writer_align(w, 8);
		pen_writer_u64(w, word);
	} else {
		pen_writer_align(w, 4);
		pen_writer_u32(w, (uint32_t)word);
	}
}

static int put_elements(const struct pen_type *element, struct pen_layout layout,
			const uint8_t *elements, size_t n, struct pen_writer *w,
			struct pen_ndr_error *error)
{
	int r = 0;

	if (is_block(element, layout)) {
		pen_writer_align(w, element->wire[layout.transfer].align);
		pen_writer_bytes(w, elements, n * element->size);
		return w->error;
	}
	for (size_t i = 0; !r && i < n; i++)
		r = pen_ndr_put_part(element, layout, NULL, elements + i * element->size, w->buffer,
				     error);
	return r;
}

int pen_chunk_put(const struct pen_type *element, struct pen_layout layout, const void *elements,
		  size_t n, struct pen_buffer *buffer, struct pen_ndr_error *error)
{
	size_t size = buffer->size;
	struct pen_writer w;
	int r;

	pen_writer_init(&w, buffer);
	w.is_big_endian = layout.is_big_endian;
	w.origin = 0;
	put_word(&w, layout, n);
	r = w.error ? w.error : n ? put_elements(element, layout, elements, n, &w, error) : 0;
	if (!r && layout.transfer == PEN_NDR64) {
		put_word(&w, layout, -(uint64_t)n);
		r = w.error;
	}
	if (r)
		buffer->size = size;
	return r;
}
