/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include "tool/tcp-stream.h"
#include <errno.h>
#include <string.h>

static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789";

enum { N = sizeof(text) - 1 };

/* So that numbers wrap. */
#define FIRST UINT32_C(0xfffffff6)

static struct frame piece(size_t from, size_t n)
{
	return (struct frame){ .number = FIRST + (uint32_t)from,
			       .data = { (const uint8_t *)text + from, n },
			       .n_data = n };
}

static void add(struct tcp_stream *stream, size_t from, size_t n)
{
	struct frame frame = piece(from, n);

	assert_int_equal(tcp_stream_add(stream, &frame), 0);
}

/* What comes, with what is lost as so many dots. */
static const char *pull(struct tcp_stream *stream)
{
	static char all[256];
	struct tcp_event event;
	size_t n = 0;

	while (tcp_stream_next(stream, &event) == 0) {
		if (event.n_lost) {
			assert_true(n + event.n_lost < sizeof(all));
			memset(all + n, '.', event.n_lost);
			n += event.n_lost;
		} else {
			assert_true(n + event.data.size < sizeof(all));
			memcpy(all + n, event.data.data, event.data.size);
			n += event.data.size;
		}
	}
	all[n] = '\0';
	return all;
}

static void begin(struct tcp_stream *stream)
{
	struct frame syn = { .number = FIRST - 1, .flags = FRAME_SYN };

	tcp_stream_init(stream);
	assert_int_equal(tcp_stream_add(stream, &syn), 0);
}

/* Whatever the order of four overlapping segments, two of them twice. */
static void test_any_order(void **state)
{
	static const struct {
		size_t from, n;
	} pieces[] = { { 0, 12 }, { 8, 12 }, { 20, 10 }, { 26, N - 26 } };

	for (unsigned order = 0; order < 4 * 4 * 4 * 4; order++) {
		struct tcp_stream stream;
		char all[N + 1] = "";

		begin(&stream);
		for (unsigned i = 0; i < 4; i++) {
			unsigned at = order >> 2 * i & 3;

			add(&stream, pieces[at].from, pieces[at].n);
			strcat(all, pull(&stream));
		}
		for (unsigned i = 0; i < 4; i++) {
			add(&stream, pieces[i].from, pieces[i].n);
			strcat(all, pull(&stream));
		}
		assert_string_equal(all, text);
		assert_int_equal(stream.n_bytes, 0);
		assert_int_equal(stream.n_pieces, 0);
		tcp_stream_done(&stream);
	}
}

/* What the other side has had, and we have not, is lost after some frames. */
static void test_loss(void **state)
{
	struct frame ack = { .flags = FRAME_ACK, .acknowledged = FIRST + 20 };
	struct tcp_stream stream;

	begin(&stream);
	add(&stream, 0, 5);
	add(&stream, 10, 10);
	assert_string_equal(pull(&stream), "abcde");
	for (unsigned i = 0; i < TCP_PATIENCE; i++) {
		assert_string_equal(pull(&stream), "");
		tcp_stream_acknowledge(&stream, &ack);
	}
	assert_string_equal(pull(&stream), ".....klmnopqrst");
	/* Late, it is no more than what came twice. */
	add(&stream, 5, 5);
	assert_string_equal(pull(&stream), "");
	/* What is missing at the end, with nothing behind it. */
	ack.acknowledged = FIRST + 30;
	for (unsigned i = 0; i < TCP_PATIENCE; i++)
		tcp_stream_acknowledge(&stream, &ack);
	assert_string_equal(pull(&stream), "..........");
	/* A FIN's number is no byte. */
	ack.acknowledged = FIRST + 31;
	for (unsigned i = 0; i < TCP_PATIENCE; i++)
		tcp_stream_acknowledge(&stream, &ack);
	assert_string_equal(pull(&stream), "");
	tcp_stream_done(&stream);
}

static void test_end(void **state)
{
	struct tcp_stream stream;

	begin(&stream);
	add(&stream, 4, 4);
	add(&stream, 10, 2);
	assert_string_equal(pull(&stream), "");
	tcp_stream_end(&stream);
	assert_string_equal(pull(&stream), "....efgh..kl");
	tcp_stream_done(&stream);
}

/* What waits has a limit. */
static void test_limits(void **state)
{
	static uint8_t big[65000];
	struct frame frame = { .data = { big, sizeof(big) }, .n_data = sizeof(big) };
	struct tcp_event event;
	struct tcp_stream stream;
	size_t n;

	begin(&stream);
	for (n = 0; n <= TCP_PIECES_MAX; n++) {
		assert_int_equal(tcp_stream_next(&stream, &event), PEN_E_AGAIN);
		add(&stream, 4, 4);
	}
	assert_int_equal(tcp_stream_next(&stream, &event), 0);
	assert_int_equal(event.n_lost, 4);
	tcp_stream_done(&stream);

	begin(&stream);
	for (n = 0; n * sizeof(big) <= TCP_BYTES_MAX; n++) {
		assert_int_equal(tcp_stream_next(&stream, &event), PEN_E_AGAIN);
		frame.number = FIRST + 9 + (uint32_t)(n * sizeof(big));
		assert_int_equal(tcp_stream_add(&stream, &frame), 0);
	}
	assert_int_equal(tcp_stream_next(&stream, &event), 0);
	assert_int_equal(event.n_lost, 9);
	tcp_stream_done(&stream);

	/* A number of another connection is not waited for. */
	begin(&stream);
	frame.number = FIRST + (UINT32_C(1) << 30) + 2;
	assert_int_equal(tcp_stream_add(&stream, &frame), 0);
	assert_int_equal(stream.n_bytes, 0);
	tcp_stream_done(&stream);
}

/* A capture that begins in the middle. */
static void test_middle(void **state)
{
	struct frame ack = { .flags = FRAME_ACK, .acknowledged = 12345 };
	struct tcp_stream stream;

	tcp_stream_init(&stream);
	tcp_stream_acknowledge(&stream, &ack);
	add(&stream, 5, 5);
	assert_string_equal(pull(&stream), "fghij");
	add(&stream, 0, 7);
	add(&stream, 10, 1);
	assert_string_equal(pull(&stream), "k");
	tcp_stream_done(&stream);
}

static void test_memory(void **state)
{
	struct frame frame = piece(0, 5);
	struct tcp_stream stream;

	begin(&stream);
	pen_fail_at(1);
	assert_int_equal(tcp_stream_add(&stream, &frame), -ENOMEM);
	assert_true(pen_fail_hit());
	assert_int_equal(tcp_stream_add(&stream, &frame), 0);
	assert_string_equal(pull(&stream), "abcde");
	tcp_stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order), cmocka_unit_test(test_loss),
		cmocka_unit_test(test_end),	  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_middle),	  cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
