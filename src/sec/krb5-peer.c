/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/secret.h"
#include "sec/krb5-context.h"
#include "sec/pac.h"
#include <errno.h>
#include <string.h>

/*
 * What a context must have agreed on; levels count from connect up. A client that cannot
 * sign or seal proves who it is all the same: what it then cannot protect is refused.
 */
static int check_flags(struct pen_mech_context *context)
{
	static const struct {
		OM_uint32 flag;
		enum pen_auth_level level;
		const char *name;
		bool is_of_server; /* which a server must have agreed to, and not a client */
	} needed[] = {
		{ GSS_C_DCE_STYLE, PEN_AUTH_LEVEL_CONNECT, "the third leg that RPC needs" },
		{ GSS_C_MUTUAL_FLAG, PEN_AUTH_LEVEL_CONNECT, "mutual authentication" },
		{ GSS_C_INTEG_FLAG, PEN_AUTH_LEVEL_CALL, "signing", true },
		{ GSS_C_SEQUENCE_FLAG, PEN_AUTH_LEVEL_CALL, "the numbering of messages", true },
		{ GSS_C_CONF_FLAG, PEN_AUTH_LEVEL_PRIVACY, "sealing", true },
	};
	enum pen_auth_level level =
		context->is_server ? context->server.level : context->client.level;

	if (context->flags & GSS_C_ANON_FLAG)
		return pen_krb5_deny(context, "the client's Kerberos ticket is an anonymous one");
	for (size_t i = 0; i < PEN_COUNT(needed); i++)
		if (level >= needed[i].level && !(context->flags & needed[i].flag) &&
		    !(needed[i].is_of_server && context->is_server))
			return pen_krb5_deny(context,
					     "the Kerberos peer did not agree to %s, which this "
					     "authentication level needs",
					     needed[i].name);
	return 0;
}

/* Bindings of another channel never get here; a client may leave them out altogether. */
static int check_bindings(struct pen_mech_context *context)
{
	if (!context->is_server || !context->server_config.require_bindings ||
	    !context->server.channel_bindings.size || context->flags & GSS_C_CHANNEL_BOUND_FLAG)
		return 0;
	return pen_krb5_deny(context, "the client has no channel bindings, and must have them");
}

/*
 * The last arc of the key type's object identifier, 1.2.840.113554.1.2.2.4.N, which
 * GSS_C_INQ_SSPI_SESSION_KEY gives beside the key.
 */
static int key_type(const gss_buffer_desc *oid)
{
	static const uint8_t prefix[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 2, 4 };
	const uint8_t *bytes = oid->value;

	if (oid->length != sizeof(prefix) + 1 || memcmp(bytes, prefix, sizeof(prefix)) != 0)
		return -1;
	return bytes[sizeof(prefix)];
}

static int check_key_type(struct pen_mech_context *context)
{
	int type = context->key_type;
	bool allow_weak = context->is_server ? context->server_config.allow_weak
					     : context->client_config.allow_weak;

	switch (type) {
	case ENCTYPE_AES128_CTS_HMAC_SHA1_96:
	case ENCTYPE_AES256_CTS_HMAC_SHA1_96:
	case ENCTYPE_AES128_CTS_HMAC_SHA256_128:
	case ENCTYPE_AES256_CTS_HMAC_SHA384_192:
		return 0;
	}
	if (type != ENCTYPE_ARCFOUR_HMAC)
		return pen_krb5_deny(context,
				     "the Kerberos key is of type %d, and only AES is taken", type);
	if (allow_weak)
		return 0;
	return pen_krb5_deny(context,
			     "the Kerberos key is of RC4, and only AES is allowed: give the "
			     "server's account AES keys, or allow weak ones");
}

static int keep_session_key(struct pen_mech_context *context, const gss_buffer_desc *key)
{
	context->session_key = pen_secret_alloc(key->length);
	if (!context->session_key)
		return -ENOMEM;
	memcpy(context->session_key, key->value, key->length);
	context->n_session_key = key->length;
	return 0;
}

static int get_session_key(struct pen_mech_context *context)
{
	gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	OM_uint32 major;
	OM_uint32 minor;
	int r = 0;

	major = gss_inquire_sec_context_by_oid(&minor, context->gss, GSS_C_INQ_SSPI_SESSION_KEY,
					       &set);
	if (major)
		return pen_krb5_fail(context, major, minor);
	if (set->count < 2)
		r = pen_krb5_deny(context, "the Kerberos library does not tell the key's type");
	else
		context->key_type = key_type(&set->elements[1]);
	if (!r)
		r = check_key_type(context);
	if (!r)
		r = keep_session_key(context, &set->elements[0]);
	/* The set is freed as plain bytes. */
	for (size_t i = 0; i < set->count; i++)
		explicit_bzero(set->elements[i].value, set->elements[i].length);
	gss_release_buffer_set(&minor, &set);
	return r;
}

/* ---- a server's client ---- */

static int get_principal(struct pen_mech_context *context, gss_name_t peer)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 major;
	OM_uint32 minor;
	int r = 0;

	major = gss_display_name(&minor, peer, &text, NULL);
	if (major)
		return pen_krb5_fail(context, major, minor);
	if (memchr(text.value, 0, text.length))
		r = pen_krb5_deny(context, "the client's principal has a NUL in it");
	if (!r) {
		context->principal = strndup(text.value, text.length);
		r = context->principal ? 0 : -ENOMEM;
	}
	gss_release_buffer(&minor, &text);
	return r;
}

/* The ticket's PAC, if its signature is right. An empty one: there is none. */
static int get_pac(struct pen_mech_context *context, gss_name_t peer, gss_buffer_t pac)
{
	static const char whole[] = "urn:mspac:";
	gss_buffer_desc attribute = { sizeof(whole) - 1, (void *)(uintptr_t)whole };
	gss_buffer_desc display = GSS_C_EMPTY_BUFFER;
	int is_authenticated = 0;
	int is_complete = 0;
	int more = -1;
	OM_uint32 major;
	OM_uint32 minor;
	OM_uint32 ignored;

	major = gss_get_name_attribute(&minor, peer, &attribute, &is_authenticated, &is_complete,
				       pac, &display, &more);
	gss_release_buffer(&ignored, &display);
	/* That is how it says that there is none, by its documentation and by its habit. */
	if (major == GSS_S_UNAVAILABLE || (GSS_ERROR(major) && minor == ENOENT))
		return 0;
	if (major)
		return pen_krb5_fail(context, major, minor);
	if (!is_authenticated)
		return pen_krb5_deny(context, "the PAC in the ticket of %s is not signed for us",
				     context->principal);
	return 0;
}

static int map_principal(struct pen_mech_context *context, const struct pen_token_info *known)
{
	const struct pen_krb5_server *config = &context->server_config;
	int r;

	if (!config->map)
		return pen_krb5_deny(context,
				     "the ticket of %s has no PAC to say who that is, and no "
				     "mapping of principals is configured",
				     context->principal);
	r = config->map(config->data, context->principal, known, &context->token);
	if (r <= 0)
		return r;
	return pen_krb5_deny(context,
			     "%s is nobody here: the ticket has no PAC to say who that "
			     "is, and the mapping of principals knows no such one",
			     context->principal);
}

static int admit(struct pen_mech_context *context)
{
	const struct pen_krb5_server *config = &context->server_config;
	struct pen_token *token = pen_take(&context->token);
	int r = config->admit(config->data, token, &context->token);

	pen_token_free(token);
	if (r <= 0)
		return r;
	return pen_krb5_deny(context,
			     "%s may not log on here, or has a PAC with a SID that is not its "
			     "domain's to give",
			     context->principal);
}

static int make_token(struct pen_mech_context *context, struct pen_slice data)
{
	const struct pen_token_info known = {
		.proof = PEN_TOKEN_RPC,
		.is_authenticated = true,
		.is_identify_only = context->flags & GSS_C_IDENTIFY_FLAG,
		.account = context->principal,
		.remote_address = context->server.peer,
		.session_key = { context->session_key, context->n_session_key },
	};
	struct pen_arena arena;
	struct pen_pac pac;
	int r = PEN_E_NOT_FOUND;

	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	if (data.size)
		r = pen_pac_get(&pac, &arena, data);
	if (!r) {
		r = pen_pac_token(&context->token, &pac, &known);
		if (!r && context->server_config.admit)
			r = admit(context);
	} else if (r == PEN_E_NOT_FOUND)
		r = map_principal(context, &known);
	else if (r > 0)
		r = pen_krb5_deny(context, "the PAC in the ticket of %s is %s", context->principal,
				  r == PEN_E_LIMIT ? "larger than is taken" : "malformed");
	pen_arena_done(&arena);
	return r;
}

static int check_client(struct pen_mech_context *context, gss_name_t peer)
{
	gss_buffer_desc pac = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	int r;

	r = get_principal(context, peer);
	if (!r)
		r = get_pac(context, peer, &pac);
	if (!r)
		r = make_token(context, (struct pen_slice){ pac.value, pac.length });
	gss_release_buffer(&minor, &pac);
	return r;
}

int pen_krb5_check_peer(struct pen_mech_context *context, gss_name_t peer)
{
	int r;

	r = check_flags(context);
	if (!r)
		r = check_bindings(context);
	if (!r)
		r = get_session_key(context);
	if (!r && context->is_server)
		r = check_client(context, peer);
	if (!r)
		r = pen_krb5_take_keys(context);
	if (r || !context->is_server || !context->server_config.keeps_outcome)
		pen_krb5_drop_keys(context);
	return r;
}
