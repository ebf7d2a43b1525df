/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-carrier.h"
#include "pipe/npa.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LENGTH_SIZE = 4,      /* before smbd's request */
	ARENA_MAX = 16 << 20, /* for what that says */
	OUT_MAX = 64 * 1024,  /* framed ahead of what smbd has taken */
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

/* ---- the greeting ---- */

/* What Samba's own servers say of a pipe [MS-SMB2 2.2.14: they never reach a client]. */
enum { DEVICE_STATE = 0x05ff, ALLOCATION_SIZE = 4096 };

static int put_reply(struct pen_pipe_carrier *carrier, uint32_t level)
{
	const struct pen_npa_reply reply = {
		.level = level,
		.file_type = PEN_NPA_MESSAGE_MODE,
		.device_state = DEVICE_STATE,
		.allocation_size = ALLOCATION_SIZE,
	};
	uint8_t bytes[PEN_NPA_REPLY_SIZE];

	pen_npa_reply_put(&reply, bytes);
	return pen_buffer_add(&carrier->out, bytes, sizeof(bytes));
}

static int read_request(struct pen_pipe_carrier *carrier, struct pen_arena *arena,
			struct pen_pipe_greeting *greeting)
{
	struct pen_npa_request request;
	struct pen_npa_flags flags;
	int r;

	r = pen_npa_request_get(&request, arena, carrier->request.data, carrier->request.size);
	if (r)
		return r;
	pen_npa_request_flags(&request, &flags);
	greeting->is_probe = flags.is_probe;
	snprintf(greeting->client, sizeof(greeting->client), "%s",
		 request.remote_client_addr ? request.remote_client_addr : "");
	r = put_reply(carrier, request.level);
	return r ? r : pen_npa_request_token(&request, &greeting->token);
}

/* Takes as much as is still missing of the request, and not a byte of what follows it. */
static int add_to_request(struct pen_pipe_carrier *carrier, const uint8_t *data, size_t n,
			  size_t *usedp)
{
	struct pen_buffer *request = &carrier->request;

	*usedp = 0;
	for (;;) {
		size_t size = LENGTH_SIZE;
		size_t part = n - *usedp;
		int r = pen_npa_request_size(request->data, request->size, &size);

		if (r && r != PEN_E_AGAIN)
			return r;
		if (!r && request->size == size)
			return 0;
		if (!part)
			return PEN_E_AGAIN;
		if (part > size - request->size)
			part = size - request->size;
		r = pen_buffer_add(request, data + *usedp, part);
		if (r)
			return r;
		*usedp += part;
	}
}

int pen_pipe_carrier_greet(struct pen_pipe_carrier *carrier, const uint8_t *data, size_t n,
			   size_t *usedp, struct pen_pipe_greeting *greeting)
{
	struct pen_arena arena;
	int r;

	r = add_to_request(carrier, data, n, usedp);
	if (r)
		return r;
	pen_arena_init(&arena, ARENA_MAX);
	r = read_request(carrier, &arena, greeting);
	pen_arena_done(&arena);
	pen_buffer_done(&carrier->request);
	return r;
}

/* ---- messages in ---- */

int pen_pipe_carrier_feed(struct pen_pipe_carrier *carrier, struct pen_conn *conn, uint8_t *data,
			  size_t n)
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
		r = pen_conn_lend(conn, data, part);
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
