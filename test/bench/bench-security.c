/* SPDX-License-Identifier: MIT */
/*
 * NTLM, by itself and under SPNEGO: messages signed and sealed a second, beside libcrypto's
 * RC4 and HMAC-MD5 alone on the same bytes; and proofs a second, both sides.
 */
#include "bench/bench.h"
#include "runtime/world.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <penstock/buffer.h>
#include <penstock/credentials.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double seconds = 1;
static struct pen_world world;
static struct pen_credentials *credentials;
static uint8_t nt_hash[PEN_NTLM_KEY_SIZE];

static void need(int r, const char *what)
{
	if (r) {
		fprintf(stderr, "%s: %s\n", what, pen_error_name(r));
		exit(1);
	}
}

/* ---- both sides of a proof ---- */

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	int r = pen_ntlm_check(nt_hash, attempt, verdict->session_base_key);

	return r ? r : pen_token_new_anonymous(&verdict->token, true);
}

static const struct pen_ntlm_server ntlm_server = { .netbios_computer = "BENCH", .judge = judge };
static const struct pen_spnego_mech offered = { &pen_mech_ntlm, NULL, pen_oids_ntlm, 1 };
static const struct pen_spnego_mech taken = { &pen_mech_ntlm, &ntlm_server, pen_oids_ntlm, 1 };
static const struct pen_spnego_config spnego_client = { &offered, 1 };
static const struct pen_spnego_config spnego_server = { &taken, 1 };

struct pair {
	const struct pen_mech *mech;
	struct pen_mech_context *client, *server;
};

static void pair_open(struct pair *pair, const struct pen_mech *mech)
{
	bool is_spnego = mech == &pen_mech_spnego;
	const struct pen_mech_client client = { .world = &world.mech,
						.config = is_spnego ? &spnego_client : NULL,
						.credentials = credentials,
						.target = "host/bench",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech_server server = { .world = &world.mech,
						.config = is_spnego ? (const void *)&spnego_server
								    : &ntlm_server,
						.peer = "bench",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_buffer tokens[2] = { 0 };
	int r[2] = { PEN_E_AGAIN, PEN_E_AGAIN };

	pair->mech = mech;
	need(mech->new_client(&pair->client, &client), "client");
	need(mech->new_server(&pair->server, &server), "server");
	for (int turn = 0; r[turn & 1] == PEN_E_AGAIN; turn++) {
		struct pen_buffer *in = &tokens[!(turn & 1)], *out = &tokens[turn & 1];
		struct pen_mech_context *side = turn & 1 ? pair->server : pair->client;

		out->size = 0;
		r[turn & 1] = mech->step(side, (struct pen_slice){ in->data, in->size }, out);
	}
	need(r[0], "client's proof");
	need(r[1], "server's proof");
	pen_buffer_done(&tokens[0]);
	pen_buffer_done(&tokens[1]);
}

static void pair_close(struct pair *pair)
{
	pair->mech->free(pair->client);
	pair->mech->free(pair->server);
}

static double proofs(const struct pen_mech *mech)
{
	double start = bench_now();
	struct pair pair;
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++) {
		pair_open(&pair, mech);
		pair_close(&pair);
	}
	return (double)n / (bench_now() - start);
}

/* ---- messages ---- */

static double protected(const struct pen_mech *mech, uint8_t *data, size_t size, bool is_sealed)
{
	uint8_t head[24] = { 5 }, tail[8] = { 10 }, signature[64];
	struct pen_protected message = { .head = { head, sizeof(head) },
					 .data = data,
					 .n = size,
					 .tail = { tail, sizeof(tail) },
					 .signature = signature,
					 .is_sealed = is_sealed };
	double start;
	struct pair pair;
	size_t n;

	pair_open(&pair, mech);
	message.n_signature = mech->signature_size(pair.client, size, is_sealed);
	start = bench_now();
	for (n = 0; bench_now() - start < seconds; n++)
		need(mech->protect(pair.client, &message), "protect");
	start = bench_now() - start;
	pair_close(&pair);
	return (double)n / start;
}

/* What libcrypto needs for it: a digest of all, and the data through the cipher. */
static double alone(uint8_t *data, size_t size, bool is_sealed)
{
	EVP_CIPHER *rc4 = EVP_CIPHER_fetch(NULL, "RC4", NULL);
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char *)"MD5", 0),
				OSSL_PARAM_construct_end() };
	uint8_t key[16] = { 1 }, frame[36] = { 0 }, digest[16];
	double start;
	int done;
	size_t n;

	EVP_EncryptInit_ex2(cipher, rc4, key, NULL, NULL);
	EVP_MAC_init(mac, key, sizeof(key), params);
	start = bench_now();
	for (n = 0; bench_now() - start < seconds; n++) {
		EVP_MAC_init(mac, NULL, 0, NULL);
		EVP_MAC_update(mac, frame, sizeof(frame));
		EVP_MAC_update(mac, data, size);
		EVP_MAC_final(mac, digest, NULL, sizeof(digest));
		if (is_sealed)
			EVP_EncryptUpdate(cipher, data, &done, data, (int)size);
		EVP_EncryptUpdate(cipher, digest, &done, digest, 8);
	}
	start = bench_now() - start;
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
	EVP_CIPHER_CTX_free(cipher);
	EVP_CIPHER_free(rc4);
	return (double)n / start;
}

static void measure(const struct pen_mech *mech, const char *name, uint8_t *data)
{
	static const size_t sizes[] = { 64, 65536 };
	char what[60];

	for (size_t i = 0; i < 2; i++)
		for (int is_sealed = 0; is_sealed < 2; is_sealed++) {
			double limit = alone(data, sizes[i], is_sealed);

			snprintf(what, sizeof(what), "%s, %s, %zu bytes", name,
				 is_sealed ? "sealed" : "signed", sizes[i]);
			bench_line(what, protected(mech, data, sizes[i], is_sealed), "messages/s",
				   limit, sizes[i] > 64 ? 0.8 : 0);
		}
	snprintf(what, sizeof(what), "%s, proofs, both sides", name);
	bench_line(what, proofs(mech), "proofs/s", 0, 0);
}

int main(void)
{
	OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
	uint8_t *data = calloc(1, 65536);

	if (!data || !standard || !legacy)
		return 1;
	bench_pin(0);
	need(pen_world_init(&world), "ciphers");
	need(pen_credentials_new_password(&credentials, "alice", "BENCH", "Secret-1"),
	     "credentials");
	need(pen_ntlm_nt_hash(world.crypto, "Secret-1", nt_hash), "hash");
	measure(&pen_mech_ntlm, "NTLM", data);
	measure(&pen_mech_spnego, "SPNEGO", data);
	free(data);
	pen_credentials_free(credentials);
	pen_world_done(&world);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(standard);
	return 0;
}
