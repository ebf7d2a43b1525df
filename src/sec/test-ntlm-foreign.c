/* SPDX-License-Identifier: MIT */
/* A client that is not ours, and says what it likes. */
#include "sec/test-ntlm.h"

struct foreign {
	uint32_t flags;
	bool is_v1;
	uint8_t lm[24];
	uint8_t nt[64];
	size_t n_nt;
	uint8_t key[16]; /* the session key that it has in the end */
};

static void foreign_answer(struct foreign *foreign, const uint8_t *challenge)
{
	bool is_extended = foreign->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY;
	static const uint8_t temp[32] = { 1, 1 }; /* with an end of the pairs */
	uint8_t hash[16];
	uint8_t key[16];

	memset(foreign->lm, 0x22, sizeof(foreign->lm));
	pen_ntlm_nt_hash(crypto, "secret", hash);
	if (foreign->is_v1) {
		foreign->n_nt = 24;
		pen_ntlm_v1_response(crypto, hash, challenge, is_extended ? foreign->lm : NULL,
				     foreign->nt);
		pen_ntlm_v1_base_key(crypto, hash, foreign->key);
		if (is_extended)
			pen_ntlm_v1_exchange_key(crypto, foreign->key, challenge, foreign->lm,
						 foreign->key);
		return;
	}
	foreign->n_nt = 16 + sizeof(temp);
	memcpy(foreign->nt + 16, temp, sizeof(temp));
	pen_ntlm_v2_key(crypto, hash, "ann", "", key);
	pen_ntlm_v2_proof(crypto, key, challenge, (struct pen_slice){ temp, sizeof(temp) },
			  foreign->nt);
	pen_ntlm_v2_base_key(crypto, key, foreign->nt, foreign->key);
}

static int foreign_run(struct foreign *foreign, struct talk *talk)
{
	bool is_unicode = foreign->flags & PEN_NTLM_UNICODE;
	struct pen_ntlm_negotiate negotiate = { .flags = foreign->flags };
	struct pen_ntlm_authenticate authenticate = {
		.flags = foreign->flags,
		.user = { (const uint8_t *)(is_unicode ? "a\0n\0n" : "ann"), is_unicode ? 6 : 3 },
		.domain = { (const uint8_t *)"D\0", is_unicode ? 2 : 1 },
	};
	struct pen_ntlm_challenge challenge;
	uint8_t sent[16];
	int r;

	assert_int_equal(pen_ntlm_negotiate_put(&negotiate, &talk->tokens[0]), 0);
	r = talk_new(talk);
	if (!r)
		r = talk_step(talk->server, &talk->tokens[0], &talk->tokens[1]);
	if (r != PEN_E_AGAIN)
		return r;
	assert_int_equal(
		pen_ntlm_challenge_get(&challenge, (struct pen_slice){ talk->tokens[1].data,
								       talk->tokens[1].size }),
		0);
	foreign_answer(foreign, challenge.challenge);
	authenticate.lm = (struct pen_slice){ foreign->lm, sizeof(foreign->lm) };
	authenticate.nt = (struct pen_slice){ foreign->nt, foreign->n_nt };
	if (foreign->flags & PEN_NTLM_KEY_EXCH) {
		memset(sent, 0x33, sizeof(sent));
		pen_ntlm_exchange(crypto, foreign->key, sent, foreign->key);
		authenticate.session_key = (struct pen_slice){ sent, sizeof(sent) };
	}
	assert_int_equal(pen_ntlm_authenticate_put(&authenticate, &talk->tokens[2]), 0);
	return talk_step(talk->server, &talk->tokens[2], &talk->tokens[0]);
}

/* All that a client may offer, in both versions, against all that a server may allow. */
static void test_combinations(void **state)
{
	static const uint32_t options[] = { PEN_NTLM_UNICODE,  PEN_NTLM_EXTENDED_SESSION_SECURITY,
					    PEN_NTLM_128,      PEN_NTLM_56,
					    PEN_NTLM_KEY_EXCH, PEN_NTLM_SEAL };

	for (unsigned mask = 0; mask < 1 << PEN_COUNT(options); mask++)
		for (unsigned allowed = 0; allowed < 4; allowed++)
			for (int is_v1 = 0; is_v1 < 2; is_v1++) {
				struct foreign foreign = {
					.flags = PEN_NTLM_OEM | PEN_NTLM_NTLM | PEN_NTLM_SIGN,
					.is_v1 = is_v1,
				};
				bool is_weak;
				struct talk talk;
				int r;

				for (size_t i = 0; i < PEN_COUNT(options); i++)
					foreign.flags |= mask >> i & 1 ? options[i] : 0;
				is_weak = !(foreign.flags & PEN_NTLM_128) ||
					  !(foreign.flags & PEN_NTLM_EXTENDED_SESSION_SECURITY);
				talk_init(&talk, "ann", "secret");
				talk.config.allow_v1 = allowed & 1;
				talk.config.allow_weak = allowed & 2;
				talk.server_side.level = PEN_AUTH_LEVEL_INTEGRITY;
				r = foreign_run(&foreign, &talk);
				if ((is_weak && !(allowed & 2)) || (is_v1 && !(allowed & 1))) {
					assert_int_equal(r, PEN_E_DENIED);
				} else {
					assert_int_equal(r, 0);
					assert_memory_equal(
						pen_mech_ntlm.session_key(talk.server).data,
						foreign.key, 16);
				}
				talk_done(&talk);
			}
}

/* A client that wants to be known and no more is no more than known [MS-NLMP 2.2.2.5]. */
static void test_identify(void **state)
{
	for (int is_limited = 0; is_limited < 2; is_limited++) {
		struct foreign foreign = {
			.flags = PEN_NTLM_UNICODE | PEN_NTLM_NTLM | PEN_NTLM_SIGN | PEN_NTLM_128 |
				 PEN_NTLM_EXTENDED_SESSION_SECURITY |
				 (is_limited ? PEN_NTLM_IDENTIFY : 0),
		};
		struct pen_token *token;
		struct talk talk;

		talk_init(&talk, "ann", "secret");
		talk.server_side.level = PEN_AUTH_LEVEL_INTEGRITY;
		assert_int_equal(foreign_run(&foreign, &talk), 0);
		assert_int_equal(pen_mech_ntlm.token(talk.server, &token), 0);
		assert_int_equal(pen_token_info(token)->is_identify_only, is_limited);
		assert_int_equal(pen_token_info(token)->uid, 1000);
		pen_token_free(token);
		talk_done(&talk);
	}
}

static void only_v1(struct talk *talk, struct pen_buffer *token, int nth)
{
	const struct pen_ntlm_challenge challenge = {
		.flags = PEN_NTLM_UNICODE | PEN_NTLM_NTLM | PEN_NTLM_SIGN | PEN_NTLM_SEAL |
			 PEN_NTLM_128 | PEN_NTLM_KEY_EXCH,
	};

	if (nth != 1)
		return;
	token->size = 0;
	assert_int_equal(pen_ntlm_challenge_put(&challenge, token), 0);
}

static void test_old_server(void **state)
{
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	talk.meddle = only_v1;
	assert_int_equal(talk_run(&talk), PEN_E_DENIED);
	assert_int_equal(talk.n, 2);
	assert_string_equal(pen_mech_ntlm.reason(talk.client),
			    "the server speaks only version 1 of NTLM");
	talk_done(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_old_server),
		cmocka_unit_test(test_identify),
	};
	int r = talk_begin();

	if (!r)
		r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
