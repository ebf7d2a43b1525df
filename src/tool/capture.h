/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_CAPTURE_H
#define PEN_TOOL_CAPTURE_H
/*
 * A file of recorded traffic, pcap or pcapng, of either byte order. Feed it the file's bytes,
 * pull its packets. It is hostile: each length is held against what is there, and no record
 * may be longer than CAPTURE_RECORD_MAX.
 */
#include <penstock/buffer.h>

enum { CAPTURE_RECORD_MAX = 1 << 20, CAPTURE_INTERFACES_MAX = 256, CAPTURE_MAGIC_SIZE = 4 };

/* What a packet begins with: LINKTYPE_, as the file has it. */
enum capture_link {
	CAPTURE_NULL = 0,
	CAPTURE_ETHERNET = 1,
	CAPTURE_RAW = 101,
	CAPTURE_LOOP = 108,
	CAPTURE_LINUX_SLL = 113,
	CAPTURE_IPV4 = 228,
	CAPTURE_IPV6 = 229,
	CAPTURE_LINUX_SLL2 = 276,
};

struct capture_packet {
	uint64_t time; /* ns since 1970 */
	uint32_t link; /* enum capture_link, or one that nobody here knows */
	struct pen_slice data;
};

/* Of a pcapng file's section, in the order in which they are described. */
struct capture_interface {
	uint32_t link;
	uint64_t ticks; /* a second */
	int64_t offset; /* seconds */
};

struct capture {
	struct pen_buffer bytes; /* fed, and not pulled */
	size_t n_pulled;	 /* of them, which go with the next pull */
	uint64_t n_before;	 /* of the file */
	bool is_started;
	bool is_ng;
	bool is_big_endian;
	uint32_t link; /* pcap's */
	uint64_t ticks;
	struct capture_interface interfaces[CAPTURE_INTERFACES_MAX];
	size_t n_interfaces;
	const char *reason; /* after PEN_E_BAD_DATA */
};

/* Whether a file that begins so is a capture. */
bool capture_is(const uint8_t *data, size_t n);

void capture_init(struct capture *capture);
void capture_done(struct capture *capture);

/* -ENOMEM */
int capture_feed(struct capture *capture, const void *data, size_t n);

/*
 * The next packet, which is valid until the next pull or feed. PEN_E_AGAIN: not without more
 * bytes; PEN_E_BAD_DATA: this is no capture, or no more from here on.
 */
int capture_next(struct capture *capture, struct capture_packet *packet);

/* Where in the file the record stands that next has not taken, for a complaint. */
uint64_t capture_position(const struct capture *capture);

/* Whether a record has begun and its end was never fed. */
bool capture_is_cut(const struct capture *capture);

#endif
