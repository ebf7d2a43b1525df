/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

#define HEX(name, hex)                                                                             \
	uint8_t name##_data[256];                                                                  \
	const struct pen_slice name = { .data = name##_data, .size = from_hex(hex, name##_data) }

static void expect_hex(const uint8_t *got, const char *hex)
{
	HEX(wanted, hex);

	assert_memory_equal(got, wanted.data, wanted.size);
}

static struct pen_slice text(const char *s)
{
	return (struct pen_slice){ .data = (const uint8_t *)s, .size = strlen(s) };
}

/* RFC 1320 A.5, RFC 1321 A.5, RFC 3174 7.3, FIPS 180-4's "abc". */
static const struct {
	enum pen_digest digest;
	const char *text;
	const char *hex;
} digests[] = {
	{ PEN_MD4, "", "31d6cfe0d16ae931b73c59d7e0c089c0" },
	{ PEN_MD4, "a", "bde52cb31de33e46245e05fbdbd6fb24" },
	{ PEN_MD4, "abc", "a448017aaf21d8525fc10ae87aa6729d" },
	{ PEN_MD4, "message digest", "d9130a8164549fe818874806e1c7014b" },
	{ PEN_MD4, "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9" },
	{ PEN_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ PEN_MD5, "a", "0cc175b9c0f1b6a831c399e269772661" },
	{ PEN_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ PEN_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ PEN_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ PEN_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ PEN_SHA512, "abc",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

/* A digest is the same however its text is cut in parts. */
static void test_digests(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(digests); i++) {
		struct pen_slice whole = text(digests[i].text);
		uint8_t out[PEN_DIGEST_MAX];

		for (size_t cut = 0; cut <= whole.size; cut++) {
			const struct pen_slice parts[] = {
				{ .data = whole.data, .size = cut },
				{ .data = whole.data + cut, .size = whole.size - cut },
			};

			assert_int_equal(pen_digest(crypto, digests[i].digest, parts, 2, out), 0);
			expect_hex(out, digests[i].hex);
		}
	}
}

#define AA16  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA80  AA16 AA16 AA16 AA16 AA16
#define AA131 AA80 AA16 AA16 AA16 "aaaaaa"

/* RFC 2202 and RFC 4231. */
static const struct {
	enum pen_digest digest;
	const char *key;
	const char *text;
	const char *hex;
} hmacs[] = {
	{ PEN_MD5, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
	  "9294727a3638bb1c13f48ef8158bfc9d" },
	{ PEN_MD5, "4a656665", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738" },
	{ PEN_MD5, AA80, "Test Using Larger Than Block-Size Key - Hash Key First",
	  "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
	{ PEN_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
	  "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ PEN_SHA1, "4a656665", "what do ya want for nothing?",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ PEN_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ PEN_SHA256, "4a656665", "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ PEN_SHA256, AA131, "Test Using Larger Than Block-Size Key - Hash Key First",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ PEN_SHA512, "4a656665", "what do ya want for nothing?",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
};

static void test_hmacs(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(hmacs); i++) {
		HEX(key, hmacs[i].key);
		struct pen_slice message = text(hmacs[i].text);
		uint8_t out[PEN_DIGEST_MAX];
		struct pen_hmac *hmac = NULL;

		assert_int_equal(pen_hmac(crypto, hmacs[i].digest, key, &message, 1, out), 0);
		expect_hex(out, hmacs[i].hex);

		/* A key signs again and again. */
		assert_int_equal(pen_hmac_new(&hmac, crypto, hmacs[i].digest, key), 0);
		for (int again = 0; again < 3; again++) {
			memset(out, 0, sizeof(out));
			pen_fail_at(1);
			assert_int_equal(pen_hmac_sign(hmac, &message, 1, out), 0);
			assert_false(pen_fail_hit());
			expect_hex(out, hmacs[i].hex);
		}
		pen_hmac_free(hmac);
	}
}

/* The known streams of three keys, cut anywhere, and a stream begun again. */
static void test_rc4(void **state)
{
	static const struct {
		const char *key;
		const char *text;
		const char *hex;
	} rows[] = {
		{ "4b6579", "Plaintext", "bbf316e8d940af0ad3" },
		{ "57696b69", "pedia", "1021bf0420" },
		{ "536563726574", "Attack at dawn", "45a01f645fc35b383552544b9bf5" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		HEX(key, rows[i].key);
		struct pen_slice message = text(rows[i].text);
		struct pen_rc4 *rc4 = NULL;
		uint8_t out[64];

		assert_int_equal(pen_rc4_new(&rc4, crypto, key), 0);
		for (size_t cut = 0; cut <= message.size; cut++) {
			assert_int_equal(pen_rc4_rekey(rc4, key), 0);
			memcpy(out, message.data, message.size);
			assert_int_equal(pen_rc4_crypt(rc4, out, cut, out), 0);
			assert_int_equal(
				pen_rc4_crypt(rc4, out + cut, message.size - cut, out + cut), 0);
			expect_hex(out, rows[i].hex);
		}
		assert_int_equal(pen_rc4_rekey(rc4, (struct pen_slice){ 0 }), PEN_E_UNSUPPORTED);
		pen_rc4_free(rc4);
	}
}

/* "KGS!@#$%" under the two halves of "PASSWORD", which is the LM hash of it. */
static void test_des(void **state)
{
	uint8_t out[8];
	uint8_t back[8];

	assert_int_equal(pen_des_encrypt(crypto, (const uint8_t *)"PASSWOR",
					 (const uint8_t *)"KGS!@#$%", out),
			 0);
	expect_hex(out, "e52cac67419a9a22");
	assert_int_equal(pen_des_decrypt(crypto, (const uint8_t *)"PASSWOR", out, back), 0);
	assert_memory_equal(back, "KGS!@#$%", 8);
	assert_int_equal(pen_des_encrypt(crypto, (const uint8_t *)"D\0\0\0\0\0\0",
					 (const uint8_t *)"KGS!@#$%", out),
			 0);
	expect_hex(out, "4a3b108f3fa6cb6d");
}

/* NIST SP 800-38A F.3.7. */
static void test_aes_cfb8(void **state)
{
	HEX(key, "2b7e151628aed2a6abf7158809cf4f3c");
	HEX(iv, "000102030405060708090a0b0c0d0e0f");
	HEX(plain, "6bc1bee22e409f96e93d7e117393172aae2d");
	uint8_t out[18];

	assert_int_equal(
		pen_aes_cfb8_encrypt(crypto, key.data, iv.data, plain.data, plain.size, out), 0);
	expect_hex(out, "3b79424c9c0dd436bace9e0ed4586a4f32b9");
	assert_int_equal(pen_aes_cfb8_decrypt(crypto, key.data, iv.data, out, sizeof(out), out), 0);
	assert_memory_equal(out, plain.data, plain.size);
}

/* NIST SP 800-38A F.2.5. */
static void test_aes_256_cbc(void **state)
{
	HEX(key, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
	HEX(iv, "000102030405060708090a0b0c0d0e0f");
	HEX(plain, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
	uint8_t out[32];

	assert_int_equal(
		pen_aes_256_cbc_encrypt(crypto, key.data, iv.data, plain.data, sizeof(out), out),
		0);
	expect_hex(out, "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d");
	assert_int_equal(pen_aes_256_cbc_decrypt(crypto, key.data, iv.data, out, sizeof(out), out),
			 0);
	assert_memory_equal(out, plain.data, plain.size);
}

/* The specification of GCM (McGrew, Viega), test case 16. */
static void test_aes_256_gcm(void **state)
{
	HEX(key, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
	HEX(nonce, "cafebabefacedbaddecaf888");
	HEX(associated, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
	HEX(plain, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
	static const uint8_t zeros[60];
	uint8_t out[60], tag[16], back[60], wrong[32];

	assert_int_equal(pen_aes_256_gcm_seal(crypto, key.data, nonce.data, associated, plain.data,
					      sizeof(out), out, tag),
			 0);
	expect_hex(out, "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
			"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
	expect_hex(tag, "76fc6ece0f4e1768cddf8853bb2d551b");
	assert_int_equal(pen_aes_256_gcm_open(crypto, key.data, nonce.data, associated, out,
					      sizeof(out), tag, back),
			 0);
	assert_memory_equal(back, plain.data, sizeof(back));
	/* Of another key, nonce, place, or changed, it does not open. */
	memcpy(wrong, key.data, sizeof(wrong));
	wrong[31] ^= 1;
	assert_int_equal(pen_aes_256_gcm_open(crypto, wrong, nonce.data, associated, out,
					      sizeof(out), tag, back),
			 PEN_E_DENIED);
	assert_memory_equal(back, zeros, sizeof(back));
	assert_int_equal(pen_aes_256_gcm_open(crypto, key.data, wrong, associated, out, sizeof(out),
					      tag, back),
			 PEN_E_DENIED);
	assert_int_equal(pen_aes_256_gcm_open(crypto, key.data, nonce.data,
					      (struct pen_slice){ associated.data, 19 }, out,
					      sizeof(out), tag, back),
			 PEN_E_DENIED);
	out[59] ^= 0x80;
	assert_int_equal(pen_aes_256_gcm_open(crypto, key.data, nonce.data, associated, out,
					      sizeof(out), tag, back),
			 PEN_E_DENIED);
	out[59] ^= 0x80;
	tag[0] ^= 1;
	assert_int_equal(pen_aes_256_gcm_open(crypto, key.data, nonce.data, associated, out,
					      sizeof(out), tag, back),
			 PEN_E_DENIED);
}

/* RFC 6070's first two, and the key that Samba makes for opnum 73 of samr. */
static void test_pbkdf2(void **state)
{
	HEX(hash, "202122232425262728292a2b2c2d2e2f");
	HEX(salt, "6465666768696a6b6c6d6e6f70717273");
	uint8_t key[20];

	assert_int_equal(pen_pbkdf2(crypto, PEN_SHA1, text("password"), text("salt"), 1, key, 20),
			 0);
	expect_hex(key, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
	assert_int_equal(pen_pbkdf2(crypto, PEN_SHA1, text("password"), text("salt"), 2, key, 20),
			 0);
	expect_hex(key, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
	assert_int_equal(pen_pbkdf2(crypto, PEN_SHA512, hash, salt, 10000, key, 16), 0);
	expect_hex(key, "d7d4e017b1ae27e6f95a5ffeb5fc63c2");
	assert_int_equal(pen_pbkdf2(crypto, PEN_SHA512, hash, salt, 0, key, 16), PEN_E_UNSUPPORTED);
}

static void test_crc32(void **state)
{
	assert_int_equal(pen_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(pen_crc32(pen_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(pen_crc32(0, "", 0), 0);
}

static void test_secrets(void **state)
{
	uint8_t secret[4] = { 1, 2, 3, 4 };

	assert_true(pen_equal_secret(secret, "\1\2\3\4", 4));
	assert_false(pen_equal_secret(secret, "\1\2\3\5", 4));
	pen_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0", 4);
	pen_wipe(NULL, 0);
}

static int make_all(void)
{
	const struct pen_slice key = text("key");
	struct pen_crypto *made = NULL;
	struct pen_hmac *hmac = NULL;
	struct pen_rc4 *rc4 = NULL;
	int r = pen_crypto_new(&made);

	if (!r)
		r = pen_hmac_new(&hmac, made, PEN_MD5, key);
	if (!r)
		r = pen_rc4_new(&rc4, made, key);
	pen_rc4_free(rc4);
	pen_hmac_free(hmac);
	pen_crypto_free(made);
	return r;
}

static void test_no_memory(void **state)
{
	size_t n;
	int r;

	for (n = 1; pen_fail_at(n), r = make_all(), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	assert_in_range(n, 3, 4); /* without a sanitizer secrets need no malloc */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests),	    cmocka_unit_test(test_hmacs),
		cmocka_unit_test(test_rc4),	    cmocka_unit_test(test_des),
		cmocka_unit_test(test_aes_cfb8),    cmocka_unit_test(test_aes_256_cbc),
		cmocka_unit_test(test_aes_256_gcm), cmocka_unit_test(test_pbkdf2),
		cmocka_unit_test(test_crc32),	    cmocka_unit_test(test_secrets),
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
