/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TEST_RECORDING_H
#define PEN_TOOL_TEST_RECORDING_H
/*
 * Captures that a test makes: TCP segments in frames in a file, and what is told of them.
 */
#include "runtime/world.h"
#include "support/unit.h"
#include "tool/traffic.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT, SERVER };
/* So that numbers wrap. */
#define FIRST_NUMBER UINT32_C(0xfffffff0)

static inline void put_big(struct pen_buffer *buffer, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = n - i > 8 ? 0 : (uint8_t)(value >> 8 * (n - 1 - i));

		assert_int_equal(pen_buffer_add(buffer, &byte, 1), 0);
	}
}

static inline void put_little(struct pen_buffer *buffer, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = i < 8 ? (uint8_t)(value >> 8 * i) : 0;

		assert_int_equal(pen_buffer_add(buffer, &byte, 1), 0);
	}
}

/* One segment. */
struct segment {
	unsigned from;
	uint32_t number;
	uint32_t acknowledged;
	uint8_t flags;
	struct pen_slice data;
	uint16_t server_port; /* 0: 135 */
};

static inline void put_tcp(struct pen_buffer *out, const struct segment *segment)
{
	uint16_t server = segment->server_port ? segment->server_port : 135;

	put_big(out, segment->from == CLIENT ? 50000 : server, 2);
	put_big(out, segment->from == CLIENT ? server : 50000, 2);
	put_big(out, segment->number, 4);
	put_big(out, segment->acknowledged, 4);
	put_big(out, 0x50, 1);
	put_big(out, segment->flags, 1);
	put_big(out, 0, 6);
	assert_int_equal(pen_buffer_add(out, segment->data.data, segment->data.size), 0);
}

/* An IPv4 datagram from 192.0.2.1 to 192.0.2.2, or back. */
static inline void put_ipv4(struct pen_buffer *out, const struct segment *segment)
{
	put_big(out, 0x4500, 2);
	put_big(out, 40 + segment->data.size, 2);
	put_big(out, 0, 4);
	put_big(out, 0x4006, 2);
	put_big(out, 0, 2);
	put_big(out, segment->from == CLIENT ? 0xc0000201 : 0xc0000202, 4);
	put_big(out, segment->from == CLIENT ? 0xc0000202 : 0xc0000201, 4);
	put_tcp(out, segment);
}

/* The head of a pcap file. */
static inline void put_pcap(struct pen_buffer *out, uint32_t link)
{
	put_little(out, 0xa1b2c3d4, 4);
	put_little(out, 0x00040002, 4);
	put_little(out, 0, 8);
	put_little(out, 65535, 4);
	put_little(out, link, 4);
}

static inline void put_record(struct pen_buffer *out, uint32_t seconds, struct pen_slice packet)
{
	put_little(out, seconds, 4);
	put_little(out, 250000, 4);
	put_little(out, packet.size, 4);
	put_little(out, packet.size, 4);
	assert_int_equal(pen_buffer_add(out, packet.data, packet.size), 0);
}

static inline void put_segment(struct pen_buffer *out, uint32_t seconds,
			       const struct segment *segment)
{
	struct pen_buffer packet = { 0 };

	put_ipv4(&packet, segment);
	put_record(out, seconds, (struct pen_slice){ packet.data, packet.size });
	pen_buffer_done(&packet);
}

/* A conversation as one capture has it, segment by segment. */
struct recording {
	struct pen_buffer file;
	uint32_t next[2]; /* numbers */
	uint32_t seconds;
	uint16_t server_port;
};

static inline void recording_begin(struct recording *recording, uint16_t server_port)
{
	*recording = (struct recording){ .next = { FIRST_NUMBER, 7 }, .server_port = server_port };
	put_pcap(&recording->file, CAPTURE_RAW);
}

static inline void recording_put(struct recording *recording, unsigned from, uint8_t flags,
				 const void *data, size_t n)
{
	const struct segment segment = {
		.from = from,
		.number = recording->next[from],
		.acknowledged = recording->next[!from],
		.flags = flags,
		.data = { data, n },
		.server_port = recording->server_port,
	};

	put_segment(&recording->file, recording->seconds++, &segment);
	recording->next[from] += (uint32_t)n + !!(flags & FRAME_SYN);
}

static inline void recording_hello(struct recording *recording)
{
	recording_put(recording, CLIENT, FRAME_SYN, NULL, 0);
	recording_put(recording, SERVER, FRAME_SYN | FRAME_ACK, NULL, 0);
}

/* Bytes in segments of at most cut. */
static inline void recording_say(struct recording *recording, unsigned from, const void *data,
				 size_t n, size_t cut)
{
	for (size_t at = 0; at < n; at += cut)
		recording_put(recording, from, FRAME_ACK, (const uint8_t *)data + at,
			      n - at < cut ? n - at : cut);
}

/* ---- what is told ---- */

struct listener {
	struct tool tool;
	struct report report;
	struct pen_world world;
	struct keyring keyring;
	struct pen_buffer told; /* lines */
	struct traffic_counts counts;
	struct traffic_filter filter;
	bool has_filter;
	int print_result;
};

static struct listener *listening;

static inline int keep(struct report *report)
{
	int r = pen_buffer_add(&listening->told, report->json.data, report->json.size);

	if (!r)
		r = pen_buffer_add(&listening->told, "\n", 1);
	return r ? r : listening->print_result;
}

static inline void listener_init(struct listener *listener)
{
	*listener = (struct listener){ .report = { .tool = &listener->tool, .print = keep } };
	assert_int_equal(pen_world_init(&listener->world), 0);
	listener->report.world = &listener->world.mech;
}

static inline void listener_done(struct listener *listener)
{
	pen_buffer_done(&listener->told);
	pen_buffer_done(&listener->report.json);
	keyring_done(&listener->keyring);
	pen_world_done(&listener->world);
	pen_arena_done(&listener->tool.arena);
}

/* Keys, from the text of a log, which the listener's keyring changes and keeps. */
static inline void listener_keys(struct listener *listener, char *text)
{
	assert_int_equal(keyring_parse(&listener->keyring, text), 0);
	listener->report.keyring = &listener->keyring;
}

/* All of a capture file, in pieces of at most cut. Whatever traffic or capture return. */
static inline int listen_to(struct listener *listener, const void *file, size_t n, size_t cut)
{
	struct traffic *traffic = NULL;
	struct capture_packet packet;
	struct capture capture;
	int r = traffic_new(&traffic, &listener->report,
			    listener->has_filter ? &listener->filter : NULL);

	listening = listener;
	listener->told.size = 0;
	capture_init(&capture);
	for (size_t at = 0; !r && at < n; at += cut) {
		r = capture_feed(&capture, (const uint8_t *)file + at, n - at < cut ? n - at : cut);
		while (!r && !(r = capture_next(&capture, &packet)))
			r = traffic_take(traffic, &packet);
		r = r == PEN_E_AGAIN ? 0 : r;
	}
	if (!r)
		r = traffic_end(traffic);
	if (traffic)
		listener->counts = traffic_counts(traffic);
	traffic_free(traffic);
	capture_done(&capture);
	return r;
}

static inline size_t told_lines(const struct listener *listener)
{
	size_t n = 0;

	for (size_t i = 0; i < listener->told.size; i++)
		n += listener->told.data[i] == '\n';
	return n;
}

/* How often a text stands in what was told. */
static inline size_t told(const struct listener *listener, const char *text)
{
	const uint8_t *at = listener->told.data;
	const uint8_t *end = at + listener->told.size;
	size_t n = 0;

	while (at && (at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		at += strlen(text);
		n++;
	}
	return n;
}

#endif
