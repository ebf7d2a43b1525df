/* SPDX-License-Identifier: MIT */
#include "base/writer.h"
#include "sec/ntlm-context.h"
#include <errno.h>
#include <penstock/token.h>

/* What we take up when a client offers it. */
#define OFFERS                                                                                     \
	(PEN_NTLM_SIGN | PEN_NTLM_SEAL | PEN_NTLM_ALWAYS_SIGN | PEN_NTLM_128 | PEN_NTLM_56 |       \
	 PEN_NTLM_KEY_EXCH | PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_REQUEST_TARGET |        \
	 PEN_NTLM_IDENTIFY)

/* NTLMv2_CLIENT_CHALLENGE before its AV_PAIRs, and the proof before that [MS-NLMP 2.2.2.7]. */
enum { PROOF_SIZE = 16, V2_HEAD_SIZE = 28, V2_TYPE = 1 };

/* ---- the challenge ---- */

static int choose_flags(struct pen_mech_context *context, uint32_t offered)
{
	uint32_t flags = (offered & OFFERS) | PEN_NTLM_NTLM | PEN_NTLM_TARGET_INFO;

	if (!(offered & (PEN_NTLM_UNICODE | PEN_NTLM_OEM)))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client can read neither Unicode nor OEM texts");
	flags |= offered & PEN_NTLM_UNICODE ? PEN_NTLM_UNICODE : PEN_NTLM_OEM;
	if (offered & PEN_NTLM_REQUEST_TARGET)
		flags |= context->config->netbios_domain ? PEN_NTLM_TARGET_TYPE_DOMAIN
							 : PEN_NTLM_TARGET_TYPE_SERVER;
	context->flags = flags;
	return 0;
}

/*
 * Whether what both sides agreed on is enough. Keys that sign nothing need not be good
 * ones, nor those of nobody, which everybody knows.
 */
static int check_strength(struct pen_mech_context *context, uint32_t flags)
{
	if (context->config->allow_weak || !(flags & (PEN_NTLM_SIGN | PEN_NTLM_SEAL)))
		return 0;
	if (!(flags & PEN_NTLM_EXTENDED_SESSION_SECURITY))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client does not offer extended session security");
	if (!(flags & PEN_NTLM_128))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client does not offer keys of 128 bits");
	return 0;
}

static int put_name(struct pen_buffer *info, enum pen_ntlm_av id, const char *name)
{
	struct pen_buffer text = { 0 };
	int r;

	if (!name)
		return 0;
	r = pen_ntlm_text_put(&text, name, false);
	if (!r)
		r = pen_ntlm_av_put(info, id, pen_ntlm_slice(&text));
	pen_buffer_done(&text);
	return r;
}

static int put_target_info(struct pen_mech_context *context, struct pen_buffer *info)
{
	const struct pen_ntlm_server *config = context->config;
	const char *domain =
		config->netbios_domain ? config->netbios_domain : config->netbios_computer;
	uint64_t now = context->world->now(context->world->data);
	uint8_t timestamp[8];
	int r;

	for (size_t i = 0; i < sizeof(timestamp); i++)
		timestamp[i] = (uint8_t)(now >> 8 * i);
	r = put_name(info, PEN_NTLM_AV_NB_DOMAIN, domain);
	if (!r)
		r = put_name(info, PEN_NTLM_AV_NB_COMPUTER, config->netbios_computer);
	if (!r)
		r = put_name(info, PEN_NTLM_AV_DNS_DOMAIN, config->dns_domain);
	if (!r)
		r = put_name(info, PEN_NTLM_AV_DNS_COMPUTER, config->dns_computer);
	if (!r)
		r = put_name(info, PEN_NTLM_AV_DNS_FOREST, config->dns_forest);
	if (!r)
		r = pen_ntlm_av_put(info, PEN_NTLM_AV_TIMESTAMP,
				    (struct pen_slice){ timestamp, sizeof(timestamp) });
	return r ? r : pen_ntlm_av_put(info, PEN_NTLM_AV_EOL, (struct pen_slice){ 0 });
}

static int put_target_name(struct pen_mech_context *context, struct pen_buffer *name)
{
	const struct pen_ntlm_server *config = context->config;
	const char *text =
		config->netbios_domain ? config->netbios_domain : config->netbios_computer;

	if (!(context->flags & PEN_NTLM_REQUEST_TARGET))
		return 0;
	if (context->flags & PEN_NTLM_UNICODE)
		return pen_ntlm_text_put(name, text, false);
	return pen_buffer_add(name, text, strlen(text));
}

static int put_challenge(struct pen_mech_context *context, struct pen_buffer *info,
			 struct pen_buffer *name)
{
	struct pen_ntlm_challenge challenge = { .flags = context->flags };
	int r = put_target_info(context, info);

	if (!r)
		r = put_target_name(context, name);
	if (r)
		return r;
	challenge.target_info = pen_ntlm_slice(info);
	challenge.target_name = pen_ntlm_slice(name);
	memcpy(challenge.challenge, context->server_challenge, sizeof(challenge.challenge));
	return pen_ntlm_challenge_put(&challenge, &context->challenge);
}

static int give_challenge(struct pen_mech_context *context, struct pen_buffer *out)
{
	struct pen_buffer info = { 0 };
	struct pen_buffer name = { 0 };
	int r = put_challenge(context, &info, &name);

	if (!r)
		r = pen_buffer_add(out, context->challenge.data, context->challenge.size);
	pen_buffer_done(&info);
	pen_buffer_done(&name);
	if (r)
		return r;
	context->state = PEN_NTLM_AWAIT_AUTHENTICATE;
	return PEN_E_AGAIN;
}

static int take_negotiate(struct pen_mech_context *context, struct pen_slice in,
			  struct pen_buffer *out)
{
	struct pen_ntlm_negotiate message;
	int r;

	if (pen_ntlm_negotiate_get(&message, in))
		return pen_ntlm_fail(context, PEN_E_BAD_DATA,
				     "the client's first token is no NEGOTIATE message");
	r = choose_flags(context, message.flags);
	if (!r)
		r = pen_buffer_add(&context->negotiate, in.data, in.size);
	if (!r && context->config->draw) {
		context->state = PEN_NTLM_AWAIT_DRAW;
		return PEN_PENDING;
	}
	if (!r)
		r = context->world->random(context->world->data, context->server_challenge,
					   sizeof(context->server_challenge));
	return r ? r : give_challenge(context, out);
}

static int take_drawn(struct pen_mech_context *context, struct pen_buffer *out)
{
	if (context->judged > 0)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "no challenge for the client can be had: whoever judges does "
				     "not answer");
	return context->judged ? context->judged : give_challenge(context, out);
}

/* ---- the response ---- */

static bool is_anonymous(const struct pen_ntlm_authenticate *message)
{
	return !message->user.size && !message->nt.size &&
	       (!message->lm.size || (message->lm.size == 1 && !message->lm.data[0]));
}

/*
 * The client chose among what it was offered; what we did not offer does not count. A
 * client that gives up what its level needs proves who it is all the same: Windows lets
 * it, and refuses what it then cannot sign (signature_size).
 */
static int agree(struct pen_mech_context *context, uint32_t chosen)
{
	context->flags &= chosen;
	return is_anonymous(&context->message) ? 0 : check_strength(context, context->flags);
}

static bool is_zero(struct pen_slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i])
			return false;
	return true;
}

/* [MS-NLMP 3.2.5.1.2]; all zero stands for none. */
static int check_bindings(struct pen_mech_context *context, struct pen_slice list)
{
	struct pen_slice got = { 0 };
	uint8_t wanted[PEN_MD5_SIZE];
	int r;

	if (!context->server.channel_bindings.size)
		return 0;
	pen_ntlm_av_find(list, PEN_NTLM_AV_CHANNEL_BINDINGS, &got);
	if (is_zero(got)) {
		if (!context->config->require_bindings)
			return 0;
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client has no channel bindings, and must have them");
	}
	r = pen_ntlm_bindings(context->world->crypto, context->server.channel_bindings, wanted);
	if (r)
		return r;
	if (got.size != sizeof(wanted) || !pen_equal_secret(got.data, wanted, sizeof(wanted)))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client's channel bindings are of another channel: "
				     "somebody stands between");
	return 0;
}

static int check_v2_form(struct pen_mech_context *context, struct pen_slice nt)
{
	struct pen_slice list;
	struct pen_slice flags;
	struct pen_slice eol;

	if (nt.size < PROOF_SIZE + V2_HEAD_SIZE || nt.data[PROOF_SIZE] != V2_TYPE ||
	    nt.data[PROOF_SIZE + 1] != V2_TYPE)
		return pen_ntlm_fail(context, PEN_E_BAD_DATA,
				     "the client's response is of no known version");
	list.data = nt.data + PROOF_SIZE + V2_HEAD_SIZE;
	list.size = nt.size - PROOF_SIZE - V2_HEAD_SIZE;
	if (pen_ntlm_av_find(list, PEN_NTLM_AV_EOL, &eol) != PEN_E_NOT_FOUND)
		return pen_ntlm_fail(context, PEN_E_BAD_DATA,
				     "the pairs in the client's response have no end");
	if (!pen_ntlm_av_find(list, PEN_NTLM_AV_FLAGS, &flags))
		context->needs_mic = flags.size && flags.data[0] & PEN_NTLM_AV_FLAG_MIC;
	if (context->needs_mic && !context->message.has_mic)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client's MIC was taken out of its message");
	return check_bindings(context, list);
}

static int check_form(struct pen_mech_context *context)
{
	struct pen_slice nt = context->message.nt;

	if (nt.size != PEN_NTLM_V1_SIZE)
		return check_v2_form(context, nt);
	if (!context->config->allow_v1)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client answers in version 1 of NTLM, which is not "
				     "allowed");
	if (context->server.channel_bindings.size && context->config->require_bindings)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "version 1 of NTLM has no channel bindings, and the client "
				     "must have them");
	return 0;
}

static int take_texts(struct pen_mech_context *context)
{
	const struct pen_ntlm_authenticate *message = &context->message;
	bool is_unicode = context->flags & PEN_NTLM_UNICODE;
	int r = pen_ntlm_text_get(&context->domain, message->domain, is_unicode);

	if (!r)
		r = pen_ntlm_text_get(&context->user, message->user, is_unicode);
	if (!r)
		r = pen_ntlm_text_get(&context->workstation, message->workstation, is_unicode);
	if (r == PEN_E_BAD_DATA)
		pen_ntlm_fail(context, r, "a name in the client's message is not one");
	return r;
}

static void describe(struct pen_mech_context *context)
{
	context->attempt = (struct pen_ntlm_attempt){
		.crypto = context->world->crypto,
		.domain = context->domain,
		.user = context->user,
		.workstation = context->workstation,
		.peer = context->server.peer ? context->server.peer : "",
		.nt = context->message.nt,
		.lm = context->message.lm,
		.flags = context->flags,
		.allow_v1 = context->config->allow_v1,
	};
	memcpy(context->attempt.server_challenge, context->server_challenge,
	       sizeof(context->server_challenge));
}

static int finish(struct pen_mech_context *context);

static int admit_anonymous(struct pen_mech_context *context)
{
	int r;

	if (!context->config->allow_anonymous)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client gives no name, and nobody may come without");
	r = pen_token_new_anonymous(&context->verdict.token, true);
	return r ? r : finish(context);
}

static void ask_judge(struct pen_mech_context *context)
{
	context->judged =
		context->config->judge(context->config->data, &context->attempt, &context->verdict);
	if (!context->judged && !context->verdict.token)
		context->judged = PEN_E_DENIED;
	context->state = PEN_NTLM_AWAIT_RESULT;
}

static int take_authenticate(struct pen_mech_context *context, struct pen_slice in)
{
	struct pen_buffer *kept = &context->authenticate;
	int r;

	if (in.size > PEN_NTLM_MESSAGE_MAX)
		return PEN_E_BAD_DATA;
	r = pen_buffer_add(kept, in.data, in.size);
	if (r)
		return r;
	if (pen_ntlm_authenticate_get(&context->message, pen_ntlm_slice(kept)))
		return pen_ntlm_fail(context, PEN_E_BAD_DATA,
				     "the client's answer is no AUTHENTICATE message");
	r = agree(context, context->message.flags);
	if (!r)
		r = take_texts(context);
	if (r)
		return r;
	describe(context);
	if (is_anonymous(&context->message))
		return admit_anonymous(context);

	r = check_form(context);
	if (r)
		return r;
	if (context->config->may_block) {
		context->state = PEN_NTLM_AWAIT_WORK;
		return PEN_PENDING;
	}
	ask_judge(context);
	return finish(context);
}

void pen_ntlm_server_work(struct pen_mech_context *context)
{
	if (context->state == PEN_NTLM_AWAIT_DRAW) {
		context->judged =
			context->config->draw(context->config->data, context->server_challenge);
		context->state = PEN_NTLM_AWAIT_DRAWN;
	} else if (context->state == PEN_NTLM_AWAIT_WORK) {
		ask_judge(context);
	}
}

/* ---- the keys ---- */

static int explain_verdict(struct pen_mech_context *context)
{
	const char *separator = context->domain[0] ? "\\" : "";

	if (context->judged > 0 && context->verdict.reason[0])
		return pen_ntlm_fail(context, PEN_E_DENIED, "%s", context->verdict.reason);
	if (context->judged == PEN_E_NOT_FOUND)
		return pen_ntlm_fail(context, PEN_E_DENIED, "there is no user %.64s%s%.64s",
				     context->domain, separator, context->user);
	if (context->judged > 0)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the password of %.64s%s%.64s is wrong, or the user may not "
				     "come in",
				     context->domain, separator, context->user);
	return context->judged;
}

/* KXKEY [MS-NLMP 3.4.5.1] */
static int exchange_key(struct pen_mech_context *context, uint8_t *key)
{
	const struct pen_ntlm_attempt *attempt = &context->attempt;
	const uint8_t *base_key = context->verdict.session_base_key;

	if (attempt->nt.size != PEN_NTLM_V1_SIZE ||
	    !(context->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY)) {
		memcpy(key, base_key, PEN_NTLM_KEY_SIZE);
		return 0;
	}
	if (attempt->lm.size < PEN_NTLM_CHALLENGE_SIZE)
		return PEN_E_BAD_DATA;
	return pen_ntlm_v1_exchange_key(attempt->crypto, base_key, attempt->server_challenge,
					attempt->lm.data, key);
}

static int make_session_key(struct pen_mech_context *context)
{
	const struct pen_slice sent = context->message.session_key;
	uint8_t key[PEN_NTLM_KEY_SIZE];
	int r = exchange_key(context, key);

	if (!r && context->flags & PEN_NTLM_KEY_EXCH) {
		if (sent.size != PEN_NTLM_KEY_SIZE)
			r = pen_ntlm_fail(context, PEN_E_BAD_DATA,
					  "the client agreed to send a key, and sent none");
		else
			r = pen_ntlm_exchange(context->world->crypto, key, sent.data,
					      context->session_key);
	} else if (!r) {
		memcpy(context->session_key, key, sizeof(key));
	}
	pen_wipe(key, sizeof(key));
	pen_wipe(context->verdict.session_base_key, PEN_NTLM_KEY_SIZE);
	return r;
}

static int check_mic(struct pen_mech_context *context)
{
	uint8_t mic[PEN_NTLM_MIC_SIZE];
	int r;

	if (!context->needs_mic)
		return 0;
	r = pen_ntlm_mic(context->world->crypto, context->session_key,
			 pen_ntlm_slice(&context->negotiate), pen_ntlm_slice(&context->challenge),
			 pen_ntlm_slice(&context->authenticate), mic);
	if (r)
		return r;
	if (!pen_equal_secret(mic, context->message.mic, sizeof(mic)))
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the MIC is wrong: the messages were changed on their way");
	return 0;
}

/* A client may want to be known and no more; the judge need not know of that. */
static int limit_token(struct pen_mech_context *context)
{
	struct pen_token **tokenp = &context->verdict.token;
	struct pen_token_info info = *pen_token_info(*tokenp);
	struct pen_token *limited;
	int r;

	if (!(context->message.flags & PEN_NTLM_IDENTIFY) || info.is_identify_only)
		return 0;
	info.is_identify_only = true;
	r = pen_token_new(&limited, &info);
	if (r)
		return r;
	pen_token_free(*tokenp);
	*tokenp = limited;
	return 0;
}

/*
 * A guest may have made up name and password, and what was made with it: nothing can be
 * signed, nor was a MIC if there is one.
 */
static int admit_unproved(struct pen_mech_context *context)
{
	if (context->server.level > PEN_AUTH_LEVEL_CONNECT)
		return pen_ntlm_fail(context, PEN_E_DENIED,
				     "the client is a guest, who has no key to sign with, and its "
				     "level asks for that");
	context->flags &= ~(uint32_t)(PEN_NTLM_SIGN | PEN_NTLM_SEAL);
	context->state = PEN_NTLM_OPEN;
	return 0;
}

static int finish(struct pen_mech_context *context)
{
	int r = explain_verdict(context);

	if (!r)
		r = limit_token(context);
	if (!r && context->verdict.is_unproved)
		return admit_unproved(context);
	if (!r)
		r = make_session_key(context);
	if (!r)
		r = check_mic(context);
	if (!r)
		r = pen_ntlm_session_new(&context->session, context->world->crypto, context->flags,
					 context->session_key, true);
	if (!r)
		context->state = PEN_NTLM_OPEN;
	return r;
}

int pen_ntlm_server_step(struct pen_mech_context *context, struct pen_slice in,
			 struct pen_buffer *out)
{
	switch (context->state) {
	case PEN_NTLM_AWAIT_NEGOTIATE:
		return take_negotiate(context, in, out);
	case PEN_NTLM_AWAIT_AUTHENTICATE:
		return take_authenticate(context, in);
	case PEN_NTLM_AWAIT_DRAW:
	case PEN_NTLM_AWAIT_WORK:
		return PEN_PENDING;
	case PEN_NTLM_AWAIT_DRAWN:
		return take_drawn(context, out);
	case PEN_NTLM_AWAIT_RESULT:
		return finish(context);
	default:
		return PEN_E_BAD_DATA;
	}
}
