/* SPDX-License-Identifier: MIT */
#ifndef PEN_CRYPTO_H
#define PEN_CRYPTO_H
/*
 * The few ciphers and digests that the protocols need, from OpenSSL. The old ones
 * (MD4, RC4, DES) come from its legacy provider, loaded for us alone: a program that
 * links us keeps the providers it chose. Where a system has no legacy provider, what
 * needs it answers PEN_E_UNSUPPORTED, and the rest works.
 *
 * All functions return 0, -ENOMEM, or PEN_E_UNSUPPORTED, unless they say otherwise.
 * A struct pen_crypto never changes once made, and may be used from several threads.
 */
#include <penstock/mechs.h>

/* Whether MD4, RC4 and DES are there. */
bool pen_crypto_has_legacy(const struct pen_crypto *crypto);

/* ---- digests, over several parts as if they were one ---- */

enum pen_digest { PEN_MD4, PEN_MD5, PEN_SHA1, PEN_SHA256, PEN_SHA384, PEN_SHA512, PEN_N_DIGESTS };

enum {
	PEN_MD4_SIZE = 16,
	PEN_MD5_SIZE = 16,
	PEN_SHA1_SIZE = 20,
	PEN_SHA256_SIZE = 32,
	PEN_SHA384_SIZE = 48,
	PEN_SHA512_SIZE = 64,
	PEN_DIGEST_MAX = 64
};

int pen_digest(const struct pen_crypto *crypto, enum pen_digest digest,
	       const struct pen_slice *parts, size_t n_parts, uint8_t *out);
int pen_hmac(const struct pen_crypto *crypto, enum pen_digest digest, struct pen_slice key,
	     const struct pen_slice *parts, size_t n_parts, uint8_t *out);

/* A key that signs many messages: made once, so that a message costs no key setup. */
struct pen_hmac;

int pen_hmac_new(struct pen_hmac **hmacp, const struct pen_crypto *crypto, enum pen_digest digest,
		 struct pen_slice key);
struct pen_hmac *pen_hmac_free(struct pen_hmac *hmac);
int pen_hmac_sign(struct pen_hmac *hmac, const struct pen_slice *parts, size_t n_parts,
		  uint8_t *out);

/* ---- ciphers ---- */

/* A stream that goes on from call to call; out may be data. */
struct pen_rc4;

int pen_rc4_new(struct pen_rc4 **rc4p, const struct pen_crypto *crypto, struct pen_slice key);
struct pen_rc4 *pen_rc4_free(struct pen_rc4 *rc4);
int pen_rc4_rekey(struct pen_rc4 *rc4, struct pen_slice key);
int pen_rc4_crypt(struct pen_rc4 *rc4, const uint8_t *data, size_t n, uint8_t *out);

/* One block under the 7 bytes of a key, whose parity bits are put in [MS-NLMP 6, DES]. */
int pen_des_encrypt(const struct pen_crypto *crypto, const uint8_t key[7], const uint8_t in[8],
		    uint8_t out[8]);
int pen_des_decrypt(const struct pen_crypto *crypto, const uint8_t key[7], const uint8_t in[8],
		    uint8_t out[8]);

/* AES-128 in 8-bit feedback, as netlogon uses it; out may be data. */
int pen_aes_cfb8_encrypt(const struct pen_crypto *crypto, const uint8_t key[16],
			 const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out);
int pen_aes_cfb8_decrypt(const struct pen_crypto *crypto, const uint8_t key[16],
			 const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out);

/* AES-256 with chained blocks: n is a multiple of 16, and nothing is padded; out may be data. */
int pen_aes_256_cbc_encrypt(const struct pen_crypto *crypto, const uint8_t key[32],
			    const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out);
int pen_aes_256_cbc_decrypt(const struct pen_crypto *crypto, const uint8_t key[32],
			    const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out);

/*
 * AES-256 in Galois/counter mode: what was sealed opens with the same key, nonce and associated
 * data alone. A nonce is used once under a key. out may be data. open: PEN_E_DENIED: it is not what
 * was sealed so; out is zeros then.
 */
enum { PEN_AES_256_GCM_NONCE_SIZE = 12, PEN_AES_256_GCM_TAG_SIZE = 16 };

int pen_aes_256_gcm_seal(const struct pen_crypto *crypto, const uint8_t key[32],
			 const uint8_t nonce[PEN_AES_256_GCM_NONCE_SIZE],
			 struct pen_slice associated, const uint8_t *data, size_t n, uint8_t *out,
			 uint8_t tag[PEN_AES_256_GCM_TAG_SIZE]);
int pen_aes_256_gcm_open(const struct pen_crypto *crypto, const uint8_t key[32],
			 const uint8_t nonce[PEN_AES_256_GCM_NONCE_SIZE],
			 struct pen_slice associated, const uint8_t *data, size_t n,
			 const uint8_t tag[PEN_AES_256_GCM_TAG_SIZE], uint8_t *out);

/*
 * AES with chained blocks, of which the last two change places and the last may be short
 * [RFC 3962 5], from an IV of zeros: a key of 16 or 32 bytes, for many messages and for one
 * direction. A message is its parts one after another, and is ciphered where it lies.
 */
struct pen_aes_cts;

struct pen_part {
	uint8_t *data;
	size_t n;
};

/* PEN_E_UNSUPPORTED for a key of another length, too. */
int pen_aes_cts_new(struct pen_aes_cts **ctsp, const struct pen_crypto *crypto,
		    struct pen_slice key, bool is_encrypting);
struct pen_aes_cts *pen_aes_cts_free(struct pen_aes_cts *cts);

/* PEN_E_BAD_DATA: less than a block. Nothing of ours is allocated. */
int pen_aes_cts_crypt(struct pen_aes_cts *cts, const struct pen_part *parts, size_t n_parts);

/* ---- keys from passwords ---- */

/* PBKDF2 with HMAC of the digest [RFC 8018 5.2]; from one iteration on. */
int pen_pbkdf2(const struct pen_crypto *crypto, enum pen_digest digest, struct pen_slice password,
	       struct pen_slice salt, uint32_t n_iterations, uint8_t *key, size_t n_key);

/* ---- without a key ---- */

/* CRC-32 as in NTLM without extended session security. Begin with 0. */
uint32_t pen_crc32(uint32_t crc, const void *data, size_t n);

/* Takes the same time wherever two secrets differ. */
bool pen_equal_secret(const void *a, const void *b, size_t n);

/* Clears what the compiler would otherwise leave. */
void pen_wipe(void *data, size_t n);

#endif
