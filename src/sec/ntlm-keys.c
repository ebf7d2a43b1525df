/* SPDX-License-Identifier: MIT */
#include "sec/ntlm-keys.h"
#include <errno.h>
#include <string.h>

#define SLICE(pointer, n)  ((struct pen_slice){ .data = (pointer), .size = (n) })
#define KEY(pointer)	   SLICE(pointer, PEN_NTLM_KEY_SIZE)
#define CHALLENGE(pointer) SLICE(pointer, PEN_NTLM_CHALLENGE_SIZE)

static void wipe_buffer(struct pen_buffer *buffer)
{
	pen_wipe(buffer->data, buffer->size);
	pen_buffer_done(buffer);
}

int pen_ntlm_nt_hash(const struct pen_crypto *crypto, const char *password,
		     uint8_t hash[PEN_NTLM_KEY_SIZE])
{
	struct pen_buffer text = { 0 };
	int r = pen_ntlm_text_put(&text, password, false);

	if (!r)
		r = pen_digest(crypto, PEN_MD4, &SLICE(text.data, text.size), 1, hash);
	wipe_buffer(&text);
	return r;
}

int pen_ntlm_v2_key(const struct pen_crypto *crypto, const uint8_t *nt_hash, const char *user,
		    const char *domain, uint8_t *key)
{
	struct pen_buffer text = { 0 };
	int r = pen_ntlm_text_put(&text, user, true);

	if (!r)
		r = pen_ntlm_text_put(&text, domain, false);
	if (!r)
		r = pen_hmac(crypto, PEN_MD5, KEY(nt_hash), &SLICE(text.data, text.size), 1, key);
	pen_buffer_done(&text);
	return r;
}

int pen_ntlm_v2_proof(const struct pen_crypto *crypto, const uint8_t *v2_key,
		      const uint8_t *server_challenge, struct pen_slice temp, uint8_t *proof)
{
	const struct pen_slice parts[] = { CHALLENGE(server_challenge), temp };

	return pen_hmac(crypto, PEN_MD5, KEY(v2_key), parts, PEN_COUNT(parts), proof);
}

int pen_ntlm_v2_base_key(const struct pen_crypto *crypto, const uint8_t *v2_key,
			 const uint8_t *proof, uint8_t *key)
{
	return pen_hmac(crypto, PEN_MD5, KEY(v2_key), &KEY(proof), 1, key);
}

int pen_ntlm_v1_base_key(const struct pen_crypto *crypto, const uint8_t *nt_hash, uint8_t *key)
{
	return pen_digest(crypto, PEN_MD4, &KEY(nt_hash), 1, key);
}

/* DESL [MS-NLMP 6]: the block under three keys, which are the hash and five zeros. */
static int desl(const struct pen_crypto *crypto, const uint8_t *hash, const uint8_t *block,
		uint8_t *out)
{
	uint8_t keys[21] = { 0 };
	int r = 0;

	memcpy(keys, hash, PEN_NTLM_KEY_SIZE);
	for (size_t i = 0; i < 3 && !r; i++)
		r = pen_des_encrypt(crypto, keys + 7 * i, block, out + 8 * i);
	pen_wipe(keys, sizeof(keys));
	return r;
}

int pen_ntlm_v1_response(const struct pen_crypto *crypto, const uint8_t *nt_hash,
			 const uint8_t *server_challenge, const uint8_t *client_challenge,
			 uint8_t *response)
{
	uint8_t both[PEN_MD5_SIZE];
	int r;

	if (!client_challenge)
		return desl(crypto, nt_hash, server_challenge, response);
	r = pen_digest(
		crypto, PEN_MD5,
		(struct pen_slice[]){ CHALLENGE(server_challenge), CHALLENGE(client_challenge) }, 2,
		both);
	return r ? r : desl(crypto, nt_hash, both, response);
}

int pen_ntlm_v1_exchange_key(const struct pen_crypto *crypto, const uint8_t *base_key,
			     const uint8_t *server_challenge, const uint8_t *client_challenge,
			     uint8_t *key)
{
	const struct pen_slice parts[] = { CHALLENGE(server_challenge),
					   CHALLENGE(client_challenge) };

	return pen_hmac(crypto, PEN_MD5, KEY(base_key), parts, PEN_COUNT(parts), key);
}

/* A key and a constant, whose NUL counts. */
static int derive(const struct pen_crypto *crypto, struct pen_slice session_key,
		  const char *constant, uint8_t *key)
{
	const struct pen_slice parts[] = {
		session_key,
		SLICE((const uint8_t *)constant, strlen(constant) + 1),
	};

	return pen_digest(crypto, PEN_MD5, parts, PEN_COUNT(parts), key);
}

int pen_ntlm_sign_key(const struct pen_crypto *crypto, const uint8_t *session_key,
		      bool is_of_server, uint8_t *key)
{
	return derive(crypto, KEY(session_key),
		      is_of_server ? "session key to server-to-client signing key magic constant"
				   : "session key to client-to-server signing key magic constant",
		      key);
}

int pen_ntlm_seal_key(const struct pen_crypto *crypto, uint32_t flags, const uint8_t *session_key,
		      bool is_of_server, uint8_t *key)
{
	size_t n = flags & PEN_NTLM_128 ? 16 : flags & PEN_NTLM_56 ? 7 : 5;

	if (!(flags & PEN_NTLM_EXTENDED_SESSION_SECURITY)) {
		memcpy(key, session_key, PEN_NTLM_KEY_SIZE);
		return 0;
	}
	return derive(crypto, SLICE(session_key, n),
		      is_of_server ? "session key to server-to-client sealing key magic constant"
				   : "session key to client-to-server sealing key magic constant",
		      key);
}

int pen_ntlm_exchange(const struct pen_crypto *crypto, const uint8_t *exchange_key,
		      const uint8_t *in, uint8_t *out)
{
	struct pen_rc4 *rc4 = NULL;
	int r = pen_rc4_new(&rc4, crypto, KEY(exchange_key));

	if (!r)
		r = pen_rc4_crypt(rc4, in, PEN_NTLM_KEY_SIZE, out);
	pen_rc4_free(rc4);
	return r;
}

int pen_ntlm_mic(const struct pen_crypto *crypto, const uint8_t *session_key,
		 struct pen_slice negotiate, struct pen_slice challenge,
		 struct pen_slice authenticate, uint8_t *mic)
{
	static const uint8_t zeros[PEN_NTLM_MIC_SIZE];
	const size_t after = PEN_NTLM_MIC_OFFSET + PEN_NTLM_MIC_SIZE;

	if (authenticate.size < after)
		return PEN_E_BAD_DATA;
	const struct pen_slice parts[] = {
		negotiate,
		challenge,
		SLICE(authenticate.data, PEN_NTLM_MIC_OFFSET),
		SLICE(zeros, sizeof(zeros)),
		SLICE(authenticate.data + after, authenticate.size - after),
	};

	return pen_hmac(crypto, PEN_MD5, KEY(session_key), parts, PEN_COUNT(parts), mic);
}

int pen_ntlm_bindings(const struct pen_crypto *crypto, struct pen_slice application_data,
		      uint8_t *md5)
{
	/* No addresses, of type and length 0, then the length of what follows. */
	uint8_t head[20] = { 0 };
	const struct pen_slice parts[] = { SLICE(head, sizeof(head)), application_data };

	for (size_t i = 0; i < 4; i++)
		head[16 + i] = (uint8_t)(application_data.size >> 8 * i);
	return pen_digest(crypto, PEN_MD5, parts, PEN_COUNT(parts), md5);
}
