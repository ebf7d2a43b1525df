/* SPDX-License-Identifier: MIT */
#include "store/vault-call.h"
#include "base/secret.h"
#include "runtime/server-work.h"

void *pen_vault_call_new(size_t n, enum authority_question_verb verb,
			 int (*finish)(struct pen_call *call, struct pen_vault_call *asking, int r))
{
	struct pen_vault_call *asking = pen_secret_alloc(n);

	if (!asking)
		return NULL;
	pen_vault_query_init(&asking->query, verb);
	asking->finish = finish;
	return asking;
}

void pen_vault_call_free(struct pen_vault_call *asking)
{
	if (asking)
		pen_vault_query_done(&asking->query);
	pen_secret_free(asking);
}

static void run(void *data)
{
	struct pen_vault_call *asking = data;

	asking->vault->ops->work(asking->vault, &asking->query);
}

static int finish(struct pen_call *call, void *data)
{
	struct pen_vault_call *asking = data;

	return asking->finish(call, asking, asking->vault->ops->end(asking->vault, &asking->query));
}

static void release(void *data)
{
	pen_vault_call_free(data);
}

int pen_vault_call_ask(struct pen_call *call, const struct pen_vault *vault,
		       struct pen_vault_call *asking)
{
	static const struct pen_call_work brief = { run, finish, release, true };
	static const struct pen_call_work lengthy = { run, finish, release, false };
	int r;

	asking->vault = vault;
	r = vault->ops->begin(vault, &asking->query);
	if (r == PEN_PENDING)
		return pen_call_work(
			call, pen_vault_query_is_long(&asking->query) ? &lengthy : &brief, asking);
	r = asking->finish(call, asking, r);
	pen_vault_call_free(asking);
	return r;
}
