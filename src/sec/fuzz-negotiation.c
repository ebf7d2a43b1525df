/* SPDX-License-Identifier: MIT */
/*
 * A negotiation with a hostile peer. The first byte chooses the role and what the mechanisms
 * do; then come the peer's tokens, each after two bytes of length. The mechanisms take any
 * token, and for a signature what begins with an S.
 */
#include "sec/spnego.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_SERVER = 1, LEGS_SHIFT = 1, LEGS_MASK = 3, CANNOT_SIGN = 8, PENDS = 16, ONLY_NTLM = 32 };

struct pen_mech_context {
	const uint8_t *plan;
	unsigned n_steps;
	bool is_pending;
};

static int context_new(struct pen_mech_context **contextp, const void *config)
{
	*contextp = calloc(1, sizeof(**contextp));
	if (!*contextp)
		abort();
	(*contextp)->plan = config;
	return 0;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	return context_new(contextp, server->config);
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	return context_new(contextp, client->config);
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	free(context);
	return NULL;
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	unsigned n_legs = (*context->plan >> LEGS_SHIFT & LEGS_MASK) + 1u;

	if (*context->plan & PENDS && !context->is_pending) {
		context->is_pending = true;
		return PEN_PENDING;
	}
	context->is_pending = false;
	if (in.size && in.data[0] == '!')
		return PEN_E_DENIED;
	if (++context->n_steps > n_legs)
		abort(); /* it was done */
	if (n_legs % 2 || context->n_steps < n_legs)
		pen_buffer_add(out, "token", 5);
	return context->n_steps == n_legs ? 0 : PEN_E_AGAIN;
}

static void work(struct pen_mech_context *context)
{
	if (!context->is_pending)
		abort();
}

static const char *reason(const struct pen_mech_context *context)
{
	return "as the plan says";
}

static bool has_header_signing(const struct pen_mech_context *context)
{
	return true;
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	return *context->plan & CANNOT_SIGN ? 0 : 2;
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (message->n_signature != 2)
		abort();
	memcpy(message->signature, "SS", 2);
	return 0;
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	return message->signature[0] == 'S' ? 0 : PEN_E_DENIED;
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	return (struct pen_slice){ context->plan, 1 };
}

static const struct pen_mech mech = {
	.name = "any",
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.session_key = session_key,
};

/* Appends whole tokens, or nothing, or a rejection; and after the end takes none. */
static int take(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	struct pen_spnego_token token;
	int r;

	out->size = 0;
	r = pen_mech_spnego.step(context, in, out);
	while (r == PEN_PENDING) {
		if (out->size)
			abort();
		pen_mech_spnego.work(context);
		r = pen_mech_spnego.step(context, (struct pen_slice){ NULL, 0 }, out);
	}
	if (r && r != PEN_E_AGAIN && pen_mech_spnego.reason(context)[0] == 0)
		abort();
	if (r && r != PEN_E_AGAIN && out->size &&
	    (pen_spnego_token_get(&token, (struct pen_slice){ out->data, out->size }) ||
	     token.state != PEN_SPNEGO_REJECT))
		abort();
	if ((r == 0) != (pen_mech_spnego.session_key(context).size == 1))
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pen_spnego_mech mechs[] = {
		{ &mech, data, pen_oids_krb5, PEN_N_OIDS_KRB5 },
		{ &mech, data, pen_oids_ntlm, PEN_N_OIDS_NTLM },
	};
	struct pen_spnego_config config = { mechs, PEN_COUNT(mechs) };
	const struct pen_mech_server server = { .config = &config };
	const struct pen_mech_client client = { .config = &config };
	struct pen_mech_context *context = NULL;
	struct pen_buffer out;
	int r;

	if (size == 0)
		return 0;
	if (data[0] & ONLY_NTLM)
		config = (struct pen_spnego_config){ &mechs[1], 1 };
	r = data[0] & IS_SERVER ? pen_mech_spnego.new_server(&context, &server)
				: pen_mech_spnego.new_client(&context, &client);
	if (r)
		abort();
	pen_buffer_init(&out, 0);
	r = data[0] & IS_SERVER ? PEN_E_AGAIN : take(context, (struct pen_slice){ NULL, 0 }, &out);
	for (size_t at = 1; size - at >= 2;) {
		size_t n = (size_t)data[at] << 8 | data[at + 1];
		bool was_over = r != PEN_E_AGAIN;

		at += 2;
		n = n > size - at ? size - at : n;
		r = take(context, (struct pen_slice){ data + at, n }, &out);
		if (was_over && r != PEN_E_BAD_DATA)
			abort();
		at += n;
	}
	pen_mech_spnego.free(context);
	pen_buffer_done(&out);
	return 0;
}
