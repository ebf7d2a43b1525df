/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_FRAME_H
#define PEN_TOOL_FRAME_H
/*
 * What a captured packet says of TCP: Ethernet with VLANs, Linux's cooked frames, loopback
 * and raw IP; IPv4, IPv6. Pieces of IP datagrams are not put together.
 */
#include "tool/capture.h"
#include <netinet/in.h>

enum { FRAME_END_SIZE = INET6_ADDRSTRLEN + 9 }; /* "[address]:65535" */

/* An end of a connection; an IPv4 address is a mapped one. */
struct frame_end {
	uint8_t address[16];
	uint16_t port;
};

enum frame_flag { FRAME_FIN = 1, FRAME_SYN = 2, FRAME_RST = 4, FRAME_ACK = 16 };

struct frame {
	struct frame_end source;
	struct frame_end target;
	uint32_t number; /* sequence number */
	uint32_t acknowledged;
	uint8_t flags;
	struct pen_slice data; /* as much as was captured */
	size_t n_data;	       /* as much as was sent */
};

/* PEN_E_NOT_FOUND: not TCP; PEN_E_UNSUPPORTED: a piece, or a link that is not known;
 * PEN_E_BAD_DATA: cut short, or it breaks its own layout. */
int frame_get(struct frame *frame, const struct capture_packet *packet);

/* "192.0.2.1:135", "[2001:db8::1]:135" */
void frame_end_print(const struct frame_end *end, char text[FRAME_END_SIZE]);

#endif
