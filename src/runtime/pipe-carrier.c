/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-carrier.h"
#include "base/reader.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	OUT_MAX = 64 * 1024, /* framed ahead of what smbd has taken */
	SLICES_MAX = 16,
	HEADER_SIZE = 10, /* of a fragment, up to and with its length [C706 12.6.3.1] */
	LITTLE_ENDIAN_DREP = 0x10,
};

int pen_pipe_carrier_new(struct pen_pipe_carrier **carrierp)
{
	struct pen_pipe_carrier *carrier = calloc(1, sizeof(*carrier));

	if (!carrier)
		return -ENOMEM;
	pen_buffer_init(&carrier->request, 0);
	pen_buffer_init(&carrier->out, 0);
	*carrierp = carrier;
	return 0;
}

struct pen_pipe_carrier *pen_pipe_carrier_free(struct pen_pipe_carrier *carrier)
{
	if (!carrier)
		return NULL;
	pen_buffer_done(&carrier->request);
	pen_buffer_done(&carrier->out);
	free(carrier);
	return NULL;
}

/* ---- messages in ---- */

int pen_pipe_carrier_feed(struct pen_pipe_carrier *carrier, struct pen_conn *conn,
			  const uint8_t *data, size_t n)
{
	while (n) {
		size_t part;
		int r;

		if (!carrier->n_message) {
			carrier->length[carrier->n_length++] = *data++;
			n--;
			if (carrier->n_length < 2)
				continue;
			carrier->n_length = 0;
			carrier->n_message =
				(uint16_t)(carrier->length[0] | carrier->length[1] << 8);
			continue;
		}
		part = n < carrier->n_message ? n : carrier->n_message;
		r = pen_conn_feed(conn, data, part);
		if (r)
			return r;
		carrier->n_message -= (uint16_t)part;
		data += part;
		n -= part;
	}
	return 0;
}

/* ---- fragments out ---- */

/* The length of the fragment that begins at the offset in the first slice; 0: not all there. */
static uint16_t fragment_length(const struct pen_slice *slices, size_t n, size_t offset)
{
	uint8_t header[HEADER_SIZE];
	size_t have = 0;

	for (size_t i = 0; i < n && have < sizeof(header); i++) {
		size_t part = slices[i].size - offset;

		if (part > sizeof(header) - have)
			part = sizeof(header) - have;
		memcpy(header + have, slices[i].data + offset, part);
		have += part;
		offset = 0;
	}
	if (have < sizeof(header))
		return 0;
	return header[4] & LITTLE_ENDIAN_DREP ? (uint16_t)(header[8] | header[9] << 8)
					      : (uint16_t)(header[8] << 8 | header[9]);
}

/* Frames what the slices hold; how much of it, or a negative errno. */
static ssize_t frame(struct pen_pipe_carrier *carrier, const struct pen_slice *slices, size_t n)
{
	size_t framed = 0;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0, part; at < slices[i].size; at += part, framed += part) {
			if (!carrier->n_fragment) {
				uint16_t length = fragment_length(slices + i, n - i, at);
				const uint8_t message[2] = { (uint8_t)length, length >> 8 };

				if (!length)
					return (ssize_t)framed;
				r = pen_buffer_add(&carrier->out, message, sizeof(message));
				if (r)
					return r;
				carrier->n_fragment = length;
			}
			part = slices[i].size - at;
			if (part > carrier->n_fragment)
				part = carrier->n_fragment;
			r = pen_buffer_add(&carrier->out, slices[i].data + at, part);
			if (r)
				return r;
			carrier->n_fragment -= (uint16_t)part;
		}
	}
	return (ssize_t)framed;
}

int pen_pipe_carrier_pull(struct pen_pipe_carrier *carrier, struct pen_conn *conn)
{
	struct pen_slice slices[SLICES_MAX];

	while (carrier->out.size < OUT_MAX) {
		size_t n = pen_conn_output(conn, slices, SLICES_MAX);
		ssize_t framed = n ? frame(carrier, slices, n) : 0;

		if (framed <= 0)
			return (int)framed;
		pen_conn_sent(conn, (size_t)framed);
	}
	return 0;
}
