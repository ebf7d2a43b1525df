/* SPDX-License-Identifier: MIT */
#include "sec/krb5-session.h"
#include "base/cleanup.h"
#include "base/reader.h"
#include "base/secret.h"
#include "sec/krb5-cipher.h"
#include <errno.h>
#include <string.h>

enum { HEADER = 16, CONFOUNDER = PEN_KRB5_CONFOUNDER };

/* Bytes of filler that are sealed after the data (EC) [MS-KILE 3.4.5.4.1]. */
enum { FILLER = 16 };

/* TOK_ID [RFC 4121 4.2.6]. */
enum { MIC = 0x0404, WRAP = 0x0504 };

/* Flags [RFC 4121 4.2.2]. */
enum { SENT_BY_ACCEPTOR = 1, SEALED = 2, ACCEPTOR_SUBKEY = 4 };

/* Key usage numbers [RFC 4121 2]. */
enum { ACCEPTOR_SEAL = 22, ACCEPTOR_SIGN = 23, INITIATOR_SEAL = 24, INITIATOR_SIGN = 25 };

struct direction {
	struct pen_krb5_cipher *cipher;
	struct pen_hmac *signer;
	uint8_t flags;
	uint64_t number;
};

struct pen_krb5_session {
	const struct pen_mech_world *world;
	size_t n_checksum;
	struct direction sending;
	struct direction receiving;
	const char *reason;
};

PEN_DEFINE_FREEP(struct pen_krb5_session, pen_krb5_session)

/* ---- a session's life ---- */

static int direction_init(struct direction *direction, const struct pen_crypto *crypto,
			  const struct pen_krb5_agreed *agreed, bool is_sending)
{
	bool is_initiators = is_sending == agreed->is_initiator;
	int r;

	direction->number = is_sending ? agreed->n_sent : agreed->n_received;
	if (!is_initiators)
		direction->flags |= SENT_BY_ACCEPTOR;
	if (agreed->is_acceptors_key)
		direction->flags |= ACCEPTOR_SUBKEY;
	r = pen_krb5_cipher_new(&direction->cipher, crypto, agreed->type, agreed->key,
				is_initiators ? INITIATOR_SEAL : ACCEPTOR_SEAL, is_sending);
	if (r)
		return r;
	return pen_krb5_signer_new(&direction->signer, crypto, agreed->type, agreed->key,
				   is_initiators ? INITIATOR_SIGN : ACCEPTOR_SIGN);
}

int pen_krb5_session_new(struct pen_krb5_session **sessionp, const struct pen_mech_world *world,
			 const struct pen_krb5_agreed *agreed)
{
	pen_cleanup(pen_krb5_session_freep) struct pen_krb5_session *session = NULL;
	int r;

	session = pen_secret_alloc(sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->world = world;
	session->n_checksum = pen_krb5_checksum_size(agreed->type);
	session->reason = "";
	r = direction_init(&session->sending, world->crypto, agreed, true);
	if (!r)
		r = direction_init(&session->receiving, world->crypto, agreed, false);
	if (r)
		return r;

	*sessionp = pen_take(&session);
	return 0;
}

static void direction_done(struct direction *direction)
{
	pen_krb5_cipher_free(direction->cipher);
	pen_hmac_free(direction->signer);
}

struct pen_krb5_session *pen_krb5_session_free(struct pen_krb5_session *session)
{
	if (!session)
		return NULL;
	direction_done(&session->sending);
	direction_done(&session->receiving);
	return pen_secret_free(session);
}

const char *pen_krb5_session_reason(const struct pen_krb5_session *session)
{
	return session->reason;
}

static int refuse(struct pen_krb5_session *session, const char *reason)
{
	session->reason = reason;
	return PEN_E_DENIED;
}

/* ---- headers ---- */

struct header {
	uint16_t token;
	uint8_t flags;
	uint16_t n_filler;  /* EC */
	uint16_t n_rotated; /* RRC */
	uint64_t number;
};

static void put_u16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* [RFC 4121 4.2.6.1, 4.2.6.2]; where a MIC has filler, EC and RRC are filler too. */
static void put_header(uint8_t bytes[HEADER], const struct header *header)
{
	put_u16(bytes, header->token);
	bytes[2] = header->flags;
	bytes[3] = 0xff;
	put_u16(bytes + 4, header->n_filler);
	put_u16(bytes + 6, header->n_rotated);
	for (size_t i = 0; i < 8; i++)
		bytes[8 + i] = (uint8_t)(header->number >> (56 - 8 * i));
}

/* False: there are not so many bytes, or the fixed one is another. */
static bool get_header(struct header *header, const uint8_t *bytes, size_t n)
{
	struct pen_reader r;
	uint8_t filler;

	pen_reader_init(&r, bytes, n);
	r.is_big_endian = true;
	header->token = pen_reader_u16(&r);
	header->flags = pen_reader_u8(&r);
	filler = pen_reader_u8(&r);
	header->n_filler = pen_reader_u16(&r);
	header->n_rotated = pen_reader_u16(&r);
	header->number = pen_reader_u64(&r);
	return pen_reader_ok(&r) && filler == 0xff;
}

static struct header mic_header(const struct direction *direction)
{
	return (struct header){ MIC, direction->flags, 0xffff, 0xffff, direction->number };
}

/* ---- signed ---- */

static int sign(struct pen_hmac *signer, const struct pen_protected *message,
		const uint8_t header[HEADER], uint8_t sum[PEN_DIGEST_MAX])
{
	const struct pen_slice parts[] = {
		message->head,
		{ message->data, message->n },
		message->tail,
		{ header, HEADER },
	};

	return pen_hmac_sign(signer, parts, PEN_COUNT(parts), sum);
}

static int protect_signed(struct pen_krb5_session *session, struct pen_protected *message)
{
	const struct header header = mic_header(&session->sending);
	uint8_t sum[PEN_DIGEST_MAX];
	int r;

	put_header(message->signature, &header);
	r = sign(session->sending.signer, message, message->signature, sum);
	if (!r)
		memcpy(message->signature + HEADER, sum, session->n_checksum);
	return r;
}

/* ---- sealed ---- */

/*
 * The token is a header, then what is encrypted: confounder, data, filler and the header
 * again; then the checksum. All after the data is turned around to before the confounder,
 * so that the data can lie elsewhere: the signature is all but it.
 */
struct places {
	uint8_t *filler;
	uint8_t *header;
	uint8_t *checksum;
	uint8_t *confounder;
};

static struct places places_of(const struct pen_krb5_session *session,
			       const struct pen_protected *message, size_t n_filler)
{
	uint8_t *filler = message->signature + HEADER;

	return (struct places){
		.filler = filler,
		.header = filler + n_filler,
		.checksum = filler + n_filler + HEADER,
		.confounder = filler + n_filler + HEADER + session->n_checksum,
	};
}

enum { N_PARTS = 5 };

static void lay_out(struct pen_krb5_part parts[N_PARTS], const struct pen_protected *message,
		    const struct places *places)
{
	const struct pen_slice *head = &message->head;
	const struct pen_slice *tail = &message->tail;

	parts[0] = (struct pen_krb5_part){ places->confounder, CONFOUNDER, false };
	parts[1] = (struct pen_krb5_part){ (uint8_t *)(uintptr_t)head->data, head->size, true };
	parts[2] = (struct pen_krb5_part){ message->data, message->n, false };
	parts[3] = (struct pen_krb5_part){ (uint8_t *)(uintptr_t)tail->data, tail->size, true };
	parts[4] =
		(struct pen_krb5_part){ places->filler,
					(size_t)(places->header - places->filler) + HEADER, false };
}

static int protect_sealed(struct pen_krb5_session *session, struct pen_protected *message)
{
	const struct pen_mech_world *world = session->world;
	const struct direction *direction = &session->sending;
	const struct places places = places_of(session, message, FILLER);
	struct header header = { WRAP, direction->flags | SEALED, FILLER, 0, direction->number };
	struct pen_krb5_part parts[N_PARTS];
	int r;

	put_header(places.header, &header);
	header.n_rotated = (uint16_t)(HEADER + session->n_checksum);
	put_header(message->signature, &header);
	memset(places.filler, 0xff, FILLER);
	r = world->random(world->data, places.confounder, CONFOUNDER);
	if (r)
		return r;
	lay_out(parts, message, &places);
	return pen_krb5_encrypt(direction->cipher, parts, N_PARTS, places.checksum);
}

/* ---- either ---- */

size_t pen_krb5_session_signature_size(const struct pen_krb5_session *session, bool is_sealed)
{
	size_t size = HEADER + session->n_checksum;

	return is_sealed ? size + FILLER + HEADER + CONFOUNDER : size;
}

int pen_krb5_session_protect(struct pen_krb5_session *session, struct pen_protected *message)
{
	int r;

	if (message->n_signature != pen_krb5_session_signature_size(session, message->is_sealed))
		return refuse(session, "the message has no room for its signature");
	r = message->is_sealed ? protect_sealed(session, message)
			       : protect_signed(session, message);
	if (!r)
		session->sending.number++;
	return r;
}

/* A message is the next one, and neither lost, moved nor sent again. */
static int take_number(struct pen_krb5_session *session, uint64_t number)
{
	if (number < session->receiving.number)
		return refuse(session, "the message came before, which is a replay");
	if (number > session->receiving.number)
		return refuse(session, "the message is not the next one of the peer's: one was "
				       "lost, moved or replayed");
	session->receiving.number++;
	return 0;
}

static int unprotect_signed(struct pen_krb5_session *session, const struct pen_protected *message,
			    const struct header *header)
{
	uint8_t sum[PEN_DIGEST_MAX];
	int r = sign(session->receiving.signer, message, message->signature, sum);

	if (r)
		return r;
	if (!pen_equal_secret(sum, message->signature + HEADER, session->n_checksum))
		return PEN_E_DENIED;
	return take_number(session, header->number);
}

/*
 * The header that was sealed says what the one in the clear does; of the lengths RRC was
 * not known yet when it was made, and EC is proved by the signature's size.
 */
static bool is_header_sealed(const uint8_t sealed[HEADER], const uint8_t clear[HEADER])
{
	return pen_equal_secret(sealed, clear, 4) && pen_equal_secret(sealed + 8, clear + 8, 8);
}

static int unprotect_sealed(struct pen_krb5_session *session, const struct pen_protected *message,
			    const struct header *header)
{
	const struct places places = places_of(session, message, header->n_filler);
	struct pen_krb5_part parts[N_PARTS];
	int r;

	lay_out(parts, message, &places);
	r = pen_krb5_decrypt(session->receiving.cipher, parts, N_PARTS, places.checksum);
	if (r)
		return r;
	if (!is_header_sealed(places.header, message->signature))
		return PEN_E_DENIED;
	return take_number(session, header->number);
}

static bool is_wrap(const struct pen_krb5_session *session, const struct pen_protected *message,
		    const struct header *header)
{
	size_t n_rotated = HEADER + session->n_checksum;

	return header->token == WRAP && header->flags == (session->receiving.flags | SEALED) &&
	       header->n_rotated == n_rotated &&
	       message->n_signature == HEADER + header->n_filler + n_rotated + CONFOUNDER;
}

static bool is_mic(const struct pen_krb5_session *session, const struct pen_protected *message,
		   const struct header *header)
{
	return header->token == MIC && header->flags == session->receiving.flags &&
	       header->n_filler == 0xffff && header->n_rotated == 0xffff &&
	       message->n_signature == HEADER + session->n_checksum;
}

int pen_krb5_session_unprotect(struct pen_krb5_session *session, struct pen_protected *message)
{
	bool is_sealed = message->is_sealed;
	struct header header;

	if (!get_header(&header, message->signature, message->n_signature) ||
	    !(is_sealed ? is_wrap : is_mic)(session, message, &header))
		return refuse(session, "the message has no signature of the kind that was agreed "
				       "on");
	session->reason = "the message is not what the peer protected";
	return is_sealed ? unprotect_sealed(session, message, &header)
			 : unprotect_signed(session, message, &header);
}
