/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SECRET_CIPHER_H
#define PEN_SEC_SECRET_CIPHER_H
/*
 * AEAD-AES-256-CBC-HMAC-SHA512, which carries secrets within calls [MS-SAMR 3.2.2.4,
 * MS-LSAD 5.1.5]: two keys made of one and of a label each, AES-256-CBC under the first,
 * and a MAC over the result under the second. The label keeps interfaces apart.
 */
#include "crypto/crypto.h"

enum {
	PEN_SECRET_CIPHER_KEY_SIZE = 16,
	PEN_SECRET_CIPHER_SALT_SIZE = 16,
	PEN_SECRET_CIPHER_AUTH_SIZE = 64,
	PEN_SECRET_CIPHER_BLOCK = 16,
};

enum pen_secret_label { PEN_SECRET_SAM, PEN_SECRET_LSAD, PEN_N_SECRET_LABELS };

/* How long n bytes are when sealed: the next multiple of 16, always longer. */
static inline size_t pen_secret_cipher_size(size_t n)
{
	return (n / PEN_SECRET_CIPHER_BLOCK + 1) * PEN_SECRET_CIPHER_BLOCK;
}

/*
 * Seals plain into pen_secret_cipher_size(plain.size) bytes of out (which may be plain's own), and
 * makes their auth. The salt is 16 random bytes, a fresh one each time. -ENOMEM, PEN_E_UNSUPPORTED.
 */
int pen_secret_cipher_seal(const struct pen_crypto *crypto, enum pen_secret_label label,
			   struct pen_slice key, const uint8_t *salt, struct pen_slice plain,
			   uint8_t *out, uint8_t *auth);

/*
 * Opens cipher into out, which has room for cipher.size bytes and may be where cipher
 * lies; *np is how many of them are plain. Nothing is deciphered before auth is found to
 * be right. PEN_E_DENIED: it is not; PEN_E_BAD_DATA: a length or a padding that no seal
 * makes; -ENOMEM, PEN_E_UNSUPPORTED.
 */
int pen_secret_cipher_open(const struct pen_crypto *crypto, enum pen_secret_label label,
			   struct pen_slice key, const uint8_t *salt, const uint8_t *auth,
			   struct pen_slice cipher, uint8_t *out, size_t *np);

#endif
