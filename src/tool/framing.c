/* SPDX-License-Identifier: MIT */
#include "tool/framing.h"
#include <penstock/base.h>
#include <string.h>

enum { LEN_SIZE = 4 };

bool framing_parse(enum framing *framingp, const char *text)
{
	static const char *const names[] = {
		[FRAMING_LINE] = "line",
		[FRAMING_NUL] = "nul",
		[FRAMING_LEN] = "len",
		[FRAMING_RAW] = "raw",
	};

	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		if (!strcmp(text, names[i])) {
			*framingp = (enum framing)i;
			return true;
		}
	}
	return false;
}

static int get_ended(char last, const uint8_t *data, size_t n, bool is_end,
		     struct pen_slice *message, size_t *frame_sizep)
{
	const uint8_t *end = n ? memchr(data, last, n) : NULL;
	size_t size = end ? (size_t)(end - data) : n;

	if (size > FRAMING_MESSAGE_MAX)
		return PEN_E_LIMIT;
	/* The last one may lack its end. */
	if (!end && !(is_end && n))
		return PEN_E_AGAIN;
	*message = (struct pen_slice){ data, size };
	*frame_sizep = size + (end != NULL);
	return 0;
}

static int get_counted(const uint8_t *data, size_t n, bool is_end, struct pen_slice *message,
		       size_t *frame_sizep)
{
	uint32_t size;

	if (n >= LEN_SIZE) {
		size = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
		       (uint32_t)data[3] << 24;
		if (size > FRAMING_MESSAGE_MAX)
			return PEN_E_LIMIT;
		if (n - LEN_SIZE >= size) {
			*message = (struct pen_slice){ data + LEN_SIZE, size };
			*frame_sizep = LEN_SIZE + size;
			return 0;
		}
	}
	return is_end && n ? PEN_E_BAD_DATA : PEN_E_AGAIN;
}

int framing_get(enum framing framing, const void *data, size_t n, bool is_end,
		struct pen_slice *message, size_t *frame_sizep)
{
	switch (framing) {
	case FRAMING_LINE:
		return get_ended('\n', data, n, is_end, message, frame_sizep);
	case FRAMING_NUL:
		return get_ended('\0', data, n, is_end, message, frame_sizep);
	case FRAMING_LEN:
		return get_counted(data, n, is_end, message, frame_sizep);
	default:
		if (!n)
			return PEN_E_AGAIN;
		*message = (struct pen_slice){ data, n };
		*frame_sizep = n;
		return 0;
	}
}

int framing_put(enum framing framing, const void *message, size_t n, struct pen_buffer *stream)
{
	const uint8_t length[LEN_SIZE] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
					   (uint8_t)(n >> 24) };
	int r = pen_buffer_reserve(stream, n + LEN_SIZE);

	if (!r && framing == FRAMING_LEN)
		r = pen_buffer_add(stream, length, sizeof(length));
	if (!r && n)
		r = pen_buffer_add(stream, message, n);
	if (!r && (framing == FRAMING_LINE || framing == FRAMING_NUL))
		r = pen_buffer_add(stream, framing == FRAMING_LINE ? "\n" : "", 1);
	return r;
}
