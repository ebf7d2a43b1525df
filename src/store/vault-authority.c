/* SPDX-License-Identifier: MIT */
#include "store/vault-authority.h"
#include "runtime/authority.h"
#include <penstock/call.h>

static int begin(const struct pen_vault *vault, struct pen_vault_query *query)
{
	return PEN_PENDING;
}

static void work(const struct pen_vault *vault, struct pen_vault_query *query)
{
	query->r = pen_authority_ask(vault->data, &query->question, &query->answer, &query->arena);
}

static int end(const struct pen_vault *vault, struct pen_vault_query *query)
{
	return query->r;
}

struct pen_vault pen_vault_of_authority(struct pen_authority *authority)
{
	static const struct pen_vault_ops ops = { .begin = begin, .work = work, .end = end };

	return (struct pen_vault){ .ops = &ops, .data = authority };
}
