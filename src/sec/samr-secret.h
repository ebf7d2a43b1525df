/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SAMR_SECRET_H
#define PEN_SEC_SAMR_SECRET_H
/*
 * Passwords and their hashes within samr's calls [MS-SAMR 2.2.6.21, 2.2.6.22, 2.2.6.32,
 * 2.2.11, 3.2.2], for both sides. A session key has 16 bytes; of a longer one, as of Kerberos
 * with AES-256, the first 16 count, but Samba's clients take all of it where there is no SMB:
 * what opens a password tries both, and what seals takes the key as it is. Randomness comes in as
 * bytes, and what is secret is the caller's to wipe. All return 0, -ENOMEM, or PEN_E_UNSUPPORTED
 * where the system has no RC4, DES, MD4 or MD5.
 */
#include "sec/secret-cipher.h"

enum {
	PEN_SAMR_HASH_SIZE = 16,
	PEN_SAMR_PASSWORD_MAX = 512,	  /* bytes of UTF-16 */
	PEN_SAMR_PASSWORD_SIZE = 516,	  /* SAMPR_ENCRYPTED_USER_PASSWORD */
	PEN_SAMR_PASSWORD_NEW_SIZE = 532, /* ..._NEW: 16 bytes of salt follow */
	PEN_SAMR_SALT_SIZE = 16,
	PEN_SAMR_AES_SIZE = 528, /* the cipher of SAMPR_ENCRYPTED_PASSWORD_AES that we make */
	PEN_SAMR_AES_CIPHER_MAX = 1040, /* and the longest that we look at */
	PEN_SAMR_ITERATIONS_MIN = 5000,
	PEN_SAMR_ITERATIONS_MAX = 1000000,
	PEN_SAMR_UTF8_SIZE = 3 * PEN_SAMR_PASSWORD_MAX / 2 + 1,
};

/* A password as it is: n bytes of UTF-16, low bytes first. */
struct pen_samr_password {
	size_t n;
	uint8_t utf16[PEN_SAMR_PASSWORD_MAX];
};

/* From UTF-8. PEN_E_LIMIT: too long; PEN_E_SYNTAX: not UTF-8. */
int pen_samr_password_from_text(struct pen_samr_password *password, const char *text);

/* To UTF-8 with a NUL. PEN_E_BAD_DATA: half a character, or a NUL within. */
int pen_samr_password_to_text(const struct pen_samr_password *password,
			      char text[PEN_SAMR_UTF8_SIZE]);

/* NTOWFv1 of it. */
int pen_samr_password_hash(const struct pen_crypto *crypto,
			   const struct pen_samr_password *password,
			   uint8_t nt_hash[PEN_SAMR_HASH_SIZE]);

/*
 * SAMPR_ENCRYPTED_USER_PASSWORD: RC4 under a key of 16 bytes, which is a hash or the
 * session key. random: PEN_SAMR_PASSWORD_MAX bytes to fill up with. PEN_E_BAD_DATA: what
 * comes out is no password, so that it was another key.
 */
int pen_samr_password_seal(const struct pen_crypto *crypto, struct pen_slice key,
			   const struct pen_samr_password *password, const uint8_t *random,
			   uint8_t out[PEN_SAMR_PASSWORD_SIZE]);
int pen_samr_password_open(const struct pen_crypto *crypto, struct pen_slice key,
			   const uint8_t in[PEN_SAMR_PASSWORD_SIZE],
			   struct pen_samr_password *password);

/* SAMPR_ENCRYPTED_USER_PASSWORD_NEW: the same under MD5 of salt and key. */
int pen_samr_password_seal_new(const struct pen_crypto *crypto, struct pen_slice key,
			       const struct pen_samr_password *password, const uint8_t *random,
			       const uint8_t salt[PEN_SAMR_SALT_SIZE],
			       uint8_t out[PEN_SAMR_PASSWORD_NEW_SIZE]);
int pen_samr_password_open_new(const struct pen_crypto *crypto, struct pen_slice key,
			       const uint8_t in[PEN_SAMR_PASSWORD_NEW_SIZE],
			       struct pen_samr_password *password);

/*
 * SAMPR_ENCRYPTED_PASSWORD_AES. open: PEN_E_DENIED: the MAC is not of this key;
 * PEN_E_BAD_DATA: not the length of one, or no password within.
 */
int pen_samr_password_seal_aes(const struct pen_crypto *crypto, struct pen_slice key,
			       const struct pen_samr_password *password, const uint8_t *random,
			       const uint8_t salt[PEN_SAMR_SALT_SIZE],
			       uint8_t cipher[PEN_SAMR_AES_SIZE],
			       uint8_t auth[PEN_SECRET_CIPHER_AUTH_SIZE]);
int pen_samr_password_open_aes(const struct pen_crypto *crypto, struct pen_slice key,
			       const uint8_t salt[PEN_SAMR_SALT_SIZE],
			       const uint8_t auth[PEN_SECRET_CIPHER_AUTH_SIZE],
			       struct pen_slice cipher, struct pen_samr_password *password);

/* The key that opnum 73 makes of the old hash. PEN_E_LIMIT: too few iterations, or too many. */
int pen_samr_aes_key(const struct pen_crypto *crypto, const uint8_t nt_hash[PEN_SAMR_HASH_SIZE],
		     const uint8_t salt[PEN_SAMR_SALT_SIZE], uint64_t n_iterations,
		     uint8_t key[PEN_SECRET_CIPHER_KEY_SIZE]);

/*
 * A hash under another, or under the session key [2.2.11.1.2]: the first 14 bytes of key
 * are two keys for DES.
 */
int pen_samr_hash_seal(const struct pen_crypto *crypto, const uint8_t key[PEN_SAMR_HASH_SIZE],
		       const uint8_t hash[PEN_SAMR_HASH_SIZE], uint8_t out[PEN_SAMR_HASH_SIZE]);
int pen_samr_hash_open(const struct pen_crypto *crypto, const uint8_t key[PEN_SAMR_HASH_SIZE],
		       const uint8_t in[PEN_SAMR_HASH_SIZE], uint8_t hash[PEN_SAMR_HASH_SIZE]);

/* The same under a rid [2.2.11.1.3]. */
int pen_samr_hash_seal_rid(const struct pen_crypto *crypto, uint32_t rid,
			   const uint8_t hash[PEN_SAMR_HASH_SIZE], uint8_t out[PEN_SAMR_HASH_SIZE]);
int pen_samr_hash_open_rid(const struct pen_crypto *crypto, uint32_t rid,
			   const uint8_t in[PEN_SAMR_HASH_SIZE], uint8_t hash[PEN_SAMR_HASH_SIZE]);

#endif
