/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/secret.h"
#include "sec/krb5-context.h"
#include "sec/spnego-token.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first byte of an AP-REQ: [APPLICATION 14], constructed [RFC 4120 5.5.1]. */
#define AP_REQ 0x6e

/* ---- a context's life ---- */

static struct pen_mech_context *context_new(void)
{
	struct pen_mech_context *context = calloc(1, sizeof(*context));

	if (!context)
		return NULL;
	pen_buffer_init(&context->in, PEN_KRB5_TOKEN_MAX);
	pen_buffer_init(&context->out, 0);
	return context;
}

static int context_new_server(struct pen_mech_context **contextp,
			      const struct pen_mech_server *server)
{
	struct pen_mech_context *context = context_new();

	if (!context)
		return -ENOMEM;
	context->is_server = true;
	context->server = *server;
	if (server->config)
		context->server_config = *(const struct pen_krb5_server *)server->config;
	*contextp = context;
	return 0;
}

static int context_new_client(struct pen_mech_context **contextp,
			      const struct pen_mech_client *client)
{
	struct pen_mech_context *context = context_new();

	if (!context)
		return -ENOMEM;
	context->client = *client;
	if (client->config)
		context->client_config = *(const struct pen_krb5_client *)client->config;
	*contextp = context;
	return 0;
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	OM_uint32 minor;

	if (!context)
		return NULL;
	pen_krb5_end_legs(context);
	pen_krb5_drop_keys(context);
	gss_delete_sec_context(&minor, &context->gss, GSS_C_NO_BUFFER);
	gss_release_cred(&minor, &context->credentials);
	gss_release_name(&minor, &context->target);
	if (context->ccache)
		krb5_cc_destroy(context->krb5, context->ccache);
	krb5_free_context(context->krb5);
	pen_krb5_session_free(context->session);
	pen_secret_free(context->session_key);
	pen_buffer_done(&context->in);
	pen_buffer_done(&context->out);
	pen_token_free(context->token);
	free(context->principal);
	free(context);
	return NULL;
}

/* ---- the three legs ---- */

static gss_channel_bindings_t bindings_of(struct pen_slice data,
					  struct gss_channel_bindings_struct *bindings)
{
	if (!data.size)
		return GSS_C_NO_CHANNEL_BINDINGS;
	*bindings = (struct gss_channel_bindings_struct){
		.application_data = { data.size, (void *)(uintptr_t)data.data },
	};
	return bindings;
}

/* A leg's token, and whether it was the last. */
static int leg_done(struct pen_mech_context *context, OM_uint32 major, OM_uint32 minor,
		    gss_buffer_t out, gss_name_t peer)
{
	int r = 0;

	if (out->length)
		r = pen_buffer_add(&context->out, out->value, out->length);
	gss_release_buffer(&(OM_uint32){ 0 }, out);
	if (GSS_ERROR(major))
		return pen_krb5_fail(context, major, minor);
	if (r)
		return r;
	return major & GSS_S_CONTINUE_NEEDED ? PEN_E_AGAIN : pen_krb5_check_peer(context, peer);
}

/*
 * No more than the level needs: Samba's server, told that it may sign or seal what it need
 * not, answers by faults.
 */
static OM_uint32 wanted_flags(const struct pen_mech_client *client)
{
	OM_uint32 wanted = GSS_C_DCE_STYLE | GSS_C_MUTUAL_FLAG;

	if (client->level > PEN_AUTH_LEVEL_CONNECT)
		wanted |= GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG;
	if (client->level == PEN_AUTH_LEVEL_PRIVACY)
		wanted |= GSS_C_CONF_FLAG;
	if (client->wants_delegation)
		wanted |= GSS_C_DELEG_FLAG;
	return wanted;
}

static int client_leg(struct pen_mech_context *context)
{
	struct gss_channel_bindings_struct bindings;
	gss_buffer_desc in = { context->in.size, context->in.data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major;
	OM_uint32 minor;

	major = gss_init_sec_context(&minor, context->credentials, &context->gss, context->target,
				     gss_mech_krb5, wanted_flags(&context->client), 0,
				     bindings_of(context->client.channel_bindings, &bindings), &in,
				     NULL, &out, &context->flags, NULL);
	return leg_done(context, major, minor, &out, GSS_C_NO_NAME);
}

/*
 * Tickets that a client delegates are not asked for: in DCE style the library reads them at
 * the first leg, gives them to nobody, and if asked keeps them for ever.
 */
static int server_leg(struct pen_mech_context *context)
{
	struct gss_channel_bindings_struct bindings;
	gss_buffer_desc in = { context->in.size, context->in.data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	gss_name_t peer = GSS_C_NO_NAME;
	OM_uint32 major;
	OM_uint32 minor;
	OM_uint32 ignored;
	int r;

	major = gss_accept_sec_context(&minor, &context->gss, context->credentials, &in,
				       bindings_of(context->server.channel_bindings, &bindings),
				       &peer, NULL, &out, &context->flags, NULL, NULL);
	r = leg_done(context, major, minor, &out, peer);
	gss_release_name(&ignored, &peer);
	return r;
}

static int local_leg(struct pen_mech_context *context)
{
	int r = 0;

	if (!context->credentials)
		r = pen_krb5_acquire(context);
	if (!r)
		r = context->is_server ? server_leg(context) : client_leg(context);
	return r;
}

static void context_work(struct pen_mech_context *context)
{
	int r;

	if (context->state != PEN_KRB5_AWAIT_WORK)
		return;
	r = context->server_config.acceptor ? pen_krb5_remote_leg(context) : local_leg(context);
	context->is_begun = true;
	pen_buffer_done(&context->in);
	context->result = r;
	context->state = PEN_KRB5_AWAIT_RESULT;
}

/*
 * The AP-REQ alone, out of the frame that it must not have in DCE style [MS-KILE 3.4.5.1]
 * and that Windows takes all the same: impacket sends one, and the library refuses it.
 */
static struct pen_slice without_frame(struct pen_slice in)
{
	struct pen_slice inner;
	struct pen_slice mech;

	if (pen_gss_frame_get(&mech, &inner, in) || !pen_oid_equal(mech, pen_oid_krb5) ||
	    inner.size < 2 || inner.data[0] != 1 || inner.data[1] != 0)
		return in;
	return (struct pen_slice){ inner.data + 2, inner.size - 2 };
}

/* Keeps the token for work. */
static int take_token(struct pen_mech_context *context, struct pen_slice in)
{
	int r;

	if (in.size > PEN_KRB5_TOKEN_MAX) {
		pen_krb5_deny(context, "a Kerberos token of %zu bytes is more than the %d taken",
			      in.size, PEN_KRB5_TOKEN_MAX);
		return PEN_E_BAD_DATA;
	}
	if (!in.size && (context->is_server || context->is_begun)) {
		pen_krb5_deny(context, "the peer sent no Kerberos token where one was awaited");
		return PEN_E_BAD_DATA;
	}
	if (context->is_server && !context->is_begun) {
		in = without_frame(in);
		if (!in.size || in.data[0] != AP_REQ) {
			pen_krb5_deny(context, "the token is not an AP-REQ, which Kerberos begins "
					       "with");
			return PEN_E_BAD_DATA;
		}
	}
	r = pen_buffer_add(&context->in, in.data, in.size);
	if (r)
		return r;
	context->state = PEN_KRB5_AWAIT_WORK;
	return PEN_PENDING;
}

static int give_result(struct pen_mech_context *context, struct pen_buffer *out)
{
	int r = 0;

	if (context->out.size)
		r = pen_buffer_add(out, context->out.data, context->out.size);
	pen_buffer_done(&context->out);
	if (r)
		return r;
	if (context->result == PEN_E_AGAIN)
		context->state = PEN_KRB5_AWAIT_TOKEN;
	else if (!context->result)
		context->state = PEN_KRB5_OPEN;
	return context->result;
}

static int context_step(struct pen_mech_context *context, struct pen_slice in,
			struct pen_buffer *out)
{
	int r = PEN_E_BAD_DATA;

	switch (context->state) {
	case PEN_KRB5_AWAIT_TOKEN:
		r = take_token(context, in);
		break;
	case PEN_KRB5_AWAIT_WORK:
		return PEN_PENDING;
	case PEN_KRB5_AWAIT_RESULT:
		r = give_result(context, out);
		break;
	case PEN_KRB5_OPEN:
		pen_krb5_deny(context, "the peer sent a Kerberos token after the last");
		break;
	case PEN_KRB5_FAILED:
		return PEN_E_BAD_DATA;
	}
	if (r && r != PEN_E_AGAIN && r != PEN_PENDING)
		context->state = PEN_KRB5_FAILED;
	return r;
}

/* ---- what came of it ---- */

static const char *context_reason(const struct pen_mech_context *context)
{
	return context->reason;
}

/* In DCE style always: the library signs whatever it is given beside the data. */
static bool context_has_header_signing(const struct pen_mech_context *context)
{
	return context->state == PEN_KRB5_OPEN;
}

static int context_token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	if (context->state != PEN_KRB5_OPEN || !context->token)
		return PEN_E_DENIED;
	*tokenp = pen_token_ref(context->token);
	return 0;
}

static struct pen_slice context_session_key(const struct pen_mech_context *context)
{
	return (struct pen_slice){ context->session_key, context->n_session_key };
}

static struct pen_session_keys context_session_keys(const struct pen_mech_context *context)
{
	return (struct pen_session_keys){
		.kind = context->n_session_key ? PEN_SESSION_KRB5 : PEN_SESSION_NONE,
		.detail = (uint32_t)context->key_type,
		.key = context_session_key(context),
	};
}

const struct pen_mech pen_mech_krb5 = {
	.name = "krb5",
	.auth_type = PEN_AUTH_KRB5,
	.new_server = context_new_server,
	.new_client = context_new_client,
	.free = context_free,
	.step = context_step,
	.work = context_work,
	.reason = context_reason,
	.has_header_signing = context_has_header_signing,
	.signature_size = pen_krb5_signature_size,
	.protect = pen_krb5_protect,
	.unprotect = pen_krb5_unprotect,
	.token = context_token,
	.session_key = context_session_key,
	.session_keys = context_session_keys,
};
