/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_VAULT_CALL_H
#define PEN_STORE_VAULT_CALL_H
/*
 * A vault that is asked by an operation of a service: the server goes on to serve others while it
 * waits.
 */
#include "store/vault.h"
#include <penstock/call.h>

/* What an operation that asks keeps begins with this. */
struct pen_vault_call {
	struct pen_vault_query query;
	const struct pen_vault *vault;
	/*
	 * In the server's thread, with the answer, or why there is none: r. Its result is the
	 * operation's, and is not PEN_PENDING.
	 */
	int (*finish)(struct pen_call *call, struct pen_vault_call *asking, int r);
};

/* n bytes of zeros that begin so, in memory for secrets. NULL: there is none. */
void *pen_vault_call_new(size_t n, enum authority_question_verb verb,
			 int (*finish)(struct pen_call *call, struct pen_vault_call *asking,
				       int r));

/* Wipes it; NULL is none. */
void pen_vault_call_free(struct pen_vault_call *asking);

/* Asks what the query says; an operation returns what this returns. asking is taken. */
int pen_vault_call_ask(struct pen_call *call, const struct pen_vault *vault,
		       struct pen_vault_call *asking);

#endif
