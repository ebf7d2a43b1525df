/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "crypto/crypto-private.h"
#include <errno.h>
#include <stdlib.h>

enum { RC4_KEY_MAX = 256, DES_BLOCK = 8, RUN_MAX = 1 << 30 };

bool pen_cipher_update(EVP_CIPHER_CTX *state, const uint8_t *data, size_t n, uint8_t *out)
{
	while (n > 0) {
		int step = n > RUN_MAX ? RUN_MAX : (int)n;
		int n_out = 0;

		if (!EVP_CipherUpdate(state, out, &n_out, data, step) || n_out != step)
			return false;
		data += step;
		out += step;
		n -= (size_t)step;
	}
	return true;
}

/* ---- RC4 ---- */

struct pen_rc4 {
	EVP_CIPHER_CTX *state;
};

PEN_DEFINE_FREEP(struct pen_rc4, pen_rc4)

int pen_rc4_new(struct pen_rc4 **rc4p, const struct pen_crypto *crypto, struct pen_slice key)
{
	pen_cleanup(pen_rc4_freep) struct pen_rc4 *rc4 = NULL;
	int r;

	if (!crypto->ciphers[PEN_CIPHER_RC4])
		return PEN_E_UNSUPPORTED;
	rc4 = calloc(1, sizeof(*rc4));
	if (!rc4)
		return -ENOMEM;
	rc4->state = EVP_CIPHER_CTX_new();
	if (!rc4->state ||
	    !EVP_CipherInit_ex2(rc4->state, crypto->ciphers[PEN_CIPHER_RC4], NULL, NULL, 1, NULL))
		return -ENOMEM;
	r = pen_rc4_rekey(rc4, key);
	if (r)
		return r;

	*rc4p = pen_take(&rc4);
	return 0;
}

struct pen_rc4 *pen_rc4_free(struct pen_rc4 *rc4)
{
	if (!rc4)
		return NULL;
	EVP_CIPHER_CTX_free(rc4->state);
	free(rc4);
	return NULL;
}

int pen_rc4_rekey(struct pen_rc4 *rc4, struct pen_slice key)
{
	if (!key.size || key.size > RC4_KEY_MAX)
		return PEN_E_UNSUPPORTED;
	if (!EVP_CIPHER_CTX_set_key_length(rc4->state, (int)key.size) ||
	    !EVP_CipherInit_ex2(rc4->state, NULL, key.data, NULL, 1, NULL))
		return -ENOMEM;
	return 0;
}

int pen_rc4_crypt(struct pen_rc4 *rc4, const uint8_t *data, size_t n, uint8_t *out)
{
	return pen_cipher_update(rc4->state, data, n, out) ? 0 : -ENOMEM;
}

/* ---- the others, a message at a time ---- */

static int crypt(const struct pen_crypto *crypto, enum pen_cipher cipher, bool is_encrypting,
		 const uint8_t *key, const uint8_t *iv, const uint8_t *data, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *state;
	bool is_done;

	if (!crypto->ciphers[cipher])
		return PEN_E_UNSUPPORTED;
	state = EVP_CIPHER_CTX_new();
	if (!state)
		return -ENOMEM;
	is_done =
		EVP_CipherInit_ex2(state, crypto->ciphers[cipher], key, iv, is_encrypting, NULL) &&
		EVP_CIPHER_CTX_set_padding(state, 0) && pen_cipher_update(state, data, n, out);
	EVP_CIPHER_CTX_free(state);
	return is_done ? 0 : -ENOMEM;
}

/* Seven bits of the key go in each byte; the lowest bit makes the number of ones odd. */
static void spread_key(const uint8_t key[7], uint8_t spread[8])
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 7; i++)
		bits = bits << 8 | key[i];
	for (size_t i = 0; i < 8; i++) {
		uint8_t byte = (uint8_t)(bits >> (49 - 7 * i) & 0x7f);

		spread[i] = (uint8_t)(byte << 1 | !__builtin_parity(byte));
	}
}

static int des(const struct pen_crypto *crypto, bool is_encrypting, const uint8_t key[7],
	       const uint8_t in[8], uint8_t out[8])
{
	uint8_t spread[8];
	int r;

	spread_key(key, spread);
	r = crypt(crypto, PEN_CIPHER_DES, is_encrypting, spread, NULL, in, DES_BLOCK, out);
	pen_wipe(spread, sizeof(spread));
	return r;
}

int pen_des_encrypt(const struct pen_crypto *crypto, const uint8_t key[7], const uint8_t in[8],
		    uint8_t out[8])
{
	return des(crypto, true, key, in, out);
}

int pen_des_decrypt(const struct pen_crypto *crypto, const uint8_t key[7], const uint8_t in[8],
		    uint8_t out[8])
{
	return des(crypto, false, key, in, out);
}

int pen_aes_cfb8_encrypt(const struct pen_crypto *crypto, const uint8_t key[16],
			 const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out)
{
	return crypt(crypto, PEN_CIPHER_AES_CFB8, true, key, iv, data, n, out);
}

int pen_aes_cfb8_decrypt(const struct pen_crypto *crypto, const uint8_t key[16],
			 const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out)
{
	return crypt(crypto, PEN_CIPHER_AES_CFB8, false, key, iv, data, n, out);
}

int pen_aes_256_cbc_encrypt(const struct pen_crypto *crypto, const uint8_t key[32],
			    const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out)
{
	return crypt(crypto, PEN_CIPHER_AES_256_CBC, true, key, iv, data, n, out);
}

int pen_aes_256_cbc_decrypt(const struct pen_crypto *crypto, const uint8_t key[32],
			    const uint8_t iv[16], const uint8_t *data, size_t n, uint8_t *out)
{
	return crypt(crypto, PEN_CIPHER_AES_256_CBC, false, key, iv, data, n, out);
}

/* ---- with associated data ---- */

static bool gcm(EVP_CIPHER_CTX *state, const EVP_CIPHER *cipher, bool is_sealing,
		const uint8_t *key, const uint8_t *nonce, struct pen_slice associated,
		const uint8_t *data, size_t n, uint8_t *out)
{
	int n_out;

	return associated.size <= RUN_MAX &&
	       EVP_CipherInit_ex2(state, cipher, key, nonce, is_sealing, NULL) &&
	       EVP_CipherUpdate(state, NULL, &n_out, associated.data, (int)associated.size) &&
	       pen_cipher_update(state, data, n, out);
}

int pen_aes_256_gcm_seal(const struct pen_crypto *crypto, const uint8_t key[32],
			 const uint8_t nonce[PEN_AES_256_GCM_NONCE_SIZE],
			 struct pen_slice associated, const uint8_t *data, size_t n, uint8_t *out,
			 uint8_t tag[PEN_AES_256_GCM_TAG_SIZE])
{
	const EVP_CIPHER *cipher = crypto->ciphers[PEN_CIPHER_AES_256_GCM];
	EVP_CIPHER_CTX *state;
	uint8_t rest[1];
	int n_rest;
	bool is_done;

	if (!cipher)
		return PEN_E_UNSUPPORTED;
	state = EVP_CIPHER_CTX_new();
	is_done = state && gcm(state, cipher, true, key, nonce, associated, data, n, out) &&
		  EVP_CipherFinal_ex(state, rest, &n_rest) &&
		  EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, PEN_AES_256_GCM_TAG_SIZE, tag);
	EVP_CIPHER_CTX_free(state);
	return is_done ? 0 : -ENOMEM;
}

int pen_aes_256_gcm_open(const struct pen_crypto *crypto, const uint8_t key[32],
			 const uint8_t nonce[PEN_AES_256_GCM_NONCE_SIZE],
			 struct pen_slice associated, const uint8_t *data, size_t n,
			 const uint8_t tag[PEN_AES_256_GCM_TAG_SIZE], uint8_t *out)
{
	const EVP_CIPHER *cipher = crypto->ciphers[PEN_CIPHER_AES_256_GCM];
	EVP_CIPHER_CTX *state;
	uint8_t rest[1];
	int n_rest, r = 0;

	if (!cipher)
		return PEN_E_UNSUPPORTED;
	state = EVP_CIPHER_CTX_new();
	if (!state || !gcm(state, cipher, false, key, nonce, associated, data, n, out) ||
	    !EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, PEN_AES_256_GCM_TAG_SIZE,
				 (void *)(uintptr_t)tag))
		r = -ENOMEM;
	else if (!EVP_CipherFinal_ex(state, rest, &n_rest))
		r = PEN_E_DENIED;
	EVP_CIPHER_CTX_free(state);
	if (r)
		pen_wipe(out, n);
	return r;
}
