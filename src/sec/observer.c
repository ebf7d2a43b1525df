/* SPDX-License-Identifier: MIT */
#include "sec/observer.h"
#include "base/cleanup.h"
#include "base/reader.h"
#include "base/secret.h"
#include "sec/krb5-cipher.h"
#include "sec/krb5-rc4.h"
#include "sec/krb5-session.h"
#include "sec/ntlm-session.h"
#include "sec/schannel-session.h"
#include <errno.h>
#include <string.h>

enum { KEY_MAX = 64 };

/* How a message of one kind of session is taken. */
struct kind {
	int (*begin)(struct pen_observer *observer);
	int (*open)(struct pen_observer *observer, bool is_from_server,
		    struct pen_protected *message);
	/* Each message is ciphered by itself, and has its number in the clear. */
	bool survives_loss;
};

struct pen_observer {
	const struct pen_mech_world *world;
	const struct kind *kind;
	uint32_t detail;
	size_t n_key;
	uint8_t key[KEY_MAX];
	bool has_begun[2]; /* by is_from_server */
	bool is_lost;

	/* By is_from_server: who takes that side's messages is the other side. */
	struct pen_ntlm_session *ntlm[2];
	struct pen_krb5_session *krb5[2];
	struct pen_krb5_rc4 *rc4;
	struct pen_schannel_session *schannel[2];
};

PEN_DEFINE_FREEP(struct pen_observer, pen_observer)

static struct pen_slice key_of(const struct pen_observer *observer)
{
	return (struct pen_slice){ observer->key, observer->n_key };
}

static uint32_t get_u32(const uint8_t *bytes)
{
	struct pen_reader r;

	pen_reader_init(&r, bytes, 4);
	return pen_reader_u32(&r);
}

/* ---- NTLM ---- */

static bool is_extended(const struct pen_observer *observer)
{
	return observer->detail & PEN_NTLM_EXTENDED_SESSION_SECURITY;
}

/* Without extended session security both directions are one stream. */
static int begin_ntlm(struct pen_observer *observer)
{
	int r;

	if (observer->n_key != PEN_NTLM_KEY_SIZE)
		return PEN_E_UNSUPPORTED;
	r = pen_ntlm_session_new(&observer->ntlm[0], observer->world->crypto, observer->detail,
				 observer->key, true);
	if (r || !is_extended(observer))
		return r;
	return pen_ntlm_session_new(&observer->ntlm[1], observer->world->crypto, observer->detail,
				    observer->key, false);
}

static int open_ntlm(struct pen_observer *observer, bool is_from_server,
		     struct pen_protected *message)
{
	struct pen_ntlm_session *session = observer->ntlm[is_extended(observer) && is_from_server];

	if (message->n_signature != PEN_NTLM_SIGNATURE_SIZE)
		return PEN_E_DENIED;
	/* A negotiation above has signed before, and numbers go on [MS-SPNG 3.3.5.1]. */
	if (!observer->has_begun[is_from_server] && is_extended(observer))
		pen_ntlm_session_count_from(session, get_u32(message->signature + 12));
	return pen_ntlm_session_unprotect(session, message);
}

/* ---- Kerberos ---- */

enum { KRB5_HEADER = 16, KRB5_ACCEPTOR_SUBKEY = 4 };

static int begin_krb5(struct pen_observer *observer)
{
	return pen_krb5_checksum_size((int)observer->detail) ? 0 : PEN_E_UNSUPPORTED;
}

/* The session of a direction, whose first message says by which key, and its number. */
static int begin_krb5_direction(struct pen_observer *observer, bool is_from_server,
				const uint8_t header[KRB5_HEADER])
{
	struct pen_krb5_agreed agreed = {
		.type = (int)observer->detail,
		.key = key_of(observer),
		.is_acceptors_key = header[2] & KRB5_ACCEPTOR_SUBKEY,
		.is_initiator = is_from_server,
	};
	struct pen_reader r;

	pen_reader_init(&r, header + 8, 8);
	r.is_big_endian = true;
	agreed.n_received = pen_reader_u64(&r);
	observer->krb5[is_from_server] = pen_krb5_session_free(observer->krb5[is_from_server]);
	return pen_krb5_session_new(&observer->krb5[is_from_server], observer->world, &agreed);
}

static int open_krb5(struct pen_observer *observer, bool is_from_server,
		     struct pen_protected *message)
{
	int r = 0;

	if (message->n_signature < KRB5_HEADER)
		return PEN_E_DENIED;
	if (!observer->has_begun[is_from_server])
		r = begin_krb5_direction(observer, is_from_server, message->signature);
	return r ? r : pen_krb5_session_unprotect(observer->krb5[is_from_server], message);
}

static int begin_rc4(struct pen_observer *observer)
{
	return pen_krb5_rc4_new(&observer->rc4, observer->world->crypto, key_of(observer));
}

static int open_rc4(struct pen_observer *observer, bool is_from_server,
		    struct pen_protected *message)
{
	return pen_krb5_rc4_open(observer->rc4, is_from_server, message);
}

/* ---- netlogon's provider ---- */

static int begin_schannel(struct pen_observer *observer)
{
	struct pen_schannel_keys keys = { .flags = observer->detail };
	int r;

	if (observer->n_key != sizeof(keys.session_key))
		return PEN_E_UNSUPPORTED;
	memcpy(keys.session_key, observer->key, sizeof(keys.session_key));
	r = pen_schannel_session_new(&observer->schannel[0], observer->world, &keys, true);
	if (!r)
		r = pen_schannel_session_new(&observer->schannel[1], observer->world, &keys, false);
	pen_wipe(&keys, sizeof(keys));
	return r;
}

/* Both directions share one number. */
static int open_schannel(struct pen_observer *observer, bool is_from_server,
			 struct pen_protected *message)
{
	pen_schannel_session_skip(observer->schannel[!is_from_server]);
	return pen_schannel_session_unprotect(observer->schannel[is_from_server], message);
}

/* ---- any ---- */

enum { RC4_HMAC = 23 };

static const struct kind *kind_of(const struct pen_session_keys *keys)
{
	static const struct kind ntlm = { begin_ntlm, open_ntlm };
	static const struct kind krb5 = { begin_krb5, open_krb5, .survives_loss = true };
	static const struct kind rc4 = { begin_rc4, open_rc4, .survives_loss = true };
	static const struct kind schannel = { begin_schannel, open_schannel };

	switch (keys->kind) {
	case PEN_SESSION_NTLM:
		return &ntlm;
	case PEN_SESSION_KRB5:
		return keys->detail == RC4_HMAC ? &rc4 : &krb5;
	case PEN_SESSION_SCHANNEL:
		return &schannel;
	default:
		return NULL;
	}
}

int pen_observer_new(struct pen_observer **observerp, const struct pen_mech_world *world,
		     const struct pen_session_keys *keys)
{
	pen_cleanup(pen_observer_freep) struct pen_observer *observer = NULL;
	const struct kind *kind = kind_of(keys);
	int r;

	if (!kind || !keys->key.size || keys->key.size > KEY_MAX)
		return PEN_E_UNSUPPORTED;
	observer = pen_secret_alloc(sizeof(*observer));
	if (!observer)
		return -ENOMEM;
	observer->world = world;
	observer->kind = kind;
	observer->detail = keys->detail;
	observer->n_key = keys->key.size;
	memcpy(observer->key, keys->key.data, keys->key.size);
	r = kind->begin(observer);
	if (r)
		return r;
	*observerp = pen_take(&observer);
	return 0;
}

struct pen_observer *pen_observer_free(struct pen_observer *observer)
{
	if (!observer)
		return NULL;
	for (size_t i = 0; i < PEN_COUNT(observer->ntlm); i++) {
		pen_ntlm_session_free(observer->ntlm[i]);
		pen_krb5_session_free(observer->krb5[i]);
		pen_schannel_session_free(observer->schannel[i]);
	}
	pen_krb5_rc4_free(observer->rc4);
	return pen_secret_free(observer);
}

bool pen_observer_always_signs_headers(const struct pen_observer *observer)
{
	return observer->ntlm[0] && is_extended(observer);
}

int pen_observer_open(struct pen_observer *observer, bool is_from_server,
		      struct pen_protected *message)
{
	int r;

	if (observer->is_lost)
		return PEN_E_DENIED;
	r = observer->kind->open(observer, is_from_server, message);
	if (!r)
		observer->has_begun[is_from_server] = true;
	return r;
}

bool pen_observer_miss(struct pen_observer *observer, bool is_from_server)
{
	observer->has_begun[is_from_server] = false;
	if (!observer->kind->survives_loss)
		observer->is_lost = true;
	return !observer->is_lost;
}
