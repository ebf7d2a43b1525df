/* SPDX-License-Identifier: MIT */
/* Client and server back to back, and what a third party between them can do. */
#include "sec/test-ntlm.h"
#include "support/fail.h"
#include <errno.h>

static void test_agreement(void **state)
{
	static const enum pen_auth_level levels[] = { PEN_AUTH_LEVEL_CONNECT, PEN_AUTH_LEVEL_PACKET,
						      PEN_AUTH_LEVEL_INTEGRITY,
						      PEN_AUTH_LEVEL_PRIVACY };

	for (size_t i = 0; i < 2 * PEN_COUNT(levels); i++) {
		bool is_privacy = levels[i / 2] == PEN_AUTH_LEVEL_PRIVACY;
		struct pen_token *token = NULL;
		struct talk talk;

		talk_init(&talk, i % 2 ? "WORK\\ann" : "ann", "secret");
		talk.config.may_block = i % 2;
		talk.client_side.level = talk.server_side.level = levels[i / 2];
		assert_int_equal(talk_run(&talk), 0);
		if (levels[i / 2] == PEN_AUTH_LEVEL_CONNECT)
			assert_int_equal(pen_mech_ntlm.signature_size(talk.client, 8, false), 0);
		else
			expect_agreement(&talk, is_privacy);
		assert_int_equal(pen_mech_ntlm.signature_size(talk.server, 8, true),
				 is_privacy ? 16 : 0);
		assert_int_equal(pen_mech_ntlm.token(talk.server, &token), 0);
		assert_int_equal(pen_token_info(token)->uid, 1000);
		pen_token_free(token);
		assert_int_equal(pen_mech_ntlm.token(talk.client, &token), PEN_E_DENIED);
		talk_done(&talk);
	}
}

static void expect_pair(struct pen_slice list, enum pen_ntlm_av id, const void *wanted, size_t n)
{
	struct pen_slice value;

	assert_int_equal(pen_ntlm_av_find(list, id, &value), 0);
	assert_int_equal(value.size, n);
	assert_memory_equal(value.data, wanted, n);
}

#define EXPECT_PAIR(list, id, bytes) expect_pair(list, id, bytes, sizeof(bytes) - 1)

/* The server says who it is and when; the client repeats it, and adds what it is to prove. */
static void test_pairs(void **state)
{
	static const char now[] = "\0\0\0\0\0\0\xd9\x01";
	struct pen_ntlm_authenticate authenticate;
	struct pen_ntlm_challenge challenge;
	struct pen_slice list;
	uint8_t bindings[16];
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	talk.client_side.target = "a/b";
	talk.client_side.channel_bindings = (struct pen_slice){ (const uint8_t *)"one", 3 };
	assert_int_equal(talk_run(&talk), 0);

	assert_int_equal(
		pen_ntlm_challenge_get(
			&challenge, (struct pen_slice){ talk.tokens[1].data, talk.tokens[1].size }),
		0);
	assert_int_equal(challenge.target_name.size, 8);
	assert_memory_equal(challenge.target_name.data, "W\0O\0R\0K", 8);
	assert_true(challenge.flags & PEN_NTLM_TARGET_TYPE_DOMAIN);
	list = challenge.target_info;
	EXPECT_PAIR(list, PEN_NTLM_AV_NB_DOMAIN, "W\0O\0R\0K\0");
	EXPECT_PAIR(list, PEN_NTLM_AV_NB_COMPUTER, "S\0E\0R\0V\0E\0R\0");
	EXPECT_PAIR(list, PEN_NTLM_AV_TIMESTAMP, now);

	assert_int_equal(
		pen_ntlm_authenticate_get(&authenticate, (struct pen_slice){ talk.tokens[2].data,
									     talk.tokens[2].size }),
		0);
	assert_memory_equal(authenticate.nt.data + 24, now, 8);
	list = (struct pen_slice){ authenticate.nt.data + 44, authenticate.nt.size - 44 };
	EXPECT_PAIR(list, PEN_NTLM_AV_NB_DOMAIN, "W\0O\0R\0K\0");
	EXPECT_PAIR(list, PEN_NTLM_AV_TIMESTAMP, now);
	EXPECT_PAIR(list, PEN_NTLM_AV_FLAGS, "\2\0\0\0");
	EXPECT_PAIR(list, PEN_NTLM_AV_TARGET_NAME, "a\0/\0b\0");
	assert_int_equal(pen_ntlm_bindings(crypto, talk.client_side.channel_bindings, bindings), 0);
	expect_pair(list, PEN_NTLM_AV_CHANNEL_BINDINGS, bindings, sizeof(bindings));
	talk_done(&talk);
}

static void fill_info(struct talk *talk, struct pen_buffer *token, int nth)
{
	static const uint8_t value[65400];
	struct pen_buffer info = { 0 };
	struct pen_ntlm_challenge challenge = { .flags = UINT32_MAX };

	if (nth != 1)
		return;
	assert_int_equal(pen_ntlm_av_put(&info, PEN_NTLM_AV_SINGLE_HOST,
					 (struct pen_slice){ value, sizeof(value) }),
			 0);
	assert_int_equal(pen_ntlm_av_put(&info, PEN_NTLM_AV_EOL, (struct pen_slice){ 0 }), 0);
	challenge.target_info = (struct pen_slice){ info.data, info.size };
	token->size = 0;
	assert_int_equal(pen_ntlm_challenge_put(&challenge, token), 0);
	pen_buffer_done(&info);
}

/* A server cannot make the client's answer longer than one can be. */
static void test_too_long(void **state)
{
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	talk.meddle = fill_info;
	assert_int_equal(talk_run(&talk), PEN_E_BAD_DATA);
	assert_int_equal(talk.n, 2);
	assert_string_equal(pen_mech_ntlm.reason(talk.client),
			    "a message is longer than one can be");
	talk_done(&talk);
}

/* A hash does as well as its password. */
static void test_nt_hash(void **state)
{
	uint8_t hash[16];
	struct talk talk;

	assert_int_equal(pen_ntlm_nt_hash(crypto, "secret", hash), 0);
	talk_init(&talk, "ann", "x");
	pen_credentials_free(talk.credentials);
	assert_int_equal(pen_credentials_new_nt_hash(&talk.credentials, "ann", NULL, hash), 0);
	assert_int_equal(talk_run(&talk), 0);
	expect_agreement(&talk, true);
	talk_done(&talk);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *user;
		const char *password;
		const char *reason;
	} rows[] = {
		{ "ann", "wrong", "the password of ann is wrong, or the user may not come in" },
		{ "WORK\\ann", "",
		  "the password of WORK\\ann is wrong, or the user may not come in" },
		{ "bob", "secret", "there is no user bob" },
		{ NULL, NULL, "the client gives no name, and nobody may come without" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_token *token = NULL;
		struct talk talk;

		talk_init(&talk, rows[i].user, rows[i].password);
		assert_int_equal(talk_run(&talk), PEN_E_DENIED);
		assert_int_equal(talk.n, 3);
		assert_string_equal(pen_mech_ntlm.reason(talk.server), rows[i].reason);
		assert_int_equal(pen_mech_ntlm.session_key(talk.server).size, 0);
		assert_int_equal(pen_mech_ntlm.token(talk.server, &token), PEN_E_DENIED);
		talk_done(&talk);
	}
}

/* Bindings of the same channel, of another, of none, on each side. */
static void test_bindings(void **state)
{
	static const struct {
		const char *client;
		const char *server;
		bool are_required;
		int r;
	} rows[] = {
		{ "one", "one", true, 0 },
		{ "one", "one", false, 0 },
		{ "one", "two", false, PEN_E_DENIED },
		{ "", "two", false, 0 },
		{ "", "two", true, PEN_E_DENIED },
		{ "one", "", true, 0 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct talk talk;

		talk_init(&talk, "ann", "secret");
		talk.client_side.channel_bindings =
			(struct pen_slice){ (const uint8_t *)rows[i].client,
					    strlen(rows[i].client) };
		talk.server_side.channel_bindings =
			(struct pen_slice){ (const uint8_t *)rows[i].server,
					    strlen(rows[i].server) };
		talk.config.require_bindings = rows[i].are_required;
		assert_int_equal(talk_run(&talk), rows[i].r);
		talk_done(&talk);
	}
}

static void flip(struct talk *talk, struct pen_buffer *token, int nth)
{
	size_t at = talk->at / 8;

	for (int i = 0; i < nth; i++)
		at -= talk->tokens[i].size;
	if (at < token->size)
		token->data[at] ^= 1 << talk->at % 8;
}

/* Every bit of every token counts, because the MIC is over all of them. */
static void test_any_bit(void **state)
{
	size_t n_bits;
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	assert_int_equal(talk_run(&talk), 0);
	n_bits = 8 * (talk.tokens[0].size + talk.tokens[1].size + talk.tokens[2].size);
	talk_done(&talk);

	for (size_t bit = 0; bit < n_bits; bit++) {
		talk_init(&talk, "ann", "secret");
		talk.meddle = flip;
		talk.at = bit;
		assert_int_not_equal(talk_run(&talk), 0);
		assert_true(talk.r == PEN_E_DENIED || talk.r == PEN_E_BAD_DATA);
		talk_done(&talk);
	}
}

/* Where the flags of each message are. */
static uint8_t *flags_of(struct pen_buffer *token, int nth)
{
	static const size_t offsets[] = { 12, 20, 60 };

	return token->data + offsets[nth];
}

static void clear_flags(struct talk *talk, struct pen_buffer *token, int nth)
{
	if ((size_t)nth != talk->at && talk->at < 3)
		return;
	for (size_t i = 0; i < 4; i++)
		flags_of(token, nth)[i] &= (uint8_t) ~(talk->flags >> 8 * i);
}

/* A flag taken away on its way, even by a server that would settle for less. */
static void test_downgrade(void **state)
{
	static const uint32_t flags[] = { PEN_NTLM_SIGN,
					  PEN_NTLM_SEAL,
					  PEN_NTLM_128,
					  PEN_NTLM_KEY_EXCH,
					  PEN_NTLM_EXTENDED_SESSION_SECURITY,
					  PEN_NTLM_ALWAYS_SIGN,
					  PEN_NTLM_TARGET_INFO,
					  PEN_NTLM_REQUEST_TARGET,
					  PEN_NTLM_UNICODE };

	for (size_t i = 0; i < PEN_COUNT(flags); i++)
		for (size_t at = 0; at < 4; at++) {
			struct talk talk;

			talk_init(&talk, "ann", "secret");
			talk.config.allow_weak = true;
			talk.config.allow_v1 = true;
			talk.server_side.level = PEN_AUTH_LEVEL_CONNECT;
			talk.client_side.level = PEN_AUTH_LEVEL_PRIVACY;
			talk.meddle = clear_flags;
			talk.flags = flags[i];
			talk.at = at;
			/* The server itself sets TARGET_INFO, and the client need not say it. */
			if (flags[i] != PEN_NTLM_TARGET_INFO || at == 1 || at == 2)
				assert_int_not_equal(talk_run(&talk), 0);
			talk_done(&talk);
		}
}

static void drop_mic(struct talk *talk, struct pen_buffer *token, int nth)
{
	if (nth == 2)
		memset(token->data + PEN_NTLM_MIC_OFFSET, 0, PEN_NTLM_MIC_SIZE);
}

/* The place of the MIC given up: all the offsets are moved down over it. */
static void cut_mic(struct talk *talk, struct pen_buffer *token, int nth)
{
	if (nth != 2)
		return;
	for (size_t field = 12; field <= 52; field += 8)
		token->data[field + 4] -= 16;
	memmove(token->data + 72, token->data + 88, token->size - 88);
	token->size -= 16;
}

static void test_mic_removed(void **state)
{
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	talk.meddle = drop_mic;
	assert_int_equal(talk_run(&talk), PEN_E_DENIED);
	assert_string_equal(pen_mech_ntlm.reason(talk.server),
			    "the MIC is wrong: the messages were changed on their way");
	talk_done(&talk);

	talk_init(&talk, "ann", "secret");
	talk.meddle = cut_mic;
	assert_int_equal(talk_run(&talk), PEN_E_DENIED);
	assert_string_equal(pen_mech_ntlm.reason(talk.server),
			    "the client's MIC was taken out of its message");
	talk_done(&talk);
}

/* An answer to one challenge is none to another; nor is anything but the next message. */
static void test_replay(void **state)
{
	struct pen_buffer out = { 0 };
	struct talk old;
	struct talk new;

	talk_init(&old, "ann", "secret");
	assert_int_equal(talk_run(&old), 0);
	for (int again = 0; again < 3; again++) {
		talk_init(&new, "ann", "secret");
		new.seed = 77;
		assert_int_equal(talk_new(&new), 0);
		assert_int_equal(talk_step(new.server, &old.tokens[again == 2 ? 2 : 0], &out),
				 again == 2 ? PEN_E_BAD_DATA : PEN_E_AGAIN);
		assert_int_equal(talk_step(new.server, &old.tokens[again ? 0 : 2], &out),
				 again ? PEN_E_BAD_DATA : PEN_E_DENIED);
		assert_true(strlen(pen_mech_ntlm.reason(new.server)) > 10);
		assert_int_equal(talk_step(new.server, &old.tokens[0], &out), PEN_E_BAD_DATA);
		talk_done(&new);
	}
	/* The finished take nothing more. */
	assert_int_equal(talk_step(old.server, &old.tokens[2], &out), PEN_E_BAD_DATA);
	assert_int_equal(pen_mech_ntlm.session_key(old.server).size, 0);
	assert_int_equal(talk_step(old.client, &old.tokens[1], &out), PEN_E_BAD_DATA);
	talk_done(&old);
	pen_buffer_done(&out);
}

/* What is wrong with a message has its sentence. */
static void test_message_refusals(void **state)
{
	uint8_t signature[16] = { 0 };
	uint8_t data[8] = { 0 };
	struct pen_protected message = {
		.data = data,
		.n = sizeof(data),
		.signature = signature,
		.n_signature = sizeof(signature),
	};
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	assert_int_equal(talk_new(&talk), 0);
	assert_int_equal(pen_mech_ntlm.protect(talk.client, &message), PEN_E_DENIED);
	assert_non_null(strstr(pen_mech_ntlm.reason(talk.client), "before NTLM had agreed"));
	talk_done(&talk);

	talk_init(&talk, "ann", "secret");
	talk.client_side.level = talk.server_side.level = PEN_AUTH_LEVEL_INTEGRITY;
	assert_int_equal(talk_run(&talk), 0);
	message.is_sealed = true;
	assert_int_equal(pen_mech_ntlm.unprotect(talk.server, &message), PEN_E_DENIED);
	assert_non_null(strstr(pen_mech_ntlm.reason(talk.server), "no sealing was agreed on"));
	message.is_sealed = false;
	message.n_signature = 12;
	assert_int_equal(pen_mech_ntlm.unprotect(talk.client, &message), PEN_E_DENIED);
	assert_non_null(strstr(pen_mech_ntlm.reason(talk.client), "signature of 12 bytes"));
	message.n_signature = sizeof(signature);
	assert_int_equal(pen_mech_ntlm.unprotect(talk.server, &message), PEN_E_DENIED);
	assert_non_null(strstr(pen_mech_ntlm.reason(talk.server), "signature is wrong"));
	talk_done(&talk);
}

/* No part of a token passes for it. */
static void test_prefixes(void **state)
{
	struct pen_buffer out = { 0 };
	struct talk whole;

	talk_init(&whole, "ann", "secret");
	assert_int_equal(talk_run(&whole), 0);
	for (int nth = 0; nth < 3; nth++)
		/* The version that ends a NEGOTIATE is not there unless the flags say so. */
		for (size_t n = 0; n < whole.tokens[nth].size - (nth ? 0 : 8); n++) {
			struct pen_mech_context *to;
			struct pen_buffer part = { .data = whole.tokens[nth].data, .size = n };
			struct talk talk;
			int r;

			talk_init(&talk, "ann", "secret");
			assert_int_equal(talk_new(&talk), 0);
			to = nth == 1 ? talk.client : talk.server;
			if (nth)
				assert_int_equal(
					talk_step(to, nth == 1 ? NULL : &whole.tokens[0], &out),
					PEN_E_AGAIN);
			out.size = 0;
			r = talk_step(to, &part, &out);
			assert_true(r == PEN_E_BAD_DATA || r == PEN_E_DENIED);
			assert_int_equal(out.size, 0);
			talk_done(&talk);
		}
	talk_done(&whole);
	pen_buffer_done(&out);
}

static void test_tickets(void **state)
{
	struct talk talk;

	talk_init(&talk, "ann", "secret");
	pen_credentials_free(talk.credentials);
	assert_int_equal(pen_credentials_new_ccache(&talk.credentials, NULL), 0);
	assert_int_equal(talk_run(&talk), PEN_E_DENIED);
	assert_int_equal(talk.n, 0);
	talk_done(&talk);
}

/* The judge's own memory counts too; it says so like the rest. */
static void test_no_memory(void **state)
{
	size_t n;

	for (n = 1;; n++) {
		struct talk talk;
		int r;

		talk_init(&talk, "WORK\\ann", "secret");
		pen_fail_at(n);
		r = talk_run(&talk);
		talk_done(&talk);
		if (!pen_fail_hit()) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -ENOMEM);
	}
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agreement),   cmocka_unit_test(test_nt_hash),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_any_bit),	    cmocka_unit_test(test_downgrade),
		cmocka_unit_test(test_mic_removed), cmocka_unit_test(test_replay),
		cmocka_unit_test(test_prefixes),    cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_pairs),	    cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_memory),   cmocka_unit_test(test_message_refusals),
	};
	int r = talk_begin();

	if (!r)
		r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
