/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SRVSVC_FIXTURE_H
#define PEN_SERVICE_SRVSVC_FIXTURE_H
/*
 * What the service's tests begin with.
 */
#include "service/srvsvc/state.h"
#include "store/store.h"
#include "support/callers.h"
#include "support/unit.h"

enum { FIXTURE_STARTED = 1234567890 };

static inline const struct srvsvc_operations *ops(void)
{
	return pen_srvsvc_service.operations;
}

/* A service with shares in memory, and three who call it. */
struct fixture {
	struct pen_server *server; /* listens nowhere */
	struct pen_store *store;
	struct pen_shares *shares;
	struct pen_srvsvc *srvsvc;
	struct pen_token *tokens[N_CALLERS];
	union {
		struct pen_call *calls[N_CALLERS];
		struct {
			struct pen_call *admin;
			struct pen_call *user;
			struct pen_call *nobody;
		};
	};
};

static inline int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct pen_srvsvc_config config = { .name = "TEST",
					    .comment = "a server",
					    .started = FIXTURE_STARTED };

	assert_int_equal(pen_store_open(&f->store, ":memory:", NULL), 0);
	assert_int_equal(pen_shares_new_store(&f->shares, f->store), 0);
	config.shares = f->shares;
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_srvsvc_new(&f->srvsvc, &config), 0);
	callers_new(f->calls, f->tokens, f->server, f->srvsvc);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	callers_free(f->calls, f->tokens);
	pen_server_free(f->server);
	pen_srvsvc_free(f->srvsvc);
	pen_shares_free(f->shares);
	pen_store_close(f->store);
	test_free(f);
	return 0;
}

static inline uint32_t add(struct pen_call *call, const char *name, const char *path)
{
	struct srvsvc_SHARE_INFO_2 info = { .shi2_netname = name,
					    .shi2_remark = "r",
					    .shi2_max_uses = UINT32_MAX,
					    .shi2_path = path };
	struct srvsvc_NetrShareAdd_in in = { .Level = 2, .InfoStruct.ShareInfo2 = &info };
	struct srvsvc_NetrShareAdd_out out = { 0 };

	assert_int_equal(ops()->NetrShareAdd(call, &in, &out), 0);
	return out.result;
}

#endif
