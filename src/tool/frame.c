/* SPDX-License-Identifier: MIT */
#include "tool/frame.h"
#include "base/reader.h"
#include <arpa/inet.h>
#include <stdio.h>

/* Ethernet's types. */
enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_VLANS = 0x88a8 };
enum { TYPE_NONE = 0, N_VLANS_MAX = 4 };

/* Headers between IPv6's and TCP's [RFC 8200 4]. */
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
enum { N_EXTENSIONS_MAX = 16 };

static uint16_t ethernet_type(struct pen_reader *r)
{
	uint16_t type;

	pen_reader_bytes(r, 12);
	type = pen_reader_u16(r);
	for (int i = 0; i < N_VLANS_MAX && (type == TYPE_VLAN || type == TYPE_VLANS); i++) {
		pen_reader_u16(r);
		type = pen_reader_u16(r);
	}
	return type;
}

/* By the version that an IP header begins with. */
static uint16_t ip_type(const struct pen_reader *r)
{
	uint8_t version = pen_reader_left(r) ? r->data[r->pos] >> 4 : 0;

	return version == 4 ? TYPE_IPV4 : version == 6 ? TYPE_IPV6 : TYPE_NONE;
}

/* Steps over a link's header. */
static int link_type(uint32_t link, struct pen_reader *r, uint16_t *typep)
{
	switch (link) {
	case CAPTURE_ETHERNET:
		*typep = ethernet_type(r);
		return 0;
	case CAPTURE_LINUX_SLL:
		pen_reader_bytes(r, 14);
		*typep = pen_reader_u16(r);
		return 0;
	case CAPTURE_LINUX_SLL2:
		*typep = pen_reader_u16(r);
		pen_reader_bytes(r, 18);
		return 0;
	case CAPTURE_NULL:
	case CAPTURE_LOOP:
		pen_reader_bytes(r, 4); /* the family, by the numbers of some machine */
		*typep = ip_type(r);
		return 0;
	case CAPTURE_RAW:
	case CAPTURE_IPV4:
	case CAPTURE_IPV6:
	case 12: /* raw IP, by other systems' numbers */
	case 14:
		*typep = ip_type(r);
		return 0;
	default:
		return PEN_E_UNSUPPORTED;
	}
}

static void map(uint8_t address[16], const uint8_t four[4])
{
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, four, 4);
}

/* How much of what is left belongs to the datagram; 0 says nothing, where a card cuts it later. */
static void limit(struct pen_reader *r, size_t n, size_t *n_sentp)
{
	size_t left = pen_reader_left(r);

	*n_sentp = n ? n : left;
	if (n && n < left)
		r->size = r->pos + n;
}

static int get_ipv4(struct frame *frame, struct pen_reader *r, size_t *n_sentp)
{
	uint8_t first = pen_reader_u8(r);
	size_t n_header = (size_t)(first & 15) * 4;
	uint16_t total;
	uint16_t piece;
	uint8_t protocol;
	const uint8_t *addresses;

	pen_reader_u8(r);
	total = pen_reader_u16(r);
	pen_reader_u16(r);
	piece = pen_reader_u16(r);
	pen_reader_u8(r);
	protocol = pen_reader_u8(r);
	pen_reader_u16(r);
	addresses = pen_reader_bytes(r, 8);
	if (!addresses || n_header < 20 || (total && total < n_header))
		return PEN_E_BAD_DATA;
	if (protocol != IPPROTO_TCP)
		return PEN_E_NOT_FOUND;
	if (piece & 0x3fff)
		return PEN_E_UNSUPPORTED;
	map(frame->source.address, addresses);
	map(frame->target.address, addresses + 4);
	pen_reader_bytes(r, n_header - 20);
	limit(r, total ? total - n_header : 0, n_sentp);
	return 0;
}

static int skip_extensions(struct pen_reader *r, uint8_t next)
{
	for (int i = 0; i < N_EXTENSIONS_MAX && pen_reader_ok(r); i++) {
		uint8_t type = next;

		if (type == IPPROTO_TCP)
			return 0;
		if (type != HOP_BY_HOP && type != ROUTING && type != DESTINATION &&
		    type != FRAGMENT && type != AUTHENTICATION)
			return PEN_E_NOT_FOUND;
		next = pen_reader_u8(r);
		if (type == FRAGMENT) {
			pen_reader_u8(r);
			if (pen_reader_u16(r) & 0xfff9)
				return PEN_E_UNSUPPORTED;
			pen_reader_u32(r);
		} else if (type == AUTHENTICATION) {
			pen_reader_bytes(r, ((size_t)pen_reader_u8(r) + 2) * 4 - 2);
		} else {
			pen_reader_bytes(r, ((size_t)pen_reader_u8(r) + 1) * 8 - 2);
		}
	}
	return PEN_E_BAD_DATA;
}

static int get_ipv6(struct frame *frame, struct pen_reader *r, size_t *n_sentp)
{
	const uint8_t *addresses;
	uint16_t n;
	uint8_t next;
	size_t at;
	int result;

	pen_reader_u32(r);
	n = pen_reader_u16(r);
	next = pen_reader_u8(r);
	pen_reader_u8(r);
	addresses = pen_reader_bytes(r, 32);
	if (!addresses)
		return PEN_E_BAD_DATA;
	memcpy(frame->source.address, addresses, 16);
	memcpy(frame->target.address, addresses + 16, 16);
	limit(r, n, n_sentp);
	at = r->pos;
	result = skip_extensions(r, next);
	if (!result && r->pos - at > *n_sentp)
		result = PEN_E_BAD_DATA;
	if (!result)
		*n_sentp -= r->pos - at;
	return result;
}

static int get_tcp(struct frame *frame, struct pen_reader *r, size_t n_sent)
{
	size_t n_header;

	frame->source.port = pen_reader_u16(r);
	frame->target.port = pen_reader_u16(r);
	frame->number = pen_reader_u32(r);
	frame->acknowledged = pen_reader_u32(r);
	n_header = (size_t)(pen_reader_u8(r) >> 4) * 4;
	frame->flags = pen_reader_u8(r);
	pen_reader_bytes(r, 6);
	if (n_header < 20 || n_header > n_sent)
		return PEN_E_BAD_DATA;
	pen_reader_bytes(r, n_header - 20);
	if (!pen_reader_ok(r))
		return PEN_E_BAD_DATA;
	frame->n_data = n_sent - n_header;
	frame->data = pen_reader_slice(r, pen_reader_left(r));
	return 0;
}

int frame_get(struct frame *frame, const struct capture_packet *packet)
{
	struct pen_reader r;
	size_t n_sent = 0;
	uint16_t type;
	int result;

	pen_reader_init(&r, packet->data.data, packet->data.size);
	r.is_big_endian = true;
	result = link_type(packet->link, &r, &type);
	if (result)
		return result;
	if (!pen_reader_ok(&r))
		return PEN_E_BAD_DATA;
	if (type == TYPE_IPV4)
		result = get_ipv4(frame, &r, &n_sent);
	else if (type == TYPE_IPV6)
		result = get_ipv6(frame, &r, &n_sent);
	else
		return PEN_E_NOT_FOUND;
	return result ? result : get_tcp(frame, &r, n_sent);
}

void frame_end_print(const struct frame_end *end, char text[FRAME_END_SIZE])
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	bool is_four = !memcmp(end->address, mapped, sizeof(mapped));
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(is_four ? AF_INET : AF_INET6, end->address + (is_four ? 12 : 0), host,
		  sizeof(host));
	snprintf(text, FRAME_END_SIZE, is_four ? "%s:%u" : "[%s]:%u", host, end->port);
}
