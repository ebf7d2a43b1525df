/* SPDX-License-Identifier: MIT */
#ifndef PEN_CRYPTO_PRIVATE_H
#define PEN_CRYPTO_PRIVATE_H
/*
 * What the files of this room share: the fetched algorithms, each NULL where the system
 * has none.
 */
#include "crypto/crypto.h"
#include <openssl/evp.h>
#include <openssl/provider.h>

enum pen_cipher {
	PEN_CIPHER_RC4,
	PEN_CIPHER_DES,
	PEN_CIPHER_AES_CFB8,
	PEN_CIPHER_AES_128_CBC,
	PEN_CIPHER_AES_256_CBC,
	PEN_CIPHER_AES_256_GCM,
	PEN_N_CIPHERS
};

struct pen_crypto {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *standard;
	OSSL_PROVIDER *legacy;
	EVP_MD *digests[PEN_N_DIGESTS];
	EVP_CIPHER *ciphers[PEN_N_CIPHERS];
};

/* OpenSSL counts in int; this does not. Whole blocks, and no padding. */
bool pen_cipher_update(EVP_CIPHER_CTX *state, const uint8_t *data, size_t n, uint8_t *out);

#endif
