/* SPDX-License-Identifier: MIT */
/* [MS-NLMP 4.2]: User, Domain, Password, 0123456789abcdef, and what comes of them. */
#include "sec/ntlm-session.h"
#include "support/fail.h"
#include "support/letter.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static const uint8_t server_challenge[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
static const uint8_t client_challenge[8] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
static const uint8_t random_key[16] = { 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
					0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };
static const uint8_t plaintext[18] = "P\0l\0a\0i\0n\0t\0e\0x\0t"; /* and a zero */

#define V1_FLAGS    UINT32_C(0xe2028233)
#define V1_EXTENDED UINT32_C(0x820a8233)
#define V2_FLAGS    UINT32_C(0xe28a8233)

static void expect_hex(const uint8_t *got, const char *hex)
{
	unsigned byte;

	for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		assert_int_equal(*got++, byte);
}

/* 4.2.2 */
static void test_v1(void **state)
{
	uint8_t hash[16];
	uint8_t key[16];
	uint8_t out[24];

	assert_int_equal(pen_ntlm_nt_hash(crypto, "Password", hash), 0);
	expect_hex(hash, "a4f49c406510bdcab6824ee7c30fd852");
	assert_int_equal(pen_ntlm_v1_base_key(crypto, hash, key), 0);
	expect_hex(key, "d87262b0cde4b1cb7499becccdf10784");
	assert_int_equal(pen_ntlm_v1_response(crypto, hash, server_challenge, NULL, out), 0);
	expect_hex(out, "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
	assert_int_equal(pen_ntlm_exchange(crypto, key, random_key, out), 0);
	expect_hex(out, "518822b1b3f350c8958682ecbb3e3cb7");
}

/* 4.2.3 */
static void test_v1_extended(void **state)
{
	uint8_t hash[16];
	uint8_t key[16];
	uint8_t out[24];

	assert_int_equal(pen_ntlm_nt_hash(crypto, "Password", hash), 0);
	assert_int_equal(
		pen_ntlm_v1_response(crypto, hash, server_challenge, client_challenge, out), 0);
	expect_hex(out, "7537f803ae367128ca458204bde7caf81e97ed2683267232");
	assert_int_equal(pen_ntlm_v1_base_key(crypto, hash, key), 0);
	assert_int_equal(
		pen_ntlm_v1_exchange_key(crypto, key, server_challenge, client_challenge, key), 0);
	expect_hex(key, "eb93429a8bd952f8b89c55b87f475edc");
	assert_int_equal(pen_ntlm_seal_key(crypto, V1_EXTENDED, key, false, out), 0);
	expect_hex(out, "04dd7f014d8504d265a25cc86a3a7c06");
	assert_int_equal(pen_ntlm_sign_key(crypto, key, false, out), 0);
	expect_hex(out, "60e799be5c72fc92922ae8ebe961fb8d");
}

/* 4.2.4; temp is 4.2.4.1.3's. */
static void test_v2(void **state)
{
	static const uint8_t temp[] = {
		1,    1,    0,	  0,	0,    0,    0,	  0,	/* versions */
		0,    0,    0,	  0,	0,    0,    0,	  0,	/* time */
		0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, /* client challenge */
		0,    0,    0,	  0,				/**/
		2,    0,    12,	  0,				/**/
		'D',  0,    'o',  0,	'm',  0,    'a',  0,	'i', 0, 'n', 0, /**/
		1,    0,    12,	  0,						/**/
		'S',  0,    'e',  0,	'r',  0,    'v',  0,	'e', 0, 'r', 0, /**/
		0,    0,    0,	  0, /* end of the pairs */
		0,    0,    0,	  0, /**/
	};
	const struct pen_slice slice = { temp, sizeof(temp) };
	const struct pen_slice challenge = { client_challenge, sizeof(client_challenge) };
	uint8_t hash[16];
	uint8_t key[16];
	uint8_t out[16];

	assert_int_equal(pen_ntlm_nt_hash(crypto, "Password", hash), 0);
	assert_int_equal(pen_ntlm_v2_key(crypto, hash, "User", "Domain", key), 0);
	expect_hex(key, "0c868a403bfd7a93a3001ef22ef02e3f");
	assert_int_equal(pen_ntlm_v2_proof(crypto, key, server_challenge, challenge, out), 0);
	expect_hex(out, "86c35097ac9cec102554764a57cccc19");
	assert_int_equal(pen_ntlm_v2_proof(crypto, key, server_challenge, slice, out), 0);
	expect_hex(out, "68cd0ab851e51c96aabc927bebef6a1c");
	assert_int_equal(pen_ntlm_v2_base_key(crypto, key, out, key), 0);
	expect_hex(key, "8de40ccadbc14a82f15cb0ad0de95ca3");
	assert_int_equal(pen_ntlm_exchange(crypto, key, random_key, out), 0);
	expect_hex(out, "c5dad2544fc9799094ce1ce90bc9d03e");
	assert_int_equal(pen_ntlm_seal_key(crypto, V2_FLAGS, random_key, false, out), 0);
	expect_hex(out, "59f600973cc4960a25480a7c196e4c58");
	assert_int_equal(pen_ntlm_sign_key(crypto, random_key, false, out), 0);
	expect_hex(out, "4788dc861b4782f35d43fd98fe1a2d39");
}

/* Keys of 56 and 40 bits are the first 7 and 5 bytes; without extension nothing is cut. */
static void test_short_keys(void **state)
{
	const uint32_t extended = PEN_NTLM_EXTENDED_SESSION_SECURITY;
	uint8_t changed[16];
	uint8_t a[16];
	uint8_t b[16];

	for (size_t i = 0; i < 16; i++) {
		memcpy(changed, random_key, sizeof(changed));
		changed[i] ^= 1;
		pen_ntlm_seal_key(crypto, extended | PEN_NTLM_56, random_key, false, a);
		pen_ntlm_seal_key(crypto, extended | PEN_NTLM_56, changed, false, b);
		assert_int_equal(memcmp(a, b, 16) == 0, i >= 7);
		pen_ntlm_seal_key(crypto, extended, random_key, false, a);
		pen_ntlm_seal_key(crypto, extended, changed, false, b);
		assert_int_equal(memcmp(a, b, 16) == 0, i >= 5);
		pen_ntlm_seal_key(crypto, 0, changed, true, b);
		assert_memory_equal(b, changed, 16);
	}
}

struct pair {
	struct pen_ntlm_session *client;
	struct pen_ntlm_session *server;
};

static void pair_new(struct pair *pair, uint32_t flags, const uint8_t *key)
{
	assert_int_equal(pen_ntlm_session_new(&pair->client, crypto, flags, key, false), 0);
	assert_int_equal(pen_ntlm_session_new(&pair->server, crypto, flags, key, true), 0);
}

static void pair_done(struct pair *pair)
{
	pen_ntlm_session_free(pair->client);
	pen_ntlm_session_free(pair->server);
}

/* 4.2.2.4, 4.2.3.4 and 4.2.4.4: the first message of a client, sealed. */
static void test_wrap(void **state)
{
	static const uint8_t v1_key[16] = { 0xeb, 0x93, 0x42, 0x9a, 0x8b, 0xd9, 0x52, 0xf8,
					    0xb8, 0x9c, 0x55, 0xb8, 0x7f, 0x47, 0x5e, 0xdc };
	static const struct {
		uint32_t flags;
		const uint8_t *key;
		const char *data;
		const char *signature;
	} rows[] = {
		{ V1_FLAGS, random_key, "56fe04d861f9319af0d7238a2e3b4d457fb8",
		  "0100000045c844e509dcd1df2e459d36" },
		{ V1_EXTENDED, v1_key, "a02372f6530273f3aa1eb90190ce5200c99d",
		  "01000000ff2aeb52f681793a00000000" },
		{ V2_FLAGS, random_key, "54e50165bf1936dc996020c1811b0f06fb5f",
		  "010000007fb38ec5c55d497600000000" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t signature[16];
		uint8_t data[18];
		struct pen_protected message = { .data = data,
						 .n = sizeof(data),
						 .signature = signature,
						 .n_signature = 16,
						 .is_sealed = true };
		struct pair pair;

		memcpy(data, plaintext, sizeof(data));
		pair_new(&pair, rows[i].flags, rows[i].key);
		assert_int_equal(pen_ntlm_session_protect(pair.client, &message), 0);
		expect_hex(data, rows[i].data);
		expect_hex(signature, rows[i].signature);
		assert_int_equal(pen_ntlm_session_unprotect(pair.server, &message), 0);
		assert_memory_equal(data, plaintext, sizeof(data));
		pair_done(&pair);
	}
}

/* Each kind of session. */
static const uint32_t kinds[] = {
	0,
	PEN_NTLM_KEY_EXCH,
	PEN_NTLM_EXTENDED_SESSION_SECURITY,
	PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_56,
	PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_128,
	PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_128 | PEN_NTLM_KEY_EXCH,
};

/* Messages go both ways, sealed and only signed in turn, and none allocates. */
static void test_both_ways(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct letter letter;
		struct pair pair;

		pair_new(&pair, kinds[kind], random_key);
		pen_fail_at(1);
		for (int i = 0; i < 20; i++) {
			struct pen_ntlm_session *from = i % 3 ? pair.client : pair.server;
			struct pen_ntlm_session *to = i % 3 ? pair.server : pair.client;

			letter_init(&letter, PEN_NTLM_SIGNATURE_SIZE, i % 2);
			assert_int_equal(pen_ntlm_session_protect(from, &letter.message), 0);
			assert_int_equal(letter.bytes[7], 7);
			assert_int_equal(memcmp(letter.bytes + 8, "\x8\x9\xa", 3) != 0, i % 2);
			assert_int_equal(letter.bytes[32], 32);
			assert_int_equal(pen_ntlm_session_unprotect(to, &letter.message), 0);
			letter_expect(&letter);
		}
		assert_false(pen_fail_hit());
		pair_done(&pair);
	}
}

struct flipped {
	uint32_t kind;
	struct pair pair;
};

static void flipped_open(void *data)
{
	struct flipped *f = data;

	pair_new(&f->pair, f->kind, random_key);
}

static int flipped_protect(void *data, struct pen_protected *message)
{
	return pen_ntlm_session_protect(((struct flipped *)data)->pair.client, message);
}

static int flipped_unprotect(void *data, struct pen_protected *message)
{
	return pen_ntlm_session_unprotect(((struct flipped *)data)->pair.server, message);
}

static void flipped_close(void *data)
{
	pair_done(&((struct flipped *)data)->pair);
}

/* Each bit of a message counts; a session that was lied to believes nothing more. */
static void test_any_bit(void **state)
{
	for (size_t i = 0; i < 2 * PEN_COUNT(kinds); i++) {
		struct flipped f = { .kind = kinds[i / 2] };
		const struct letter_pair pair = { &f,
						  PEN_NTLM_SIGNATURE_SIZE,
						  flipped_open,
						  flipped_protect,
						  flipped_unprotect,
						  flipped_close };
		bool has_pad = !(f.kind & PEN_NTLM_EXTENDED_SESSION_SECURITY);

		letter_flip_all(&pair, i % 2, LETTER_SIGNATURE + 4,
				LETTER_SIGNATURE + (has_pad ? 8 : 4));
	}
}

/* A message again, before its turn, back to its sender, or with a part left out. */
static void test_out_of_order(void **state)
{
	for (size_t kind = 2; kind < PEN_COUNT(kinds); kind++)
		for (int what = 0; what < 4; what++) {
			struct letter first;
			struct letter second;
			struct letter *shown = &first;
			struct pen_ntlm_session *to;
			struct letter copy;
			struct pair pair;

			pair_new(&pair, kinds[kind], random_key);
			to = pair.server;
			letter_init(&first, PEN_NTLM_SIGNATURE_SIZE, false);
			letter_init(&second, PEN_NTLM_SIGNATURE_SIZE, false);
			assert_int_equal(pen_ntlm_session_protect(pair.client, &first.message), 0);
			assert_int_equal(pen_ntlm_session_protect(pair.client, &second.message), 0);
			letter_init(&copy, PEN_NTLM_SIGNATURE_SIZE, false);
			if (what == 0) {
				memcpy(copy.bytes, first.bytes, sizeof(copy.bytes));
				assert_int_equal(pen_ntlm_session_unprotect(to, &copy.message), 0);
			} else if (what == 1) {
				shown = &second;
			} else if (what == 2) {
				to = pair.client;
			} else {
				first.message.n_signature = 15;
			}
			assert_int_equal(pen_ntlm_session_unprotect(to, &shown->message),
					 PEN_E_DENIED);
			pair_done(&pair);
		}
}

/* After a rewind both sides begin their streams again, and count on. */
static void test_rewind(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct letter letter;
		struct pair pair;

		pair_new(&pair, kinds[kind], random_key);
		for (int i = 0; i < 3; i++) {
			letter_init(&letter, PEN_NTLM_SIGNATURE_SIZE, i > 0);
			assert_int_equal(pen_ntlm_session_protect(pair.client, &letter.message), 0);
			assert_int_equal(pen_ntlm_session_unprotect(pair.server, &letter.message),
					 0);
			if (i == 0) {
				assert_int_equal(pen_ntlm_session_rewind(pair.client), 0);
				assert_int_equal(pen_ntlm_session_rewind(pair.server), 0);
			}
		}
		pair_done(&pair);
	}
}

static void test_no_memory(void **state)
{
	struct pen_ntlm_session *session = NULL;
	size_t n;
	int r;

	for (n = 1; pen_fail_at(n),
	    r = pen_ntlm_session_new(&session, crypto, kinds[5], random_key, true), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	assert_in_range(n, 3, 6); /* without a sanitizer secrets need no malloc */
	pen_ntlm_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),	cmocka_unit_test(test_v1_extended),
		cmocka_unit_test(test_v2),	cmocka_unit_test(test_short_keys),
		cmocka_unit_test(test_wrap),	cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_any_bit), cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_rewind),	cmocka_unit_test(test_no_memory),
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
