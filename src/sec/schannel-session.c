/* SPDX-License-Identifier: MIT */
#include "sec/schannel-session.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include <errno.h>
#include <string.h>

enum { KEY = PEN_NETLOGON_KEY_SIZE, N = 8 };

/* Where the parts of a signature lie [MS-NRPC 2.2.1.3.2, 2.2.1.3.3]. */
enum {
	HEADER = 0,
	NUMBER = 8,
	CHECKSUM = 16,
	CONFOUNDER = 24,
	RESERVED = 32,
};

enum { DIRECTION_BYTE = 4, FROM_CLIENT = 0x80 };

/* SignatureAlgorithm, SealAlgorithm, Pad, Flags; signed alone, SealAlgorithm is NOT_SEALED. */
static const uint8_t aes_header[N] = { 0x13, 0, 0x1a, 0, 0xff, 0xff, 0, 0 };
static const uint8_t md5_header[N] = { 0x77, 0, 0x7a, 0, 0xff, 0xff, 0, 0 };

struct pen_schannel_session {
	const struct pen_mech_world *world;
	uint8_t key[KEY];
	uint8_t seal_key[KEY];
	struct pen_hmac *hmac;
	bool is_aes;
	bool is_server;
	bool is_broken;
	uint64_t number;
};

PEN_DEFINE_FREEP(struct pen_schannel_session, pen_schannel_session)

int pen_schannel_session_new(struct pen_schannel_session **sessionp,
			     const struct pen_mech_world *world,
			     const struct pen_schannel_keys *keys, bool is_server)
{
	pen_cleanup(pen_schannel_session_freep) struct pen_schannel_session *session = NULL;
	int r;

	session = pen_secret_alloc(sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->world = world;
	session->is_server = is_server;
	session->is_aes = keys->flags & PEN_NETLOGON_AES;
	if (!session->is_aes && !pen_crypto_has_legacy(world->crypto))
		return PEN_E_UNSUPPORTED;
	memcpy(session->key, keys->session_key, KEY);
	for (size_t i = 0; i < KEY; i++)
		session->seal_key[i] = session->key[i] ^ 0xf0;
	r = pen_hmac_new(&session->hmac, world->crypto, session->is_aes ? PEN_SHA256 : PEN_MD5,
			 (struct pen_slice){ session->key, KEY });
	if (r)
		return r;

	*sessionp = pen_take(&session);
	return 0;
}

struct pen_schannel_session *pen_schannel_session_free(struct pen_schannel_session *session)
{
	if (!session)
		return NULL;
	pen_hmac_free(session->hmac);
	return pen_secret_free(session);
}

size_t pen_schannel_session_signature_size(const struct pen_schannel_session *session)
{
	return session->is_aes ? PEN_SCHANNEL_SIGNATURE_SIZE : PEN_SCHANNEL_MD5_SIGNATURE_SIZE;
}

struct pen_session_keys pen_schannel_session_keys(const struct pen_schannel_session *session)
{
	return (struct pen_session_keys){
		.kind = PEN_SESSION_SCHANNEL,
		.detail = session->is_aes ? PEN_NETLOGON_AES : 0,
		.key = { session->key, KEY },
	};
}

void pen_schannel_session_skip(struct pen_schannel_session *session)
{
	session->number++;
}

static void put_header(const struct pen_schannel_session *session, bool is_sealed,
		       uint8_t header[N])
{
	memcpy(header, session->is_aes ? aes_header : md5_header, N);
	if (!is_sealed)
		header[2] = header[3] = 0xff;
}

/* CopySeqNumber: the low half, then the high half, each big-endian, and the direction. */
static void put_number(const struct pen_schannel_session *session, bool is_from_client,
		       uint8_t number[N])
{
	for (size_t i = 0; i < 4; i++) {
		number[i] = (uint8_t)(session->number >> (24 - 8 * i));
		number[4 + i] = (uint8_t)(session->number >> (56 - 8 * i));
	}
	number[DIRECTION_BYTE] &= (uint8_t)~FROM_CLIENT;
	if (is_from_client)
		number[DIRECTION_BYTE] |= FROM_CLIENT;
}

/* Over the header, the confounder where there is one, and the message in the clear. */
static int checksum(struct pen_schannel_session *session, const struct pen_protected *message,
		    const uint8_t header[N], const uint8_t confounder[N], uint8_t sum[N])
{
	static const uint8_t zeros[4];
	const struct pen_slice parts[] = {
		{ zeros, session->is_aes ? 0 : sizeof(zeros) },
		{ header, N },
		{ confounder, message->is_sealed ? N : 0 },
		message->head,
		{ message->data, message->n },
		message->tail,
	};
	uint8_t md5[PEN_MD5_SIZE];
	const struct pen_slice digest = { md5, sizeof(md5) };
	uint8_t whole[PEN_SHA256_SIZE];
	int r;

	if (session->is_aes) {
		r = pen_hmac_sign(session->hmac, parts, PEN_COUNT(parts), whole);
	} else {
		r = pen_digest(session->world->crypto, PEN_MD5, parts, PEN_COUNT(parts), md5);
		if (!r)
			r = pen_hmac_sign(session->hmac, &digest, 1, whole);
	}
	if (!r)
		memcpy(sum, whole, N);
	return r;
}

/* ---- ciphers; is_encrypting makes no difference to RC4 ---- */

static int aes(const struct pen_schannel_session *session, bool is_encrypting, const uint8_t *key,
	       const uint8_t iv[16], uint8_t *data, size_t n)
{
	const struct pen_crypto *crypto = session->world->crypto;

	return is_encrypting ? pen_aes_cfb8_encrypt(crypto, key, iv, data, n, data)
			     : pen_aes_cfb8_decrypt(crypto, key, iv, data, n, data);
}

/* RC4 under HMAC-MD5(HMAC-MD5(key, four zeros), salt). */
static int rc4(const struct pen_schannel_session *session, const uint8_t *key,
	       const uint8_t salt[N], uint8_t *data, size_t n)
{
	static const uint8_t zeros[4];
	const struct pen_crypto *crypto = session->world->crypto;
	const struct pen_slice first = { zeros, sizeof(zeros) };
	const struct pen_slice second = { salt, N };
	uint8_t made[PEN_MD5_SIZE];
	const struct pen_slice made_key = { made, sizeof(made) };
	struct pen_rc4 *stream = NULL;
	int r = pen_hmac(crypto, PEN_MD5, (struct pen_slice){ key, KEY }, &first, 1, made);

	if (!r)
		r = pen_hmac(crypto, PEN_MD5, made_key, &second, 1, made);
	if (!r)
		r = pen_rc4_new(&stream, crypto, made_key);
	if (!r)
		r = pen_rc4_crypt(stream, data, n, data);
	pen_rc4_free(stream);
	pen_wipe(made, sizeof(made));
	return r;
}

/* The number itself, under the checksum. */
static int crypt_number(const struct pen_schannel_session *session, bool is_encrypting,
			const uint8_t sum[N], uint8_t number[N])
{
	uint8_t iv[16];

	if (!session->is_aes)
		return rc4(session, session->key, sum, number, N);
	memcpy(iv, sum, N);
	memcpy(iv + N, sum, N);
	return aes(session, is_encrypting, session->key, iv, number, N);
}

/*
 * The confounder and the data, under the number. In AES they are one stream: after eight
 * bytes the register holds the second half of the IV and the eight as they were sent. In
 * RC4 each begins the stream anew.
 */
static int crypt_message(const struct pen_schannel_session *session, bool is_encrypting,
			 const uint8_t number[N], uint8_t confounder[N],
			 const struct pen_protected *message)
{
	uint8_t iv[16];
	uint8_t sent[N];
	int r;

	if (!session->is_aes) {
		r = rc4(session, session->seal_key, number, confounder, N);
		return r ? r : rc4(session, session->seal_key, number, message->data, message->n);
	}
	memcpy(iv, number, N);
	memcpy(iv + N, number, N);
	memcpy(sent, confounder, N);
	r = aes(session, is_encrypting, session->seal_key, iv, confounder, N);
	memcpy(iv, number, N);
	memcpy(iv + N, is_encrypting ? confounder : sent, N);
	return r ? r
		 : aes(session, is_encrypting, session->seal_key, iv, message->data, message->n);
}

/* ---- messages ---- */

static int sign(struct pen_schannel_session *session, struct pen_protected *message)
{
	uint8_t *signature = message->signature;
	uint8_t *confounder = signature + CONFOUNDER;
	uint8_t number[N];
	int r = 0;

	memset(signature, 0, message->n_signature);
	put_header(session, message->is_sealed, signature + HEADER);
	put_number(session, !session->is_server, number);
	if (message->is_sealed)
		r = session->world->random(session->world->data, confounder, N);
	if (!r)
		r = checksum(session, message, signature + HEADER, confounder,
			     signature + CHECKSUM);
	if (!r && message->is_sealed)
		r = crypt_message(session, true, number, confounder, message);
	if (!r)
		r = crypt_number(session, true, signature + CHECKSUM, number);
	if (!r)
		memcpy(signature + NUMBER, number, N);
	return r;
}

int pen_schannel_session_protect(struct pen_schannel_session *session,
				 struct pen_protected *message)
{
	int r;

	if (session->is_broken ||
	    message->n_signature != pen_schannel_session_signature_size(session))
		return PEN_E_DENIED;
	r = sign(session, message);
	session->number++;
	session->is_broken = r != 0;
	return r;
}

static bool is_size(const struct pen_schannel_session *session, const struct pen_protected *message)
{
	size_t n = message->n_signature;

	if (n == pen_schannel_session_signature_size(session) || n == RESERVED)
		return true;
	if (message->is_sealed)
		return false;
	return n == CONFOUNDER || (session->is_aes && n == PEN_SCHANNEL_SIGNATURE_SIZE - N);
}

static int verify(struct pen_schannel_session *session, struct pen_protected *message)
{
	const uint8_t *signature = message->signature;
	uint8_t confounder[N] = { 0 };
	uint8_t header[N];
	uint8_t wanted[N];
	uint8_t number[N];
	uint8_t sum[N];
	int r;

	put_header(session, message->is_sealed, header);
	put_number(session, session->is_server, wanted);
	memcpy(number, signature + NUMBER, N);
	r = crypt_number(session, false, signature + CHECKSUM, number);
	if (r)
		return r;
	if (memcmp(header, signature + HEADER, N) != 0 || !pen_equal_secret(number, wanted, N))
		return PEN_E_DENIED;
	if (message->is_sealed) {
		memcpy(confounder, signature + CONFOUNDER, N);
		r = crypt_message(session, false, number, confounder, message);
	}
	if (!r)
		r = checksum(session, message, header, confounder, sum);
	if (!r && !pen_equal_secret(sum, signature + CHECKSUM, N))
		r = PEN_E_DENIED;
	return r;
}

int pen_schannel_session_unprotect(struct pen_schannel_session *session,
				   struct pen_protected *message)
{
	int r = PEN_E_DENIED;

	if (!session->is_broken && is_size(session, message))
		r = verify(session, message);
	session->number++;
	session->is_broken = r != 0;
	return r;
}
