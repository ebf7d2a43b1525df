/* SPDX-License-Identifier: MIT */
/*
 * What comes by smbd's way, cut wherever the input says, against an object manager with a pipe.
 * The first byte says how, the second what pipe there is.
 */
#include "object/mouth.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_resources;

static void release(void *data, void *given)
{
	n_resources--;
}

static int fill(void *data, void *bytes, size_t n)
{
	memset(bytes, ++*(uint8_t *)data, n);
	return 0;
}

static void create(struct pen_objects *objects, const struct pen_token *token, uint8_t how)
{
	const struct object_request letter = {
		.verb = object_CREATE_PIPE,
		.body.create_pipe = { .name = "\\Device\\NamedPipe\\x",
				      .access = 0x12019f,
				      .share = how & 2	 ? 3
					       : how & 4 ? 1
							 : 2,
				      .disposition = 3,
				      .pipe = { .type = how >> 3 & 1,
						.instances_max = 1,
						.timeout = -10000 },
				      .rejects_remote = how >> 4 & 1,
				      .is_listening = 1 },
	};
	struct pen_objects_request request = { .asker = { token, 1, NULL },
					       .letter = &letter,
					       .life = &n_resources,
					       .offer = &n_resources,
					       .now = 1 };
	struct pen_objects_reply reply;
	struct pen_arena arena;

	n_resources += 2;
	pen_arena_init(&arena, 0);
	pen_objects_ask(objects, &request, &arena, &reply);
	pen_arena_done(&arena);
}

/* A request whose length fits, in pieces. True: it was whole. */
static bool feed(struct pen_mouth *mouth, const uint8_t *data, size_t size, uint8_t how)
{
	uint8_t length[4];
	size_t at = 0;

	for (int i = 0; i < 4; i++)
		length[i] = (uint8_t)((size - 4) >> (24 - 8 * i));
	while (at < size && pen_mouth_wants(mouth)) {
		size_t n = 1 + how % 61;
		const uint8_t *from = data + at;

		if (n > pen_mouth_wants(mouth))
			n = pen_mouth_wants(mouth);
		if (at < 4) {
			from = length + at;
			n = n < 4 - at ? n : 4 - at;
		}
		if (at + n > size)
			abort();
		if (pen_mouth_feed(mouth, from, n))
			return false;
		at += n;
		how = (uint8_t)(how * 5 + 1);
	}
	return !pen_mouth_wants(mouth);
}

static void play(struct pen_objects *objects, const uint8_t *data, size_t size, uint8_t how)
{
	uint8_t reply[PEN_NPA_REPLY_SIZE];
	struct pen_npa_reply read;
	struct pen_mouth *mouth;
	void *ticket = NULL;
	enum pen_mouth_end end;

	if (pen_mouth_new(&mouth, how & 1 ? "x" : "X", 1))
		abort();
	if (feed(mouth, data, size, how)) {
		n_resources++;
		end = pen_mouth_turn(mouth, objects, &n_resources, mouth, 2, reply, &ticket);
		if (end != PEN_MOUTH_GIVEN)
			n_resources--;
		if ((end == PEN_MOUTH_AWAIT) != !!ticket)
			abort();
		if ((end == PEN_MOUTH_GIVEN || end == PEN_MOUTH_REPLY) &&
		    pen_npa_reply_get(&read, (uint32_t)reply[8], reply))
			abort();
		if (ticket)
			pen_objects_cancel(objects, ticket);
	}
	pen_mouth_free(mouth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t counter = 0;
	const struct pen_objects_config config = {
		.limits = pen_objects_limits, .data = &counter, .random = fill, .release = release
	};
	struct pen_objects *objects;
	struct pen_token *token;

	if (size < 6)
		return 0;
	if (pen_objects_new(&objects, &config) ||
	    pen_token_new_unix(&token, 1000, 1000, NULL, 0, 0, false))
		abort();
	if (data[1] & 1)
		create(objects, token, data[1]);
	play(objects, data + 2, size - 2, data[0]);
	play(objects, data + 2, size - 2, data[0]);
	pen_objects_free(objects);
	pen_token_free(token);
	if (n_resources)
		abort();
	return 0;
}
