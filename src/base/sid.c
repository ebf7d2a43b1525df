/* SPDX-License-Identifier: MIT */
#include "base/sid.h"
#include <stdio.h>

void pen_sid_get(struct pen_sid *sid, struct pen_reader *r)
{
	*sid = (struct pen_sid){ .revision = pen_reader_u8(r) };
	sid->n_sub_authorities = pen_reader_u8(r);
	if (sid->revision != 1 || sid->n_sub_authorities > PEN_SID_SUB_AUTHORITIES_MAX) {
		r->is_bad = true;
		*sid = (struct pen_sid){ 0 };
		return;
	}

	for (int i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | pen_reader_u8(r);
	for (size_t i = 0; i < sid->n_sub_authorities; i++)
		sid->sub_authorities[i] = pen_reader_u32(r);
}

void pen_sid_put(const struct pen_sid *sid, struct pen_writer *w)
{
	pen_writer_u8(w, sid->revision);
	pen_writer_u8(w, sid->n_sub_authorities);
	for (int shift = 40; shift >= 0; shift -= 8)
		pen_writer_u8(w, (uint8_t)(sid->authority >> shift));
	for (size_t i = 0; i < sid->n_sub_authorities; i++)
		pen_writer_u32(w, sid->sub_authorities[i]);
}

void pen_sid_print(const struct pen_sid *sid, char text[PEN_SID_TEXT_SIZE])
{
	bool is_long = sid->authority > UINT32_MAX;
	size_t n = (size_t)snprintf(text, PEN_SID_TEXT_SIZE, is_long ? "S-1-0x%012llX" : "S-1-%llu",
				    (unsigned long long)sid->authority & 0xffffffffffff);

	for (size_t i = 0; i < sid->n_sub_authorities && i < PEN_SID_SUB_AUTHORITIES_MAX; i++)
		n += (size_t)snprintf(text + n, PEN_SID_TEXT_SIZE - n, "-%u",
				      sid->sub_authorities[i]);
}

static uint32_t digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A' + 10);
	return 16;
}

/* Digits of the base: from n_min on, up to n_max of them. */
static int parse_digits(const char **textp, uint32_t base, size_t n_min, size_t n_max,
			uint64_t *valuep)
{
	uint64_t value = 0;
	size_t n = 0;

	for (const char *p = *textp; n < n_max && digit_value(p[n]) < base; n++)
		value = value * base + digit_value(p[n]);
	if (n < n_min)
		return PEN_E_SYNTAX;
	*textp += n;
	*valuep = value;
	return 0;
}

/* Ten decimal digits, no more than 2^32 - 1. */
static int parse_number(const char **textp, uint64_t *valuep)
{
	const char *p = *textp;
	uint64_t value;

	if (parse_digits(&p, 10, 1, 10, &value) || value > UINT32_MAX)
		return PEN_E_SYNTAX;
	*textp = p;
	*valuep = value;
	return 0;
}

/* Twelve digits in hexadecimal, so that SDDL can go on with D: after them. */
static int parse_authority(const char **textp, uint64_t *valuep)
{
	const char *p = *textp;

	if (p[0] != '0' || (p[1] != 'x' && p[1] != 'X'))
		return parse_number(textp, valuep);
	p += 2;
	if (parse_digits(&p, 16, 12, 12, valuep))
		return PEN_E_SYNTAX;
	*textp = p;
	return 0;
}

int pen_sid_parse_next(struct pen_sid *sid, const char **textp)
{
	struct pen_sid parsed = { .revision = 1 };
	const char *p = *textp;

	if ((p[0] != 'S' && p[0] != 's') || p[1] != '-' || p[2] != '1' || p[3] != '-')
		return PEN_E_SYNTAX;
	p += 4;
	if (parse_authority(&p, &parsed.authority))
		return PEN_E_SYNTAX;
	while (*p == '-') {
		uint64_t value;

		p++;
		if (parse_number(&p, &value) || pen_sid_append(&parsed, (uint32_t)value))
			return PEN_E_SYNTAX;
	}

	*textp = p;
	*sid = parsed;
	return 0;
}

int pen_sid_parse(struct pen_sid *sid, const char *text)
{
	struct pen_sid parsed;

	if (pen_sid_parse_next(&parsed, &text) || *text)
		return PEN_E_SYNTAX;
	*sid = parsed;
	return 0;
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int pen_sid_compare(const struct pen_sid *a, const struct pen_sid *b)
{
	int r = compare_number(a->authority, b->authority);

	for (size_t i = 0; !r && i < a->n_sub_authorities && i < b->n_sub_authorities; i++)
		r = compare_number(a->sub_authorities[i], b->sub_authorities[i]);
	return r ? r : compare_number(a->n_sub_authorities, b->n_sub_authorities);
}

bool pen_sid_equal(const struct pen_sid *a, const struct pen_sid *b)
{
	return a->n_sub_authorities == b->n_sub_authorities && pen_sid_compare(a, b) == 0;
}

int pen_sid_append(struct pen_sid *sid, uint32_t sub_authority)
{
	if (sid->n_sub_authorities >= PEN_SID_SUB_AUTHORITIES_MAX)
		return PEN_E_LIMIT;
	sid->sub_authorities[sid->n_sub_authorities++] = sub_authority;
	return 0;
}

bool pen_sid_in_domain(const struct pen_sid *sid, const struct pen_sid *domain, uint32_t *ridp)
{
	struct pen_sid parent = *sid;

	if (sid->n_sub_authorities != domain->n_sub_authorities + 1)
		return false;
	parent.n_sub_authorities--;
	if (!pen_sid_equal(&parent, domain))
		return false;
	if (ridp)
		*ridp = sid->sub_authorities[sid->n_sub_authorities - 1];
	return true;
}

struct pen_sid pen_sid_unix_user(uint32_t uid)
{
	return (struct pen_sid){ 1, 2, 22, { 1, uid } };
}

struct pen_sid pen_sid_unix_group(uint32_t gid)
{
	return (struct pen_sid){ 1, 2, 22, { 2, gid } };
}
