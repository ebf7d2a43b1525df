/* SPDX-License-Identifier: MIT */
#include "sec/ntlm-session.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include <errno.h>
#include <string.h>

enum { VERSION = 1, N_CHECKSUM = 8 };

struct direction {
	struct pen_hmac *hmac; /* NULL without extended session security */
	struct pen_rc4 *rc4;
	uint8_t seal_key[PEN_NTLM_KEY_SIZE];
	uint32_t number;
};

struct pen_ntlm_session {
	uint32_t flags;
	bool is_broken;
	struct direction directions[2];
	struct direction *sending;
	struct direction *receiving;
};

PEN_DEFINE_FREEP(struct pen_ntlm_session, pen_ntlm_session)

static bool is_extended(const struct pen_ntlm_session *session)
{
	return session->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY;
}

static struct pen_slice key_slice(const uint8_t *key)
{
	return (struct pen_slice){ .data = key, .size = PEN_NTLM_KEY_SIZE };
}

static int direction_init(struct direction *direction, const struct pen_crypto *crypto,
			  uint32_t flags, const uint8_t *session_key, bool is_of_server)
{
	uint8_t sign_key[PEN_NTLM_KEY_SIZE];
	int r = pen_ntlm_seal_key(crypto, flags, session_key, is_of_server, direction->seal_key);

	if (!r)
		r = pen_rc4_new(&direction->rc4, crypto, key_slice(direction->seal_key));
	if (r || !(flags & PEN_NTLM_EXTENDED_SESSION_SECURITY))
		return r;

	r = pen_ntlm_sign_key(crypto, session_key, is_of_server, sign_key);
	if (!r)
		r = pen_hmac_new(&direction->hmac, crypto, PEN_MD5, key_slice(sign_key));
	pen_wipe(sign_key, sizeof(sign_key));
	return r;
}

int pen_ntlm_session_new(struct pen_ntlm_session **sessionp, const struct pen_crypto *crypto,
			 uint32_t flags, const uint8_t *session_key, bool is_server)
{
	pen_cleanup(pen_ntlm_session_freep) struct pen_ntlm_session *session = NULL;
	int r;

	session = pen_secret_alloc(sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->flags = flags;
	session->sending = session->receiving = &session->directions[0];
	r = direction_init(&session->directions[0], crypto, flags, session_key, false);
	if (!r && is_extended(session)) {
		r = direction_init(&session->directions[1], crypto, flags, session_key, true);
		session->sending = &session->directions[is_server];
		session->receiving = &session->directions[!is_server];
	}
	if (r)
		return r;

	*sessionp = pen_take(&session);
	return 0;
}

struct pen_ntlm_session *pen_ntlm_session_free(struct pen_ntlm_session *session)
{
	if (!session)
		return NULL;
	for (size_t i = 0; i < PEN_COUNT(session->directions); i++) {
		pen_hmac_free(session->directions[i].hmac);
		pen_rc4_free(session->directions[i].rc4);
	}
	return pen_secret_free(session);
}

void pen_ntlm_session_count_from(struct pen_ntlm_session *session, uint32_t number)
{
	session->directions[0].number = session->directions[1].number = number;
}

static void put_u32(uint8_t *p, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* What the signature begins from: of the message in the clear, and before any cipher. */
static int checksum(struct direction *direction, const struct pen_protected *message,
		    uint8_t sum[PEN_MD5_SIZE])
{
	uint8_t number[4];
	const struct pen_slice parts[] = {
		{ .data = number, .size = sizeof(number) },
		message->head,
		{ .data = message->data, .size = message->n },
		message->tail,
	};
	uint32_t crc = 0;

	put_u32(number, direction->number);
	if (direction->hmac)
		return pen_hmac_sign(direction->hmac, parts, PEN_COUNT(parts), sum);
	for (size_t i = 1; i < PEN_COUNT(parts); i++)
		crc = pen_crc32(crc, parts[i].data, parts[i].size);
	put_u32(sum, crc);
	return 0;
}

/* [MS-NLMP 3.4.4.2] */
static int finish_extended(struct direction *direction, uint32_t flags, uint8_t *sum,
			   uint8_t *signature)
{
	put_u32(signature, VERSION);
	put_u32(signature + 12, direction->number);
	memcpy(signature + 4, sum, N_CHECKSUM);
	if (!(flags & PEN_NTLM_KEY_EXCH))
		return 0;
	return pen_rc4_crypt(direction->rc4, signature + 4, N_CHECKSUM, signature + 4);
}

/* [MS-NLMP 3.4.4.1], with a RandomPad of 0. */
static int finish_plain(struct direction *direction, uint8_t *sum, uint8_t *signature)
{
	put_u32(signature, VERSION);
	put_u32(signature + 4, 0);
	memcpy(signature + 8, sum, 4);
	put_u32(signature + 12, direction->number);
	return pen_rc4_crypt(direction->rc4, signature + 4, 12, signature + 4);
}

static int finish(struct pen_ntlm_session *session, struct direction *direction, uint8_t *sum,
		  uint8_t signature[PEN_NTLM_SIGNATURE_SIZE])
{
	int r = is_extended(session) ? finish_extended(direction, session->flags, sum, signature)
				     : finish_plain(direction, sum, signature);

	direction->number++;
	return r;
}

int pen_ntlm_session_protect(struct pen_ntlm_session *session, struct pen_protected *message)
{
	struct direction *direction = session->sending;
	uint8_t sum[PEN_MD5_SIZE];
	int r;

	if (session->is_broken || message->n_signature != PEN_NTLM_SIGNATURE_SIZE)
		return PEN_E_DENIED;
	r = checksum(direction, message, sum);
	if (!r && message->is_sealed)
		r = pen_rc4_crypt(direction->rc4, message->data, message->n, message->data);
	if (!r)
		r = finish(session, direction, sum, message->signature);
	session->is_broken = r != 0;
	return r;
}

static bool is_signature(const struct pen_ntlm_session *session, const uint8_t *got,
			 uint8_t *wanted)
{
	if (!is_extended(session))
		memcpy(wanted + 4, got + 4, 4);
	return pen_equal_secret(got, wanted, PEN_NTLM_SIGNATURE_SIZE);
}

int pen_ntlm_session_unprotect(struct pen_ntlm_session *session, struct pen_protected *message)
{
	struct direction *direction = session->receiving;
	uint8_t wanted[PEN_NTLM_SIGNATURE_SIZE];
	uint8_t sum[PEN_MD5_SIZE];
	int r = 0;

	if (session->is_broken)
		return PEN_E_DENIED;
	session->is_broken = true;
	if (message->n_signature != PEN_NTLM_SIGNATURE_SIZE)
		return PEN_E_DENIED;
	if (message->is_sealed)
		r = pen_rc4_crypt(direction->rc4, message->data, message->n, message->data);
	if (!r)
		r = checksum(direction, message, sum);
	if (!r)
		r = finish(session, direction, sum, wanted);
	if (!r && !is_signature(session, message->signature, wanted))
		r = PEN_E_DENIED;
	session->is_broken = r != 0;
	return r;
}

int pen_ntlm_session_rewind(struct pen_ntlm_session *session)
{
	int r = 0;

	for (size_t i = 0; i < PEN_COUNT(session->directions) && !r; i++) {
		struct direction *direction = &session->directions[i];

		if (direction->rc4)
			r = pen_rc4_rekey(direction->rc4, key_slice(direction->seal_key));
	}
	return r;
}
