/* SPDX-License-Identifier: MIT */
#include "crypto/crypto-private.h"
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>

int pen_pbkdf2(const struct pen_crypto *crypto, enum pen_digest digest, struct pen_slice password,
	       struct pen_slice salt, uint32_t n_iterations, uint8_t *key, size_t n_key)
{
	int is_as_published = 1; /* salts and counts that a later standard calls too small */
	OSSL_PARAM params[6];
	EVP_KDF_CTX *state = NULL;
	EVP_KDF *kdf;
	bool is_done;

	if (!crypto->digests[digest] || !n_iterations)
		return PEN_E_UNSUPPORTED;
	kdf = EVP_KDF_fetch(crypto->library, OSSL_KDF_NAME_PBKDF2, NULL);
	if (kdf)
		state = EVP_KDF_CTX_new(kdf);
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
						      (void *)password.data, password.size);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.data,
						      salt.size);
	params[2] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &n_iterations);
	params[3] = OSSL_PARAM_construct_utf8_string(
		OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(crypto->digests[digest]), 0);
	params[4] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &is_as_published);
	params[5] = OSSL_PARAM_construct_end();
	is_done = state && EVP_KDF_derive(state, key, n_key, params) > 0;
	EVP_KDF_CTX_free(state);
	EVP_KDF_free(kdf);
	return is_done ? 0 : -ENOMEM;
}
