/* SPDX-License-Identifier: MIT */
/* What comes out here, Samba's bindings (samba.crypto) make of the same values. */
#include "sec/samr-secret.h"
#include "support/unit.h"
#include <string.h>

static const char text[] = "Geheim-\xc3\xbc"
			   "1";
static struct pen_crypto *crypto;
static uint8_t key_bytes[16], salt[16], hash[16], random_bytes[PEN_SAMR_PASSWORD_MAX];
static const struct pen_slice key = { key_bytes, sizeof(key_bytes) };

static int set_up(void **state)
{
	for (size_t i = 0; i < 16; i++) {
		key_bytes[i] = (uint8_t)i;
		salt[i] = (uint8_t)(100 + i);
		hash[i] = (uint8_t)(32 + i);
	}
	for (size_t i = 0; i < sizeof(random_bytes); i++)
		random_bytes[i] = (uint8_t)(7 * i);
	return pen_crypto_new(&crypto);
}

static int tear_down(void **state)
{
	crypto = pen_crypto_free(crypto);
	return 0;
}

static void expect_password(const struct pen_samr_password *password)
{
	char seen[PEN_SAMR_UTF8_SIZE];

	assert_int_equal(pen_samr_password_to_text(password, seen), 0);
	assert_string_equal(seen, text);
}

static const uint8_t hash_under_key[] = { 0x81, 0x40, 0x78, 0x51, 0x28, 0x30, 0xa7, 0x73,
					  0x90, 0x62, 0x90, 0x10, 0x18, 0xbb, 0xf3, 0x70 };
static const uint8_t hash_under_rid[] = { 0x3d, 0x60, 0x79, 0x94, 0xc3, 0x8d, 0x24, 0x6f,
					  0x03, 0xe5, 0x32, 0x0d, 0xab, 0x4a, 0xb6, 0x40 };

static void test_hash(void **state)
{
	uint8_t out[16], back[16];

	assert_int_equal(pen_samr_hash_seal(crypto, key_bytes, hash, out), 0);
	assert_memory_equal(out, hash_under_key, sizeof(out));
	assert_int_equal(pen_samr_hash_open(crypto, key_bytes, out, back), 0);
	assert_memory_equal(back, hash, sizeof(back));
	assert_int_equal(pen_samr_hash_seal_rid(crypto, 0x12345678, hash, out), 0);
	assert_memory_equal(out, hash_under_rid, sizeof(out));
	assert_int_equal(pen_samr_hash_open_rid(crypto, 0x12345678, out, back), 0);
	assert_memory_equal(back, hash, sizeof(back));
}

static const uint8_t rc4_begin[] = { 0xe9, 0x9b, 0x4e, 0xec, 0x5b, 0xc1, 0x33, 0xfd };
static const uint8_t rc4_end[] = { 0x44, 0xf1, 0x40, 0x46, 0xe7, 0xa7, 0xd2, 0x74 };
static const uint8_t new_begin[] = { 0x55, 0x03, 0xde, 0x7e, 0xdf, 0xc8, 0xc1, 0xda };
static const uint8_t new_end[] = { 0x15, 0xc8, 0x3d, 0x6b, 0xad, 0x9b, 0x05, 0xa2 };

static void test_rc4(void **state)
{
	uint8_t out[PEN_SAMR_PASSWORD_SIZE], out_new[PEN_SAMR_PASSWORD_NEW_SIZE];
	struct pen_samr_password password, back;

	assert_int_equal(pen_samr_password_from_text(&password, text), 0);
	assert_int_equal(pen_samr_password_seal(crypto, key, &password, random_bytes, out), 0);
	assert_memory_equal(out, rc4_begin, sizeof(rc4_begin));
	assert_memory_equal(out + sizeof(out) - sizeof(rc4_end), rc4_end, sizeof(rc4_end));
	assert_int_equal(pen_samr_password_open(crypto, key, out, &back), 0);
	expect_password(&back);
	out[515] ^= 1; /* a length of 16 MiB */
	assert_int_equal(pen_samr_password_open(crypto, key, out, &back), PEN_E_BAD_DATA);
	out[515] ^= 1;
	out[512] ^= 1; /* an odd one */
	assert_int_equal(pen_samr_password_open(crypto, key, out, &back), PEN_E_BAD_DATA);

	assert_int_equal(
		pen_samr_password_seal_new(crypto, key, &password, random_bytes, salt, out_new), 0);
	assert_memory_equal(out_new, new_begin, sizeof(new_begin));
	assert_memory_equal(out_new + sizeof(out) - sizeof(new_end), new_end, sizeof(new_end));
	assert_memory_equal(out_new + sizeof(out), salt, sizeof(salt));
	assert_int_equal(pen_samr_password_open_new(crypto, key, out_new, &back), 0);
	expect_password(&back);
	out_new[531] ^= 1;
	assert_int_equal(pen_samr_password_open_new(crypto, key, out_new, &back), PEN_E_BAD_DATA);
}

static const uint8_t aes_begin[] = { 0x0e, 0xeb, 0xd7, 0xc7, 0xb9, 0x40, 0xb9, 0xe1,
				     0xcf, 0xa8, 0x16, 0x2b, 0x6e, 0x5f, 0x66, 0x37 };
static const uint8_t aes_end[] = { 0x71, 0xf1, 0xf1, 0x82, 0x4b, 0xf9, 0x82, 0x16,
				   0x90, 0x99, 0x17, 0x65, 0x9c, 0x1f, 0x12, 0xdf };
static const uint8_t aes_auth[] = { 0x68, 0xaa, 0x27, 0x65, 0x85, 0x66, 0x33, 0xc8,
				    0x99, 0x5e, 0x2f, 0x90, 0x36, 0x86, 0x17, 0x75 };

static void test_aes(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE], auth[PEN_SECRET_CIPHER_AUTH_SIZE];
	const struct pen_slice sealed = { cipher, sizeof(cipher) };
	struct pen_samr_password password, back;

	assert_int_equal(pen_samr_password_from_text(&password, text), 0);
	assert_int_equal(pen_samr_password_seal_aes(crypto, key, &password, random_bytes, salt,
						    cipher, auth),
			 0);
	assert_memory_equal(cipher, aes_begin, sizeof(aes_begin));
	assert_memory_equal(cipher + sizeof(cipher) - sizeof(aes_end), aes_end, sizeof(aes_end));
	assert_memory_equal(auth, aes_auth, sizeof(aes_auth));
	assert_int_equal(pen_samr_password_open_aes(crypto, key, salt, auth, sealed, &back), 0);
	expect_password(&back);
}

/* Whatever is not as it was sealed is refused before it is deciphered. */
static void test_aes_changed(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE], auth[PEN_SECRET_CIPHER_AUTH_SIZE];
	const struct pen_slice sealed = { cipher, sizeof(cipher) };
	struct pen_samr_password password, back;

	assert_int_equal(pen_samr_password_from_text(&password, text), 0);
	assert_int_equal(pen_samr_password_seal_aes(crypto, key, &password, random_bytes, salt,
						    cipher, auth),
			 0);
#define REFUSED(what)                                                                              \
	for (size_t bit = 0; bit < 8 * sizeof(what); bit++) {                                      \
		(what)[bit / 8] ^= (uint8_t)(1 << bit % 8);                                        \
		assert_int_equal(                                                                  \
			pen_samr_password_open_aes(crypto, key, salt, auth, sealed, &back),        \
			PEN_E_DENIED);                                                             \
		(what)[bit / 8] ^= (uint8_t)(1 << bit % 8);                                        \
	}
	REFUSED(cipher)
	REFUSED(auth)
	REFUSED(salt)
	REFUSED(key_bytes)
#undef REFUSED
	for (size_t n = 0; n < sizeof(cipher); n++)
		assert_int_equal(pen_samr_password_open_aes(crypto, key, salt, auth,
							    (struct pen_slice){ cipher, n }, &back),
				 n && n % 16 == 0 ? PEN_E_DENIED : PEN_E_BAD_DATA);
}

/* Of a key of 32 bytes, peers take 16 or all; of others nothing is tried. */
static void test_longer_keys(void **state)
{
	const uint8_t longer[32] = { 1, 2, 3, [15] = 4, [16] = 5, [31] = 6 };
	const struct pen_slice whole = { longer, sizeof(longer) };
	uint8_t old[PEN_SAMR_PASSWORD_SIZE], new[PEN_SAMR_PASSWORD_NEW_SIZE];
	uint8_t cipher[PEN_SAMR_AES_SIZE], auth[PEN_SECRET_CIPHER_AUTH_SIZE];
	const struct pen_slice aes = { cipher, sizeof(cipher) };
	struct pen_samr_password password, back;

	assert_int_equal(pen_samr_password_from_text(&password, text), 0);
	for (size_t n = 16; n <= 32; n += 8) {
		const struct pen_slice cut = { longer, n };
		int expected = n == 24 ? PEN_E_BAD_DATA : 0;

		pen_samr_password_seal(crypto, cut, &password, random_bytes, old);
		pen_samr_password_seal_new(crypto, cut, &password, random_bytes, salt, new);
		pen_samr_password_seal_aes(crypto, cut, &password, random_bytes, salt, cipher,
					   auth);
		assert_int_equal(pen_samr_password_open(crypto, whole, old, &back), expected);
		if (!expected)
			expect_password(&back);
		assert_int_equal(pen_samr_password_open_new(crypto, whole, new, &back), expected);
		assert_int_equal(pen_samr_password_open_aes(crypto, whole, salt, auth, aes, &back),
				 n == 24 ? PEN_E_DENIED : 0);
		if (!expected)
			expect_password(&back);
	}
}

/* A right MAC over what no password is. */
static void test_aes_wrong_within(void **state)
{
	static const struct {
		size_t n;
		uint8_t plain[4];
		int result;
	} cases[] = {
		{ 0, { 0 }, PEN_E_BAD_DATA },
		{ 1, { 0 }, PEN_E_BAD_DATA },
		{ 2, { 0, 0 }, 0 },
		{ 2, { 2, 0 }, PEN_E_BAD_DATA },
		{ 3, { 1, 0, 0 }, PEN_E_BAD_DATA },
		{ 4, { 2, 0, 'a', 0 }, 0 },
		{ 4, { 4, 0, 0, 0 }, PEN_E_BAD_DATA },
		{ 4, { 0, 255, 0, 0 }, PEN_E_BAD_DATA },
	};
	uint8_t cipher[16], auth[PEN_SECRET_CIPHER_AUTH_SIZE];
	struct pen_samr_password back;

	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		assert_int_equal(
			pen_secret_cipher_seal(crypto, PEN_SECRET_SAM, key, salt,
					       (struct pen_slice){ cases[i].plain, cases[i].n },
					       cipher, auth),
			0);
		assert_int_equal(pen_samr_password_open_aes(crypto, key, salt, auth,
							    (struct pen_slice){ cipher, 16 },
							    &back),
				 cases[i].result);
	}
}

/* What LSA seals, SAM does not open. */
static void test_labels(void **state)
{
	uint8_t cipher[16], auth[PEN_SECRET_CIPHER_AUTH_SIZE], out[16];
	const struct pen_slice plain = { hash, 5 }, sealed = { cipher, 16 };
	size_t n = 0;

	assert_int_equal(
		pen_secret_cipher_seal(crypto, PEN_SECRET_LSAD, key, salt, plain, cipher, auth), 0);
	assert_int_equal(
		pen_secret_cipher_open(crypto, PEN_SECRET_SAM, key, salt, auth, sealed, out, &n),
		PEN_E_DENIED);
	assert_int_equal(
		pen_secret_cipher_open(crypto, PEN_SECRET_LSAD, key, salt, auth, sealed, out, &n),
		0);
	assert_int_equal(n, 5);
	assert_memory_equal(out, hash, 5);
}

static const uint8_t aes_key[] = { 0xd7, 0xd4, 0xe0, 0x17, 0xb1, 0xae, 0x27, 0xe6,
				   0xf9, 0x5a, 0x5f, 0xfe, 0xb5, 0xfc, 0x63, 0xc2 };

static void test_aes_key(void **state)
{
	uint8_t made[16];

	assert_int_equal(pen_samr_aes_key(crypto, hash, salt, 10000, made), 0);
	assert_memory_equal(made, aes_key, sizeof(made));
	assert_int_equal(pen_samr_aes_key(crypto, hash, salt, 4999, made), PEN_E_LIMIT);
	assert_int_equal(pen_samr_aes_key(crypto, hash, salt, 1000001, made), PEN_E_LIMIT);
	assert_int_equal(pen_samr_aes_key(crypto, hash, salt, UINT64_C(1) << 32 | 10000, made),
			 PEN_E_LIMIT);
}

static void test_texts(void **state)
{
	struct pen_samr_password password = { 0 };
	char long_text[PEN_SAMR_PASSWORD_MAX / 2 + 2], back[PEN_SAMR_UTF8_SIZE];
	uint8_t nt_hash[16];
	/* MD4 of nothing. */
	static const uint8_t of_nothing[] = { 0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31,
					      0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0 };

	memset(long_text, 'a', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(pen_samr_password_from_text(&password, long_text), PEN_E_LIMIT);
	assert_int_equal(pen_samr_password_from_text(&password, long_text + 1), 0);
	assert_int_equal(pen_samr_password_to_text(&password, back), 0);
	assert_string_equal(back, long_text + 1);
	assert_int_equal(pen_samr_password_from_text(&password, "\xff"), PEN_E_SYNTAX);
	assert_int_equal(pen_samr_password_from_text(&password, ""), 0);
	assert_int_equal(pen_samr_password_hash(crypto, &password, nt_hash), 0);
	assert_memory_equal(nt_hash, of_nothing, sizeof(nt_hash));
	password = (struct pen_samr_password){ .n = 4, .utf16 = "a" };
	assert_int_equal(pen_samr_password_to_text(&password, back), PEN_E_BAD_DATA);
	password.n = 3;
	assert_int_equal(pen_samr_password_to_text(&password, back), PEN_E_BAD_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),	    cmocka_unit_test(test_rc4),
		cmocka_unit_test(test_aes),	    cmocka_unit_test(test_aes_changed),
		cmocka_unit_test(test_longer_keys), cmocka_unit_test(test_aes_wrong_within),
		cmocka_unit_test(test_labels),	    cmocka_unit_test(test_aes_key),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
