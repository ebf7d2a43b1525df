/* SPDX-License-Identifier: MIT */
#include "support/callers.h"
#include "support/unit.h"

static struct pen_token *token_of(int caller)
{
	struct pen_token *token = NULL;
	int r;

	if (caller == CALLER_NOBODY)
		r = pen_token_new_anonymous(&token, true);
	else if (caller == CALLER_ADMIN)
		r = pen_token_new_unix(&token, 0, 0, NULL, 0, 0, false);
	else
		r = pen_token_new_unix(&token, 1000, 1000, NULL, 0, 0, false);
	assert_int_equal(r, 0);
	return token;
}

void callers_new(struct pen_call *calls[N_CALLERS], struct pen_token *tokens[N_CALLERS],
		 struct pen_server *server, void *service)
{
	for (int i = 0; i < N_CALLERS; i++) {
		if (!tokens[i])
			tokens[i] = token_of(i);
		assert_int_equal(pen_call_new_direct(&calls[i], server, service, tokens[i]), 0);
	}
}

void callers_free(struct pen_call *calls[N_CALLERS], struct pen_token *tokens[N_CALLERS])
{
	for (int i = 0; i < N_CALLERS; i++) {
		pen_call_free(calls[i]);
		pen_token_free(tokens[i]);
	}
}
