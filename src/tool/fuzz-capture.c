/* SPDX-License-Identifier: MIT */
/*
 * All that decode does with a capture and a key log: two bytes of length, so much of the log, and
 * the capture's file, cut in two. What is told of it has as many braces as it should.
 */
#include "runtime/world.h"
#include "tool/traffic.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pen_world world;

static int check(struct report *report)
{
	if (tool_json_size((const char *)report->json.data, report->json.size) != report->json.size)
		abort();
	return 0;
}

static void forget(void)
{
	pen_world_done(&world);
}

static void decode(struct report *report, const uint8_t *data, size_t size)
{
	struct traffic *traffic;
	struct capture_packet packet;
	struct capture capture;
	int r = traffic_new(&traffic, report, NULL);

	if (r)
		abort();
	capture_init(&capture);
	for (int half = 0; half < 2 && !r; half++) {
		r = capture_feed(&capture, data + (half ? size / 2 : 0),
				 half ? size - size / 2 : size / 2);
		while (!r && !(r = capture_next(&capture, &packet)))
			r = traffic_take(traffic, &packet);
		r = r == PEN_E_AGAIN ? 0 : r;
	}
	if (!r)
		r = traffic_end(traffic);
	if (r && r != PEN_E_BAD_DATA)
		abort();
	traffic_free(traffic);
	capture_done(&capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tool tool = { 0 };
	struct keyring keyring = { 0 };
	struct report report = {
		.tool = &tool, .keyring = &keyring, .world = &world.mech, .print = check
	};
	size_t n_log;
	char *log;

	if (!world.crypto) {
		if (pen_world_init(&world))
			abort();
		report.world = &world.mech;
		atexit(forget);
	}
	if (size < 2)
		return 0;
	n_log = data[0] | (size_t)data[1] << 8;
	n_log = n_log < size - 2 ? n_log : size - 2;
	log = calloc(1, n_log + 1);
	if (!log)
		abort();
	memcpy(log, data + 2, n_log);
	if (keyring_parse(&keyring, log))
		abort();
	decode(&report, data + 2 + n_log, size - 2 - n_log);
	keyring_done(&keyring);
	free(log);
	pen_buffer_done(&report.json);
	return 0;
}
