/* SPDX-License-Identifier: MIT */
#include "sec/spnego-context.h"
#include <string.h>

/* What Windows says for hints [MS-SPNG 2.2.1]. */
static const char hint[] = "not_defined_in_RFC4178@please_ignore";

static const char ntlmssp[] = "NTLMSSP"; /* with the NUL, as each token of NTLM begins */

/* All the names of our mechanisms, and no token, to a client that sent nothing. */
static int put_hints(struct spnego *s, struct pen_buffer *out)
{
	struct pen_slice oids[PEN_SPNEGO_MECHS_MAX];
	struct pen_spnego_token token = {
		.kind = PEN_SPNEGO_INIT,
		.hint_name = { (const uint8_t *)hint, sizeof(hint) - 1 },
	};
	size_t n = 0;
	int r;

	for (size_t i = 0; i < s->config->n_mechs; i++)
		for (size_t k = 0; k < s->config->mechs[i].n_oids; k++)
			oids[n++] = s->config->mechs[i].oids[k];
	s->mech_types.size = 0;
	r = pen_spnego_mech_types_put(oids, n, &s->mech_types);
	if (r)
		return r;
	token.mech_types = (struct pen_slice){ s->mech_types.data, s->mech_types.size };
	r = pen_spnego_token_put(&token, out);
	if (r)
		return r;
	s->phase = SPNEGO_AWAIT_INIT;
	return PEN_E_AGAIN;
}

/* ---- tokens of a mechanism without SPNEGO around them ---- */

static const struct pen_spnego_mech *find_raw(const struct spnego *s, struct pen_slice in)
{
	struct pen_slice oid;

	if (in.size >= sizeof(ntlmssp) && memcmp(in.data, ntlmssp, sizeof(ntlmssp)) == 0)
		return spnego_find(s, pen_oid_ntlm, 0);
	return pen_gss_frame_get(&oid, NULL, in) ? NULL : spnego_find(s, oid, 0);
}

static int step_raw(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	int r = spnego_step_inner(s, in);
	int added;

	if (r == PEN_PENDING)
		return r;
	if (r && r != PEN_E_AGAIN)
		return spnego_fail_inner(s, r);
	s->phase = r ? SPNEGO_AWAIT_TOKEN : SPNEGO_DONE;
	added = pen_buffer_add(out, s->token.data, s->token.size);
	return added ? added : r;
}

/* ---- the negotiation ---- */

/* The first on the client's list that we have, and that can begin here. */
static int choose(struct spnego *s, const struct pen_spnego_token *token)
{
	for (size_t i = 0; i < token->n_mechs; i++) {
		const struct pen_spnego_mech *mech = spnego_find(s, token->mechs[i], 0);
		int r = mech ? spnego_choose(s, mech) : PEN_E_UNSUPPORTED;

		if (r == PEN_E_UNSUPPORTED)
			continue;
		if (r)
			return r;
		for (size_t k = 0; k < mech->n_oids; k++)
			if (pen_oid_equal(mech->oids[k], token->mechs[i]))
				s->oid = mech->oids[k];
		return 0;
	}
	return spnego_fail(s, PEN_E_DENIED, "none of the client's %zu mechanisms is offered here",
			   token->n_mechs);
}

/* All of the mechanism is done: what is left is the list. */
static int complete(struct spnego *s, struct pen_buffer *out)
{
	bool wants_mic = s->has_mic;
	int r;

	if (s->has_mic) {
		r = spnego_check_mic(s);
		if (r)
			return r;
	} else if (s->needs_mic && spnego_can_sign(s)) {
		if (!s->token.size)
			return spnego_fail(s, PEN_E_DENIED,
					   "no mechListMIC, though %s was not the client's first "
					   "choice",
					   s->chosen->mech->name);
		return spnego_put_resp(s, PEN_SPNEGO_ACCEPT_INCOMPLETE, true, SPNEGO_AWAIT_LAST,
				       out);
	}
	return spnego_put_resp(s, PEN_SPNEGO_ACCEPT_COMPLETED, wants_mic, SPNEGO_DONE, out);
}

/* Gives the mechanism its token, or lets it go on after it pended. */
static int go_on(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	int r = spnego_step_inner(s, in);

	if (r == 0)
		return complete(s, out);
	if (r == PEN_PENDING)
		return r;
	if (r != PEN_E_AGAIN)
		return spnego_fail_inner(s, r);
	if (s->has_mic)
		return spnego_fail(s, PEN_E_DENIED, "a mechListMIC before %s was complete",
				   s->chosen->mech->name);
	return spnego_put_resp(s, PEN_SPNEGO_ACCEPT_INCOMPLETE, false, SPNEGO_AWAIT_TOKEN, out);
}

/* The client's token was for another mechanism, or there was none: it is to begin anew. */
static int ask_for_token(struct spnego *s, struct pen_buffer *out)
{
	if (s->has_mic)
		return spnego_fail(s, PEN_E_DENIED, "a mechListMIC before %s has begun",
				   s->chosen->mech->name);
	return spnego_put_resp(s,
			       s->needs_mic ? PEN_SPNEGO_REQUEST_MIC : PEN_SPNEGO_ACCEPT_INCOMPLETE,
			       false, SPNEGO_AWAIT_TOKEN, out);
}

static int begin_raw(struct spnego *s, const struct pen_spnego_mech *mech, struct pen_slice in,
		     struct pen_buffer *out)
{
	int r = spnego_choose(s, mech);

	if (r)
		return spnego_fail(s, r, "%s cannot begin: %s", mech->mech->name,
				   pen_error_name(r));
	s->is_raw = true;
	return step_raw(s, in, out);
}

static int on_init(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	const struct pen_spnego_mech *raw = find_raw(s, in);
	struct pen_spnego_token token;
	int r;

	if (raw)
		return begin_raw(s, raw, in, out);
	r = pen_spnego_token_get(&token, in);
	if (r)
		return spnego_fail(s, r, "%zu bytes are no token of SPNEGO, or of its mechanisms",
				   in.size);
	if (token.kind != PEN_SPNEGO_INIT || token.n_mechs == 0)
		return spnego_fail(s, PEN_E_BAD_DATA,
				   "the first token does not list the client's mechanisms");
	s->mech_types.size = 0;
	r = pen_buffer_add(&s->mech_types, token.mech_types.data, token.mech_types.size);
	if (!r)
		r = spnego_keep_mic(s, token.mech_list_mic);
	if (!r)
		r = choose(s, &token);
	if (r)
		return r;
	s->needs_mic = spnego_find(s, token.mechs[0], 0) != s->chosen;
	if (s->needs_mic || !token.mech_token.data)
		return ask_for_token(s, out);
	return go_on(s, token.mech_token, out);
}

static int on_token(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	struct pen_spnego_token token;
	int r = spnego_get_resp(s, &token, in);

	if (r)
		return r;
	if (!token.mech_token.data)
		return spnego_fail(s, PEN_E_BAD_DATA, "the client sent no token of %s",
				   s->chosen->mech->name);
	return go_on(s, token.mech_token, out);
}

/* The client's MIC, which we asked for with ours. */
static int on_last(struct spnego *s, struct pen_slice in)
{
	struct pen_spnego_token token;
	int r = spnego_get_resp(s, &token, in);

	if (r)
		return r;
	if (token.mech_token.size)
		return spnego_fail(s, PEN_E_BAD_DATA, "a token of %s after its last",
				   s->chosen->mech->name);
	if (!s->has_mic)
		return spnego_fail(s, PEN_E_DENIED, "the client sent no mechListMIC");
	r = spnego_check_mic(s);
	if (r)
		return r;
	s->phase = SPNEGO_DONE;
	return 0;
}

int spnego_server_step(struct spnego *s, struct pen_slice in, struct pen_buffer *out)
{
	if (s->is_raw)
		return step_raw(s, in, out);
	if (s->is_pending)
		return go_on(s, in, out);
	if (s->phase == SPNEGO_AWAIT_FIRST && in.size == 0)
		return put_hints(s, out);
	if (s->phase == SPNEGO_AWAIT_TOKEN)
		return on_token(s, in, out);
	if (s->phase == SPNEGO_AWAIT_LAST)
		return on_last(s, in);
	return on_init(s, in, out);
}
