/* SPDX-License-Identifier: MIT */
/* Passwords and keys within netlogon's calls [MS-NRPC 3.4.5, 3.5.4]. */
#include "sec/netlogon-credential.h"
#include <errno.h>
#include <string.h>

enum { KEY = PEN_NETLOGON_KEY_SIZE, HALF = 8, DES_KEY = 7 };
enum { PASSWORD_MAX = PEN_NETLOGON_PASSWORD_MAX, TRUST = PEN_NETLOGON_TRUST_PASSWORD_SIZE };

static int rc4(const struct pen_netlogon_credential *credential, const struct pen_crypto *crypto,
	       uint8_t *data, size_t n)
{
	const struct pen_slice key = { credential->session_key, KEY };
	struct pen_rc4 *stream;
	int r = pen_rc4_new(&stream, crypto, key);

	if (r)
		return r;
	r = pen_rc4_crypt(stream, data, n, data);
	pen_rc4_free(stream);
	return r;
}

static const uint8_t zero_iv[16];

int pen_netlogon_encrypt(const struct pen_netlogon_credential *credential,
			 const struct pen_crypto *crypto, uint8_t *data, size_t n)
{
	if (!(credential->flags & PEN_NETLOGON_AES))
		return rc4(credential, crypto, data, n);
	return pen_aes_cfb8_encrypt(crypto, credential->session_key, zero_iv, data, n, data);
}

int pen_netlogon_decrypt(const struct pen_netlogon_credential *credential,
			 const struct pen_crypto *crypto, uint8_t *data, size_t n)
{
	if (!(credential->flags & PEN_NETLOGON_AES))
		return rc4(credential, crypto, data, n);
	return pen_aes_cfb8_decrypt(crypto, credential->session_key, zero_iv, data, n, data);
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= bytes[i];
	return !all;
}

int pen_netlogon_encrypt_key(const struct pen_netlogon_credential *credential,
			     const struct pen_crypto *crypto, uint8_t *key, size_t n)
{
	return is_zero(key, n) ? 0 : pen_netlogon_encrypt(credential, crypto, key, n);
}

int pen_netlogon_decrypt_key(const struct pen_netlogon_credential *credential,
			     const struct pen_crypto *crypto, uint8_t *key, size_t n)
{
	return is_zero(key, n) ? 0 : pen_netlogon_decrypt(credential, crypto, key, n);
}

int pen_netlogon_encrypt_hash(const struct pen_netlogon_credential *credential,
			      const struct pen_crypto *crypto, const uint8_t hash[KEY],
			      uint8_t out[KEY])
{
	const uint8_t *key = credential->session_key;
	int r = pen_des_encrypt(crypto, key, hash, out);

	return r ? r : pen_des_encrypt(crypto, key + DES_KEY, hash + HALF, out + HALF);
}

int pen_netlogon_decrypt_hash(const struct pen_netlogon_credential *credential,
			      const struct pen_crypto *crypto, const uint8_t encrypted[KEY],
			      uint8_t out[KEY])
{
	const uint8_t *key = credential->session_key;
	int r = pen_des_decrypt(crypto, key, encrypted, out);

	return r ? r : pen_des_decrypt(crypto, key + DES_KEY, encrypted + HALF, out + HALF);
}

int pen_netlogon_trust_password_put(const struct pen_netlogon_credential *credential,
				    const struct pen_crypto *crypto, struct pen_slice password,
				    uint8_t trust[TRUST])
{
	if (!password.size || password.size > PASSWORD_MAX || password.size % 2)
		return PEN_E_LIMIT;
	memcpy(trust + PASSWORD_MAX - password.size, password.data, password.size);
	for (size_t i = 0; i < 4; i++)
		trust[PASSWORD_MAX + i] = (uint8_t)(password.size >> 8 * i);
	return pen_netlogon_encrypt(credential, crypto, trust, TRUST);
}

/* Whether bytes are what they were before they were decrypted. Of a few that may be chance. */
static bool is_unchanged(const uint8_t *before, const uint8_t *after, size_t n)
{
	return n >= 8 && pen_equal_secret(before, after, n);
}

/*
 * The filler before a password is as long as the password leaves it. Where either stayed
 * what it was, a key was found under which zeros stay zeros: what Zerologon does with
 * this call.
 */
static bool was_encrypted(const uint8_t *before, const uint8_t *after, size_t n_password)
{
	size_t n_filler = PASSWORD_MAX - n_password;

	return !is_unchanged(before, after, n_filler) &&
	       !is_unchanged(before + n_filler, after + n_filler, n_password);
}

int pen_netlogon_trust_password_get(const struct pen_netlogon_credential *credential,
				    const struct pen_crypto *crypto, uint8_t trust[TRUST],
				    struct pen_slice *passwordp)
{
	uint8_t before[TRUST];
	uint32_t n = 0;
	int r;

	memcpy(before, trust, TRUST);
	r = pen_netlogon_decrypt(credential, crypto, trust, TRUST);
	if (r)
		return r;
	for (size_t i = 0; i < 4; i++)
		n |= (uint32_t)trust[PASSWORD_MAX + i] << 8 * i;
	if (n > PASSWORD_MAX || n % 2)
		return PEN_E_BAD_DATA;
	/* A password of zeros is nobody's: it comes from whoever knows no key. */
	/* A password of zeros is nobody's: it comes from whoever knows no key. */
	if (!n || is_zero(trust + PASSWORD_MAX - n, n) || !was_encrypted(before, trust, n))
		return PEN_E_DENIED;
	*passwordp = (struct pen_slice){ trust + PASSWORD_MAX - n, n };
	return 0;
}
