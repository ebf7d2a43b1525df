/* SPDX-License-Identifier: MIT */
#include <penstock/base.h>
#include <stdio.h>
#include <string.h>

void pen_uuid_print(const struct pen_uuid *uuid, char text[PEN_UUID_TEXT_SIZE])
{
	const uint8_t *n = uuid->node;

	snprintf(text, PEN_UUID_TEXT_SIZE, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 uuid->time_low, uuid->time_mid, uuid->time_hi_and_version, uuid->clock_seq[0],
		 uuid->clock_seq[1], n[0], n[1], n[2], n[3], n[4], n[5]);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int pen_uuid_parse(struct pen_uuid *uuid, const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool is_braced = *text == '{';
	uint8_t bytes[16] = { 0 };
	size_t n = 0;

	text += is_braced;
	for (const char *s = shape; *s; s++, text++) {
		int digit = hex_digit(*text);

		if (*s == '-' ? *text != '-' : digit < 0)
			return PEN_E_SYNTAX;
		if (*s == '-')
			continue;
		bytes[n / 2] |= (uint8_t)(n % 2 ? digit : digit << 4);
		n++;
	}
	if (strcmp(text, is_braced ? "}" : "") != 0)
		return PEN_E_SYNTAX;

	uuid->time_low = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
			 (uint32_t)bytes[2] << 8 | bytes[3];
	uuid->time_mid = (uint16_t)(bytes[4] << 8 | bytes[5]);
	uuid->time_hi_and_version = (uint16_t)(bytes[6] << 8 | bytes[7]);
	memcpy(uuid->clock_seq, bytes + 8, 2);
	memcpy(uuid->node, bytes + 10, 6);
	return 0;
}

static int compare_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int pen_uuid_compare(const struct pen_uuid *a, const struct pen_uuid *b)
{
	int r = compare_number(a->time_low, b->time_low);

	if (!r)
		r = compare_number(a->time_mid, b->time_mid);
	if (!r)
		r = compare_number(a->time_hi_and_version, b->time_hi_and_version);
	if (!r)
		r = memcmp(a->clock_seq, b->clock_seq, sizeof(a->clock_seq));
	if (!r)
		r = memcmp(a->node, b->node, sizeof(a->node));
	return (r > 0) - (r < 0);
}

bool pen_uuid_equal(const struct pen_uuid *a, const struct pen_uuid *b)
{
	return pen_uuid_compare(a, b) == 0;
}

bool pen_uuid_is_nil(const struct pen_uuid *uuid)
{
	static const struct pen_uuid nil;

	return pen_uuid_equal(uuid, &nil);
}

void pen_uuid_from_random(struct pen_uuid *uuid, const uint8_t random[16])
{
	memcpy(uuid, random, sizeof(*uuid));
	uuid->time_hi_and_version = (uint16_t)((uuid->time_hi_and_version & 0x0fff) | 0x4000);
	uuid->clock_seq[0] = (uint8_t)((uuid->clock_seq[0] & 0x3f) | 0x80);
}

bool pen_syntax_id_equal(const struct pen_syntax_id *a, const struct pen_syntax_id *b)
{
	return pen_uuid_equal(&a->uuid, &b->uuid) && a->major == b->major && a->minor == b->minor;
}
