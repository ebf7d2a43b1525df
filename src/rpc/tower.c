/* SPDX-License-Identifier: MIT */
/*
 * Protocol towers: floors of a left-hand side that says what, and a right-hand
 * side that says where [C706 appendices I and L, MS-RPCE 2.2.1.2].
 */
#include "base/reader.h"
#include "base/writer.h"
#include <penstock/binding.h>

enum floor_protocol {
	FLOOR_TCP = 0x07,
	FLOOR_IP = 0x09,
	FLOOR_RPC_CO = 0x0b,
	FLOOR_UUID = 0x0d,
	FLOOR_PIPE_LOCAL = 0x10,
	FLOOR_RPC_LOCAL = 0x0c,
	FLOOR_PIPE = 0x0f,
	FLOOR_NETBIOS = 0x11,
};

struct floor {
	uint8_t protocol;
	struct pen_slice lhs; /* without the protocol */
	struct pen_slice rhs;
};

static void get_floor(struct pen_reader *r, struct floor *floor)
{
	uint16_t n = pen_reader_u16(r);

	*floor = (struct floor){ .protocol = pen_reader_u8(r) };
	if (n == 0)
		r->is_bad = true;
	else
		floor->lhs = pen_reader_slice(r, n - 1u);
	floor->rhs = pen_reader_slice(r, pen_reader_u16(r));
}

static bool get_syntax(struct pen_reader *r, struct pen_syntax_id *id)
{
	struct floor floor;
	struct pen_reader lhs, rhs;

	get_floor(r, &floor);
	pen_reader_init(&lhs, floor.lhs.data, floor.lhs.size);
	pen_reader_init(&rhs, floor.rhs.data, floor.rhs.size);
	id->uuid = pen_reader_uuid(&lhs);
	id->major = pen_reader_u16(&lhs);
	id->minor = pen_reader_u16(&rhs);
	return pen_reader_ok(r) && floor.protocol == FLOOR_UUID && pen_reader_ok(&lhs) &&
	       pen_reader_left(&lhs) == 0 && pen_reader_ok(&rhs);
}

/* A floor's text has a NUL at its end, which some leave out. */
static int get_text(const struct floor *floor, char text[256])
{
	size_t n = floor->rhs.size;

	if (n > 0 && floor->rhs.data[n - 1] == '\0')
		n--;
	if (n > 255 || memchr(floor->rhs.data ? floor->rhs.data : (const uint8_t *)"", '\0', n))
		return PEN_E_BAD_DATA;
	if (n)
		memcpy(text, floor->rhs.data, n);
	text[n] = '\0';
	return 0;
}

static int get_tcp(struct pen_tower *tower, const struct floor *port, const struct floor *address)
{
	if (address->protocol != FLOOR_IP)
		return PEN_E_UNSUPPORTED;
	if (port->rhs.size != 2 || address->rhs.size != 4)
		return PEN_E_BAD_DATA;
	tower->protseq = PEN_NCACN_IP_TCP;
	tower->port = (uint16_t)(port->rhs.data[0] << 8 | port->rhs.data[1]);
	memcpy(tower->ip, address->rhs.data, 4);
	return 0;
}

static int get_local(struct pen_tower *tower, const struct floor *floor)
{
	tower->protseq = PEN_NCALRPC;
	return get_text(floor, tower->endpoint);
}

static int get_pipe(struct pen_tower *tower, const struct floor *pipe, const struct floor *host)
{
	if (host->protocol != FLOOR_NETBIOS)
		return PEN_E_UNSUPPORTED;
	tower->protseq = PEN_NCACN_NP;
	if (get_text(host, tower->host))
		return PEN_E_BAD_DATA;
	return get_text(pipe, tower->endpoint);
}

int pen_tower_get(struct pen_tower *tower, const void *data, size_t n)
{
	struct pen_tower got = { 0 };
	struct floor protocol, endpoint, address = { 0 };
	struct pen_reader r;
	uint16_t n_floors;
	int result;

	pen_reader_init(&r, data, n);
	n_floors = pen_reader_u16(&r);
	if (n_floors < 4 || n_floors > 5)
		return pen_reader_ok(&r) && n_floors >= 3 ? PEN_E_UNSUPPORTED : PEN_E_BAD_DATA;
	if (!get_syntax(&r, &got.interface) || !get_syntax(&r, &got.transfer))
		return PEN_E_BAD_DATA;
	get_floor(&r, &protocol);
	get_floor(&r, &endpoint);
	if (n_floors == 5)
		get_floor(&r, &address);
	if (!pen_reader_ok(&r))
		return PEN_E_BAD_DATA;

	if (protocol.protocol == FLOOR_RPC_LOCAL && endpoint.protocol == FLOOR_PIPE_LOCAL)
		result = get_local(&got, &endpoint);
	else if (protocol.protocol != FLOOR_RPC_CO || n_floors != 5)
		result = PEN_E_UNSUPPORTED;
	else if (endpoint.protocol == FLOOR_TCP)
		result = get_tcp(&got, &endpoint, &address);
	else if (endpoint.protocol == FLOOR_PIPE)
		result = get_pipe(&got, &endpoint, &address);
	else
		result = PEN_E_UNSUPPORTED;
	if (!result)
		*tower = got;
	return result;
}

static void put_floor(struct pen_writer *w, uint8_t protocol, const void *rhs, size_t n)
{
	pen_writer_u16(w, 1);
	pen_writer_u8(w, protocol);
	pen_writer_u16(w, (uint16_t)n);
	pen_writer_bytes(w, rhs, n);
}

static void put_syntax(struct pen_writer *w, const struct pen_syntax_id *id)
{
	pen_writer_u16(w, 19);
	pen_writer_u8(w, FLOOR_UUID);
	pen_writer_uuid(w, &id->uuid);
	pen_writer_u16(w, id->major);
	pen_writer_u16(w, 2);
	pen_writer_u16(w, id->minor);
}

int pen_tower_put(const struct pen_tower *tower, struct pen_buffer *buffer)
{
	const uint8_t port[2] = { (uint8_t)(tower->port >> 8), (uint8_t)tower->port };
	static const uint8_t version[2] = { 0, 0 };
	struct pen_writer w;

	pen_writer_init(&w, buffer);
	pen_writer_u16(&w, tower->protseq == PEN_NCALRPC ? 4 : 5);
	put_syntax(&w, &tower->interface);
	put_syntax(&w, &tower->transfer);
	switch (tower->protseq) {
	case PEN_NCACN_IP_TCP:
		put_floor(&w, FLOOR_RPC_CO, version, sizeof(version));
		put_floor(&w, FLOOR_TCP, port, sizeof(port));
		put_floor(&w, FLOOR_IP, tower->ip, sizeof(tower->ip));
		break;
	case PEN_NCACN_NP:
		put_floor(&w, FLOOR_RPC_CO, version, sizeof(version));
		put_floor(&w, FLOOR_PIPE, tower->endpoint, strlen(tower->endpoint) + 1);
		put_floor(&w, FLOOR_NETBIOS, tower->host, strlen(tower->host) + 1);
		break;
	case PEN_NCALRPC:
		put_floor(&w, FLOOR_RPC_LOCAL, version, sizeof(version));
		put_floor(&w, FLOOR_PIPE_LOCAL, tower->endpoint, strlen(tower->endpoint) + 1);
		break;
	}
	return w.error;
}
