/* SPDX-License-Identifier: MIT */
#include "sec/samr-secret.h"
#include "base/utf16.h"
#include <string.h>

enum {
	HASH = PEN_SAMR_HASH_SIZE,
	MAX = PEN_SAMR_PASSWORD_MAX,
	SALT = PEN_SAMR_SALT_SIZE,
	AES_PLAIN = 2 + MAX, /* SAMPR_USER_PASSWORD_AES */
	KEY = 16,	     /* what counts of a session key */
	HALF = 8,
	DES_KEY = 7,
};

/* ---- passwords ---- */

int pen_samr_password_from_text(struct pen_samr_password *password, const char *text)
{
	size_t n = pen_utf16_count(text, strlen(text));

	if (n == PEN_UTF16_BAD)
		return PEN_E_SYNTAX;
	if (n > MAX / 2)
		return PEN_E_LIMIT;
	pen_utf16_put(text, strlen(text), false, password->utf16, n);
	password->n = 2 * n;
	return 0;
}

int pen_samr_password_to_text(const struct pen_samr_password *password,
			      char text[PEN_SAMR_UTF8_SIZE])
{
	size_t n = pen_utf16_get(password->utf16, password->n / 2, false, text,
				 PEN_SAMR_UTF8_SIZE - 1);

	if (n == PEN_UTF16_BAD || password->n % 2 || memchr(text, 0, n))
		return PEN_E_BAD_DATA;
	text[n] = '\0';
	return 0;
}

int pen_samr_password_hash(const struct pen_crypto *crypto,
			   const struct pen_samr_password *password, uint8_t nt_hash[HASH])
{
	const struct pen_slice utf16 = { password->utf16, password->n };

	return pen_digest(crypto, PEN_MD4, &utf16, 1, nt_hash);
}

/* ---- keys that are longer than Windows' ---- */

static struct pen_slice first_of(struct pen_slice key)
{
	return (struct pen_slice){ key.data, key.size < KEY ? key.size : KEY };
}

/* Whether all of the key is to be tried, after its first bytes gave r. */
static bool try_all(int r, struct pen_slice key)
{
	return (r == PEN_E_BAD_DATA || r == PEN_E_DENIED) && key.size > KEY;
}

/* ---- under RC4 ---- */

static int rc4(const struct pen_crypto *crypto, struct pen_slice key, const uint8_t *in,
	       uint8_t *out)
{
	struct pen_rc4 *stream;
	int r = pen_rc4_new(&stream, crypto, key);

	if (r)
		return r;
	r = pen_rc4_crypt(stream, in, PEN_SAMR_PASSWORD_SIZE, out);
	pen_rc4_free(stream);
	return r;
}

/* MD5(salt, key): the key that a salt gives. */
static int salted_key(const struct pen_crypto *crypto, struct pen_slice key, const uint8_t *salt,
		      uint8_t out[PEN_MD5_SIZE])
{
	const struct pen_slice parts[] = { { salt, SALT }, key };

	return pen_digest(crypto, PEN_MD5, parts, PEN_COUNT(parts), out);
}

int pen_samr_password_seal(const struct pen_crypto *crypto, struct pen_slice key,
			   const struct pen_samr_password *password, const uint8_t *random,
			   uint8_t out[PEN_SAMR_PASSWORD_SIZE])
{
	size_t n_filler = MAX - password->n;
	uint8_t plain[PEN_SAMR_PASSWORD_SIZE];
	int r;

	memcpy(plain, random, n_filler);
	memcpy(plain + n_filler, password->utf16, password->n);
	for (size_t i = 0; i < 4; i++)
		plain[MAX + i] = (uint8_t)((uint32_t)password->n >> 8 * i);
	r = rc4(crypto, key, plain, out);
	pen_wipe(plain, sizeof(plain));
	return r;
}

static int open_old(const struct pen_crypto *crypto, struct pen_slice key,
		    const uint8_t in[PEN_SAMR_PASSWORD_SIZE], struct pen_samr_password *password)
{
	uint8_t plain[PEN_SAMR_PASSWORD_SIZE];
	uint32_t n = 0;
	int r = rc4(crypto, key, in, plain);

	for (size_t i = 0; !r && i < 4; i++)
		n |= (uint32_t)plain[MAX + i] << 8 * i;
	if (!r && (n > MAX || n % 2))
		r = PEN_E_BAD_DATA;
	if (!r) {
		memcpy(password->utf16, plain + MAX - n, n);
		password->n = n;
	}
	pen_wipe(plain, sizeof(plain));
	return r;
}

int pen_samr_password_open(const struct pen_crypto *crypto, struct pen_slice key,
			   const uint8_t in[PEN_SAMR_PASSWORD_SIZE],
			   struct pen_samr_password *password)
{
	int r = open_old(crypto, first_of(key), in, password);

	return try_all(r, key) ? open_old(crypto, key, in, password) : r;
}

int pen_samr_password_seal_new(const struct pen_crypto *crypto, struct pen_slice key,
			       const struct pen_samr_password *password, const uint8_t *random,
			       const uint8_t salt[SALT], uint8_t out[PEN_SAMR_PASSWORD_NEW_SIZE])
{
	uint8_t salted[PEN_MD5_SIZE];
	int r = salted_key(crypto, key, salt, salted);

	if (!r)
		r = pen_samr_password_seal(crypto, (struct pen_slice){ salted, sizeof(salted) },
					   password, random, out);
	memcpy(out + PEN_SAMR_PASSWORD_SIZE, salt, SALT);
	pen_wipe(salted, sizeof(salted));
	return r;
}

static int open_new(const struct pen_crypto *crypto, struct pen_slice key,
		    const uint8_t in[PEN_SAMR_PASSWORD_NEW_SIZE],
		    struct pen_samr_password *password)
{
	uint8_t salted[PEN_MD5_SIZE];
	int r = salted_key(crypto, key, in + PEN_SAMR_PASSWORD_SIZE, salted);

	if (!r)
		r = open_old(crypto, (struct pen_slice){ salted, sizeof(salted) }, in, password);
	pen_wipe(salted, sizeof(salted));
	return r;
}

int pen_samr_password_open_new(const struct pen_crypto *crypto, struct pen_slice key,
			       const uint8_t in[PEN_SAMR_PASSWORD_NEW_SIZE],
			       struct pen_samr_password *password)
{
	int r = open_new(crypto, first_of(key), in, password);

	return try_all(r, key) ? open_new(crypto, key, in, password) : r;
}

/* ---- under AES ---- */

int pen_samr_password_seal_aes(const struct pen_crypto *crypto, struct pen_slice key,
			       const struct pen_samr_password *password, const uint8_t *random,
			       const uint8_t salt[SALT], uint8_t cipher[PEN_SAMR_AES_SIZE],
			       uint8_t auth[PEN_SECRET_CIPHER_AUTH_SIZE])
{
	uint8_t plain[AES_PLAIN];
	int r;

	plain[0] = (uint8_t)password->n;
	plain[1] = (uint8_t)(password->n >> 8);
	memcpy(plain + 2, password->utf16, password->n);
	memcpy(plain + 2 + password->n, random, MAX - password->n);
	r = pen_secret_cipher_seal(crypto, PEN_SECRET_SAM, key, salt,
				   (struct pen_slice){ plain, sizeof(plain) }, cipher, auth);
	pen_wipe(plain, sizeof(plain));
	return r;
}

static int open_aes(const struct pen_crypto *crypto, struct pen_slice key, const uint8_t salt[SALT],
		    const uint8_t auth[PEN_SECRET_CIPHER_AUTH_SIZE], struct pen_slice cipher,
		    struct pen_samr_password *password)
{
	uint8_t plain[PEN_SAMR_AES_CIPHER_MAX];
	size_t n, n_password;
	int r;

	if (cipher.size > sizeof(plain))
		return PEN_E_BAD_DATA;
	r = pen_secret_cipher_open(crypto, PEN_SECRET_SAM, key, salt, auth, cipher, plain, &n);
	if (!r && n < 2)
		r = PEN_E_BAD_DATA;
	if (!r) {
		n_password = plain[0] | (size_t)plain[1] << 8;
		if (n_password > MAX || n_password % 2 || n_password > n - 2)
			r = PEN_E_BAD_DATA;
	}
	if (!r) {
		memcpy(password->utf16, plain + 2, n_password);
		password->n = n_password;
	}
	pen_wipe(plain, sizeof(plain));
	return r;
}

int pen_samr_password_open_aes(const struct pen_crypto *crypto, struct pen_slice key,
			       const uint8_t salt[SALT],
			       const uint8_t auth[PEN_SECRET_CIPHER_AUTH_SIZE],
			       struct pen_slice cipher, struct pen_samr_password *password)
{
	int r = open_aes(crypto, first_of(key), salt, auth, cipher, password);

	return try_all(r, key) ? open_aes(crypto, key, salt, auth, cipher, password) : r;
}

int pen_samr_aes_key(const struct pen_crypto *crypto, const uint8_t nt_hash[HASH],
		     const uint8_t salt[SALT], uint64_t n_iterations,
		     uint8_t key[PEN_SECRET_CIPHER_KEY_SIZE])
{
	const struct pen_slice hash = { nt_hash, HASH }, salted = { salt, SALT };

	if (n_iterations < PEN_SAMR_ITERATIONS_MIN || n_iterations > PEN_SAMR_ITERATIONS_MAX)
		return PEN_E_LIMIT;
	return pen_pbkdf2(crypto, PEN_SHA512, hash, salted, (uint32_t)n_iterations, key,
			  PEN_SECRET_CIPHER_KEY_SIZE);
}

/* ---- hashes ---- */

int pen_samr_hash_seal(const struct pen_crypto *crypto, const uint8_t key[HASH],
		       const uint8_t hash[HASH], uint8_t out[HASH])
{
	int r = pen_des_encrypt(crypto, key, hash, out);

	return r ? r : pen_des_encrypt(crypto, key + DES_KEY, hash + HALF, out + HALF);
}

int pen_samr_hash_open(const struct pen_crypto *crypto, const uint8_t key[HASH],
		       const uint8_t in[HASH], uint8_t hash[HASH])
{
	int r = pen_des_decrypt(crypto, key, in, hash);

	return r ? r : pen_des_decrypt(crypto, key + DES_KEY, in + HALF, hash + HALF);
}

/* The rid's four bytes over and over: both keys of 7 bytes, one after the other. */
static void rid_key(uint32_t rid, uint8_t key[HASH])
{
	for (size_t i = 0; i < HASH; i++)
		key[i] = (uint8_t)(rid >> 8 * (i % 4));
}

int pen_samr_hash_seal_rid(const struct pen_crypto *crypto, uint32_t rid, const uint8_t hash[HASH],
			   uint8_t out[HASH])
{
	uint8_t key[HASH];

	rid_key(rid, key);
	return pen_samr_hash_seal(crypto, key, hash, out);
}

int pen_samr_hash_open_rid(const struct pen_crypto *crypto, uint32_t rid, const uint8_t in[HASH],
			   uint8_t hash[HASH])
{
	uint8_t key[HASH];

	rid_key(rid, key);
	return pen_samr_hash_open(crypto, key, in, hash);
}
