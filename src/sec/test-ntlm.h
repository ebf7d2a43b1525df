/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_TEST_NTLM_H
#define PEN_SEC_TEST_NTLM_H
/*
 * A client and a server of NTLM, back to back in memory, and what a third party between
 * them can do. The server knows ann, whose password is "secret".
 */
#include "crypto/crypto.h"
#include "sec/credentials.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/token.h>
#include <string.h>

static struct pen_crypto *crypto;

static inline int get_random(void *data, void *bytes, size_t n)
{
	uint8_t *seed = data;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)bytes)[i] = (*seed)++;
	return 0;
}

static inline uint64_t get_now(void *data)
{
	(void)data;
	return UINT64_C(0x01d9000000000000);
}

static inline int judge(void *data, const struct pen_ntlm_attempt *attempt,
			struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[16];
	int r;

	(void)data;
	if (strcmp(attempt->user, "ann") != 0)
		return PEN_E_NOT_FOUND;
	r = pen_ntlm_nt_hash(attempt->crypto, "secret", hash);
	if (!r)
		r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	if (!r)
		r = pen_token_new_unix(&verdict->token, 1000, 1000, NULL, 0, 0, false);
	return r;
}

struct talk {
	struct pen_mech_world world;
	struct pen_ntlm_server config;
	struct pen_mech_server server_side;
	struct pen_mech_client client_side;
	struct pen_credentials *credentials;
	struct pen_mech_context *client;
	struct pen_mech_context *server;
	struct pen_buffer tokens[3];
	int r; /* of the last step */
	int n; /* of tokens that were sent */
	uint8_t seed;

	void (*meddle)(struct talk *talk, struct pen_buffer *token, int nth);
	size_t at;
	uint32_t flags;
};

static inline void talk_init(struct talk *talk, const char *user, const char *password)
{
	*talk = (struct talk){ 0 };
	talk->world = (struct pen_mech_world){
		.crypto = crypto, .data = &talk->seed, .random = get_random, .now = get_now
	};
	talk->config = (struct pen_ntlm_server){
		.netbios_computer = "SERVER",
		.netbios_domain = "WORK",
		.dns_computer = "server.work.test",
		.dns_domain = "work.test",
		.judge = judge,
	};
	talk->server_side = (struct pen_mech_server){
		.world = &talk->world,
		.config = &talk->config,
		.peer = "somewhere",
		.level = PEN_AUTH_LEVEL_PRIVACY,
	};
	talk->client_side = (struct pen_mech_client){
		.world = &talk->world,
		.target = "host/server.work.test",
		.level = PEN_AUTH_LEVEL_PRIVACY,
	};
	if (user)
		assert_int_equal(
			pen_credentials_new_password(&talk->credentials, user, NULL, password), 0);
	else
		assert_int_equal(pen_credentials_new_anonymous(&talk->credentials), 0);
}

static inline void talk_done(struct talk *talk)
{
	pen_mech_ntlm.free(talk->client);
	pen_mech_ntlm.free(talk->server);
	pen_credentials_free(talk->credentials);
	for (size_t i = 0; i < PEN_COUNT(talk->tokens); i++)
		pen_buffer_done(&talk->tokens[i]);
}

static inline int talk_step(struct pen_mech_context *context, const struct pen_buffer *in,
			    struct pen_buffer *out)
{
	struct pen_slice token = { .data = in ? in->data : NULL, .size = in ? in->size : 0 };
	int r = pen_mech_ntlm.step(context, token, out);

	if (r == PEN_PENDING) {
		assert_int_equal(pen_mech_ntlm.step(context, (struct pen_slice){ 0 }, out),
				 PEN_PENDING);
		pen_mech_ntlm.work(context);
		r = pen_mech_ntlm.step(context, (struct pen_slice){ 0 }, out);
	}
	return r;
}

static inline int talk_new(struct talk *talk)
{
	int r;

	talk->client_side.credentials = talk->credentials;
	r = pen_mech_ntlm.new_client(&talk->client, &talk->client_side);
	return r ? r : pen_mech_ntlm.new_server(&talk->server, &talk->server_side);
}

/* Until somebody fails; what the last step returned. */
static inline int talk_run(struct talk *talk)
{
	struct pen_buffer nothing = { 0 };

	talk->r = talk_new(talk);
	if (talk->r)
		return talk->r;
	for (int i = 0; i < 3; i++) {
		talk->r = talk_step(i == 1 ? talk->server : talk->client,
				    i ? &talk->tokens[i - 1] : NULL, &talk->tokens[i]);
		if (talk->r != (i == 2 ? 0 : PEN_E_AGAIN))
			return talk->r;
		talk->n++;
		if (talk->meddle)
			talk->meddle(talk, &talk->tokens[i], i);
	}
	talk->r = talk_step(talk->server, &talk->tokens[2], &nothing);
	assert_int_equal(nothing.size, 0);
	return talk->r;
}

/* Both have one key, and messages pass both ways. */
static inline void expect_agreement(struct talk *talk, bool is_sealed)
{
	struct pen_slice a = pen_mech_ntlm.session_key(talk->client);
	struct pen_slice b = pen_mech_ntlm.session_key(talk->server);

	assert_int_equal(a.size, 16);
	assert_int_equal(b.size, 16);
	assert_memory_equal(a.data, b.data, 16);
	assert_true(pen_mech_ntlm.has_header_signing(talk->server));
	for (int i = 0; i < 4; i++) {
		uint8_t data[8] = "message";
		uint8_t signature[16];
		struct pen_protected message = {
			.data = data,
			.n = sizeof(data),
			.signature = signature,
			.n_signature = pen_mech_ntlm.signature_size(talk->client, 8, is_sealed),
			.is_sealed = is_sealed,
		};

		assert_int_equal(message.n_signature, 16);
		assert_int_equal(
			pen_mech_ntlm.protect(i % 2 ? talk->client : talk->server, &message), 0);
		assert_int_equal(memcmp(data, "message", 8) != 0, is_sealed);
		assert_int_equal(
			pen_mech_ntlm.unprotect(i % 2 ? talk->server : talk->client, &message), 0);
		assert_memory_equal(data, "message", 8);
	}
}

/* Before all tests. What a test program is to end with: 77 without MD4 and RC4; 0: with no more. */
static inline int talk_begin(void)
{
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	return pen_crypto_has_legacy(crypto) ? 0 : 77;
}

#endif
