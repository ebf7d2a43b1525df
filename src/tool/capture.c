/* SPDX-License-Identifier: MIT */
/* pcap [draft-ietf-opsawg-pcap] and pcapng [draft-ietf-opsawg-pcapng]. */
#include "tool/capture.h"
#include "base/reader.h"

enum {
	MICRO = 1000000,
	NANO = 1000000000,
	PCAP_HEADER = 24,
	PCAP_RECORD = 16,
	BLOCK_MIN = 12,
	SECTION = 0x0a0d0d0a,
	BYTE_ORDER_MARK = 0x1a2b3c4d,
};

/* Types of blocks. */
enum { INTERFACE = 1, OLD_PACKET = 2, SIMPLE_PACKET = 3, PACKET = 6 };

/* Options of an interface. */
enum { END_OF_OPTIONS = 0, TSRESOL = 9, TSOFFSET = 14 };

static const struct magic {
	uint8_t bytes[CAPTURE_MAGIC_SIZE];
	bool is_ng;
	bool is_big_endian;
	uint32_t ticks;
} magics[] = {
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, false, false, MICRO },
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, false, true, MICRO },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, false, false, NANO },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, false, true, NANO },
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, true, false, 0 },
};

static const struct magic *magic_of(const uint8_t *data, size_t n)
{
	for (size_t i = 0; n >= CAPTURE_MAGIC_SIZE && i < PEN_COUNT(magics); i++)
		if (!memcmp(data, magics[i].bytes, CAPTURE_MAGIC_SIZE))
			return &magics[i];
	return NULL;
}

bool capture_is(const uint8_t *data, size_t n)
{
	return magic_of(data, n) != NULL;
}

void capture_init(struct capture *capture)
{
	*capture = (struct capture){ .reason = "" };
}

void capture_done(struct capture *capture)
{
	pen_buffer_done(&capture->bytes);
}

static void forget_pulled(struct capture *capture)
{
	pen_buffer_consume(&capture->bytes, capture->n_pulled);
	capture->n_before += capture->n_pulled;
	capture->n_pulled = 0;
}

int capture_feed(struct capture *capture, const void *data, size_t n)
{
	forget_pulled(capture);
	return pen_buffer_add(&capture->bytes, data, n);
}

uint64_t capture_position(const struct capture *capture)
{
	return capture->n_before + capture->n_pulled;
}

bool capture_is_cut(const struct capture *capture)
{
	return capture->bytes.size > capture->n_pulled;
}

static int refuse(struct capture *capture, const char *reason)
{
	capture->reason = reason;
	return PEN_E_BAD_DATA;
}

/* What has not been pulled. */
static struct pen_reader reader_of(const struct capture *capture)
{
	struct pen_reader r;

	pen_reader_init(&r, capture->bytes.data + capture->n_pulled,
			capture->bytes.size - capture->n_pulled);
	r.is_big_endian = capture->is_big_endian;
	return r;
}

/* ---- time ---- */

static uint64_t to_ns(uint64_t n, uint64_t ticks)
{
	uint64_t seconds = n / ticks;

	/* Beyond the year 2554, nobody knows. */
	if (seconds >= UINT64_MAX / NANO)
		return UINT64_MAX;
	return seconds * NANO + (uint64_t)((double)(n % ticks) * NANO / (double)ticks + 0.5);
}

/* A negative power of 10, or with its high bit of 2. */
static uint64_t ticks_of(uint8_t resolution)
{
	unsigned power = resolution & 0x7f;
	uint64_t ticks = 1;

	if (resolution & 0x80)
		return power < 64 ? UINT64_C(1) << power : MICRO;
	if (power > 19)
		return MICRO;
	while (power--)
		ticks *= 10;
	return ticks;
}

/* ---- pcap ---- */

static int start_pcap(struct capture *capture)
{
	struct pen_reader r = reader_of(capture);

	if (pen_reader_left(&r) < PCAP_HEADER)
		return PEN_E_AGAIN;
	pen_reader_bytes(&r, PCAP_HEADER - 4);
	/* Above the link's type stands how long a frame check sequence is. */
	capture->link = pen_reader_u32(&r) & 0x0fffffff;
	capture->n_pulled += PCAP_HEADER;
	return 0;
}

static int next_pcap(struct capture *capture, struct capture_packet *packet)
{
	struct pen_reader r = reader_of(capture);
	uint64_t seconds;
	uint64_t rest;
	uint32_t n;

	if (pen_reader_left(&r) < PCAP_RECORD)
		return PEN_E_AGAIN;
	seconds = pen_reader_u32(&r);
	rest = pen_reader_u32(&r);
	n = pen_reader_u32(&r);
	pen_reader_u32(&r);
	if (n > CAPTURE_RECORD_MAX)
		return refuse(capture, "a packet longer than 1 MiB");
	if (pen_reader_left(&r) < n)
		return PEN_E_AGAIN;
	packet->time = seconds * NANO + to_ns(rest, capture->ticks);
	packet->link = capture->link;
	packet->data = pen_reader_slice(&r, n);
	capture->n_pulled += r.pos;
	return 0;
}

/* ---- pcapng ---- */

static void take_options(struct capture_interface *interface, struct pen_reader *r)
{
	while (pen_reader_left(r) >= 4) {
		uint16_t code = pen_reader_u16(r);
		uint16_t n = pen_reader_u16(r);
		struct pen_reader value;
		struct pen_slice bytes = pen_reader_slice(r, n);

		pen_reader_align(r, 4);
		if (code == END_OF_OPTIONS || !bytes.size)
			return;
		pen_reader_init(&value, bytes.data, bytes.size);
		value.is_big_endian = r->is_big_endian;
		if (code == TSRESOL)
			interface->ticks = ticks_of(pen_reader_u8(&value));
		else if (code == TSOFFSET && n == 8)
			interface->offset = (int64_t)pen_reader_u64(&value);
	}
}

static int take_interface(struct capture *capture, struct pen_reader *r)
{
	struct capture_interface *interface;

	if (capture->n_interfaces == CAPTURE_INTERFACES_MAX)
		return refuse(capture, "more than 256 interfaces");
	interface = &capture->interfaces[capture->n_interfaces++];
	*interface = (struct capture_interface){ .link = pen_reader_u16(r), .ticks = MICRO };
	pen_reader_bytes(r, 6);
	take_options(interface, r);
	return PEN_E_AGAIN;
}

static uint64_t time_of(const struct capture_interface *interface, uint64_t stamp)
{
	uint64_t time = to_ns(stamp, interface->ticks);
	int64_t offset = interface->offset;

	if (offset > (int64_t)(UINT64_MAX / NANO / 2) || offset < -(int64_t)(UINT64_MAX / NANO / 2))
		return time;
	return time + (uint64_t)offset * NANO;
}

static int take_packet(struct capture *capture, uint32_t type, struct pen_reader *r,
		       struct capture_packet *packet)
{
	uint32_t index = 0;
	uint64_t stamp = 0;
	uint32_t n;

	if (type == PACKET)
		index = pen_reader_u32(r);
	else if (type == OLD_PACKET) {
		index = pen_reader_u16(r);
		pen_reader_u16(r); /* how many were dropped before it */
	}
	if (type != SIMPLE_PACKET) {
		stamp = (uint64_t)pen_reader_u32(r) << 32;
		stamp |= pen_reader_u32(r);
		n = pen_reader_u32(r);
		pen_reader_u32(r);
	} else {
		n = pen_reader_u32(r);
		if (n > pen_reader_left(r))
			n = (uint32_t)pen_reader_left(r);
	}
	packet->data = pen_reader_slice(r, n);
	if (!pen_reader_ok(r))
		return refuse(capture, "a packet that does not fit in its block");
	if (index >= capture->n_interfaces)
		return refuse(capture, "a packet of an interface that is not described");
	packet->link = capture->interfaces[index].link;
	packet->time = time_of(&capture->interfaces[index], stamp);
	return 0;
}

/* A section header says in which byte order it is, its own length too. */
static int take_byte_order(struct capture *capture, struct pen_reader *r)
{
	uint32_t mark;

	if (pen_reader_left(r) < 8)
		return PEN_E_AGAIN;
	pen_reader_u32(r);
	r->is_big_endian = false;
	mark = pen_reader_u32(r);
	if (mark != BYTE_ORDER_MARK && mark != __builtin_bswap32(BYTE_ORDER_MARK))
		return refuse(capture, "a section of no byte order");
	capture->is_big_endian = mark != BYTE_ORDER_MARK;
	return 0;
}

/* One block. PEN_E_AGAIN with *is_whole: it had no packet. */
static int next_block(struct capture *capture, struct capture_packet *packet, bool *is_whole)
{
	struct pen_reader r = reader_of(capture);
	struct pen_reader body;
	uint32_t type;
	uint32_t n;
	int result;

	*is_whole = false;
	if (pen_reader_left(&r) < BLOCK_MIN)
		return PEN_E_AGAIN;
	type = pen_reader_u32(&r);
	if (type == SECTION) {
		result = take_byte_order(capture, &r);
		if (result)
			return result;
		r = reader_of(capture);
		pen_reader_u32(&r);
		capture->n_interfaces = 0;
	}
	n = pen_reader_u32(&r);
	if (n < BLOCK_MIN || n % 4 || n > CAPTURE_RECORD_MAX)
		return refuse(capture, "a block of a length that none has");
	if (pen_reader_left(&r) < n - 8)
		return PEN_E_AGAIN;
	pen_reader_init(&body, r.data + r.pos, n - BLOCK_MIN);
	body.is_big_endian = capture->is_big_endian;
	*is_whole = true;
	capture->n_pulled += n;
	switch (type) {
	case INTERFACE:
		return take_interface(capture, &body);
	case OLD_PACKET:
	case SIMPLE_PACKET:
	case PACKET:
		return take_packet(capture, type, &body, packet);
	default:
		return PEN_E_AGAIN;
	}
}

static int next_ng(struct capture *capture, struct capture_packet *packet)
{
	bool is_whole;
	int r;

	do {
		r = next_block(capture, packet, &is_whole);
	} while (r == PEN_E_AGAIN && is_whole);
	return r;
}

/* ---- either ---- */

static int start(struct capture *capture)
{
	const struct magic *magic = magic_of(capture->bytes.data, capture->bytes.size);

	if (!magic)
		return capture->bytes.size < CAPTURE_MAGIC_SIZE ? PEN_E_AGAIN
								: refuse(capture, "no capture");
	capture->is_ng = magic->is_ng;
	capture->is_big_endian = magic->is_big_endian;
	capture->ticks = magic->ticks;
	if (!capture->is_ng) {
		int r = start_pcap(capture);

		if (r)
			return r;
	}
	capture->is_started = true;
	return 0;
}

int capture_next(struct capture *capture, struct capture_packet *packet)
{
	int r = capture->is_started ? 0 : start(capture);

	if (r)
		return r;
	return capture->is_ng ? next_ng(capture, packet) : next_pcap(capture, packet);
}
