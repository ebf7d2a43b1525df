/* SPDX-License-Identifier: MIT */
#include "rpc/output.h"
#include "base/pool.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the small buffer (data NULL, at an offset since the beginning), or of a stub. */
struct pen_output_piece {
	const uint8_t *data;
	size_t offset;
	size_t size;
	uint8_t *release;
	size_t n_release;
};

void pen_output_done(struct pen_output *output)
{
	for (size_t i = output->first; i < output->n_pieces; i++)
		pen_pool_give(output->pool, output->pieces[i].release, output->pieces[i].n_release);
	free(output->pieces);
	pen_buffer_done(&output->small);
	*output = (struct pen_output){ 0 };
}

static int reserve_pieces(struct pen_output *output, size_t n)
{
	size_t capacity = output->capacity ? output->capacity : 16;
	struct pen_output_piece *pieces;

	if (output->first > output->capacity / 2) {
		output->n_pieces -= output->first;
		memmove(output->pieces, output->pieces + output->first,
			output->n_pieces * sizeof(*pieces));
		output->first = 0;
	}
	if (n <= output->capacity - output->n_pieces)
		return 0;
	while (capacity - output->n_pieces < n)
		capacity *= 2;
	pieces = realloc(output->pieces, capacity * sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	output->pieces = pieces;
	output->capacity = capacity;
	return 0;
}

static void add_small(struct pen_output *output, size_t mark)
{
	struct pen_output_piece *last =
		output->n_pieces > output->first ? &output->pieces[output->n_pieces - 1] : NULL;
	size_t size = output->small.size - mark;
	size_t offset = output->n_consumed + mark;

	output->n_queued += size;
	if (last && !last->data && last->offset + last->size == offset)
		last->size += size;
	else
		output->pieces[output->n_pieces++] =
			(struct pen_output_piece){ .offset = offset, .size = size };
}

int pen_output_commit(struct pen_output *output, size_t mark)
{
	int r = reserve_pieces(output, 1);

	if (r) {
		output->small.size = mark;
		return r;
	}
	add_small(output, mark);
	return 0;
}

int pen_output_reserve(struct pen_output *output, size_t n_adds, size_t n_bytes)
{
	int r = pen_buffer_reserve(&output->small, n_bytes);

	return r ? r : reserve_pieces(output, 2 * n_adds);
}

void pen_output_add(struct pen_output *output, size_t mark, const uint8_t *stub, size_t n,
		    uint8_t *release, size_t n_release)
{
	add_small(output, mark);
	if (!n)
		return;
	output->pieces[output->n_pieces++] = (struct pen_output_piece){
		.data = stub, .size = n, .release = release, .n_release = n_release
	};
	output->n_queued += n;
}

struct pen_output_mark pen_output_mark(const struct pen_output *output)
{
	bool has_pieces = output->n_pieces > output->first;

	return (struct pen_output_mark){
		.small_size = output->small.size,
		.n_pieces = output->n_pieces,
		.last_size = has_pieces ? output->pieces[output->n_pieces - 1].size : 0,
		.n_queued = output->n_queued,
	};
}

void pen_output_rewind(struct pen_output *output, const struct pen_output_mark *mark)
{
	output->small.size = mark->small_size;
	output->n_pieces = mark->n_pieces;
	if (output->n_pieces > output->first)
		output->pieces[output->n_pieces - 1].size = mark->last_size;
	output->n_queued = mark->n_queued;
}

size_t pen_output_slices(const struct pen_output *output, struct pen_slice *slices, size_t max)
{
	size_t n = 0;

	for (size_t i = output->first; i < output->n_pieces && n < max; i++, n++) {
		const struct pen_output_piece *piece = &output->pieces[i];
		const uint8_t *data = piece->data;

		if (!data)
			data = output->small.data + (piece->offset - output->n_consumed);
		slices[n] = (struct pen_slice){ .data = data, .size = piece->size };
	}
	return n;
}

/* The small buffer forgets what is sent: cheaply when all is, else when it is half. */
static void trim(struct pen_output *output)
{
	size_t n = output->small.size;

	for (size_t i = output->first; i < output->n_pieces; i++) {
		if (output->pieces[i].data)
			continue;
		n = output->pieces[i].offset - output->n_consumed;
		break;
	}
	if (n == output->small.size || n > output->small.capacity / 2) {
		pen_buffer_consume(&output->small, n);
		output->n_consumed += n;
	}
}

/* What a burst took is given back when all of it is sent. */
static void shrink(struct pen_output *output)
{
	if (output->small.capacity > PEN_OUTPUT_KEPT)
		pen_buffer_done(&output->small);
	if (output->capacity * sizeof(*output->pieces) > PEN_OUTPUT_KEPT) {
		free(output->pieces);
		output->pieces = NULL;
		output->capacity = 0;
	}
}

void pen_output_sent(struct pen_output *output, size_t n)
{
	output->n_queued -= n;
	while (n > 0) {
		struct pen_output_piece *piece = &output->pieces[output->first];
		size_t part = n < piece->size ? n : piece->size;

		if (piece->data)
			piece->data += part;
		else
			piece->offset += part;
		piece->size -= part;
		n -= part;
		if (piece->size == 0) {
			pen_pool_give(output->pool, piece->release, piece->n_release);
			output->first++;
		}
	}
	if (output->first == output->n_pieces)
		output->first = output->n_pieces = 0;
	trim(output);
	if (!output->n_queued)
		shrink(output);
}
