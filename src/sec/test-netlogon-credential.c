/* SPDX-License-Identifier: MIT */
/*
 * The hash, the challenges and the strong key are those of [MS-NRPC 4.2]; impacket, run as
 * a peer, computed the rest.
 */
#include "sec/netlogon-credential.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static const uint8_t hash[16] = { 0x31, 0xa5, 0x90, 0x17, 0x0a, 0x35, 0x1f, 0xd5,
				  0x11, 0x48, 0xb2, 0xa1, 0x0a, 0xf2, 0xc3, 0x05 };
static const uint8_t client_challenge[8] = { 0x3a, 0x03, 0x90, 0xa4, 0x6d, 0x0c, 0x3d, 0x4f };
static const uint8_t server_challenge[8] = { 0x0c, 0x4c, 0x13, 0xd1, 0x60, 0x41, 0xc8, 0x60 };

#define WEAK (PEN_NETLOGON_STRONG_KEYS | PEN_NETLOGON_RC4)

static const uint32_t kinds[] = { PEN_NETLOGON_AES | WEAK, WEAK };

static void expect_hex(const uint8_t *got, const char *hex)
{
	unsigned byte;

	for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		assert_int_equal(*got++, byte);
}

static struct pen_netlogon_credential make(uint32_t flags)
{
	struct pen_netlogon_credential credential;

	assert_int_equal(pen_netlogon_credential_init(&credential, crypto, flags, hash,
						      client_challenge, server_challenge),
			 0);
	return credential;
}

static void test_keys(void **state)
{
	struct pen_netlogon_credential aes = make(kinds[0]);
	struct pen_netlogon_credential weak = make(kinds[1]);

	expect_hex(aes.session_key, "fdc7815fdbdbb1a6a08d0fda749edb18");
	expect_hex(aes.client, "c43e8c706184b992");
	expect_hex(aes.server, "f2c027dca409fad7");
	expect_hex(weak.session_key, "eefe8f40007a2eeb6843d0d30a5be2e3");
	expect_hex(weak.client, "b638958244fceacd");
	expect_hex(weak.server, "05cf92a797c48d73");
}

/* Where another has made the key it is the same. */
static void test_adopted(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(kinds); i++) {
		struct pen_netlogon_credential made = make(kinds[i]), adopted = { 0 };

		pen_netlogon_credential_adopt(&adopted, made.flags, made.session_key, made.client,
					      made.server);
		assert_memory_equal(&adopted, &made, sizeof(made));
	}
}

/* The number wraps around within its four bytes. */
static void test_authenticators(void **state)
{
	static const struct {
		size_t kind;
		uint32_t timestamp;
		const char *call;
		const char *answer;
	} rows[] = {
		{ 0, 0xfff00000, "3a3ce4eef12263a7", "3bfe6eafeb95d1a9" },
		{ 0, 0x65000000, "3a3c14fb49ff2b84", "3bfe9e1ed9abf5a0" },
		{ 1, 0xfff00000, "b1ec5abb41f8d585", "ffa3012362276cb4" },
		{ 1, 0x65000000, "87aa54926f5e0ba3", "1eabd1849773a8db" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_netlogon_credential client = make(kinds[rows[i].kind]);
		struct pen_netlogon_credential server = client;
		struct pen_netlogon_authenticator call;
		struct pen_netlogon_authenticator answer;

		assert_int_equal(
			pen_netlogon_credential_step(&client, crypto, rows[i].timestamp, &call), 0);
		expect_hex(call.credential, rows[i].call);
		assert_int_equal(pen_netlogon_credential_verify(&server, crypto, &call, &answer),
				 0);
		expect_hex(answer.credential, rows[i].answer);
		assert_int_equal(answer.timestamp, 0);
		assert_int_equal(pen_netlogon_credential_check(&client, crypto, &answer), 0);
	}
}

/* Calls go on, each from where the last one ended; one that was there before is refused. */
static void test_chain(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct pen_netlogon_credential client = make(kinds[kind]);
		struct pen_netlogon_credential server = client;
		struct pen_netlogon_authenticator call;
		struct pen_netlogon_authenticator answer;

		for (uint32_t i = 0; i < 10; i++) {
			pen_netlogon_credential_step(&client, crypto, 1000 + i, &call);
			assert_int_equal(
				pen_netlogon_credential_verify(&server, crypto, &call, &answer), 0);
			assert_int_equal(pen_netlogon_credential_check(&client, crypto, &answer),
					 0);
			assert_int_equal(
				pen_netlogon_credential_verify(&server, crypto, &call, &answer),
				PEN_E_DENIED);
		}
	}
}

/* Any bit of an authenticator counts, and a wrong one changes nothing. */
static void test_any_bit(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct pen_netlogon_credential client = make(kinds[kind]);
		struct pen_netlogon_credential server = client;
		struct pen_netlogon_authenticator call;
		struct pen_netlogon_authenticator answer;

		pen_netlogon_credential_step(&client, crypto, 1000, &call);
		for (size_t bit = 0; bit < 96; bit++) {
			struct pen_netlogon_authenticator changed = call;

			if (bit < 64)
				changed.credential[bit / 8] ^= 1 << bit % 8;
			else
				changed.timestamp ^= UINT32_C(1) << (bit - 64);
			assert_int_equal(
				pen_netlogon_credential_verify(&server, crypto, &changed, &answer),
				PEN_E_DENIED);
		}
		assert_int_equal(pen_netlogon_credential_verify(&server, crypto, &call, &answer),
				 0);
		for (size_t bit = 0; bit < 64; bit++) {
			struct pen_netlogon_credential copy = client;
			struct pen_netlogon_authenticator changed = answer;

			changed.credential[bit / 8] ^= 1 << bit % 8;
			assert_int_equal(pen_netlogon_credential_check(&copy, crypto, &changed),
					 PEN_E_DENIED);
		}
	}
}

/* CVE-2020-1472: five equal bytes are no challenge, from either side; four are. */
static void test_zerologon(void **state)
{
	struct pen_netlogon_credential credential;
	uint8_t challenge[8];

	for (int byte = 0; byte < 256; byte += 17)
		for (size_t n = 1; n <= 8; n++) {
			memcpy(challenge, client_challenge, 8);
			memset(challenge, byte, n);
			if (n < 8)
				challenge[n] = (uint8_t)~byte;
			assert_int_equal(pen_netlogon_challenge_is_random(challenge), n < 5);
			assert_int_equal(pen_netlogon_credential_init(&credential, crypto, kinds[0],
								      hash, challenge,
								      server_challenge),
					 n < 5 ? 0 : PEN_E_DENIED);
			assert_int_equal(pen_netlogon_credential_init(&credential, crypto, kinds[0],
								      hash, client_challenge,
								      challenge),
					 n < 5 ? 0 : PEN_E_DENIED);
		}
}

/* Without AES there is one set of flags that makes a key. */
static void test_too_weak(void **state)
{
	static const uint32_t flags[] = { 0, PEN_NETLOGON_STRONG_KEYS, PEN_NETLOGON_RC4,
					  ~(PEN_NETLOGON_AES | PEN_NETLOGON_RC4) };
	struct pen_netlogon_credential credential;

	for (size_t i = 0; i < PEN_COUNT(flags); i++)
		assert_int_equal(pen_netlogon_credential_init(&credential, crypto, flags[i], hash,
							      client_challenge, server_challenge),
				 PEN_E_UNSUPPORTED);
}

static void test_secrets(void **state)
{
	static const char *const hex[] = { "cf8c9468856ceeddd8b2a907b1d93d9c",
					   "0a526902cf9e3ad561368d290df54640" };
	static const char *const hash_hex[] = { "5ad3db3e80a31fe78aa41b2dc7d53a28",
						"5e7de8c4c4c9e5ea8289058f37e8d334" };

	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct pen_netlogon_credential credential = make(kinds[kind]);
		uint8_t zeros[16] = { 0 };
		uint8_t data[16];

		memcpy(data, hash, 16);
		assert_int_equal(pen_netlogon_encrypt_key(&credential, crypto, data, 16), 0);
		expect_hex(data, hex[kind]);
		assert_int_equal(pen_netlogon_decrypt_key(&credential, crypto, data, 16), 0);
		assert_memory_equal(data, hash, 16);
		assert_int_equal(pen_netlogon_encrypt_hash(&credential, crypto, hash, data), 0);
		expect_hex(data, hash_hex[kind]);
		assert_int_equal(pen_netlogon_decrypt_hash(&credential, crypto, data, data), 0);
		assert_memory_equal(data, hash, 16);
		memset(data, 0, 16);
		assert_int_equal(pen_netlogon_encrypt_key(&credential, crypto, data, 16), 0);
		assert_memory_equal(data, zeros, 16);
		assert_int_equal(pen_netlogon_decrypt_key(&credential, crypto, data, 16), 0);
		assert_memory_equal(data, zeros, 16);
	}
}

static void fill(uint8_t *trust)
{
	for (size_t i = 0; i < PEN_NETLOGON_TRUST_PASSWORD_SIZE; i++)
		trust[i] = (uint8_t)(i * 7 + 1);
}

/* Each length of password, there and back. */
static void test_trust_password(void **state)
{
	uint8_t password[514];
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE];

	for (size_t i = 0; i < sizeof(password); i++)
		password[i] = (uint8_t)(i * 5 + 3);
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct pen_netlogon_credential credential = make(kinds[kind]);

		for (size_t n = 0; n <= sizeof(password); n++) {
			const struct pen_slice in = { password, n };
			bool is_good = n && n <= 512 && n % 2 == 0;
			struct pen_slice out;

			fill(trust);
			assert_int_equal(
				pen_netlogon_trust_password_put(&credential, crypto, in, trust),
				is_good ? 0 : PEN_E_LIMIT);
			if (!is_good)
				continue;
			assert_int_equal(
				pen_netlogon_trust_password_get(&credential, crypto, trust, &out),
				0);
			assert_int_equal(out.size, n);
			assert_memory_equal(out.data, password, n);
		}
	}
}

/* What decrypts to a length that is none; or is not encrypted at all; or is empty. */
static void test_bad_trust_password(void **state)
{
	static const struct {
		uint32_t n;
		int r;
	} rows[] = { { 0, PEN_E_DENIED },     { 1, PEN_E_BAD_DATA },
		     { 511, PEN_E_BAD_DATA }, { 513, PEN_E_BAD_DATA },
		     { 514, PEN_E_BAD_DATA }, { 0xfffffffe, PEN_E_BAD_DATA } };
	struct pen_netlogon_credential credential = make(kinds[0]);
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE];
	uint8_t plain[PEN_NETLOGON_TRUST_PASSWORD_SIZE];
	struct pen_slice out;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		fill(trust);
		for (size_t j = 0; j < 4; j++)
			trust[512 + j] = (uint8_t)(rows[i].n >> 8 * j);
		assert_int_equal(pen_netlogon_encrypt(&credential, crypto, trust, sizeof(trust)),
				 0);
		assert_int_equal(pen_netlogon_trust_password_get(&credential, crypto, trust, &out),
				 rows[i].r);
	}
	/*
	 * Zerologon's: a session key under which a block of zeros begins with a zero, so that
	 * zeros stay zeros. Such a key is found by trying.
	 */
	for (uint32_t key = 0;; key++) {
		for (size_t j = 0; j < 4; j++)
			credential.session_key[j] = (uint8_t)(key >> 8 * j);
		memset(plain, 0, sizeof(plain));
		assert_int_equal(pen_netlogon_decrypt(&credential, crypto, plain, 512), 0);
		if (!plain[0])
			break;
	}
	memset(trust, 0, sizeof(trust));
	assert_int_equal(pen_netlogon_trust_password_get(&credential, crypto, trust, &out),
			 PEN_E_DENIED);
	/* And with a length after them, made by somebody who knows the key; and without filler. */
	for (size_t n = 0; n < 2; n++) {
		memset(plain, 0, sizeof(plain));
		plain[512] = n ? 0 : 16;
		plain[513] = n ? 2 : 0;
		memcpy(trust, plain, sizeof(plain));
		assert_int_equal(pen_netlogon_encrypt(&credential, crypto, trust, sizeof(trust)),
				 0);
		assert_int_equal(pen_netlogon_trust_password_get(&credential, crypto, trust, &out),
				 PEN_E_DENIED);
	}
	/* Under any other key too, zeros are no password. */
	credential = make(kinds[0]);
	fill(plain);
	memset(plain + 512 - 16, 0, 20);
	plain[512] = 16;
	memcpy(trust, plain, sizeof(plain));
	assert_int_equal(pen_netlogon_encrypt(&credential, crypto, trust, sizeof(trust)), 0);
	assert_int_equal(pen_netlogon_trust_password_get(&credential, crypto, trust, &out),
			 PEN_E_DENIED);
}

static void test_no_memory(void **state)
{
	uint8_t data[16] = { 1 };

	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct pen_netlogon_credential credential = make(kinds[kind]);
		size_t n;
		int r;

		for (n = 1; pen_fail_at(n),
		    r = pen_netlogon_encrypt(&credential, crypto, data, sizeof(data)),
		    pen_fail_hit();
		     n++)
			assert_int_equal(r, -ENOMEM);
		assert_int_equal(r, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	       cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_authenticators), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_any_bit),	       cmocka_unit_test(test_zerologon),
		cmocka_unit_test(test_too_weak),       cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_trust_password), cmocka_unit_test(test_bad_trust_password),
		cmocka_unit_test(test_no_memory),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
