/* SPDX-License-Identifier: MIT */
/* Messages: what reads as one is written, and reads again as the same bytes. */
#include "object/letter.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_token(const struct object_token *letter, struct pen_arena *arena)
{
	struct object_token again;
	struct pen_token *token;

	if (pen_letter_to_token(&token, letter))
		return;
	if (pen_letter_from_token(&again, arena, token) || again.n_sids != letter->n_sids)
		abort();
	pen_token_free(token);
}

static void same(const struct pen_buffer *first, const struct pen_buffer *second)
{
	if (first->size != second->size || memcmp(first->data, second->data, first->size) != 0)
		abort();
}

static void try_request(const uint8_t *data, size_t size, struct pen_arena *arena)
{
	struct pen_buffer first = { 0 }, second = { 0 };
	struct object_request request;

	if (!pen_letter_get_request(&request, arena, data, size)) {
		if (pen_letter_put_request(&request, &first) ||
		    pen_letter_get_request(&request, arena, first.data, first.size) ||
		    pen_letter_put_request(&request, &second))
			abort();
		same(&first, &second);
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
}

static void try_reply(const uint8_t *data, size_t size, struct pen_arena *arena)
{
	struct pen_buffer first = { 0 }, second = { 0 };
	struct object_reply reply;

	if (!pen_letter_get_reply(&reply, arena, data, size)) {
		if (reply.verb == object_ASK_CLIENT)
			try_token(&reply.body.client.token, arena);
		if (pen_letter_put_reply(&reply, &first) ||
		    pen_letter_get_reply(&reply, arena, first.data, first.size) ||
		    pen_letter_put_reply(&reply, &second))
			abort();
		same(&first, &second);
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_arena arena;

	pen_arena_init(&arena, 1 << 24);
	try_request(data, size, &arena);
	pen_arena_reset(&arena);
	try_reply(data, size, &arena);
	pen_arena_done(&arena);
	return 0;
}
