/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include <string.h>

/* Every step-th unit from first to last has its upper case delta away. */
static const struct {
	uint16_t first;
	uint16_t last;
	uint8_t step;
	int32_t delta;
} rows[] = {
#include "upcase.inc"
};

uint16_t pen_upcase(uint16_t unit)
{
	size_t low = 0;
	size_t high = PEN_COUNT(rows);

	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 32) : unit;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].last < unit)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == PEN_COUNT(rows) || unit < rows[low].first ||
	    (unit - rows[low].first) % rows[low].step)
		return unit;
	return (uint16_t)(unit + rows[low].delta);
}

struct cursor {
	const char *p;
	const char *end;
	uint32_t low; /* the second half of a pair, to come next */
};

/* What a byte that is no UTF-8 counts as: more than any unit. */
enum { BAD_BYTE = 0x10000, END = -1 };

static int32_t cursor_next(struct cursor *cursor)
{
	int32_t c;

	if (cursor->low) {
		c = (int32_t)cursor->low;
		cursor->low = 0;
		return c;
	}
	if (cursor->p == cursor->end)
		return END;
	c = pen_utf16_next(&cursor->p, cursor->end);
	if (c < 0)
		return BAD_BYTE + (uint8_t)*cursor->p++;
	if (c <= 0xffff)
		return pen_upcase((uint16_t)c);
	cursor->low = 0xdc00 + ((uint32_t)c & 0x3ff);
	return 0xd800 + ((c - 0x10000) >> 10);
}

int pen_upcase_compare(const char *a, size_t n_a, const char *b, size_t n_b)
{
	struct cursor at_a = { .p = a, .end = a + n_a };
	struct cursor at_b = { .p = b, .end = b + n_b };

	for (;;) {
		int32_t next_a = cursor_next(&at_a);
		int32_t next_b = cursor_next(&at_b);

		if (next_a != next_b)
			return next_a < next_b ? -1 : 1;
		if (next_a == END)
			return 0;
	}
}

bool pen_upcase_equal(const char *a, const char *b)
{
	return pen_upcase_compare(a, strlen(a), b, strlen(b)) == 0;
}
