/* SPDX-License-Identifier: MIT */
#include "sec/krb5-outcome.h"
#include "base/secret.h"
#include "sec/krb5-context.h"
#include <errno.h>
#include <string.h>

/* ---- the keys, out of the library ---- */

static struct pen_krb5_agreed agreed_of(const gss_krb5_lucid_context_v1_t *lucid)
{
	const gss_krb5_cfx_keydata_t *keys = &lucid->cfx_kd;
	const gss_krb5_lucid_key_t *key =
		keys->have_acceptor_subkey ? &keys->acceptor_subkey : &keys->ctx_key;

	return (struct pen_krb5_agreed){
		.type = (int)key->type,
		.key = { key->data, key->length },
		.is_acceptors_key = keys->have_acceptor_subkey,
		.is_initiator = lucid->initiate,
		.n_sent = lucid->send_seq,
		.n_received = lucid->recv_seq,
	};
}

static int make_session(struct pen_mech_context *context, const struct pen_krb5_agreed *agreed)
{
	const struct pen_mech_world *world =
		context->is_server ? context->server.world : context->client.world;
	int r = pen_krb5_session_new(&context->session, world, agreed);

	if (r != PEN_E_UNSUPPORTED)
		return r;
	return pen_krb5_deny(context, "the Kerberos library made no key of AES that messages can "
				      "be protected by");
}

/* The library's context goes as it is. */
static int export_context(struct pen_mech_context *context)
{
	OM_uint32 major;
	OM_uint32 minor;

	major = gss_export_sec_context(&minor, &context->gss, &context->exported);
	return major ? pen_krb5_fail(context, major, minor) : 0;
}

int pen_krb5_take_keys(struct pen_mech_context *context)
{
	bool is_kept = context->is_server && context->server_config.keeps_outcome;
	struct pen_krb5_agreed agreed = { 0 };
	void *lucid;
	OM_uint32 major;
	OM_uint32 minor;

	if (context->key_type == ENCTYPE_ARCFOUR_HMAC)
		return is_kept ? export_context(context) : 0;
	major = gss_krb5_export_lucid_sec_context(&minor, &context->gss, 1, &lucid);
	if (major)
		return pen_krb5_fail(context, major, minor);
	context->lucid = lucid;
	/* Another than 1 is of keys older than those of AES, of which there is no session. */
	if (context->lucid->protocol == 1)
		agreed = agreed_of(context->lucid);
	if (is_kept && agreed.key.size)
		return 0;
	return make_session(context, &agreed);
}

void pen_krb5_drop_keys(struct pen_mech_context *context)
{
	OM_uint32 minor;

	/* It wipes what it gave. */
	if (context->lucid)
		gss_krb5_free_lucid_sec_context(&minor, context->lucid);
	context->lucid = NULL;
	if (context->exported.length)
		explicit_bzero(context->exported.value, context->exported.length);
	gss_release_buffer(&minor, &context->exported);
}

/* ---- to another process, and from it ---- */

int pen_krb5_get_outcome(const struct pen_mech_context *context, struct pen_krb5_outcome *outcome)
{
	if (context->state != PEN_KRB5_OPEN || !context->is_server ||
	    !context->server_config.keeps_outcome)
		return PEN_E_UNSUPPORTED;
	*outcome = (struct pen_krb5_outcome){
		.key_type = context->key_type,
		.flags = context->flags,
		.session_key = { context->session_key, context->n_session_key },
		.exported = { context->exported.value, context->exported.length },
		.token = context->token,
	};
	if (context->lucid)
		outcome->agreed = agreed_of(context->lucid);
	return 0;
}

static int import_context(struct pen_mech_context *context, struct pen_slice exported)
{
	gss_buffer_desc token = { exported.size, (void *)(uintptr_t)exported.data };
	OM_uint32 major;
	OM_uint32 minor;

	major = gss_import_sec_context(&minor, &token, &context->gss);
	return major ? pen_krb5_fail(context, major, minor) : 0;
}

static int adopt(struct pen_mech_context *context, const struct pen_krb5_outcome *outcome)
{
	context->flags = outcome->flags;
	context->key_type = outcome->key_type;
	context->token = outcome->token;
	context->session_key = pen_secret_alloc(outcome->session_key.size);
	if (!context->session_key)
		return -ENOMEM;
	if (outcome->session_key.size)
		memcpy(context->session_key, outcome->session_key.data, outcome->session_key.size);
	context->n_session_key = outcome->session_key.size;
	if (outcome->key_type == ENCTYPE_ARCFOUR_HMAC)
		return import_context(context, outcome->exported);
	return make_session(context, &outcome->agreed);
}

int pen_krb5_remote_leg(struct pen_mech_context *context)
{
	const struct pen_krb5_acceptor *acceptor = context->server_config.acceptor;
	const struct pen_slice in = { context->in.data, context->in.size };
	struct pen_krb5_outcome outcome = { 0 };
	int r;

	r = acceptor->leg(context->server_config.data, &context->legs, &context->server, in,
			  &context->out, &outcome, context->reason);
	if (!r)
		r = adopt(context, &outcome);
	if (r != PEN_E_AGAIN)
		pen_krb5_end_legs(context);
	return r;
}

void pen_krb5_end_legs(struct pen_mech_context *context)
{
	if (context->legs)
		context->server_config.acceptor->end(context->legs);
	context->legs = NULL;
}
