/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static const struct pen_slice key = { (const uint8_t *)"chicken teriyaki", 16 };
static const char plain[] = "I would like the General Gau's Chicken, please, and wonton soup.";

/* RFC 3962 B: what becomes of so many bytes of it. */
static const char *const cases[] = {
	"c6353568f2bf8cb4d8a580362da7ff7f97",
	"fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
	"39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
	"97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e"
	"39312523a78662d5be7fcbcc98ebf5",
	"97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8"
	"39312523a78662d5be7fcbcc98ebf5a8",
	"97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8"
	"4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8",
};

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static struct pen_aes_cts *cts_new(struct pen_slice with, bool is_encrypting)
{
	struct pen_aes_cts *cts = NULL;

	assert_int_equal(pen_aes_cts_new(&cts, crypto, with, is_encrypting), 0);
	return cts;
}

/* However the message is cut in parts; and a key serves again and again. */
static void test_published(void **state)
{
	struct pen_aes_cts *encrypt = cts_new(key, true);
	struct pen_aes_cts *decrypt = cts_new(key, false);

	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		uint8_t wanted[64];
		size_t n = from_hex(cases[i], wanted);

		for (size_t a = 0; a <= n; a++)
			for (size_t b = a; b <= n; b++) {
				uint8_t data[64];
				const struct pen_part parts[] = { { data, a },
								  { data + a, b - a },
								  { data + b, n - b } };

				memcpy(data, plain, n);
				assert_int_equal(pen_aes_cts_crypt(encrypt, parts, 3), 0);
				assert_memory_equal(data, wanted, n);
				assert_int_equal(pen_aes_cts_crypt(decrypt, parts, 3), 0);
				assert_memory_equal(data, plain, n);
			}
	}
	pen_aes_cts_free(encrypt);
	pen_aes_cts_free(decrypt);
}

/* One block is a block of AES: FIPS 197 C.3. Less is no message. */
static void test_one_block(void **state)
{
	uint8_t long_key[32];
	uint8_t data[16];
	uint8_t wanted[16];
	struct pen_part part = { data, sizeof(data) };
	struct pen_aes_cts *encrypt;
	struct pen_aes_cts *decrypt;

	for (size_t i = 0; i < sizeof(long_key); i++)
		long_key[i] = (uint8_t)i;
	encrypt = cts_new((struct pen_slice){ long_key, sizeof(long_key) }, true);
	decrypt = cts_new((struct pen_slice){ long_key, sizeof(long_key) }, false);
	from_hex("00112233445566778899aabbccddeeff", data);
	from_hex("8ea2b7ca516745bfeafc49904b496089", wanted);
	assert_int_equal(pen_aes_cts_crypt(encrypt, &part, 1), 0);
	assert_memory_equal(data, wanted, sizeof(data));
	assert_int_equal(pen_aes_cts_crypt(decrypt, &part, 1), 0);
	assert_int_equal(data[15], 0xff);
	for (part.n = 0; part.n < 16; part.n++)
		assert_int_equal(pen_aes_cts_crypt(encrypt, &part, 1), PEN_E_BAD_DATA);
	pen_aes_cts_free(encrypt);
	pen_aes_cts_free(decrypt);
}

static void test_lengths_of_keys(void **state)
{
	static const uint8_t bytes[40];
	struct pen_aes_cts *cts = NULL;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		int r = pen_aes_cts_new(&cts, crypto, (struct pen_slice){ bytes, n }, true);

		assert_int_equal(r, n == 16 || n == 32 ? 0 : PEN_E_UNSUPPORTED);
		cts = pen_aes_cts_free(cts);
	}
}

static void test_no_memory(void **state)
{
	struct pen_aes_cts *cts = NULL;
	size_t n;
	int r;

	for (n = 1; pen_fail_at(n), r = pen_aes_cts_new(&cts, crypto, key, true), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_aes_cts_free(cts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_one_block),
		cmocka_unit_test(test_lengths_of_keys),
		cmocka_unit_test(test_no_memory),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
