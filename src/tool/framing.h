/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_FRAMING_H
#define PEN_TOOL_FRAMING_H
/*
 * How messages are told apart in a stream of bytes.
 */
#include <penstock/buffer.h>

enum framing {
	FRAMING_LINE, /* a newline after each */
	FRAMING_NUL,  /* a NUL after each */
	FRAMING_LEN,  /* before each its length, 4 bytes, little-endian */
	FRAMING_RAW,  /* not: a message is what comes at once */
};

enum { FRAMING_MESSAGE_MAX = (64 << 20) - 8 };

/* false: there is none of that name. */
bool framing_parse(enum framing *framingp, const char *text);

/*
 * Finds the first message in what has come; is_end: no more will come. *frame_sizep is how much of
 * it is the message with its frame. PEN_E_AGAIN: it is not whole; PEN_E_LIMIT: it is longer than
 * FRAMING_MESSAGE_MAX; PEN_E_BAD_DATA: the end is within it.
 */
int framing_get(enum framing framing, const void *data, size_t n, bool is_end,
		struct pen_slice *message, size_t *frame_sizep);

/* Appends a message in its frame. */
int framing_put(enum framing framing, const void *message, size_t n, struct pen_buffer *stream);

#endif
