/* SPDX-License-Identifier: MIT */
#include "sec/krb5-rc4.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include <errno.h>
#include <string.h>

enum { KEY = 16, N = 8 };

/* Where the parts of a token lie, behind a frame that nobody looks at [RFC 4757 7.2, 7.3]. */
enum { HEADER = 0, NUMBER = 8, CHECKSUM = 16, MIC_SIZE = 24, CONFOUNDER = 24, WRAP_SIZE = 32 };

/* Message types, for the checksum [RFC 4757 7.2, 7.3]. */
enum { T_WRAP = 13, T_MIC = 15 };

struct pen_krb5_rc4 {
	const struct pen_crypto *crypto;
	uint8_t key[KEY];
};

int pen_krb5_rc4_new(struct pen_krb5_rc4 **rc4p, const struct pen_crypto *crypto,
		     struct pen_slice key)
{
	struct pen_krb5_rc4 *rc4;

	if (key.size != KEY || !pen_crypto_has_legacy(crypto))
		return PEN_E_UNSUPPORTED;
	rc4 = pen_secret_alloc(sizeof(*rc4));
	if (!rc4)
		return -ENOMEM;
	rc4->crypto = crypto;
	memcpy(rc4->key, key.data, KEY);
	*rc4p = rc4;
	return 0;
}

struct pen_krb5_rc4 *pen_krb5_rc4_free(struct pen_krb5_rc4 *rc4)
{
	return pen_secret_free(rc4);
}

/* HMAC-MD5(HMAC-MD5(key, four zeros), salt), as what begins a stream. */
static int stream_new(struct pen_rc4 **streamp, const struct pen_crypto *crypto, const uint8_t *key,
		      struct pen_slice salt)
{
	static const uint8_t zeros[4];
	const struct pen_slice first = { zeros, sizeof(zeros) };
	uint8_t made[PEN_MD5_SIZE];
	const struct pen_slice made_key = { made, sizeof(made) };
	int r = pen_hmac(crypto, PEN_MD5, (struct pen_slice){ key, KEY }, &first, 1, made);

	if (!r)
		r = pen_hmac(crypto, PEN_MD5, made_key, &salt, 1, made);
	if (!r)
		r = pen_rc4_new(streamp, crypto, made_key);
	pen_wipe(made, sizeof(made));
	return r;
}

/* SND_SEQ in the clear; its second half says who sent it. */
static int get_number(const struct pen_krb5_rc4 *rc4, const uint8_t *token, uint8_t number[N])
{
	struct pen_rc4 *stream = NULL;
	int r = stream_new(&stream, rc4->crypto, rc4->key,
			   (struct pen_slice){ token + CHECKSUM, N });

	if (!r)
		r = pen_rc4_crypt(stream, token + NUMBER, N, number);
	pen_rc4_free(stream);
	return r;
}

static bool is_of_side(const uint8_t number[N], bool is_acceptor)
{
	for (size_t i = 4; i < N; i++)
		if (number[i] != (is_acceptor ? 0xff : 0))
			return false;
	return true;
}

/* Confounder and data are one stream. */
static int unseal(const struct pen_krb5_rc4 *rc4, const uint8_t number[N], uint8_t confounder[N],
		  struct pen_protected *message)
{
	struct pen_rc4 *stream = NULL;
	uint8_t key[KEY];
	int r;

	for (size_t i = 0; i < KEY; i++)
		key[i] = rc4->key[i] ^ 0xf0;
	r = stream_new(&stream, rc4->crypto, key, (struct pen_slice){ number, 4 });
	if (!r)
		r = pen_rc4_crypt(stream, confounder, N, confounder);
	if (!r)
		r = pen_rc4_crypt(stream, message->data, message->n, message->data);
	pen_rc4_free(stream);
	pen_wipe(key, sizeof(key));
	return r;
}

static int checksum(const struct pen_krb5_rc4 *rc4, const struct pen_protected *message,
		    const uint8_t *token, const uint8_t confounder[N], uint8_t sum[PEN_MD5_SIZE])
{
	static const uint8_t name[] = "signaturekey"; /* with its NUL */
	const struct pen_slice name_part = { name, sizeof(name) };
	const uint8_t type[4] = { message->is_sealed ? T_WRAP : T_MIC };
	const struct pen_slice parts[] = {
		{ type, sizeof(type) },
		{ token + HEADER, N },
		{ confounder, message->is_sealed ? N : 0 },
		message->head,
		{ message->data, message->n },
		message->tail,
	};
	uint8_t sign_key[PEN_MD5_SIZE];
	uint8_t md5[PEN_MD5_SIZE];
	const struct pen_slice digest = { md5, sizeof(md5) };
	int r = pen_hmac(rc4->crypto, PEN_MD5, (struct pen_slice){ rc4->key, KEY }, &name_part, 1,
			 sign_key);

	if (!r)
		r = pen_digest(rc4->crypto, PEN_MD5, parts, PEN_COUNT(parts), md5);
	if (!r)
		r = pen_hmac(rc4->crypto, PEN_MD5, (struct pen_slice){ sign_key, KEY }, &digest, 1,
			     sum);
	pen_wipe(sign_key, sizeof(sign_key));
	return r;
}

/* TOK_ID, SGN_ALG, SEAL_ALG and filler. */
static const uint8_t headers[2][N] = {
	{ 1, 1, 0x11, 0, 0xff, 0xff, 0xff, 0xff },
	{ 2, 1, 0x11, 0, 0x10, 0, 0xff, 0xff },
};

int pen_krb5_rc4_open(struct pen_krb5_rc4 *rc4, bool is_from_acceptor,
		      struct pen_protected *message)
{
	size_t n_token = message->is_sealed ? WRAP_SIZE : MIC_SIZE;
	uint8_t confounder[N] = { 0 };
	uint8_t sum[PEN_MD5_SIZE];
	uint8_t number[N];
	const uint8_t *token;
	int r;

	if (message->n_signature < n_token)
		return PEN_E_DENIED;
	token = message->signature + message->n_signature - n_token;
	if (memcmp(token + HEADER, headers[message->is_sealed], N) != 0)
		return PEN_E_DENIED;
	r = get_number(rc4, token, number);
	if (!r && !is_of_side(number, is_from_acceptor))
		return PEN_E_DENIED;
	if (!r && message->is_sealed) {
		memcpy(confounder, token + CONFOUNDER, N);
		r = unseal(rc4, number, confounder, message);
	}
	if (!r)
		r = checksum(rc4, message, token, confounder, sum);
	if (!r && !pen_equal_secret(sum, token + CHECKSUM, N))
		r = PEN_E_DENIED;
	return r;
}
