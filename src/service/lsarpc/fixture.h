/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_LSARPC_FIXTURE_H
#define PEN_SERVICE_LSARPC_FIXTURE_H
/*
 * What the service's tests begin with: a machine SERVER with fresh accounts and a user
 * joe, and an administrator, a user and nobody who call it.
 */
#include "crypto/crypto.h"
#include "service/lsarpc/state.h"
#include "support/callers.h"
#include "support/unit.h"
#include <string.h>

#define NOW UINT64_C(134000000000000000)

#define MAXIMUM PEN_ACCESS_MAXIMUM_ALLOWED

static inline const struct lsarpc_operations *ops(void)
{
	return pen_lsarpc_service.operations;
}

struct fixture {
	struct pen_server *server; /* listens nowhere */
	struct pen_accounts *accounts;
	struct pen_crypto *crypto;
	struct pen_lsarpc *lsarpc;
	struct pen_token *tokens[N_CALLERS];
	union {
		struct pen_call *calls[N_CALLERS];
		struct {
			struct pen_call *admin;
			struct pen_call *user;
			struct pen_call *nobody;
		};
	};
	struct pen_sid joe;
	struct pen_arena arena;
};

static const uint8_t fixture_key[16] = "sixteen bytes !";

static inline void make_callers(struct fixture *f)
{
	const struct pen_sid admin[] = { pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE,
								 500),
					 pen_sid_everyone, pen_sid_administrators };
	const struct pen_sid user[] = { f->joe, pen_sid_everyone, pen_sid_users };
	const struct pen_token_info infos[] = {
		{ .proof = PEN_TOKEN_NPA,
		  .is_authenticated = true,
		  .sids = admin,
		  .n_sids = 3,
		  .session_key = { fixture_key, 16 } },
		{ .proof = PEN_TOKEN_NPA, .is_authenticated = true, .sids = user, .n_sids = 3 },
	};

	for (size_t i = 0; i < PEN_COUNT(infos); i++)
		assert_int_equal(pen_token_new(&f->tokens[i], &infos[i]), 0);
	callers_new(f->calls, f->tokens, f->server, f->lsarpc);
}

static inline int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	const struct pen_account_user joe = { .name = "joe", .created = NOW };
	struct pen_lsarpc_config config = { .workgroup = "OFFICE" };
	uint32_t rid;

	assert_int_equal(pen_accounts_open(&f->accounts, ":memory:", "SERVER", NOW, NULL), 0);
	assert_int_equal(pen_accounts_add_user(f->accounts, &joe, &rid), 0);
	f->joe = pen_accounts_member_sid(f->accounts, PEN_ACCOUNT_MACHINE, rid);
	assert_int_equal(pen_crypto_new(&f->crypto), 0);
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	config.accounts = f->accounts;
	config.crypto = f->crypto;
	assert_int_equal(pen_lsarpc_new(&f->lsarpc, &config), 0);
	make_callers(f);
	pen_arena_init(&f->arena, 0);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	callers_free(f->calls, f->tokens);
	pen_server_free(f->server);
	pen_lsarpc_free(f->lsarpc);
	pen_accounts_close(f->accounts);
	pen_crypto_free(f->crypto);
	pen_arena_done(&f->arena);
	test_free(f);
	return 0;
}

/* A policy handle with those rights; the status in *statusp, which may be NULL: it works. */
static inline struct pen_context_handle policy(struct pen_call *call, uint32_t access,
					       uint32_t *statusp)
{
	const struct lsarpc_LsarOpenPolicy2_in in = { .DesiredAccess = access };
	struct lsarpc_LsarOpenPolicy2_out out = { 0 };

	assert_int_equal(ops()->LsarOpenPolicy2(call, &in, &out), 0);
	if (statusp)
		*statusp = out.result;
	else
		assert_int_equal(out.result, 0);
	return out.PolicyHandle;
}

/* Texts and SIDs as a client sends them. */
static inline struct dtyp_RPC_UNICODE_STRING text_of(struct pen_call *call, const char *text)
{
	struct dtyp_RPC_UNICODE_STRING string;

	assert_int_equal(pen_lsarpc_text_put(call, text, &string), 0);
	return string;
}

static inline struct dtyp_RPC_SID sid_of(struct pen_call *call, const struct pen_sid *sid)
{
	struct dtyp_RPC_SID *wire;

	assert_int_equal(pen_lsarpc_sid_new(call, sid, &wire), 0);
	return *wire;
}

static inline void expect_text(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *string,
			       const char *text)
{
	const char *seen;

	assert_int_equal(pen_lsarpc_text_get(call, string, &seen), 0);
	assert_string_equal(seen, text);
}

static inline void expect_sid(const struct dtyp_RPC_SID *wire, const struct pen_sid *sid)
{
	struct pen_sid seen;

	assert_non_null(wire);
	assert_true(pen_lsarpc_sid_get(wire, &seen));
	assert_true(pen_sid_equal(&seen, sid));
}

#endif
