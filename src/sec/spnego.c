/* SPDX-License-Identifier: MIT */
#include "sec/spnego.h"
#include "base/cleanup.h"
#include "sec/spnego-context.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { MIC_MAX = 1024 }; /* bytes of a mechListMIC; Kerberos's have 28 */

/* A context is seen from outside as what the table calls it. */
static struct spnego *from(struct pen_mech_context *context)
{
	return (struct spnego *)context;
}

static const struct spnego *from_const(const struct pen_mech_context *context)
{
	return (const struct spnego *)context;
}

int spnego_fail(struct spnego *s, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(s->reason, sizeof(s->reason), format, arguments);
	va_end(arguments);
	s->phase = SPNEGO_FAILED;
	return error;
}

int spnego_fail_inner(struct spnego *s, int error)
{
	const char *name = s->chosen->mech->name;

	if (error < 0)
		return spnego_fail(s, error, "%s: %s", name, pen_error_name(error));
	return spnego_fail(s, error, "%s: %s", name, s->chosen->mech->reason(s->inner));
}

/* ---- the mechanism within ---- */

const struct pen_spnego_mech *spnego_find(const struct spnego *s, struct pen_slice oid,
					  size_t first)
{
	for (size_t i = first; i < s->config->n_mechs; i++)
		for (size_t k = 0; k < s->config->mechs[i].n_oids; k++)
			if (pen_oid_equal(s->config->mechs[i].oids[k], oid))
				return &s->config->mechs[i];
	return NULL;
}

static void forget_inner(struct spnego *s)
{
	if (s->inner)
		s->inner = s->chosen->mech->free(s->inner);
	s->chosen = NULL;
	s->is_inner_done = false;
	s->token.size = 0;
}

int spnego_choose(struct spnego *s, const struct pen_spnego_mech *chosen)
{
	struct pen_mech_context *inner = NULL;
	int r;

	forget_inner(s);
	s->server.config = chosen->config;
	s->client.config = chosen->config;
	if (s->is_server)
		r = chosen->mech->new_server(&inner, &s->server);
	else
		r = chosen->mech->new_client(&inner, &s->client);
	if (r)
		return r;
	s->chosen = chosen;
	s->inner = inner;
	return 0;
}

int spnego_step_inner(struct spnego *s, struct pen_slice in)
{
	int r;

	if (!s->is_pending)
		s->token.size = 0;
	r = s->chosen->mech->step(s->inner, in, &s->token);
	s->is_pending = r == PEN_PENDING;
	s->is_inner_done = r == 0;
	return r;
}

/* ---- tokens ---- */

int spnego_keep_mic(struct spnego *s, struct pen_slice mic)
{
	s->mic.size = 0;
	s->has_mic = mic.data;
	if (mic.size > MIC_MAX)
		return spnego_fail(s, PEN_E_BAD_DATA, "a mechListMIC of %zu bytes", mic.size);
	return pen_buffer_add(&s->mic, mic.data, mic.size);
}

int spnego_get_resp(struct spnego *s, struct pen_spnego_token *token, struct pen_slice in)
{
	int r = pen_spnego_token_get(token, in);

	if (r)
		return spnego_fail(s, r, "%zu bytes are no token of SPNEGO", in.size);
	if (token->kind != PEN_SPNEGO_RESP)
		return spnego_fail(s, PEN_E_BAD_DATA, "the negotiation began a second time");
	if (token->state == PEN_SPNEGO_REJECT)
		return spnego_fail(s, PEN_E_DENIED, "the %s rejects the negotiation",
				   s->is_server ? "client" : "server");
	s->state = token->state;
	return spnego_keep_mic(s, token->mech_list_mic);
}

/* Our MIC, made in mic, where the peer's is needed no more. */
static int make_mic(struct spnego *s, struct pen_slice *mic)
{
	const struct pen_mech *mech = s->chosen->mech;
	size_t n = mech->signature_size(s->inner, s->mech_types.size, false);
	struct pen_protected message = {
		.data = s->mech_types.data,
		.n = s->mech_types.size,
	};
	int r;

	s->mic.size = 0;
	r = pen_buffer_reserve(&s->mic, n);
	if (r)
		return r;
	message.signature = s->mic.data;
	message.n_signature = n;
	r = mech->protect(s->inner, &message);
	if (!r && mech->rewind)
		r = mech->rewind(s->inner);
	if (r)
		return r;
	s->mic.size = n;
	s->has_sent_mic = true;
	*mic = (struct pen_slice){ s->mic.data, n };
	return 0;
}

int spnego_put_resp(struct spnego *s, enum pen_spnego_state state, bool wants_mic,
		    enum spnego_phase next, struct pen_buffer *out)
{
	struct pen_spnego_token token = { .kind = PEN_SPNEGO_RESP, .state = state };
	int r;

	if (s->is_server && !s->has_answered)
		token.supported_mech = s->oid;
	if (s->token.size)
		token.mech_token = (struct pen_slice){ s->token.data, s->token.size };
	if (wants_mic) {
		r = make_mic(s, &token.mech_list_mic);
		if (r)
			return spnego_fail(s, r, "the list of mechanisms cannot be signed: %s",
					   pen_error_name(r));
	}
	r = pen_spnego_token_put(&token, out);
	if (r)
		return r;
	s->has_answered = true;
	s->phase = next;
	return next == SPNEGO_DONE ? 0 : PEN_E_AGAIN;
}

bool spnego_can_sign(const struct spnego *s)
{
	return s->is_inner_done &&
	       s->chosen->mech->signature_size(s->inner, s->mech_types.size, false) > 0;
}

int spnego_check_mic(struct spnego *s)
{
	const struct pen_mech *mech = s->chosen->mech;
	struct pen_protected message = {
		.data = s->mech_types.data,
		.n = s->mech_types.size,
		.signature = s->mic.data,
		.n_signature = s->mic.size,
	};
	int r;

	if (!spnego_can_sign(s))
		return spnego_fail(s, PEN_E_DENIED, "a mechListMIC that %s cannot verify",
				   mech->name);
	if (s->mic.size != mech->signature_size(s->inner, s->mech_types.size, false))
		return spnego_fail(s, PEN_E_DENIED, "a mechListMIC of %zu bytes, which is not %s's",
				   s->mic.size, mech->name);
	r = mech->unprotect(s->inner, &message);
	if (r > 0)
		return spnego_fail(s, PEN_E_DENIED,
				   "the mechListMIC is wrong: somebody on the way has changed the "
				   "list of mechanisms");
	if (!r && mech->rewind)
		r = mech->rewind(s->inner);
	return r ? spnego_fail_inner(s, r) : 0;
}

/* ---- the table ---- */

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	struct spnego *s = from(context);

	if (!s)
		return NULL;
	forget_inner(s);
	pen_buffer_done(&s->token);
	pen_buffer_done(&s->mech_types);
	pen_buffer_done(&s->mic);
	free(s);
	return NULL;
}

static int context_new(struct pen_mech_context **contextp, const struct pen_spnego_config *config,
		       struct spnego **sp)
{
	struct spnego *s;
	size_t n = 0;

	for (size_t i = 0; config && i < config->n_mechs; i++)
		n += config->mechs[i].n_oids;
	if (n == 0 || n > PEN_SPNEGO_MECHS_MAX)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->config = config;
	s->state = PEN_SPNEGO_NO_STATE;
	pen_buffer_init(&s->token, PEN_SPNEGO_TOKEN_MAX);
	pen_buffer_init(&s->mech_types, PEN_SPNEGO_TOKEN_MAX);
	pen_buffer_init(&s->mic, MIC_MAX);
	*contextp = (struct pen_mech_context *)s;
	*sp = s;
	return 0;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	struct spnego *s = NULL;
	int r = context_new(contextp, server->config, &s);

	if (r)
		return r;
	s->is_server = true;
	s->server = *server;
	return 0;
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	struct spnego *s = NULL;
	int r = context_new(contextp, client->config, &s);

	if (r)
		return r;
	s->client = *client;
	return 0;
}

/* What failed sends nothing, but that a server says so [RFC 4178 4.2.2]. */
static void put_reject(struct spnego *s, struct pen_buffer *out)
{
	const struct pen_spnego_token reject = {
		.kind = PEN_SPNEGO_RESP,
		.state = PEN_SPNEGO_REJECT,
	};

	if (s->is_server && !s->is_raw)
		pen_spnego_token_put(&reject, out);
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	struct spnego *s = from(context);
	size_t size = out->size;
	int r;

	if (s->phase == SPNEGO_FAILED)
		return PEN_E_BAD_DATA;
	if (s->phase == SPNEGO_DONE)
		return spnego_fail(s, PEN_E_BAD_DATA, "a token after the negotiation's end");
	if (s->is_pending && in.size)
		return spnego_fail(s, PEN_E_BAD_DATA, "a token while the last one is at work");
	r = s->is_server ? spnego_server_step(s, in, out) : spnego_client_step(s, in, out);
	if (r == 0 || r == PEN_E_AGAIN || r == PEN_PENDING)
		return r;
	if (s->phase != SPNEGO_FAILED)
		spnego_fail(s, r, "%s", pen_error_name(r));
	out->size = size;
	put_reject(s, out);
	return r;
}

static void work(struct pen_mech_context *context)
{
	struct spnego *s = from(context);

	if (s->is_pending && s->chosen->mech->work)
		s->chosen->mech->work(s->inner);
}

static const char *reason(const struct pen_mech_context *context)
{
	return from_const(context)->reason;
}

static bool has_header_signing(const struct pen_mech_context *context)
{
	const struct spnego *s = from_const(context);

	return s->chosen && s->chosen->mech->has_header_signing(s->inner);
}

static bool always_signs_headers(const struct pen_mech_context *context)
{
	const struct spnego *s = from_const(context);

	return s->chosen && s->chosen->mech->always_signs_headers &&
	       s->chosen->mech->always_signs_headers(s->inner);
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	const struct spnego *s = from_const(context);

	if (s->phase != SPNEGO_DONE)
		return 0;
	return s->chosen->mech->signature_size(s->inner, n, is_sealed);
}

/* Why a message was not protected, or not taken. The negotiation's end stays what it is. */
static int explain_message(struct spnego *s, int r)
{
	const struct pen_mech *mech = s->chosen->mech;

	if (r)
		snprintf(s->reason, sizeof(s->reason), "%s: %s", mech->name,
			 r < 0 ? pen_error_name(r) : mech->reason(s->inner));
	return r;
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	struct spnego *s = from(context);

	if (s->phase != SPNEGO_DONE)
		return PEN_E_DENIED;
	return explain_message(s, s->chosen->mech->protect(s->inner, message));
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	struct spnego *s = from(context);

	if (s->phase != SPNEGO_DONE)
		return PEN_E_DENIED;
	return explain_message(s, s->chosen->mech->unprotect(s->inner, message));
}

static int token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	struct spnego *s = from(context);

	return s->phase == SPNEGO_DONE ? s->chosen->mech->token(s->inner, tokenp) : PEN_E_DENIED;
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	const struct spnego *s = from_const(context);

	if (s->phase != SPNEGO_DONE)
		return (struct pen_slice){ NULL, 0 };
	return s->chosen->mech->session_key(s->inner);
}

static struct pen_session_keys session_keys(const struct pen_mech_context *context)
{
	const struct spnego *s = from_const(context);

	if (s->phase != SPNEGO_DONE || !s->chosen->mech->session_keys)
		return (struct pen_session_keys){ 0 };
	return s->chosen->mech->session_keys(s->inner);
}

const struct pen_mech pen_mech_spnego = {
	.name = "spnego",
	.auth_type = PEN_AUTH_SPNEGO,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.always_signs_headers = always_signs_headers,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.token = token,
	.session_key = session_key,
	.session_keys = session_keys,
};

const struct pen_mech *pen_spnego_chosen(const struct pen_mech_context *context)
{
	const struct spnego *s = from_const(context);

	return s->chosen ? s->chosen->mech : NULL;
}

const char *pen_spnego_left_out(const struct pen_mech_context *context)
{
	return from_const(context)->left_out;
}
