/* SPDX-License-Identifier: MIT */
#include "sec/spnego-context.h"
#include <stdio.h>
#include <string.h>

static const struct pen_slice nothing = { NULL, 0 };

/* ---- the offer ---- */

/* The first mechanism cannot begin: nobody was asked yet, so the next becomes the first. */
static void leave_out(struct spnego *s, const char *name, const char *why)
{
	size_t n = strlen(s->left_out);

	snprintf(s->left_out + n, sizeof(s->left_out) - n, "%s%s: %s", n ? "; " : "", name, why);
	s->n_left_out++;
}

/* All that is left, with the first token of the first. */
static int offer(struct spnego *s, struct pen_buffer *out)
{
	struct pen_slice oids[PEN_SPNEGO_MECHS_MAX];
	struct pen_spnego_token token = { .kind = PEN_SPNEGO_INIT };
	size_t n = 0;
	int r;

	for (size_t i = s->n_left_out; i < s->config->n_mechs; i++)
		for (size_t k = 0; k < s->config->mechs[i].n_oids; k++)
			oids[n++] = s->config->mechs[i].oids[k];
	r = pen_spnego_mech_types_put(oids, n, &s->mech_types);
	if (r)
		return r;
	token.mech_types = (struct pen_slice){ s->mech_types.data, s->mech_types.size };
	if (s->token.size)
		token.mech_token = (struct pen_slice){ s->token.data, s->token.size };
	r = pen_spnego_token_put(&token, out);
	if (r)
		return r;
	s->phase = SPNEGO_AWAIT_TOKEN;
	return PEN_E_AGAIN;
}

/* Begins with the first mechanism that can, or lets it go on after it pended. */
static int begin(struct spnego *s, struct pen_buffer *out)
{
	while (s->n_left_out < s->config->n_mechs) {
		const struct pen_spnego_mech *mech = &s->config->mechs[s->n_left_out];
		int r = s->is_pending ? 0 : spnego_choose(s, mech);

		if (r == PEN_E_UNSUPPORTED) {
			leave_out(s, mech->mech->name, "it is not available here");
			continue;
		}
		if (r)
			return r;
		r = spnego_step_inner(s, nothing);
		if (r == PEN_PENDING)
			return r;
		if (r == 0 || r == PEN_E_AGAIN)
			return offer(s, out);
		if (r < 0)
			return spnego_fail_inner(s, r);
		leave_out(s, mech->mech->name, mech->mech->reason(s->inner));
	}
	return spnego_fail(s, PEN_E_DENIED, "no mechanism can begin: %s", s->left_out);
}

/* What the server would have us know first; unsigned, so it decides nothing. */
static int check_hints(struct spnego *s, struct pen_slice in)
{
	struct pen_spnego_token token;
	bool has_common;
	int r = pen_spnego_token_get(&token, in);

	if (r || token.kind != PEN_SPNEGO_INIT)
		return spnego_fail(s, PEN_E_BAD_DATA,
				   "what the server began with are not the hints of SPNEGO");
	has_common = token.n_mechs == 0;
	for (size_t i = 0; i < token.n_mechs; i++)
		has_common |= spnego_find(s, token.mechs[i], 0) != NULL;
	if (!has_common)
		return spnego_fail(s, PEN_E_DENIED,
				   "the server has none of the mechanisms that we would offer");
	return 0;
}

/* ---- the answer ---- */

/* The server says that all is well, and the mechanism agrees: is the list signed if due? */
static int complete(struct spnego *s, struct pen_buffer *out)
{
	int r;

	if (s->has_mic) {
		r = spnego_check_mic(s);
		if (r)
			return r;
		if (s->state != PEN_SPNEGO_ACCEPT_COMPLETED)
			return spnego_put_resp(s, PEN_SPNEGO_ACCEPT_COMPLETED, true, SPNEGO_DONE,
					       out);
	} else if (s->needs_mic && spnego_can_sign(s)) {
		return spnego_fail(s, PEN_E_DENIED,
				   "no mechListMIC from the server, though one is due: somebody on "
				   "the way may have changed the list of mechanisms");
	} else if (s->state != PEN_SPNEGO_ACCEPT_COMPLETED && s->state != PEN_SPNEGO_NO_STATE) {
		return spnego_fail(s, PEN_E_DENIED, "the server wants more, but %s is complete",
				   s->chosen->mech->name);
	}
	s->phase = SPNEGO_DONE;
	return 0;
}

/* A server that still awaits a token of ours cannot have completed, or signed, before it. */
static int check_is_open(struct spnego *s)
{
	if (s->state == PEN_SPNEGO_ACCEPT_COMPLETED)
		return spnego_fail(s, PEN_E_DENIED, "the server has completed before %s has",
				   s->chosen->mech->name);
	if (s->has_mic)
		return spnego_fail(s, PEN_E_DENIED, "a mechListMIC before %s was complete",
				   s->chosen->mech->name);
	return 0;
}

/* Gives the mechanism its token, or lets it go on after it pended. */
static int go_on(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	int r = spnego_step_inner(s, in);
	int again;

	if (r == PEN_PENDING)
		return r;
	if (r && r != PEN_E_AGAIN)
		return spnego_fail_inner(s, r);
	if (r == 0 && !s->token.size)
		return complete(s, out);
	again = check_is_open(s);
	if (again)
		return again;
	return spnego_put_resp(s, PEN_SPNEGO_NO_STATE, spnego_can_sign(s),
			       r ? SPNEGO_AWAIT_TOKEN : SPNEGO_AWAIT_LAST, out);
}

/* The server's choice is another of ours than the first: that one begins. */
static int choose_again(struct spnego *s, const struct pen_spnego_token *token,
			const struct pen_spnego_mech *mech, struct pen_buffer *out)
{
	int r;

	if (token->mech_token.size)
		return spnego_fail(s, PEN_E_DENIED, "a token of %s before it has begun",
				   mech->mech->name);
	s->needs_mic = true;
	r = spnego_choose(s, mech);
	if (r)
		return spnego_fail(s, r, "the server wants %s, which cannot begin: %s",
				   mech->mech->name, pen_error_name(r));
	r = check_is_open(s);
	return r ? r : go_on(s, nothing, out);
}

/*
 * Whether the server took no notice of our first token: it wants another mechanism, or
 * the same by another of its names, and so a token anew.
 */
static bool is_chosen_anew(const struct spnego *s, const struct pen_spnego_token *token,
			   const struct pen_spnego_mech *mech)
{
	return mech != s->chosen || (!token->mech_token.data && token->supported_mech.data &&
				     token->state != PEN_SPNEGO_ACCEPT_COMPLETED &&
				     !pen_oid_equal(token->supported_mech, mech->oids[0]));
}

/*
 * The choice is in the first answer, and nowhere else; what later answers say of it is
 * not heeded [MS-SPNG 3.3.5]. An answer without one goes on with the first mechanism.
 */
static int hear_choice(struct spnego *s, const struct pen_spnego_token *token,
		       const struct pen_spnego_mech **mechp)
{
	if (s->has_answered) {
		if (token->state == PEN_SPNEGO_REQUEST_MIC)
			return spnego_fail(s, PEN_E_DENIED,
					   "the server asks for a mechListMIC too late");
		return 0;
	}
	s->has_answered = true;
	s->needs_mic = token->state == PEN_SPNEGO_REQUEST_MIC;
	if (!token->supported_mech.data)
		return 0;
	*mechp = spnego_find(s, token->supported_mech, s->n_left_out);
	if (!*mechp)
		return spnego_fail(s, PEN_E_DENIED,
				   "the server chose a mechanism that was not offered");
	return 0;
}

static int on_token(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	const struct pen_spnego_mech *mech = s->chosen;
	bool is_first = !s->has_answered;
	struct pen_spnego_token token;
	int r = spnego_get_resp(s, &token, in);

	if (!r)
		r = hear_choice(s, &token, &mech);
	if (r)
		return r;
	if (is_first && is_chosen_anew(s, &token, mech))
		return choose_again(s, &token, mech, out);
	if (s->is_inner_done) {
		s->token.size = 0;
		if (token.mech_token.size)
			return spnego_fail(s, PEN_E_BAD_DATA, "a token of %s after its last",
					   s->chosen->mech->name);
		return complete(s, out);
	}
	if (!token.mech_token.data)
		return spnego_fail(s, PEN_E_BAD_DATA, "the server sent no token of %s",
				   s->chosen->mech->name);
	return go_on(s, token.mech_token, out);
}

/* Our mechanism's last token and our MIC are out: the server's word, and its MIC. */
static int on_last(struct spnego *s, struct pen_slice in)
{
	struct pen_spnego_token token;
	int r = spnego_get_resp(s, &token, in);

	if (r)
		return r;
	if (token.mech_token.size)
		return spnego_fail(s, PEN_E_BAD_DATA, "a token of %s after its last",
				   s->chosen->mech->name);
	if (s->state != PEN_SPNEGO_ACCEPT_COMPLETED && s->state != PEN_SPNEGO_NO_STATE)
		return spnego_fail(s, PEN_E_DENIED, "the server wants more, but %s is complete",
				   s->chosen->mech->name);
	if (s->has_mic)
		r = spnego_check_mic(s);
	else if (s->has_sent_mic)
		r = spnego_fail(s, PEN_E_DENIED, "the server did not answer our mechListMIC");
	if (!r)
		s->phase = SPNEGO_DONE;
	return r;
}

int spnego_client_step(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	int r;

	if (s->phase == SPNEGO_AWAIT_FIRST) {
		r = in.size ? check_hints(s, in) : 0;
		return r ? r : begin(s, out);
	}
	if (s->is_pending)
		return go_on(s, in, out);
	return s->phase == SPNEGO_AWAIT_TOKEN ? on_token(s, in, out) : on_last(s, in);
}
