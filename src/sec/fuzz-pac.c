/* SPDX-License-Identifier: MIT */
#include "sec/pac.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What reads as a PAC makes a token, whose first SID is its user. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pen_token_info known = { .proof = PEN_TOKEN_RPC };
	struct pen_token *token = NULL;
	struct pen_arena arena;
	struct pen_pac pac;

	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	if (pen_pac_get(&pac, &arena, (struct pen_slice){ .data = data, .size = size }) == 0) {
		if (pen_pac_token(&token, &pac, &known) ||
		    !pen_sid_equal(pen_token_user(token), &pac.user) ||
		    strcmp(pen_token_info(token)->account, pac.account) != 0)
			abort();
		pen_token_free(token);
	}
	pen_arena_done(&arena);
	return 0;
}
