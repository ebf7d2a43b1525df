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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_bit),
		cmocka_unit_test(test_list_changed),
		cmocka_unit_test(test_list_changed_is_said),
		cmocka_unit_test(test_mic_changed),
		cmocka_unit_test(test_downgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
