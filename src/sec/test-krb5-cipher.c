/* SPDX-License-Identifier: MIT */
/* Kerberos' ciphers against what their documents publish, and against MIT's library. */
#include "sec/krb5-cipher.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pen_crypto *crypto;

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* RFC 3961 A.1. */
static void test_fold(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "012345", "be072631276b1955" },
		{ "password", "78a07b6caf85fa" },
		{ "Rough Consensus, and Running Code", "bb6ed30870b7f0e0" },
		{ "password", "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e" },
		{ "MASSACHVSETTS INSTITVTE OF TECHNOLOGY",
		  "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b" },
		{ "Q", "518a54a215a8452a518a54a215a8452a518a54a215" },
		{ "ba", "fb25d531ae8974499f52fd92ea9857c4ba24cf297e" },
		{ "kerberos", "6b65726265726f73" },
		{ "kerberos", "6b65726265726f737b9b5b2b93132b93" },
		{ "kerberos", "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4" },
		{ "kerberos", "6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4" },
	};

	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		uint8_t wanted[32];
		uint8_t out[32];
		size_t n = from_hex(cases[i].out, wanted);

		pen_krb5_fold(
			(struct pen_slice){ (const uint8_t *)cases[i].in, strlen(cases[i].in) },
			out, n);
		assert_memory_equal(out, wanted, n);
	}
}

static struct pen_krb5_cipher *cipher_new(int type, struct pen_slice key, uint32_t usage,
					  bool is_encrypting)
{
	struct pen_krb5_cipher *cipher = NULL;

	assert_int_equal(pen_krb5_cipher_new(&cipher, crypto, type, key, usage, is_encrypting), 0);
	return cipher;
}

/* RFC 8009 A: the base keys, and under them usage 2. */
static const char key_sha256[] = "3705d96080c17728a0e800eab6e0d23c";
static const char key_sha384[] = "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52";

static void test_published_encryption(void **state)
{
	static const struct {
		int type;
		const char *confounder;
		size_t n;
		const char *sealed;
		const char *checksum;
	} cases[] = {
		{ PEN_KRB5_AES128_SHA256, "7e5895eaf2672435bad817f545a37148", 0,
		  "ef85fb890bb8472f4dab20394dca781d", "ad877eda39d50c870c0d5a0a8e48c718" },
		{ PEN_KRB5_AES128_SHA256, "7bca285e2fd4130fb55b1a5c83bc5b24", 6,
		  "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6",
		  "877ce99e247e52d16ed4421dfdf8976c" },
		{ PEN_KRB5_AES128_SHA256, "56ab21713ff62c0a1457200f6fa9948f", 16,
		  "3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc2",
		  "95fb4852e7d83e1e7c48c37eebe6b0d3" },
		{ PEN_KRB5_AES128_SHA256, "a7a4e29a4728ce10664fb64e49ad3fac", 21,
		  "720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c1",
		  "86b39a413c2f92ca9b8334a287ffcbfc" },
		{ PEN_KRB5_AES256_SHA384, "f764e9fa15c276478b2c7d0c4e5f58e4", 0,
		  "41f53fa5bfe7026d91faf9be959195a0",
		  "58707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c" },
		{ PEN_KRB5_AES256_SHA384, "b80d3251c1f6471494256ffe712d0b9a", 6,
		  "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9",
		  "f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2" },
		{ PEN_KRB5_AES256_SHA384, "53bf8a0d105265d4e276428624ce5e63", 16,
		  "bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f6",
		  "8cf51f14d798c2273f35df574d1f932e40c4ff255b36a266" },
		{ PEN_KRB5_AES256_SHA384, "763e65367e864f02f55153c7e3b58af1", 21,
		  "40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86",
		  "fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62" },
	};

	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		bool is_sha256 = cases[i].type == PEN_KRB5_AES128_SHA256;
		uint8_t base[32];
		const struct pen_slice key = { base, from_hex(is_sha256 ? key_sha256 : key_sha384,
							      base) };
		struct pen_krb5_cipher *encrypt = cipher_new(cases[i].type, key, 2, true);
		struct pen_krb5_cipher *decrypt = cipher_new(cases[i].type, key, 2, false);
		uint8_t data[64];
		uint8_t wanted[64];
		uint8_t checksum[PEN_KRB5_CHECKSUM_MAX];
		const struct pen_krb5_part parts[] = { { data, 16, false },
						       { data + 16, cases[i].n, false } };

		from_hex(cases[i].confounder, data);
		for (size_t k = 0; k < cases[i].n; k++)
			data[16 + k] = (uint8_t)k;
		assert_int_equal(pen_krb5_encrypt(encrypt, parts, 2, checksum), 0);
		assert_int_equal(from_hex(cases[i].sealed, wanted), 16 + cases[i].n);
		assert_memory_equal(data, wanted, 16 + cases[i].n);
		assert_int_equal(from_hex(cases[i].checksum, wanted),
				 pen_krb5_checksum_size(cases[i].type));
		assert_memory_equal(checksum, wanted, pen_krb5_checksum_size(cases[i].type));
		assert_int_equal(pen_krb5_decrypt(decrypt, parts, 2, checksum), 0);
		for (size_t k = 0; k < cases[i].n; k++)
			assert_int_equal(data[16 + k], k);
		pen_krb5_cipher_free(encrypt);
		pen_krb5_cipher_free(decrypt);
	}
}

/* RFC 8009 A's sample checksums. */
static void test_published_checksums(void **state)
{
	static const struct {
		int type;
		const char *key;
		const char *checksum;
	} cases[] = {
		{ PEN_KRB5_AES128_SHA256, key_sha256, "d78367186643d67b411cba9139fc1dee" },
		{ PEN_KRB5_AES256_SHA384, key_sha384,
		  "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a" },
	};
	uint8_t text[21];
	const struct pen_slice part = { text, sizeof(text) };

	for (size_t k = 0; k < sizeof(text); k++)
		text[k] = (uint8_t)k;
	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		uint8_t base[32];
		const struct pen_slice key = { base, from_hex(cases[i].key, base) };
		uint8_t sum[PEN_DIGEST_MAX];
		uint8_t wanted[PEN_KRB5_CHECKSUM_MAX];
		struct pen_hmac *signer;

		assert_int_equal(pen_krb5_signer_new(&signer, crypto, cases[i].type, key, 2), 0);
		assert_int_equal(pen_hmac_sign(signer, &part, 1, sum), 0);
		assert_memory_equal(sum, wanted, from_hex(cases[i].checksum, wanted));
		pen_hmac_free(signer);
	}
}

/* ---- beside MIT's library ---- */

enum { HEAD = 24, DATA_MAX = 70, TAIL = 8, TRAILER = 32 };

struct parts {
	uint8_t confounder[16], head[HEAD], data[DATA_MAX], tail[TAIL], trailer[TRAILER];
	uint8_t checksum[PEN_KRB5_CHECKSUM_MAX];
};

static void fill(struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	for (size_t i = 0; i < DATA_MAX; i++)
		parts->data[i] = (uint8_t)(3 * i + 1);
	memset(parts->head, 'h', HEAD);
	memset(parts->tail, 't', TAIL);
	memset(parts->trailer, 'e', TRAILER);
}

#define IOV(kind, field, size)                                                                     \
	{                                                                                          \
		.flags = KRB5_CRYPTO_TYPE_##kind, .data = {                                        \
			.length = (unsigned)(size),                                                \
			.data = (char *)(field)                                                    \
		}                                                                                  \
	}

static void expect_ours_reads_theirs(krb5_context library, krb5_key key, int type,
				     struct pen_slice base, krb5_keyusage usage, size_t n)
{
	struct pen_krb5_cipher *decrypt = cipher_new(type, base, (uint32_t)usage, false);
	struct pen_krb5_cipher *encrypt = cipher_new(type, base, (uint32_t)usage, true);
	struct parts theirs;
	struct parts ours;
	struct parts plain;
	krb5_crypto_iov iov[] = {
		IOV(HEADER, theirs.confounder, 16),
		IOV(SIGN_ONLY, theirs.head, HEAD),
		IOV(DATA, theirs.data, n),
		IOV(SIGN_ONLY, theirs.tail, TAIL),
		IOV(DATA, theirs.trailer, TRAILER),
		IOV(TRAILER, theirs.checksum, pen_krb5_checksum_size(type)),
	};
	const struct pen_krb5_part parts[] = {
		{ ours.confounder, 16, false },	  { ours.head, HEAD, true },
		{ ours.data, n, false },	  { ours.tail, TAIL, true },
		{ ours.trailer, TRAILER, false },
	};

	fill(&theirs);
	fill(&plain);
	assert_int_equal(krb5_k_encrypt_iov(library, key, usage, NULL, iov, 6), 0);
	ours = theirs;
	assert_int_equal(pen_krb5_decrypt(decrypt, parts, 5, ours.checksum), 0);
	memcpy(plain.confounder, ours.confounder, 16);
	memcpy(plain.checksum, ours.checksum, sizeof(plain.checksum));
	assert_memory_equal(&ours, &plain, sizeof(ours));
	memset(ours.checksum, 0, sizeof(ours.checksum));
	assert_int_equal(pen_krb5_encrypt(encrypt, parts, 5, ours.checksum), 0);
	assert_memory_equal(&ours, &theirs, sizeof(ours));

	theirs.checksum[0] ^= 1;
	ours = theirs;
	assert_int_equal(pen_krb5_decrypt(decrypt, parts, 5, ours.checksum), PEN_E_DENIED);
	pen_krb5_cipher_free(encrypt);
	pen_krb5_cipher_free(decrypt);
}

static void expect_ours_signs_as_theirs(krb5_context library, krb5_key key, int type,
					struct pen_slice base, krb5_keyusage usage, size_t n)
{
	struct parts theirs;
	krb5_crypto_iov iov[] = {
		IOV(DATA, theirs.data, n),
		IOV(SIGN_ONLY, theirs.tail, TAIL),
		IOV(CHECKSUM, theirs.checksum, pen_krb5_checksum_size(type)),
	};
	const struct pen_slice parts[] = { { theirs.data, n }, { theirs.tail, TAIL } };
	uint8_t sum[PEN_DIGEST_MAX];
	struct pen_hmac *signer;

	fill(&theirs);
	assert_int_equal(krb5_k_make_checksum_iov(library, 0, key, usage, iov, 3), 0);
	assert_int_equal(pen_krb5_signer_new(&signer, crypto, type, base, (uint32_t)usage), 0);
	assert_int_equal(pen_hmac_sign(signer, parts, 2, sum), 0);
	assert_memory_equal(sum, theirs.checksum, pen_krb5_checksum_size(type));
	pen_hmac_free(signer);
}

/* Each type, each usage of messages, each length about the blocks. */
static void test_as_the_library_has_it(void **state)
{
	krb5_context library;

	setenv("KRB5_CONFIG", "/dev/null", 1);
	assert_int_equal(krb5_init_context(&library), 0);
	for (int type = 17; type <= 20; type++) {
		uint8_t bytes[32];
		krb5_keyblock block = { .enctype = type,
					.length = type % 2 ? 16 : 32,
					.contents = bytes };
		const struct pen_slice base = { bytes, block.length };
		krb5_key key;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i * 29 + (size_t)type);
		assert_int_equal(krb5_k_create_key(library, &block, &key), 0);
		for (krb5_keyusage usage = 22; usage <= 25; usage++)
			for (size_t n = 0; n <= DATA_MAX; n++) {
				expect_ours_reads_theirs(library, key, type, base, usage, n);
				expect_ours_signs_as_theirs(library, key, type, base, usage, n);
			}
		krb5_k_free_key(library, key);
	}
	krb5_free_context(library);
}

/* ---- what is refused ---- */

static void test_other_types_and_keys(void **state)
{
	static const uint8_t bytes[40];
	struct pen_krb5_cipher *cipher = NULL;
	struct pen_hmac *signer = NULL;

	for (int type = 0; type < 30; type++)
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			const struct pen_slice key = { bytes, n };
			bool is_good = type >= 17 && type <= 20 && n == (type % 2 ? 16 : 32);
			int r = pen_krb5_cipher_new(&cipher, crypto, type, key, 1, true);

			assert_int_equal(r, is_good ? 0 : PEN_E_UNSUPPORTED);
			r = pen_krb5_signer_new(&signer, crypto, type, key, 1);
			assert_int_equal(r, is_good ? 0 : PEN_E_UNSUPPORTED);
			cipher = pen_krb5_cipher_free(cipher);
			signer = pen_hmac_free(signer);
		}
	assert_int_equal(pen_krb5_checksum_size(23), 0);
}

static void test_too_little_and_too_much(void **state)
{
	static const uint8_t bytes[16];
	struct pen_krb5_cipher *cipher =
		cipher_new(PEN_KRB5_AES128_SHA1, (struct pen_slice){ bytes, 16 }, 1, true);
	uint8_t data[16] = { 0 };
	uint8_t checksum[PEN_KRB5_CHECKSUM_MAX];
	struct pen_krb5_part parts[PEN_KRB5_PARTS_MAX + 1] = { { data, 15, false } };

	assert_int_equal(pen_krb5_encrypt(cipher, parts, 1, checksum), PEN_E_BAD_DATA);
	assert_int_equal(pen_krb5_decrypt(cipher, parts, 1, checksum), PEN_E_BAD_DATA);
	parts[0].n = 16;
	assert_int_equal(pen_krb5_encrypt(cipher, parts, PEN_COUNT(parts), checksum),
			 PEN_E_BAD_DATA);
	assert_int_equal(pen_krb5_decrypt(cipher, parts, PEN_COUNT(parts), checksum),
			 PEN_E_BAD_DATA);
	assert_int_equal(pen_krb5_encrypt(cipher, parts, PEN_KRB5_PARTS_MAX, checksum), 0);
	pen_krb5_cipher_free(cipher);
}

static void test_no_memory(void **state)
{
	static const uint8_t bytes[32];
	struct pen_krb5_cipher *cipher = NULL;
	struct pen_hmac *signer = NULL;
	size_t n;
	int r;

	for (int type = 17; type <= 20; type++) {
		const struct pen_slice key = { bytes, type % 2 ? 16 : 32 };

		for (n = 1; pen_fail_at(n),
		    r = pen_krb5_cipher_new(&cipher, crypto, type, key, 1, true), pen_fail_hit();
		     n++)
			assert_int_equal(r, -ENOMEM);
		assert_int_equal(r, 0);
		for (n = 1; pen_fail_at(n), r = pen_krb5_signer_new(&signer, crypto, type, key, 1),
		    pen_fail_hit();
		     n++)
			assert_int_equal(r, -ENOMEM);
		assert_int_equal(r, 0);
		cipher = pen_krb5_cipher_free(cipher);
		signer = pen_hmac_free(signer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_published_encryption),
		cmocka_unit_test(test_published_checksums),
		cmocka_unit_test(test_as_the_library_has_it),
		cmocka_unit_test(test_other_types_and_keys),
		cmocka_unit_test(test_too_little_and_too_much),
		cmocka_unit_test(test_no_memory),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
