/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SAMR_FIXTURE_H
#define PEN_SERVICE_SAMR_FIXTURE_H
/*
 * What the service's tests begin with: accounts in memory, and three who call.
 */
#include "service/samr/state.h"
#include "support/accounts.h"
#include "support/callers.h"
#include "support/unit.h"
#include <string.h>

#define FIXTURE_NOW	(400 * 365 * PEN_ACCOUNT_DAY)
#define MAXIMUM_ALLOWED UINT32_C(0x02000000)

static uint64_t fixture_now = FIXTURE_NOW;

static uint64_t fixture_time(void *data)
{
	(void)data;
	return fixture_now;
}

static uint64_t fixture_clock(void)
{
	return fixture_now;
}

struct fixture {
	struct pen_server *server; /* listens nowhere */
	struct pen_crypto *crypto;
	struct pen_accounts *accounts;
	struct pen_logons logons;
	struct pen_vault_desk desk;
	struct pen_vault vault;
	struct pen_samr *samr;
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

static inline const struct samr_operations *ops(void)
{
	return pen_samr_service.operations;
}

/* Makes a call, which is no fault, and gives its answer, good until the next of its kind. */
#define SAMR(call, operation, ...)                                                                 \
	__extension__({                                                                            \
		static struct samr_##operation##_out out_;                                         \
		const struct samr_##operation##_in in_ = { __VA_ARGS__ };                          \
                                                                                                   \
		memset(&out_, 0, sizeof(out_));                                                    \
		assert_int_equal(ops()->operation(call, &in_, &out_), 0);                          \
		&out_;                                                                             \
	})

/* The same, whose status is expected. */
#define EXPECT(status, call, operation, ...)                                                       \
	__extension__({                                                                            \
		const struct samr_##operation##_out *answer_ = SAMR(call, operation, __VA_ARGS__); \
                                                                                                   \
		assert_int_equal((uint32_t)answer_->result, status);                               \
		answer_;                                                                           \
	})

static inline int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct pen_samr_config config = { .clock = fixture_clock };

	fixture_now = FIXTURE_NOW;
	assert_int_equal(pen_crypto_new(&f->crypto), 0);
	f->accounts = test_accounts(":memory:", "TEST", FIXTURE_NOW, f->crypto);
	f->logons = (struct pen_logons){ .accounts = f->accounts,
					 .crypto = f->crypto,
					 .now = fixture_time };
	f->desk.logons = &f->logons;
	f->vault = pen_vault_of_desk(&f->desk);
	config.crypto = f->crypto;
	config.accounts = f->accounts;
	config.vault = &f->vault;
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_samr_new(&f->samr, &config), 0);
	callers_new(f->calls, f->tokens, f->server, f->samr);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	callers_free(f->calls, f->tokens);
	pen_server_free(f->server);
	pen_samr_free(f->samr);
	pen_accounts_close(f->accounts);
	pen_crypto_free(f->crypto);
	test_free(f);
	return 0;
}

/* A text of up to 63 ASCII characters, good until sixteen more have been made. */
static inline struct dtyp_RPC_UNICODE_STRING wide(const char *text)
{
	static uint16_t units[16][64];
	static size_t next;
	uint16_t *buffer = units[next++ % 16];
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		buffer[i] = (uint8_t)text[i];
	return (struct dtyp_RPC_UNICODE_STRING){ (uint16_t)(2 * n), (uint16_t)(2 * n), buffer };
}

static inline void expect_text(struct dtyp_RPC_UNICODE_STRING wire, const char *text)
{
	assert_int_equal(wire.Length, 2 * strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		assert_int_equal(wire.Buffer[i], (uint8_t)text[i]);
}

static inline struct pen_context_handle open_domain(struct pen_call *call,
						    enum pen_account_domain domain, uint32_t access)
{
	struct pen_context_handle server =
		EXPECT(0, call, SamrConnect2, .DesiredAccess = MAXIMUM_ALLOWED)->ServerHandle;
	const struct pen_sid *sid = pen_accounts_sid(pen_samr_of(call)->accounts, domain);
	struct dtyp_RPC_SID *wire = pen_samr_sid_put(pen_call_arena(call), sid);

	return EXPECT(0, call, SamrOpenDomain, server, access, *wire)->DomainHandle;
}

static inline struct pen_context_handle create_user(struct pen_call *call, const char *name,
						    uint32_t type)
{
	struct pen_context_handle domain = open_domain(call, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);

	return EXPECT(0, call, SamrCreateUser2InDomain, domain, wide(name), type, MAXIMUM_ALLOWED)
		->UserHandle;
}

#endif
