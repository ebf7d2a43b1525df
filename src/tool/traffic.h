/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TRAFFIC_H
#define PEN_TOOL_TRAFFIC_H
/*
 * All TCP connections of a capture. What is held of them is bounded: the one that was not
 * heard of for the longest time goes first.
 */
#include "tool/report.h"

enum { TRAFFIC_FLOWS_MAX = 4096, TRAFFIC_MEMORY_MAX = 256 << 20 };

struct traffic;

/* --address: of either end. */
struct traffic_filter {
	bool has_address;
	uint8_t address[16];
	uint16_t port; /* 0: any */
};

struct traffic_counts {
	uint64_t n_packets;
	uint64_t n_unread;  /* not understood: cut short, a piece, of an unknown link */
	uint64_t n_evicted; /* connections, for want of room */
};

/* report and filter are borrowed; filter may be NULL. -ENOMEM. */
int traffic_new(struct traffic **trafficp, struct report *report,
		const struct traffic_filter *filter);
struct traffic *traffic_free(struct traffic *traffic);

/* The next packet. -ENOMEM, or what the report says. */
int traffic_take(struct traffic *traffic, const struct capture_packet *packet);

/* There are no more: what waited for others is told. */
int traffic_end(struct traffic *traffic);

struct traffic_counts traffic_counts(const struct traffic *traffic);

/* "192.0.2.1", "192.0.2.1:135", "[2001:db8::1]:135", ":135". False: none of these. */
bool traffic_filter_parse(struct traffic_filter *filter, const char *text);

#endif
