/* SPDX-License-Identifier: MIT */
#include "sec/netlogon-credential.h"
#include <errno.h>
#include <string.h>

enum { CHALLENGE = PEN_NETLOGON_CHALLENGE_SIZE, KEY = PEN_NETLOGON_KEY_SIZE, DES_KEY = 7 };

/* Bytes at a challenge's begin, of which one must differ [MS-NRPC 3.5.4.4.2]. */
enum { N_REPEATED = 5 };

static const uint8_t zero_iv[16];

static bool is_aes(const struct pen_netlogon_credential *credential)
{
	return credential->flags & PEN_NETLOGON_AES;
}

bool pen_netlogon_challenge_is_random(const uint8_t challenge[CHALLENGE])
{
	for (size_t i = 1; i < N_REPEATED; i++)
		if (challenge[i] != challenge[0])
			return true;
	return false;
}

/* ---- the session key [MS-NRPC 3.1.4.3] ---- */

static int aes_session_key(const struct pen_crypto *crypto, struct pen_slice nt_hash,
			   const struct pen_slice challenges[2], uint8_t *key)
{
	uint8_t whole[PEN_SHA256_SIZE];
	int r = pen_hmac(crypto, PEN_SHA256, nt_hash, challenges, 2, whole);

	if (!r)
		memcpy(key, whole, KEY);
	pen_wipe(whole, sizeof(whole));
	return r;
}

static int strong_session_key(const struct pen_crypto *crypto, struct pen_slice nt_hash,
			      const struct pen_slice challenges[2], uint8_t *key)
{
	static const uint8_t zeros[4];
	uint8_t sum[PEN_MD5_SIZE];
	const struct pen_slice parts[] = { { zeros, sizeof(zeros) }, challenges[0], challenges[1] };
	const struct pen_slice digest = { sum, sizeof(sum) };
	int r = pen_digest(crypto, PEN_MD5, parts, PEN_COUNT(parts), sum);

	if (!r)
		r = pen_hmac(crypto, PEN_MD5, nt_hash, &digest, 1, key);
	return r;
}

/* ComputeNetlogonCredential [MS-NRPC 3.1.4.4] */
static int compute(const struct pen_netlogon_credential *credential,
		   const struct pen_crypto *crypto, const uint8_t in[CHALLENGE],
		   uint8_t out[CHALLENGE])
{
	const uint8_t *key = credential->session_key;
	uint8_t half[CHALLENGE];
	int r;

	if (is_aes(credential))
		return pen_aes_cfb8_encrypt(crypto, key, zero_iv, in, CHALLENGE, out);
	r = pen_des_encrypt(crypto, key, in, half);
	return r ? r : pen_des_encrypt(crypto, key + DES_KEY, half, out);
}

static int make(struct pen_netlogon_credential *credential, const struct pen_crypto *crypto,
		const uint8_t *nt_hash, const uint8_t *client_challenge,
		const uint8_t *server_challenge)
{
	const struct pen_slice hash = { nt_hash, KEY };
	const struct pen_slice challenges[] = { { client_challenge, CHALLENGE },
						{ server_challenge, CHALLENGE } };
	int r = is_aes(credential)
			? aes_session_key(crypto, hash, challenges, credential->session_key)
			: strong_session_key(crypto, hash, challenges, credential->session_key);

	if (!r)
		r = compute(credential, crypto, client_challenge, credential->client);
	if (!r)
		r = compute(credential, crypto, server_challenge, credential->server);
	memcpy(credential->stored, credential->client, CHALLENGE);
	return r;
}

int pen_netlogon_credential_init(struct pen_netlogon_credential *credential,
				 const struct pen_crypto *crypto, uint32_t flags,
				 const uint8_t nt_hash[KEY],
				 const uint8_t client_challenge[CHALLENGE],
				 const uint8_t server_challenge[CHALLENGE])
{
	const uint32_t weak = PEN_NETLOGON_STRONG_KEYS | PEN_NETLOGON_RC4;
	struct pen_netlogon_credential made = { .flags = flags };
	int r;

	if (!pen_netlogon_challenge_is_random(client_challenge) ||
	    !pen_netlogon_challenge_is_random(server_challenge))
		return PEN_E_DENIED;
	if (!is_aes(&made) && (flags & weak) != weak)
		return PEN_E_UNSUPPORTED;
	r = make(&made, crypto, nt_hash, client_challenge, server_challenge);
	if (!r)
		*credential = made;
	pen_wipe(&made, sizeof(made));
	return r;
}

void pen_netlogon_credential_adopt(struct pen_netlogon_credential *credential, uint32_t flags,
				   const uint8_t session_key[PEN_NETLOGON_KEY_SIZE],
				   const uint8_t client[PEN_NETLOGON_CHALLENGE_SIZE],
				   const uint8_t server[PEN_NETLOGON_CHALLENGE_SIZE])
{
	credential->flags = flags;
	memcpy(credential->session_key, session_key, KEY);
	memcpy(credential->client, client, CHALLENGE);
	memcpy(credential->server, server, CHALLENGE);
	memcpy(credential->stored, client, CHALLENGE);
}

/* ---- authenticators [MS-NRPC 3.1.4.5] ---- */

/* The first four bytes are a number, and what is carried out of them is lost. */
static void add(uint8_t stored[CHALLENGE], uint32_t value)
{
	uint32_t sum = value;

	for (size_t i = 0; i < 4; i++)
		sum += (uint32_t)stored[i] << 8 * i;
	for (size_t i = 0; i < 4; i++)
		stored[i] = (uint8_t)(sum >> 8 * i);
}

int pen_netlogon_credential_step(struct pen_netlogon_credential *credential,
				 const struct pen_crypto *crypto, uint32_t timestamp,
				 struct pen_netlogon_authenticator *authenticator)
{
	add(credential->stored, timestamp);
	authenticator->timestamp = timestamp;
	return compute(credential, crypto, credential->stored, authenticator->credential);
}

int pen_netlogon_credential_check(struct pen_netlogon_credential *credential,
				  const struct pen_crypto *crypto,
				  const struct pen_netlogon_authenticator *answer)
{
	uint8_t wanted[CHALLENGE];
	int r;

	add(credential->stored, 1);
	r = compute(credential, crypto, credential->stored, wanted);
	if (!r && !pen_equal_secret(wanted, answer->credential, CHALLENGE))
		r = PEN_E_DENIED;
	return r;
}

int pen_netlogon_credential_verify(struct pen_netlogon_credential *credential,
				   const struct pen_crypto *crypto,
				   const struct pen_netlogon_authenticator *authenticator,
				   struct pen_netlogon_authenticator *answer)
{
	struct pen_netlogon_authenticator made = { 0 };
	uint8_t wanted[CHALLENGE];
	uint8_t stored[CHALLENGE];
	int r;

	memcpy(stored, credential->stored, CHALLENGE);
	add(stored, authenticator->timestamp);
	r = compute(credential, crypto, stored, wanted);
	if (!r && !pen_equal_secret(wanted, authenticator->credential, CHALLENGE))
		r = PEN_E_DENIED;
	if (r)
		return r;
	add(stored, 1);
	r = compute(credential, crypto, stored, made.credential);
	if (r)
		return r;
	memcpy(credential->stored, stored, CHALLENGE);
	*answer = made;
	return 0;
}
