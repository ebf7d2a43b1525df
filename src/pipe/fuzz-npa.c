/* SPDX-License-Identifier: MIT */
#include "pipe/npa.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_again(const struct pen_npa_request *request, struct pen_arena *arena)
{
	struct pen_npa_request back;
	struct pen_buffer first;
	struct pen_buffer second;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	if (pen_npa_request_put(request, &first) ||
	    pen_npa_request_get(&back, arena, first.data, first.size) ||
	    pen_npa_request_put(&back, &second) || first.size != second.size)
		abort();
	if (back.layout == request->layout && memcmp(first.data, second.data, first.size) != 0)
		abort();
	pen_buffer_done(&first);
	pen_buffer_done(&second);
}

/* What is read is written, reads again and makes a token. The length is made to fit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = calloc(1, size + 1);
	struct pen_npa_request request;
	struct pen_token *token = NULL;
	struct pen_slice message;
	struct pen_arena arena;

	if (size)
		memcpy(copy, data, size);
	pen_npa_message_next(copy, size, &message);
	if (size > 4 && size < PEN_NPA_REQUEST_MAX) {
		for (int i = 0; i < 4; i++)
			copy[i] = (uint8_t)((size - 4) >> (24 - 8 * i));
	}
	pen_arena_init(&arena, 1 << 24);
	if (pen_npa_request_get(&request, &arena, copy, size) == 0) {
		put_again(&request, &arena);
		if (pen_npa_request_token(&request, &token) == 0)
			pen_token_free(token);
	}
	pen_arena_done(&arena);
	free(copy);
	return 0;
}
