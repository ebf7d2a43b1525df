/* SPDX-License-Identifier: MIT */
/* The server object, and the two domains below it [MS-SAMR 3.1.5.1, 3.1.5.2.1, 3.1.5.11]. */
#include "base/utf16.h"
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

enum { REVISION = 3, FEATURE_AES = 0x10, VERSION = 1, N_DOMAINS = 2 };

/* ---- the server ---- */

/* Whoever may not see the server learns no more than that. */
static int connect_to(struct pen_call *call, uint32_t desired, struct pen_context_handle *handle,
		      int32_t *resultp)
{
	const struct pen_samr_object server = { .kind = PEN_SAMR_SERVER };

	return pen_samr_open(call, &server, desired, handle, resultp);
}

int pen_samr_connect(struct pen_call *call, const struct samr_SamrConnect_in *in,
		     struct samr_SamrConnect_out *out)
{
	return connect_to(call, in->DesiredAccess, &out->ServerHandle, &out->result);
}

int pen_samr_connect2(struct pen_call *call, const struct samr_SamrConnect2_in *in,
		      struct samr_SamrConnect2_out *out)
{
	return connect_to(call, in->DesiredAccess, &out->ServerHandle, &out->result);
}

int pen_samr_connect3(struct pen_call *call, const struct samr_SamrConnect3_in *in,
		      struct samr_SamrConnect3_out *out)
{
	return connect_to(call, in->DesiredAccess, &out->ServerHandle, &out->result);
}

int pen_samr_connect4(struct pen_call *call, const struct samr_SamrConnect4_in *in,
		      struct samr_SamrConnect4_out *out)
{
	return connect_to(call, in->DesiredAccess, &out->ServerHandle, &out->result);
}

int pen_samr_connect5(struct pen_call *call, const struct samr_SamrConnect5_in *in,
		      struct samr_SamrConnect5_out *out)
{
	out->OutVersion = VERSION;
	out->OutRevisionInfo.V1.Revision = REVISION;
	out->OutRevisionInfo.V1.SupportedFeatures = FEATURE_AES;
	return connect_to(call, in->DesiredAccess, &out->ServerHandle, &out->result);
}

int pen_samr_close_handle(struct pen_call *call, const struct samr_SamrCloseHandle_in *in,
			  struct samr_SamrCloseHandle_out *out)
{
	return pen_samr_close(call, &in->SamHandle, &out->SamHandle);
}

/* ---- domains ---- */

static int domain_name(struct pen_call *call, enum pen_account_domain domain, const char **namep)
{
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(pen_samr_of(call)->accounts, domain, pen_call_arena(call),
					&policy);

	if (!r)
		*namep = policy.name;
	return r;
}

int pen_samr_lookup_domain(struct pen_call *call,
			   const struct samr_SamrLookupDomainInSamServer_in *in,
			   struct samr_SamrLookupDomainInSamServer_out *out)
{
	struct pen_samr_object *server;
	const char *wanted, *name;
	int r = pen_samr_get(call, &in->ServerHandle, PEN_SAMR_SERVER, SAM_SERVER_LOOKUP_DOMAIN,
			     &server, &out->result);

	if (r || out->result)
		return r;
	r = pen_samr_text_get(pen_call_arena(call), &in->Name, &wanted);
	if (!r && !*wanted)
		r = PEN_E_SYNTAX;
	for (int d = 0; !r && d < N_DOMAINS && !out->DomainId; d++) {
		r = domain_name(call, (enum pen_account_domain)d, &name);
		if (!r && pen_upcase_equal(wanted, name)) {
			out->DomainId = pen_samr_sid_put(
				pen_call_arena(call), pen_accounts_sid(pen_samr_of(call)->accounts,
								       (enum pen_account_domain)d));
			r = out->DomainId ? 0 : -ENOMEM;
		}
	}
	if (!r && !out->DomainId)
		r = PEN_E_NOT_FOUND;
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	return 0;
}

int pen_samr_enum_domains(struct pen_call *call,
			  const struct samr_SamrEnumerateDomainsInSamServer_in *in,
			  struct samr_SamrEnumerateDomainsInSamServer_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct samr_SAMPR_ENUMERATION_BUFFER *buffer;
	struct pen_samr_object *server;
	const char *name = "";
	int r = pen_samr_get(call, &in->ServerHandle, PEN_SAMR_SERVER, SAM_SERVER_ENUMERATE_DOMAINS,
			     &server, &out->result);

	if (r || out->result)
		return r;
	buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	if (buffer)
		buffer->Buffer = pen_arena_array(arena, N_DOMAINS, sizeof(*buffer->Buffer));
	if (!buffer || !buffer->Buffer)
		return -ENOMEM;
	for (uint32_t d = in->EnumerationContext; !r && d < N_DOMAINS; d++) {
		r = domain_name(call, (enum pen_account_domain)d, &name);
		if (!r)
			r = pen_samr_text_put(arena, name,
					      &buffer->Buffer[buffer->EntriesRead++].Name);
	}
	out->Buffer = buffer;
	out->CountReturned = buffer->EntriesRead;
	out->EnumerationContext = N_DOMAINS;
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	return 0;
}

int pen_samr_open_domain(struct pen_call *call, const struct samr_SamrOpenDomain_in *in,
			 struct samr_SamrOpenDomain_out *out)
{
	struct pen_samr_object *server, domain = { .kind = PEN_SAMR_DOMAIN };
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_sid sid;
	int r = pen_samr_get(call, &in->ServerHandle, PEN_SAMR_SERVER, SAM_SERVER_LOOKUP_DOMAIN,
			     &server, &out->result);

	if (r || out->result)
		return r;
	r = pen_samr_sid_get(&in->DomainId, &sid);
	if (!r) {
		bool is_builtin =
			pen_sid_equal(&sid, pen_accounts_sid(accounts, PEN_ACCOUNT_BUILTIN));

		domain.domain = is_builtin ? PEN_ACCOUNT_BUILTIN : PEN_ACCOUNT_MACHINE;
		if (!pen_sid_equal(&sid, pen_accounts_sid(accounts, domain.domain)))
			r = PEN_E_NOT_FOUND;
	}
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	return out->result ? 0
			   : pen_samr_open(call, &domain, in->DesiredAccess, &out->DomainHandle,
					   &out->result);
}
