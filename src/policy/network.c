/* SPDX-License-Identifier: MIT */
#include "policy/network.h"
#include <string.h>

enum { V4_SIZE = 4, V6_SIZE = 16, V4_AT = V6_SIZE - V4_SIZE, N_GROUPS = V6_SIZE / 2 };

static const uint8_t mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };

/* 1 to n_max digits, no more than the limit; -1: there is no such number. */
static int take_number(const char **textp, int base, int n_max, int limit)
{
	static const char digits[] = "0123456789abcdef";
	int value = 0, n = 0;

	for (; **textp && n < n_max; n++) {
		char c = **textp;
		const char *digit = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

		if (!digit || digit - digits >= base)
			break;
		value = value * base + (int)(digit - digits);
		++*textp;
	}
	return n && value <= limit ? value : -1;
}

/* Four numbers, without zeros before them, which some take for octal. */
static bool parse_v4(const char *text, uint8_t bytes[V4_SIZE])
{
	for (int i = 0; i < V4_SIZE; i++) {
		bool has_zero = text[0] == '0' && text[1] >= '0' && text[1] <= '9';
		int value = take_number(&text, 10, 3, 255);

		if (value < 0 || has_zero || (i < V4_SIZE - 1 && *text++ != '.'))
			return false;
		bytes[i] = (uint8_t)value;
	}
	return !*text;
}

/*
 * Groups with colons between them, the last two maybe as IPv4; :: is as many zeros as are
 * missing, at least one group [RFC 4291 2.2].
 */
static bool parse_v6(const char *text, uint8_t bytes[V6_SIZE])
{
	size_t n = 0, gap = SIZE_MAX;

	memset(bytes, 0, V6_SIZE);
	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	} else if (*text == ':') {
		return false;
	}
	while (*text) {
		int group;

		if (n <= V4_AT && parse_v4(text, bytes + n)) {
			n += V4_SIZE;
			break;
		}
		group = take_number(&text, 16, 4, 0xffff);
		if (group < 0 || n == V6_SIZE)
			return false;
		bytes[n++] = (uint8_t)(group >> 8);
		bytes[n++] = (uint8_t)group;
		if (!*text)
			break;
		if (*text++ != ':' || !*text)
			return false;
		if (*text == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
			text++;
		}
	}
	if (gap == SIZE_MAX)
		return n == V6_SIZE;
	if (n == V6_SIZE)
		return false;
	memmove(bytes + V6_SIZE - (n - gap), bytes + gap, n - gap);
	memset(bytes + gap, 0, V6_SIZE - n);
	return true;
}

static bool parse_address(const char *text, uint8_t bytes[V6_SIZE])
{
	memcpy(bytes, mapped, sizeof(mapped));
	return parse_v4(text, bytes + V4_AT) || parse_v6(text, bytes);
}

struct pen_source pen_source_of(const char *text)
{
	struct pen_source source = { .is_known = true };

	if (!text || !*text || !strcmp(text, "local"))
		source.is_local = true;
	else
		source.is_known = parse_address(text, source.bytes);
	return source;
}

static bool is_v4(const uint8_t bytes[V6_SIZE])
{
	return !memcmp(bytes, mapped, sizeof(mapped));
}

/* Whether the first n_bits are the same in both. */
static bool is_same(const uint8_t *a, const uint8_t *b, size_t n_bits)
{
	size_t n = n_bits / 8;
	uint8_t rest = (uint8_t)(0xff00 >> n_bits % 8);

	return !memcmp(a, b, n) && (n_bits % 8 == 0 || !((a[n] ^ b[n]) & rest));
}

static bool has_bits_after(const struct pen_network *network)
{
	uint8_t prefix[V6_SIZE] = { 0 };
	size_t n = network->n_bits / 8;

	memcpy(prefix, network->bytes, n);
	if (network->n_bits % 8)
		prefix[n] = network->bytes[n] & (uint8_t)(0xff00 >> network->n_bits % 8);
	return memcmp(prefix, network->bytes, sizeof(prefix)) != 0;
}

const char *pen_network_parse(struct pen_network *network, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char address[46] = "";
	int n_bits;

	*network = (struct pen_network){ .is_local = !strcmp(text, "local"), .n_bits = 128 };
	if (network->is_local)
		return NULL;
	if (n < sizeof(address))
		memcpy(address, text, n);
	if (!parse_address(address, network->bytes))
		return "an address is of IPv4 or IPv6, maybe with /PREFIX, or local";
	if (!slash)
		return NULL;

	slash++;
	n_bits = take_number(&slash, 10, 3, 128);
	if (!strchr(address, ':') && n_bits >= 0)
		n_bits = n_bits <= 32 ? n_bits + 96 : -1;
	if (n_bits < 0 || *slash)
		return "a prefix is from 0 to 32 of IPv4, from 0 to 128 of IPv6";
	network->n_bits = (uint8_t)n_bits;
	return has_bits_after(network) ? "the address has bits behind its prefix" : NULL;
}

/* All of IPv6, ::/0, has no address of IPv4 in it. */
bool pen_network_has(const struct pen_network *network, const struct pen_source *source)
{
	if (!source->is_known || network->is_local || source->is_local)
		return source->is_known && network->is_local && source->is_local;
	return is_v4(source->bytes) == (network->n_bits >= 96 && is_v4(network->bytes)) &&
	       is_same(network->bytes, source->bytes, network->n_bits);
}
