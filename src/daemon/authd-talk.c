/* SPDX-License-Identifier: MIT */
#include "daemon/authd-talk.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "io/clock.h"
#include "object/letter.h"
#include "runtime/authority-letter.h"
#include "sec/krb5-outcome.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "store/vault.h"
#include <errno.h>
#include <penstock/auth.h>
#include <stdio.h>
#include <string.h>

/* NTLMv2_CLIENT_CHALLENGE before its AV_PAIRs, and the proof before that [MS-NLMP 2.2.2.7]. */
enum { RESPONSE_V2_MIN = 16 + 28 };

struct talk {
	int socket;
	const struct authd_config *config;
	struct challenges *challenges;
	bool has_accounts;
	uint64_t due;
	struct pen_arena in, out;
	struct authority_question question;
	struct authority_answer answer;
	bool is_over; /* after this answer */

	/* Kerberos, between the legs. */
	struct pen_krb5_server krb5;
	struct pen_mech_server server;
	struct pen_mech_context *context;
	struct pen_buffer token;
};

/* ---- what is offered ---- */

static int tell_terms(struct talk *talk)
{
	const struct pen_ntlm_server *ntlm = talk->config->ntlm;

	talk->answer.body.terms = (struct authority_terms){
		.netbios_computer = ntlm->netbios_computer,
		.netbios_domain = ntlm->netbios_domain,
		.dns_computer = ntlm->dns_computer,
		.dns_domain = ntlm->dns_domain,
		.dns_forest = ntlm->dns_forest,
		.allow_v1 = ntlm->allow_v1,
		.allow_weak_ntlm = ntlm->allow_weak,
		.allow_anonymous = ntlm->allow_anonymous,
		.needs_ntlm_bindings = ntlm->require_bindings,
		.has_krb5 = talk->config->krb5 != NULL,
	};
	talk->is_over = true;
	return 0;
}

/* ---- challenges ---- */

static int draw(struct talk *talk)
{
	static const uint8_t none[PEN_NTLM_CHALLENGE_SIZE];
	struct challenges *challenges = talk->challenges;
	const struct pen_mech_world *world = talk->config->world;
	uint8_t *bytes = talk->answer.body.challenge.bytes;
	int r = world->random(world->data, bytes, PEN_NTLM_CHALLENGE_SIZE);

	talk->is_over = true;
	if (r || !memcmp(bytes, none, sizeof(none)))
		return r ? r : -EAGAIN;
	pthread_mutex_lock(&challenges->mutex);
	memcpy(challenges->rows[challenges->next], bytes, PEN_NTLM_CHALLENGE_SIZE);
	challenges->due[challenges->next] = pen_clock_ms() + talk->config->conversation_ms;
	challenges->next = (challenges->next + 1) % CHALLENGES_MAX;
	pthread_mutex_unlock(&challenges->mutex);
	return 0;
}

/* Whether it is one that the worker has got, and not answered yet: from now on it is not. */
static bool take_challenge(struct talk *talk, const uint8_t bytes[PEN_NTLM_CHALLENGE_SIZE])
{
	static const uint8_t none[PEN_NTLM_CHALLENGE_SIZE];
	struct challenges *challenges = talk->challenges;
	bool is_there = false;

	if (!memcmp(bytes, none, sizeof(none)))
		return false;
	pthread_mutex_lock(&challenges->mutex);
	for (size_t i = 0; i < CHALLENGES_MAX && !is_there; i++) {
		if (memcmp(challenges->rows[i], bytes, PEN_NTLM_CHALLENGE_SIZE) != 0)
			continue;
		is_there = challenges->due[i] > pen_clock_ms();
		memset(challenges->rows[i], 0, PEN_NTLM_CHALLENGE_SIZE);
	}
	pthread_mutex_unlock(&challenges->mutex);
	return is_there;
}

/* ---- NTLM ---- */

/* Of the forms that a judge need not ask for any more. */
static const char *wrong_form(const struct authority_attempt *attempt,
			      const struct pen_ntlm_server *ntlm)
{
	if (attempt->n_nt != PEN_NTLM_V1_SIZE)
		return attempt->n_nt < RESPONSE_V2_MIN
			       ? "the client's response is of no known version"
			       : NULL;
	if (!ntlm->allow_v1)
		return "the client answers in version 1 of NTLM, which is not allowed";
	return attempt->n_lm < PEN_NTLM_CHALLENGE_SIZE ? "the client's response is too short"
						       : NULL;
}

static int tell_verdict(struct talk *talk, int r, struct pen_ntlm_verdict *verdict)
{
	struct authority_verdict *letter = &talk->answer.body.verdict;
	struct object_token *token;

	letter->result = r;
	letter->reason = verdict->reason[0] ? pen_arena_strdup(&talk->out, verdict->reason) : NULL;
	if (r)
		return 0;
	token = pen_arena_zalloc(&talk->out, sizeof(*token));
	if (!token)
		return -ENOMEM;
	r = pen_letter_from_token(token, &talk->out, verdict->token);
	letter->token = token;
	letter->is_unproved = verdict->is_unproved;
	memcpy(letter->session_base_key, verdict->session_base_key, PEN_NTLM_KEY_SIZE);
	return r;
}

static int judge(struct talk *talk, struct pen_ntlm_verdict *verdict)
{
	const struct authority_attempt *letter = &talk->question.body.attempt;
	const struct pen_ntlm_server *ntlm = talk->config->ntlm;
	struct pen_ntlm_attempt attempt = {
		.crypto = talk->config->world->crypto,
		.domain = letter->domain,
		.user = letter->user,
		.workstation = letter->workstation,
		.peer = letter->peer,
		.nt = { letter->nt, letter->n_nt },
		.lm = { letter->lm, letter->n_lm },
		.flags = letter->flags,
		.allow_v1 = ntlm->allow_v1,
	};
	const char *wrong = wrong_form(letter, ntlm);
	int r;

	memcpy(attempt.server_challenge, letter->server_challenge.bytes, PEN_NTLM_CHALLENGE_SIZE);
	if (!wrong && !take_challenge(talk, attempt.server_challenge))
		wrong = "the client answers no challenge of ours, or too late";
	if (wrong) {
		snprintf(verdict->reason, sizeof(verdict->reason), "%s", wrong);
		return PEN_E_DENIED;
	}
	r = ntlm->judge(ntlm->data, &attempt, verdict);
	return !r && !verdict->token ? PEN_E_DENIED : r;
}

/* The verdict's token lives until it is told. */
static int answer_attempt(struct talk *talk, struct pen_ntlm_verdict *verdict)
{
	int r = judge(talk, verdict);

	talk->is_over = true;
	return tell_verdict(talk, r, verdict);
}

/* ---- Kerberos ---- */

static int open_context(struct talk *talk, const struct authority_opening *opening)
{
	struct pen_slice bindings = { opening->bindings, opening->n_bindings };
	uint8_t *copy = NULL;
	char *peer = strdup(opening->peer);

	if (bindings.size) {
		copy = malloc(bindings.size);
		if (copy)
			memcpy(copy, bindings.data, bindings.size);
	}
	talk->server = (struct pen_mech_server){
		.world = talk->config->world,
		.config = &talk->krb5,
		.peer = peer,
		.channel_bindings = { copy, copy ? bindings.size : 0 },
		.level = (enum pen_auth_level)opening->level,
	};
	if (!peer || (bindings.size && !copy))
		return -ENOMEM;
	talk->krb5 = *talk->config->krb5;
	talk->krb5.acceptor = NULL;
	talk->krb5.keeps_outcome = true;
	return pen_mech_krb5.new_server(&talk->context, &talk->server);
}

static uint8_t *bytes_of(struct pen_slice slice)
{
	return slice.size ? (uint8_t *)(uintptr_t)slice.data : NULL;
}

static int tell_agreed(struct talk *talk, struct authority_stride *stride)
{
	struct authority_agreed *letter = pen_arena_zalloc(&talk->out, sizeof(*letter));
	struct pen_krb5_outcome outcome;
	int r = letter ? pen_krb5_get_outcome(talk->context, &outcome) : -ENOMEM;

	if (r)
		return r;
	*letter = (struct authority_agreed){
		.key_type = (uint32_t)outcome.key_type,
		.flags = outcome.flags,
		.n_session_key = (uint32_t)outcome.session_key.size,
		.session_key = bytes_of(outcome.session_key),
		.n_key = (uint32_t)outcome.agreed.key.size,
		.key = bytes_of(outcome.agreed.key),
		.is_acceptors_key = outcome.agreed.is_acceptors_key,
		.n_sent = (int64_t)outcome.agreed.n_sent,
		.n_received = (int64_t)outcome.agreed.n_received,
		.n_context = (uint32_t)outcome.exported.size,
		.context = bytes_of(outcome.exported),
	};
	stride->agreed = letter;
	return pen_letter_from_token(&letter->token, &talk->out, outcome.token);
}

static int step(struct talk *talk, struct pen_slice in)
{
	const struct pen_mech *mech = &pen_mech_krb5;
	int r = mech->step(talk->context, in, &talk->token);

	while (r == PEN_PENDING) {
		mech->work(talk->context);
		r = mech->step(talk->context, (struct pen_slice){ 0 }, &talk->token);
	}
	return r;
}

static int answer_leg(struct talk *talk)
{
	const struct authority_leg *leg = &talk->question.body.leg;
	struct authority_stride *stride = &talk->answer.body.stride;
	const char *reason;
	int r = 0;

	if (!talk->config->krb5 || !leg->opening != !!talk->context)
		return PEN_E_PROTOCOL;
	if (leg->opening && (leg->opening->level < PEN_AUTH_LEVEL_CONNECT ||
			     leg->opening->level > PEN_AUTH_LEVEL_PRIVACY))
		return PEN_E_PROTOCOL;
	if (leg->opening)
		r = open_context(talk, leg->opening);
	if (r)
		return r;
	talk->token.size = 0;
	r = step(talk, (struct pen_slice){ leg->bytes, leg->n });
	reason = pen_mech_krb5.reason(talk->context);
	*stride = (struct authority_stride){ .result = r,
					     .reason = r > 0 && r != PEN_E_AGAIN ? reason : NULL,
					     .n = (uint32_t)talk->token.size,
					     .bytes = talk->token.size ? talk->token.data : NULL };
	talk->is_over = r != PEN_E_AGAIN;
	return r ? 0 : tell_agreed(talk, stride);
}

/* ---- the accounts' passwords ---- */

static int ask_vault(struct talk *talk, struct pen_vault_query *query)
{
	const struct pen_vault *vault = talk->config->vault;
	int r = vault->ops->begin(vault, query);

	if (r != PEN_PENDING)
		return r;
	vault->ops->work(vault, query);
	return vault->ops->end(vault, query);
}

/* What is said of it lives in the arena of the answer. */
static int answer_vault(struct talk *talk)
{
	struct pen_vault_query *query;
	int r;

	if (!talk->has_accounts || !talk->config->vault)
		return PEN_E_PROTOCOL;
	talk->is_over = true;
	query = pen_secret_alloc(sizeof(*query));
	if (!query)
		return -ENOMEM;
	pen_vault_query_init(query, (enum authority_question_verb)talk->question.verb);
	query->question = talk->question;
	r = ask_vault(talk, query);
	if (!r) {
		struct pen_arena spare = talk->out;

		talk->answer = query->answer;
		talk->out = query->arena;
		query->arena = spare;
	}
	pen_vault_query_done(query);
	pen_secret_free(query);
	return r;
}

/* ---- the whole ---- */

static int answer(struct talk *talk, struct pen_ntlm_verdict *verdict)
{
	talk->answer = (struct authority_answer){ .verb = talk->question.verb };
	/* Of one matter alone. */
	if (talk->context && talk->question.verb != authority_KRB5)
		return PEN_E_PROTOCOL;
	switch (talk->question.verb) {
	case authority_TERMS:
		return tell_terms(talk);
	case authority_CHALLENGE:
		return draw(talk);
	case authority_NTLM:
		return answer_attempt(talk, verdict);
	case authority_KRB5:
		return answer_leg(talk);
	case authority_LOGON:
	case authority_PROOF:
	case authority_PASSWORDS:
	case authority_SET:
	case authority_CHANGE:
		return answer_vault(talk);
	default:
		return PEN_E_PROTOCOL;
	}
}

/* What could not be done for want of something is told as a failure, without a reason. */
static void give_up(struct talk *talk, int r)
{
	if (talk->answer.verb == authority_NTLM)
		talk->answer.body.verdict = (struct authority_verdict){ .result = r };
	else
		talk->answer.body.stride = (struct authority_stride){ .result = r };
	talk->is_over = true;
}

static int turn(struct talk *talk)
{
	struct pen_ntlm_verdict verdict = { .token = NULL };
	bool is_failure_told;
	int r;

	pen_arena_wipe(&talk->in);
	pen_arena_wipe(&talk->out);
	r = pen_authority_receive_question(talk->socket, &talk->question, &talk->in, talk->due);
	if (r)
		return r;
	r = answer(talk, &verdict);
	is_failure_told =
		talk->answer.verb == authority_NTLM || talk->answer.verb == authority_KRB5;
	if (r && r != PEN_E_PROTOCOL && is_failure_told) {
		give_up(talk, r);
		r = 0;
	}
	if (!r)
		r = pen_authority_send_answer(talk->socket, &talk->answer, talk->due);
	if ((r == PEN_E_LIMIT || r == PEN_E_BAD_DATA) && is_failure_told) {
		give_up(talk, r);
		r = pen_authority_send_answer(talk->socket, &talk->answer, talk->due);
	}
	pen_token_free(verdict.token);
	pen_wipe(&verdict, sizeof(verdict));
	return r;
}

int talk_serve(int socket, const struct authd_config *config, struct challenges *challenges,
	       bool has_accounts)
{
	struct talk *talk = pen_secret_alloc(sizeof(*talk));
	int r = 0;

	if (!talk)
		return -ENOMEM;
	talk->socket = socket;
	talk->config = config;
	talk->challenges = challenges;
	talk->has_accounts = has_accounts;
	talk->due = pen_clock_ms() + config->conversation_ms;
	pen_arena_init(&talk->in, PEN_AUTHORITY_ARENA_MAX);
	pen_arena_init(&talk->out, PEN_AUTHORITY_ARENA_MAX);
	while (!r && !talk->is_over)
		r = turn(talk);
	pen_mech_krb5.free(talk->context);
	free((void *)(uintptr_t)talk->server.peer);
	free((void *)(uintptr_t)talk->server.channel_bindings.data);
	pen_buffer_done(&talk->token);
	pen_arena_wipe(&talk->in);
	pen_arena_wipe(&talk->out);
	pen_secret_free(talk);
	return r;
}
