/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include <string.h>

static bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

static bool is_low(uint32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

/* Whether a low surrogate in its three-byte form comes next. */
static bool low_follows(const uint8_t *p, const uint8_t *end)
{
	return end - p >= 2 && p[0] == 0xed && p[1] >= 0xb0;
}

int32_t pen_utf16_next(const char **textp, const char *end)
{
	const uint8_t *p = (const uint8_t *)*textp;
	const uint8_t *e = (const uint8_t *)end;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = p < e ? *p : 0x80;
	size_t n = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;

	if (n == 0 || n > (size_t)(e - p))
		return -1;
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff)
		return -1;
	if (is_surrogate(c) && !is_low(c) && low_follows(p + n, e))
		return -1;

	*textp += n;
	return (int32_t)c;
}

/* How many bytes from p on are ASCII. */
static size_t ascii_run(const char *p, const char *end)
{
	const char *start = p;
	uint64_t word;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, 8);
		if (word & 0x8080808080808080)
			break;
	}
	while (p < end && (uint8_t)*p < 0x80)
		p++;
	return (size_t)(p - start);
}

size_t pen_utf16_count(const char *text, size_t n)
{
	const char *p = text;
	const char *end = text + n;
	size_t count = 0;

	while (p < end) {
		size_t run = ascii_run(p, end);
		int32_t c;

		p += run;
		count += run;
		if (p == end)
			break;
		c = pen_utf16_next(&p, end);
		if (c < 0)
			return PEN_UTF16_BAD;
		count += c > 0xffff ? 2 : 1;
	}
	return count;
}

static void put_unit(uint8_t *out, bool is_big_endian, uint32_t unit)
{
	out[!is_big_endian] = (uint8_t)(unit >> 8);
	out[is_big_endian] = (uint8_t)unit;
}

/* Four at a time: each byte of a word becomes the low byte of a unit. */
static void put_ascii(const char *p, size_t n, bool is_big_endian, uint8_t *out)
{
	int shift = is_big_endian == PEN_UTF16_HOST ? 0 : 8;

	for (; n >= 4; n -= 4, p += 4, out += 8) {
		uint32_t four;
		uint64_t units;

		memcpy(&four, p, 4);
		units = ((uint64_t)four << 16 | four) & 0x0000ffff0000ffff;
		units = (units << 8 | units) & 0x00ff00ff00ff00ff;
		units <<= shift;
		memcpy(out, &units, 8);
	}
	for (; n > 0; n--, p++, out += 2)
		put_unit(out, is_big_endian, (uint8_t)*p);
}

size_t pen_utf16_put(const char *text, size_t n, bool is_big_endian, void *units, size_t max)
{
	const char *p = text;
	const char *end = text + n;
	uint8_t *out = units;
	size_t count = 0;

	while (p < end) {
		size_t run = ascii_run(p, end);
		int32_t c;

		if (run > max - count)
			return PEN_UTF16_BAD;
		put_ascii(p, run, is_big_endian, out + 2 * count);
		p += run;
		count += run;
		if (p == end)
			break;
		c = pen_utf16_next(&p, end);
		if (c < 0 || (c > 0xffff ? 2u : 1u) > max - count)
			return PEN_UTF16_BAD;
		if (c > 0xffff) {
			put_unit(out + 2 * count++, is_big_endian,
				 0xd800 + ((uint32_t)(c - 0x10000) >> 10));
			c = 0xdc00 + (c & 0x3ff);
		}
		put_unit(out + 2 * count++, is_big_endian, (uint32_t)c);
	}
	return count;
}

static uint32_t get_unit(const uint8_t *in, bool is_big_endian)
{
	return (uint32_t)in[!is_big_endian] << 8 | in[is_big_endian];
}

/* How many of the n units are ASCII from the first on. */
static size_t ascii_units(const uint8_t *in, size_t n, bool is_big_endian)
{
	uint64_t mask = is_big_endian == PEN_UTF16_HOST ? 0xff80ff80ff80ff80 : 0x80ff80ff80ff80ff;
	size_t run = 0;
	uint64_t units;

	for (; n - run >= 4; run += 4) {
		memcpy(&units, in + 2 * run, 8);
		if (units & mask)
			break;
	}
	while (run < n && get_unit(in + 2 * run, is_big_endian) < 0x80)
		run++;
	return run;
}

static void get_ascii(const uint8_t *in, size_t n, bool is_big_endian, char *out)
{
	int shift = is_big_endian == PEN_UTF16_HOST ? 0 : 8;

	for (; n >= 4; n -= 4, in += 8, out += 4) {
		uint64_t units;
		uint32_t four;

		memcpy(&units, in, 8);
		units >>= shift;
		units = (units >> 8 | units) & 0x0000ffff0000ffff;
		four = (uint32_t)(units >> 16 | units);
		memcpy(out, &four, 4);
	}
	for (; n > 0; n--, in += 2, out++)
		*out = (char)get_unit(in, is_big_endian);
}

/* The character of the next one or two units; *countp is moved past them. */
static uint32_t next_character(const uint8_t *in, size_t n, bool is_big_endian, size_t *countp)
{
	uint32_t c = get_unit(in + 2 * (*countp)++, is_big_endian);
	uint32_t low;

	if (!is_surrogate(c) || is_low(c) || *countp == n)
		return c;
	low = get_unit(in + 2 * *countp, is_big_endian);
	if (!is_low(low))
		return c;
	++*countp;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static size_t utf8_size(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

size_t pen_utf16_text_size(const void *units, size_t n_units, bool is_big_endian)
{
	const uint8_t *in = units;
	size_t size = 0;

	for (size_t i = 0; i < n_units;) {
		size_t run = ascii_units(in + 2 * i, n_units - i, is_big_endian);

		i += run;
		size += run;
		if (i < n_units)
			size += utf8_size(next_character(in, n_units, is_big_endian, &i));
	}
	return size;
}

static void put_utf8(char *out, uint32_t c, size_t n)
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
}

size_t pen_utf16_get(const void *units, size_t n_units, bool is_big_endian, char *text, size_t max)
{
	const uint8_t *in = units;
	size_t size = 0;

	for (size_t i = 0; i < n_units;) {
		size_t run = ascii_units(in + 2 * i, n_units - i, is_big_endian);
		uint32_t c;

		if (run > max - size)
			return PEN_UTF16_BAD;
		get_ascii(in + 2 * i, run, is_big_endian, text + size);
		i += run;
		size += run;
		if (i == n_units)
			break;
		c = next_character(in, n_units, is_big_endian, &i);
		if (utf8_size(c) > max - size)
			return PEN_UTF16_BAD;
		put_utf8(text + size, c, utf8_size(c));
		size += utf8_size(c);
	}
	return size;
}
