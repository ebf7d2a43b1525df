/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include "sec/krb5-context.h"
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <string.h>

/* Keys that are taken without allow_weak. */
static const krb5_enctype strong[] = {
	ENCTYPE_AES256_CTS_HMAC_SHA1_96,
	ENCTYPE_AES128_CTS_HMAC_SHA1_96,
	ENCTYPE_AES256_CTS_HMAC_SHA384_192,
	ENCTYPE_AES128_CTS_HMAC_SHA256_128,
};

static int import_principal(struct pen_mech_context *context, const char *text, gss_name_t *namep)
{
	gss_buffer_desc name = { strlen(text), (void *)(uintptr_t)text };
	OM_uint32 major;
	OM_uint32 minor;

	major = gss_import_name(&minor, &name, GSS_KRB5_NT_PRINCIPAL_NAME, namep);
	return major ? pen_krb5_fail(context, major, minor) : 0;
}

/*
 * The server's principal. One without a realm is given the empty one: then it is the
 * KDC that knows the realm [RFC 6806], and no name service is asked.
 */
static int import_target(struct pen_mech_context *context)
{
	const char *target = context->client.target;
	struct pen_buffer text;
	int r;

	if (!target || !*target)
		return pen_krb5_deny(
			context, "Kerberos needs to know the server's name, and none was given: "
				 "name a target, as host/server.example.org");
	pen_buffer_init(&text, 0);
	r = pen_buffer_printf(&text, "%s%s", target, strchr(target, '@') ? "" : "@");
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (!r)
		r = import_principal(context, (const char *)text.data, &context->target);
	pen_buffer_done(&text);
	return r;
}

/*
 * A person's principal. Realms are written in upper case, as every domain has them,
 * however the person wrote it; without a domain it is the default realm.
 */
static int import_user(struct pen_mech_context *context, const struct pen_credentials_info *info,
		       gss_name_t *namep)
{
	struct pen_buffer text;
	int r = 0;

	pen_buffer_init(&text, 0);
	for (const char *p = info->user; *p && !r; p++)
		r = pen_buffer_printf(&text, "%s%c", strchr("@\\", *p) ? "\\" : "", *p);
	if (!r && *info->domain)
		r = pen_buffer_add(&text, "@", 1);
	for (const char *p = info->domain; *p && !r; p++) {
		char c = *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p;

		r = pen_buffer_add(&text, &c, 1);
	}
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (!r)
		r = import_principal(context, (const char *)text.data, namep);
	pen_buffer_done(&text);
	return r;
}

static int acquire_password(struct pen_mech_context *context,
			    const struct pen_credentials_info *info)
{
	gss_buffer_desc password = { strlen(info->password), (void *)(uintptr_t)info->password };
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 major;
	OM_uint32 minor;
	int r;

	r = import_user(context, info, &name);
	if (r)
		return r;
	/* The tickets go into a ccache in memory that nobody else has the name of. */
	major = gss_acquire_cred_with_password(&minor, name, &password, 0, gss_mech_set_krb5,
					       GSS_C_INITIATE, &context->credentials, NULL, NULL);
	r = major ? pen_krb5_fail(context, major, minor) : 0;
	gss_release_name(&minor, &name);
	return r;
}

static int acquire_from(struct pen_mech_context *context, const char *principal,
			gss_cred_usage_t usage, const gss_key_value_element_desc *all, size_t n_all)
{
	gss_key_value_element_desc elements[4];
	gss_key_value_set_desc store = { 0, elements };
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 major;
	OM_uint32 minor;
	int r = 0;

	for (size_t i = 0; i < n_all; i++)
		if (all[i].value)
			elements[store.count++] = all[i];
	if (principal && *principal)
		r = import_principal(context, principal, &name);
	if (r)
		return r;
	major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, gss_mech_set_krb5, usage,
				      store.count ? &store : GSS_C_NO_CRED_STORE,
				      &context->credentials, NULL, NULL);
	r = major ? pen_krb5_fail(context, major, minor) : 0;
	gss_release_name(&minor, &name);
	return r;
}

/* Tickets got with a keytab go into a ccache of the context's own, not into the process's. */
static int acquire_keytab(struct pen_mech_context *context, const struct pen_credentials_info *info)
{
	char *ccache = NULL;
	krb5_error_code code;
	int r;

	code = krb5_init_context(&context->krb5);
	if (!code)
		code = krb5_cc_new_unique(context->krb5, "MEMORY", NULL, &context->ccache);
	if (!code)
		code = krb5_cc_get_full_name(context->krb5, context->ccache, &ccache);
	if (code)
		return pen_krb5_fail(context, GSS_S_FAILURE, (OM_uint32)code);

	r = acquire_from(context, info->principal, GSS_C_INITIATE,
			 (gss_key_value_element_desc[]){ { "client_keytab", info->keytab },
							 { "ccache", ccache } },
			 2);
	krb5_free_string(context->krb5, ccache);
	return r;
}

/* The library would else tell the server that it may sign and seal, whatever is asked. */
static int leave_flags_alone(struct pen_mech_context *context)
{
	gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	OM_uint32 major = gss_set_cred_option(&minor, &context->credentials,
					      GSS_KRB5_CRED_NO_CI_FLAGS_X, &nothing);

	return major ? pen_krb5_fail(context, major, minor) : 0;
}

static int acquire_client(struct pen_mech_context *context)
{
	const struct pen_credentials_info *info = pen_credentials_info(context->client.credentials);
	OM_uint32 major;
	OM_uint32 minor;
	int r;

	r = import_target(context);
	if (r)
		return r;
	switch (info->kind) {
	case PEN_CREDENTIALS_PASSWORD:
		r = acquire_password(context, info);
		break;
	case PEN_CREDENTIALS_CCACHE:
		r = acquire_from(context, info->principal, GSS_C_INITIATE,
				 &(gss_key_value_element_desc){ "ccache", info->ccache }, 1);
		break;
	case PEN_CREDENTIALS_KEYTAB:
		r = acquire_keytab(context, info);
		break;
	case PEN_CREDENTIALS_ANONYMOUS:
		return pen_krb5_deny(context, "nobody has no Kerberos ticket: give a password, a "
					      "ccache or a keytab, or use NTLM");
	case PEN_CREDENTIALS_NT_HASH:
		return pen_krb5_deny(context, "an NT hash gets no Kerberos ticket here: give a "
					      "password, a ccache or a keytab, or use NTLM");
	case PEN_CREDENTIALS_MACHINE:
		return pen_krb5_deny(context, "a machine's session with its domain controller "
					      "gets no Kerberos ticket");
	}
	if (!r)
		r = leave_flags_alone(context);
	if (r || context->client_config.allow_weak)
		return r;
	major = gss_krb5_set_allowable_enctypes(&minor, context->credentials, PEN_COUNT(strong),
						(krb5_enctype *)(uintptr_t)strong);
	return major ? pen_krb5_fail(context, major, minor) : 0;
}

int pen_krb5_acquire(struct pen_mech_context *context)
{
	const struct pen_krb5_server *config = &context->server_config;

	if (!context->is_server)
		return acquire_client(context);
	return acquire_from(context, config->principal, GSS_C_ACCEPT,
			    (gss_key_value_element_desc[]){ { "keytab", config->keytab },
							    { "rcache", config->rcache } },
			    2);
}
