/* SPDX-License-Identifier: MIT */
#include "tool/unseal.h"
#include "sec/observer.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXTS_MAX = 256, TRIES_MAX = 256, MISSES_MAX = 8 };

struct unseal_context {
	uint32_t id;
	uint8_t auth_type;
	struct pen_observer *observer; /* NULL: no key has fitted */
	bool signs_headers;
	bool is_lost;	   /* a gap ended what can be read */
	unsigned n_misses; /* messages that no key fitted; after some nobody tries on */
};

void unseal_init(struct unseal *unseal, const struct keyring *keyring,
		 const struct pen_mech_world *world)
{
	*unseal = (struct unseal){ .keyring = keyring, .world = world, .is_signed = -1 };
}

void unseal_done(struct unseal *unseal)
{
	for (size_t i = 0; i < unseal->n_contexts; i++)
		pen_observer_free(unseal->contexts[i].observer);
	free(unseal->contexts);
	unseal->contexts = NULL;
	unseal->n_contexts = 0;
}

/* NULL: more than there may be, or no memory. */
static struct unseal_context *context_of(struct unseal *unseal, uint32_t id, uint8_t auth_type)
{
	struct unseal_context *contexts;
	size_t n = unseal->n_contexts;

	for (size_t i = 0; i < n; i++)
		if (unseal->contexts[i].id == id && unseal->contexts[i].auth_type == auth_type)
			return &unseal->contexts[i];
	if (n == CONTEXTS_MAX)
		return NULL;
	contexts = realloc(unseal->contexts, (n + 1) * sizeof(*contexts));
	if (!contexts)
		return NULL;
	unseal->contexts = contexts;
	contexts[n] = (struct unseal_context){ .id = id, .auth_type = auth_type };
	unseal->n_contexts = n + 1;
	return &contexts[n];
}

/* ---- a PDU's parts ---- */

/* What stands before the stub; a fault's status is a part of what is sealed. */
static size_t head_size(const struct pen_pdu_header *header)
{
	bool has_object = header->ptype == PEN_PDU_REQUEST && header->flags & PEN_PFC_OBJECT_UUID;

	switch (header->ptype) {
	case PEN_PDU_REQUEST:
	case PEN_PDU_RESPONSE:
	case PEN_PDU_FAULT:
		return PEN_REQUEST_HEADER_SIZE + (has_object ? sizeof(struct pen_uuid) : 0);
	default:
		return 0;
	}
}

static struct pen_protected message_of(const struct pen_pdu_header *header, uint8_t *pdu,
				       size_t n_head, bool signs_headers, bool is_sealed)
{
	size_t n_tail = PEN_SEC_TRAILER_SIZE + (size_t)header->auth_length;
	struct pen_protected message = {
		.data = pdu + n_head,
		.n = header->frag_length - n_head - n_tail,
		.signature = pdu + header->frag_length - header->auth_length,
		.n_signature = header->auth_length,
		.is_sealed = is_sealed,
	};

	if (signs_headers) {
		message.head = (struct pen_slice){ pdu, n_head };
		message.tail = (struct pen_slice){ message.signature - PEN_SEC_TRAILER_SIZE,
						   PEN_SEC_TRAILER_SIZE };
	}
	return message;
}

/* ---- keys ---- */

/* One PDU, and where it comes from. */
struct attempt {
	bool is_from_server;
	const struct pen_pdu_header *header;
	uint8_t *pdu;
	size_t n_head;
	bool is_sealed;
};

/* On a copy, which is what the PDU becomes if it fits. */
static int try_key(struct unseal *unseal, struct unseal_context *context,
		   const struct attempt *attempt, const struct pen_session_keys *keys,
		   bool signs_headers)
{
	uint8_t *copy = malloc(attempt->header->frag_length);
	struct pen_observer *observer = NULL;
	struct pen_protected message;
	int r = copy ? pen_observer_new(&observer, unseal->world, keys) : -ENOMEM;

	if (!r) {
		memcpy(copy, attempt->pdu, attempt->header->frag_length);
		signs_headers |= pen_observer_always_signs_headers(observer);
		message = message_of(attempt->header, copy, attempt->n_head, signs_headers,
				     attempt->is_sealed);
		r = pen_observer_open(observer, attempt->is_from_server, &message);
	}
	if (!r) {
		memcpy(attempt->pdu, copy, attempt->header->frag_length);
		context->observer = observer;
		context->signs_headers = signs_headers;
		observer = NULL;
	}
	pen_observer_free(observer);
	free(copy);
	return r;
}

/* *n_tried keys did not fit. PEN_E_DENIED: none did. */
static int find_key(struct unseal *unseal, struct unseal_context *context,
		    const struct attempt *attempt, size_t *n_tried)
{
	const struct keyring_question question = {
		.ends = { unseal->ends[0], unseal->ends[1] },
		.group = unseal->group,
		.context = context->id,
		.auth_type = context->auth_type,
	};
	const struct keyring_key *key;
	size_t n = 0;
	int r = PEN_E_DENIED;

	while (r && r != -ENOMEM && *n_tried < TRIES_MAX &&
	       (key = keyring_find(unseal->keyring, &question, &n))) {
		r = try_key(unseal, context, attempt, &key->keys, unseal->is_signed != 0);
		if (r && r != -ENOMEM && unseal->is_signed < 0)
			r = try_key(unseal, context, attempt, &key->keys, false);
		++*n_tried;
	}
	return r == 0 || r == -ENOMEM ? r : PEN_E_DENIED;
}

/* ---- PDUs ---- */

static int open_first(struct unseal *unseal, struct unseal_context *context,
		      const struct attempt *attempt, struct decode_protection *protection)
{
	size_t n_tried = 0;
	int r = PEN_E_DENIED;

	if (unseal->keyring && context->n_misses < MISSES_MAX)
		r = find_key(unseal, context, attempt, &n_tried);
	if (r != PEN_E_DENIED)
		return r;
	if (n_tried)
		context->n_misses++;
	*protection = n_tried || context->n_misses
			      ? (struct decode_protection){ "refused", "no key of the log fits" }
			      : (struct decode_protection){ "no_key", NULL };
	return r;
}

static int open_next(struct unseal_context *context, const struct attempt *attempt,
		     struct decode_protection *protection)
{
	struct pen_protected message = message_of(attempt->header, attempt->pdu, attempt->n_head,
						  context->signs_headers, attempt->is_sealed);
	int r = context->is_lost
			? PEN_E_DENIED
			: pen_observer_open(context->observer, attempt->is_from_server, &message);

	if (r && context->is_lost)
		*protection = (struct decode_protection){
			"lost", "what it is ciphered with depends on what is not in the capture"
		};
	else if (r)
		*protection = (struct decode_protection){ "refused",
							  "it is not what either side protected" };
	return r;
}

bool unseal_pdu(struct unseal *unseal, bool is_from_server, const struct pen_pdu_header *header,
		uint8_t *pdu, struct decode_protection *protection, int *result)
{
	struct pen_slice body = { pdu + PEN_PDU_HEADER_SIZE,
				  header->frag_length - PEN_PDU_HEADER_SIZE };
	struct attempt attempt = { is_from_server, header, pdu, head_size(header), false };
	struct unseal_context *context;
	struct pen_sec_trailer trailer;

	*result = 0;
	if (!attempt.n_head || !header->auth_length ||
	    pen_sec_trailer_get(&trailer, header, &body) ||
	    trailer.auth_level < PEN_AUTH_LEVEL_PACKET ||
	    body.size + PEN_PDU_HEADER_SIZE < attempt.n_head)
		return false;
	attempt.is_sealed = trailer.auth_level == PEN_AUTH_LEVEL_PRIVACY;
	context = context_of(unseal, trailer.auth_context_id, trailer.auth_type);
	if (!context) {
		*protection = (struct decode_protection){ "no_key", "too many contexts" };
		return true;
	}
	*protection = (struct decode_protection){ "verified", NULL };
	*result = context->observer ? open_next(context, &attempt, protection)
				    : open_first(unseal, context, &attempt, protection);
	if (*result > 0)
		*result = 0;
	return true;
}

void unseal_miss(struct unseal *unseal, bool is_from_server)
{
	for (size_t i = 0; i < unseal->n_contexts; i++)
		if (unseal->contexts[i].observer &&
		    !pen_observer_miss(unseal->contexts[i].observer, is_from_server))
			unseal->contexts[i].is_lost = true;
}
