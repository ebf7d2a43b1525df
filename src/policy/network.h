/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_NETWORK_H
#define PEN_POLICY_NETWORK_H
/*
 * Where a caller comes from: this machine, or an address; and sets of addresses by prefix.
 */
#include <penstock/base.h>

/* An IPv4 address is its IPv6-mapped form, ::ffff:a.b.c.d. */
struct pen_source {
	bool is_known; /* else its text is no address */
	bool is_local;
	uint8_t bytes[16];
};

struct pen_network {
	bool is_local;	/* this machine, and nothing else */
	uint8_t n_bits; /* of 128: an IPv4 prefix counts from 96 on */
	uint8_t bytes[16];
};

/* NULL, "" and "local" are this machine. */
struct pen_source pen_source_of(const char *text);

/* Reads ADDRESS, ADDRESS/PREFIX or "local". What is wrong with the text; NULL: nothing. */
const char *pen_network_parse(struct pen_network *network, const char *text);

bool pen_network_has(const struct pen_network *network, const struct pen_source *source);

#endif
