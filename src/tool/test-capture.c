/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "tool/test-recording.h"

static const uint8_t packet_bytes[] = { 1, 2, 3, 4, 5, 6, 7 };

static void put(struct pen_buffer *out, bool is_big, uint64_t value, size_t n)
{
	(is_big ? put_big : put_little)(out, value, n);
}

static void put_pad(struct pen_buffer *out, bool is_big)
{
	assert_int_equal(pen_buffer_add(out, packet_bytes, sizeof(packet_bytes)), 0);
	put(out, is_big, 0, 1);
}

/* Two packets in pcap of any kind. */
static void make_pcap(struct pen_buffer *out, bool is_big, bool is_nano)
{
	put(out, is_big, is_nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(out, is_big, 2, 2);
	put(out, is_big, 4, 2);
	put(out, is_big, 0, 8);
	put(out, is_big, 65535, 4);
	put(out, is_big, UINT32_C(0xf0000001), 4); /* a check sequence's length, and Ethernet */
	for (uint32_t i = 0; i < 2; i++) {
		put(out, is_big, 1000 + i, 4);
		put(out, is_big, 5, 4);
		put(out, is_big, sizeof(packet_bytes), 4);
		put(out, is_big, 1500, 4);
		assert_int_equal(pen_buffer_add(out, packet_bytes, sizeof(packet_bytes)), 0);
	}
}

static void put_section(struct pen_buffer *out, bool is_big)
{
	put(out, is_big, 0x0a0d0d0a, 4);
	put(out, is_big, 28, 4);
	put(out, is_big, 0x1a2b3c4d, 4);
	put(out, is_big, 1, 2);
	put(out, is_big, 0, 2);
	put(out, is_big, UINT64_MAX, 8);
	put(out, is_big, 28, 4);
}

/* resolution 0: it has no options. */
static void put_interface(struct pen_buffer *out, bool is_big, uint16_t link, uint8_t resolution,
			  int64_t offset)
{
	uint32_t n = resolution ? 20 + 8 + 12 + 4 : 20;

	put(out, is_big, 1, 4);
	put(out, is_big, n, 4);
	put(out, is_big, link, 2);
	put(out, is_big, 0, 2);
	put(out, is_big, 65535, 4);
	if (resolution) {
		put(out, is_big, 9, 2);
		put(out, is_big, 1, 2);
		put_little(out, resolution, 4);
		put(out, is_big, 14, 2);
		put(out, is_big, 8, 2);
		put(out, is_big, (uint64_t)offset, 8);
		put(out, is_big, 0, 4);
	}
	put(out, is_big, n, 4);
}

static void put_packet(struct pen_buffer *out, bool is_big, uint32_t interface, uint64_t stamp)
{
	put(out, is_big, 6, 4);
	put(out, is_big, 40, 4);
	put(out, is_big, interface, 4);
	put(out, is_big, stamp >> 32, 4);
	put(out, is_big, (uint32_t)stamp, 4);
	put(out, is_big, sizeof(packet_bytes), 4);
	put(out, is_big, 1500, 4);
	put_pad(out, is_big);
	put(out, is_big, 40, 4);
}

/* Four packets, of each kind of block; and a block that nobody knows. */
static void make_ng(struct pen_buffer *out, bool is_big)
{
	put_section(out, is_big);
	put_interface(out, is_big, 113, 0, 0);
	put_interface(out, is_big, 1, 9, 100);
	put(out, is_big, 0xbad, 4);
	put(out, is_big, 12, 4);
	put(out, is_big, 12, 4);
	put_packet(out, is_big, 0, UINT64_C(1000000005));
	put_packet(out, is_big, 1, UINT64_C(900000000005));
	put(out, is_big, 3, 4);
	put(out, is_big, 24, 4);
	put(out, is_big, sizeof(packet_bytes), 4);
	put_pad(out, is_big);
	put(out, is_big, 24, 4);
	put(out, is_big, 2, 4);
	put(out, is_big, 40, 4);
	put(out, is_big, 1, 2);
	put(out, is_big, 0, 2);
	put(out, is_big, 0, 4);
	put(out, is_big, 7, 4);
	put(out, is_big, sizeof(packet_bytes), 4);
	put(out, is_big, 1500, 4);
	put_pad(out, is_big);
	put(out, is_big, 40, 4);
	/* Another section forgets the interfaces of the first, and may have another order. */
	put_section(out, !is_big);
	put_interface(out, !is_big, 228, 0, 0);
	put_packet(out, !is_big, 0, 1);
}

struct seen {
	uint32_t link;
	uint64_t time;
};

/* Pulls all packets of a file that is cut somewhere. */
static int expect(const struct pen_buffer *file, size_t cut, const struct seen *seen, size_t n)
{
	struct capture_packet packet;
	struct capture capture;
	size_t n_seen = 0;
	int r = 0;

	capture_init(&capture);
	for (int half = 0; half < 2 && (!r || r == PEN_E_AGAIN); half++) {
		r = capture_feed(&capture, file->data + (half ? cut : 0),
				 half ? file->size - cut : cut);
		while (!r && !(r = capture_next(&capture, &packet))) {
			assert_true(n_seen < n);
			assert_int_equal(packet.link, seen[n_seen].link);
			assert_int_equal(packet.time, seen[n_seen].time);
			assert_int_equal(packet.data.size, sizeof(packet_bytes));
			assert_memory_equal(packet.data.data, packet_bytes, packet.data.size);
			n_seen++;
		}
	}
	if (r == PEN_E_AGAIN) {
		assert_int_equal(n_seen, n);
		assert_false(capture_is_cut(&capture));
		assert_int_equal(capture_position(&capture), file->size);
	}
	capture_done(&capture);
	return r;
}

/* Both orders, both resolutions, wherever the file is cut. */
static void test_pcap(void **state)
{
	for (int kind = 0; kind < 4; kind++) {
		bool is_nano = kind & 2;
		const struct seen seen[] = { { 1, UINT64_C(1000000000000) + (is_nano ? 5 : 5000) },
					     { 1,
					       UINT64_C(1001000000000) + (is_nano ? 5 : 5000) } };
		struct pen_buffer file = { 0 };

		make_pcap(&file, kind & 1, is_nano);
		assert_true(capture_is(file.data, file.size));
		for (size_t cut = 0; cut <= file.size; cut++)
			assert_int_equal(expect(&file, cut, seen, 2), PEN_E_AGAIN);
		pen_buffer_done(&file);
	}
}

static void test_pcapng(void **state)
{
	static const struct seen seen[] = {
		{ 113, UINT64_C(1000000005000) },
		{ 1, UINT64_C(1000000000005) },
		{ 113, 0 },
		{ 1, UINT64_C(100000000007) },
		{ 228, 1000 },
	};

	for (int is_big = 0; is_big < 2; is_big++) {
		struct pen_buffer file = { 0 };

		make_ng(&file, is_big);
		assert_true(capture_is(file.data, file.size));
		for (size_t cut = 0; cut <= file.size; cut++)
			assert_int_equal(expect(&file, cut, seen, PEN_COUNT(seen)), PEN_E_AGAIN);
		pen_buffer_done(&file);
	}
}

static void test_resolutions(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t stamp;
		uint64_t time;
	} rows[] = {
		{ 0x80 | 32, UINT64_C(3) << 31, UINT64_C(1500000000) },
		{ 3, 1500, UINT64_C(1500000000) },
		{ 19, UINT64_C(15000000000000000000), UINT64_C(1500000000) },
		{ 20, 1500000, UINT64_C(1500000000) }, /* no number has so many */
		{ 0x80 | 64, 1500000, UINT64_C(1500000000) },
		{ 0x80, UINT64_MAX, UINT64_MAX },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct seen seen = { 1, rows[i].time };
		struct pen_buffer file = { 0 };

		put_section(&file, false);
		put_interface(&file, false, 1, rows[i].resolution, 0);
		put_packet(&file, false, 0, rows[i].stamp);
		assert_int_equal(expect(&file, 0, &seen, 1), PEN_E_AGAIN);
		pen_buffer_done(&file);
	}
}

static void expect_bad(const struct pen_buffer *file, const char *reason)
{
	struct capture_packet packet;
	struct capture capture;

	capture_init(&capture);
	assert_int_equal(capture_feed(&capture, file->data, file->size), 0);
	assert_int_equal(capture_next(&capture, &packet), PEN_E_BAD_DATA);
	assert_string_equal(capture.reason, reason);
	capture_done(&capture);
}

static void test_hostile(void **state)
{
	struct pen_buffer file = { 0 };

	assert_false(capture_is((const uint8_t *)"\x05\x00\x0b\x03", 4));
	assert_false(capture_is((const uint8_t *)"\x0a\x0d\x0d", 3));
	put_little(&file, 5, 4);
	expect_bad(&file, "no capture");
	file.size = 0;
	put_pcap(&file, 1);
	put_little(&file, 0, 8);
	put_little(&file, CAPTURE_RECORD_MAX + 1, 4);
	put_little(&file, 0, 4);
	expect_bad(&file, "a packet longer than 1 MiB");
	file.size = 0;
	put_little(&file, 0x0a0d0d0a, 4);
	put_little(&file, 28, 4);
	put_little(&file, 0x1a2b3c4e, 4);
	expect_bad(&file, "a section of no byte order");
	for (uint32_t n = 0; n < 3; n++) {
		static const uint32_t lengths[] = { 11, 30, CAPTURE_RECORD_MAX + 4 };

		file.size = 0;
		put_section(&file, false);
		put_little(&file, 6, 4);
		put_little(&file, lengths[n], 4);
		put_little(&file, 0, 4);
		expect_bad(&file, "a block of a length that none has");
	}
	file.size = 0;
	put_section(&file, false);
	put_packet(&file, false, 0, 0);
	expect_bad(&file, "a packet of an interface that is not described");
	file.size = 0;
	put_section(&file, false);
	put_interface(&file, false, 1, 0, 0);
	put_packet(&file, false, 0, 0);
	file.data[28 + 20 + 20] = 9; /* more than the block has */
	expect_bad(&file, "a packet that does not fit in its block");
	file.size = 0;
	put_section(&file, false);
	for (size_t i = 0; i <= CAPTURE_INTERFACES_MAX; i++)
		put_interface(&file, false, 1, 0, 0);
	expect_bad(&file, "more than 256 interfaces");
	pen_buffer_done(&file);
}

static void test_memory(void **state)
{
	struct capture capture;
	uint8_t bytes[64] = { 0 };

	capture_init(&capture);
	pen_fail_at(1);
	assert_int_equal(capture_feed(&capture, bytes, sizeof(bytes)), -ENOMEM);
	assert_true(pen_fail_hit());
	capture_done(&capture);
}

/* ---- frames ---- */

static const struct segment hello = {
	.from = CLIENT, .number = 77, .flags = FRAME_ACK, .data = { (const uint8_t *)"hello", 5 }
};

static void expect_hello(uint32_t link, const struct pen_buffer *bytes, const char *source)
{
	const struct capture_packet packet = { .link = link, .data = { bytes->data, bytes->size } };
	char text[FRAME_END_SIZE];
	struct frame frame;

	assert_int_equal(frame_get(&frame, &packet), 0);
	assert_int_equal(frame.number, 77);
	assert_int_equal(frame.n_data, 5);
	assert_int_equal(frame.data.size, 5);
	assert_memory_equal(frame.data.data, "hello", 5);
	frame_end_print(&frame.source, text);
	assert_string_equal(text, source);
	/* No prefix has more than a piece of it. */
	for (size_t n = 0; n < bytes->size; n++) {
		const struct capture_packet cut = { .link = link, .data = { bytes->data, n } };

		frame = (struct frame){ 0 };
		assert_true(frame_get(&frame, &cut) || frame.data.size < 5 || n + 4 >= bytes->size);
	}
}

static void test_links(void **state)
{
	struct pen_buffer frame = { 0 };

	put_ipv4(&frame, &hello);
	expect_hello(CAPTURE_RAW, &frame, "192.0.2.1:50000");
	expect_hello(CAPTURE_IPV4, &frame, "192.0.2.1:50000");
	frame.size = 0;
	put_big(&frame, 0, 12);
	put_big(&frame, 0x0800, 2);
	put_ipv4(&frame, &hello);
	put_big(&frame, 0, 4); /* what fills a frame up */
	expect_hello(CAPTURE_ETHERNET, &frame, "192.0.2.1:50000");
	frame.size = 0;
	put_big(&frame, 0, 12);
	put_big(&frame, UINT64_C(0x88a8000181000002), 8);
	put_big(&frame, 0x0800, 2);
	put_ipv4(&frame, &hello);
	expect_hello(CAPTURE_ETHERNET, &frame, "192.0.2.1:50000");
	frame.size = 0;
	put_big(&frame, 0, 14);
	put_big(&frame, 0x0800, 2);
	put_ipv4(&frame, &hello);
	expect_hello(CAPTURE_LINUX_SLL, &frame, "192.0.2.1:50000");
	frame.size = 0;
	put_big(&frame, 0x0800, 2);
	put_big(&frame, 0, 18);
	put_ipv4(&frame, &hello);
	expect_hello(CAPTURE_LINUX_SLL2, &frame, "192.0.2.1:50000");
	frame.size = 0;
	put_big(&frame, 2, 4);
	put_ipv4(&frame, &hello);
	expect_hello(CAPTURE_NULL, &frame, "192.0.2.1:50000");
	expect_hello(CAPTURE_LOOP, &frame, "192.0.2.1:50000");
	pen_buffer_done(&frame);
}

static void put_ipv6(struct pen_buffer *out, uint8_t next, size_t n_extensions)
{
	put_big(out, 0x60000000, 4);
	put_big(out, n_extensions + 25, 2);
	put_big(out, next, 1);
	put_big(out, 64, 1);
	put_big(out, UINT64_C(0x20010db800000000), 8);
	put_big(out, 1, 8);
	put_big(out, UINT64_C(0x20010db800000000), 8);
	put_big(out, 2, 8);
}

static void test_ipv6(void **state)
{
	struct pen_buffer frame = { 0 };
	struct frame seen;

	put_ipv6(&frame, 6, 0);
	put_tcp(&frame, &hello);
	expect_hello(CAPTURE_RAW, &frame, "[2001:db8::1]:50000");
	frame.size = 0;
	put_ipv6(&frame, 0, 8 + 16 + 8 + 12);
	put_big(&frame, UINT64_C(0x3c00000000000000), 8); /* hop by hop, 8 bytes */
	put_big(&frame, UINT64_C(0x2c01000000000000), 8); /* destination, 16 */
	put_big(&frame, 0, 8);
	put_big(&frame, UINT64_C(0x3300000000000001), 8); /* a fragment that is all */
	put_big(&frame, UINT64_C(0x0601000000000000), 8); /* authentication, 12 */
	put_big(&frame, 0, 4);
	put_tcp(&frame, &hello);
	expect_hello(CAPTURE_IPV6, &frame, "[2001:db8::1]:50000");
	frame.data[40 + 8 + 16 + 3] = 8; /* behind others */
	assert_int_equal(
		frame_get(&seen, &(struct capture_packet){ .link = CAPTURE_RAW,
							   .data = { frame.data, frame.size } }),
		PEN_E_UNSUPPORTED);
	pen_buffer_done(&frame);
}

static void test_other_frames(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		int result;
	} rows[] = {
		{ 0, 0x44, PEN_E_BAD_DATA },	/* a short header */
		{ 0, 0x75, PEN_E_NOT_FOUND },	/* version 7 */
		{ 2, 0xff, 0 },			/* sent longer than captured */
		{ 3, 19, PEN_E_BAD_DATA },	/* shorter than its header */
		{ 6, 0x20, PEN_E_UNSUPPORTED }, /* more fragments */
		{ 9, 17, PEN_E_NOT_FOUND },	/* UDP */
		{ 32, 0x40, PEN_E_BAD_DATA },	/* TCP's header */
		{ 32, 0xf0, PEN_E_BAD_DATA },
	};
	struct pen_buffer frame = { 0 };
	struct frame seen;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		frame.size = 0;
		put_ipv4(&frame, &hello);
		frame.data[rows[i].at] = rows[i].byte;
		assert_int_equal(
			frame_get(&seen,
				  &(struct capture_packet){ .link = CAPTURE_RAW,
							    .data = { frame.data, frame.size } }),
			rows[i].result);
	}
	assert_int_equal(frame_get(&seen, &(struct capture_packet){ .link = 147 }),
			 PEN_E_UNSUPPORTED);
	pen_buffer_done(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap),	    cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_resolutions), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_memory),	    cmocka_unit_test(test_links),
		cmocka_unit_test(test_ipv6),	    cmocka_unit_test(test_other_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
