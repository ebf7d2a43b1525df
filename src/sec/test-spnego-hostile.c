/* SPDX-License-Identifier: MIT */
#include "support/talk.h"
#include "support/unit.h"
#include <stdlib.h>
#include <string.h>

static struct pen_slice slice_of(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ buffer->data, buffer->size };
}

static bool is_same(struct pen_slice a, struct pen_slice b)
{
	return a.size == b.size && !a.data == !b.data &&
	       (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

/* Puts another token in the place of one. */
static void replace(struct talk *talk, size_t nth, const struct pen_spnego_token *token)
{
	struct pen_buffer out;

	pen_buffer_init(&out, 0);
	assert_int_equal(pen_spnego_token_put(token, &out), 0);
	pen_buffer_done(&talk->tokens[nth]);
	talk->tokens[nth] = out;
	talk->is_altered = true;
}

/* ---- a bit changed on the way ---- */

/* What no MIC is over, and what changes nothing for either side. */
static bool is_harmless(const struct talk *talk, size_t nth, struct pen_slice was,
			struct pen_slice is)
{
	struct pen_spnego_token a;
	struct pen_spnego_token b;

	if (pen_spnego_token_get(&a, was) || pen_spnego_token_get(&b, is))
		return false;
	/* The token of the client's first choice, which was not chosen. */
	if (nth == 0 && pen_spnego_chosen(talk->server.context) == &fake_blue)
		return is_same(a.mech_types, b.mech_types);
	/* How far the server is, and which name it calls the mechanism by. */
	return nth > 0 && is_same(a.mech_token, b.mech_token) &&
	       is_same(a.mech_list_mic, b.mech_list_mic);
}

struct flip {
	size_t nth;
	size_t byte;
	uint8_t mask;
	struct pen_buffer was;
};

static struct flip flip;

static void meddle_bit(struct talk *talk, size_t nth)
{
	struct pen_buffer *token = &talk->tokens[nth];

	if (nth != flip.nth || talk->is_altered)
		return;
	flip.was.size = 0;
	assert_int_equal(pen_buffer_add(&flip.was, token->data, token->size), 0);
	assert_true(flip.byte < token->size);
	token->data[flip.byte] ^= flip.mask;
	talk->is_altered = true;
}

static void run_flipped(unsigned n_legs, bool is_other)
{
	struct talk talk;

	talk_init(&talk, n_legs, is_other);
	talk.meddle = meddle_bit;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_true(talk.is_altered);
	if (talk_is_agreed(&talk)) {
		const struct pen_mech *chosen = is_other ? &fake_blue : &fake_red;

		if (!is_harmless(&talk, flip.nth, slice_of(&flip.was),
				 slice_of(&talk.tokens[flip.nth])))
			fail_msg("%u legs: byte %zu of token %zu may be changed by %#x", n_legs,
				 flip.byte, flip.nth, flip.mask);
		assert_ptr_equal(pen_spnego_chosen(talk.client.context), chosen);
		assert_ptr_equal(pen_spnego_chosen(talk.server.context), chosen);
	}
	talk_done(&talk);
}

static void flip_all(unsigned n_legs, bool is_other)
{
	size_t sizes[TALK_TOKENS_MAX];
	struct talk talk;
	size_t n;

	talk_init(&talk, n_legs, is_other);
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_true(talk_is_agreed(&talk));
	n = talk.n;
	for (size_t i = 0; i < n; i++)
		sizes[i] = talk.tokens[i].size;
	talk_done(&talk);

	pen_buffer_init(&flip.was, 0);
	for (flip.nth = 0; flip.nth < n; flip.nth++)
		for (flip.byte = 0; flip.byte < sizes[flip.nth]; flip.byte++)
			for (int bit = 0; bit < 8; bit++) {
				flip.mask = (uint8_t)(1 << bit);
				run_flipped(n_legs, is_other);
			}
	pen_buffer_done(&flip.was);
}

static void test_any_bit(void **state)
{
	flip_all(3, false);
	flip_all(1, true);
	flip_all(2, true);
	flip_all(3, true);
	flip_all(4, true);
}

/* ---- the list changed on the way ---- */

static const struct pen_slice foreign = { (const uint8_t *)"\x2a\x03\x04", 3 };

static void meddle_list(struct talk *talk, size_t nth)
{
	struct pen_spnego_token token;
	struct pen_slice mechs[8];
	struct pen_buffer types;
	size_t n = 0;

	if (nth)
		return;
	assert_int_equal(pen_spnego_token_get(&token, slice_of(&talk->tokens[0])), 0);
	switch (talk->at) {
	case 0: /* without the first mechanism, and its token */
		mechs[n++] = token.mechs[2];
		token.mech_token = (struct pen_slice){ NULL, 0 };
		break;
	case 1: /* with its token */
		mechs[n++] = token.mechs[2];
		break;
	case 2: /* another order */
		mechs[n++] = token.mechs[2];
		mechs[n++] = token.mechs[0];
		mechs[n++] = token.mechs[1];
		break;
	case 3: /* without the last */
		mechs[n++] = token.mechs[0];
		mechs[n++] = token.mechs[1];
		break;
	case 4: /* without the second name of the first */
		mechs[n++] = token.mechs[0];
		mechs[n++] = token.mechs[2];
		break;
	case 5: /* with one more */
		memcpy(mechs, token.mechs, 3 * sizeof(*mechs));
		n = 3;
		mechs[n++] = foreign;
		break;
	default: /* with one more in front */
		mechs[n++] = foreign;
		memcpy(mechs + n, token.mechs, 3 * sizeof(*mechs));
		n += 3;
		break;
	}
	pen_buffer_init(&types, 0);
	assert_int_equal(pen_spnego_mech_types_put(mechs, n, &types), 0);
	token.mech_types = slice_of(&types);
	replace(talk, 0, &token);
	pen_buffer_done(&types);
}

/*
 * Found out by the MIC. Where there is none, because the mechanism is the client's first
 * and its last token the server's, it has not changed the choice.
 */
static void test_list_changed(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 4; n_legs++) {
		bool has_mic = n_legs == 3;

		for (size_t at = 0; at < 7; at++) {
			struct talk talk;

			talk_init(&talk, n_legs, false);
			talk.meddle = meddle_list;
			talk.at = at;
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			assert_true(talk.is_altered);
			if (has_mic)
				assert_false(talk_is_agreed(&talk));
			if (talk_is_agreed(&talk)) {
				assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_red);
				assert_ptr_equal(pen_spnego_chosen(talk.server.context), &fake_red);
			}
			talk_done(&talk);
		}
	}
}

static void test_list_changed_is_said(void **state)
{
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.meddle = meddle_list;
	talk.at = 3;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_int_equal(talk.server.r, PEN_E_DENIED);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "the mechListMIC is wrong: somebody on the way has changed the list "
			    "of mechanisms");
	talk_done(&talk);
}

/* ---- the MIC changed on the way ---- */

enum { MIC_NONE, MIC_EMPTY, MIC_SHORT, MIC_LONG, MIC_OTHER, MIC_KINDS };

static void meddle_mic(struct talk *talk, size_t nth)
{
	static const uint8_t zeros[FAKE_SIGNATURE_SIZE + 1];
	static const struct pen_slice kinds[MIC_KINDS] = {
		[MIC_NONE] = { NULL, 0 },
		[MIC_EMPTY] = { zeros, 0 },
		[MIC_SHORT] = { zeros, FAKE_SIGNATURE_SIZE - 1 },
		[MIC_LONG] = { zeros, FAKE_SIGNATURE_SIZE + 1 },
		[MIC_OTHER] = { zeros, FAKE_SIGNATURE_SIZE },
	};
	struct pen_spnego_token token;

	assert_int_equal(pen_spnego_token_get(&token, slice_of(&talk->tokens[nth])), 0);
	if (!token.mech_list_mic.data || nth % 2 != talk->at / MIC_KINDS)
		return;
	token.mech_list_mic = kinds[talk->at % MIC_KINDS];
	replace(talk, nth, &token);
}

/* Of the client, or of the server: whoever gets it refuses, or hears that it was refused. */
static void test_mic_changed(void **state)
{
	static const struct {
		unsigned n_legs;
		bool is_other;
	} rows[] = {
		{ 3, false }, { 5, false }, { 1, true }, { 2, true }, { 3, true }, { 4, true }
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		for (size_t at = 0; at < 2 * MIC_KINDS; at++) {
			struct talk talk;

			talk_init(&talk, rows[i].n_legs, rows[i].is_other);
			talk.meddle = meddle_mic;
			talk.at = at;
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			assert_true(talk.is_altered);
			assert_false(talk_is_agreed(&talk));
			/* The side that was to get it does not go on as if all were well. */
			if (rows[i].is_other || at >= MIC_KINDS || at % MIC_KINDS != MIC_NONE)
				assert_int_equal((at < MIC_KINDS ? &talk.server : &talk.client)->r,
						 PEN_E_DENIED);
			talk_done(&talk);
		}
	}
}

/* Both MICs taken away, by somebody who changed the list too. */
static void meddle_list_and_mics(struct talk *talk, size_t nth)
{
	struct pen_spnego_token token;

	if (nth == 0) {
		meddle_list(talk, nth);
		return;
	}
	assert_int_equal(pen_spnego_token_get(&token, slice_of(&talk->tokens[nth])), 0);
	token.mech_list_mic = (struct pen_slice){ NULL, 0 };
	if (nth % 2 && talk->n_mics)
		token.state = PEN_SPNEGO_ACCEPT_COMPLETED;
	if (nth % 2 && token.state == PEN_SPNEGO_REQUEST_MIC)
		token.state = PEN_SPNEGO_ACCEPT_INCOMPLETE;
	replace(talk, nth, &token);
}

static void test_downgrade(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 5; n_legs++) {
		for (size_t at = 0; at < 3; at++) {
			struct talk talk;

			talk_init(&talk, n_legs, false);
			talk.meddle = meddle_list_and_mics;
			talk.at = at;
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			assert_true(talk.client.r != 0);
			talk_done(&talk);
		}
	}
}

/* ---- a peer by hand ---- */

/*
 * A token as a line: the names that an initial one lists or a response chooses, by letters
 * (Microsoft's and the proper name of red, blue, and a stranger), and the other fields.
 */
struct line {
	char kind; /* i(nit), r(esponse), e(mpty), g(arbage); 0: no more */
	const char *mechs;
	int state; /* plus one; 0: none */
	const char *token;
	const char *mic;
	int r;		    /* what the step returns */
	const char *reason; /* that it gives; NULL: any */
};

enum { COMPLETED = 1, INCOMPLETE, REJECT, REQUEST_MIC };

struct script {
	const char *name;
	bool is_server; /* who is tested */
	unsigned n_legs;
	bool has_only_blue;
	bool cannot_sign;
	struct line lines[5];
};

static struct pen_slice name_of(char letter)
{
	switch (letter) {
	case 'm':
		return pen_oid_ms_krb5;
	case 'k':
		return pen_oid_krb5;
	case 'b':
		return pen_oid_ntlm;
	default:
		return foreign;
	}
}

static struct pen_slice text(const char *string)
{
	return (struct pen_slice){ (const uint8_t *)string, string ? strlen(string) : 0 };
}

static void put_line(const struct line *line, struct pen_buffer *out)
{
	struct pen_spnego_token token = {
		.kind = line->kind == 'i' ? PEN_SPNEGO_INIT : PEN_SPNEGO_RESP,
		.state = (enum pen_spnego_state)(line->state - 1),
		.mech_token = text(line->token),
		.mech_list_mic = text(line->mic),
	};
	struct pen_slice names[8];
	struct pen_buffer types;
	size_t n = 0;

	pen_buffer_init(&types, 0);
	for (const char *letter = line->mechs; letter && *letter; letter++)
		names[n++] = name_of(*letter);
	if (line->kind == 'i' && line->mechs) {
		assert_int_equal(pen_spnego_mech_types_put(names, n, &types), 0);
		token.mech_types = slice_of(&types);
	} else if (n) {
		token.supported_mech = names[0];
	}
	if (line->kind == 'g')
		assert_int_equal(pen_buffer_add(out, "garbage", 7), 0);
	else if (line->kind != 'e')
		assert_int_equal(pen_spnego_token_put(&token, out), 0);
	pen_buffer_done(&types);
}

static void run_script(const struct script *script)
{
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;
	struct talk_side *side = script->is_server ? &talk.server : &talk.client;

	talk_init(&talk, script->n_legs, script->has_only_blue);
	for (int i = 0; i < TALK_N_COLOURS; i++)
		side->fake[i].cannot_sign = script->cannot_sign;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	for (const struct line *line = script->lines; line->kind; line++) {
		const char *reason;

		in.size = out.size = 0;
		put_line(line, &in);
		talk_step(side, slice_of(&in), &out);
		reason = pen_mech_spnego.reason(side->context);
		if (side->r != line->r || (line->reason && strcmp(reason, line->reason) != 0))
			fail_msg("%s, line %td: %s: %s", script->name, line - script->lines,
				 pen_error_name(side->r), reason);
	}
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

#define AGAIN  PEN_E_AGAIN
#define BAD    PEN_E_BAD_DATA
#define DENIED PEN_E_DENIED

/* clang-format off: a line is a line */
static const struct script scripts[] = {
	{ "a response to begin with",
	  true,
	  3,
	  false,
	  false,
	  { { 'r', "m", INCOMPLETE, "\1key", NULL, BAD,
	      "the first token does not list the client's mechanisms" } } },
	{ "no list",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', NULL, 0, "\1key", NULL, BAD,
	      "the first token does not list the client's mechanisms" } } },
	{ "an empty list",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "", 0, "\1key", NULL, BAD,
	      "the first token does not list the client's mechanisms" } } },
	{ "garbage",
	  true,
	  3,
	  false,
	  false,
	  { { 'g', NULL, 0, NULL, NULL, BAD,
	      "7 bytes are no token of SPNEGO, or of its mechanisms" } } },
	{ "strangers only",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "xxx", 0, "\1key", NULL, DENIED,
	      "none of the client's 3 mechanisms is offered here" } } },
	{ "a list twice",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'i', "mkb", 0, "\1key", NULL, BAD, "the negotiation began a second time" } } },
	{ "the hints twice",
	  true,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL }, { 'e', NULL, 0, NULL, NULL, BAD, NULL } } },
	{ "the list after the hints",
	  true,
	  1,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'i', "mkb", 0, "\1key", NULL, 0, NULL } } },
	{ "nothing after the list",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'e', NULL, 0, NULL, NULL, BAD, "0 bytes are no token of SPNEGO" } } },
	{ "no token with the list",
	  true,
	  3,
	  false,
	  true,
	  { { 'i', "mkb", 0, NULL, NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", NULL, 0, NULL } } },
	{ "a token out of order",
	  true,
	  5,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\5key", NULL, BAD, "red: another token" } } },
	{ "a token twice",
	  true,
	  5,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", NULL, BAD, "red: another token" } } },
	{ "the token of another",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1kay", NULL, DENIED, "red: another key" } } },
	{ "a response without a token",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, INCOMPLETE, NULL, NULL, BAD, "the client sent no token of red" } } },
	{ "the client gives up",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, REJECT, "\3key", NULL, DENIED, "the client rejects the negotiation" } } },
	{ "a MIC with the list",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", "123456789012", DENIED,
	      "a mechListMIC before red was complete" } } },
	{ "a MIC with the list, and another choice",
	  true,
	  3,
	  true,
	  false,
	  { { 'i', "mkb", 0, "\1key", "123456789012", DENIED,
	      "a mechListMIC before blue has begun" } } },
	{ "a wrong MIC with the list of a mechanism of one token",
	  true,
	  1,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", "123456789012", DENIED, NULL } } },
	{ "a MIC too early",
	  true,
	  5,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", "123456789012", DENIED,
	      "a mechListMIC before red was complete" } } },
	{ "a MIC that nobody can verify",
	  true,
	  3,
	  false,
	  true,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", "123456789012", DENIED,
	      "a mechListMIC that red cannot verify" } } },
	{ "no MIC, and the client's first choice",
	  true,
	  3,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", NULL, 0, NULL } } },
	{ "no MIC, and another choice",
	  true,
	  3,
	  true,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\3key", NULL, DENIED,
	      "no mechListMIC, though blue was not the client's first choice" } } },
	{ "no MIC of the client",
	  true,
	  2,
	  true,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, NULL, NULL, DENIED, "the client sent no mechListMIC" } } },
	{ "a token in place of the MIC",
	  true,
	  2,
	  true,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, "\3key", "123456789012", BAD,
	      "a token of blue after its last" } } },
	{ "a token after the end",
	  true,
	  2,
	  false,
	  false,
	  { { 'i', "mkb", 0, "\1key", NULL, AGAIN - 1, NULL },
	    { 'r', NULL, 0, "\1key", NULL, BAD, "a token after the negotiation's end" },
	    { 'r', NULL, 0, "\1key", NULL, BAD, "a token after the negotiation's end" } } },
	{ "a token after a failure",
	  true,
	  2,
	  false,
	  false,
	  { { 'i', "x", 0, "\1key", NULL, DENIED, NULL },
	    { 'i', "mkb", 0, "\1key", NULL, BAD,
	      "none of the client's 1 mechanisms is offered here" } } },

	{ "hints", false, 3, false, false, { { 'i', "xb", 0, NULL, NULL, AGAIN, NULL } } },
	{ "hints without a list",
	  false,
	  3,
	  false,
	  false,
	  { { 'i', NULL, 0, NULL, NULL, AGAIN, NULL } } },
	{ "hints of strangers",
	  false,
	  3,
	  false,
	  false,
	  { { 'i', "xx", 0, NULL, NULL, DENIED,
	      "the server has none of the mechanisms that we would offer" } } },
	{ "hints that are none",
	  false,
	  3,
	  false,
	  false,
	  { { 'r', "m", INCOMPLETE, "\2key", NULL, BAD,
	      "what the server began with are not the hints of SPNEGO" } } },
	{ "a list for an answer",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'i', "mkb", 0, NULL, NULL, BAD, "the negotiation began a second time" } } },
	{ "nothing for an answer",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'e', NULL, 0, NULL, NULL, BAD, "0 bytes are no token of SPNEGO" } } },
	{ "the choice of a stranger",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "x", INCOMPLETE, "\2key", NULL, DENIED,
	      "the server chose a mechanism that was not offered" } } },
	{ "no choice and no state",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\2key", NULL, AGAIN, NULL } } },
	{ "the other name, with a token",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "k", INCOMPLETE, "\2key", NULL, AGAIN, NULL } } },
	{ "no token",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, NULL, NULL, BAD, "the server sent no token of red" } } },
	{ "a rejection with a token",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", REJECT, "\2key", NULL, DENIED, "the server rejects the negotiation" } } },
	{ "completed too early",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", COMPLETED, "\2key", NULL, DENIED,
	      "the server has completed before red has" } } },
	{ "a MIC too early",
	  false,
	  5,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", "123456789012", DENIED,
	      "a mechListMIC before red was complete" } } },
	{ "a MIC asked for too late",
	  false,
	  5,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
	    { 'r', NULL, REQUEST_MIC, "\4key", NULL, DENIED,
	      "the server asks for a mechListMIC too late" } } },
	{ "another choice, with a token",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "b", REQUEST_MIC, "\2key", NULL, DENIED,
	      "a token of blue before it has begun" } } },
	{ "another choice, and completed",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "b", COMPLETED, NULL, NULL, DENIED,
	      "the server has completed before blue has" } } },
	{ "another choice, and a MIC",
	  false,
	  3,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "b", REQUEST_MIC, NULL, "123456789012", DENIED,
	      "a mechListMIC before blue was complete" } } },
	{ "another choice later is not heeded",
	  false,
	  5,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
	    { 'r', "b", INCOMPLETE, "\4key", NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, NULL, NULL, DENIED,
	      "the server did not answer our mechListMIC" } } },
	{ "more wanted of a complete mechanism",
	  false,
	  2,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, DENIED,
	      "the server wants more, but red is complete" } } },
	{ "a MIC asked for, and none",
	  false,
	  2,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", REQUEST_MIC, "\2key", NULL, DENIED,
	      "no mechListMIC from the server, though one is due: somebody on the way may have "
	      "changed the list of mechanisms" } } },
	{ "another choice, and no MIC",
	  false,
	  2,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "b", INCOMPLETE, NULL, NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, "\2key", NULL, DENIED, NULL } } },
	{ "completed, without a word",
	  false,
	  2,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', NULL, 0, "\2key", NULL, 0, NULL },
	    { 'r', NULL, 0, "\4key", NULL, BAD, "a token after the negotiation's end" } } },
	{ "a token after the last",
	  false,
	  3,
	  false,
	  true,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, "\4key", NULL, BAD, "a token of red after its last" } } },
	{ "more wanted at the last",
	  false,
	  3,
	  false,
	  true,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
	    { 'r', NULL, INCOMPLETE, NULL, NULL, DENIED,
	      "the server wants more, but red is complete" } } },
	{ "a MIC that cannot be verified",
	  false,
	  3,
	  false,
	  true,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
	    { 'r', NULL, COMPLETED, NULL, "123456789012", DENIED,
	      "a mechListMIC that red cannot verify" } } },
	{ "a token for a mechanism of one",
	  false,
	  1,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", COMPLETED, "\2key", NULL, BAD, "a token of red after its last" } } },
	{ "a MIC asked for of a mechanism of one token, and none",
	  false,
	  1,
	  false,
	  false,
	  { { 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
	    { 'r', "m", REQUEST_MIC, NULL, NULL, DENIED, NULL } } },
};
/* clang-format on */

static void test_scripts(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(scripts); i++)
		run_script(&scripts[i]);
}

/* A server may not choose what the client could not begin with, and so did not offer. */
static void test_choice_of_what_was_left_out(void **state)
{
	static const struct line choice = { 'r', "m", INCOMPLETE, NULL, NULL, DENIED, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.client.fake[TALK_RED].cannot_begin = PEN_E_UNSUPPORTED;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&choice, &in);
	assert_int_equal(talk_step(&talk.client, (struct pen_slice){ NULL, 0 }, &out), AGAIN);
	assert_int_equal(talk_step(&talk.client, slice_of(&in), &out), DENIED);
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* A mechanism at work takes no token before it has done it. */
static void test_token_while_at_work(void **state)
{
	static const struct line list = { 'i', "mkb", 0, "\1key", NULL, 0, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.server.fake[TALK_RED].pends = 1;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&list, &in);
	assert_int_equal(pen_mech_spnego.step(talk.server.context, slice_of(&in), &out),
			 PEN_PENDING);
	assert_int_equal(pen_mech_spnego.step(talk.server.context, slice_of(&in), &out), BAD);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "a token while the last one is at work");
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* A MIC that no mechanism has is not even kept. */
static void test_long_mic(void **state)
{
	static char mic[1026];
	const struct line list = { 'i', "mkb", 0, "\1key", mic, 0, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	memset(mic, 'm', sizeof(mic) - 1);
	talk_init(&talk, 1, false);
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&list, &in);
	assert_int_equal(talk_step(&talk.server, slice_of(&in), &out), BAD);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "a mechListMIC of 1025 bytes");
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_bit),
		cmocka_unit_test(test_list_changed),
		cmocka_unit_test(test_list_changed_is_said),
		cmocka_unit_test(test_mic_changed),
		cmocka_unit_test(test_downgrade),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_choice_of_what_was_left_out),
		cmocka_unit_test(test_token_while_at_work),
		cmocka_unit_test(test_long_mic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
