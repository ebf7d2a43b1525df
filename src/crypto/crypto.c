/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "crypto/crypto-private.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>

static const char *const digest_names[PEN_N_DIGESTS] = {
	[PEN_MD4] = "MD4",	 [PEN_MD5] = "MD5",	  [PEN_SHA1] = "SHA1",
	[PEN_SHA256] = "SHA256", [PEN_SHA384] = "SHA384", [PEN_SHA512] = "SHA512",
};

static const char *const cipher_names[PEN_N_CIPHERS] = {
	[PEN_CIPHER_RC4] = "RC4",
	[PEN_CIPHER_DES] = "DES-ECB",
	[PEN_CIPHER_AES_CFB8] = "AES-128-CFB8",
	[PEN_CIPHER_AES_128_CBC] = "AES-128-CBC",
	[PEN_CIPHER_AES_256_CBC] = "AES-256-CBC",
	[PEN_CIPHER_AES_256_GCM] = "AES-256-GCM",
};

PEN_DEFINE_FREEP(struct pen_crypto, pen_crypto)

int pen_crypto_new(struct pen_crypto **cryptop)
{
	pen_cleanup(pen_crypto_freep) struct pen_crypto *crypto = NULL;

	crypto = calloc(1, sizeof(*crypto));
	if (!crypto)
		return -ENOMEM;
	crypto->library = OSSL_LIB_CTX_new();
	if (!crypto->library)
		return -ENOMEM;

	/* What is not there is found out by whoever needs it, and not left as an error. */
	ERR_set_mark();
	crypto->standard = OSSL_PROVIDER_load(crypto->library, "default");
	crypto->legacy = OSSL_PROVIDER_load(crypto->library, "legacy");
	for (size_t i = 0; i < PEN_N_DIGESTS; i++)
		crypto->digests[i] = EVP_MD_fetch(crypto->library, digest_names[i], NULL);
	for (size_t i = 0; i < PEN_N_CIPHERS; i++)
		crypto->ciphers[i] = EVP_CIPHER_fetch(crypto->library, cipher_names[i], NULL);
	ERR_pop_to_mark();
	if (!crypto->standard)
		return PEN_E_UNSUPPORTED;

	*cryptop = pen_take(&crypto);
	return 0;
}

struct pen_crypto *pen_crypto_free(struct pen_crypto *crypto)
{
	if (!crypto)
		return NULL;
	for (size_t i = 0; i < PEN_N_DIGESTS; i++)
		EVP_MD_free(crypto->digests[i]);
	for (size_t i = 0; i < PEN_N_CIPHERS; i++)
		EVP_CIPHER_free(crypto->ciphers[i]);
	if (crypto->legacy)
		OSSL_PROVIDER_unload(crypto->legacy);
	if (crypto->standard)
		OSSL_PROVIDER_unload(crypto->standard);
	OSSL_LIB_CTX_free(crypto->library);
	free(crypto);
	return NULL;
}

bool pen_crypto_has_legacy(const struct pen_crypto *crypto)
{
	return crypto->digests[PEN_MD4] && crypto->ciphers[PEN_CIPHER_RC4] &&
	       crypto->ciphers[PEN_CIPHER_DES];
}

uint32_t pen_crc32(uint32_t crc, const void *data, size_t n)
{
	/* Four bits at a time, of the reflected polynomial 0x04c11db7. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

bool pen_equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void pen_wipe(void *data, size_t n)
{
	if (n)
		OPENSSL_cleanse(data, n);
}
