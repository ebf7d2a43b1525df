/* SPDX-License-Identifier: MIT */
/*
 * Mechanisms: messages signed and sealed a second, beside what libcrypto alone needs for
 * the same bytes; and proofs a second, both sides.
 *
 *	bench-security           NTLM, by itself and under SPNEGO, and netlogon's provider
 *	bench-security KEYTAB    Kerberos, of the service host/bench, with the tickets in
 *	                         $KRB5CCNAME
 */
#include "bench/bench.h"
#include "runtime/world.h"
#include "sec/krb5.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/schannel.h"
#include "sec/spnego.h"
#include <krb5.h>
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

static const struct pen_schannel_client schannel_client = {
	.keys = { .session_key = { 1 }, .flags = PEN_NETLOGON_AES },
	.computer = "BENCH",
};

static int find_machine(void *data, const char *domain, const char *computer,
			struct pen_schannel_machine *machine)
{
	*machine = (struct pen_schannel_machine){ .keys = schannel_client.keys,
						  .account = "BENCH$",
						  .sid = pen_sid_everyone };
	return 0;
}

static const struct pen_schannel_server schannel_server = { .find = find_machine };

static int map(void *data, const char *principal, const struct pen_token_info *known,
	       struct pen_token **tokenp)
{
	return pen_token_new_anonymous(tokenp, true);
}

/* The keytab is the first argument. */
static struct pen_krb5_server krb5_server = { .map = map };
static struct pen_krb5_server krb5_server_without_cache = { .map = map, .rcache = "none:" };

/* What libcrypto needs for a message. */
struct ciphers {
	const char *cipher;
	const char *digest;
	size_t n_overhead; /* bytes beside the data that are ciphered too */
};

static const struct ciphers rc4_md5 = { "RC4", "MD5", 0 };
static const struct ciphers cfb8_sha256 = { "AES-128-CFB8", "SHA256", 8 };
static const struct ciphers cbc_sha1 = { "AES-256-CBC", "SHA1", 32 };

struct scheme {
	const char *name;
	const struct pen_mech *mech;
	const void *client, *server;
	const struct ciphers *ciphers;
};

static const struct scheme schemes[] = {
	{ "NTLM", &pen_mech_ntlm, NULL, &ntlm_server, &rc4_md5 },
	{ "SPNEGO", &pen_mech_spnego, &spnego_client, &spnego_server, &rc4_md5 },
	{ "schannel", &pen_mech_schannel, &schannel_client, &schannel_server, &cfb8_sha256 },
};

static const struct scheme krb5 = { "Kerberos", &pen_mech_krb5, NULL, &krb5_server, &cbc_sha1 };
static const struct scheme krb5_without_cache = { "Kerberos", &pen_mech_krb5, NULL,
						  &krb5_server_without_cache, &cbc_sha1 };

struct pair {
	const struct pen_mech *mech;
	struct pen_mech_context *client, *server;
};

static int step(const struct pen_mech *mech, struct pen_mech_context *side,
		const struct pen_buffer *in, struct pen_buffer *out)
{
	int r = mech->step(side, (struct pen_slice){ in->data, in->size }, out);

	if (r != PEN_PENDING)
		return r;
	mech->work(side);
	return mech->step(side, (struct pen_slice){ 0 }, out);
}

static void pair_open(struct pair *pair, const struct scheme *scheme)
{
	const struct pen_mech *mech = scheme->mech;
	const struct pen_mech_client client = { .world = &world.mech,
						.config = scheme->client,
						.credentials = credentials,
						.target = "host/bench",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech_server server = { .world = &world.mech,
						.config = scheme->server,
						.peer = "bench",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_buffer tokens[2] = { 0 };
	int r[2] = { PEN_E_AGAIN, PEN_E_AGAIN };

	pair->mech = mech;
	need(mech->new_client(&pair->client, &client), "client");
	need(mech->new_server(&pair->server, &server), "server");
	for (int turn = 0; r[turn & 1] == PEN_E_AGAIN; turn++) {
		struct pen_buffer *in = &tokens[!(turn & 1)], *out = &tokens[turn & 1];

		out->size = 0;
		r[turn & 1] = step(mech, turn & 1 ? pair->server : pair->client, in, out);
	}
	need(r[0], mech->reason(pair->client));
	need(r[1], mech->reason(pair->server));
	pen_buffer_done(&tokens[0]);
	pen_buffer_done(&tokens[1]);
}

static void pair_close(struct pair *pair)
{
	pair->mech->free(pair->client);
	pair->mech->free(pair->server);
}

static double proofs(const struct scheme *scheme)
{
	double start = bench_now();
	struct pair pair;
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++) {
		pair_open(&pair, scheme);
		pair_close(&pair);
	}
	return (double)n / (bench_now() - start);
}

/* ---- messages ---- */

static double protected(const struct scheme *scheme, uint8_t *data, size_t size, bool is_sealed)
{
	uint8_t head[24] = { 5 }, tail[8] = { 10 }, signature[128];
	struct pen_protected message = { .head = { head, sizeof(head) },
					 .data = data,
					 .n = size,
					 .tail = { tail, sizeof(tail) },
					 .signature = signature,
					 .is_sealed = is_sealed };
	double start;
	struct pair pair;
	size_t n;

	pair_open(&pair, scheme);
	message.n_signature = scheme->mech->signature_size(pair.client, size, is_sealed);
	start = bench_now();
	for (n = 0; bench_now() - start < seconds; n++)
		need(scheme->mech->protect(pair.client, &message), "protect");
	start = bench_now() - start;
	pair_close(&pair);
	return (double)n / start;
}

/* What libcrypto needs for it: a digest of all, and the data through the cipher. */
static double alone(const struct ciphers *ciphers, uint8_t *data, size_t size, bool is_sealed)
{
	EVP_CIPHER *type = EVP_CIPHER_fetch(NULL, ciphers->cipher, NULL);
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
					"digest", (char *)(uintptr_t)ciphers->digest, 0),
				OSSL_PARAM_construct_end() };
	uint8_t key[32] = { 1 }, iv[16] = { 0 }, frame[36] = { 0 }, digest[EVP_MAX_MD_SIZE];
	double start;
	int done;
	size_t n;

	EVP_EncryptInit_ex2(cipher, type, key, iv, NULL);
	EVP_CIPHER_CTX_set_padding(cipher, 0);
	EVP_MAC_init(mac, key, sizeof(key), params);
	start = bench_now();
	for (n = 0; bench_now() - start < seconds; n++) {
		EVP_MAC_init(mac, NULL, 0, NULL);
		EVP_MAC_update(mac, frame, sizeof(frame));
		EVP_MAC_update(mac, data, size);
		EVP_MAC_final(mac, digest, NULL, sizeof(digest));
		if (is_sealed) {
			EVP_EncryptUpdate(cipher, data, &done, data, (int)size);
			EVP_EncryptUpdate(cipher, frame, &done, frame, (int)ciphers->n_overhead);
		}
		if (ciphers == &rc4_md5)
			EVP_EncryptUpdate(cipher, digest, &done, digest, 8);
	}
	start = bench_now() - start;
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
	EVP_CIPHER_CTX_free(cipher);
	EVP_CIPHER_free(type);
	return (double)n / start;
}

/* What MIT's library needs for it, which has ciphers of its own. */
static double mit_alone(uint8_t *data, size_t size, bool is_sealed)
{
	static const krb5_enctype type = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
	char head[24] = { 5 }, tail[8] = { 10 }, confounder[16], token[16], sum[12];
	krb5_crypto_iov iov[] = {
		{ KRB5_CRYPTO_TYPE_HEADER, { .length = sizeof(confounder), .data = confounder } },
		{ KRB5_CRYPTO_TYPE_SIGN_ONLY, { .length = sizeof(head), .data = head } },
		{ KRB5_CRYPTO_TYPE_DATA, { .length = (unsigned)size, .data = (char *)data } },
		{ KRB5_CRYPTO_TYPE_SIGN_ONLY, { .length = sizeof(tail), .data = tail } },
		{ KRB5_CRYPTO_TYPE_DATA, { .length = sizeof(token), .data = token } },
		{ KRB5_CRYPTO_TYPE_TRAILER, { .length = sizeof(sum), .data = sum } },
	};
	krb5_context krb5_library;
	krb5_keyblock block;
	krb5_key key;
	double start;
	size_t n;

	need(krb5_init_context(&krb5_library), "MIT's library");
	need(krb5_c_make_random_key(krb5_library, type, &block), "a key");
	need(krb5_k_create_key(krb5_library, &block, &key), "a key");
	if (!is_sealed)
		iov[0].flags = KRB5_CRYPTO_TYPE_EMPTY;
	if (!is_sealed)
		iov[5].flags = KRB5_CRYPTO_TYPE_CHECKSUM;
	start = bench_now();
	for (n = 0; bench_now() - start < seconds; n++)
		need(is_sealed
			     ? krb5_k_encrypt_iov(krb5_library, key, 22, NULL, iov, PEN_COUNT(iov))
			     : krb5_k_make_checksum_iov(krb5_library, 0, key, 23, iov,
							PEN_COUNT(iov)),
		     "MIT's ciphers");
	start = bench_now() - start;
	krb5_k_free_key(krb5_library, key);
	krb5_free_keyblock_contents(krb5_library, &block);
	krb5_free_context(krb5_library);
	return (double)n / start;
}

static void measure(const struct scheme *scheme, uint8_t *data)
{
	static const size_t sizes[] = { 64, 65536 };
	char what[60];

	for (size_t i = 0; i < 2; i++)
		for (int is_sealed = 0; is_sealed < 2; is_sealed++) {
			double limit = alone(scheme->ciphers, data, sizes[i], is_sealed);

			snprintf(what, sizeof(what), "%s, %s, %zu bytes", scheme->name,
				 is_sealed ? "sealed" : "signed", sizes[i]);
			bench_line(what, protected(scheme, data, sizes[i], is_sealed), "messages/s",
				   limit, sizes[i] > 64 ? 0.8 : 0);
		}
	snprintf(what, sizeof(what), "%s, proofs, both sides", scheme->name);
	bench_line(what, proofs(scheme), "proofs/s", 0, 0);
}

/* Its credentials are tickets: whoever runs this has fetched them. */
static void measure_krb5(const char *keytab, uint8_t *data)
{
	static const size_t sizes[] = { 64, 65536 };
	char what[60];

	krb5_server.keytab = krb5_server_without_cache.keytab = keytab;
	need(pen_credentials_new_ccache(&credentials, NULL), "credentials");
	measure(&krb5, data);
	for (size_t i = 0; i < 4; i++) {
		double own = protected(&krb5, data, sizes[i / 2], i % 2);

		snprintf(what, sizeof(what), "  beside MIT's ciphers, %s, %zu bytes",
			 i % 2 ? "sealed" : "signed", sizes[i / 2]);
		bench_line(what, own, "messages/s", mit_alone(data, sizes[i / 2], i % 2),
			   sizes[i / 2] > 64 ? 0.8 : 0);
	}
	bench_line("  the proofs without a replay cache", proofs(&krb5_without_cache), "proofs/s",
		   0, 0);
}

static void measure_others(uint8_t *data)
{
	need(pen_credentials_new_password(&credentials, "alice", "BENCH", "Secret-1"),
	     "credentials");
	need(pen_ntlm_nt_hash(world.crypto, "Secret-1", nt_hash), "hash");
	for (size_t i = 0; i < PEN_COUNT(schemes); i++)
		measure(&schemes[i], data);
}

int main(int argc, char **argv)
{
	OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
	uint8_t *data = calloc(1, 65536);

	if (!data || !standard || !legacy)
		return 1;
	bench_pin(0);
	need(pen_world_init(&world), "ciphers");
	if (argc > 1)
		measure_krb5(argv[1], data);
	else
		measure_others(data);
	free(data);
	pen_credentials_free(credentials);
	pen_world_done(&world);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(standard);
	return 0;
}
