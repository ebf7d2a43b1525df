/* SPDX-License-Identifier: MIT */
#include "base/reader.h"
#include "base/writer.h"
#include "sec/credentials.h"
#include "sec/ntlm-context.h"
#include <errno.h>

/* What we insist on, whatever the level. */
#define INSISTS                                                                                    \
	(PEN_NTLM_UNICODE | PEN_NTLM_NTLM | PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_128 |    \
	 PEN_NTLM_KEY_EXCH)
/* Of signing no more than the level needs: Samba's server takes more for a mistake. */
#define OFFERS (INSISTS | PEN_NTLM_REQUEST_TARGET | PEN_NTLM_ALWAYS_SIGN)

static uint32_t offers(const struct pen_mech_context *context)
{
	return OFFERS | pen_ntlm_level_flags(context->client.level);
}

static int start(struct pen_mech_context *context, struct pen_buffer *out)
{
	const struct pen_credentials_info *info = pen_credentials_info(context->client.credentials);
	const struct pen_ntlm_negotiate message = { .flags = offers(context) };
	int r;

	if (info->kind != PEN_CREDENTIALS_PASSWORD && info->kind != PEN_CREDENTIALS_NT_HASH &&
	    info->kind != PEN_CREDENTIALS_ANONYMOUS)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "NTLM needs a password or its hash, and a ticket is neither");
	r = pen_ntlm_negotiate_put(&message, &context->negotiate);
	if (!r)
		r = pen_buffer_add(out, context->negotiate.data, context->negotiate.size);
	if (r)
		return r;
	context->state = PEN_NTLM_AWAIT_CHALLENGE;
	return PEN_E_AGAIN;
}

/* ---- the challenge ---- */

static int check_challenge(struct pen_mech_context *context,
			   const struct pen_ntlm_challenge *message)
{
	uint32_t needs = INSISTS | pen_ntlm_level_flags(context->client.level);
	uint32_t lacks = needs & ~message->flags;

	if (lacks & PEN_NTLM_EXTENDED_SESSION_SECURITY || !message->target_info.size)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the server speaks only version 1 of NTLM");
	if (lacks & PEN_NTLM_128)
		return pen_ntlm_fail(context, PEN_E_DENIED, "the server has no keys of 128 bits");
	if (lacks & (PEN_NTLM_SIGN | PEN_NTLM_SEAL))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the server does not offer the %s that the level needs",
				     lacks & PEN_NTLM_SEAL ? "sealing" : "signing");
	if (lacks)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the server lacks what NTLM needs (flags %08x)", lacks);
	context->flags = (message->flags & offers(context)) | PEN_NTLM_TARGET_INFO;
	memcpy(context->server_challenge, message->challenge, sizeof(message->challenge));
	return 0;
}

/* ---- the response ---- */

static bool is_ours(uint16_t id)
{
	return id == PEN_NTLM_AV_FLAGS || id == PEN_NTLM_AV_CHANNEL_BINDINGS ||
	       id == PEN_NTLM_AV_TARGET_NAME;
}

/* What the server said of itself, but for what is ours to say. */
static int copy_pairs(struct pen_slice list, struct pen_buffer *temp)
{
	struct pen_slice value;
	struct pen_reader r;
	uint16_t id;
	int error;

	pen_reader_init(&r, list.data, list.size);
	while (!(error = pen_ntlm_av_next(&r, &id, &value))) {
		if (is_ours(id))
			continue;
		error = pen_ntlm_av_put(temp, id, value);
		if (error)
			return error;
	}
	return error == PEN_E_NOT_FOUND ? 0 : error;
}

static int put_our_pairs(struct pen_mech_context *context, struct pen_buffer *temp)
{
	static const uint8_t flags[4] = { PEN_NTLM_AV_FLAG_MIC };
	const char *target = context->client.target ? context->client.target : "";
	uint8_t bindings[PEN_MD5_SIZE] = { 0 };
	struct pen_buffer name = { 0 };
	int r = 0;

	if (context->client.channel_bindings.size)
		r = pen_ntlm_bindings(context->world->crypto, context->client.channel_bindings,
				      bindings);
	if (!r)
		r = pen_ntlm_text_put(&name, target, false);
	if (!r)
		r = pen_ntlm_av_put(temp, PEN_NTLM_AV_FLAGS,
				    (struct pen_slice){ flags, sizeof(flags) });
	if (!r)
		r = pen_ntlm_av_put(temp, PEN_NTLM_AV_CHANNEL_BINDINGS,
				    (struct pen_slice){ bindings, sizeof(bindings) });
	if (!r)
		r = pen_ntlm_av_put(temp, PEN_NTLM_AV_TARGET_NAME, pen_ntlm_slice(&name));
	if (!r)
		r = pen_ntlm_av_put(temp, PEN_NTLM_AV_EOL, (struct pen_slice){ 0 });
	pen_buffer_done(&name);
	return r;
}

/* NTLMv2_CLIENT_CHALLENGE [MS-NLMP 2.2.2.7], and the four zeros of 3.3.2 after it. */
static int put_temp(struct pen_mech_context *context, struct pen_slice list,
		    struct pen_buffer *temp)
{
	uint64_t now = context->world->now(context->world->data);
	uint8_t client_challenge[PEN_NTLM_CHALLENGE_SIZE];
	struct pen_slice timestamp;
	struct pen_writer w;
	int r = context->world->random(context->world->data, client_challenge,
				       sizeof(client_challenge));

	if (r)
		return r;
	pen_writer_init(&w, temp);
	pen_writer_u64(&w, 0x0101);
	if (!pen_ntlm_av_find(list, PEN_NTLM_AV_TIMESTAMP, &timestamp) && timestamp.size == 8)
		pen_writer_bytes(&w, timestamp.data, timestamp.size);
	else
		pen_writer_u64(&w, now);
	pen_writer_bytes(&w, client_challenge, sizeof(client_challenge));
	pen_writer_u32(&w, 0);
	r = w.error;
	if (!r)
		r = copy_pairs(list, temp);
	if (!r)
		r = put_our_pairs(context, temp);
	if (!r) {
		pen_writer_u32(&w, 0);
		r = w.error;
	}
	return r;
}

/* The proof and what it proves, in one buffer; and SessionBaseKey. */
static int respond(struct pen_mech_context *context, struct pen_slice list, struct pen_buffer *nt,
		   uint8_t *base_key)
{
	const struct pen_credentials_info *info = pen_credentials_info(context->client.credentials);
	const struct pen_crypto *crypto = context->world->crypto;
	static const uint8_t no_proof[PEN_MD5_SIZE];
	uint8_t key[PEN_NTLM_KEY_SIZE];
	struct pen_slice temp;
	int r = 0;

	if (info->kind == PEN_CREDENTIALS_PASSWORD)
		r = pen_ntlm_nt_hash(crypto, info->password, key);
	else
		memcpy(key, info->nt_hash, sizeof(key));
	if (!r)
		r = pen_ntlm_v2_key(crypto, key, info->user, info->domain, key);
	if (!r)
		r = pen_buffer_add(nt, no_proof, sizeof(no_proof));
	if (!r)
		r = put_temp(context, list, nt);
	if (!r) {
		temp = (struct pen_slice){ nt->data + PEN_MD5_SIZE, nt->size - PEN_MD5_SIZE };
		r = pen_ntlm_v2_proof(crypto, key, context->server_challenge, temp, nt->data);
	}
	if (!r)
		r = pen_ntlm_v2_base_key(crypto, key, nt->data, base_key);
	pen_wipe(key, sizeof(key));
	return r;
}

/* A session key of ours, and as it is sent. */
static int make_session_key(struct pen_mech_context *context, const uint8_t *base_key,
			    uint8_t *sent)
{
	int r = context->world->random(context->world->data, context->session_key,
				       sizeof(context->session_key));

	return r ? r
		 : pen_ntlm_exchange(context->world->crypto, base_key, context->session_key, sent);
}

/* Writes the message, and the MIC into it. */
static int put_authenticate(struct pen_mech_context *context,
			    const struct pen_ntlm_authenticate *message, bool has_mic)
{
	struct pen_buffer *out = &context->authenticate;
	int r = pen_ntlm_authenticate_put(message, out);

	if (r || !has_mic)
		return r;
	return pen_ntlm_mic(context->world->crypto, context->session_key,
			    pen_ntlm_slice(&context->negotiate),
			    pen_ntlm_slice(&context->challenge), pen_ntlm_slice(out),
			    out->data + PEN_NTLM_MIC_OFFSET);
}

static int put_names(struct pen_mech_context *context, struct pen_buffer *user,
		     struct pen_buffer *domain)
{
	const struct pen_credentials_info *info = pen_credentials_info(context->client.credentials);
	int r = pen_ntlm_text_put(user, info->user, false);

	if (!r)
		r = pen_ntlm_text_put(domain, info->domain, false);
	if (r == PEN_E_BAD_DATA)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the user's name is too long, or not UTF-8");
	return r;
}

struct answer {
	struct pen_buffer user;
	struct pen_buffer domain;
	struct pen_buffer nt;
	uint8_t base_key[PEN_NTLM_KEY_SIZE];
	uint8_t sent_key[PEN_NTLM_KEY_SIZE];
};

static int answer(struct pen_mech_context *context, const struct pen_ntlm_challenge *challenge,
		  struct answer *a)
{
	const struct pen_credentials_info *info = pen_credentials_info(context->client.credentials);
	static const uint8_t zeros[PEN_NTLM_V1_SIZE];
	bool is_anonymous = info->kind == PEN_CREDENTIALS_ANONYMOUS;
	struct pen_ntlm_authenticate message;
	int r = 0;

	if (!is_anonymous)
		r = put_names(context, &a->user, &a->domain);
	if (!r && !is_anonymous)
		r = respond(context, challenge->target_info, &a->nt, a->base_key);
	if (!r)
		r = make_session_key(context, a->base_key, a->sent_key);
	if (r)
		return r;
	message = (struct pen_ntlm_authenticate){
		.flags = context->flags | (is_anonymous ? PEN_NTLM_ANONYMOUS : 0),
		.lm = { .data = zeros, .size = is_anonymous ? 1 : sizeof(zeros) },
		.nt = pen_ntlm_slice(&a->nt),
		.domain = pen_ntlm_slice(&a->domain),
		.user = pen_ntlm_slice(&a->user),
		.session_key = { .data = a->sent_key, .size = sizeof(a->sent_key) },
	};
	return put_authenticate(context, &message, !is_anonymous);
}

static int take_challenge(struct pen_mech_context *context, struct pen_slice in,
			  struct pen_buffer *out)
{
	struct pen_ntlm_challenge challenge;
	struct answer a = { 0 };
	int r;

	if (pen_ntlm_challenge_get(&challenge, in))
		return pen_ntlm_fail(context, PEN_E_BAD_DATA,
				     "the server's answer is no CHALLENGE message");
	r = check_challenge(context, &challenge);
	if (!r)
		r = pen_buffer_add(&context->challenge, in.data, in.size);
	if (!r)
		r = answer(context, &challenge, &a);
	if (!r)
		r = pen_ntlm_session_new(&context->session, context->world->crypto, context->flags,
					 context->session_key, false);
	if (!r)
		r = pen_buffer_add(out, context->authenticate.data, context->authenticate.size);
	pen_buffer_done(&a.user);
	pen_buffer_done(&a.domain);
	pen_buffer_done(&a.nt);
	pen_wipe(&a, sizeof(a));
	if (!r)
		context->state = PEN_NTLM_OPEN;
	return r;
}

int pen_ntlm_client_step(struct pen_mech_context *context, struct pen_slice in,
			 struct pen_buffer *out)
{
	switch (context->state) {
	case PEN_NTLM_AWAIT_START:
		return start(context, out);
	case PEN_NTLM_AWAIT_CHALLENGE:
		return take_challenge(context, in, out);
	default:
		return PEN_E_BAD_DATA;
	}
}
