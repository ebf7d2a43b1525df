/* SPDX-License-Identifier: MIT */
#include "sec/secret-cipher.h"
#include <string.h>

enum { BLOCK = PEN_SECRET_CIPHER_BLOCK, VERSION = 1, VERSION_LENGTH = 1 };

struct keys {
	uint8_t cipher[PEN_SHA512_SIZE]; /* the first 32 bytes of it */
	uint8_t mac[PEN_SHA512_SIZE];
};

/* Their NULs count. */
#define LABEL(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text)                                              \
	}

static const struct {
	struct pen_slice cipher;
	struct pen_slice mac;
} labels[PEN_N_SECRET_LABELS] = {
	[PEN_SECRET_SAM] = { LABEL("Microsoft SAM encryption key AEAD-AES-256-CBC-HMAC-SHA512 16"),
			     LABEL("Microsoft SAM MAC key AEAD-AES-256-CBC-HMAC-SHA512 16") },
	[PEN_SECRET_LSAD] = { LABEL("Microsoft LSAD encryption key "
				    "AEAD-AES-256-CBC-HMAC-SHA512 16"),
			      LABEL("Microsoft LSAD MAC key AEAD-AES-256-CBC-HMAC-SHA512 16") },
};

static int derive(const struct pen_crypto *crypto, enum pen_secret_label label,
		  struct pen_slice key, struct keys *keys)
{
	int r = pen_hmac(crypto, PEN_SHA512, key, &labels[label].cipher, 1, keys->cipher);

	return r ? r : pen_hmac(crypto, PEN_SHA512, key, &labels[label].mac, 1, keys->mac);
}

static int authenticate(const struct pen_crypto *crypto, const struct keys *keys,
			const uint8_t *salt, struct pen_slice cipher, uint8_t *auth)
{
	static const uint8_t version[] = { VERSION }, version_length[] = { VERSION_LENGTH };
	const struct pen_slice key = { keys->mac, sizeof(keys->mac) };
	const struct pen_slice parts[] = {
		{ version, sizeof(version) },
		{ salt, PEN_SECRET_CIPHER_SALT_SIZE },
		cipher,
		{ version_length, sizeof(version_length) },
	};

	return pen_hmac(crypto, PEN_SHA512, key, parts, PEN_COUNT(parts), auth);
}

int pen_secret_cipher_seal(const struct pen_crypto *crypto, enum pen_secret_label label,
			   struct pen_slice key, const uint8_t *salt, struct pen_slice plain,
			   uint8_t *out, uint8_t *auth)
{
	size_t n = pen_secret_cipher_size(plain.size);
	struct keys keys;
	int r = derive(crypto, label, key, &keys);

	if (!r) {
		memmove(out, plain.data, plain.size);
		memset(out + plain.size, (int)(n - plain.size), n - plain.size);
		r = pen_aes_256_cbc_encrypt(crypto, keys.cipher, salt, out, n, out);
	}
	if (!r)
		r = authenticate(crypto, &keys, salt, (struct pen_slice){ out, n }, auth);
	pen_wipe(&keys, sizeof(keys));
	return r;
}

/* How many bytes of padding there are [RFC 5652 6.3]; 0: it is none. */
static size_t padding(const uint8_t *data, size_t n)
{
	uint8_t n_pad = data[n - 1];

	if (!n_pad || n_pad > BLOCK)
		return 0;
	for (size_t i = n - n_pad; i < n; i++)
		if (data[i] != n_pad)
			return 0;
	return n_pad;
}

int pen_secret_cipher_open(const struct pen_crypto *crypto, enum pen_secret_label label,
			   struct pen_slice key, const uint8_t *salt, const uint8_t *auth,
			   struct pen_slice cipher, uint8_t *out, size_t *np)
{
	uint8_t wanted[PEN_SECRET_CIPHER_AUTH_SIZE];
	struct keys keys;
	size_t n_pad;
	int r;

	if (!cipher.size || cipher.size % BLOCK)
		return PEN_E_BAD_DATA;
	r = derive(crypto, label, key, &keys);
	if (!r)
		r = authenticate(crypto, &keys, salt, cipher, wanted);
	if (!r && !pen_equal_secret(wanted, auth, sizeof(wanted)))
		r = PEN_E_DENIED;
	if (!r)
		r = pen_aes_256_cbc_decrypt(crypto, keys.cipher, salt, cipher.data, cipher.size,
					    out);
	pen_wipe(&keys, sizeof(keys));
	if (r)
		return r;
	n_pad = padding(out, cipher.size);
	if (!n_pad)
		return PEN_E_BAD_DATA;
	*np = cipher.size - n_pad;
	return 0;
}
