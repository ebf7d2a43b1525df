/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/secret.h"
#include "sec/ntlm-context.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pen_ntlm_fail(struct pen_mech_context *context, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(context->reason, sizeof(context->reason), format, arguments);
	va_end(arguments);
	return error;
}

uint32_t pen_ntlm_level_flags(enum pen_auth_level level)
{
	if (level >= PEN_AUTH_LEVEL_PRIVACY)
		return PEN_NTLM_SIGN | PEN_NTLM_SEAL;
	return level > PEN_AUTH_LEVEL_CONNECT ? PEN_NTLM_SIGN : 0;
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	if (!context)
		return NULL;
	pen_buffer_done(&context->negotiate);
	pen_buffer_done(&context->challenge);
	pen_buffer_done(&context->authenticate);
	pen_token_free(context->verdict.token);
	pen_ntlm_session_free(context->session);
	free(context->domain);
	free(context->user);
	free(context->workstation);
	return pen_secret_free(context);
}

static int context_new(struct pen_mech_context **contextp, const struct pen_mech_world *world)
{
	struct pen_mech_context *context;

	if (!pen_crypto_has_legacy(world->crypto))
		return PEN_E_UNSUPPORTED;
	context = pen_secret_alloc(sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->world = world;
	pen_buffer_init(&context->negotiate, PEN_NTLM_MESSAGE_MAX);
	pen_buffer_init(&context->challenge, PEN_NTLM_MESSAGE_MAX);
	pen_buffer_init(&context->authenticate, PEN_NTLM_MESSAGE_MAX);
	*contextp = context;
	return 0;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	const struct pen_ntlm_server *config = server->config;
	struct pen_mech_context *context;
	int r;

	if (!config || !config->netbios_computer || !config->judge)
		return PEN_E_UNSUPPORTED;
	r = context_new(&context, server->world);
	if (r)
		return r;
	context->is_server = true;
	context->server = *server;
	context->config = config;
	context->state = PEN_NTLM_AWAIT_NEGOTIATE;
	*contextp = context;
	return 0;
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	struct pen_mech_context *context;
	int r = context_new(&context, client->world);

	if (r)
		return r;
	context->client = *client;
	context->state = PEN_NTLM_AWAIT_START;
	*contextp = context;
	return 0;
}

static const char *why(int error)
{
	return error == -ENOMEM		 ? "there is no memory"
	       : error == PEN_E_LIMIT	 ? "a message is longer than one can be"
	       : error == PEN_E_BAD_DATA ? "the peer's message is not one of NTLM, or not the next"
					 : "the system could not do what NTLM needs";
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	size_t n_before = out->size;
	int r = context->is_server ? pen_ntlm_server_step(context, in, out)
				   : pen_ntlm_client_step(context, in, out);

	if (r == 0 || r == PEN_E_AGAIN || r == PEN_PENDING)
		return r;
	out->size = n_before;
	context->state = PEN_NTLM_FAILED;
	if (!context->reason[0])
		pen_ntlm_fail(context, r, "%s", why(r));
	/* Only the peer's names and pairs can make a message of ours too long. */
	return r == PEN_E_LIMIT ? PEN_E_BAD_DATA : r;
}

static void work(struct pen_mech_context *context)
{
	if (context->is_server)
		pen_ntlm_server_work(context);
}

static const char *reason(const struct pen_mech_context *context)
{
	return context->reason;
}

/* Without extended session security what is signed is the data alone, as ever. */
static bool has_header_signing(const struct pen_mech_context *context)
{
	return context->session && context->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY;
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	uint32_t needs = is_sealed ? PEN_NTLM_SEAL : PEN_NTLM_SIGN | PEN_NTLM_SEAL;

	if (context->state != PEN_NTLM_OPEN || !(context->flags & needs))
		return 0;
	return PEN_NTLM_SIGNATURE_SIZE;
}

static int refuse_unkeyed(struct pen_mech_context *context, bool is_sealed)
{
	return pen_ntlm_fail(
		context, PEN_E_DENIED,
		context->state != PEN_NTLM_OPEN ? "a message came before NTLM had agreed on keys"
		: is_sealed ? "no sealing was agreed on, and a message is to be sealed"
			    : "no signing was agreed on, and a message is to be signed");
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	int r;

	if (!signature_size(context, message->n, message->is_sealed))
		return refuse_unkeyed(context, message->is_sealed);
	r = pen_ntlm_session_protect(context->session, message);
	return r == PEN_E_DENIED ? pen_ntlm_fail(context, r,
						 "a message was refused before, and the ciphers no "
						 "longer meet")
				 : r;
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	int r;

	if (!signature_size(context, message->n, message->is_sealed))
		return refuse_unkeyed(context, message->is_sealed);
	r = pen_ntlm_session_unprotect(context->session, message);
	if (r != PEN_E_DENIED)
		return r;
	if (message->n_signature != PEN_NTLM_SIGNATURE_SIZE)
		return pen_ntlm_fail(context, r,
				     "the message has a signature of %zu bytes, and "
				     "NTLM's have %d",
				     message->n_signature, PEN_NTLM_SIGNATURE_SIZE);
	return pen_ntlm_fail(context, r,
			     "the message's signature is wrong: it, or one before it, was changed, "
			     "lost or repeated on its way, or the keys differ");
}

static int rewind_ciphers(struct pen_mech_context *context)
{
	return context->session ? pen_ntlm_session_rewind(context->session) : 0;
}

static int token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	if (context->state != PEN_NTLM_OPEN || !context->verdict.token)
		return PEN_E_DENIED;
	*tokenp = pen_token_ref(context->verdict.token);
	return 0;
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	if (context->state != PEN_NTLM_OPEN || !context->session)
		return (struct pen_slice){ 0 };
	return (struct pen_slice){ .data = context->session_key, .size = PEN_NTLM_KEY_SIZE };
}

static struct pen_session_keys session_keys(const struct pen_mech_context *context)
{
	const struct pen_slice key = session_key(context);

	return (struct pen_session_keys){
		.kind = key.size ? PEN_SESSION_NTLM : PEN_SESSION_NONE,
		.detail = context->flags,
		.key = key,
	};
}

const struct pen_mech pen_mech_ntlm = {
	.name = "ntlm",
	.auth_type = PEN_AUTH_NTLM,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.always_signs_headers = has_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.rewind = rewind_ciphers,
	.token = token,
	.session_key = session_key,
	.session_keys = session_keys,
};
